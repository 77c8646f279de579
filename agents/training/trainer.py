"""What can be trained, and the small protocol by which the training loop drives it."""

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from palaestra.agents.policy import Policy
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import robot_and_kind
from palaestra.data.results.run import Run

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Algorithm:
    """An algorithm by its command's name.

    Attributes:
        name: such as ``prdc``.
        learner: its class. ``learner.Config`` is the dataclass of its hyperparameters, ``learner.trainer`` the entry
            point (``module:name``) of the ``Trainer`` that the loop drives.
    """

    name: str
    learner: type[Any]

    @property
    def config(self) -> type[Any]:
        """The dataclass of its hyperparameters."""
        return self.learner.Config

    @cached_property
    def trainer(self) -> "type[Trainer]":
        """What the loop drives."""
        module, _, name = self.learner.trainer.partition(":")
        return getattr(importlib.import_module(module), name)

    @property
    def fine_tuning(self) -> dict[str, Any] | None:
        """``FINE_TUNING`` of its module: settings of runs with an online phase; None where it can have none."""
        return getattr(importlib.import_module(self.learner.__module__), "FINE_TUNING", None)

    def published(self, dataset_id: str, online: bool = False) -> dict[str, Any]:
        """The paper's hyperparameters for a dataset's robot and kind where they differ from the defaults.

        With ``online`` those of runs that are fine-tuned after the offline phase.
        """
        robot, kind = robot_and_kind(dataset_id)
        settings: dict[str, Any] = {}
        table = getattr(importlib.import_module(self.learner.__module__), "PUBLISHED", {})
        for (for_robot, for_kind), values in table.items():
            if for_robot in (robot, "*") and for_kind in (kind, "*"):
                settings |= values
        return settings | (self.fine_tuning or {} if online else {})


class RunOptions(Protocol):
    """What a run is besides its hyperparameters: on what, for how long, how often it is logged and evaluated."""

    @property
    def source(self) -> str:
        """What is learnt from: a dataset's id or path, an environment's id."""

    @property
    def total(self) -> int:
        """Updates of all phases, or whatever the trainer counts."""

    @property
    def evaluate_every(self) -> int:
        """Updates between evaluations; each writes a checkpoint."""

    @property
    def episodes(self) -> int:
        """Episodes per seed and evaluation."""

    @property
    def log_every(self) -> int:
        """Updates between lines of metrics."""

    @property
    def keep(self) -> int:
        """Checkpoints to keep, the last ones."""


class Restored(Protocol):
    """What a run's last checkpoint holds, good for acting.

    Attributes:
        policy: acts for all seeds of the run.
    """

    policy: Policy

    @property
    def updates(self) -> int:
        """Made so far."""


class Trainer(Protocol):
    """All seeds of one training, as the loop sees it.

    Args:
        algorithm: what is trained.
        options: of the run, an ``Options``.
        config: hyperparameters, an ``algorithm.config``.
        **sources: what is loaded already, as ``settings`` returned it.

    Raises:
        InputError: these don't go together; nothing has been written.
    """

    Options: ClassVar[type[Any]]
    """The dataclass of its run's options, a ``RunOptions``."""

    def __init__(self, algorithm: Algorithm, options: Any, config: Any, **sources: Any): ...

    @classmethod
    def settings(cls, algorithm: Algorithm, options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Hyperparameters that a run with these options has by default, and what had to be loaded to tell."""

    @classmethod
    def restore(cls, algorithm: Algorithm, run: Run, device: str = "auto") -> Restored:
        """What acts in a run's last checkpoint, without the data it was trained on.

        Raises:
            InputError: the run has no checkpoint yet, or one of another version.
        """

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds that train."""

    @property
    def policy(self) -> Policy:
        """Acts with the current weights."""

    @property
    def updates(self) -> int:
        """Made so far."""

    @property
    def milestones(self) -> Sequence[int]:
        """Updates at which a phase ends, which are always logged and evaluated; the last one ends the run."""

    def run_config(self) -> dict[str, Any]:
        """What ``config.json`` says of the run."""

    def plan(self) -> dict[str, Any]:
        """The part of ``run_config`` that may be another one when the run is resumed."""

    def begin(self, run: Run, threads: int, state: "Mapping[str, Tensor | Any] | None") -> None:
        """Called once, before training.

        Args:
            run: its directory.
            threads: threads that may step environments.
            state: the last checkpoint's, None for a new run.

        Raises:
            InputError: the state doesn't fit; nothing was changed on disk.
        """

    def advance(self, until: int) -> "Mapping[str, Tensor | Sequence[float]]":
        """Make the next update, or several but not far beyond ``until`` where one can't be made alone.

        Returns:
            Named metrics, one value per seed, still on the device.

        Raises:
            DivergedError: a seed can't go on.
        """

    def confirm(self) -> bool:
        """Whether all updates since the last call stand; if not, the trainer is back where it was then.

        Called before anything is logged, evaluated or saved.
        """

    def report(self) -> "Mapping[str, Tensor | Sequence[float]]":
        """More metrics for a line of the log, such as the episodes that ended since the last line."""

    def save(self) -> "Mapping[str, Tensor | Any]":
        """Everything that the next update depends on besides the data, for a checkpoint."""

    def close(self) -> None:
        """Close environments."""


class DivergedError(InputError):
    """A seed's loss or weights are not finite any more."""

    status = 1

    def __init__(self, seed: int, reason: str):
        super().__init__(f"seed {seed}: {reason}")
        self.seed = seed


def checkpoint_of(run: Run) -> "dict[str, Tensor | Any]":
    """The content of a run's last checkpoint.

    Raises:
        InputError: there is none yet.
    """
    if (checkpoint := run.load_checkpoint()) is None:
        raise InputError(f"{run.path}: has no checkpoint yet; one is written at the first evaluation")
    _, tensors, state = checkpoint
    return {**tensors, **state}


def config_of(algorithm: Algorithm, run: Run, **changed: Any) -> Any:
    """The hyperparameters of a run, as its ``config.json`` has them, with some changed."""
    stored = run.config["hyperparameters"]
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    return algorithm.config(**settings | changed)
