"""IQL: Offline Reinforcement Learning with Implicit Q-Learning (Kostrikov, Nair & Levine, 2021, arXiv 2110.06169).

Q-learning that never evaluates Q outside the data's actions: an expectile of Q over them replaces the maximum.

    L(V)  = E [ L2_xi(min_j Q'_j(s, a) - V(s)) ],   L2_xi(u) = |xi - 1(u < 0)| u^2                         (eq. 5)
    L(Q)  = E [ sum_j (Q_j(s, a) - y)^2 ],          y = r + gamma V(s')                                    (eq. 6)
    L(pi) = -E [ log pi(a|s) min(exp(beta (min_j Q'_j(s, a) - V(s))), 100) ]                               (eq. 7)

xi is ``expectile``, beta ``temperature``. V is updated first, then the policy and Q with the new V.

Differences from the authors' code (github.com/ikostrikov/implicit_q_learning, JAX):
- K seeds are trained at once, each exactly as alone.
- ``normalise_rewards`` uses returns from D4RL's sequence view. The authors sum over its Q-learning view, which lacks
  the last reward of a timed-out episode, and include a file's truncated last episode.
- ``normalise_rewards`` is on for the same robots as theirs, by the dataset's id.
- Rewards are scaled and actions clipped when a batch is used, not in the dataset, so that this also applies to online
  transitions. The authors scale locomotion's offline rewards but not its online ones.

``value_for_advantage=old`` is the order of CORL's ``iql.py`` (github.com/tinkoff-ai/CORL): advantages and targets use
V from before its step. CORL also normalises states, halves the loss of Q, clips log sigma at -20 instead of -5 and has
special cases for some datasets; that is not implemented.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from palaestra.agents.training.hyperparameters import BelowOne, Count, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.offline_rl.awac import advantage_weights, policy_loss
from palaestra.offline_rl.gaussian import GaussianActor
from palaestra.offline_rl.learner import Learner, LearnerConfig, StochasticPolicy
from palaestra.offline_rl.nets import (
    Buffer,
    Critics,
    Value,
    adam,
    cosine_decay,
    expectile,
    minimise,
    orthogonal,
    polyak,
    set_lr,
)
from palaestra.offline_rl.td3bc import critic_loss

ACTION_LIMIT = 1 - 1e-5  # the data's actions are clipped to this


@dataclass(frozen=True)
class IQLConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults for locomotion."""

    expectile: Share = 0.7
    """xi of V's loss: 0.5 is the mean over the data's actions, values near 1 approach their maximum."""
    temperature: Number = 3.0
    """beta of the advantage weights: 0 is behaviour cloning; the higher, the greedier."""
    discount: Share = 0.99
    """Discount factor."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    lr: NotNegative = 3e-4
    """Adam's step size: actor, critics and V."""
    opt_decay_schedule: Literal["cosine", "none"] = "cosine"
    """Decay of the actor's step size to 0 over the run; must be none if training continues online."""
    dropout: BelowOne = 0.0
    """Dropout rate of the actor's hidden units in its updates."""
    normalise_rewards: bool = False
    """Multiply rewards by 1000 / (highest - lowest return in the dataset); on for hopper, halfcheetah and walker2d."""
    reward_bias: Number = 0.0
    """Added to every reward; -1 in AntMaze."""
    value_for_advantage: Literal["new", "old"] = "new"
    """Use V from after its step in this update, as the authors do, or from before it, as CORL does."""
    hidden: tuple[Count, ...] = (256, 256)
    """Widths of the hidden layers."""


Config = IQLConfig  # its name before 0.2
PUBLISHED = {
    **{(robot, "*"): {"normalise_rewards": True} for robot in ("hopper", "halfcheetah", "walker2d")},
    **{
        (robot, "*"): {"temperature": 0.5, "dropout": 0.1} for robot in ("kitchen", "pen", "door", "hammer", "relocate")
    },
    ("antmaze", "*"): {"expectile": 0.9, "temperature": 10.0, "reward_bias": -1.0},
}
"""The authors' settings that differ from the defaults, by (robot, kind)."""
FINE_TUNING = {"opt_decay_schedule": "none"}
"""Settings that change when training continues online; the authors' fine-tuning script has no decay either."""


def value_loss(q: Tensor, v: Tensor, xi: float) -> Tensor:
    """E [ L2_xi(Q - V) ]: (K, batch), (K, batch) -> (K,)."""
    return expectile(q - v, xi).mean(dim=-1)


def target(r: Tensor, m: Tensor, v2: Tensor, discount: float) -> Tensor:
    """Eq. 6: r + gamma m V(s'), (K, batch)."""
    return r + discount * m * v2


def return_scale(dataset: Dataset) -> float:
    """1000 / (highest - lowest return of the dataset's episodes).

    Raises:
        InputError: there are no two episodes with different returns.
    """
    returns = dataset.returns()
    if len(returns) == 0 or returns.max() == returns.min():
        reason = f"{len(returns)} complete episode(s) with equal returns" if len(returns) else "no complete episode"
        raise InputError(f"{dataset.id}: {reason}, no range to scale rewards by; use --no-normalise-rewards")
    return 1000 / (returns.max() - returns.min())


class IQL(Learner):
    """The learner: ``IQL(IQLConfig(seeds=4), dataset)``."""

    Config = IQLConfig

    def __init__(self, config: IQLConfig, dataset: Dataset):
        super().__init__(config, dataset)
        seeds, hidden = config.seeds, config.hidden
        actor = GaussianActor(seeds, self.state_dim, self.action_dim, hidden, log_std_range=(-5, 2), tanh_mean=True)
        critics = Critics(seeds, self.state_dim, self.action_dim, hidden)
        value = Value(seeds, self.state_dim, hidden)
        for name, module in (("actor", actor), ("critics", critics), ("value", value)):
            orthogonal(module, self.seeds, name)
        self.add(actor=actor, critics=critics, value=value, critics_target=copy.deepcopy(critics))
        scale = return_scale(dataset) if config.normalise_rewards else 1.0
        self.add(return_scale=Buffer(torch.tensor(scale, dtype=torch.float64)))
        self.length = 0
        self.optimisers = {
            "value_adam": adam(self.value, config.lr),
            "actor_adam": adam(self.actor, config.lr, scheduled=config.opt_decay_schedule == "cosine"),
            "critics_adam": adam(self.critics, config.lr),
        }
        self.policy = StochasticPolicy(nn.Identity(), self.actor, self.seeds, self.action_dim)
        if config.dropout:
            self.kept = self.stream("dropout", (config.batch_size, sum(hidden)), chance=1 - config.dropout)

    def prepare(self, updates: int) -> None:
        """Set the length of the decay of the actor's step size: the updates made and those that will follow.

        Raises:
            InputError: a resumed run has a different length than at its start, which would change its step sizes.
        """
        if self.config.opt_decay_schedule == "none":
            return
        length = self.updates + updates
        if self.length not in (0, length):
            raise InputError(
                f"the actor's step size falls to 0 over the {self.length} updates that the run began with, so it can't "
                f"end after {length}: use --steps {self.length}, or a new run with --opt-decay-schedule none"
            )
        self.length = length

    def schedule(self) -> None:
        """Cosine decay of the actor's step size over the length set by ``prepare``."""
        if self.length:
            set_lr(self.optimisers["actor_adam"], self.config.lr * cosine_decay(self.updates, self.length))

    def draw_noise(self) -> dict[str, Tensor]:
        """With dropout, masks of the actor's hidden units, True where kept: (K, batch, units) bool."""
        return {"kept": self.kept.draw()} if self.config.dropout else {}

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """V, then the policy and Q with the new V, then the target critics."""
        config, s, s2 = self.config, batch.observations, batch.next_observations
        a = batch.actions.clamp(-ACTION_LIMIT, ACTION_LIMIT)
        r = batch.rewards * self.return_scale.value + config.reward_bias
        with torch.no_grad():
            q = self.critics_target(s, a).amin(dim=1)
        if config.value_for_advantage == "old":
            v, v2 = self.values(s, s2)

        v_loss = value_loss(q, self.value(s), config.expectile)
        minimise(v_loss.sum(), self.optimisers["value_adam"])
        if config.value_for_advantage == "new":
            v, v2 = self.values(s, s2)

        w = advantage_weights(q, v, config.temperature)
        pi = self.actor(s, self.dropout_factors(noise))
        pi_loss = policy_loss(pi.log_prob(a), w)
        minimise(pi_loss.sum(), self.optimisers["actor_adam"])

        q_loss = critic_loss(self.critics(s, a), target(r, batch.nonterminals, v2, config.discount))
        minimise(q_loss.sum(), self.optimisers["critics_adam"])
        polyak(self.critics_target, self.critics, config.tau)
        return {
            "value_loss": v_loss.detach(),
            "actor_loss": pi_loss.detach(),
            "critic_loss": q_loss.detach(),
            "v": v.mean(dim=-1),
            "weight": w.mean(dim=-1),
        }

    def state_dict(self) -> dict[str, Tensor | int]:
        """See ``Learner.state_dict``; includes the length of the run, which the schedule depends on."""
        return {**super().state_dict(), "length": self.length}

    def load_state_dict(self, state: Mapping[str, Tensor | int]) -> None:
        """See ``Learner.load_state_dict``."""
        super().load_state_dict(state)
        self.length = int(state["length"])

    @torch.no_grad()
    def values(self, s: Tensor, s2: Tensor) -> tuple[Tensor, ...]:
        """V(s), V(s'), each (K, batch)."""
        return self.value(torch.cat([s, s2], dim=1)).chunk(2, dim=1)

    def dropout_factors(self, noise: dict[str, Tensor]) -> list[Tensor]:
        """Factors on the actor's hidden layers: 0 where a unit is dropped, 1 / (1 - rate) elsewhere."""
        if not self.config.dropout:
            return []
        kept = noise["kept"].to(self.dtype) / (1 - self.config.dropout)
        return list(kept.split(self.config.hidden, dim=-1))
