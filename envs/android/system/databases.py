"""Real SQLite databases in memory, whose images are the virtual files that apps, ``sqlite3`` and evaluators see.

A database is loaded from its file on first use and then kept in memory; its bytes are written back to
the file when somebody reads that. What SQL can reach ends here: no attached files, no extensions, no wall clock, no
randomness but the device's, and a limit on the length of queries.
"""

import functools
import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from palaestra.envs.android.system.files import Files, Node

MAGIC = b"SQLite format 3\0"
STEP_LIMIT = 5_000_000
"""Most virtual machine instructions of one statement; a longer one is ``interrupted``."""
LENGTH_LIMIT = 1 << 26
"""Most bytes of one value or row."""
DATE_FUNCTIONS = ("date", "time", "datetime", "julianday", "unixepoch")
DEFINITIONS = ("CREATE", "DROP", "ALTER", "VACUUM", "REINDEX", "PRAGMA")


def database_path(package: str, name: str) -> str:
    """Path of an app's database."""
    return f"/data/data/{package}/databases/{name}"


@dataclass
class _Open:
    """A connection; ``image`` is what the file holds, equal to the database while ``seen`` is ``total_changes``."""

    connection: sqlite3.Connection
    image: bytes
    seen: int = 0
    defined: bool = False
    steps: int = 0
    current: bool = True

    @property
    def changed(self) -> bool:
        """Whether something was written since the file's time was set."""
        return self.defined or self.connection.total_changes != self.seen


class Host(Protocol):
    """The phone's interface used by the databases."""

    @property
    def now_us(self) -> int:
        """Virtual time, microseconds."""

    @property
    def files(self) -> Files:
        """Its files."""

    def rng(self, purpose: str) -> np.random.Generator:
        """A generator of the phone's."""


class Databases:
    """All databases of one device."""

    def __init__(self, phone: Host):
        self._phone = phone
        self._open: dict[str, _Open] = {}

    def connection(self, package: str, name: str, schema: str = "") -> sqlite3.Connection:
        """The database of an app, made by its schema if it isn't there (or if its file is no database).

        Statements commit by themselves; rows are ``sqlite3.Row``.
        """
        return self.at(database_path(package, name), schema)

    def at(self, path: str, schema: str = "") -> sqlite3.Connection:
        """The database in a file; a missing or broken one is created by ``schema``."""
        opened = self._open.get(path)
        if opened is None:
            opened = self._open[path] = self._opened(path, schema)
        return opened.connection

    def is_database(self, path: str) -> bool:
        """Whether a file is one."""
        files = self._phone.files
        return path in self._open or (
            files.exists(path) and not files.isdir(path) and files.read(path).startswith(MAGIC)
        )

    def note_changes(self) -> None:
        """Set the times of files whose databases were written; to be called before the clock moves."""
        for path, opened in self._open.items():
            if opened.changed:
                opened.seen, opened.defined, opened.current = opened.connection.total_changes, False, False
                self._node(path)["mtime"] = self._phone.now_us

    def flush(self, path: str = "/") -> None:
        """Write the images of changed databases into their files, those at or below a path."""
        self.note_changes()
        for name, opened in self._open.items():
            if not opened.current and (name == path or name.startswith(path.rstrip("/") + "/")):
                opened.image = _image(opened.connection)
                self._node(name)["data"] = opened.image
                opened.current, opened.defined = True, False  # reading the image is not a change

    def forget(self, path: str) -> None:
        """Close databases at or below a path, because the files there are replaced or go."""
        for name in [n for n in self._open if n == path or n.startswith(path + "/")]:
            self._open.pop(name).connection.close()

    def restored(self) -> None:
        """Close databases whose files have changed since they were last written; to be called after a restore."""
        for path, opened in list(self._open.items()):
            node = self._phone.files.find(path)
            if node is None or opened.changed or not opened.current or node.get("data") != opened.image:
                self._open.pop(path).connection.close()
            else:
                node["data"] = opened.image

    def close(self) -> None:
        """Close everything."""
        self.forget("")

    def _node(self, path: str) -> Node:
        return self._phone.files.node(path)

    def _opened(self, path: str, schema: str) -> _Open:
        files = self._phone.files
        image = files.read(path) if files.exists(path) else b""
        connection = _connect()
        if image.startswith(MAGIC):
            connection.deserialize(image)
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            fresh = not image.startswith(MAGIC)
        except sqlite3.DatabaseError:
            connection.close()
            connection, fresh = _connect(), True
        connection.row_factory = sqlite3.Row
        opened = _Open(connection, image)
        self._guard(opened)
        if fresh:
            connection.executescript(schema)
            files.mkdir(path.rpartition("/")[0], parents=True)
            opened.image = _image(connection)
            files.write(path, opened.image)
        opened.seen, opened.defined = connection.total_changes, False
        return opened

    def _guard(self, opened: _Open) -> None:
        """Set limits, and replace the functions that would use this machine's clock or randomness."""
        connection, phone = opened.connection, self._phone

        def statement(sql: str) -> None:
            opened.steps = 0
            opened.defined |= sql.lstrip().upper().startswith(DEFINITIONS)

        def step() -> bool:
            opened.steps += 10_000
            return opened.steps > STEP_LIMIT

        connection.set_trace_callback(statement)
        connection.set_progress_handler(step, 10_000)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LENGTH_LIMIT)
        for name in DATE_FUNCTIONS:
            connection.create_function(name, -1, functools.partial(_at, phone, name, 0))
        connection.create_function("strftime", -1, functools.partial(_at, phone, "strftime", 1))
        for name, meaning in (("timestamp", "datetime"), ("date", "date"), ("time", "time")):
            connection.create_function(f"current_{name}", 0, functools.partial(_at, phone, meaning, 0))
        connection.create_function("random", 0, lambda: int(phone.rng("sqlite").integers(-(2**63), 2**63)))
        connection.create_function("randomblob", 1, lambda n: phone.rng("sqlite").bytes(min(max(int(n), 1), 1 << 20)))


def _image(connection: sqlite3.Connection) -> bytes:
    """The bytes of a database; empty if nothing was ever written."""
    return connection.serialize() if connection.execute("PRAGMA page_count").fetchone()[0] else b""


def _connect() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA temp_store = MEMORY")
    return connection


@functools.cache
def _calendar() -> sqlite3.Connection:
    """SQLite's own date arithmetic."""
    return sqlite3.connect(":memory:", check_same_thread=False)


def _at(phone: Host, name: str, place: int, *values: Any) -> Any:
    """A date function by the device's clock: ``now``, or no time at all, is the device's time."""
    words = list(values)
    if len(words) == place:
        words.append("now")
    if len(words) > place and isinstance(words[place], str) and words[place].lower() == "now":
        words[place] = f"{phone.now_us // 1_000_000}"
        words.insert(place + 1, "unixepoch")
    marks = ", ".join("?" * len(words))
    return _calendar().execute(f"SELECT {name}({marks})", words).fetchone()[0]


@functools.lru_cache(maxsize=512)
def rows_of(image: bytes) -> dict[str, str]:
    """Every row of a database image as ``"TABLE/ROWID" -> text``, for fingerprints and reports of what changed.

    An image that SQLite can't read is the single row ``damaged``.
    """
    connection = _connect()
    try:
        connection.deserialize(image)
        return dict(_rows(connection))
    except sqlite3.DatabaseError:
        return {"damaged": hashlib.sha256(image).hexdigest()}
    finally:
        connection.close()


def _rows(connection: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    made = "SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
    for table, sql in connection.execute(made).fetchall():
        quoted = '"' + table.replace('"', '""') + '"'
        yield f"{table}/schema", sql
        try:
            rows = connection.execute(f"SELECT rowid, * FROM {quoted} ORDER BY rowid").fetchall()
        except sqlite3.OperationalError:  # WITHOUT ROWID: numbered in the order of the primary key
            rows = [(number, *row) for number, row in enumerate(connection.execute(f"SELECT * FROM {quoted}"))]
        for rowid, *values in rows:
            yield f"{table}/{rowid}", repr(values)
