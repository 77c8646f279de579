"""Phone tasks with text actions."""

import json
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from palaestra.data.errors import InputError
from palaestra.envs.android.codecs.action import Action, Picture
from palaestra.envs.android.codecs.registry import Codec
from palaestra.envs.android.codecs.registry import codec as named_codec
from palaestra.envs.android.perform import perform
from palaestra.envs.android.tasks import task as phone_tasks
from palaestra.envs.android.tasks.random_actions import random_words
from palaestra.envs.android.tasks.task import Template, begin, judge, make_task, side_effects, template
from palaestra.envs.android.tasks.words import oracle_words
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.worlds.phone import APPS_OF_0_1, PhoneEnv
from palaestra.envs.task import Reading, Task, seed_of, task_from
from palaestra.envs.text import AnyText, Shown, TextWorld, readable
from palaestra.envs.world import check_horizon, name_horizon


class AndroidTasks(PhoneEnv, TextWorld):
    """Phone tasks with text actions, evaluated after every step.

    Actions are texts in the codec's format, with ``json`` also dictionaries; each step takes one second of virtual
    time, then the phone settles. Observations: ``pixels`` (height, width, 3) uint8 at the size ``render``, ``size``
    (2,) the width and height of the screen that bounds and touches refer to, ``orientation`` (4,) one-hot of quarter
    turns, ``instruction``, and those chosen by ``observe``: ``elements`` (JSON: ``size``, quarter turns as
    ``orientation`` and the list of elements), ``text`` (the screen and its elements as numbered lines), ``tree``
    (uiautomator's XML), ``forest`` (JSON). When the screen turns, ``size`` and bounds turn with it, while ``pixels``
    keep the shape of the phone held upright and show the content turned, as android-env's do; ``upright`` turns them.
    ``reading`` defines when a task counts as done. ``final``, as in AndroidWorld: its conditions hold when the agent
    reports "complete"; that step's reward is 1. ``ever``: they hold after any step; that step's reward is 1 and the
    episode ends. ``screen``: the reward of every step is 1 if they hold after it, and the episode continues. A status
    action ends the episode; exhausting the budget truncates it. ``info`` has the conditions as ``clauses``,
    ``success`` (None: not scored), ``partial``, ``action``, ``action_error``; at the end ``side_effects``.

    Args:
        tasks: what to sample from: names of templates, ``module:Name`` of your own, or ``Task`` objects or their
            ``fields``; by default all templates whose apps are installed.
        codec: ``json``, ``marks``, ``autoui``, ``autoui-compat`` or ``touch``.
        observe: any of ``elements``, ``text``, ``tree``, ``forest``.
        reading: ``final``, ``ever`` or ``screen``.
        budget: factor on every task's number of steps.
        max_episode_steps: steps of every episode instead, -1 for any number.
        **phone: see ``PhoneEnv``.

    ``reset(options={"task": NAME})`` chooses the template, ``{"task_seed": N}`` the seed of slots and content;
    ``{"task": TASK}``, or the ``id`` of one of ``tasks``, is that task.
    """

    codec: Codec
    PARTS = ("elements", "text", "tree", "forest")
    reset_options = ("task", "task_seed")

    def __init__(
        self,
        *,
        tasks: Sequence[str | Task | Mapping[str, Any]] | None = None,
        codec: str = "json",
        observe: Sequence[str] = ("text",),
        reading: Reading = "final",
        budget: float = 1.0,
        max_episode_steps: int | None = None,
        **phone: Any,
    ):
        own = {"tasks": tasks, "codec": codec, "observe": tuple(observe), "reading": reading, "budget": budget}
        own["max_episode_steps"] = max_episode_steps
        if max_episode_steps is not None:
            check_horizon(max_episode_steps)
        super().__init__(**phone, own=own)
        if isinstance(tasks, str) or (tasks is not None and (not isinstance(tasks, Sequence) or not tasks)):
            raise InputError(f"tasks {tasks!r}: must be a list of names; `palaestra envs tasks` prints them")
        given = [task_from(task) if isinstance(task, Mapping) else task for task in tasks or ()]
        self._given = {task.id: task for task in given if isinstance(task, Task)}
        names = [task.id if isinstance(task, Task) else task for task in given]
        self._names = tuple(names or self._usual_names())
        for name in self._names if tasks is not None else ():
            self._check(name)
        if isinstance(budget, bool) or not isinstance(budget, int | float) or not 0 < budget < 1e6:
            raise InputError(f"budget {budget!r}: must be a factor greater than 0")
        unknown = set(observe) - set(self.PARTS)
        if unknown:
            raise InputError(f"observe {', '.join(sorted(unknown))}: must be among {', '.join(self.PARTS)}")
        if reading not in ("screen", "ever", "final"):
            raise InputError(f"reading {reading!r}: must be screen, ever or final")
        self.codec = named_codec(codec)
        self._observed, self._reading, self._budget = tuple(observe), reading, budget
        self.task: Task | None = None
        self._is_given = False
        self._max_episode_steps = max_episode_steps or 0
        self._answers: list[str] = []
        self.action_space = AnyText()
        parts: dict[str, spaces.Space[Any]] = {"pixels": self._pixels_space(), "instruction": AnyText()}
        parts["size"] = spaces.Box(1, np.iinfo(np.int32).max, (2,), np.int32)
        parts["orientation"] = spaces.Box(0, 1, (4,), np.uint8)
        self.observation_space = spaces.Dict(parts | {part: AnyText() for part in observe})

    @property
    def identity(self) -> Mapping[str, str]:
        """The phone, the codec, the reading of success, and a horizon that replaces the tasks'."""
        identity = dict(super().identity) | {"codec": self.codec.name, "reading": self._reading}
        if (steps := self._arguments["max_episode_steps"]) is not None:
            identity["world"] = name_horizon(identity["world"], steps)
        return identity

    @classmethod
    def templates(cls) -> Mapping[str, Template]:
        """The phone's templates, the user's own not included."""
        return phone_tasks.templates()

    @classmethod
    def make_task(cls, name: str, seed: int) -> Task:
        """See ``TextWorld.make_task``."""
        return make_task(name, seed)

    @classmethod
    def described_task(cls, task: Task) -> Mapping[str, str]:
        """The last parts of the required apps' packages."""
        return {"apps": ", ".join(package.rpartition(".")[2] for package in template(task.template).apps)}

    @classmethod
    def recorded(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Adds ``elements``, which scripted agents use, and ``text``; ``apps`` is there, if only as None."""
        arguments.setdefault("apps", None)
        if not isinstance(observe := arguments.setdefault("observe", []), list):
            return arguments
        return arguments | {"observe": list(dict.fromkeys((*observe, "elements", "text")))}

    @classmethod
    def replayed(cls, arguments: dict[str, Any]) -> dict[str, Any]:
        """Recordings that don't say anything about ``apps`` are of 0.1.0, whose phone had no browser."""
        return {"apps": APPS_OF_0_1, **arguments}

    @classmethod
    def shown(cls, observation: Mapping[str, Any]) -> Shown:
        """The texts, and the pixels as somebody sees them who holds the phone so that the content is upright."""
        texts, _ = super().shown(observation)
        return Shown(texts, upright(observation["pixels"], observation["orientation"]))

    def annotations(self) -> dict[str, Any]:
        """The elements on the screen and its logical size."""
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
        """The action that reports the task as infeasible."""
        screen = json.loads(observation["elements"])
        return codec.encode(Action("status", text="infeasible"), screen["elements"], tuple(screen["size"]))

    @property
    def task_names(self) -> tuple[str, ...]:
        """The templates, and ids of tasks, from which an episode's task is sampled."""
        return self._names

    def _usual_names(self) -> Sequence[str]:
        """What is sampled from if nothing was chosen."""
        return [name for name in self.templates() if not self._lacking(name)]

    def _lacking(self, name: str) -> list[str]:
        """Packages that a template needs and that are not installed."""
        return [package for package in template(name).apps if package not in self.device.apps]

    def _ready_made(self, choice: str | Task) -> Task | None:
        """The task that a choice is by itself; None if it is drawn by a seed."""
        return choice if isinstance(choice, Task) else self._given.get(choice) if isinstance(choice, str) else None

    def _check(self, choice: str | Task) -> None:
        """Check that a task exists and its apps are installed."""
        task = self._ready_made(choice)
        name = str(choice) if task is None else task.template
        if self._lacking(name):
            raise InputError(f"task {name}: needs {', '.join(self._lacking(name))}, which the phone does not have")

    def _drawn(self, name: str, seed: int) -> Task:
        """The task of a name that is none by itself."""
        return make_task(name, seed)

    @property
    def _task(self) -> Task:
        """The task of this episode.

        Raises:
            ResetNeeded: before the first reset.
        """
        if self.task is None:
            raise gymnasium.error.ResetNeeded("call reset before step")
        return self.task

    def _take(self, task: Task, is_given: bool) -> None:
        """Set the current task; one that wasn't drawn by its template and seed is given."""
        self.task, self._is_given = task, is_given
        self._max_episode_steps = self._arguments["max_episode_steps"] or max(1, int(self._budget * task.budget))

    def set_horizon(self, steps: int) -> None:
        """See ``World``; replaces the tasks' numbers of steps."""
        self._arguments["max_episode_steps"] = self._max_episode_steps = steps

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Sample a task and set up the phone for it."""
        self.check_options(options)
        options = options or {}
        if "task" in options:
            self._check(options["task"])
        super().reset(seed=seed)
        self._boot()
        self._take(*self._chosen(options))
        self._facts = begin(self._task, self.device)
        self._before = self.device.contents()
        self._steps, self._answers, self._status, self._done = 0, [], "", False
        return self._observe(), self._info()

    def _chosen(self, options: Mapping[str, Any]) -> tuple[Task, bool]:
        """The task of an episode, and whether it was given; the same numbers are drawn for every choice."""
        name = self._names[int(self.np_random.integers(len(self._names)))]
        drawn = int(self.np_random.integers(0, 2**31))
        choice = options.get("task", name)
        ready_made = self._ready_made(choice)
        if ready_made is None:
            return self._drawn(choice, seed_of(options, drawn)), False
        if "task_seed" in options:
            raise InputError(f"task_seed {options['task_seed']!r}: task {ready_made.id} has its seed")
        return ready_made, True

    def step(self, action: str | Mapping[str, Any]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Perform the action that the words mean, or a codec's JSON object as a dictionary."""
        task = self._task
        self._steps += 1
        words, unreadable = self._words(action)
        picture = Picture(*self.device.render, self.device.turns)
        decoded = self.codec.decode(words, self.elements(), self.device.size, picture)
        decoded = replace(decoded, text=readable(decoded.text))  # JSON's escapes can hold half characters too
        error = unreadable or self._perform(decoded)
        if decoded.kind == "answer":
            self._answers.append(decoded.text)
        if decoded.kind == "status":
            self._status = decoded.text
        info = self._info() | {"action": dict(vars(decoded)), "action_error": error}
        if not error:
            del info["action_error"]
        info |= self._judged(info["success"])
        info["verdict"], terminated = self._count(info.get("judged", info["success"]))
        reward = info["verdict"] or 0.0
        truncated = not terminated and 0 < self._max_episode_steps <= self._steps
        if terminated or truncated:
            info["side_effects"] = side_effects(task, self._before, self.device.contents())
        return self._observe(), reward, terminated, truncated, info

    def _perform(self, action: Action) -> str:
        """Perform an action; returns an error message or ""."""
        return perform(self.device, action)

    def _judged(self, success: float | None) -> dict[str, Any]:
        """What decides instead of the task's condition, for ``info``: its verdict as ``judged``; empty by default."""
        return {}

    def _words(self, action: object) -> tuple[str, str]:
        """An action as text, and an error message if it is none."""
        if isinstance(action, str):
            return readable(action), ""
        if not (isinstance(action, Mapping) and self.codec.takes_fields):
            return "", f"the action is a {type(action).__name__}, not a text"
        try:
            return readable(json.dumps(dict(action), default=_number)), ""
        except (TypeError, ValueError, RecursionError) as error:
            return "", f"the action's fields are not JSON ({error})"

    def _count(self, success: float | None) -> tuple[float | None, bool]:
        """The verdict of this step, None if it is not scored, and whether the episode ends with it."""
        counts, ended = True, bool(self._status)
        if self._reading == "final":
            counts = self._status == "complete"
        if self._reading == "ever":
            counts = not self._done
            self._done = self._done or bool(success)
            ended = ended or self._done
        return None if success is None else success * counts, ended

    def elements(self) -> list[dict[str, Any]]:
        """The elements on the screen; see ``accessibility.elements``."""
        return accessibility.elements(self.device)

    def _observe(self) -> dict[str, Any]:
        size, turns = self.device.size, self.device.turns
        observation = {"pixels": self.device.frame(), "instruction": self._task.instruction}
        observation["size"] = np.array(size, np.int32)
        observation["orientation"] = (np.arange(4) == turns).astype(np.uint8)
        if "elements" in self._observed:
            screen = f'"size": {json.dumps(size)}, "orientation": {turns}'
            observation["elements"] = f'{{{screen}, "elements": {accessibility.written(self.device)}}}'
        if "text" in self._observed:
            way = "landscape" if size[0] > size[1] else "portrait"
            lines = [f"screen {size[0]}x{size[1]}, {way}", *(described(i, e) for i, e in enumerate(self.elements()))]
            observation["text"] = "\n".join(lines)
        if "tree" in self._observed:
            observation["tree"] = accessibility.xml(self.device)
        if "forest" in self._observed:
            observation["forest"] = json.dumps(accessibility.forest(self.device))
        return observation

    def _info(self) -> dict[str, Any]:
        verdict = judge(self._task, self._facts, self.device, self._answers)
        info: dict[str, Any] = {"task": self._task.id, "success": verdict.success, "partial": verdict.partial}
        info["clauses"] = dict(verdict.clauses)
        return info | ({"error": verdict.error} if verdict.error else {})

    def judged(self) -> dict[str, Any]:
        """The info of the phone as it is now, for those who changed it past ``step``, such as by its shell."""
        return self._info()

    def _save(self) -> Mapping[str, Any]:
        if self.task is None:
            return {"device": self.device.snapshot(), "task": None}
        state = {"device": self.device.snapshot(), "before": self._before, **self._counters()}
        return state | {"task": self.task.fields, "given": self._is_given}

    def _counters(self) -> dict[str, Any]:
        if self.task is None:
            return {"task": None}
        task = {"template": self.task.template, "seed": self.task.seed}  # these determine one that was drawn
        if self._is_given:
            task["hash"] = self.task.hash
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
            self.task, self._max_episode_steps = None, self._arguments["max_episode_steps"] or 0
            return
        fields = state["task"]
        whole = "slots" in fields  # snapshots of earlier versions have the template and the seed only
        task = task_from(fields) if whole else make_task(fields["template"], fields["seed"])
        parts = [state[name] for name in ("facts", "before", "steps", "answers", "status", "done")]
        self.device.restore(state["device"])
        self._take(task, bool(state.get("given")))
        self._facts, self._before, self._steps, self._answers, self._status, self._done = parts


def upright(pixels: np.ndarray, orientation: np.ndarray) -> np.ndarray:
    """The pixels of an observation with their content upright: in landscape wider than high."""
    return np.rot90(pixels, int(np.argmax(orientation)))


def _number(value: Any) -> Any:
    """A number of NumPy's as one of Python's, for JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} {value!r}")


def described(index: int, element: Mapping[str, Any]) -> str:
    """An element as one line: ``[3] Switch "Wi-Fi" checked``."""
    kind = element["cls"].rpartition(".")[2]
    words = " ".join(json.dumps(element[name], ensure_ascii=False) for name in ("text", "desc") if element[name])
    marks = [name for name in ("checked", "selected", "focused", "password", "scrollable") if element[name]]
    marks += [] if element["enabled"] else ["disabled"]
    hint = f"hint {json.dumps(element['hint'], ensure_ascii=False)}" if element["hint"] else ""
    return " ".join(part for part in (f"[{index}]", kind, words, hint, *marks) if part)
