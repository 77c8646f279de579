"""``palaestra serve``: environments for other programs, and the phone for a person."""

from pathlib import Path

import tyro

from palaestra.cli.values import json_object
from palaestra.data.errors import InputError


def serve_mcp(world: tyro.conf.Positional[str], transport: str = "stdio", port: int = 8765) -> None:
    """Serve a tool world by the Model Context Protocol, until Ctrl-C.

    Args:
        world: id of the environment, such as palaestra/ToolArithmetic-v0; module:ID for your own.
        transport: stdio, for clients that start this command; http: on this machine's loopback, with a token.
        port: of http; 0 chooses a free one.
    """
    from palaestra.envs.tools.bridges.mcp import serve

    serve(world, transport, port)


def serve_device(
    env: str = "palaestra/AndroidTasks-v0",
    task: str | None = None,
    seed: int = 0,
    record: Path | None = None,
    port: int = 8766,
    height: int = 1200,
    pictures: bool = True,
    arguments: str = "{}",
) -> None:
    """Serve a page to touch the phone in a browser, and record demonstrations, until Ctrl-C.

    Only this machine can open the page, by the address that is printed, which has a token.

    Args:
        env: id of a phone world with text actions.
        task: the first task, which `palaestra envs tasks` lists; drawn by the seed by default.
        seed: of the first task.
        record: folder where every demonstration is written as a file that palaestra replay reads.
        port: 0 chooses a free one.
        height: of the page's picture, px.
        pictures: store the pixels of demonstrations; without them a replay renders them again.
        arguments: of the environment, as JSON: '{"budget": 3}'; by default its codec is touch, which has words for
            every gesture.
    """
    from palaestra.cli.touch.server import log, serve
    from palaestra.cli.touch.session import Session

    keywords = json_object("--arguments", arguments, '{"budget": 3}')
    if not 100 <= height <= 4000:
        raise InputError(f"--height {height}: must be from 100 to 4000 px")
    session = Session(env, keywords, folder=record, pictures=pictures, height=height, log=log)
    session.begin(task, seed)
    serve(session, port)
