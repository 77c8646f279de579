"""``grep``."""

import re

from palaestra.envs.android.shell.commands.filters import inputs, lines_of
from palaestra.envs.android.shell.commands.flags import number, parse, with_flags
from palaestra.envs.android.shell.patterns import PatternFault, posix_regex
from palaestra.envs.android.shell.run import Call

LONG_OPTIONS = {
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
    options, names = parse(call.args, "EFGivcnqowxlLhHrRsa", "emABC", long=LONG_OPTIONS)
    if "e" not in options:
        if not names:
            return call.fail("no REGEX", 2)
        options["e"] = names.pop(0)
    extended = "E" in options or call.name == "egrep"
    fixed = "F" in options or call.name == "fgrep"
    try:
        regexes = [
            re.compile(re.escape(pattern), re.IGNORECASE if "i" in options else 0)
            if fixed
            else posix_regex(pattern, extended, "i" in options)
            for pattern in options["e"].split("\n")
        ]
    except PatternFault as problem:
        return call.fail(f"bad REGEX '{options['e']}': {problem}", 2)
    if "r" in options or "R" in options:
        names = _below(call, names or ["."])
    status = 1
    many = (len(names) > 1 or "r" in options or "H" in options) and "h" not in options
    for name, data in inputs(call, names):
        status = min(status, _grep_file(call, options, regexes, name, data, many))
    return status


def _below(call: Call, names: list[str]) -> list[str]:
    """The names of files, with folders replaced by all files in them."""
    files: list[str] = []
    for name in names:
        path = call.path(name)
        if call.device.files.isdir(path):
            files += [name.rstrip("/") + file[len(path.rstrip("/")) :] for file in call.device.files.walk(path)]
        else:
            files.append(name)
    return files


def _grep_file(
    call: Call, options: dict[str, str], regexes: list[re.Pattern[str]], name: str, data: bytes, many: bool
) -> int:
    """Print a file's matches; returns the exit status."""
    label = f"{name}:" if many else ""
    most = number(options["m"]) if "m" in options else 1 << 60
    around = [number(options[letter]) if letter in options else number(options.get("C", "0")) for letter in "BA"]
    lines, matched, shown = lines_of(data), 0, 0
    for place, line in enumerate(lines, 1):
        hit = _first_match(regexes, line, options)
        if bool(hit) == ("v" in options):
            continue
        matched += 1
        if not set("qclL") & options.keys():
            shown = _context(
                call, options, name if many else "", lines, shown, max(shown, place - 1 - around[0]), place - 1
            )
            prefix = label + (f"{place}:" if "n" in options else "")
            parts = [hit[0]] if hit and "o" in options else [line]
            if hit and "o" in options:
                parts = [m[0] for regex in regexes for m in regex.finditer(line) if m[0]]
            call.say("".join(prefix + part + "\n" for part in parts))
            shown, after = place, place
            while after < min(len(lines), place + around[1]) and not _hits(regexes, lines[after], options):
                after += 1
            shown = _context(call, options, name if many else "", lines, shown, place, after)
        if matched >= most or "q" in options:
            break
    if "c" in options:
        call.say(f"{label}{matched}\n")
    if ("l" in options and matched) or ("L" in options and not matched):
        call.say(f"{name}\n")
    return int(not matched)


def _hits(regexes: list[re.Pattern[str]], line: str, options: dict[str, str]) -> bool:
    """Whether a line is selected."""
    return bool(_first_match(regexes, line, options)) != ("v" in options)


def _context(call: Call, options: dict[str, str], name: str, lines: list[str], shown: int, low: int, high: int) -> int:
    """Print lines around a match, after a mark where some were left out; returns up to which line all are shown."""
    wanted = {"A", "B", "C"} & options.keys()
    if wanted and shown and low > shown:
        call.say("--\n")
    for place in range(low, high):
        number_of = f"{place + 1}-" if "n" in options else ""
        call.say((f"{name}-" if name else "") + number_of + lines[place] + "\n")
    return high


def _first_match(regexes: list[re.Pattern[str]], line: str, options: dict[str, str]) -> re.Match[str] | None:
    for regex in regexes:
        if "x" in options:
            hit = regex.fullmatch(line)
        elif "w" in options:
            hit = next((m for m in regex.finditer(line) if _is_word(line, *m.span())), None)
        else:
            hit = regex.search(line)
        if hit:
            return hit
    return None


def _is_word(line: str, start: int, end: int) -> bool:
    def part(c: str) -> bool:
        return c.isalnum() or c == "_"

    return not (start and part(line[start - 1])) and not (end < len(line) and part(line[end]))


COMMANDS = {"grep": grep, "egrep": grep, "fgrep": grep}
