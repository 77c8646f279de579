"""Task templates of the tool worlds, found by scanning the world's own module or package."""

import difflib
import functools
import importlib
import json
import pkgutil
from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar, TypeVar

from palaestra.data.errors import InputError
from palaestra.data.own_code import is_own, load_own
from palaestra.envs import task as tasks
from palaestra.envs.task import Slots, Task
from palaestra.envs.tools.calls import ToolCall, Turn
from palaestra.envs.tools.codecs import Codec

Said = ToolCall | Sequence[ToolCall] | str
"""What an oracle does in a turn: a call, several, or a text."""
Oracle = Generator[Said, list[dict[str, Any]], None]
"""A coroutine that receives the new messages and yields turns; the last one is usually the answer."""

World = TypeVar("World")

SPARE_TURNS = 6
"""Turns of the budget beyond twice the minimal number of calls."""


class Template(tasks.Template[World]):
    """One kind of task in a tool world, at one level of difficulty.

    The name is the class's name; where there are several levels, ``Name@level``. ``footprint`` has prefixes of
    ``table/key/column``; any other change fails the task.

    Args:
        level: one of ``levels``.
    """

    levels: ClassVar[tuple[int, ...]] = (0,)
    """Its levels of difficulty, easiest first."""

    tier: ClassVar[str] = "T0"
    """The weakest sandbox in which its tools may run."""

    def __init__(self, level: int = 0):
        self.level = level

    @property
    def name(self) -> str:
        """See the class."""
        return f"{super().name}@{self.level}" if len(self.levels) > 1 else super().name

    @property
    def budget(self) -> int:
        """Maximum number of turns."""
        return 2 * self.most_calls + SPARE_TURNS

    most_calls: ClassVar[int] = 4
    """The largest ``minimum`` of its tasks, from which the budget of turns follows."""

    def allowed(self, slots: Slots, start: Mapping[str, Any]) -> Sequence[str]:
        """Prefixes of what may change; ``footprint``, unless they follow from the facts about the start."""
        return self.footprint(slots)

    def minimum(self, slots: Slots) -> int:
        """The minimal number of calls that solve the task; the oracle needs no more."""
        raise InputError(f"task {self.name}: its template has no method minimum")

    def oracle(self, slots: Slots) -> Oracle:
        """A coroutine that solves the task; it sees what the agent sees."""
        raise NotImplementedError

    def careful(self, slots: Slots) -> Oracle:
        """The oracle of an agent that also calls tools where it needs none; by default the oracle."""
        return self.oracle(slots)

    def undo(self, slots: Slots) -> Oracle:
        """For a task that is solved from the start: turns after which it is not."""
        raise NotImplementedError


def results(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The calls' results in an oracle's new messages, as data.

    Raises:
        LookupError: a call failed, or returned something else than JSON.
    """
    texts = [each["content"] for each in messages if each["role"] == "tool" and not each.get("is_error")]
    if len(texts) < len(messages):
        raise LookupError(f"a call failed: {messages[0]['content']}")
    try:
        return [json.loads(text) for text in texts]
    except ValueError as error:
        raise LookupError(f"a result is no JSON: {error}") from None


def result(messages: Sequence[Mapping[str, Any]]) -> Any:
    """The only call's result, see ``results``."""
    (value,) = results(messages)
    return value


def call(name: str, /, **arguments: Any) -> ToolCall:
    """A call that the world numbers."""
    return ToolCall("", name, arguments)


def turn_of(said: Said) -> Turn:
    """What an oracle said, as a turn."""
    if isinstance(said, str):
        return Turn(said)
    return Turn("", (said,) if isinstance(said, ToolCall) else tuple(said))


def spoken(oracle: Oracle, codec: Codec) -> Generator[str, Mapping[str, Any], None]:
    """An oracle as a coroutine of texts; prime it with ``next``, then send observations, the first one's included.

    Once a call has failed, an oracle that fails or ends gives up, as often as somebody replies: something went wrong on
    purpose.
    """
    yield ""
    a_call_failed = False
    try:
        said = next(oracle)
        while True:
            observation = yield codec.encode(turn_of(said))
            messages = json.loads(observation["messages"])
            a_call_failed = a_call_failed or any(each.get("is_error") for each in messages)
            said = oracle.send(messages)
    except StopIteration:
        if not a_call_failed:
            return
    except LookupError:
        pass
    while True:
        yield codec.encode(Turn("I can't do that."))


@functools.cache
def templates(folder: str) -> dict[str, Template[Any]]:
    """Every template of a module or package by its name, in the order of their files and levels."""
    module = importlib.import_module(folder)
    names = sorted(each.name for each in pkgutil.iter_modules(getattr(module, "__path__", ())))
    known: dict[str, Template[Any]] = {}
    for each in [module, *(importlib.import_module(f"{folder}.{name}") for name in names)]:
        for value in vars(each).values():
            is_template = isinstance(value, type) and issubclass(value, Template) and value.__module__ == each.__name__
            if is_template and not value.__name__.startswith("_"):
                known |= {template.name: template for template in map(value, value.levels)}
    return known


def named(folder: str, name: object) -> list[str]:
    """The templates that a name stands for: ``Name@level``, all levels of ``Name``, or a ``module:Name`` of your own.

    Raises:
        InputError: there is none.
    """
    if isinstance(name, str) and is_own(name.partition("@")[0]):
        kind, level = _own_kind(name.partition("@")[0]), name.partition("@")[2]
        own = [kind(each).name for each in kind.levels if level in ("", str(each))]
        if own:
            return own
        raise InputError(f"task {name}: there are the levels {', '.join(map(str, kind.levels))}")
    matching = [each for each in templates(folder) if name in _names_of(each)]
    if not matching:
        short = {part for each in templates(folder) for part in _names_of(each)}
        similar = difflib.get_close_matches(str(name), sorted(short), n=1)
        hint = f" (did you mean {similar[0]}?)" if similar else ""
        raise InputError(f"task {name!r}: no such template{hint}; `palaestra envs tasks ID` lists the world's")
    return matching


def all_named(folder: str, names: Sequence[str] | None) -> tuple[str, ...]:
    """The templates that several names stand for; None: all of the world's.

    Raises:
        InputError: it is no list of names, or there is no such template.
    """
    if names is None:
        return tuple(templates(folder))
    if isinstance(names, str) or not isinstance(names, Sequence) or not names:
        raise InputError(f"tasks {names!r}: must be a list of names; `palaestra envs tasks ID` prints them")
    return tuple(name for each in names for name in named(folder, each))


def _names_of(full: str) -> tuple[str, ...]:
    """The names that stand for a template: with and without its level, and without the module of a user's own."""
    short = full.rpartition(":")[2]
    return full, full.partition("@")[0], short, short.partition("@")[0]


def template(folder: str, name: str) -> Template[Any]:
    """The template of a full name, see ``named``."""
    if name in templates(folder):
        return templates(folder)[name]
    kind = _own_kind(name.partition("@")[0])
    return kind(int(name.partition("@")[2] or kind.levels[0]))


@functools.cache
def _own_kind(name: str) -> type[Template[Any]]:
    kind = load_own(name)
    if not (isinstance(kind, type) and issubclass(kind, Template) and kind is not Template):
        raise InputError(f"task {name}: is no subclass of {Template.__module__}.Template")
    return kind


@functools.lru_cache(maxsize=1024)
def make_task(folder: str, name: str, seed: int) -> Task:
    """Fill a template's slots by a seed."""
    return tasks.draw_task(template(folder, name), seed)


def foreign_changes(footprint: Sequence[str], changes: Mapping[str, Any]) -> list[str]:
    """The changes (``table/key/column``) outside of a footprint."""
    return sorted(name for name in changes if not name.startswith(tuple(footprint)))


def check_tier(some: Sequence[Template[Any]], tier: str) -> None:
    """Check that the world's sandbox is strong enough for some tasks.

    Raises:
        InputError: it is weaker.
    """
    for template in (each for each in some if each.tier > tier):
        raise InputError(f"task {template.name}: wants sandbox tier {template.tier}, and the world's is {tier}")
