"""Elements, uiautomator's XML, android-env's forest, dumpsys and the pixels tell the same of every screen."""

import re
import xml.etree.ElementTree as ET

import pytest

from palaestra.envs.android import accessibility
from palaestra.envs.android.app import intent
from palaestra.envs.android.device import Device, known_apps

SCREENS = [(package, cls) for package, app in known_apps().items() for cls in app.activities]


@pytest.fixture(scope="module")
def device():
    """One phone with all apps."""
    return Device(render=(540, 1200))


@pytest.mark.parametrize(("package", "cls"), SCREENS, ids=[f"{p}/{c.rpartition('.')[2]}" for p, c in SCREENS])
def test_every_view_of_a_screen_agrees(device, package, cls):
    device.start_activity(intent(package=package, cls=cls))
    device.settle()
    windows = accessibility.forest(device)
    check_xml(device, next(window for window in windows if window["focused"]))
    check_forest(device, windows)
    if device.foreground == (package, cls) and windows[0]["name"] != "prompt":
        check_dumpsys(device, package)
    check_pixels(device)
    device.force_stop(package)


def check_xml(device, window):
    """Every visible node of the focused window is in the XML, with its text and bounds."""
    told = set()
    for node in ET.fromstring(accessibility.xml(device).encode()).iter("node"):
        bounds = [int(number) for number in re.findall(r"-?\d+", node.get("bounds"))]
        told.add((node.get("text"), node.get("content-desc"), node.get("class"), node.get("resource-id"), *bounds))
        assert 0 <= bounds[0] <= bounds[2] <= device.size[0]
        assert 0 <= bounds[1] <= bounds[3] <= device.size[1]
    seen = {
        (node["text"], node["desc"], node["cls"], node["id"], *node["bounds"])
        for node in window["nodes"]
        if node["visible"]
    }
    assert seen <= told


def check_forest(device, windows):
    """android-env's message has the same nodes as the plain forest, and every node but the root one parent."""
    for plain, window in zip(windows, accessibility.forest_proto(device).windows, strict=True):
        assert [n["text"] for n in plain["nodes"]] == [n.text for n in window.tree.nodes]
        children = sorted(child for node in window.tree.nodes for child in node.child_ids)
        assert children == list(range(1, len(window.tree.nodes)))


def check_dumpsys(device, package):
    """The sums of the relative bounds in dumpsys are the bounds of the views."""
    from palaestra.envs.android.layout import walk

    corners, absolute = [], []
    for line in accessibility.view_hierarchy(device, package).splitlines()[1:]:
        depth = (len(line) - len(line.lstrip())) // 2
        left, top, right, bottom = map(int, re.search(r" (-?\d+),(-?\d+)-(-?\d+),(-?\d+)", line).groups())
        del corners[depth - 1 :]
        x, y = corners[-1] if corners else (0, 0)
        corners.append((x + left, y + top))
        absolute.append((x + left, y + top, x + right, y + bottom))
    assert sorted(absolute) == sorted(tuple(view.bounds) for view in walk(device.window("app").root))


def check_pixels(device):
    """Where a text is told, something is drawn."""
    frame = device.frame()
    scale = frame.shape[1] / device.size[0]
    for element in accessibility.elements(device):
        if element["text"].strip() and element["cls"] == "android.widget.TextView":
            left, top, right, bottom = (round(number * scale) for number in element["bounds"])
            part = frame[top:bottom, left:right].reshape(-1, 3)
            small = (right - left) * (bottom - top) < 60  # a sliver at the edge of a scroller
            assert small or part.min() < part.max(), element
