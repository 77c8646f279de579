"""``palaestra serve``: environments for other programs."""

import tyro


def serve_mcp(world: tyro.conf.Positional[str], transport: str = "stdio", port: int = 8765) -> None:
    """Serve a tool world by the Model Context Protocol, until Ctrl-C.

    Args:
        world: id of the environment, such as palaestra/ToolArithmetic-v0; module:ID for your own.
        transport: stdio, for clients that start this command; http: on this machine's loopback, with a token.
        port: of http; 0 chooses a free one.
    """
    from palaestra.envs.tools.bridges.mcp import serve

    serve(world, transport, port)
