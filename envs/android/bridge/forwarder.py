"""Sends the accessibility forest to android-env's A11yGrpcWrapper, as the forwarder app on a phone does.

The wrapper (android_env.wrappers.a11y_grpc_wrapper, unmodified) is the server. A broadcast says where it listens;
only addresses of this machine are accepted.
"""

from typing import Any

from android_env.proto.a11y.android_accessibility_forest_pb2 import AndroidAccessibilityForest

from palaestra.envs.android.apps.forwarder import PACKAGE
from palaestra.envs.android.bridge.forest import forest_proto
from palaestra.envs.android.device import Device

HOSTS = ("10.0.2.2", "127.0.0.1", "localhost")
PATIENCE = 5.0  # seconds of real time that one forest may take


class ForestSender:
    """The connection of one simulator. Sends within the call, so that step k has the forest of step k."""

    def __init__(self) -> None:
        self._port = 0
        self._channel: Any = None
        self._stub: Any = None

    def send(self, device: Device) -> None:
        """Send the forest if a broadcast asked for it; a server that no longer listens is dropped."""
        target = device.state["prefs"].get(PACKAGE)
        if not target or not target.get("on") or target.get("host") not in HOSTS:
            return
        port = target.get("port", 0)
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

    def _send(self, forest: AndroidAccessibilityForest) -> None:
        import grpc

        try:
            self._stub.SendForest(forest, timeout=PATIENCE)
        except grpc.RpcError:
            self.close()
