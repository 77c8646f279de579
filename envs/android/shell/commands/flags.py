"""Options of toybox commands: letters that may be combined, some with a value."""

import functools

from palaestra.envs.android.shell.run import Call, Command


class BadOption(Exception):
    """An unknown option, or one without its value; the message is toybox's."""


def parse(
    args: list[str], letters: str, valued: str = "", numbers: str = "", long: dict[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Split options from names.

    Args:
        args: the command's words.
        letters: options without a value.
        valued: options with one.
        numbers: the option that ``-5`` stands for.
        long: ``--name`` -> letter.

    Returns:
        letter -> value ("" for those without), and the names.

    Raises:
        BadOption: an option is unknown or lacks its value.
    """
    options: dict[str, str] = {}
    names: list[str] = []
    words = list(args)
    while words:
        word = words.pop(0)
        if word == "--":
            names += words
            break
        if word.startswith("--"):
            name, _, value = word[2:].partition("=")
            letter = (long or {}).get(name)
            if letter is None:
                raise BadOption(f"Unknown option '{word[2:]}'")
            options[letter] = value
        elif len(word) > 1 and word[0] == "-":
            _letters(word[1:], letters, valued, numbers, options, words)
        else:
            names.append(word)
    return options, names


def _letters(word: str, letters: str, valued: str, numbers: str, options: dict[str, str], words: list[str]) -> None:
    if numbers and word.isdecimal():
        options[numbers] = word
        return
    for place, letter in enumerate(word):
        if letter in valued:
            rest = word[place + 1 :]
            if not rest and not words:
                raise BadOption(f"-{letter} needs 1 argument")
            options[letter] = rest or words.pop(0)
            return
        if letter not in letters:
            raise BadOption(f"Unknown option '{word}'")
        options[letter] = ""


def number(text: str) -> int:
    """Parse a whole number with toybox's suffixes k, m and g.

    Raises:
        BadOption: it isn't one.
    """
    scale = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}.get(text[-1:].lower(), 1)
    digits = text[:-1] if scale > 1 else text
    if not digits.lstrip("+-").isdecimal() or len(digits) > 12:
        raise BadOption(f"not integer: {text}")
    return int(digits) * scale


def with_flags(command: Command) -> Command:
    """A command whose ``BadOption`` is reported on standard error."""

    @functools.wraps(command)
    def run(call: Call) -> int:
        try:
            return command(call)
        except BadOption as problem:
            return call.fail(f'{problem} (see "{call.name} --help")' if "Unknown" in str(problem) else str(problem))

    return run
