"""PPO: Proximal Policy Optimization (Schulman et al. 2017, arXiv 1707.06347), stable-baselines3's, trained online."""

from dataclasses import dataclass

from stable_baselines3 import PPO

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number, Positive, Share
from palaestra.agents.training.stable_baselines.ensemble import SB3Config, SB3Ensemble


@dataclass(frozen=True)
class SB3PPOConfig(SB3Config):
    """Hyperparameters by stable-baselines3's names, with its defaults."""

    learning_rate: NotNegative = 3e-4
    """Adam's step size."""
    n_steps: Count = 2048
    """Steps of every environment between updates."""
    batch_size: Count = 64
    """Transitions per gradient step."""
    n_epochs: Count = 10
    """Passes over the collected steps per update."""
    gamma: Share = 0.99
    """Discount factor."""
    gae_lambda: Share = 0.95
    """Decay of generalised advantage estimation."""
    clip_range: Positive = 0.2
    """Range of the probability ratio."""
    ent_coef: Number = 0.0
    """Weight of the entropy bonus."""
    vf_coef: Number = 0.5
    """Weight of the value loss."""
    max_grad_norm: Positive = 0.5
    """Largest norm of the gradient; longer ones are scaled down."""
    hidden: tuple[Count, ...] = (64, 64)
    """Widths of the hidden layers."""


class SB3PPO(SB3Ensemble):
    """The agents: ``SB3PPO(SB3PPOConfig(seeds=2), "palaestra/Hopper-v0")``."""

    Config = SB3PPOConfig
    algorithm = PPO
