"""An OpenAI-compatible endpoint on the loopback interface: requests, calls, costs, faults."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gymnasium
import numpy as np
import pytest
from openai import OpenAIError

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.agents.errors import AgentError
from palaestra.agents.llm.endpoint import EndpointPolicy, _Said, _said
from palaestra.agents.rollouts.episodes import record, replay
from palaestra.agents.rollouts.speakers import Speech
from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.envs.tools.codecs import CODECS

WORLD = "palaestra/ToolArithmetic-v0"
TASK = {"tasks": ["Product@1"]}


class Calculating(BaseHTTPRequestHandler):
    """Calls the calculator once, then answers with its result."""

    requests: list = []  # noqa: RUF012 (of a test's own subclass)
    status = 200
    refusals = 10**9
    body = ""
    arguments = None
    finish_reason = "stop"
    usage: dict[str, int] | None = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}  # noqa: RUF012

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.requests.append((self.path, self.headers["Authorization"], body))
        last = body["messages"][-1]
        if last["role"] == "tool":
            message = {"role": "assistant", "content": last["content"]}
        else:
            expression = last["content"].removeprefix("What is ").rstrip("?")
            arguments = self.arguments or json.dumps({"expression": expression})
            function = {"name": "calculate", "arguments": arguments}
            calls = [{"id": "own-id", "type": "function", "function": function}]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        usage = self.usage
        choices = [{"index": 0, "message": message, "finish_reason": self.finish_reason}]
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": choices,
            "usage": usage,
        }
        refused = self.status != 200 and len(self.requests) <= self.refusals
        text = (self.body if self.body and (refused or self.status == 200) else json.dumps(answer)).encode()
        self.send_response(self.status if refused else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Retry-After", "0.01")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    handler = type("Handler", (Calculating,), {"requests": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    handler.url = f"api:http://127.0.0.1:{server.server_port}/v1#small"
    yield handler
    server.shutdown()
    server.server_close()


def test_a_model_behind_an_endpoint_solves_tasks_and_is_accounted(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_API_KEY", "secret-key")
    speech = Speech(prices=(1000.0, 10_000.0))
    file = tmp_path / "episodes.arrows"
    played = list(record(WORLD, server.url, 3, file, worlds=2, arguments=TASK, speech=speech))
    assert [trajectory.success for trajectory in played] == [1.0, 1.0, 1.0]
    steps = played[0].steps
    assert steps[1].rewards["prompt_tokens"] == 100.0
    assert steps[1].rewards["money"] == pytest.approx(0.1 + 0.1)
    assert all(replayed.differs is None for replayed in replay(file, frames=False))
    path, key, body = server.requests[0]
    assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer secret-key", "small")
    assert [each["function"]["name"] for each in body["tools"]] == ["calculate", "store", "registers"]
    assert b"secret-key" not in file.read_bytes()
    answered = next(body for _, _, body in server.requests if body["messages"][-1]["role"] == "tool")
    assert answered["messages"][-1]["tool_call_id"] == answered["messages"][-2]["tool_calls"][0]["id"] == "own-id"


def test_the_command_prints_calls_productivity_and_money(server, tmp_path, capsys):
    words = ["rollout", WORLD, "--policy", server.url, "--episodes", "2", "--out", str(tmp_path / "e.arrows")]
    assert not run([*words, "--arguments", json.dumps(TASK), "--prices", "1000", "10000", "--examples", "1"])
    printed = capsys.readouterr().out
    assert "2 of 2 done" in printed
    assert "calls 1.000, productivity 1.000 (2/2), tokens 110" in printed
    assert "money 0.8000" in printed
    server.usage = None
    assert not run([*words[:-1], str(tmp_path / "f.arrows"), "--arguments", json.dumps(TASK)])
    assert "tokens unknown, drift 0" in capsys.readouterr().out
    roles = [each["role"] for each in server.requests[0][2]["messages"]]
    assert roles[0] == "system"
    assert roles[-1] == "user"
    assert "assistant" in roles  # the example's


def test_no_request_is_made_once_the_cost_cap_is_reached(server, tmp_path):
    speech = Speech(prices=(1000.0, 0.0), max_cost=0.25)
    file = tmp_path / "e.arrows"
    for cap, requests in ((0.25, 3), (0.2, 3), (0.25, 4)):  # the money of recorded episodes is spent, too: 0.2
        with pytest.raises(AgentError, match=rf"is spent \(--max-cost\); {file} has the episode"):
            list(record(WORLD, server.url, 5, file, arguments=TASK, speech=replace(speech, max_cost=cap), resume=True))
        assert len(server.requests) == requests
    server.usage = None
    with pytest.raises(AgentError, match="without usage"):
        list(record(WORLD, server.url, 1, tmp_path / "f.arrows", arguments=TASK, speech=speech))
    with pytest.raises(InputError, match="needs --prices"):
        list(record(WORLD, server.url, 1, tmp_path / "f.arrows", arguments=TASK, speech=Speech(max_cost=1.0)))


UNREADABLE = ('{"expression": "3*4"', "[3, 4]", "3*4", "{" * 500, '{"expression": NaN}')


@pytest.mark.parametrize("codec", CODECS)
def test_arguments_that_cannot_be_read_are_a_bad_call_in_the_worlds_codec(codec, monkeypatch):
    world = gymnasium.make(WORLD, codec=codec).unwrapped
    policy = EndpointPolicy("api:http://127.0.0.1:9/v1#m", CODECS[codec]())
    for arguments in UNREADABLE:
        observation, _ = world.reset(seed=0)
        calls = ("a", "store", '{"name": "x", "expression": "1"}'), ("b", "calculate", arguments)
        said = _Said("So <tool_call> it is.", calls)
        monkeypatch.setattr(policy, "_ask", lambda row, deterministic, said=said: said)
        policy.reset(np.ones(1, bool), [world.task])
        (text,) = policy.act([observation])
        observation, *_, info = world.step(text)
        failed = [result.get("is_error", False) for result in json.loads(observation["messages"])]
        assert failed == ([True] if codec == "json" else [False, True]), arguments
        assert not info["stop"]


def test_an_endpoint_that_refuses_or_is_not_there_gets_a_line(server, tmp_path, monkeypatch):
    monkeypatch.setattr("palaestra.agents.llm.endpoint.RETRIES", 0)
    monkeypatch.setenv("OPENAI_API_KEY", "secret-key\r\n")
    server.status, server.body = 401, '{"error": {"message": "no\\n such key: secret-key"}}'
    with pytest.raises(AgentError) as error:
        list(record(WORLD, server.url, 1, tmp_path / "e.arrows", arguments=TASK))
    assert str(error.value) == f"{server.url}: refuses with status 401 (no such key: ***)"
    assert error.value.status == 2
    with pytest.raises(AgentError, match="can't be reached") as error:
        list(record(WORLD, "api:http://127.0.0.1:9/v1#m", 1, tmp_path / "f.arrows", arguments=TASK))
    assert "\n" not in str(error.value)
    monkeypatch.setenv("OPENAI_API_KEY", "secret\nkey")
    with pytest.raises(InputError, match="OPENAI_API_KEY: is no key") as refusal:
        list(record(WORLD, server.url, 1, tmp_path / "f.arrows", arguments=TASK))
    assert "secret" not in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_a_busy_endpoint_is_asked_again_and_a_full_context_ends_the_episode(server, tmp_path):
    server.status, server.refusals, server.finish_reason = 429, 2, "length"
    (trajectory,) = record(WORLD, server.url, 1, tmp_path / "e.arrows", arguments=TASK)
    assert (trajectory.success, trajectory.about["stop"], len(server.requests)) == (1.0, "length", 4)
    server.status, server.refusals = 400, 10**9
    server.body = '{"message": "This model\'s maximum context length is 20 tokens."}'
    (trajectory,) = record(WORLD, server.url, 1, tmp_path / "f.arrows", arguments=TASK)
    assert (trajectory.success, trajectory.about["stop"]) == (0.0, "context")
    assert trajectory.steps[-1].rewards == {"task": 0.0}


def test_an_answer_that_is_no_turn_gets_a_line():
    for body, reason in {
        "data: {}\n\n": "something else than JSON; is its URL right",
        "[1]": "something else than JSON",
        '{"choices": []}': "without a choice",
        '{"choices": [{"message": null}]}': "without a choice",
        '{"choices": [{"message": {"tool_calls": [{"id": "a"}]}}]}': "a message that is not OpenAI's",
        '{"choices": [{"message": {"tool_calls": 3}}]}': "a message that is not OpenAI's",
    }.items():
        with pytest.raises(OpenAIError, match=reason):
            _said(body)
    bare = '{"choices": [{"message": {"content": "\\ud800", "tool_calls": [{"function": {"name": "f"}}]}}]}'
    assert _said(bare) == _Said("\ufffd", (("call-0", "f", "{}"),), None)


@pytest.mark.parametrize("name", ["api:127.0.0.1#m", "api:http://127.0.0.1/v1", "api:", "api:http://a:b/v1#m"])
def test_a_name_without_url_or_model_is_refused(name, tmp_path):
    with pytest.raises(InputError, match="api:URL#MODEL"):
        list(record(WORLD, name, 1, tmp_path / "e.arrows"))


@pytest.mark.parametrize("name", ["api:http://me:secret@127.0.0.1/v1#m", "api:http://127.0.0.1/v1?key=secret#m"])
def test_a_key_in_the_url_is_refused_without_repeating_it(name, tmp_path):
    with pytest.raises(InputError, match="the key is read from PALAESTRA_API_KEY") as error:
        list(record(WORLD, name, 1, tmp_path / "e.arrows"))
    assert "secret" not in str(error.value)
