"""OTC-PPO (Wang et al. 2025, "OTC: Optimal Tool Calls via Reinforcement Learning", arXiv 2504.14870), Section 3.

For each question one episode is sampled; r_task is 1 for a right one, 0 for a wrong one, m its number of tool calls.

    r = cos(m pi / (2 m + c)) r_task                          belongs to the last token

    delta_t = r_t + discount V_{t+1} - V_t,   A_t = delta_t + discount lambda A_{t+1}     over sampled tokens only
    L       = - mean over sampled tokens of min( rho A, clip(rho, 1 - low, 1 + high) A ) + c_V (V - A - V_old)^2 / 2

Tokens of the world are jumped over, so that their values don't enter. With the credit ``turn``, t counts turns: V is
the value before a turn's first token, and all of its tokens have its advantage. The rest is PPO (arXiv 1707.06347).
Differences from the papers: malformed calls count as calls; no bonus on the entropy; advantages are standardised over
the batch's tokens; the value's step is clipped as in PPO's authors' code.
"""

from dataclasses import dataclass
from typing import Literal

import torch

from palaestra.agents.training.hyperparameters import Count, NotNegative, Positive, Share
from palaestra.agents.training.language.critic import ValueLearner
from palaestra.agents.training.language.learner import LanguageConfig
from palaestra.agents.training.objectives.shape import otc


@dataclass(frozen=True)
class OTCPPOConfig(LanguageConfig):
    """Hyperparameters of OTC-PPO."""

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
    smoothness: Positive = 4.0
    """c of the reward, the maximal number of calls."""


class OTCPPO(ValueLearner):
    """See the module."""

    Config = OTCPPOConfig
    config: OTCPPOConfig

    def update(self) -> dict[str, float]:
        """Sample, estimate advantages by the value head, and take several steps."""
        config = self.config
        played = self.play(self.questions(config.questions, config.pool), 1)
        reward = otc(played.correct, played.calls, torch.zeros_like(played.calls), config.smoothness)
        estimates = self.estimates(played, reward)
        report: dict[str, float] = {}
        for _ in range(config.epochs):
            report = self.improve_both(played, estimates)
        return report | self.summary(played)
