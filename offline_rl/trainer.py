"""The trainer of learners: updates on a dataset, then optionally online, each after one environment step."""

import contextlib
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
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
from palaestra.data.actions import ACTION_TOLERANCE
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.origin import in_environment
from palaestra.data.paths import path_of
from palaestra.data.results.run import Run, versions
from palaestra.envs import registered
from palaestra.offline_rl import cuda_graph, online
from palaestra.offline_rl.learner import Learner, LearnerConfig


@dataclass(frozen=True)
class LearnerOptions:
    """The options of a run besides the learner's hyperparameters."""

    dataset: str
    """Id or path: hopper-medium-v2, palaestra/hopper/medium-v0, minari:ID, a file or a folder."""
    steps: Annotated[Count, tyro.conf.arg(aliases=("--offline-steps",))] = 1_000_000
    """Gradient updates on the dataset alone."""
    online_steps: CountFromZero = 0
    """Environment steps after the offline updates, each with one update on the dataset and the seed's transitions."""
    online_share: Share | None = None
    """Share of an online minibatch from the seed's own transitions; by default they are sampled like the dataset's."""
    exploration_noise: NotNegative = 0.1
    """Standard deviation of the Gaussian noise on online actions of a deterministic policy; others sample."""
    evaluate_every: Count = 5_000
    """Updates between evaluations; each writes a checkpoint. The last update is always evaluated."""
    episodes: Count = 10
    """Episodes per seed and evaluation."""
    log_every: Count = 500
    """Updates between lines of metrics."""
    keep: Count = 1
    """Number of most recent checkpoints to keep."""
    mode: Literal["eager", "compile", "graph"] = "eager"
    """How an update runs: as written, by torch.compile, or as a captured CUDA graph."""
    env: Annotated[str | None, tyro.conf.arg(name="as")] = None
    """Environment to evaluate in, if the dataset names none or another: an id, or module:ID of a module of yours."""
    successors: Literal["auto", "d4rl", "stored"] = "auto"
    """What follows a row: by d4rl's rule; as stored in next_observations; auto: the truth if the data have it."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def source(self) -> str:
        """Id or path of the dataset."""
        return self.dataset

    @property
    def total(self) -> int:
        """Updates of both phases."""
        return self.steps + self.online_steps


class LearnerTrainer:
    """Trains a learner on its dataset, then online; see ``palaestra.agents.training.trainer.Trainer``.

    Args:
        algorithm: of the learner.
        options: of the run. When a run is resumed, ``steps`` may grow unless the learner has a schedule over the whole
            run or the online phase has begun; ``online_steps`` likewise.
        config: of the learner.
        dataset: ``options.dataset`` if it is already loaded. If it names no environment, the run has no evaluations.

    Raises:
        InputError: the dataset's environment isn't registered or has other shapes, or the options include an online
            phase that the learner or the environment doesn't support.
    """

    Options = LearnerOptions

    def __init__(
        self, algorithm: Algorithm, options: LearnerOptions, config: LearnerConfig, *, dataset: Dataset | None = None
    ):
        if dataset is None:
            dataset = data.load(options.dataset, env_id=options.env, successors=options.successors)
        elif options.env is not None:
            dataset = in_environment(dataset, options.env)
        algorithm.learner.check_actions(dataset)
        if dataset.env_id is None:
            _check_without_environment(dataset, options)
        else:
            with contextlib.closing(registered.make(dataset.env_id)) as world:
                if options.online_steps:
                    online.check(algorithm.name, algorithm.fine_tuning, config, world)
                _check_spaces(dataset, world)
                _warn_of_endless_episodes(world)
        self.algorithm, self.options = algorithm, options
        self.learner: Learner = algorithm.learner(config, dataset)
        if options.mode == "graph":
            cuda_graph.check(self.learner)
        self.online: online.Online | None = None
        self.redone, self._overflowed_online = 0, False

    @classmethod
    def settings(cls, algorithm: Algorithm, options: LearnerOptions) -> tuple[dict[str, Any], dict[str, Any]]:
        """The paper's settings for the dataset; a file or folder is loaded first, because its id is stored in it."""
        name, is_online = options.dataset, options.online_steps > 0
        if data.is_id(name) or not path_of(name).exists():
            return algorithm.published(name, is_online), {}
        dataset = data.load(name, env_id=options.env, successors=options.successors)
        return algorithm.published(dataset.id, is_online, dataset.env_id), {"dataset": dataset}

    @classmethod
    def restore(cls, algorithm: Algorithm, run: Run, device: str = "auto", update: int | None = None) -> Learner:
        """Restore the learner of a run's checkpoint without its dataset, for acting only."""
        state = checkpoint_of(run, update)
        about = run.config["dataset"], run.config["env_id"], run.config["dimensions"]
        learner: Learner = algorithm.learner.blank(config_of(algorithm, run, device=device), *about)
        _load(learner, run, state)
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
        """Number of updates made, in both phases."""
        return self.learner.updates

    @property
    def milestones(self) -> Sequence[int]:
        """The ends of both phases."""
        return self.options.steps, self.options.total

    def run_config(self) -> dict[str, Any]:
        """The content of ``config.json``."""
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
        """The run's length and phases, which may change when it is resumed."""
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
            _load(self.learner, run, state)
        self.learner.prepare(self.options.total - self.updates)
        for component in self.learner.components:
            component.prepare(self.options.total - self.updates)
        if state is not None and state.get(online.STEPS):
            self._go_online(state)
        else:
            self._update = accelerated(self.learner, self.options.mode)
            self._saved = self._copy_of_state()

    def _go_online(self, state: Mapping[str, Any]) -> None:
        self.online = online.Online(self.learner, self.options, self.run, self.threads, state)
        self._update = accelerated(self.learner, self.options.mode)
        self._saved = self._copy_of_state()

    def advance(self, until: int) -> Mapping[str, Tensor]:
        """One update; online, after one step of every environment."""
        if self.online is None and self.updates >= self.options.steps:
            self._go_online({})
        if self.online is not None:
            self.online.step()
        return self._update()

    def confirm(self) -> bool:
        """Whether no component overflowed; if one did, offline updates are rolled back and made again."""
        overflows = [component.overflowed() for component in self.learner.components]  # each increases its capacity
        overflowed = any(overflows)
        self._overflowed_online = overflowed and self.online is not None
        if overflowed:
            self._update = accelerated(self.learner, self.options.mode)  # with the larger capacity
            if not self._overflowed_online:  # environment steps can't be rolled back; the overflow is logged instead
                self.redone += self.updates - int(self._saved["updates"])
                self.learner.load_state_dict(self._saved)
                return False
        self._saved = self._copy_of_state()
        return True

    def _copy_of_state(self) -> dict[str, Tensor | int]:
        """A copy of the learner's state for rolling back updates; empty if no component can overflow."""
        if not any(component.can_overflow for component in self.learner.components):
            return {}
        state = self.learner.state_dict()
        return {key: value.clone() if isinstance(value, Tensor) else value for key, value in state.items()}

    def report(self) -> Mapping[str, Tensor | list[float]]:
        """Online, the episodes that ended since the last line; updates affected by overflows, if any."""
        episodes = self.online.episodes() if self.online else {}
        count = len(self.seeds)
        redone = {"redone_updates": [float(self.redone)] * count} if self.redone else {}
        return episodes | redone | ({"unsettled": [1.0] * count} if self._overflowed_online else {})

    def save(self) -> Mapping[str, Tensor | int]:
        """The learner's state and the online phase's."""
        return self.learner.state_dict() | (self.online.save() if self.online else {})

    def close(self) -> None:
        """Close the training environments."""
        if self.online:
            self.online.close()


def accelerated(learner: Learner, mode: str) -> Callable[[], Mapping[str, Tensor]]:
    """A function that samples, draws noise and updates: eagerly, compiled, or replayed from captured CUDA graphs."""
    if mode == "graph":
        return cuda_graph.GraphedUpdate(learner)
    if mode == "compile":
        learner.step = torch.compile(learner.step)  # type: ignore[method-assign]  # of this instance only
    return lambda: learner.update(learner.sample())


def _check_spaces(dataset: Dataset, world: gymnasium.Env) -> None:
    """Check that the data fit the environment's spaces, and that learners can act in it."""
    shapes, box = (world.observation_space.shape, world.action_space.shape), world.action_space
    expected = (dataset.observation_dim,), (dataset.action_dim,)
    if shapes != expected:
        raise InputError(
            f"{dataset.id}: observations and actions of shapes {expected[0]} and {expected[1]}, but {dataset.env_id} "
            f"has shapes {shapes[0]} and {shapes[1]}"
        )
    if not isinstance(box, gymnasium.spaces.Box):
        raise InputError(f"{dataset.env_id}: the action space is {box}; learners act in a Box from -1 to 1")
    if not (np.all(box.low == -1) and np.all(box.high == 1)):
        raise InputError(
            f"{dataset.env_id}: actions range from {box.low.min():g} to {box.high.max():g}; learners act in [-1, 1]; "
            "register it in gymnasium.wrappers.RescaleAction"
        )
    _check_actions(dataset)


def _check_without_environment(dataset: Dataset, options: LearnerOptions) -> None:
    """Check data that no environment is known for, and say what can't be done with them."""
    what = f"{dataset.id}: no environment is known"
    if options.online_steps:
        raise InputError(f"{what}, and an online phase needs one; name one with --as")
    _check_actions(dataset)
    warnings.warn(f"{what}, so the policy can't be evaluated; name one with --as", stacklevel=2)


def _warn_of_endless_episodes(world: gymnasium.Env) -> None:
    """Say that evaluations in an environment without a time limit may take forever."""
    if world.spec is not None and world.spec.max_episode_steps is None:
        warnings.warn(
            f"{world.spec.id}: registered without max_episode_steps, so an evaluation lasts until all episodes end by "
            "themselves",
            stacklevel=2,
        )


def _check_actions(dataset: Dataset) -> None:
    """Check that the actions are in the box in which learners act."""
    actions = dataset.columns["actions"]
    if not len(actions) or max(actions.max(), -actions.min()) <= 1 + ACTION_TOLERANCE:
        return
    who = f" and {dataset.env_id}" if dataset.env_id else ""
    row, column = np.unravel_index(np.abs(actions).argmax(), actions.shape)
    raise InputError(
        f"{dataset.id}: actions exceed [-1, 1], the range of learners{who}: the largest is {actions[row, column]:g}, "
        f"in row {row}; map their range to [-1, 1] with `palaestra data convert SOURCE NEW --scale-actions LOW HIGH`"
    )


def _check_plan(run: Run, options: LearnerOptions, updates: int, online_updates: int) -> None:
    """Check that a run with these updates can be resumed with these options."""
    offline = updates - online_updates
    if offline != options.steps if online_updates else offline > options.steps and options.online_steps:
        raise InputError(
            f"{run.path}: made {offline} updates offline, not {options.steps}; resume with --steps {offline}"
        )
    if updates > options.total:
        made = f"{updates} updates, {online_updates} of them online" if online_updates else f"{updates} updates"
        raise InputError(
            f"{run.path}: made {made}, but {options.total} are configured in total; resume with as many or more"
        )


def _load(learner: Learner, run: Run, state: Mapping[str, Any]) -> None:
    """Load the state of a run's checkpoint into a learner.

    Raises:
        InputError: it doesn't fit the learner, for example because another version wrote it.
    """
    try:
        learner.load_state_dict(dict(state))
    except (KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{run.path}: its checkpoint doesn't fit this version of palaestra ({reason})") from None
