"""Standard input that Ctrl-C can end although a thread waits for it."""

import asyncio
import contextlib
import os
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def ended_by_interrupt() -> Iterator[None]:
    """Let SIGINT end the standard input of a running event loop, so that its reader returns.

    A thread that blocks in ``read`` can't be interrupted, and a server waits for its reader. Here a pipe takes the
    place of the input; a daemon thread fills it, and a signal closes it.

    Raises:
        KeyboardInterrupt: on leaving, if the signal came.
    """
    interrupted = threading.Event()
    source = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    pipe = open(writing, "wb", buffering=0)  # noqa: SIM115 (closed by whoever comes first)

    def relay() -> None:
        with contextlib.suppress(OSError, ValueError):  # the reader or the pipe has gone
            while data := os.read(source, 1 << 16):
                pipe.write(data)
            pipe.close()

    def end() -> None:
        interrupted.set()
        pipe.close()

    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, end)
    threading.Thread(target=relay, name="stdin", daemon=True).start()
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
    if interrupted.is_set():
        raise KeyboardInterrupt
