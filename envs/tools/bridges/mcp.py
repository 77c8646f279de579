"""A tool world as a server of the Model Context Protocol: its tools, and ``reset``, ``answer`` and ``close``.

Every tool has an argument ``episode``, because the protocol of 2026-07-28 knows no sessions. What a trainer wants to
know and an agent should not read is in a result's ``_meta``, under ``palaestra/outcome``. An adversary that renames
tools does so inside an episode; the list of tools keeps their own names.
"""

import asyncio
import contextlib
import functools
import secrets
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.tools.bridges.episodes import IDLE_SECONDS, MOST, Episodes
from palaestra.envs.tools.bridges.loopback import HOST, MAX_BODY, App, Guard, listen

TRANSPORTS = ("stdio", "http")
PORT = 8765
OUTCOME = "palaestra/outcome"
CONNECTION_SECONDS = 60
"""After which an idle connection is closed."""
MAX_CONNECTIONS = 64


def make_server(
    world_id: str, arguments: Mapping[str, Any] | None = None, most: int = MOST, idle_seconds: float = IDLE_SECONDS
) -> Any:
    """An ``mcp.server.Server``; its worlds live on one thread, since SQLite's connections belong to theirs.

    Args:
        world_id: id of a tool world.
        arguments: of the world.
        most: number of episodes at a time.
        idle_seconds: after which an episode that nobody called is closed.

    Raises:
        InputError: it isn't a tool world; or the package is missing.
    """
    episodes = Episodes(world_id, arguments, most, idle_seconds)
    require("a server of the Model Context Protocol", "mcp")
    from mcp import types
    from mcp.server import Server

    thread = ThreadPoolExecutor(1, thread_name_prefix="worlds")

    async def list_tools(context: Any, parameters: Any) -> types.ListToolsResult:
        forms = [spec.mcp() for spec in episodes.specs]
        return types.ListToolsResult(tools=[types.Tool.model_validate(form) for form in forms])

    async def call_tool(context: Any, parameters: Any) -> types.CallToolResult:
        call = functools.partial(episodes.call, parameters.name, parameters.arguments or {})
        reply = await asyncio.get_running_loop().run_in_executor(thread, call)
        return types.CallToolResult(
            content=[types.TextContent(text=reply.text)],
            structured_content=reply.structured,
            is_error=reply.is_error,
            _meta={OUTCOME: reply.outcome} if reply.outcome else None,
        )

    @contextlib.asynccontextmanager
    async def lifespan(server: Any) -> AsyncIterator[None]:
        yield
        await asyncio.get_running_loop().run_in_executor(thread, episodes.close_all)

    about = "Begin with reset, which returns the id of an episode and the task; end with answer."
    handlers: dict[str, Any] = {"on_list_tools": list_tools, "on_call_tool": call_tool, "lifespan": lifespan}
    return Server(f"palaestra {world_id}", instructions=about, **handlers)


def http_app(server: Any, token: str, port: int) -> App:
    """The server's application for streamable HTTP at ``/mcp``, behind a ``Guard``."""
    app = server.streamable_http_app(json_response=True, stateless_http=True, max_request_body_size=MAX_BODY)
    return Guard(app, token, port)


def serve(world_id: str, transport: str = "stdio", port: int = PORT, **arguments: Any) -> None:
    """Serve a world until Ctrl-C or, on stdio, the end of the input.

    Args:
        world_id: id of a tool world.
        transport: ``stdio`` or ``http``; the latter on the loopback, with a token that is printed.
        port: of HTTP; 0 chooses a free one.
        **arguments: of the world.

    Raises:
        InputError: unknown world or transport, a port that is taken; or the package is missing.
    """
    if transport not in TRANSPORTS:
        raise InputError(f"transport {transport!r}: there are {', '.join(TRANSPORTS)}")
    server = make_server(world_id, arguments)
    asyncio.run(_serve_stdio(server) if transport == "stdio" else _serve_http(server, port))


async def _serve_stdio(server: Any) -> None:
    from mcp.server.stdio import stdio_server

    async with stdio_server() as (reading, writing):
        await server.run(reading, writing, server.create_initialization_options())


async def _serve_http(server: Any, port: int) -> None:
    import uvicorn

    listening = listen(port)
    port, token = listening.getsockname()[1], secrets.token_urlsafe(24)
    print(f"http://{HOST}:{port}/mcp\nAuthorization: Bearer {token}\nCtrl-C ends the server.", flush=True)
    limits = {"timeout_keep_alive": CONNECTION_SECONDS, "limit_concurrency": MAX_CONNECTIONS}
    config = uvicorn.Config(
        http_app(server, token, port), log_level="warning", ws="none", timeout_graceful_shutdown=2, **limits
    )
    await uvicorn.Server(config).serve(sockets=[listening])
