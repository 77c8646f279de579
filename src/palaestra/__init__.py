"""Gymnasium worlds that can be forked, and the offline RL learners and agents that train in them.

Importing registers the worlds with Gymnasium; nothing heavy is loaded.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from palaestra.envs import register_worlds

if TYPE_CHECKING:
    from palaestra.agents.training.trained import TrainedPolicy

register_worlds()


def load(
    run: Path | str, *, device: str = "auto", target: float | None = None, update: int | None = None
) -> "TrainedPolicy":
    """The policy in a run's last checkpoint: ``palaestra.load("runs/x").predict(observation)``.

    Args:
        run: run directory, as ``palaestra train`` wrote it.
        device: ``auto``, ``cpu`` or ``cuda``.
        target: target return of a return-conditioned policy; by default the first one that the run evaluates.
        update: load the checkpoint after this update instead, if the run has kept it.

    Raises:
        InputError: there is no run or no such checkpoint, or ``target`` is given but the policy is not
            return-conditioned.
    """
    from palaestra.agents.training.trained import TrainedPolicy

    return TrainedPolicy(run, device=device, target=target, update=update)
