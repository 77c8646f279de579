"""Commands that read text and write text."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from typing import Any

from palaestra.envs.android.shell.commands import processes
from palaestra.envs.android.shell.commands.flags import number, parse, with_flags
from palaestra.envs.android.shell.commands.stream_editor import BadScript, Editor
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.shell.patterns import PatternFault
from palaestra.envs.android.shell.run import Call

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
MAX_SEQUENCE = 1_000_000
"""Longest output of ``seq``, numbers."""
CHARACTER_CLASSES = {
    "lower": "a-z",
    "upper": "A-Z",
    "digit": "0-9",
    "alpha": "A-Za-z",
    "alnum": "A-Za-z0-9",
    "space": " \t\n\r\f\v",
    "punct": "!-/:-@\\[-`{-~",
}


def text_of(data: bytes) -> str:
    """Decode UTF-8; invalid bytes are escaped, so that encoding restores them."""
    return data.decode("utf-8", "surrogateescape")


def inputs(call: Call, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """Names and contents of files, or of standard input; a file that can't be read is reported and skipped."""
    for name in names or ["-"]:
        if name == "-":
            yield name, call.read()
            continue
        try:
            data = processes.file(call.device, call.path(name))
            yield name, call.device.files.read(call.path(name)) if data is None else data
        except OSError as error:
            call.fail(f"{name}: {reason(error)}")


def lines_of(data: bytes) -> list[str]:
    """The lines of a text without their line ends."""
    text = text_of(data)
    return text[:-1].split("\n") if text.endswith("\n") else text.split("\n") if text else []


def echo(call: Call) -> int:
    """``echo [-neE]``: mksh's, which interprets escapes unless -E is given."""
    args, end, escapes = list(call.args), "\n", True
    while args and re.fullmatch(r"-[neE]+", args[0]):
        word = args.pop(0)
        end = "" if "n" in word else end
        escapes = word.rfind("E") < word.rfind("e") if "E" in word else escapes
    text = " ".join(args)
    call.say((unescaped(text) if escapes else text) + end)
    return 0


def unescaped(text: str) -> str:
    """A text with its backslash escapes interpreted."""

    def character(match: re.Match[str]) -> str:
        word = match[1]
        if word[0] == "0":
            return chr(int(word[1:] or "0", 8) & 0xFF)
        if word[0] == "x":
            return chr(int(word[1:], 16))
        return ESCAPES.get(word, "\\" + word)

    return re.sub(r"\\(0[0-7]{0,3}|x[0-9a-fA-F]{1,2}|.)", character, text, flags=re.DOTALL)


def printf(call: Call) -> int:
    """``printf FORMAT [ARGUMENT...]``."""
    if not call.args:
        return call.fail("usage: printf FORMAT [ARGUMENT...]")
    pattern, values = unescaped(call.args[0]), list(call.args[1:])
    spec = re.compile(r"%([-+ 0#]*\d*(?:\.\d+)?)([sdiuxXocbfeg%])")
    status = 0
    while True:
        used = 0

        def argument(match: re.Match[str]) -> str:
            nonlocal used, status
            kind = match[2]
            if kind == "%":
                return "%"
            value = values.pop(0) if values else ""
            used += 1
            try:
                return _formatted(match[1], kind, value)
            except ValueError:
                call.complain(f"printf: {value}: not integer\n")
                status = 1
                return "0"

        call.say(spec.sub(argument, pattern))
        if not values or not used:
            return status


def _formatted(flags: str, kind: str, value: str) -> str:
    """An argument in a format of ``printf``.

    Raises:
        ValueError: it is no number, or the width is too large.
    """
    if len((re.sub(r"\D", " ", flags).split() and max(re.sub(r"\D", " ", flags).split(), key=len)) or "") > 4:
        raise ValueError(flags)
    if kind == "s":
        return f"%{flags}s" % value
    if kind == "b":
        return f"%{flags}s" % unescaped(value)
    if kind == "c":
        return f"%{flags}s" % value[:1]
    if kind in "feg":
        return f"%{flags}{kind}" % float(value or 0)
    return f"%{flags}{'d' if kind in 'iu' else kind}" % int(value or "0", 0)


@with_flags
def cat(call: Call) -> int:
    """``cat [-etvn] [FILE...]``."""
    options, names = parse(call.args, "etuvn")
    got = count = 0
    for _, data in inputs(call, names):
        got += 1
        data = visible(data, options) if set("etv") & options.keys() else data
        if "n" in options:
            for line in lines_of(data):
                count += 1
                call.say(f"{count:6}\t{line}\n")
        else:
            call.say(data)
    return int(got < len(names or ["-"]))


def visible(data: bytes, options: dict[str, str]) -> bytes:
    """Data as ``cat`` shows it: control characters with -v, with -t tabs too, with -e the ends of lines too."""
    out = bytearray()
    for code in data:
        low = code & 0x7F
        if code == 10:
            out += b"$\n" if "e" in options else b"\n"
        elif code == 9 and "t" not in options:
            out.append(code)
        else:
            out += b"M-" if code > 0x7F else b""
            out += b"^" + bytes([low ^ 0x40]) if low < 32 or low == 0x7F else bytes([low])
    return bytes(out)


@with_flags
def head(call: Call) -> int:
    """``head [-n LINES] [-c BYTES] [FILE...]``."""
    options, names = parse(call.args, "q", "nc", "n")
    return _ends(call, options, names, first=True)


@with_flags
def tail(call: Call) -> int:
    """``tail [-n LINES] [-c BYTES] [FILE...]``; ``+N`` counts from the start."""
    options, names = parse(call.args, "fFq", "nc", "n")
    return _ends(call, options, names, first=False)


def _ends(call: Call, options: dict[str, str], names: list[str], first: bool) -> int:
    unit = "c" if "c" in options else "n"
    amount = options.get(unit, "10")
    count = number(amount.lstrip("+"))
    got = 0
    for name, data in inputs(call, names):
        if len(names) > 1 and "q" not in options:
            call.say(f"{'' if not got else chr(10)}==> {name} <==\n")
        got += 1
        parts = [data[i : i + 1] for i in range(len(data))] if unit == "c" else data.splitlines(keepends=True)
        if first:
            parts = parts[:count]
        elif amount.startswith("+"):
            parts = parts[max(0, count - 1) :]
        else:
            parts = parts[max(0, len(parts) - abs(count)) :]
        call.say(b"".join(parts))
    return int(got < len(names or ["-"]))


@with_flags
def count(call: Call) -> int:
    """``wc [-lwcm] [FILE...]``."""
    options, names = parse(call.args, "lwcm")
    columns = [letter for letter in "lwmc" if letter in options] or ["l", "w", "c"]
    totals = dict.fromkeys("lwcm", 0)
    got, width = 0, 7 if len(columns) > 1 else 1
    for name, data in inputs(call, names):
        got += 1
        numbers = {
            "l": data.count(b"\n"),
            "w": len(data.split()),
            "c": len(data),
            "m": len(data.decode("utf-8", "replace")),
        }
        totals = {letter: totals[letter] + numbers[letter] for letter in totals}
        label = "" if name == "-" else f" {name}"
        call.say(" ".join(f"{numbers[letter]:{width}}" for letter in columns) + label + "\n")
    if got > 1:
        call.say(" ".join(f"{totals[letter]:{width}}" for letter in columns) + " total\n")
    return int(got < len(names or ["-"]))


@with_flags
def sort(call: Call) -> int:
    """``sort [-nrufs] [-k FIELD] [-t SEPARATOR] [FILE...]``."""
    options, names = parse(call.args, "nrufsg", "kt")
    lines = [line for _, data in inputs(call, names) for line in lines_of(data)]
    field = options.get("k", "").partition(",")[0].partition(".")[0]
    separator = options.get("t")

    def key(line: str) -> Any:  # texts, or numbers with -n
        value = line
        if field.isdecimal() and int(field) > 0:
            parts = line.split(separator) if separator else line.split()
            value = (separator or " ").join(parts[int(field) - 1 :])
        if "n" in options or "g" in options:
            match = re.match(r"\s*([-+]?\d+(?:\.\d+)?)", value)
            return float(match[1]) if match else 0.0
        return value.lower() if "f" in options else value

    ordered = sorted(lines, key=key) if "s" in options else sorted(sorted(lines), key=key)
    if "r" in options:
        ordered.reverse()
    if "u" in options:
        ordered = [line for i, line in enumerate(ordered) if not i or key(line) != key(ordered[i - 1])]
    call.say("".join(line + "\n" for line in ordered))
    return 0


@with_flags
def unique(call: Call) -> int:
    """``uniq [-cdui] [FILE]``."""
    options, names = parse(call.args, "cdui")
    groups: list[tuple[str, int]] = []
    for _, data in inputs(call, names[:1]):
        for line in lines_of(data):
            same = groups and (groups[-1][0].lower() == line.lower() if "i" in options else groups[-1][0] == line)
            if same:
                groups[-1] = (groups[-1][0], groups[-1][1] + 1)
            else:
                groups.append((line, 1))
    for line, times in groups:
        if ("d" in options and times < 2) or ("u" in options and times > 1):
            continue
        call.say((f"{times:7} " if "c" in options else "") + line + "\n")
    return 0


@with_flags
def cut(call: Call) -> int:
    """``cut -f LIST [-d SEPARATOR]``, ``cut -c LIST``."""
    options, names = parse(call.args, "s", "fcbd")
    ranges = options.get("f") or options.get("c") or options.get("b")
    if not ranges:
        return call.fail("bad option (need -bcf)")
    spans: list[tuple[int, int]] = []
    for part in ranges.split(","):
        low, dash, high = part.partition("-")
        if not (low or high) or not (low + high).isdecimal():
            return call.fail(f"bad range '{part}'")
        spans.append((int(low or 1), int(high) if high else (1 << 30 if dash else int(low))))

    def is_selected(place: int) -> bool:
        return any(low <= place <= high for low, high in spans)

    separator = options.get("d", "\t")[:1] or "\t"
    for _, data in inputs(call, names):
        for line in lines_of(data):
            if "f" not in options:
                call.say("".join(c for i, c in enumerate(line, 1) if is_selected(i)) + "\n")
            elif separator in line:
                call.say(separator.join(w for i, w in enumerate(line.split(separator), 1) if is_selected(i)) + "\n")
            elif "s" not in options:
                call.say(line + "\n")
    return 0


@with_flags
def translate(call: Call) -> int:
    """``tr [-d] [-s] SET1 [SET2]``."""
    options, names = parse(call.args, "dsc")
    if not names:
        return call.fail("needs 1 argument")
    first = _set(names[0])
    text = text_of(call.read())
    inside = (lambda c: c not in first) if "c" in options else (lambda c: c in first)
    if "d" in options:
        text = "".join(c for c in text if not inside(c))
    elif len(names) > 1:
        second = _set(names[1]) or "\0"
        table = {c: second[min(i, len(second) - 1)] for i, c in enumerate(first)}
        text = "".join(second[-1] if "c" in options and inside(c) else table.get(c, c) for c in text)
    if "s" in options:
        squeezed = _set(names[-1])
        text = "".join(c for i, c in enumerate(text) if not (i and c == text[i - 1] and c in squeezed))
    call.say(text)
    return 0


def _set(text: str) -> str:
    """The characters of a set with ranges and classes."""

    def characters(match: re.Match[str]) -> str:
        first, last = ord(match[1]), ord(match[2])
        return "".join(map(chr, range(first, last + 1))) if first <= last else match[0]

    text = re.sub(r"\[:(\w+):\]", lambda m: CHARACTER_CLASSES.get(m[1], m[0]), text)
    return re.sub(r"(.)-(.)", characters, unescaped(text), flags=re.DOTALL)


@with_flags
def edit(call: Call) -> int:
    """``sed [-nEri] [-e] SCRIPT [FILE...]``: s, d, p, q with line numbers, ``$`` and /patterns/."""
    options, names = parse(call.args, "nEris", "e")
    if "e" not in options:
        if not names:
            return call.fail("Needed: SCRIPT")
        options["e"] = names.pop(0)
    try:
        editor = Editor(options["e"], extended="E" in options or "r" in options, quiet="n" in options)
    except (BadScript, PatternFault) as problem:
        return call.fail(f"bad pattern '{options['e']}'@1 ({problem})")
    for name, data in inputs(call, names):
        done = editor.run(text_of(data)).encode("utf-8", "surrogateescape")
        if "i" in options and name != "-":
            call.device.files.write(call.path(name), done)
        else:
            call.say(done)
    return 0


@with_flags
def tee(call: Call) -> int:
    """``tee [-a] [FILE...]``."""
    options, names = parse(call.args, "ai")
    data = call.read()
    write = call.device.files.append if "a" in options else call.device.files.write
    call.say(data)
    for name in names:
        try:
            write(call.path(name), data)
        except OSError:
            call.fail(f"{name}: No such file or directory")
    return 0


def sequence(call: Call) -> int:
    """``seq [FIRST [STEP]] LAST``."""
    try:
        values = [int(word) for word in call.args]
    except ValueError:
        return call.fail(f"not integer: {' '.join(call.args)}")
    if not 1 <= len(values) <= 3:
        return call.fail("Needs 1 argument")
    first = values[0] if len(values) > 1 else 1
    step = values[1] if len(values) > 2 else 1
    if not step or abs((values[-1] - first) // step) > MAX_SEQUENCE:
        return call.fail("bad step or too long")
    call.say("".join(f"{value}\n" for value in range(first, values[-1] + (1 if step > 0 else -1), step)))
    return 0


@with_flags
def digests(call: Call) -> int:
    """``md5sum``, ``sha1sum``, ``sha256sum``."""
    options, names = parse(call.args, "bcs")
    got = 0
    for name, data in inputs(call, names):
        got += 1
        digest = hashlib.new(call.name.removesuffix("sum"), data).hexdigest()
        call.say(f"{digest}\n" if "b" in options else f"{digest}  {name}\n")
    return int(got < len(names or ["-"]))


@with_flags
def base_64(call: Call) -> int:
    """``base64 [-d] [FILE]``."""
    options, names = parse(call.args, "di", "w")
    for _, data in inputs(call, names[:1]):
        if "d" in options:
            try:
                call.say(base64.b64decode(data))
            except (binascii.Error, ValueError):
                return call.fail("bad input")
        else:
            text = base64.b64encode(data).decode()
            width = number(options.get("w", "76")) or len(text) or 1
            call.say("".join(text[i : i + width] + "\n" for i in range(0, len(text), width)))
    return 0


@with_flags
def dump_hex(call: Call) -> int:
    """``xxd [-p] [FILE]``."""
    options, names = parse(call.args, "p", "clg")
    for _, data in inputs(call, names[:1]):
        if "p" in options:
            text = data.hex()
            call.say("".join(text[i : i + 60] + "\n" for i in range(0, len(text), 60)))
            continue
        for at in range(0, len(data), 16):
            part = data[at : at + 16]
            pairs = " ".join(part[i : i + 2].hex() for i in range(0, len(part), 2))
            text = "".join(chr(c) if 32 <= c < 127 else "." for c in part)
            call.say(f"{at:08x}: {pairs:<39}  {text}\n")
    return 0


COMMANDS = {
    "echo": echo,
    "printf": printf,
    "cat": cat,
    "head": head,
    "tail": tail,
    "wc": count,
    "sort": sort,
    "uniq": unique,
    "cut": cut,
    "tr": translate,
    "sed": edit,
    "tee": tee,
    "seq": sequence,
    "md5sum": digests,
    "sha1sum": digests,
    "sha256sum": digests,
    "base64": base_64,
    "xxd": dump_hex,
}
