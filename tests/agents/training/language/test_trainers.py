"""Every trainer of language agents: resumed equals unbroken, runs are restored, wrong input is refused."""

import csv
import io
import json
import shutil

import numpy as np
import pytest
import torch

import palaestra
from palaestra.agents.llm import tiny
from palaestra.agents.rollouts.episodes import record, replay
from palaestra.agents.training import loop, registry
from palaestra.agents.training.language.trainer import LanguageOptions
from palaestra.data.errors import InputError
from palaestra.data.results import tables
from palaestra.data.results.run import Run

WORLD = "palaestra/ToolArithmetic-v0"
TRAINERS = sorted(registry.names("agents.training.language"))
ONLINE = [name for name in TRAINERS if name != "sft"]
GROUPS = {"questions": 4, "group": 6, "pool": 8}
SMALL = {"sft": {"lessons": 40, "batch": 8, "drill": 4, "drilled": 3}}
SMALL |= {name: {"questions": 12, "pool": 30} for name in ("ppo", "otc-ppo")}


def train(name, out, updates, *, seeds=1, resume=False, start=None, stop=None, threads=1, tasks=None, **settings):
    algorithm = registry.find(name)
    config = algorithm.config(seeds=seeds, max_tokens=24, **(SMALL.get(name, GROUPS) | settings))
    options = LanguageOptions(
        WORLD,
        start=start,
        tasks=tasks or (() if start else ("SingleDigits",)),
        width=32,
        layers=1,
        updates=updates,
        evaluate_every=2,
        episodes=4,
        log_every=1,
        keep=9,
    )
    stops = {} if stop is None else {"stop": stop}
    return loop.train(algorithm, options, config, out, resume=resume, threads=threads, **stops)


@pytest.fixture(autouse=True)
def few_checked(monkeypatch):
    """A start that knows little talks much; a few episodes are enough to judge it."""
    monkeypatch.setattr("palaestra.agents.training.language.learner.CHECKED", 24)


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A run of sft that has learned the form of an answer."""
    out = tmp_path_factory.mktemp("start") / "run"
    train("sft", out, 60, seeds=2, lr=1e-2)
    return out


def test_all_trainers_are_found():
    assert TRAINERS == ["dpo", "filtered-bc", "grpo", "otc-grpo", "otc-ppo", "ppo", "rloo", "sft"]


@pytest.mark.parametrize("name", TRAINERS)
def test_resumed_equals_unbroken(name, start, tmp_path):
    begin = None if name == "sft" else start
    whole = train(name, tmp_path / "whole", 4, start=begin)
    train(name, tmp_path / "broken", 4, start=begin, stop=iter([False, False, False, True, True]).__next__)
    broken = train(name, tmp_path / "broken", 4, start=begin, resume=True)
    assert whole.checkpoints == broken.checkpoints == [2, 4]
    (_, tensors, state), (_, others, other) = whole.load_checkpoint(), broken.load_checkpoint()
    assert state == other
    assert tensors.keys() == others.keys()
    assert all(torch.equal(tensors[key], others[key]) for key in tensors)
    begun = {} if begin is None else Run.open(begin).load_checkpoint()[1]
    assert any(not torch.equal(tensors[key], begun[key]) for key in tensors if key in begun) or begin is None
    rate = {"updates_per_second"}
    assert [{k: v for k, v in line.items() if k not in rate} for line in whole.metrics()] == [
        {k: v for k, v in line.items() if k not in rate} for line in broken.metrics()
    ]
    assert whole.evaluations() == broken.evaluations()


def test_a_seed_learns_beside_others_what_it_learns_alone(start, tmp_path):
    both = train("grpo", tmp_path / "both", 2, start=start, seeds=2).load_checkpoint()
    alone = train("grpo", tmp_path / "alone", 2, start=start, seeds=1, first_seed=1).load_checkpoint()
    mine = {key: value for key, value in both[1].items() if key.startswith("seed1.")}
    assert mine.keys() == alone[1].keys()
    assert all(torch.equal(mine[key], alone[1][key]) for key in mine)


@pytest.mark.slow
def test_seeds_in_processes_of_their_own_learn_the_same(start, tmp_path):
    one = train("otc-grpo", tmp_path / "one", 4, start=start, seeds=2)
    two = train("otc-grpo", tmp_path / "two", 4, start=start, seeds=2, threads=2)
    (_, tensors, state), (_, others, other) = one.load_checkpoint(), two.load_checkpoint()
    assert state == other
    assert all(torch.equal(tensors[key], others[key]) for key in tensors)
    assert one.evaluations() == two.evaluations()


def test_training_begins_with_the_weights_of_the_start(start, tmp_path):
    (_, first, _) = Run.open(start).load_checkpoint()
    (_, then, _) = train("grpo", tmp_path / "run", 2, start=start, lr=0.0).load_checkpoint()
    weights = [key for key in then if key.startswith("seed0.weights.")]
    assert weights
    assert all(torch.equal(first[key], then[key]) for key in weights)
    with pytest.raises(InputError, match="started with tasks = SingleDigits, not Product@1; resume with the same"):
        train("grpo", tmp_path / "run", 2, start=start, lr=0.0, resume=True, tasks=("Product@1",))


def test_an_evaluation_has_what_a_table_of_language_agents_shows(start):
    run = Run.open(start)
    line = run.evaluations()[-1]
    assert {"success", "calls", "tokens", "drift", "errors", "stop", "task"} <= line.keys()
    (row,) = tables.compare([run])
    assert {"success", "calls", "productivity"} <= set(tables.cells([row])[0])
    (written,) = csv.DictReader(io.StringIO(tables.csv([row])))
    last = [each["calls"] for each in run.evaluations() if each["update"] == line["update"]]
    assert float(written["calls"]) == pytest.approx(np.mean(last))
    assert int(written["all_calls"]) == sum(last)


def test_a_runs_policy_is_rolled_out_and_its_file_replays(start, tmp_path):
    file = tmp_path / "episodes.arrows"
    tasks = {"tasks": ["SingleDigits"]}
    episodes = list(record(WORLD, str(start), 3, file, seed=1, worlds=2, arguments=tasks))
    for trajectory in episodes:
        rows = trajectory.steps
        ids, mask, log_probs = ([value for row in rows for value in getattr(row, name)] for name in COLUMNS)
        assert set(rows[0].mask) == {0}
        assert all(row.mask[0] == 1 for row in rows[1:])
        assert len(ids) == len(mask) == len(log_probs)
        assert all(value == 0.0 for value, own in zip(log_probs, mask) if not own)
    assert all(replayed.differs is None for replayed in replay(file, frames=False))


COLUMNS = ("token_ids", "mask", "log_probs")


def test_updates_with_equal_rewards_change_nothing(start, tmp_path, monkeypatch):
    learner = registry.find("grpo").learner
    play = learner.play

    def wrong(self, questions, size):
        played = play(self, questions, size)
        played.correct.zero_()
        return played

    monkeypatch.setattr(learner, "play", wrong)
    (_, first, _) = Run.open(start).load_checkpoint()
    run = train("grpo", tmp_path / "run", 2, start=start, lr=0.1)
    (_, then, _) = run.load_checkpoint()
    weights = [key for key in then if key.startswith("seed0.weights.")]
    assert all(torch.equal(first[key], then[key]) for key in weights)
    assert [line["used"] for line in run.metrics()] == [[0.0], [0.0]]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"env": "palaestra/ToolLookup-v0"}, "was trained on palaestra/ToolArithmetic-v0, not palaestra/ToolLookup-v0"),
        ({"model": "smollm2"}, "its model is tiny, not smollm2"),
        ({"model": "gpt9", "start": None}, "no such model"),
        ({"tasks": ("Nothing",)}, "no such template"),
        ({"env": "palaestra/Hopper-v0", "start": None}, "palaestra/Hopper-v0"),
        ({"env": "palaestra/AndroidTasks-v0", "start": None}, "no tool world"),
    ],
)
def test_wrong_input_gets_a_line_and_leaves_nothing(start, tmp_path, change, reason):
    algorithm = registry.find("grpo")
    settings = {"env": WORLD, "start": start, "updates": 2} | change
    with pytest.raises(InputError, match=reason) as error:
        loop.train(algorithm, LanguageOptions(**settings), algorithm.config(**GROUPS), tmp_path / "run")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "run").exists()


def test_seeds_that_the_start_lacks_are_refused(start, tmp_path):
    with pytest.raises(InputError, match="has the seeds 0, 1, not 2"):
        train("grpo", tmp_path / "run", 2, start=start, first_seed=2)


def test_a_seed_without_a_pair_is_not_taken_for_diverged(start, tmp_path, monkeypatch):
    learner = registry.find("dpo").learner
    play = learner.play

    def wrong(self, questions, size):
        played = play(self, questions, size)
        played.correct.fill_(0.0)
        return played

    monkeypatch.setattr(learner, "play", wrong)
    run = train("dpo", tmp_path / "run", 2, start=start, seeds=2)
    assert [(line["pairs"], line["loss"]) for line in run.metrics()] == [([0.0, 0.0], [0.0, 0.0])] * 2


def test_a_run_is_evaluated_in_another_world_of_words_and_in_no_other(start, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(start, copy)
    records = loop.evaluate_run(Run.open(copy), 2, env_id="palaestra/ToolLookup-v0")
    assert {record["env_id"] for record in records} == {"palaestra/ToolLookup-v0"}
    with pytest.raises(InputError, match="palaestra/Hopper-v0"):
        loop.evaluate_run(Run.open(copy), 2, env_id="palaestra/Hopper-v0")


def test_a_start_that_is_right_too_seldom_is_warned_of(start, tmp_path):
    with pytest.warns(UserWarning, match=r"seed 0: the start is right too seldom: SingleDigits after \d+ calls \d+ of"):
        train("grpo", tmp_path / "run", 1, start=start)


def test_load_says_how_a_language_agent_is_played(start):
    with pytest.raises(InputError, match="palaestra rollout ID --policy"):
        palaestra.load(start)


@pytest.mark.parametrize("name", ["dpo", "grpo", "otc-grpo", "rloo"])
def test_a_group_of_one_is_refused(name):
    with pytest.raises(InputError, match="--group must be at least 2"):
        registry.find(name).config(group=1)


def test_a_run_remembers_its_model(start):
    config = json.loads((start / "config.json").read_text())
    assert config["model"]["name"] == "tiny"
    (start / "model" / "tokenizer.json").touch()
    assert loop.restore(Run.open(start)).policy.policies.keys() == {0, 1}


@pytest.fixture(scope="module")
def folder(start, tmp_path_factory):
    """A model as the Hugging Face hub has them: the tiny one's settings, other weights."""
    settings = json.loads((start / "model" / "config.json").read_text())
    path = tmp_path_factory.mktemp("hub") / "model"
    tiny.network(settings, seed=7).save_pretrained(path)
    (path / "tokenizer.json").write_bytes((start / "model" / "tokenizer.json").read_bytes())
    return path


def lora(folder, out, updates, *, name="sft", start=None, rank=2, **more):
    algorithm = registry.find(name)
    settings = {"lessons": 12, "batch": 4, "drill": 0} if name == "sft" else {"questions": 2, "group": 2}
    config = algorithm.config(lora=rank, max_tokens=12, **settings)
    options = algorithm.trainer.Options(
        WORLD,
        start=start,
        model=f"hf:{folder}",
        tasks=("SingleDigits",),
        tools="none",
        updates=updates,
        evaluate_every=1,
        episodes=2,
        keep=2,
    )
    return loop.train(algorithm, options, config, out, **more)


def test_adapters_are_trained_on_pretrained_weights_and_nothing_else(folder, tmp_path):
    whole = lora(folder, tmp_path / "whole", 2)
    (_, tensors, _) = whole.load_checkpoint()
    weights = [key for key in tensors if ".weights." in key]
    assert weights
    assert all("lora_" in key for key in weights)
    assert {key.replace(".weights.", ".optimiser.") + ".exp_avg" for key in weights} <= tensors.keys()
    assert any(tensors[key].abs().sum() > 0 for key in weights if "lora_B" in key)
    assert whole.checkpoints == [1, 2]
    for update in whole.checkpoints:  # later objectives draw on earlier policies
        (_, kept, _) = whole.load_checkpoint(update)
        (learner,) = loop.restore(whole, update=update).learners
        assert learner.updates == update
        assert all(torch.equal(kept[f"seed0.weights.{name}"], each) for name, each in learner.trained.items())
        assert any(not torch.equal(kept[key], tensors[key]) for key in weights) == (update == 1)
    lora(folder, tmp_path / "broken", 1)
    broken = lora(folder, tmp_path / "broken", 2, resume=True)
    (_, others, _) = broken.load_checkpoint()
    assert all(torch.equal(tensors[key], others[key]) for key in tensors)
    assert whole.evaluations() == broken.evaluations()


def test_pretrained_weights_that_have_changed_are_noticed(folder, tmp_path):
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    lora(copy, tmp_path / "run", 1)
    with pytest.raises(InputError, match="was trained with --lora 2, not 0; add --lora 2"):
        lora(copy, tmp_path / "other", 1, name="grpo", start=tmp_path / "run", rank=0)
    tiny.network(json.loads((copy / "config.json").read_text()), seed=8).save_pretrained(copy)
    for use in (
        lambda: loop.restore(Run.open(tmp_path / "run")),
        lambda: lora(copy, tmp_path / "other", 1, name="grpo", start=tmp_path / "run"),
        lambda: lora(copy, tmp_path / "run", 2, resume=True),
    ):
        with pytest.raises(InputError, match=r"has changed since|was started with another model") as error:
            use()
        assert "\n" not in str(error.value)
    assert not (tmp_path / "other").exists()
    assert Run.open(tmp_path / "run").checkpoints == [1]


@pytest.mark.parametrize(
    ("missing", "reason"), [("config.json", "has no config.json"), ("model.safetensors", "safetensors")]
)
def test_a_folder_without_a_model_is_refused(folder, tmp_path, missing, reason):
    copy = tmp_path / "model"
    shutil.copytree(folder, copy)
    (copy / missing).unlink()
    with pytest.raises(InputError, match=reason):
        lora(copy, tmp_path / "run", 1)
    assert not (tmp_path / "run").exists()
