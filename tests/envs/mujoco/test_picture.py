import numpy as np
import pytest

from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.picture import VIEWS, draw

ROBOTS = ("hopper", "halfcheetah", "walker2d", "ant")


def pose(robot, x=0.0):
    """Joint positions of a world after some steps, moved to ``x``."""
    world = Locomotion(robot)
    world.reset(seed=0)
    for action in np.random.default_rng(0).uniform(-1, 1, (12, *world.action_space.shape)):
        world.step(action)
    qpos = world.qpos.copy()
    qpos[0] = x
    return qpos


def share_of_limbs(pixels):
    """Share of pixels whose hue is a limb's: redder or bluer than sky, sand and labels."""
    red, _, blue = (pixels[..., i].astype(int) for i in range(3))
    return ((red - blue > 70) | ((blue - red > 35) & (red < 150))).mean()


@pytest.mark.parametrize("robot", ROBOTS)
def test_a_picture_has_the_size_asked_for_and_is_always_the_same(robot):
    picture = draw(robot, pose(robot), width=200, height=120)
    assert picture.shape == (120, 200, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(picture, draw(robot, pose(robot), width=200, height=120))


@pytest.mark.parametrize("robot", ROBOTS)
def test_the_robot_is_in_the_middle_and_whole(robot):
    picture = draw(robot, pose(robot, x=37.3))
    assert share_of_limbs(picture[100:420, 140:340]) > 0.05
    border = np.concatenate(
        [picture[:30].reshape(-1, 3), picture[:, :30].reshape(-1, 3), picture[:, -30:].reshape(-1, 3)]
    )
    assert share_of_limbs(border) == 0


@pytest.mark.parametrize("robot", ["hopper", "halfcheetah", "walker2d"])
def test_the_camera_goes_along_while_the_marks_on_the_ground_stay(robot):
    pictures = [draw(robot, pose(robot, x)) for x in (4.0, 4.3, 5.0)]
    sky = slice(0, 250)  # above the track and its labels
    np.testing.assert_array_equal(pictures[0][sky], pictures[1][sky])
    np.testing.assert_array_equal(pictures[0][sky], pictures[2][sky])
    assert (pictures[0] != pictures[1]).any()  # the marks have moved
    moved = (pictures[0] != pictures[2]).any(axis=2)
    assert 0 < moved.mean() < 0.02  # a metre on, the marks coincide, but the labels count on


def test_each_limb_is_drawn_where_it_is():
    upright = np.array([0, 1.25, 0, 0, 0, 0, 0, 0, 0.0])
    striding = np.array([0, 1.25, 0, -1.2, 0, 0, 0, 0, 0.0])  # the right leg raised backwards
    columns = []
    for qpos in (upright, striding):
        picture = draw("walker2d", qpos)
        columns.append(np.flatnonzero([share_of_limbs(picture[:, column]) > 0 for column in range(480)]))
    metre = 480 / VIEWS["walker2d"].span  # in pixels
    radius, leg = 0.05 * metre, 0.95 * metre  # the torso's, and from hip to ankle
    assert columns[0].min() == pytest.approx(240 - 1.2 * radius, abs=4)
    assert 240 - columns[1].min() == pytest.approx(leg * np.sin(1.2) + radius, abs=15)


def test_walkers_left_leg_is_told_by_its_colour():
    qpos = pose("walker2d")
    qpos[[3, 6]] = -0.9, -0.1
    picture = draw("walker2d", qpos).astype(int)
    assert ((picture[..., 2] - picture[..., 0] > 35) & (picture[..., 0] < 150)).sum() > 500
    hopper = draw("hopper", pose("hopper")).astype(int)
    assert ((hopper[..., 2] - hopper[..., 0] > 35) & (hopper[..., 0] < 150)).sum() == 0
