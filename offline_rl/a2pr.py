"""A2PR: Adaptive Advantage-Guided Policy Regularization for Offline RL (Liu et al., ICML 2024, arXiv 2405.19909).

TD3+BC that imitates a better action, and only if its advantage is positive. A VAE models the data's actions with
positive advantage A = Q - V; the policy is regularised towards the VAE's action or the data's, whichever has the higher
advantage, if that advantage is positive:

    VAE   = argmin E_(s,a)~D [ w 1[A(s, a) > 0] |VAE(s, a) - a|^2 + KL(q(z|s, a) || N(0, 1)) / 2 ]
    a_bar = VAE(s, pi(s)) if A(s, VAE(s, pi(s))) >= A(s, a) else a
    pi    = argmax E_(s,a)~D [ lambda Q(s, pi(s)) - mask 1[A(s, a_bar) > 0] (pi(s) - a_bar)^2 ]

with lambda = alpha / mean |Q(s, pi(s))|. V is regressed on min(y, r + gamma min_i Q_i(s', a')), where y is TD3's target
and Q_i are the critics after their step.

Differences from the authors' code (github.com/ltlhuuu/A2PR):
- Those of ``td3bc.py``.
- Gradients that the policy's step does not use are not computed (those of the critics, V and the VAE, and of
  Q(s, a_bar) in the gate); Q1(s, a) is computed once per update, after the critics' step, and used three times.
The code's own departures from the formulas above are kept; where it matters, a flag selects the formula:
- a_bar depends on the policy through the VAE, and the gradient flows through it: ``recon_grad``.
- The advantages use V from before this update's step on V: ``value_used``.
- The gate is A(s, VAE(s, pi)) >= 0, with equality. The paper's threshold epsilon_A is 0.

Settings are from the commands in the authors' repository, most of them in its history only; it has none for expert,
full-replay, most random and ant datasets, which use the defaults (with the robot's alpha). The paper's table was not
reproduced here.
"""

import copy
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn, no_grad

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.learner import ActorPolicy, Learner, LearnerConfig
from palaestra.offline_rl.nets import MLP, Actor, Critics, Normaliser, Value, adam, initialise, minimise, polyak
from palaestra.offline_rl.td3bc import critic_loss, smoothed_action


@dataclass(frozen=True)
class A2PRConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults."""

    alpha: Number = 2.5
    """Weight of Q against imitation."""
    mask: Number = 1.0
    """Weight of imitation where the gate is open."""
    vae_weight: Number = 1.0
    """Weight w of reconstruction against the KL divergence."""
    discount: Share = 0.99
    """Discount factor."""
    recon_grad: Literal["through", "detach"] = "through"
    """Whether gradients flow from the imitated action to the policy (the authors' code) or not (the formula)."""
    value_used: Literal["before-step", "after-step"] = "before-step"
    """Whether advantages use V from before this update's step on V (the authors' code) or after it."""
    tau: Share = 0.005
    """Polyak rate of the target networks."""
    policy_noise: NotNegative = 0.2
    """Standard deviation of the noise on target actions."""
    noise_clip: NotNegative = 0.5
    """Clipping range of that noise."""
    policy_freq: Count = 2
    """Updates of the critics, V and the VAE per update of the policy and the targets."""
    lr: NotNegative = 3e-4
    """Adam's step size, actor, critics and V."""
    vae_lr: NotNegative = 1e-3
    """Adam's step size, VAE."""
    hidden: tuple[Count, ...] = (256, 256, 256)
    """Widths of the actor's hidden layers."""
    critic_hidden: tuple[Count, ...] = (256, 256, 256, 256)
    """Widths of the critics' and V's hidden layers."""
    vae_hidden: tuple[Count, ...] = (750, 750)
    """Widths of the hidden layers of the VAE's encoder and decoder."""


Config = A2PRConfig  # its name before 0.2
PUBLISHED = {
    ("halfcheetah", "*"): {"alpha": 40.0},
    ("halfcheetah", "medium-replay"): {"vae_weight": 1.5, "mask": 0.8, "discount": 0.995},
    ("halfcheetah", "medium-expert"): {"mask": 15.0},
    ("hopper", "random"): {"vae_weight": 1.5, "mask": 1.5, "discount": 0.995},
    ("hopper", "medium"): {"mask": 0.4, "discount": 0.995},
    ("hopper", "medium-replay"): {"vae_weight": 1.5, "mask": 0.5},
    ("hopper", "medium-expert"): {"mask": 4.0},
    ("walker2d", "medium"): {"vae_weight": 1.5},
    ("walker2d", "medium-replay"): {"vae_weight": 1.5, "mask": 1.2, "discount": 0.995},
    ("walker2d", "medium-expert"): {"mask": 0.8},
}
"""Settings of the v2 commands that differ from the defaults, by (robot, kind)."""


class VAE(nn.Module):
    """Encoder (s, a) -> N(mean, exp(log_std)) over 2 d_a latents, decoder (s, z) -> action in [-1, 1]."""

    def __init__(self, seeds: int, state_dim: int, action_dim: int, hidden: tuple[int, ...]):
        super().__init__()
        latents = 2 * action_dim
        self.encoder = MLP(seeds, (state_dim + action_dim, *hidden, 2 * latents))
        self.decoder = MLP(seeds, (state_dim + latents, *hidden, action_dim))

    def forward(self, s: Tensor, a: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """(K, batch, ...) each, with standard normal noise -> reconstructed action, mean and log_std."""
        mean, log_std = self.encoder(torch.cat([s, a], dim=-1)).chunk(2, dim=-1)
        log_std = log_std.clamp(-4, 15)
        z = mean + log_std.exp() * noise
        return torch.tanh(self.decoder(torch.cat([s, z], dim=-1))), mean, log_std


class A2PR(Learner):
    """The learner: ``A2PR(A2PRConfig(seeds=4), dataset)``."""

    Config = A2PRConfig

    def __init__(self, config: A2PRConfig, dataset: Dataset):
        super().__init__(config, dataset)
        actor = Actor(config.seeds, self.state_dim, self.action_dim, config.hidden)
        critics = Critics(config.seeds, self.state_dim, self.action_dim, config.critic_hidden)
        value = Value(config.seeds, self.state_dim, config.critic_hidden)
        vae = VAE(config.seeds, self.state_dim, self.action_dim, config.vae_hidden)
        for name, module in {"actor": actor, "critics": critics, "value": value, "vae": vae}.items():
            initialise(module, self.seeds, name)
        self.add(normaliser=Normaliser(*self.transitions.normaliser(eps=1e-3)), actor=actor, critics=critics)
        self.add(value=value, vae=vae, actor_target=copy.deepcopy(actor), critics_target=copy.deepcopy(critics))
        self.optimisers = {
            "actor_adam": adam(self.actor, config.lr),
            "critics_adam": adam(self.critics, config.lr),
            "value_adam": adam(self.value, config.lr),
            "vae_adam": adam(self.vae, config.vae_lr),
        }
        self.policy = ActorPolicy(self.normaliser, self.actor)
        self.period = config.policy_freq
        self.smoothing = self.stream("target policy smoothing", (config.batch_size, self.action_dim))
        self.latents = self.stream("latents of the data's actions", (config.batch_size, 2 * self.action_dim))
        self.latents_pi = self.stream("latents of the policy's actions", (config.batch_size, 2 * self.action_dim))

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal: for target policy smoothing (K, batch, d_a), for the VAE twice (K, batch, 2 d_a)."""
        streams = {"smoothing": self.smoothing, "latents": self.latents, "latents_pi": self.latents_pi}
        return {name: stream.draw() for name, stream in streams.items()}

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """The paper's Algorithm 1, in the order of the authors' code."""
        config, a, r, m = self.config, batch.actions, batch.rewards, batch.nonterminals
        s = self.normaliser(batch.observations)
        s2 = self.normaliser(batch.next_observations)

        with no_grad():
            a2 = smoothed_action(config, self.actor_target, s2, noise["smoothing"])
            y = r + m * config.discount * self.critics_target(s2, a2).amin(dim=1)
        loss = critic_loss(self.critics(s, a), y)
        minimise(loss.sum(), self.optimisers["critics_adam"])
        metrics = {"critic_loss": loss.detach()}

        with no_grad():
            y_now = r + m * config.discount * self.critics(s2, a2).amin(dim=1)
            q_a = self.critics.q1(s, a)
        v = self.value(s)
        loss = (v - torch.minimum(y_now, y)).square().mean(dim=-1)
        minimise(loss.sum(), self.optimisers["value_adam"])
        metrics["value_loss"] = loss.detach()
        with no_grad():
            v = self.value(s) if config.value_used == "after-step" else v.detach()

        good = q_a > v
        a_tilde, mean, log_std = self.vae(s, a, noise["latents"])
        recon = config.vae_weight * ((a_tilde - a).square() * good.unsqueeze(-1)).mean(dim=(-2, -1))
        kl = -0.5 * (1 + 2 * log_std - mean.square() - (2 * log_std).exp()).mean(dim=(-2, -1))
        minimise((recon + 0.5 * kl).sum(), self.optimisers["vae_adam"])
        metrics |= {"recon_loss": recon.detach(), "kl": kl.detach(), "good": good.to(v.dtype).mean(dim=-1)}

        if update_policy:
            pi = self.actor(s)
            q = self.critics.q1(s, pi)
            lam = config.alpha / q.detach().abs().mean(dim=-1)
            a_tilde, _, _ = self.vae(s, pi if config.recon_grad == "through" else pi.detach(), noise["latents_pi"])
            with no_grad():
                q_tilde = self.critics.q1(s, a_tilde)
                better = q_tilde - v >= q_a - v
                gate = (q_tilde >= v) | good
            a_bar = torch.where(better.unsqueeze(-1), a_tilde, a)
            bc = config.mask * ((pi - a_bar).square() * gate.unsqueeze(-1)).mean(dim=(-2, -1))
            loss = -lam * q.mean(dim=-1) + bc
            minimise(loss.sum(), self.optimisers["actor_adam"])
            polyak(self.critics_target, self.critics, config.tau)
            polyak(self.actor_target, self.actor, config.tau)
            metrics |= {"actor_loss": loss.detach(), "bc_loss": bc.detach(), "q": q.detach().mean(dim=-1)}
            metrics |= {"better": better.to(v.dtype).mean(dim=-1), "gate": gate.to(v.dtype).mean(dim=-1)}
        return metrics
