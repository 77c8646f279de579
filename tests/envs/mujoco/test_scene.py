import mujoco
import numpy as np
import pytest

from palaestra.envs.mujoco.renderer import Fixed
from palaestra.envs.mujoco.scene import Scene

GEOMS = {
    "sphere": ('type="sphere" size="0.5"', (1.0, 1.0)),
    "box": ('type="box" size="0.5 0.1 0.25"', (1.0, 0.5)),
    "capsule": ('type="capsule" size="0.25 0.25"', (0.5, 1.0)),
    "cylinder": ('type="cylinder" size="0.25 0.5"', (0.5, 1.0)),
    "ellipsoid": ('type="ellipsoid" size="0.5 0.1 0.25"', (1.0, 0.5)),
    "mesh": ('type="mesh" mesh="wedge"', (1.0, 0.5)),
}
WEDGE = "-0.5 -0.1 -0.25  0.5 -0.1 -0.25  0.5 -0.1 0.25  -0.5 0.1 -0.25  0.5 0.1 -0.25  0.5 0.1 0.25"
CAMERA = Fixed((0.0, 0.0, 1.0), distance=10.0, azimuth=90.0, elevation=0.0)


def model_of(geom, rgba="1 0 0 1", group=0):
    return mujoco.MjModel.from_xml_string(f"""
<mujoco>
  <visual><global fovy="20"/></visual>
  <asset><mesh name="wedge" vertex="{WEDGE}"/></asset>
  <worldbody>
    <body pos="0 0 1"><freejoint/><geom {geom} rgba="{rgba}" group="{group}" mass="1"/></body>
  </worldbody>
</mujoco>""")


def red(picture):
    """(rows, columns) of red pixels."""
    pixels = picture.astype(int)
    return np.nonzero(pixels[..., 0] > 2 * pixels[..., 1])


@pytest.mark.parametrize("kind", GEOMS)
def test_a_geom_is_drawn_where_it_is_and_as_large_as_it_is(kind):
    geom, (wide, high) = GEOMS[kind]
    model = model_of(geom)
    metre = 100 / (2 * 10 * np.tan(np.radians(10)))  # pixels, at the camera's distance
    for shift in (0.0, 0.4):
        qpos = model.qpos0.copy()
        qpos[0] = shift
        rows, columns = red(Scene(model, CAMERA, 100, 100).draw(qpos))
        assert np.ptp(columns) + 1 == pytest.approx(wide * metre, abs=2.5)
        assert np.ptp(rows) + 1 == pytest.approx(high * metre, abs=2.5)
        if kind != "mesh":  # whose frame MuJoCo moves to its middle
            assert (columns.min() + columns.max() + 1) / 2 == pytest.approx(50 + shift * metre, abs=1.5)


def test_the_nearer_geom_hides_the_farther_and_collision_geoms_are_not_drawn():
    both = mujoco.MjModel.from_xml_string("""
<mujoco><worldbody>
  <geom type="sphere" size="0.5" pos="0 0 1" rgba="0 0 1 1"/>
  <geom type="sphere" size="0.5" pos="0 -2 1" rgba="1 0 0 1"/>
  <geom type="sphere" size="0.7" pos="0 -3 1" rgba="0 1 0 1" group="3"/>
</worldbody></mujoco>""")
    middle = Scene(both, CAMERA, 101, 101).draw(both.qpos0)[50, 50].astype(int)
    assert middle[0] > 2 * max(middle[1:])
