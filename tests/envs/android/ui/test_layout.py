"""Where views come to lie, in whole px, on a theme of round numbers: 2 px per dp, every character 10 px by 20 px."""

import pytest

from palaestra.envs.android.ui.controls import (
    button,
    checkbox,
    chip,
    fab,
    icon_button,
    radio,
    slider,
    switch,
    text_field,
)
from palaestra.envs.android.ui.dialogs import bottom_sheet, dialog, menu
from palaestra.envs.android.ui.groups import app_bar, bottom_bar, card, list_item, scaffold, tabs
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.theme import theme
from palaestra.envs.android.ui.tree import find, hit, named, trail, walk
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    column,
    divider,
    icon,
    lazy_list,
    progress,
    row,
    scroll,
    spacer,
    stack,
    text,
)


class Grid:
    """A theme of round numbers."""

    scale, font_scale = 2.0, 1.0

    def measure(self, value, role):
        return 10 * len(value)

    def line_height(self, role):
        return 20

    def breaks(self, value, role, width):
        spans, start = [], 0
        for line in value.split("\n"):
            step = max(1, width // 10)
            spans += [(start + i, start + min(i + step, len(line))) for i in range(0, len(line), step)] or [
                (start, start)
            ]
            start += len(line) + 1
        return spans

    def text_size(self, value, role, width, lines):
        spans = self.breaks(value, role, width)
        spans = spans[:lines] if lines else spans
        return max(10 * (end - start) for start, end in spans), 20 * len(spans)


def placed(root, width=400, height=800, **options):
    arrange(root, (0, 0, width, height), Grid(), **options)
    return root


def test_column_puts_children_below_each_other_with_gap_padding_and_margin():
    one, two = text("abc"), text("de", margin=(5, 1, 0, 0))
    placed(column(one, two, gap=4, padding=(3, 7)))
    assert one.bounds == (6, 14, 36, 34)
    assert two.bounds == (6 + 10, 34 + 8 + 2, 16 + 20, 64)


def test_row_shares_what_is_left_by_weight_without_losing_a_px():
    a, b, c = spacer(weight=1), spacer(weight=2), spacer(weight=1)
    fixed = spacer(50)
    placed(row(a, fixed, b, c, width=FILL), width=401)
    assert [view.bounds[2] - view.bounds[0] for view in (a, fixed, b, c)] == [75, 100, 150, 76]
    assert c.bounds[2] == 401


def test_alignment_across_and_justification_along():
    small = text("ab")
    placed(row(small, justify="end", align="end", height=FILL), 400, 100)
    assert small.bounds == (380, 80, 400, 100)
    first, last = text("a"), text("b")
    placed(row(first, last, justify="between", width=FILL), 400, 100)
    assert (first.bounds[0], last.bounds[2]) == (0, 400)
    assert first.bounds[1] == 40  # rows centre across


def test_long_text_wraps_in_the_room_that_is_left_and_pushes_what_is_below():
    words, below = text("x" * 45), text("below")
    placed(column(words, below, padding=10), width=240)
    assert words.bounds == (20, 20, 220, 80)
    assert below.bounds[1] == 80


def test_stack_places_by_gravity():
    corner, middle = text("ab", gravity="bottom end", margin=8), text("ab", gravity="center")
    placed(stack(corner, middle, width=FILL, height=FILL), 200, 100)
    assert corner.bounds == (200 - 16 - 20, 100 - 16 - 20, 184, 84)
    assert middle.bounds == (90, 40, 110, 60)


def test_what_fills_a_row_that_wraps_is_as_high_as_the_row():
    line = View("box", "android.view.View", width=2, height=FILL)
    placed(column(row(line, text("ab\ncd\nef"))))
    assert line.bounds == (0, 0, 4, 60)


def test_scrolled_content_is_clipped_and_its_offset_is_held_to_what_there_is():
    rows = [text(str(i)) for i in range(30)]
    root = scroll(*rows, key="s")
    placed(root, 100, 200, scrolls={"s": 150})
    assert (root.content, root.limit, root.offset) == (600, 400, 150)
    assert rows[7].bounds == (0, -10, 10, 10)
    assert rows[7].clip == (0, 0, 10, 10)
    assert rows[6].clip is None
    placed(root, 100, 200, scrolls={"s": 9999})
    assert root.offset == 400
    assert rows[29].bounds[3] == 200


def test_a_scroller_scrolls_only_when_its_content_is_longer():
    short, long = scroll(text("a")), scroll(*[text("a") for _ in range(30)])
    placed(short, 100, 200)
    placed(long, 100, 200)
    assert not short.scrollable
    assert long.scrollable


def test_list_builds_only_rows_in_sight():
    built = []

    def build(i):
        built.append(i)
        return text(str(i))

    root = lazy_list(10_000, build, 25, key="list", header=text("head", height=40))
    placed(root, 100, 220, scrolls={"list": 505})
    # header 80 px, rows 50 px: 505 px down begins inside row 8
    assert built == list(range(8, 13))
    assert root.children[0].bounds == (0, 80 + 400 - 505, 100, 25)
    assert root.limit == 80 + 500_000 - 220
    built.clear()
    placed(root, 100, 220, scrolls={})
    assert built == [0, 1, 2]
    assert root.children[0].text == "head"


def test_paths_name_a_view_across_rebuilds_even_if_siblings_come_and_go():
    def tree(extra):
        return column(text("new") if extra else None, text_field("x", None, id="name"), key="root")

    before, after = placed(tree(False)), placed(tree(True))
    assert named(before, "name").path == named(after, "name").path == "root/name"
    assert find(after, "root/name").text == "x"


def test_equal_keys_among_siblings_get_distinct_paths():
    root = placed(column(*[text("a", id="row") for _ in range(3)], key="r"))
    paths = [view.path for view in walk(root)]
    assert len(set(paths)) == 4
    assert all(find(root, path).path == path for path in paths)


def test_hit_finds_the_topmost_and_nothing_outside_of_a_clip():
    low, high = button("low", lambda: None, key="low"), button("high", lambda: None, key="high")
    root = placed(stack(low, high, key="s"))
    assert hit(root, 5, 5, lambda view: view.clickable) is high
    assert [view.key for view in trail(root, 5, 5, lambda view: view.clickable)] == ["s", "high"]
    scroller = placed(stack(scroll(text("a" * 3, height=900), height=100, key="in"), key="s"))
    assert hit(scroller, 5, 150, lambda view: view.kind == "text").key == ""
    assert hit(scroller, 5, 250, lambda view: view.kind == "text") is None


def test_menu_lies_at_its_anchor_but_inside_the_window():
    page = placed(row(spacer(weight=1), icon_button("dots-vertical", None, "More", key="more"), width=FILL))
    popup = menu([("One", lambda: None), ("Two", None)], anchor="more", width=100)
    placed(popup, under=[page])
    panel = popup.children[0]
    assert panel.bounds[2] <= 400 - 16
    assert panel.bounds[1] == max(16, named(page, "more").bounds[1])
    assert panel.bounds[2] - panel.bounds[0] == 200


def test_dialog_is_as_high_as_its_content_and_scrolls_when_there_is_too_much():
    short = placed(dialog("T", "message", buttons=[("OK", None)]))
    panel = short.children[0]
    assert panel.bounds[0] == 64
    assert abs(panel.bounds[1] - (800 - panel.bounds[3])) <= 1
    long = placed(dialog("T", "\n".join("x" * 100), buttons=[("OK", lambda: None)]))
    body, ok = named(long, "body"), named(long, "android:id/button1")
    assert body.limit > 0
    assert ok.clip == ok.bounds, "its button must stay in sight"


def test_the_field_that_is_edited_shows_cursor_and_selection_and_keeps_the_cursor_in_sight():
    root = placed(
        column(text_field("abcdefghij" * 5, None, style="bare", key="f"), key="r", width=FILL),
        200,
        focus={"path": "r/f", "cursor": 50, "anchor": 45},
    )
    field = find(root, "r/f")
    assert field.focused
    assert (field.cursor, field.selection) == (50, (45, 50))
    assert field.offset == 500 + 4 - 200
    placed(root, 200, focus={"path": "r/f", "cursor": 99, "anchor": 99})
    assert field.cursor == 50


def test_a_field_of_many_lines_grows_and_scrolls_to_its_cursor():
    value = "\n".join("line" for _ in range(10))
    tall = placed(column(text_field(value, None, input_type="multiline", style="bare", key="f"), key="r", width=FILL))
    assert find(tall, "r/f").bounds[3] == 24 + 200 + 24
    flat = placed(
        column(text_field(value, None, input_type="multiline", style="bare", height=74, key="f"), key="r", width=FILL),
        focus={"path": "r/f", "cursor": len(value), "anchor": len(value)},
    )
    field = find(flat, "r/f")
    assert (field.limit, field.offset, field.scrollable) == (100, 100, True)


def everything():
    """One of each kind of view."""
    page = scaffold(
        app_bar("Title", back=lambda: None, actions=[icon_button("magnify", lambda: None, "Search")]),
        scroll(
            list_item("One", "two", leading=icon("wifi"), trailing=switch(True), on_click=lambda: None),
            card(text("words " * 30), divider(), progress(0.5), progress(circular=True)),
            row(checkbox(True, text="Ticked"), radio(False), chip("chip", True), slider(1, 0, 5, None, weight=1)),
            text_field("", None, label="Name", leading=icon("account"), trailing=icon_button("close", None, "Clear")),
            *[list_item(f"Row {i}") for i in range(20)],
        ),
        fab("plus", lambda: None, "Add", label="Create"),
        bottom_bar([("home", "Home"), ("cog", "Settings")], 0, lambda i: None),
        "Saved",
    )
    windows = [
        dialog("Really?", "It is gone then.", buttons=[("No", None), ("Yes", lambda: None)]),
        bottom_sheet(*[list_item(f"Row {i}") for i in range(3)]),
        menu([("Rename", lambda: None), ("Delete", None)]),
        column(app_bar("Large", large=True), tabs(["One", "Two"], 0, lambda i: None), spacer(weight=1)),
    ]
    return [page, *windows]


@pytest.mark.parametrize("size", [(1080, 2337), (540, 900), (200, 200)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_children_lie_inside_their_parents_at_every_size(size, scale):
    for root in everything():
        arrange(root, (0, 0, *size), theme("light", scale, 420))
        for view in walk(root):
            assert all(isinstance(side, int) for side in view.bounds)
            left, top, right, bottom = view.bounds
            assert left <= right
            assert top <= bottom
            if view.clip is not None:
                assert left <= view.clip[0] < view.clip[2] <= right
                assert top <= view.clip[1] < view.clip[3] <= bottom
                assert view.clip[0] >= 0
                assert view.clip[2] <= size[0]


def test_the_same_tree_has_the_same_places_again():
    first, second = everything(), everything()
    for view, other in zip(first, second, strict=True):
        arrange(view, (0, 0, 1080, 2337), theme())
        arrange(other, (0, 0, 1080, 2337), theme())
        arrange(other, (0, 0, 1080, 2337), theme())
        assert [(v.path, v.bounds) for v in walk(view)] == [(v.path, v.bounds) for v in walk(other)]
