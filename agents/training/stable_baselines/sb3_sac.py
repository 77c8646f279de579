"""SAC: Soft Actor-Critic (Haarnoja et al. 2018, arXiv 1812.05905), stable-baselines3's, trained in the world."""

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
    """Steps that are remembered."""
    learning_starts: CountFromZero = 100
    """Steps with uniform actions before the first update."""
    batch_size: Count = 256
    """Transitions per update."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    gamma: Share = 0.99
    """Discount factor."""
    train_freq: Count = 1
    """Steps of all worlds between updates."""
    gradient_steps: Integer = 1
    """Updates each time; -1 as many as steps were made."""
    ent_coef: str = "auto"
    """Entropy temperature: "auto" tunes it, "auto_0.1" from 0.1 on, a number keeps it."""
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
        """Arguments of ``SAC``; a temperature given as a number is one."""
        chosen = super().settings()
        automatic = self.config.ent_coef.startswith("auto")
        return chosen | {"ent_coef": self.config.ent_coef if automatic else float(self.config.ent_coef)}
