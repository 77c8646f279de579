"""Apps' preferences as the files that Android keeps them in, so that who copies an app's data copies them too.

``state["prefs"]`` is what counts. A file ``/data/data/PACKAGE/shared_prefs/PACKAGE_preferences.xml`` is written from it
when somebody is about to look, and read back when somebody has put one there; it is no part of the logical state.
Lists, dicts and None, which Android's format doesn't have, are strings of JSON.
"""

import json
import re
from collections.abc import Collection
from typing import Any, Protocol
from xml.etree import ElementTree

from palaestra.envs.android.system.files import Files

OWN = re.compile(r"/data/data/([^/]+)/shared_prefs(?P<file>/\1_preferences\.xml)?")
UNPRINTABLE = re.compile("[^\t -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
HEAD = "<?xml version='1.0' encoding='utf-8' standalone='yes' ?>\n"


def place(package: str) -> str:
    """Where Android keeps an app's preferences."""
    return f"/data/data/{package}/shared_prefs/{package}_preferences.xml"


class Host(Protocol):
    """What the preferences ask of their phone."""

    @property
    def state(self) -> dict[str, Any]:
        """The phone's state."""

    @property
    def apps(self) -> Collection[str]:
        """What it knows as apps."""

    @property
    def files(self) -> Files:
        """Its files."""


class Preferences:
    """The preference files of one device."""

    def __init__(self, phone: Host):
        self._phone = phone

    def flush(self) -> None:
        """Bring the files up to date."""
        files = self._phone.files
        for package in sorted(self._phone.state["packages"]):
            path, values = place(package), self._phone.state["prefs"].get(package)
            node = files.find(path)
            data = written(values) if values else None
            if data != (node or {}).get("data"):
                files.put_quietly(path, data)

    def forget(self, path: str) -> None:
        """The files at or below a path go or are replaced, and what they say with them."""
        for package in self._below(path):
            self._phone.state["prefs"].pop(package, None)

    def load(self, path: str) -> None:
        """Files have been put at or below a path: what they say counts."""
        for package in self._below(path):
            node = self._phone.files.find(place(package))
            if node is not None and "data" in node:
                self._phone.state["prefs"][package] = read(node["data"])

    def _below(self, path: str) -> list[str]:
        if not (path + "/").startswith("/data/") and path not in ("", "/"):
            return []
        inside = path.rstrip("/") + "/"
        return [name for name in self._phone.apps if (place(name) + "/").startswith(inside)]


def written(values: dict[str, Any]) -> bytes:
    """Preferences as Android's XML."""
    root = ElementTree.Element("map")
    for name, value in values.items():
        if isinstance(value, bool):
            ElementTree.SubElement(root, "boolean", name=name, value=str(value).lower())
        elif isinstance(value, int):
            kind = "int" if -(1 << 31) <= value < 1 << 31 else "long"
            ElementTree.SubElement(root, kind, name=name, value=str(value))
        elif isinstance(value, float):
            ElementTree.SubElement(root, "float", name=name, value=repr(value))
        elif isinstance(value, str) and not UNPRINTABLE.search(value):
            ElementTree.SubElement(root, "string", name=name).text = value
        else:
            ElementTree.SubElement(root, "string", name=name, format="json").text = json.dumps(value)
    ElementTree.indent(root, "    ")
    return (HEAD + ElementTree.tostring(root, encoding="unicode") + "\n").encode()


def read(data: bytes) -> dict[str, Any]:
    """What a preference file says; one that is none says nothing."""
    try:
        return {one.attrib["name"]: _value(one) for one in ElementTree.fromstring(data)}
    except (ElementTree.ParseError, KeyError, ValueError, RecursionError):
        return {}


def _value(one: ElementTree.Element) -> Any:
    if one.tag == "string":
        text = one.text or ""
        return json.loads(text) if one.get("format") == "json" else text
    if one.tag == "boolean":
        return one.attrib["value"] == "true"
    return (float if one.tag == "float" else int)(one.attrib["value"])
