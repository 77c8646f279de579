"""SAC: Soft Actor-Critic (Haarnoja et al. 2018, arXiv 1812.05905), stable-baselines3's, trained online.

Some settings are the same as in ``sb3_td3.py``: each file lists all of its algorithm's settings, so that it can be read
alone.
"""

import re
from dataclasses import dataclass

from stable_baselines3 import SAC

from palaestra.agents.training.hyperparameters import Count, CountFromZero, Integer, NotNegative, Share
from palaestra.agents.training.stable_baselines.ensemble import SB3Config, SB3Ensemble
from palaestra.data.errors import InputError


@dataclass(frozen=True)
class SB3SACConfig(SB3Config):
    """Hyperparameters by stable-baselines3's names, with its defaults."""

    learning_rate: NotNegative = 3e-4
    """Adam's step size."""
    buffer_size: Count = 1_000_000
    """Capacity of the replay buffer in transitions, over all environments of a seed."""
    learning_starts: CountFromZero = 100
    """Steps with uniform actions before the first update."""
    batch_size: Count = 256
    """Transitions per update."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    gamma: Share = 0.99
    """Discount factor."""
    train_freq: Count = 1
    """Steps of every environment between updates."""
    gradient_steps: Integer = 1
    """Updates each time; -1 makes as many as steps were collected."""
    ent_coef: str = "auto"
    """Entropy temperature: "auto" tunes it, "auto_0.1" tunes it from an initial 0.1, a number fixes it."""
    hidden: tuple[Count, ...] = (256, 256)
    """Widths of the hidden layers."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not re.fullmatch(r"auto(_[0-9.]+)?|[0-9.]+", self.ent_coef):
            raise InputError(f"--ent-coef must be auto, auto_NUMBER or a number, got {self.ent_coef}")


class SB3SAC(SB3Ensemble):
    """The agents: ``SB3SAC(SB3SACConfig(seeds=2), "palaestra/Hopper-v0")``."""

    Config = SB3SACConfig
    algorithm = SAC

    def settings(self) -> dict:
        """Keyword arguments of ``SAC``; a fixed temperature is converted to a number."""
        automatic = self.config.ent_coef.startswith("auto")
        return super().settings() | {"ent_coef": self.config.ent_coef if automatic else float(self.config.ent_coef)}
