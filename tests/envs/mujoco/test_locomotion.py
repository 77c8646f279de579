import math
import os
import re

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.envs.mujoco.ant_v4 import AntEnv
from gymnasium.envs.mujoco.half_cheetah_v4 import HalfCheetahEnv
from gymnasium.envs.mujoco.hopper_v4 import HopperEnv
from gymnasium.envs.mujoco.walker2d_v4 import Walker2dEnv

from palaestra.data.errors import InputError
from palaestra.envs.mujoco.locomotion import Locomotion, is_healthy, reward
from palaestra.envs.mujoco.robots import ANT, HALFCHEETAH, HOPPER, WALKER2D

V4 = {
    "hopper": HopperEnv,
    "halfcheetah": HalfCheetahEnv,
    "walker2d": Walker2dEnv,
    "ant": lambda: AntEnv(use_contact_forces=True),
}


@pytest.mark.parametrize("robot", V4)
def test_equals_gymnasiums_v4_bit_for_bit(robot):
    ours, theirs = Locomotion(robot), V4[robot]()
    random = np.random.default_rng(0)
    for seed in (0, 1, None, None):
        observation, _ = ours.reset(seed=seed)
        np.testing.assert_array_equal(observation, theirs.reset(seed=seed)[0])
        for step in range(1000 if seed == 0 else 60):
            # Past the end too, where v4 goes on, and out of range, where its control cost goes on growing.
            action = random.uniform(-1.3, 1.3, ours.action_space.shape).astype((np.float32, np.float64)[step % 2])
            observation, earned, terminated, truncated, info = ours.step(action)
            expected = theirs.step(action)
            np.testing.assert_array_equal(observation, expected[0])
            assert (earned, terminated) == expected[1:3]
            assert info["x_position"] == expected[4]["x_position"]
            assert info["x_velocity"] == expected[4]["x_velocity"]
            assert truncated == (step == 999)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.metadata["render_fps"] == theirs.metadata["render_fps"]


@pytest.mark.parametrize("robot", ["hopper", "ant"])
def test_states_are_set_as_in_gymnasium(robot):
    ours, theirs = Locomotion(robot), V4[robot]()
    np.testing.assert_array_equal(ours.init_qpos, theirs.init_qpos)
    np.testing.assert_array_equal(ours.init_qvel, theirs.init_qvel)
    assert ours.dt == theirs.dt
    theirs.reset(seed=0)
    random = np.random.default_rng(1)
    for _ in range(3):
        qpos = theirs.init_qpos + random.uniform(-0.1, 0.1, theirs.model.nq)
        qvel = random.normal(size=theirs.model.nv)
        for world in (ours, theirs):
            world.set_state(qpos, qvel)
        np.testing.assert_array_equal(ours.state_vector(), np.concatenate([qpos, qvel]))
        action = random.uniform(-1, 1, ours.action_space.shape)
        np.testing.assert_array_equal(ours.step(action)[0], theirs.step(action)[0])
    with pytest.raises(InputError, match=r"qvel has shape \(2,\), expected \("):
        ours.set_state(qpos, qvel[:2])
    np.testing.assert_array_equal(ours.state_vector(), theirs.state_vector())


def torques(world, steps, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (steps, *world.action_space.shape)).astype(np.float32)


@pytest.mark.parametrize("robot", V4)
def test_info_names_the_parts_of_the_reward(robot):
    world = Locomotion(robot)
    world.reset(seed=0)
    contacts = 0.0
    for action in torques(world, 60):
        _, earned, *_, info = world.step(action)
        parts = [value for name, value in info.items() if name.startswith("reward_")]
        assert sum(parts) == pytest.approx(earned, rel=1e-12)
        contacts += info.get("reward_contact", 0.0)
    assert len(parts) == (4 if robot == "ant" else 3)
    assert (contacts < 0) == (robot == "ant")


def test_walker_is_the_one_with_unequal_feet():
    model = Locomotion("walker2d").model
    assert model.geom("foot_geom").friction[0] == 0.9
    assert model.geom("foot_left_geom").friction[0] == 1.9


def test_ants_observation_ends_in_84_clipped_contact_forces():
    world = Locomotion("ant")
    observation, _ = world.reset(seed=0)
    assert not observation[27:].any()  # as in v4: nothing is computed before the first step
    seen = np.array([world.step(action)[0][27:] for action in torques(world, 60)])
    assert seen.shape == (60, 84)
    assert seen.max() == 1.0
    assert seen.min() == -1.0


def reward_of(robot, moved, action, forces=None):
    """Reward of a step of 0.1 s from x = 1."""
    earned, _ = reward(robot, 0.1, np.array(action), [1.0, 0.0], [1.0 + moved, 0.0], forces)
    return pytest.approx(earned, abs=1e-12)


def test_rewards_by_hand():
    assert reward_of(HOPPER, 0.3, [1.0, 1.0, 2.0]) == 3 + 1 - 0.006
    assert reward_of(WALKER2D, -0.1, [1.0] * 6) == -1 + 1 - 0.006
    assert reward_of(HALFCHEETAH, 0.5, [1.0] * 6) == 5 - 0.6
    assert reward_of(ANT, 0.2, [0.5] * 8, np.ones(84)) == 2 + 1 - 0.5 * 2 - 5e-4 * 84


@pytest.mark.parametrize(
    ("robot", "index", "healthy", "fallen"),
    [
        (HOPPER, 1, 0.7001, 0.7),
        (HOPPER, 2, -0.1999, -0.2),
        (HOPPER, 2, 0.1999, 0.2),
        (HOPPER, 11, 99.9, 100.0),
        (HOPPER, 4, -99.9, -100.0),
        (WALKER2D, 1, 0.8001, 0.8),
        (WALKER2D, 1, 1.9999, 2.0),
        (WALKER2D, 2, 0.999, 1.0),
        (ANT, 2, 0.2, math.nextafter(0.2, 0)),
        (ANT, 2, 1.0, math.nextafter(1.0, 2)),
        (ANT, 20, 1e9, math.nan),
        (ANT, 0, 1e9, math.inf),
    ],
)
def test_where_a_fall_begins(robot, index, healthy, fallen):
    state = [0.0, 1.2, 0.5 if robot is ANT else 0.0, *[0.0] * 26]
    for value, expected in ((healthy, True), (fallen, False)):
        state[index] = value
        assert is_healthy(robot, state) is expected


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        ([math.nan, 0, 0], "holds nan"),
        (np.array([0, np.inf, 0], np.float32), "holds inf"),
        (np.array([0, -1e30, 0], np.float32), "holds -1.0000000"),
        (np.array([0, 2e10, 0]), "holds 20000000000.0, expected finite numbers up to 1e\\+10"),
        (np.zeros(4), "shape \\(4,\\), expected \\(3,\\)"),
        (np.zeros((1, 3)), "shape \\(1, 3\\)"),
        (0.5, "shape \\(\\)"),
        ("go", "shape \\(\\)"),
        (None, "shape \\(\\)"),
        ([[1], [2, 3], []], "not an array"),
        (torch.zeros(3, requires_grad=True), "not an array"),
        (["a", "b", "c"], "dtype <U1"),
        ([1j, 0, 0], "dtype complex128"),
        (np.array([True, False, True]), "dtype bool"),
        ([None, 1, 2], "dtype object"),
    ],
)
def test_a_bad_action_is_no_torque_and_is_reported(action, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    world, idle = Locomotion("hopper"), Locomotion("hopper")
    for each in (world, idle):
        each.reset(seed=0)
        each.step(np.ones(3))
    observation, earned, _, _, info = world.step(action)
    expected = idle.step(np.zeros(3))
    assert (observation == expected[0]).all()
    assert earned == expected[1]
    assert info["reward_ctrl"] == 0
    assert re.search(reason, info["action_error"])
    assert "\n" not in info["action_error"]
    assert world.fingerprint() == idle.fingerprint()
    assert os.listdir(tmp_path) == []  # MuJoCo writes a log file when it meets a bad control itself


@pytest.mark.parametrize(
    "action", [[0.5, 1, -1], (0.5, 1, -1), np.array([0.5, 1, -1], np.float16), torch.tensor([0.5, 1, -1])]
)
def test_other_forms_of_a_good_action_will_do(action):
    worlds = [Locomotion("hopper") for _ in range(2)]
    for world, each in zip(worlds, (action, np.array([0.5, 1.0, -1.0]))):
        world.reset(seed=0)
        assert "action_error" not in world.step(each)[4]
    assert worlds[0].fingerprint() == worlds[1].fingerprint()


def test_clipping_is_the_engines_but_the_cost_is_of_the_action_given():
    worlds = [Locomotion("walker2d") for _ in range(2)]
    (near, far) = [(world.reset(seed=0), world.step(np.full(6, size)))[1] for world, size in zip(worlds, (1.0, 3.0))]
    np.testing.assert_array_equal(near[0], far[0])
    assert near[1] - far[1] == pytest.approx(1e-3 * 6 * (9 - 1))


def test_d4rls_ids_clip_before_the_cost():
    worlds = gymnasium.make("hopper-medium-v2"), gymnasium.make("hopper-medium-v2"), Locomotion("hopper")
    (far, clipped, base) = [
        (world.reset(seed=0), world.step(np.full(3, size)))[1] for world, size in zip(worlds, (3.0, 1.0, 1.0))
    ]
    assert far[1] == clipped[1] == base[1]
    vector = gymnasium.make_vec("hopper-medium-v2", num_envs=2)
    vector.reset(seed=0)
    assert vector.step(np.full((2, 3), 3.0))[1][0] == far[1]


def test_stepping_waits_for_a_reset_or_a_restored_state():
    world, other = Locomotion("hopper"), Locomotion("hopper")
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        world.step(np.zeros(3))
    other.reset(seed=0)
    world.restore(other.snapshot())
    world.step(np.zeros(3))


def test_a_fall_and_the_horizon_are_told_apart():
    world = Locomotion("hopper")
    world.reset(seed=0)
    world.elapsed = 998
    assert world.step(np.zeros(3))[2:4] == (False, False)
    assert world.step(np.zeros(3))[2:4] == (False, True)
    world.qpos[2] = 0.5
    assert world.step(np.zeros(3))[2:4] == (True, True)
    world.reset()
    assert world.step(np.zeros(3))[2:4] == (False, False)


@pytest.mark.parametrize(
    ("robot", "low", "high"),
    [
        ("hopper", -20.272305, 3234.3),
        ("halfcheetah", -280.178953, 12135.0),
        ("walker2d", 1.629008, 4592.3),
        ("ant", -325.6, 3879.7),
    ],
)
def test_normalised_scores_are_fractions(robot, low, high):
    world = Locomotion(robot)
    assert (world.ref_min_score, world.ref_max_score) == (low, high)
    assert world.get_normalized_score(low) == 0
    assert world.get_normalized_score(high) == 1
    assert world.get_normalized_score((low + high) / 2) == pytest.approx(0.5)


def test_worlds_of_one_robot_share_its_model():
    assert Locomotion("ant").model is Locomotion("ant").fork().model
