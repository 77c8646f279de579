"""FamO2O on IQL: Train Once, Get a Family: State-Adaptive Balances for Offline-to-Online RL (Wang et al., NeurIPS 2023,
arXiv 2310.17966).

IQL with a family of policies instead of one. The universal policy is conditioned on the temperature beta of its
advantage weights and learns for a whole range of it; the balance model learns which beta maximises Q in a state:

    L(pi_u) = -E [ min(exp(beta (Q - V)), 100) log pi_u(a | s, beta) ],   beta uniform offline, beta ~ pi_b(s) online
    L(pi_b) =  E [ T log pi_b(beta | s) - Q(s, a) ],   a ~ pi_u(. | s, beta), beta ~ pi_b(s)

with Q = min_j Q'_j, V the value after its step, and T tuned to an entropy of -1/2. V and Q learn as in IQL and do not
depend on beta. The policy acts with the mode of pi_b.

Differences from the authors' code (github.com/LeapLabTHU/FamO2O, jax_iql):
- K seeds are trained at once, each exactly as alone.
- ``pairing``: their code takes the outer product of the batch's advantages and coefficients: transition j is weighted
  by the mean over all the batch's beta_i of min(exp(beta_i A_j), 100), whatever the beta that pi_u is conditioned on
  for j. That cancels the conditioning; the paper's weights are ``elementwise``, the released code's ``outer``.
- Their code draws the balance model's x and the resulting action from one random key, so that they may be correlated;
  here numbers of different purposes are independent.
- ``normalise_rewards`` uses returns from D4RL's sequence view, and all actions are clipped, also online ones: see
  ``iql.py``. Online rewards are scaled in their code as well.

Their settings are for AntMaze; elsewhere ``coefficient_range`` is their learner's default, and the other settings are
IQL's for locomotion. Step sizes are constant, as in their script. Their tables were not reproduced here.
"""

import copy
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from palaestra.agents.training.hyperparameters import Count, Interval, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.data.replay import Replay
from palaestra.data.streams import Stream
from palaestra.offline_rl.awac import advantage_weights, policy_loss
from palaestra.offline_rl.balance import ENCODING_DIM, Balanced, coefficient, condition, uniform
from palaestra.offline_rl.gaussian import GaussianActor, TanhGaussian
from palaestra.offline_rl.iql import ACTION_LIMIT, return_scale, target, value_loss
from palaestra.offline_rl.learner import Learner, LearnerConfig, StochasticPolicy
from palaestra.offline_rl.nets import Buffer, Critics, PerSeedParameter, Value, adam, minimise, orthogonal, polyak
from palaestra.offline_rl.td3bc import critic_loss

TARGET_ENTROPY = -0.5  # of the balance model


@dataclass(frozen=True)
class FamO2OIQLConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults."""

    coefficient_range: Interval = (1.0, 5.0)
    """Lowest and highest beta."""
    pairing: Literal["elementwise", "outer"] = "elementwise"
    """Pair each advantage with its own coefficient, as in the paper, or with all, as in the released code."""
    expectile: Share = 0.7
    """xi of V's loss."""
    discount: Share = 0.99
    """Discount factor."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    lr: NotNegative = 3e-4
    """Adam's step size, all networks and the temperature."""
    normalise_rewards: bool = False
    """Multiply rewards by 1000 / (highest - lowest return in the dataset); on for hopper, halfcheetah and walker2d."""
    reward_bias: Number = 0.0
    """Added to every reward; -1 in AntMaze."""
    hidden: tuple[Count, ...] = (256, 256)
    """Widths of the hidden layers."""


Config = FamO2OIQLConfig  # its name before 0.2
PUBLISHED = {
    **{(robot, "*"): {"normalise_rewards": True} for robot in ("hopper", "halfcheetah", "walker2d")},
    ("antmaze", "*"): {"coefficient_range": (8.0, 14.0), "expectile": 0.9, "reward_bias": -1.0},
}
"""The authors' settings that differ from the defaults, by (robot, kind)."""
FINE_TUNING: dict[str, object] = {}
"""Settings that change when training continues online: none."""


class BalanceModel(nn.Module):
    """pi_b: a Gaussian with a state-independent standard deviation, squashed into (-1, 1)."""

    def __init__(self, seeds: int, state_dim: int, hidden: tuple[int, ...]):
        super().__init__()
        self.gaussian = GaussianActor(seeds, state_dim, 1, hidden, log_std_range=(-10, 2), tanh_mean=False)

    def forward(self, s: Tensor) -> TanhGaussian:
        """(K, batch, d_s) -> a distribution over x, (K, batch, 1)."""
        return TanhGaussian(*self.gaussian(s))


def balance_loss(temperature: Tensor, log_pi: Tensor, q: Tensor) -> Tensor:
    """E [ T log pi_b - Q ]: (K,), (K, batch), (K, batch) -> (K,)."""
    return (temperature.unsqueeze(-1) * log_pi - q).mean(dim=-1)


def family_weights(q: Tensor, v: Tensor, beta: Tensor, pairing: str) -> Tensor:
    """Advantage weights of the transitions: (K, batch), (K, batch), (K, batch, 1) -> (K, batch)."""
    if pairing == "elementwise":
        return advantage_weights(q, v, beta.squeeze(-1))
    return advantage_weights(q.unsqueeze(1), v.unsqueeze(1), beta).mean(dim=1)


class FamO2OIQL(Learner):
    """The learner: ``FamO2OIQL(FamO2OIQLConfig(seeds=4), dataset)``."""

    Config = FamO2OIQLConfig

    def __init__(self, config: FamO2OIQLConfig, dataset: Dataset):
        super().__init__(config, dataset)
        seeds, condition_dim, hidden = config.seeds, self.state_dim + ENCODING_DIM, config.hidden
        universal = GaussianActor(seeds, condition_dim, self.action_dim, hidden, log_std_range=(-5, 2), tanh_mean=True)
        balance = BalanceModel(seeds, self.state_dim, hidden)
        critics = Critics(seeds, self.state_dim, self.action_dim, hidden)
        value = Value(seeds, self.state_dim, hidden)
        networks = {"universal": universal, "balance": balance, "critics": critics, "value": value}
        for name, module in networks.items():
            orthogonal(module, self.seeds, name)
        self.add(**networks, critics_target=copy.deepcopy(critics), log_temperature=PerSeedParameter(seeds, 0.0))
        scale = return_scale(dataset) if config.normalise_rewards else 1.0
        self.add(return_scale=Buffer(torch.tensor(scale, dtype=torch.float64)))
        self.optimisers = {
            "value_adam": adam(self.value, config.lr),
            "balance_adam": adam(self.balance, config.lr),
            "log_temperature_adam": adam(self.log_temperature, config.lr),
            "universal_adam": adam(self.universal, config.lr),
            "critics_adam": adam(self.critics, config.lr),
        }
        balanced = Balanced(self.universal, self.balance, self.coefficient)
        self.policy = StochasticPolicy(nn.Identity(), balanced, self.seeds, self.action_dim)
        self.online = False
        self.coefficients = self.stream("coefficients", (config.batch_size, 1))
        self.balances = self.stream("balances", (config.batch_size, 1))
        self.balanced_actions = self.stream("balanced actions", (config.batch_size, self.action_dim))

    def coefficient(self, x: Tensor) -> Tensor:
        """Map the balance model's x to beta."""
        return coefficient(x, self.config.coefficient_range)

    def go_online(self, replay: Replay, minibatches: Stream) -> None:
        """Switch the universal policy's beta from uniform to the balance model's samples."""
        super().go_online(replay, minibatches)
        self.online = True

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal numbers.

        ``coefficient`` (K, batch, 1) for the universal policy's beta, ``balance`` (K, batch, 1) and ``action``
        (K, batch, d_a) for the balance model's x and the resulting action.
        """
        streams = {"coefficient": self.coefficients, "balance": self.balances, "action": self.balanced_actions}
        return {name: stream.draw() for name, stream in streams.items()}

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """V, balance model, temperature, universal policy, Q, then the target critics."""
        config, s, s2 = self.config, batch.observations, batch.next_observations
        a = batch.actions.clamp(-ACTION_LIMIT, ACTION_LIMIT)
        r = batch.rewards * self.return_scale.value + config.reward_bias
        with torch.no_grad():
            q = self.critics_target(s, a).amin(dim=1)
            if self.online:  # from the balance model before its step
                beta = self.coefficient(self.balance(s).sample(noise["coefficient"]))
            else:
                beta = uniform(noise["coefficient"], config.coefficient_range)

        v_loss = value_loss(q, self.value(s), config.expectile)
        minimise(v_loss.sum(), self.optimisers["value_adam"])
        with torch.no_grad():
            v, v2 = self.value(torch.cat([s, s2], dim=1)).chunk(2, dim=1)

        x, log_pi = self.balance(s).sample_with_log_prob(noise["balance"])
        chosen = self.coefficient(x)
        a_chosen = self.universal(condition(s, chosen)).sample(noise["action"])
        q_chosen = self.critics_target(s, a_chosen).amin(dim=1)
        temperature = self.log_temperature.value.exp()
        b_loss = balance_loss(temperature.detach(), log_pi, q_chosen)
        minimise(b_loss.sum(), self.optimisers["balance_adam"])
        entropy = -log_pi.detach().mean(dim=-1)
        minimise((temperature * (entropy - TARGET_ENTROPY)).sum(), self.optimisers["log_temperature_adam"])

        w = family_weights(q, v, beta, config.pairing)
        pi_loss = policy_loss(self.universal(condition(s, beta)).log_prob(a), w)
        minimise(pi_loss.sum(), self.optimisers["universal_adam"])

        q_loss = critic_loss(self.critics(s, a), target(r, batch.nonterminals, v2, config.discount))
        minimise(q_loss.sum(), self.optimisers["critics_adam"])
        polyak(self.critics_target, self.critics, config.tau)
        return {
            "value_loss": v_loss.detach(),
            "balance_loss": b_loss.detach(),
            "coefficient": chosen.detach().mean(dim=(-2, -1)),
            "actor_loss": pi_loss.detach(),
            "critic_loss": q_loss.detach(),
            "v": v.mean(dim=-1),
        }
