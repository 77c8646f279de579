"""ReBRAC: Revisiting the Minimalist Approach to Offline RL (Tarasov et al., NeurIPS 2023, arXiv 2305.09836).

TD3+BC with design choices of later work: both the policy and the target are penalised for leaving the data, with
separate weights; layer normalisation in the critics; three hidden layers; large minibatches.

    y  = r + gamma m [ min_i Q'_i(s', a') - beta_2 (a' - a'_D)^2 ],  a' = clip(pi'(s') + clip(eps))
    pi = argmin E_(s,a)~D [ beta_1 (pi(s) - a)^2 - lambda min_i Q_i(s, pi(s)) ]

with lambda = 1 / mean |min_i Q_i(s, pi(s))|. Squares are summed over the action's dimensions; a'_D is the dataset's
action after (s, a).

The update is that of ``algorithms/offline/rebrac.py`` in github.com/tinkoff-ai/CORL, the same as in the authors'
github.com/tinkoff-ai/ReBRAC. Their code specifies what the paper leaves open:
- The policy is updated in the first update, the third, and so on.
- The target policy tracks the policy from before its step in this update; the target critics track the new critics.
- States are not normalised; Q is (``normalize_q``).

Differences from that code:
- K seeds are trained at once, with their own weights, minibatches and noise; each makes exactly the same updates.
- a'_D is the next row's action, as in their code, also if that row was dropped for its timeout or begins another
  episode. If the next observation is an episode's stored final one, which D4RL files don't have, no action follows, and
  the target has no penalty.
- Weights are drawn from the same distributions (those of EDAC, An et al. 2021, arXiv 2110.01548) by other generators.

Their settings for Adroit and their version for pixels are not included. Their table was not reproduced here.
"""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, no_grad

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number, Share
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.learner import ActorPolicy, Learner, LearnerConfig
from palaestra.offline_rl.nets import MLP, Actor, Critics, Normaliser, adam, initialise, minimise, polyak
from palaestra.offline_rl.td3bc import critic_loss, smoothed_action


@dataclass(frozen=True)
class ReBRACConfig(LearnerConfig):
    """Hyperparameters, with the defaults of the authors' gym-mujoco configurations."""

    batch_size: Count = 1024
    """Transitions per seed and update."""
    actor_bc_coef: Number = 1.0
    """Weight beta_1 of imitation in the policy's loss; tuned for every dataset."""
    critic_bc_coef: Number = 1.0
    """Weight beta_2 of the penalty in the critics' target; tuned for every dataset."""
    critic_ln: bool = True
    """Whether the critics have layer normalisation after every ReLU."""
    normalize_q: bool = True
    """Whether Q is divided by its mean absolute value in the policy's loss; otherwise lambda = 1."""
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
    actor_lr: NotNegative = 1e-3
    """Adam's step size, actor."""
    critic_lr: NotNegative = 1e-3
    """Adam's step size, critics."""
    reward_scale: Number = 1.0
    """Factor on every reward; 100 in AntMaze."""
    hidden: tuple[Count, ...] = (256, 256, 256)
    """Widths of the hidden layers."""


Config = ReBRACConfig  # its name before 0.2
_MAZE2D = {"batch_size": 256, "actor_lr": 3e-4, "critic_lr": 3e-4}
_SHARED: dict[str, dict[str, float]] = {
    "maze2d": _MAZE2D,
    "antmaze": {**_MAZE2D, "critic_lr": 5e-5, "discount": 0.999, "reward_scale": 100.0},
}
PUBLISHED = {
    (robot, kind): {**_SHARED.get(robot, {}), "actor_bc_coef": actor, "critic_bc_coef": critic}
    for robot, kind, actor, critic in (
        ("halfcheetah", "random", 0.001, 0.1),
        ("halfcheetah", "medium", 0.001, 0.01),
        ("halfcheetah", "expert", 0.01, 0.01),
        ("halfcheetah", "medium-expert", 0.01, 0.1),
        ("halfcheetah", "medium-replay", 0.01, 0.001),
        ("halfcheetah", "full-replay", 0.001, 0.1),
        ("hopper", "random", 0.001, 0.01),
        ("hopper", "medium", 0.01, 0.01),
        ("hopper", "expert", 0.1, 0.1),
        ("hopper", "medium-expert", 0.1, 0.01),
        ("hopper", "medium-replay", 0.05, 0.5),
        ("hopper", "full-replay", 0.01, 0.01),
        ("walker2d", "random", 0.01, 0.0),
        ("walker2d", "medium", 0.05, 0.1),
        ("walker2d", "expert", 0.01, 0.5),
        ("walker2d", "medium-expert", 0.01, 0.01),
        ("walker2d", "medium-replay", 0.05, 0.01),
        ("walker2d", "full-replay", 0.01, 0.01),
        *(("maze2d", maze, 0.003, 0.001) for maze in ("umaze", "medium", "large")),
        ("antmaze", "umaze", 0.003, 0.002),
        ("antmaze", "umaze-diverse", 0.003, 0.001),
        ("antmaze", "medium-play", 0.001, 0.0005),
        ("antmaze", "medium-diverse", 0.001, 0.0),
        ("antmaze", "large-play", 0.002, 0.001),
        ("antmaze", "large-diverse", 0.002, 0.002),
    )
}
"""The configurations' settings that differ from the defaults, by (robot, kind)."""


class ReBRAC(Learner):
    """The learner: ``ReBRAC(ReBRACConfig(seeds=4), dataset)``."""

    Config = ReBRACConfig
    phase = 1

    def __init__(self, config: ReBRACConfig, dataset: Dataset):
        super().__init__(config, dataset)
        actor = Actor(config.seeds, self.state_dim, self.action_dim, config.hidden)
        norm_eps = 1e-6 if config.critic_ln else None
        critics = Critics(config.seeds, self.state_dim, self.action_dim, config.hidden, norm_eps=norm_eps)
        initialise_edac(actor.mlp, self.seeds, "actor", last=1e-3)
        initialise_edac(critics.mlp, self.seeds, "critics", last=3e-3)
        unchanged = Normaliser(torch.zeros(self.state_dim), torch.ones(self.state_dim))
        self.add(normaliser=unchanged, actor=actor, critics=critics)
        self.add(actor_target=copy.deepcopy(actor), critics_target=copy.deepcopy(critics))
        self.optimisers = {
            "actor_adam": adam(self.actor, config.actor_lr),
            "critics_adam": adam(self.critics, config.critic_lr),
        }
        self.policy = ActorPolicy(self.normaliser, self.actor)
        self.period = config.policy_freq
        self.smoothing = self.stream("target policy smoothing", (config.batch_size, self.action_dim))

    def draw_noise(self) -> dict[str, Tensor]:
        """Standard normal (K, batch, d_a) for target policy smoothing."""
        return {"smoothing": self.smoothing.draw()}

    def next_actions(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The dataset's action after each transition, (K, batch, d_a), and 1 if it exists, else 0, (K, batch)."""
        data = self.transitions
        rows = data.next_rows[batch.rows]
        exists = rows < len(data.actions)
        return data.actions[torch.where(exists, rows, 0)], exists.to(data.actions.dtype)

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """CORL's ``update_td3`` if the policy is updated, otherwise its ``update_td3_no_targets``."""
        config, s, a, s2 = self.config, batch.observations, batch.actions, batch.next_observations

        with no_grad():
            a2 = smoothed_action(config, self.actor_target, s2, noise["smoothing"])
            a2_data, exists = self.next_actions(batch)
            penalty = (a2 - a2_data).square().sum(dim=-1) * exists
            q2 = self.critics_target(s2, a2).amin(dim=1) - config.critic_bc_coef * penalty
            y = batch.rewards * config.reward_scale + batch.nonterminals * config.discount * q2
        loss = critic_loss(self.critics(s, a), y)
        minimise(loss.sum(), self.optimisers["critics_adam"])
        metrics = {"critic_loss": loss.detach()}

        if update_policy:
            pi = self.actor(s)
            q = self.critics(s, pi).amin(dim=1)
            lam = 1 / q.detach().abs().mean(dim=-1) if config.normalize_q else 1
            bc = (pi - a).square().sum(dim=-1).mean(dim=-1)
            loss = config.actor_bc_coef * bc - lam * q.mean(dim=-1)
            polyak(self.actor_target, self.actor, config.tau)
            minimise(loss.sum(), self.optimisers["actor_adam"])
            polyak(self.critics_target, self.critics, config.tau)
            metrics |= {"actor_loss": loss.detach(), "bc_loss": bc.detach(), "q": q.detach().mean(dim=-1)}
        return metrics


def initialise_edac(mlp: MLP, seeds: list[int], purpose: str, last: float) -> None:
    """PyTorch's default weights, hidden biases of 0.1, and a last layer from U(-last, last)."""
    initialise(mlp, seeds, purpose)
    for layer in mlp.layers[:-1]:
        layer.bias.data.fill_(0.1)
    for parameter in mlp.layers[-1].parameters():
        parameter.data *= last * mlp.layers[-1].weight.shape[-2] ** 0.5  # drawn from U(-1, 1) / sqrt(fan_in)
