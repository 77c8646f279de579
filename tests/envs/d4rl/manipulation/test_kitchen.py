import gymnasium
import numpy as np
import pytest

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.envs.d4rl.manipulation.kitchen import INITIAL


@pytest.fixture(scope="module")
def world():
    return gymnasium.make("kitchen-mixed-v0")


def noise_of(joint):
    """A tenth of the amplitudes in D4RL's description of the robot."""
    coarse = joint < 9 or joint in (20, 21, 22, 26, 27, 28)
    return 0.01 if coarse else 0.00005 if 11 <= joint < 17 else 0.0005


def test_the_model_is_gymnasium_robotics_but_for_the_column(world):
    from gymnasium_robotics.envs.franka_kitchen import KitchenEnv

    theirs = KitchenEnv().model
    arrays = [name for name in dir(theirs) if isinstance(getattr(theirs, name, None), np.ndarray)]
    equal = {name for name in arrays if np.array_equal(getattr(world.model, name), getattr(theirs, name))}
    nan = {name for name in arrays if getattr(theirs, name).dtype.kind == "f" and np.isnan(getattr(theirs, name)).any()}
    assert set(arrays) - equal - nan == {"geom_contype", "geom_conaffinity", "body_contype", "body_conaffinity"}
    assert (np.flatnonzero(world.model.geom_contype != theirs.geom_contype) == [1]).all()


def test_readings_have_d4rls_noise_and_the_goal_follows(world):
    seen = np.array([world.reset(seed=seed)[0] for seed in range(40)])
    bounds = np.array([noise_of(joint) for joint in range(30)])
    gaps = abs(seen[:, :30] - INITIAL).max(axis=0)
    assert (gaps <= bounds).all()
    assert (gaps >= 0.85 * bounds).all()
    goal = np.zeros(30)
    goal[[11, 12, 17, 18, 22]] = -0.88, -0.01, -0.69, -0.05, -0.75
    goal[23:30] = -0.23, 0.75, 1.62, 0.99, 0, 0, -0.06
    assert (seen[:, 30:] == goal).all()


def test_an_action_is_a_velocity_from_the_observed_position(world):
    observation, _ = world.reset(seed=0)
    world.step(np.array([0.5, -1, 3, 0, 0, 0, 0, 1, -1]))
    expected = observation[:9] + 0.08 * np.array([1.0, -2, 2, 0, 0, 0, 0, 2, -2])
    expected[1] = -1.8  # the bounds of D4RL's description
    expected[7:] = 0.04, 0.0
    np.testing.assert_allclose(world.ctrl, expected, atol=1e-12)


def test_each_task_pays_once_and_the_last_ends_the_episode(world):
    world.reset(seed=0)
    qpos, rewards = INITIAL.copy(), []
    done = (
        ("microwave", {22: -0.75}),
        ("bottom burner", {11: -0.88, 12: -0.01}),
        ("light switch", {17: -0.69, 18: -0.05}),
        ("kettle", {23: -0.23, 24: 0.75, 25: 1.62, 26: 0.99, 29: -0.06}),
    )
    left = {task for task, _ in done}
    for task, joints in done:
        qpos[list(joints)] = list(joints.values())
        world.set_state(qpos, np.zeros(29))
        for _ in range(2):
            _, reward, terminated, _, info = world.step(np.zeros(9))
            rewards.append(reward)
        left.discard(task)
        assert set(info["tasks_to_complete"]) == left
        assert terminated == (not left)
    assert rewards == [1, 0] * 4
    _, info = world.reset(seed=0)
    assert world.step(np.zeros(9))[1] == 0
