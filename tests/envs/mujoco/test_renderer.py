import sys

import mujoco
import numpy as np
import pytest

from palaestra.data.errors import InputError
from palaestra.envs.d4rl.mazes.ball import Maze2D
from palaestra.envs.mujoco import renderer
from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.picture import draw
from palaestra.envs.mujoco.robots import ROBOTS


@pytest.fixture(autouse=True)
def no_opengl(monkeypatch):
    for name in ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    trial = renderer._obstacle
    trial.cache_clear()
    yield
    trial.cache_clear()


def moved(robot, **options):
    world = Locomotion(robot, render_mode="rgb_array", **options)
    world.reset(seed=0)
    for _ in range(5):
        world.step(np.ones(world.action_space.shape))
    return world


@pytest.mark.parametrize("robot", ROBOTS)
def test_rendering_works_without_opengl_and_leaves_the_world_alone(robot):
    world = moved(robot, width=160, height=120)
    before = world.fingerprint()
    np.testing.assert_array_equal(world.render(), draw(robot, world.qpos, width=160, height=120))
    assert world.fingerprint() == before
    world.close()
    world.close()
    assert world.render().shape == (120, 160, 3)


def test_without_a_render_mode_there_is_no_picture():
    world = Locomotion("hopper")
    world.reset(seed=0)
    with pytest.warns(UserWarning, match="render_mode='rgb_array'"):
        assert world.render() is None


def test_an_unknown_renderer_is_refused():
    with pytest.raises(ValueError, match="auto, mujoco or picture, got 'pretty'"):
        Locomotion("hopper", renderer="pretty")


def test_a_fork_renders_alike():
    world = moved("hopper", width=100, height=80)
    np.testing.assert_array_equal(world.fork().render(), world.render())


def test_where_mujocos_renderer_cannot_be_made_the_picture_takes_its_place(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "egl")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")  # the trial fails as it would without a driver
    world = moved("hopper")
    np.testing.assert_array_equal(world.render(), draw("hopper", world.qpos))
    with pytest.raises(InputError, match="MUJOCO_GL") as caught:
        moved("hopper", renderer="mujoco").render()
    assert "\n" not in str(caught.value)


def test_a_process_that_dies_for_want_of_a_driver_is_an_obstacle(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "nonsense")
    assert "invalid value for environment variable MUJOCO_GL" in renderer._obstacle()


class Engine:
    """Stands in for MuJoCo's renderer, which needs a driver."""

    def __init__(self, model, height, width):
        self.model, self.shape, self.closed = model, (height, width, 3), False

    def update_scene(self, data, camera):
        self.qpos, self.tracked = data.qpos.copy(), camera.trackbodyid
        self.over, self.marked = camera.lookat.copy(), self.model.site_pos[:1].copy()

    def render(self):
        return np.zeros(self.shape, np.uint8)

    def close(self):
        self.closed = True


def test_mujocos_renderer_draws_from_a_copy(monkeypatch):
    monkeypatch.setattr(renderer, "_obstacle", lambda: None)
    monkeypatch.setattr(mujoco, "Renderer", Engine)
    world = moved("ant", renderer="mujoco", width=1000, height=700)
    before = world.fingerprint()
    assert world.render().shape == (700, 1000, 3)
    engine = world._renderer._engine
    np.testing.assert_array_equal(engine.qpos, world.qpos)
    assert engine.tracked == 1
    assert engine.model is not world.model
    assert (engine.model.vis.global_.offwidth, engine.model.vis.global_.offheight) == (1000, 700)
    assert world.fingerprint() == before
    world.close()
    assert engine.closed


def test_mujocos_renderer_sees_a_maze_from_above_with_its_goal(monkeypatch):
    monkeypatch.setattr(renderer, "_obstacle", lambda: None)
    monkeypatch.setattr(mujoco, "Renderer", Engine)
    world = Maze2D("maze2d-umaze-v1", render_mode="rgb_array", renderer="mujoco")
    world.reset(seed=0)
    for goal in ((1.0, 2.0), (3.0, 1.5)):
        world.set_target(goal)
        world.render()
        engine = world._renderer._engine
        np.testing.assert_allclose(engine.marked, [[goal[0] + 1.2, goal[1] + 1.2, 0.0]])
    np.testing.assert_allclose(engine.over, [3.0, 3.0, 0.0])  # 5 cells, the first one's middle at 1
    assert not world.model.site_pos.any()
