"""The mcp package's own client plays oracles' episodes: in memory, by stdio and by HTTP."""

import asyncio
import contextlib
import http.client
import importlib.metadata
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.episode import tool_kind
from palaestra.envs.tools.bridges.mcp import OUTCOME, make_server
from palaestra.envs.tools.bridges.mcp_source import MCPTools
from palaestra.envs.tools.calls import ToolCall
from palaestra.envs.tools.declaration import WORLDS
from palaestra.envs.tools.task import turn_of

pytestmark = pytest.mark.bridges

WORLD = "palaestra/ToolArithmetic-v0"
COMMAND = [sys.executable, "-m", "palaestra", "serve", "mcp", WORLD]


def test_the_version_is_the_one_in_the_docs():
    assert importlib.metadata.version("mcp") == "2.3.0"


async def play(client, world_id=WORLD, task=None, seed=0):
    """An oracle's episode by a client; returns the last result's outcome."""
    kind = tool_kind(world_id)
    task = task or next(iter(kind.templates()))
    begun = await client.call_tool("reset", {"task": task, "seed": seed})
    episode, name = begun.structured_content["episode"], begun.meta[OUTCOME]["task"]
    drawn = kind.make_task(task, int(name.rpartition("/")[2]))
    assert begun.structured_content["instruction"] == drawn.instruction
    oracle, messages = kind._template_of(drawn).oracle(drawn.slots), None
    with contextlib.suppress(StopIteration):
        while True:
            turn, messages = turn_of(oracle.send(messages)), []
            for call in turn.calls:
                result = await client.call_tool(call.name, {"episode": episode, **call.arguments})
                messages.append({"role": "tool", "content": result.content[0].text, "is_error": result.is_error})
            if not turn.calls:
                result = await client.call_tool("answer", {"episode": episode, "text": turn.content})
                messages = [{"role": "user", "content": result.content[0].text}]
    await client.call_tool("close", {"episode": episode})
    return result.meta[OUTCOME]


SUCCESS = {"reward": 1.0, "done": True, "stop": "completed", "success": 1.0}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("world_id", [world.id for world in WORLDS])
def test_oracles_succeed_in_every_world_in_memory(world_id, mode):
    from mcp import Client

    async def main():
        async with Client(make_server(world_id), mode=mode) as client:
            return await play(client, world_id)

    outcome = asyncio.run(main())
    assert outcome | SUCCESS == outcome


def test_tools_have_the_world_s_schemas_and_the_episode():
    from mcp import Client

    async def main():
        async with Client(make_server(WORLD)) as client:
            return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asyncio.run(main())}
    assert list(tools) == ["reset", "answer", "close", "calculate", "store", "registers"]
    assert tools["store"].input_schema["required"] == ["episode", "name", "expression"]
    assert tools["registers"].description == "List the registers and their values."


def test_episodes_of_several_clients_are_independent():
    from mcp import Client

    async def main():
        server = make_server(WORLD)
        async with Client(server) as one, Client(server) as other:
            begun = [await each.call_tool("reset", {"task": "KeepInRegister@1", "seed": 1}) for each in (one, other)]
            first, second = (each.structured_content["episode"] for each in begun)
            await one.call_tool("store", {"episode": first, "name": "x", "expression": "1"})
            shown = [await one.call_tool("registers", {"episode": each}) for each in (first, second)]
            return [each.content[0].text for each in shown]

    assert asyncio.run(main()) == ['{"x": "1"}', "{}"]


def test_by_stdio_nothing_else_is_printed_and_the_end_of_input_ends_it():
    from mcp import Client, StdioServerParameters

    async def main():
        target = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=dict(os.environ))
        async with Client(target) as client:
            return await play(client, task="AddToRegisters@2", seed=1)

    assert asyncio.run(main())["success"] == 1.0
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello})
    done = subprocess.run(COMMAND, input=f"{request}\n", capture_output=True, text=True, timeout=60)
    (line,) = done.stdout.splitlines()
    assert json.loads(line)["id"] == 1
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_stdio():
    with subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "0"}}
        process.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}).encode())
        process.stdin.write(b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr.read() == b""


@contextlib.contextmanager
def served(*more):
    """A server by HTTP: its process, port and token."""
    command = [*COMMAND, "--transport", "http", *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        address, token, advice = (process.stdout.readline().strip() for _ in range(3))
        assert advice == "Ctrl-C ends the server."
        yield process, int(address.removeprefix("http://127.0.0.1:").removesuffix("/mcp")), token.split()[-1]
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def http_server():
    with served("--port", "0") as running:
        yield running


def test_by_http_with_the_token_an_oracle_succeeds(http_server):
    from mcp import Client
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    _, port, token = http_server

    async def main():
        web = create_mcp_http_client(headers={"Authorization": f"Bearer {token}"})
        transport = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=web)
        async with web, Client(transport) as client:
            return await asyncio.gather(*(play(client, task="Purchase@2", seed=seed) for seed in range(5)))

    assert [each["success"] for each in asyncio.run(main())] == [1.0] * 5


LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})


def asked(port, headers, body=LIST):
    """Status of a POST with exactly these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest("POST", "/mcp", skip_host=True, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    with contextlib.suppress(ConnectionError):
        connection.send(body.encode())
    response = connection.getresponse()
    status = response.status, response.read().decode()
    connection.close()
    return status


def test_other_tokens_hosts_origins_and_sizes_are_refused(http_server):
    _, port, token = http_server
    good = {
        "Host": f"127.0.0.1:{port}",
        "Authorization": f"Bearer {token}",
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
    }
    status, text = asked(port, good)
    assert (status, len(json.loads(text)["result"]["tools"])) == (200, 6)
    assert asked(port, good | {"Origin": f"http://localhost:{port}"})[0] == 200
    assert asked(port, good | {"Authorization": "Bearer guessed"})[0] == 401
    assert asked(port, {name: good[name] for name in good if name != "Authorization"})[0] == 401
    assert asked(port, good | {"Host": f"evil.example:{port}"})[0] == 421
    assert asked(port, good | {"Host": "127.0.0.1:1"})[0] == 421
    assert asked(port, good | {"Origin": "http://evil.example"})[0] == 403
    assert asked(port, good | {"Origin": "null"})[0] == 403
    assert asked(port, good, LIST + " " * 300_000)[0] == 413
    assert asked(port, good, "{")[0] == 400


def test_a_port_that_is_taken_is_said_in_one_line(http_server):
    _, port, _ = http_server
    command = [*COMMAND, "--transport", "http", "--port", str(port)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    advice = "--port chooses another, 0 a free one"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"palaestra: port {port} on 127.0.0.1: Address already in use; {advice}\n"


def test_it_listens_on_the_loopback_only_and_ctrl_c_ends_it():
    with served("--port", "0") as (process, port, _):
        with socket.create_connection(("127.0.0.1", port)):
            listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            assert [each[1] for each in listening if each[1].endswith(f":{port:04X}") and each[3] == "0A"] == [
                f"0100007F:{port:04X}"
            ]
            process.send_signal(signal.SIGINT)
            out, error = process.communicate(timeout=30)
        assert (process.returncode, out, error) == (130, "", "")


def test_a_server_is_a_source_of_tools():
    with MCPTools(make_server(WORLD)) as tools:
        specs = {spec.name: spec for spec in tools.specs}
        assert specs["store"].parameters["required"] == ["episode", "name", "expression"]
        begun = tools.call(ToolCall("1", "reset", {"task": "Product@1", "seed": 1}))
        episode = begun.structured["episode"]
        result = tools.call(ToolCall("2", "calculate", {"episode": episode, "expression": "6 * 7"}))
        assert (result.id, result.content, result.is_error) == ("2", "42", False)
        failed = tools.call(ToolCall("3", "calculate", {"episode": episode, "expression": "6 / 0"}))
        assert (failed.is_error, "divides by zero" in failed.content) == (True, True)
        assert tools.call(ToolCall("4", "calculate", {"episode": episode, "expression": 6})).is_error
        assert "there are reset, answer" in tools.call(ToolCall("5", "nope")).content


def test_a_source_by_stdio_survives_its_server_s_death():
    from mcp import StdioServerParameters

    with MCPTools(StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=dict(os.environ))) as tools:
        assert len(tools.specs) == 6
        begun = tools.call(ToolCall("1", "reset", {}))
        assert not begun.is_error
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(os.getpid())], capture_output=True, text=True)
        for pid in children.stdout.split():
            with contextlib.suppress(FileNotFoundError):
                if b"serve" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(int(pid), signal.SIGKILL)
        assert tools.call(ToolCall("2", "registers", {"episode": begun.structured["episode"]})).is_error


def test_no_server_is_one_line():
    with pytest.raises(InputError, match=r"http://127\.0\.0\.1:9/mcp: no server of the Model Context Protocol \("):
        MCPTools("http://127.0.0.1:9/mcp", seconds=20).__enter__()
