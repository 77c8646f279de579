"""Turns under a grammar, with xgrammar itself; an untrained model writes calls that can be read and fit their tools."""

import json

import gymnasium
import numpy as np
import pytest
from jsonschema import Draft202012Validator

import palaestra  # noqa: F401
from palaestra.agents.llm import tiny
from palaestra.agents.llm.grammar import CallGrammar
from palaestra.agents.llm.policy import LanguagePolicy
from palaestra.agents.llm.templates import ChatML
from palaestra.data.errors import InputError
from palaestra.envs.tools.calls import BadCall, ToolCall
from palaestra.envs.tools.codecs import codec as named_codec

pytestmark = pytest.mark.bridges
WORDS = [
    "user\n",
    "assistant\n",
    "Hello 0 1 2",
    '{"name": "calculate", "arguments": {"expression": "3 * 4"}}',
    *["<function=", "\n</parameter>"] * 9,
]


class OneCall:
    """A network's head, which likes to begin a turn with a call, to end texts, and to have no marks in them."""

    def __init__(self, weight, tokenizer):
        self.weight, self.begun = weight, False
        self.first, self.later = (weight.new_zeros(tokenizer.get_vocab_size()) for _ in range(2))
        for word, number in tokenizer.get_vocab().items():
            self.first[number] = 9.0 * (word in ("<tool_call>", "<function="))
            mark = word.strip("</>=") in ("tool_call", "function")
            self.later[number] = 3.0 * ('"' in word or word == "<|im_end|>" or "</param" in word) - 30.0 * mark

    def __call__(self, hidden):
        bias, self.begun = self.later if self.begun else self.first, True
        return hidden @ self.weight.T + bias


def untrained(codec, grammar):
    """A policy with random weights."""
    tokenizer = tiny.train_tokenizer(WORDS * 4)
    network = tiny.network(tiny.config(tokenizer.get_vocab_size(), width=32, layers=1, heads=1), seed=0)
    policy = LanguagePolicy(network, ChatML(tokenizer, "none", codec), max_tokens=160)
    policy._generator._head = OneCall(network.get_output_embeddings().weight, tokenizer)
    if grammar:
        policy.grammar = CallGrammar(tokenizer, policy.vocabulary, policy.template.end, codec)
    return policy


@pytest.mark.parametrize("codec", ["hermes", "tags"])
def test_calls_of_an_untrained_model_can_be_read_and_fit_their_tools(codec):
    world = gymnasium.make("palaestra/ToolArithmetic-v0", codec=codec)
    observation, _ = world.reset(seed=0)
    tools = {each["function"]["name"]: each["function"] for each in json.loads(observation["messages"])[0]["tools"]}
    specs = world.unwrapped.specs
    read = {}
    for grammar in (False, True):
        policy = untrained(codec, grammar)
        policy.reset(np.ones(64, bool), [world.unwrapped.task] * 64)
        spoken = policy.sample([observation] * 64)
        whole = [text for text, stop in zip(spoken.texts, spoken.stops) if stop == ""]
        read[grammar] = [call for text in whole for call in named_codec(codec).decode(text, specs).calls]
        for ids, values, mask in zip(spoken.token_ids, spoken.log_probs, spoken.masks):
            assert len(ids) == len(values) == len(mask)
            assert np.isfinite(values).all()
    assert any(isinstance(call, BadCall) for call in read[False])
    assert len(read[True]) >= 8
    assert all(isinstance(call, ToolCall) for call in read[True])
    for call in read[True]:
        Draft202012Validator(tools[call.name]["parameters"]).validate(call.arguments)


def test_a_codec_without_a_grammar_is_refused_in_one_line():
    with pytest.raises(InputError, match="--grammar: calls of the codec python have no grammar; choose hermes or tags"):
        untrained("python", True)
