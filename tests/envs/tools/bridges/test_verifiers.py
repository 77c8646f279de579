"""Verifiers' own environment runs episodes, with a harness in this process and a server that speaks as a model."""

import asyncio
import http.server
import importlib.metadata
import json
import sys
import threading
import types
import urllib.request

import pytest

from palaestra.envs.tools.bridges.episode import Episode
from palaestra.envs.tools.bridges.verifiers import to_verifiers

pytestmark = pytest.mark.bridges

WORLD = "palaestra/ToolArithmetic-v0"


def turns(task, seed):
    """What the oracle says in an episode."""
    episode = Episode(WORLD, {})
    messages = episode.reset(task, seed)
    oracle = episode.world.oracle(episode.world.task, episode.world.codec)
    next(oracle)
    while not episode.done:
        yield (text := oracle.send({"messages": json.dumps(messages)}))
        messages = episode.step(text)


@pytest.fixture
def model():
    """A model's endpoint that answers by what it is told: ``says[instruction]`` lists its replies."""
    says, seen = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            messages = json.loads(self.rfile.read(int(self.headers["content-length"])))["messages"]
            seen.append(messages)
            spoken = [each for each in messages if each["role"] == "assistant"]
            users = [each for each in messages if each["role"] == "user"]
            message = {"role": "assistant", "content": says[users[0]["content"]][len(spoken)]}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
            reply = {"id": "r", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
            body = json.dumps(reply | {"usage": usage}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1", says, seen
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def plugins():
    """Modules by which verifiers finds the world and a harness that asks the model in this process."""
    import verifiers.v1 as vf

    assert importlib.metadata.version("verifiers") == "0.4.0"

    class AskConfig(vf.HarnessConfig):
        pass

    class Ask(vf.Harness[AskConfig]):
        APPENDS_SYSTEM_PROMPT = SUPPORTS_RESUME = True
        EXECUTES_CODE = NEEDS_CONTAINER = False

        async def launch(self, ctx, trace, runtime, endpoint, secret, mcp_urls, data):
            system, prompt = self.resolve_prompt(data)
            said = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else []
            said = said or [{"role": each.role, "content": each.content} for each in prompt]
            if system:
                said = [{"role": "system", "content": system}, *said]
            body = json.dumps({"model": ctx.model, "messages": said}).encode()
            headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            request = urllib.request.Request(f"{endpoint}/chat/completions", body, headers)
            await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=30).read())
            return vf.ProgramResult(exit_code=0, stdout="", stderr="")

    tasks, environment = to_verifiers(WORLD, tasks=["Product@1", "AddToRegisters@2"])
    for name, parts in {"palaestra_tools": {"Tasks": tasks, "Environment": environment}, "ask": {"Ask": Ask}}.items():
        module = types.ModuleType(name)
        module.__dict__.update(parts, __all__=list(parts))
        module.__spec__ = types.SimpleNamespace(name=name)
        sys.modules[name] = module


def run(base_url, count):
    """Verifiers' episodes of the first tasks."""
    import verifiers.v1 as vf
    from verifiers.v1.utils.loaders import load_environment, resolve_env_config

    player = {"harness": {"id": "ask"}, "runtime": {"type": "subprocess"}}
    config = resolve_env_config({"taskset": {"id": "palaestra_tools", "count": count}, "player": player})
    environment = load_environment(config)
    client = vf.EvalClientConfig(base_url=base_url, api_key_var="PALAESTRA_NO_KEY")

    async def main():
        async with environment.serving():
            context = vf.ModelContext(model="m", client=client)
            return [await environment.run_episode(task, context) for task in environment.taskset]

    return asyncio.run(main())


def test_oracles_succeed_and_others_do_not(plugins, model, monkeypatch):
    monkeypatch.setenv("PALAESTRA_NO_KEY", "none")
    base_url, says, seen = model
    rows = [("Product@1", 0), ("AddToRegisters@2", 1), ("Product@1", 2)]
    for template, seed in rows:
        episode = Episode(WORLD, {})
        episode.reset(template, seed)
        says[episode.instruction] = list(turns(template, seed)) if seed < 2 else ["5"]
    episodes = run(base_url, 3)
    assert [error.message for each in episodes for error in each.errors] == []
    traces = [each.traces[0] for each in episodes]
    assert [each.rewards["reward"].score for each in traces] == [1.0, 1.0, 0.0]
    assert [each.metrics["calls"] for each in traces] == [1.0, 2.0, 0.0]
    assert seen[0][0]["role"] == "system"
    assert "store(name: string, expression: string)" in seen[0][0]["content"]
    assert seen[1][-1]["content"].startswith("<tool_response>")


def test_tasks_cycle_through_the_templates_and_are_the_same_every_time(plugins):
    from verifiers.v1.utils.loaders import load_taskset, taskset_config_type

    config = taskset_config_type("palaestra_tools")(id="palaestra_tools", count=4, first_seed=7)
    loaded = [task.data for task in load_taskset(config)]
    assert [each.template for each in loaded] == ["Product@1", "AddToRegisters@2"] * 2
    assert [each.seed for each in loaded] == [7, 8, 9, 10]
    assert loaded == [task.data for task in load_taskset(config)]
