"""D4RL's files of the mazes, written here by its scripts' rules."""

import h5py
import numpy as np
import pytest

import palaestra  # noqa: F401  (registers the worlds)
from palaestra import data
from palaestra.agents.rollouts.verify import verify
from palaestra.data.catalogue import describe
from palaestra.data.errors import InputError
from palaestra.envs.registered import make


def write(path, columns):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, array in columns.items():
            file.create_dataset(name, data=array, compression="gzip")


@pytest.fixture
def maze2d():
    """Six rows of the script: goals change after rows 1 and 4, rewards are those of the state before the action."""
    observations = np.array([[1, y, 0, 0] for y in (1.3, 1.4, 1.5, 1.6, 1.7, 1.8)], dtype=np.float32)
    goals = np.array([[1, 1], [1, 1], [3, 3], [3, 3], [3, 3], [1, 2]], dtype=np.float32)
    return {
        "observations": observations,
        "actions": np.zeros((6, 2), np.float32),
        "rewards": np.array([1, 1, 1, 0, 0, 0], np.float32),
        "infos/goal": goals,
        "terminals": np.array([0, 1, 0, 0, 1, 0], bool),
    }


def test_changes_of_goal_are_timeouts_whichever_way_a_file_marks_them(maze2d, tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    write(tmp_path / "made.hdf5", maze2d)
    published = {**maze2d, "terminals": np.zeros(6, bool), "timeouts": maze2d["terminals"]}
    write(tmp_path / "d4rl" / "maze2d-umaze-sparse-v1.hdf5", published)
    theirs = data.load("maze2d-umaze-v1", columns=["infos/goal"])
    made = data.load_path(tmp_path / "made.hdf5", "maze2d-umaze-v1")
    assert (theirs.env_id, theirs.horizon, theirs.observation_dim, theirs.action_dim) == ("maze2d-umaze-v1", 300, 4, 2)
    for dataset in (theirs, made):
        assert not dataset.columns["terminals"].any()
        assert np.flatnonzero(dataset.columns["timeouts"]).tolist() == [1, 4]
        assert dataset.transition_rows()[0].tolist() == [0, 2, 3]  # as D4RL: neither the flagged rows nor the last
    assert "2 terminals are changes of the navigation goal" in made.metadata["episode_ends"]
    assert theirs.columns["infos/goal"].shape == (6, 2)
    assert "timeouts mark changes of the navigation goal" in describe("maze2d-umaze-v1")["conventions"]


def test_an_antmaze_file_verifies_though_its_states_are_a_step_ahead(tmp_path):
    world = make("antmaze-umaze-v2")
    observation, _ = world.reset(seed=0)
    rows = []
    for action in np.random.default_rng(0).uniform(-1, 1, (40, 8)).astype(np.float32):
        following = world.step(action)[0]
        rows.append((observation, action, following[:15], following[15:]))
        observation = following
    observations, actions, qpos, qvel = (np.array(column, np.float32) for column in zip(*rows))
    columns = {"observations": observations, "actions": actions, "infos/qpos": qpos, "infos/qvel": qvel}
    columns |= {"rewards": np.zeros(40, np.float32), "terminals": np.zeros(40, np.float32)}
    columns |= {"timeouts": np.arange(40) == 39, "infos/goal": np.zeros((40, 2), np.float32)}
    path = tmp_path / "Ant_maze_u-maze_noisy_multistart_True_multigoal_True_sparse_fixed.hdf5"
    write(path, columns)
    dataset = data.load(path)  # known by its name
    assert (dataset.id, dataset.env_id, dataset.horizon) == ("antmaze-umaze-diverse-v2",) * 2 + (700,)
    assert dataset.columns["terminals"].dtype == bool
    result = verify(dataset)
    assert (result.method, result.rows, result.ok) == ("one step", 39, True)
    assert result.errors["next observations"] < 1e-4
    assert "infos/qpos and infos/qvel are those after the step" in describe(path)["conventions"]
    with pytest.raises(InputError, match="observations have 29 dimensions, maze2d-umaze-v1 has 4"):
        data.load_path(path, "maze2d-umaze-v1")
