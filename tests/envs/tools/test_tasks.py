"""Every template of every tool world: the oracle succeeds with the fewest calls, nothing else does."""

import json
import subprocess
import sys

import gymnasium
import pytest

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.calls import Fault
from palaestra.envs.tools.declaration import WORLDS
from palaestra.envs.tools.task import Template, turn_of

IDS = [world.id for world in WORLDS]
SEEDS = [pytest.param(range(2), id="2 seeds"), pytest.param(range(100, 120), id="20 seeds", marks=pytest.mark.slow)]
"""The seeds of ``make test``, and others for ``make test-slow``."""


def kind_of(env_id):
    return gymnasium.envs.registration.load_env_creator(gymnasium.spec(env_id).entry_point)


TEMPLATES = [(env_id, name) for env_id in IDS for name in kind_of(env_id).templates()]


@pytest.fixture(scope="module")
def worlds():
    made = {}
    yield lambda env_id: made.setdefault(env_id, gymnasium.make(env_id))
    for world in made.values():
        world.close()


def play(world, name, seed, oracle, until_end=True):
    """Play an oracle's turns; returns the last info, all infos, and the fingerprints."""
    _, info = world.reset(seed=seed, options={"task": name, "task_seed": seed})
    infos, prints, messages, ended = [info], [world.fingerprint()], None, False
    while not ended:
        try:
            turn = turn_of(oracle.send(messages))
        except StopIteration:
            turn = turn_of("")  # an oracle that has nothing to say any more, such as undo
        observation, _, terminated, truncated, info = world.step(world.codec.encode(turn))
        messages, ended = json.loads(observation["messages"]), terminated or truncated
        infos.append(info)
        prints.append(world.fingerprint())
    return info, infos, prints


def template_and_task(world, name, seed):
    return world.templates()[name], world.make_task(name, seed)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(("env_id", "name"), TEMPLATES)
def test_the_oracle_succeeds_with_the_fewest_calls_and_replays_alike(worlds, env_id, name, seeds):
    world = worlds(env_id)
    for seed in seeds:
        template, task = template_and_task(world, name, seed)
        info, infos, prints = play(world, name, seed, template.oracle(task.slots))
        assert info["success"] == info["verdict"] == info["partial"] == 1.0, (seed, task.instruction, info)
        assert (info["stop"], info["side_effects"], info["errors"]) == ("completed", [], {})
        assert info["cost"]["calls"] == template.minimum(task.slots)
        assert info["cost"]["turns"] <= task.budget
        assert all(each["verdict"] == 0.0 for each in infos[1:-1])
        assert play(world, name, seed, template.oracle(task.slots))[2] == prints


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(("env_id", "name"), TEMPLATES)
def test_doing_nothing_fails_or_undoing_does(worlds, env_id, name, seeds):
    world = worlds(env_id)
    for seed in seeds:
        template, task = template_and_task(world, name, seed)

        def nothing():
            yield ""

        solved = template.undo(task.slots) if template.true_from_start else nothing()
        info, _, _ = play(world, name, seed, solved)
        assert info["success"] == info["verdict"] == 0.0, (seed, task.instruction, info)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize(("env_id", "name"), TEMPLATES)
def test_near_misses_fail(worlds, env_id, name, seeds):
    world = worlds(env_id)
    for seed in seeds:
        template, task = template_and_task(world, name, seed)
        misses = template.near_misses(task.slots)
        assert misses, "a template has near misses"
        for slots in misses:
            info, infos, _ = play(world, name, seed, template.oracle(slots))
            assert info["verdict"] == 0.0, (seed, task.instruction, slots, info)
            assert Fault.CRASHED not in info["errors"]
            assert len(infos) > 1


def test_there_are_enough_templates_and_their_names_are_unique():
    kinds = {type(kind_of(env_id).templates()[name]) for env_id, name in TEMPLATES}
    assert all(issubclass(kind, Template) for kind in kinds)
    assert len({kind.__name__ for kind in kinds}) == len(kinds) >= 6


@pytest.mark.parametrize("env_id", IDS)
def test_slots_are_plain_data_and_differ_by_seed(env_id):
    kind = kind_of(env_id)
    for name in kind.templates():
        tasks = [kind.make_task(name, seed) for seed in range(12)]
        assert json.loads(json.dumps(tasks[0].slots)) == tasks[0].slots
        assert len({task.instruction for task in tasks}) > 1, name
        assert len({task.hash for task in tasks}) > 1


@pytest.mark.parametrize("env_id", IDS)
def test_another_process_gives_the_same_fingerprints(worlds, env_id):
    code = f"""
import sys, gymnasium, palaestra
world = gymnasium.make({env_id!r})
for name in world.task_names:
    world.reset(seed=3, options={{"task": name, "task_seed": 3}})
    print(world.fingerprint())
heavy = {{"torch", "transformers", "mujoco", "skia"}} & set(sys.modules)
assert not heavy, heavy
"""
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    world = worlds(env_id)
    here = []
    for name in world.task_names:
        world.reset(seed=3, options={"task": name, "task_seed": 3})
        here.append(world.fingerprint())
    assert here == other


@pytest.mark.parametrize(
    ("env_id", "name", "seed"),
    [
        ("palaestra/ToolFiles-v0", "ReadSetting@1", 904),
        ("palaestra/ToolLookup-v0", "FollowNames@2", 906),
        ("palaestra/ToolPython-v0", "PrimeSum@2", 901),
    ],
)
def test_near_misses_fail_where_two_questions_could_have_one_answer(worlds, env_id, name, seed):
    test_near_misses_fail(worlds, env_id, name, [seed])
