"""Filtered behaviour cloning (also rejection sampling, RFT, STaR): imitate one's own right episodes.

    L = - mean over the sampled tokens of right episodes of log pi

Zelikman et al. 2022, arXiv 2203.14465, and Yuan et al. 2023, arXiv 2308.01825, train on many rounds' worth of samples
from the first weights; here each update samples with the current ones.
"""

from dataclasses import dataclass
from functools import partial

import torch

from palaestra.agents.training.hyperparameters import Count
from palaestra.agents.training.language.learner import LanguageConfig, LanguageLearner
from palaestra.agents.training.objectives.filter import correct
from palaestra.agents.training.objectives.policy_loss import reinforce


@dataclass(frozen=True)
class FilteredBCConfig(LanguageConfig):
    """Hyperparameters of filtered behaviour cloning."""

    questions: Count = 32
    """Questions per update."""
    group: Count = 4
    """Episodes per question."""
    pool: Count = 2048
    """Different questions of a seed."""


class FilteredBC(LanguageLearner):
    """See the module."""

    Config = FilteredBCConfig
    config: FilteredBCConfig

    def update(self) -> dict[str, float]:
        """Sample, keep what is right, step."""
        config = self.config
        played = self.play(self.questions(config.questions, config.pool), config.group)
        kept = correct(played.correct).to(torch.float32)
        report = self.improve(played, kept, partial(reinforce, aggregation="token_mean"))
        return report | self.summary(played)
