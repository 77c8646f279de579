"""Datasets from a list of episodes."""

import numpy as np
import pytest

from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError

RANDOM = np.random.default_rng(0)
LENGTHS = (3, 1, 4)


def episode(steps=3, **changes):
    """An episode with N + 1 observations; a change to None leaves a key out."""
    given = {
        "observations": RANDOM.normal(size=(steps + 1, 3)),
        "actions": RANDOM.uniform(-1, 1, size=(steps, 1)),
        "rewards": RANDOM.normal(size=steps),
    }
    return {name: value for name, value in (given | changes).items() if value is not None}


def split(whole, **changes):
    """The same episode with as many observations as steps."""
    return whole | {"observations": whole["observations"][:-1]} | changes


def test_episodes_follow_one_another_with_their_final_observations():
    episodes = [episode(steps) for steps in LENGTHS]
    episodes[0]["terminated"] = True
    episodes[2]["truncated"] = [False, False, False, True]
    dataset = Dataset.from_episodes(iter(episodes), id="mine")
    assert (dataset.id, dataset.env_id, dataset.split, dataset.horizon) == ("mine", None, "exact", 4)
    assert dataset.episodes.tolist() == [[0, 3], [3, 4], [4, 8]]
    assert np.flatnonzero(dataset.columns["terminals"]).tolist() == [2]
    assert np.flatnonzero(dataset.columns["timeouts"]).tolist() == [3, 7]
    for (start, stop), given, final in zip(dataset.episodes, episodes, dataset.final_observations):
        part = {name: array[start:stop] for name, array in dataset.columns.items()}
        np.testing.assert_array_equal(part["observations"], given["observations"][:-1].astype(np.float32))
        np.testing.assert_array_equal(final, given["observations"][-1].astype(np.float32))
        np.testing.assert_array_equal(part["actions"], given["actions"].astype(np.float32))
        np.testing.assert_array_equal(part["rewards"], given["rewards"].astype(np.float32))
    rows, next_rows = dataset.transition_rows()
    assert len(rows) == 8
    assert next_rows.tolist() == [1, 2, 8, 9, 5, 6, 7, 10]


def test_all_forms_of_an_episode_give_the_same_dataset():
    whole = episode(4)
    following, final = whole["observations"][1:], whole["observations"][-1]
    forms = [
        whole | {"terminated": True},
        whole | {"terminals": np.array([0, 0, 0, 1.0])},
        whole | {"terminations": [[False], [False], [False], [True]], "truncations": np.zeros(4, bool)},
        split(whole, next_observations=following, terminated=True, timeouts=False),
        split(whole, final_observation=final, terminated=True, truncated=False),
    ]
    fingerprints = {Dataset.from_episodes([form]).fingerprint for form in forms}
    assert len(fingerprints) == 1


def test_without_final_observations_it_is_a_dataset_like_d4rls():
    dataset = Dataset.from_episodes([split(episode(steps)) for steps in LENGTHS])
    assert (dataset.split, dataset.final_observations) == ("timeouts", None)
    assert dataset.episodes.tolist() == [[0, 3], [3, 4], [4, 8]]
    assert len(dataset.transitions()) == 8 - len(LENGTHS)


def test_further_columns_are_kept_and_it_is_saved(tmp_path):
    dataset = Dataset.from_episodes(
        [episode(2, **{"infos/qpos": np.ones((2, 6))}), episode(1, **{"infos/qpos": [[0] * 6]})]
    )
    dataset.save(str(tmp_path / "saved"))
    with pytest.raises(InputError, match="saved: exists already"):
        dataset.save(tmp_path / "saved")
    assert Dataset.open(tmp_path / "saved").columns["infos/qpos"].tolist() == [[1] * 6, [1] * 6, [0] * 6]


def test_its_environment_gives_the_horizon_and_is_checked():
    assert Dataset.from_episodes([episode()], env_id="Pendulum-v1").horizon == 200
    assert Dataset.from_episodes([episode()], env_id="Pendulum-v1", id="swings").id == "swings"
    with pytest.raises(InputError, match=r"^swings: observations have shape \(3,\), those of .* \(11,\)$"):
        Dataset.from_episodes([episode()], env_id="palaestra/Hopper-v0", id="swings")
    with pytest.raises(InputError, match=r"action 0 in row 1 is 2\.5; Pendulum-v1 takes -2 to 2 there"):
        Dataset.from_episodes([episode(2, actions=[[0], [2.5]])], env_id="Pendulum-v1")
    with pytest.raises(InputError, match="Pandulum-v1: no such environment"):
        Dataset.from_episodes([episode()], env_id="Pandulum-v1")


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"rewards": None}, r"missing rewards \(has observations, actions\)"),
        ({"rewards": [1.0, 2.0]}, "4 observations for 2 rewards, expected as many or one more"),
        ({"rewards": []}, "no steps"),
        ({"rewards": ["much"] * 3}, "rewards is not an array of numbers"),
        ({"actions": np.zeros((4, 1))}, "4 actions for 3 rewards"),
        ({"actions": np.zeros(3)}, r"actions has shape \(3,\), expected \(steps, numbers\)"),
        ({"actions": np.zeros((3, 2))}, r"a row of actions has shape \(2,\), in episode 0 \(1,\)"),
        ({"observations": [[1, 2], [3]]}, "observations is not an array of numbers"),
        ({"observations": np.zeros((3, 3))}, "has not the observation after the last step, unlike episode 0"),
        ({"terminated": [True, False, True]}, "terminated is set at step 0 of 3; give one dict for each episode"),
        ({"truncated": [True, False]}, "2 truncated for 3 rewards"),
        ({"terminated": "yes"}, "terminated is not a flag"),
        ({"seed": 7}, "seed is not an array with a row for each step; leave it out"),
        ({"seed": [7, 8, 9]}, "has seed, unlike episode 0"),
        (split(episode(), next_observations=np.zeros((3, 2))), r"next_observations has shape \(3, 2\)"),
        (
            split(episode(), next_observations=np.zeros((3, 3))),
            "step 0 doesn't lead to the observation of the step after",
        ),
        (split(episode(), final_observation=np.zeros(2)), r"final_observation has shape \(2,\)"),
    ],
)
def test_a_mistake_names_the_episode(broken, message):
    with pytest.raises(InputError, match=f"^mine: episode 2: {message}") as caught:
        Dataset.from_episodes([episode(), episode(5), episode(**broken)], id="mine")
    assert "\n" not in str(caught.value)


def test_no_episodes():
    with pytest.raises(InputError, match="no episodes"):
        Dataset.from_episodes([], id="mine")
    with pytest.raises(InputError, match="rewards has NaN or inf, first in row 1"):
        Dataset.from_episodes([episode(rewards=[0, np.nan, 0])])
