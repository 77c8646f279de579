"""An OpenAI-compatible endpoint on the loopback interface: requests, calls, costs, faults."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from palaestra.agents.own import AgentError
from palaestra.agents.rollouts.episodes import record, replay
from palaestra.agents.rollouts.speakers import Speech
from palaestra.cli.main import run
from palaestra.data.errors import InputError

WORLD = "palaestra/ToolArithmetic-v0"
TASK = {"tasks": ["Product@1"]}


class Calculating(BaseHTTPRequestHandler):
    """Calls the calculator once, then answers with its result."""

    requests: list = []  # noqa: RUF012 (of a test's own subclass)
    status = 200
    arguments = None

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
        usage = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110}
        choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": choices,
            "usage": usage,
        }
        text = json.dumps(answer).encode()
        self.send_response(self.status)
        self.send_header("Content-Type", "application/json")
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
    handler.name = f"api:http://127.0.0.1:{server.server_port}/v1#small"
    yield handler
    server.shutdown()
    server.server_close()


def test_a_model_behind_an_endpoint_solves_tasks_and_is_accounted(server, tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_API_KEY", "secret-key")
    speech = Speech(prices=(1000.0, 10_000.0))
    file = tmp_path / "episodes.arrows"
    played = list(record(WORLD, server.name, 3, file, worlds=2, arguments=TASK, speech=speech))
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
    words = ["rollout", WORLD, "--policy", server.name, "--episodes", "2", "--out", str(tmp_path / "e.arrows")]
    assert not run([*words, "--arguments", json.dumps(TASK), "--prices", "1000", "10000", "--examples", "1"])
    printed = capsys.readouterr().out
    assert "2 of 2 done" in printed
    assert "calls 1.000, productivity 1.000 (2/2), tokens 110" in printed
    assert "money 0.8000" in printed
    roles = [each["role"] for each in server.requests[0][2]["messages"]]
    assert roles[0] == "system"
    assert roles[-1] == "user"
    assert "assistant" in roles  # the example's


def test_no_request_is_made_once_the_cost_cap_is_reached(server, tmp_path):
    speech = Speech(prices=(1000.0, 0.0), max_cost=0.25)
    with pytest.raises(AgentError, match=r"0\.3000 of 0\.2500 is spent"):
        list(record(WORLD, server.name, 5, tmp_path / "e.arrows", arguments=TASK, speech=speech))
    assert len(server.requests) == 3


def test_arguments_that_are_no_json_are_the_worlds_to_answer(server, tmp_path):
    server.arguments = '{"expression": '
    (trajectory,) = record(WORLD, server.name, 1, tmp_path / "e.arrows", arguments=TASK)
    assert trajectory.success == 0.0
    assert "JSON" in trajectory.steps[1].error


def test_an_endpoint_that_refuses_or_is_not_there_gets_a_line(server, tmp_path, monkeypatch):
    monkeypatch.setattr("palaestra.agents.llm.endpoint.RETRIES", 0)
    server.status = 401
    with pytest.raises(AgentError, match="refuses with status 401"):
        list(record(WORLD, server.name, 1, tmp_path / "e.arrows", arguments=TASK))
    with pytest.raises(AgentError, match="can't be reached") as error:
        list(record(WORLD, "api:http://127.0.0.1:9/v1#m", 1, tmp_path / "f.arrows", arguments=TASK))
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["api:127.0.0.1#m", "api:http://127.0.0.1/v1", "api:"])
def test_a_name_without_url_or_model_is_refused(name, tmp_path):
    with pytest.raises(InputError, match="api:URL#MODEL"):
        list(record(WORLD, name, 1, tmp_path / "e.arrows"))
