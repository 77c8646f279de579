"""DPO (Rafailov et al. 2023, arXiv 2305.18290) on pairs of one's own episodes of a question: a right and a wrong one.

For each pair, w right and l wrong, with S the sum of the log-probs of an episode's sampled tokens:

    L = - log sigmoid( beta ( S(w) - S_ref(w) - S(l) + S_ref(l) ) )

The reference is the policy that sampled the pair, so that S_ref is what the sampler recorded. Differences from the
paper: the pairs are sampled anew in every update (online DPO, Guo et al. 2024, arXiv 2402.04792) and judged by the
world. ``pairs`` says where they come from: the first right and the first wrong episode of a group, or two forks of an
episode's beginning, which share its past.
"""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from palaestra.agents.llm.scores import token_log_probs
from palaestra.agents.training.hyperparameters import Count, GroupSize, Positive
from palaestra.agents.training.language.learner import Experience, LanguageConfig, LanguageLearner
from palaestra.agents.training.objectives.pair_loss import dpo


@dataclass(frozen=True)
class DPOConfig(LanguageConfig):
    """Hyperparameters of DPO."""

    questions: Count = 32
    """Questions per update."""
    group: GroupSize = 4
    """Episodes per question, or branches of its beginning."""
    pool: Count = 2048
    """Different questions of a seed."""
    pairs: Literal["group", "fork"] = "group"
    """Where pairs come from."""
    epochs: Count = 2
    """Steps on each update's pairs; at the first one, the policy is the reference."""
    beta: Positive = 0.1
    """Strength of the pull towards the reference."""


class DPO(LanguageLearner):
    """See the module."""

    Config = DPOConfig
    config: DPOConfig

    def update(self) -> dict[str, float]:
        """Sample, pair, and take several steps."""
        config = self.config
        questions = self.questions(config.questions, config.pool)
        forked = config.pairs == "fork"
        played = self.play_forks(questions, config.group) if forked else self.play(questions, config.group)
        right, wrong = pairs(played)
        report = {"pairs": float(len(right)), "loss": 0.0}
        for _ in range(config.epochs if len(right) else 0):
            report["loss"] = self._step(played, right, wrong)
        return report | self.summary(played)

    def _step(self, played: Experience, right: Tensor, wrong: Tensor) -> float:
        loss = torch.zeros((), device=self.device)
        for part in self.passes([2 * played.ids.shape[1]] * len(right)):
            sums = [self._sums(played, rows[part]) for rows in (right, wrong)]
            (winner, winner_ref), (loser, loser_ref) = sums
            value = dpo(winner, loser, winner_ref, loser_ref, self.config.beta) * len(winner) / len(right)
            value.backward()
            loss = loss + value.detach()
        self.descend()
        return float(loss)

    def _sums(self, played: Experience, rows: Tensor) -> tuple[Tensor, Tensor]:
        """S and S_ref of some rows."""
        logp = token_log_probs(self.network, played.ids[rows], played.mask[rows])
        return logp.sum(1), played.old[rows].sum(1)


def pairs(played: Experience) -> tuple[Tensor, Tensor]:
    """Row numbers of right and wrong episodes, a pair per group that has both."""
    right: dict[int, int] = {}
    wrong: dict[int, int] = {}
    for row, (number, correct) in enumerate(zip(played.group.tolist(), played.correct.tolist())):
        (right if correct else wrong).setdefault(number, row)
    both = [number for number in right if number in wrong]
    device = played.ids.device
    return tuple(torch.tensor([rows[number] for number in both], device=device) for rows in (right, wrong))  # type: ignore[return-value]
