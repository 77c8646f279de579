"""What a task on the phone is.

A ``Template`` is behaviour without state; a ``Task`` is a template with its slots filled, frozen data. The names, slots
and conditions of success are those of AndroidWorld's templates (Rawles et al. 2024, arXiv 2405.14573,
github.com/google-research/android_world); the wording, the content and the phone are ours, so scores are not
AndroidWorld's.
"""

import functools
import hashlib
import importlib
import json
import pkgutil
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.envs.android.codecs import Action, Codec, Element, centre, scroll

STEPS_PER_COMPLEXITY = 10
"""AndroidWorld's budget: this many steps per unit of a template's complexity."""

Reading = Literal["screen", "ever", "final"]
"""When a task counts as done: while its condition holds now, from the first time it held, or if it holds when the agent
says that it is done."""

Slots = Mapping[str, Any]
Oracle = Generator[Action, "Screen", None]


@dataclass(frozen=True)
class Verdict:
    """What the evaluator says of the phone as it is now."""

    clauses: Mapping[str, bool]
    """The condition's parts by name; the task is done when all are true."""
    error: str = ""
    """Why it could not be evaluated; success is None then, never 0."""

    @property
    def success(self) -> float | None:
        """1.0, 0.0, or None: not scored."""
        return None if self.error else float(bool(self.clauses) and all(self.clauses.values()))

    @property
    def partial(self) -> float | None:
        """The share of the clauses that are true, 0 to 1."""
        return None if self.error or not self.clauses else sum(self.clauses.values()) / len(self.clauses)


@dataclass(frozen=True)
class Task:
    """A template with its slots filled. Equal fields give equal episodes."""

    template: str
    slots: Slots
    seed: int
    """The seed that the slots and the phone's content were drawn with."""
    instruction: str
    budget: int
    """Steps that an agent has."""

    @property
    def id(self) -> str:
        """Template and seed."""
        return f"{self.template}/{self.seed}"

    @functools.cached_property
    def hash(self) -> str:
        """SHA-256 of all of it."""
        fields = [self.template, self.slots, self.seed, self.instruction, self.budget]
        return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


class Template:
    """One kind of task. Subclasses have no state; ``name`` is the class's name."""

    apps: ClassVar[tuple[str, ...]] = ()
    """Packages that it needs."""
    complexity: ClassVar[float] = 1.0
    """AndroidWorld's, which sets the budget."""
    true_from_start: ClassVar[bool] = False
    """Nothing has to be done; the proof is that doing the opposite (``undo``) fails."""

    @property
    def name(self) -> str:
        """AndroidWorld's name."""
        return type(self).__name__

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        """Draw the slots: plain data for JSON."""
        return {}

    def instruction(self, slots: Slots) -> str:
        """What the agent is told."""
        raise NotImplementedError

    def setup(self, device, slots: Slots, random: np.random.Generator) -> None:
        """Bring the phone into the state in which the task begins, on the home screen."""

    def facts(self, device, slots: Slots) -> dict[str, Any]:
        """What ``check`` must remember of the start: plain data."""
        return {}

    def check(self, start: Mapping[str, Any], device, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        """The condition's clauses now.

        Args:
            start: what ``facts`` returned at the start.
            device: the phone; it is only looked at.
            answers: what the agent has answered so far.
            slots: the task's.
        """
        raise NotImplementedError

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        """Beginnings of the names in ``device.contents()`` that the task may change; other changes are side effects."""
        return ()

    def oracle(self, screen: "Screen", slots: Slots) -> Oracle:
        """Actions that do the task, each in answer to a screen; nothing else of the phone is seen."""
        raise NotImplementedError

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Slots that differ from these in one respect: their oracle must not do this task."""
        return []

    def undo(self, screen: "Screen", slots: Slots) -> Oracle:
        """For a task that is true from the start: actions after which it is not."""
        raise NotImplementedError


@dataclass(frozen=True)
class Screen:
    """What an oracle sees: the elements of an observation."""

    elements: Sequence[Element]
    size: tuple[int, int]
    answers: Sequence[str] = field(default=())

    def all(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> list[Element]:
        """Elements whose fields are as given, such as ``text="Save"``; ``None`` in a field matches anything.

        A string that ends in ``*`` matches a beginning.
        """
        return [
            e for e in self.elements if (where is None or where(e)) and all(_like(e[k], v) for k, v in exact.items())
        ]

    def has(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> bool:
        """Whether there is such an element."""
        return bool(self.all(where, **exact))

    def one(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> Element:
        """The first such element.

        Raises:
            LookupError: there is none; the message lists what there is.
        """
        found = self.all(where, **exact)
        if not found:
            shown = [e["text"] or e["desc"] or e["id"] for e in self.elements]
            raise LookupError(f"no element with {exact or where} among {shown}")
        return found[0]

    def tap(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> Action:
        """A tap on it."""
        return Action("tap", centre(self.one(where, **exact)))

    def long_press(self, where: Callable[[Element], bool] | None = None, **exact: Any) -> Action:
        """A long press on it."""
        return Action("long_press", centre(self.one(where, **exact)))

    def scroll(self, direction: str = "down") -> Action:
        """A swipe on the largest list of the screen."""
        lists = self.all(scrollable=True)
        box = max((e["bounds"] for e in lists), key=_area, default=(0, 0, *self.size))
        return scroll(box, direction)


def _like(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and wanted.endswith("*"):
        return isinstance(value, str) and value.lower().startswith(wanted[:-1].lower())
    return wanted is None or value == wanted


def _area(bounds: Sequence[int]) -> int:
    left, top, right, bottom = bounds
    return (right - left) * (bottom - top)


def open_app(name: str) -> Action:
    """Open an app by its label."""
    return Action("open_app", text=name)


def type_text(text: str, field_: Element | None = None, *, clear: bool = False) -> Action:
    """Type into a field, or into the one that has the focus."""
    return Action("type", None if field_ is None else centre(field_), text=text, clear=clear)


def back() -> Action:
    """The back key."""
    return Action("key", text="BACK")


def done() -> Action:
    """Say that the task is complete."""
    return Action("status", text="complete")


def private_data(package: str) -> tuple[str, ...]:
    """Beginnings of the names in ``device.contents()`` of what an app keeps to itself."""
    return (f"prefs/{package}/", f"database/{package}/", f"files/data/data/{package}/")


def scroll_to(screen: Screen, tries: int = 12, **exact: Any) -> Generator[Action, Screen, Screen]:
    """Scroll down, then up, until an element is there; returns the screen that shows it (``yield from``)."""
    for direction in ("down", "up"):
        for _ in range(tries):
            if screen.has(**exact):
                return screen
            before = [e["text"] for e in screen.elements]
            screen = yield screen.scroll(direction)
            if [e["text"] for e in screen.elements] == before:
                break
    screen.one(**exact)
    return screen


@functools.cache
def templates() -> dict[str, Template]:
    """Every template by its name, in the order of their files."""
    import palaestra.envs.android.tasks as folder

    found: dict[str, Template] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        for value in vars(importlib.import_module(f"{folder.__name__}.{module}")).values():
            is_template = isinstance(value, type) and issubclass(value, Template) and value is not Template
            if is_template and value.__module__.endswith(f".{module}") and not value.__name__.startswith("_"):
                found[value.__name__] = value()
    return found


def template(name: str) -> Template:
    """The template of that name.

    Raises:
        InputError: there is none.
    """
    if name not in templates():
        raise InputError(f"task {name!r}: no such template; `palaestra envs tasks` lists them")
    return templates()[name]


def make_task(name: str, seed: int) -> Task:
    """Fill a template's slots by a seed."""
    kind = template(name)
    slots = kind.slots(np.random.default_rng(child_seed(seed, name, "slots")))
    return task_of(kind, slots, seed)


def task_of(kind: Template, slots: Slots, seed: int) -> Task:
    """The task of a template and its slots."""
    return Task(kind.name, slots, seed, kind.instruction(slots), int(STEPS_PER_COMPLEXITY * kind.complexity))


def begin(task: Task, device) -> dict[str, Any]:
    """Set the phone up for a task; returns the facts that ``judge`` needs."""
    kind = template(task.template)
    kind.setup(device, task.slots, np.random.default_rng(child_seed(task.seed, task.template, "content")))
    device.home()
    device.settle()
    return kind.facts(device, task.slots)


def judge(task: Task, start: Mapping[str, Any], device, answers: Sequence[str]) -> Verdict:
    """Evaluate the phone as it is now; an evaluator that fails leaves the task unscored."""
    try:
        return Verdict(template(task.template).check(start, device, answers, task.slots))
    except Exception as error:  # an unscored episode stays visible in the records; it is never a failure of the agent
        return Verdict({}, error=f"{type(error).__name__}: {error}")


def side_effects(task: Task, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of contents that changed, came or went outside the task's footprint."""
    footprint = template(task.template).footprint(task.slots)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return sorted(name for name in changed if not name.startswith(footprint))


def oracle_words(
    task: Task,
    codec: Codec,
    actions: Callable[[Template], Callable[[Screen, Slots], Oracle]] = lambda kind: kind.oracle,
) -> Generator[str, Mapping[str, Any], None]:
    """The oracle's words, each in answer to an observation of ``palaestra/AndroidTasks-v0`` (with ``elements``).

    Prime it with ``next`` and then ``send`` observations; it ends after it has said that the task is complete.
    """
    screen = _screen((yield ""))
    acting = actions(template(task.template))(screen, task.slots)
    action = next(acting)
    while True:
        screen = yield from _said(action, codec, screen)
        try:
            action = acting.send(screen)
        except StopIteration:
            break
    yield codec.write(done(), screen.elements, screen.size)


def _said(action: Action, codec: Codec, screen: "Screen") -> Generator[str, Mapping[str, Any], "Screen"]:
    """An action in a codec's words; one that it has no words for is done by hand, where hands can."""
    try:
        return _screen((yield codec.write(action, screen.elements, screen.size)))
    except ValueError:
        if action.kind not in ("open_app", "type") or action.clear:
            raise
    if action.kind == "open_app":
        return (yield from _opened_by_hand(action.text, codec, screen))
    for part in (Action("tap", action.point), Action("type", text=action.text)):
        if part.kind == "type" or part.point is not None:
            screen = _screen((yield codec.write(part, screen.elements, screen.size)))
    return screen


def _opened_by_hand(label: str, codec: Codec, screen: "Screen") -> Generator[str, Mapping[str, Any], "Screen"]:
    """Home, all apps if need be, the icon."""

    def say(action: Action) -> str:
        return codec.write(action, screen.elements, screen.size)

    screen = _screen((yield say(Action("key", text="HOME"))))
    if not screen.has(desc=label):
        width, height = screen.size
        screen = _screen((yield say(Action("swipe", (width / 2, 0.7 * height), (width / 2, 0.25 * height)))))
    for _ in range(3):
        if not screen.has(desc=label):
            screen = _screen((yield say(screen.scroll("down"))))
    return _screen((yield say(screen.tap(desc=label))))


def _screen(observation: Mapping[str, Any]) -> Screen:
    seen = json.loads(observation["elements"])
    return Screen(seen["elements"], tuple(seen["size"]))
