import json
import os
import re
import subprocess
import sys
import threading
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h5py
import numpy as np
import pytest

import palaestra
from palaestra.data import load
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import columns as layout
from palaestra.data.formats import d4rl, d4rl_ids, npz
from palaestra.data.formats.successors import next_observations

ROWS = 12


def hopper_columns(rows=ROWS, seed=0):
    rng = np.random.default_rng(seed)
    return {
        "observations": rng.normal(size=(rows, 11)).astype(np.float32),
        "actions": rng.uniform(-1, 1, size=(rows, 3)).astype(np.float32),
        "rewards": rng.normal(size=rows).astype(np.float32),
        "terminals": np.arange(rows) % 5 == 4,
        "timeouts": np.arange(rows) % 7 == 6,
    }


def recipe_dataset():
    """A dataset with every kind of content."""
    rng = np.random.default_rng(1)
    columns = hopper_columns() | {
        "infos/qpos": rng.normal(size=(ROWS, 6)),
        "infos/action_log_probs": rng.normal(size=ROWS).astype(np.float32),
    }
    episodes = {
        "final_observations": rng.normal(size=(4, 11)).astype(np.float32),
        "start_snapshots": rng.integers(0, 256, size=(4, 300), dtype=np.uint8),
    }
    metadata = {"seed": 3, "cut_rows": [11], "versions": {"mujoco": "3.3.7"}}
    return Dataset("palaestra/hopper/medium-v0", "palaestra/Hopper-v0", columns, 1000, episodes, metadata)


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("D4RL_DATASET_DIR", str(tmp_path / "theirs"))
    monkeypatch.setenv("PALAESTRA_D4RL_URL", "http://127.0.0.1:9")
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


def write_v2_file(path, columns=None, metadata=True):
    """A file as D4RL's generators write them (gzip, flat keys), by plain h5py."""
    rng = np.random.default_rng(2)
    columns = columns or hopper_columns()
    rows = np.size(columns["rewards"]) if metadata else 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, array in columns.items():
            file.create_dataset(name, data=array, compression="gzip" if np.ndim(array) else None)
        if metadata:
            following = np.concatenate([columns["observations"][1:], columns["observations"][:1]])
            file.create_dataset("next_observations", data=following, compression="gzip")
            file.create_dataset("infos/qpos", data=rng.normal(size=(rows, 6)).astype("f4"), compression="gzip")
            file["metadata/algorithm"] = np.bytes_("SAC")
            file["metadata/iteration"] = np.int32(650)
            file["metadata/policy/fc0/weight"] = rng.normal(size=(256, 11)).astype(np.float32)
            file["metadata/policy/nonlinearity"] = np.bytes_("relu")
    return path


def d4rl_get_dataset(path):
    """What the public package's `get_dataset` makes of a file: every HDF5 dataset under its full name."""
    datasets = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            datasets[name] = item[()]

    with h5py.File(path) as file:
        file.visititems(visit)
    return datasets


def assert_same(one, other):
    assert (one.id, one.env_id, one.horizon) == (other.id, other.env_id, other.horizon)
    assert dict(one.metadata) == dict(other.metadata)
    for kind in ("columns", "episode_columns"):
        ours, theirs = getattr(one, kind), getattr(other, kind)
        assert set(ours) == set(theirs)
        for name, array in ours.items():
            assert array.dtype == theirs[name].dtype, name
            assert np.array_equal(array, theirs[name]), name
    assert one.fingerprint == other.fingerprint


# ------------------------------------------------------------------------------------------ ids and scores


def test_the_ids_are_d4rls_gym_mujoco_ids():
    table = json.loads((Path(palaestra.__path__[0]) / "data" / "formats" / "d4rl_reference_scores.json").read_text())
    robots = ("hopper", "halfcheetah", "walker2d", "ant")
    assert len(d4rl.GYM_IDS) == 69
    assert set(d4rl.GYM_IDS) == {id for id in table if id.split("-")[0] in robots}
    assert all(str(d4rl.parse_id(id)) == id for id in d4rl.GYM_IDS)
    assert d4rl.parse_id("ant-random-expert-v0") == ("ant", "random-expert", 0)
    others = {id for id in table if re.match("(maze2d|antmaze|pen|door|hammer|relocate|kitchen)-", id)}
    assert set(d4rl.D4RL_IDS) == set(d4rl.GYM_IDS) | others
    assert all(str(d4rl.parse_id(id)) == id for id in others)
    assert d4rl.parse_id("maze2d-eval-umaze-dense-v1") == ("maze2d", "eval-umaze-dense", 1)


@pytest.mark.parametrize(
    ("id", "path"),
    [
        ("hopper-medium-v2", "gym_mujoco_v2/hopper_medium-v2.hdf5"),
        ("walker2d-full-replay-v2", "gym_mujoco_v2/walker2d_full_replay-v2.hdf5"),
        ("halfcheetah-medium-expert-v1", "gym_mujoco_v1/halfcheetah_medium_expert-v1.hdf5"),
        ("halfcheetah-expert-v0", "gym_mujoco/halfcheetah_expert.hdf5"),
        ("hopper-medium-replay-v0", "gym_mujoco/hopper_mixed.hdf5"),
        ("walker2d-medium-replay-v0", "gym_mujoco/walker_mixed.hdf5"),
        ("pen-human-longhorizon-v0", "hand_dapg/pen-v0_demos_clipped.hdf5"),
        ("relocate-expert-v0", "hand_dapg/relocate-v0_expert_clipped.hdf5"),
        ("hammer-cloned-v1", "hand_dapg_v1/hammer-cloned-v1.hdf5"),
        ("kitchen-complete-v0", "kitchen/mini_kitchen_microwave_kettle_light_slider-v0.hdf5"),
        ("kitchen-mixed-v0", "kitchen/kitchen_microwave_kettle_bottomburner_light-v0.hdf5"),
        ("ant-random-expert-v0", "gym_mujoco/ant_random_expert.hdf5"),
        ("maze2d-open-v0", "maze2d/maze2d-open-sparse.hdf5"),
        ("maze2d-umaze-dense-v1", "maze2d/maze2d-umaze-dense-v1.hdf5"),
        (
            "antmaze-medium-play-v2",
            "ant_maze_v2/Ant_maze_big-maze_noisy_multistart_True_multigoal_False_sparse_fixed.hdf5",
        ),
        (
            "antmaze-large-diverse-v0",
            "ant_maze_new/Ant_maze_hardest-maze_noisy_multistart_True_multigoal_True_sparse.hdf5",
        ),
        ("antmaze-umaze-v1", "ant_maze_v1/Ant_maze_umaze_noisy_multistart_False_multigoal_False_sparse.hdf5"),
        (
            "antmaze-eval-medium-diverse-v0",
            "ant_maze_new/Ant_maze_medium_eval_noisy_multistart_True_multigoal_False_sparse.hdf5",
        ),
    ],
)
def test_addresses_are_the_published_ones(id, path, monkeypatch):
    monkeypatch.delenv("PALAESTRA_D4RL_URL")
    assert d4rl.url(id) == f"http://rail.eecs.berkeley.edu/datasets/offline_rl/{path}"
    monkeypatch.setenv("PALAESTRA_D4RL_URL", "http://127.0.0.1:80/mirror/")
    assert d4rl.url(id) == f"http://127.0.0.1:80/mirror/{path}"


@pytest.mark.parametrize(
    ("id", "message"),
    [
        ("hopper-medum-v2", "nearest: hopper-medium-v2"),
        ("hopper-medium-v3", "nearest: hopper-medium-v2"),
        ("palaestra/hoper/medium-v0", "nearest: palaestra/hopper/medium-v0"),
        ("flow-ring-random-v0", "D4RL.s family flow is not here"),
        ("antmaze-umaze-v3", "nearest: antmaze-umaze-v2"),
        ("xyz", "`palaestra data list` prints all ids"),
    ],
)
def test_unknown_ids_name_the_nearest(id, message):
    with pytest.raises(InputError, match=f"^{id}: .*{message}") as caught:
        load(id)
    assert "\n" not in str(caught.value)


HOPPER_IDS = [
    "hopper-medium-v2",
    "hopper-random-v0",
    "palaestra/Hopper-v0",
    "palaestra/hopper/expert-v0",
    "Hopper-v4",
    "Hopper-v5",
]


@pytest.mark.parametrize("env_id", HOPPER_IDS)
def test_every_name_of_a_robot_has_its_reference(env_id):
    assert d4rl.reference_score(env_id) == (-20.272305, 3234.3)


def test_every_published_reference_scores_0_and_100():
    table = json.loads((Path(palaestra.__path__[0]) / "data" / "formats" / "d4rl_reference_scores.json").read_text())
    assert len(table) == 186
    for id, pair in table.items():
        np.testing.assert_allclose(d4rl.normalised_score(id, [pair["min"], pair["max"]]), [0, 100])
    assert d4rl.normalised_score("halfcheetah-medium-v2", 12135.0) == 100


@pytest.mark.parametrize(
    ("env_id", "id"), [("HalfCheetah-v4", "halfcheetah-"), ("Walker2d-v5", "walker2d-"), ("Ant-v3", "ant-")]
)
def test_gymnasiums_environments_of_a_robot_have_its_reference(env_id, id):
    assert d4rl.reference_score(env_id) == d4rl.reference_score(f"{id}medium-v2")
    assert d4rl_ids.robot_and_kind(env_id) == (id[:-1], None)


def test_worlds_without_a_reference():
    for id in ("Hopper-v6", "HopperBullet-v0", "Reacher-v4"):
        with pytest.raises(InputError, match=f"{id}: no reference score"):
            d4rl.reference_score(id)
    with pytest.raises(InputError, match="Pendulum-v1: no reference score"):
        d4rl.normalised_score("Pendulum-v1", 0)


# ------------------------------------------------------------------------------------------ reading D4RL's files


@pytest.mark.parametrize("name", ["hopper_medium-v2.hdf5", "hopper-medium-v2.hdf5", "hopper-medium-v2.h5"])
def test_d4rls_own_files_are_known_by_name(tmp_path, name):
    dataset = load(write_v2_file(tmp_path / name))
    assert (dataset.id, dataset.env_id, dataset.horizon) == ("hopper-medium-v2", "hopper-medium-v2", 1000)
    for key, array in hopper_columns().items():
        assert np.array_equal(dataset.columns[key], array)
    assert dataset.metadata == {
        "metadata/algorithm": "SAC",
        "metadata/iteration": 650,
        "metadata/policy/nonlinearity": "relu",
    }


def test_v0_files_are_known_by_their_older_names(tmp_path):
    columns = {name: array for name, array in hopper_columns().items() if name != "timeouts"}
    dataset = load(write_v2_file(tmp_path / "hopper_mixed.hdf5", columns, metadata=False))
    assert dataset.id == "hopper-medium-replay-v0"
    assert dataset.split == "counter"


def test_a_file_of_any_other_name_has_no_environment_until_one_is_named(tmp_path):
    path = write_v2_file(tmp_path / "mine.hdf5")
    bare = load(path)
    assert (bare.id, bare.env_id, bare.horizon) == ("mine", None, np.diff(bare.episodes, axis=1).max())
    assert d4rl.read_hdf5(path, "hopper-expert-v2").id == "hopper-expert-v2"
    own = d4rl.read_hdf5(path, "palaestra/Hopper-v0")
    assert (own.id, own.env_id, own.horizon) == ("mine", "palaestra/Hopper-v0", 1000)
    with pytest.raises(InputError, match="hoper-v9: no such dataset id"):
        d4rl.read_hdf5(path, "hoper-v9")


def pendulum_columns():
    rng = np.random.default_rng(5)
    columns = {"observations": rng.normal(size=(ROWS, 3)), "actions": rng.uniform(-2, 2, size=(ROWS, 1))}
    return hopper_columns() | {name: array.astype(np.float32) for name, array in columns.items()}


def test_any_gymnasium_environment_with_these_spaces_will_do(tmp_path):
    path = write_v2_file(tmp_path / "mine.hdf5", pendulum_columns())
    dataset = d4rl.read_hdf5(path, "Pendulum-v1")
    assert (dataset.env_id, dataset.horizon) == ("Pendulum-v1", 200)
    assert load(path, env_id="Pendulum-v1").env_id == "Pendulum-v1"
    hopper = write_v2_file(tmp_path / "hopper.hdf5")
    with pytest.raises(InputError, match=r"hopper\.hdf5: observations have shape \(11,\), those of Pendulum"):
        load(hopper, env_id="Pendulum-v1")


def test_further_columns_are_read_when_asked_for(tmp_path):
    path = write_v2_file(tmp_path / "hopper_medium-v2.hdf5")
    everything = load(path, columns="all")
    assert list(everything.columns)[5:] == ["infos/qpos", "next_observations"]
    weights = everything.metadata["metadata/policy/fc0/weight"]
    assert np.array_equal(np.float32(weights), d4rl_get_dataset(path)["metadata/policy/fc0/weight"])
    assert list(load(path, columns=["infos/qpos"]).columns)[5:] == ["infos/qpos"]
    assert list(load(path).columns) == ["observations", "actions", "rewards", "terminals", "timeouts"]
    with pytest.raises(InputError, match=r"has no column infos/qvel \(has "):
        load(path, columns=["infos/qvel"])


def test_relabelled_files_are_brought_into_shape(tmp_path):
    columns = hopper_columns()
    relabelled = {
        "observations": columns["observations"].astype(np.float64),
        "actions": columns["actions"],
        "rewards": columns["rewards"][:, None],
        "terminals": columns["terminals"][:, None].astype(np.float32),
        "timeouts": columns["timeouts"].astype(np.int64),
    }
    dataset = load(write_v2_file(tmp_path / "hopper_medium-v2.hdf5", relabelled, metadata=False))
    for name, array in columns.items():
        assert dataset.columns[name].dtype == array.dtype
        assert np.array_equal(dataset.columns[name], array)


# ------------------------------------------------------------------------------------------ writing


@pytest.mark.parametrize("name", ["out.hdf5", "out.npz"])
def test_nothing_of_ours_is_lost_on_the_way(tmp_path, name):
    dataset = recipe_dataset()
    write = d4rl.write_hdf5 if name.endswith("hdf5") else npz.write_npz
    write(dataset, tmp_path / name)
    columns = {**dataset.columns, "next_observations": next_observations(dataset)}
    assert_same(load(tmp_path / name, columns="all"), replace(dataset, columns=columns))
    learning = load(tmp_path / name)
    assert "infos/qpos" not in learning.columns
    assert learning.fingerprint == dataset.fingerprint
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["out.hdf5", "out.npz"])
def test_nothing_of_d4rls_is_lost_on_the_way(tmp_path, name):
    path = write_v2_file(tmp_path / "hopper_medium-v2.hdf5")
    dataset = load(path, columns="all")
    write = d4rl.write_hdf5 if name.endswith("hdf5") else npz.write_npz
    write(dataset, tmp_path / name)
    assert_same(load(tmp_path / name, columns="all"), dataset)
    if name.endswith("hdf5"):
        before, after = d4rl_get_dataset(path), d4rl_get_dataset(tmp_path / name)
        assert set(before) == set(after)
        for key, value in before.items():
            assert np.asarray(value).dtype == np.asarray(after[key]).dtype
            assert np.array_equal(value, after[key])


def test_d4rls_loader_finds_its_v2_layout(tmp_path):
    dataset = recipe_dataset()
    d4rl.write_hdf5(dataset, tmp_path / "out.hdf5")
    datasets = d4rl_get_dataset(tmp_path / "out.hdf5")
    # Its sequence_dataset indexes every array by row, so nothing but columns may be found.
    assert set(datasets) == {*dataset.columns, "next_observations"}
    assert {len(array) for array in datasets.values()} == {ROWS}
    for row in range(ROWS):
        last = np.flatnonzero(dataset.episodes[:, 1] - 1 == row)
        expected = dataset.final_observations[last[0]] if len(last) else dataset.columns["observations"][row + 1]
        assert np.array_equal(datasets["next_observations"][row], expected)
    assert (datasets["terminals"].dtype, datasets["observations"].dtype) == (bool, np.float32)
    with h5py.File(tmp_path / "out.hdf5") as file:
        assert {file[name].compression for name in datasets} == {"gzip"}


def test_next_observations_nobody_knows_are_not_invented(tmp_path):
    d4rl.write_hdf5(Dataset("hopper-medium-v0", "hopper-medium-v0", hopper_columns(), 1000), tmp_path / "out.hdf5")
    assert set(d4rl_get_dataset(tmp_path / "out.hdf5")) == set(hopper_columns())


def test_snapshots_of_many_episodes_fit(tmp_path):
    rows = 2000
    columns = hopper_columns(rows) | {"terminals": np.ones(rows, dtype=bool)}
    snapshots = np.random.default_rng(0).integers(0, 256, size=(rows, 500), dtype=np.uint8)
    dataset = Dataset("x", "palaestra/Hopper-v0", columns, 1000, {"start_snapshots": snapshots})
    d4rl.write_hdf5(dataset, tmp_path / "out.hdf5")
    assert np.array_equal(load(tmp_path / "out.hdf5").episode_columns["start_snapshots"], snapshots)


FULL = """
import resource, signal, sys
import numpy as np
from palaestra.data.formats import d4rl, npz
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # no file larger than this can be written
noise = np.random.default_rng(0).normal(size=(30_000, 5)).astype(np.float32)
columns = {"observations": noise, "actions": noise, "rewards": noise[:, 0], "terminals": noise[:, 0] > 9}
write = d4rl.write_hdf5 if sys.argv[1].endswith("hdf5") else npz.write_npz
try:
    write(Dataset("x", "y", columns, 1000), sys.argv[1])
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("name", ["out.hdf5", "out.npz"])
def test_a_failed_write_is_one_line_and_leaves_nothing(tmp_path, name):
    # In a process of its own: told of a failed write, HDF5 is apt to crash when it exits.
    ran = subprocess.run([sys.executable, "-c", FULL, tmp_path / name], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"{tmp_path / name}: cannot be written (File too large)\n"
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------ files that are no good


def hdf5_file(tmp_path, **changes):
    """A hopper file with columns changed, or left out where None."""
    columns = {name: array for name, array in (hopper_columns() | changes).items() if array is not None}
    return write_v2_file(tmp_path / "hopper_medium-v2.hdf5", columns, metadata=False)


def npz_file(tmp_path, **changes):
    columns = {name: array for name, array in (hopper_columns() | changes).items() if array is not None}
    np.savez(tmp_path / "hopper_medium-v2.npz", **columns)
    return tmp_path / "hopper_medium-v2.npz"


def put(name, value, row=3):
    array = hopper_columns()[name].astype(np.float32)
    array[row] = value
    return array


BAD_COLUMNS = [
    ({"rewards": None, "actions": None}, r"missing actions, rewards \(has "),
    ({"observations": np.zeros((ROWS, 17), "f4")}, "observations have 17 dimensions, hopper-medium-v2 has 11"),
    ({"actions": np.zeros((ROWS, 6), "f4")}, "actions have 6 dimensions, hopper-medium-v2 has 3"),
    ({"actions": np.zeros((ROWS - 1, 3), "f4")}, r"actions has shape \(11, 3\), expected 12 rows"),
    ({"observations": np.zeros((ROWS, 11, 1), "f4")}, r"observations has shape \(12, 11, 1\)"),
    ({"rewards": np.zeros((ROWS, 2), "f4")}, r"rewards has shape \(12, 2\)"),
    ({"observations": put("observations", np.nan)}, "observations has NaN or inf, first in row 3"),
    ({"rewards": put("rewards", np.inf)}, "rewards has NaN or inf, first in row 3"),
    ({"actions": put("actions", -np.inf)}, "actions has NaN or inf, first in row 3"),
    ({"rewards": put("rewards", 0).astype("f8") * 1e300}, "rewards has NaN or inf"),
    ({"terminals": put("terminals", 0.5)}, "terminals has values other than 0 and 1"),
    ({"timeouts": put("timeouts", np.nan)}, "timeouts has values other than 0 and 1"),
    ({"rewards": np.array([b"a"] * ROWS)}, r"rewards has dtype \|S1, expected numbers"),
    ({"observations": np.zeros((ROWS, 11), "c8")}, "observations has dtype complex64, expected numbers"),
    ({name: array[:0] for name, array in hopper_columns().items()}, "no rows"),
    ({"rewards": np.float32(1)}, "rewards is a single value, expected one per step"),
    ({"observations": np.float32(1)}, "observations is a single value, expected one per step"),
]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("changes", "message"), BAD_COLUMNS, ids=[message for _, message in BAD_COLUMNS])
@pytest.mark.parametrize("make", [hdf5_file, npz_file])
def test_columns_that_are_no_good(tmp_path, make, changes, message):
    path = make(tmp_path, **changes)
    with pytest.raises(InputError, match=message) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert "hopper" in str(caught.value)


@pytest.mark.parametrize("make", [hdf5_file, npz_file])
def test_a_further_column_of_another_length_is_not_left_out(tmp_path, make):
    path = make(tmp_path, qpos=np.zeros((ROWS - 1, 6)), seed=np.int64(3))
    assert "qpos" not in load(path).columns
    for columns in ("all", ["qpos"]):
        with pytest.raises(InputError, match="qpos has 11 rows, observations have 12; make them equal"):
            load(path, columns=columns)


def test_a_file_open_for_writing_is_not_called_damaged(tmp_path):
    path = hdf5_file(tmp_path)
    with h5py.File(path, "a"), pytest.raises(InputError, match=r"hdf5: open for writing in another program; close it"):
        load(path)
    with h5py.File(path, "r"):
        assert len(load(path)) == ROWS


def test_a_filter_that_is_not_installed_is_named(tmp_path):
    path = hdf5_file(tmp_path, rewards=None)
    with h5py.File(path, "a") as file:
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((ROWS,))
        properties.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((ROWS,))
        rewards = h5py.h5d.create(file.id, b"rewards", h5py.h5t.NATIVE_FLOAT, space, properties)
        rewards.write_direct_chunk((0,), bytes(20))
    with pytest.raises(
        InputError, match=r"rewards is compressed with an HDF5 filter that isn't installed \(32015, "
    ) as e:
        load(path)
    assert "damaged" not in str(e.value)
    assert "h5repack" in str(e.value)


def test_zip_methods_and_passwords_are_named(tmp_path):
    path = npz_file(tmp_path)
    content = bytearray(path.read_bytes())
    directory = content.index(b"PK\x01\x02")
    for offset, value, message in (
        (10, 93, r"observations\.npy is compressed with zip method 93"),
        (8, 1, r"observations\.npy is encrypted"),
    ):
        changed = bytearray(content)
        changed[directory + offset] = value
        path.write_bytes(changed)
        with pytest.raises(InputError, match=message) as caught:
            load(path)
        assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("name", ["hopper_medium-v2.hdf5", "hopper_medium-v2.npz"])
def test_what_does_not_fit_into_memory_is_called_that(tmp_path, monkeypatch, name):
    path = (hdf5_file if name.endswith("hdf5") else npz_file)(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(layout.os, "sysconf", lambda name: 20)
        with pytest.raises(InputError, match=r"too large for this machine's memory"):
            load(path)

    def full(*args, **options):
        raise MemoryError("Unable to allocate 9. TiB")

    monkeypatch.setattr(d4rl.hdf5 if name.endswith("hdf5") else np, "read" if name.endswith("hdf5") else "load", full)
    with pytest.raises(InputError, match=rf"{name}: too large for this machine's memory; use a machine with more"):
        load(path)


@pytest.mark.parametrize("name", ["pipe.hdf5", "pipe.npz", "pipe"])
def test_a_pipe_is_refused_not_waited_for(tmp_path, name):
    os.mkfifo(tmp_path / name)
    for read in (load, d4rl.read_hdf5, npz.read_npz):
        with pytest.raises(InputError, match=f"{name}: a pipe, socket or device"):
            read(tmp_path / name)


@pytest.mark.parametrize("name", ["hopper_medium-v2.hdf5", "hopper_medium-v2.npz"])
@pytest.mark.parametrize("kept", [0, 4, 100, 0.5, 0.99])
def test_truncated_files(tmp_path, name, kept):
    path = tmp_path / name
    write = d4rl.write_hdf5 if name.endswith("hdf5") else npz.write_npz
    write(Dataset("x", "palaestra/Hopper-v0", hopper_columns(2000), 1000), path)
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(InputError, match=f"{name}: (not an|damaged)") as caught:
        load(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["hopper_medium-v2.hdf5", "hopper_medium-v2.h5", "hopper_medium-v2.npz"])
def test_files_that_are_something_else(tmp_path, name):
    (tmp_path / name).write_text("<html>404</html>")
    with pytest.raises(InputError, match=f"{name}: not an"):
        load(tmp_path / name)


@pytest.mark.parametrize("name", ["hopper_medium-v2.hdf5", "hopper_medium-v2.npz"])
def test_damage_in_the_middle(tmp_path, name):
    path = tmp_path / name
    write = d4rl.write_hdf5 if name.endswith("hdf5") else npz.write_npz
    write(Dataset("x", "palaestra/Hopper-v0", hopper_columns(2000), 1000), path)
    content = bytearray(path.read_bytes())
    with h5py.File(path) if name.endswith("hdf5") else open(path) as file:
        middle = file["observations"].id.get_chunk_info(1).byte_offset if name.endswith("hdf5") else 2000
    content[middle + 50 : middle + 150] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: damaged"):
        load(path)


def test_what_a_file_of_ours_says_about_itself_may_be_damaged(tmp_path):
    for name in ("out.hdf5", "out.npz"):
        write = d4rl.write_hdf5 if name.endswith("hdf5") else npz.write_npz
        write(recipe_dataset(), tmp_path / name)
    with h5py.File(tmp_path / "out.hdf5", "a") as file:
        file["palaestra"].attrs["about"] = "{"
    np.savez(tmp_path / "out.npz", **hopper_columns(), palaestra=np.array('{"id": 1}'))
    for name in ("out.hdf5", "out.npz"):
        with pytest.raises(InputError, match=f"{name}: damaged"):
            load(tmp_path / name)


def test_pickles_are_refused(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("unpickled",))

    path = npz_file(tmp_path, rewards=np.array([Bomb()] * ROWS, dtype=object))
    with pytest.raises(InputError, match="rewards holds pickled Python objects, which are never loaded"):
        load(path)


def test_paths_that_cannot_be_read(tmp_path):
    with pytest.raises(InputError, match=r"gone\.hdf5: cannot be read \(No such file or directory\)"):
        load(tmp_path / "gone.hdf5")
    with pytest.raises(InputError, match=r"gone\.npz: cannot be read \(No such file or directory\)"):
        load(tmp_path / "gone.npz")
    (tmp_path / "folder.hdf5").mkdir()
    with pytest.raises(InputError, match=r"folder\.hdf5: not a readable dataset"):
        load(tmp_path / "folder.hdf5")


# ------------------------------------------------------------------------------------------ by id


def test_an_id_is_found_in_our_cache_or_in_d4rls(own_cache, tmp_path):
    with pytest.raises(InputError, match=f"cannot be reached .*put the file at {own_cache}/d4rl/hopper_medium-v2.hdf5"):
        load("hopper-medium-v2")
    assert not list((own_cache / "d4rl").iterdir())
    theirs = write_v2_file(tmp_path / "theirs" / "hopper_medium-v2.hdf5", hopper_columns(20))
    assert len(load("hopper-medium-v2")) == 20
    ours = write_v2_file(own_cache / "d4rl" / "hopper_medium-v2.hdf5")
    assert len(load("hopper-medium-v2")) == ROWS
    assert d4rl.local_file("hopper-medium-v2") == ours != theirs


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """D4RL's site on the loopback."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    root = tmp_path / "site"
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("PALAESTRA_D4RL_URL", f"http://127.0.0.1:{server.server_port}")
        yield root
        server.shutdown()
        thread.join()


def test_an_id_is_downloaded_once(mirror, own_cache):
    published = write_v2_file(mirror / "gym_mujoco_v2" / "hopper_medium-v2.hdf5")
    dataset = load("hopper-medium-v2")
    assert (dataset.id, len(dataset)) == ("hopper-medium-v2", ROWS)
    published.unlink()
    assert len(load("hopper-medium-v2", columns="all").columns) == 7
    assert [path.name for path in (own_cache / "d4rl").iterdir()] == ["hopper_medium-v2.hdf5"]


@pytest.mark.parametrize("fault", ["html", "truncated", "another robot's"])
def test_a_download_that_is_no_good_leaves_nothing(mirror, own_cache, fault):
    published = write_v2_file(mirror / "gym_mujoco_v2" / "hopper_medium-v2.hdf5", hopper_columns(2000))
    if fault == "html":
        published.write_text("<html>moved</html>")
    elif fault == "truncated":
        published.write_bytes(published.read_bytes()[:-5000])
    else:
        write_v2_file(published, hopper_columns() | {"actions": np.zeros((ROWS, 6), "f4")})
    with pytest.raises(
        InputError, match=r"hopper_medium-v2\.hdf5 \(downloaded\): (not an|damaged|actions have 6)"
    ) as caught:
        load("hopper-medium-v2")
    assert "\n" not in str(caught.value)
    assert not list((own_cache / "d4rl").iterdir())
