"""Sends the accessibility forest to android-env's A11yGrpcWrapper, as the forwarder app on a phone does.

The wrapper (android_env.wrappers.a11y_grpc_wrapper, unmodified) is the server and broadcasts its address. The phone
runs on the same machine, so that only names of the local host are accepted.
"""

from typing import Any

from google.protobuf.message import Message

from palaestra.envs.android.apps.forwarder import PACKAGE
from palaestra.envs.android.bridge.forest import forest_proto
from palaestra.envs.android.ui.screen import ScreenPhone

HOSTS = ("10.0.2.2", "127.0.0.1", "localhost")
SEND_TIMEOUT = 5.0
"""Real time that sending a forest may take, s."""


class ForestSender:
    """The connection of one simulator. Sending is synchronous, so that step k has the forest of step k."""

    def __init__(self) -> None:
        self._port = 0
        self._channel: Any = None  # grpc ships no types
        self._stub: Any = None

    def send(self, device: ScreenPhone) -> None:
        """Send the forest if a wrapper has requested it; after a failure, nothing is sent to that port again."""
        preferences = device.state["prefs"].get(PACKAGE)
        if not preferences or not preferences.get("on") or preferences.get("host") not in HOSTS:
            return
        port = preferences.get("port", 0)
        if port != self._port:
            self._connect(port)
        if self._stub is not None:
            self._send(forest_proto(device))

    def close(self) -> None:
        """Close the connection."""
        if self._channel is not None:
            self._channel.close()
        self._channel = self._stub = None

    def _connect(self, port: int) -> None:
        import grpc
        from android_env.proto.a11y import a11y_pb2_grpc

        self.close()
        self._port = port
        if 0 < port < 65536:
            self._channel = grpc.secure_channel(f"127.0.0.1:{port}", grpc.local_channel_credentials())
            self._stub = a11y_pb2_grpc.A11yServiceStub(self._channel)

    def _send(self, forest: Message) -> None:
        import grpc

        try:
            self._stub.SendForest(forest, timeout=SEND_TIMEOUT)
        except grpc.RpcError:
            self.close()
