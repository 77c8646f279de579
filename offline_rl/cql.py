"""CQL: Conservative Q-Learning for Offline Reinforcement Learning (Kumar et al., 2020, arXiv 2006.04779).

SAC whose critics are pushed down at the policy's actions and up at the data's actions, CQL(H) (eq. 4):

    C_j   = T E_s [ log sum_a exp(Q_j(s, a) / T) ] - E_(s,a)~D [ Q_j(s, a) ]
    L(Q)  = sum_j w C_j + E [ (Q_j(s, a) - y)^2 ],   y = r + gamma min_j Q'_j(s', a'~pi)
    L(pi) = E [ alpha log pi(a~pi|s) - min_j Q_j(s, a) ],   alpha tuned to an entropy of -d_a

The sum over actions is estimated by importance sampling from 3 n actions: n uniform, n of the policy in s, n of the
policy in s' (but evaluated in s), with each action's log density subtracted from its Q. With ``lagrange`` a factor
alpha', learned per seed, multiplies C_j to keep it near ``target_action_gap``.

All gradients are taken at the weights before the update, then all steps are made. This, the estimate and the settings
are those of CORL's ``algorithms/offline/cql.py`` (github.com/tinkoff-ai/CORL): it runs with current PyTorch, its scores
on D4RL's v2 data are published with its settings, and its update is that of github.com/young-geng/JaxCQL, which has
other network sizes, step sizes and initial weights, and draws separate random numbers for each of its losses, where
CORL's losses share theirs. The authors' code (github.com/aviralkumar2907/CQL) fails in current PyTorch: it steps the
critics between the policy's loss and its gradient. By default the target has no entropy bonus in any of the three
(``backup_entropy`` adds it).

Differences from CORL's code:
- K seeds are trained at once, each exactly as alone.
- ``diff_weighting`` has an effect with ``lagrange`` only: ``official``, the authors', is alpha' (w C_j - gap);
  ``corl``, also JaxCQL's, is alpha' w (C_j - gap).
- Both critics have the layers of ``hidden``; in CORL's AntMaze settings the first has five and the second three.
- ``bc_steps`` maximises the likelihood of the data's actions, as the authors and JaxCQL do; CORL uses the likelihood of
  the policy's own actions.
- Rewards are scaled when a batch is used, with returns from D4RL's sequence view: see ``iql.py``.
- The critics evaluate all 3 n + 1 actions in one pass, and the states' part of the first layer is computed once.
- The normaliser's sums are computed in float64.
"""

import copy
import math
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, no_grad

from palaestra.agents.training.hyperparameters import Count, CountFromZero, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.gaussian import TanhGaussian, TanhGaussianActor
from palaestra.offline_rl.iql import return_scale
from palaestra.offline_rl.learner import Learner, LearnerConfig, StochasticPolicy
from palaestra.offline_rl.nets import (
    Buffer,
    Critics,
    Normaliser,
    PerSeedParameter,
    adam,
    initialise,
    minimise,
    orthogonal,
    polyak,
    small_last_layer,
)
from palaestra.offline_rl.td3bc import critic_loss

ACTION_LIMIT = 0.999  # the data's actions are clipped to this for their likelihood, as in JaxCQL


@dataclass(frozen=True)
class CQLConfig(LearnerConfig):
    """Hyperparameters, with CORL's defaults for locomotion."""

    min_q_weight: Number = 10.0
    """w, weight of the conservative term."""
    n_actions: Count = 10
    """Actions from each of the three sources."""
    temperature: Number = 1.0
    """T of the log-sum-exp."""
    lagrange: bool = False
    """Tune a factor on the conservative term."""
    target_action_gap: Number = -1.0
    """Target value of the conservative term under that factor."""
    diff_weighting: Literal["official", "corl"] = "official"
    """Whether w multiplies the conservative term alone (official) or its difference from the gap (corl)."""
    diff_min: Number | None = None
    """Lower clip of the conservative term, per transition; none by default."""
    max_target_backup: bool = False
    """Compute the target from the best of n next actions instead of one."""
    backup_entropy: bool = False
    """Entropy bonus in the target, as in SAC."""
    bc_steps: CountFromZero = 0
    """Initial updates in which the policy imitates the data; 40000 in the authors' code."""
    discount: Share = 0.99
    """Discount factor."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    lr: NotNegative = 3e-4
    """Adam's step size: critics and the Lagrange factor."""
    policy_lr: NotNegative = 3e-5
    """Adam's step size: policy and entropy temperature."""
    normalise: bool = True
    """Normalise states to mean 0 and standard deviation 1."""
    normalise_rewards: bool = False
    """Multiply rewards by 1000 / (highest - lowest return in the dataset)."""
    reward_scale: Number = 1.0
    """Factor on every reward."""
    reward_bias: Number = 0.0
    """Added to every scaled reward."""
    hidden: tuple[Count, ...] = (256, 256, 256)
    """Widths of the hidden layers."""


Config = CQLConfig  # its name before 0.2
_ANTMAZE = {
    "min_q_weight": 5.0,
    "policy_lr": 1e-4,
    "lagrange": True,
    "target_action_gap": 0.8,
    "diff_weighting": "corl",
    "diff_min": -200.0,
    "max_target_backup": True,
    "normalise": False,
    "reward_scale": 10.0,
    "reward_bias": -5.0,
}
PUBLISHED = {
    ("hopper", "medium"): {"normalise_rewards": True},
    ("maze2d", "*"): {"lagrange": True, "target_action_gap": 5.0, "diff_weighting": "corl"},
    ("antmaze", "*"): _ANTMAZE,
    **{(robot, "*"): {"min_q_weight": 1.0, "policy_lr": 1e-4} for robot in ("pen", "door", "hammer", "relocate")},
}
"""CORL's settings that differ from the defaults, by (robot, kind)."""
FINE_TUNING: dict[str, object] = {}
"""Settings that change when training continues online: none."""


def temperature_loss(log_alpha: Tensor, log_pi: Tensor, target_entropy: float) -> Tensor:
    """SAC's -log alpha E [log pi + H]: (K,), (K, batch) without gradient -> (K,)."""
    return -log_alpha * (log_pi + target_entropy).mean(dim=-1)


def policy_loss(alpha: Tensor, log_pi: Tensor, q: Tensor) -> Tensor:
    """SAC's E [alpha log pi(a|s) - Q(s, a)]: (K,), (K, batch), (K, batch) -> (K,)."""
    return (alpha.unsqueeze(-1) * log_pi - q).mean(dim=-1)


def backup(config: Any, critics_target: Critics, s2: Tensor, a2: Tensor, log_pi2: Tensor, alpha: Tensor) -> Tensor:
    """Value of s' in the target: min_j Q'_j(s', a'), maximised over the actions a' if there are several.

    Args:
        config: for ``backup_entropy``.
        critics_target: Q'.
        s2: (K, batch, d_s).
        a2: (K, batch, n, d_a), n = 1 unless ``max_target_backup``.
        log_pi2: (K, batch, n).
        alpha: (K,).
    """
    q2, best = critics_target.q_of_actions(s2, a2).amin(dim=1).max(dim=-1)
    if config.backup_entropy:
        q2 = q2 - alpha.unsqueeze(-1) * log_pi2.gather(-1, best.unsqueeze(-1)).squeeze(-1)
    return q2


def conservative_term(config: Any, q_data: Tensor, q_sampled: Tensor, log_density: Tensor) -> Tensor:
    """C_j, a mean over the batch: (K, heads).

    Args:
        config: for ``temperature`` and ``diff_min``.
        q_data: (K, heads, batch), Q of the data's actions.
        q_sampled: (K, heads, batch, 3 n), Q of the sampled actions.
        log_density: (K, batch, 3 n), log densities of the sampled actions.
    """
    pushed_down = (q_sampled - log_density.unsqueeze(1)) / config.temperature
    difference = config.temperature * pushed_down.logsumexp(dim=-1) - q_data
    if config.diff_min is not None:
        difference = difference.clamp(min=config.diff_min)
    return difference.mean(dim=-1)


def lagrangian(config: Any, c: Tensor, log_alpha_prime: Tensor) -> Tensor:
    """C_j with its Lagrange factor and gap: (K, heads), (K,) -> (K, heads)."""
    alpha_prime = log_alpha_prime.exp().clamp(max=1e6).unsqueeze(-1)
    if config.diff_weighting == "official":
        return alpha_prime * (config.min_q_weight * c - config.target_action_gap)
    return alpha_prime * config.min_q_weight * (c - config.target_action_gap)


def sampled_actions(pi: TanhGaussian, pi2: TanhGaussian, noise: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Uniform actions, pi's in s' and pi's in s: (K, batch, 3 n, d_a), and their log densities, (K, batch, 3 n)."""
    uniform = torch.erf(noise["random"] * 2**-0.5)  # the normal distribution function makes normal noise uniform
    a_next, log_next = pi2.samples_with_log_prob(noise["next"])
    a_current, log_current = pi.samples_with_log_prob(noise["current"])
    log_uniform = torch.full_like(log_current, uniform.shape[-1] * math.log(0.5))
    actions = torch.cat([uniform, a_next, a_current], dim=2)
    return actions, torch.cat([log_uniform, log_next, log_current], dim=-1)


class CQL(Learner):
    """The learner: ``CQL(CQLConfig(seeds=4), dataset)``."""

    Config = CQLConfig

    def __init__(self, config: CQLConfig, dataset: Dataset):
        super().__init__(config, dataset)
        sizes = config.seeds, self.state_dim, self.action_dim, config.hidden
        actor, critics = TanhGaussianActor(*sizes), Critics(*sizes)
        initialise(actor, self.seeds, "actor")
        small_last_layer(actor.mlp, self.seeds, "actor", gain=1e-2)
        orthogonal(critics, self.seeds, "critics", last_gain=1e-2)
        self.add(actor=actor, critics=critics, critics_target=copy.deepcopy(critics))
        self.add(log_alpha=PerSeedParameter(config.seeds, 0.0))
        scale = return_scale(dataset) if config.normalise_rewards else 1.0
        self.add(return_scale=Buffer(torch.tensor(scale, dtype=torch.float64)))
        self.add(normaliser=Normaliser(*self.moments()))
        self.optimisers = {
            "actor_adam": adam(self.actor, config.policy_lr),
            "alpha_adam": adam(self.log_alpha, config.policy_lr),
            "critics_adam": adam(self.critics, config.lr),
        }
        if config.lagrange:
            self.add(log_alpha_prime=PerSeedParameter(config.seeds, 1.0))
            self.optimisers["alpha_prime_adam"] = adam(self.log_alpha_prime, config.lr)
        if config.bc_steps:
            self.add(imitating=Buffer(torch.tensor(True)))
        self.policy = StochasticPolicy(self.normaliser, self.actor, self.seeds, self.action_dim)
        single, multiple = ((config.batch_size, n, self.action_dim) for n in (1, config.n_actions))
        self.policy_actions = self.stream("policy actions", single)
        self.target_actions = self.stream("target actions", multiple if config.max_target_backup else single)
        self.random_actions = self.stream("random actions", multiple)
        self.current_actions = self.stream("current actions", multiple)
        self.next_actions = self.stream("next actions", multiple)

    def moments(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation that states are normalised with, each (d_s,)."""
        mean, std = self.transitions.normaliser(eps=1e-3)
        return (mean, std) if self.config.normalise else (torch.zeros_like(mean), torch.ones_like(std))

    def schedule(self) -> None:
        """Set on the device whether the policy still imitates the data."""
        if self.config.bc_steps:
            self.imitating.value.fill_(self.updates <= self.config.bc_steps)

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal numbers for sampling actions, (K, batch, 1 or n, d_a).

        ``policy`` is for the policy's and the temperature's losses, ``target`` for the target, and ``random``,
        ``current`` (the policy's in s) and ``next`` (in s') for the conservative term.
        """
        return {
            "policy": self.policy_actions.draw(),
            "target": self.target_actions.draw(),
            "random": self.random_actions.draw(),
            "current": self.current_actions.draw(),
            "next": self.next_actions.draw(),
        }

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """Temperature, policy and critics from the same weights, then the target critics."""
        config, a, m = self.config, batch.actions, batch.nonterminals
        r = batch.rewards * self.return_scale.value * config.reward_scale + config.reward_bias
        s = self.normaliser(batch.observations)
        s2 = self.normaliser(batch.next_observations)
        log_alpha = self.log_alpha.value
        alpha = log_alpha.detach().exp()

        pi = self.actor(s)
        a_pi, log_pi = pi.samples_with_log_prob(noise["policy"])
        with no_grad():
            pi2 = self.actor(s2)
            a2, log_pi2 = pi2.samples_with_log_prob(noise["target"])
            y = r + m * config.discount * backup(config, self.critics_target, s2, a2, log_pi2, alpha)
            sampled, log_density = sampled_actions(pi, pi2, noise)

        q_pi = self.critics.q_of_actions(s, a_pi).amin(dim=1).squeeze(-1)
        if config.bc_steps:
            q_pi = torch.where(self.imitating.value, pi.log_prob(a.clamp(-ACTION_LIMIT, ACTION_LIMIT)), q_pi)
        pi_loss = policy_loss(alpha, log_pi.squeeze(-1), q_pi)
        minimise(pi_loss.sum(), self.optimisers["actor_adam"])
        alpha_loss = temperature_loss(log_alpha, log_pi.detach().squeeze(-1), -self.action_dim)
        minimise(alpha_loss.sum(), self.optimisers["alpha_adam"])

        q = self.critics.q_of_actions(s, torch.cat([a.unsqueeze(2), sampled], dim=2))
        q_data = q[..., 0]
        td_loss = critic_loss(q_data, y)
        c = conservative_term(config, q_data, q[..., 1:], log_density)
        if config.lagrange:
            penalty = lagrangian(config, c, self.log_alpha_prime.value.detach())
        else:
            penalty = config.min_q_weight * c
        minimise((td_loss + penalty.sum(dim=-1)).sum(), self.optimisers["critics_adam"])
        if config.lagrange:
            alpha_prime_loss = -lagrangian(config, c.detach(), self.log_alpha_prime.value).mean(dim=-1)
            minimise(alpha_prime_loss.sum(), self.optimisers["alpha_prime_adam"])
        polyak(self.critics_target, self.critics, config.tau)
        return {
            "critic_loss": td_loss.detach(),
            "conservative_term": c.detach().mean(dim=-1),
            "actor_loss": pi_loss.detach(),
            "alpha": alpha,
            "entropy": -log_pi.detach().mean(dim=(-2, -1)),
            "q": q_data.detach().mean(dim=(-2, -1)),
        }
