"""An environment that steps through recorded episodes, whatever it is told to do."""

from typing import Any

import gymnasium
import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError


class ReplayEnv(gymnasium.Env):
    """Episodes of a dataset as a Gymnasium environment: actions are ignored, and the recorded ones are in the info.

    ``reset`` starts the next episode, after the last one the first, or ``options={"episode": k}``. ``info["row"]`` is
    the row that the observation is from, ``info["action"]`` the recorded action of the step. Where a dataset lacks the
    observation after an episode's last step, as D4RL's do, that step returns the last observation once more, and
    ``info["repeated"]`` is True.

    Args:
        dataset: with at least one episode.
    """

    def __init__(self, dataset: Dataset):
        if not len(dataset.episodes):
            raise InputError(f"{dataset.id}: has no whole episode")
        self.dataset = dataset
        self.observation_space = gymnasium.spaces.Box(-np.inf, np.inf, (dataset.observation_dim,), np.float32)
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (dataset.action_dim,), np.float32)
        self.episode = -1
        self._row = self._stop = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Start an episode; the seed changes nothing.

        Raises:
            InputError: there is no such episode.
        """
        super().reset(seed=seed)
        count = len(self.dataset.episodes)
        self.episode = (self.episode + 1) % count if options is None else options.get("episode", 0)
        if not 0 <= self.episode < count:
            raise InputError(f"{self.dataset.id}: has no episode {self.episode}; there are {count}, counted from 0")
        self._row, self._stop = self.dataset.episodes[self.episode].tolist()
        return self._observation(self._row), {"row": self._row}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """The recorded step; ``action`` is ignored."""
        if self._row >= self._stop:
            raise gymnasium.error.ResetNeeded(f"{self}: call reset() before step()")
        columns, row = self.dataset.columns, self._row
        self._row += 1
        last = self._row == self._stop
        terminated = bool(columns["terminals"][row])
        info = {"row": self._row, "action": np.array(columns["actions"][row]), "repeated": False}
        if last:
            final = self.dataset.final_observations
            info |= {"row": row, "repeated": final is None}
            observation = self._observation(row) if final is None else np.array(final[self.episode])
        else:
            observation = self._observation(self._row)
        return observation, float(columns["rewards"][row]), terminated, last and not terminated, info

    def _observation(self, row: int) -> np.ndarray:
        return np.array(self.dataset.columns["observations"][row])
