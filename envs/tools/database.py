"""A world's state as an SQLite database in memory: cheap images, a fingerprint of its rows, and their changes.

Writes are logged by TEMP triggers, which are not part of the image. From the log follow, without reading the tables
again, the fingerprint (a sum of the rows' hashes modulo 2^256, so that it depends on the set of rows and not on the
pages that hold them) and the changes since the episode's start.

SQL that an agent wrote goes through ``query``, which refuses whatever reaches beyond the rows and bounds its work by
counted steps, so that it stops alike on every machine. ``random()`` and the functions of time are the world's.
"""

import contextlib
import hashlib
import itertools
import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from palaestra.envs.tools.shapes import compiled
from palaestra.envs.tools.shapes import definitions as definitions_of
from palaestra.envs.tools.statements import problem

MODULUS = 1 << 256
STEPS = 500_000
"""Instructions of SQLite's virtual machine that one statement of an agent may take."""
STEPS_PER_CHECK = 1000
VALUE_BYTES = 8192
"""Maximum size of a text, a blob and a row in a statement of an agent; bounds the memory of ``STEPS``."""
TRUSTED_BYTES = 1 << 26
"""The same for our own statements."""
SQL_CHARACTERS = 10_000
MAX_PAGES = 512
"""Maximum size of a database, 2 MiB; larger data that never change belong beside it, see ``worlds.search``."""
MAX_KNOWN = 1024
_KNOWN: dict[tuple[tuple[str, ...], bytes], None] = {}
"""Tables and checksums of images that needn't be examined again, the latest ``MAX_KNOWN``; reading a schema takes
longer than the rest of a fork."""
TIME_FUNCTIONS = ("date", "time", "datetime", "julianday", "unixepoch", "strftime", "timediff")
CURRENT = {"current_timestamp": "datetime", "current_date": "date", "current_time": "time"}
COSTLY_FUNCTIONS = {
    "trim": (1, 2),
    "ltrim": (1, 2),
    "rtrim": (1, 2),
    "instr": (2,),
    "replace": (3,),
    "like": (2, 3),
    "glob": (2,),
}
"""Functions whose time is the product of their texts' lengths, with their numbers of arguments."""
CHARACTERS_PER_STEP = 200
"""Pairs of characters that such a function compares in the time of a step, roughly."""
RESULT_BYTES = 1 << 20
"""Maximum size of a result."""
RESULT_COLUMNS = 200
REFUSED_FUNCTIONS = {
    *("load_extension", "fts3_tokenizer", "sqlite_log", "sqlite_offset"),
    # The program's, not the world's.
    *("sqlite_version", "sqlite_source_id", "sqlite_compileoption_get", "sqlite_compileoption_used"),
    # The connection's past, which neither an image nor the fingerprint has.
    *("changes", "total_changes", "last_insert_rowid"),
}
NOW = ("now", "subsec", "subsecond")
"""What stands for the present in place of a time."""

READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE}
WRITES = {sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE}
SCHEMA_TABLES = ("sqlite_master", "sqlite_schema")


class RefusedSQL(Exception):
    """A statement of an agent is wrong, forbidden or too expensive; the message is for the agent."""


@dataclass(frozen=True)
class Table:
    """The result of a statement.

    Attributes:
        columns: their names.
        rows: at most as many as were asked for.
        more: whether there were more.
        changed: number of rows that were written.
    """

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    more: bool = False
    changed: int = 0


class Database:
    """Tables in memory, on a connection of their own.

    Every table has a primary key and none is AUTOINCREMENT, whose counter would be state outside of the rows.

    Args:
        schema: ``CREATE TABLE`` and ``CREATE INDEX`` statements.
        now: the world's time, seconds since 1970.
        draw: the world's next random 64 bits.

    Raises:
        ValueError: a table has no primary key, or is AUTOINCREMENT.
    """

    def __init__(self, schema: str, now: Callable[[], float], draw: Callable[[], int]):
        self._empty, self._shapes, self._definitions = compiled(schema)
        self._triggers = {name for shape in self._shapes.values() for name in shape.triggers()}
        self._now, self._draw = now, draw
        self._connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self._plain: sqlite3.Connection | None = None
        self._untrusted, self._steps, self._reason = False, 0, ""
        self._watching = self._detached = False
        self._written = 0
        self._total, self._originals = 0, dict[tuple[str, bytes], bytes | None]()
        self._changes: dict[str, tuple[Any, Any]] | None = None  # computed once per state
        self._connection.deserialize(self._empty)
        self._prepare()

    def _prepare(self) -> None:
        """Set the connection's functions and limits. They hold no reference to this object, which would be a cycle."""
        connection, this = self._connection, weakref.proxy(self)
        connection.create_function("_row", -1, lambda *values: msgpack.packb(values), deterministic=True)
        connection.create_function("random", 0, lambda: this._random())
        connection.create_function("randomblob", 1, lambda count: this._random_bytes(count))
        for name in TIME_FUNCTIONS:
            connection.create_function(name, -1, lambda *given, name=name: this._time(name, given))
        for name, counts in COSTLY_FUNCTIONS.items():
            for count in counts:
                connection.create_function(
                    name, count, lambda *given, name=name: this._costly(name, given), deterministic=True
                )
        for name, function in CURRENT.items():
            connection.create_function(name, 0, lambda function=function: this._time(function, ()))
        connection.set_authorizer(lambda *request: this._authorize(*request))
        connection.set_progress_handler(lambda: this._progress(), STEPS_PER_CHECK)
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200)
        connection.setlimit(sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 100)
        connection.setlimit(sqlite3.SQLITE_LIMIT_COLUMN, RESULT_COLUMNS)
        connection.setlimit(sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 50)

    # Trusted statements, of the tools and tasks.

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """All rows of a SELECT, as dicts."""
        cursor = self._connection.execute(sql, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row)) for row in cursor]

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """The first row of a SELECT, None if there is none."""
        cursor = self._connection.execute(sql, values)
        first = cursor.fetchone()
        return None if first is None else dict(zip([column[0] for column in cursor.description], first))

    def value(self, sql: str, *values: Any) -> Any:
        """The first column of a SELECT's first row, None if there is none."""
        first = self._connection.execute(sql, values).fetchone()
        return None if first is None else first[0]

    def run(self, sql: str, *values: Any) -> int:
        """Execute an INSERT, UPDATE or DELETE; returns the number of rows it changed."""
        self._begin()
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **values: Any) -> int:
        """Insert a row; returns its rowid."""
        self._begin()
        names, marks = ",".join(f'"{name}"' for name in values), ",".join("?" * len(values))
        cursor = self._connection.execute(f'INSERT INTO "{table}"({names}) VALUES({marks})', tuple(values.values()))
        return cursor.lastrowid or 0

    def insert_many(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        """Insert rows with a value for every column, in the columns' order."""
        if rows:
            self._begin()
            self._connection.executemany(f'INSERT INTO "{table}" VALUES({",".join("?" * len(rows[0]))})', rows)

    # An agent's statements.

    def query(self, sql: str, max_rows: int = 100) -> Table:
        """Execute one statement of an agent: SELECT, INSERT, UPDATE or DELETE on the world's tables.

        Raises:
            RefusedSQL: it is wrong, forbidden or too expensive. The transaction it is part of must be undone.
        """
        if "\0" in sql or len(sql) > SQL_CHARACTERS:
            raise RefusedSQL(f"the statement is longer than {SQL_CHARACTERS} characters or has a null character")
        if reason := problem(sql):
            raise RefusedSQL(reason)
        if sql.lstrip().partition(" ")[0].upper() not in ("SELECT", "VALUES"):
            self._begin()
        before = self._connection.total_changes
        self._untrusted, self._steps, self._reason = True, STEPS, ""
        length = self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES)
        try:
            # The comment separates it from our own statements in the cache of those that were already authorized.
            cursor = self._connection.execute("/*agent*/" + sql)
            rows = self._bounded(itertools.islice(cursor, max_rows + 1))
            columns = tuple(column[0] for column in cursor.description or ())
            cursor.close()
        except RefusedSQL:
            raise
        except (sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeError, MemoryError) as error:
            raise RefusedSQL(self._reason or str(error) or type(error).__name__) from None
        finally:
            self._untrusted = False
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, length)
        wrote = self._connection.total_changes > before
        changed = self._connection.execute("SELECT changes()").fetchone()[0] if wrote else 0
        return Table(columns, rows[:max_rows], len(rows) > max_rows, changed)

    @staticmethod
    def _bounded(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        """Rows, as long as they aren't too large together."""
        kept, size = [], 0
        for row in rows:
            size += sum(len(value) if isinstance(value, str | bytes) else 8 for value in row)
            if size > RESULT_BYTES:
                raise RefusedSQL(f"the result has more than {RESULT_BYTES} bytes")
            kept.append(row)
        return kept

    def _authorize(self, *request: Any) -> int:
        allowed = not self._untrusted or self._is_allowed(*request)
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY

    def _is_allowed(
        self, action: int, first: str | None, second: str | None, base: str | None, trigger: str | None
    ) -> bool:
        if action in READS:
            return True
        # A subquery's name stands in the place of a trigger's, so this allows no more than the triggers need: reading
        # and calling a harmless function; only a trigger can write in a query.
        if trigger in self._triggers and (second == "_row" or (action == sqlite3.SQLITE_INSERT and first == "_log")):
            return True
        tables = self._shapes.keys()
        if action == sqlite3.SQLITE_READ:
            if base in (None, "", "main") and first in (*tables, *SCHEMA_TABLES, "", None):
                return True
            self._reason = f"{first}: no such table"
        elif action in WRITES:
            if first in tables and base == "main":
                return True
            self._reason = f"{first}: may not be written"
        elif action == sqlite3.SQLITE_FUNCTION:
            if second not in REFUSED_FUNCTIONS and second != "_row":
                return True
            self._reason = f"{second}: this function may not be used"
        else:
            self._reason = "only SELECT, INSERT, UPDATE and DELETE are allowed"
        return False

    def _progress(self) -> int:
        return int(self._untrusted and self._spend(STEPS_PER_CHECK))

    def _spend(self, steps: int) -> bool:
        """Count steps of an agent's statement; whether there are no more."""
        self._steps -= steps
        if self._steps <= 0:
            self._reason = f"the statement takes more than {STEPS} steps"
        return self._steps <= 0

    # The world's randomness and time.

    def _random(self) -> int:
        number = self._draw() % (1 << 64)
        return number - (1 << 64) if number >= 1 << 63 else number

    def _random_bytes(self, count: Any) -> bytes:
        size = max(1, count if isinstance(count, int) else 1)
        if size > VALUE_BYTES:
            raise ValueError("randomblob: too big")
        return b"".join(self._draw().to_bytes(8, "little") for _ in range(-(-size // 8)))[:size]

    def _time(self, function: str, given: tuple[Any, ...]) -> Any:
        """A function of time, computed by a connection that has SQLite's own functions."""
        fixed = 1 if function == "strftime" else 0  # the format comes first
        values = list(map(_as_c_reads, given))
        if function == "timediff":
            present = self._compute("datetime", [self._now(), "unixepoch"])
            return self._compute(function, [present if _word(value) in NOW else value for value in values])
        values = values if len(values) > fixed else [*values, "now"]
        if len(values) > fixed and (word := _word(values[fixed])) in NOW:
            values[fixed : fixed + 1] = [self._now(), "unixepoch", *([word] if word != "now" else [])]
        # The world's place is UTC, wherever the machine is.
        local = [value for value in values[fixed + 1 :] if _word(value) not in ("localtime", "utc")]
        return self._compute(function, [*values[: fixed + 1], *local])

    def _costly(self, function: str, given: tuple[Any, ...]) -> Any:
        """A function whose time isn't bounded by a step: takes as many as it needs."""
        if self._untrusted:
            first, second = (len(each) if isinstance(each, str | bytes) else 20 for each in (*given, "")[:2])
            if self._spend(first * second // CHARACTERS_PER_STEP):
                raise RefusedSQL(self._reason)
        return self._compute(function, given)

    def _compute(self, function: str, values: Sequence[Any]) -> Any:
        """SQLite's own function, by a connection that still has it."""
        if self._plain is None:
            self._plain = sqlite3.connect(":memory:", check_same_thread=False)
            self._plain.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 200)
        self._plain.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES if self._untrusted else TRUSTED_BYTES)
        try:
            return self._plain.execute(f"SELECT {function}({','.join('?' * len(values))})", values).fetchone()[0]
        except sqlite3.Error as error:
            self._reason = str(error)
            raise

    # Transactions, fingerprint and changes.

    @contextlib.contextmanager
    def call(self) -> Iterator[None]:
        """One tool call: its writes take effect together, or not at all if it raises."""
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        self._commit()

    def _begin(self) -> None:
        """Begin a transaction before the first write of a call."""
        if not self._watching or self._detached:
            self._attach()
        if not self._connection.in_transaction:
            self._connection.execute("BEGIN")
            self._written = self._connection.total_changes

    def _attach(self) -> None:
        """Make the connection ready to write.

        Only before the first write: most forks of a world are read or dropped, and this takes longer than the fork.
        """
        connection = self._connection
        if not self._watching:
            connection.execute("PRAGMA temp_store=MEMORY")
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA recursive_triggers=ON")  # otherwise REPLACE removes rows without their triggers
            triggers = "".join(text for shape in self._shapes.values() for text in shape.triggers().values())
            connection.executescript(f"CREATE TEMP TABLE _log(name, sign, row); {triggers}")
        else:
            # deserialize gives the tables a schema of their own, which TEMP triggers of before don't belong to. This
            # pragma reads all schemas again; neither a rolled-back change nor a new schema cookie does.
            connection.execute("PRAGMA writable_schema=RESET")
        connection.execute(f"PRAGMA max_page_count={MAX_PAGES}")
        self._watching, self._detached = True, False

    def _commit(self) -> None:
        """End the call's transaction, if there is one, and account for its rows."""
        connection = self._connection
        if not connection.in_transaction:
            return
        log: list[tuple[int, str, int, bytes]] = []
        if connection.total_changes > self._written:
            log = sorted(connection.execute("DELETE FROM _log RETURNING rowid, name, sign, row"))
        connection.execute("COMMIT")
        for _, name, sign, row in log:
            self._total += sign * _hash(name, row)
            key = (name, self._shapes[name].key_of(row))
            current = row if sign > 0 else None
            original = self._originals.setdefault(key, None if sign > 0 else row)
            if original == current:
                del self._originals[key]
        self._total %= MODULUS
        self._changes = None

    def mark(self) -> None:
        """Count changes from here."""
        self._commit()
        self._originals.clear()
        self._changes = None

    def changes(self) -> dict[str, tuple[Any, Any]]:
        """What has changed since ``mark``: ``table/key/column`` to the values before and now, None where no row is."""
        if self._changes is None:
            self._changes = self._compared()
        return self._changes

    def _compared(self) -> dict[str, tuple[Any, Any]]:
        changed = {}
        for name, key in sorted(self._originals):
            shape = self._shapes[name]
            where = " AND ".join(f'"{shape.columns[position]}" IS ?' for position in shape.key)
            columns = ",".join(f'"{column}"' for column in shape.columns)
            values = msgpack.unpackb(key)
            row = self._connection.execute(f'SELECT {columns} FROM "{name}" WHERE {where}', values).fetchone()
            original = self._originals[name, key]
            before = None if original is None else msgpack.unpackb(original)
            label = f"{name}/{','.join(map(str, values))}"
            for position, column in enumerate(shape.columns):
                was, now = before and before[position], row and row[position]
                if was != now or type(was) is not type(now):
                    changed[f"{label}/{column}"] = (was, now)
        return changed

    def fingerprint(self) -> bytes:
        """32 bytes, equal for databases with equal rows."""
        return self._total.to_bytes(32, "little")

    def recomputed(self) -> bytes:
        """The fingerprint from all rows, for tests: 1 ms per 300 rows."""
        total = 0
        for shape in self._shapes.values():
            columns = ",".join(f'"{column}"' for column in shape.columns)
            for row in self._connection.execute(f'SELECT {columns} FROM "{shape.name}"'):
                total += _hash(shape.name, msgpack.packb(row))
        return (total % MODULUS).to_bytes(32, "little")

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables' names."""
        return tuple(self._shapes)

    # Images.

    def clear(self) -> None:
        """Remove all rows."""
        self._connection.deserialize(self._empty)
        self._total, self._originals, self._changes, self._detached = 0, {}, None, True

    def save(self) -> dict[str, Any]:
        """The state as plain data: the image, its checksum, the fingerprint and the changed rows' originals."""
        image = self._connection.serialize()
        originals = [[name, key, row] for (name, key), row in sorted(self._originals.items())]
        checksum = hashlib.sha256(image).digest()
        self._remember(checksum)
        return {"image": image, "checksum": checksum, "rows": self.fingerprint(), "originals": originals}

    def load(self, state: Mapping[str, Any]) -> None:
        """Load what ``save`` returned.

        Raises:
            ValueError, TypeError, KeyError: it is damaged, or has other tables; the database is unchanged.
        """
        image, total = state["image"], int.from_bytes(state["rows"], "little")
        originals = {(name, key): row for name, key, row in state["originals"]}
        if total >= MODULUS or not isinstance(state["rows"], bytes):
            raise ValueError("the fingerprint is no 32 bytes")
        checksum = hashlib.sha256(image).digest()
        if checksum != state["checksum"]:
            raise ValueError("the database's image is damaged")
        if any(name not in self._shapes for name, _ in originals):
            raise ValueError("the database has other tables")
        for (name, key), row in originals.items():
            self._shapes[name].check(key, row)
        if (self._definitions, checksum) in _KNOWN:
            self._connection.deserialize(image)
        else:
            self._load_unknown(image)
            self._remember(checksum)
        self._total, self._originals, self._changes, self._detached = total, originals, None, True

    def _load_unknown(self, image: bytes) -> None:
        """Load an image that this process hasn't made, if it is sound and has the right tables."""
        before = self._connection.serialize()
        try:
            self._connection.deserialize(image)
            sound = definitions_of(self._connection) == self._definitions
            sound = sound and self._connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        except (sqlite3.Error, MemoryError):  # the latter for an empty image
            sound = False
        if not sound:
            self._connection.deserialize(before)
            self._detached = True
            raise ValueError("the database's image has other tables, or is damaged")

    def _remember(self, checksum: bytes) -> None:
        """Remember an image as sound."""
        _KNOWN[self._definitions, checksum] = None
        while len(_KNOWN) > MAX_KNOWN:
            del _KNOWN[next(iter(_KNOWN))]

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        if self._plain is not None:
            self._plain.close()


def _as_c_reads(value: Any) -> Any:
    """A value as the functions of time read it: blobs as texts, and no text beyond a null character."""
    if isinstance(value, bytes):
        value = value.decode(errors="replace")
    return value.partition("\0")[0] if isinstance(value, str) else value


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _hash(table: str, row: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(row, digest_size=32, key=table.encode()[:64]).digest(), "little")
