"""Generation: transcripts hold what was sampled, whatever runs beside it."""

import gymnasium
import numpy as np
import pytest
import torch

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.agents.llm import tiny
from palaestra.agents.llm.models import base_of
from palaestra.agents.llm.policy import LanguagePolicy
from palaestra.agents.llm.scores import padded, token_log_probs
from palaestra.agents.llm.templates import ChatML, messages_of

WORLD = "palaestra/ToolArithmetic-v0"


@pytest.fixture(scope="module")
def model():
    texts = ["What is 12 * 30?", "Answer with a number.", "system\n", "user\n", "assistant\n", "calculate"]
    tokenizer = tiny.train_tokenizer(texts * 5, vocabulary=350)
    network = tiny.network(tiny.config(tokenizer.get_vocab_size(), 32, 2, 2), seed=0)
    return network, ChatML(tokenizer, "none")


def talk(model, seeds, turns, **settings):
    """Some turns of worlds side by side; the policy, and each world's messages and texts."""
    network, template = model
    policy = LanguagePolicy(network, template, **{"seed": 1, "max_tokens": 12} | settings)
    worlds = [gymnasium.make(WORLD, max_episode_steps=-1) for _ in seeds]
    observations = [world.reset(seed=seed)[0] for world, seed in zip(worlds, seeds)]
    policy.reset()
    policy.reset(np.ones(len(seeds), bool), [world.task for world in worlds])
    said = [[*messages_of(observation)] for observation in observations]
    texts = [[] for _ in seeds]
    for _ in range(turns):
        spoken = policy.sample(observations)
        for row, (world, text) in enumerate(zip(worlds, spoken.texts)):
            observations[row], *_ = world.step(text)
            texts[row].append(text)
            said[row].append(text)
            said[row] += messages_of(observations[row])
    return policy, said, texts


def test_recorded_log_probs_are_those_of_a_forward_over_the_transcript(model):
    policy, _, _ = talk(model, range(5), 4)
    ids, mask, log_probs = padded(policy.transcripts, "cpu")
    with torch.no_grad():
        recomputed = token_log_probs(model[0], ids, mask)
    assert mask.sum() > 50
    torch.testing.assert_close(recomputed, log_probs, atol=1e-4, rtol=0)
    assert (recomputed[~mask] == 0).all()


@pytest.mark.slow
@pytest.mark.network
def test_recorded_log_probs_of_smollm2_are_those_of_a_forward_too():
    """After ``palaestra models get smollm2``."""
    base = base_of("smollm2")
    network = base.network(0)
    policy, _, _ = talk((network, base.template("schemas", "hermes")), range(4), 2, max_tokens=24)
    ids, mask, log_probs = padded(policy.transcripts, "cpu")
    with torch.no_grad():
        recomputed = token_log_probs(network, ids, mask)
    assert mask.sum() > 50
    torch.testing.assert_close(recomputed, log_probs, atol=1e-4, rtol=0)


def test_the_same_seed_says_the_same_whatever_runs_beside_it(model):
    together, _, texts = talk(model, range(6), 4)
    alone, _, own = talk(model, [0], 4)
    assert own[0] == texts[0]
    assert alone.transcripts[0].ids == together.transcripts[0].ids
    assert texts[0] != texts[1]


def test_transcripts_are_the_whole_chat_or_the_drift_is_counted(model):
    policy, said, _ = talk(model, range(8), 3)
    template, same = model[1], 0
    for transcript, messages in zip(policy.transcripts, said):
        ids = []
        given = []
        for each in [*messages, None]:
            if isinstance(each, str) or each is None:
                ids += template.after(given) if ids and given else template.start(given) if given else []
                given = []
                if each is not None:
                    ids += template.turn(each)
            else:
                given.append(each)
        if transcript.drifted == 0 and transcript.turns and not any(policy.stops):
            assert ids[: len(transcript)] == transcript.ids
            same += 1
        drifted = sum(
            template.turn(template.text(segment.ids))[: len(segment.ids)] != list(segment.ids)
            for segment in transcript.segments
            if segment.is_sampled
        )
        assert transcript.drifted == drifted
    assert all(transcript.turns == 3 for transcript in policy.transcripts)


def test_greedy_turns_are_the_most_likely_tokens(model):
    network, template = model
    policy = LanguagePolicy(network, template, max_tokens=8)
    world = gymnasium.make(WORLD)
    observation, _ = world.reset(seed=0)
    policy.reset(np.ones(1, bool), [world.task])
    policy.act([observation], deterministic=True)
    (transcript,) = policy.transcripts
    with torch.no_grad():
        best = network(torch.tensor([transcript.ids])).logits[0, :-1].argmax(-1)
    mask = torch.tensor(transcript.mask[1:], dtype=torch.bool)
    assert best[mask].tolist() == [token for token, own in zip(transcript.ids, transcript.mask) if own]


def test_a_full_context_is_a_reason_to_stop(model):
    policy, _, texts = talk(model, [0, 1], 9, context=150)
    assert policy.stops == ["context", "context"]
    assert all(0 < len(transcript) <= 150 for transcript in policy.transcripts)
    assert texts[0][-1] == ""


def test_a_new_episode_beside_running_ones_changes_nothing_for_them(model):
    network, template = model
    _, _, texts = talk(model, range(3), 3)
    worlds = [gymnasium.make(WORLD, max_episode_steps=-1) for _ in range(3)]
    observations = [world.reset(seed=seed)[0] for seed, world in enumerate(worlds)]
    other = LanguagePolicy(network, template, seed=1, max_tokens=12)
    other.reset()
    other.reset(np.ones(3, bool), [world.task for world in worlds])
    for turn in range(3):
        if turn == 1:
            observations[2] = worlds[2].reset(seed=9)[0]
            other.reset(np.array([False, False, True]), [None, None, worlds[2].task])
        spoken = other.act(observations, deterministic=False)
        assert spoken[:2] == [texts[0][turn], texts[1][turn]]
        observations = [world.step(text)[0] for world, text in zip(worlds, spoken)]
    assert other.transcripts[2].turns == 2


def test_forks_share_the_past_and_speak_for_themselves(model):
    policy, _, _ = talk(model, range(2), 2)
    past = [transcript.ids for transcript in policy.transcripts]
    copies = policy.fork([0, 0, 1])
    observation = {"messages": '[{"role": "user", "content": "And now?"}]'}
    copies.sample([observation] * 3)
    ids = [transcript.ids for transcript in copies.transcripts]
    assert [each[: len(past[row])] for each, row in zip(ids, (0, 0, 1))] == [past[0], past[0], past[1]]
    assert ids[0] != ids[1]
    assert [transcript.ids for transcript in policy.transcripts] == past
    recorded = padded(copies.transcripts, "cpu")
    with torch.no_grad():
        recomputed = token_log_probs(model[0], *recorded[:2])
    torch.testing.assert_close(recomputed, recorded[2], atol=1e-4, rtol=0)
