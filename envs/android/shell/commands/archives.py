"""``tar``, ``gzip``, ``gunzip`` and ``zcat``."""

import bz2
import datetime
import fnmatch
import gzip
import io
import lzma
import stat
import tarfile
import zlib
from collections.abc import Callable
from typing import Any

from palaestra.envs.android.shell.commands.filters import inputs
from palaestra.envs.android.shell.commands.find import tree
from palaestra.envs.android.shell.commands.flags import BadOption, parse, with_flags
from palaestra.envs.android.shell.owners import owner
from palaestra.envs.android.shell.paths import MISSING, join, reason
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.shell.streams import MAX_OUTPUT

EVERYTHING = 1 << 30
MAX_SECONDS = 1 << 34
"""Latest time of a file, s since 1970."""
MAGIC = {b"\x1f\x8b": "z", b"BZ": "j", b"\xfd7": "J"}
"""First bytes of a compressed file -> tar's option for it."""


class Broken(Exception):
    """A compressed file that can't be read; the message says why."""


def packed(data: bytes, kind: str, level: int = 6) -> bytes:
    """Data compressed as ``z`` (gzip), ``j`` (bzip2) or ``J`` (xz); the same for the same data."""
    if kind == "z":
        return gzip.compress(data, level, mtime=0)
    return bz2.compress(data) if kind == "j" else lzma.compress(data) if kind == "J" else data


def unpacked(data: bytes, kind: str) -> bytes:
    """Compressed data, at most ``MAX_OUTPUT`` bytes of it.

    Raises:
        Broken: it isn't compressed that way, is cut off or too large.
    """
    out = bytearray()
    try:
        while data:
            reader: Any = READERS[kind]()
            out += reader.decompress(data, MAX_OUTPUT + 1 - len(out))
            if len(out) > MAX_OUTPUT:
                raise Broken("too large")
            if not reader.eof:
                raise Broken("unexpected end of file")
            data = reader.unused_data
            if data and not data.strip(b"\0"):
                break
    except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
        raise Broken("not in gzip format" if kind == "z" and not out else str(error)) from None
    return bytes(out)


READERS: dict[str, Callable[[], Any]] = {
    "z": lambda: zlib.decompressobj(16 + zlib.MAX_WBITS),
    "j": bz2.BZ2Decompressor,
    "J": lzma.LZMADecompressor,
}


@with_flags
def compress(call: Call) -> int:
    """``gzip [-cdfkt19] [FILE...]``, ``gunzip`` and ``zcat``."""
    options, names = parse(call.args, "cdfktnqv123456789")
    expand = "d" in options or "t" in options or call.name in ("gunzip", "zcat")
    to_output = "c" in options or "t" in options or call.name == "zcat"
    level = int(next((letter for letter in options if letter.isdigit()), "6"))
    status = 0
    for name in names or ["-"]:
        if name == "-" or to_output:
            status |= _to_output(call, name, expand, level, silent="t" in options)
        else:
            status |= _in_place(call, name, expand, level, options)
    return status


def _to_output(call: Call, name: str, expand: bool, level: int, silent: bool) -> int:
    for _, data in inputs(call, [name]):
        try:
            made = unpacked(data, "z") if expand else packed(data, "z", level)
        except Broken as problem:
            return call.fail(f"{name}: {problem}")
        call.say(b"" if silent else made)
        return 0
    return 1


def _in_place(call: Call, name: str, expand: bool, level: int, options: dict[str, str]) -> int:
    files, path = call.device.files, call.path(name)
    if not files.exists(path) or files.isdir(path):
        return call.fail(f"{name}: {'Is a directory' if files.isdir(path) else MISSING}")
    if expand and not name.endswith((".gz", ".tgz")):
        return call.fail(f"no .gz: {name}")
    target = f"{path}.gz" if not expand else path[:-4] + ".tar" if name.endswith(".tgz") else path[:-3]
    if files.exists(target) and "f" not in options:
        return call.fail(f"{target}: File exists")
    try:
        data = files.read(path)
        files.write(target, unpacked(data, "z") if expand else packed(data, "z", level))
        kept = files.stat(path)
        files.touch(target, kept.mtime_us, kept.mode & 0o7777)
        if "k" not in options:
            files.remove(path)
    except Broken as problem:
        return call.fail(f"{name}: {problem}")
    except OSError as error:
        return call.fail(f"{name}: {reason(error)}")
    call.device.screen_changed()
    return 0


LONG = {
    "create": "c",
    "extract": "x",
    "get": "x",
    "list": "t",
    "file": "f",
    "gzip": "z",
    "bzip2": "j",
    "xz": "J",
    "verbose": "v",
    "directory": "C",
    "exclude": "X",
    "strip-components": "N",
    "to-stdout": "O",
}


def tar(call: Call) -> int:
    """``tar -c|-x|-t [-zjJvOp] [-f FILE] [-C FOLDER] [--exclude GLOB] [--strip-components N] [FILE...]``."""
    words = list(call.args)
    if words and words[0] and words[0][0] != "-":
        words[0] = "-" + words[0]
    for place, word in enumerate(words):  # -czf FILE and -czC may stand in one word, with their values after it
        if word.startswith("-") and not word.startswith("--") and "f" in word[1:-1]:
            words[place] = "-" + word[1:].replace("f", "") + "f"
    try:
        options, names = parse(words, "cxtzjJvOpkhmoSs", "fCXN", long=LONG)
    except BadOption as problem:
        return call.fail(str(problem))
    verbs = [letter for letter in "cxt" if letter in options]
    if len(verbs) != 1:
        return call.fail("Needs -txc")
    if not options.get("N", "0").isdecimal():
        return call.fail(f"not integer: {options['N']}")
    folder = call.path(options["C"]) if "C" in options else call.shell.folder
    if not call.device.files.isdir(folder):
        return call.fail(f"chdir '{options['C']}': {MISSING}")
    try:
        return _create(call, options, names, folder) if verbs == ["c"] else _read(call, options, names, folder)
    except Broken as problem:
        return call.fail(str(problem))


def _kind(options: dict[str, str]) -> str:
    return next((letter for letter in "zjJ" if letter in options), "")


def _create(call: Call, options: dict[str, str], names: list[str], folder: str) -> int:
    if not names:
        return call.fail("empty archive")
    files, status, archive = call.device.files, 0, io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.GNU_FORMAT) as writer:
        for name in names:
            top = name if name.startswith("/") else join(folder, name)
            if not files.exists(top):
                status = call.fail(f"'{name}': {MISSING}")
                continue
            for below, path in tree(call, name.rstrip("/") or "/", top, EVERYTHING):
                if "X" in options and fnmatch.fnmatchcase(below, options["X"]):
                    continue
                entry, data = _entry(call, below, path)
                writer.addfile(entry, io.BytesIO(data))
                if "v" in options:
                    call.complain(below + "\n")
    made = packed(archive.getvalue(), _kind(options))
    if options.get("f", "-") == "-":
        call.say(made)
        return status
    try:
        files.write(call.path(options["f"]), made)
    except OSError as error:
        return call.fail(f"{options['f']}: {reason(error)}")
    return status


def _entry(call: Call, name: str, path: str) -> tuple[tarfile.TarInfo, bytes]:
    """A file's or folder's entry in an archive, and its content."""
    files, entry = call.device.files, tarfile.TarInfo(name.lstrip("/") or ".")
    kept = files.stat(path)
    entry.mode, entry.mtime = kept.mode & 0o7777, kept.mtime_us // 1_000_000
    entry.uname, entry.gname = owner(files, path)
    if stat.S_ISDIR(kept.mode):
        entry.type = tarfile.DIRTYPE
        return entry, b""
    data = files.read(path)
    entry.size = len(data)
    return entry, data


def _read(call: Call, options: dict[str, str], names: list[str], folder: str) -> int:
    """``tar -x`` and ``tar -t``."""
    contents = [data for _, data in inputs(call, [options.get("f", "-")])]
    if not contents:
        return 1
    kind = _kind(options) or MAGIC.get(contents[0][:2], "")
    plain = unpacked(contents[0], kind) if kind else contents[0]
    status, seen = 0, set[str]()
    try:
        with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as reader:
            for entry in reader:
                if names and not any(
                    entry.name == n.rstrip("/") or entry.name.startswith(n.rstrip("/") + "/") for n in names
                ):
                    continue
                seen.add(entry.name)
                if "t" in options:
                    call.say(_listed(entry) if "v" in options else _shown(entry))
                else:
                    file = reader.extractfile(entry) if entry.isfile() else None
                    status |= _extract(call, options, entry, file.read() if file is not None else b"", folder)
    except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
        raise Broken("Not tar") from error
    for name in names:
        if not any(entry == name.rstrip("/") or entry.startswith(name.rstrip("/") + "/") for entry in seen):
            status = call.fail(f"'{name}' not in archive")
    call.device.screen_changed()
    return status


def _shown(entry: tarfile.TarInfo) -> str:
    return entry.name + ("/" if entry.isdir() else "") + "\n"


def _seconds(entry: tarfile.TarInfo) -> int:
    """An entry's time within what can be shown, s."""
    return min(max(int(entry.mtime), 0), MAX_SECONDS)


def _listed(entry: tarfile.TarInfo) -> str:
    kind = stat.S_IFDIR if entry.isdir() else stat.S_IFREG
    who = f"{entry.uname or entry.uid}/{entry.gname or entry.gid}"
    when = datetime.datetime.fromtimestamp(_seconds(entry), datetime.UTC)
    return f"{stat.filemode(kind | entry.mode & 0o7777)} {who} {entry.size:>10} {when:%Y-%m-%d %H:%M} {_shown(entry)}"


def _extract(call: Call, options: dict[str, str], entry: tarfile.TarInfo, data: bytes, folder: str) -> int:
    files = call.device.files
    parts = [part for part in entry.name.split("/") if part not in ("", ".")][int(options.get("N", "0")[:4]) :]
    if ".." in parts:
        return call.fail(f"'{entry.name}': not extracted, it leads outside")
    if not parts:
        return 0
    if "O" in options:
        call.say(data)
        return 0
    path = join(folder, "/".join(parts))
    try:
        if entry.isdir():
            files.mkdir(path, parents=True)
        elif entry.isfile():
            files.mkdir(path.rpartition("/")[0] or "/", parents=True)
            files.write(path, data)
        else:
            return call.fail(f"'{entry.name}': this phone's file system has no links or devices")
        files.touch(path, _seconds(entry) * 1_000_000, entry.mode & 0o7777)
    except OSError as error:
        return call.fail(f"'{entry.name}': {reason(error)}")
    if "v" in options:
        call.complain(entry.name + "\n")
    return 0


COMMANDS = {"tar": tar, "gzip": compress, "gunzip": compress, "zcat": compress}
