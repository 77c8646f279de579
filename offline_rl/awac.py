"""AWAC: Accelerating Online RL with Offline Datasets (Nair et al., 2020, arXiv 2006.09359).

An actor-critic whose policy imitates the data's actions only, weighted by their advantages:

    L(Q)  = E [ sum_j (Q_j(s, a) - y)^2 ],   y = r + gamma min_j Q'_j(s', a'),  a' ~ pi(.|s')              (eq. 4)
    L(pi) = -E [ log pi(a|s) min(exp(A(s, a) / lambda), 100) ],  A = min_j Q_j(s, a) - min_j Q_j(s, a~pi)  (eq. 13)

Equal to CORL's ``algorithms/offline/awac.py`` (github.com/tinkoff-ai/CORL), whose settings and scores on D4RL's
datasets are published: three hidden layers, normalised states, weights clipped at 100. The paper's actor has four
hidden layers, and its lambda depends on the task; weights normalised over the batch, an option of the authors' rlkit,
are not implemented.

Differences from CORL's code:
- K seeds are trained at once, each exactly as alone.
- Actions are clipped to [-1, 1] before they are executed; CORL executes the Gaussian's samples.
- The normaliser's sums are computed in float64.

The policy's loss evaluates the advantage weights at the data's actions only, so the same update is used online, with
minibatches from a growing buffer.
"""

import copy
from dataclasses import dataclass

from torch import Tensor, no_grad, stack

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number, Positive, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.gaussian import GaussianActor
from palaestra.offline_rl.learner import Learner, LearnerConfig, StochasticPolicy
from palaestra.offline_rl.nets import Critics, Normaliser, adam, initialise, minimise, polyak
from palaestra.offline_rl.td3bc import critic_loss


@dataclass(frozen=True)
class AWACConfig(LearnerConfig):
    """Hyperparameters, with CORL's defaults."""

    awac_lambda: Positive = 0.3333
    """Temperature of the advantage weights: the lower, the greedier."""
    discount: Share = 0.99
    """Discount factor."""
    tau: Share = 0.005
    """Polyak rate of the target critics."""
    lr: NotNegative = 3e-4
    """Adam's step size, actor and critics."""
    reward_bias: Number = 0.0
    """Added to every reward; -1 in AntMaze."""
    hidden: tuple[Count, ...] = (256, 256, 256)
    """Widths of the hidden layers."""


Config = AWACConfig  # its name before 0.2
_SPARSE = {"awac_lambda": 0.1}
PUBLISHED = {
    ("antmaze", "*"): {**_SPARSE, "reward_bias": -1.0},
    **{(robot, "*"): _SPARSE for robot in ("maze2d", "pen", "door", "hammer", "relocate")},
}
"""CORL's settings that differ from the defaults, by (robot, kind)."""
FINE_TUNING: dict[str, object] = {}
"""Settings that change when training continues online: none."""


def advantage_weights(q: Tensor, v: Tensor, beta: Tensor | float) -> Tensor:
    """min(exp(beta (Q - V)), 100), elementwise; ``beta`` is 1 / lambda, or one per transition."""
    return ((q - v) * beta).exp().clamp(max=100)


def policy_loss(log_pi: Tensor, w: Tensor) -> Tensor:
    """-E [ w log pi(a|s) ]: (K, batch), (K, batch) -> (K,)."""
    return -(w * log_pi).mean(dim=-1)


class AWAC(Learner):
    """The learner: ``AWAC(AWACConfig(seeds=4), dataset)``."""

    Config = AWACConfig

    def __init__(self, config: AWACConfig, dataset: Dataset):
        super().__init__(config, dataset)
        sizes = config.seeds, self.state_dim, self.action_dim, config.hidden
        actor, critics = GaussianActor(*sizes, log_std_range=(-20, 2), tanh_mean=False), Critics(*sizes)
        initialise(actor, self.seeds, "actor")
        initialise(critics, self.seeds, "critics")
        self.add(normaliser=Normaliser(*self.transitions.normaliser(eps=1e-3)), actor=actor, critics=critics)
        self.add(critics_target=copy.deepcopy(critics))
        self.optimisers = {"actor_adam": adam(self.actor, config.lr), "critics_adam": adam(self.critics, config.lr)}
        self.policy = StochasticPolicy(self.normaliser, self.actor, self.seeds, self.action_dim)
        self.next_actions = self.stream("next actions", (config.batch_size, self.action_dim))
        self.policy_actions = self.stream("policy actions", (config.batch_size, self.action_dim))

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal (K, batch, d_a): ``next`` for the policy's actions in s', ``policy`` for those in s."""
        return {"next": self.next_actions.draw(), "policy": self.policy_actions.draw()}

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """Critics, then the policy with the updated critics, then the targets."""
        config, a, m = self.config, batch.actions, batch.nonterminals
        r = batch.rewards + config.reward_bias
        s = self.normaliser(batch.observations)
        s2 = self.normaliser(batch.next_observations)

        with no_grad():
            a2 = self.actor(s2).sample(noise["next"]).clamp(-1, 1)
            y = r + m * config.discount * self.critics_target(s2, a2).amin(dim=1)
        q_loss = critic_loss(self.critics(s, a), y)
        minimise(q_loss.sum(), self.optimisers["critics_adam"])

        pi = self.actor(s)
        with no_grad():
            a_pi = pi.sample(noise["policy"]).clamp(-1, 1)
            q, v = self.critics.q_of_actions(s, stack([a, a_pi], dim=2)).amin(dim=1).unbind(dim=-1)
            w = advantage_weights(q, v, 1 / config.awac_lambda)
        pi_loss = policy_loss(pi.log_prob(a), w)
        minimise(pi_loss.sum(), self.optimisers["actor_adam"])
        polyak(self.critics_target, self.critics, config.tau)
        return {
            "critic_loss": q_loss.detach(),
            "actor_loss": pi_loss.detach(),
            "q": q.mean(dim=-1),
            "weight": w.mean(dim=-1),
        }
