"""The page's server, on the loopback only: one visitor at a time, who holds a connection open.

What it asks of every request is what ``envs.tools.bridges.loopback`` asks; the page itself has the token in its
address, because a browser sends no ``Authorization`` when it goes to one. The phone's shell reaches nothing of this
machine, but another site that touches the phone would spoil what is recorded.
"""

import base64
import hashlib
import json
import re
import secrets
import select
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from palaestra.cli.touch.session import Session
from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.loopback import CONNECTION_SECONDS, HOST, listen, refusal

PAGE = Path(__file__).with_name("page.html")
MAX_BODY = 64 * 1024
"""Bytes of a request's body."""
LOOK_SECONDS = 0.2
"""After which it is looked whether a visitor has been replaced by another."""
GRACE_SECONDS = 1.0
"""For which a new visitor waits for the last one to be noticed as gone: a reloaded page comes before it has left."""
IN_USE = "The phone is in use in another window."


def log(line: str) -> None:
    """Print a line on the terminal."""
    print(f"palaestra: {line}", file=sys.stderr, flush=True)


class Server(ThreadingHTTPServer):
    """Serves the page of a session.

    Args:
        session: used on one thread of the server's own.
        port: 0 chooses a free one.
        log: takes a line for the terminal.

    Raises:
        InputError: see ``loopback.listen``.
    """

    daemon_threads = True

    def __init__(self, session: Session, port: int, log: Callable[[str], None] = log):
        listening = listen(port)
        super().__init__(listening.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.log, self.token = listening, log, secrets.token_urlsafe(24)
        self.port: int = listening.getsockname()[1]
        self.page = PAGE.read_bytes()
        self.policy = _content_policy(self.page.decode())
        self._session, self._thread = session, ThreadPoolExecutor(1, "phone")
        self._visits, self._visit = threading.Condition(), ""
        self.is_closing = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Report what failed in a connection, other than a browser that is gone."""
        if not (isinstance(sys.exception(), OSError) or self.is_closing):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Of the page, with the token."""
        return f"http://{HOST}:{self.port}/?token={self.token}"

    def with_phone(self, act: Callable[[Session], Any]) -> Any:
        """Let something be done with the phone, in its thread, and wait for what it returns."""
        try:
            waiting = self._thread.submit(act, self._session)
        except RuntimeError:  # the thread has ended
            raise InputError("the server has ended") from None
        return waiting.result()

    # --- who is here

    def enter(self, takes_over: bool) -> str:
        """Let a visitor in; returns the visit's name, or "" if there is another visitor already."""
        with self._visits:
            if not takes_over:
                self._visits.wait_for(lambda: not self._visit, GRACE_SECONDS)
            if self._visit and not takes_over:
                self.log("a second visitor was told that the page is in use")
                return ""
            if self._visit:
                self.log("another window took over the page")
            self._visit = secrets.token_urlsafe(12)
            self._visits.notify_all()
            self._lift("the page was taken over")
            return self._visit

    def is_here(self, visit: object) -> bool:
        """Whether a visit goes on."""
        return bool(self._visit) and visit == self._visit and not self.is_closing

    def leave(self, visit: str) -> None:
        """End a visit, whose browser is gone."""
        with self._visits:
            if visit != self._visit or self.is_closing:
                return  # it was taken over, or everybody leaves
            self._visit = ""
            self._visits.notify_all()
            self._lift("the browser is gone")

    def _lift(self, reason: str) -> None:
        if self.with_phone(Session.lift):
            self.log(f"{reason} in the middle of a gesture: the finger was lifted, nothing else was done")

    def finish(self) -> None:
        """Stop serving and finish the recording.

        Raises:
            InputError: it can't be written.
        """
        with self._visits:
            self.is_closing = True
        self.server_close()
        try:
            self.with_phone(Session.finish)
        finally:
            self._thread.shutdown()


def _content_policy(page: str) -> str:
    """Only the page's own script and style run, and it talks to this server only."""
    parts = {tag: re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL) for tag in ("script", "style")}
    hashes = {
        tag: " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)
        for tag, texts in parts.items()
    }
    return (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = CONNECTION_SECONDS
    server_version, sys_version = "palaestra", ""

    def log_message(self, *_: Any) -> None:
        """Nothing: the terminal is for what a person wants to know."""

    def do_GET(self) -> None:
        """The page."""
        address = urlsplit(self.path)
        tokens = parse_qs(address.query).get("token", [])
        wrong = self._refusal(tokens[0] if len(tokens) == 1 else "")
        if wrong is not None:
            self._plain(*wrong)
        elif address.path != "/":
            self._plain(404, "there is only the page itself, /")
        else:
            self._send(
                200, self.server.page, "text/html; charset=utf-8", {"Content-Security-Policy": self.server.policy}
            )

    def do_POST(self) -> None:
        """What the page does."""
        wrong = self._refusal()
        if wrong is None and self.headers.get("Transfer-Encoding") is not None:
            wrong = 411, "a body needs a Content-Length"
        if wrong is not None:
            self._plain(*wrong)
            return
        try:
            given = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict):
            self._json(400, {"error": "the body must be a JSON object"})
        elif self.path == "/visit":
            self._stay(given)
        elif self.path not in ACTS:
            self._json(404, {"error": f"no {self.path}; there are /visit, {', '.join(ACTS)}"})
        elif not self.server.is_here(given.get("visit")):
            self._json(409, {"error": IN_USE})
        else:
            self._act(ACTS[self.path], given)

    def _refusal(self, token: str | None = None) -> tuple[int, str] | None:
        """Why a request isn't let in; the page's token is in its address."""
        headers = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in self.headers.items()]
        if token is not None:
            headers = [header for header in headers if header[0].lower() != b"authorization"]
            headers.append((b"authorization", f"Bearer {token}".encode()))
        wrong = refusal(headers, self.server.token, self.server.port, MAX_BODY)
        if wrong is not None and wrong[0] == 401 and token is not None:
            return 401, "open the address that palaestra serve device printed: it ends with a token"
        return wrong

    def _act(self, act: Callable[[Session, Mapping[str, Any]], dict[str, Any]], given: Mapping[str, Any]) -> None:
        def acted(session: Session) -> dict[str, Any] | None:
            # Looked at again in the phone's thread: the page may have been taken over meanwhile.
            return act(session, given) if self.server.is_here(given["visit"]) else None

        try:
            state = self.server.with_phone(acted)
        except InputError as error:
            self._json(400, {"error": str(error)})
        except Exception as error:
            traceback.print_exc()
            self._json(500, {"error": f"{type(error).__name__}: {error}; the terminal has more"})
        else:
            self._json(*((409, {"error": IN_USE}) if state is None else (200, state)))

    def _stay(self, given: Mapping[str, Any]) -> None:
        """Let a visitor in and keep the connection until the browser is gone or another one takes over."""
        server = self.server
        visit = server.enter(given.get("take") is True)
        if not visit:
            self._json(409, {"error": IN_USE})
            return
        self.close_connection = True
        try:
            first = {"visit": visit, "tasks": list(server.with_phone(lambda session: session.tasks))}
            first |= server.with_phone(Session.state)
            self._head(200, "application/x-ndjson", {"Connection": "close"})
            self._line(first)
            while server.is_here(visit) and not _has_hung_up(self.connection):
                pass
            if not (server.is_here(visit) or server.is_closing):
                self._line({"taken": True})
        except OSError:
            pass
        finally:
            server.leave(visit)

    def _line(self, value: Mapping[str, Any]) -> None:
        self.wfile.write(json.dumps(value).encode() + b"\n")
        self.wfile.flush()

    def _plain(self, status: int, text: str) -> None:
        self.close_connection = True  # a body may follow that nobody reads
        self._send(status, f"{text}\n".encode(), "text/plain; charset=utf-8", {"Connection": "close"})

    def _json(self, status: int, value: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(value).encode(), "application/json", {})

    def _send(self, status: int, body: bytes, kind: str, headers: Mapping[str, str]) -> None:
        try:
            self._head(status, kind, {**headers, "Content-Length": str(len(body))})
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the browser is gone, which its visit notices

    def _head(self, status: int, kind: str, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        safe = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        safe |= {"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}
        for name, value in ({"Content-Type": kind} | safe | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()


def _has_hung_up(connection: socket.socket) -> bool:
    """Whether the other end closes a connection in the next moment; a browser sends nothing more on it."""
    readable, _, _ = select.select([connection], [], [], LOOK_SECONDS)
    return bool(readable)  # closed, or against the protocol


def _do(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    events = given.get("events")
    if not isinstance(events, list):
        raise InputError("events must be a list")
    return session.state() if session.do(events) else {}


def _begin(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    session.begin(given.get("task"), given.get("seed", 0))
    return session.state()


def _shell(session: Session, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"shell": session.shell(given.get("line", ""))} | session.state()


ACTS: dict[str, Callable[[Session, Mapping[str, Any]], dict[str, Any]]] = {
    "/do": _do,
    "/begin": _begin,
    "/shell": _shell,
}
"""What a visitor may ask for; each returns what the page shows, or {} if nothing has changed."""


def serve(session: Session, port: int) -> None:
    """Serve the page until Ctrl-C; prints its address.

    Raises:
        InputError: the port is taken, or the recording can't be written.
    """
    server = Server(session, port)
    print(f"{server.address}\nCtrl-C ends the server.", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what kill sends ends it as well
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print(file=sys.stderr)
    finally:
        server.finish()
