"""The accessibility forest as android-env's message."""

from collections.abc import Sequence
from typing import Any

from android_env.proto.a11y import android_accessibility_forest_pb2

from palaestra.envs.android.ui.accessibility import FLAGS, Node, forest
from palaestra.envs.android.ui.screen import ScreenPhone

ACTIONS = {"clickable": 16, "long_clickable": 32, "focusable": 1, "editable": 2097152}
"""Android's numbers of what can be done with a node (developer.android.com: AccessibilityNodeInfo)."""
SCROLL_FORWARD, SCROLL_BACKWARD = 4096, 8192


def forest_proto(phone: ScreenPhone) -> android_accessibility_forest_pb2.AndroidAccessibilityForest:
    """The forest as android-env's ``AndroidAccessibilityForest``, as AndroidWorld's forwarder app sends it."""
    message = android_accessibility_forest_pb2.AndroidAccessibilityForest()
    for window in forest(phone):
        info = message.windows.add(
            id=window["id"],
            layer=window["layer"],
            title=window["title"],
            window_type=window["type"],
            is_active=window["focused"],
            is_focused=window["focused"],
        )
        _set_bounds(info.bounds_in_screen, window["bounds"])
        for number, node in enumerate(window["nodes"]):
            _add_node(info.tree.nodes, node, number, window["id"])
    return message


def _set_bounds(rectangle: Any, bounds: Sequence[int]) -> None:
    rectangle.left, rectangle.top, rectangle.right, rectangle.bottom = bounds


def _add_node(tree: Any, node: Node, number: int, window: int) -> None:
    start, end = node["selection"]
    added = tree.add(
        unique_id=number,
        window_id=window,
        depth=node["depth"],
        child_ids=node["children"],
        class_name=node["cls"],
        content_description=node["desc"],
        hint_text=node["hint"],
        text=node["text"],
        package_name=node["package"],
        view_id_resource_name=node["id"],
        text_selection_start=start,
        text_selection_end=end,
        is_visible_to_user=node["visible"],
        is_editable=node["editable"],
        **{f"is_{name}": node[name] for name in FLAGS},
    )
    _set_bounds(added.bounds_in_screen, node["bounds"])
    actions = [number for name, number in ACTIONS.items() if node[name]]
    actions += [SCROLL_FORWARD, SCROLL_BACKWARD] if node["scrollable"] else []
    for action in actions:
        added.actions.add(id=action)
