"""``test`` and ``[``."""

from palaestra.envs.android.shell.conditions import TestFault, holds
from palaestra.envs.android.shell.run import Call


def test(call: Call) -> int:
    """``test`` and ``[``."""
    words = list(call.args)
    if call.name == "[" and (not words or words.pop() != "]"):
        call.complain("/system/bin/sh: [: missing ]\n")
        return 2
    try:
        return int(not holds(call.shell, [(word, None) for word in words], extended=False))
    except TestFault as fault:
        call.complain(f"/system/bin/sh: {call.name}: {fault}\n")
        return 2


COMMANDS = {"test": test, "[": test}
