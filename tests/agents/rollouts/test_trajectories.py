"""Recipes of trajectories: the same for any number of processes, never over other data, with a card that adds up."""

import json

import pytest

from palaestra.agents.rollouts.episodes import replay
from palaestra.agents.rollouts.trajectories import make
from palaestra.data.errors import InputError
from palaestra.data.recipes import trajectories as recipes
from palaestra.data.trajectory import read

RECIPE = "palaestra/aitw-webshop/faulty-v0"


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path / "data"))
    return tmp_path


def test_episodes_depend_on_their_number_and_the_seed_only(root):
    folder = make(RECIPE, 6, seed=3)
    fewer = make(RECIPE, 2, seed=3, out=root / "fewer")
    other = make(RECIPE, 2, seed=4, out=root / "other")
    prints = [[[step.fingerprint for step in each.steps] for each in read(f / recipes.FILE)] for f in (fewer, other)]
    episodes = list(read(RECIPE))
    assert [[step.fingerprint for step in each.steps] for each in episodes[:2]] == prints[0] != prints[1]
    assert all(step.pixels is None for each in episodes for step in each.steps)
    assert [each.differs for each in replay(folder / recipes.FILE, [0, 1], frames=False)] == [None, None]


def test_the_card_adds_up(root):
    folder = make(RECIPE, 6, seed=3)
    card, episodes = json.loads((folder / recipes.CARD).read_text()), list(read(RECIPE))
    numbers = card["statistics"]
    assert (card["recipe"], card["seed"], card["trajectories"], numbers["episodes"]) == (RECIPE, 3, 6, 6)
    assert numbers["steps"] == sum(each.length for each in episodes)
    assert numbers["success"] == pytest.approx(sum(each.success for each in episodes) / 6, abs=1e-4)
    assert sum(each["episodes"] for each in numbers["templates"].values()) == 6
    assert sum(numbers["actions"].values()) == pytest.approx(1, abs=1e-3)
    assert 0 < numbers["changed"] <= 1


@pytest.mark.slow
def test_two_processes_write_the_same_file(root):
    one = make(RECIPE, 20, seed=1, out=root / "one")
    two = make(RECIPE, 20, seed=1, out=root / "two", processes=2)
    assert (one / recipes.FILE).read_bytes() == (two / recipes.FILE).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["aitw-webshop", "aitw-general"])
def test_experts_succeed_and_the_faulty_fail_often(name, root):
    expert = make(f"palaestra/{name}/expert-v0", 24)
    assert json.loads((expert / recipes.CARD).read_text())["statistics"]["success"] == 1
    faulty = make(f"palaestra/{name}/faulty-v0", 100)
    assert 0.1 < json.loads((faulty / recipes.CARD).read_text())["statistics"]["success"] < 0.4


def test_mistakes_are_one_line_and_write_nothing(root):
    with pytest.raises(InputError, match="trajectories must be at least 1, got 0"):
        make(RECIPE, 0)
    with pytest.raises(InputError, match=r"unknown recipe of trajectories; there is palaestra/aitw-webshop/expert-v0"):
        make("palaestra/aitw-webshop/experts-v0", 1)
    with pytest.raises(InputError, match=r"palaestra data make palaestra/aitw-webshop/faulty-v0 --trajectories"):
        next(read(RECIPE))
    (root / "mine").mkdir()
    (root / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InputError, match="is not this recipe's, so it is not replaced"):
        make(RECIPE, 1, out=root / "mine")
    made = make(RECIPE, 1, out=root / "made")
    with pytest.raises(InputError, match="holds 1 trajectories of palaestra/aitw-webshop/faulty-v0 with seed 0"):
        make(RECIPE, 2, out=made)
    assert make(RECIPE, 1, out=made) == made  # the same again
    assert not (root / "data").exists()
