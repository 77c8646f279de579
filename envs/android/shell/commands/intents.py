"""Intents on a command line: parsed as ``am`` does, and printed as Android logs them."""

import re
from collections.abc import Mapping
from typing import Any

from palaestra.envs.android.system import intents

FLAGS = {
    "--grant-read-uri-permission": 0x1,
    "--grant-write-uri-permission": 0x2,
    "--activity-brought-to-front": 0x400000,
    "--activity-clear-top": 0x04000000,
    "--activity-clear-when-task-reset": 0x00080000,
    "--activity-exclude-from-recents": 0x00800000,
    "--activity-launched-from-history": 0x00100000,
    "--activity-multiple-task": 0x08000000,
    "--activity-no-animation": 0x00010000,
    "--activity-no-history": 0x40000000,
    "--activity-no-user-action": 0x00040000,
    "--activity-previous-is-top": 0x01000000,
    "--activity-reorder-to-front": 0x00020000,
    "--activity-reset-task-if-needed": 0x00200000,
    "--activity-single-top": 0x20000000,
    "--activity-clear-task": 0x00008000,
    "--activity-task-on-home": 0x00004000,
    "--include-stopped-packages": 0x20,
    "--exclude-stopped-packages": 0x10,
    "--debug-log-resolution": 0x8,
    "--receiver-registered-only": 0x40000000,
    "--receiver-replace-pending": 0x20000000,
    "--receiver-foreground": 0x10000000,
    "--receiver-no-abort": 0x08000000,
    "--receiver-include-background": 0x01000000,
    "--selector": 0,
}
NEW_TASK = 0x10000000
Parsed = dict[str, Any]
"""An intent as parsed: "action", "data", "type", "package", "cls", "identifier", "only_package" (str, "" for none),
"categories" (list of str), "flags" (int) and "extras" (dict)."""
VALUED = {  # extras with a key and one value
    "-e": "text",
    "--es": "text",
    "--ez": "flag",
    "--ei": "int",
    "--el": "int",
    "--ef": "float",
    "--ed": "float",
    "--eu": "text",
    "--ecn": "text",
    "--eia": "ints",
    "--eial": "ints",
    "--ela": "ints",
    "--elal": "ints",
    "--efa": "floats",
    "--efal": "floats",
    "--esa": "texts",
    "--esal": "texts",
}


class BadIntent(Exception):
    """Words that are not an intent; the message is the exception that Android throws."""


class Arguments:
    """A reader of a command's words."""

    def __init__(self, words: list[str]):
        self.words, self.position = words, 0

    def more(self) -> bool:
        """Whether there are words left."""
        return self.position < len(self.words)

    def peek(self) -> str:
        """The next word, without consuming it; "" for none."""
        return self.words[self.position] if self.more() else ""

    def take(self, option: str = "") -> str:
        """Consume the next word.

        Args:
            option: the word before it, for the error message.

        Raises:
            BadIntent: there is none.
        """
        if not self.more():
            raise BadIntent(f'java.lang.IllegalArgumentException: Argument expected after "{option}"')
        self.position += 1
        return self.words[self.position - 1]


def integer(text: str) -> int:
    """Parse an integer as Java's decode does.

    Raises:
        BadIntent: it is not one.
    """
    text = text.strip()
    if re.fullmatch(r"[-+]?\d{1,18}", text):
        return int(text)
    if re.fullmatch(r"[-+]?0[xX][0-9a-fA-F]{1,15}", text):
        return int(text, 16)
    raise BadIntent(f'java.lang.NumberFormatException: For input string: "{text}"')


def real(text: str) -> float:
    """Parse a float as Java does.

    Raises:
        BadIntent: it is not one.
    """
    text = text.strip()
    if re.fullmatch(r"[-+]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][-+]?\d{1,2})?", text):
        return float(text)
    raise BadIntent(f'java.lang.NumberFormatException: For input string: "{text}"')


def boolean(text: str) -> bool:
    """Parse ``true``, ``t``, ``false``, ``f`` or a number.

    Raises:
        BadIntent: it is none of them.
    """
    if text.lower() in ("true", "t"):
        return True
    if text.lower() in ("false", "f"):
        return False
    try:
        return integer(text) != 0
    except BadIntent:
        raise BadIntent(f"java.lang.IllegalArgumentException: Invalid boolean value: {text}") from None


def extra(kind: str, text: str) -> Any:
    """The value of an extra of a kind of ``VALUED``.

    Raises:
        BadIntent: it is not of this kind.
    """
    if kind == "flag":
        return boolean(text)
    if kind == "int":
        return integer(text)
    if kind == "float":
        return real(text)
    if kind == "ints":
        return [integer(part) for part in text.split(",")]
    if kind == "floats":
        return [real(part) for part in text.split(",")]
    return [part.replace("\\,", ",") for part in re.split(r"(?<!\\),", text)] if kind == "texts" else text


def read(arguments: Arguments, options: Mapping[str, bool]) -> tuple[Parsed, dict[str, str]]:
    """Parse an intent.

    Args:
        arguments: the words; all are consumed.
        options: the command's own options -> whether a value follows.

    Returns:
        The intent, and the command's own options that were given, with their values ("" without one).

    Raises:
        BadIntent: the words are not an intent.
    """
    intent: Parsed = {
        "action": "",
        "data": "",
        "type": "",
        "package": "",
        "cls": "",
        "categories": [],
        "flags": 0,
        "extras": {},
        "identifier": "",
        "only_package": "",
    }
    own: dict[str, str] = {}
    given = False
    while arguments.more():
        option = arguments.take()
        if not option:
            continue
        if not option.startswith("-"):
            positional(intent, option)
            given = True
        elif option in options:
            own[option] = arguments.take(option) if options[option] else ""
        elif option in ("-a", "-d", "-t", "-i"):
            intent[{"-a": "action", "-d": "data", "-t": "type", "-i": "identifier"}[option]] = arguments.take(option)
            given = True
        elif option == "-c":
            intent["categories"].append(arguments.take(option))
            given = True
        elif option in VALUED:
            key = arguments.take(option)
            intent["extras"][key] = extra(VALUED[option], arguments.take(option))
        elif option == "--esn":
            intent["extras"][arguments.take(option)] = None
        elif option == "-n":
            component(intent, arguments.take(option))
            given = True
        elif option == "-p":
            intent["only_package"] = arguments.take(option)
            given = True
        elif option == "-f":
            intent["flags"] = integer(arguments.take(option)) & 0xFFFFFFFF
        elif option in FLAGS:
            intent["flags"] |= FLAGS[option]
        else:
            raise BadIntent(f"java.lang.IllegalArgumentException: Unknown option: {option}")
    if not given:
        raise BadIntent("java.lang.IllegalArgumentException: No intent supplied")
    return intent, own


def positional(intent: Parsed, word: str) -> None:
    """Add a bare word to an intent: a URI, a component or a package."""
    if ":" in word:
        intent["data"], intent["action"] = word, intent["action"] or "android.intent.action.VIEW"
    elif "/" in word:
        component(intent, word)
        intent["action"] = intent["action"] or "android.intent.action.MAIN"
    else:
        intent["only_package"] = word
        intent["action"] = intent["action"] or "android.intent.action.MAIN"
        if "android.intent.category.LAUNCHER" not in intent["categories"]:
            intent["categories"].append("android.intent.category.LAUNCHER")


def component(intent: Parsed, word: str) -> None:
    """Set an intent's component from ``PACKAGE/CLASS`` or ``PACKAGE/.CLASS``.

    Raises:
        BadIntent: it is not a component.
    """
    package, slash, name = word.partition("/")
    if not slash or not package or not name:
        raise BadIntent(f"java.lang.IllegalArgumentException: Bad component name: {word}")
    intent["package"], intent["cls"] = package, package + name if name.startswith(".") else name


def short(package: str, name: str) -> str:
    """``PACKAGE/.Class``, as Android shortens components."""
    return f"{package}/{name[len(package) :] if name.startswith(package + '.') else name}"


def safe_uri(uri: str) -> str:
    """A URI as Android logs it, without addresses of people and paths of pages."""
    scheme, colon, rest = uri.partition(":")
    if not colon:
        return uri
    if scheme.lower() in ("tel", "sip", "sms", "smsto", "mailto", "nfc"):
        return f"{scheme}:" + "".join(char if char in "-@." else "x" for char in rest)
    if scheme.lower() in ("http", "https", "ftp", "rtsp", "content") and rest.startswith("//"):
        host, slash, _ = rest[2:].partition("/")
        return f"{scheme}://{host}" + ("/..." if slash else "")
    return uri


def describe(intent: Parsed) -> str:
    """``Intent { act=... }``."""
    parts: list[str] = []
    if intent["action"]:
        parts.append(f"act={intent['action']}")
    if intent["categories"]:
        parts.append(f"cat=[{','.join(intent['categories'])}]")
    if intent["data"]:
        parts.append(f"dat={safe_uri(intent['data'])}")
    if intent["type"]:
        parts.append(f"typ={intent['type']}")
    if intent["flags"]:
        parts.append(f"flg=0x{intent['flags']:x}")
    if intent["only_package"]:
        parts.append(f"pkg={intent['only_package']}")
    if intent["cls"]:
        parts.append(f"cmp={short(intent['package'], intent['cls'])}")
    if intent["extras"]:
        parts.append("(has extras)")
    return "Intent { " + " ".join(parts) + " }"


def for_device(intent: Parsed) -> intents.Intent:
    """An intent as the device's activity manager takes it."""
    converted = intents.intent(
        intent["action"],
        data=intent["data"],
        type=intent["type"],
        package=intent["package"] or intent["only_package"],
        cls=intent["cls"],
        categories=list(intent["categories"]),
        flags=[name for name, bit in FLAG_NAMES.items() if intent["flags"] & bit],
    )
    converted["extras"] = dict(intent["extras"])
    return converted


FLAG_NAMES = {
    "clear_top": 0x04000000,
    "clear_task": 0x8000,
    "single_top": 0x20000000,
    "new_task": NEW_TASK,
    "no_history": 0x40000000,
    "multiple_task": 0x08000000,
}
