import threading

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.locomotion_vector import LocomotionVector
from palaestra.envs.vector import WorldVector, make_worlds

ROBOTS = ("hopper", "halfcheetah", "walker2d", "ant")


class Short(Locomotion):
    """A world whose episodes of 17 steps at most let every kind of end come often."""

    def __init__(self, robot):
        super().__init__(robot)
        self._max_episode_steps = 17


def torques(vector, steps, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (steps, *vector.action_space.shape)).astype(np.float32)


def assert_same(actual, expected):
    if isinstance(expected, dict):
        assert actual.keys() == expected.keys()
        for key in expected:
            assert_same(actual[key], expected[key])
    elif isinstance(expected, np.ndarray) and expected.dtype != object:
        assert actual.dtype == expected.dtype
        np.testing.assert_array_equal(actual, expected)
    elif isinstance(expected, np.ndarray | tuple | list):
        assert len(actual) == len(expected)
        for each, other in zip(actual, expected):
            assert_same(each, other)
    else:
        assert actual == expected


VECTORS = {
    "any world": lambda worlds, mode: WorldVector(worlds, autoreset_mode=mode),
    "one thread": lambda worlds, mode: LocomotionVector(worlds, autoreset_mode=mode),
    "three threads": lambda worlds, mode: LocomotionVector(worlds, autoreset_mode=mode, threads=3),
}


@pytest.mark.parametrize("kind", VECTORS)
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("robot", ROBOTS)
def test_resets_by_itself_as_gymnasiums_vectors_do(robot, mode, kind):
    theirs = SyncVectorEnv([lambda: Short(robot) for _ in range(5)], autoreset_mode=mode)
    ours = VECTORS[kind]([Short(robot) for _ in range(5)], mode)
    assert ours.metadata == theirs.metadata
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert_same(ours.reset(seed=3), theirs.reset(seed=3))
    ends = 0
    for action in torques(ours, 40):
        action[2, 0] = np.nan
        actual = ours.step(action)
        assert_same(actual, theirs.step(action))
        ends += (actual[2] | actual[3]).sum()
    assert ends >= 10
    assert_same(ours.reset(), theirs.reset())
    ours.close()


@pytest.mark.parametrize(("count", "threads"), [(1, 1), (1, 2), (3, 1), (3, 2), (7, 2), (7, 4)])
@pytest.mark.parametrize("robot", ["hopper", "ant"])
def test_rows_are_single_worlds_whatever_their_number_and_threads(robot, count, threads):
    vector = make_worlds(f"{robot}-medium-v2", count, threads=threads)
    assert isinstance(vector, LocomotionVector)
    assert vector.spec.id == f"{robot}-medium-v2"
    single = gymnasium.make(f"{robot}-medium-v2")
    actions = torques(vector, 50)
    seeds = [100 + 7 * row for row in range(count)]
    first, _ = vector.reset(seed=seeds)
    steps = [vector.step(action) for action in actions]
    for row, seed in enumerate(seeds):
        np.testing.assert_array_equal(first[row], single.reset(seed=seed)[0])
        for step, (observations, rewards, terminations, truncations, infos) in enumerate(steps):
            observation, reward, terminated, truncated, info = single.step(actions[step, row])
            np.testing.assert_array_equal(observations[row], observation)
            assert (rewards[row], terminations[row], truncations[row]) == (reward, terminated, truncated)
            assert {key: infos[key][row] for key in info} == info
            if terminated:
                break
        assert vector.worlds[row].fingerprint() == single.fingerprint()
    vector.close()


@pytest.mark.parametrize("kind", VECTORS)
def test_a_finished_world_rests_until_it_is_reset(kind):
    vector = VECTORS[kind]([Short("hopper") for _ in range(3)], AutoresetMode.DISABLED)
    vector.reset(seed=[1, 2, 3])
    vector.worlds[1].elapsed = 14  # two steps before its horizon
    actions = torques(vector, 10) * 0.1
    vector.step(actions[0])
    vector.step(actions[1])
    last = vector.step(actions[2])
    assert last[3].tolist() == [False, True, False]
    before = vector.worlds[1].fingerprint()
    for action in actions[3:6]:
        action[1] = np.nan  # nobody reads it
        observations, rewards, terminations, truncations, infos = vector.step(action)
        np.testing.assert_array_equal(observations[1], last[0][1])
        assert (rewards[1], terminations[1], truncations[1]) == (0, False, True)
        assert infos["_x_position"].tolist() == [True, False, True]
        assert infos["x_position"][1] == 0
        assert "action_error" not in infos
        assert (observations[[0, 2]] != last[0][[0, 2]]).any()
    assert vector.worlds[1].fingerprint() == before
    kept = observations
    observations, _ = vector.reset(seed=[None, 8, None], options={"reset_mask": np.array([False, True, False])})
    np.testing.assert_array_equal(observations[[0, 2]], kept[[0, 2]])
    np.testing.assert_array_equal(observations[1], Locomotion("hopper").reset(seed=8)[0])
    assert vector.step(actions[6])[3].tolist() == [False, False, False]
    vector.close()


@pytest.mark.parametrize("kind", VECTORS)
def test_when_all_rest_nothing_happens(kind):
    vector = VECTORS[kind]([Short("hopper") for _ in range(2)], AutoresetMode.DISABLED)
    vector.reset(seed=0)
    for action in torques(vector, 30):
        last = vector.step(action)
    assert (last[2] | last[3]).all()
    assert last[1].tolist() == [0, 0]
    assert last[4] == {}


def test_unseeded_resets_continue_each_worlds_own_generator():
    vector = make_worlds("palaestra/Hopper-v0", 2)
    vector.reset(seed=5)
    twin = Locomotion("hopper")
    twin.reset(seed=6)
    np.testing.assert_array_equal(vector.reset()[0][1], twin.reset()[0])
    np.testing.assert_array_equal(vector.reset(seed=np.int64(9))[0][1], twin.reset(seed=10)[0])
    assert vector.np_random_seed == (9, 10)


def test_what_is_returned_stays_as_it_was():
    vector = make_worlds("palaestra/Ant-v0", 2)
    observations, _ = vector.reset(seed=0)
    steps = [vector.step(action) for action in torques(vector, 2)]
    kept = [np.copy(array) for array in (observations, *steps[0][:4])]
    vector.step(torques(vector, 1)[0])
    vector.reset()
    for array, copy in zip((observations, *steps[0][:4]), kept):
        np.testing.assert_array_equal(array, copy)


def test_a_bad_row_is_reported_and_the_others_are_as_ever():
    vector, alone = make_worlds("palaestra/Hopper-v0", 3), Locomotion("hopper")
    vector.reset(seed=0)
    alone.reset(seed=1)
    action = np.ones((3, 3), np.float32)
    action[1, 2] = np.inf
    given = action.copy()
    observations, rewards, *_, infos = vector.step(action)
    expected = alone.step(action[1])
    np.testing.assert_array_equal(observations[1], expected[0])
    assert rewards[1] == expected[1]
    assert infos["action_error"].tolist() == [None, expected[4]["action_error"], None]
    assert infos["_action_error"].tolist() == [False, True, False]
    np.testing.assert_array_equal(action, given)


def test_mistakes_of_the_caller_are_errors():
    vector = make_worlds("palaestra/Hopper-v0", 3)
    with pytest.raises(gymnasium.error.ResetNeeded, match="reset"):
        vector.step(np.zeros((3, 3)))
    vector.reset()
    for actions in (np.zeros((2, 3)), np.zeros(3), np.full((3, 3), "x")):
        with pytest.raises(ValueError, match=r"expected \(3, 3\) float32"):
            vector.step(actions)
    several = WorldVector([Short("hopper") for _ in range(3)])
    several.reset(seed=0)
    before = [world.fingerprint() for world in several.worlds]
    with pytest.raises(ValueError, match="2 actions for 3 worlds"):
        several.step(np.zeros((2, 3)))
    assert [world.fingerprint() for world in several.worlds] == before
    with pytest.raises(ValueError, match="2 seeds for 3 worlds"):
        vector.reset(seed=[1, 2])
    for mask in ([True], [1, 0, 1]):
        with pytest.raises(ValueError, match=r"expected \(3,\) bool"):
            vector.reset(options={"reset_mask": mask})
    with pytest.raises(ValueError, match="threads"):
        make_worlds("palaestra/Hopper-v0", 3, threads=0)
    with pytest.raises(TypeError, match="nonsense"):
        gymnasium.make_vec("palaestra/Hopper-v0", 2, nonsense=1)


def test_gymnasiums_ways_of_making_vectors_work():
    vector = gymnasium.make_vec("hopper-medium-v2", 2, autoreset_mode="SameStep", threads=2, render_mode="rgb_array")
    assert vector.autoreset_mode is AutoresetMode.SAME_STEP
    assert vector.get_attr("dataset_id") == ("hopper-medium-v2", "hopper-medium-v2")
    assert vector.call("get_normalized_score", 3234.3) == (1.0, 1.0)
    assert gymnasium.make_vec("hopper-medium-v2", 2).metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    vector.reset(seed=0)
    assert [frame.shape for frame in vector.render()] == [(480, 480, 3)] * 2
    recorded = gymnasium.wrappers.vector.RecordEpisodeStatistics(vector)
    recorded.reset(seed=0)
    recorded.step(torques(vector, 1)[0])
    vector.close()
    vector.close()


@pytest.mark.parametrize("kind", ["gymnasium's", *VECTORS])
def test_attributes_are_set_as_by_gymnasiums_vectors(kind):
    worlds = [Short("hopper") for _ in range(3)]
    if kind == "gymnasium's":
        vector = SyncVectorEnv([lambda world=world: world for world in worlds])
    else:
        vector = VECTORS[kind](worlds, AutoresetMode.NEXT_STEP)
    vector.set_attr("_max_episode_steps", [2, 3, 1])
    assert vector.get_attr("_max_episode_steps") == (2, 3, 1)
    vector.reset(seed=0)
    assert [vector.step(torques(vector, 1)[0])[3].tolist() for _ in range(2)] == [
        [False, False, True],
        [True, False, False],
    ]
    vector.set_attr("note", np.arange(3))
    assert [world.note.tolist() for world in worlds] == [[0, 1, 2]] * 3
    vector.set_attr("note", ("a", "b", "c"))
    assert vector.get_attr("note") == ("a", "b", "c")
    with pytest.raises(ValueError, match=r"2.* values .*for 3"):
        vector.set_attr("note", [1, 2])
    with pytest.raises(AttributeError, match="missing"):
        vector.get_attr("missing")
    vector.close()


def test_any_gymnasium_environment_will_do():
    vector, alone = make_worlds("CartPole-v1", 2), gymnasium.make("CartPole-v1")
    observations, _ = vector.reset(seed=4)
    np.testing.assert_array_equal(observations[1], alone.reset(seed=5)[0])
    assert vector.spec.id == "CartPole-v1"
    while not vector.step(np.array([0, 1]))[2][1]:
        last = alone.step(1)
        assert not last[2]
    assert alone.step(1)[2]


def test_closing_ends_the_threads(monkeypatch):
    before = set(threading.enumerate())
    vector = make_worlds("palaestra/Hopper-v0", 3, threads=3)
    vector.reset(seed=0)
    together = threading.Barrier(3, timeout=60)  # else a thread may be done in time to take the next world, too
    for world in vector.worlds:
        monkeypatch.setattr(world, "advance", lambda action, advance=world.advance: (together.wait(), advance(action)))
    vector.step(np.zeros((3, 3)))
    # Threads of other tests, and of what runs the tests, may come and go meanwhile.
    own = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("worlds")]
    assert 1 <= len(own) <= 2  # the pool starts no second thread if the first is idle again
    vector.close()
    assert not any(thread.is_alive() for thread in own)
