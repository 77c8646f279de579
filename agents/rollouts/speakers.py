"""Language models by their names, as policies for a world of words: a run's, or pretrained ones with examples."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.agents.llm.templates import Message, messages_of
from palaestra.agents.policy import TextPolicy
from palaestra.agents.scripted import CoroutineAgent
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.data.results.run import Run
from palaestra.data.streams import child_seed
from palaestra.envs.task import Task
from palaestra.envs.text import text_world
from palaestra.envs.vector import make_worlds

if TYPE_CHECKING:
    from palaestra.agents.llm.endpoint import EndpointPolicy
    from palaestra.agents.llm.policy import LanguagePolicy

PRETRAINED = "smollm2"
PREFIXES = ("hf:", "api:")
"""What names of other pretrained models begin with."""
MAX_TOKENS = 256
"""Of a turn, unless a run or the user says otherwise."""


def is_speaker(name: str) -> bool:
    """Whether a name is that of a language model, or the folder of a run."""
    return name == PRETRAINED or name.startswith(PREFIXES) or is_run(name)


def is_run(name: str) -> bool:
    """Whether a name is the folder of a run."""
    return (Path(name) / "config.json").exists()


@dataclass(frozen=True)
class Speech:
    """How a language model speaks.

    Attributes:
        examples: solved episodes of the oracle that stand before every episode.
        max_tokens: maximal number of tokens of a turn; by default the run's, or 256.
        temperature: of sampled turns; 0 speaks greedily.
        prices: of an endpoint, money per million tokens of prompts and of answers.
        max_cost: money after which an endpoint isn't asked any more; None for any amount.
        grammar: whether calls are kept in their form, see ``CallGrammar``.

    Raises:
        InputError: a number that is out of its range.
    """

    examples: int = 0
    max_tokens: int | None = None
    temperature: float = 0.0
    prices: tuple[float, float] = (0.0, 0.0)
    max_cost: float | None = None
    grammar: bool = False

    def __post_init__(self) -> None:
        least = {"examples": 0, "max_tokens": 1, "temperature": 0, "max_cost": 0}
        given = [(name, getattr(self, name), low) for name, low in least.items()]
        for name, value, low in [*given, *(("prices", price, 0) for price in self.prices)]:
            if value is not None and not low <= value < math.inf:
                raise InputError(f"--{name.replace('_', '-')} must be at least {low}, got {value}")

    @property
    def settings(self) -> dict[str, Any]:
        """What the episodes depend on, as plain data."""
        return {"examples": self.examples, "max_tokens": self.max_tokens, "temperature": self.temperature} | (
            {"grammar": True} if self.grammar else {}
        )


def speaker(
    name: str, env_id: str, arguments: Mapping[str, Any], seed: int, speech: Speech
) -> "LanguagePolicy | EndpointPolicy":
    """A language model as a policy.

    Args:
        name: a run's folder, ``smollm2``, ``hf:PATH_OR_ID`` or ``api:URL#MODEL``.
        env_id: of the environment that it will speak in.
        arguments: of the environment.
        seed: of its samples; of a run with several seeds, the first one speaks.
        speech: how it speaks.

    Raises:
        InputError: no such model, or a run that trained no language model; the world has no messages.
    """
    with contextlib.closing(make_worlds(env_id, 1, **arguments)) as vector:
        world = vector.worlds[0]
        codec = world.get_wrapper_attr("codec")
        if "messages" not in world.observation_space.spaces:
            raise InputError(f"--policy {name}: {env_id} has no messages in its observations, so it can't be spoken to")
    shown = played_examples(env_id, arguments, speech.examples) if speech.examples else []
    sampled: dict[str, Any] = {"temperature": speech.temperature or 1.0}  # greedy turns don't depend on it
    max_tokens = speech.max_tokens or MAX_TOKENS
    if name.startswith("api:"):
        if speech.grammar:
            raise InputError("--grammar masks tokens, which an endpoint doesn't let one do; leave it out")
        from palaestra.agents.llm.endpoint import EndpointPolicy

        money: dict[str, Any] = {"prices": speech.prices, "max_cost": speech.max_cost}
        return EndpointPolicy(name, codec, max_tokens=max_tokens, examples=shown, **sampled, **money)
    if is_run(name):
        policy = _of_run(name, seed, shown, speech)
    else:
        require("a language model", "transformers", "tokenizers")
        from palaestra.agents.llm.models import base_of
        from palaestra.agents.llm.policy import LanguagePolicy

        base = base_of(name)
        more: dict[str, Any] = {"max_tokens": max_tokens, "context": base.context, "examples": shown, **sampled}
        policy = LanguagePolicy(base.network(0), base.template("schemas", codec.name), seed=seed, **more)
    if speech.grammar:
        from palaestra.agents.llm.grammar import CallGrammar

        policy.grammar = CallGrammar(policy.template.tokenizer, policy.vocabulary, policy.template.end, codec.name)
    return policy


def _of_run(name: str, seed: int, examples: Sequence[Sequence[Message]], speech: Speech) -> "LanguagePolicy":
    from palaestra.agents.training.loop import restore

    run = run_of(name)
    policies: Any = restore(run).policy
    policy = policies.policies[run.seeds[0]]
    policy.seed, policy.examples = seed, examples
    policy.max_tokens = speech.max_tokens or policy.max_tokens
    policy.temperature = speech.temperature or 1.0
    return policy


def run_of(name: str) -> Run:
    """The run of a language model.

    Raises:
        InputError: there is none, or it trained something else.
    """
    run = Run.open(name)
    if "model" not in run.config:
        raise InputError(f"{name}: a run of {run.config['algorithm']}, which trained no language model")
    return run


def played_examples(env_id: str, arguments: Mapping[str, Any], count: int) -> list[list[Message]]:
    """Solved episodes of the oracle as messages without the system's, of different tasks as far as there are.

    Those with calls come first: an example without one teaches a small model to answer at once.
    """
    from palaestra.agents.rollouts.plans import linear, play_words
    from palaestra.agents.rollouts.play import Stage, Start

    with contextlib.closing(Stage(make_worlds(env_id, 1, **arguments))) as stage:
        world = stage.worlds.worlds[0]
        names = world.get_wrapper_attr("task_names")
        order = np.random.default_rng(child_seed(0, "examples")).permutation(len(names)).tolist()
        starts = [
            Start(child_seed(0, "example", number) % 2**31, {"task": names[order[number % len(order)]]})
            for number in range(max(count, len(order)))
        ]
        listener = Listener(CoroutineAgent(text_world(env_id).oracle, world.get_wrapper_attr("codec"), 1))
        played = play_words(listener, stage, linear(starts))
    best = sorted(range(len(played)), key=lambda number: played[number].calls == 0)[:count]
    return [[each for each in listener.episodes[number] if each["role"] != "system"] for number in best]


class Listener:
    """Passes on what a policy says, and keeps the conversations as messages; a ``TextPolicy``.

    Args:
        policy: speaks.

    Attributes:
        episodes: messages, assistant turns included, in the order in which the episodes began.
    """

    def __init__(self, policy: TextPolicy):
        self._policy = policy
        self._current: dict[int, list[Message]] = {}
        self.episodes: list[list[Message]] = []

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """See ``TextPolicy.reset``."""
        self._policy.reset(which, tasks)
        for row in [] if which is None else np.flatnonzero(which).tolist():
            self._current[row] = []
            self.episodes.append(self._current[row])

    def rest(self, row: int) -> None:
        """A world's episode has ended."""
        self._current.pop(row)

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``."""
        texts = list(self._policy.act(observations, rewards, deterministic))
        for row, messages in self._current.items():
            messages += [*messages_of(observations[row]), {"role": "assistant", "content": texts[row]}]
        return texts
