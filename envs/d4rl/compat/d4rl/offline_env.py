"""``d4rl.offline_env``: where files are, and the base class of a script's own environments with a dataset."""

import os
from pathlib import Path
from typing import Any

from palaestra.data.dataset import REQUIRED
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl
from palaestra.data.store import download
from palaestra.envs.d4rl.compat.gym import logger
from palaestra.envs.d4rl.compat.gym.env import Env, Wrapper
from palaestra.envs.d4rl.views import set_dataset_path

__all__ = [
    "OfflineEnv",
    "OfflineEnvWrapper",
    "download_dataset_from_url",
    "filepath_from_url",
    "get_keys",
    "set_dataset_path",
]


def get_keys(h5file: Any) -> list[str]:
    """Names of all arrays in an open HDF5 file."""
    names: list[str] = []
    h5file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
    return names


def filepath_from_url(dataset_url: str) -> str:
    """Where the file of a URL is, or will be downloaded to."""
    package_folder = Path(os.environ.get("D4RL_DATASET_DIR") or "~/.d4rl/datasets").expanduser()
    paths = [folder / dataset_url.rpartition("/")[2] for folder in (d4rl.download_folder(), package_folder)]
    return str(next((path for path in paths if path.exists()), paths[0]))


def download_dataset_from_url(dataset_url: str) -> str:
    """Download a file unless it is there; returns its path.

    Raises:
        InputError: it can't be downloaded.
    """
    path = Path(filepath_from_url(dataset_url))
    return str(path if path.exists() else download(dataset_url, path))


class OfflineEnv(Env):
    """The base class of a script's own environments with a dataset: ``d4rl.offline_env.OfflineEnv``."""

    def __init__(
        self,
        dataset_url: str | None = None,
        ref_max_score: float | None = None,
        ref_min_score: float | None = None,
        deprecated: bool = False,
        deprecation_message: str | None = None,
    ):
        self.dataset_url = self._dataset_url = dataset_url
        self.ref_max_score, self.ref_min_score = ref_max_score, ref_min_score
        if deprecated:
            logger.warn(deprecation_message or f"{self}: deprecated; use the most recent version")

    def get_normalized_score(self, score: Any) -> Any:
        """A return as a fraction of the references."""
        if self.ref_max_score is None or self.ref_min_score is None:
            raise ValueError("Reference score not provided for env")
        return (score - self.ref_min_score) / (self.ref_max_score - self.ref_min_score)

    @property
    def dataset_filepath(self) -> str:
        """Where the dataset's file is, or will be downloaded to."""
        return filepath_from_url(self._url())

    def _url(self) -> str:
        if self.dataset_url is None:
            raise ValueError("Offline env not configured with a dataset URL.")
        return self.dataset_url

    def get_dataset(self, h5path: str | Path | None = None) -> dict[str, Any]:
        """All arrays and scalars of an HDF5 file, by default the dataset's.

        Raises:
            InputError: the file can't be read or lacks a column, or its shapes aren't the environment's.
        """
        import h5py

        path = download_dataset_from_url(self._url()) if h5path is None else h5path
        try:
            with h5py.File(path) as file:
                data = {name: file[name][()] for name in get_keys(file)}
        except OSError as error:
            raise InputError(f"{path}: not a readable HDF5 file ({error})") from None
        if missing := [name for name in REQUIRED if name not in data]:
            raise InputError(f"{path}: missing {', '.join(missing)}")
        for name, space in (("observations", self.observation_space), ("actions", self.action_space)):
            if space.shape is not None and data[name].shape[1:] != space.shape:
                raise InputError(f"{path}: {name} have shape {data[name].shape[1:]}, {self} has {space.shape}")
        rows = len(data["observations"])
        return data | {name: data[name].reshape(rows) for name in ("rewards", "terminals")}


class OfflineEnvWrapper(Wrapper, OfflineEnv):
    """An environment with a dataset: ``d4rl.offline_env.OfflineEnvWrapper``."""

    def __init__(self, env: Any, **about: Any):
        Wrapper.__init__(self, env)
        OfflineEnv.__init__(self, **about)
