"""Words with links that wrap as one text, and grids: on screens of any width, at any font scale, in any script."""

import itertools

import pytest

from palaestra.envs.android.device import Device
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.theme import theme
from palaestra.envs.android.ui.tree import walk
from palaestra.envs.android.ui.view import FILL, column, grid, link, paragraph, scroll, text

LATIN = ("Made in a mill by the river, see ", "how it is done here", " and buy ", "more of it", ".")
HEBREW = ("נטחן בטחנה ליד הנהר, ראו ", "איך זה נעשה", " וקנו ", "עוד", ".")


def of(words, touched):
    pieces = [link(word, lambda n=n: touched.append(n)) if n % 2 else word for n, word in enumerate(words)]
    return paragraph(*pieces, width=FILL, key="p")


@pytest.mark.parametrize("font_scale", [1.0, 2.0])
@pytest.mark.parametrize("width", [1080, 400, 150])
@pytest.mark.parametrize("words", [LATIN, HEBREW])
def test_a_paragraph_breaks_as_its_words_do_and_loses_none(words, width, font_scale):
    view, look = of(words, []), theme("light", font_scale)
    arrange(column(view, width=FILL), (0, 0, width, 1 << 20), look)
    whole = "".join(words)
    lines: dict[int, list] = {}
    for part in view.children:
        lines.setdefault(part.bounds[1], []).append(part)
        assert view.bounds[0] <= part.bounds[0] <= part.bounds[2] <= view.bounds[2]
    spans = look.breaks(whole, "body_large", width)
    shown = ["".join(part.text for part in lines[top]) for top in sorted(lines)]
    assert shown == [whole[start:end].rstrip() for start, end in spans]
    assert view.bounds[3] == len(spans) * look.line_height("body_large")
    for parts in lines.values():  # side by side, in the direction of the script
        ordered = parts if words is LATIN else parts[::-1]
        assert all(a.bounds[2] <= b.bounds[0] + 1 for a, b in itertools.pairwise(ordered))
        edge = parts[0].bounds[0] if words is LATIN else width - parts[0].bounds[2]
        assert edge == 0


@pytest.mark.parametrize("words", [LATIN, HEBREW])
def test_every_line_of_a_link_can_be_touched_seen_and_read(shown, words):
    touched = []
    phone = shown(lambda activity: scroll(of(words, touched), padding=16))
    phone.settings.put("system", "font_scale", "2.0")
    phone.screen_changed()
    links = [view for view in walk(phone.window("app").root) if view.clickable]
    assert "".join(view.text for view in links if view.path.rpartition("/")[2].startswith("1.")) == words[1]
    for view in links:
        left, top, right, bottom = view.bounds
        phone.tap((left + right) / 2, (top + bottom) / 2)
        assert touched.pop() == int(view.path.rpartition("/")[2].split(".")[0])
        assert phone.frame()[top:bottom, left:right].min() < 200
    elements = [tuple(each["bounds"]) for each in accessibility.elements(phone) if each["clickable"]]
    assert elements == [view.bounds for view in links]


@pytest.mark.parametrize("count", [0, 1, 5, 6])
def test_a_grid_has_cells_of_equal_width_in_rows_as_high_as_their_highest(count):
    cells = [text("ab\n" * (1 + number % 3), key=f"c{number}") for number in range(count)]
    arrange(grid(*cells[:3], None, *cells[3:], columns=3, gap=4, key="g"), (0, 0, 320, 1000), theme(density=160))
    for number, cell in enumerate(cells):
        left, top, right, bottom = cell.bounds
        line = cells[number // 3 * 3 : number // 3 * 3 + 3]
        assert (left, right - left) == (number % 3 * 108, 104)
        assert top == line[0].bounds[1]
        assert bottom == line[0].bounds[3] == top + 24 * (1 + max(cell.text.count("\n") for cell in line))
    if count > 3:
        assert cells[3].bounds[1] == cells[0].bounds[3] + 4


def test_marks_lie_behind_the_marked_words_alone(shown):
    def draw(activity):
        words = text("one two one", marks=((4, 7, "#FF0000"),), key="left")
        leftward = text("אחת שתיים", marks=((0, 3, "#00FF00"),), width=FILL, key="right")
        return column(words, leftward, width=FILL)

    phone: Device = shown(draw)
    frame, look = phone.frame(), phone.theme
    views = {view.key: view for view in walk(phone.window("app").root)}
    for key, color, word in (("left", (255, 0, 0), "two"), ("right", (0, 255, 0), "אחת")):
        marked = (frame == color).all(axis=2).nonzero()
        bounds = views[key].bounds
        assert bounds[1] <= marked[0].min() <= marked[0].max() < bounds[3]
        assert marked[1].max() + 1 - marked[1].min() == pytest.approx(look.measure(word, "body_large"), abs=2)
    assert marked[1].max() == bounds[2] - 1  # the first word of a leftward line is at its right end
