"""Intents on a command line: reading them as ``am`` does, and writing them as Android logs them."""

import re
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
    """The words are no intent; the message is the exception Android throws."""


class Arguments:
    """Words that are taken one after the other."""

    def __init__(self, words: list[str]):
        self.words, self.position = words, 0

    def more(self) -> bool:
        """Whether words are left."""
        return self.position < len(self.words)

    def peek(self) -> str:
        """The next word, "" for none."""
        return self.words[self.position] if self.more() else ""

    def take(self, option: str = "") -> str:
        """The next word.

        Raises:
            BadIntent: there is none.
        """
        if not self.more():
            raise BadIntent(f'java.lang.IllegalArgumentException: Argument expected after "{option}"')
        self.position += 1
        return self.words[self.position - 1]


def number(text: str, kind: type = int) -> Any:
    """An int or float as Java's decode reads it.

    Raises:
        BadIntent: it is neither.
    """
    text = text.strip()
    if kind is float and re.fullmatch(r"[-+]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][-+]?\d{1,2})?", text):
        return float(text)
    if kind is int and re.fullmatch(r"[-+]?\d{1,18}", text):
        return int(text)
    if kind is int and re.fullmatch(r"[-+]?0[xX][0-9a-fA-F]{1,15}", text):
        return int(text, 16)
    raise BadIntent(f'java.lang.NumberFormatException: For input string: "{text}"')


def boolean(text: str) -> bool:
    """``true``/``t`` or ``false``/``f`` or a number.

    Raises:
        BadIntent: none of them.
    """
    if text.lower() in ("true", "t"):
        return True
    if text.lower() in ("false", "f"):
        return False
    try:
        return number(text) != 0
    except BadIntent:
        raise BadIntent(f"java.lang.IllegalArgumentException: Invalid boolean value: {text}") from None


def extra(kind: str, text: str) -> Any:
    """An extra's value."""
    if kind == "flag":
        return boolean(text)
    if kind in ("int", "float"):
        return number(text, float if kind == "float" else int)
    if kind in ("ints", "floats"):
        return [number(part, float if kind == "floats" else int) for part in text.split(",")]
    return [part.replace("\\,", ",") for part in re.split(r"(?<!\\),", text)] if kind == "texts" else text


def read(arguments: Arguments, others: dict[str, Any]) -> dict[str, Any]:
    """Read an intent.

    Args:
        arguments: the words; all are taken.
        others: options of the command itself -> True for a switch, else how many words follow; what was found is
            put there under the key ``found``.

    Returns:
        "action" "data" "type" "package" "cls" "identifier" (str, "" for none), "categories" (list of str), "flags"
        (int), "extras" (dict).

    Raises:
        BadIntent: the words are no intent.
    """
    intent = {
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
    found = others.setdefault("found", {})
    given = False
    while arguments.more():
        option = arguments.take()
        if not option:
            continue
        if not option.startswith("-"):
            positional(intent, option)
            given = True
        elif option in others:
            found[option] = True if others[option] is True else arguments.take(option)
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
            intent["flags"] = number(arguments.take(option)) & 0xFFFFFFFF
        elif option in FLAGS:
            intent["flags"] |= FLAGS[option]
        else:
            raise BadIntent(f"java.lang.IllegalArgumentException: Unknown option: {option}")
    if not given:
        raise BadIntent("java.lang.IllegalArgumentException: No intent supplied")
    return intent


def positional(intent: dict[str, Any], word: str) -> None:
    """A bare word: a URI, a component or a package."""
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


def component(intent: dict[str, Any], word: str) -> None:
    """``PACKAGE/CLASS``; a class that starts with a dot lies in the package."""
    package, slash, name = word.partition("/")
    if not slash or not package or not name:
        raise BadIntent(f"java.lang.IllegalArgumentException: Bad component name: {word}")
    intent["package"], intent["cls"] = package, package + name if name.startswith(".") else name


def short(package: str, name: str) -> str:
    """``PACKAGE/.Class``, as Android shortens components."""
    return f"{package}/{name[len(package) :] if name.startswith(package + '.') else name}"


def safe_uri(uri: str) -> str:
    """A URI as logged: numbers of people and the paths of pages are hidden."""
    scheme, colon, rest = uri.partition(":")
    if not colon:
        return uri
    if scheme.lower() in ("tel", "sip", "sms", "smsto", "mailto", "nfc"):
        return f"{scheme}:" + "".join(char if char in "-@." else "x" for char in rest)
    if scheme.lower() in ("http", "https", "ftp", "rtsp", "content") and rest.startswith("//"):
        host, slash, _ = rest[2:].partition("/")
        return f"{scheme}://{host}" + ("/..." if slash else "")
    return uri


def describe(intent: dict[str, Any]) -> str:
    """``Intent { act=... }``."""
    parts = []
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


def for_device(intent: dict[str, Any]) -> dict[str, Any]:
    """The device's own form of an intent."""
    made = intents.intent(
        intent["action"],
        data=intent["data"],
        type=intent["type"],
        package=intent["package"] or intent["only_package"],
        cls=intent["cls"],
        categories=list(intent["categories"]),
        flags=[name for name, bit in FLAG_NAMES.items() if intent["flags"] & bit],
    )
    made["extras"] = dict(intent["extras"])
    return made


FLAG_NAMES = {
    "clear_top": 0x04000000,
    "clear_task": 0x8000,
    "single_top": 0x20000000,
    "new_task": NEW_TASK,
    "no_history": 0x40000000,
    "multiple_task": 0x08000000,
}
