"""A tool world as a server of the Model Context Protocol: its tools, and ``reset``, ``answer`` and ``close``.

Every tool has an argument ``episode``, because the protocol of 2026-07-28 knows no sessions. What a trainer wants to
know and an agent should not read is in a result's ``_meta``, under ``palaestra/outcome``. An adversary that renames
tools does so inside an episode; the list of tools keeps their own names.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.tools.bridges.episode import OneThread
from palaestra.envs.tools.bridges.episodes import IDLE_SECONDS, MOST, Episodes
from palaestra.envs.tools.bridges.loopback import MAX_BODY, serve_on_loopback
from palaestra.envs.tools.bridges.stdin import ended_by_interrupt

TRANSPORTS = ("stdio", "http")
PORT = 8765
OUTCOME = "palaestra/outcome"


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

    thread = OneThread()

    async def list_tools(context: Any, parameters: Any) -> types.ListToolsResult:
        forms = [spec.mcp() for spec in episodes.specs]
        return types.ListToolsResult(tools=[types.Tool.model_validate(form) for form in forms])

    async def call_tool(context: Any, parameters: Any) -> types.CallToolResult:
        reply = await thread.run(episodes.call, parameters.name, parameters.arguments or {})
        return types.CallToolResult(
            content=[types.TextContent(text=reply.text)],
            structured_content=reply.structured,
            is_error=reply.is_error,
            _meta={OUTCOME: reply.outcome} if reply.outcome else None,
        )

    @contextlib.asynccontextmanager
    async def lifespan(server: Any) -> AsyncIterator[None]:
        yield
        await thread.run(episodes.close_all)

    about = "Begin with reset, which returns the id of an episode and the task; end with answer."
    handlers: dict[str, Any] = {"on_list_tools": list_tools, "on_call_tool": call_tool, "lifespan": lifespan}
    return Server(f"palaestra {world_id}", instructions=about, **handlers)


def http_app(server: Any) -> Any:
    """The server's application for streamable HTTP at ``/mcp``, without sessions."""
    return server.streamable_http_app(json_response=True, stateless_http=True, max_request_body_size=MAX_BODY)


def serve(world_id: str, transport: str = "stdio", port: int = PORT, **arguments: Any) -> None:
    """Serve a world until Ctrl-C or, on stdio, the end of the input.

    Args:
        world_id: id of a tool world.
        transport: ``stdio``, or ``http``: on the loopback, with a token that is printed.
        port: of HTTP; 0 chooses a free one.
        **arguments: of the world.

    Raises:
        InputError: unknown world or transport, a port that is taken; or the package is missing.
    """
    if transport not in TRANSPORTS:
        raise InputError(f"transport {transport!r}: there are {', '.join(TRANSPORTS)}")
    server = make_server(world_id, arguments)
    serving = _serve_stdio(server) if transport == "stdio" else serve_on_loopback(http_app(server), port, "/mcp")
    asyncio.run(serving)


async def _serve_stdio(server: Any) -> None:
    from mcp.server.stdio import stdio_server

    with ended_by_interrupt():
        async with stdio_server() as (reading, writing):
            await server.run(reading, writing, server.create_initialization_options())
