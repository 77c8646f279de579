"""Datasets of stable-baselines3's replay buffers: experience of online agents, for offline learners."""

from typing import TYPE_CHECKING

import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl_ids

if TYPE_CHECKING:
    from gymnasium.spaces import Box
    from stable_baselines3.common.buffers import ReplayBuffer


def from_sb3(buffer: "ReplayBuffer", env_id: str, id: str | None = None) -> Dataset:
    """The steps in a replay buffer, oldest first, as episodes with the true observation after each one's last step.

    The steps of several environments follow one another, environment by environment. Episodes that the buffer has only
    in part (the oldest one when it is full, and the one still running) count as cut by time. Actions are mapped from
    the [-1, 1] in which SAC, TD3 and DDPG store them to the environment's range.

    Args:
        buffer: ``model.replay_buffer``, or one that was filled in the same way.
        env_id: of the environment, for evaluation.
        id: of the dataset; ``sb3:`` and the environment's id by default.

    Raises:
        InputError: observations or actions are not vectors of numbers, or the buffer doesn't keep what is needed: next
            observations, and whether an episode ended or was cut by a time limit.
    """
    id = id or f"sb3:{env_id}"
    action_space = _checked_action_space(buffer, id)
    order = np.arange(buffer.pos)
    if buffer.full:
        order = (buffer.pos + np.arange(buffer.buffer_size)) % buffer.buffer_size
    if len(order) == 0:
        raise InputError(f"{id}: the replay buffer is empty")

    def column(array: np.ndarray) -> np.ndarray:
        return array[order].swapaxes(0, 1).reshape(-1, *array.shape[2:])

    observations, following = column(buffer.observations), column(buffer.next_observations)
    dones, timeouts = column(buffer.dones) > 0, column(buffer.timeouts) > 0
    ends = dones.copy()
    ends[len(order) - 1 :: len(order)] = True  # the last step of every environment
    inner = np.flatnonzero(~ends)
    broken = inner[(following[inner] != observations[inner + 1]).any(axis=1)]
    if len(broken):
        raise InputError(f"{id}: step {broken[0]} of the replay buffer doesn't lead to the step after it")
    horizon = _horizon(env_id, ends)
    if (
        not buffer.handle_timeout_termination
        and (np.diff(np.flatnonzero(ends), prepend=-1)[dones[ends]] >= horizon).any()
    ):
        raise InputError(
            f"{id}: can't tell time limits from ends of the task; make the buffer with handle_timeout_termination=True"
        )
    low, high = action_space.low, action_space.high
    actions = column(buffer.actions)
    if not ((low == -1).all() and (high == 1).all()):
        actions = low + 0.5 * (actions + 1) * (high - low)
    columns = {
        "observations": observations.astype(np.float32),
        "actions": actions.astype(np.float32),
        "rewards": column(buffer.rewards),
        "terminals": dones & ~timeouts,
        "timeouts": ends & ~(dones & ~timeouts),
    }
    final = {"final_observations": following[ends].astype(np.float32)}
    return Dataset(id, env_id, columns, horizon, final, {"source": "stable-baselines3"})


def _checked_action_space(buffer: "ReplayBuffer", id: str) -> "Box":
    """The action space of a buffer whose steps are vectors, with true next observations; an error for any other."""
    from gymnasium.spaces import Box

    if not isinstance(buffer.observations, np.ndarray) or buffer.observations.ndim != 3:
        raise InputError(f"{id}: observations are {buffer.observation_space}, expected a Box with one dimension")
    if not isinstance(buffer.action_space, Box) or len(buffer.action_space.shape) != 1:
        raise InputError(f"{id}: actions are {buffer.action_space}, expected a Box with one dimension")
    if buffer.optimize_memory_usage:
        raise InputError(f"{id}: optimize_memory_usage=True doesn't keep the observation after an episode's last step")
    return buffer.action_space


def _horizon(env_id: str, ends: np.ndarray) -> int:
    """Steps after which the environment cuts an episode; where it never does, one more than the longest episode."""
    import gymnasium

    if (world := d4rl_ids.world_of(env_id)) is not None:
        return world.horizon
    spec = gymnasium.registry.get(env_id)
    if spec is not None and spec.max_episode_steps is not None:
        return spec.max_episode_steps
    return int(np.diff(np.flatnonzero(ends), prepend=-1).max()) + 1
