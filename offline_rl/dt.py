"""Decision Transformer: Reinforcement Learning via Sequence Modeling (Chen et al., 2021, arXiv 2106.01345).

Behaviour cloning of windows of K steps by a causal transformer conditioned on the returns to go:

    tau = (R_1, s_1, a_1, R_2, s_2, a_2, ...),   R_t = r_t + r_t+1 + ... + r_T                         (eq. 2)
    pi = argmin E_tau~D [ mean_t (pi(R_<=t, s_<=t, a_<t) - a_t)^2 ]

To act, condition on a target return: R_1 = target, then R_t+1 = R_t - r_t.

Differences from the authors' code (github.com/kzl/decision-transformer, gym/):
- Several seeds are trained at once, each exactly as alone; the gradient is clipped by every seed's own norm.
- Windows are padded on the right instead of the left, so that causal attention needs no mask; the results on real steps
  are the same. Suffix sums and the normaliser's sums are computed once in float64, not in float32 for every sample.
- Dropout masks are drawn from one stream per seed. ``dropout`` also applies to the embeddings, whose rate is fixed at
  0.1 in their code.
- The heads that predict states and returns, which have no loss, are left out.
- All episodes and targets are played at once. Actions are clipped to the action box before they are executed; tanh
  keeps them inside already.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from palaestra.agents.training.hyperparameters import BelowOne, Count, NotNegative, Number, Positive
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.windows import WindowBatch, Windows
from palaestra.offline_rl.learner import Learner, LearnerConfig
from palaestra.offline_rl.nets import LayerNorm, Linear, Normaliser, adamw, initialise, minimise, set_lr
from palaestra.offline_rl.sequence.return_conditioned import ReturnConditionedPolicy, best_return
from palaestra.offline_rl.sequence.transformer import (
    GPT,
    NORM_EPS,
    Dropout,
    Embedding,
    each,
    initialise_as_gpt2,
    masks,
    normal,
)


@dataclass(frozen=True)
class DTConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults for Gym; they made 100,000 updates and 100 episodes per target."""

    batch_size: Count = 64
    """Windows per seed and update."""
    K: Count = 20
    """Steps in a window."""
    embed_dim: Count = 128
    """Width of a token."""
    n_layer: Count = 3
    """Transformer blocks."""
    n_head: Count = 1
    """Attention heads."""
    dropout: BelowOne = 0.1
    """Dropout rate of embeddings, attention weights and the blocks' outputs."""
    lr: NotNegative = 1e-4
    """AdamW's step size after the warm-up."""
    weight_decay: NotNegative = 1e-4
    """AdamW's weight decay, for every parameter."""
    warmup_steps: Count = 10_000
    """Updates over which the step size warms up linearly."""
    grad_clip: Positive = 0.25
    """Largest norm of a seed's gradient."""
    targets: tuple[Number, ...] = ()
    """Target returns of evaluations, each in separate environments; by default the highest return in the dataset."""
    scale: Positive = 1000.0
    """Divisor of returns."""
    max_ep_len: Count = 1000
    """Number of timestep embeddings; later timesteps use the last one."""
    delayed: bool = False
    """Move all rewards to the end of their episode: the authors' sparse-reward experiment."""
    sample_ratio: Number = 1.0
    """Learn from a random share of the episodes, the same for all seeds."""
    autocast: bool = False
    """Compute matrix products in bfloat16, for GPUs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.embed_dim % self.n_head:
            raise InputError(f"--embed-dim {self.embed_dim} must be a multiple of --n-head {self.n_head}")


Config = DTConfig  # its name before 0.2
PUBLISHED = {
    ("hopper", "*"): {"targets": (3600.0, 1800.0)},
    ("halfcheetah", "*"): {"targets": (12000.0, 6000.0)},
    ("walker2d", "*"): {"targets": (5000.0, 2500.0)},
    ("antmaze", "*"): {"targets": (1.0, 0.5), "scale": 1.0},
    **{
        ("maze2d", maze): {"targets": (280.0, 140.0), "scale": 1.0, "batch_size": 4096, "lr": 8e-4}
        for maze in ("umaze", "medium", "large")
    },
}
"""The authors' settings by (robot, kind); in mazes those of CORL (github.com/tinkoff-ai/CORL)."""


class DecisionTransformer(nn.Module):
    """Three tokens per step, (R, s, a); the action is predicted from the state's token."""

    def __init__(self, seeds: int, state_dim: int, action_dim: int, config: DTConfig):
        super().__init__()
        width = config.embed_dim
        self.embed_timestep = Embedding(seeds, config.max_ep_len, width)
        self.embed_return = Linear(seeds, 1, 1, width)
        self.embed_state = Linear(seeds, 1, state_dim, width)
        self.embed_action = Linear(seeds, 1, action_dim, width)
        self.embed_ln = LayerNorm(seeds, 1, width, NORM_EPS)
        self.transformer = GPT(seeds, width, config.n_layer, config.n_head)
        self.predict_action = Linear(seeds, 1, width, action_dim)
        self.last_timestep = config.max_ep_len - 1

    def forward(self, R: Tensor, s: Tensor, a: Tensor, t: Tensor, drop: Dropout | None = None) -> Tensor:
        """(seeds, batch, K), (..., d_s), (..., d_a), (...) int64 -> (seeds, batch, K, d_a) in [-1, 1]."""
        time = self.embed_timestep(t.clamp(max=self.last_timestep))
        R, s, a = each(self.embed_return, R.unsqueeze(-1)), each(self.embed_state, s), each(self.embed_action, a)
        tokens = torch.stack([R + time, s + time, a + time], dim=3).flatten(2, 3)
        x = self.transformer(each(self.embed_ln, tokens), drop or Dropout(), read=slice(1, None, 3))
        return torch.tanh(each(self.predict_action, x))


class DT(Learner):
    """The learner: ``DT(DTConfig(seeds=4), dataset)``."""

    Config = DTConfig

    def __init__(self, config: DTConfig, dataset: Dataset):
        dataset = dataset.random_episodes(config.sample_ratio)
        config = replace(config, targets=config.targets or (best_return(dataset),))
        super().__init__(config, dataset)
        model = DecisionTransformer(config.seeds, self.state_dim, self.action_dim, config)
        initialise(model, self.seeds, "model")
        initialise_as_gpt2(model.transformer, self.seeds, "transformer")
        normal(model.embed_timestep.table, self.seeds, "timesteps")
        self.add(normaliser=Normaliser(*self.transitions.normaliser(eps=1e-6)), model=model)
        self.optimisers = {"adamw": adamw(self.model, config.lr, config.weight_decay)}
        self.policy = ReturnConditionedPolicy(
            self.model, self.normaliser, self.action_dim, config.K, config.targets, config.scale, config.delayed
        )
        count = masks(config.batch_size, 3 * config.K, config.K, config.embed_dim, config.n_layer, config.n_head)
        self.dropout = self.stream("dropout", (count,), chance=1 - config.dropout, block=1)

    def view(self, dataset: Dataset) -> Windows:
        """Windows of K steps."""
        return Windows.of(dataset, self.config.K, self.device, self.dtype, self.config.delayed)

    def draw_noise(self) -> dict[str, Tensor]:
        """Dropout masks, True where a number is kept: (seeds, ``transformer.masks(...)``) bool."""
        return {"dropout": self.dropout.draw()} if self.config.dropout else {}

    def schedule(self) -> None:
        """Linear warm-up of the step size."""
        set_lr(self.optimisers["adamw"], self.config.lr * min(self.updates / self.config.warmup_steps, 1))

    def step(self, batch: WindowBatch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """One regression step on the actions of all steps that are not padding."""
        config, a, mask = self.config, batch.actions, batch.mask
        s, R = self.normaliser(batch.observations), batch.returns_to_go / config.scale
        with torch.autocast(self.device.type, torch.bfloat16, enabled=config.autocast):
            pi = self.model(R, s, a, batch.timesteps, Dropout(config.dropout, noise.get("dropout")))
        loss = ((pi - a).square().mean(dim=-1) * mask).sum(dim=(1, 2)) / mask.sum(dim=(1, 2))
        minimise(loss.sum(), self.optimisers["adamw"], config.grad_clip)
        return {"action_loss": loss.detach()}
