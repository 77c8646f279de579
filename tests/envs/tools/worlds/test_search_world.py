"""The search world: its corpus is part of what it is, one's own works, questions mean what they say."""

import json

import pytest

from palaestra.data.errors import InputError
from palaestra.envs.tools.task import call
from palaestra.envs.tools.worlds.search.tasks import COUNT, _fact
from palaestra.envs.tools.worlds.search.world import ToolSearch


def results(world, name, **arguments):
    observation, *_ = world.step([call(name, **arguments)])
    return json.loads(observation["messages"])[0]


def test_passages_are_found_and_opened():
    world = ToolSearch()
    world.reset(seed=0)
    found = json.loads(results(world, "search", query="bridge over a river", count=3)["content"])
    assert len(found) == 3
    assert json.loads(results(world, "open_passage", id=found[0]["id"])["content"]) == found[0]
    assert results(world, "open_passage", id=0)["is_error"]
    assert len(json.loads(results(world, "search", query='"NEAR( OR *')["content"])) <= COUNT
    assert json.loads(results(world, "search", query="")["content"]) == []


def test_the_last_fact_of_a_chain_is_not_in_the_passages_of_the_first():
    for seed in range(15):
        task = ToolSearch.make_task("FollowFacts@3", seed)
        facts = [_fact(key) for key in task.slots["chain"]]
        assert [fact.object for fact in facts[:-1]] == [fact.subject for fact in facts[1:]]
        assert facts[0].subject in task.instruction
        assert facts[1].subject not in task.instruction
        assert len({fact.passage for fact in facts}) == 3


def test_a_corpus_of_ones_own(tmp_path):
    file = tmp_path / "own.jsonl"
    file.write_text(json.dumps({"title": "Owls", "text": "The barn owl hunts at night."}) + "\n")
    world = ToolSearch(corpus=file)
    world.reset(seed=0)
    assert json.loads(results(world, "search", query="owl")["content"])[0]["title"] == "Owls"
    with pytest.raises(ValueError, match="corpus"):
        ToolSearch().restore(world.snapshot())
    assert world.fork().fingerprint() == world.fingerprint()
    file.write_text('{"title": "Owls", "te')
    with pytest.raises(InputError, match=r"own\.jsonl") as refused:
        ToolSearch(corpus=file)
    assert "\n" not in str(refused.value)
    with pytest.raises(InputError, match="nowhere"):
        ToolSearch(corpus=tmp_path / "nowhere.jsonl")
