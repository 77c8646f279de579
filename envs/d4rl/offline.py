"""What an environment of D4RL offers besides stepping: its dataset and the address of it."""

from pathlib import Path
from typing import Any

import numpy as np

from palaestra.data import is_id, load, load_path
from palaestra.data.dataset import REQUIRED, Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl, d4rl_ids
from palaestra.data.formats.origin import known_as, metadata_for_file
from palaestra.data.formats.successors import SUCCESSORS, next_observations
from palaestra.data.paths import path_of


class OfflineData:
    """The methods of D4RL's ``OfflineEnv``, for a world with a ``dataset_id`` (Fu et al., arXiv 2004.07219)."""

    dataset_id: str
    """D4RL's id of the dataset."""

    @property
    def ref_min_score(self) -> float:
        """D4RL's return of a random policy, whose score is 0."""
        return d4rl_ids.reference_score(self.dataset_id)[0]

    @property
    def ref_max_score(self) -> float:
        """D4RL's return of an expert, whose score is 1 here and 100 in tables."""
        return d4rl_ids.reference_score(self.dataset_id)[1]

    def get_normalized_score(self, score: Any) -> Any:
        """A return, or an array of them, normalised as in D4RL: a fraction, printed times 100 in tables."""
        return (score - self.ref_min_score) / (self.ref_max_score - self.ref_min_score)

    @property
    def dataset_url(self) -> str:
        """D4RL's URL of the dataset."""
        return d4rl_ids.url(self.dataset_id)

    @property
    def dataset_filepath(self) -> str:
        """The dataset's file on this machine, or where it will be downloaded to."""
        return str(d4rl.local_file(self.dataset_id) or d4rl.download_folder() / d4rl_ids.file_name(self.dataset_id))

    def get_dataset(self, h5path: str | Path | None = None) -> dict[str, Any]:
        """The dataset as a file in D4RL's layout has it.

        Args:
            h5path: an HDF5 file in D4RL's layout; also what else ``palaestra.data.load`` reads: an ``.npz``, a folder,
                the id of a recipe or ``minari:ID``. By default D4RL's own file, from the cache or downloaded into it.

        Returns:
            Arrays of N rows: observations, actions, rewards, terminals and all others in the file, and
            ``next_observations`` if the data have the observations after their episodes' ends; under ``metadata/``
            arrays and scalars.

        Raises:
            InputError: no such file, no network, or not a dataset of this environment.
        """
        return columns_of(_load_as(self.dataset_id, h5path))

    def get_dataset_chunk(self, chunk_id: int, h5path: str | Path | None = None) -> dict[str, np.ndarray]:
        """One chunk of a file that D4RL split into chunks: observations, actions, rewards, terminals.

        Raises:
            InputError: the file has no chunks, or not this one.
        """
        import h5py  # a world that is only stepped doesn't load it

        path = path_of(self.dataset_filepath if h5path is None else h5path)
        try:
            with h5py.File(path) as file:
                chunks = sorted(map(int, file.get("virtual", {})))
                if chunk_id not in chunks:
                    there = f"there are {', '.join(map(str, chunks))}" if chunks else "it isn't split into chunks"
                    raise InputError(f"{path}: has no chunk {chunk_id}; {there}")
                return {name: file[f"virtual/{chunk_id}/{name}"][:] for name in REQUIRED}
        except (OSError, KeyError) as error:
            raise InputError(f"{path}: not a readable HDF5 file with chunks ({error})") from None


def _load_as(id: str, source: str | Path | None) -> Dataset:
    if source is None:
        return d4rl.load(id, columns="all")
    if isinstance(source, str) and is_id(source):
        return known_as(load(source, columns="all"), id, Path(source))
    return load_path(path_of(source), id, columns="all")


def columns_of(dataset: Dataset) -> dict[str, Any]:
    """The arrays and metadata of a file in D4RL's layout with this dataset; all arrays can be written to."""
    columns = {name: np.require(array, requirements="W") for name, array in dataset.columns.items()}
    if SUCCESSORS not in columns and dataset.final_observations is not None:
        columns[SUCCESSORS] = next_observations(dataset)
    metadata = {name: value for name, value in dataset.metadata.items() if name.startswith("metadata/")}
    return columns | {name: metadata_for_file(value) for name, value in metadata.items()}
