"""PPO (Schulman et al. 2017, arXiv 1707.06347) on episodes of turns, with a value head on the network.

For each question one episode is sampled; r is 1 for a right one, 0 for a wrong one, and belongs to its last token.

    delta_t = r_t + discount V_{t+1} - V_t,   A_t = delta_t + discount lambda A_{t+1}     over sampled tokens only
    L       = - mean over sampled tokens of min( rho A, clip(rho, 1 - low, 1 + high) A ) + c_V (V - A - V_old)^2 / 2

Tokens of the world are jumped over, so that their values don't enter. With the credit ``turn``, t counts turns: V is
the value before a turn's first token, and all of its tokens have its advantage. Differences from the paper: no bonus on
the entropy; advantages are standardised over the batch's tokens; the value's step is clipped as in its authors' code.
"""

from dataclasses import dataclass
from typing import Literal

from palaestra.agents.training.hyperparameters import Count, NotNegative, Positive, Share
from palaestra.agents.training.language.critic import ValueLearner
from palaestra.agents.training.language.learner import LanguageConfig


@dataclass(frozen=True)
class PPOConfig(LanguageConfig):
    """Hyperparameters of PPO."""

    questions: Count = 128
    """Questions, and so episodes, per update."""
    pool: Count = 2048
    """Different questions of a seed."""
    epochs: Count = 2
    """Optimiser steps per update."""
    credit: Literal["token", "turn"] = "token"
    """What a step of t is: a sampled token, or a whole turn, whose tokens then share its advantage."""
    discount: Share = 1.0
    """Discount per step."""
    lambda_: Share = 0.95
    """Weight of longer returns in the advantage."""
    low: Share = 0.2
    """Lower clipping range of the ratio."""
    high: NotNegative = 0.2
    """Upper clipping range of the ratio."""
    value_clip: Positive = 0.2
    """Clipping range of the value's step."""
    value_weight: NotNegative = 0.5
    """c_V."""


class PPO(ValueLearner):
    """See the module."""

    Config = PPOConfig
    config: PPOConfig

    def update(self) -> dict[str, float]:
        """Sample, estimate advantages by the value head, and take several steps."""
        config = self.config
        played = self.play(self.questions(config.questions, config.pool), 1)
        reward = played.correct
        estimates = self.estimates(played, reward)
        report: dict[str, float] = {}
        for _ in range(config.epochs):
            report = self.improve_both(played, estimates)
        return report | self.summary(played)
