"""Sends the accessibility forest to android-env's A11yGrpcWrapper, as the forwarder app on a phone does.

The wrapper (android_env.wrappers.a11y_grpc_wrapper, unmodified) is the server. Where it listens comes by a broadcast;
a phone here is on the same machine, so that only its own host counts, by any of its names.
"""

from palaestra.envs.android.apps.forwarder import PACKAGE
from palaestra.envs.android.ui import accessibility

HOSTS = ("10.0.2.2", "127.0.0.1", "localhost")
PATIENCE = 5.0  # seconds of real time that one forest may take


class ForestSender:
    """The connection of one simulator. Sends within the call, so that step k has the forest of step k."""

    def __init__(self):
        self._port = 0
        self._channel = self._stub = None

    def send(self, device) -> None:
        """Send the forest if somebody asked for it; one that doesn't listen any more isn't asked again."""
        wanted = device.state["prefs"].get(PACKAGE)
        if not wanted or not wanted.get("on") or wanted.get("host") not in HOSTS:
            return
        port = wanted.get("port", 0)
        if port != self._port:
            self._connect(port)
        if self._stub is not None:
            self._send(accessibility.forest_proto(device))

    def close(self) -> None:
        """Hang up."""
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

    def _send(self, forest) -> None:
        import grpc

        try:
            self._stub.SendForest(forest, timeout=PATIENCE)
        except grpc.RpcError:
            self.close()
