"""A snapshot whose fields were changed: refused with a ValueError and without effect, or a world that goes on."""

import hashlib
import sys
from typing import Any

import gymnasium
import msgpack
import pytest

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.declaration import WORLDS

WRONG: list[Any] = [
    None,
    True,
    -1,
    10**18,
    1.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\0",
    b"",
    b"\xc1",
    [],
    [[]],
    {},
    {"x": 1},
    [0, 1],
]


def leaves(value, path=()):
    """The paths of all parts of plain data."""
    yield path
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from leaves(part, (*path, name))


def replaced(value, path, new):
    """Plain data with another part at a path."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(copy[path[0]], path[1:], new)
    return copy


def played(env_id):
    world = gymnasium.make(env_id, adversary={"outage": 0.5, "stale": 0.5}).unwrapped
    world.reset(seed=3)
    calls = [each.name for each in world.specs]
    for name in calls[:4]:
        world.step({"role": "assistant", "tool_calls": [{"function": {"name": name, "arguments": {}}}]})
    return world


def goes_on(world):
    """Use a world in every way."""
    if world.task is None:  # as before a first reset
        world.reset(seed=2)
    world.step({"role": "assistant", "tool_calls": [{"function": {"name": world.specs[0].name, "arguments": {}}}]})
    world.step("An answer.")
    world.fork().fingerprint()
    world.reset(seed=1)


@pytest.mark.parametrize("env_id", [each.id for each in WORLDS])
def test_a_forged_field_is_refused_or_harmless(env_id):
    world = played(env_id)
    before, snapshot = world.fingerprint(), world.snapshot()
    saved = msgpack.unpackb(snapshot)
    refused = 0
    for path in leaves(saved):
        if path[:2] == ("state", "facts") and len(path) > 3:
            continue  # of the template's own form, whose judge says what is wrong
        for wrong in WRONG:
            try:
                world.restore(msgpack.packb(replaced(saved, path, wrong)))
            except ValueError:
                refused += 1
                assert world.fingerprint() == before, (path, wrong)
            else:
                goes_on(world)
                world.restore(snapshot)
    assert refused > 100


def test_a_snapshot_imports_nothing(tmp_path, monkeypatch):
    (tmp_path / "unheard_of.py").write_text("class Task: pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    world = played(WORLDS[0].id)
    before, saved = world.fingerprint(), msgpack.unpackb(world.snapshot())
    for name in ("unheard_of:Task", "unheard_of:Task@1", "os:system", "nothing"):
        with pytest.raises(ValueError, match="does not fit"):
            world.restore(msgpack.packb(replaced(saved, ("state", "task", 0), name)))
    assert "unheard_of" not in sys.modules
    assert world.fingerprint() == before


@pytest.mark.parametrize("cut", [0, 1, 100, 4096])
def test_an_image_with_a_right_checksum_that_is_no_database_is_refused(cut):
    world = played(WORLDS[0].id)
    before, saved = world.fingerprint(), msgpack.unpackb(world.snapshot())
    for image in (saved["state"]["database"]["image"][:cut], b"\xff" * max(1, cut)):
        forged = {"image": image, "checksum": hashlib.blake2b(image, digest_size=16).digest()}
        database = saved["state"]["database"] | forged
        with pytest.raises(ValueError, match="does not fit"):
            world.restore(msgpack.packb(replaced(saved, ("state", "database"), database)))
        assert world.fingerprint() == before
    goes_on(world)
