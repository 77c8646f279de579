"""The phone as a simulator of android-env, whose own Coordinator drives it unmodified.

Toyama et al. 2021 (arXiv 2105.13231); written against android-env 1.3.0 (github.com/google-deepmind/android_env).
``load`` makes the usual ``AndroidEnv``. android-env's stock TaskManager works too: its log reader runs on a thread of
its own, and a screenshot waits until that thread has processed every line, so that a reward logged in step k is
returned by step k.
"""

import dataclasses
import os
import subprocess
from collections.abc import Sequence

import numpy as np
from android_env import environment
from android_env.components import adb_controller, config_classes, coordinator, device_settings
from android_env.components import task_manager as stock
from android_env.components.simulators import base_simulator
from android_env.proto import state_pb2, task_pb2
from google.protobuf import text_format

from palaestra.data.errors import InputError
from palaestra.envs.android.bridge.forwarder import ForestSender
from palaestra.envs.android.bridge.logs import PhoneLogStream, format_line
from palaestra.envs.android.bridge.session import Action, Session
from palaestra.envs.android.bridge.task_manager import TaskManager
from palaestra.envs.android.device import Device
from palaestra.envs.android.ui.keycodes import XKB_KEYS
from palaestra.envs.android.ui.rotation import to_shown

STEP_MS = 100
"""Virtual time that passes before every screenshot, ms."""
DEFAULT_SNAPSHOT = "default_snapshot"
BOOTED = ""
"""The name of the state after the first launch."""


@dataclasses.dataclass
class PhoneConfig(config_classes.SimulatorConfig):
    """android-env's simulator configuration, and what time and a record of a phone need."""

    step_ms: int = STEP_MS
    """Virtual time that passes before every screenshot, ms; none with the wall clock."""
    clock: str = "virtual"
    """``virtual`` or ``wall``, see ``load``."""
    record: list[Action] | None = None
    """A list to which all that is done to the phone is added."""


class PhoneSimulator(base_simulator.BaseSimulator):
    """A device behind android-env's interface, used by one thread at a time.

    Touches are in pixels of the screenshot, whatever its size; the device gets them in its own logical pixels.
    """

    def __init__(self, device: Device, config: PhoneConfig | None = None):
        super().__init__(config or PhoneConfig())
        if self._config.interaction_rate_sec > 0:
            raise ValueError("the phone has no background screenshots: leave interaction_rate_sec at 0")
        self.device = device
        self.session = Session(device, clock=self._config.clock, record=self._config.record)
        self._streams: list[PhoneLogStream] = []
        self._forests = ForestSender()
        self._launched = False

    def adb_device_name(self) -> str:
        """The serial number that adb shows."""
        return "emulator-5554"

    def create_adb_controller(self) -> "PhoneAdbController":
        """A controller that talks to the device in this process."""
        return PhoneAdbController(self.session, self._forests)

    def create_log_stream(self) -> "PhoneLogStream":
        """A stream of the lines logged from now on."""
        stream = PhoneLogStream(self.session)
        self._streams = [other for other in self._streams if not other.stopped]
        self._streams.append(stream)
        return stream

    def _launch_impl(self) -> None:
        """Start the device; a relaunched device returns to the state of its first launch."""
        if not self._launched:
            self._launched = True
            self.session.save(BOOTED)
        elif self._num_launch_attempts > 1:
            self.session.load(BOOTED)

    def send_touch(self, touches: Sequence[tuple[int, int, bool, int]]) -> None:
        """Move, press or lift fingers, given in pixels of the screenshot."""
        natural, turns = self.device.natural, self.device.turns
        across, down = natural[0] / self.device.render[0], natural[1] / self.device.render[1]
        fingers = []
        for x, y, pressed, finger in touches:
            point = to_shown(int((x + 0.5) * across), int((y + 0.5) * down), natural, turns)
            fingers.append((*point, pressed, finger))
        self.session.touch(fingers)

    def send_key(self, keycode: np.int32, event_type: str) -> None:
        """Press or release a key by its XKB code (evdev + 8); unknown codes are ignored, as on a device."""
        name = XKB_KEYS.get(int(keycode))
        if name is None:
            return
        if event_type != "keyup":
            self.session.key(name, True)
        if event_type != "keydown":
            self.session.key(name, False)

    def _get_screenshot_impl(self) -> np.ndarray:
        """The screen after ``step_ms`` or the host's time: (height, width, 3) uint8, a new array."""
        if self.session.is_wall:
            self.session.catch_up()
        else:
            self.session.advance(self._config.step_ms)
        for stream in self._streams:
            stream.deliver()
        self._forests.send(self.device)
        return self.device.frame()

    def save_state(self, request: state_pb2.SaveStateRequest) -> state_pb2.SaveStateResponse:
        """Keep the device's state under a name, in memory."""
        self.session.save(request.args.get("snapshot_name", DEFAULT_SNAPSHOT))
        return state_pb2.SaveStateResponse(status=state_pb2.SaveStateResponse.Status.OK)

    def load_state(self, request: state_pb2.LoadStateRequest) -> state_pb2.LoadStateResponse:
        """Restore the state saved under a name; NOT_FOUND if there is none."""
        name = request.args.get("snapshot_name", DEFAULT_SNAPSHOT)
        if not self.session.load(name):
            return state_pb2.LoadStateResponse(
                status=state_pb2.LoadStateResponse.Status.NOT_FOUND, error_message=f"there is no snapshot {name!r}"
            )
        return state_pb2.LoadStateResponse(status=state_pb2.LoadStateResponse.Status.OK)

    def close(self) -> None:
        """Close the connections to the outside."""
        self._forests.close()
        super().close()

    def get_logs(self) -> str:
        """The device's log, for error reports."""
        return "\n".join(format_line(entry) for entry in self.device.log_since(0)[0])


class PhoneAdbController(adb_controller.AdbController):
    """adb without a server or a process: commands run on the device directly."""

    def __init__(self, session: Session, forests: ForestSender | None = None):
        # The base class's constructor would remove variables from the process's environment.
        self.session = session
        self._forests = forests or ForestSender()

    def command_prefix(self, include_device_name: bool = True) -> list[str]:
        """The words before the arguments on a command line."""
        return ["adb", "-s", "emulator-5554"] if include_device_name else ["adb"]

    def init_server(self, timeout: float | None = None) -> None:
        """Do nothing: there is no server."""

    def execute_command(self, args: list[str], timeout: float | None = None, device_specific: bool = True) -> bytes:
        """Run ``adb`` with these arguments.

        Raises:
            subprocess.CalledProcessError: the command failed; android-env's parsers report it as ADB_ERROR.
        """
        output, status = self.session.adb(args)
        self._forests.send(self.session.device)
        if status:
            raise subprocess.CalledProcessError(status, [*self.command_prefix(device_specific), *args], output)
        return output


def coordinator_defaults(keys: bool = False) -> config_classes.CoordinatorConfig:
    """android-env's coordinator without touch overlays and with both bars; ``keys``: with key events."""
    settings = config_classes.DeviceSettingsConfig(
        show_touches=False, show_pointer_location=False, show_status_bar=True, show_navigation_bar=True
    )
    return config_classes.CoordinatorConfig(enable_key_events=keys, device_settings=settings)


def task_proto(task: task_pb2.Task | str | os.PathLike[str] | None) -> task_pb2.Task:
    """android-env's task: as it is, from the path of its text form, or one without rewards.

    Raises:
        InputError: the file is not a valid task.
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
    simulator: type[PhoneSimulator] = PhoneSimulator,
    clock: str = "virtual",
    record: list[Action] | None = None,
) -> environment.AndroidEnv:
    """An ``AndroidEnv`` around a device.

    Args:
        device: the phone.
        task: android-env's task; without one there are no rewards.
        task_manager: palaestra's or android-env's.
        coordinator_config: fingers, key events, what the screen shows; by default without android-env's touch
            overlays and with both bars.
        step_ms: virtual time per step, ms; none with the wall clock.
        simulator: ours, or a subclass.
        clock: ``virtual``: time passes by steps and commands only, as fast as they are executed. ``wall``: before each
            step, command and screenshot the phone's time advances by the host's since the last one, for code that
            waits with ``time.sleep``.
        record: a list to which all that is done to the phone is added, the time that passes included;
            ``session.replay`` repeats it exactly, without a clock.

    Raises:
        InputError: there is no such clock.
    """
    phone = simulator(device, PhoneConfig(step_ms=step_ms, clock=clock, record=record))
    manager = task_manager(task or task_pb2.Task())
    settings = device_settings.DeviceSettings(phone)
    config = coordinator_config or coordinator_defaults()
    coordination = coordinator.Coordinator(phone, manager, settings, config)
    return environment.AndroidEnv(simulator=phone, coordinator=coordination, task_manager=manager)
