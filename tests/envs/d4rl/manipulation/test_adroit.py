import gymnasium
import numpy as np
import pytest
from gymnasium_robotics.envs import adroit_hand

import palaestra  # noqa: F401  (registers the worlds)

TASKS = ("pen", "door", "hammer", "relocate")
pytestmark = pytest.mark.filterwarnings("ignore:.*AdroitHand.*:UserWarning", "ignore:.*reward functions were updated.*")


def world_of(task, kind="human", version=1):
    return gymnasium.make(f"{task}-{kind}-v{version}")


def theirs_of(task):
    return getattr(adroit_hand, f"adroit_{task}").__dict__[f"AdroitHand{task.capitalize()}Env"]()


def actions_of(world, count):
    return np.random.default_rng(0).uniform(-1.2, 1.2, (count, *world.action_space.shape)).astype(np.float32)


@pytest.mark.parametrize("task", TASKS)
def test_physics_and_observations_are_gymnasium_robotics(task):
    ours, theirs = world_of(task), theirs_of(task)
    arrays = [name for name in dir(theirs.model) if isinstance(getattr(theirs.model, name, None), np.ndarray)]
    assert len(arrays) > 400
    for name in arrays:
        np.testing.assert_array_equal(getattr(ours.model, name), getattr(theirs.model, name), name)
    for seed in (0, None):
        np.testing.assert_allclose(ours.reset(seed=seed)[0], theirs.reset(seed=seed)[0], rtol=0, atol=1e-14)
        for action in actions_of(ours, 25):
            observation, reward, _, _, info = ours.step(action)
            expected, theirs_reward, *_ = theirs.step(action)
            np.testing.assert_allclose(observation, expected, rtol=0, atol=1e-14)
            # Their version 1 rewards distance from the hand; D4RL punishes it.
            flipped = 2 * info.get("reward_reach", 0.0)
            assert reward == pytest.approx(theirs_reward + flipped, abs=1e-12)


def score_of(task, qvel=0.0, hinge=0.0, **places):
    """Reward, end and success of a world whose places are these."""
    world = world_of(task)
    world.reset(seed=0)
    world.qvel[:] = qvel
    if task == "door":
        world.task.hinge[:] = hinge
    for name, place in places.items():
        getattr(world.task, name)[:] = place
    parts, ended, reached = world.task.score()
    return pytest.approx(sum(parts.values()), abs=1e-9), ended, reached


def pen_at(distance, height, angle):
    """A pen at a distance from its goal, turned by an angle from it."""
    world = world_of("pen")
    pen, goal = np.array([0.0, 0.0, height]), np.array([distance, 0.0, height])
    half = world.task.length / 2, world.task.goal_length / 2
    along = np.array([np.sin(angle), 0.0, np.cos(angle)])
    upright = np.array([0.0, 0.0, 1.0])
    ends = {"top": half[0] * along, "bottom": -half[0] * along}
    ends |= {"goal_top": half[1] * upright, "goal_bottom": -half[1] * upright}
    return score_of("pen", pen=pen, goal=goal, **ends)


def test_rewards_by_hand():
    # similarity = cos(angle): 0.9553 within 0.3, 0.9211 within 0.4, 0.5403 at 1
    assert pen_at(0.1, 0.2, 0.3) == (-0.1 + np.cos(0.3), False, False)
    assert pen_at(0.05, 0.2, 0.4) == (-0.05 + np.cos(0.4) + 10, False, False)
    assert pen_at(0.05, 0.2, 0.3) == (-0.05 + np.cos(0.3) + 60, False, True)
    assert pen_at(0.05, 0.07, 1.0) == (-0.05 + np.cos(1.0) - 5, True, False)
    for hinge, bonus in ((0.2, 0), (0.21, 2), (1.01, 10), (1.36, 20)):
        expected = -0.1 * 0.5 - 0.1 * (hinge - 1.57) ** 2 - 1e-5 * 30 * 0.25 + bonus
        assert score_of("door", 0.5, hinge, palm=[0, 0, 0], handle=[0.3, 0, 0.4]) == (expected, False, hinge > 1.35)
    for left, bonus in ((0.03, 0), (0.015, 25), (0.005, 100)):
        places = {"palm": [0, 0, 0.5], "hammer": [0, 0, 0.2], "tool": [0, 0, 0.1], "nail": [0, 0, 0.3]}
        places |= {"goal": [left, 0, 0.3]}
        expected = -0.1 * 0.3 - 0.2 - 10 * left - 1e-2 * np.sqrt(33) + 2 + bonus
        assert score_of("hammer", 1.0, **places) == (expected, False, left < 0.01)
    assert score_of("relocate", ball=[0, 0, 0.03], palm=[0, 0, 0.23], target=[1, 0, 0.03]) == (-0.02, False, False)
    for left, bonus in ((0.2, 0), (0.08, 10), (0.04, 30)):
        places = {"ball": [0, 0, 0.1], "palm": [0, 0, 0.1], "target": [left, 0, 0.1]}
        assert score_of("relocate", **places) == (1 - left + bonus, False, left < 0.1)


def test_only_a_dropped_pen_ends_an_episode():
    for task in TASKS:
        world = world_of(task)
        world.reset(seed=0)
        ends = [world.step(action)[2] for action in actions_of(world, 60)]
        assert any(ends) == (task == "pen")


def test_a_reset_moves_what_d4rl_moves_and_in_its_own_world_only():
    ranges = {
        "door": [(-0.3, -0.2), (0.25, 0.35), (0.252, 0.35)],
        "relocate": [(-0.15, 0.15), (-0.15, 0.3), None, (-0.2, 0.2), (-0.2, 0.2), (0.15, 0.35)],
        "hammer": [None, None, (0.1, 0.25)],
    }
    for task, bounds in ranges.items():
        world, other = world_of(task), world_of(task)
        before = other.reset(seed=1)[0]
        seen = []
        for seed in range(20):
            world.reset(seed=seed)
            seen.append(np.concatenate(world.task.fields))
        np.testing.assert_array_equal(other.observe(), before)
        for values, bound in zip(np.array(seen).T, bounds):
            low, high = bound or (values[0], values[0])
            assert low <= values.min()
            assert values.max() <= high
            assert np.ptp(values) >= 0.6 * (high - low)
    world = world_of("pen")
    wanted = np.array([world.reset(seed=seed)[0][-9:-6] for seed in range(40)])
    np.testing.assert_allclose(np.linalg.norm(wanted, axis=1), 1.0)
    # The pen lies along its own z; turned by up to 1 rad about x, then about its new y.
    assert np.cos(1.0) ** 2 <= abs(wanted[:, 2]).min() <= 0.5


@pytest.mark.parametrize("task", TASKS)
def test_a_state_can_be_moved_to_another_world(task):
    world, other = world_of(task), world_of(task)
    world.reset(seed=3)
    other.reset(seed=4)
    for action in actions_of(world, 15):
        world.step(action)
    other.set_env_state(world.get_env_state())
    np.testing.assert_allclose(np.concatenate(other.task.fields), np.concatenate(world.task.fields), atol=1e-15)
    np.testing.assert_array_equal(other.state_vector(), world.state_vector())
    with pytest.raises(ValueError, match="expected"):
        other.set_env_state(world.get_env_state() | {"qpos": np.zeros(3)})


def test_scores_and_files_are_d4rls():
    world = world_of("pen", "human-longhorizon")
    assert world.get_normalized_score(3076.8331017826877) == 1.0
    assert world.get_normalized_score(96.262799) == 0.0
    assert world.dataset_url.endswith("/hand_dapg_v1/pen-human-v1.hdf5")
    with pytest.warns(DeprecationWarning, match="out of date"):
        assert world_of("door", "cloned", 0).dataset_url.endswith("/hand_dapg/door-demos-v0-bc-combined.hdf5")
