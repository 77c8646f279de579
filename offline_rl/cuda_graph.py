"""Updates replayed from CUDA graphs: the host launches one graph instead of some two hundred kernels."""

from typing import Any

import torch
from torch import Tensor

from palaestra.data.errors import InputError
from palaestra.offline_rl.learner import Learner


def check(learner: Learner) -> None:
    """Refuse a learner whose updates can't be replayed.

    Raises:
        InputError: it isn't on a CUDA device, or cannot be captured.
    """
    if not all(component.capturable for component in learner.components):
        raise InputError(f"{type(learner).__name__} cannot be captured in a CUDA graph; use --mode eager")
    if learner.device.type != "cuda":
        raise InputError(f"graph mode needs a CUDA device, the learner is on {learner.device}; use --mode eager")


class GraphedUpdate:
    """``learner.update(learner.sample())``, captured once for the policy's turn and once for the updates between.

    Random numbers are drawn outside and copied into the graphs' inputs, so a graphed run draws what an eager one does.

    Args:
        learner: on a CUDA device; its state is as before when the graphs are ready.

    Raises:
        InputError: see ``check``.
    """

    WARM_UPS = 3  # before capture, as PyTorch asks: allocations and library handles are made in the first calls

    def __init__(self, learner: Learner):
        check(learner)
        self.learner = learner
        positions = {purpose: stream.position for purpose, stream in learner.streams.items()}
        self.which = learner.minibatches.draw().clone()
        self.noise = {name: value.clone() for name, value in learner.draw_noise().items()}
        for purpose, stream in learner.streams.items():
            stream.position = positions[purpose]
        saved = {key: torch.as_tensor(value).clone() for key, value in learner.state_dict().items()}
        self.graphs: dict[bool, torch.cuda.CUDAGraph] = {}
        self.metrics: dict[bool, dict[str, Tensor]] = {}
        turns = [True] if learner.period == 1 else [False, True]
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for turn in turns * self.WARM_UPS:
                self._step(turn)
        torch.cuda.current_stream().wait_stream(side)
        for turn in turns:
            self.graphs[turn] = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graphs[turn]):
                self.metrics[turn] = self._step(turn)
        learner.load_state_dict(saved)

    def _step(self, turn: bool) -> dict[str, Tensor]:
        return self.learner.step(self.learner.transitions.batch(self.which), self.noise, turn)

    def __call__(self) -> dict[str, Any]:
        """One update; the metrics are overwritten by the next one."""
        learner = self.learner
        self.which.copy_(learner.minibatches.draw())
        for name, value in learner.draw_noise().items():
            self.noise[name].copy_(value)
        learner.updates += 1
        learner.schedule()
        self.graphs[learner.update_policy].replay()
        return self.metrics[learner.update_policy]
