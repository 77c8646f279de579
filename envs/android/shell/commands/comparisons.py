"""``diff`` and ``cmp``."""

import difflib

from palaestra.envs.android.shell.commands.filters import inputs, lines_of
from palaestra.envs.android.shell.commands.flags import number, parse, with_flags
from palaestra.envs.android.shell.paths import basename, join
from palaestra.envs.android.shell.run import Call

MAX_LINES = 20_000
"""Longest text that ``diff`` compares, lines."""


@with_flags
def diff(call: Call) -> int:
    """``diff [-abBdiNqrstTuw] [-L LABEL] [-U LINES] FILE1 FILE2``: always in the unified form, as toybox's."""
    options, names = parse(call.args, "abBdiNqrstTuw", "LSU")
    if len(names) != 2:
        return call.fail("Needs 2 arguments", 2)
    first, second = names
    files = call.device.files
    folders = [files.isdir(call.path(name)) for name in names]
    if all(folders):
        return _folders(call, options, first, second)
    if folders[0] or folders[1]:
        inside = basename(second if folders[0] else first)
        first, second = (join(first, inside), second) if folders[0] else (first, join(second, inside))
    return _texts(call, options, first, second)


def _folders(call: Call, options: dict[str, str], first: str, second: str) -> int:
    """Compare the files of two folders, and with -r those of the folders in them."""
    files, status = call.device.files, 0
    left, right = files.listdir(call.path(first)), files.listdir(call.path(second))
    for name in sorted({*left, *right}):
        one, two = join(first, name), join(second, name)
        if (name not in left or name not in right) and "N" not in options:
            call.say(f"Only in {first if name in left else second}: {name}\n")
            status = max(status, 1)
        elif files.isdir(call.path(one)) and files.isdir(call.path(two)):
            if "r" in options:
                status = max(status, _folders(call, options, one, two))
            else:
                call.say(f"Common subdirectories: {one} and {two}\n")
        else:
            status = max(status, _texts(call, options, one, two))
    return status


def _texts(call: Call, options: dict[str, str], first: str, second: str) -> int:
    contents: list[bytes] = []
    for name in (first, second):
        if name != "-" and "N" in options and not call.device.files.exists(call.path(name)):
            contents.append(b"")
            continue
        contents += [data for _, data in inputs(call, [name])]
    if len(contents) < 2:
        return 2
    lines = [lines_of(data) for data in contents]
    keys = [[_key(line, options) for line in part] for part in lines]
    if contents[0] == contents[1] or keys[0] == keys[1]:
        if "s" in options:
            call.say(f"Files {first} and {second} are identical\n")
        return 0
    binary = "a" not in options and any(b"\0" in data for data in contents)
    if "q" in options or binary:
        call.say(f"{'Binary files' if binary and 'q' not in options else 'Files'} {first} and {second} differ\n")
        return 1
    if max(map(len, lines)) > MAX_LINES:
        return call.fail(f"{first}: more than {MAX_LINES} lines", 2)
    context = number(options["U"]) if "U" in options else 3
    call.say(f"--- {first}\n+++ {second}\n")
    for group in difflib.SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_grouped_opcodes(max(0, context)):
        _group(call, group, *lines)
    return 1


def _key(line: str, options: dict[str, str]) -> str:
    """What of a line is compared."""
    if "w" in options:
        line = "".join(line.split())
    elif "b" in options:
        line = " ".join(line.split())
    return line.lower() if "i" in options else line


def _group(call: Call, group: list[tuple[str, int, int, int, int]], left: list[str], right: list[str]) -> None:
    """Print a group of changes with its context."""
    ranges = ((group[0][1], group[-1][2]), (group[0][3], group[-1][4]))
    spans = [f"{low + (high > low)}" + (f",{high - low}" if high - low != 1 else "") for low, high in ranges]
    call.say(f"@@ -{spans[0]} +{spans[1]} @@\n")
    for kind, low, high, from_, to in group:
        if kind == "equal":
            call.say("".join(f" {line}\n" for line in left[low:high]))
            continue
        call.say("".join(f"-{line}\n" for line in left[low:high]) + "".join(f"+{line}\n" for line in right[from_:to]))


@with_flags
def compare(call: Call) -> int:
    """``cmp [-ls] FILE1 FILE2 [SKIP1 [SKIP2]]``."""
    options, names = parse(call.args, "lsx", "n")
    if len(names) < 2:
        return call.fail("Needs 2 arguments", 2)
    contents = [data for name in names[:2] for _, data in inputs(call, [name])]
    if len(contents) < 2:
        return 2
    first, second = (data[number(skip) :] for data, skip in zip(contents, [*names[2:4], "0", "0"], strict=False))
    if "n" in options:
        first, second = first[: number(options["n"])], second[: number(options["n"])]
    differing = [at for at, (one, two) in enumerate(zip(first, second, strict=False)) if one != two]
    if "l" in options:
        call.say("".join(f"{at + 1} {first[at]:o} {second[at]:o}\n" for at in differing))
    elif differing and "s" not in options:
        at = differing[0]
        call.say(f"{names[0]} {names[1]} differ: char {at + 1}, line {first.count(10, 0, at) + 1}\n")
    if (not differing or "l" in options) and len(first) != len(second) and "s" not in options:
        call.fail(f"EOF on {names[0] if len(first) < len(second) else names[1]}")
    return int(bool(differing) or len(first) != len(second))


COMMANDS = {"diff": diff, "cmp": compare}
