"""``content`` and ``sqlite3``: rows of content providers and databases."""

import re
import shlex
import sqlite3
from typing import Any

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system.files import resolve

USAGE = "usage: adb shell content [subcommand] [options]\n"
OPTIONS = ("--uri", "--user", "--where", "--sort", "--projection", "--bind", "--method", "--arg", "--extra")
VERBS = ("query", "insert", "update", "delete", "read", "call", "gettype")


class BadUse(Exception):
    """Invalid options; the message is Android's."""


def content(call: Call) -> int:
    """``content query|insert|update|delete|read --uri URI ...``."""
    words = [word for word in call.args if word]
    if not words or words[0] not in VERBS:
        call.complain(f"{USAGE}\n[ERROR] Unsupported operation: {words[0] if words else 'null'}\n")
        return 1
    try:
        return _run(call, words[0], _options(words[1:]))
    except BadUse as problem:
        call.complain(f"{USAGE}\n[ERROR] {problem}\n")
        return 1
    except KeyError as authority:
        call.complain(f"Error while accessing provider:{str(authority)[1:-1]}\n")
        call.complain(f"java.lang.IllegalStateException: Could not find provider: {str(authority)[1:-1]}\n")
        return 1
    except ValueError as problem:
        call.complain(f"Error while accessing provider\njava.lang.IllegalArgumentException: {problem}\n")
        return 1
    except (sqlite3.Error, sqlite3.Warning, OverflowError, OSError) as problem:
        kind = "android.database.sqlite.SQLiteException"
        call.complain(f"Error while accessing provider\n{kind}: {problem} (code 1 SQLITE_ERROR)\n")
        return 1


def _options(words: list[str]) -> dict[str, Any]:
    options: dict[str, Any] = {"bind": {}, "where": None, "sort": None, "projection": None, "uri": ""}
    words = list(words)
    while words:
        name = words.pop(0)
        if name not in OPTIONS or not words:
            raise BadUse(f"Unsupported argument: {name}")
        value = words.pop(0)
        if name == "--bind":
            key, bound = _bound(value)
            options["bind"][key] = bound
        else:
            options[name[2:]] = value
    if not options["uri"]:
        raise BadUse("Content provider URI not specified. Did you specify --uri argument?")
    return options


def _bound(word: str) -> tuple[str, Any]:
    """A column and its value from ``NAME:TYPE:VALUE``."""
    name, _, rest = word.partition(":")
    kind, colon, value = rest.partition(":")
    if not name or not colon or kind not in ("b", "s", "i", "l", "f", "d", "n"):
        raise BadUse(f"Binding not well formed: {word}")
    try:
        if kind == "n":
            return name, None
        if kind in ("i", "l"):
            return name, int(value)
        if kind in ("f", "d"):
            return name, float(value)
        return name, int(value.lower() in ("true", "1")) if kind == "b" else value
    except ValueError:
        raise BadUse(f"Binding not well formed: {word}") from None


def _run(call: Call, verb: str, options: dict[str, Any]) -> int:
    providers, uri = call.device.providers, options["uri"]
    if verb == "query":
        columns = [name for name in (options["projection"] or "").split(":") if name] or None
        rows = providers.query(uri, columns, options["where"], options["sort"])
        if not rows:
            call.say("No result found.\n")
        for number, row in enumerate(rows):
            cells = ", ".join(f"{name}={_text(value)}" for name, value in row.items())
            call.say(f"Row: {number} {cells}\n")
        return 0
    if verb == "read":
        rows = providers.query(uri, ["_data"]) if uri.startswith("content://media/") else []
        if not rows:
            raise FileNotFoundError(f"no file behind {uri}")
        call.say(call.device.files.read(rows[0]["_data"]))
        return 0
    if verb == "call":
        call.say(f"Result: {_called(call, uri, options)}\n")
        return 0
    if verb in ("insert", "update") and not options["bind"]:
        raise BadUse("Bindings not specified. Did you specify --bind argument(s)?")
    if verb == "insert":
        providers.insert(uri, options["bind"])
    elif verb == "update":
        providers.update(uri, options["bind"], options["where"])
    elif verb == "delete":
        providers.delete(uri, options["where"])
    elif verb == "gettype":
        call.say(f"Type: vnd.android.cursor.{'item' if uri.rstrip('/').rpartition('/')[2].isdigit() else 'dir'}/row\n")
    call.device.screen_changed()
    return 0


def _called(call: Call, uri: str, options: dict[str, Any]) -> str:
    """What a provider's method returns: only that of the settings has any."""
    match = re.fullmatch(r"(GET|PUT)_(system|secure|global)", options.get("method") or "")
    if not options.get("method"):
        raise BadUse("Method name not specified. Did you specify --method argument?")
    key = options.get("arg")
    if uri.partition("://")[2].partition("/")[0] != "settings" or match is None or not key:
        return "null"
    settings = call.device.settings
    if match[1] == "PUT":
        value = (options.get("extra") or "").partition(":")[2].partition(":")[2]
        settings.put(match[2], key, value)
        return "null"
    return f"Bundle[{{value={settings.get(match[2], key)}}}]"


def _text(value: Any) -> str:
    """A column's value as ``content`` prints it."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return "BLOB"
    return str(value)


def sqlite(call: Call) -> int:
    """``sqlite3 [-header] [-separator S] FILE [SQL]``: rows whose columns are separated by ``|``."""
    words = list(call.args)
    header, separator = False, "|"
    while words and words[0].startswith("-"):
        option = words.pop(0).lstrip("-")
        if option == "header":
            header = True
        elif option == "separator" and words:
            separator = words.pop(0)
        elif option == "csv":
            separator = ","
        elif option == "version":
            call.say("3.32.2 2021-07-12\n")
            return 0
        elif option not in ("batch", "noheader", "list", "readonly"):
            call.complain(f"sqlite3: Error: unknown option: -{option}\n")
            return 1
    if not words:
        call.complain("Usage: sqlite3 [OPTIONS] FILENAME [SQL]\n")
        return 1
    path, scripts = call.path(words[0]), words[1:]
    files = call.device.files
    if files.isdir(path):
        call.complain(f'Error: unable to open database "{words[0]}": unable to open database file\n')
        return 1
    if not files.exists(path) and not files.isdir(path.rpartition("/")[0] or "/"):
        call.complain(f'Error: unable to open database "{words[0]}": unable to open database file\n')
        return 1
    if files.exists(path) and files.read(path) and not call.device.databases.is_database(path):
        call.complain("Error: file is not a database\n")
        return 26
    connection = call.device.databases.at(resolve(path))
    script = " ".join(scripts) if scripts else call.read().decode("utf-8", "replace")
    call.device.screen_changed()
    return _execute(call, connection, script, header, separator)


def _execute(call: Call, connection: sqlite3.Connection, script: str, header: bool, separator: str) -> int:
    status = 0
    for statement in _statements(script):
        if statement.startswith("."):
            status = max(status, _dot(call, connection, statement))
            continue
        if statement.rstrip("; \n").upper() == "VACUUM":  # it would need a second database, which is not allowed here
            continue
        try:
            rows = connection.execute(statement)
            if header and rows.description:
                call.say(separator.join(column[0] for column in rows.description) + "\n")
            for row in rows:
                call.say(separator.join(_cell(value) for value in tuple(row)) + "\n")
        except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError) as problem:
            call.complain(f"Error: {problem}\n")
            return 1
    return status


def _statements(script: str) -> list[str]:
    """The statements and dot commands of a script."""
    statements: list[str] = []
    current = ""
    for line in script.split("\n"):
        if not current.strip() and line.strip().startswith("."):
            statements.append(line.strip())
            continue
        parts = line.split(";")
        for place, part in enumerate(parts):
            current += part + (";" if place < len(parts) - 1 else "\n")
            if current.strip() and sqlite3.complete_statement(current):
                statements.append(current.strip())
                current = ""
    if current.strip():
        statements.append(current.strip())
    return [statement for statement in statements if statement != ";"]


def _cell(value: Any) -> str:
    """A column's value as ``sqlite3`` prints it."""
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _dot(call: Call, connection: sqlite3.Connection, line: str) -> int:
    """Run a dot command: ``.tables`` or ``.schema``; output settings are accepted without effect."""
    words = shlex.split(line, posix=False) if line.count("'") % 2 == 0 else line.split()
    if words[0] == ".tables":
        names = connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")
        call.say("  ".join(row[0] for row in names if not row[0].startswith("sqlite_")) + "\n")
    elif words[0] in (".schema", ".fullschema"):
        table = words[1] if len(words) > 1 else "%"
        rows = connection.execute("SELECT sql FROM sqlite_master WHERE tbl_name LIKE ? AND sql NOT NULL", (table,))
        call.say("".join(f"{row[0]};\n" for row in rows))
    elif words[0] not in (".headers", ".header", ".mode", ".separator", ".quit", ".exit", ".timeout", ".databases"):
        call.complain(f'Error: unknown command or invalid arguments:  "{words[0][1:]}". Enter ".help" for help\n')
        return 1
    return 0


COMMANDS = {"content": content, "sqlite3": sqlite}
