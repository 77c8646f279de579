"""Content providers: ``content://`` addresses as tables of databases, files and settings.

A provider is declared by its database, schema and paths, so that an app brings its own by one declaration
(``App.providers``). Columns and paths are those of Android's contracts (developer.android.com: Telephony.Sms,
ContactsContract, CallLog.Calls, MediaStore) that AndroidWorld's evaluators and people's scripts ask for.
"""

import mimetypes
import sqlite3
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from palaestra.envs.android.system.files import STORAGE

Row = dict[str, Any]
MILLISECOND = 1_000


@dataclass(frozen=True)
class Table:
    """What a path of a provider stands for.

    Attributes:
        name: the table that is written; empty if the path can only be read.
        view: the table or view that is read; the table itself if empty.
        where: rows that belong to the path.
        values: columns that an insert through the path gets.
    """

    name: str
    view: str = ""
    where: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Provider:
    """A provider over one database: package and file name, schema, tables by path."""

    package: str
    database: str
    schema: str
    tables: Mapping[str, Table]


SMS_SCHEMA = """
CREATE TABLE threads (_id INTEGER PRIMARY KEY AUTOINCREMENT, date INTEGER DEFAULT 0, message_count INTEGER DEFAULT 0,
    recipient_ids TEXT, snippet TEXT, read INTEGER DEFAULT 1, type INTEGER DEFAULT 0, error INTEGER DEFAULT 0);
CREATE TABLE canonical_addresses (_id INTEGER PRIMARY KEY AUTOINCREMENT, address TEXT);
CREATE TABLE sms (_id INTEGER PRIMARY KEY, thread_id INTEGER, address TEXT, person INTEGER, date INTEGER,
    date_sent INTEGER DEFAULT 0, protocol INTEGER, read INTEGER DEFAULT 0, status INTEGER DEFAULT -1, type INTEGER,
    reply_path_present INTEGER, subject TEXT, body TEXT, service_center TEXT, locked INTEGER DEFAULT 0,
    sub_id INTEGER DEFAULT 1, error_code INTEGER DEFAULT -1, creator TEXT, seen INTEGER DEFAULT 0);
CREATE TRIGGER sms_thread AFTER INSERT ON sms WHEN new.thread_id IS NULL BEGIN
    INSERT INTO canonical_addresses (address) SELECT new.address
        WHERE NOT EXISTS (SELECT 1 FROM canonical_addresses WHERE address IS new.address);
    INSERT INTO threads (recipient_ids) SELECT _id FROM canonical_addresses WHERE address IS new.address
        AND _id NOT IN (SELECT CAST(recipient_ids AS INTEGER) FROM threads);
    UPDATE sms SET thread_id = (SELECT t._id FROM threads t JOIN canonical_addresses a ON a._id = t.recipient_ids
        WHERE a.address IS new.address) WHERE _id = new._id;
END;
CREATE TRIGGER sms_counted AFTER UPDATE OF thread_id ON sms BEGIN
    UPDATE threads SET date = new.date, snippet = new.body, read = new.read,
        message_count = (SELECT count(*) FROM sms WHERE thread_id = new.thread_id) WHERE _id = new.thread_id;
END;
CREATE TRIGGER sms_read AFTER UPDATE OF read ON sms BEGIN
    UPDATE threads SET read = NOT EXISTS (SELECT 1 FROM sms WHERE thread_id = new.thread_id AND read = 0)
        WHERE _id = new.thread_id;
END;
CREATE TRIGGER sms_gone AFTER DELETE ON sms BEGIN
    UPDATE threads SET message_count = (SELECT count(*) FROM sms WHERE thread_id = old.thread_id)
        WHERE _id = old.thread_id;
    DELETE FROM threads WHERE _id = old.thread_id AND message_count = 0;
END;
"""
SMS_TYPES = {"inbox": 1, "sent": 2, "draft": 3, "outbox": 4, "failed": 5, "queued": 6}

CONTACTS_SCHEMA = """
CREATE TABLE raw_contacts (_id INTEGER PRIMARY KEY AUTOINCREMENT, contact_id INTEGER, account_type TEXT,
    account_name TEXT, deleted INTEGER NOT NULL DEFAULT 0, starred INTEGER NOT NULL DEFAULT 0, display_name TEXT,
    times_contacted INTEGER NOT NULL DEFAULT 0, last_time_contacted INTEGER NOT NULL DEFAULT 0);
CREATE TRIGGER contact_of_its_own AFTER INSERT ON raw_contacts WHEN new.contact_id IS NULL BEGIN
    UPDATE raw_contacts SET contact_id = new._id WHERE _id = new._id;
END;
CREATE TABLE mimetypes (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype TEXT NOT NULL UNIQUE);
CREATE TABLE data (_id INTEGER PRIMARY KEY AUTOINCREMENT, mimetype_id INTEGER NOT NULL,
    raw_contact_id INTEGER NOT NULL REFERENCES raw_contacts(_id), is_primary INTEGER NOT NULL DEFAULT 0,
    data1 TEXT, data2 TEXT, data3 TEXT, data4 TEXT, data5 TEXT, data6 TEXT, data7 TEXT, data8 TEXT, data9 TEXT,
    data10 TEXT, data11 TEXT, data12 TEXT, data13 TEXT, data14 TEXT, data15 TEXT);
CREATE TRIGGER raw_contact_gone AFTER DELETE ON raw_contacts BEGIN
    DELETE FROM data WHERE raw_contact_id = old._id;
END;
CREATE VIEW view_data AS SELECT data._id, raw_contact_id, contact_id, mimetype, is_primary, display_name, starred,
    data1, data2, data3, data4, data5, data6, data7, data8, data9, data10, data11, data12, data13, data14, data15
    FROM data JOIN mimetypes ON mimetype_id = mimetypes._id JOIN raw_contacts ON raw_contact_id = raw_contacts._id
    WHERE deleted = 0;
CREATE TRIGGER view_data_insert INSTEAD OF INSERT ON view_data BEGIN
    INSERT OR IGNORE INTO mimetypes (mimetype) VALUES (new.mimetype);
    INSERT INTO data (mimetype_id, raw_contact_id, is_primary, data1, data2, data3, data4, data5, data6, data7, data8,
        data9, data10, data11, data12, data13, data14, data15)
    SELECT _id, new.raw_contact_id, coalesce(new.is_primary, 0), new.data1, new.data2, new.data3, new.data4,
        new.data5, new.data6, new.data7, new.data8, new.data9, new.data10, new.data11, new.data12, new.data13,
        new.data14, new.data15 FROM mimetypes WHERE mimetype = new.mimetype;
    UPDATE raw_contacts SET display_name = new.data1
        WHERE _id = new.raw_contact_id AND new.mimetype = 'vnd.android.cursor.item/name';
END;
CREATE VIEW view_contacts AS SELECT contact_id AS _id, display_name, starred, times_contacted, last_time_contacted,
    EXISTS (SELECT 1 FROM view_data d WHERE d.raw_contact_id = raw_contacts._id
        AND mimetype = 'vnd.android.cursor.item/phone_v2') AS has_phone_number, contact_id AS name_raw_contact_id
    FROM raw_contacts WHERE deleted = 0;
CREATE VIEW view_phones AS SELECT _id, contact_id AS person, display_name, display_name AS name, data1 AS number,
    data2 AS type, data3 AS label, is_primary AS isprimary, starred, raw_contact_id, contact_id, data1, data2, data3
    FROM view_data WHERE mimetype = 'vnd.android.cursor.item/phone_v2';
"""
CALLS_SCHEMA = """
CREATE TABLE calls (_id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT, presentation INTEGER NOT NULL DEFAULT 1,
    date INTEGER, duration INTEGER DEFAULT 0, type INTEGER, new INTEGER DEFAULT 1, name TEXT, numbertype INTEGER,
    numberlabel TEXT, countryiso TEXT DEFAULT 'US', is_read INTEGER DEFAULT 0);
"""
PHONE_TYPE = "vnd.android.cursor.item/phone_v2"
NAME_TYPE = "vnd.android.cursor.item/name"

TELEPHONY = Provider(
    "com.android.providers.telephony",
    "mmssms.db",
    SMS_SCHEMA,
    {"": Table("sms"), "conversations": Table("", "threads")}
    | {path: Table("sms", where=f"type = {type_}", values={"type": type_}) for path, type_ in SMS_TYPES.items()},
)
CONTACTS = Provider(
    "com.android.providers.contacts",
    "contacts2.db",
    CONTACTS_SCHEMA,
    {
        "contacts": Table("raw_contacts", "view_contacts"),
        "raw_contacts": Table("raw_contacts"),
        "data": Table("data", "view_data"),
        "data/phones": Table("data", "view_phones"),
        "phones": Table("data", "view_phones"),
        "people": Table("raw_contacts", "view_contacts"),
    },
)
CALLS = Provider("com.android.providers.contacts", "calllog.db", CALLS_SCHEMA, {"calls": Table("calls")})
DATABASES = {"sms": TELEPHONY, "com.android.contacts": CONTACTS, "contacts": CONTACTS, "call_log": CALLS}
"""Authorities of the system's providers that are databases; ``media`` and ``settings`` are made of other things."""
PEOPLE = {
    "contacts": "contact",
    "people": "person",
    "raw_contacts": "raw_contact",
    "data": "data",
    "phones": "phone_v2",
}
"""Paths of the contacts provider -> what a row is called in its type."""
MEDIA_TYPES = {
    "images/media": "image/",
    "video/media": "video/",
    "audio/media": "audio/",
    "file": "",
    "downloads": "",
}
_TYPES = mimetypes.MimeTypes(filenames=())  # its own table: the host's differs from machine to machine


def mime_type(path: str) -> str:
    """The type of a file by its name, ``application/octet-stream`` if unknown."""
    if path.lower().endswith((".md", ".markdown")):
        return "text/markdown"
    return _TYPES.guess_type(path)[0] or "application/octet-stream"


def row_type(uri: str) -> str:
    """The type of what a contact's address names, one or all of them; "" for other addresses."""
    if not uri.startswith("content://"):
        return ""
    authority, path = _split(uri)
    parts = path.split("/")
    if authority not in ("com.android.contacts", "contacts") or parts[0] not in PEOPLE:
        return ""
    one = len(parts) > 1 and (parts[-1].isdigit() or parts[1] == "lookup")
    return f"vnd.android.cursor.{'item' if one else 'dir'}/{PEOPLE[parts[0]]}"


class Providers:
    """The resolver of one device.

    Raises:
        KeyError: no provider has that authority.
        ValueError: the provider has no such path, or can't do that with it.
        sqlite3.Error: the conditions or columns are wrong.
    """

    def __init__(self, device):
        self._device = device

    def query(
        self,
        uri: str,
        projection: Sequence[str] | None = None,
        where: str | None = None,
        sort: str | None = None,
        arguments: Sequence[Any] = (),
    ) -> list[Row]:
        """Rows with the columns asked for; ``where`` and ``sort`` in SQL, ``?`` taken from ``arguments``."""
        authority, path = _split(uri)
        if authority in ("media", "settings"):
            connection, table, condition = self._listed(authority, path)
        else:
            provider, found, condition = self._table(authority, path)
            connection, table = self._connection(provider), found.view or found.name
        columns = ", ".join(projection) if projection else "*"
        parts = [f"({part})" for part in (condition, where) if part]
        sql = f"SELECT {columns} FROM {table}" + (f" WHERE {' AND '.join(parts)}" if parts else "")
        if not sort and table == "sms":
            sort = "date DESC, _id DESC"  # as the real provider; messages of one moment the last first
        sql += f" ORDER BY {sort}" if sort else ""
        return [dict(row) for row in connection.execute(sql, tuple(arguments))]

    def insert(self, uri: str, values: Mapping[str, Any]) -> str | None:
        """Add a row; returns its address, None if nothing was added."""
        authority, path = _split(uri)
        if authority == "settings":
            self._device.settings.put(_namespace(path), str(values["name"]), str(values["value"]))
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
            self._device.settings.put(_namespace(path), path.partition("/")[2], str(values["value"]))
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
            found = self.query(uri, ["_data"], where, None, arguments)
            for row in found:
                self._device.files.remove(row["_data"])
            return len(found)
        if authority == "settings":
            return int(self._device.settings.delete(_namespace(path), path.partition("/")[2]))
        provider, table, condition = self._table(authority, path)
        return self._write(provider, table, f"DELETE FROM {table.name}", condition, where, arguments)

    def _write(self, provider, table, sql: str, condition: str, where: str | None, arguments: Sequence[Any]) -> int:
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
        return self._device.databases.connection(provider.package, provider.database, provider.schema)

    def _defaults(self, provider: Provider) -> Row:
        """Columns that the system fills in."""
        if provider in (TELEPHONY, CALLS):
            return {"date": self._device.now_us // MILLISECOND}
        return {}

    def _table(self, authority: str, path: str) -> tuple[Provider, Table, str]:
        """The provider, the table of a path and the condition that the path means."""
        provider = DATABASES.get(authority) or self._brought(authority)
        if provider is None:
            raise KeyError(authority)
        head, _, last = path.rpartition("/")
        if path in provider.tables:
            return provider, provider.tables[path], provider.tables[path].where
        if last.isdigit() and head in provider.tables:
            table = provider.tables[head]
            return provider, table, " AND ".join(filter(None, (table.where, f"_id = {int(last)}")))
        raise ValueError(f"Unknown URL content://{authority}/{path}")

    def _brought(self, authority: str) -> Provider | None:
        """A provider that an app declares."""
        for app in self._device.apps.values():
            if authority in app.providers:
                return app.providers[authority]
        return None

    def _listed(self, authority: str, path: str) -> tuple[sqlite3.Connection, str, str]:
        """Files or settings as a table of their own, and the condition that the path means."""
        head, _, last = path.rpartition("/")
        if authority == "media":
            base, condition = (head, f"_id = {int(last)}") if last.isdigit() else (path, "")
            rows = self._media(base)
        else:
            base, condition = _namespace(path), ""
            rows = [
                {"_id": number, "name": name, "value": value, "package": "android", "is_preserved_in_restore": 0}
                for number, (name, value) in enumerate(sorted(self._device.settings.list(base).items()), 1)
                if "/" not in path or name == path.partition("/")[2]
            ]
        return _table_of(rows), "rows", condition

    def _media(self, path: str) -> list[Row]:
        """Files on the shared storage as the media store lists them; a file's number comes from its path."""
        kind = path.partition("/")[2]  # after "external" or "external_primary"
        if kind not in MEDIA_TYPES:
            raise ValueError(f"Unknown URL content://media/{path}")
        files, rows = self._device.files, []
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


def _table_of(rows: Sequence[Row]) -> sqlite3.Connection:
    """Rows as a table ``rows`` of a database of their own, so that conditions on them are SQL as well."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.row_factory = sqlite3.Row
    columns = list(rows[0]) if rows else ["_id"]
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
