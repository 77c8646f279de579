"""TD3: Addressing Function Approximation Error in Actor-Critic Methods (Fujimoto et al. 2018, arXiv 1802.09477).

stable-baselines3's, trained in the world. It explores with the paper's Gaussian noise; stable-baselines3 alone adds
none.
"""

from dataclasses import dataclass

import numpy as np
from stable_baselines3 import TD3
from stable_baselines3.common.noise import NormalActionNoise

from palaestra.agents.training.hyperparameters import Count, CountFromZero, Integer, NotNegative, Share
from palaestra.agents.training.stable_baselines.ensemble import SB3Config, SB3Ensemble


@dataclass(frozen=True)
class SB3TD3Config(SB3Config):
    """Hyperparameters by stable-baselines3's names, with its defaults."""

    action_noise: NotNegative = 0.1
    """Standard deviation of the noise on actions, as a share of their range's half."""
    learning_rate: NotNegative = 1e-3
    """Adam's step size."""
    buffer_size: Count = 1_000_000
    """Steps that are remembered."""
    learning_starts: CountFromZero = 100
    """Steps with uniform actions before the first update."""
    batch_size: Count = 256
    """Transitions per update."""
    tau: Share = 0.005
    """Polyak rate of the target networks."""
    gamma: Share = 0.99
    """Discount factor."""
    train_freq: Count = 1
    """Steps of all worlds between updates."""
    gradient_steps: Integer = 1
    """Updates each time; -1 as many as steps were made."""
    policy_delay: Count = 2
    """Updates of the critics per update of the policy and the targets."""
    target_policy_noise: NotNegative = 0.2
    """Standard deviation of the noise on target actions."""
    target_noise_clip: NotNegative = 0.5
    """Range of that noise."""
    hidden: tuple[Count, ...] = (400, 300)
    """Widths of the hidden layers."""


class SB3TD3(SB3Ensemble):
    """The agents: ``SB3TD3(SB3TD3Config(seeds=2), "palaestra/Hopper-v0")``."""

    Config = SB3TD3Config
    algorithm = TD3

    def settings(self) -> dict:
        """Arguments of ``TD3``, with the noise as it wants it."""
        zeros = np.zeros(self.action_dim)
        return super().settings() | {"action_noise": NormalActionNoise(zeros, zeros + self.config.action_noise)}
