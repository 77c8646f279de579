"""Writing: keys on the screen and hardware keys, cursor, selection, clipboard, and where the focus goes."""

import numpy as np
import pytest

from palaestra.envs.android.ui.controls import button, text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.groups import list_item
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, column, scroll


def form(**options):
    """A name, a number, a text of several lines, and a last field far below."""

    def draw(activity):
        state = activity.state

        def field(name, **more):
            keep = lambda value: state.update({name: value})  # noqa: E731
            return text_field(state.get(name, ""), keep, id=name, **{**more, **options.get(name, {})})

        return scroll(
            field("name", label="Name"),
            field("number", hint="Number", input_type="number"),
            field("body", hint="Body", input_type="multiline"),
            field("secret", label="Password", input_type="password"),
            *[list_item(f"Row {i}") for i in range(15)],
            field("last", hint="Last"),
            button("Elsewhere", lambda: state.update(pressed=True)),
            gap=8,
            padding=16,
            id="page",
        )

    return draw


def focus(phone):
    at = phone.state["focus"]
    return None if at is None else (at["path"].rpartition("/")[2], at["cursor"], at["anchor"])


def place(phone, name, index):
    """The point in a field's text before the character of that index."""
    view = phone.seen(name)
    x = view.inner[0] + phone.theme.measure(view.text[:index], view.font) - view.offset
    return x + 3, view.inner[1] + phone.theme.line_height(view.font) // 2


def test_keys_that_are_touched_give_the_text(shown):
    phone = shown(form())
    phone.tap_on("name")
    assert phone.window("keyboard")
    phone.tap_on("Shift")
    phone.type_keys("Hello wide")
    phone.tap_on("Delete")
    phone.tap_on("Symbol keyboard")
    phone.type_keys("3!")
    phone.tap_on("More symbols")
    phone.type_keys("€ ok.")
    assert phone.kept["name"] == "Hello wid3!€ ok."
    assert focus(phone) == ("name", 16, 16)


def test_shift_lasts_for_one_letter_and_locks_when_pressed_twice(shown):
    phone = shown(form())
    phone.tap_on("name")
    phone.tap_on("Shift")
    phone.type_keys("Ab")
    phone.tap_on("Shift")
    phone.tap_on("Shift")
    phone.type_keys("CD")
    phone.tap_on("Shift")
    phone.type_keys("e")
    assert phone.kept["name"] == "AbCDe"


def test_names_and_sentences_begin_with_capitals_on_the_soft_keyboard_only(shown):
    phone = shown(form(name={"capitals": "words"}, body={"capitals": "sentences"}))
    phone.tap_on("name")
    phone.type_keys("Anna M")
    phone.tap_on("Delete")
    phone.tap_on("Shift")
    phone.type_keys("m Li")
    phone.tap_on("body")
    phone.type_keys("One. Two.t")
    phone.tap_on("Enter")
    phone.tap_on("Shift")
    phone.tap_on("Shift")
    phone.type_keys("No no")
    assert (phone.kept["name"], phone.kept["body"]) == ("Anna m Li", "One. Two.t\nNo no")
    phone.type_text(". and ")
    assert phone.kept["body"].endswith("No no. and ")


def test_a_gap_between_keys_presses_the_nearest(shown):
    phone = shown(form())
    phone.tap_on("name")
    g, h = phone.seen("key g").bounds, phone.seen("key h").bounds
    assert g[2] < h[0]
    phone.tap(g[2] + 1, g[1] + 30)
    phone.tap(h[0] - 1, h[1] + 30)
    assert phone.kept["name"] == "gh"


def test_long_presses_on_keys_give_digits_and_delete_on(shown):
    phone = shown(form())
    phone.tap_on("name")
    phone.long_press(*phone.middle("key e"), ms=700)
    assert phone.kept["name"] == "3"
    phone.type_text("0123456789" * 3)
    phone.long_press(*phone.middle("Delete"), ms=500 + 6 * 50)
    assert phone.kept["name"] == "3" + ("0123456789" * 3)[:-7]
    phone.long_press(*phone.middle("Delete"), ms=5000)
    assert phone.kept["name"] == ""
    assert phone.quiet


def test_number_fields_bring_digits_and_take_nothing_else(shown):
    phone = shown(form())
    phone.tap_on("number")
    assert not phone.all_seen("key q")
    phone.type_keys("42")
    phone.type_text("a7b")
    assert phone.kept["number"] == "427"


def test_the_keyboard_stays_the_same_window_while_its_keys_do(shown):
    phone = shown(form())
    phone.tap_on("name")
    before = phone.window("keyboard")
    phone.type_keys("abc")
    assert phone.window("keyboard") is before
    phone.tap_on("Shift")
    assert phone.window("keyboard") is not before


def test_back_hides_the_keyboard_first_and_a_touch_brings_it_again(shown):
    phone = shown(form())
    phone.tap_on("name")
    phone.press("BACK")
    assert phone.window("keyboard") is None
    assert phone.foreground[0] == "com.example.drawn"
    assert focus(phone) == ("name", 0, 0), "the cursor stays"
    phone.advance(1000)
    phone.tap_on("name")
    assert phone.window("keyboard")
    phone.tap_on("Hide keyboard")
    phone.press("BACK")
    assert phone.foreground[0] != "com.example.drawn"
    phone.type_text("nobody listens")
    assert focus(phone) is None


def test_the_page_ends_at_the_keyboard_and_the_field_is_scrolled_into_sight(shown):
    phone = shown(form())
    for _ in range(4):
        phone.swipe(540, 1800, 540, 400, 100)
        phone.settle()
    phone.tap_on("last")
    field, keyboard = phone.seen("last"), phone.window("keyboard")
    assert field.clip == field.bounds
    assert field.bounds[3] <= keyboard.bounds[1]
    phone.swipe(540, 400, 540, 1200, 800)
    assert not phone.all_seen("last"), "it may be scrolled away again"
    phone.type_keys("x")
    assert phone.seen("last").text == "x", "but comes back when written into"


def test_a_tap_puts_the_cursor_between_characters(shown):
    phone = shown(form(name={}))
    phone.kept["name"] = "Hello wide world"
    phone.screen_changed()
    phone.tap(*place(phone, "name", 5))
    assert focus(phone) == ("name", 5, 5)
    phone.type_keys(".")
    assert phone.kept["name"] == "Hello. wide world"


def test_lines_of_a_long_text_have_their_own_cursor_places(shown):
    phone = shown(form())
    phone.kept["body"] = "first line\nsecond\n\nlast " + "word " * 30
    phone.screen_changed()
    view = phone.seen("body")
    height = phone.theme.line_height(view.font)
    phone.tap(view.inner[2] - 2, view.inner[1] + height + height // 2)
    assert focus(phone) == ("body", 17, 17)
    phone.press("DPAD_DOWN")
    assert focus(phone) == ("body", 18, 18)
    phone.press("DPAD_UP")
    phone.press("DPAD_UP")
    assert focus(phone) == ("body", 0, 0)
    phone.press("MOVE_END")
    assert focus(phone) == ("body", 10, 10)
    phone.press("ENTER")
    assert phone.kept["body"].startswith("first line\n\nsecond")


@pytest.mark.parametrize("way", ["long press", "double tap"])
def test_a_word_is_selected_and_typed_over(shown, way):
    phone = shown(form())
    phone.kept["name"] = "Hello wide, world"
    phone.screen_changed()
    x, y = place(phone, "name", 8)
    if way == "long press":
        phone.long_press(x, y)
    else:
        phone.tap(x, y)
        phone.advance(100)
        phone.tap(x, y)
    assert focus(phone) == ("name", 10, 6)
    assert phone.seen("name").selection == (6, 10)
    assert [phone.seen(label).desc for label in ("Cut", "Copy", "Select all")] == ["Cut", "Copy", "Select all"]
    assert not phone.all_seen("Paste"), "nothing to paste yet"
    phone.type_keys("big")
    assert phone.kept["name"] == "Hello big, world"
    assert not phone.all_seen("Cut")


def test_cut_copy_and_paste_by_the_bar(shown):
    phone = shown(form())
    phone.kept["name"] = "one two"
    phone.screen_changed()
    phone.long_press(*place(phone, "name", 5))
    phone.tap_on("Cut")
    assert (phone.kept["name"], phone.clipboard) == ("one ", "two")
    phone.tap_on("body")
    phone.long_press(*phone.middle("body"))
    phone.tap_on("Paste")
    assert phone.kept["body"] == "two"
    phone.long_press(*place(phone, "name", 1))
    phone.tap_on("Select all")
    assert focus(phone) == ("name", 4, 0)
    phone.tap_on("Copy")
    assert phone.clipboard == "one "
    assert not phone.all_seen("Copy")
    assert focus(phone) == ("name", 4, 4)


def test_the_ends_of_a_selection_are_dragged(shown):
    phone = shown(form())
    phone.kept["name"] = "alpha beta gamma delta"
    phone.screen_changed()
    phone.long_press(*place(phone, "name", 7))
    assert focus(phone)[1:] == (10, 6)
    x, y = phone.middle("end")
    phone.swipe(x, y, x + phone.theme.measure(" gamma", "body_large"), y)
    assert sorted(focus(phone)[1:]) == [6, 16]
    x, y = phone.middle("start")
    phone.swipe(x, y, x - phone.theme.measure("alpha ", "body_large"), y)
    assert sorted(focus(phone)[1:]) == [0, 16]
    phone.press("DEL")
    assert phone.kept["name"] == " delta"


def test_back_closes_the_bar_before_the_keyboard(shown):
    phone = shown(form())
    phone.kept["name"] = "word"
    phone.screen_changed()
    phone.long_press(*place(phone, "name", 1))
    phone.press("BACK")
    assert not phone.all_seen("Cut")
    assert phone.window("keyboard")


def test_a_password_is_neither_shown_nor_copied(shown):
    phone = shown(form())
    phone.tap_on("secret")
    phone.type_keys("hush")
    assert phone.kept["secret"] == "hush"
    phone.long_press(*phone.middle("secret"))
    assert not phone.all_seen("Copy")
    phone.key("CTRL_LEFT")
    phone.press("A")
    phone.press("C")
    phone.key("CTRL_LEFT", down=False)
    assert phone.clipboard == ""


def test_hardware_keys_write_move_mark_and_use_the_clipboard(shown):
    phone = shown(form())
    phone.tap_on("name")
    phone.key("SHIFT_LEFT")
    phone.press("H")
    phone.press("1")
    phone.key("SHIFT_LEFT", down=False)
    for code in ("I", "SPACE", "7", "PERIOD", "DPAD_LEFT", "DPAD_LEFT", "DEL", "FORWARD_DEL"):
        phone.press(code)
    assert phone.kept["name"] == "H!i."
    phone.key("SHIFT_LEFT")
    phone.press("MOVE_HOME")
    phone.key("SHIFT_LEFT", down=False)
    phone.key("CTRL_LEFT")
    phone.press("X")
    phone.press("V")
    phone.press("V")
    phone.key("CTRL_LEFT", down=False)
    assert phone.kept["name"] == "H!iH!i."


def test_enter_goes_on_to_the_next_field_and_submits_where_asked(shown):
    submitted = []
    phone = shown(form(last={"on_submit": lambda: submitted.append(1), "action": "send"}))
    phone.tap_on("name")
    phone.tap_on("Enter")
    assert focus(phone)[0] == "number"
    phone.press("TAB")
    assert focus(phone)[0] == "body"
    phone.press("BACK")
    for _ in range(4):
        phone.swipe(540, 1800, 540, 400, 100)
        phone.settle()
    phone.tap_on("last")
    phone.tap_on("Send")
    phone.type_text("x\n")
    assert submitted == [1, 1]


def test_a_field_that_asks_for_it_has_the_focus_once(shown):
    def draw(activity):
        return column(
            text_field(activity.state.get("q", ""), lambda q: activity.state.update(q=q), id="q", autofocus=True),
            width=FILL,
        )

    phone = shown(draw)
    assert focus(phone) == ("q", 0, 0)
    phone.type_keys("hi")
    assert phone.kept["q"] == "hi"
    phone.press("BACK")
    phone.advance(1000)
    phone.screen_changed()
    assert phone.window("keyboard") is None, "hidden, it doesn't come back by itself"


def test_a_dialog_takes_the_keyboard_away_a_menu_does_not(shown):
    def draw(activity):
        state = activity.state
        over = {"menu": menu([("One", lambda: None)], lambda: None), "dialog": dialog("Sure?", "really")}
        return Page(form()(activity), [over[state["over"]]] if "over" in state else [])

    for name, keeps in (("menu", True), ("dialog", False)):
        phone = shown(draw)
        phone.tap_on("name")
        phone.kept["over"] = name
        phone.screen_changed()
        assert (phone.window("keyboard") is not None) is keeps
        assert (focus(phone) is not None) is keeps


def test_text_that_the_app_refuses_stays_away(shown):
    def draw(activity):
        keep = lambda value: activity.state.update(code=value[:3])  # noqa: E731
        return column(text_field(activity.state.get("code", ""), keep, id="code"), width=FILL)

    phone = shown(draw)
    phone.tap_on("code")
    phone.type_keys("abcdef")
    assert phone.kept["code"] == "abc"
    phone.tap_on("Delete")
    assert phone.kept["code"] == "ab"


def test_writing_survives_a_fork(shown):
    phone = shown(form())
    phone.tap_on("name")
    phone.type_keys("ab")
    saved = phone.snapshot()
    phone.type_keys("cd")
    phone.restore(saved)
    phone.type_keys("xy")
    assert phone.kept["name"] == "abxy"


def test_looking_at_the_screen_changes_nothing(shown):
    def draw(activity):
        keep = lambda value: activity.state.update(q=value)  # noqa: E731
        return column(text_field(activity.state.get("q", ""), keep, id="q", autofocus=True), width=FILL)

    prints = []
    for looks in (True, False):
        phone = shown(draw)
        for _ in range(2):
            phone.home()
            phone.advance(100)
            if looks:
                phone.windows()
            phone.open_app("Drawn")
            phone.advance(100)
            if looks:
                phone.windows()
        prints.append(phone.fingerprint())
    assert prints[0] == prints[1]


def test_the_labels_of_keys_do_not_follow_the_font_scale(shown):
    phone = shown(form())
    phone.tap_on("name")
    phone.advance(1000)

    def keys():
        top = phone.window("keyboard").bounds[1]
        return phone.frame()[top:]

    before, title = keys(), phone.theme.line_height("title_large")
    phone.settings.put("system", "font_scale", "2.0")
    assert phone.theme.line_height("title_large") > 1.9 * title
    np.testing.assert_array_equal(keys(), before)
