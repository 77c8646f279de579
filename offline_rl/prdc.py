"""PRDC: Policy Regularization with Dataset Constraint for Offline RL (Ran et al., ICML 2023, arXiv 2306.06569).

TD3+BC that imitates the action of the dataset's transition nearest to (s, pi(s)) instead of the action taken in s, so
that the policy may combine actions from nearby states:

    d(s, pi) = min over (s^, a^) in D of || [beta s ; pi(s)] - [beta s^ ; a^] ||                         (eq. 4)
    pi = argmax E_s~D [ lambda Q(s, pi(s)) - (pi(s) - a^)^2 ],   lambda = alpha / mean |Q(s, pi(s))|   (eq. 7)

For large beta the nearest transition is the batch's own: TD3+BC. With beta = 0 the distance ignores states.

The class repeats ``td3bc.py``, so that the diff of the files is the diff of the papers; only TD3's target and critic
loss are imported.

Differences from the authors' code (github.com/LAMDA-RL/PRDC):
- Those of ``td3bc.py``.
- The neighbour is found by ``neighbours`` instead of SciPy's KD-tree: the same row, with ties broken by lowest index.
- Only the nearest neighbour, k = 1, which all their commands use. Their parser's default beta is 1; the commands set 2.
"""

import copy
from dataclasses import dataclass

from torch import Tensor, no_grad

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.learner import ActorPolicy, Learner, LearnerConfig
from palaestra.offline_rl.neighbours.in_training import Neighbours
from palaestra.offline_rl.nets import Actor, Critics, Normaliser, adam, initialise, minimise, polyak
from palaestra.offline_rl.td3bc import critic_loss, target


@dataclass(frozen=True)
class PRDCConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults."""

    alpha: Number = 2.5
    """Weight of Q against imitation."""
    beta: Number = 2.0
    """Weight of the state distance in the neighbour search."""
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


Config = PRDCConfig  # its name before 0.2
PUBLISHED = {
    ("halfcheetah", "*"): {"alpha": 40.0},
    ("antmaze", "*"): {"alpha": 7.5, "beta": 7.5, "reward_scale": 10_000.0, "reward_bias": -1.0},
}
"""The README's settings that differ from the defaults, by (robot, kind)."""
FINE_TUNING: dict[str, object] = {}
"""Settings that change when training continues online: none."""


class PRDC(Learner):
    """The learner: ``PRDC(PRDCConfig(seeds=4), dataset)``."""

    Config = PRDCConfig

    def __init__(self, config: PRDCConfig, dataset: Dataset):
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
        self.neighbours = self.attach(Neighbours(self, config.beta))

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal (K, batch, d_a) for target policy smoothing."""
        return {"smoothing": self.smoothing.draw()}

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """The paper's Algorithm 1."""
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
            a_hat = self.neighbours.action(batch.rows, s, pi.detach())
            dc = (pi - a_hat).square().mean(dim=(-2, -1))
            loss = -lam * q.mean(dim=-1) + dc
            minimise(loss.sum(), self.optimisers["actor_adam"])
            polyak(self.critics_target, self.critics, config.tau)
            polyak(self.actor_target, self.actor, config.tau)
            metrics |= {"actor_loss": loss.detach(), "dc_loss": dc.detach(), "q": q.detach().mean(dim=-1)}
        return metrics
