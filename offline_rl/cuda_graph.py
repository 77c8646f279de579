"""Updates replayed from CUDA graphs: the host launches one graph instead of about two hundred kernels."""

from typing import Any

import torch
from torch import Tensor

from palaestra.data.errors import InputError
from palaestra.offline_rl.learner import Learner


def check(learner: Learner) -> None:
    """Check that a learner's updates can be captured.

    Raises:
        InputError: the learner isn't on a CUDA device, or cannot be captured.
    """
    if not all(component.capturable for component in learner.components):
        raise InputError(f"{type(learner).__name__} cannot be captured in a CUDA graph; use --mode eager")
    if learner.device.type != "cuda":
        raise InputError(f"graph mode needs a CUDA device, the learner is on {learner.device}; use --mode eager")


class GraphedUpdate:
    """``learner.update(learner.sample())``, captured with and without the update of the policy.

    Random numbers are drawn outside and copied into the graphs' inputs, so graphed and eager runs draw the same ones.

    Args:
        learner: on a CUDA device; capturing does not change its state.

    Raises:
        InputError: see ``check``.
    """

    WARM_UPS = 3  # calls before capture, as PyTorch requires: the first ones allocate memory and library handles

    def __init__(self, learner: Learner):
        check(learner)
        self.learner = learner
        positions = {purpose: stream.position for purpose, stream in learner.streams.items()}
        self.indices = learner.minibatches.draw().clone()
        self.noise = {name: value.clone() for name, value in learner.draw_noise().items()}
        for purpose, stream in learner.streams.items():
            stream.position = positions[purpose]
        saved = {key: torch.as_tensor(value).clone() for key, value in learner.state_dict().items()}
        self.graphs: dict[bool, torch.cuda.CUDAGraph] = {}
        self.metrics: dict[bool, dict[str, Tensor]] = {}
        variants = [True] if learner.period == 1 else [False, True]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for update_policy in variants * self.WARM_UPS:
                self._step(update_policy)
        torch.cuda.current_stream().wait_stream(side)
        for update_policy in variants:
            self.graphs[update_policy] = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graphs[update_policy]):
                self.metrics[update_policy] = self._step(update_policy)
        learner.load_state_dict(saved)

    def _step(self, update_policy: bool) -> dict[str, Tensor]:
        return self.learner.step(self.learner.transitions.batch(self.indices), self.noise, update_policy)

    def __call__(self) -> dict[str, Any]:
        """Make one update; the next one overwrites the metrics."""
        learner = self.learner
        self.indices.copy_(learner.minibatches.draw())
        for name, value in learner.draw_noise().items():
            self.noise[name].copy_(value)
        learner.updates += 1
        learner.schedule()
        self.graphs[learner.update_policy].replay()
        return self.metrics[learner.update_policy]
