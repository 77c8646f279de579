"""Servers on this machine's loopback, and what they ask of a request before anything else sees it."""

import asyncio
import hmac
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from palaestra.data.errors import InputError

HOST = "127.0.0.1"
MAX_BODY = 256 * 1024
"""Bytes of a request's body; a turn has at most 64 Ki characters."""
BODY_SECONDS = 30.0
"""In which a body must have arrived."""
CONNECTION_SECONDS = 60
"""After which an idle connection is closed."""
MAX_CONNECTIONS = 64

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]


def listen(port: int) -> socket.socket:
    """A socket that listens on the loopback.

    Args:
        port: 1 to 65535; 0 chooses a free one.

    Raises:
        InputError: the port is taken, or there is no such port.
    """
    if not 0 <= port <= 65535:
        raise InputError(f"port {port}: must be from 0 to 65535")
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server.bind((HOST, port))
        server.listen(64)
    except OSError as error:
        server.close()
        raise InputError(f"port {port} on {HOST}: {error.strerror}; --port chooses another, 0 a free one") from None
    return server


def refusal(
    headers: Iterable[tuple[bytes, bytes]], token: str, port: int, max_body: int = MAX_BODY
) -> tuple[int, str] | None:
    """The status and message for a request whose headers are wrong; None for one that is let in.

    Args:
        headers: of the request.
        token: wanted as ``Authorization: Bearer TOKEN``.
        port: of the server.
        max_body: bytes.
    """
    hosts = [f"{name}:{port}".encode() for name in (HOST, "localhost")]
    given: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        given.setdefault(name.lower(), []).append(value)
    if given.get(b"host", []) not in [[host] for host in hosts]:
        return 421, "the Host is not this server"
    if any(origin not in [b"http://" + host for host in hosts] for origin in given.get(b"origin", [])):
        return 403, "the Origin is another site"
    tokens = given.get(b"authorization", [])
    if len(tokens) != 1 or not hmac.compare_digest(tokens[0], f"Bearer {token}".encode()):
        return 401, "the token that the server printed is wanted as Authorization: Bearer TOKEN"
    length = given.get(b"content-length", [b"0"])[0]
    if not length.isdigit() or int(length[:20]) > max_body:
        return 413, f"a body has at most {max_body} bytes"
    return None


class Guard:
    """Refuses requests without the token, from other sites and by other names, and bodies that are too big or slow.

    A web page that a user of this machine visits may send requests to the loopback; it can't set ``Host`` and
    ``Origin``, and doesn't know the token.

    Args:
        app: the application behind it.
        token: wanted as ``Authorization: Bearer TOKEN``.
        port: of the server.
        max_body: bytes.
        body_seconds: in which the body must have arrived.
    """

    def __init__(self, app: App, token: str, port: int, max_body: int = MAX_BODY, body_seconds: float = BODY_SECONDS):
        self._app, self._token, self._port = app, token, port
        self._max_body, self._body_seconds = max_body, body_seconds

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve a request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        refused = refusal(scope["headers"], self._token, self._port, self._max_body)
        if refused:
            return await _respond(send, *refused)
        try:
            body = await asyncio.wait_for(self._body(receive), self._body_seconds)
        except TimeoutError:
            return await _respond(send, 408, "the request's body did not arrive in time")
        if body is None:
            return await _respond(send, 413, f"a body has at most {self._max_body} bytes")
        first: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        await self._app(scope, _replayed(first, receive), send)

    async def _body(self, receive: Receive) -> bytes | None:
        """The whole body; None if it is too big."""
        body = b""
        while len(body) <= self._max_body:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] != "http.request" or not message.get("more_body"):
                break
        return body if len(body) <= self._max_body else None


def _replayed(first: list[Message], receive: Receive) -> Receive:
    async def next_message() -> Message:
        return first.pop() if first else await receive()

    return next_message


async def _respond(send: Send, status: int, text: str) -> None:
    body = f"{text}\n".encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})


async def serve_on_loopback(app: App, port: int, path: str) -> None:
    """Serve an application behind a ``Guard`` until Ctrl-C; prints its address and a new token.

    Args:
        app: ASGI.
        port: see ``listen``.
        path: printed as a part of the address.

    Raises:
        InputError: see ``listen``.
    """
    import uvicorn

    listening = listen(port)
    port, token = listening.getsockname()[1], secrets.token_urlsafe(24)
    print(f"http://{HOST}:{port}{path}\nAuthorization: Bearer {token}\nCtrl-C ends the server.", flush=True)
    config = uvicorn.Config(
        Guard(app, token, port),
        log_level="warning",
        ws="none",
        timeout_keep_alive=CONNECTION_SECONDS,
        timeout_graceful_shutdown=2,
        limit_concurrency=MAX_CONNECTIONS,
    )
    await uvicorn.Server(config).serve(sockets=[listening])
