"""A run's policy for use in other code: ``palaestra.load("runs/x").predict(observation)``."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from palaestra.agents.training.loop import restore
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run


class TrainedPolicy:
    """The policy in a run's last checkpoint, without the seed and environment axes.

    Args:
        run: run directory, as ``palaestra train`` wrote it.
        device: ``auto``, ``cpu`` or ``cuda``.
        target: target return of a return-conditioned policy; by default the first one that the run evaluates.
        update: load the checkpoint after this update instead, if the run has kept it.

    Attributes:
        run: the run.
        seeds: the run's seeds.

    Raises:
        InputError: there is no run or no such checkpoint; it is a language agent's; or ``target`` is given but the
            policy is not return-conditioned.
    """

    def __init__(
        self, run: Path | str, *, device: str = "auto", target: float | None = None, update: int | None = None
    ):
        self.run = Run.open(run)
        if "model" in self.run.config:
            raise InputError(f"{self.run.path}: a language agent; play it with palaestra rollout ID --policy {run}")
        policy: Any = restore(self.run, device, update).policy
        self.seeds = self.run.seeds
        self._has_memory = hasattr(policy, "targets")
        if self._has_memory:
            policy.targets = (policy.targets[0] if target is None else float(target),)
        elif target is not None:
            raise InputError(f"{self.run.path}: {self.run.config['algorithm']} is not return-conditioned; omit target")
        self._policy = policy
        self.reset()

    def __repr__(self) -> str:
        return f"TrainedPolicy({str(self.run.path)!r}, {self.run.config['algorithm']}, seeds {self.seeds})"

    def reset(self) -> None:
        """Begin a new episode: clear a sequence model's window and rewind the random streams."""
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

        Decision Transformers and LaMo use the steps since ``reset``; a batch is then one step of n environments, which
        must keep their order.

        Args:
            observation: (d_s,) or (n, d_s), not normalised.
            reward: the last step's reward, a number or (n,); sequence models subtract it from the return to go.
            seed: the seed that acts, by default the run's first; ``"all"`` returns all seeds' actions, with a leading
                axis.
            deterministic: act by the mode of the policy instead of a sample.

        Returns:
            float32, (d_a,) or (n, d_a); with ``seed="all"`` (seeds, d_a) or (seeds, n, d_a).

        Raises:
            InputError: wrong shape, unknown seed, or another number of observations than since ``reset``.
        """
        batch = np.asarray(observation)
        single = batch.ndim == 1
        batch = batch[None] if single else batch
        if batch.ndim != 2 or batch.dtype.kind not in "fiub":
            raise InputError(f"an observation has shape (d_s,) or (n, d_s), got {np.asarray(observation).shape}")
        self._check(batch)
        grid = np.stack([batch] * len(self.seeds))
        rewards = None if reward is None else np.broadcast_to(np.asarray(reward, np.float64), grid.shape[:2]).copy()
        actions = self._policy.act(grid, rewards, deterministic)
        actions = actions[:, 0] if single else actions
        return actions if seed == "all" else actions[self._row(seed)]

    def _check(self, batch: np.ndarray) -> None:
        dimensions = self.run.config.get("dimensions")
        if dimensions and batch.shape[1] != dimensions[0]:
            raise InputError(f"{self.run.path}: observations have {dimensions[0]} dimensions, got {batch.shape[1]}")
        if self._has_memory and self._count not in (None, len(batch)):
            raise InputError(
                f"{len(batch)} observations after {self._count}: call reset() before changing their number"
            )
        self._count = len(batch)

    def _row(self, seed: int | None) -> int:
        if seed is None:
            return 0
        if seed not in self.seeds:
            raise InputError(f"{self.run.path}: trained the seeds {', '.join(map(str, self.seeds))}, not {seed}")
        return self.seeds.index(seed)
