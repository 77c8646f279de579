"""Tasks in environments with text actions.

A ``Template`` is behaviour without state; a ``Task`` is a template with its slots filled, frozen data.
"""

import difflib
import functools
import hashlib
import importlib
import json
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, Literal, TypeVar

import numpy as np

from palaestra.data.errors import InputError
from palaestra.data.own_code import load_own, own_name
from palaestra.data.streams import child_seed

Reading = Literal["screen", "ever", "final"]
"""When a task counts as done: in every step after which its condition holds, once it has held, or if it holds when the
agent reports completion."""

Slots = dict[str, Any]
"""The parameters of a template by name: plain data for JSON."""

World = TypeVar("World")
"""The object that a template sets up and checks."""


@dataclass(frozen=True)
class Verdict:
    """The evaluator's result for the current state of the world."""

    clauses: Mapping[str, bool]
    """The condition's parts by name; the task is done when all are true."""
    error: str = ""
    """Why the evaluation failed; success is then None, not 0."""

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
    """The seed that the slots and the world's content were drawn with."""
    instruction: str
    budget: int
    """Maximum number of steps."""

    @property
    def id(self) -> str:
        """Template and seed."""
        return f"{self.template}/{self.seed}"

    @functools.cached_property
    def hash(self) -> str:
        """SHA-256 of all fields."""
        return hashlib.sha256(json.dumps(list(self.fields.values()), sort_keys=True).encode()).hexdigest()

    @property
    def fields(self) -> dict[str, Any]:
        """The fields by name: plain data for JSON, of which ``task_from`` makes the task again."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class Template(Generic[World]):
    """One kind of task. Subclasses have no state; ``name`` is the class's name, with its module if that isn't ours."""

    true_from_start: ClassVar[bool] = False
    """The condition already holds at the start; tested by doing the opposite, which must fail."""

    @property
    def name(self) -> str:
        """The template's name, by which it is found: ``Name``, or ``module:Name`` of the user's own."""
        kind = type(self)
        return kind.__name__ if kind.__module__.startswith("palaestra.") else own_name(kind)

    @property
    def budget(self) -> int:
        """Maximum number of steps."""
        raise NotImplementedError

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        """Draw the slots: plain data for JSON."""
        return {}

    def instruction(self, slots: Slots) -> str:
        """The instruction for the agent."""
        raise NotImplementedError

    def setup(self, world: World, /, slots: Slots, random: np.random.Generator) -> None:
        """Set the world's state at the start of the task."""

    def facts(self, world: World, /, slots: Slots) -> dict[str, Any]:
        """Facts about the start for ``check``, as plain data."""
        return {}

    def check(self, start: Mapping[str, Any], world: World, /, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        """Evaluate the condition's clauses.

        Args:
            start: the result of ``facts`` at the start.
            world: not modified.
            answers: the agent's answers so far.
            slots: the task's.
        """
        raise NotImplementedError

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        """Prefixes of the names of contents that the task may change; other changes are side effects."""
        return ()

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """Slots that differ in one respect; an oracle that follows them must fail this task."""
        return []


Kind = TypeVar("Kind", bound=Template[Any])
"""The base class of a kind of world's templates."""


def kinds_in(folder: str, base: type[Kind]) -> list[type[Kind]]:
    """The subclasses of ``base`` that a module or a package's modules define, in the order of files and lines.

    Args:
        folder: its import name.
        base: not itself among them; neither are classes whose names begin with an underscore.
    """
    whole = importlib.import_module(folder)
    names = sorted(info.name for info in pkgutil.iter_modules(getattr(whole, "__path__", ())))
    kinds: list[type[Kind]] = []
    for module in (whole, *(importlib.import_module(f"{folder}.{name}") for name in names)):
        classes = [value for value in vars(module).values() if isinstance(value, type) and issubclass(value, base)]
        own = [kind for kind in classes if kind is not base and kind.__module__ == module.__name__]
        kinds += [kind for kind in own if not kind.__name__.startswith("_")]
    return kinds


@functools.cache
def own_kind(name: str, base: type[Kind]) -> type[Kind]:
    """The user's own class of templates.

    Args:
        name: ``module:Name``.
        base: what it must be a subclass of.

    Raises:
        InputError: there is no such class, or it is of another kind.
    """
    kind = load_own(name)
    if not (isinstance(kind, type) and issubclass(kind, base) and kind is not base):
        raise InputError(f"task {name}: is no subclass of {base.__module__}.{base.__qualname__}")
    return kind


def no_such_template(name: object, known: Iterable[str], advice: str) -> InputError:
    """The error for an unknown name.

    Args:
        name: the unknown one.
        known: names of which the most similar one is suggested.
        advice: where names are found.
    """
    similar = difflib.get_close_matches(str(name), list(known), n=1)
    hint = f" (did you mean {similar[0]}?)" if similar else ""
    return InputError(f"task {name!r}: no such template{hint}; {advice}")


def draw_task(template: Template[Any], seed: int) -> Task:
    """Fill a template's slots by a seed."""
    slots = template.slots(np.random.default_rng(child_seed(seed, template.name, "slots")))
    return task_of(template, slots, seed)


def seed_of(options: Mapping[str, Any], drawn: int) -> int:
    """The seed of a reset's task: its option ``task_seed``, or the drawn one.

    Raises:
        InputError: the option is no integer.
    """
    seed = options.get("task_seed", drawn)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer):
        raise InputError(f"task_seed {seed!r}: must be an integer")
    return int(seed)


def task_from(value: Mapping[str, Any]) -> Task:
    """The task with these ``fields``.

    Raises:
        InputError: fields are missing, unknown, or of another type.
    """
    kinds = {"template": str, "slots": dict, "seed": int, "instruction": str, "budget": int}
    if value.keys() != kinds.keys():
        raise InputError(f"task {dict(value)!r}: must have exactly the fields {', '.join(kinds)}")
    for name, kind in kinds.items():
        if not isinstance(value[name], kind) or isinstance(value[name], bool):
            raise InputError(f"task {value['template']!r}: {name} is {value[name]!r}, expected {kind.__name__}")
    return Task(**value)


def task_of(template: Template[Any], slots: Slots, seed: int) -> Task:
    """The task of a template and its slots."""
    return Task(template.name, slots, seed, template.instruction(slots), template.budget)


def set_up(template: Template[World], task: Task, world: World) -> None:
    """Set a world's state at the start of a task."""
    template.setup(world, task.slots, np.random.default_rng(child_seed(task.seed, task.template, "content")))


def judge(
    template: Template[World], task: Task, start: Mapping[str, Any], world: World, answers: Sequence[str]
) -> Verdict:
    """Evaluate the world as it is now; an evaluator that fails leaves the task unscored."""
    try:
        return Verdict(dict(template.check(start, world, answers, task.slots)))
    except Exception as error:  # recorded as unscored, because an error of the evaluator is not a failure of the agent
        return Verdict({}, error=f"{type(error).__name__}: {error}")


def side_effects(template: Template[Any], task: Task, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of contents outside the task's footprint that were changed, added or removed."""
    footprint = template.footprint(task.slots)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return sorted(name for name in changed if not name.startswith(footprint))
