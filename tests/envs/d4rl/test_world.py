from dataclasses import replace

import gymnasium
import h5py
import numpy as np
import pytest
from gymnasium.wrappers import RecordEpisodeStatistics

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.data.catalogue import convert
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl import write_hdf5


@pytest.fixture
def dataset():
    random = np.random.default_rng(0)
    columns = {
        "observations": random.normal(size=(20, 11)).astype(np.float32),
        "actions": random.uniform(-1, 1, (20, 3)).astype(np.float32),
        "rewards": random.normal(size=20).astype(np.float32),
        "terminals": np.arange(20) % 7 == 6,
        "timeouts": np.arange(20) % 10 == 9,
        "infos/qpos": random.normal(size=(20, 6)),
    }
    return Dataset("hopper-medium-v2", "hopper-medium-v2", columns, 1000)


def test_a_dataset_comes_from_the_cache_or_a_file(dataset, tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    (tmp_path / "d4rl").mkdir()
    write_hdf5(dataset, tmp_path / "d4rl" / "hopper_medium-v2.hdf5")
    write_hdf5(dataset, tmp_path / "elsewhere.hdf5")
    world = gymnasium.make("hopper-medium-v2")
    for columns in (world.get_dataset(), world.get_dataset(tmp_path / "elsewhere.hdf5")):
        for name, column in dataset.columns.items():
            np.testing.assert_array_equal(columns[name], column)
            assert columns[name].dtype == column.dtype
            columns[name][:1] = 0  # D4RL's users do write to it


@pytest.mark.parametrize("name", ["folder", "data.npz", "data.hdf5", "minari:mine/hopper-v0", "recipe"])
def test_get_dataset_reads_every_format_alike(dataset, tmp_path, monkeypatch, name):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    final = np.random.default_rng(1).normal(size=(4, 11)).astype(np.float32)
    metadata = {"metadata/algorithm": "SAC", "metadata/iteration": 7}
    dataset = replace(dataset, episode_columns={"final_observations": final}, metadata=metadata)
    recipe = tmp_path / "recipes" / "hopper" / "medium-v0"
    dataset.save(recipe)
    target = name if name.startswith("minari:") else tmp_path / name
    if name == "recipe":
        target = "palaestra/hopper/medium-v0"
    else:
        convert(recipe, target)
    columns = gymnasium.make("hopper-medium-v2").get_dataset(str(target))
    assert set(columns) == {*dataset.columns, *metadata, "next_observations"}
    np.testing.assert_array_equal(columns["next_observations"][[6, 9, 13, 19]], final)
    np.testing.assert_array_equal(columns["next_observations"][0], dataset.columns["observations"][1])
    columns["rewards"][0] = 0  # D4RL's users do write to it
    assert (columns["metadata/algorithm"], columns["metadata/iteration"].dtype) == (b"SAC", np.int32)


def test_chunks_of_a_file_that_has_some(dataset, tmp_path):
    world = gymnasium.make("hopper-medium-v2")
    with h5py.File(tmp_path / "chunks.hdf5", "w") as file:
        for name, array in dataset.columns.items():
            file[f"virtual/3/{name}"] = array
    chunk = world.get_dataset_chunk(3, tmp_path / "chunks.hdf5")
    assert set(chunk) == {"observations", "actions", "rewards", "terminals"}
    np.testing.assert_array_equal(chunk["actions"], dataset.columns["actions"])
    with pytest.raises(InputError, match="has no chunk 0; there are 3"):
        world.get_dataset_chunk(0, tmp_path / "chunks.hdf5")


@pytest.mark.parametrize("options", [{}, {"max_episode_steps": 2000}, {"disable_env_checker": False}])
def test_what_d4rls_users_call_is_reached_through_wrappers(options, dataset, tmp_path):
    write_hdf5(dataset, tmp_path / "data.hdf5")
    made = gymnasium.make("hopper-medium-v2", **options)
    wrapped = RecordEpisodeStatistics(made)
    if "disable_env_checker" not in options:
        assert len(made.get_dataset(tmp_path / "data.hdf5")["rewards"]) == 20
        assert made.get_normalized_score(made.ref_max_score) == 1.0
    for reach in (made.get_wrapper_attr, wrapped.get_wrapper_attr, lambda name: getattr(wrapped.unwrapped, name)):
        assert len(reach("get_dataset")(tmp_path / "data.hdf5")["rewards"]) == 20
        assert reach("get_normalized_score")(reach("ref_min_score")) == 0.0
        assert reach("get_normalized_score")(reach("ref_max_score")) == 1.0


def test_another_robots_file_is_refused(dataset, tmp_path):
    write_hdf5(dataset, tmp_path / "data.hdf5")
    with pytest.raises(InputError, match="observations have 11 dimensions, halfcheetah-medium-v2 has 17"):
        gymnasium.make("halfcheetah-medium-v2").get_dataset(tmp_path / "data.hdf5")


@pytest.mark.parametrize(
    ("env_id", "end"),
    [
        ("hopper-medium-expert-v2", "/gym_mujoco_v2/hopper_medium_expert-v2.hdf5"),
        ("ant-full-replay-v1", "/gym_mujoco_v1/ant_full_replay-v1.hdf5"),
        ("walker2d-medium-replay-v0", "/gym_mujoco/walker_mixed.hdf5"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*is out of date:DeprecationWarning")
def test_an_id_knows_where_its_file_is_published_and_its_scores(env_id, end, monkeypatch):
    monkeypatch.delenv("PALAESTRA_D4RL_URL", raising=False)
    world = gymnasium.make(env_id)
    assert world.dataset_url == "http://rail.eecs.berkeley.edu/datasets/offline_rl" + end
    assert world.get_normalized_score(world.ref_max_score) == 1.0


def test_ants_contacts_are_zeros_as_in_d4rls_files_unless_asked_for():
    worlds = {contacts: gymnasium.make("ant-medium-v2", contacts=contacts) for contacts in ("as-data", "real")}
    worlds["by default"] = gymnasium.make("ant-medium-v2")
    seen: dict[str, list[np.ndarray]] = {name: [] for name in worlds}
    rewards = dict.fromkeys(worlds, 0.0)
    for name, world in worlds.items():
        world.reset(seed=0)
        for action in np.random.default_rng(0).uniform(-1, 1, (60, 8)):
            observation, _, _, _, info = world.step(action)
            seen[name].append(observation)
            rewards[name] += info["reward_contact"]
    data, real = np.array(seen["as-data"]), np.array(seen["real"])
    np.testing.assert_array_equal(data, seen["by default"])
    np.testing.assert_array_equal(data[:, :27], real[:, :27])
    assert not data[:, 27:].any()
    assert real[:, 27:].max() == 1.0
    assert rewards["as-data"] == 0 > rewards["real"]
    with pytest.raises(ValueError, match="contacts as data"):
        worlds["real"].restore(worlds["as-data"].snapshot())
    assert worlds["real"].fork().contacts == "real"
    vector = gymnasium.make_vec("ant-medium-v2", 2)
    vector.reset(seed=0)
    for action in np.random.default_rng(0).uniform(-1, 1, (30, 2, 8)):
        assert not vector.step(action)[0][:, 27:].any()
    with pytest.raises(InputError, match="there are 'as-data' and 'real'"):
        gymnasium.make("ant-medium-v2", contacts="none")
