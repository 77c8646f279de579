"""``max_episode_steps`` of Gymnasium is the world's own horizon."""

import pickle

import gymnasium
import numpy as np
import pytest
from gymnasium.envs.registration import EnvSpec
from gymnasium.wrappers import PassiveEnvChecker, RecordEpisodeStatistics

from palaestra.data.errors import InputError
from palaestra.envs.mujoco.locomotion import Locomotion
from palaestra.envs.mujoco.locomotion_vector import LocomotionVector
from palaestra.envs.world import World

CHEETAH = "palaestra/HalfCheetah-v0"  # never falls
IDS = (CHEETAH, "halfcheetah-medium-v2")


def length(world, limit):
    """Steps of an episode, up to a limit."""
    world.reset(seed=0)
    action = np.zeros(world.action_space.shape, np.float32)
    return next((k for k in range(1, limit + 1) if world.step(action)[3]), None)


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize(
    ("options", "horizon"), [({}, 1000), ({"max_episode_steps": 5}, 5), ({"max_episode_steps": 1200}, 1200)]
)
def test_an_episode_has_as_many_steps_as_the_spec_says(env_id, options, horizon):
    world = gymnasium.make(env_id, **options)
    assert isinstance(world, World)
    assert world.spec.max_episode_steps == world._max_episode_steps == horizon
    assert length(world, 1300) == horizon


def test_minus_one_is_no_horizon():
    world = gymnasium.make(CHEETAH, max_episode_steps=-1)
    assert world.spec.max_episode_steps is None
    assert length(world, 1300) is None
    assert length(gymnasium.make(world.spec), 1300) is None


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("mode", [None, "sync", "async"])
@pytest.mark.parametrize(
    ("options", "horizon"), [({}, 1000), ({"max_episode_steps": 4}, 4), ({"max_episode_steps": 2000}, 2000)]
)
def test_vectors_have_it_in_every_mode(env_id, mode, options, horizon):
    vector = gymnasium.make_vec(env_id, 2, vectorization_mode=mode, **options)
    assert mode is not None or isinstance(vector, LocomotionVector)
    assert vector.get_attr("_max_episode_steps") == (horizon, horizon)
    if horizon == 4:
        vector.reset(seed=0)
        actions = np.zeros(vector.action_space.shape, np.float32)
        assert [vector.step(actions)[3].tolist() for _ in range(4)] == [[False] * 2] * 3 + [[True] * 2]
    vector.close()


def test_a_fall_on_the_last_step_ends_both_ways():
    plain = gymnasium.make("palaestra/Hopper-v0")
    plain.reset(seed=0)
    action = np.ones(3, np.float32)
    steps = next(k for k in range(1, 1001) if plain.step(action)[2])
    world = gymnasium.make("palaestra/Hopper-v0", max_episode_steps=steps)
    world.reset(seed=0)
    for _ in range(steps - 1):
        assert world.step(action)[2:4] == (False, False)
    assert world.step(action)[2:4] == (True, True)


def test_forks_and_copies_keep_it():
    world = gymnasium.make(CHEETAH, max_episode_steps=7)
    world.reset(seed=0)
    for twin in (world.fork(), pickle.loads(pickle.dumps(world)), world.fork().fork()):
        assert twin._max_episode_steps == twin.spec.max_episode_steps == 7
        assert twin.fingerprint() == world.fingerprint()
    world._max_episode_steps = 9
    assert world.fork()._max_episode_steps == 9


def test_a_world_with_another_horizon_is_another_world():
    usual, longer, endless = (
        gymnasium.make(CHEETAH, **options) for options in ({}, {"max_episode_steps": 2000}, {"max_episode_steps": -1})
    )
    assert len({world.reset(seed=0)[0].tobytes() for world in (usual, longer, endless)}) == 1
    assert len({world.fingerprint() for world in (usual, longer, endless)}) == 3
    with pytest.raises(ValueError, match="of world 'halfcheetah, horizon 2000', this world's is 'halfcheetah'"):
        usual.restore(longer.snapshot())
    with pytest.raises(ValueError, match="of world 'halfcheetah', this world's is 'halfcheetah, no horizon'"):
        endless.restore(usual.snapshot())
    usual.set_horizon(2000)
    usual.restore(longer.snapshot())
    assert usual.fingerprint() == longer.fingerprint()
    # The usual horizon, given, is the same world.
    assert Locomotion("hopper", max_episode_steps=1000).identity == Locomotion("hopper").identity


def test_specs_make_the_same_world_again():
    world = gymnasium.make("halfcheetah-medium-v2", max_episode_steps=7)
    wrapped = RecordEpisodeStatistics(world)
    for spec in (world.spec, wrapped.spec):
        for again in (spec, EnvSpec.from_json(spec.to_json()), pickle.loads(pickle.dumps(spec))):
            made = gymnasium.make(again)
            assert type(made) is (type(world) if spec is world.spec else RecordEpisodeStatistics)
            assert made.unwrapped._max_episode_steps == made.spec.max_episode_steps == 7
            assert made.unwrapped.identity == world.identity
    assert gymnasium.make_vec(world.spec, 2).get_attr("_max_episode_steps") == (7, 7)


def test_other_wrappers_of_make_stay():
    checked = gymnasium.make(CHEETAH, max_episode_steps=7, disable_env_checker=False)
    assert type(checked) is PassiveEnvChecker
    assert checked.unwrapped._max_episode_steps == checked.spec.max_episode_steps == 7


@pytest.mark.parametrize("steps", [0, -2, 1.5, True, "7"])
def test_no_number_of_steps(steps):
    with pytest.raises(InputError, match=f"max_episode_steps {steps!r}: a positive integer is wanted, or -1") as caught:
        gymnasium.make_vec(CHEETAH, 2, max_episode_steps=steps)
    assert "\n" not in str(caught.value)
