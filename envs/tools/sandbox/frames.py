"""Messages between processes: a length, then bytes; most are JSON."""

import json
import socket
import struct
from typing import Any

HEADER = struct.Struct("!I")


def send_frame(connection: socket.socket, payload: bytes) -> None:
    """Send bytes with their length before them."""
    connection.sendall(HEADER.pack(len(payload)) + payload)


def send_json(connection: socket.socket, message: Any) -> None:
    """Send plain data."""
    send_frame(connection, json.dumps(message, separators=(",", ":")).encode())


def receive_frame(connection: socket.socket, limit: int) -> bytes:
    """Receive the next frame.

    Args:
        connection: to read from.
        limit: of its length in bytes.

    Raises:
        EOFError: the other side is gone.
        ValueError: the frame is longer than the limit.
    """
    (length,) = HEADER.unpack(_exactly(connection, HEADER.size))
    if length > limit:
        raise ValueError(f"a frame of {length} bytes, at most {limit} are allowed")
    return _exactly(connection, length)


def receive_json(connection: socket.socket, limit: int) -> Any:
    """Receive plain data; see ``receive_frame``."""
    return json.loads(receive_frame(connection, limit))


def _exactly(connection: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        chunk = connection.recv(min(count - len(received), 1 << 18))
        if not chunk:
            raise EOFError("the other side is gone")
        received += chunk
    return bytes(received)
