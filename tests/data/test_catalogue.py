from pathlib import Path

import h5py
import numpy as np
import pytest

from palaestra.data import catalogue, load
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl, d4rl_ids, minari


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("D4RL_DATASET_DIR", str(tmp_path / "theirs"))
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    return tmp_path / "cache"


def recipe(id="palaestra/hopper/medium-v0", rows=10):
    rng = np.random.default_rng(0)
    columns = {
        "observations": rng.normal(size=(rows, 11)).astype(np.float32),
        "actions": rng.uniform(-1, 1, size=(rows, 3)).astype(np.float32),
        "rewards": np.arange(rows, dtype=np.float32),
        "terminals": np.arange(rows) == 3,
        "timeouts": np.arange(rows) == 7,
        "infos/qpos": rng.normal(size=(rows, 6)),
    }
    episodes = {
        "final_observations": rng.normal(size=(3, 11)).astype(np.float32),
        "start_snapshots": rng.integers(0, 256, size=(3, 9), dtype=np.uint8),
    }
    return Dataset(id, "palaestra/Hopper-v0", columns, 1000, episodes, {"seed": 4, "long": list(range(100))})


def d4rl_file(path, rows=10):
    """D4RL's kind of file: no final observations."""
    columns = dict(recipe(rows=rows).columns)
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, array in columns.items():
            file.create_dataset(name, data=array, compression="gzip")
        file.create_dataset("next_observations", data=np.roll(columns["observations"], -1, axis=0))
        file["metadata/algorithm"] = np.bytes_("SAC")
    return path


def assert_same_columns(one, other):
    assert set(one.columns) == set(other.columns)
    for name, array in one.columns.items():
        assert np.array_equal(array, other.columns[name])
        assert array.dtype == other.columns[name].dtype
    assert set(one.episode_columns) == set(other.episode_columns)
    for name, array in one.episode_columns.items():
        assert np.array_equal(array, other.episode_columns[name])


def test_an_empty_machine_knows_every_id():
    entries = catalogue.entries()
    assert [entry.id for entry in entries] == [*d4rl.RECIPE_IDS, *d4rl_ids.D4RL_IDS]
    assert {(entry.path, entry.rows, entry.size) for entry in entries} == {(None, None, None)}
    assert entries[0].origin == f"palaestra data make {d4rl.RECIPE_IDS[0]} --rows N"
    assert entries[-1].origin == d4rl.url(d4rl_ids.D4RL_IDS[-1])


def test_what_is_here_is_listed_with_rows_and_size(own_cache):
    recipe().save(own_cache / "recipes" / "hopper" / "medium-v0")
    path = d4rl_file(own_cache / "d4rl" / "hopper_medium-v2.hdf5", 20)
    d4rl_file(own_cache / "d4rl" / "hopper_expert-v2.hdf5").write_text("damaged")
    minari.save(recipe(), "mine/hopper-v0")
    here = {entry.id: entry for entry in catalogue.entries() if entry.path}
    assert {id: (entry.source, entry.rows) for id, entry in here.items()} == {
        "palaestra/hopper/medium-v0": ("recipe", 10),
        "hopper-medium-v2": ("D4RL", 20),
        "hopper-expert-v2": ("D4RL", None),
        "minari:mine/hopper-v0": ("Minari", 10),
    }
    assert here["hopper-medium-v2"].size == path.stat().st_size
    folder = own_cache / "recipes" / "hopper" / "medium-v0"
    assert here["palaestra/hopper/medium-v0"].size == sum(file.stat().st_size for file in folder.iterdir())


def test_recipes_load_once_made(own_cache):
    id = "palaestra/hopper/medium-v0"
    with pytest.raises(
        InputError, match=f"{id}: not made on this machine yet; run `palaestra data make {id} --rows N`"
    ):
        load(id)
    recipe().save(own_cache / "recipes" / "hopper" / "medium-v0")
    assert_same_columns(load(id), recipe())


def test_ids_win_over_files_of_the_same_name(own_cache, tmp_path, monkeypatch):
    d4rl_file(own_cache / "d4rl" / "hopper_medium-v2.hdf5", 20)
    recipe().save(tmp_path / "hopper-medium-v2")
    monkeypatch.chdir(tmp_path)
    assert len(load("hopper-medium-v2")) == 20
    assert len(load("./hopper-medium-v2")) == len(load(Path("hopper-medium-v2"))) == 10


@pytest.mark.parametrize("name", ["there.txt", "there"])
def test_files_of_an_unknown_kind(tmp_path, name):
    (tmp_path / name).write_text("")
    with pytest.raises(InputError, match=f"{name}: expected .hdf5, .h5, .npz, or a folder"):
        load(tmp_path / name)


def test_paths_that_lead_nowhere(tmp_path):
    with pytest.raises(InputError, match="gone: no such dataset id or file"):
        load(tmp_path / "gone")


def test_described_by_hand(tmp_path):
    path = d4rl_file(tmp_path / "hopper_medium-v2.hdf5")
    about = catalogue.describe(path)
    assert about["columns"]["infos/qpos"] == "(10, 6) float64"
    assert about["columns"]["next_observations"] == "(10, 11) float32"
    # Rows 0-3 end with a fall, 4-7 are cut long before the horizon, 8 and 9 belong to neither; rewards are 0, 1, 2, ...
    assert (about["rows"], about["unfinished_rows"], about["transitions"]) == (10, 2, 8)
    assert (about["episodes"], about["pieces"]) == (1, 1)
    assert about["return"] == {"mean": 6, "std": 0, "min": 6, "max": 6}
    assert about["length"] == about["piece_length"] == {"mean": 4, "std": 0, "min": 4, "max": 4}
    assert about["score"]["max"] == pytest.approx(100 * (6 + 20.272305) / (3234.3 + 20.272305))
    assert (about["terminals"], about["split"], about["horizon"]) == (1, "timeouts", 1000)
    assert about["metadata"] == {"metadata/algorithm": "SAC"}
    assert about["fingerprint"] == load(path).fingerprint
    assert about["constant_observations"] == ""


def test_numbers_of_an_observation_that_never_change_are_named(tmp_path):
    path = d4rl_file(tmp_path / "hopper_medium-v2.hdf5")
    with h5py.File(path, "r+") as file:
        file["observations"][:, 5:8] = 0.0
        file["observations"][:, 10] = 1.0
    assert catalogue.describe(path)["constant_observations"] == "5-7, 10"


def test_described_without_episodes_or_references(tmp_path):
    columns = {name: array[:3] for name, array in recipe().columns.items()}
    Dataset("mine", "Pendulum-v1", columns, 200).save(tmp_path / "mine")
    about = catalogue.describe(tmp_path / "mine")
    assert (about["episodes"], about["return"], about["score"]) == (0, None, None)


def test_long_metadata_is_abridged(tmp_path):
    recipe().save(tmp_path / "mine")
    assert catalogue.describe(tmp_path / "mine")["metadata"] == {"seed": 4, "long": "100 entries"}


@pytest.mark.parametrize("target", ["out.hdf5", "out.h5", "out.npz", "out"])
def test_converted_there_and_back_is_the_same(tmp_path, target):
    recipe().save(tmp_path / "mine")
    catalogue.convert(tmp_path / "mine", tmp_path / target)
    catalogue.convert(tmp_path / target, tmp_path / "back")
    back = Dataset.open(tmp_path / "back")
    assert_same_columns(back, recipe())
    assert (back.id, back.env_id, back.metadata) == (recipe().id, recipe().env_id, recipe().metadata)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["mine", target, "back"])


def test_converted_to_minari_and_back(tmp_path):
    recipe().save(tmp_path / "mine")
    catalogue.convert(tmp_path / "mine", "minari:mine/hopper-v0")
    catalogue.convert("minari:mine/hopper-v0", tmp_path / "back")
    assert_same_columns(Dataset.open(tmp_path / "back"), recipe())


def test_d4rls_files_keep_everything(tmp_path):
    path = d4rl_file(tmp_path / "hopper_medium-v2.hdf5")
    catalogue.convert(path, tmp_path / "folder")
    converted = load(tmp_path / "folder")
    assert_same_columns(converted, load(path, columns="all"))
    assert converted.id == "hopper-medium-v2"
    assert converted.metadata == {"metadata/algorithm": "SAC"}


def test_a_bare_file_gets_its_world(tmp_path):
    bare = d4rl_file(tmp_path / "bare.hdf5")
    assert load(bare).env_id is None
    catalogue.convert(bare, tmp_path / "known.hdf5", "palaestra/Hopper-v0")
    known = load(tmp_path / "known.hdf5")
    assert (known.id, known.env_id) == ("bare", "palaestra/Hopper-v0")
    catalogue.convert(tmp_path / "known.hdf5", tmp_path / "renamed", "hopper-expert-v2")
    assert load(tmp_path / "renamed").id == "hopper-expert-v2"


def test_a_folder_cannot_become_another_robots(tmp_path):
    recipe().save(tmp_path / "mine")
    for source in (tmp_path / "mine", d4rl_file(tmp_path / "mine.hdf5")):
        with pytest.raises(InputError, match="observations have 11 dimensions, walker2d-medium-v2 has 17"):
            catalogue.convert(source, tmp_path / "out.hdf5", "walker2d-medium-v2")
    assert not (tmp_path / "out.hdf5").exists()


def test_targets_that_exist_or_have_no_format(tmp_path):
    recipe().save(tmp_path / "mine")
    (tmp_path / "there.hdf5").write_text("mine")
    with pytest.raises(InputError, match=r"there\.hdf5: exists already"):
        catalogue.convert(tmp_path / "mine", tmp_path / "there.hdf5")
    assert (tmp_path / "there.hdf5").read_text() == "mine"
    with pytest.raises(InputError, match=r"out\.zip: expected \.hdf5, \.h5, \.npz, minari:ID"):
        catalogue.convert(tmp_path / "mine", tmp_path / "out.zip")


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch):
    recipe().save(tmp_path / "mine")

    def full(*args):
        raise OSError("1000 requested and 10 written")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(InputError, match="out: no space left on the disk"):
        catalogue.convert(tmp_path / "mine", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
