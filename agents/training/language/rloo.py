"""RLOO (Kool et al. 2019; Ahmadian et al. 2024, arXiv 2402.14740): REINFORCE with the others of a group as baseline.

For each question G episodes are sampled; r is 1 for a right one, 0 for a wrong one.

    A_i = r_i - mean_{j != i} r_j
    L   = - mean over sampled tokens of A log pi

Differences from Ahmadian et al.: no penalty on the divergence from a reference; the mean is over all tokens of the
batch and not a sum over each episode's.
"""

from dataclasses import dataclass
from functools import partial

from palaestra.agents.training.hyperparameters import Count, GroupSize
from palaestra.agents.training.language.learner import LanguageConfig, LanguageLearner
from palaestra.agents.training.objectives.advantage import rloo
from palaestra.agents.training.objectives.policy_loss import reinforce


@dataclass(frozen=True)
class RLOOConfig(LanguageConfig):
    """Hyperparameters of RLOO."""

    questions: Count = 16
    """Questions per update."""
    group: GroupSize = 8
    """Episodes per question, at least 2."""
    pool: Count = 2048
    """Different questions of a seed."""


class RLOO(LanguageLearner):
    """See the module."""

    Config = RLOOConfig
    config: RLOOConfig

    def update(self) -> dict[str, float]:
        """Sample groups, compare each episode with the others, step."""
        config = self.config
        played = self.play(self.questions(config.questions, config.pool), config.group)
        advantage = rloo(played.correct, played.group)
        report = self.improve(played, advantage, partial(reinforce, aggregation="token_mean"))
        return report | self.summary(played)
