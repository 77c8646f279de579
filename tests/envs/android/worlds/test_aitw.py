"""The worlds with AitW's instructions."""

import gymnasium
import numpy as np
import pytest

from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.envs.android.tasks.aitw.splits import split
from palaestra.envs.android.tasks.task import make_task
from palaestra.envs.android.worlds import AitWWebShop
from palaestra.envs.task import Task

ID = "palaestra/AitW-WebShop-v0"
SMALL = {"render": (54, 120), "observe": ["elements"]}
LINE = 'Go to ebay.com, search for "macbook air", and select the first entry'
COMPLETE = (
    'Action Plan: [STATUS_TASK_COMPLETE] ; Action Decision: "action_type": "STATUS_TASK_COMPLETE", '
    '"touch_point": "[-1.0, -1.0]", "lift_point": "[-1.0, -1.0]", "typed_text": ""'
)
IMPOSSIBLE = COMPLETE.replace("STATUS_TASK_COMPLETE", "STATUS_TASK_IMPOSSIBLE")


def made(**arguments):
    return gymnasium.make(ID, **{**SMALL, **arguments})


def play(world, observation, words, steps=None):
    """Steps of a primed generator of words; the last observation, the rewards and infos."""
    rewards, infos = [], []
    while steps is None or len(rewards) < steps:
        observation, reward, terminated, truncated, info = world.step(words.send(observation))
        rewards.append(reward)
        infos.append(info)
        if terminated or truncated:
            break
    return observation, rewards, infos


def begun(world, line=LINE, seed=0):
    observation, _ = world.reset(seed=seed, options={"task": line})
    words = world.oracle(world.task, world.codec)
    next(words)
    return observation, words


def test_a_line_its_id_and_its_template_choose_a_task():
    world = made()
    assert world.task_names == split("paper", "webshop")
    world.reset(options={"task": LINE})
    task = world.task
    assert (task.template, task.instruction, task.budget) == ("WebFirstEntry", LINE, 20)
    world.reset(options={"task": task.id})
    assert world.task.slots["query"] == "macbook air"
    world.reset(options={"task": LINE.replace('"', "'")})
    assert world.task.id == task.id
    world.reset(seed=0, options={"task": "WebVisit@newegg.com"})
    assert world.task.instruction == "Go to newegg.com"
    world.reset(seed=0)
    assert world.task.instruction in world.task_names


def test_a_fork_in_the_middle_continues_alike():
    world = made()
    observation, words = begun(world)
    observation, _, _ = play(world, observation, words, 5)
    other = world.fork()
    assert other.task == world.task
    text = words.send(observation)
    assert world.step(text)[1:] == other.step(text)[1:]
    assert world.fingerprint() == other.fingerprint()
    again = made()
    observation, words = begun(again)
    observation, _, _ = play(again, observation, words, 5)
    again.step(text)
    assert again.fingerprint() == world.fingerprint()


def test_tasks_of_one_s_own_are_saved_whole():
    task = Task("WebVisit", {"line": "Go to ebay.com", "host": "ebay.com"}, 3, "Visit eBay, please.", 5)
    for given in (task, task.fields):
        world = gymnasium.make("palaestra/AndroidTasks-v0", tasks=[given], codec="autoui", render=(54, 120))
        observation, _ = world.reset(seed=0)
        assert (observation["instruction"], world.task_names) == ("Visit eBay, please.", ("WebVisit/3",))
        assert world.fork().task == task
    with pytest.raises(InputError, match="task_seed 1: task WebVisit/3 has its seed"):
        world.reset(options={"task": task, "task_seed": 1})
    with pytest.raises(InputError, match="must have exactly the fields template, slots"):
        gymnasium.make("palaestra/AndroidTasks-v0", tasks=[{"template": "WebVisit"}])


def test_snapshots_of_earlier_versions_have_the_seed_only():
    world = gymnasium.make("palaestra/AndroidTasks-v0", render=(54, 120))
    world.reset(seed=0, options={"task": "ClockTimerEntry", "task_seed": 5})
    state = dict(world._save()) | {"task": {"template": "ClockTimerEntry", "seed": 5}}
    del state["given"]
    before = world.fingerprint()
    world._load(state)
    assert world.task == make_task("ClockTimerEntry", 5)
    assert world.fingerprint() == before


def test_digirl_s_environment_executes_one_step_less():
    world = made(compat="digirl", max_episode_steps=2)
    world.reset(seed=0, options={"task": "Go to ebay.com"})
    assert world.codec.name == "autoui-compat"
    tap = COMPLETE.replace("STATUS_TASK_COMPLETE", "DUAL_POINT").replace("[-1.0, -1.0]", "[0.5000, 0.0100]")
    first = world.device.now_us
    assert world.step(IMPOSSIBLE)[2:4] == (False, False)  # it idles
    assert world.device.now_us - first >= 5_000_000
    _, reward, _, truncated, info = world.step(tap)
    assert (reward, truncated) == (0.0, True)
    assert info["action"]["kind"] == "tap"
    assert "not executed" in info["action_error"]


def test_digirl_s_environment_has_no_reward_for_an_unchanged_or_remembered_screen():
    world = made(compat="digirl", render=(270, 600), tasks=["Go to ebay.com"])
    infos = []
    for _ in range(2):  # what is remembered outlasts the episode
        observation, words = begun(world, "Go to ebay.com")
        infos.append(play(world, observation, words, 4)[2])
    new, unchanged, again = (None, 0.0), ("unchanged", 0.0), ("remembered", 0.0)
    reasons = [[(info.get("not_judged"), info["success"]) for info in episode] for episode in infos]
    assert reasons == [[new, new, unchanged, (None, 1.0)], [again, again, unchanged, ("remembered", 1.0)]]
    assert [episode[-1]["verdict"] for episode in infos] == [1.0, 0.0]
    other = world.fork()
    assert other.fingerprint() == world.fingerprint()
    observation, words = begun(other, "Go to ebay.com")
    assert play(other, observation, words, 1)[2][0]["not_judged"] == "remembered"


def test_a_judge_decides_and_the_true_verdict_stays():
    world = made(judge={"false_negative": 1.0})
    observation, words = begun(world, "Go to ebay.com")
    _, rewards, infos = play(world, observation, words)
    assert (rewards[-1], infos[-1]["success"], infos[-1]["judged"]) == (0.0, 1.0, 0.0)
    world = made(judge="text")
    observation, words = begun(world, "Go to ebay.com")
    _, rewards, _ = play(world, observation, words)
    assert rewards[-1] == 1.0


def test_the_papers_phone_and_held_out_layouts():
    world = made(profile="paper", split="heldout-layout-test", render=(270, 570))
    observation, _ = world.reset(seed=0)
    assert (observation["size"].tolist(), observation["pixels"].shape) == ([1080, 2280], (570, 270, 3))
    assert world.device.density == 440
    assert world.device.service("web")["knobs"]["layout"] == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"split": "heldout"}, "split 'heldout': no such split"),
        ({"web": {"sponsord": 1}}, "did you mean sponsored"),
        ({"web": "papr"}, "web 'papr': must be one of"),
        ({"web_seed": -1}, "web_seed -1: must be an integer"),
        ({"reading": "sometimes"}, "reading 'sometimes': must be screen, ever or final"),
        ({"compat": "digiq"}, "compat 'digiq': must be digirl"),
        ({"compat": "digirl", "codec": "json"}, "codec 'json' must be left out"),
        ({"profile": "pixel"}, "profile 'pixel': must be default or paper"),
        ({"tasks": ["Go to amazon.com"]}, "amazon.com"),
        ({"tasks": ["What's the news in Japan?"]}, "is no instruction of Web Shopping"),
        ({"tasks": ["Buy milk"]}, "no template reads it"),
        ({"tasks": ["WebVisit@amazon.com"]}, "WebVisit@amazon.com"),
    ],
)
def test_mistakes_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        AitWWebShop(**SMALL, **arguments)
    assert "\n" not in str(caught.value)


def test_envs_tasks_lists_five_hosts_of_three_templates(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    run(["envs", "tasks", ID])
    rows = [line for line in capsys.readouterr().out.splitlines() if "Web" in line and ".com" in line]
    assert len(rows) == 15
    assert all(" 20 " in row for row in rows)
    run(["envs", "tasks", ID, "--splits"])
    assert "Of the first 96 test lines 67 are distinct, and 56 are training lines." in capsys.readouterr().out


def test_neither_nothing_nor_chance_is_enough():
    world = made()
    for number in range(6):
        observation, _ = world.reset(seed=number, options={"task": "WebSearch"})
        random, ended = np.random.default_rng(number), False
        while not ended:
            text = world.random_text(random, observation, world.codec)
            observation, _, terminated, truncated, info = world.step(text)
            ended = terminated or truncated
        assert info["verdict"] == 0.0
        assert truncated
    world.reset(seed=0)
    assert world.step(COMPLETE)[1:3] == (0.0, True)


def test_workers_play_the_same_episodes():
    prints = []
    for processes in (0, 1):
        worlds = gymnasium.make_vec(ID, num_envs=1, processes=processes, **SMALL)
        worlds.reset(seed=3)
        worlds.step([COMPLETE.replace("STATUS_TASK_COMPLETE", "PRESS_HOME")])
        prints.append([world.fingerprint() for world in worlds.worlds])
        worlds.close()
    assert prints[0] == prints[1]
