"""``palaestra envs tasks``: the tasks of any environment with text actions, by its class's own words."""

import sys

import gymnasium
import pytest

from palaestra.cli.main import run
from palaestra.data.errors import InputError

SOURCE = '''
import gymnasium

from palaestra.envs.task import Template
from palaestra.envs.text import TextWorld


class Add(Template):
    budget = 4

    def slots(self, random):
        return {"numbers": [int(number) for number in random.integers(10, 99, 2)]}

    def instruction(self, slots):
        return "Add [bold] {} and {} :smile:, and write the sum ".format(*slots["numbers"]) + "very " * 20 + "neatly."


class Greet(Add):
    budget = 12

    def instruction(self, slots):
        return "Say hello."


class Sums(TextWorld):
    @classmethod
    def templates(cls):
        return {"Add": Add(), "Greet": Greet()}

    @classmethod
    def described_task(cls, task):
        return {"calls": str(len(task.slots["numbers"])) if task.template.endswith("Add") else "0"}


    @classmethod
    def splits_report(cls):
        return "Sums of two [numbers]: all for training."


class Bare(TextWorld):
    """It says nothing of its tasks."""


gymnasium.register("Sums-v0", "sums_of_mine:Sums")
gymnasium.register("Bare-v0", Bare)
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A working directory with a module that registers two environments with text actions."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sums_of_mine.py").write_text(SOURCE)
    yield tmp_path
    sys.modules.pop("sums_of_mine", None)
    for name in ("Sums-v0", "Bare-v0"):
        gymnasium.registry.pop(name, None)


def listed(capsys, *words):
    run(["envs", "tasks", *words])
    return capsys.readouterr().out


def cells(table):
    """The cells of each printed line of a table, without the frame."""
    return [[cell.strip() for cell in line[1:-1].split("\u2502")] for line in table.splitlines() if line[0] == "\u2502"]


def test_the_tasks_of_an_environment_of_one_s_own(here, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = listed(capsys, "sums_of_mine:Sums-v0", "--seed", "3")
    from sums_of_mine import Sums

    assert [cell.strip() for cell in table.splitlines()[1][1:-1].split("\u2503")] == [
        "task",
        "steps",
        "calls",
        "instruction",
    ]
    assert max(map(len, table.splitlines())) <= 80
    rows = cells(table)
    task = Sums.make_task("Add", 3)
    assert rows[0][:3] == ["sums_of_mine:Add", "4", "2"]
    assert rows[-1] == ["sums_of_mine:Greet", "12", "0", "Say hello."]
    assert " ".join(row[3] for row in rows[:-1]) == task.instruction  # brackets and colons included
    assert listed(capsys, "sums_of_mine:Sums-v0", "--seed", "4") != table


def test_the_splits_of_an_environment_s_tasks(here, capsys):
    assert listed(capsys, "sums_of_mine:Sums-v0", "--splits") == "Sums of two [numbers]: all for training.\n"
    with pytest.raises(InputError, match="AndroidTasks: its tasks have no splits"):
        run(["envs", "tasks", "--splits"])


def test_without_an_id_the_phone_s_are_listed(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    table = listed(capsys)
    assert table == listed(capsys, "palaestra/AndroidTasks-v0", "--seed", "0")
    rows = cells(table)
    assert ["CameraTakePhoto", "10", "camera2", "Take one photo."] in rows
    assert sum(bool(row[0]) for row in rows) == 43
    assert max(map(len, table.splitlines())) <= 80


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        ("palaestra/Hopper-v0", "palaestra/Hopper-v0: has no text actions, and so no tasks"),
        ("palaestra/Phone-v9", "palaestra/Phone-v9: no such environment"),
        ("sums_of_mine:Sum-v0", "Sum-v0"),
        ("nowhere:Sums-v0", "nowhere: no such module"),
        ("sums_of_mine:Bare-v0", "sums_of_mine:Bare-v0: Bare lists no templates of tasks"),
    ],
)
def test_mistakes_are_one_line(here, world, reason):
    with pytest.raises(InputError) as caught:
        run(["envs", "tasks", world])
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
