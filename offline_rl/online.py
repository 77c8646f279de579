"""Fine-tuning online: the same learner, a growing dataset.

After its offline updates a learner goes on with one update per step in the world. Every seed acts in a world of its
own; what it lives through joins the dataset in its ``Replay``, from which its minibatches are now drawn. Nothing is
forgotten. Evaluations have worlds of their own.

How a learner explores is its paper's choice: a stochastic policy samples; a deterministic one gets Gaussian noise, as
in TD3 (Fujimoto et al. 2018, arXiv 1802.09477). An episode that was cut by the time limit is no end of the task: its
last transition has ``nonterminal`` 1 and leads to the observation that the world gave last.

A checkpoint holds the learner, every training world's snapshot and the streams' positions. The replay's new rows are
appended to a file of the run before it; those behind the last checkpoint are cut off on resuming. So a run that was
killed at any moment and resumed is the unbroken one.
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

STEPS = "online.steps"  # names in a checkpoint
EXPLORATION = "online.exploration"
REPLAYED_CHUNK = 4096  # steps of a resumed run that components get in one call
ARRAYS = ("observations", "returns", "ended_returns", "ended")


class OnlineOptions(Protocol):
    """What must be known of an online phase."""

    @property
    def online_steps(self) -> int:
        """Steps of every seed's world."""

    @property
    def online_share(self) -> float | None:
        """Share of a minibatch that comes from the seed's own steps; None: they count like the dataset's."""

    @property
    def exploration_noise(self) -> float:
        """Standard deviation of the Gaussian noise on a deterministic policy's actions."""


class Explorer:
    """A policy as it acts where it learns: sampling, or with noise where there is nothing to sample.

    Args:
        policy: a learner's; its own random streams are left alone, since evaluations set them back.
        seeds: one per row of the grid of worlds.
        action_dim: d_a.
        noise: standard deviation of the Gaussian noise on a deterministic policy's actions.

    Attributes:
        draws: the random streams; their position is all there is to save.
    """

    def __init__(self, policy: Policy, seeds: list[int], action_dim: int, noise: float):
        self.policy, self.noise = copy.copy(policy), noise
        self.draws = ActionNoise(seeds, "normal", action_dim)
        self.samples = not isinstance(policy, ActorPolicy)
        if self.samples:
            vars(self.policy)["draws"] = self.draws

    def act(self, observations: np.ndarray) -> np.ndarray:
        """Actions of one world per seed: (K, d_s) -> (K, d_a) float32 in [-1, 1]."""
        actions = self.policy.act(observations[:, None], deterministic=not self.samples)[:, 0]
        if not self.samples:
            actions = np.clip(actions + np.float32(self.noise) * self.draws.draw(1)[:, 0], -1, 1)
        return actions


class Online:
    """The online phase of a run; ``step`` is one step of every seed's world, without the update.

    Args:
        learner: after its offline updates; from here on it samples from the replay.
        options: of the run.
        run: where the replay's new rows are kept.
        threads: threads that step the worlds.
        state: the checkpoint's, if the run is resumed; the phase begins if it doesn't say otherwise.

    Raises:
        InputError: the file with the rows was damaged.
    """

    def __init__(
        self, learner: Learner, options: OnlineOptions, run: Run, threads: int, state: Mapping[str, Tensor | int]
    ):
        self.learner, self.seeds, done = learner, learner.seeds, int(state.get(STEPS, 0))
        self.replay = Replay(learner.transitions, len(self.seeds), max(options.online_steps, done))
        self.file = RowFile(run.path / "online.rows", (len(self.seeds), self.replay.width), learner.dtype)
        self.file.cut(done)
        self.replay.extend(self.file.read(done))
        stream, share = learner.minibatches, options.online_share
        (batch_size,) = stream.shape
        indices = ReplayIndices(self.replay, self.seeds, stream.purpose, batch_size, share, stream.position)
        learner.go_online(self.replay, indices)
        for component in learner.components:
            component.go_online(self.replay)
        for start in range(0, done, REPLAYED_CHUNK):
            self._hand_on(start, min(start + REPLAYED_CHUNK, done))
        self.explorer = Explorer(learner.policy, self.seeds, learner.action_dim, options.exploration_noise)
        self.stage = Stage(make_worlds(run.config["env_id"], len(self.seeds), threads=threads))
        self.stage.reset(starts=[Start(child_seed(seed, "online") % 2**31) for seed in self.seeds])
        self.returns, self.ended_returns = np.zeros(len(self.seeds)), np.zeros(len(self.seeds))
        self.ended = np.zeros(len(self.seeds), np.int64)
        self.on_disk = done
        if done:
            self.explorer.draws.position = int(state[EXPLORATION])
            arrays = {name: _tensor(state, f"online.{name}").numpy().copy() for name in ARRAYS}
            self.returns, self.ended_returns, self.ended = (arrays[name] for name in ARRAYS[1:])
            snapshots = [_tensor(state, f"online.world.{seed}").numpy().tobytes() for seed in self.seeds]
            self.stage.restore(snapshots, arrays["observations"])

    def close(self) -> None:
        """Close the worlds."""
        self.stage.close()

    @property
    def observations(self) -> np.ndarray:
        """(K, d_s), what every seed's world shows now."""
        return self.stage.observations

    def step(self) -> None:
        """Act once in every world and remember what happened."""
        actions = self.explorer.act(self.observations)
        # A policy that diverged does nothing rather than harm; its evaluations say what happened to it.
        actions = np.where(np.isfinite(actions).all(axis=1, keepdims=True), actions, np.float32(0))
        step = self.stage.step(actions)
        self.replay.append(step.observations, actions, step.rewards, ~step.terminated, step.next_observations)
        self._hand_on(self.replay.steps - 1, self.replay.steps)
        self.returns += step.rewards
        if (ended := step.ended).any():
            self.ended += ended
            self.ended_returns[ended] += self.returns[ended]
            self.returns[ended] = 0
            self.stage.reset(ended)

    def _hand_on(self, start: int, stop: int) -> None:
        """Let the learner's components see the transitions of some steps before they can be sampled."""
        if self.learner.components:
            batch = self.replay.collected(start, stop)
            for component in self.learner.components:
                component.on_transitions(batch)

    def episodes(self) -> dict[str, Tensor]:
        """What has been lived through since the last call.

        Returns:
            ``episodes`` (K,): how many ended. ``episode_return`` (K,): their mean undiscounted return, NaN if none did.
        """
        count, total = torch.from_numpy(self.ended.copy()), torch.from_numpy(self.ended_returns.copy())
        self.ended[:], self.ended_returns[:] = 0, 0
        return {"episodes": count, "episode_return": total / count}

    def save(self) -> dict[str, Tensor | int]:
        """Put the new rows on disk, and return the rest of the phase's state for a checkpoint."""
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
    """Refuse what can't be fine-tuned, before the offline phase and not after it.

    Args:
        algorithm: command name.
        settings: that a run with an online phase must have; None if the learner has no such phase.
        config: the settings it has.
        world: where it would act.

    Raises:
        InputError: the learner needs more than transitions or other settings, or the world can't be saved.
    """
    if settings is None:
        raise InputError(f"{algorithm} has no online phase: leave --online-steps out")
    for name, value in settings.items():
        if getattr(config, name) != value:
            raise InputError(f"--{name.replace('_', '-')} must be {value} where training goes on online")
    if not isinstance(world, World):
        name = world.spec.id if world.spec else type(world).__name__
        raise InputError(f"{name}: no snapshot(), so an online phase couldn't be resumed; leave --online-steps out")
