"""Algorithms, and the protocol of the trainers that the training loop drives."""

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from palaestra.agents.policy import Policy
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import robot_and_kind
from palaestra.data.formats.d4rl_mazes import MAZES
from palaestra.data.results.run import Run

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Algorithm:
    """An algorithm of ``palaestra train``.

    Attributes:
        name: on the command line, such as ``prdc``, or ``module:Class`` of the user's own.
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
        """The class of the trainer that the loop drives."""
        module, _, name = self.learner.trainer.partition(":")
        return getattr(importlib.import_module(module), name)

    @property
    def fine_tuning(self) -> dict[str, Any] | None:
        """``FINE_TUNING`` of its module: settings for runs with an online phase; None if it has no online phase."""
        return self._table("FINE_TUNING")

    def _table(self, name: str) -> Any:
        """A table of the class's module, or else of the nearest base class's module that has it; else None."""
        for kind in self.learner.__mro__:
            if hasattr(module := sys.modules[kind.__module__], name):
                return getattr(module, name)
        return None

    def published(self, dataset_id: str, online: bool = False, env_id: str | None = None) -> dict[str, Any]:
        """The paper's hyperparameters for a dataset's robot and kind that differ from the defaults.

        Args:
            dataset_id: id of the dataset.
            online: include the settings for runs with an online phase.
            env_id: the dataset's environment, which names the robot, and a maze, if the dataset's id does not.
        """
        robot, kind = robot_and_kind(dataset_id)
        if robot is None and env_id is not None:
            robot, kind_of_world = robot_and_kind(env_id)
            # A maze is its world's kind; those of the locomotion ids are who collected the data.
            kind = kind_of_world if env_id in MAZES else kind
        settings: dict[str, Any] = {}
        table = self._table("PUBLISHED") or {}
        for (for_robot, for_kind), values in table.items():
            if for_robot in (robot, "*") and for_kind in (kind, "*"):
                settings |= values
        return settings | (self.fine_tuning or {} if online else {})


class RunOptions(Protocol):
    """The options of a run besides its hyperparameters."""

    @property
    def source(self) -> str:
        """A dataset's id or path, or an environment's id."""

    @property
    def total(self) -> int:
        """Total of updates in all phases, or of environment steps for trainers that count those."""

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
        """Number of most recent checkpoints to keep."""


class Restored(Protocol):
    """A run's checkpoint, restored for acting.

    Attributes:
        policy: acts for all seeds of the run.
    """

    policy: Policy

    @property
    def updates(self) -> int:
        """Number of updates made."""


class Trainer(Protocol):
    """Trains all seeds of a run; the training loop drives it.

    Args:
        algorithm: the algorithm to train.
        options: of the run, an ``Options``.
        config: hyperparameters, an ``algorithm.config``.
        **sources: data that ``settings`` has already loaded.

    Raises:
        InputError: the arguments are incompatible; no file has been written.
    """

    Options: ClassVar[type[Any]]
    """The dataclass of its run's options, a ``RunOptions``."""

    def __init__(self, algorithm: Algorithm, options: Any, config: Any, **sources: Any): ...

    @classmethod
    def settings(cls, algorithm: Algorithm, options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Default hyperparameters of a run with these options, and the data loaded to determine them."""

    @classmethod
    def restore(cls, algorithm: Algorithm, run: Run, device: str = "auto", update: int | None = None) -> Restored:
        """Restore a run's last checkpoint, or the one after an update, for acting, without its training data.

        Raises:
            InputError: the run has no such checkpoint, or one of an incompatible version.
        """

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds that train."""

    @property
    def policy(self) -> Policy:
        """Acts with the current weights."""

    @property
    def updates(self) -> int:
        """Number of updates made."""

    @property
    def milestones(self) -> Sequence[int]:
        """Updates at which a phase ends; they are always logged and evaluated, and the last one ends the run."""

    def run_config(self) -> dict[str, Any]:
        """The content of the run's ``config.json``."""

    def plan(self) -> dict[str, Any]:
        """The part of ``run_config`` that may change when the run is resumed."""

    def begin(self, run: Run, threads: int, state: "Mapping[str, Tensor | Any] | None") -> None:
        """Prepare training or resume it; called once.

        Args:
            run: to train.
            threads: threads that may step environments.
            state: of the last checkpoint; None for a new run.

        Raises:
            InputError: the state doesn't fit; files are unchanged.
        """

    def advance(self, until: int) -> "Mapping[str, Tensor | Sequence[float]]":
        """Make the next update; a trainer that makes several at a time may exceed ``until`` slightly.

        Returns:
            Named metrics, one value per seed, still on the device.

        Raises:
            DivergedError: a seed's weights are no longer finite.
        """

    def confirm(self) -> bool:
        """Whether all updates since the last call are valid; if not, the trainer has rolled them back.

        Called before anything is logged, evaluated or saved.
        """

    def report(self) -> "Mapping[str, Tensor | Sequence[float]]":
        """Further metrics for a log line, such as statistics of the episodes since the last line."""

    def save(self) -> "Mapping[str, Tensor | Any]":
        """The state for a checkpoint: everything except the data that the next update depends on."""

    def close(self) -> None:
        """Close environments."""


class DivergedError(InputError):
    """A seed's loss or weights are no longer finite."""

    status = 1

    def __init__(self, seed: int, reason: str):
        super().__init__(f"seed {seed}: {reason}")
        self.seed, self.reason = seed, reason


def checkpoint_of(run: Run, update: int | None = None) -> "dict[str, Tensor | Any]":
    """The tensors and plain data of a run's last checkpoint, or of the one after an update.

    Raises:
        InputError: there is no checkpoint yet, or none after that update.
    """
    if (checkpoint := run.load_checkpoint(update)) is None:
        raise InputError(f"{run.path}: no checkpoint yet; the first evaluation writes one")
    _, tensors, state = checkpoint
    return {**tensors, **state}


def config_of(algorithm: Algorithm, run: Run, **changed: Any) -> Any:
    """The hyperparameters in a run's ``config.json``, with some of them overridden."""
    stored = run.config["hyperparameters"]
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}
    return algorithm.config(**settings | changed)
