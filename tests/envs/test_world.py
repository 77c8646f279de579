"""The fork contract in full, on the four base worlds."""

import copy
import hashlib
import pickle
import subprocess
import sys

import gymnasium
import msgpack
import numpy as np
import pytest

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.data.errors import InputError
from palaestra.envs.world import pack_rng, pack_seed, unpack_rng, unpack_seed

BASE = ("palaestra/Hopper-v0", "palaestra/HalfCheetah-v0", "palaestra/Walker2d-v0", "palaestra/Ant-v0")
LENGTHS = {"Hopper": 604, "HalfCheetah": 873, "Walker2d": 870, "Ant": 2025}


def in_the_middle(env_id, seed=0):
    """A world some steps into an episode, touching the ground."""
    world = gymnasium.make(env_id)
    world.reset(seed=seed)
    random = np.random.default_rng(seed)
    for _ in range(9):
        world.step(random.uniform(-1, 1, world.action_space.shape))
    while world.data.ncon == 0:
        world.step(random.uniform(-1, 1, world.action_space.shape))
    return world


def trace(world, steps=1000, seed=1):
    """A digest of everything that ``steps`` random actions bring about, episodes ending and beginning anew."""
    random, digest, episodes = np.random.default_rng(seed), hashlib.sha256(), 0
    for step in range(steps):
        action = random.uniform(-1.2, 1.2, world.action_space.shape).astype(np.float32)
        observation, reward, terminated, truncated, info = world.step(action)
        digest.update(observation.tobytes() + msgpack.packb([reward, terminated, truncated]))
        digest.update(msgpack.packb([float(value) for value in info.values()]))
        if terminated or truncated:
            digest.update(world.reset()[0].tobytes())
            episodes += 1
        if step % 100 == 0:
            digest.update(world.fingerprint().encode())
    assert episodes >= 1
    return digest.hexdigest(), world.fingerprint()


@pytest.mark.parametrize("env_id", ["palaestra/Hopper-v0", "hopper-medium-v2"])
def test_unknown_options_and_render_modes_are_refused(env_id):
    world = gymnasium.make(env_id)
    world.reset(seed=0, options={})
    before = world.fingerprint()
    with pytest.raises(InputError, match="reset has no option x_velocity; there are none"):
        world.reset(seed=1, options={"x_velocity": 3})
    with pytest.raises(InputError, match="expected a dictionary"):
        world.reset(seed=1, options=["task"])
    assert world.fingerprint() == before
    with pytest.raises(InputError, match="render_mode 'nonsense': there are None and 'rgb_array'"):
        gymnasium.make(env_id, render_mode="nonsense")
    vector = gymnasium.make_vec(env_id, num_envs=2)
    with pytest.raises(InputError, match="reset has no option speed"):
        vector.reset(options={"speed": 1})
    vector.reset(options={"reset_mask": np.array([True, True])})


@pytest.mark.parametrize("env_id", BASE)
def test_thousand_further_steps_are_the_same(env_id):
    world = in_the_middle(env_id)
    snapshot, before = world.snapshot(), world.fingerprint()
    twin, copied, unpickled = world.fork(), copy.deepcopy(world), pickle.loads(pickle.dumps(world))
    other = in_the_middle(env_id, seed=5)  # a past to be forgotten
    other.restore(snapshot)
    assert {before} == {each.fingerprint() for each in (twin, copied, unpickled, other)}
    expected = trace(world)
    assert trace(other) == expected
    assert trace(twin) == expected
    assert trace(copied) == trace(unpickled) == expected
    world.restore(snapshot)  # and back in time
    assert world.fingerprint() == before
    assert trace(world) == expected


def test_thousand_further_steps_are_the_same_in_another_process():
    worlds = [in_the_middle(env_id) for env_id in BASE]
    snapshots = [world.snapshot() for world in worlds]
    code = (
        "import runpy, sys, gymnasium, msgpack, palaestra;"
        f"names = runpy.run_path({__file__!r});"
        "worlds = [gymnasium.make(env_id) for env_id in names['BASE']];"
        "[world.restore(saved) for world, saved in zip(worlds, msgpack.unpackb(sys.stdin.buffer.read()))];"
        "sys.stdout.buffer.write(msgpack.packb([names['trace'](world) for world in worlds]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=msgpack.packb(snapshots), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert [tuple(pair) for pair in msgpack.unpackb(done.stdout)] == [trace(world) for world in worlds]


@pytest.mark.parametrize("env_id", BASE)
def test_one_robot_one_length(env_id):
    world = gymnasium.make(env_id)
    lengths = {len(world.snapshot())}  # before the first reset
    world.reset()  # Gymnasium draws a 128-bit seed
    lengths.add(len(world.snapshot()))
    world.reset(seed=0)
    for action in np.random.default_rng(0).uniform(-1, 1, (300, *world.action_space.shape)):
        world.step(action)
        lengths.add(len(world.snapshot()))
    assert lengths == {LENGTHS[env_id.split("/")[1].split("-")[0]]}


@pytest.mark.parametrize("env_id", BASE)
def test_neither_of_two_forks_touches_the_other(env_id):
    world = in_the_middle(env_id)
    before = world.fingerprint()
    twin = world.fork()
    twin.reset(seed=9)
    twin.step(np.zeros(twin.action_space.shape))
    assert world.fingerprint() == before != twin.fingerprint()


@pytest.mark.parametrize("env_id", BASE)
def test_saving_changes_nothing_and_observing_repeats_the_last_observation(env_id):
    world = in_the_middle(env_id)
    observation, *_ = world.step(np.zeros(world.action_space.shape))
    before = world.fingerprint()
    world.snapshot()
    world.fork()
    np.testing.assert_array_equal(world.observe(), observation)
    assert world.fingerprint() == before
    np.testing.assert_array_equal(world.fork().observe(), observation)


def test_every_part_of_the_state_is_in_the_fingerprint():
    world = in_the_middle("palaestra/Ant-v0")
    prints = {world.fingerprint()}
    for touch in (
        lambda: world.qpos.__setitem__(3, 0.5),
        lambda: world.qvel.__setitem__(3, 0.5),
        lambda: world.data.qacc_warmstart.__setitem__(0, 0.5),
        lambda: world.place.__setitem__(1, 0.5),
        lambda: world.raw_forces.__setitem__(80, 0.5),
        lambda: world.np_random.random(),
        lambda: world.np_random.integers(5, dtype=np.uint32),  # leaves half a draw over
        lambda: setattr(world, "elapsed", 999),
    ):
        touch()
        prints.add(world.fingerprint())
    assert len(prints) == 9


def test_the_seed_is_remembered_but_not_part_of_the_state():
    world = gymnasium.make("palaestra/Hopper-v0")
    world.reset(seed=21)
    twin = world.fork()
    assert twin.np_random_seed == 21
    world.np_random = unpack_rng(pack_rng(world.np_random))  # Gymnasium: the seed is now unknown, -1
    assert world.fingerprint() == twin.fingerprint()
    assert world.fork().np_random_seed == -1


def damaged(snapshot):
    saved = msgpack.unpackb(snapshot)
    yield "not a snapshot", b""
    yield "not a snapshot", b"hello"
    yield "not a snapshot", snapshot[:-1]
    yield "not a snapshot", snapshot + b"x"
    yield "not a snapshot", msgpack.packb([1, 2])
    yield "not a snapshot", msgpack.packb({"world": "hopper"})
    yield "not a snapshot", msgpack.packb(saved | {"rng": b"short"})
    yield "of world 'walker2d'", msgpack.packb(saved | {"world": "walker2d"})
    yield "of model '0123'", msgpack.packb(saved | {"model": "0123"})
    yield (
        "has 57 numbers",
        msgpack.packb(saved | {"state": saved["state"] | {"physics": saved["state"]["physics"][8:]}}),
    )
    yield "does not fit", msgpack.packb(saved | {"state": {"elapsed": b"12345678"}})
    yield "does not fit", msgpack.packb(saved | {"state": saved["state"] | {"elapsed": 5}})
    yield "does not fit", msgpack.packb(saved | {"state": saved["state"] | {"physics": b"123"}})
    yield "not a snapshot", msgpack.packb(saved | {"seed": 5})


def test_what_is_not_its_own_snapshot_is_refused_and_changes_nothing():
    world = in_the_middle("palaestra/Hopper-v0")
    before = world.fingerprint()
    foreign = gymnasium.make("palaestra/Walker2d-v0").snapshot()
    for reason, snapshot in [*damaged(world.snapshot()), ("of world 'walker2d'", foreign)]:
        with pytest.raises(ValueError, match=reason) as caught:
            world.restore(snapshot)
        assert "\n" not in str(caught.value)
        assert world.fingerprint() == before


def test_ids_of_one_robot_are_one_world():
    world = in_the_middle("palaestra/Hopper-v0")
    other = gymnasium.make("hopper-expert-v2")
    other.restore(world.snapshot())
    assert other.fingerprint() == world.fingerprint()
    assert other.fork().dataset_id == "hopper-expert-v2"


def test_generators_of_gymnasium_survive_packing():
    generator = np.random.Generator(np.random.PCG64(3))
    generator.integers(5, dtype=np.uint32)
    twin = unpack_rng(pack_rng(generator))
    assert len(pack_rng(generator)) == 37
    assert (
        twin.integers(1000, size=5, dtype=np.uint32).tolist()
        == generator.integers(1000, size=5, dtype=np.uint32).tolist()
    )
    with pytest.raises(ValueError, match="MT19937"):
        pack_rng(np.random.Generator(np.random.MT19937(0)))


@pytest.mark.parametrize(("seed", "kept"), [(0, 0), (-1, -1), (2**128 - 1, 2**128 - 1), (2**200, -1)])
def test_seeds_of_gymnasium_survive_packing(seed, kept):
    assert len(pack_seed(seed)) == 17
    assert unpack_seed(pack_seed(seed)) == kept
