"""A separate state of the global random generators, which stable-baselines3 draws from, for every seed."""

import contextlib
import random
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch


class RandomState:
    """One seed's state of the global random generators, swapped in only while that seed trains or acts."""

    def __init__(self) -> None:
        self._take()

    def _take(self) -> None:
        self.python = random.getstate()  # stable-baselines3 seeds it and doesn't use it
        self.numpy: Any
        self.numpy, self.torch = np.random.get_state(), torch.get_rng_state()  # noqa: NPY002 (the generator it uses)
        self.cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None

    def _put(self) -> None:
        random.setstate(self.python)
        np.random.set_state(self.numpy)  # noqa: NPY002
        torch.set_rng_state(self.torch)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Set the global generators to this state, save it back on exit, and restore the previous state."""
        outside = RandomState()
        self._put()
        try:
            yield
        finally:
            self._take()
            outside._put()

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain data."""
        _, key, position, has_gauss, cached = self.numpy
        state: dict[str, Any] = {"random.numpy": torch.from_numpy(key.astype(np.int64)), "random.torch": self.torch}
        state |= {"random.position": position, "random.gauss": [has_gauss, cached]}
        return state | ({} if self.cuda is None else {"random.cuda": self.cuda})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load the result of ``state_dict``."""
        key = state["random.numpy"].numpy().astype(np.uint32)
        self.numpy = ("MT19937", key, state["random.position"], *state["random.gauss"])
        self.torch, self.cuda = state["random.torch"], state.get("random.cuda", self.cuda)
