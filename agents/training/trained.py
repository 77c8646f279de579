"""A run's policy for use in one's own code: ``palaestra.load("runs/x").predict(observation)``."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from palaestra.agents.training.loop import restore
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run


class TrainedPolicy:
    """The policy in a run's last checkpoint, without axes of seeds and worlds.

    Args:
        run: run directory, as ``palaestra train`` wrote it.
        device: ``auto``, ``cpu`` or ``cuda``.
        target: of a policy that asks for a return, the one to ask for; by default the first that the run evaluates.

    Attributes:
        run: the run.
        seeds: that it trained.

    Raises:
        InputError: there is no run, no checkpoint yet, or the policy asks for no return.
    """

    def __init__(self, run: Path | str, *, device: str = "auto", target: float | None = None):
        self.run = Run.open(run)
        policy: Any = restore(self.run, device).policy
        self.seeds = self.run.seeds
        self._remembers = hasattr(policy, "targets")
        if self._remembers:
            policy.targets = (policy.targets[0] if target is None else float(target),)
        elif target is not None:
            raise InputError(f"{self.run.path}: {self.run.config['algorithm']} asks for no return; leave target out")
        self._policy = policy
        self.reset()

    def __repr__(self) -> str:
        return f"TrainedPolicy({str(self.run.path)!r}, {self.run.config['algorithm']}, seeds {self.seeds})"

    def reset(self) -> None:
        """Begin a new episode: forget the steps that a sequence model goes by, and set random streams back."""
        self._policy.reset()
        self._count: int | None = None

    def predict(
        self,
        observation: Any,
        reward: Any = None,
        *,
        seed: int | Literal["all"] | None = None,
        deterministic: bool = True,
    ) -> np.ndarray:
        """The action for an observation, or those for a batch of them.

        Decision Transformers and LaMo remember the steps since ``reset``; a batch is then one step of as many
        environments, always in the same order.

        Args:
            observation: (d_s,) or (n, d_s), as the environment gave it.
            reward: what the last action earned, a number or (n,); sequence models subtract it from what they ask for.
            seed: which of the run's seeds acts, by default the first; ``"all"``: each, in a leading axis.
            deterministic: the policy's best guess instead of a sample.

        Returns:
            float32, (d_a,) or (n, d_a); with ``seed="all"`` (seeds, d_a) or (seeds, n, d_a).

        Raises:
            InputError: another shape, no such seed, or another number of observations than since ``reset``.
        """
        batch = np.asarray(observation)
        single = batch.ndim == 1
        batch = batch[None] if single else batch
        if batch.ndim != 2 or batch.dtype.kind not in "fiub":
            raise InputError(f"an observation has shape (d_s,) or (n, d_s), got {np.asarray(observation).shape}")
        self._check(batch)
        grid = np.stack([batch] * len(self.seeds))
        paid = None if reward is None else np.broadcast_to(np.asarray(reward, np.float64), grid.shape[:2]).copy()
        actions = self._policy.act(grid, paid, deterministic)
        actions = actions[:, 0] if single else actions
        return actions if seed == "all" else actions[self._row(seed)]

    def _check(self, batch: np.ndarray) -> None:
        dimensions = self.run.config.get("dimensions")
        if dimensions and batch.shape[1] != dimensions[0]:
            raise InputError(f"{self.run.path}: observations have {dimensions[0]} numbers, got {batch.shape[1]}")
        if self._remembers and self._count not in (None, len(batch)):
            raise InputError(
                f"{len(batch)} observations after {self._count}: call reset() before another number of them"
            )
        self._count = len(batch)

    def _row(self, seed: int | None) -> int:
        if seed is None:
            return 0
        if seed not in self.seeds:
            raise InputError(f"{self.run.path}: trained the seeds {', '.join(map(str, self.seeds))}, not {seed}")
        return self.seeds.index(seed)
