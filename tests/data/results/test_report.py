import base64
import html.parser
import io
import re

import numpy as np
import pytest
from PIL import Image

from palaestra.data.errors import InputError
from palaestra.data.results.plots import Curve, learning_curves, score_dots
from palaestra.data.results.published import Published
from palaestra.data.results.report import (
    command_section,
    figure_section,
    film_section,
    settings_section,
    table_section,
    write_report,
)
from palaestra.data.results.tables import row_of_episodes

VOID = {"meta", "img", "br", "link", "input", "hr", "source"}


class Page(html.parser.HTMLParser):
    """Elements, text and what is wrong with the nesting."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.words, self.wrong = [], [], [], []
        self.feed(text)
        self.close()
        self.wrong += [f"<{tag}> is never closed" for tag in self.open]

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> closes something else")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def rows():
    def episodes(*scores):
        return [{"seed": s, "episode": 0, "return": 1.0, "score": score} for s, score in enumerate(scores)]

    figure = Published("PRDC", "from its paper", 100.3, 0.2)
    protocol = {"episodes": 1}
    trained = row_of_episodes(
        "hopper-medium-v2", "prdc", episodes(70.0, 80.0), protocol, updates=2000, published=(figure,)
    )
    return [trained, row_of_episodes("hopper-medium-v2", "behaviour policy", episodes(50.0, 52.0), protocol)]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "deep" / "report.html"
    curve = Curve("prdc", np.arange(3) * 1000, np.array([[0.0, 50.0, 70.0], [0.0, 60.0, 80.0]]))
    frames = np.random.default_rng(0).integers(0, 255, (30, 40, 60, 3)).astype(np.uint8)
    write_report(
        path,
        "PRDC <on> hopper & co",
        table_section("Scores", rows()),
        figure_section("Learning curves", learning_curves([curve], ("behaviour", 51.0)), "PRDC rises", "Thin: seeds"),
        figure_section("Dots", score_dots(rows()), "Every seed's score"),
        film_section("The policy", {"PRDC, seed 0": frames, "TD3+BC, seed 0": frames}, 25.0),
        settings_section("How", {"prdc": {"alpha": 2.5, "hidden": [256, 256], "name": "<b>bold</b>"}}),
        command_section("Again", ["palaestra", "demo", "--out", "my runs/demo"]),
        lead="It works.",
    )
    text = path.read_text()
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]
    return Page(text), text


def test_it_is_well_formed(page):
    parsed, text = page
    assert parsed.wrong == []
    assert text.startswith("<!DOCTYPE html>")
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_it_fetches_nothing(page):
    parsed, text = page
    for tag, attributes in parsed.elements:
        for name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            assert (attributes.get(name) or "data:").startswith(("data:", "#")), (tag, name)
    assert not {"script", "link", "iframe"} & {tag for tag, _ in parsed.elements}
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", text))
    assert "@import" not in text
    assert "@font-face" not in text


def test_it_shows_what_it_was_given(page):
    parsed, _ = page
    for words in (
        "PRDC <on> hopper & co",
        "It works.",
        "70.0 80.0",
        "100.3 ± 0.2",
        "2,000",
        "behaviour policy",
        "51.0",
    ):
        assert words in parsed.text
    for words in ("from its paper", "Thin: seeds", "alpha 2.5", "[256, 256]", "<b>bold</b>"):
        assert words in parsed.text
    assert "palaestra demo --out 'my runs/demo'" in parsed.text


def test_pictures_are_whole_described_and_small(page):
    parsed, text = page
    images = parsed.all("img")
    assert [image["class"] for image in images] == ["moving", "still"] * 2
    assert {image["alt"] for image in images} == {"PRDC, seed 0", "TD3+BC, seed 0"}
    formats = [Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))).format for image in images]
    assert formats == ["GIF", "PNG"] * 2
    assert [figure["aria-label"] for figure in parsed.all("svg") if "role" in figure] == [
        "PRDC rises",
        "Every seed's score",
    ]
    assert len(text) < 2_500_000


def test_it_suits_phones_dark_rooms_and_paper(page):
    _, text = page
    for words in ('name="viewport"', "prefers-color-scheme", "prefers-reduced-motion", "@media print"):
        assert words in text


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="file"):
        write_report(tmp_path / "file" / "report.html", "x")
    assert (tmp_path / "file").read_text() == "mine"
