"""``dd``, ``od`` and ``split``: files as blocks of bytes."""

import re
import struct

from palaestra.envs.android.shell.commands.filters import inputs
from palaestra.envs.android.shell.commands.flags import BadOption, number, parse, with_flags
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.shell.streams import MAX_OUTPUT

SCALES = {"": 1, "c": 1, "w": 2, "b": 512, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "kb": 1000, "mb": 1000**2}
"""Suffix of a size of ``dd`` -> bytes."""
OPERANDS = ("if", "of", "bs", "ibs", "obs", "count", "skip", "seek", "conv", "status", "iflag", "oflag")
CONVERSIONS = {"notrunc", "sync", "noerror", "fsync", "ucase", "lcase", "swab"}


def _size(text: str) -> int:
    match = re.fullmatch(r"(\d{1,12})([a-z]{0,2})", text.lower())
    if match is None or match[2] not in SCALES:
        raise BadOption(f"invalid number '{text}'")
    return int(match[1]) * SCALES[match[2]]


@with_flags
def convert(call: Call) -> int:
    """``dd [if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=...] [status=none]``."""
    options: dict[str, str] = {}
    for word in call.args:
        name, equals, value = word.partition("=")
        if not equals or name not in OPERANDS:
            return call.fail(f"bad arg {word}")
        options[name] = value
    conversions = {word for word in options.get("conv", "").split(",") if word}
    if conversions - CONVERSIONS:
        return call.fail(f"bad conv={min(conversions - CONVERSIONS)}")
    size = _size(options.get("bs", options.get("ibs", "512")))
    if not 1 <= size <= MAX_OUTPUT:
        return call.fail(f"bad bs={options.get('bs', options.get('ibs'))}")
    count = _size(options["count"]) if "count" in options else None
    data = _source(call, options.get("if", "-"), size, count, _size(options.get("skip", "0")) * size)
    if data is None:
        return 1
    whole, part = divmod(len(data), size)
    made = _converted(data, size, conversions)
    try:
        _put(call, options, made, _size(options.get("seek", "0")) * _size(options.get("bs", options.get("obs", "512"))))
    except OSError as error:
        return call.fail(f"{options['of']}: {reason(error)}")
    if options.get("status") != "none":
        records = f"{whole}+{int(bool(part))} records"
        call.complain(f"{records} in\n{records} out\n")
        if options.get("status") != "noxfer":
            call.complain(f"{len(made)} bytes copied, 0.000000 s\n")
    return 0


def _source(call: Call, name: str, size: int, count: int | None, skip: int) -> bytes | None:
    """The bytes to copy; None: they can't be read, which is reported."""
    wanted = None if count is None else count * size
    if name in ("/dev/zero", "/dev/urandom", "/dev/random"):
        if wanted is None or wanted > MAX_OUTPUT:
            call.fail(f"{name}: has no end; at most count={MAX_OUTPUT // size} of bs={size} are copied")
            return None
        return b"\0" * wanted if name == "/dev/zero" else call.device.rng("urandom").bytes(wanted)
    for _, data in inputs(call, [name]) if name != "/dev/null" else [(name, b"")]:
        return data[skip:] if wanted is None else data[skip : skip + wanted]
    return None


def _converted(data: bytes, size: int, conversions: set[str]) -> bytes:
    if "swab" in conversions:
        data = b"".join(data[i : i + 2][::-1] for i in range(0, len(data), 2))
    if "ucase" in conversions or "lcase" in conversions:
        data = data.upper() if "ucase" in conversions else data.lower()
    return data.ljust(-(-len(data) // size) * size, b"\0") if "sync" in conversions else data


def _put(call: Call, options: dict[str, str], data: bytes, seek: int) -> None:
    """Write to the target, at an offset."""
    if "of" not in options:
        call.say(data)
        return
    if options["of"] == "/dev/null":
        return
    files, path = call.device.files, call.path(options["of"])
    if seek > MAX_OUTPUT:
        raise PermissionError(f"{path}: seek beyond {MAX_OUTPUT} bytes")
    keep = "notrunc" in options.get("conv", "").split(",")
    before = files.read(path) if files.exists(path) and (seek or keep) else b""
    after = before[seek + len(data) :] if keep else b""
    files.write(path, before[:seek].ljust(seek, b"\0") + data + after)
    call.device.screen_changed()


FORMS = {"x": "x", "o": "o", "u": "d", "d": "d"}
WIDTHS = {"x": (2, 4, 8, 16), "o": (3, 6, 11, 22), "u": (3, 5, 10, 20), "d": (4, 6, 11, 20)}
"""Type -> columns of values of 1, 2, 4 and 8 bytes."""
SHORT = {"b": "o1", "c": "c", "d": "u2", "o": "o2", "x": "x2", "s": "d2"}
NAMES = {0: "\\0", 7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r"}
CODES = {1: "b", 2: "h", 4: "i", 8: "q"}


@with_flags
def dump(call: Call) -> int:
    """``od [-bcdosxv] [-t TYPE] [-A doxn] [-j SKIP] [-N BYTES] [FILE...]``."""
    options, names = parse(call.args, "bcdosxv", "tAjNw")
    kinds = [SHORT[letter] for letter in options if letter in SHORT] + ([options["t"]] if "t" in options else [])
    for kind in kinds:
        if not re.fullmatch(r"[ca]|[xoud][1248]?", kind):
            return call.fail(f"bad -t {kind}")
    radix = options.get("A", "o")
    if radix not in ("d", "o", "x", "n"):
        return call.fail(f"bad -A '{radix}'")
    contents = [data for _, data in inputs(call, names)]
    skip = number(options["j"]) if "j" in options else 0
    data = b"".join(contents)[skip:]
    data = data[: number(options["N"])] if "N" in options else data
    for at in range(0, len(data), 16):
        for place, kind in enumerate(kinds or ["o2"]):
            label = _offset(at + skip, radix) if not place else " " * len(_offset(0, radix))
            call.say(label + _cells(data[at : at + 16], kind) + "\n")
    call.say(_offset(len(data) + skip, radix) + ("\n" if radix != "n" else ""))
    return int(len(contents) < len(names or ["-"]))


def _offset(at: int, radix: str) -> str:
    return "" if radix == "n" else f"{at:0{6 if radix == 'x' else 7}{radix}}"


def _cells(data: bytes, kind: str) -> str:
    """A line of values."""
    if kind in "ca":
        shown = (NAMES.get(c) or (chr(c) if 32 <= c < 127 else f"{c:03o}") for c in data)
        return "".join(f"{text:>4}" for text in shown)
    size = int(kind[1:] or "4")
    code = CODES[size] if kind[0] == "d" else CODES[size].upper()
    padded = data.ljust(-(-len(data) // size) * size, b"\0")
    width = WIDTHS[kind[0]][size.bit_length() - 1]
    fill = "" if kind[0] in "ud" else "0"
    values = struct.unpack(f"<{len(padded) // size}{code}", padded)
    return "".join(f" {value:{fill}{width}{FORMS[kind[0]]}}" for value in values)


@with_flags
def split(call: Call) -> int:
    """``split [-a LETTERS] [-b BYTES] [-l LINES] [INPUT [PREFIX]]``."""
    options, names = parse(call.args, "", "abnl", "l")
    name, prefix = (*names[:1], "-")[0], (*names[1:2], "x")[0]
    letters = number(options.get("a", "2"))
    step = number(options["b"]) if "b" in options else number(options.get("l", "1000"))
    if step < 1 or not 1 <= letters <= 9 or "n" in options:
        return call.fail("bad size")
    for _, data in inputs(call, [name]):
        pieces = [data[i : i + step] for i in range(0, len(data), step)] if "b" in options else _lines(data, step)
        if len(pieces) > min(26**letters, 5_000):
            return call.fail("bad suffix: too many files")
        for place, piece in enumerate(pieces):
            try:
                call.device.files.write(call.path(prefix + _suffix(place, letters)), piece)
            except OSError as error:
                return call.fail(f"{prefix}{_suffix(place, letters)}: {reason(error)}")
        call.device.screen_changed()
        return 0
    return 1


def _lines(data: bytes, step: int) -> list[bytes]:
    lines = data.splitlines(keepends=True)
    return [b"".join(lines[i : i + step]) for i in range(0, len(lines), step)]


def _suffix(place: int, letters: int) -> str:
    text = ""
    for _ in range(letters):
        place, letter = divmod(place, 26)
        text = chr(97 + letter) + text
    return text


COMMANDS = {"dd": convert, "od": dump, "split": split}
