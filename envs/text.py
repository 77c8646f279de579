"""Texts as observations and actions."""

from typing import Any

from gymnasium import spaces

TEXT_LENGTH = 1 << 20
"""Most characters of a text, unless said otherwise."""


class AnyText(spaces.Text):
    """Strings of any characters up to a length; Gymnasium's own wants the alphabet listed."""

    def __init__(self, max_length: int = TEXT_LENGTH, seed: int | None = None):
        super().__init__(max_length, min_length=0, seed=seed)

    def contains(self, x: Any) -> bool:
        """Whether it is a string that is short enough."""
        return isinstance(x, str) and len(x) <= self.max_length

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """A short string."""
        return "".join(chr(32 + int(c)) for c in self.np_random.integers(0, 95, self.np_random.integers(0, 40)))

    def __repr__(self) -> str:
        return f"AnyText({self.max_length})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AnyText) and other.max_length == self.max_length


def readable(text: str) -> str:
    """A text that can be written as UTF-8: half characters become question marks."""
    return text.encode("utf-8", "replace").decode()
