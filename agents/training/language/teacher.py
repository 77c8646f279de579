"""Solved episodes to start from: an oracle's, with calls left out or repeated, each played in the world."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.agents.llm.templates import Template, messages_of
from palaestra.agents.llm.transcript import Transcript
from palaestra.agents.rollouts.plans import Episode, linear, play_words
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.agents.scripted import CoroutineAgent
from palaestra.envs.task import Task
from palaestra.envs.text import Codec, TextWorld


class Recital:
    """Recites given turns, and keeps transcripts as if it had sampled them; a ``TextPolicy``.

    Args:
        template: renders messages and turns.
        scripts: the turns of each episode, by the task's id.
        worlds: number of worlds.

    Attributes:
        transcripts: each world's, of its current or last episode.
    """

    def __init__(self, template: Template, scripts: Mapping[str, Sequence[str]], worlds: int):
        self._template, self._scripts = template, scripts
        self._turns: list[list[str]] = [[] for _ in range(worlds)]
        self.transcripts: list[Transcript | None] = [None] * worlds

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """See ``TextPolicy.reset``."""
        for row, task in enumerate(tasks):
            if task is not None:
                self._turns[row] = list(self._scripts[task.id])
                self.transcripts[row] = Transcript()

    def rest(self, row: int) -> None:
        """A world's episode has ended."""
        self._turns[row] = []

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``."""
        return [self._next(row, observation) for row, observation in enumerate(observations)]

    def _next(self, row: int, observation: Mapping[str, Any]) -> str:
        if not self._turns[row]:
            return ""
        transcript, messages = self.transcripts[row], messages_of(observation)
        assert transcript is not None
        transcript.give(self._template.after(messages) if transcript.turns else self._template.start(messages))
        text = self._turns[row].pop(0)
        ids = self._template.turn(text)
        transcript.speak(ids, [0.0] * len(ids))
        return text


def lessons(
    kind: type[TextWorld],
    codec: Codec,
    stage: Stage,
    starts: Sequence[Start],
    template: Template,
    random: np.random.Generator,
    most_repeats: int,
) -> list[Episode]:
    """Solved episodes with transcripts: half as short as the oracle's, half with superfluous calls.

    A task that needs no call is answered at once, or after the calls of an agent that doesn't trust itself; the other
    tasks' calls are repeated. Episodes that the world doesn't count as done are left out.

    Args:
        kind: class of the worlds.
        codec: of their actions.
        stage: the worlds.
        starts: of the episodes; their tasks differ.
        template: renders messages.
        random: draws the repetitions.
        most_repeats: each call occurs once to this many times.
    """
    short = play_words(CoroutineAgent(kind.oracle, codec, len(stage.running)), stage, linear(starts))
    careful = play_words(CoroutineAgent(kind.careful, codec, len(stage.running)), stage, linear(starts))
    scripts = {}
    for brief, long in zip(short, careful):
        needs_none = brief.calls == 0
        if random.random() < 0.5:
            scripts[brief.task.id] = brief.texts
        else:
            times = int(random.integers(1 if needs_none else min(2, most_repeats), most_repeats + 1))
            *calls, answer = long.texts
            scripts[brief.task.id] = [*(text for text in calls for _ in range(times)), answer]
    played = play_words(Recital(template, scripts, len(stage.running)), stage, linear(starts))
    return [episode for episode in played if episode.success]
