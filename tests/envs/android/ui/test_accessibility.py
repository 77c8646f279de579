"""The accessibility output agrees with the views, in the formats that android-env and AndroidWorld read."""

import re
import xml.etree.ElementTree as ET

import pytest

from palaestra.envs.android.bridge.forest import forest_proto
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.tree import walk

PACKAGE = "com.example.notes"


@pytest.fixture
def edit(phone):
    """The phone with the screen of a new note in front."""
    phone.start_activity(intent(package=PACKAGE, cls=f"{PACKAGE}.Edit"))
    phone.settle()
    return phone


def found(phone, **expected):
    return [e for e in accessibility.elements(phone) if all(e[name] == value for name, value in expected.items())]


def test_field_tells_hint_focus_and_text(edit):
    (title,) = found(edit, id=f"{PACKAGE}:id/title")
    assert (title["text"], title["hint"], title["cls"]) == ("Title", "Title", "android.widget.EditText")
    assert title["editable"]
    assert title["focused"]
    edit.type_text("Tea")
    (title,) = found(edit, id=f"{PACKAGE}:id/title")
    assert (title["text"], title["hint"]) == ("Tea", "Title")


def test_password_is_told_as_bullets(edit):
    edit.activities.top["state"]["secret"] = "pass"
    edit.screen_changed()
    (secret,) = found(edit, id=f"{PACKAGE}:id/secret")
    assert (secret["text"], secret["hint"], secret["password"]) == ("••••", "Secret", True)


def test_elements_are_leaves_described_or_scrolled(phone):
    phone.start_activity(intent(package=PACKAGE, cls=f"{PACKAGE}.Main"))
    elements = {(e["cls"].rpartition(".")[2], e["text"] or e["desc"]) for e in found(phone, package=PACKAGE)}
    assert elements == {
        ("TextView", "Notes"),
        ("TextView", "Milk"),
        ("TextView", "two | bottles"),
        ("ImageButton", "Add note"),
    }


def test_a_row_is_a_node_between_window_and_texts(phone):
    phone.start_activity(intent(package=PACKAGE, cls=f"{PACKAGE}.Main"))
    app = next(w for w in accessibility.forest(phone) if w["name"] == "app")
    nodes = app["nodes"]
    assert not any(node["scrollable"] for node in nodes)  # all of the list shows
    row = next(nodes[i] for i in nodes[0]["children"] if nodes[i]["clickable"])
    assert [nodes[i]["text"] for i in row["children"]] == ["Milk", "two | bottles"]
    assert [nodes[i]["depth"] for i in row["children"]] == [row["depth"] + 1] * 2


def test_windows_come_from_the_top_and_a_modal_one_hides_what_is_below(edit):
    names = [window["name"] for window in accessibility.forest(edit)]
    assert names == ["status", "keyboard", "app"]
    layers = [window["layer"] for window in accessibility.forest(edit)]
    assert layers == sorted(layers, reverse=True)
    edit.shade(True)
    assert [window["name"] for window in accessibility.forest(edit)] == ["shade"]


def test_keys_are_one_node_each(edit):
    keys = found(edit, package="com.google.android.inputmethod.latin", desc="q")
    assert len(keys) == 1
    assert keys[0]["clickable"]
    assert found(edit, package="com.google.android.inputmethod.latin", text="q") == keys


def test_a_tap_in_the_middle_of_an_element_hits_it(edit):
    (save,) = found(edit, text="Save")
    left, top, right, bottom = save["bounds"]
    edit.type_text("Tap")
    edit.tap((left + right) // 2, (top + bottom) // 2)
    titles = [row[0] for row in edit.database(PACKAGE, "notes.db").execute("SELECT title FROM notes")]
    assert titles == ["Milk", "Tap"]


def test_scrolled_out_of_view_is_told_only_when_asked_for(phone):
    database = phone.database(PACKAGE, "notes.db")
    database.executemany("INSERT INTO notes (title, body) VALUES (?, '')", [(f"Note {i}",) for i in range(60)])
    phone.start_activity(intent(package=PACKAGE, cls=f"{PACKAGE}.Main"))
    visible = {e["text"] for e in accessibility.elements(phone)}
    every = {e["text"]: e for e in accessibility.elements(phone, hidden=True)}
    assert "Note 0" in visible
    assert "Note 59" not in visible
    assert not every["Note 59"]["visible"]
    assert all(0 <= e["bounds"][1] < e["bounds"][3] <= 2400 for e in accessibility.elements(phone))


def test_xml_is_uiautomators(edit):
    root = ET.fromstring(accessibility.xml(edit).encode())
    assert root.tag == "hierarchy"
    assert root.attrib == {"rotation": "0"}
    names = (
        "index text resource-id class package content-desc checkable checked clickable enabled focusable focused "
        "scrollable long-clickable password selected bounds"
    )
    nodes = list(root.iter("node"))
    assert {tuple(node.attrib) for node in nodes} == {tuple(names.split())}
    assert all(re.fullmatch(r"\[\d+,\d+\]\[\d+,\d+\]", node.get("bounds")) for node in nodes)
    quotes = next(node for node in nodes if node.get("resource-id") == f"{PACKAGE}:id/help")
    assert quotes.get("text") == 'Quotes "and" <tags>'
    pin = next(node for node in nodes if node.get("content-desc") == "Pin")
    assert (pin.get("class"), pin.get("checkable"), pin.get("checked")) == ("android.widget.Switch", "true", "false")


def test_xml_has_the_visible_views_and_compressed_less(edit):
    root = edit.window("app").root
    nodes = list(ET.fromstring(accessibility.xml(edit).encode()).iter("node"))
    assert len(nodes) == sum(view.clip is not None for view in walk(root))
    fewer = list(ET.fromstring(accessibility.xml(edit, compressed=True).encode()).iter("node"))
    assert {node.get("text") for node in fewer} == {node.get("text") for node in nodes}
    assert len(fewer) < len(nodes)


def test_xml_takes_what_xml_cannot_hold(edit):
    edit.activities.top["state"]["title"] = "a\x01b\uffff&<"
    edit.screen_changed()
    texts = [node.get("text") for node in ET.fromstring(accessibility.xml(edit).encode()).iter("node")]
    assert "a.b.&<" in texts


def test_xml_bounds_are_the_elements_bounds(edit):
    bounds = {node.get("bounds") for node in ET.fromstring(accessibility.xml(edit).encode()).iter("node")}
    for element in found(edit, package=PACKAGE):
        left, top, right, bottom = element["bounds"]
        assert f"[{left},{top}][{right},{bottom}]" in bounds


def test_forest_proto_is_the_forest(edit):
    message = forest_proto(edit)
    plain = accessibility.forest(edit)
    assert [window.window_type for window in message.windows] == [3, 2, 1]
    for window, info in zip(plain, message.windows, strict=True):
        assert [node["text"] for node in window["nodes"]] == [node.text for node in info.tree.nodes]
        assert [node["children"] for node in window["nodes"]] == [list(node.child_ids) for node in info.tree.nodes]
    title = next(node for node in message.windows[2].tree.nodes if node.view_id_resource_name.endswith(":id/title"))
    assert (title.hint_text, title.is_editable, title.is_focused, title.is_visible_to_user) == ("Title",) + (True,) * 3
    assert {action.id for action in title.actions} >= {1, 16, 2097152}
    box = title.bounds_in_screen
    assert [box.left, box.top, box.right, box.bottom] == found(edit, hint="Title")[0]["bounds"]


def test_view_hierarchy_is_relative_to_parents(edit):
    lines = accessibility.view_hierarchy(edit, PACKAGE).splitlines()
    assert re.fullmatch(r"DecorView@[0-9a-f]+\[Edit\]", lines[0])
    flags, place = r"[VI][F.][E.][D.][H.][V.][C.][L.]\.", r"-?\d+,-?\d+-\d+,\d+"
    form = rf"( +)([\w.]+)\{{[0-9a-f]+ ({flags}) [.FS]{{8}} ({place})( #[0-9a-f]+ \S+)?\}}"
    matches = [re.fullmatch(form, line) for line in lines[1:]]
    assert all(matches)
    title = next(m for m in matches if m[5] and m[5].endswith("app:id/title"))
    assert (title[2], title[3][:3], title[3][6]) == ("android.widget.EditText", "VFE", "C")
    assert title[4].startswith("0,0-")
    assert accessibility.view_hierarchy(edit, "com.nope") == ""
