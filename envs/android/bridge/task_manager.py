"""android-env's TaskManager without its threads, sleeps and stale verdicts.

Differences from the stock one (android-env 1.3.0): the log is read when a step asks for its reward, on the same
thread; setup and reset steps don't sleep half a second each, and waiting for an app's screen or an installation takes
virtual time; the current screen is checked in the step in which the check is due, and a reset clears the check (in
the stock one, a verdict comes one period late, and one from the last episode can end the next);
``max_episode_steps=N`` ends an episode with step N (there, N + 1); ``max_episode_sec`` is virtual time.
"""

import collections
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dm_env
from android_env.components import app_screen_checker, errors, logcat_thread, setup_step_interpreter
from android_env.components import task_manager as stock
from android_env.components.adb_call_parser import AdbCallParser
from android_env.proto import adb_pb2, task_pb2

from palaestra.envs.android.bridge.logs import PhoneLogStream
from palaestra.envs.android.bridge.session import Session

POLL_MS = 100
"""Virtual time between two checks of a condition that a setup step waits for, ms."""
Outcome = app_screen_checker.AppScreenChecker.Outcome


class TaskManager(stock.TaskManager):
    """android-env's tasks and rewards, each in the step in which it happens."""

    _latest_values: dict[str, Any]

    def reset_task(self) -> None:
        """Run the reset steps and clear the last episode's bookkeeping."""
        self._dumpsys_thread.forget()
        super().reset_task()
        self._started_us = self._device.now_us

    def save(self) -> dict[str, Any]:
        """The episode's bookkeeping between two steps, as plain data."""
        return {
            "stats": dict(self._stats),
            "bad": [self._bad_state_counter, self._is_bad_episode],
            "score": float(self._latest_values["score"]),
            "started_us": self._started_us,
            "screen_check": self._dumpsys_thread.counts,
            "log": self._logcat_thread.position,
        }

    def load(self, saved: Mapping[str, Any]) -> None:
        """Continue from what ``save`` returned; the caller restores the device."""
        stats, (bad, is_bad), score = dict(saved["stats"]), saved["bad"], float(saved["score"])
        self._started_us = int(saved["started_us"])
        self._dumpsys_thread.counts = list(saved["screen_check"])
        self._logcat_thread.position = int(saved["log"])
        self._stats, self._bad_state_counter, self._is_bad_episode = stats, bad, is_bad
        self._latest_values = {
            "reward": 0.0,
            "score": score,
            "extra": collections.defaultdict(list),
            "episode_end": False,
        }

    def _start_logcat_thread(self, log_stream: PhoneLogStream) -> None:
        self._session, self._device = log_stream.session, log_stream.device
        log_stream.set_log_filters(list(self._task.log_parsing_config.filters))
        self._logcat_thread = LogReader(log_stream)
        for listener in self._logcat_listeners():
            self._logcat_thread.add_event_listener(listener)

    def _start_dumpsys_thread(self, adb_call_parser: AdbCallParser) -> None:
        checker = app_screen_checker.AppScreenChecker(adb_call_parser, self._task.expected_app_screen)
        self._dumpsys_thread = ScreenCheck(
            checker, self._config.dumpsys_check_frequency, self._config.max_failed_current_activity
        )

    def _start_setup_step_interpreter(self, adb_call_parser: AdbCallParser) -> None:
        self._setup_step_interpreter = StepInterpreter(adb_call_parser, self._session)

    def _determine_transition_fn(self) -> Callable[..., dm_env.TimeStep]:
        transition = super()._determine_transition_fn()
        if transition is not dm_env.transition:
            return transition
        task, steps = self._task, self._stats["episode_steps"]
        late = task.max_episode_sec > 0 and self._device.now_us - self._started_us >= 1e6 * task.max_episode_sec
        if late or 0 < task.max_episode_steps <= steps:
            self._stats["reset_count_max_duration_reached"] += 1
            return dm_env.truncation
        return transition


class LogReader:
    """Replacement of android-env's LogcatThread that reads the log on demand."""

    def __init__(self, stream: PhoneLogStream):
        self._stream = stream
        self._listeners: list[logcat_thread.EventListener] = []

    def add_event_listener(self, listener: logcat_thread.EventListener) -> None:
        """Have a listener called for every message that its expression matches."""
        self._listeners.append(listener)

    def line_ready(self) -> "LogReader":
        """The object to ``wait`` on, as android-env expects it: this one."""
        return self

    def wait(self) -> None:
        """Process what has been logged since the last call."""
        for message in self._stream.messages():
            for listener in self._listeners:
                match = listener.regexp.match(message)
                if match:
                    listener.handler_fn(listener.regexp, match)

    @property
    def position(self) -> int:
        """How far the log has been read."""
        return self._stream.position

    @position.setter
    def position(self, place: int) -> None:
        self._stream.position = place

    def pause(self) -> None:
        """Ignore messages from now on; those logged before still count."""
        self.wait()
        self._stream.pause_stream()

    def resume(self) -> None:
        """Count messages from now on."""
        self._stream.resume_stream()

    def kill(self) -> None:
        """Stop the stream."""
        self._stream.stop_stream()


class ScreenCheck:
    """Replaces android-env's DumpsysThread: checks synchronously whether the user has left the expected screen."""

    def __init__(self, checker: app_screen_checker.AppScreenChecker, every: int, patience: int):
        self._checker, self._every, self._patience = checker, every, patience
        self.forget()

    def forget(self) -> None:
        """Start a new episode."""
        self._steps = 0
        self._failures = 0

    @property
    def counts(self) -> list[int]:
        """Calls, and failures in a row."""
        return [self._steps, self._failures]

    @counts.setter
    def counts(self, values: Sequence[int]) -> None:
        self._steps, self._failures = values

    def check_user_exited(self, timeout: float | None = None) -> bool:
        """Whether the screen is not the task's; checked in every ``every``-th call (never if 0)."""
        self._steps += 1
        if self._every <= 0 or self._steps % self._every:
            return False
        outcome = self._checker.matches_current_app_screen()
        if outcome == Outcome.FAILED_ACTIVITY_EXTRACTION:
            self._failures += 1
            return self._failures >= self._patience
        self._failures = 0
        return outcome in (Outcome.UNEXPECTED_ACTIVITY, Outcome.UNEXPECTED_VIEW_HIERARCHY)


class StepInterpreter(setup_step_interpreter.SetupStepInterpreter):
    """Runs setup and reset steps in virtual time."""

    def __init__(self, adb_call_parser: AdbCallParser, session: Session):
        super().__init__(adb_call_parser)
        self._session = session

    def interpret(self, setup_steps: Sequence[task_pb2.SetupStep]) -> None:
        """Run the steps in turn.

        Raises:
            errors.StepCommandError: a step's condition was not met within its number of tries.
        """
        for step in setup_steps:
            self._interpret(step)

    def _interpret(self, step: task_pb2.SetupStep) -> None:
        condition, kind = step.success_condition, step.WhichOneof("step")
        for _ in range(max(condition.num_retries, 3)):
            if kind == "sleep":
                self._session.advance(round(1000 * step.sleep.time_sec))
            elif kind is not None:
                response = self._adb_call_parser.parse(step.adb_request)
                if response.status != adb_pb2.AdbResponse.Status.OK:
                    self._stats["error_count_adb_request"] += 1
                    continue
            self._session.settle()
            if self._is_met(condition):
                return
        raise errors.StepCommandError(f"Step failed: [{step}]")

    def _is_met(self, condition: task_pb2.SuccessCondition) -> bool:
        check = condition.WhichOneof("check")
        if check not in ("wait_for_app_screen", "check_install"):
            return True  # no condition, or one that android-env doesn't wait for either
        wait = getattr(condition, check)
        holds = self._on_screen(wait) if check == "wait_for_app_screen" else lambda: self._installed(wait.package_name)
        device = self._session.device
        deadline_us = device.now_us + 1e6 * wait.timeout_sec
        while not holds():
            if device.now_us >= deadline_us:
                self._stats[f"error_count_{check}"] += 1
                return False
            self._session.advance(POLL_MS)
        return True

    def _on_screen(self, wait: task_pb2.WaitForAppScreen) -> Callable[[], bool]:
        checker = app_screen_checker.AppScreenChecker(self._adb_call_parser, wait.app_screen)
        return lambda: checker.matches_current_app_screen() == Outcome.SUCCESS

    def _installed(self, package: str) -> bool:
        request = adb_pb2.AdbRequest()
        request.package_manager.list.packages.SetInParent()
        return package in self._adb_call_parser.parse(request).package_manager.list.items
