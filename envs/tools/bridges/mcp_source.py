"""Tools of any server of the Model Context Protocol, as specs and a function that calls them."""

import asyncio
import contextlib
import threading
from concurrent.futures import Future
from typing import Any, Self, cast

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.tools.calls import ToolCall, ToolResult
from palaestra.envs.tools.spec import ToolSpec
from palaestra.envs.tools.turns import arguments_problem, cut

MAX_PAGES = 100
"""Of a server's list of tools."""


class MCPTools:
    """A connection to a server: ``with MCPTools(target) as tools: tools.call(...)``.

    The server's state is its own: it can't be saved, forked or judged, so this is no world. A codec's ``decode`` takes
    the specs, and ``call`` its calls.

    Args:
        target: what ``mcp.Client`` takes: a URL, ``mcp.StdioServerParameters``, a server object or a transport.
        seconds: after which a call counts as failed.
        **options: of ``mcp.Client``.

    Attributes:
        specs: of the tools, as the server listed them.

    Raises:
        InputError: the package is missing, or, on entering, there is no such server.
    """

    def __init__(self, target: Any, seconds: float = 60.0, **options: Any):
        require("a client of the Model Context Protocol", "mcp")
        self._target, self._options, self._seconds = target, options, seconds
        self.specs: list[ToolSpec] = []

    def __enter__(self) -> Self:
        """Connect and list the tools."""
        self._ready = Future[list[Any]]()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._hold()), name="mcp", daemon=True)
        self._thread.start()
        try:
            tools = self._ready.result(self._seconds)
        except Exception as error:
            self.__exit__()
            raise InputError(f"{self._target}: no server of the Model Context Protocol ({_reason(error)})") from error
        self.specs = [ToolSpec.from_mcp(tool.model_dump(by_alias=True, exclude_none=True)) for tool in tools]
        return self

    def __exit__(self, *raised: object) -> None:
        """Disconnect."""
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def call(self, call: ToolCall) -> ToolResult:
        """Call a tool; whatever goes wrong is a result that the agent can read."""
        known = {spec.name: spec for spec in self.specs}
        if call.name not in known:
            problem = f"there is no tool {call.name[:80]!r}; there are {', '.join(known)}"
        else:
            problem = arguments_problem(known[call.name], call.arguments)[1]
        if problem:
            return ToolResult(call.id, problem, is_error=True)
        asked = self._client.call_tool(call.name, dict(call.arguments), read_timeout_seconds=self._seconds)
        try:
            result = asyncio.run_coroutine_threadsafe(asked, self._loop).result(self._seconds + 5)
        except Exception as error:  # of the server or the connection
            return ToolResult(call.id, cut(f"{call.name}: {_reason(error)}"), is_error=True)
        text = "\n".join(getattr(part, "text", None) or f"[{part.type}]" for part in result.content)
        return ToolResult(call.id, cut(text), result.structured_content, result.is_error)

    async def _hold(self) -> None:
        """Keep the connection open until this task is cancelled; one task must both open and close it."""
        from mcp import Client

        self._loop, self._task = asyncio.get_running_loop(), cast("asyncio.Task[None]", asyncio.current_task())
        try:
            async with Client(self._target, **self._options) as self._client:
                pages = [await self._client.list_tools()]
                while (cursor := pages[-1].next_cursor) and len(pages) < MAX_PAGES:
                    pages.append(await self._client.list_tools(cursor=cursor))
                self._ready.set_result([tool for page in pages for tool in page.tools])
                await asyncio.Event().wait()
        except (Exception, asyncio.CancelledError) as error:
            if not self._ready.done():
                self._ready.set_exception(error)


def _reason(error: BaseException) -> str:
    """The cause inside of groups of exceptions."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"
