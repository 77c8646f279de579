"""What is known of a database's tables: columns, keys, and the triggers that log their rows."""

import contextlib
import functools
import sqlite3
from dataclasses import dataclass

import msgpack

LARGEST = 2**63 - 1
"""The largest number of a row."""


@dataclass(frozen=True)
class Shape:
    """A table's name, columns, the positions of its key among them, and whether its rows have numbers."""

    name: str
    columns: tuple[str, ...]
    key: tuple[int, ...]
    numbered: bool

    def key_of(self, row: bytes) -> bytes:
        """The packed key of a packed row."""
        values = msgpack.unpackb(row)
        return msgpack.packb([values[position] for position in self.key])

    def check(self, key: bytes, row: bytes | None) -> None:
        """Check a packed key, and the packed row that had it.

        Raises:
            ValueError, TypeError: they aren't of this table.
        """
        plain = (int, float, str, bytes, type(None))
        for packed, length in ((key, len(self.key)), *([] if row is None else [(row, len(self.columns))])):
            values = msgpack.unpackb(packed)
            if not isinstance(values, list) or len(values) != length or not all(type(each) in plain for each in values):
                raise ValueError(f"not a row of {self.name}")

    def triggers(self) -> dict[str, str]:
        """The TEMP triggers that log its rows, by name.

        They refuse what the log can't tell apart or SQLite can't repeat: rows without a key, and the largest row
        number, after which SQLite numbers rows by its own chance.
        """
        old, new = (",".join(f'{side}."{column}"' for column in self.columns) for side in ("OLD", "NEW"))
        removed, added = f"('{self.name}',-1,_row({old}))", f"('{self.name}',1,_row({new}))"
        events = {"INSERT": added, "DELETE": removed, "UPDATE": f"{removed},{added}"}
        wrong = [f'NEW."{self.columns[position]}" IS NULL' for position in self.key]
        wrong += [f"NEW.rowid = {LARGEST}"] if self.numbered else []
        check = f"SELECT RAISE(ABORT, 'this key or row number may not be used') WHERE {' OR '.join(wrong)};"
        return {
            f"{event}_{self.name}": f'CREATE TEMP TRIGGER "{event}_{self.name}" AFTER {event} ON main."{self.name}" '
            f"BEGIN {'' if event == 'DELETE' else check} INSERT INTO _log VALUES {rows}; END;"
            for event, rows in events.items()
        }


@functools.lru_cache(maxsize=256)
def compiled(schema: str) -> tuple[bytes, dict[str, Shape], tuple[str, ...]]:
    """The empty database of a schema: its image, its tables by name, and their definitions."""
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(schema)
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type='table' ORDER BY 1")]
        shapes = {name: _shape(connection, name) for name in names}
        return connection.serialize() if names else _blank(connection), shapes, definitions(connection)


def _blank(connection: sqlite3.Connection) -> bytes:
    """The image of a database without tables, which has a page only once something was written."""
    connection.execute("VACUUM")
    return connection.serialize()


def _shape(connection: sqlite3.Connection, name: str) -> Shape:
    if name == "sqlite_sequence":
        raise ValueError("a table is AUTOINCREMENT, whose counter is state outside of the rows")
    columns = connection.execute(f'PRAGMA table_info("{name}")').fetchall()
    key = [column for column in columns if column[5]]
    if not key:
        raise ValueError(f"table {name} has no primary key")
    listed = {row[1]: row[4] for row in connection.execute("PRAGMA table_list")}  # since SQLite 3.37
    names = tuple(column[1] for column in columns)
    return Shape(name, names, tuple(column[0] for column in key), listed.get(name) == 0)


def definitions(connection: sqlite3.Connection) -> tuple[str, ...]:
    """The statements that define what is in a database."""
    return tuple(sql for (sql,) in connection.execute("SELECT sql FROM main.sqlite_schema ORDER BY name") if sql)
