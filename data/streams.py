"""Random streams, one per (seed, purpose), whose state is a position."""

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import Tensor


def child_seed(*parts: int | str) -> int:
    """A 63-bit seed derived from ``parts``, the same on every machine: ``child_seed(seed, "minibatches", block)``."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1


class Stream:
    """Counter-based draws for a list of seeds, one row per seed.

    Numbers are generated in blocks of ``block`` draws from (seed, purpose, block number), so the state is one integer,
    a seed's numbers don't depend on the other seeds, and one call of a generator serves many updates. CPU and
    CUDA give different numbers for the same seed.

    Args:
        seeds: one integer per row of the result.
        purpose: name of the use; streams with different purposes are independent.
        shape: shape of one draw of one seed.
        high: draw integers in [0, high) as int64; without it, standard normal floats.
        chance: draw bools that are True with this probability, above 0 and at most 1, to within 2^-17.
        dtype: of the normal floats, float32 by default.
        device: of the generator and the draws.
        block: draws generated at a time.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        purpose: str,
        shape: tuple[int, ...],
        *,
        high: int | None = None,
        chance: float | None = None,
        dtype: "torch.dtype | None" = None,
        device: "torch.device | str" = "cpu",
        block: int = 64,
    ):
        import torch

        self.seeds, self.purpose, self.shape, self.high = tuple(seeds), purpose, tuple(shape), high
        self.dtype, self.device, self.block = dtype or torch.float32, torch.device(device), block
        self.chance = chance
        self.position = 0
        self._made: tuple[int, Tensor] | None = None

    def _make(self, number: int) -> "Tensor":
        import torch

        draws = []
        for seed in self.seeds:
            generator = torch.Generator(self.device).manual_seed(child_seed(seed, self.purpose, number))
            size = (self.block, *self.shape)
            if self.chance is not None:
                draws.append(_bools(self.chance, size, generator))
            elif self.high is None:
                draws.append(torch.randn(size, dtype=self.dtype, generator=generator, device=self.device))
            else:
                draws.append(torch.randint(self.high, size, generator=generator, device=self.device))
        return torch.stack(draws, dim=1)

    def draw(self) -> "Tensor":
        """The next draw, shape (seeds, *shape); a view that stays valid and must not be written to."""
        number, offset = divmod(self.position, self.block)
        if self._made is None or self._made[0] != number:
            self._made = (number, self._make(number))
        self.position += 1
        return self._made[1][offset]


def _bools(chance: float, size: tuple[int, ...], generator: "torch.Generator") -> "Tensor":
    """Bools from 16 random bits each: four for the cost of one integer."""
    import torch

    count = math.prod(size)
    # The highest integer is never drawn: torch cannot take 2^63 as a bound.
    bits = torch.randint(-(2**63), 2**63 - 1, (-(-count // 4),), generator=generator, device=generator.device)
    return (bits.view(torch.int16)[:count] <= round(chance * 2**16) - 2**15 - 1).view(size)
