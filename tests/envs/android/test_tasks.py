"""Every task's proof: the oracle does it, doing nothing doesn't, and what is nearly right isn't enough."""

import gymnasium
import pytest

from palaestra.data.errors import InputError
from palaestra.envs.android.tasks.task import make_task, template, templates
from palaestra.envs.android.tasks.words import oracle_words
from palaestra.envs.task import task_of

TEMPLATES = list(templates())
LANGUAGES = ("marks", "autoui")
"""Codecs besides ``json`` with words for everything that an oracle does."""
NOT_AS_RELEASED = {
    "FilesDeleteFile",
    "FilesMoveFile",
    "MarkorAddNoteHeader",
    "MarkorChangeNoteContent",
    "MarkorCreateNoteFromClipboard",
    "MarkorDeleteAllNotes",
    "MarkorDeleteNewestNote",
    "MarkorDeleteNote",
    "MarkorEditNote",
    "MarkorMoveNote",
    "SimpleSmsSendClipboardContent",
}
"""What DigiRL's code can't do: long presses, and emptying a field."""


@pytest.fixture(scope="module")
def worlds():
    """An environment per codec and reading, created on demand."""
    made = {}

    def world(codec="json", reading="final"):
        if (codec, reading) not in made:
            arguments = {"codec": codec, "reading": reading, "observe": ["elements"], "render": (54, 120)}
            arguments["budget"] = 1 if codec == "json" else 2  # AndroidWorld counts its own actions
            made[codec, reading] = gymnasium.make("palaestra/AndroidTasks-v0", **arguments)
        return made[codec, reading]

    return world


def begun(world, name, seed):
    """The task at its start: the first observation and a snapshot."""
    observation, info = world.reset(seed=seed, options={"task": name, "task_seed": seed})
    assert info["success"] in (0.0, 1.0)
    return observation, world.snapshot()


def follow(world, observation, words):
    """Say what a generator of words says, to the end; the last step's reward and info, and the number of steps."""
    next(words)
    steps, ended, reward, info = 0, False, 0.0, {}
    while not ended:
        try:
            text = words.send(observation)
        except LookupError:  # an oracle for other slots may look for what isn't there
            return 0.0, {"success": 0.0}, steps
        observation, reward, terminated, truncated, info = world.step(text)
        assert "action_error" not in info
        steps, ended = steps + 1, terminated or truncated
    return reward, info, steps


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_oracle_does_it_and_leaves_no_trace(name, worlds):
    world = worlds()
    prints = []
    for seed in (0, 0, 1):  # twice the same episode
        observation, _ = begun(world, name, seed)
        task = world.task
        reward, info, steps = follow(world, observation, oracle_words(task, world.codec))
        assert (reward, info["success"], info["partial"]) == (1.0, 1.0, 1.0)
        assert steps <= task.budget
        assert info["side_effects"] == []
        prints.append(world.fingerprint())
    assert prints[0] == prints[1] != prints[2]


@pytest.mark.parametrize("name", TEMPLATES)
def test_doing_nothing_does_it_only_where_it_is_done(name, worlds):
    world = worlds()
    _, start = begun(world, name, 2)
    task = world.task
    done = '{"action_type": "status", "goal_status": "complete"}'
    _, reward, terminated, _, info = world.step(done)
    assert terminated
    assert reward == float(template(name).true_from_start)
    if template(name).true_from_start:
        world.restore(start)
        reward, info, _ = follow(world, world._observe(), oracle_words(task, world.codec, lambda kind: kind.undo))
        assert (reward, info["success"]) == (0.0, 0.0)


@pytest.mark.parametrize("name", TEMPLATES)
def test_near_misses_do_not_count(name, worlds):
    world = worlds()
    _, start = begun(world, name, 3)
    task = world.task
    misses = template(name).near_misses(task.slots)
    assert misses or template(name).true_from_start or name in ("TurnOffWifiAndTurnOnBluetooth", "SimpleSmsResend")
    for slots in misses:
        assert slots != task.slots
        world.restore(start)
        wrong = task_of(template(name), slots, task.seed)
        reward, info, steps = follow(world, world._observe(), oracle_words(wrong, world.codec))
        assert (reward, info["success"]) == (0.0, 0.0)
        assert steps > 0


NOTES = "/storage/emulated/0/Documents/Markor"
ASKEW = [
    ("MarkorDeleteNewestNote", f"mv {NOTES}/{{last}} {NOTES}/renamed.md"),
    ("MarkorDeleteNewestNote", f"rm {NOTES}/{{last}}; echo new > {NOTES}/another.md"),
    ("MarkorDeleteNewestNote", f"rm {NOTES}/{{last}}; touch {NOTES}/{{first}}"),
    ("MarkorDeleteAllNotes", f"rm -r {NOTES}"),
    ("MarkorCreateNote", f"mkdir {NOTES}/{{file_name}}"),
    ("CameraTakePhoto", "rm -r /sdcard/Pictures"),
    ("CameraTakePhoto", "touch /sdcard/Pictures/.nomedia"),
    ("SystemBluetoothTurnOn", "settings put global bluetooth_on 2"),
]
"""What is nearly right, in ways that no oracle goes; AndroidWorld's evaluators don't count these either."""


@pytest.mark.parametrize(("name", "line"), ASKEW)
def test_askew_ways_do_not_count(name, line, worlds):
    world = worlds()
    begun(world, name, 5)
    notes = [note for note, _ in world.task.slots.get("notes", [])] or [""]
    ran = world.device.shell(line.format(**world.task.slots, first=notes[0], last=notes[-1]))
    assert ran.status == 0
    info = world.step('{"action_type": "status", "goal_status": "complete"}')[-1]
    assert (info["success"], info.get("error")) == (0.0, None)


def test_notes_in_subfolders_are_not_counted_as_notes(worlds):
    world = worlds()
    begun(world, "MarkorDeleteAllNotes", 0)
    world.device.shell(f"mkdir {NOTES}/Old; mv {NOTES}/*.md {NOTES}/*.txt {NOTES}/Old/")
    assert world.step('{"action_type": "wait"}')[-1]["success"] == 1.0


def test_half_of_two_switches_is_half_done(worlds):
    world = worlds()
    begun(world, "TurnOffWifiAndTurnOnBluetooth", 0)
    world.device.shell("svc wifi disable")
    info = world.step('{"action_type": "wait"}')[-1]
    assert info["clauses"] == {"wifi is off": True, "bluetooth is on": False}
    assert (info["success"], info["partial"]) == (0.0, 0.5)


@pytest.mark.parametrize("codec", LANGUAGES)
@pytest.mark.parametrize("name", TEMPLATES)
def test_oracles_speak_other_languages(codec, name, worlds):
    world = worlds(codec)
    observation, _ = begun(world, name, 4)
    reward, info, _ = follow(world, observation, oracle_words(world.task, world.codec))
    assert (reward, info["side_effects"]) == (1.0, [])


@pytest.mark.parametrize("name", TEMPLATES)
def test_what_can_be_said_as_digirl_s_code_reads_it(name, worlds):
    world = worlds("autoui-compat")
    observation, _ = begun(world, name, 0)
    words = oracle_words(world.task, world.codec)
    if name in NOT_AS_RELEASED:
        with pytest.raises(InputError, match=f"{name}.*codec autoui-compat.*cannot express"):
            follow(world, observation, words)
    else:
        assert follow(world, observation, words)[0] == 1.0


def test_the_readings_differ_in_when_it_counts(worlds):
    name = "SystemWifiTurnOff"
    complete = '{"action_type": "status", "goal_status": "complete"}'
    steps = (
        ("svc wifi disable", '{"action_type": "wait"}'),
        ("svc wifi enable", '{"action_type": "wait"}'),
        ("svc wifi disable", complete),
    )
    results = {}
    for reading in ("ever", "screen", "final"):
        world = worlds(reading=reading)
        begun(world, name, 0)
        results[reading] = []
        for line, words in steps:
            world.device.shell(line)
            _, reward, terminated, _, info = world.step(words)
            assert info["success"] == float("disable" in line)
            results[reading].append((reward, terminated))
            if terminated:
                break
    assert results["ever"] == [(1.0, True)]
    assert results["screen"] == [(1.0, False), (0.0, False), (1.0, True)]
    assert results["final"] == [(0.0, False), (0.0, False), (1.0, True)]


def test_side_effects_are_named(worlds):
    world = worlds()
    begun(world, "SystemWifiTurnOff", 0)
    world.device.files.write("/sdcard/Download/stray.txt", b"x")
    world.device.settings.put("system", "volume_music", "1")
    *_, info = world.step('{"action_type": "status", "goal_status": "infeasible"}')
    assert info["side_effects"] == ["files/storage/emulated/0/Download/stray.txt", "settings/system/volume_music"]


def test_an_evaluator_that_fails_leaves_the_episode_unscored(worlds, monkeypatch):
    world = worlds()
    begun(world, "SystemCopyToClipboard", 0)

    def broken(*_):
        raise RuntimeError("no such row")

    monkeypatch.setattr(type(template("SystemCopyToClipboard")), "check", broken)
    _, reward, _, _, info = world.step('{"action_type": "status", "goal_status": "complete"}')
    assert (reward, info["success"], info["partial"]) == (0.0, None, None)
    assert info["error"] == "RuntimeError: no such row"


def test_tasks_are_frozen_data_with_a_hash():
    task, same, other = (make_task("ClockTimerEntry", seed) for seed in (5, 5, 6))
    assert task == same
    assert task.hash == same.hash != other.hash
    assert task.id == "ClockTimerEntry/5"
    with pytest.raises(InputError, match="no such template"):
        make_task("ClockTimerEntri", 0)
    with pytest.raises(InputError, match="no such template"):
        gymnasium.make("palaestra/AndroidTasks-v0", tasks=["Nothing"])
