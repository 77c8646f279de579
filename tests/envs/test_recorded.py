import numpy as np
import pytest
from gymnasium.error import ResetNeeded

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.envs.recorded import ReplayEnv


def test_it_steps_through_the_rows_whatever_the_action():
    columns = {
        "observations": np.arange(10, dtype=np.float32).reshape(5, 2),
        "actions": np.linspace(-1, 1, 5, dtype=np.float32)[:, None],
        "rewards": np.arange(5, dtype=np.float32),
        "terminals": np.array([0, 1, 0, 0, 0], bool),
        "timeouts": np.array([0, 0, 0, 0, 1], bool),
    }
    env = ReplayEnv(Dataset("d", None, columns, 10))
    np.testing.assert_array_equal(env.reset()[0], [0, 1])
    observation, reward, *flags, info = env.step(np.zeros(1))
    assert (observation.tolist(), reward, flags) == ([2, 3], 0.0, [False, False])
    assert (info["action"], info["row"], info["repeated"]) == (-1.0, 1, False)
    observation, reward, *flags, info = env.step(np.zeros(1))
    assert (observation.tolist(), reward, flags, info["repeated"]) == ([2, 3], 1.0, [True, False], True)
    with pytest.raises(ResetNeeded):
        env.step(np.zeros(1))
    assert env.reset()[1] == {"row": 2}
    assert [env.step(None)[1:4] for _ in range(3)][-1] == (4.0, False, True)
    assert env.reset()[1] == {"row": 0}
    with pytest.raises(InputError, match="has no episode 2; there are 2"):
        env.reset(options={"episode": 2})
    final = {"final_observations": np.array([[8, 8], [9, 9]], np.float32)}
    env = ReplayEnv(Dataset("d", None, columns, 10, final))
    env.reset(options={"episode": 1})
    observation, *_, info = [env.step(None) for _ in range(3)][-1]
    assert (observation.tolist(), info["repeated"]) == ([9, 9], False)
