"""Online fine-tuning: the same learner on a growing dataset.

After the offline updates, training continues online with one update per environment step. Every seed acts in its own
environment; its transitions are added to the dataset in its ``Replay``, from which minibatches are now drawn. No
transition is discarded. Evaluations use separate environments.

A stochastic policy explores by sampling; a deterministic one gets Gaussian noise, as in TD3 (Fujimoto et al. 2018,
arXiv 1802.09477). A time limit is not a terminal: the last transition of a truncated episode has ``nonterminal`` 1, and
its next observation is the episode's final one.

A checkpoint holds the learner, a snapshot of every training environment and the streams' positions. The replay's new
rows are appended to a file of the run before the checkpoint is written; rows after the last checkpoint are truncated on
resuming. A run that is killed and resumed therefore equals an uninterrupted one.
"""

import copy
from collections.abc import Mapping
from typing import Any, Protocol

import gymnasium
import numpy as np
import torch
from torch import Tensor

from palaestra.agents.policy import ActionNoise, Policy
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.data.errors import InputError
from palaestra.data.replay import Replay, ReplayIndices, RowFile
from palaestra.data.results.run import Run
from palaestra.data.streams import child_seed
from palaestra.envs.vector import make_worlds
from palaestra.envs.world import World
from palaestra.offline_rl.learner import ActorPolicy, Learner, LearnerConfig

STEPS = "online.steps"  # keys of a checkpoint
EXPLORATION = "online.exploration"
ARRAYS = ("observations", "returns", "ended_returns", "ended")  # under online.NAME in a checkpoint
MAX_REPLAYED_STEPS = 4096  # passed to components in one call when a run is resumed


class OnlineOptions(Protocol):
    """The options of an online phase."""

    @property
    def online_steps(self) -> int:
        """Steps of every seed's environment."""

    @property
    def online_share(self) -> float | None:
        """Share of a minibatch from the seed's own transitions; None samples them uniformly with the dataset's."""

    @property
    def exploration_noise(self) -> float:
        """Standard deviation of the Gaussian noise on a deterministic policy's actions."""


class Explorer:
    """The exploration policy: samples of a stochastic policy, or Gaussian noise on a deterministic one.

    Args:
        policy: of the learner; its random streams are not used, because evaluations rewind them.
        seeds: one per environment.
        action_dim: d_a.
        noise: standard deviation of the Gaussian noise on a deterministic policy's actions.

    Attributes:
        draws: the random streams; their only state is their position.
    """

    def __init__(self, policy: Policy, seeds: list[int], action_dim: int, noise: float):
        self.policy, self.noise = copy.copy(policy), noise
        self.draws = ActionNoise(seeds, "normal", action_dim)
        self.samples = not isinstance(policy, ActorPolicy)
        if self.samples:
            vars(self.policy)["draws"] = self.draws

    def act(self, observations: np.ndarray) -> np.ndarray:
        """Actions for one environment per seed: (K, d_s) -> (K, d_a) float32 in [-1, 1]."""
        actions = self.policy.act(observations[:, None], deterministic=not self.samples)[:, 0]
        if not self.samples:
            actions = np.clip(actions + np.float32(self.noise) * self.draws.draw(1)[:, 0], -1, 1)
        return actions


class Online:
    """The online phase of a run; ``step`` makes one step of every seed's environment, without the update.

    Args:
        learner: after its offline updates; it now samples from the replay.
        options: of the run.
        run: contains the file of the replay's new rows.
        threads: threads that step the environments.
        state: of the checkpoint if the run is resumed during the online phase; otherwise the phase begins.

    Raises:
        InputError: the file of rows is damaged.
    """

    def __init__(
        self, learner: Learner, options: OnlineOptions, run: Run, threads: int, state: Mapping[str, Tensor | int]
    ):
        self.learner, self.seeds, steps = learner, learner.seeds, int(state.get(STEPS, 0))
        self.replay = Replay(learner.transitions, len(self.seeds), max(options.online_steps, steps))
        self.file = RowFile(run.path / "online.rows", (len(self.seeds), self.replay.width), learner.dtype)
        self.file.cut(steps)
        self.replay.extend(self.file.read(steps))
        stream, share = learner.minibatches, options.online_share
        (batch_size,) = stream.shape
        indices = ReplayIndices(self.replay, self.seeds, stream.purpose, batch_size, share, stream.position)
        learner.go_online(self.replay, indices)
        for component in learner.components:
            component.go_online(self.replay)
        for start in range(0, steps, MAX_REPLAYED_STEPS):
            self._notify_components(start, min(start + MAX_REPLAYED_STEPS, steps))
        self.explorer = Explorer(learner.policy, self.seeds, learner.action_dim, options.exploration_noise)
        self.stage = Stage(make_worlds(run.config["env_id"], len(self.seeds), threads=threads))
        self.stage.reset(starts=[Start(child_seed(seed, "online") % 2**31) for seed in self.seeds])
        self.returns, self.ended_returns = np.zeros(len(self.seeds)), np.zeros(len(self.seeds))
        self.ended = np.zeros(len(self.seeds), np.int64)
        self.on_disk = steps
        if steps:
            self.explorer.draws.position = int(state[EXPLORATION])
            arrays = {name: _tensor(state, f"online.{name}").numpy().copy() for name in ARRAYS}
            self.returns, self.ended_returns, self.ended = (arrays[name] for name in ARRAYS[1:])
            snapshots = [_tensor(state, f"online.world.{seed}").numpy().tobytes() for seed in self.seeds]
            self.stage.restore(snapshots, arrays["observations"])

    def close(self) -> None:
        """Close the environments."""
        self.stage.close()

    @property
    def observations(self) -> np.ndarray:
        """(K, d_s), the current observations of the seeds' environments."""
        return self.stage.observations

    def step(self) -> None:
        """Make one step in every environment and add the transitions to the replay."""
        actions = self.explorer.act(self.observations)
        # The actions of a policy that diverged are replaced by zeros; its evaluations report the divergence.
        actions = np.where(np.isfinite(actions).all(axis=1, keepdims=True), actions, np.float32(0))
        step = self.stage.step(actions)
        self.replay.append(step.observations, actions, step.rewards, ~step.terminated, step.next_observations)
        self._notify_components(self.replay.steps - 1, self.replay.steps)
        self.returns += step.rewards
        if (ended := step.ended).any():
            self.ended += ended
            self.ended_returns[ended] += self.returns[ended]
            self.returns[ended] = 0
            self.stage.reset(ended)

    def _notify_components(self, start: int, stop: int) -> None:
        """Pass the transitions of some steps to the learner's components before they can be sampled."""
        if self.learner.components:
            batch = self.replay.collected(start, stop)
            for component in self.learner.components:
                component.on_transitions(batch)

    def episodes(self) -> dict[str, Tensor]:
        """Statistics of the training episodes that ended since the last call.

        Returns:
            ``episodes`` (K,): their number. ``episode_return`` (K,): their mean undiscounted return, NaN without any.
        """
        count, total = torch.from_numpy(self.ended.copy()), torch.from_numpy(self.ended_returns.copy())
        self.ended[:], self.ended_returns[:] = 0, 0
        return {"episodes": count, "episode_return": total / count}

    def save(self) -> dict[str, Tensor | int]:
        """Append the new rows to their file, and return the rest of the phase's state for a checkpoint."""
        self.file.append(self.replay.added(self.on_disk))
        self.on_disk = self.replay.steps
        state: dict[str, Tensor | int] = {STEPS: self.on_disk, EXPLORATION: self.explorer.draws.position}
        state |= {f"online.{name}": torch.from_numpy(getattr(self, name)) for name in ARRAYS}
        for seed, world in zip(self.seeds, self.stage.worlds.worlds):
            state[f"online.world.{seed}"] = torch.frombuffer(bytearray(world.snapshot()), dtype=torch.uint8)
        return state


def _tensor(state: Mapping[str, Tensor | int], name: str) -> Tensor:
    return torch.as_tensor(state[name])


def check(algorithm: str, settings: Mapping[str, Any] | None, config: LearnerConfig, world: gymnasium.Env) -> None:
    """Check before the offline phase that a run can have an online phase.

    Args:
        algorithm: command name.
        settings: required for runs with an online phase; None if the learner supports none.
        config: of the run.
        world: the environment for the online phase.

    Raises:
        InputError: the learner has no online phase, a setting is incompatible, or the environment has no snapshots.
    """
    if settings is None:
        raise InputError(f"{algorithm} has no online phase: omit --online-steps")
    for name, value in settings.items():
        if getattr(config, name) != value:
            raise InputError(f"--{name.replace('_', '-')} must be {value} in runs with an online phase")
    if not isinstance(world, World):
        name = world.spec.id if world.spec else type(world).__name__
        raise InputError(f"{name}: no snapshot(), so an online phase couldn't be resumed; omit --online-steps")
