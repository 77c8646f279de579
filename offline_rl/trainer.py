"""What trains learners: updates on a dataset, and then, if asked for, online with a step in the world before each."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import gymnasium
import numpy as np
import torch
import tyro
from torch import Tensor

from palaestra import data
from palaestra.agents.policy import Policy
from palaestra.agents.training.hyperparameters import Count, CountFromZero, NotNegative, Share, check
from palaestra.agents.training.trainer import Algorithm, checkpoint_of, config_of
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run, versions
from palaestra.offline_rl import cuda_graph, online
from palaestra.offline_rl.learner import Learner, LearnerConfig


@dataclass(frozen=True)
class LearnerOptions:
    """What a run is, besides the learner's hyperparameters."""

    dataset: str
    """Id or path: hopper-medium-v2, palaestra/hopper/medium-v0, minari:ID, a file or a folder."""
    steps: Annotated[Count, tyro.conf.arg(aliases=("--offline-steps",))] = 1_000_000
    """Gradient updates on the dataset alone."""
    online_steps: CountFromZero = 0
    """Steps in the world after them, an update each: fine-tuning on the dataset and each seed's own transitions."""
    online_share: Share | None = None
    """Share of an online minibatch that comes from the seed's own steps; by default they count like the dataset's."""
    exploration_noise: NotNegative = 0.1
    """Standard deviation of the Gaussian noise on online actions of a deterministic policy; others sample."""
    evaluate_every: Count = 5_000
    """Updates between evaluations; each writes a checkpoint. The last update is always evaluated."""
    episodes: Count = 10
    """Episodes per seed and evaluation."""
    log_every: Count = 500
    """Updates between lines of metrics."""
    keep: Count = 1
    """Checkpoints to keep, the last ones."""
    mode: Literal["eager", "compile", "graph"] = "eager"
    """How an update runs: as written, by torch.compile, or as a captured CUDA graph."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def source(self) -> str:
        """The dataset."""
        return self.dataset

    @property
    def total(self) -> int:
        """Updates of both phases."""
        return self.steps + self.online_steps


class LearnerTrainer:
    """Trains a learner on its dataset, then online; see ``palaestra.agents.training.trainer.Trainer``.

    Args:
        algorithm: the learner's.
        options: the run's. When a run is resumed, ``steps`` may grow unless a schedule of the learner's spans the run
            or the online phase has begun; ``online_steps`` likewise.
        config: the learner's configuration.
        dataset: ``options.dataset`` if it is loaded already.

    Raises:
        InputError: the world that the data came from isn't registered or has other shapes, or there shall be an
            online phase where there can be none.
    """

    Options = LearnerOptions

    def __init__(
        self, algorithm: Algorithm, options: LearnerOptions, config: LearnerConfig, *, dataset: Dataset | None = None
    ):
        dataset = data.load(options.dataset) if dataset is None else dataset
        with contextlib.closing(_world_of(dataset)) as world:
            if options.online_steps:
                online.check(algorithm.name, algorithm.fine_tuning, config, world)
            _check_shapes(dataset, world)
        self.algorithm, self.options = algorithm, options
        self.learner: Learner = algorithm.learner(config, dataset)
        if options.mode == "graph":
            cuda_graph.check(self.learner)
        self.online: online.Online | None = None
        self.redone, self.unsettled = 0, False

    @classmethod
    def settings(cls, algorithm: Algorithm, options: LearnerOptions) -> tuple[dict[str, Any], dict[str, Any]]:
        """The paper's settings for the dataset; a file or folder is loaded, since it says itself what it is."""
        name, is_online = options.dataset, options.online_steps > 0
        if data.is_id(name) or not Path(name).expanduser().exists():
            return algorithm.published(name, is_online), {}
        dataset = data.load(name)
        return algorithm.published(dataset.id, is_online), {"dataset": dataset}

    @classmethod
    def restore(cls, algorithm: Algorithm, run: Run, device: str = "auto") -> Learner:
        """The learner of a run as of its last checkpoint, without its dataset: good for acting, not for training."""
        state = checkpoint_of(run)
        about = run.config["dataset"], run.config["env_id"], run.config["dimensions"]
        learner: Learner = algorithm.learner.blank(config_of(algorithm, run, device=device), *about)
        _put(learner, run, state)
        return learner

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds that train."""
        return self.learner.seeds

    @property
    def policy(self) -> Policy:
        """Acts with the current weights."""
        return self.learner.policy

    @property
    def updates(self) -> int:
        """Made so far, in both phases."""
        return self.learner.updates

    @property
    def milestones(self) -> Sequence[int]:
        """The ends of both phases."""
        return self.options.steps, self.options.total

    def run_config(self) -> dict[str, Any]:
        """What ``config.json`` says of the run."""
        learner, options = self.learner, self.options
        return {
            "algorithm": self.algorithm.name,
            "dataset": learner.dataset.id,
            "env_id": learner.dataset.env_id,
            "seeds": learner.seeds,
            "hyperparameters": asdict(learner.config),
            "evaluation": {"episodes": options.episodes, "every": options.evaluate_every},
            "dimensions": list(learner.dimensions),
            "dataset_fingerprint": learner.dataset.fingerprint,
            "versions": versions(),
            **{name: value for name, value in self.plan().items() if value is not None},
        }

    def plan(self) -> dict[str, Any]:
        """The run's length and phases, which may be other ones when it is resumed."""
        options = self.options
        phase = {"online_share": options.online_share, "exploration_noise": options.exploration_noise}
        return {
            "steps": options.total,
            "online_steps": options.online_steps or None,
            "online": phase if options.online_steps else None,
            "options": asdict(options),
        }

    def begin(self, run: Run, threads: int, state: Mapping[str, Any] | None) -> None:
        """See ``Trainer.begin``."""
        self.run, self.threads = run, threads
        if state is not None:
            _check_plan(run, self.options, int(state["updates"]), int(state.get(online.STEPS, 0)))
            _put(self.learner, run, state)
        self.learner.prepare(self.options.total - self.updates)
        for component in self.learner.components:
            component.prepare(self.options.total - self.updates)
        if state is not None and state.get(online.STEPS):
            self._go_online(state)
        else:
            self._update = accelerated(self.learner, self.options.mode)
            self._saved = self._copied()

    def _go_online(self, state: Mapping[str, Any]) -> None:
        self.online = online.Online(self.learner, self.options, self.run, self.threads, state)
        self._update = accelerated(self.learner, self.options.mode)
        self._saved = self._copied()

    def advance(self, until: int) -> Mapping[str, Tensor]:
        """One update; online, with a step of every world before it."""
        if self.online is None and self.updates >= self.options.steps:
            self._go_online({})
        if self.online is not None:
            self.online.step()
        return self._update()

    def confirm(self) -> bool:
        """Whether a search with fixed shapes had room for all; offline, updates that it had none for are undone."""
        overflows = [component.overflowed() for component in self.learner.components]  # each makes its own room
        overflowed = any(overflows)
        self.unsettled = overflowed and self.online is not None
        if overflowed:
            self._update = accelerated(self.learner, self.options.mode)  # with more room
            if not self.unsettled:  # a world's steps are not undone; the metrics say so instead
                self.redone += self.updates - int(self._saved["updates"])
                self.learner.load_state_dict(self._saved)
                return False
        self._saved = self._copied()
        return True

    def _copied(self) -> dict[str, Tensor | int]:
        """A copy of the learner's state to go back to, where its updates may have to be redone."""
        if not any(component.can_overflow for component in self.learner.components):
            return {}
        state = self.learner.state_dict()
        return {key: value.clone() if isinstance(value, Tensor) else value for key, value in state.items()}

    def report(self) -> Mapping[str, Tensor | list[float]]:
        """Online, the episodes that ended since the last line; what a search with fixed shapes cost."""
        episodes = self.online.episodes() if self.online else {}
        count = len(self.seeds)
        redone = {"redone_updates": [float(self.redone)] * count} if self.redone else {}
        return episodes | redone | ({"unsettled": [1.0] * count} if self.unsettled else {})

    def save(self) -> Mapping[str, Tensor | int]:
        """The learner's state and the online phase's."""
        return self.learner.state_dict() | (self.online.save() if self.online else {})

    def close(self) -> None:
        """Close the training worlds."""
        if self.online:
            self.online.close()


def accelerated(learner: Learner, mode: str) -> Callable[[], Mapping[str, Tensor]]:
    """One call = sample, draw noise, update; as written, compiled, or replayed from captured CUDA graphs."""
    if mode == "graph":
        return cuda_graph.GraphedUpdate(learner)
    if mode == "compile":
        learner.step = torch.compile(learner.step)  # type: ignore[method-assign]  # on this learner alone
    return lambda: learner.update(learner.sample())


def _world_of(dataset: Dataset) -> gymnasium.Env:
    """The world that data come from: known to be there before training, not at the first evaluation."""
    try:
        return gymnasium.make(dataset.env_id)
    except gymnasium.error.Error as error:
        raise InputError(f"{dataset.env_id}: no such world ({error})") from None


def _check_shapes(dataset: Dataset, world: gymnasium.Env) -> None:
    """Refuse data that aren't of this world, and a world that learners cannot act in."""
    shapes, box = (world.observation_space.shape, world.action_space.shape), world.action_space
    expected = (dataset.observation_dim,), (dataset.action_dim,)
    if shapes != expected:
        raise InputError(
            f"{dataset.id}: observations and actions of shapes {expected[0]} and {expected[1]}, but {dataset.env_id} "
            f"has shapes {shapes[0]} and {shapes[1]}"
        )
    if not isinstance(box, gymnasium.spaces.Box):
        raise InputError(f"{dataset.env_id}: takes actions in {box}; learners act in a box from -1 to 1")
    if not (np.all(box.low == -1) and np.all(box.high == 1)):
        raise InputError(f"{dataset.env_id}: takes actions from {box.low} to {box.high}; learners act in [-1, 1]")


def _check_plan(run: Run, options: LearnerOptions, updates: int, online_updates: int) -> None:
    """Refuse a plan that a run with these updates can't go on with."""
    offline = updates - online_updates
    if offline != options.steps if online_updates else offline > options.steps and options.online_steps:
        raise InputError(
            f"{run.path}: made {offline} updates offline, not {options.steps}; resume with --steps {offline}"
        )
    if updates > options.total:
        made = f"{updates} updates, {online_updates} of them online" if online_updates else f"{updates} updates"
        raise InputError(
            f"{run.path}: made {made}, and is asked for {options.total} in all; resume with as many or more"
        )


def _put(learner: Learner, run: Run, state: Mapping[str, Any]) -> None:
    """Bring a learner to the state in a run's checkpoint.

    Raises:
        InputError: it isn't this learner's: another version made it, say.
    """
    try:
        learner.load_state_dict(dict(state))
    except (KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{run.path}: its checkpoint doesn't fit this version of palaestra ({reason})") from None
