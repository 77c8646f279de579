"""The search world: its corpus is part of what it is, one's own works, questions mean what they say."""

import json

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.task import call
from palaestra.envs.tools.worlds.search.country import country
from palaestra.envs.tools.worlds.search.questions import chain_of
from palaestra.envs.tools.worlds.search.world import MAX_HITS, ToolSearch

OWN_TASK = """
from palaestra.envs.tools.answers import mentions
from palaestra.envs.tools.task import Template, call


class WhenOwlsHunt(Template):
    def instruction(self, slots):
        return "When does the barn owl hunt?"

    def minimum(self, slots):
        return 1

    def check(self, start, world, answers, slots):
        return {"the time is right": mentions(answers, "at night", ["by day"])}

    def oracle(self, slots):
        yield call("search", query="barn owl hunts")
        yield "At night."
"""


@pytest.fixture(scope="module")
def world():
    return ToolSearch()


def results(world, name, **arguments):
    observation, *_ = world.step([call(name, **arguments)])
    return json.loads(observation["messages"])[0]


def begun(world, name, seed):
    world.reset(seed=seed, options={"task": name, "task_seed": seed})
    return world.task


def answered(world, name, seed, answer):
    """The verdict on an answer."""
    begun(world, name, seed)
    return world.step(answer)[4]["verdict"]


@pytest.fixture
def own_corpus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owls_of_mine.py").write_text(OWN_TASK)
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps({"title": "Owls", "text": "The barn owl hunts at night."}) + "\n")
    return file


def test_passages_are_found_and_opened(world):
    world.reset(seed=0)
    found = json.loads(results(world, "search", query="bridge over a river", count=3)["content"])
    assert len(found) == 3
    assert json.loads(results(world, "open_passage", id=found[0]["id"])["content"]) == found[0]
    assert results(world, "open_passage", id=0)["is_error"]
    assert len(json.loads(results(world, "search", query='"NEAR( OR *', count=99)["content"])) <= MAX_HITS
    assert json.loads(results(world, "search", query="")["content"]) == []


@pytest.mark.parametrize("name", ["FollowFacts@3", "FindNumber@2", "FindNumber@3"])
def test_the_question_names_the_first_subject_and_finds_no_later_passage(world, name):
    for seed in range(12):
        task = begun(world, name, seed)
        chain = chain_of(task.slots)
        named = [fact.subject in task.instruction for fact in chain]
        assert named == [True] + [False] * (len(chain) - 1)
        found = json.loads(results(world, "search", query=task.instruction, count=MAX_HITS)["content"])
        assert not {fact.passage for fact in chain[1:]} & {passage["id"] for passage in found}


@pytest.mark.parametrize("name", ["CountShared@3", "ListShared@3", "CompareValues@2", "IsItTrue@2"])
def test_one_search_for_the_question_is_not_enough_where_two_are_needed(world, name):
    for seed in range(12):
        task = begun(world, name, seed)
        slots = task.slots
        if "claimed" in slots:
            needed = {fact.passage for fact in chain_of(slots)}
        elif "pair" in slots:
            needed = {chain_of(each)[-1].passage for each in slots["pair"]}
        else:
            group = country().sharing[slots["shared"], chain_of(slots)[-1].object]
            needed = {fact.passage for fact in group}
        found = json.loads(results(world, "search", query=task.instruction, count=MAX_HITS)["content"])
        assert needed - {passage["id"] for passage in found}


@pytest.mark.parametrize("name", [each for each in ToolSearch.templates() if "Number" not in each])
def test_naming_everything_is_no_answer(world, name):
    everything = "; ".join([*country().entities, "unknown", "yes", "no", *map(str, range(12))])
    assert answered(world, name, 1, everything) == 0.0


@pytest.mark.parametrize(("name", "answer"), [("NotKnown", "unknown"), ("IsItTrue", "yes")])
@pytest.mark.parametrize("level", [1, 2])
def test_the_same_answer_every_time_is_chance(world, name, answer, level):
    right = sum(answered(world, f"{name}@{level}", seed, answer) for seed in range(60))
    assert 18 <= right <= 42


def test_an_answer_may_repeat_the_question(world):
    for seed in range(20):
        task = begun(world, "FollowFacts@2", seed)
        name = chain_of(task.slots)[-1].object
        assert world.step(f"{task.instruction} It is the {name}.")[4]["verdict"] == 1.0


def test_who_is_unknown_has_a_name_like_others(world):
    people = [name for name, entity in country().entities.items() if entity.kind == "person"]
    surnames = {name.split()[-1] for name in people}
    for seed in range(30):
        slots = world.make_task("NotKnown@1", seed).slots
        assert (slots["subject"] in people) == (slots["answer"] != "unknown")
        assert slots["subject"].split()[-1] in surnames


def test_a_corpus_of_ones_own(own_corpus):
    world = ToolSearch(corpus=own_corpus, tasks=["owls_of_mine:WhenOwlsHunt"])
    world.reset(seed=0)
    assert json.loads(results(world, "search", query="owl")["content"])[0]["title"] == "Owls"
    with pytest.raises(ValueError, match="corpus"):
        ToolSearch(tasks=["owls_of_mine:WhenOwlsHunt"]).restore(world.snapshot())
    assert world.fork().fingerprint() == world.fingerprint()
    assert world.step("At night.")[4]["verdict"] == 1.0


def test_the_shipped_tasks_refuse_another_corpus(own_corpus):
    with pytest.raises(InputError, match="a corpus of your own needs tasks=") as refused:
        ToolSearch(corpus=own_corpus).reset(seed=0)
    assert "\n" not in str(refused.value)


def test_a_damaged_corpus_is_one_line(own_corpus):
    own_corpus.write_text('{"title": "Owls", "te')
    for path, reason in ((own_corpus, r"own\.jsonl, line 1"), (own_corpus.with_name("nowhere.jsonl"), "nowhere")):
        with pytest.raises(InputError, match=reason) as refused:
            ToolSearch(corpus=path)
        assert "\n" not in str(refused.value)
