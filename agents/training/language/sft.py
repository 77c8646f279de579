"""Supervised fine-tuning on solved episodes: the start of every other trainer.

    L = - mean over the teacher's tokens of log pi(token | what stands before it)

What is answered without a call must be known by heart, and such answers are a few tokens among many. So for most of
the training every batch has further lessons without a call, which are short and cost little; for the rest they are
left out, so that the policy calls as often as the teacher.

The episodes are the oracle's, played in the world, half of them with superfluous calls, so that what follows has
something to unlearn and something to explore; see ``palaestra.agents.training.language.teacher``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from palaestra.agents.llm.scores import padded, token_log_probs
from palaestra.agents.llm.transcript import Transcript
from palaestra.agents.training.hyperparameters import BelowOne, Count, CountFromZero, NotNegative
from palaestra.agents.training.language.learner import LanguageConfig, LanguageLearner
from palaestra.agents.training.language.teacher import lessons
from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed

WORLDS = 64
"""Worlds in which the teacher plays side by side."""


@dataclass(frozen=True)
class SFTConfig(LanguageConfig):
    """Hyperparameters of supervised fine-tuning."""

    lr: NotNegative = 1.8e-3
    """AdamW's step size."""
    beta2: BelowOne = 0.98
    """AdamW's decay of the mean squared gradient."""
    batch: Count = 32
    """Episodes per update."""
    lessons: Count = 4096
    """Different episodes of the teacher."""
    most_repeats: Count = 2
    """In the half with superfluous calls, the most often that a call is repeated."""
    drill: CountFromZero = 64
    """Further episodes per update without a call, if there are any."""
    drilled: CountFromZero = 1050
    """Updates after which these are left out."""
    decay: Count = 1400
    """Updates after which the step size has fallen to a fiftieth, linearly."""


class SFT(LanguageLearner):
    """See the module."""

    trainer = "palaestra.agents.training.language.trainer:StartTrainer"
    Config = SFTConfig
    config: SFTConfig
    lessons: list[Transcript]
    direct: list[Transcript]

    def prepare(self) -> None:
        """Let the teacher play."""
        room, config = self.classroom, self.config
        starts = [self.start("lesson", number) for number in range(config.lessons)]
        random = np.random.default_rng(child_seed(self.seed, "lessons"))
        stage = room.stage(min(WORLDS, config.lessons))
        solved = lessons(room.kind, room.codec, stage, starts, self.template, random, config.most_repeats)
        given = [episode for episode in solved if episode.transcript and len(episode.transcript) <= self.base.context]
        self.lessons = [episode.transcript for episode in given if episode.transcript]
        self.direct = [episode.transcript for episode in given if episode.transcript and not episode.calls]
        if not self.lessons:
            within = f" within the model's context of {self.base.context} tokens" if solved else ""
            raise InputError(f"the teacher solved none of its episodes{within}, so there is nothing to learn from")

    def update(self) -> dict[str, float]:
        """One step on a batch of the teacher's episodes."""
        random = np.random.default_rng(child_seed(self.seed, "batch", self.updates))
        drill = self.config.drill if self.updates < self.config.drilled else 0
        chosen = [_drawn(random, self.lessons, self.config.batch), _drawn(random, self.direct, drill)]
        total = sum(transcript.sampled for transcripts in chosen for transcript in transcripts)
        loss = torch.zeros((), device=self.device)
        by_length = sorted([*chosen[0], *chosen[1]], key=len)  # so that little is padded
        for part in self.passes([len(transcript) for transcript in by_length]):
            ids, mask, _ = padded(by_length[part], self.device)
            value = -token_log_probs(self.network, ids, mask).sum() / total
            value.backward()
            loss += value.detach()
        self.descend()
        return {"loss": float(loss)}

    def step_size(self) -> float:
        """The warm-up, then a line to a fiftieth."""
        return super().step_size() * max(0.02, 1 - self.updates / self.config.decay)


def _drawn(random: np.random.Generator, transcripts: Sequence[Transcript], count: int) -> list[Transcript]:
    """Some transcripts, with replacement; none if there are none."""
    return [transcripts[row] for row in random.integers(0, len(transcripts), count).tolist()] if transcripts else []
