import numpy as np

from palaestra.data.dataset import Dataset
from palaestra.data.structure import remarks


def dataset(**changes):
    random = np.random.default_rng(0)
    columns = {
        "observations": random.normal(size=(20, 4)).astype(np.float32),
        "actions": random.uniform(-1, 1, (20, 2)).astype(np.float32),
        "rewards": np.zeros(20, np.float32),
        "terminals": np.zeros(20, bool),
        "timeouts": np.arange(20) % 10 == 9,
    }
    return Dataset("d", None, {name: column for name, column in (columns | changes).items() if column is not None}, 10)


def test_an_ordinary_dataset_needs_no_remark():
    assert list(remarks(dataset())) == []


def test_each_peculiarity_is_counted():
    plain = dataset().columns
    seen, acted = plain["observations"].copy(), plain["actions"].copy()
    seen[5], acted[5] = seen[4], acted[4]  # stale, and a repeated row
    seen[:, 1:3] = 0.0
    acted[7] = 1.5
    ends = np.isin(np.arange(20), (0, 5, 19))
    peculiar = dataset(observations=seen, actions=acted, timeouts=ends, terminals=np.isin(np.arange(20), (2, 3)))
    assert list(remarks(peculiar)) == [
        "2 pieces, which a timeout cut before the horizon of 10: their returns are no episodes'",
        "1 episodes are longer than the horizon of 10, up to 14 rows",
        "1 terminal rows follow a terminal row: an episode went on after its end",
        "2 episodes or pieces have one row",
        "1 rows have an action out of [-1, 1]",
        "1 rows repeat an observation with its action",
        "1 rows have the observation of the row before",
        "2 of 4 numbers in observations never change: 1-2",
    ]
    assert list(remarks(dataset(timeouts=None))) == ["no timeouts: episodes are cut by counting to the horizon of 10"]
