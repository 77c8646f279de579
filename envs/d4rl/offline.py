"""The methods by which D4RL's environments give their data and scores."""

from pathlib import Path

import numpy as np

from palaestra.data.formats import d4rl, d4rl_ids


class OfflineData:
    """The methods of D4RL's ``OfflineEnv``, for a world with a ``dataset_id`` (Fu et al., arXiv 2004.07219)."""

    dataset_id: str
    """D4RL's id of the dataset."""

    @property
    def dataset_url(self) -> str:
        """D4RL's URL of the dataset."""
        return d4rl_ids.url(self.dataset_id)

    def get_dataset(self, h5path: str | Path | None = None) -> dict[str, np.ndarray]:
        """The dataset's columns, N rows each: observations, actions, rewards, terminals and all others in the file.

        Args:
            h5path: an HDF5 file; by default D4RL's own, from the cache or downloaded into it.

        Raises:
            InputError: no such file, no network, or not a dataset of this robot.
        """
        if h5path is None:
            dataset = d4rl.load(self.dataset_id, columns="all")
        else:
            dataset = d4rl.read_hdf5(h5path, self.dataset_id, columns="all")
        return dict(dataset.columns)

    @property
    def ref_min_score(self) -> float:
        """D4RL's return of a random policy, whose score is 0."""
        return d4rl_ids.reference_score(self.dataset_id)[0]

    @property
    def ref_max_score(self) -> float:
        """D4RL's return of an expert, whose score is 1 here and 100 in tables."""
        return d4rl_ids.reference_score(self.dataset_id)[1]

    def get_normalized_score(self, score: float) -> float:
        """An episode's return, normalised as in D4RL: a fraction, printed times 100 in tables."""
        return (score - self.ref_min_score) / (self.ref_max_score - self.ref_min_score)
