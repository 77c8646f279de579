"""The directory: its tools, its people, and answers that can't be guessed or hidden in a list."""

import json

import gymnasium
import pytest

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.calls import ToolCall
from palaestra.envs.tools.worlds.lookup.world import MAX_VALUE, PAGE, PEOPLE

KINDS = ("FollowNames@2", "NoSuchEntry", "CompareTwo@1")


def world(task, seed=0):
    made = gymnasium.make("palaestra/ToolLookup-v0", max_episode_steps=-1).unwrapped
    made.reset(seed=seed, options={"task": task, "task_seed": seed})
    return made


def use(made, tool, /, **arguments):
    """Call a tool; returns its result's text, and whether it is an error."""
    observation, *_ = made.step([ToolCall("", tool, arguments)])
    (message,) = json.loads(observation["messages"])
    return message["content"], message.get("is_error", False)


def test_pages_of_names_have_every_name_once_in_order():
    made = world("CountNames")
    pages = [json.loads(use(made, "list_names", section="people", page=page)[0]) for page in (1, 2, 3)]
    assert [len(page["names"]) for page in pages] == [PAGE, PEOPLE - PAGE, 0]
    names = [name for page in pages for name in page["names"]]
    assert names == sorted(set(names))
    assert all(page["total"] == PEOPLE for page in pages)


def test_a_name_without_an_entry_is_no_error_to_look_up_but_one_to_change():
    made = world("CountNames")
    assert use(made, "get", section="people", name="Nobody") == ("null", False)
    change = {"section": "people", "name": "Nobody", "field": "age", "value": 3}
    assert use(made, "set_field", **change) == ("people has no entry 'Nobody'", True)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("phone", "1" * (MAX_VALUE + 1), f"at most {MAX_VALUE} are allowed"),
        ("phone", 12, "phone is a text"),
        ("age", "12", "age is a number"),
        ("age", 10**30, "too large"),
        ("name", "Other", "has the fields city, employer, phone, age"),
        ("rowid", 3, "has the fields"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_change_nothing(field, value, problem):
    made = world("CountNames")
    name = made.list_names("people")["names"][0]
    text, is_error = use(made, "set_field", section="people", name=name, field=field, value=value)
    assert is_error
    assert problem in text
    assert made.database.changes() == {}


def test_nobody_is_both_mayor_and_boss_and_every_reference_has_an_entry():
    for seed in range(20):
        made = world("NoSuchEntry", seed)
        rows = made.database.rows
        mayors, bosses = ({row["name"] for row in rows(f"SELECT {column} AS name FROM {table}")} for table, column in
                          (("cities", "mayor"), ("companies", "boss")))  # fmt: skip
        people = {row["name"] for row in rows("SELECT name FROM people")}
        assert len(mayors) == 8
        assert len(bosses) == 7
        assert not mayors & bosses
        assert mayors | bosses <= people
        assert len(people) == PEOPLE


def test_an_entry_is_missing_about_every_second_time():
    seeds = range(40)
    absent = [use(made, "get", section="people", name=made.task.slots["name"])[0] == "null"
              for made in (world("NoSuchEntry", seed) for seed in seeds)]  # fmt: skip
    assert 10 <= sum(absent) <= 30
    unseen = [world("NoSuchEntry", seed).step("unknown")[1] for seed in seeds]
    assert unseen == [float(each) for each in absent]


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_that_names_everybody_or_every_number_fails(kind):
    for seed in range(10):
        made = world(kind, seed)
        rows = made.database.rows("SELECT name, phone FROM people")
        for shotgun in (", ".join(row[key] for row in rows) for key in ("name", "phone")):
            assert made.fork().step(shotgun)[1] == 0.0
        assert made.step(f"unknown, or {', '.join(row['phone'] for row in rows)}")[1] == 0.0


def test_an_answer_may_repeat_whom_the_question_names():
    for seed in range(20):
        made = world("FollowNames@2", seed)
        answer, question = made._facts["answer"], made.task.instruction
        assert made.step(f"{question} It is {answer}.")[1] == 1.0
