"""Scripts that run from right to left, join or stack their letters, and emoji of several characters."""

import importlib.util
import itertools

import numpy as np
import pytest

from palaestra.envs.android.drawing.paint import Painter
from palaestra.envs.android.ui.caret import caret, index_at
from palaestra.envs.android.ui.controls import text_field
from palaestra.envs.android.ui.fonts import BOX, SHAPED, character
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.screen import Window
from palaestra.envs.android.ui.theme import theme
from palaestra.envs.android.ui.view import FILL, column, text

LIGHT = theme("light")
SIZE = (600, 200)


def ink(words: str, **options) -> np.ndarray:
    """Columns with ink, of words in the large title's type in a box as wide as the picture."""
    root = column(text(words, "title_large", width=FILL, **options), width=FILL, height=FILL, background="#FFFFFF")
    root.key = "app"
    arrange(root, (0, 0, *SIZE), LIGHT)
    window = Window("app", "com.example", "", root, (0, 0, *SIZE), "application", "", {})
    pixels = Painter(SIZE, SIZE).frame([window], LIGHT, None)
    return np.flatnonzero((pixels.mean(axis=2) < 128).any(axis=0))


def test_hebrew_begins_at_the_right_edge_and_latin_at_the_left():
    assert ink("abc")[0] < 10
    assert ink("אבג")[-1] > SIZE[0] - 10
    assert ink("אבג", text_align="end")[0] < 10
    # the direction of a paragraph is that of its first letter
    assert ink("abc אבג")[0] < 10
    assert ink("אבג abc")[-1] > SIZE[0] - 10


def test_the_order_of_letters_is_mirrored_and_that_of_the_text_is_not():
    # ו is narrow, ש is wide: which one stands at the right edge tells the order
    wide = LIGHT.measure("ש", "title_large")
    assert LIGHT.measure("וש", "title_large") == pytest.approx(wide + LIGHT.measure("ו", "title_large"), abs=1)
    gap = np.flatnonzero(np.diff(ink("ו  ש")) > 8)
    letters = np.split(ink("ו  ש"), gap + 1)
    assert len(letters) == 2
    assert len(letters[0]) > 2 * len(letters[1])


def test_arabic_letters_join():
    assert LIGHT.measure("ببب", "title_large") < 0.9 * 3 * LIGHT.measure("ب", "title_large")


def test_every_line_of_a_wrapped_paragraph_ends_at_the_right(shown):
    words = "אבג " * 30 + "abc"
    phone = shown(lambda activity: column(text(words, width=FILL, id="words"), width=FILL))
    height = phone.theme.line_height("body_large")
    left, top, right, bottom = phone.seen("words").bounds
    frame = phone.frame()[top:bottom, left:right].mean(axis=2)
    assert bottom - top > height
    for line in range((bottom - top) // height - 1):
        dark = np.flatnonzero((frame[line * height : (line + 1) * height] < 128).any(axis=0))
        assert dark[-1] > right - left - 10


def test_the_cursor_of_a_hebrew_field_moves_to_the_left(shown):
    def draw(activity):
        value = activity.state.get("value", "שלום עולם ")
        keep = lambda typed: activity.state.update(value=typed)  # noqa: E731
        return Page(column(text_field(value, keep, id="name"), width=FILL))

    phone = shown(draw)
    phone.tap_on("name")
    view = phone.seen("name")
    places = [caret(phone, view, index)[0] for index in range(len(view.text) + 1)]
    assert places[0] == view.inner[2]
    assert all(after < before for before, after in itertools.pairwise(places))
    for index, x in enumerate(places):
        assert index_at(phone, view, x, view.inner[1] + 1) == index
    # a touch before the first letter, and typing there
    phone.advance(1000)  # not a double tap
    phone.tap(places[0] + 2, view.inner[1] + 5)
    phone.type_text("א")
    assert phone.seen("name").text == "אשלום עולם "


def test_fonts_of_the_extra_are_used_where_they_are():
    installed = importlib.util.find_spec("manimgx_fonts") is not None
    for char in "ไहক한漢🥳":
        package = "noto_cjk_sans_otc" if char in "한漢" else "manimgx_fonts"
        expected = SHAPED if importlib.util.find_spec(package) else character(char, 400)[0]
        assert character(char, 400)[0] == expected
    flag, family = (len(LIGHT.runs(words, "body_large")) for words in ("🇫🇷", "👨‍👩‍👧"))
    assert (flag, family) == ((1, 1) if installed else (2, 3))
    assert character("\ue000", 400)[0] == BOX
