"""A phone's logical contents, independent of how they are stored: rows of databases instead of their pages."""

import functools
import hashlib
from collections.abc import Iterator
from typing import Any

import msgpack

from palaestra.envs.android.system.databases import MAGIC, rows_of
from palaestra.envs.android.system.files import digest
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.preferences import OWN


def fingerprint(phone: Phone) -> str:
    """SHA-256 of the logical state: rows of databases, not their pages."""
    phone.databases.flush()
    plain = {name: value for name, value in phone.state.items() if name != "files"}
    plain["files"] = [[path, *described] for path, described in _files(phone.state["files"])]
    return hashlib.sha256(msgpack.packb(plain)).hexdigest()


def contents(phone: Phone) -> dict[str, str]:
    """The phone's contents by name, for a report of what has changed.

    Names are ``settings/NAMESPACE/KEY``, ``packages/PACKAGE``, ``prefs/PACKAGE/KEY``, ``files/PATH``,
    ``database/PACKAGE/NAME/TABLE/ROW`` and ``clipboard``.
    """
    phone.databases.flush()
    state = phone.state
    named = {"clipboard": state["clipboard"]}
    for space, values in state["settings"].items():
        named |= {f"settings/{space}/{key}": value for key, value in values.items()}
    for package, record in state["packages"].items():
        kept = {name: record[name] for name in ("enabled", "notifications", "granted")}
        named[f"packages/{package}"] = repr(kept)
    for package, values in state["prefs"].items():
        named |= {f"prefs/{package}/{key}": repr(value) for key, value in values.items()}
    for path, data in _leaves("", state["files"]):
        if OWN.fullmatch(path):
            continue
        if data.startswith(MAGIC) and path.startswith("/data/data/"):
            named |= _named_rows(f"database/{path.split('/')[3]}/{path.rpartition('/')[2]}", data)
        else:
            named[f"files{path}"] = digest(data)
    return named


@functools.lru_cache(maxsize=256)
def _named_rows(prefix: str, image: bytes) -> dict[str, str]:
    return {f"{prefix}/{row}": text for row, text in rows_of(image).items() if not row.endswith("/schema")}


def _leaves(path: str, node: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Path and content of every file, sorted by folder and name."""
    if "children" not in node:
        yield path, node["data"]
        return
    children = node["children"]
    for name in sorted(children):
        yield from _leaves(f"{path}/{name}", children[name])


def _files(root: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Path, and time and content, of every file and folder; a database's content is its rows."""

    def visit(path: str, node: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, ...]]]:
        own = OWN.fullmatch(path)
        if "labels" in node:
            yield path + "//", tuple(sorted(node["labels"].items()))
        if "children" in node:
            if not own:
                yield path + "/", (node["mode"],)
            for name in sorted(node["children"]):
                yield from visit(f"{path}/{name}", node["children"][name])
        elif own and own["file"]:
            return
        elif node["data"].startswith(MAGIC):
            yield path, (node["mode"], node["mtime"], _rows_digest(node["data"]))
        else:
            yield path, (node["mode"], node["mtime"], digest(node["data"]))

    return visit("", root)


@functools.lru_cache(maxsize=1024)
def _rows_digest(image: bytes) -> str:
    return hashlib.sha1(msgpack.packb(rows_of(image))).hexdigest()
