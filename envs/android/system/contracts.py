"""The system's content providers: databases, schemas and paths.

Columns and paths are those of Android's contracts (developer.android.com: Telephony.Sms, ContactsContract,
CallLog.Calls) that AndroidWorld's evaluators and people's scripts ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Table:
    """The rows that a provider's path refers to.

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


def as_integer(column: str) -> str:
    """A column as Android's ``Cursor.getLong`` reads it, whatever was inserted: NULL and words are 0."""
    return f"COALESCE(CAST({column} AS INTEGER), 0) AS {column}"


def as_text(column: str) -> str:
    """A column as a text; NULL is an empty one."""
    return f"COALESCE(CAST({column} AS TEXT), '') AS {column}"


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
"""Authorities of the system's providers that are databases; ``media`` and ``settings`` have other sources."""
PEOPLE = {
    "contacts": "contact",
    "people": "person",
    "raw_contacts": "raw_contact",
    "data": "data",
    "phones": "phone_v2",
}
"""Paths of the contacts provider -> the name of a row in its MIME type."""
