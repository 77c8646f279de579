"""TD3: Addressing Function Approximation Error in Actor-Critic Methods (Fujimoto et al. 2018, arXiv 1802.09477).

stable-baselines3's, trained online. It explores with the paper's Gaussian noise, which stable-baselines3 leaves out by
default.

Some settings are the same as in ``sb3_sac.py``: each file lists all of its algorithm's settings, so that it can be read
alone.
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
    """Standard deviation of the exploration noise, as a share of half the action range."""
    learning_rate: NotNegative = 1e-3
    """Adam's step size."""
    buffer_size: Count = 1_000_000
    """Capacity of the replay buffer in transitions, over all environments of a seed."""
    learning_starts: CountFromZero = 100
    """Steps with uniform actions before the first update."""
    batch_size: Count = 256
    """Transitions per update."""
    tau: Share = 0.005
    """Polyak rate of the target networks."""
    gamma: Share = 0.99
    """Discount factor."""
    train_freq: Count = 1
    """Steps of every environment between updates."""
    gradient_steps: Integer = 1
    """Updates each time; -1 makes as many as steps were collected."""
    policy_delay: Count = 2
    """Updates of the critics per update of the policy and the targets."""
    target_policy_noise: NotNegative = 0.2
    """Standard deviation of the noise on target actions."""
    target_noise_clip: NotNegative = 0.5
    """Clipping range of that noise."""
    hidden: tuple[Count, ...] = (400, 300)
    """Widths of the hidden layers."""


class SB3TD3(SB3Ensemble):
    """The agents: ``SB3TD3(SB3TD3Config(seeds=2), "palaestra/Hopper-v0")``."""

    Config = SB3TD3Config
    algorithm = TD3

    def settings(self) -> dict:
        """Keyword arguments of ``TD3``, with the exploration noise as a ``NormalActionNoise``."""
        zeros = np.zeros(self.action_dim)
        return super().settings() | {"action_noise": NormalActionNoise(zeros, zeros + self.config.action_noise)}
