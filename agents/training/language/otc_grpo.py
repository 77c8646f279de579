"""OTC-GRPO (Wang et al. 2025, "OTC: Optimal Tool Calls via Reinforcement Learning", arXiv 2504.14870), Section 3.

For each question G episodes are sampled; r_task is 1 for a right one, 0 for a wrong one, m its number of tool calls,
n the fewest calls with which a right one has ever been sampled for this question.

    r   = r_tool(m, n) r_task                    see ``palaestra.agents.training.objectives.shape``
    A_i = (r_i - mean_group r) / std_group r
    L   = - mean over sampled tokens of min( rho A, clip(rho, 1 - low, 1 + high) A ),   rho = pi / pi_old

Differences from the paper: those of ``grpo``. Where all samples of a group are right, the deviation is that of r_tool
alone and small; ``floor`` keeps it from being blown up. Malformed calls count as calls.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch

from palaestra.agents.training.hyperparameters import Count, GroupSize, NotNegative, Positive, Share
from palaestra.agents.training.language.learner import LanguageConfig, LanguageLearner
from palaestra.agents.training.objectives.advantage import grpo
from palaestra.agents.training.objectives.history import History, update_minimum
from palaestra.agents.training.objectives.policy_loss import clipped
from palaestra.agents.training.objectives.shape import otc


@dataclass(frozen=True)
class OTCGRPOConfig(LanguageConfig):
    """Hyperparameters of OTC-GRPO."""

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
    smoothness: Positive = 4.0
    """c of r_tool, the maximal number of calls; matters where n is 0."""


class OTCGRPO(LanguageLearner):
    """See the module."""

    Config = OTCGRPOConfig
    config: OTCGRPOConfig

    def __init__(self, *arguments: Any):
        super().__init__(*arguments)
        self.history = History()

    def update(self) -> dict[str, float]:
        """Sample groups, lower the questions' n, compare within the groups, step."""
        config = self.config
        played = self.play(self.questions(config.questions, config.pool), config.group)
        tasks = [episode.task.id for episode in played.episodes]
        calls = [episode.calls for episode in played.episodes]
        n = torch.tensor(update_minimum(self.history, tasks, played.correct.bool().tolist(), calls), device=self.device)
        reward = otc(played.correct, played.calls, n, config.smoothness)
        advantage = grpo(reward, played.group, scale=config.scale, floor=config.floor)
        report = self.improve(played, advantage, partial(clipped, low=config.low, high=config.high))
        return report | self.summary(played)

    def more_state(self) -> dict[str, Any]:
        """The history."""
        return {"history": self.history.state()}

    def load_more_state(self, state: Mapping[str, Any]) -> None:
        """Load the history."""
        self.history.load(state["history"])
