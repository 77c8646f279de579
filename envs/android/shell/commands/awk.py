"""``awk``: see `palaestra.envs.android.shell.awk` for the part of the language there is; the rest is refused."""

import re
from collections.abc import Iterator

from palaestra.envs.android.shell.awk.program import Program
from palaestra.envs.android.shell.awk.syntax import Fault, unescape
from palaestra.envs.android.shell.commands.filters import inputs, text_of
from palaestra.envs.android.shell.run import Call

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def awk(call: Call) -> int:
    """``awk [-F SEPARATOR] [-v NAME=VALUE] [-f FILE] [PROGRAM] [FILE | NAME=VALUE]...``."""
    words, variables, sources = list(call.args), list[tuple[str, str]](), list[str]()
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        if word[1] not in "Fvf":
            return call.fail(f"unknown option {word}", 2)
        if not (value := word[2:] or (words.pop(0) if words else "")):
            return call.fail(f"no argument for {word}", 2)
        if word[1] == "F":
            variables.append(("FS", "\t" if value == "t" else unescape(value)))
        elif word[1] == "f":
            sources += [text_of(data) for _, data in inputs(call, [value])]
        elif match := ASSIGNMENT.fullmatch(value):
            variables.append((match[1], unescape(match[2])))
        else:
            return call.fail(f"invalid -v argument: {value}", 2)
    if not sources:
        if not words:
            return call.fail("usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]", 2)
        sources.append(words.pop(0))
    try:
        program = Program("\n".join(sources), variables, call.say)
        missing: list[str] = []
        status = program.run(_files(call, program, words, missing))
        return 2 if missing else status
    except (Fault, RecursionError) as problem:
        return call.fail(str(problem) if isinstance(problem, Fault) else "nested too deeply", 2)


def _files(call: Call, program: Program, words: list[str], missing: list[str]) -> Iterator[tuple[str, str]]:
    """Names and texts of the files; assignments between them are made when their turn comes."""
    named = False
    for word in words:
        if match := ASSIGNMENT.fullmatch(word):
            program.set(match[1], unescape(match[2]))
            continue
        named = True
        contents = [text_of(data) for _, data in inputs(call, [word])]
        if not contents:
            missing.append(word)
        yield from (("" if word == "-" else word, text) for text in contents)
    if not named:
        yield "", text_of(call.read())


COMMANDS = {"awk": awk}
