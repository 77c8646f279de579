"""What a server on the loopback refuses, without other people's packages."""

import asyncio
import socket

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.bridges.loopback import Guard, listen

TOKEN, PORT = "s3cret", 8765
GOOD = {"host": f"127.0.0.1:{PORT}", "authorization": f"Bearer {TOKEN}"}


def answered(headers, parts=(b"{}",), late=False, kind="http", **limits):
    """The status that a guarded application gives, and the body that it received."""
    got = {}

    async def app(scope, receive, send):
        got["body"] = (await receive())["body"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    messages = [
        {"type": "http.request", "body": part, "more_body": late or number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]

    async def receive():
        if messages:
            return messages.pop(0)
        await asyncio.sleep(3600)

    sent = []

    async def send(message):
        sent.append(message)

    pairs = headers if isinstance(headers, list) else list(headers.items())
    scope = {"type": kind, "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs]}
    asyncio.run(Guard(app, TOKEN, PORT, **limits)(scope, receive, send))
    return sent[0].get("status", sent[0]["type"]), got.get("body")


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}"])
@pytest.mark.parametrize("origin", [None, f"http://127.0.0.1:{PORT}", f"http://localhost:{PORT}"])
def test_its_own_names_and_token_are_let_in_with_the_whole_body(host, origin):
    headers = GOOD | {"host": host} | ({"origin": origin} if origin else {})
    assert answered(headers, (b"ab", b"", b"cd")) == (200, b"abcd")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1"}, 421),
        ({"host": "127.0.0.1:8766"}, 421),
        ({"host": "evil.example:8765"}, 421),
        ({"host": "127.0.0.1:8765.evil.example"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "https://127.0.0.1:8765"}, 403),
        ({"origin": "http://127.0.0.1:8765.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"authorization": ""}, 401),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Bearer s3cre"}, 401),
        ({"authorization": "Bearer s3cret "}, 401),
        ({"authorization": "Basic s3cret"}, 401),
        ({"authorization": "Bearer \xff"}, 401),
        ({"content-length": "-1"}, 413),
        ({"content-length": "9" * 400}, 413),
        ({"content-length": "x"}, 413),
    ],
)
def test_others_are_refused_before_the_application_sees_them(headers, status):
    assert answered(GOOD | headers) == (status, None)


@pytest.mark.parametrize("name", ["host", "authorization", "origin"])
def test_a_header_that_is_missing_or_there_twice(name):
    missing = {each: value for each, value in GOOD.items() if each != name}
    twice = [*GOOD.items(), (name, "http://evil.example" if name == "origin" else "other")]
    status = {"host": 421, "authorization": 401, "origin": 403}[name]
    assert answered(missing)[0] == (200 if name == "origin" else status)
    assert answered(twice)[0] == status


def test_bodies_are_bounded_whatever_their_header_says():
    assert answered(GOOD, (b"x" * 10,), max_body=10) == (200, b"x" * 10)
    assert answered(GOOD, (b"x" * 11,), max_body=10) == (413, None)
    assert answered(GOOD | {"content-length": "3"}, (b"x" * 6, b"x" * 6), max_body=10) == (413, None)
    assert answered(GOOD | {"content-length": "11"}, (b"x",), max_body=10) == (413, None)


def test_a_body_that_does_not_come_is_not_waited_for():
    assert answered(GOOD, (b"x",), late=True, body_seconds=0.05) == (408, None)


def test_other_protocols_are_closed():
    assert answered(GOOD, kind="websocket") == ("websocket.close", None)


def test_listening_is_on_the_loopback_and_a_taken_port_is_one_line():
    with listen(0) as server:
        host, port = server.getsockname()
        assert host == "127.0.0.1"
        with pytest.raises(InputError, match=rf"^port {port} on 127\.0\.0\.1: Address already in use; --port chooses"):
            listen(port)
        with socket.create_connection((host, port)):
            pass
    for port in (-1, 65536):
        with pytest.raises(InputError, match=f"port {port}: must be from 0 to 65535"):
            listen(port)
