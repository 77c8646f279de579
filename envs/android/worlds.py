"""The phone as Gymnasium environments.

``palaestra/Android-v0`` takes android-env's raw actions through android-env itself, one step for 100 ms; with
``simulator="emulator"`` the same environment drives an emulator or a phone. ``palaestra/AndroidTasks-v0`` gives an
agent an instruction, takes its words and judges what became of the phone.
"""

import functools
import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.registry import Codec
from palaestra.envs.android.codecs.registry import codec as named_codec
from palaestra.envs.android.device import Device
from palaestra.envs.android.perform import perform
from palaestra.envs.android.tasks.random_actions import random_words
from palaestra.envs.android.tasks.task import begin, judge, make_task, side_effects, template, templates
from palaestra.envs.android.tasks.words import oracle_words
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.theme import PACKAGES
from palaestra.envs.task import Reading, Task
from palaestra.envs.text import AnyText, TextWorld, readable
from palaestra.envs.world import World

RENDER = (270, 600)
"""Width and height of the pixels unless said otherwise."""


@functools.lru_cache(maxsize=8)
def booted(size: tuple[int, int], density: int, theme: str, font_scale: float, apps: tuple[str, ...] | None) -> bytes:
    """The snapshot of a phone of this kind that has just booted: what a reset restores."""
    return Device(size=size, density=density, theme=theme, font_scale=font_scale, apps=apps).snapshot()


class Phone(World):
    """What both environments have in common: a device and how to make, save and draw it.

    Args:
        size: logical width and height, px: the touch space of a real phone.
        density: dots per inch.
        render: width and height of ``pixels``; drawn at this scale, not scaled down.
        theme: ``light`` or ``dark``.
        font_scale: as in the display settings.
        apps: packages that are installed; all by default.
        render_mode: ``rgb_array`` or None.
        own: arguments of the kind of world, for ``fork``.
    """

    metadata: ClassVar = {"render_modes": ["rgb_array"], "render_fps": 10}

    def __init__(
        self,
        *,
        size: Sequence[int] = (1080, 2400),
        density: int = 420,
        render: Sequence[int] = RENDER,
        theme: str = "light",
        font_scale: float = 1.0,
        apps: Sequence[str] | None = None,
        render_mode: str | None = None,
        own: Mapping[str, Any] | None = None,
    ):
        require("the phone", *PACKAGES)
        shape = {"size": tuple(size), "density": density, "theme": theme, "font_scale": font_scale}
        shape["apps"] = None if apps is None else tuple(apps)
        super().__init__(**shape, render=tuple(render), render_mode=render_mode, **(own or {}))
        if theme not in ("light", "dark"):
            raise InputError(f"theme {theme!r}: light or dark")
        self._shape = shape
        self.render_mode = render_mode
        self.device = Device(**shape, render=tuple(render))

    @property
    def identity(self) -> Mapping[str, str]:
        """Which kind of phone this is."""
        return {"world": type(self).__name__, "phone": json.dumps(self._shape)}

    def _boot(self) -> None:
        """The phone as it is after its first boot, with a seed of this episode's."""
        self.device.restore(booted(**self._shape))
        self.device.reseed(int(self.np_random.integers(0, 2**63)))

    def _pixels_space(self) -> spaces.Box:
        width, height = self.device.render
        return spaces.Box(0, 255, (height, width, 3), np.uint8)

    def render(self) -> np.ndarray:
        """The screen, (height, width, 3) uint8."""
        return self.device.frame()


class Android(Phone):
    """android-env's environment: raw touches and keys, pixels, no task.

    Actions: ``action_type`` 0 touch, 1 lift, 2 nothing (with ``keys``: 3 key down, 4 up, 5 press), ``touch_position``
    (x, y) in [0, 1], ``keycode`` an XKB number. A touch holds until a lift; 100 ms pass in every step.
    Observations: ``pixels`` (height, width, 3) uint8; ``orientation`` one-hot of quarter turns; ``timedelta``
    microseconds of virtual time since the last observation. Rewards come from a task of android-env's, if one is given.

    Args:
        keys: whether key events are among the actions.
        horizon: steps until ``truncated``; 0 never.
        task: an android-env Task proto, its text form's path, or None.
        simulator: ``phone`` (this process) or ``emulator``: an emulator or phone that android-env attaches to.
        emulator: fields of android-env's EmulatorLauncherConfig and AdbControllerConfig for ``simulator="emulator"``,
            such as ``{"adb_port": 5555, "emulator_console_port": 5554, "grpc_port": 8554, "adb_path": "adb"}``.
        **phone: see ``Phone``.
    """

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
            raise InputError(f"simulator {simulator!r}: phone or emulator")
        if not isinstance(horizon, int) or horizon < 0:
            raise InputError(f"horizon {horizon!r}: a number of steps is wanted, or 0")
        require("palaestra/Android-v0", "android_env", "immutabledict", *PACKAGES)
        own = {"keys": keys, "horizon": horizon, "task": task, "simulator": simulator, "emulator": emulator}
        super().__init__(**phone, own=own)
        from android_env.components import config_classes

        from palaestra.envs.android.bridge import simulator as phone_simulator

        shown = config_classes.DeviceSettingsConfig(
            show_touches=False, show_pointer_location=False, show_status_bar=True, show_navigation_bar=True
        )
        coordinator = config_classes.CoordinatorConfig(enable_key_events=keys, device_settings=shown)
        self._task = _task_proto(task)
        self._real = simulator == "emulator"
        if self._real:
            self.env = _attach(emulator or {}, self._task, coordinator)
        else:
            self.env = phone_simulator.load(self.device, self._task, coordinator_config=coordinator)
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

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """A phone that has just booted (an emulator is left as it is)."""
        super().reset(seed=seed)
        self._steps = 0
        if not self._real:
            self._boot()
        timestep = self.env.reset()
        self._time = self.device.now_us
        return self._observe(timestep.observation), self._info()

    def step(self, action: Mapping[str, Any]):
        """One raw action and 100 ms."""
        taken, error = self._checked(action)
        timestep = self.env.step(taken)
        self._steps += 1
        info = self._info() | ({"action_error": error} if error else {})
        ended = timestep.last() and timestep.discount == 0.0
        truncated = (timestep.last() and not ended) or self._steps == self._max_episode_steps
        return self._observe(timestep.observation), float(timestep.reward or 0.0), ended, truncated, info

    def close(self) -> None:
        """Let go of the device."""
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
        """The action as android-env wants it; what isn't one becomes doing nothing."""
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
            return nothing, f"action_type {kind}: 0 to {self._max_kind - 1}"
        if point.shape != (2,) or not np.all((point >= 0) & (point <= 1)):
            return nothing, f"touch_position {point.tolist()}: two numbers from 0 to 1"
        if not 0 <= key < 1 << 16:
            return nothing, f"keycode {key}: 0 to 65535"
        taken = {"action_type": np.array(kind, np.int32), "touch_position": point}
        return taken | ({"keycode": np.array(key, np.int32)} if "keycode" in nothing else {}), ""

    @property
    def _max_kind(self) -> int:
        return int(self.action_space["action_type"].n)

    def _save(self) -> Mapping[str, Any]:
        if self._real:
            raise InputError("snapshots are the phone's: a real emulator keeps its own (android-env's save_state)")
        return {"device": self.device.snapshot(), **self._counters()}

    def _counters(self) -> dict[str, Any]:
        task = {} if self.env._reset_next_step else self.env._task_manager.save()
        return {"steps": self._steps, "time": self._time, "task": task}

    def _load(self, state: Mapping[str, Any]) -> None:
        steps, time, task = int(state["steps"]), int(state["time"]), state["task"]
        if task and self.env._reset_next_step:
            self.env.reset()  # android-env's first step is a reset, and this one is to go on
        self.device.restore(state["device"])
        if task:
            self.env._task_manager.load(task)
        self.env._reset_next_step = not task
        self._steps, self._time = steps, time

    def fingerprint(self) -> str:
        """SHA-256 of the phone's logical state and the step counter."""
        return _fingerprint(self, self._counters())


class AndroidTasks(Phone, TextWorld):
    """A task, an agent's words, and a verdict after every step.

    Actions are texts in the codec's language; a second of virtual time passes in each, then the phone settles.
    Observations: ``pixels``, ``instruction``; and where asked for by ``observe``: ``elements`` (JSON: logical ``size``
    and the list of elements), ``text`` (the same as numbered lines), ``tree`` (uiautomator's XML), ``forest`` (JSON).
    When a task counts as done is a matter of reading. ``final``, AndroidWorld's: its conditions hold and the agent
    says "complete"; that step's reward is 1. ``ever``: they hold after any step; its reward is 1 and the episode ends.
    ``screen``: every step after which they hold has reward 1, and the episode goes on, as for a judge who looks at one
    screen at a time. A status ends every episode, and so does the budget. ``info`` has the verdict's clauses,
    ``success`` (None: not scored), ``partial``, ``action``, ``action_error``; at the end ``side_effects``.

    Args:
        tasks: names of templates to draw from; by default all whose apps are installed.
        codec: ``json``, ``marks``, ``autoui`` or ``autoui-compat``.
        observe: which of ``elements``, ``text``, ``tree``, ``forest`` to add.
        reading: ``final``, ``ever`` or ``screen``.
        budget: multiplies every task's number of steps.
        **phone: see ``Phone``.

    ``reset(options={"task": NAME})`` chooses the template, ``{"task_seed": N}`` the seed of slots and content.
    """

    PARTS = ("elements", "text", "tree", "forest")

    def __init__(
        self,
        *,
        tasks: Sequence[str] | None = None,
        codec: str = "json",
        observe: Sequence[str] = ("text",),
        reading: Reading = "final",
        budget: float = 1.0,
        **phone: Any,
    ):
        own = {"tasks": tasks, "codec": codec, "observe": tuple(observe), "reading": reading, "budget": budget}
        super().__init__(**phone, own=own)
        if tasks is None:
            tasks = [name for name in templates() if not self._lacking(name)]
        if isinstance(tasks, str) or not isinstance(tasks, Sequence) or not tasks:
            raise InputError(f"tasks {tasks!r}: a list of names is wanted; `palaestra envs tasks` prints them")
        for name in tasks:
            self._check(name)
        if isinstance(budget, bool) or not isinstance(budget, int | float) or not 0 < budget < 1e6:
            raise InputError(f"budget {budget!r}: a factor greater than 0 is wanted")
        unknown = set(observe) - set(self.PARTS)
        if unknown:
            raise InputError(f"observe {', '.join(sorted(unknown))}: there are {', '.join(self.PARTS)}")
        if reading not in ("screen", "ever", "final"):
            raise InputError(f"reading {reading!r}: screen, ever or final")
        self.codec = named_codec(codec)
        self._names, self._observed, self._reading, self._budget = tuple(tasks), tuple(observe), reading, budget
        self.task: Task | None = None
        self.action_space = AnyText()
        parts = {"pixels": self._pixels_space(), "instruction": AnyText()} | {part: AnyText() for part in observe}
        self.observation_space = spaces.Dict(parts)

    @property
    def identity(self) -> Mapping[str, str]:
        """The phone, and how it is talked to."""
        return dict(super().identity) | {"codec": self.codec.name, "reading": self._reading}

    @classmethod
    def recorded(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """With ``elements``, by which scripted agents go, and their ``text``."""
        if not isinstance(observe := arguments.setdefault("observe", []), list):
            return arguments
        return arguments | {"observe": list(dict.fromkeys((*observe, "elements", "text")))}

    def annotations(self) -> dict[str, Any]:
        """The elements on the screen, and its logical size."""
        return {"size": list(self.device.size), "elements": self.elements()}

    @classmethod
    def oracle(cls, task: Task, codec: Codec) -> Generator[str, Mapping[str, Any], None]:
        """See ``TextWorld.oracle``; observations need ``elements``."""
        return oracle_words(task, codec)

    @classmethod
    def random_text(cls, random: np.random.Generator, observation: Mapping[str, Any], codec: Codec) -> str:
        """See ``random_actions``; observations need ``elements``."""
        return random_words(random, observation, codec)

    @classmethod
    def surrender(cls, observation: Mapping[str, Any], codec: Codec) -> str:
        """Say that the task is infeasible."""
        screen = json.loads(observation["elements"])
        return codec.encode(Action("status", text="infeasible"), screen["elements"], tuple(screen["size"]))

    @property
    def task_names(self) -> tuple[str, ...]:
        """The templates that episodes draw from."""
        return self._names

    @property
    def _max_episode_steps(self) -> int:
        return 0 if self.task is None else max(1, int(self._budget * self.task.budget))

    def _lacking(self, name: str) -> list[str]:
        """Packages that a template needs and this phone lacks."""
        return [package for package in template(name).apps if package not in self.device.apps]

    def _check(self, name: str) -> None:
        """Refuse a task that there is not, or that can't be done on this phone."""
        if self._lacking(name):
            raise InputError(f"task {name}: the phone lacks {', '.join(self._lacking(name))}")

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None):
        """Draw a task and set the phone up for it."""
        options = options or {}
        if "task" in options:
            self._check(options["task"])
        super().reset(seed=seed)
        self._boot()
        name = options.get("task", self._names[int(self.np_random.integers(len(self._names)))])
        drawn = int(self.np_random.integers(0, 2**31))
        self.task = make_task(name, int(options.get("task_seed", drawn)))
        self._facts = begin(self.task, self.device)
        self._before = self.device.contents()
        self._steps, self._answers, self._status, self._done = 0, [], "", False
        return self._observe(), self._info()

    def step(self, action: str):
        """Do what the words say."""
        if self.task is None:
            raise gymnasium.error.ResetNeeded("reset first: there is no task yet")
        self._steps += 1
        words = readable(action) if isinstance(action, str) else ""
        said = self.codec.decode(words, self.elements(), self.device.size)
        said = replace(said, text=readable(said.text))  # JSON's escapes can hold half characters too
        error = perform(self.device, said) or ("" if isinstance(action, str) else "not a text")
        if said.kind == "answer":
            self._answers.append(said.text)
        if said.kind == "status":
            self._status = said.text
        info = self._info() | {"action": asdict(said), "action_error": error}
        if not error:
            del info["action_error"]
        reward, terminated = self._count(info["success"])
        info["verdict"] = None if info["success"] is None else float(reward > 0)
        truncated = not terminated and self._steps >= self._max_episode_steps
        if terminated or truncated:
            info["side_effects"] = side_effects(self.task, self._before, self.device.contents())
        return self._observe(), reward, terminated, truncated, info

    def _count(self, success: float | None) -> tuple[float, bool]:
        """The reward of this step and whether the episode ends with it."""
        if self._reading == "final":
            return (success or 0.0) if self._status == "complete" else 0.0, bool(self._status)
        if self._reading == "screen":
            return success or 0.0, bool(self._status)
        reward = 0.0 if self._done else (success or 0.0)
        self._done = self._done or bool(success)
        return reward, self._done or bool(self._status)

    def elements(self) -> list[dict[str, Any]]:
        """The elements on the screen, as ``accessibility.elements`` gives them."""
        return accessibility.elements(self.device)

    def _observe(self) -> dict[str, Any]:
        seen = {"pixels": self.device.frame(), "instruction": self.task.instruction}
        if "elements" in self._observed:
            seen["elements"] = json.dumps({"size": list(self.device.size), "elements": self.elements()})
        if "text" in self._observed:
            seen["text"] = "\n".join(described(i, e) for i, e in enumerate(self.elements()))
        if "tree" in self._observed:
            seen["tree"] = accessibility.xml(self.device)
        if "forest" in self._observed:
            seen["forest"] = json.dumps(accessibility.forest(self.device))
        return seen

    def _info(self) -> dict[str, Any]:
        verdict = judge(self.task, self._facts, self.device, self._answers)
        info = {"task": self.task.id, "success": verdict.success, "partial": verdict.partial}
        info["clauses"] = dict(verdict.clauses)
        return info | ({"error": verdict.error} if verdict.error else {})

    def _save(self) -> Mapping[str, Any]:
        if self.task is None:
            return {"device": self.device.snapshot(), "task": None}
        return {"device": self.device.snapshot(), "before": self._before, **self._counters()}

    def _counters(self) -> dict[str, Any]:
        if self.task is None:
            return {"task": None}
        task = {"template": self.task.template, "seed": self.task.seed}
        return {
            "task": task,
            "facts": self._facts,
            "steps": self._steps,
            "answers": self._answers,
            "status": self._status,
            "done": self._done,
        }

    def _load(self, state: Mapping[str, Any]) -> None:
        if state["task"] is None:
            self.device.restore(state["device"])
            self.task = None
            return
        task = make_task(state["task"]["template"], state["task"]["seed"])
        found = [state[name] for name in ("facts", "before", "steps", "answers", "status", "done")]
        self.device.restore(state["device"])
        self.task = task
        self._facts, self._before, self._steps, self._answers, self._status, self._done = found

    def fingerprint(self) -> str:
        """SHA-256 of the phone's logical state, the task and the agent's record."""
        return _fingerprint(self, self._counters())


def described(index: int, element: Mapping[str, Any]) -> str:
    """A line that says what an element is: ``[3] Switch "Wi-Fi" checked``."""
    kind = element["cls"].rpartition(".")[2]
    words = " ".join(json.dumps(element[name], ensure_ascii=False) for name in ("text", "desc") if element[name])
    marks = [name for name in ("checked", "selected", "focused", "password", "scrollable") if element[name]]
    marks += [] if element["enabled"] else ["disabled"]
    hint = f"hint {json.dumps(element['hint'], ensure_ascii=False)}" if element["hint"] else ""
    return " ".join(part for part in (f"[{index}]", kind, words, hint, *marks) if part)


def _fingerprint(world: Phone, counters: Mapping[str, Any]) -> str:
    import hashlib

    import msgpack

    from palaestra.envs.world import pack_rng

    parts = dict(world.identity) | {"device": world.device.fingerprint(), "counters": counters}
    return hashlib.sha256(msgpack.packb(parts | {"rng": pack_rng(world.np_random)})).hexdigest()


def _task_proto(task: Any) -> Any:
    from android_env.proto import task_pb2
    from google.protobuf import text_format

    if task is None:
        return task_pb2.Task()
    if isinstance(task, task_pb2.Task):
        return task
    try:
        with open(task) as file:
            return text_format.Parse(file.read(), task_pb2.Task())
    except (OSError, text_format.ParseError, UnicodeDecodeError) as error:
        raise InputError(f"{task}: not an android-env task in text form ({error})") from None


def _attach(emulator: Mapping[str, Any], task: Any, coordinator: Any) -> Any:
    """An emulator or phone through android-env's own simulator.

    Raises:
        InputError: there is none, or adb is missing.
    """
    from android_env import environment
    from android_env.components import config_classes, device_settings, task_manager
    from android_env.components import coordinator as coordination
    from android_env.components.simulators.emulator import emulator_simulator

    names = {name: set(kind.__dataclass_fields__) for name, kind in _emulator_configs().items()}
    unknown = set(emulator) - names["launcher"] - names["adb"]
    if unknown:
        raise InputError(f"emulator {', '.join(sorted(unknown))}: not a field of android-env's emulator configuration")
    fields = {part: {k: v for k, v in emulator.items() if k in known} for part, known in names.items()}
    config = config_classes.EmulatorConfig(
        emulator_launcher=config_classes.EmulatorLauncherConfig(**fields["launcher"]),
        adb_controller=config_classes.AdbControllerConfig(**fields["adb"]),
    )
    try:
        simulator = emulator_simulator.EmulatorSimulator(config=config)
        manager = task_manager.TaskManager(task)
        settings = device_settings.DeviceSettings(simulator)
        coordinated = coordination.Coordinator(simulator, manager, settings, coordinator)
    except Exception as error:
        raise InputError(
            f"no emulator answers ({type(error).__name__}: {error}); start one and name its ports: "
            'emulator={"adb_port": 5555, "emulator_console_port": 5554, "grpc_port": 8554, "adb_path": ...}'
        ) from error
    return environment.AndroidEnv(simulator=simulator, coordinator=coordinated, task_manager=manager)


def _emulator_configs() -> dict[str, type]:
    from android_env.components import config_classes

    return {"launcher": config_classes.EmulatorLauncherConfig, "adb": config_classes.AdbControllerConfig}
