"""FamO2O on CQL: Train Once, Get a Family: State-Adaptive Balances for Offline-to-Online RL (Wang et al., NeurIPS 2023,
arXiv 2310.17966).

CQL with a family of policies instead of one. The universal policy is conditioned on the weight beta of Q against
entropy and learns for a whole range of it; the balance model learns which beta maximises Q in a state:

    L(pi_u) = E [ alpha log pi_u(a | s, beta) - beta Q(s, a) ],   beta uniform offline, beta ~ pi_b(s) online
    L(pi_b) = -E [ Q(s, a) ],   a ~ pi_u(. | s, beta), beta ~ pi_b(s)

with Q = min_j Q_j. The critics learn as in CQL, from the actions of pi_u: in s' with the beta that pi_b sampled in s;
in s with that of L(pi_u). alpha is tuned on the actions of L(pi_u). The policy acts with the mode of pi_b. All
gradients are taken at the weights before the update, then all steps are made.

Differences from the authors' code (github.com/LeapLabTHU/FamO2O, jax_cql, on JaxCQL):
- K seeds are trained at once, each exactly as alone.
- ``coefficient_map``: their code maps x in (-1, 1) to low + x (high - low), which ranges from 2 low - high to high and
  starts near low. ``half`` maps x onto the named range; ``full`` is the released code's map.
- Each of their five losses (policy, two critics, alpha, balance model) draws its own random numbers, so the critics
  have different targets and actions; here an update draws once, and the losses share what their formulas share.
- JaxCQL's Lagrange factor, best of n next actions, warm-up by imitation and reward scale, which the authors don't use,
  are not implemented.
- Their code removes the environment's time limit and adds it back with a counter; here, too, a time limit is not a
  terminal.
- The data's actions are clipped when a batch is used, so that online actions are clipped as well.
- The critics evaluate all 3 n + 1 actions in one pass, as in ``cql.py``.

Their base CQL has a conservative weight of 5 and critics without layer normalisation: for a fair comparison, set
``min_q_weight`` and ``layer_norm`` accordingly. Their tables were not reproduced here.
"""

import copy
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn, no_grad

from palaestra.agents.training.hyperparameters import Count, Interval, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.data.replay import Replay
from palaestra.data.streams import Stream
from palaestra.offline_rl.balance import ENCODING_DIM, Balanced, coefficient, condition, uniform
from palaestra.offline_rl.cql import (
    ACTION_LIMIT,
    backup,
    conservative_term,
    policy_loss,
    sampled_actions,
    temperature_loss,
)
from palaestra.offline_rl.gaussian import TanhGaussianActor
from palaestra.offline_rl.learner import Learner, LearnerConfig, StochasticPolicy
from palaestra.offline_rl.nets import Critics, PerSeedParameter, adam, lecun_normal, minimise, polyak
from palaestra.offline_rl.td3bc import critic_loss


@dataclass(frozen=True)
class FamO2OCQLConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults for locomotion."""

    coefficient_range: Interval = (0.5, 1.5)
    """Lowest and highest beta."""
    coefficient_map: Literal["half", "full"] = "half"
    """How the balance model's x is mapped to beta: onto the range (half), or as in the released code (full)."""
    min_q_weight: Number = 1.0
    """w, weight of the conservative term."""
    n_actions: Count = 10
    """Actions from each of the three sources."""
    temperature: Number = 1.0
    """T of the log-sum-exp."""
    diff_min: Number | None = None
    """Lower clip of the conservative term, per transition."""
    backup_entropy: bool = False
    """Entropy bonus in the target, as in SAC."""
    layer_norm: bool = True
    """Whether the critics have layer normalisation before every ReLU."""
    discount: Share = 0.99
    """Discount factor."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    lr: NotNegative = 3e-4
    """Adam's step size: critics."""
    policy_lr: NotNegative = 3e-4
    """Adam's step size: universal policy and entropy temperature."""
    balance_lr: NotNegative = 3e-4
    """Adam's step size: balance model."""
    hidden: tuple[Count, ...] = (256, 256)
    """Widths of the hidden layers."""


Config = FamO2OCQLConfig  # its name before 0.2
FINE_TUNING: dict[str, object] = {}
"""Settings that change when training continues online: none."""


class FamO2OCQL(Learner):
    """The learner: ``FamO2OCQL(FamO2OCQLConfig(seeds=4), dataset)``."""

    Config = FamO2OCQLConfig

    def __init__(self, config: FamO2OCQLConfig, dataset: Dataset):
        super().__init__(config, dataset)
        seeds, hidden = config.seeds, config.hidden
        universal = TanhGaussianActor(seeds, self.state_dim + ENCODING_DIM, self.action_dim, hidden)
        balance = TanhGaussianActor(seeds, self.state_dim, 1, hidden)
        norm_eps = 1e-6 if config.layer_norm else None
        critics = Critics(seeds, self.state_dim, self.action_dim, hidden, norm_eps=norm_eps, norm_first=True)
        networks = {"universal": universal, "balance": balance, "critics": critics}
        for name, mlp in (("universal", universal.mlp), ("balance", balance.mlp), ("critics", critics.mlp)):
            lecun_normal(mlp, self.seeds, name, last_scale=1e-2)
        self.add(**networks, critics_target=copy.deepcopy(critics), log_alpha=PerSeedParameter(seeds, 0.0))
        self.optimisers = {
            "universal_adam": adam(self.universal, config.policy_lr),
            "alpha_adam": adam(self.log_alpha, config.policy_lr),
            "balance_adam": adam(self.balance, config.balance_lr),
            "critics_adam": adam(self.critics, config.lr),
        }
        balanced = Balanced(self.universal, self.balance, self.coefficient)
        self.policy = StochasticPolicy(nn.Identity(), balanced, self.seeds, self.action_dim)
        self.online = False
        single, multiple = ((config.batch_size, n, self.action_dim) for n in (1, config.n_actions))
        self.coefficients = self.stream("coefficients", (config.batch_size, 1))
        self.balances = self.stream("balances", (config.batch_size, 1))
        self.balanced_actions = self.stream("balanced actions", single)
        self.policy_actions = self.stream("policy actions", single)
        self.target_actions = self.stream("target actions", single)
        self.random_actions = self.stream("random actions", multiple)
        self.current_actions = self.stream("current actions", multiple)
        self.next_actions = self.stream("next actions", multiple)

    def coefficient(self, x: Tensor) -> Tensor:
        """Map the balance model's x to beta."""
        low, high = self.config.coefficient_range
        return coefficient(x, (low, high) if self.config.coefficient_map == "half" else (2 * low - high, high))

    def go_online(self, replay: Replay, minibatches: Stream) -> None:
        """Switch the universal policy's beta from uniform to the balance model's samples."""
        super().go_online(replay, minibatches)
        self.online = True

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal numbers, (K, batch, 1 or n, d_a) unless stated otherwise.

        Offline, ``coefficient`` (K, batch, 1) is for the universal policy's beta and ``action`` for the balance model's
        loss; online, the balance model's x, from ``balance`` (K, batch, 1), and the universal policy's action, from
        ``policy``, are used in both losses. ``target``, ``random``, ``current`` and ``next`` are as in ``cql.py``.
        """
        return {
            "coefficient": self.coefficients.draw(),
            "balance": self.balances.draw(),
            "action": self.balanced_actions.draw(),
            "policy": self.policy_actions.draw(),
            "target": self.target_actions.draw(),
            "random": self.random_actions.draw(),
            "current": self.current_actions.draw(),
            "next": self.next_actions.draw(),
        }

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """Balance model, universal policy, temperature and critics from the same weights, then the target critics."""
        config, s, s2 = self.config, batch.observations, batch.next_observations
        a = batch.actions.clamp(-ACTION_LIMIT, ACTION_LIMIT)
        log_alpha = self.log_alpha.value
        alpha = log_alpha.detach().exp()

        chosen = self.coefficient(self.balance(s).sample(noise["balance"]))
        beta = chosen.detach() if self.online else uniform(noise["coefficient"], config.coefficient_range)
        pi = self.universal(condition(s, beta))
        a_pi, log_pi = pi.samples_with_log_prob(noise["policy"])
        with no_grad():
            pi2 = self.universal(condition(s2, chosen))
            a2, log_pi2 = pi2.samples_with_log_prob(noise["target"])
            v2 = backup(config, self.critics_target, s2, a2, log_pi2, alpha)
            y = batch.rewards + batch.nonterminals * config.discount * v2
            sampled, log_density = sampled_actions(pi, pi2, noise)

        a_chosen, _ = self.universal(condition(s, chosen)).samples_with_log_prob(
            noise["policy" if self.online else "action"]
        )
        b_loss = -self.critics.q_of_actions(s, a_chosen).amin(dim=1).mean(dim=(-2, -1))
        minimise(b_loss.sum(), self.optimisers["balance_adam"])

        q_pi = self.critics.q_of_actions(s, a_pi).amin(dim=1)
        pi_loss = policy_loss(alpha, log_pi.squeeze(-1), (beta * q_pi).squeeze(-1))
        minimise(pi_loss.sum(), self.optimisers["universal_adam"])
        alpha_loss = temperature_loss(log_alpha, log_pi.detach().squeeze(-1), -self.action_dim)
        minimise(alpha_loss.sum(), self.optimisers["alpha_adam"])

        q = self.critics.q_of_actions(s, torch.cat([a.unsqueeze(2), sampled], dim=2))
        q_data = q[..., 0]
        td_loss = critic_loss(q_data, y)
        c = conservative_term(config, q_data, q[..., 1:], log_density)
        minimise((td_loss + config.min_q_weight * c.sum(dim=-1)).sum(), self.optimisers["critics_adam"])
        polyak(self.critics_target, self.critics, config.tau)
        return {
            "critic_loss": td_loss.detach(),
            "conservative_term": c.detach().mean(dim=-1),
            "actor_loss": pi_loss.detach(),
            "coefficient": chosen.detach().mean(dim=(-2, -1)),
            "alpha": alpha,
            "q": q_data.detach().mean(dim=(-2, -1)),
        }
