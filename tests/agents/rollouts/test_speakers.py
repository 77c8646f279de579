"""Language models by name: how they speak in recorded episodes, what is refused, what one sees of them."""

import json
import shutil
from types import SimpleNamespace

import pytest
from gymnasium.spaces import Dict, Text

from palaestra.agents.errors import AgentError
from palaestra.agents.llm import tiny
from palaestra.agents.rollouts.episodes import _of_run, record, replay
from palaestra.agents.rollouts.plans import SpokenBySeed
from palaestra.agents.rollouts.speakers import Speech
from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.data.trajectory import Trajectory, read
from palaestra.envs.tools.calls import Turn
from palaestra.envs.tools.codecs import CODECS

WORLD = "palaestra/ToolArithmetic-v0"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The name of a random model in a folder, as transformers writes it."""
    folder = tmp_path_factory.mktemp("model")
    tokenizer = tiny.train_tokenizer(["Answer with a number.", "What is 3 * 4?"] * 5, vocabulary=320)
    tiny.network(tiny.config(tokenizer.get_vocab_size(), 32, 1, 1), seed=0).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return f"hf:{folder}"


def ids(trajectory: Trajectory) -> list:
    return [step.token_ids for step in trajectory.steps]


def test_samples_depend_on_the_episode_and_not_on_the_worlds_beside_it_or_a_resumption(model, tmp_path):
    sampled = Speech(max_tokens=5, temperature=1.0)
    options = {"arguments": {"tasks": ["SingleDigits"]}, "speech": sampled}
    whole = [ids(each) for each in record(WORLD, model, 4, tmp_path / "a.arrows", worlds=2, **options)]
    list(record(WORLD, model, 2, tmp_path / "b.arrows", worlds=1, **options))
    resumed = list(record(WORLD, model, 4, tmp_path / "b.arrows", worlds=3, resume=True, **options))
    assert [ids(each) for each in resumed] == whole
    assert len({str(each[1:]) for each in whole}) == 4
    greedy = record(WORLD, model, 4, tmp_path / "c.arrows", **options | {"speech": Speech(max_tokens=5)})
    assert [ids(each) for each in greedy] != whole
    assert all(replayed.differs is None for replayed in replay(tmp_path / "b.arrows", frames=False))
    for other in (Speech(max_tokens=5), Speech(max_tokens=5, temperature=0.5), Speech(max_tokens=6, temperature=1.0)):
        with pytest.raises(InputError, match=r"was recorded with speech .* resume with the same arguments"):
            list(record(WORLD, model, 4, tmp_path / "b.arrows", resume=True, **options | {"speech": other}))


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--policy oracle --temperature 0.7", "policy oracle: is no language model"),
        ("--policy random --examples 2", "policy random: is no language model"),
        ("--policy smollm2 --temperature -1", "--temperature must be at least 0, got -1"),
        ("--policy smollm2 --temperature nan", "--temperature must be at least 0, got nan"),
        ("--policy smollm2 --max-tokens 0", "--max-tokens must be at least 1, got 0"),
        ("--policy smollm2 --examples -1", "--examples must be at least 0, got -1"),
        ("--policy api:http://127.0.0.1:9/v1#m --prices -1 1", "--prices must be at least 0, got -1"),
        ("--policy smollm", "must be one of random, oracle, noisy-oracle, the folder of a run, smollm2, hf:..., api:"),
        ("--policy hf:/nowhere", "hf:/nowhere: is no folder"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(words, reason, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as refused:
        run(["rollout", WORLD, *words.split(), "--out", "a.arrows"])
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_lacks_a_file_or_has_a_damaged_one_is_refused(model, tmp_path):
    def refused(reason):
        with pytest.raises(InputError, match=reason) as error:
            list(record(WORLD, f"hf:{folder}", 1, tmp_path / "a.arrows"))
        assert "\n" not in str(error.value)
        assert not (tmp_path / "a.arrows").exists()

    folder = tmp_path / "model"
    shutil.copytree(model.removeprefix("hf:"), folder)
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    refused("can't be read as a causal language model")
    (folder / "model.safetensors").write_bytes(weights)
    good = (folder / "tokenizer.json").read_text()
    larger = tiny.train_tokenizer([WORLD, "What is 3 * 4?", "Answer with a number, please."] * 5, vocabulary=360)
    larger.save(str(folder / "tokenizer.json"))
    refused("its tokenizer has [0-9]+ tokens, its weights have [0-9]+")
    (folder / "tokenizer.json").write_text(good[:100])
    refused("can't be read as a causal language model")
    (folder / "tokenizer.json").unlink()
    refused(r"has no tokenizer\.json")


def test_a_run_plays_the_tasks_that_it_was_trained_on(tmp_path):
    arguments = {"tasks": ["Product@1"]}
    config = {"algorithm": "grpo", "dataset": WORLD, "env_id": WORLD, "seeds": [0], "env_arguments": arguments}
    (tmp_path / "config.json").write_text(json.dumps(config | {"model": {"name": "tiny"}}))
    assert _of_run(str(tmp_path), WORLD) == arguments
    assert _of_run(str(tmp_path), "palaestra/ToolSQL-v0") == {}


def test_a_world_without_messages_is_no_place_to_evaluate_a_language_model(monkeypatch):
    worlds = SimpleNamespace(num_envs=1, single_observation_space=Dict(), single_action_space=Text(9), close=list)
    monkeypatch.setattr("palaestra.agents.rollouts.plans.make_worlds", lambda *_, **__: worlds)
    with pytest.raises(InputError, match="Phone-v0: has no messages"):
        SpokenBySeed({}).evaluate("Phone-v0", {"env_id": WORLD}, seeds=[], episodes=1)


def answers_with_an_escape(observation):
    """An agent that calls nothing, and writes to the terminal."""
    return CODECS["hermes"]().encode(Turn("\x1b[2J\u202e12"))


def test_a_recording_is_read_as_text_in_which_nothing_steers_the_terminal(tmp_path, capsys):
    file = tmp_path / "a.arrows"
    list(record(WORLD, answers_with_an_escape, 1, file, task="SingleDigits"))
    assert not run(["replay", str(file), "--text"])
    (trajectory,) = read(file)
    task = trajectory.about["task"]
    heading, system, user, answer, *_ = capsys.readouterr().out.splitlines()
    assert heading == f"== {task['id']}: success 0, completed"
    assert system.startswith("system: Answer with a number.")
    assert (user, answer) == (f"user: {task['instruction']}", "assistant: \\x1b[2J\\u202e12")
    assert not list(tmp_path.glob("*.html"))


def surrogate(observation):
    """An agent that returns half a character."""
    return "\ud800"


def test_half_a_character_is_the_agents_error(tmp_path):
    with pytest.raises(AgentError, match="surrogate: returned a text with lone surrogates"):
        list(record(WORLD, surrogate, 1, tmp_path / "a.arrows"))
    assert not list(tmp_path.iterdir())
