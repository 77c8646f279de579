"""Splits of the instructions of Android in the Wild."""

from pathlib import Path

import pytest

from palaestra.data.errors import InputError
from palaestra.data.recipes import aitw
from palaestra.envs.android.tasks.aitw import splits
from palaestra.envs.android.tasks.aitw.grammar import known_lines, plain, read

HELD_OUT = [(world, axis) for world, axes in splits.AXES.items() for axis in axes]
SIZES = {
    ("webshop", "query"): (273, 72),
    ("webshop", "host"): (274, 71),
    ("webshop", "template"): (175, 170),
    ("webshop", "entity"): (245, 100),
    ("general", "template"): (400, 145),
    ("general", "entity"): (428, 101),
}


def test_the_paper_s_lists_are_as_they_were():
    assert splits.split("paper-train", "webshop") == aitw.lines("webshop", "train")
    test = splits.split("paper-test", "webshop")
    assert test == aitw.lines("webshop", "test")[:96]
    assert test[0].startswith("Go to ")
    assert len(set(test)) == 67
    train = {plain(line) for line in splits.split("paper-train", "webshop")}
    assert sum(plain(line) in train for line in test) == 56
    assert set(aitw.lines("general", "test")) < set(splits.split("paper-train", "general"))


@pytest.mark.parametrize(("world", "axis"), HELD_OUT)
def test_the_sides_of_a_held_out_split_share_nothing_on_its_axis(world, axis):
    name = f"heldout-{axis}"
    train, test = (splits.split(f"{name}-{side}", world) for side in ("train", "test"))
    assert (len(train), len(test)) == SIZES[world, axis]
    assert {*map(plain, train)}.isdisjoint(map(plain, test))
    assert {*train, *test} <= {line.slots["line"] for line in known_lines(world)}
    seen, kept = ({value for line in side for value in splits.about(read(line), axis)} for side in (train, test))
    assert kept
    assert seen.isdisjoint(kept)
    if axis in ("query", "entity"):  # nor only a word apart: "macbook" and "macbook air" are on one side
        words = [({*one.split()} - {"to"}, {*other.split()} - {"to"}) for one in seen for other in kept]
        assert not [pair for pair in words if pair[0] <= pair[1] or pair[1] <= pair[0]]
    if (world, axis) != ("general", "entity"):  # a flight may have one end on each side
        assert len(train) + len(test) == len(known_lines(world))


def test_what_lines_are_about():
    def about(line, axis="entity"):
        return splits.about(read(line), axis)

    assert about("Go to ebay.com, search for 'soundlink mini'") == {"bose"}
    assert about("Go to ebay.com, search for 'usb-c to usb-a'") == {"usb"}
    assert about("Go to ebay.com, search for 'sony triple a'") == {"triple a"}
    assert about("Go to ebay.com", "query") == about("What's the news?") == frozenset()
    assert about("Search for flights from NYC to Mexico city") == {"new york", "mexico city"}
    assert about("What is the price of a 12' ladder at Lowes?") == {"12' ladder", "lowe's"}
    assert about("Set an alarm for 1pm") == {"13:00"}
    assert about("Open a new Chrome tab", "template") == {"GeneralTab"}


def test_the_misspelt_query_is_on_the_side_of_the_right_one():
    reserved = aitw.reserved()["webshop"]["heldout-query"]
    assert ("bose quitecomfort 35" in reserved) == ("bose quietcomfort 35" in reserved)


@pytest.mark.parametrize("world", splits.AXES)
def test_held_out_layouts(world):
    train, test = (splits.layouts(f"heldout-layout-{side}", world) for side in ("train", "test"))
    assert (train, test) == ((0, 1, 2), (3,))
    assert splits.layouts("heldout-layout", world) == train
    assert splits.layouts("paper-test", world) == ()
    assert len(splits.split("heldout-layout-test", world)) == len(known_lines(world))


def test_a_name_without_a_side_is_the_training_side():
    for world in splits.AXES:
        for name in splits.names(world):
            assert splits.split(name, world) == splits.split(f"{name}-train", world)


@pytest.mark.parametrize(
    ("name", "world", "reason"),
    [
        ("papr", "webshop", "split 'papr': no such split (did you mean paper?); there are paper, heldout-query, "),
        ("heldout-quary-test", "webshop", "(did you mean heldout-query-test?)"),
        ("paper-test-train", "general", "no such split"),
        ("", "general", "split '': no such split; there are paper, heldout-template, heldout-entity, heldout-layout"),
        ("heldout-host-test", "general", "split heldout-host-test: not for General, whose lines have no host; there "),
    ],
)
def test_mistakes_are_one_line(name, world, reason):
    for function in (splits.split, splits.layouts):
        with pytest.raises(InputError) as caught:
            function(name, world)
        assert reason in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_report_says_what_the_lists_share():
    shopping = splits.report("webshop")
    assert (
        "Web Shopping: 438 training lines (229 distinct), 360 test lines (193 distinct), 77 distinct lines in both."
        " Of the first 96 test lines 67 are distinct, and 56 are training lines.\n"
    ) in shopping
    assert "(the test list is a subset of the training list)" in shopping
    rows = {line.split()[0]: line.split()[1:3] for line in shopping.splitlines() if line.startswith(("paper", "held"))}
    assert rows.pop("paper") == ["438", "96"]
    assert rows.pop("heldout-layout") == ["345", "345"]
    assert rows == {f"heldout-{axis}": [*map(str, SIZES["webshop", axis])] for axis in splits.AXES["webshop"]}
    assert "heldout-host" not in splits.report("general")


def test_the_page_has_the_sizes():
    page = (Path(__file__).parents[5] / "docs" / "web.md").read_text()
    rows = {tuple(cell.strip(" `") for cell in line.split("|")[1:3]): line for line in page.splitlines() if "|" in line}
    for (world, axis), (train, test) in SIZES.items():
        row = rows[f"heldout-{axis}", splits.TITLES[world]]
        assert f"| {train} lines |" in row
        assert f"| {test} lines" in row
