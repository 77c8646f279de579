"""MIME types of ``content://`` addresses, as their providers return them."""

from typing import Protocol
from urllib.parse import quote, unquote

from palaestra.envs.android.system.contracts import PEOPLE
from palaestra.envs.android.system.files import STORAGE, Files
from palaestra.envs.android.system.providers import Providers, mime_type

DIRECTORY = "vnd.android.document/directory"
MEDIA = {"images/media": "image", "video/media": "video", "audio/media": "audio"}
"""Tables of the media store -> the name of a row in its MIME type."""
DOCUMENTS = "com.android.externalstorage.documents"
"""The authority of the shared storage's documents."""
VOLUMES = {"primary": STORAGE}
"""Volumes of the storage's documents -> their folders."""


class Host(Protocol):
    """The phone's interface used here."""

    @property
    def files(self) -> Files:
        """Its files."""

    @property
    def providers(self) -> Providers:
        """Its content providers."""


def content_type(phone: Host, uri: str) -> str:
    """The MIME type of a content address, of one row or of all; "" for other addresses and unknown ones."""
    if not uri.startswith("content://"):
        return ""
    authority, _, path = uri.removeprefix("content://").partition("?")[0].partition("/")
    parts = [part for part in path.split("/") if part]
    if authority in ("com.android.contacts", "contacts"):
        return _person(parts)
    if authority == "call_log" and parts[:1] == ["calls"]:
        return _rows("calls", parts[1:])
    if authority == "sms":
        return _rows("sms", parts[-1:])
    if authority == "media":
        return _medium(phone, parts)
    if authority == "settings" and parts[:1] and parts[0] in ("system", "secure", "global"):
        return f"vnd.android.cursor.{'item' if len(parts) > 1 else 'dir'}/{parts[0]}"
    return _document(phone, parts) if authority == DOCUMENTS else ""


def file_behind(phone: Host, uri: str) -> str:
    """The path of the file that an address means: of ``file:``, the media store or the documents; "" for others."""
    if uri.startswith("file://"):
        return uri.removeprefix("file://")
    authority, _, path = uri.removeprefix("content://").partition("/")
    if authority == DOCUMENTS:
        return _document_path([part for part in path.split("/") if part])
    kind = content_type(phone, uri)
    if authority != "media" or not kind or kind.startswith("vnd.android.cursor.dir/"):
        return ""
    return str(phone.providers.query(uri)[0]["_data"])


def document_of(path: str) -> str:
    """The address of a file of the shared storage as a document."""
    name = "primary:" + path.removeprefix(STORAGE).lstrip("/")
    return f"content://{DOCUMENTS}/document/{quote(name, safe='', errors='surrogateescape')}"


def _rows(name: str, rest: list[str]) -> str:
    return f"vnd.android.cursor.{'item' if rest and rest[0].isdecimal() else 'dir'}/{name}"


def _person(parts: list[str]) -> str:
    if not parts or parts[0] not in PEOPLE:
        return ""
    if parts[:2] == ["data", "phones"]:
        return _rows("phone_v2", parts[2:])
    single = len(parts) > 1 and (parts[-1].isdecimal() or parts[1] == "lookup")
    return f"vnd.android.cursor.{'item' if single else 'dir'}/{PEOPLE[parts[0]]}"


def _medium(phone: Host, parts: list[str]) -> str:
    """The type of a table of the media store, or of the file that a row is about."""
    table, row = "/".join(parts[1:3]), parts[3:]
    if parts[1:2] == ["file"]:
        table, row = "file", parts[2:]
    if table in MEDIA and not row:
        return f"vnd.android.cursor.dir/{MEDIA[table]}"
    if len(row) != 1 or not row[0].isdecimal() or (table not in MEDIA and table != "file"):
        return ""
    found = phone.providers.query(f"content://media/{parts[0]}/{table}/{row[0]}")
    return str(found[0]["mime_type"]) if found else ""


def _document(phone: Host, parts: list[str]) -> str:
    """The type of a root, or of the file or folder ``VOLUME:PATH`` of the shared storage."""
    if parts[:1] == ["root"] and len(parts) > 1:
        return "vnd.android.document/root"
    path = _document_path(parts)
    if not path or not phone.files.exists(path):
        return ""
    return DIRECTORY if phone.files.isdir(path) else mime_type(path)


def _document_path(parts: list[str]) -> str:
    """The path of ``document/VOLUME:PATH``; "" for others."""
    volume, _, inside = unquote("/".join(parts[1:]), errors="surrogateescape").partition(":")
    return f"{VOLUMES[volume]}/{inside}".rstrip("/") if parts[:1] == ["document"] and volume in VOLUMES else ""
