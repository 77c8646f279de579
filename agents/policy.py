"""The policy protocols, and two policies that do not need torch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from palaestra.data.streams import child_seed

if TYPE_CHECKING:
    from palaestra.envs.task import Task

ROWS_PER_PRODUCT = 32  # fixed, so that results do not depend on the number of worlds; see GaussianPolicy


class Policy(Protocol):
    """A policy for a grid of worlds, (seeds, worlds per seed).

    It is self-contained: it normalises observations, has its own memory and its own random streams. A
    return-conditioned policy also has ``targets``, a tuple of returns: in world j of every seed the target return is
    ``targets[j % len(targets)]``.
    """

    def reset(self, which: np.ndarray | None = None) -> None:
        """Clear the memory of the worlds that begin a new episode.

        Args:
            which: (seeds, worlds) bool; None resets all worlds and rewinds the random streams.
        """

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """Actions for one step of every world.

        Args:
            observations: (seeds, worlds, d_s), not normalised.
            rewards: (seeds, worlds), the last step's reward, 0 at an episode's first step. Used only by
                return-conditioned policies.
            deterministic: act by the mode of the distribution instead of a sample.

        Returns:
            (seeds, worlds, d_a) float32, inside the action box.
        """


class TextPolicy(Protocol):
    """A policy for a list of worlds with text actions, which may run in other processes."""

    def reset(self, which: np.ndarray | None = None, tasks: "Sequence[Task | None]" = ()) -> None:
        """Clear the memory of the worlds that begin a new episode.

        Args:
            which: (worlds,) bool; None means all.
            tasks: the task of every world that begins an episode; None in the others.
        """

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> list[str]:
        """The text actions for one step of every world.

        Args:
            observations: one dict per world.
            rewards: (worlds,), the last step's reward, 0 at an episode's first step.
            deterministic: act greedily instead of sampling.
        """


class Sample(NamedTuple):
    """Sampled actions with their log densities, for importance weights; leading axes (seeds, worlds).

    Attributes:
        actions: (..., d_a) float32, ``unclipped`` clipped to the action box.
        unclipped: (..., d_a) float32, the sample itself.
        log_probs: (...) float32, log density of ``unclipped``.
        means: (..., d_a) float32, or None if the policy is not Gaussian.
        log_stds: (..., d_a) float32, or None if the policy is not Gaussian.
    """

    actions: np.ndarray
    unclipped: np.ndarray
    log_probs: np.ndarray
    means: np.ndarray | None = None
    log_stds: np.ndarray | None = None


class ActionNoise:
    """Random numbers for a grid of worlds: an independent stream for every (seed, world).

    A generator keyed by (seed, purpose, world, block number) produces ``steps`` draws at a time. The state is
    therefore one integer, and a world's numbers do not depend on the other worlds.

    Args:
        seeds: one integer per row of the grid.
        purpose: ``"normal"`` for standard normals, ``"uniform"`` for [0, 1); also part of the key.
        size: numbers per world and step.
        steps: draws per block.
    """

    def __init__(self, seeds: Sequence[int], purpose: str, size: int, steps: int = 64):
        self.seeds, self.purpose, self.size, self.steps = tuple(seeds), purpose, size, steps
        self.position = 0
        self._blocks: tuple[tuple[int, int], np.ndarray] | None = None

    def _block(self, seed: int, world: int, number: int) -> np.ndarray:
        key = child_seed(seed, "action", self.purpose, world, number)
        generator = np.random.Generator(np.random.Philox(key=key))
        draw = generator.standard_normal if self.purpose == "normal" else generator.random
        return draw((self.steps, self.size), dtype=np.float32)

    def draw(self, worlds: int) -> np.ndarray:
        """The next draw, (seeds, ``worlds``, size) float32; a view that must not be written to."""
        number, offset = divmod(self.position, self.steps)
        if self._blocks is None or self._blocks[0] != (number, worlds):
            numbers = [[self._block(seed, world, number) for world in range(worlds)] for seed in self.seeds]
            self._blocks = (number, worlds), np.moveaxis(np.array(numbers), 2, 0)
        self.position += 1
        return self._blocks[1][offset]


Draws = ActionNoise  # its name before 0.2


class RandomPolicy:
    """Uniform actions over a box; ``deterministic`` is ignored.

    Args:
        low: (d_a,) lower bounds.
        high: (d_a,) upper bounds.
        seeds: one per row of the grid of worlds.
    """

    def __init__(self, low: np.ndarray, high: np.ndarray, seeds: Sequence[int] = (0,)):
        self.low, self.high = np.asarray(low, np.float32), np.asarray(high, np.float32)
        self.log_prob = np.float32(-np.log(self.high.astype(np.float64) - self.low).sum())
        self.draws = ActionNoise(seeds, "uniform", len(self.low))

    def reset(self, which: np.ndarray | None = None) -> None:
        """See ``Policy.reset``."""
        if which is None:
            self.draws.position = 0

    def sample(self, observations: np.ndarray) -> Sample:
        """Draw an action for every world; see ``Sample``."""
        actions = self.low + (self.high - self.low) * self.draws.draw(observations.shape[1])
        return Sample(actions, actions, np.full(actions.shape[:-1], self.log_prob))

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """See ``Policy.act``."""
        return self.sample(observations).actions


class GaussianPolicy:
    """PPO's policy in NumPy: a Gaussian whose mean is a tanh network, with a state-independent standard deviation.

    ``mean(s) = W_m tanh(W_2 tanh(W_1 clip((s - observation_mean) / observation_std, ±observation_clip)))`` with
    biases; actions are clipped to [action_low, action_high].

    The last bits of a BLAS matrix product may depend on the number of rows. Rows are therefore multiplied in
    blocks of ``ROWS_PER_PRODUCT``, the last one padded: on one machine, a world's actions are bit-identical for any
    number of worlds.

    Args:
        weights: float32 arrays: ``observation_mean``, ``observation_std`` (d_s,), ``observation_clip`` (),
            ``hidden.K.weight`` (out, in) and ``hidden.K.bias`` (out,) for K = 0, 1, ..., ``mean.weight``,
            ``mean.bias``, ``log_std``, ``action_low``, ``action_high`` (d_a,).
        seeds: one per row of the grid of worlds.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], seeds: Sequence[int] = (0,)):
        w = {name: np.asarray(array, np.float32) for name, array in weights.items()}
        depth = sum(name.startswith("hidden.") and name.endswith(".weight") for name in w)
        self.layers = [
            (np.ascontiguousarray(w[f"{name}.weight"].T), w[f"{name}.bias"])
            for name in (*(f"hidden.{k}" for k in range(depth)), "mean")
        ]
        self.observation_mean, self.observation_std = w["observation_mean"], w["observation_std"]
        self.observation_clip = w["observation_clip"]
        self.log_std, self.low, self.high = w["log_std"], w["action_low"], w["action_high"]
        self.draws = ActionNoise(seeds, "normal", len(self.log_std))

    def reset(self, which: np.ndarray | None = None) -> None:
        """See ``Policy.reset``."""
        if which is None:
            self.draws.position = 0

    def mean(self, observations: np.ndarray) -> np.ndarray:
        """Unclipped means of the Gaussians for observations (..., d_s): (..., d_a) float32."""
        grid, dim = observations.shape[:-1], observations.shape[-1]
        rows = observations.astype(np.float32, copy=False).reshape(-1, dim)
        x = np.zeros((-(-len(rows) // ROWS_PER_PRODUCT), ROWS_PER_PRODUCT, dim), np.float32)
        flat = x.reshape(-1, dim)[: len(rows)]
        np.subtract(rows, self.observation_mean, out=flat)
        flat /= self.observation_std
        np.clip(flat, -self.observation_clip, self.observation_clip, out=flat)
        for weight, bias in self.layers[:-1]:
            x = np.tanh(x @ weight + bias)
        weight, bias = self.layers[-1]
        return (x @ weight + bias).reshape(-1, len(bias))[: len(rows)].reshape(*grid, len(bias))

    def sample(self, observations: np.ndarray) -> Sample:
        """Draw an action for every world of the grid; see ``Sample``."""
        means = self.mean(observations)
        unclipped = means + np.exp(self.log_std) * self.draws.draw(observations.shape[1])
        log_stds = np.broadcast_to(self.log_std, means.shape)
        log_probs = gaussian_log_prob(unclipped, means, log_stds)
        return Sample(np.clip(unclipped, self.low, self.high), unclipped, log_probs, means, log_stds)

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """See ``Policy.act``."""
        if deterministic:
            return np.clip(self.mean(observations), self.low, self.high)
        return self.sample(observations).actions


def gaussian_log_prob(values: np.ndarray, means: np.ndarray, log_stds: np.ndarray) -> np.ndarray:
    """Log density of a diagonal Gaussian, summed over the last axis in float64, returned as float32."""
    log_stds = log_stds.astype(np.float64)
    z = (values.astype(np.float64) - means) * np.exp(-log_stds)
    return (-0.5 * z**2 - log_stds - 0.5 * np.log(2 * np.pi)).sum(axis=-1).astype(np.float32)
