"""GRPO (Shao et al. 2024, "DeepSeekMath", arXiv 2402.03300): policy gradients relative to a group of samples.

For each question G episodes are sampled; r is 1 for a right one, 0 for a wrong one.

    A_i = (r_i - mean_group r) / std_group r
    L   = - mean over sampled tokens of min( rho A, clip(rho, 1 - low, 1 + high) A ),   rho = pi / pi_old

Differences from the paper: the mean is over all tokens of the batch (DAPO, arXiv 2503.14476, Eq. 8) and not over each
episode's first; no penalty on the divergence from a reference; one step per batch, so that rho is 1;
deviations below ``floor`` are raised to it.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

from palaestra.agents.training.hyperparameters import Count, GroupSize, NotNegative, Positive, Share
from palaestra.agents.training.language.learner import LanguageConfig, LanguageLearner
from palaestra.agents.training.objectives.advantage import grpo
from palaestra.agents.training.objectives.policy_loss import clipped


@dataclass(frozen=True)
class GRPOConfig(LanguageConfig):
    """Hyperparameters of GRPO."""

    questions: Count = 16
    """Questions per update."""
    group: GroupSize = 8
    """Episodes per question, at least 2."""
    pool: Count = 2048
    """Different questions of a seed."""
    scale: Literal["std", "none", "floor", "batch"] = "floor"
    """What an advantage is divided by: its group's deviation, nothing, the deviation or the floor, the batch's."""
    floor: Positive = 0.2
    """Smallest deviation that an advantage is divided by, for scale floor."""
    low: Share = 0.2
    """Lower clipping range of the ratio."""
    high: NotNegative = 0.2
    """Upper clipping range of the ratio."""


class GRPO(LanguageLearner):
    """See the module."""

    Config = GRPOConfig
    config: GRPOConfig

    def update(self) -> dict[str, float]:
        """Sample groups, compare within them, step."""
        config = self.config
        played = self.play(self.questions(config.questions, config.pool), config.group)
        reward = played.correct
        advantage = grpo(reward, played.group, scale=config.scale, floor=config.floor)
        report = self.improve(played, advantage, partial(clipped, low=config.low, high=config.high))
        return report | self.summary(played)
