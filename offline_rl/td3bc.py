"""TD3+BC: A Minimalist Approach to Offline Reinforcement Learning (Fujimoto & Gu, 2021, arXiv 2106.06860).

TD3 on a fixed dataset, with normalised states and the policy regularised towards the data's actions:

    pi = argmax E_(s,a)~D [ lambda Q(s, pi(s)) - (pi(s) - a)^2 ],   lambda = alpha / mean |Q(s, pi(s))|   (eq. 3, 5)

Differences from the authors' code (github.com/sfujim/TD3_BC):
- K seeds are trained at once, with their own weights, minibatches and noise; each makes exactly the authors' updates.
- The critics' weight gradients, which the authors compute in the policy's step and discard, are not computed.
- The normaliser's sums are computed in float64.
- ``reward_scale`` and ``reward_bias`` are not theirs: they have no experiments in AntMaze, for which CORL
  (github.com/tinkoff-ai/CORL) subtracts 1.
"""

import copy
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn, no_grad

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.learner import ActorPolicy, Learner, LearnerConfig
from palaestra.offline_rl.nets import Actor, Critics, Normaliser, adam, initialise, minimise, polyak


@dataclass(frozen=True)
class TD3BCConfig(LearnerConfig):
    """Hyperparameters, with the authors' values for every dataset."""

    alpha: Number = 2.5
    """Weight of Q against imitation."""
    discount: Share = 0.99
    """Discount factor."""
    tau: Share = 0.005
    """Polyak rate of the target networks."""
    policy_noise: NotNegative = 0.2
    """Standard deviation of the noise on target actions."""
    noise_clip: NotNegative = 0.5
    """Clipping range of that noise."""
    policy_freq: Count = 2
    """Updates of the critics per update of the policy and the targets."""
    lr: NotNegative = 3e-4
    """Adam's step size, actor and critics."""
    reward_scale: Number = 1.0
    """Factor on every reward."""
    reward_bias: Number = 0.0
    """Added to every scaled reward."""
    hidden: tuple[Count, ...] = (256, 256)
    """Widths of the hidden layers."""


Config = TD3BCConfig  # its name before 0.2
PUBLISHED = {("antmaze", "*"): {"reward_bias": -1.0}}
"""CORL's settings that differ from the defaults, by (robot, kind)."""
FINE_TUNING: dict[str, object] = {}
"""Settings that change when training continues online: none."""


def smoothed_action(config: Any, actor_target: nn.Module, s2: Tensor, noise: Tensor) -> Tensor:
    """TD3's target action: a' = clip(pi'(s') + clip(eps)), (K, batch, d_a)."""
    epsilon = (noise * config.policy_noise).clamp(-config.noise_clip, config.noise_clip)
    return (actor_target(s2) + epsilon).clamp(-1, 1)


def target(
    config: Any, actor_target: nn.Module, critics_target: nn.Module, r: Tensor, s2: Tensor, m: Tensor, noise: Tensor
) -> Tensor:
    """TD3's target: y = r + gamma m min_i Q'_i(s', a') with the smoothed a', (K, batch)."""
    a2 = smoothed_action(config, actor_target, s2, noise)
    return r + m * config.discount * critics_target(s2, a2).amin(dim=1)


def critic_loss(q: Tensor, y: Tensor) -> Tensor:
    """Sum over the critics of the mean squared error: (K, heads, batch), (K, batch) -> (K,)."""
    return (q - y.unsqueeze(1)).square().mean(dim=-1).sum(dim=-1)


class TD3BC(Learner):
    """The learner: ``TD3BC(TD3BCConfig(seeds=4), dataset)``."""

    Config = TD3BCConfig

    def __init__(self, config: TD3BCConfig, dataset: Dataset):
        super().__init__(config, dataset)
        actor = Actor(config.seeds, self.state_dim, self.action_dim, config.hidden)
        critics = Critics(config.seeds, self.state_dim, self.action_dim, config.hidden)
        initialise(actor, self.seeds, "actor")
        initialise(critics, self.seeds, "critics")
        self.add(normaliser=Normaliser(*self.transitions.normaliser(eps=1e-3)), actor=actor, critics=critics)
        self.add(actor_target=copy.deepcopy(actor), critics_target=copy.deepcopy(critics))
        self.optimisers = {"actor_adam": adam(self.actor, config.lr), "critics_adam": adam(self.critics, config.lr)}
        self.policy = ActorPolicy(self.normaliser, self.actor)
        self.period = config.policy_freq
        self.smoothing = self.stream("target policy smoothing", (config.batch_size, self.action_dim))

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal (K, batch, d_a) for target policy smoothing."""
        return {"smoothing": self.smoothing.draw()}

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """Algorithm 1 of TD3 with the policy loss of eq. 3."""
        config, a, m = self.config, batch.actions, batch.nonterminals
        r = batch.rewards * config.reward_scale + config.reward_bias
        s = self.normaliser(batch.observations)
        s2 = self.normaliser(batch.next_observations)

        with no_grad():
            y = target(config, self.actor_target, self.critics_target, r, s2, m, noise["smoothing"])
        loss = critic_loss(self.critics(s, a), y)
        minimise(loss.sum(), self.optimisers["critics_adam"])
        metrics = {"critic_loss": loss.detach()}

        if update_policy:
            pi = self.actor(s)
            q = self.critics.q1(s, pi)
            lam = config.alpha / q.detach().abs().mean(dim=-1)
            bc = (pi - a).square().mean(dim=(-2, -1))
            loss = -lam * q.mean(dim=-1) + bc
            minimise(loss.sum(), self.optimisers["actor_adam"])
            polyak(self.critics_target, self.critics, config.tau)
            polyak(self.actor_target, self.actor, config.tau)
            metrics |= {"actor_loss": loss.detach(), "bc_loss": bc.detach(), "q": q.detach().mean(dim=-1)}
        return metrics
