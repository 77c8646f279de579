"""The page of replayed episodes: pictures with touches, or a conversation, in which nothing is markup."""

import html.parser
import json
import re

import gymnasium
import pytest
from gymnasium import spaces

from palaestra.agents.rollouts.episodes import record, replay
from palaestra.cli.main import run
from palaestra.data.results.viewer import Frame, write_viewer
from palaestra.data.trajectory import EpisodeStep, Trajectory
from palaestra.envs.task import Task
from palaestra.envs.text import AnyText, TextWorld

HOSTILE = "</script><!--<script><img src=x onerror=\"document.title='taken'\"> \ud83d {{0}} &amp; \u2028"
TOOL = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}


class Sums(TextWorld):
    """A conversation about a sum: the oracle's first call fails, its second one succeeds, then it answers."""

    codec = None  # type: ignore[assignment]
    task_names = ("Sum",)

    def __init__(self):
        super().__init__()
        self.observation_space, self.action_space = spaces.Dict({"messages": AnyText()}), AnyText()
        self.steps, self.task, self._max_episode_steps = 0, None, 6

    @property
    def identity(self):
        return {"world": "Sums"}

    def _save(self):
        return {"steps": self.steps}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps, self.task = 0, Task("Sum", {}, 0, "What is 2 + 3?", 6)
        system = {"role": "system", "content": f"Be brief. {HOSTILE}", "tools": [TOOL]}
        return self._said(system, {"role": "user", "content": "What is 2 + 3?"}), self._info(False)

    def step(self, action):
        self.steps += 1
        content, _, call = action.partition("|")
        calls = [{"id": f"c{self.steps}", **json.loads(call)}] if call else []
        over, info = not calls, self._info(content == "5")
        info |= {"action": {"content": content, "calls": calls}, "verdict": info["success"]}
        messages = []
        if calls:
            failed = "b" not in calls[0].get("arguments", {})
            text = f"no b: {HOSTILE}" if failed else "5"
            messages = [{"role": "tool", "name": "add", "tool_call_id": calls[0]["id"], "content": text}]
            messages[0] |= {"is_error": True} if failed else {}
            info |= {"action_error": "add: no b"} if failed else {}
        return self._said(*messages), info["success"], over, False, info | {"side_effects": []}

    @staticmethod
    def _said(*messages):
        return {"messages": json.dumps(messages)}

    @staticmethod
    def _info(done):
        return {"clauses": {"the sum is right": done}, "success": float(done)}

    @classmethod
    def oracle(cls, task, codec):
        yield ""
        yield 'Let me see.|{"name": "add", "text": "add(a=2"}'
        yield '|{"name": "add", "arguments": {"a": 2}}'
        yield '|{"name": "add", "arguments": {"a": 2, "b": 3, "note": "two\\nlines"}}'
        yield "5"


@pytest.fixture
def conversation(tmp_path):
    """A file with a recorded conversation."""
    gymnasium.register("Sums-v0", Sums)
    (trajectory,) = record("Sums-v0", "oracle", 1, tmp_path / "sums.arrows")
    assert trajectory.success == 1.0
    yield tmp_path / "sums.arrows"
    del gymnasium.registry["Sums-v0"]


class Tags(html.parser.HTMLParser):
    """Every tag of a page with its attributes, and the texts of its scripts."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.scripts = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        if self.cdata_elem == "script":
            self.scripts.append(data)


def episodes_of(page):
    return json.loads(re.search(r"^const EPISODES = (.*);$", page, re.MULTILINE)[1])


def test_a_conversation_is_shown_message_by_message(conversation, tmp_path):
    run(["replay", str(conversation)])
    (episode,) = episodes_of((tmp_path / "sums.html").read_text())
    steps = episode["steps"]
    assert (episode["outcome"], len(steps)) == ("done", 5)
    assert not any(step["png"] or step["elements"] for step in steps)
    system, user = steps[0]["messages"]
    assert (system["role"], user["role"], user["content"]) == ("system", "user", "What is 2 + 3?")
    assert system["content"] == f"Be brief. {HOSTILE}".replace("\ud83d", "?")
    assert [json.loads(tool) for tool in system["tools"]] == [TOOL]
    assert [[message["role"] for message in step["messages"]] for step in steps[1:]] == [["tool"]] * 3 + [[]]
    assert [message["error"] for step in steps[1:4] for message in step["messages"]] == [True, True, False]
    assert [step["error"] for step in steps] == ["add: no b"] * 2 + [""] * 3
    assert [step["clauses"]["the sum is right"] for step in steps] == [False] * 4 + [True]


def test_a_turn_is_its_words_and_its_calls(conversation, tmp_path):
    run(["replay", str(conversation)])
    (episode,) = episodes_of((tmp_path / "sums.html").read_text())
    unreadable, failed, good, answer, end = [step["turn"] for step in episode["steps"]]
    assert unreadable["content"] == "Let me see."
    assert unreadable["calls"] == [{"line": "add(a=2", "name": "add", "arguments": [["", "add(a=2"]]}]
    assert [call["line"] for call in failed["calls"]] == ["add(a=2)"]
    assert good["calls"] == [
        {
            "line": 'add(a=2, b=3, note="two\\nlines")',
            "name": "add",
            "arguments": [["a", "2"], ["b", "3"], ["note", "two\nlines"]],
        }
    ]
    assert (answer, end) == ({"content": "5", "calls": []}, None)


def test_what_anybody_says_is_never_markup(conversation, tmp_path):
    run(["replay", str(conversation)])
    page = (tmp_path / "sums.html").read_bytes().decode("utf-8")
    tags = Tags(page)
    assert [attributes for tag, attributes in tags.tags if tag in ("script", "img")] == [
        {"id": "picture", "alt": "the screen"},
        {},
    ]
    (script,) = tags.scripts
    data = re.search(r"^const EPISODES = (.*);$", script, re.MULTILINE)[1]
    assert HOSTILE[:9] in json.loads(data)[0]["steps"][0]["messages"][0]["content"]
    assert "<" not in data
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|import\(", page)
    assert not [value for _, attributes in tags.tags for name, value in attributes.items() if name in ("src", "href")]


def test_other_texts_are_messages_by_the_name_of_their_part(tmp_path):
    about = {"world": "x", "policy": "me", "side_effects": [], "success": 0.0}
    about["task"] = {"id": "t", "budget": 2, "instruction": "Count."}
    observed = [{"text": "0", "hint": "1 is next"}, {"messages": "no JSON"}, {"messages": '["no", "objects"]'}]
    steps = [EpisodeStep(observation=each, action="1", parsed={"said": "1"}) for each in observed]
    frames = [Frame(b"", {}, step, {}) for step in steps]
    write_viewer(tmp_path / "a.html", [(Trajectory(about, steps), frames, "")])
    (episode,) = episodes_of((tmp_path / "a.html").read_text())
    assert [[(each["role"], each["content"]) for each in step["messages"]] for step in episode["steps"]] == [
        [("text", "0"), ("hint", "1 is next")],
        [("messages", "no JSON")],
        [("messages", '["no", "objects"]')],
    ]
    assert [step["turn"] for step in episode["steps"]] == [None] * 3


def test_pictures_have_no_conversation(tmp_path):
    arguments = {"render": [54, 120]}
    list(record("palaestra/AndroidTasks-v0", "oracle", 1, tmp_path / "a.arrows", arguments=arguments, pictures=False))
    (again,) = replay(tmp_path / "a.arrows")
    write_viewer(tmp_path / "a.html", [(again.trajectory, again.frames, "")])
    (episode,) = episodes_of((tmp_path / "a.html").read_text())
    assert all(step["png"].startswith("data:image/png;base64,") for step in episode["steps"])
    assert all(step["size"] == [1080, 2400] and step["elements"] for step in episode["steps"])
    assert all(step["messages"] == [] and step["turn"] is None for step in episode["steps"])


HOLDS = "Every condition holds at the end, but "
TRUNCATED, ENDED = {"truncated": True}, {"terminated": True}
INFEASIBLE = {"kind": "status", "text": "infeasible"}


@pytest.mark.parametrize(
    ("success", "clauses", "end", "reason"),
    [
        (0.0, {"a": True}, TRUNCATED, f"{HOLDS}the agent never declared itself done before its steps ran out."),
        (0.0, {"a": True}, ENDED | {"parsed": INFEASIBLE}, f"{HOLDS}the agent declared the task infeasible."),
        (0.0, {"a": True}, ENDED, f"{HOLDS}the verdict is 0."),
        (0.0, {"a": True, "b": False}, TRUNCATED, ""),
        (0.0, {}, TRUNCATED, ""),
        (1.0, {"a": True}, ENDED, ""),
        (None, {"a": True}, TRUNCATED, ""),
    ],
)
def test_an_episode_whose_conditions_hold_says_why_it_is_not_done(tmp_path, success, clauses, end, reason):
    about = {"world": "x", "policy": "me", "side_effects": [], "success": success}
    about["task"] = {"id": "t", "budget": 2, "instruction": "Count."}
    steps = [EpisodeStep(), EpisodeStep(action="1", clauses=clauses, **end)]
    frames = [Frame(b"", {}, step, step.clauses) for step in steps]
    write_viewer(tmp_path / "a.html", [(Trajectory(about, steps), frames, "")])
    (episode,) = episodes_of((tmp_path / "a.html").read_text())
    assert episode["reason"] == reason
