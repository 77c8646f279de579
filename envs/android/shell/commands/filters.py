"""Commands that read text and write text."""

import hashlib
import re
from collections.abc import Iterator

from palaestra.envs.android.shell.commands.flags import number, parse, with_flags
from palaestra.envs.android.shell.commands.stream_editor import BadScript, Editor
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.shell.patterns import PatternFault, posix_regex
from palaestra.envs.android.shell.run import Call

ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "e": "\x1b"}
MAX_SEQUENCE = 1_000_000


def text_of(data: bytes) -> str:
    """UTF-8; stray bytes are kept."""
    return data.decode("utf-8", "surrogateescape")


def inputs(call: Call, names: list[str]) -> Iterator[tuple[str, bytes]]:
    """The files that are named, or standard input; a file that can't be read is complained about and left out."""
    for name in names or ["-"]:
        if name == "-":
            yield name, call.read()
            continue
        try:
            yield name, call.device.files.read(call.path(name))
        except OSError as error:
            call.fail(f"{name}: {reason(error)}")


def lines_of(data: bytes) -> list[str]:
    """Lines without their ends."""
    text = text_of(data)
    return text[:-1].split("\n") if text.endswith("\n") else text.split("\n") if text else []


def echo(call: Call) -> int:
    """``echo [-neE]``: mksh's, which reads escapes unless told not to."""
    args, end, escapes = list(call.args), "\n", True
    while args and re.fullmatch(r"-[neE]+", args[0]):
        word = args.pop(0)
        end = "" if "n" in word else end
        escapes = word.rfind("E") < word.rfind("e") if "E" in word else escapes
    text = " ".join(args)
    call.say((unescaped(text) if escapes else text) + end)
    return 0


def unescaped(text: str) -> str:
    """Backslash escapes read."""

    def one(match: re.Match) -> str:
        word = match[1]
        if word[0] == "0":
            return chr(int(word[1:] or "0", 8) & 0xFF)
        if word[0] == "x":
            return chr(int(word[1:], 16))
        return ESCAPES.get(word, "\\" + word)

    return re.sub(r"\\(0[0-7]{0,3}|x[0-9a-fA-F]{1,2}|.)", one, text, flags=re.DOTALL)


def printf(call: Call) -> int:
    """``printf FORMAT [ARGUMENT...]``."""
    if not call.args:
        return call.fail("usage: printf FORMAT [ARGUMENT...]")
    pattern, values = unescaped(call.args[0]), list(call.args[1:])
    spec = re.compile(r"%([-+ 0#]*\d*(?:\.\d+)?)([sdiuxXocbfeg%])")
    status = 0
    while True:
        used = 0

        def one(match: re.Match) -> str:
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

        call.say(spec.sub(one, pattern))
        if not values or not used:
            return status


def _formatted(flags: str, kind: str, value: str) -> str:
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
    """``cat [-n] [FILE...]``."""
    options, names = parse(call.args, "etuvn")
    wanted, got = len(names or ["-"]), 0
    count = 0
    for _, data in inputs(call, names):
        got += 1
        if "n" in options:
            for line in lines_of(data):
                count += 1
                call.say(f"{count:6}\t{line}\n")
        else:
            call.say(data)
    return int(got < wanted)


@with_flags
def head(call: Call) -> int:
    """``head [-n LINES] [-c BYTES] [FILE...]``."""
    options, names = parse(call.args, "qv", "nc", "n")
    return _ends(call, options, names, first=True)


@with_flags
def tail(call: Call) -> int:
    """``tail [-n LINES] [-c BYTES] [FILE...]``; ``+N`` counts from the start."""
    options, names = parse(call.args, "fFqv", "nc", "n")
    return _ends(call, options, names, first=False)


def _ends(call: Call, options: dict[str, str], names: list[str], first: bool) -> int:
    unit = "c" if "c" in options else "n"
    told = options.get(unit, "10")
    count = number(told.lstrip("+"))
    got = 0
    for name, data in inputs(call, names):
        if len(names) > 1 and "q" not in options:
            call.say(f"{'' if not got else chr(10)}==> {name} <==\n")
        got += 1
        parts = [data[i : i + 1] for i in range(len(data))] if unit == "c" else data.splitlines(keepends=True)
        if first:
            parts = parts[:count]
        elif told.startswith("+"):
            parts = parts[max(0, count - 1) :]
        else:
            parts = parts[max(0, len(parts) - abs(count)) :]
        call.say(b"".join(parts))
    return int(got < len(names or ["-"]))


@with_flags
def count(call: Call) -> int:
    """``wc [-lwcm] [FILE...]``."""
    options, names = parse(call.args, "lwcmL")
    shown = [letter for letter in "lwmc" if letter in options] or ["l", "w", "c"]
    totals = dict.fromkeys("lwcm", 0)
    got, width = 0, 7 if len(shown) > 1 else 1
    for name, data in inputs(call, names):
        got += 1
        numbers = {
            "l": data.count(b"\n"),
            "w": len(data.split()),
            "c": len(data),
            "m": len(data.decode("utf-8", "replace")),
        }
        totals = {letter: totals[letter] + numbers[letter] for letter in totals}
        shown_name = "" if name == "-" else f" {name}"
        call.say(" ".join(f"{numbers[letter]:{width}}" for letter in shown) + shown_name + "\n")
    if got > 1:
        call.say(" ".join(f"{totals[letter]:{width}}" for letter in shown) + " total\n")
    return int(got < len(names or ["-"]))


@with_flags
def sort(call: Call) -> int:
    """``sort [-nrufs] [-k FIELD] [-t SEPARATOR] [FILE...]``."""
    options, names = parse(call.args, "nrufsVgbM", "kto")
    lines = [line for _, data in inputs(call, names) for line in lines_of(data)]
    field = options.get("k", "").partition(",")[0].partition(".")[0]
    separator = options.get("t")

    def key(line: str):
        value = line
        if field.isdecimal() and int(field) > 0:
            parts = line.split(separator) if separator else line.split()
            value = (separator or " ").join(parts[int(field) - 1 :])
        if "n" in options or "g" in options:
            found = re.match(r"\s*([-+]?\d+(?:\.\d+)?)", value)
            return float(found[1]) if found else 0.0
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
    told = options.get("f") or options.get("c") or options.get("b")
    if not told:
        return call.fail("bad option (need -bcf)")
    spans = []
    for part in told.split(","):
        low, dash, high = part.partition("-")
        if not (low or high) or not (low + high).isdecimal():
            return call.fail(f"bad range '{part}'")
        spans.append((int(low or 1), int(high) if high else (1 << 30 if dash else int(low))))

    def chosen(place: int) -> bool:
        return any(low <= place <= high for low, high in spans)

    separator = options.get("d", "\t")[:1] or "\t"
    for _, data in inputs(call, names):
        for line in lines_of(data):
            if "f" not in options:
                call.say("".join(c for i, c in enumerate(line, 1) if chosen(i)) + "\n")
            elif separator in line:
                call.say(separator.join(w for i, w in enumerate(line.split(separator), 1) if chosen(i)) + "\n")
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
    """A set of characters with its ranges and classes written out."""
    classes = {
        "lower": "a-z",
        "upper": "A-Z",
        "digit": "0-9",
        "alpha": "A-Za-z",
        "alnum": "A-Za-z0-9",
        "space": " \t\n\r\f\v",
        "punct": "!-/:-@\\[-`{-~",
    }
    text = re.sub(r"\[:(\w+):\]", lambda m: classes.get(m[1], m[0]), text)
    text = unescaped(text)
    return re.sub(
        r"(.)-(.)",
        lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))) if m[1] <= m[2] else m[0],
        text,
        flags=re.DOTALL,
    )


GREP_LONG = {
    "ignore-case": "i",
    "invert-match": "v",
    "count": "c",
    "extended-regexp": "E",
    "fixed-strings": "F",
    "line-number": "n",
    "quiet": "q",
    "silent": "q",
    "only-matching": "o",
    "recursive": "r",
    "word-regexp": "w",
    "files-with-matches": "l",
    "max-count": "m",
    "no-filename": "h",
    "color": "K",
}


@with_flags
def grep(call: Call) -> int:
    """``grep [-EFGivcnqowxlLhHrsm] [-e] PATTERN [FILE...]``."""
    options, names = parse(call.args, "EFGivcnqowxlLhHrRsza", "emABC", long=GREP_LONG)
    if "e" not in options:
        if not names:
            return call.fail("no REGEX", 2)
        options["e"] = names.pop(0)
    extended = "E" in options or call.name == "egrep"
    fixed = "F" in options or call.name == "fgrep"
    patterns = options["e"].split("\n")
    try:
        found = [
            re.compile(re.escape(one), re.IGNORECASE if "i" in options else 0)
            if fixed
            else posix_regex(one, extended, "i" in options)
            for one in patterns
        ]
    except PatternFault as problem:
        return call.fail(f"bad REGEX '{options['e']}': {problem}", 2)
    if "r" in options or "R" in options:
        names = _below(call, names or ["."])
    status = 1
    many = (len(names) > 1 or "r" in options or "H" in options) and "h" not in options
    for name, data in inputs(call, names):
        status = min(status, _grep_one(call, options, found, name, data, many))
    return status


def _below(call: Call, names: list[str]) -> list[str]:
    found = []
    for name in names:
        path = call.path(name)
        if call.device.files.isdir(path):
            found += [name.rstrip("/") + file[len(path.rstrip("/")) :] for file in call.device.files.walk(path)]
        else:
            found.append(name)
    return found


def _grep_one(call: Call, options: dict[str, str], found: list[re.Pattern], name: str, data: bytes, many: bool):
    shown = f"{name}:" if many else ""
    most = number(options["m"]) if "m" in options else 1 << 60
    matched = 0
    for place, line in enumerate(lines_of(data), 1):
        hit = _first_match(found, line, options)
        if bool(hit) == ("v" in options):
            continue
        matched += 1
        if not set("qclL") & options.keys():
            prefix = shown + (f"{place}:" if "n" in options else "")
            parts = [hit[0]] if hit and "o" in options else [line]
            if hit and "o" in options:
                parts = [m[0] for one in found for m in one.finditer(line) if m[0]]
            call.say("".join(prefix + part + "\n" for part in parts))
        if matched >= most or "q" in options:
            break
    if "c" in options:
        call.say(f"{shown}{matched}\n")
    if ("l" in options and matched) or ("L" in options and not matched):
        call.say(f"{name}\n")
    return int(not matched)


def _first_match(found: list[re.Pattern], line: str, options: dict[str, str]) -> re.Match | None:
    for one in found:
        if "x" in options:
            hit = one.fullmatch(line)
        elif "w" in options:
            hit = next((m for m in one.finditer(line) if _is_word(line, *m.span())), None)
        else:
            hit = one.search(line)
        if hit:
            return hit
    return None


def _is_word(line: str, start: int, end: int) -> bool:
    def part(c: str) -> bool:
        return c.isalnum() or c == "_"

    return not (start and part(line[start - 1])) and not (end < len(line) and part(line[end]))


@with_flags
def edit(call: Call) -> int:
    """``sed [-nEri] [-e] SCRIPT [FILE...]``: s, d, p, q with line numbers, ``$`` and /patterns/."""
    options, names = parse(call.args, "nErisz", "e")
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
    call.say(data)
    for name in names:
        try:
            (call.device.files.append if "a" in options else call.device.files.write)(call.path(name), data)
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
        found = hashlib.new(call.name.removesuffix("sum"), data).hexdigest()
        call.say(f"{found}\n" if "b" in options else f"{found}  {name}\n")
    return int(got < len(names or ["-"]))


@with_flags
def base64(call: Call) -> int:
    """``base64 [-d] [FILE]``."""
    import base64 as coding
    import binascii

    options, names = parse(call.args, "di", "w")
    for _, data in inputs(call, names[:1]):
        if "d" in options:
            try:
                call.say(coding.b64decode(data))
            except (binascii.Error, ValueError):
                return call.fail("bad input")
        else:
            text = coding.b64encode(data).decode()
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
            shown = "".join(chr(c) if 32 <= c < 127 else "." for c in part)
            call.say(f"{at:08x}: {pairs:<39}  {shown}\n")
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
    "grep": grep,
    "egrep": grep,
    "fgrep": grep,
    "sed": edit,
    "tee": tee,
    "seq": sequence,
    "md5sum": digests,
    "sha1sum": digests,
    "sha256sum": digests,
    "base64": base64,
    "xxd": dump_hex,
}
