"""Texts in memory that processes share, for Gymnasium's ``AsyncVectorEnv``."""

from collections.abc import Sequence
from multiprocessing.heap import BufferWrapper
from typing import Any, overload

HEADER = 8
"""Bytes before each text: its length in bytes."""
WIDEST = 4
"""Maximum number of UTF-8's bytes for a character."""


class SharedTexts(Sequence[str]):
    """One text per environment, as it is at the time of reading; a deep copy is a tuple of them.

    The operating system provides the memory that is written to, so an unused maximum length costs nothing.

    Args:
        count: number of texts.
        max_length: of each, in characters.
    """

    def __init__(self, count: int, max_length: int):
        self._count, self._max_length = count, max_length
        self._stride = HEADER + WIDEST * max_length
        self._memory = BufferWrapper(max(1, count * self._stride))
        for index in range(count):
            self.write(index, "")

    def write(self, index: int, text: str) -> None:
        """Replace a text.

        Raises:
            ValueError: it is too long.
        """
        if len(text) > self._max_length:
            raise ValueError(f"a text of {len(text)} characters; the space allows {self._max_length}")
        encoded = text.encode("utf-8", "surrogatepass")
        start, memory = index * self._stride, self._memory.create_memoryview()
        memory[start : start + HEADER] = len(encoded).to_bytes(HEADER, "little")
        memory[start + HEADER : start + HEADER + len(encoded)] = encoded

    def _read(self, index: int) -> str:
        start, memory = index * self._stride, self._memory.create_memoryview()
        length = int.from_bytes(memory[start : start + HEADER], "little")
        return bytes(memory[start + HEADER : start + HEADER + length]).decode("utf-8", "surrogatepass")

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> str: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...

    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        rows = range(self._count)[index]
        return self._read(rows) if isinstance(rows, int) else tuple(self._read(row) for row in rows)

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        return repr(tuple(self))
