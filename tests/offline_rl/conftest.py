import numpy as np
import pytest

from palaestra.data.dataset import Dataset


def make_dataset(rows=2000, state_dim=5, action_dim=2, seed=0, id="hopper-medium-v2", env_id="palaestra/Hopper-v0"):
    """Random transitions in episodes of 50 steps; every fourth episode ends in a terminal, the others in a timeout."""
    generator = np.random.default_rng(seed)
    last = np.arange(rows) % 50 == 49
    terminals = last & (np.arange(rows) // 50 % 4 == 0)
    columns = {
        "observations": generator.normal(size=(rows, state_dim)).astype(np.float32) * 3 + 1,
        "actions": generator.uniform(-1, 1, size=(rows, action_dim)).astype(np.float32),
        "rewards": generator.normal(size=rows).astype(np.float32),
        "terminals": terminals,
        "timeouts": last & ~terminals,
    }
    return Dataset(id, env_id, columns, horizon=50)


@pytest.fixture
def dataset():
    return make_dataset()
