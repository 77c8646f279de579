"""What a phone's accessibility service reports about the screen: nodes, elements, uiautomator's XML, the forest.

All come from the same windows and views as the pixels. Which views are nodes follows Android's rule for views that are
important for accessibility (developer.android.com: View.isImportantForAccessibility); which nodes are elements follows
AndroidWorld (Rawles et al. 2024, arXiv 2405.14573): leaves, nodes with a description, and what scrolls.
"""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from palaestra.envs.android.ui.screen import ScreenPhone, Window
from palaestra.envs.android.ui.view import View

BULLET = "•"
SILENT = ("toast", "navigation")
"""Windows without touch targets: Android doesn't report them."""
NOT_MODAL = ("popup", "keyboard", "status", "heads_up", "volume", *SILENT)
"""Windows that don't block those below them."""
WINDOW_TYPES = {"application": 1, "dialog": 1, "input_method": 2, "system": 3}
SPEAKING = ("text", "button", "field", "switch", "checkbox", "radio", "slider", "progress")
"""Kinds of view that are nodes even when they do nothing."""
FLAGS = (
    "checkable",
    "checked",
    "clickable",
    "enabled",
    "focusable",
    "focused",
    "scrollable",
    "long_clickable",
    "password",
    "selected",
)

NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Node = dict[str, Any]


def forest(phone: ScreenPhone) -> list[dict[str, Any]]:
    """The windows that accept input, topmost first, each with its nodes.

    Returns:
        Per window "name", "id", "layer", "title", "type" (1 application, 2 keyboard, 3 system), "package",
        "activity", "focused", "bounds" and "nodes": its nodes level by level, the root first. A node is an element
        (see ``elements``) with "visible", "depth", "children" (indices into the nodes) and "selection".
    """
    return [
        {
            "name": window.name,
            "id": layer + 1,
            "layer": layer,
            "title": window.title,
            "type": WINDOW_TYPES[window.type],
            "package": window.package,
            "activity": window.activity,
            "focused": window.focused,
            "bounds": list(window.bounds),
            "nodes": nodes(window),
        }
        for layer, window in _touchable(phone)
    ]


def _touchable(phone: ScreenPhone) -> Iterator[tuple[int, Window]]:
    """The windows that accept input, topmost first, and their layers."""
    windows = phone.windows()
    for layer in range(len(windows) - 1, -1, -1):
        window = windows[layer]
        if window.name not in SILENT:
            yield layer, window
        if window.name not in NOT_MODAL:
            return


def nodes(window: Window, everything: bool = False) -> list[Node]:
    """The nodes of a window, level by level; ``everything``: also views without text and behaviour.

    They are computed once per window: don't change them.
    """
    if everything:
        return _nodes(window, True)
    if window.nodes is None:
        window.nodes = _nodes(window, False)
    return window.nodes


def _nodes(window: Window, everything: bool) -> list[Node]:
    level = [(window.root, -1)]
    listed: list[Node] = []
    depth = 0
    keys = window.type == "input_method"
    while level:
        following = []
        for view, parent in level:
            number = len(listed)
            node = _node(view, window.package)
            node["depth"], node["children"] = depth, []
            listed.append(node)
            if parent >= 0:
                listed[parent]["children"].append(number)
            children = view.children if everything else _children(view)
            if view.desc and view.clickable and not everything:
                children = [child for child in children if not _repeats(child, view.desc, keys)]
            following += [(child, number) for child in children]
        level, depth = following, depth + 1
    return listed


def _children(view: View) -> Iterator[View]:
    """The child nodes of a view; a view that is not a node is replaced by its child nodes."""
    for child in view.children:
        if is_node(child):
            yield child
        else:
            yield from _children(child)


def _repeats(view: View, desc: str, key: bool) -> bool:
    """Whether a text only repeats the description of the control around it; on the keyboard, every text does."""
    does = view.clickable or view.long_clickable or view.checkable or view.editable or view.desc
    return not does and view.kind == "text" and (key or view.text in desc)


def is_node(view: View) -> bool:
    """Whether Android regards a view as important for accessibility."""
    return bool(
        view.desc
        or view.kind in SPEAKING
        or view.clickable
        or view.long_clickable
        or view.focusable
        or view.scrollable
        or view.checkable
    )


def _node(view: View, package: str) -> Node:
    clip = view.clip
    return {
        "text": _text(view),
        "desc": view.desc,
        "hint": (view.label or view.hint) if view.editable else "",
        "id": f"{package}:id/{view.id}" if view.id and ":" not in view.id else view.id,
        "cls": view.cls,
        "package": package,
        "bounds": list(clip or view.bounds),
        "clickable": view.clickable,
        "long_clickable": view.long_clickable,
        "checkable": view.checkable,
        "checked": view.checked,
        "enabled": view.enabled,
        "focused": view.focused,
        "focusable": view.focusable,
        "scrollable": view.scrollable,
        "selected": view.selected,
        "editable": view.editable,
        "password": view.password,
        "visible": clip is not None,
        "selection": list(view.selection) if view.selection else [-1, -1],
    }


def _text(view: View) -> str:
    """A node's text: bullets for a password, the label or hint for an empty field."""
    if view.editable and not view.text:
        return view.label or view.hint
    return BULLET * len(view.text) if view.password else view.text


def elements(phone: ScreenPhone, hidden: bool = False) -> list[Node]:
    """The elements that an agent can see and touch, in AndroidWorld's order.

    Args:
        phone: whose screen it is.
        hidden: also what is scrolled out of view.

    Returns:
        Per element "text", "desc", "hint", "id" (full resource id), "cls", "package", "bounds" [left, top, right,
        bottom] logical px, and the booleans "clickable", "long_clickable", "checkable", "checked", "enabled",
        "focused", "focusable", "scrollable", "selected", "editable", "password", "visible". They are computed once
        per window: don't change them.
    """
    listed: list[Node] = []
    for _, window in _touchable(phone):
        listed += _elements(window, True) if hidden else _visible(window)
    return listed


def written(phone: ScreenPhone) -> str:
    """``elements`` as JSON."""
    texts: list[str] = []
    for _, window in _touchable(phone):
        if window.written is None:
            window.written = json.dumps(_visible(window))[1:-1]
        if window.written:
            texts.append(window.written)
    return f"[{', '.join(texts)}]"


def _visible(window: Window) -> list[Node]:
    if window.elements is None:
        window.elements = _elements(window, False)
    return window.elements


def _elements(window: Window, hidden: bool) -> list[Node]:
    return [
        node
        for node in nodes(window)
        if (hidden or node["visible"]) and (not node["children"] or node["desc"] or node["scrollable"])
    ]


def xml(phone: ScreenPhone, compressed: bool = False) -> str:
    """The window that has the focus as ``uiautomator dump`` writes it; ``compressed``: without mere layout."""
    window = next((window for window in reversed(phone.windows()) if window.focused), None)
    parts = [f"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation=\"{phone.turns}\">"]
    if window is not None:
        tree = nodes(window, everything=not compressed)
        _write(tree, 0, 0, parts)
    return "".join(parts) + "</hierarchy>"


def _write(tree: list[Node], number: int, index: int, parts: list[str]) -> None:
    node = tree[number]
    left, top, right, bottom = node["bounds"]
    values = {
        "index": str(index),
        "text": node["text"],
        "resource-id": node["id"],
        "class": node["cls"],
        "package": node["package"],
        "content-desc": node["desc"],
    }
    values |= {name.replace("_", "-"): str(node[name]).lower() for name in FLAGS}
    values["bounds"] = f"[{left},{top}][{right},{bottom}]"
    parts.append("<node " + " ".join(f"{name}={_attribute(value)}" for name, value in values.items()))
    visible = [(i, child) for i, child in enumerate(node["children"]) if tree[child]["visible"]]
    parts.append(">" if visible else " />")
    for i, child in visible:
        _write(tree, child, i, parts)
    if visible:
        parts.append("</node>")


def _attribute(value: str) -> str:
    """A value in double quotes; characters that XML excludes become dots, as in uiautomator."""
    return quoteattr(NOT_XML.sub(".", value), {'"': "&quot;", "\n": "&#10;"}) if value else '""'


def view_hierarchy(phone: ScreenPhone, package: str, indent: str = "") -> str:
    """The views of a package's window as ``dumpsys activity`` writes them, with bounds relative to their parents."""
    apps = (window for window in phone.windows() if window.name == "app" and window.package == package)
    window = next(apps, None)
    if window is None:
        return ""
    lines = [f"{indent}DecorView@{_hash(window.root)}[{window.activity.rpartition('.')[2]}]"]
    pending = [(window.root, (0, 0), indent + "  ")]
    while pending:
        view, (left, top), space = pending.pop()
        x, y, right, bottom = view.bounds
        place = f"{x - left},{y - top}-{right - left},{bottom - top}"
        lines.append(f"{space}{view.cls}{{{_hash(view)} {_view_flags(view)} {place}{_resource(view.id)}}}")
        pending += [(child, (x, y), space + "  ") for child in reversed(view.children)]
    return "\n".join(lines)


def _hash(view: View) -> str:
    return f"{zlib.crc32(view.path.encode()) & 0xFFFFFFF:x}"


def _resource(name: str) -> str:
    """`` #NUMBER PACKAGE:id/NAME``; the number comes from the name."""
    if not name:
        return ""
    own = ":" not in name
    number = (0x7F0A0000 if own else 0x1020000) + zlib.crc32(name.encode()) % 0xFFFF
    return f" #{number:x} {'app:id/' if own else ''}{name}"


def _view_flags(view: View) -> str:
    """The flags of android.view.View.toString: visible, focusable, enabled ...; root, focused, selected ..."""
    across, down = view.scrollable and view.horizontal, view.scrollable and not view.horizontal
    first = zip(
        "VFEDHVCL",
        (
            view.clip is not None,
            view.focusable,
            view.enabled,
            view.kind != "box",
            across,
            down,
            view.clickable,
            view.long_clickable,
        ),
        strict=True,
    )
    flags = "".join(letter if on else "." for letter, on in first).replace(".", "I" if view.clip is None else ".", 1)
    return f"{flags}. .{'F' if view.focused else '.'}{'S' if view.selected else '.'}....."
