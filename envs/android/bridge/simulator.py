"""The phone as a simulator of android-env, whose own Coordinator drives it unmodified.

Toyama et al. 2021 (arXiv 2105.13231); written against android-env 1.3.0 (github.com/google-deepmind/android_env).
``load`` makes the usual ``AndroidEnv``. android-env's stock TaskManager works too: its reader of the log runs on a
thread of its own, and a screenshot waits until that thread has worked off every line, so that a reward logged in step
k is returned by step k.
"""

import collections
import dataclasses
import os
import re
import subprocess
import threading
from collections.abc import Iterator, Sequence

import numpy as np
from android_env import environment
from android_env.components import adb_controller, config_classes, coordinator, device_settings, log_stream
from android_env.components import task_manager as stock
from android_env.components.simulators import base_simulator
from android_env.proto import state_pb2, task_pb2
from google.protobuf import text_format

from palaestra.data.errors import InputError
from palaestra.envs.android.bridge.adb import adb
from palaestra.envs.android.bridge.forwarder import ForestSender
from palaestra.envs.android.bridge.task_manager import TaskManager
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui.keycodes import XKB_KEYS
from palaestra.envs.android.ui.rotation import to_shown

STEP_MS = 100
"""Virtual time that passes before every screenshot, ms."""
DEFAULT_SNAPSHOT = "default_snapshot"
READER_PATIENCE = 10.0  # seconds of real time after which a log reader that does not come back counts as gone


@dataclasses.dataclass
class PhoneConfig(config_classes.SimulatorConfig):
    """What android-env asks of every simulator's configuration, and the time of a step."""

    step_ms: int = STEP_MS
    """Virtual time that passes before every screenshot, ms."""


class PhoneSimulator(base_simulator.BaseSimulator):
    """A device behind android-env's interface. One of them is driven by one thread.

    Touches are in pixels of the screenshot, whatever its size; the device gets them in its own logical pixels.
    """

    def __init__(self, device: Device, config: PhoneConfig | None = None):
        super().__init__(config or PhoneConfig())
        if self._config.interaction_rate_sec > 0:
            raise ValueError("the phone has no background screenshots: leave interaction_rate_sec at 0")
        self.device = device
        self._streams: list[PhoneLogStream] = []
        self._forests = ForestSender()
        self._booted: bytes | None = None
        self._states: dict[str, bytes] = {}

    def adb_device_name(self) -> str:
        """The serial number that adb shows."""
        return "emulator-5554"

    def create_adb_controller(self) -> "PhoneAdbController":
        """A controller that talks to the device in this process."""
        return PhoneAdbController(self.device, self._forests)

    def create_log_stream(self) -> "PhoneLogStream":
        """A stream of what is logged from now on."""
        stream = PhoneLogStream(self.device)
        self._streams = [known for known in self._streams if not known.stopped]
        self._streams.append(stream)
        return stream

    def _launch_impl(self) -> None:
        """Start the device, or start it anew: a relaunched phone is as it was when it was first launched."""
        if self._booted is None:
            self._booted = self.device.snapshot()
        elif self._num_launch_attempts > 1:
            self.device.restore(self._booted)

    def send_touch(self, touches: Sequence[tuple[int, int, bool, int]]) -> None:
        """Fingers, in pixels of the screenshot."""
        natural, turns = self.device.natural, self.device.turns
        across, down = natural[0] / self.device.render[0], natural[1] / self.device.render[1]
        fingers = []
        for x, y, pressed, finger in touches:
            at = to_shown(int((x + 0.5) * across), int((y + 0.5) * down), natural, turns)
            fingers.append((*at, pressed, finger))
        self.device.touch(fingers)

    def send_key(self, keycode: np.int32, event_type: str) -> None:
        """A key by its XKB code (evdev + 8); codes that no key of the phone has are ignored, as on a device."""
        name = XKB_KEYS.get(int(keycode))
        if name is None:
            return
        if event_type != "keyup":
            self.device.key(name, True)
        if event_type != "keydown":
            self.device.key(name, False)

    def _get_screenshot_impl(self) -> np.ndarray:
        """The screen after ``step_ms``; (height, width, 3) uint8, an array of the caller's own."""
        self.device.advance(self._config.step_ms)
        for stream in self._streams:
            stream.deliver()
        self._forests.send(self.device)
        return self.device.frame()

    def save_state(self, request: state_pb2.SaveStateRequest) -> state_pb2.SaveStateResponse:
        """Keep the device's state under a name, in memory."""
        self._states[request.args.get("snapshot_name", DEFAULT_SNAPSHOT)] = self.device.snapshot()
        return state_pb2.SaveStateResponse(status=state_pb2.SaveStateResponse.Status.OK)

    def load_state(self, request: state_pb2.LoadStateRequest) -> state_pb2.LoadStateResponse:
        """Become what was saved under the name; NOT_FOUND if nothing was."""
        name = request.args.get("snapshot_name", DEFAULT_SNAPSHOT)
        if name not in self._states:
            return state_pb2.LoadStateResponse(
                status=state_pb2.LoadStateResponse.Status.NOT_FOUND, error_message=f"there is no snapshot {name!r}"
            )
        self.device.restore(self._states[name])
        return state_pb2.LoadStateResponse(status=state_pb2.LoadStateResponse.Status.OK)

    def close(self) -> None:
        """Let go of what is open outside the device."""
        self._forests.close()
        super().close()

    def get_logs(self) -> str:
        """The device's log, for error reports."""
        return "\n".join(format_line(entry) for entry in self.device.log_since(0)[0])


class PhoneAdbController(adb_controller.AdbController):
    """adb without a server or a process: commands go to the device itself."""

    def __init__(self, device: Device, forests: ForestSender | None = None):
        # The base class's constructor would remove variables from the process's environment.
        self.device = device
        self._forests = forests or ForestSender()

    def command_prefix(self, include_device_name: bool = True) -> list[str]:
        """What would stand before the arguments on a command line."""
        return ["adb", "-s", "emulator-5554"] if include_device_name else ["adb"]

    def init_server(self, timeout: float | None = None) -> None:
        """There is no server."""

    def execute_command(self, args: list[str], timeout: float | None = None, device_specific: bool = True) -> bytes:
        """Run ``adb`` with these arguments.

        Raises:
            subprocess.CalledProcessError: the command failed; android-env's parsers report it as ADB_ERROR.
        """
        output, status = adb(self.device, args)
        self._forests.send(self.device)
        if status:
            raise subprocess.CalledProcessError(status, [*self.command_prefix(device_specific), *args], output)
        return output


class PhoneLogStream(log_stream.LogStream):
    """The device's log as android-env reads it. Nothing is lost, and nothing is read late.

    A reader on a thread of its own (the stock TaskManager's) is waited for: ``deliver`` returns once every line that
    was logged has been worked off. A reader without a thread calls ``messages``.
    """

    def __init__(self, device: Device):
        super().__init__()
        self.device = device
        self.position = device.log_count
        self._lines: collections.deque[str] = collections.deque()
        self._change = threading.Condition()
        self._reading = False
        self.stopped = False

    def messages(self) -> list[str]:
        """What has been logged since the last call and passes the filters; [] while paused."""
        entries = self._new_entries()
        return [entry["message"] for entry in entries] if self._should_stream.is_set() else []

    def deliver(self) -> None:
        """Hand what was logged to the reading thread, if there is one, and wait until it has worked it off."""
        with self._change:
            if not self._reading or self.stopped:
                return
            lines = [format_line(entry) for entry in self._new_entries()]
            if not lines:
                return
            self._lines.extend(lines)
            self._change.notify_all()
            self._change.wait_for(lambda: not self._lines or self.stopped, READER_PATIENCE)

    def pause_stream(self) -> None:
        """What was logged before still counts."""
        self.deliver()
        super().pause_stream()

    def resume_stream(self) -> None:
        """What was logged in the pause doesn't count."""
        self._new_entries()
        super().resume_stream()

    def stop_stream(self) -> None:
        """End the stream and wake its reader."""
        with self._change:
            self.stopped = True
            self._change.notify_all()

    def _get_stream_output(self) -> Iterator[str]:
        with self._change:
            self._reading = True
        while True:
            with self._change:
                self._change.wait_for(lambda: self._lines or self.stopped)
                if self.stopped:
                    return
                line = self._lines[0]
            yield line
            with self._change:  # the reader is back: the line has been worked off
                self._lines.popleft()
                self._change.notify_all()

    def _new_entries(self) -> list[dict]:
        entries, self.position = self.device.log_since(self.position)
        return [entry for entry in entries if passes(entry, self._filters)]


def format_line(entry: dict) -> str:
    """``logcat -v epoch``'s line for an entry of the device's log."""
    seconds, micros = divmod(entry["time_us"], 1_000_000)
    head = f"{seconds}.{micros // 1000:03d}".rjust(19)
    return f"{head} {entry['pid']:>5} {entry['pid']:>5} {entry['level']} {entry['tag']}: {entry['message']}"


LEVELS = "VDIWEFS"
FILTER = re.compile(r"(.+?)(?::([VDIWEFS*]))?$", re.IGNORECASE)


def passes(entry: dict, filters: Sequence[str]) -> bool:
    """Whether logcat's filters (``TAG:LEVEL``, the exact tag before ``*``) let an entry through."""
    allowed = "V"
    for one in filters:
        tag, level = FILTER.match(one).groups()
        if tag == entry["tag"]:
            allowed = (level or "V").upper().replace("*", "V")
            break
        if tag == "*":
            allowed = (level or "V").upper().replace("*", "V")
    return LEVELS.index(entry["level"]) >= LEVELS.index(allowed)


def coordinator_defaults(keys: bool = False) -> config_classes.CoordinatorConfig:
    """android-env's coordinator without touch overlays and with both bars; ``keys``: with key events."""
    shown = config_classes.DeviceSettingsConfig(
        show_touches=False, show_pointer_location=False, show_status_bar=True, show_navigation_bar=True
    )
    return config_classes.CoordinatorConfig(enable_key_events=keys, device_settings=shown)


def task_proto(task: task_pb2.Task | str | os.PathLike[str] | None) -> task_pb2.Task:
    """android-env's task: as it is, from the path of its text form, or one without rewards.

    Raises:
        InputError: the file is no such task.
    """
    if task is None:
        return task_pb2.Task()
    if isinstance(task, task_pb2.Task):
        return task
    try:
        with open(task) as file:
            return text_format.Parse(file.read(), task_pb2.Task())
    except (OSError, text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{task}: not an android-env task in text form ({error})") from None


def load(
    device: Device,
    task: task_pb2.Task | None = None,
    *,
    task_manager: type[stock.TaskManager] = TaskManager,
    coordinator_config: config_classes.CoordinatorConfig | None = None,
    step_ms: int = STEP_MS,
) -> environment.AndroidEnv:
    """An ``AndroidEnv`` around a device.

    Args:
        device: the phone.
        task: android-env's task; without one no rewards come.
        task_manager: ours, or android-env's own.
        coordinator_config: fingers, key events, what the screen shows; by default without android-env's touch
            overlays and with both bars.
        step_ms: virtual time of a step, ms.
    """
    simulator = PhoneSimulator(device, PhoneConfig(step_ms=step_ms))
    manager = task_manager(task or task_pb2.Task())
    settings = device_settings.DeviceSettings(simulator)
    config = coordinator_config or coordinator_defaults()
    coordination = coordinator.Coordinator(simulator, manager, settings, config)
    return environment.AndroidEnv(simulator=simulator, coordinator=coordination, task_manager=manager)
