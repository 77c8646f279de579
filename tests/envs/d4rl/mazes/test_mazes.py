"""The rules of Maze2D and AntMaze; expected values are computed by hand from D4RL's definitions."""

import math

import gymnasium
import numpy as np
import pytest

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.agents.waypoints import WaypointController, shortest_path
from palaestra.data.errors import InputError
from palaestra.envs.d4rl.mazes.maps import ANT, BALL
from palaestra.envs.d4rl.mazes.models import position

pytestmark = pytest.mark.filterwarnings("ignore:.*is out of date:DeprecationWarning")


def test_the_ball_moves_by_the_rules():
    world = gymnasium.make("maze2d-umaze-v1")
    world.reset(seed=0)
    world.set_state([3.0, 1.0], [9.0, 0.0])
    observation, reward, terminated, truncated, info = world.step([0.0, 4.0])
    # Speed clipped to 5. Mass m = 4/3 pi 0.1^3 1000; Euler with implicit damping: v' = v + dt (F - d v) / (m + dt d).
    mass = 4 / 3 * math.pi
    vx, vy = 5 + 0.01 * -5 / (mass + 0.01), 0.01 * 100 / (mass + 0.01)
    np.testing.assert_allclose(observation, [3 + 0.01 * vx, 1 + 0.01 * vy, vx, vy], rtol=1e-12)
    assert (reward, terminated, truncated, info["goal"].tolist()) == (0.0, False, False, [1.0, 1.0])
    world.set_state([1.0, 1.5], [0.0, 0.0])
    assert world.step([0.0, 0.0])[1] == 1.0  # 0.5 from the goal, which the reward includes
    dense = gymnasium.make("maze2d-umaze-dense-v1", max_episode_steps=2)
    dense.reset(seed=0)
    dense.set_state([1.0, 1.5], [0.0, 0.0])
    assert dense.step([0.0, 0.0])[1] == pytest.approx(math.exp(-0.5), rel=1e-12)
    *_, terminated, truncated, info = dense.step([math.nan, 0.0])
    assert (terminated, truncated, "nan" in info["action_error"]) == (False, True, True)


def test_a_ball_starts_near_any_free_cell_and_its_goal_is_the_maps():
    world = gymnasium.make("maze2d-medium-v1")
    starts = np.array([world.reset(seed=seed)[0] for seed in range(400)])
    cells = np.round(starts[:, :2])
    assert {tuple(cell) for cell in cells.astype(int).tolist()} == set(BALL["medium"].free)
    offsets = starts[:, :2] - cells
    assert -0.1 <= offsets.min() < -0.09
    assert 0.09 < offsets.max() <= 0.1
    assert starts[:, 2:].std() == pytest.approx(0.1, rel=0.1)
    assert world.get_target().tolist() == [6.0, 6.0]
    world.set_target((2.0, 1.5))
    assert world.reset(seed=1)[1]["goal"].tolist() == [2.0, 1.5]  # as in D4RL, until it is set again
    with pytest.raises(InputError, match="two finite numbers"):
        world.set_target([1.0])


def test_an_ant_starts_and_its_goal_lies_as_in_d4rl():
    world = gymnasium.make("antmaze-large-play-v2")
    resets = [world.reset(seed=seed) for seed in range(200)]
    starts, goals = np.array([start for start, _ in resets]), np.array([info["goal"] for _, info in resets])
    np.testing.assert_allclose(np.linalg.norm(starts[:, 3:7], axis=1), 1.0)
    assert np.abs(starts[:, [0, 1, 7, 14]]).max() <= 0.1
    assert np.abs(starts[:, 2] - 0.75).max() <= 0.1
    assert starts[:, 15:].std() == pytest.approx(0.1, rel=0.05)
    # G is at (7, 9), R at (1, 1): 4 (9 - 1), 4 (7 - 1); plus U(0, 1) + U(0, 0.5), of mean 0.75 and variance 5/48.
    jitter = goals - [32.0, 24.0]
    assert 0.0 <= jitter.min() < 0.2
    assert 1.3 < jitter.max() <= 1.5
    np.testing.assert_allclose(jitter.mean(axis=0), 0.75, atol=0.1)
    np.testing.assert_allclose(jitter.var(axis=0), 5 / 48, rtol=0.3)
    assert [position(ANT[name], ANT[name].goal) for name in ("umaze", "medium", "large")] == [
        (0.0, 8.0),
        (20.0, 20.0),
        (32.0, 24.0),
    ]


def test_an_ant_is_rewarded_at_the_goal_and_the_episode_ends_there():
    world = gymnasium.make("antmaze-umaze-v2")
    world.reset(seed=0)
    np.testing.assert_allclose(
        world.controls(np.array([-1, -0.5, 0, 1.5] * 2, dtype=np.float32))[:4], [-30, -15, 0, 30]
    )
    start = world.state_vector()
    *_, terminated, _, info = world.step(np.zeros(8))
    assert (terminated, info["success"]) == (False, False)
    assert world.dt == pytest.approx(0.1)
    world.set_state(np.concatenate([world.target_goal - [0.3, 0.35], [0.1, 0.0, 1.0], start[5:15]]), np.zeros(14))
    _, reward, terminated, truncated, info = world.step(np.zeros(8))  # on its back, and still there
    assert (reward, terminated, truncated, info["success"]) == (1.0, True, False, True)


def test_a_goal_is_drawn_at_every_reset_or_once():
    new = gymnasium.make("antmaze-umaze-v2")
    new.set_target((1.0, 2.0))
    first, second = new.reset(seed=0)[1]["goal"], new.reset()[1]["goal"]
    assert not np.array_equal(first, second)
    once = gymnasium.make("antmaze-umaze-v0")
    goal = once.target_goal
    assert np.array_equal(once.reset()[1]["goal"], goal)
    seeded = once.reset(seed=0)[1]["goal"]
    assert not np.array_equal(seeded, goal)
    assert np.array_equal(once.reset()[1]["goal"], seeded)
    once.set_target((1.0, 2.0))
    fork = once.fork()
    assert fork.reset(seed=3)[1]["goal"].tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="antmaze with one goal umaze"):
        new.restore(once.snapshot())


def test_vectors_of_mazes_equal_single_worlds():
    for env_id, dims in (("maze2d-large-dense-v1", 2), ("antmaze-umaze-v2", 8)):
        vector = gymnasium.make_vec(env_id, 3, threads=2, max_episode_steps=4)
        singles = [gymnasium.make(env_id, max_episode_steps=4) for _ in range(3)]
        goals = vector.reset(seed=5)[1]["goal"]
        assert np.array_equal(goals, [world.reset(seed=5 + i)[1]["goal"] for i, world in enumerate(singles)])
        actions = np.random.default_rng(0).uniform(-1.5, 1.5, (4, 3, dims)).astype(np.float32)
        actions[1, 2, 0] = np.nan
        for step in actions:
            observations, rewards, terminations, truncations, infos = vector.step(step)
            expected = [world.step(action) for world, action in zip(singles, step)]
            assert np.array_equal(observations, [each[0] for each in expected])
            assert rewards.tolist() == [each[1] for each in expected]
            assert terminations.tolist() == [each[2] for each in expected]
            assert truncations.tolist() == [each[3] for each in expected]
            assert infos["success"].tolist() == [each[4]["success"] for each in expected]
            assert vector.latest_infos[2].get("action_error") == expected[2][4].get("action_error")
        assert truncations.all()
        vector.close()


def test_the_controller_plans_once_and_steers_to_cells():
    umaze = BALL["umaze"]
    assert shortest_path(umaze, (3, 1), (1, 1)) == [(3, 2), (3, 3), (2, 3), (1, 3), (1, 2), (1, 1)]
    assert shortest_path(umaze, (1, 1), (1, 1)) == [(1, 1)]
    assert shortest_path(umaze, (2, 1), (1, 3)) == [(1, 1), (1, 2), (1, 3)]  # from a wall's cell
    assert shortest_path(umaze, (0, 0), (1, 1)) == [(0, 0)]
    controller = WaypointController(umaze, np.random.default_rng(0))
    still = np.array([1.02, 1.0, 0.0, 0.0])
    assert controller.act(still, np.array([0.95, 1.08])) == ((pytest.approx(-0.2), 0.0), True)  # the cell, not the goal
    # A new goal in the same cell has been reached already; from anywhere else it is steered at through the walls.
    assert controller.act(still, np.array([1.1, 0.9]))[1]
    force, reached = controller.act(np.array([3.0, 1.0, 0.5, 0.0]), np.array([1.0, 1.0]))
    assert (force, reached) == ((-1.0, 0.0), False)
    world = gymnasium.make("maze2d-umaze-v1")
    observation, info = world.reset(seed=0)  # in the cell (3, 3)
    returns, controller = 0.0, WaypointController(umaze, np.random.default_rng(0))
    for _ in range(300):
        observation, reward, *_ = world.step(controller.act(observation, info["goal"])[0])
        returns += reward
    assert 150 < returns < 220
    assert np.linalg.norm(observation[:2] - 1) < 0.1


def test_pictures_show_walls_robot_and_goal():
    for env_id, wall, free in (
        ("maze2d-large-v1", (2, 2), (1, 1)),
        ("antmaze-large-play-v2", (8 - 2, 2), (8 - 1, 1)),  # y points up
    ):
        world = gymnasium.make(env_id, render_mode="rgb_array", renderer="picture", width=240, height=180)
        world.reset(seed=0)
        world.set_target((5.0, 5.0))
        picture = world.render().astype(int)
        assert picture.shape == (180, 240, 3)

        def cell(row, column, picture=picture):
            return picture[round(20 * (row + 0.15)), round(20 * (column + 0.85))]

        assert np.ptp(cell(*wall)) < 40  # stone
        assert cell(*free).min() > 200  # sand
        red, green, blue = np.moveaxis(picture, -1, 0)
        assert ((red > green + 40) & (red > blue + 60)).any()
        assert (green > red + 30).any()
