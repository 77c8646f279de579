"""Content providers: ``content://`` addresses as tables of databases, files and settings.

A provider is declared by its database, schema and paths, so that an app brings its own by one declaration
(``App.providers``). The media store's columns are Android's (developer.android.com: MediaStore).
"""

import mimetypes
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from palaestra.envs.android.system.contracts import CALLS, DATABASES, TELEPHONY, Provider, Table
from palaestra.envs.android.system.databases import Databases
from palaestra.envs.android.system.files import STORAGE, Files
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.settings import SettingsStore

Row = dict[str, Any]
MILLISECOND = 1_000
SETTING = ("_id", "name", "value", "package", "is_preserved_in_restore")
"""Columns of the settings' tables."""
MEDIA_TYPES = {
    "images/media": "image/",
    "video/media": "video/",
    "audio/media": "audio/",
    "file": "",
    "downloads": "",
}
_TYPES = mimetypes.MimeTypes(filenames=())  # not the host's table, which differs between machines


def mime_type(path: str) -> str:
    """The type of a file by its name, ``application/octet-stream`` if unknown."""
    if path.lower().endswith((".md", ".markdown")):
        return "text/markdown"
    return _TYPES.guess_type(path)[0] or "application/octet-stream"


class Host(Protocol):
    """The phone's interface used by the providers."""

    @property
    def now_us(self) -> int:
        """Virtual time, microseconds."""

    @property
    def apps(self) -> Mapping[str, Manifest]:
        """All available apps, installed or not, by package."""

    @property
    def files(self) -> Files:
        """Its files."""

    @property
    def databases(self) -> Databases:
        """Its open databases."""

    @property
    def settings(self) -> SettingsStore:
        """Its settings."""


class Providers:
    """The resolver of one device.

    Raises:
        KeyError: no provider has that authority.
        ValueError: the provider has no such path, or doesn't support the operation.
        sqlite3.Error: the conditions or columns are wrong.
    """

    def __init__(self, phone: Host):
        self._phone = phone

    def query(
        self,
        uri: str,
        projection: Sequence[str] | None = None,
        where: str | None = None,
        sort: str | None = None,
        arguments: Sequence[Any] = (),
    ) -> list[Row]:
        """Rows with the requested columns; ``where`` and ``sort`` in SQL, ``?`` taken from ``arguments``."""
        authority, path = _split(uri)
        if authority in ("media", "settings"):
            connection, table, condition = self._listed(authority, path)
        else:
            provider, source, condition = self._table(authority, path)
            connection, table = self._connection(provider), source.view or source.name
        columns = ", ".join(projection) if projection else "*"
        parts = [f"({part})" for part in (condition, where) if part]
        sql = f"SELECT {columns} FROM {table}" + (f" WHERE {' AND '.join(parts)}" if parts else "")
        if not sort and table == "sms":
            sort = "date DESC, _id DESC"  # as the real provider; of messages with equal dates the last first
        sql += f" ORDER BY {sort}" if sort else ""
        return [dict(row) for row in connection.execute(sql, tuple(arguments))]

    def insert(self, uri: str, values: Mapping[str, Any]) -> str:
        """Add a row; returns its address."""
        authority, path = _split(uri)
        if authority == "settings":
            self._phone.settings.put(_namespace(path), str(values["name"]), str(values["value"]))
            return f"content://settings/{_namespace(path)}/{values['name']}"
        provider, table, _ = self._table(authority, path)
        connection = self._connection(provider)
        row = {**self._defaults(provider), **table.values, **values}
        target = table.view if table.view == "view_data" else table.name
        if not target:
            raise ValueError(f"Unknown URL {uri}")
        names = ", ".join(_quoted(name) for name in row)
        marks = ", ".join("?" * len(row))
        connection.execute(f"INSERT INTO {target} ({names}) VALUES ({marks})", tuple(row.values()))
        number = connection.execute(f"SELECT max(_id) FROM {table.name}").fetchone()[0]
        return f"{uri.rstrip('/')}/{number}"

    def update(
        self, uri: str, values: Mapping[str, Any], where: str | None = None, arguments: Sequence[Any] = ()
    ) -> int:
        """Change rows; returns how many."""
        authority, path = _split(uri)
        if authority == "settings":
            self._phone.settings.put(_namespace(path), path.partition("/")[2], str(values["value"]))
            return 1
        provider, table, condition = self._table(authority, path)
        changes = ", ".join(f"{_quoted(name)} = ?" for name in values)
        return self._write(
            provider, table, f"UPDATE {table.name} SET {changes}", condition, where, (*values.values(), *arguments)
        )

    def delete(self, uri: str, where: str | None = None, arguments: Sequence[Any] = ()) -> int:
        """Remove rows, and of media their files; returns how many."""
        authority, path = _split(uri)
        if authority == "media":
            media = self.query(uri, ["_data"], where, None, arguments)
            for row in media:
                self._phone.files.remove(row["_data"])
            return len(media)
        if authority == "settings":
            return int(self._phone.settings.delete(_namespace(path), path.partition("/")[2]))
        provider, table, condition = self._table(authority, path)
        return self._write(provider, table, f"DELETE FROM {table.name}", condition, where, arguments)

    def _write(
        self,
        provider: Provider,
        table: Table,
        sql: str,
        condition: str,
        where: str | None,
        arguments: Sequence[Any],
    ) -> int:
        if not table.name:
            raise ValueError("this path can only be read")
        parts = []
        if condition:
            source = table.view or table.name
            parts.append(f"_id IN (SELECT _id FROM {source} WHERE {condition})")
        if where:
            parts.append(f"({where})")
        sql += f" WHERE {' AND '.join(parts)}" if parts else ""
        return self._connection(provider).execute(sql, tuple(arguments)).rowcount

    def _connection(self, provider: Provider) -> sqlite3.Connection:
        return self._phone.databases.connection(provider.package, provider.database, provider.schema)

    def _defaults(self, provider: Provider) -> Row:
        """Columns that the system fills in."""
        if provider in (TELEPHONY, CALLS):
            return {"date": self._phone.now_us // MILLISECOND}
        return {}

    def _table(self, authority: str, path: str) -> tuple[Provider, Table, str]:
        """The provider, the table of a path and the condition that the path means."""
        if authority == "media":
            raise ValueError("rows of the media store follow the files")
        provider = DATABASES.get(authority) or self._brought(authority)
        if provider is None:
            raise KeyError(authority)
        head, _, last = path.rpartition("/")
        if path in provider.tables:
            return provider, provider.tables[path], provider.tables[path].where
        if last.isdecimal() and head in provider.tables:
            table = provider.tables[head]
            return provider, table, " AND ".join(filter(None, (table.where, f"_id = {int(last)}")))
        raise ValueError(f"Unknown URL content://{authority}/{path}")

    def _brought(self, authority: str) -> Provider | None:
        """A provider that an app declares."""
        for app in self._phone.apps.values():
            if authority in app.providers:
                return app.providers[authority]
        return None

    def _listed(self, authority: str, path: str) -> tuple[sqlite3.Connection, str, str]:
        """Files or settings as a table of their own, and the condition that the path means."""
        head, _, last = path.rpartition("/")
        if authority == "media":
            base, condition = (head, f"_id = {int(last)}") if last.isdecimal() else (path, "")
            rows = self._media(base)
        else:
            base, condition = _namespace(path), ""
            rows = [
                {"_id": number, "name": name, "value": value, "package": "android", "is_preserved_in_restore": 0}
                for number, (name, value) in enumerate(sorted(self._phone.settings.list(base).items()), 1)
                if "/" not in path or name == path.partition("/")[2]
            ]
        columns = _medium("", "", 0, 0) if authority == "media" else SETTING
        return _table_of(rows, list(columns)), "rows", condition

    def _media(self, path: str) -> list[Row]:
        """Files on the shared storage as the media store lists them; a file's number comes from its path."""
        kind = path.partition("/")[2]  # after "external" or "external_primary"
        if kind not in MEDIA_TYPES:
            raise ValueError(f"Unknown URL content://media/{path}")
        files, rows = self._phone.files, []
        for name in files.walk(STORAGE):
            relative = name.removeprefix(STORAGE + "/")
            is_there = mime_type(name).startswith(MEDIA_TYPES[kind]) and not relative.startswith("Android/")
            if is_there and (kind != "downloads" or relative.startswith("Download/")):
                stat = files.stat(name)
                rows.append(_medium(name, relative, stat.size, stat.mtime_us))
        return rows


def _medium(path: str, relative: str, size: int, mtime_us: int) -> Row:
    folder, _, name = relative.rpartition("/")
    seconds = mtime_us // 1_000_000
    return {
        "_id": zlib.crc32(path.encode()),
        "_data": path,
        "_display_name": name,
        "title": name.rpartition(".")[0] or name,
        "_size": size,
        "mime_type": mime_type(path),
        "relative_path": f"{folder}/",
        "bucket_display_name": folder.rpartition("/")[2],
        "date_added": seconds,
        "date_modified": seconds,
    }


def _table_of(rows: Sequence[Row], columns: Sequence[str]) -> sqlite3.Connection:
    """Rows as a table ``rows`` of a database of their own, so that conditions on them are SQL as well."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.row_factory = sqlite3.Row
    connection.execute(f"CREATE TABLE rows ({', '.join(columns)})")
    marks = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO rows VALUES ({marks})", [tuple(row.values()) for row in rows])
    return connection


def _split(uri: str) -> tuple[str, str]:
    """Authority and path of a content address."""
    if not uri.startswith("content://"):
        raise ValueError(f"not a content address: {uri}")
    authority, _, path = uri.removeprefix("content://").partition("/")
    return authority.rpartition("@")[2], path.strip("/")


def _namespace(path: str) -> str:
    name = path.partition("/")[0]
    if name not in ("system", "secure", "global"):
        raise ValueError(f"Unknown URL content://settings/{path}")
    return name


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
