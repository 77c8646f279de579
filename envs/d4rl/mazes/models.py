"""MuJoCo's models of the mazes, written from the facts of D4RL's."""

import hashlib
from functools import cache
from itertools import product

import mujoco

from palaestra.envs.d4rl.mazes.maps import ANT, BALL, Cell, Maze

BALL_RADIUS = 0.1
BALL_OFFSET = 1.2  # the simulator's coordinates less the ball's positions
WALL_OFFSET = 1.0  # the simulator's coordinates less the numbers of the cell whose wall it is
SCALE = 4.0  # of the ant's cells, m
LEGS = (  # name, sides of x and y, of the ankle's axis along x, and the ankle's range in degrees
    ("front_left", 1, 1, -1, (30, 70)),
    ("front_right", -1, 1, 1, (-70, -30)),
    ("back_left", -1, -1, -1, (-70, -30)),
    ("back_right", 1, -1, 1, (30, 70)),
)
BLOCK = 4  # cells to a side: MuJoCo skips the walls of blocks that the ant isn't near
MOTORS = (4, 1, 2, 3)  # the order of the legs in an action; each has a hip and an ankle


def ball_xml(maze: Maze) -> str:
    """Maze2D: a ball on two sliding joints between unit boxes, driven by forces of up to 100 N."""
    walls = "\n".join(_box((i, j), (i + WALL_OFFSET, j + WALL_OFFSET), "0.5 0.5 0.2", z=0.0) for i, j in maze.walls)
    return f"""<mujoco model="maze2d">
  <compiler inertiafromgeom="true"/>
  <option timestep="0.01" gravity="0 0 0" iterations="20" integrator="Euler"/>
  <default>
    <joint type="slide" damping="1"/>
    <geom friction="0.5 0.1 0.1" density="1000" margin="0.002" condim="1" contype="2"/>
    <motor ctrlrange="-1 1" ctrllimited="true" gear="100"/>
    <default class="wall">
      <geom rgba="0.55 0.5 0.45 1"/>
    </default>
  </default>
  <worldbody>
    <light pos="0 0 8" directional="true" diffuse="0.7 0.7 0.7"/>
    <geom name="ground" type="plane" size="40 40 0.25" pos="0 0 -0.1" contype="0" conaffinity="0"
          rgba="0.94 0.88 0.77 1"/>
    <body name="particle" pos="{BALL_OFFSET} {BALL_OFFSET} 0">
      <joint name="ball_x" axis="1 0 0"/>
      <joint name="ball_y" axis="0 1 0"/>
      <geom name="particle_geom" type="sphere" size="{BALL_RADIUS}" contype="1" rgba="0.79 0.33 0.21 1"/>
    </body>
    <site name="target" size="{BALL_RADIUS}" rgba="0.3 0.6 0.4 1"/>
{walls}
  </worldbody>
  <actuator>
    <motor joint="ball_x"/>
    <motor joint="ball_y"/>
  </actuator>
</mujoco>
"""


def ant_xml(maze: Maze) -> str:
    """AntMaze: D4RL's ant, whose motors give up to 30 N m, between boxes of 4 m.

    The walls belong to jointless bodies, and no trees of bounding boxes are searched: neither changes a contact, and
    steps take a fifth less time.
    """
    blocks: dict[Cell, list[str]] = {}
    half, tall = SCALE / 2, SCALE / 4
    for cell in maze.walls:
        box = _box(cell, position(maze, cell), f"{half} {half} {tall}", z=tall)
        blocks.setdefault((cell[0] // BLOCK, cell[1] // BLOCK), []).append(box)
    walls = "\n".join("\n".join(("    <body>", *boxes, "    </body>")) for boxes in blocks.values())
    legs = "\n".join(_leg(number, *leg) for number, leg in enumerate(LEGS, start=1))
    motors = "\n".join(f'    <motor joint="{joint}_{leg}"/>' for leg, joint in product(MOTORS, ("hip", "ankle")))
    return f"""<mujoco model="antmaze">
  <compiler inertiafromgeom="true" angle="degree"/>
  <option timestep="0.02" integrator="RK4">
    <flag midphase="disable"/>
  </option>
  <default>
    <joint limited="true" armature="1" damping="1"/>
    <geom condim="3" conaffinity="0" margin="0.01" friction="1 0.5 0.5" solref="0.02 1" solimp="0.8 0.8 0.01"
          density="5" rgba="0.89 0.56 0.38 1"/>
    <motor ctrlrange="-30 30" ctrllimited="true"/>
    <default class="wall">
      <geom conaffinity="1" rgba="0.55 0.5 0.45 1"/>
    </default>
  </default>
  <worldbody>
    <light pos="0 0 8" directional="true" diffuse="0.7 0.7 0.7"/>
    <geom name="floor" type="plane" size="40 40 40" conaffinity="1" rgba="0.94 0.88 0.77 1"/>
    <body name="torso" pos="0 0 0.75">
      <geom name="torso_geom" type="sphere" size="0.25" rgba="0.79 0.33 0.21 1"/>
      <joint name="root" type="free" limited="false" margin="0.01" armature="0" damping="0"/>
{legs}
    </body>
    <site name="target" size="0.5" rgba="0.3 0.6 0.4 0.5"/>
{walls}
  </worldbody>
  <actuator>
{motors}
  </actuator>
</mujoco>
"""


def _leg(number: int, name: str, x: int, y: int, axis: int, degrees: tuple[int, int]) -> str:
    short, long = f"{0.2 * x} {0.2 * y} 0", f"{0.4 * x} {0.4 * y} 0"
    low, high = degrees
    return f"""      <body name="{name}_leg">
        <geom name="aux_{number}_geom" type="capsule" size="0.08" fromto="0 0 0 {short}"/>
        <body name="aux_{number}" pos="{short}">
          <joint name="hip_{number}" type="hinge" axis="0 0 1" range="-30 30"/>
          <geom name="leg_{number}_geom" type="capsule" size="0.08" fromto="0 0 0 {short}"/>
          <body name="foot_{number}" pos="{short}">
            <joint name="ankle_{number}" type="hinge" axis="{axis} 1 0" range="{low} {high}"/>
            <geom name="ankle_{number}_geom" type="capsule" size="0.08" fromto="0 0 0 {long}"/>
          </body>
        </body>
      </body>"""


def _box(cell: Cell, centre: tuple[float, float], sizes: str, z: float) -> str:
    (i, j), (x, y) = cell, centre
    return f'    <geom class="wall" name="wall_{i}_{j}" type="box" pos="{x} {y} {z}" size="{sizes}"/>'


def position(maze: Maze, cell: Cell) -> tuple[float, float]:
    """The middle (x, y) of an ant's cell in m; the cell in which it starts has its middle at the origin."""
    ((row, column),) = maze.cells("R")
    return SCALE * (cell[1] - column), SCALE * (cell[0] - row)


@cache
def xml(robot: str, name: str) -> str:
    """The model's XML.

    Args:
        robot: maze2d or antmaze.
        name: of the map.
    """
    return ball_xml(BALL[name]) if robot == "maze2d" else ant_xml(ANT[name])


@cache
def load_model(robot: str, name: str) -> mujoco.MjModel:
    """The compiled model; one per process, shared by all worlds of this maze and never written to."""
    return mujoco.MjModel.from_xml_string(xml(robot, name))


@cache
def model_hash(robot: str, name: str) -> str:
    """Identifies the model."""
    return hashlib.sha256(xml(robot, name).encode()).hexdigest()[:16]
