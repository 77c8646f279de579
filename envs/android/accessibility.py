"""What the accessibility service of a phone tells about the screen: nodes, elements, uiautomator's XML, the forest.

All come from the same windows and views as the pixels. Which views are nodes follows Android's rule for views that are
important for accessibility (developer.android.com: View.isImportantForAccessibility); which nodes are elements follows
AndroidWorld (Rawles et al. 2024, arXiv 2405.14573): leaves, nodes with a description, and what scrolls.
"""

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import quoteattr

from palaestra.envs.android.view import View

BULLET = "•"
SILENT = ("toast", "navigation")
"""Windows without touch targets: Android doesn't hand them out."""
NOT_MODAL = ("popup", "keyboard", "status", "heads_up", *SILENT)
"""Windows that leave those below them within reach."""
WINDOW_TYPES = {"application": 1, "dialog": 1, "input_method": 2, "system": 3}
SPEAKING = ("text", "button", "field", "switch", "checkbox", "radio", "slider", "progress")
"""Kinds of view that are nodes even when they do nothing."""
FLAGS = ("checkable", "checked", "clickable", "enabled", "focusable", "focused", "scrollable", "long_clickable",
         "password", "selected")  # fmt: skip

Node = dict[str, Any]


def forest(device) -> list[dict[str, Any]]:
    """The windows within reach, the topmost first, each with its nodes.

    Returns:
        Per window "name", "id", "layer", "title", "type" (1 application, 2 keyboard, 3 system), "package",
        "activity", "focused", "bounds" and "nodes": its nodes level by level, the root first. A node is an element
        (see ``elements``) with "visible", "depth", "children" (indices into the nodes) and "selection".
    """
    found = []
    windows = device.windows()
    for layer in range(len(windows) - 1, -1, -1):
        window = windows[layer]
        if window.name not in SILENT:
            found.append(
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
            )
        if window.name not in NOT_MODAL:
            break
    return found


def nodes(window, everything: bool = False) -> list[Node]:
    """The nodes of a window, level by level; ``everything``: also views that say nothing and do nothing."""
    level = [(window.root, -1)]
    found: list[Node] = []
    depth = 0
    while level:
        following = []
        for view, parent in level:
            number = len(found)
            node = _node(view, window.package)
            node["depth"], node["children"] = depth, []
            found.append(node)
            if parent >= 0:
                found[parent]["children"].append(number)
            following += [(child, number) for child in _children(view, everything)]
        level, depth = following, depth + 1
    return found


def _children(view: View, everything: bool) -> Iterator[View]:
    """The nodes right below a view; views that are none hand up their own."""
    for child in view.children:
        if everything or is_node(child):
            yield child
        else:
            yield from _children(child, False)


def is_node(view: View) -> bool:
    """Whether Android regards a view as important for accessibility."""
    return bool(
        view.desc or view.kind in SPEAKING or view.clickable or view.long_clickable or view.focusable
        or view.scrollable or view.checkable
    )  # fmt: skip


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
    """What a node's text is: a password is bullets, an empty field says what belongs there."""
    if view.editable and not view.text:
        return view.label or view.hint
    return BULLET * len(view.text) if view.password else view.text


def elements(device, hidden: bool = False) -> list[Node]:
    """What an agent can see and touch, in AndroidWorld's order.

    Args:
        device: the phone.
        hidden: also what is scrolled out of view.

    Returns:
        Per element "text", "desc", "hint", "id" (full resource id), "cls", "package", "bounds" [left, top, right,
        bottom] logical px, and the booleans "clickable", "long_clickable", "checkable", "checked", "enabled",
        "focused", "focusable", "scrollable", "selected", "editable", "password", "visible".
    """
    return [
        node
        for window in forest(device)
        for node in window["nodes"]
        if (hidden or node["visible"]) and (not node["children"] or node["desc"] or node["scrollable"])
    ]


def xml(device, compressed: bool = False) -> str:
    """The window that has the focus as ``uiautomator dump`` writes it; ``compressed``: without mere layout."""
    window = next((window for window in reversed(device.windows()) if window.focused), None)
    rotation = device.settings.get("system", "user_rotation", "0")
    parts = [f"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?><hierarchy rotation={quoteattr(rotation)}>"]
    if window is not None:
        found = nodes(window, everything=not compressed)
        _write(found, 0, 0, parts)
    return "".join(parts) + "</hierarchy>"


def _write(found: list[Node], number: int, index: int, parts: list[str]) -> None:
    node = found[number]
    left, top, right, bottom = node["bounds"]
    values = {"index": str(index), "text": node["text"], "resource-id": node["id"], "class": node["cls"],
              "package": node["package"], "content-desc": node["desc"]}  # fmt: skip
    values |= {name.replace("_", "-"): str(node[name]).lower() for name in FLAGS}
    values["bounds"] = f"[{left},{top}][{right},{bottom}]"
    parts.append("<node " + " ".join(f"{name}={_attribute(value)}" for name, value in values.items()))
    shown = [(i, child) for i, child in enumerate(node["children"]) if found[child]["visible"]]
    parts.append(">" if shown else " />")
    for i, child in shown:
        _write(found, child, i, parts)
    if shown:
        parts.append("</node>")


def _attribute(value: str) -> str:
    """A value in double quotes; what XML can't hold becomes a dot, as uiautomator has it."""
    plain = "".join(char if _is_xml(char) else "." for char in value)
    return quoteattr(plain, {'"': "&quot;", "\n": "&#10;"})


def _is_xml(char: str) -> bool:
    return char in "\t\n\r" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff"
