"""Options of toybox commands: letters that may stand together, some with a value."""

from palaestra.envs.android.shell.run import Call


class BadOption(Exception):
    """An option that the command doesn't have, or one without its value; the message is toybox's."""


def parse(
    args: list[str], letters: str, valued: str = "", numbers: str = "", long: dict[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Split options from names.

    Args:
        args: the command's words.
        letters: options without a value.
        valued: options with one.
        numbers: the option that ``-5`` means.
        long: ``--name`` -> letter.

    Returns:
        letter -> value ("" for those without), and the names.

    Raises:
        BadOption: see there.
    """
    found: dict[str, str] = {}
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
            found[letter] = value
        elif len(word) > 1 and word[0] == "-":
            _letters(word[1:], letters, valued, numbers, found, words)
        else:
            names.append(word)
    return found, names


def _letters(word: str, letters: str, valued: str, numbers: str, found: dict[str, str], words: list[str]) -> None:
    if numbers and word.isdecimal():
        found[numbers] = word
        return
    for place, letter in enumerate(word):
        if letter in valued:
            rest = word[place + 1 :]
            if not rest and not words:
                raise BadOption(f"-{letter} needs 1 argument")
            found[letter] = rest or words.pop(0)
            return
        if letter not in letters:
            raise BadOption(f"Unknown option '{word}'")
        found[letter] = ""


def number(text: str) -> int:
    """A whole number, with toybox's suffixes k, m, g.

    Raises:
        BadOption: it isn't one.
    """
    scale = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}.get(text[-1:].lower(), 1)
    digits = text[:-1] if scale > 1 else text
    if not digits.lstrip("+-").isdecimal() or len(digits) > 12:
        raise BadOption(f"not integer: {text}")
    return int(digits) * scale


def with_flags(command):
    """A command whose ``BadOption`` becomes toybox's line on standard error."""

    def run(call: Call) -> int:
        try:
            return command(call)
        except BadOption as problem:
            return call.fail(f'{problem} (see "{call.name} --help")' if "Unknown" in str(problem) else str(problem))

    run.__doc__, run.__name__ = command.__doc__, command.__name__
    return run
