"""Apps' preferences as Android's XML files, so that a copy of an app's data includes them.

``state["prefs"]`` is authoritative. The file ``/data/data/PACKAGE/shared_prefs/PACKAGE_preferences.xml`` is updated
from it before reads and parsed after writes; it is not part of the logical state. Lists, dicts and None, which
Android's format doesn't support, are stored as JSON strings.
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
    """Path of an app's preference file."""
    return f"/data/data/{package}/shared_prefs/{package}_preferences.xml"


class Host(Protocol):
    """The phone's interface used by the preferences."""

    @property
    def state(self) -> dict[str, Any]:
        """The phone's state."""

    @property
    def apps(self) -> Collection[str]:
        """All available apps, installed or not, by package."""

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
        """Files at or below a path are removed or replaced, and the preferences with them."""
        for package in self._below(path):
            self._phone.state["prefs"].pop(package, None)

    def load(self, path: str) -> None:
        """Files were put at or below a path: read the preferences from them."""
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
    """The values in a preference file; none if it can't be parsed."""
    try:
        return {element.attrib["name"]: _value(element) for element in ElementTree.fromstring(data)}
    except (ElementTree.ParseError, KeyError, ValueError, RecursionError):
        return {}


def _value(element: ElementTree.Element) -> Any:
    if element.tag == "string":
        text = element.text or ""
        return json.loads(text) if element.get("format") == "json" else text
    if element.tag == "boolean":
        return element.attrib["value"] == "true"
    return (float if element.tag == "float" else int)(element.attrib["value"])
