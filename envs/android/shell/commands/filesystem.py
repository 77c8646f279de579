"""Commands on files and folders, with toybox's messages and columns."""

import datetime
import stat as modes
import zlib
from collections.abc import Callable

from palaestra.envs.android.shell.commands.clock import read_time
from palaestra.envs.android.shell.commands.find import tree
from palaestra.envs.android.shell.commands.flags import number, parse, with_flags
from palaestra.envs.android.shell.commands.ownership import permissions
from palaestra.envs.android.shell.owners import context, number_of, owner
from palaestra.envs.android.shell.paths import MISSING, basename, dirname, join, reason
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system.files import Files, Stat, resolve

BLOCK = 4096
"""Size of a block of the file system, bytes."""
MAX_SIZE = 64 << 20
"""Largest file that ``truncate`` makes, bytes."""
Entry = tuple[str, str]
"""A file in a listing: the name printed, and its path."""


def _moment(us: int) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(us / 1e6, datetime.UTC)


@with_flags
def listing(call: Call) -> int:
    """``ls [-1aAdFhilnpRrStucl] [FILE...]``; ``-ll`` has nanoseconds."""
    options, names = parse(call.args, "1aAdFhilLnpqRrStucsCmxZ", long={"color": "K", "full-time": "l"})
    long = "l" in options or "n" in options
    full = sum(word.count("l") for word in call.args if word.startswith("-") and not word.startswith("--")) > 1
    files = call.device.files
    status = 0
    blocks: list[tuple[str, list[Entry]]] = []
    loose: list[Entry] = []
    folders: list[str] = []
    for name in names or ["."]:
        path = call.path(name)
        if not files.exists(path):
            call.complain(f"ls: {name}: {MISSING}\n")
            status = 1
        elif files.isdir(path) and "d" not in options:
            folders.append(name)
        else:
            loose.append((name, path))
    if loose:
        blocks.append(("", loose))
    for name in folders:
        blocks += _folders(call, name, options)
    for place, (title, entries) in enumerate(blocks):
        if title and (len(blocks) > 1 or "R" in options):
            call.say(("\n" if place else "") + f"{title}:\n")
        entries = _ordered(call, entries, options)
        if long and title:
            total = sum(-(-files.stat(path).size // BLOCK) * (BLOCK // 1024) for _, path in entries)
            call.say(f"total {total}\n")
        rows = [
            _row(call, name, path, options, full) if long else [_marked(call, name, path, options)]
            for name, path in entries
        ]
        _print_rows(call, rows)
    return status


def _folders(call: Call, name: str, options: dict[str, str]) -> list[tuple[str, list[Entry]]]:
    """A folder's name and entries, and with -R those of the folders below it."""
    path = call.path(name)
    names = [n for n in call.device.files.listdir(path) if set("aA") & options.keys() or not n.startswith(".")]
    entries = [(n, join(path, n)) for n in names]
    blocks = [(name, ([(".", path), ("..", dirname(path))] if "a" in options else []) + entries)]
    if "R" in options:
        for n, below in entries:
            if call.device.files.isdir(below):
                blocks += _folders(call, join(name, n), options)
    return blocks


def _ordered(call: Call, entries: list[Entry], options: dict[str, str]) -> list[Entry]:
    files = call.device.files
    if "t" in options:
        entries = sorted(entries, key=lambda e: -files.stat(e[1]).mtime_us)
    elif "S" in options:
        entries = sorted(entries, key=lambda e: -files.stat(e[1]).size)
    return entries[::-1] if "r" in options else entries


def _marked(call: Call, name: str, path: str, options: dict[str, str]) -> str:
    mark = "/" if call.device.files.isdir(path) and set("Fp") & options.keys() else ""
    before = f"{inode(path)} " if "i" in options else ""
    before += f"{context(call.device.files, path)} " if "Z" in options and "l" not in options else ""
    return before + name + mark


def _row(call: Call, name: str, path: str, options: dict[str, str], full: bool) -> list[str]:
    """The columns of a long listing."""
    stat = call.device.files.stat(path)
    user, group = owner(call.device.files, path)
    user, group = (number_of(user), number_of(group)) if "n" in options else (user, group)
    moment = _moment(stat.mtime_us)
    when = f"{moment:%Y-%m-%d %H:%M}"
    if full:
        when = f"{moment:%Y-%m-%d %H:%M:%S}.{stat.mtime_us % 1_000_000:06d}000 +0000"
    size = _human(stat.size) if "h" in options else str(stat.size)
    links = "2" if modes.S_ISDIR(stat.mode) else "1"
    labels = [context(call.device.files, path)] if "Z" in options else []
    return [modes.filemode(stat.mode), links, user, group, *labels, size, when, _marked(call, name, path, options)]


def _human(size: int) -> str:
    """A size with a unit, as -h prints it."""
    value, units = float(size), "BKMGT"
    place = 0
    while value >= 1024 and place < len(units) - 1:
        value /= 1024
        place += 1
    return str(size) if not place else f"{value:.1f}{units[place]}" if value < 10 else f"{value:.0f}{units[place]}"


def _print_rows(call: Call, rows: list[list[str]]) -> None:
    """Print rows in columns padded as toybox pads them, numbers to the right."""
    if not rows:
        return
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        cells = [
            cell if i == len(row) - 1 else cell.rjust(widths[i]) if i in (1, len(row) - 3) else cell.ljust(widths[i])
            for i, cell in enumerate(row)
        ]
        call.say(" ".join(cells) + "\n")


@with_flags
def remove(call: Call) -> int:
    """``rm [-rfR] FILE...``."""
    options, names = parse(call.args, "rfRiv")
    force = "f" in options
    if not names and not force:
        return call.fail("Needs 1 argument")
    status = 0
    for name in names:
        path = call.path(name)
        if path == "/" or basename(name) in (".", ".."):
            status = call.fail(f"bad path {name}")
            continue
        try:
            call.device.files.remove(path, recursive=bool(set("rR") & options.keys()))
            if "v" in options:
                call.say(f"rm '{name}'\n")
        except FileNotFoundError as error:
            status = status if force else call.fail(f"{name}: {reason(error)}")
        except OSError as error:
            status = call.fail(f"{name}: {reason(error)}")
    call.device.screen_changed()
    return status


@with_flags
def make_folder(call: Call) -> int:
    """``mkdir [-p] [-m MODE] FOLDER...``."""
    options, names = parse(call.args, "pv", "m")
    if not names:
        return call.fail("Needs 1 argument")
    status, bits = 0, permissions(options["m"], 0o777) if "m" in options else None
    if "m" in options and bits is None:
        return call.fail(f"bad mode '{options['m']}'")
    for name in names:
        try:
            is_new = not call.device.files.exists(call.path(name))
            call.device.files.mkdir(call.path(name), parents="p" in options)
            if "v" in options and is_new:
                call.say(f"mkdir: created directory '{name}'\n")
            if bits is not None:
                call.device.files.touch(call.path(name), mode=bits)
        except OSError as error:
            status = call.fail(f"'{name}': {reason(error)}")
    call.device.screen_changed()
    return status


@with_flags
def remove_folder(call: Call) -> int:
    """``rmdir FOLDER...``."""
    _, names = parse(call.args, "p")
    status = 0
    files = call.device.files
    for name in names:
        path = call.path(name)
        if not files.exists(path):
            status = call.fail(f"{name}: {MISSING}")
        elif not files.isdir(path):
            status = call.fail(f"{name}: Not a directory")
        elif files.listdir(path):
            status = call.fail(f"{name}: Directory not empty")
        else:
            try:
                files.remove(path, recursive=True)
            except OSError as error:
                status = call.fail(f"{name}: {reason(error)}")
    return status


@with_flags
def move(call: Call) -> int:
    """``mv [-fin] SOURCE... TARGET``."""
    options, names = parse(call.args, "finvT")
    if len(names) < 2:
        return call.fail("Needs 2 arguments" if not names else f"missing file operand after '{names[0]}'")
    *sources, target = names
    files, status = call.device.files, 0
    into = files.isdir(call.path(target))
    if len(sources) > 1 and not into:
        return call.fail(f"'{target}' not directory")
    for name in sources:
        source = call.path(name)
        place = call.path(join(target, basename(name))) if into else call.path(target)
        try:
            if "n" not in options or not files.exists(place):
                files.move(source, place)
                if "v" in options:
                    call.say(f"mv '{name}' -> '{target}'\n")
        except OSError as error:
            status = call.fail(f"bad '{name}': {reason(error)}")
    call.device.screen_changed()
    return status


@with_flags
def copy(call: Call) -> int:
    """``cp [-aRrpfn] SOURCE... TARGET``."""
    options, names = parse(call.args, "aRrpfinvdLHPT")
    if len(names) < 2:
        return call.fail("Needs 2 arguments")
    *sources, target = names
    files, status = call.device.files, 0
    into = files.isdir(call.path(target))
    if len(sources) > 1 and not into:
        return call.fail(f"'{target}' not directory")
    for name in sources:
        source = call.path(name)
        plain = name.endswith("/.") or name == "."
        place = call.path(target) if plain or not into else call.path(join(target, basename(name)))
        try:
            if files.isdir(source) and not set("aRr") & options.keys():
                status = call.fail(f"Skipped dir '{name}'")
            else:
                _copy(files, source, place, keep=bool(set("ap") & options.keys()))
        except OSError as error:
            status = call.fail(f"bad '{name}': {reason(error)}")
    call.device.screen_changed()
    return status


def _copy(files: Files, source: str, target: str, keep: bool) -> None:
    """Copy a file or folder; a folder is merged into an existing one."""
    if files.isdir(source) and files.isdir(target):
        for name in files.listdir(source):
            _copy(files, join(source, name), join(target, name), keep)
        return
    files.copy(source, target)
    if keep and not files.isdir(target):
        stat = files.stat(source)
        files.touch(target, stat.mtime_us, stat.mode & 0o7777)
        for label, text in files.labels(source).items():
            files.label(target, label, text)


STAT_FORMATS: dict[str, Callable[[str, str, Stat], str]] = {
    "s": lambda path, name, stat: str(stat.size),
    "n": lambda path, name, stat: name,
    "N": lambda path, name, stat: f"'{name}'",
    "a": lambda path, name, stat: f"{stat.mode & 0o7777:o}",
    "A": lambda path, name, stat: modes.filemode(stat.mode),
    "f": lambda path, name, stat: f"{stat.mode:x}",
    "F": lambda path, name, stat: "directory" if modes.S_ISDIR(stat.mode) else "regular file",
    "h": lambda path, name, stat: "1",
    "i": lambda path, name, stat: str(inode(path)),
    "b": lambda path, name, stat: str(-(-stat.size // 512)),
    "B": lambda path, name, stat: "512",
    "Y": lambda path, name, stat: str(stat.mtime_us // 1_000_000),
    "X": lambda path, name, stat: str(stat.mtime_us // 1_000_000),
    "Z": lambda path, name, stat: str(stat.mtime_us // 1_000_000),
    "y": lambda path, name, stat: _stat_time(stat.mtime_us),
    "x": lambda path, name, stat: _stat_time(stat.mtime_us),
    "z": lambda path, name, stat: _stat_time(stat.mtime_us),
    "%": lambda path, name, stat: "%",
}


def inode(path: str) -> int:
    """An inode number, a function of the path."""
    return zlib.crc32(path.encode())


def _stat_time(us: int) -> str:
    return f"{_moment(us):%Y-%m-%d %H:%M:%S}.{us % 1_000_000:06d}000 +0000"


@with_flags
def status_of(call: Call) -> int:
    """``stat [-c FORMAT] FILE...``."""
    options, names = parse(call.args, "L", "c")
    default = (
        "  File: %N\n  Size: %s\t Blocks: %b\t IO Blocks: %B\t%F\nDevice: fd05h/64773d\t Inode: %i\t Links: %h\n"
        "Access: (0%a/%A)\tUid: (%u/%U)\tGid: (%g/%G)\nAccess: %x\nModify: %y\nChange: %z"
    )
    status = 0
    for name in names:
        path = call.path(name)
        if not call.device.files.exists(path):
            status = call.fail(f"'{name}': {MISSING}")
            continue
        stat = call.device.files.stat(path)
        text = options.get("c", default)
        pieces: list[str] = []
        at = 0
        while at < len(text):
            if text[at] == "%" and at + 1 < len(text):
                make = STAT_FORMATS.get(text[at + 1])
                user, group = owner(call.device.files, path)
                labels = {"U": user, "G": group, "u": number_of(user), "g": number_of(group)}
                labels["C"] = context(call.device.files, path)
                pieces.append(make(path, name, stat) if make else labels.get(text[at + 1], "?"))
                at += 2
            else:
                pieces.append(text[at])
                at += 1
        call.say("".join(pieces) + "\n")
    return status


@with_flags
def touch(call: Call) -> int:
    """``touch [-c] [-d DATE] [-t [[CC]YY]MMDDhhmm[.ss]] FILE...``."""
    options, names = parse(call.args, "acmfh", "drt")
    when = None
    date = options.get("d") or options.get("t")
    if date:
        when = read_time(date, call.device.now)
        if when is None:
            return call.fail(f"bad date '{date}'")
    status = 0
    for name in names:
        path = call.path(name)
        try:
            if "c" not in options or call.device.files.exists(path):
                call.device.files.touch(path, when)
        except OSError as error:
            status = call.fail(f"'{name}': {reason(error)}")
    return status


@with_flags
def link(call: Call) -> int:
    """``ln [-sfnT] TARGET [NAME]``: this phone's file system has no links besides Android's own."""
    options, words = parse(call.args, "sfnTtvir")
    if not words:
        return call.fail("Needs 1 argument")
    target, name = words[0], words[1] if len(words) > 1 else basename(words[0])
    if call.device.files.isdir(call.path(name)) and "T" not in options:
        name = join(name, basename(target))
    if "s" not in options and not call.device.files.exists(call.path(target)):
        return call.fail(f"bad '{target}': {MISSING}")
    kind = "symbolic link" if "s" in options else "hard link"
    return call.fail(f"cannot create {kind} from '{target}' to '{name}': Operation not permitted")


@with_flags
def disk_usage(call: Call) -> int:
    """``du [-sahk] [PATH...]``."""
    options, names = parse(call.args, "sahkc")
    files, status, total = call.device.files, 0, 0
    for name in names or ["."]:
        path = call.path(name)
        if not files.exists(path):
            status = call.fail(f"{name}: {MISSING}")
            continue
        listed = [path]
        if "s" not in options:
            everything = [below for _, below in tree(call, name, path, 1 << 30)][1:]
            listed += [below for below in everything if "a" in options or files.isdir(below)]
        for place in reversed(listed):
            size = sum(-(-files.stat(file).size // BLOCK) * BLOCK for file in files.walk(place))
            label = name + place[len(path) :]
            call.say(f"{_human(size) if 'h' in options else size // 1024}\t{label}\n")
        total += size
    if "c" in options:
        call.say(f"{_human(total) if 'h' in options else total // 1024}\ttotal\n")
    return status


def disk_free(call: Call) -> int:
    """``df``."""
    call.say("Filesystem      1K-blocks    Used Available Use% Mounted on\n")
    for device, total, used, place in (
        ("/dev/block/dm-5", 6082144, 1245184, "/data"),
        ("/dev/fuse", 6082144, 1245184, "/storage/emulated"),
    ):
        call.say(f"{device:<15} {total:>9} {used:>7} {total - used:>9} {100 * used // total:>3}% {place}\n")
    return 0


def base_name(call: Call) -> int:
    """``basename PATH [SUFFIX]``."""
    if not call.args:
        return call.fail("Needs 1 argument")
    name = basename(call.args[0])
    suffix = call.args[1] if len(call.args) > 1 else ""
    call.say((name.removesuffix(suffix) if name != suffix else name) + "\n")
    return 0


def folder_name(call: Call) -> int:
    """``dirname PATH...``."""
    if not call.args:
        return call.fail("Needs 1 argument")
    call.say("".join(dirname(path) + "\n" for path in call.args))
    return 0


def real_path(call: Call) -> int:
    """``realpath`` and ``readlink -f``."""
    names = [word for word in call.args if not word.startswith("-")]
    status = 0
    for name in names:
        path = resolve(call.path(name))
        if not call.device.files.exists(path):
            status = call.fail(f"{name}: {MISSING}")
        else:
            call.say(path + "\n")
    return status


@with_flags
def truncate(call: Call) -> int:
    """``truncate -s SIZE FILE...``."""
    options, names = parse(call.args, "c", "s")
    size = number(options.get("s", ""))
    if not 0 <= size <= MAX_SIZE:
        return call.fail("bad size")
    for name in names:
        path = call.path(name)
        data = call.device.files.read(path) if call.device.files.exists(path) else b""
        try:
            call.device.files.write(path, data[:size].ljust(size, b"\0"))
        except OSError as error:
            return call.fail(f"'{name}': {reason(error)}")
    return 0


COMMANDS = {
    "ls": listing,
    "ll": listing,
    "rm": remove,
    "mkdir": make_folder,
    "rmdir": remove_folder,
    "mv": move,
    "cp": copy,
    "stat": status_of,
    "touch": touch,
    "ln": link,
    "du": disk_usage,
    "df": disk_free,
    "basename": base_name,
    "dirname": folder_name,
    "realpath": real_path,
    "readlink": real_path,
    "truncate": truncate,
}
