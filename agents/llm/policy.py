"""A language model as a policy for worlds of words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch

from palaestra.agents.llm.generate import Generator, merged
from palaestra.agents.llm.grammar import CallGrammar, Tools
from palaestra.agents.llm.templates import Message, Template, messages_of
from palaestra.agents.llm.transcript import Transcript
from palaestra.data.streams import child_seed
from palaestra.envs.task import Task


class Utterances(NamedTuple):
    """Sampled turns, one per world; empty for worlds that rest.

    Attributes:
        texts: the actions.
        token_ids: what was added to each transcript: the tokens given, then the turn.
        masks: 1 for sampled tokens.
        log_probs: of the sampled tokens, 0.0 for the others.
        stops: why a turn ended: "" by itself, ``length`` at the limit of tokens, ``context`` without a token because
            the context is full.
    """

    texts: list[str]
    token_ids: list[list[int]]
    masks: list[list[int]]
    log_probs: list[list[float]]
    stops: list[str]


@dataclass
class _Row:
    """A world's conversation.

    Attributes:
        transcript: so far; None while no episode has begun.
        pending: tokens that are in the transcript and not yet in the cache.
        episodes: number of episodes begun in this world.
        number: of the episode, if the caller numbers them.
        turns: of this episode.
        is_cut: whether the last turn lacks its end.
        rests: whether the episode has ended.
        stop: see ``Utterances``, of the last turn.
        tools: of this episode, as OpenAI's schemas.
    """

    transcript: Transcript | None = None
    pending: tuple[int, ...] = ()
    episodes: int = 0
    number: int | None = None
    turns: int = 0
    is_cut: bool = False
    rests: bool = True
    stop: str = ""
    tools: Tools = ()


class LanguagePolicy:
    """Speaks for several worlds; implements ``TextPolicy``.

    A world's tokens depend on ``seed``, the world's number, its episodes so far and its own past only; if the caller
    puts the number of a world's next episode into ``numbers`` before its reset, on that one instead of the first two.
    In float32 they don't depend on the worlds beside it, unless the last bits of a matrix product decide between two
    tokens.

    Args:
        network: a causal language model of transformers.
        template: renders messages.
        seed: of the worlds' random streams.
        temperature: of sampling; log-probabilities are at this temperature.
        max_tokens: maximal number of tokens of a turn.
        context: maximal number of tokens of a transcript.
        examples: solved episodes (each a list of messages, assistant turns included) that stand before every episode.
        grammar: masks tokens that can't continue a call.

    Attributes:
        numbers: by world, of its next episode.
    """

    def __init__(
        self,
        network: Any,
        template: Template,
        *,
        seed: int = 0,
        temperature: float = 1.0,
        max_tokens: int = 256,
        context: int = 2048,
        examples: Sequence[Sequence[Message]] = (),
        grammar: CallGrammar | None = None,
    ):
        self.template, self.seed = template, seed
        self.max_tokens, self.context, self.examples = max_tokens, context, examples
        self.grammar = grammar
        self.numbers: dict[int, int] = {}
        self._generator = Generator(network, template.end, temperature)
        self._rows: list[_Row] = []
        self._past = self._generator.empty(0)

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """See ``TextPolicy.reset``; with None, the random streams begin anew."""
        if which is None:
            self._rows, self._past = [], self._generator.empty(0)
            return
        self._expect(len(which))
        fresh = np.flatnonzero(which).tolist()
        for row in fresh:
            episodes, number = self._rows[row].episodes + 1, self.numbers.pop(row, None)
            self._rows[row] = _Row(Transcript(), episodes=episodes, number=number, rests=False)
        self._forget(fresh)

    def _expect(self, worlds: int) -> None:
        if not self._rows:
            self._rows, self._past = [_Row() for _ in range(worlds)], self._generator.empty(worlds)
        if len(self._rows) != worlds:
            raise ValueError(f"{worlds} worlds after {len(self._rows)}; reset() first")

    def _forget(self, rows: Sequence[int]) -> None:
        """Drop the cached past of some rows, and slots that no row uses any more."""
        if self._past.real.shape[1] and rows:
            self._past.real[list(rows)] = False
            self._past = self._past.select(torch.arange(len(self._rows), device=self._past.real.device))

    def rest(self, row: int) -> None:
        """A world's episode has ended: it says nothing until its next one. Its transcript stays."""
        self._rows[row].rests = True
        self._rows[row].pending = ()

    @property
    def vocabulary(self) -> int:
        """Number of the network's logits."""
        return self._generator.vocabulary

    @property
    def temperature(self) -> float:
        """Of sampled turns."""
        return self._generator.temperature

    @temperature.setter
    def temperature(self, value: float) -> None:
        self._generator.temperature = value

    @property
    def transcripts(self) -> list[Transcript | None]:
        """Each world's transcript of its current or last episode."""
        return [row.transcript for row in self._rows]

    @property
    def stops(self) -> list[str]:
        """Why each world's last turn ended, see ``Utterances``."""
        return [row.stop for row in self._rows]

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``; deterministic turns are greedy."""
        return self.sample(observations, deterministic).texts

    def sample(self, observations: Sequence[Mapping[str, Any]], deterministic: bool = False) -> Utterances:
        """The next turn of every world that doesn't rest, and what learning needs of it.

        Args:
            observations: one per world: ``messages``, JSON of the new ones.
            deterministic: speak greedily.
        """
        self._expect(len(observations))
        ids, masks, log_probs = ([list[Any]() for _ in observations] for _ in range(3))
        result = Utterances([""] * len(observations), ids, masks, log_probs, [])
        begun = {row: len(self._rows[row].transcript or ()) for row in range(len(observations))}
        speaking = []
        for row, observation in enumerate(observations):
            if not self._rows[row].rests and self._hear(row, observation):
                speaking.append(row)
        if speaking:
            self._speak(speaking, deterministic, result)
        for row in range(len(observations)):
            if (transcript := self._rows[row].transcript) is not None and not self._rows[row].rests:
                start = begun[row]
                result.token_ids[row] += transcript.ids[start:]
                result.masks[row] += transcript.mask[start:]
                result.log_probs[row] += transcript.log_probs[start:]
        return result._replace(stops=self.stops)

    def _hear(self, row: int, observation: Mapping[str, Any]) -> bool:
        """Append new messages to a row's transcript; False if the context has no room for them and a token."""
        state, messages = self._rows[row], messages_of(observation)
        assert state.transcript is not None
        if state.turns == 0:
            state.tools = next((each["tools"] for each in messages if each.get("tools")), ())
            ids = self.template.start([*self._with_examples(messages)])
        else:
            ids = [*([self.template.end] if state.is_cut else []), *self.template.after(messages)]
        if len(state.transcript) + len(ids) >= self.context or state.stop == "context":
            state.stop = "context"
            return False
        state.transcript.give(ids)
        state.pending += tuple(ids)
        return True

    def _with_examples(self, messages: Sequence[Message]) -> list[Message]:
        """The first messages, with the examples' between the system's and the user's."""
        system = [each for each in messages if each["role"] == "system"]
        others = [each for each in messages if each["role"] != "system"]
        return [*system, *(message for example in self.examples for message in example), *others]

    def _room(self, row: int) -> int:
        """Number of tokens that a row's next turn may have."""
        transcript = self._rows[row].transcript
        return min(self.max_tokens, self.context - len(transcript or ()))

    def _speak(self, speaking: list[int], deterministic: bool, result: Utterances) -> None:
        device = self._generator.device
        rows = torch.tensor(speaking, device=device)
        allowed = [self._room(row) for row in speaking]
        uniforms = None if deterministic else np.stack([self._uniforms(row, max(allowed)) for row in speaking])
        given = [self._rows[row].pending for row in speaking]
        matchers = None if self.grammar is None else [self.grammar.turn(self._rows[row].tools) for row in speaking]
        past, said, log_probs = self._generator.speak(self._past.select(rows), given, uniforms, allowed, matchers)
        silent = [row for row in range(len(self._rows)) if row not in set(speaking)]
        parts = [past, self._generator.empty(len(silent))]
        order = torch.argsort(torch.tensor([*speaking, *silent], device=device))
        self._past = merged(parts).select(order)
        for row, ids, values in zip(speaking, said, log_probs):
            state = self._rows[row]
            text = self.template.text(ids)
            state.is_cut = ids[-1] != self.template.end
            expected = self.template.turn(text)[: -1 if state.is_cut else None]
            assert state.transcript is not None
            state.transcript.speak(ids, values, drifted=expected != ids)
            state.pending = (ids[-1],)
            state.turns += 1
            result.texts[row] = text
            state.stop = "length" if state.is_cut else ""

    def _uniforms(self, row: int, count: int) -> np.ndarray:
        state = self._rows[row]
        whose = ("speech", row, state.episodes) if state.number is None else ("episode", state.number)
        key = child_seed(self.seed, *whose, state.turns)
        return np.random.Generator(np.random.Philox(key=key)).random(count, dtype=np.float32)

    def fork(self, rows: Sequence[int]) -> "LanguagePolicy":
        """A policy for copies of some worlds, one may be copied several times; they share the past.

        The copies sample from streams of their own.
        """
        copy = LanguagePolicy.__new__(LanguagePolicy)
        copy.__dict__ |= self.__dict__
        copy.seed = child_seed(self.seed, "fork", *rows) % 2**31
        copy._rows = [self._copied(self._rows[row]) for row in rows]
        copy._past = self._past.select(torch.tensor(list(rows), device=self._generator.device))
        return copy

    @staticmethod
    def _copied(row: _Row) -> _Row:
        transcript = None if row.transcript is None else row.transcript.fork()
        return replace(row, transcript=transcript, number=None)
