"""android-env's environment on the simulated phone or on an emulator."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.android.ui.fonts import PACKAGES
from palaestra.envs.android.worlds.phone import PhoneEnv


class Android(PhoneEnv):
    """android-env's environment: raw touches and keys, pixels, no task.

    Actions: ``action_type`` 0 touch, 1 lift, 2 nothing (with ``keys``: 3 key down, 4 up, 5 press), ``touch_position``
    (x, y) in [0, 1], ``keycode`` an XKB number. A touch holds until a lift; 100 ms pass in every step.
    Observations: ``pixels`` (height, width, 3) uint8; ``orientation`` one-hot of quarter turns; ``timedelta``
    microseconds of virtual time since the last observation. Rewards come from ``task``.

    Args:
        keys: add key events to the actions.
        horizon: steps until ``truncated``; 0: unlimited.
        task: an android-env Task proto, the path of one in text format, or None (no rewards).
        simulator: ``phone`` (this process) or ``emulator``: an emulator or phone that android-env attaches to.
        emulator: fields of android-env's EmulatorLauncherConfig and AdbControllerConfig for ``simulator="emulator"``,
            such as ``{"adb_port": 5555, "emulator_console_port": 5554, "grpc_port": 8554, "adb_path": "adb"}``.
        **phone: see ``PhoneEnv``.
    """

    action_space: spaces.Dict

    def __init__(
        self,
        *,
        keys: bool = False,
        horizon: int = 0,
        task: Any = None,
        simulator: str = "phone",
        emulator: Mapping[str, Any] | None = None,
        **phone: Any,
    ):
        if simulator not in ("phone", "emulator"):
            raise InputError(f"simulator {simulator!r}: must be phone or emulator")
        if not isinstance(horizon, int) or horizon < 0:
            raise InputError(f"horizon {horizon!r}: must be an integer of at least 0")
        require("palaestra/Android-v0", "android_env", "immutabledict", *PACKAGES)
        own = {"keys": keys, "horizon": horizon, "task": task, "simulator": simulator, "emulator": emulator}
        super().__init__(**phone, own=own)
        from palaestra.envs.android.bridge.emulator import attach
        from palaestra.envs.android.bridge.simulator import coordinator_defaults, load, task_proto

        self._real = simulator == "emulator"
        if self._real:
            self.env = attach(emulator or {}, task_proto(task), coordinator_defaults(keys))
        else:
            self.env = load(self.device, task_proto(task), coordinator_config=coordinator_defaults(keys))
        self._max_episode_steps = horizon
        self._steps = 0
        self._time = 0
        pixels = self.env.observation_spec()["pixels"]
        self.observation_space = spaces.Dict(
            {
                "pixels": spaces.Box(0, 255, pixels.shape, np.uint8),
                "orientation": spaces.Box(0, 1, (4,), np.uint8),
                "timedelta": spaces.Box(0, np.iinfo(np.int64).max, (), np.int64),
            }
        )
        kinds: dict[str, spaces.Space] = {
            "action_type": spaces.Discrete(6 if keys else 3),
            "touch_position": spaces.Box(0.0, 1.0, (2,), np.float32),
        }
        if keys:
            kinds["keycode"] = spaces.Discrete(1 << 16)
        self.action_space = spaces.Dict(kinds)

    def set_horizon(self, steps: int) -> None:
        """See ``World``."""
        self._arguments["horizon"] = self._max_episode_steps = max(0, steps)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begin an episode on a freshly booted phone; the state of an emulator is kept."""
        self.check_options(options)
        super().reset(seed=seed)
        self._steps = 0
        if not self._real:
            self._boot()
        timestep = self.env.reset()
        self._time = self.device.now_us
        return self._observe(timestep.observation), self._info()

    def step(self, action: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], float, bool, bool, dict[str, Any]]:
        """Take one raw action; 100 ms pass."""
        taken, error = self._checked(action)
        timestep = self.env.step(taken)
        self._steps += 1
        info = self._info() | ({"action_error": error} if error else {})
        ended = timestep.last() and timestep.discount == 0.0
        truncated = (timestep.last() and not ended) or self._steps == self._max_episode_steps
        return self._observe(timestep.observation), float(timestep.reward or 0.0), ended, truncated, info

    def close(self) -> None:
        """Close android-env's environment."""
        self.env.close()

    def _observe(self, observation: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        own = {name: np.array(value) for name, value in observation.items() if name != "pixels"}
        own["pixels"] = np.array(observation["pixels"]) if self._real else observation["pixels"]
        if not self._real:
            elapsed, self._time = self.device.now_us - self._time, self.device.now_us
            own["timedelta"] = np.array(elapsed, np.int64)
        return own

    def _info(self) -> dict[str, Any]:
        extras = self.env.task_extras(latest_only=False)
        return {"extras": extras} if extras else {}

    def _checked(self, action: Mapping[str, Any]) -> tuple[dict[str, np.ndarray], str]:
        """The action in android-env's format and an error message; an invalid action becomes action type 2, nothing."""
        nothing = {"action_type": np.array(2, np.int32), "touch_position": np.zeros(2, np.float32)}
        if self._max_kind == 6:
            nothing["keycode"] = np.array(0, np.int32)
        try:
            kind = int(action["action_type"])
            point = np.asarray(action.get("touch_position", (0.0, 0.0)), np.float32)
            key = int(action.get("keycode", 0))
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            return nothing, f"not an action: {type(error).__name__}: {error}"
        if not 0 <= kind < self._max_kind:
            return nothing, f"action_type {kind}: must be from 0 to {self._max_kind - 1}"
        if point.shape != (2,) or not np.all((point >= 0) & (point <= 1)):
            return nothing, f"touch_position {point.tolist()}: must be two numbers from 0 to 1"
        if not 0 <= key < 1 << 16:
            return nothing, f"keycode {key}: must be from 0 to 65535"
        taken = {"action_type": np.array(kind, np.int32), "touch_position": point}
        return taken | ({"keycode": np.array(key, np.int32)} if "keycode" in nothing else {}), ""

    @property
    def _max_kind(self) -> int:
        kinds = self.action_space["action_type"]
        return int(kinds.n) if isinstance(kinds, spaces.Discrete) else 0

    def _save(self) -> Mapping[str, Any]:
        if self._real:
            raise InputError("an emulator cannot be snapshotted here; use android-env's save_state")
        return {"device": self.device.snapshot(), **self._counters()}

    def _counters(self) -> dict[str, Any]:
        task = {} if self.env._reset_next_step else self.env._task_manager.save()
        return {"steps": self._steps, "time": self._time, "task": task}

    def _load(self, state: Mapping[str, Any]) -> None:
        steps, time, task = int(state["steps"]), int(state["time"]), state["task"]
        if task and self.env._reset_next_step:
            self.env.reset()  # android-env's first step is a reset, but the restored episode continues
        self.device.restore(state["device"])
        if task:
            self.env._task_manager.load(task)
        self.env._reset_next_step = not task
        self._steps, self._time = steps, time
