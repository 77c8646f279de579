"""Files whose episodes end where only ``next_observations`` show it."""

import h5py
import numpy as np
import pytest

from palaestra.data import catalogue, load, load_path
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError

LENGTHS = (7, 5, 9, 4)
ROWS = sum(LENGTHS)


def columns(shuffled=False):
    """Episodes of LENGTHS steps, the second of which ends at a terminal, the others where the recording was cut."""
    rng = np.random.default_rng(0)
    paths = [rng.normal(size=(length + 1, 11)).astype(np.float32) for length in LENGTHS]
    made = {
        "observations": np.concatenate([path[:-1] for path in paths]),
        "next_observations": np.concatenate([path[1:] for path in paths]),
        "actions": rng.uniform(-1, 1, size=(ROWS, 3)).astype(np.float32),
        "rewards": rng.normal(size=ROWS).astype(np.float32),
        "terminals": np.arange(ROWS) == sum(LENGTHS[:2]) - 1,
    }
    order = rng.permutation(ROWS) if shuffled else np.arange(ROWS)
    return {name: array[order] for name, array in made.items()}


def write(path, arrays):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    elif path.suffix == ".hdf5":
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    else:  # as an earlier version converted it
        Dataset("mine", "palaestra/Hopper-v0", arrays, 1000).save(path)
    return path


def assert_true_successors(dataset, arrays):
    rows, next_rows = dataset.transition_rows()
    assert rows.tolist() == list(range(ROWS))
    observations = np.concatenate([dataset.columns["observations"], dataset.final_observations])
    assert np.array_equal(observations[next_rows], arrays["next_observations"].astype(np.float32))


@pytest.mark.parametrize("name", ["mine.npz", "mine.hdf5", "mine"])
@pytest.mark.parametrize("timeouts", [None, np.zeros(ROWS, dtype=bool), np.arange(ROWS) == LENGTHS[0] - 1])
def test_no_successor_lies_in_another_episode(tmp_path, name, timeouts):
    arrays = columns() | ({} if timeouts is None else {"timeouts": timeouts})
    dataset = load_path(write(tmp_path / name, arrays), "palaestra/Hopper-v0")
    assert_true_successors(dataset, arrays)
    assert np.diff(dataset.episodes, axis=1)[:, 0].tolist() == list(LENGTHS)
    assert dataset.columns["terminals"].sum() == 1
    unmarked = 2 if timeouts is None or not timeouts.any() else 1
    assert not (dataset.columns["terminals"] & dataset.columns["timeouts"]).any()
    said = f"{unmarked} of {ROWS} rows end an episode by their next_observations alone; they count as timeouts"
    assert dataset.metadata["episode_ends"] == said
    assert ("next_observations" in dataset.columns) == (name == "mine")


def test_shuffled_transitions_keep_their_successors(tmp_path):
    arrays = columns(shuffled=True)
    assert_true_successors(load_path(write(tmp_path / "mine.npz", arrays), "Hopper-v4"), arrays)


@pytest.mark.parametrize("target", ["new.npz", "new.hdf5", "new"])
def test_the_ends_found_are_kept_by_a_conversion(tmp_path, target):
    arrays = columns()
    catalogue.convert(write(tmp_path / "mine.npz", arrays), tmp_path / target, "palaestra/Hopper-v0")
    dataset = load(tmp_path / target)
    assert_true_successors(dataset, arrays)
    assert "2 of 25 rows" in dataset.metadata["episode_ends"]
    following = load(tmp_path / target, columns=["next_observations"]).columns["next_observations"]
    assert np.array_equal(following, arrays["next_observations"])
    assert catalogue.describe(tmp_path / target)["metadata"]["episode_ends"] == dataset.metadata["episode_ends"]


def test_files_whose_flags_say_it_all_and_d4rls_own_stay_as_they_are(tmp_path):
    marked = columns() | {"timeouts": np.isin(np.arange(ROWS), np.cumsum(LENGTHS) - 1)}
    assert load_path(write(tmp_path / "mine.npz", marked), "palaestra/Hopper-v0").split == "timeouts"
    unmarked = columns()
    assert load(write(tmp_path / "hopper_medium.hdf5", unmarked)).split == "counter"  # v0, by D4RL's counter
    assert load(write(tmp_path / "hopper_medium-v2.hdf5", unmarked)).split == "exact"  # D4RL's v2 has timeouts


def test_a_column_stored_with_less_precision_ends_no_episode(tmp_path):
    arrays = columns()
    arrays["timeouts"] = np.isin(np.arange(ROWS), np.cumsum(LENGTHS) - 1) & ~arrays["terminals"]
    arrays["observations"] = arrays["observations"].astype(np.float16)
    dataset = load_path(write(tmp_path / "mine.npz", arrays), "palaestra/Hopper-v0")
    assert np.diff(dataset.episodes, axis=1).ravel().tolist() == list(LENGTHS)
    assert "episode_ends" not in dataset.metadata


@pytest.mark.parametrize("target", ["new.npz", "new.hdf5", "new", "minari:mine/new-v0"])
def test_every_format_has_the_rows_of_every_rule(tmp_path, monkeypatch, target):
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    arrays = columns() | {"timeouts": np.isin(np.arange(ROWS), np.cumsum(LENGTHS)[[0, 2, 3]] - 1)}
    source = write(tmp_path / "hopper_medium-v2.hdf5", arrays)
    if target.startswith("minari:"):
        catalogue.convert(source, target)
    else:
        catalogue.convert(source, target := tmp_path / target)
    for name in (source, target):
        by_d4rl = load(name, successors="d4rl")
        # without the rows on which time ran out; the terminal row keeps a successor, which nothing reads
        assert by_d4rl.transition_rows()[0].tolist() == np.flatnonzero(~arrays["timeouts"]).tolist()
        assert_true_successors(load(name, successors="stored"), arrays)
        following = load(name, columns=["next_observations"]).columns["next_observations"]
        assert np.array_equal(following, arrays["next_observations"])
    assert len(load(source).transition_rows()[0]) == ROWS - 3


def test_successors_that_nobody_stored_cannot_be_asked_for(tmp_path):
    arrays = columns() | {"timeouts": np.arange(ROWS) == 6}
    del arrays["next_observations"]
    path = write(tmp_path / "mine.hdf5", arrays)
    for asked in ({"successors": "stored"}, {"columns": ["next_observations"]}):
        with pytest.raises(InputError, match=r"mine: has no .*next_observations"):
            load(path, **asked)
    with pytest.raises(InputError, match="'true': there are auto, d4rl and stored"):
        load(path, successors="true")
