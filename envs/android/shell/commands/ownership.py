"""Who may do what with a file: ``chmod``, ``chown``, ``chgrp``, ``chcon`` and ``restorecon``."""

import re
from collections.abc import Callable

from palaestra.envs.android.shell.commands.find import tree
from palaestra.envs.android.shell.commands.flags import parse, with_flags
from palaestra.envs.android.shell.paths import MISSING, reason
from palaestra.envs.android.shell.run import Call

EVERYTHING = 1 << 30
"""Depth of ``-R``."""


@with_flags
def change_mode(call: Call) -> int:
    """``chmod [-Rvf] MODE FILE...``."""
    words = [word for word in call.args if word not in ("-R", "-v", "-f")]
    if len(words) < 2:
        return call.fail("Needs 2 arguments")
    mode, files = words[0], call.device.files
    if permissions(mode, 0) is None:
        return call.fail(f"bad mode '{mode}'")

    def change(path: str) -> None:
        files.touch(path, mode=permissions(mode, files.stat(path).mode & 0o7777))

    return _changed(call, words[1:], change)


def permissions(mode: str, bits: int) -> int | None:
    """Permission bits after a change to octal digits or such as ``u+x,go-w``; None: it is neither."""
    return int(mode, 8) & 0o7777 if re.fullmatch(r"[0-7]{1,4}", mode) else _symbolic(mode, bits)


def _symbolic(mode: str, bits: int) -> int | None:
    """Permissions after a change such as ``u+x,go-w``; None: it is not one."""
    for part in mode.split(","):
        match = re.fullmatch(r"([ugoa]*)([-+=])([rwxXst]*)", part)
        if not match:
            return None
        who, sign, what = match[1] or "a", match[2], match[3]
        mask = sum({"r": 4, "w": 2, "x": 1, "X": 1}.get(c, 0) for c in set(what))
        spread = sum(mask << {"u": 6, "g": 3, "o": 0}[w] for w in ("ugo" if "a" in who else set(who)))
        bits = bits | spread if sign == "+" else bits & ~spread if sign == "-" else spread
    return bits


def _changed(call: Call, names: list[str], change: Callable[[str], None]) -> int:
    """Apply a change to files and, with -R, to everything in them; reports those that are missing."""
    files, status = call.device.files, 0
    deep = any(word.startswith("-") and "R" in word for word in call.args)
    for name in names:
        if not files.exists(call.path(name)):
            status = call.fail(f"'{name}': {MISSING}")
            continue
        try:
            for _, path in tree(call, name, call.path(name), EVERYTHING if deep else 0):
                change(path)
        except OSError as error:
            status = call.fail(f"'{name}': {reason(error)}")
    return status


@with_flags
def change_owner(call: Call) -> int:
    """``chown [-Rhv] [USER][:GROUP] FILE...`` and ``chgrp [-Rhv] GROUP FILE...``."""
    _, words = parse(call.args, "RhHLPvf")
    if len(words) < 2:
        return call.fail("Needs 2 arguments")
    user, _, group = words[0].replace(".", ":", 1).partition(":") if call.name == "chown" else ("", "", words[0])
    names = {label: text for label, text in (("user", user), ("group", group)) if text}

    def change(path: str) -> None:
        for label, text in names.items():
            call.device.files.label(path, label, _called(text))

    return _changed(call, words[1:], change)


def _called(text: str) -> str:
    """The name of a user or group that may be given by its number."""
    number = int(text) if re.fullmatch(r"\d{1,5}", text) else -1
    known = {0: "root", 1000: "system", 1023: "media_rw", 2000: "shell"}
    return f"u0_a{number - 10_000}" if number >= 10_000 else known.get(number, text)


@with_flags
def change_context(call: Call) -> int:
    """``chcon [-hRv] CONTEXT FILE...``; ``restorecon [-DFRnrv] FILE...`` undoes it."""
    own = call.name == "restorecon"
    _, words = parse(call.args, "DFRnrv" if own else "hRv")
    if len(words) < 2 - own:
        return call.fail(f"Needs {2 - own} argument{'s' * (not own)}")
    value = None if own else words[0]
    return _changed(call, words if own else words[1:], lambda path: call.device.files.label(path, "context", value))


COMMANDS = {
    "chmod": change_mode,
    "chown": change_owner,
    "chgrp": change_owner,
    "chcon": change_context,
    "restorecon": change_context,
}
