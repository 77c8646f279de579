"""What every world keeps, over all declared ids."""

import re
import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector.utils import concatenate, create_empty_array, iterate

import palaestra.envs
from palaestra.cli import main
from palaestra.data.formats import d4rl_elsewhere
from palaestra.envs import WORLD_IDS, WORLDS
from palaestra.envs.android.codecs.action import Action
from palaestra.envs.declared import declared
from palaestra.envs.tools.random_calls import random_turn
from palaestra.envs.world import World

# Gymnasium says so of every v0 and v1 beside a v2, and D4RL says it too.
pytestmark = pytest.mark.filterwarnings("ignore:.*is out of date:DeprecationWarning")

IDS = WORLD_IDS
LIKE_ANOTHER = tuple(
    env_id
    for env_id in IDS
    if re.match("(pen|door|hammer|relocate)-(cloned|expert|.*-v0)", env_id) or env_id == "kitchen-partial-v0"
)
"""Ids of a world that another id has too, with another dataset."""
ROBOTS = tuple(world.id for world in WORLDS if world.observation.isdigit())
BASE = tuple(env_id for env_id in ROBOTS if env_id.startswith("palaestra/"))
LOCOMOTION = ("halfcheetah", "hopper", "walker2d", "ant")
SHAPES = {"halfcheetah": (17, 6), "hopper": (11, 3), "walker2d": (17, 6), "ant": (111, 8)}
SHAPES |= {"pen": (45, 24), "door": (39, 28), "hammer": (46, 26), "relocate": (39, 30), "kitchen": (60, 9)}
HAND_HORIZONS = {"pen": 100, "door": 200, "hammer": 200, "relocate": 200, "kitchen": 280}
HAND_KINDS = ("human", "cloned", "expert", "human-longhorizon")
LONG = {"pen": 200, "door": 300, "hammer": 600, "relocate": 500}
SHAPES |= {"maze2d": (4, 2), "antmaze": (29, 8)}
HORIZONS = {  # of D4RL's registrations; 1000 elsewhere
    "maze2d-open-v0": 150,
    "maze2d-open-dense-v0": 150,
    "maze2d-umaze-v0": 150,
    "maze2d-umaze-dense-v0": 150,
    "maze2d-medium-v0": 250,
    "maze2d-medium-dense-v0": 250,
    "maze2d-large-v0": 600,
    "maze2d-large-dense-v0": 600,
    **{
        f"maze2d-{eval}{size}{dense}-v1": steps
        for size, steps in (("umaze", 300), ("medium", 600), ("large", 800))
        for eval in ("", "eval-")
        for dense in ("", "-dense")
    },
    **{f"antmaze-{kind}-v{version}": 700 for kind in ("umaze", "umaze-diverse") for version in range(3)},
    "antmaze-eval-umaze-v0": 700,
    "antmaze-eval-umaze-diverse-v0": 700,
}
# Ids of mazes that differ from others in their data or horizons only: tests of what steps do leave them out.
COPIES = {id for id in IDS if re.search(r"^antmaze-.*(diverse|-v1)|^maze2d-.*(umaze|medium|large).*-v0", id)} | {
    *LIKE_ANOTHER
}
DISTINCT = tuple(id for id in IDS if id not in COPIES)


def cases(ids):
    """The ids as cases; the kitchen's model takes long to load and to step."""
    return [pytest.param(id, marks=pytest.mark.slow if id.startswith("kitchen") else ()) for id in ids]


def robot_of(env_id):
    return env_id.removeprefix("palaestra/").lower().split("-")[0]


def test_these_and_no_other_worlds_are_registered():
    assert (len(BASE), len(ROBOTS), len(IDS), len(set(IDS))) == (4, 152, 164, 164)
    assert {f"{robot}-medium-replay-v{version}" for robot in LOCOMOTION for version in range(3)} < set(IDS)
    hands = {f"{task}-{kind}-v{version}" for task in LONG for kind in HAND_KINDS for version in range(2)}
    kitchens = {f"kitchen-{kind}-v0" for kind in ("complete", "partial", "mixed")}
    assert hands | kitchens == {env_id for env_id in IDS if robot_of(env_id) in HAND_HORIZONS}
    mazes = {f"antmaze-{kind}-v{version}" for kind in ("umaze", "medium-play", "large-diverse") for version in range(3)}
    assert {*mazes, "antmaze-eval-large-play-v0", *HORIZONS} < set(IDS)
    ours = {id for id, spec in gymnasium.registry.items() if str(spec.entry_point).startswith("palaestra")}
    assert ours == {*IDS, *d4rl_elsewhere.IDS}


def test_a_new_folder_s_declaration_is_found(tmp_path, monkeypatch):
    folder = tmp_path / "maze"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "declaration.py").write_text(
        "from palaestra.envs.declared import Declared\nWORLDS = (Declared('Maze-v0', 'a:B', 'a:c', '4', '2', '10'),)\n"
    )
    monkeypatch.setattr(palaestra.envs, "__path__", [*palaestra.envs.__path__, str(tmp_path)])
    assert {world.id for world in declared()} == {"Maze-v0", *IDS}


def test_every_line_of_the_table_is_a_declared_world(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    main.run(["envs", "--all"])
    table = capsys.readouterr().out
    for world in WORLDS:
        (line,) = re.findall(rf"^{re.escape(world.id)} .*$", table, re.MULTILINE)
        assert all(cell in line for cell in (world.observation, world.action, world.horizon, world.score))
    assert "-20.2723 / 3234.3" in table


def actions_of(world, seed, count):
    """Actions that differ from step to step."""
    if isinstance(world.action_space, gymnasium.spaces.Box):
        shape = (count, *world.action_space.shape)
        return list(np.random.default_rng(seed).uniform(-1, 1, shape).astype(np.float32))
    if "Tool" in world.spec.id:
        random, specs = np.random.default_rng(seed), world.get_wrapper_attr("specs")
        return [world.get_wrapper_attr("codec").encode(random_turn(random, specs)) for _ in range(count)]
    if isinstance(world.action_space, gymnasium.spaces.Text):
        points = np.random.default_rng(seed).integers(100, 1000, (count, 2)).tolist()
        codec = world.get_wrapper_attr("codec")
        return [codec.encode(Action("tap", (x, 2 * y)), (), (1080, 2400)) for x, y in points]
    world.action_space.seed(seed)
    return [world.action_space.sample() for _ in range(count)]


def assert_same(actual, expected):
    """Observations are equal, whatever they are made of."""
    if isinstance(actual, dict):
        assert actual.keys() == expected.keys()
        for name in actual:
            assert_same(actual[name], expected[name])
    elif isinstance(actual, str):
        assert actual == expected
    else:
        np.testing.assert_array_equal(actual, expected)


@pytest.mark.parametrize("env_id", cases(env_id for env_id in ROBOTS if env_id not in LIKE_ANOTHER))
def test_follows_gymnasium(env_id):
    world = gymnasium.make(env_id)
    assert isinstance(world, World)
    hands = LONG if "longhorizon" in env_id else HAND_HORIZONS
    horizon = HORIZONS.get(env_id, hands.get(robot_of(env_id), 1000))
    assert (
        world._max_episode_steps == world.spec.max_episode_steps == gymnasium.spec(env_id).max_episode_steps == horizon
    )
    observation_dim, action_dim = SHAPES[robot_of(env_id)]
    assert world.observation_space == gymnasium.spaces.Box(-np.inf, np.inf, (observation_dim,), np.float64)
    assert world.action_space == gymnasium.spaces.Box(-1.0, 1.0, (action_dim,), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        # Robots' observations have no bounds; Gymnasium's own v4 worlds get the same warning.
        warnings.filterwarnings("ignore", ".*A Box observation space (minimum|maximum) value is -?infinity.*")
        check_env(world, skip_render_check=env_id not in BASE)


def test_ids_that_differ_in_their_datasets_are_one_world():
    for env_id in LIKE_ANOTHER:
        kind = "human-longhorizon" if "longhorizon" in env_id else "human"
        other = "kitchen-complete-v0" if "kitchen" in env_id else f"{robot_of(env_id)}-{kind}-v1"
        one, two = gymnasium.make(env_id), gymnasium.make(other)
        assert type(one) is type(two)
        assert one.identity == two.identity
        assert one.spec.max_episode_steps == two.spec.max_episode_steps


@pytest.mark.parametrize("env_id", cases(DISTINCT))
def test_same_seed_and_actions_give_the_same_world(env_id):
    worlds = [gymnasium.make(env_id) for _ in range(2)]
    worlds[1].reset(seed=5)
    worlds[1].step(actions_of(worlds[1], 9, 1)[0])  # another history, which a seeded reset must not remember
    actions = actions_of(worlds[0], 0, 30)
    prints = []
    for world in worlds:
        world.reset(seed=7)
        prints.append([world.fingerprint()])
        for action in actions:
            world.step(action)
            prints[-1].append(world.fingerprint())
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == 31


@pytest.mark.parametrize("env_id", cases(DISTINCT))
def test_forks_and_restored_worlds_continue_alike(env_id):
    world = gymnasium.make(env_id)
    world.reset(seed=3)
    actions = actions_of(world, 1, 40)
    for action in actions[:8]:
        world.step(action)
    restored = gymnasium.make(env_id)
    restored.restore(world.snapshot())
    twin = world.fork()
    assert twin.spec.id == restored.spec.id == env_id
    for action in actions[8:]:
        expected = world.step(action)
        for other in (twin, restored):
            observation, *results, info = other.step(action)
            assert_same(observation, expected[0])
            assert results == list(expected[1:-1])
            assert_same(info, expected[-1])
    assert world.fingerprint() == twin.fingerprint() == restored.fingerprint()


def concatenated(worlds, actions):
    """Single actions as one batch."""
    empty = create_empty_array(worlds.single_action_space, worlds.num_envs)
    return concatenate(worlds.single_action_space, actions, empty)


def row_of(worlds, observations, row):
    """One world's observation of a batch."""
    return list(iterate(worlds.observation_space, observations))[row]


@pytest.mark.parametrize("env_id", cases(DISTINCT))
def test_is_a_vector_too(env_id):
    worlds = gymnasium.make_vec(env_id, num_envs=2)
    assert worlds.unwrapped.spec.id == env_id
    single = gymnasium.make(env_id)
    observations, _ = worlds.reset(seed=11)
    assert_same(row_of(worlds, observations, 1), single.reset(seed=12)[0])
    actions = actions_of(single, 0, 2)
    observations, rewards, *_ = worlds.step(concatenated(worlds, actions))
    expected = single.step(actions[1])
    assert_same(row_of(worlds, observations, 1), expected[0])
    assert rewards[1] == expected[1]
    worlds.close()


def python(code):
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_made_by_gymnasium_alone():
    code = "import gymnasium; world = gymnasium.make('palaestra:hopper-medium-v2'); print(world.reset(seed=0)[0].shape)"
    assert python(code) == "(11,)"
    code = "import gymnasium; print(gymnasium.make_vec('palaestra:palaestra/Ant-v0', 3).reset(seed=0)[0].shape)"
    assert python(code) == "(3, 111)"


def test_importing_and_registering_loads_nothing_heavy():
    heavy = (
        "torch mujoco skia android_env h5py transformers scipy matplotlib minari PIL msgpack pandas stable_baselines3 "
        "imageio rich tyro pyarrow"
    )
    code = f"import sys, palaestra; print([name for name in {heavy.split()} if name in sys.modules])"
    assert python(code) == "[]"


def test_making_a_world_loads_no_learning_and_no_drawing():
    heavy = "torch h5py transformers scipy matplotlib minari PIL stable_baselines3 imageio"
    code = (
        "import sys, gymnasium; gymnasium.make('palaestra:hopper-medium-v2').reset();"
        f"print([name for name in {heavy.split()} if name in sys.modules])"
    )
    assert python(code) == "[]"
