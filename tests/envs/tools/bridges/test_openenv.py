"""OpenEnv's own server and client play an oracle's episodes."""

import asyncio
import importlib.metadata
import socket
import threading
import time

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.openenv import to_openenv

pytestmark = pytest.mark.bridges

WORLD = "palaestra/ToolArithmetic-v0"
CALL = {"name": "calculate", "arguments": {"expression": "78 * 76"}}


def test_the_environment_is_openenv_s_and_its_oracle_succeeds():
    from openenv.core.env_server.interfaces import Environment

    assert importlib.metadata.version("openenv") == "0.10.0"
    made = to_openenv(WORLD)
    environment = made.environment()
    assert isinstance(environment, Environment)
    with pytest.raises(InputError, match="call reset"):
        environment.step(made.action(text="5"))
    first = environment.reset(seed=1, task="Product@1")
    assert first.messages[1] == {"role": "user", "content": "What is 78 * 76?"}
    assert [each["function"]["name"] for each in first.messages[0]["tools"]] == ["calculate", "store", "registers"]
    result = environment.step(made.action(calls=[CALL]))
    assert result.messages[0]["content"] == "5928"
    assert (result.done, result.reward, result.metadata["truncated"]) == (False, 0.0, False)
    bad = environment.step(made.action(calls=[{"name": "nope"}, {}]))
    assert [each["is_error"] for each in bad.messages] == [True, True]
    last = environment.step(made.action(text="5928"))
    assert (last.done, last.reward, last.messages) == (True, 1.0, [])
    assert (environment.state.episode_id, environment.state.step_count) == (first.metadata["task"], 3)
    assert environment.reset(seed=1, task="Product@1") == first
    environment.close()


def test_a_budget_truncates():
    made = to_openenv(WORLD, max_episode_steps=2)
    environment = made.environment()
    environment.reset(seed=1, task="Product@1")
    environment.step(made.action(calls=[CALL]))
    last = environment.step(made.action(calls=[CALL]))
    assert (last.done, last.reward, last.metadata["truncated"], last.metadata["stop"]) == (True, 0.0, True, "max_turns")


@pytest.fixture(scope="module")
def address():
    """OpenEnv's server of the world, on a free port."""
    import uvicorn
    from openenv.core.env_server import create_fastapi_app

    listening = socket.create_server(("127.0.0.1", 0))
    app = create_fastapi_app(*to_openenv(WORLD), max_concurrent_envs=4)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()


def test_sessions_of_openenv_s_client_are_independent(address):
    from openenv.core import GenericEnvClient

    async def play(seed):
        async with GenericEnvClient(base_url=address) as client:
            first = await client.reset(seed=seed, task="Product@1")
            asked = first.observation["messages"][1]["content"].removeprefix("What is ").removesuffix("?")
            result = await client.step({"calls": [{"name": "calculate", "arguments": {"expression": asked}}]})
            return asked, await client.step({"text": result.observation["messages"][0]["content"]})

    async def main():
        return await asyncio.gather(*(play(seed) for seed in range(4)))

    played = asyncio.run(main())
    assert len({asked for asked, _ in played}) == 4
    assert [(last.done, last.reward) for _, last in played] == [(True, 1.0)] * 4
