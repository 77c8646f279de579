"""What an episode of a tool world may cost, what it has cost, and why it stopped.

A call is every one that the agent issues: also one of an unknown tool, with wrong arguments or in broken JSON, and one
that the tool answers with an error. A turn that can't be read at all counts as one call.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from palaestra.data.errors import InputError

BYTES_PER_TOKEN = 4


class Stop(StrEnum):
    """Why an episode ended."""

    COMPLETED = "completed"
    """The agent gave its answer, or the conversation came to its end."""
    MAX_TURNS = "max_turns"
    MAX_CALLS = "max_calls"
    MAX_CHARACTERS = "max_characters"
    MAX_SECONDS = "max_seconds"
    MAX_MONEY = "max_money"


@dataclass
class Cost:
    """What an episode has cost so far.

    Attributes:
        turns: of the agent.
        calls: see above.
        characters: of all results.
        seconds: of the virtual clock.
        money: the sum of the tools' prices.
        tokens: of answers, well-formed calls, results and replies, estimated as ``BYTES_PER_TOKEN`` bytes of UTF-8
            each; a language agent knows its own number.
    """

    turns: int = 0
    calls: int = 0
    characters: int = 0
    seconds: float = 0.0
    money: float = 0.0
    tokens: int = 0

    def add_text(self, text: str) -> None:
        """Count a text's tokens."""
        self.tokens += -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)

    def plain(self) -> dict[str, Any]:
        """As plain data."""
        return dict(vars(self))


@dataclass(frozen=True)
class Limits:
    """What an episode may cost; None: any amount. A call beyond a limit is not executed, and truncates the episode.

    Attributes:
        calls: number of calls.
        characters: of all results.
        seconds: of the virtual clock.
        money: the sum of the tools' prices.
    """

    calls: int | None = None
    characters: int | None = None
    seconds: float | None = None
    money: float | None = None

    def spent(self, cost: Cost) -> Stop | None:
        """The reason why no further call may be executed, if there is one."""
        if self.calls is not None and cost.calls >= self.calls:
            return Stop.MAX_CALLS
        if self.characters is not None and cost.characters >= self.characters:
            return Stop.MAX_CHARACTERS
        if self.seconds is not None and cost.seconds >= self.seconds:
            return Stop.MAX_SECONDS
        if self.money is not None and cost.money >= self.money:
            return Stop.MAX_MONEY
        return None


def limits_of(given: Mapping[str, Any] | None) -> Limits:
    """Limits from an environment's argument.

    Raises:
        InputError: a name or value that is no limit.
    """
    names = [field.name for field in fields(Limits)]
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"limits {given!r}: must be a dictionary of {', '.join(names)}")
    for name, value in (given or {}).items():
        if name not in names:
            raise InputError(f"limits {name!r}: must be among {', '.join(names)}; turns are max_episode_steps")
        whole = name in ("calls", "characters")
        right = isinstance(value, int) or (isinstance(value, float) and not whole)
        if isinstance(value, bool) or not right or not 0 < value < float("inf"):
            raise InputError(f"limits {name} {value!r}: must be {'an integer' if whole else 'a number'} above 0")
    return Limits(**(given or {}))


def prices_of(given: Mapping[str, Any] | None, own: Mapping[str, float]) -> dict[str, float]:
    """Prices by tool from an environment's argument, and the tools' own for the others.

    Raises:
        InputError: there is no such tool, or its price is none.
    """
    if given is not None and not isinstance(given, Mapping):
        raise InputError(f"prices {given!r}: must be a dictionary of money by tool")
    for name, price in (given or {}).items():
        if name not in own:
            raise InputError(f"prices: there is no tool {name!r}; there are {', '.join(own)}")
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 <= price < float("inf"):
            raise InputError(f"prices {name} {price!r}: must be a number of at least 0")
    return dict(own) | dict(given or {})
