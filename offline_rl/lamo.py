"""LaMo: Unleashing the Power of Pre-trained Language Models for Offline RL (Shi et al., ICLR 2024, arXiv 2310.20587).

The Decision Transformer's regression (``dt.py``) with a GPT-2 pre-trained on text: its weights W are frozen, and
low-rank adapters of every block's query, key and value maps are trained, with MLPs in place of linear embeddings and,
optionally, an auxiliary language loss:

    W' = W + (alpha / r) B A,   A: r x d,   B: d x r                                       (LoRA, Hu et al. 2021)
    L = E_tau~D [ mean_t |pi(R_<=t, s_<=t, a_<t) - a_t|^2 ] + lambda L_language

Trained: every A and B (separate ones for queries, keys and values), the biases of those maps, the embeddings of
returns, states, actions and timesteps, their layer norm, and the head. Everything else in GPT-2 is frozen.

Differences from the authors' code (github.com/srzer/LaMo-2023, experiment-d4rl/):
- An update trains the seeds one after the other, each exactly as alone. They share a pretrained trunk's frozen weights.
- Windows, the normaliser and dropout's generator as in ``dt.py``; the trunk's dropouts are seeded per seed and update.
- Blocks of text are drawn with replacement; the authors shuffle once and then repeat that order. Their code computes
  the language loss in every update, even if it isn't used; here it is only computed with ``language_text``.
- Episodes are split by their flags. The authors split a file without timeouts by counting, one row off after the first
  episode, and leave out the best episode (``drop_best``).
- Actions are clipped to the action box before they are executed; the window holds the unclipped actions.
- Not included: their kitchen and Atari experiments, full fine-tuning.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from palaestra.agents.training.hyperparameters import BelowOne, Count, NotNegative, Number, Positive
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.data.windows import WindowBatch, Windows
from palaestra.offline_rl.learner import Learner, LearnerConfig
from palaestra.offline_rl.nets import LayerNorm, Linear, Normaliser, adamw, clipped, initialise
from palaestra.offline_rl.sequence import gpt2_trunk
from palaestra.offline_rl.sequence.gpt2_trunk import LoRA
from palaestra.offline_rl.sequence.return_conditioned import ReturnConditionedPolicy, best_return
from palaestra.offline_rl.sequence.transformer import NORM_EPS, Embedding, each, normal

if TYPE_CHECKING:
    from transformers import GPT2LMHeadModel


@dataclass(frozen=True)
class LaMoConfig(LearnerConfig):
    """Hyperparameters, with the authors' defaults; they made 100,000 updates and 20 episodes per target."""

    trunk: str = "gpt2"
    """A folder with a GPT-2 that transformers can load, a name on the Hugging Face hub, or `random` for random initial
    weights."""
    n_layer: Count = 12
    """Transformer blocks of a random trunk."""
    n_head: Count = 12
    """Attention heads of a random trunk."""
    n_embd: Count = 768
    """Width of a random trunk."""
    rank: Count = 16
    """LoRA's r, for queries, keys and values each."""
    lora_alpha: Number = 32.0
    """LoRA's alpha."""
    dropout: BelowOne = 0.1
    """Dropout rate before LoRA's A and in GPT-2's dropout layers."""
    language_text: str | None = None
    """A UTF-8 text file for the language loss; the trunk's folder or name must have a tokeniser."""
    co_lambda: Number = 0.1
    """Weight of the language loss."""
    language_block: Count = 1024
    """Tokens in a block of text."""
    language_batch: Count = 2
    """Blocks of text per update."""
    batch_size: Count = 64
    """Windows per seed and update."""
    K: Count = 20
    """Steps in a window."""
    lr: NotNegative = 1e-4
    """AdamW's step size after the warm-up."""
    lm_lr: NotNegative | None = None
    """A separate step size for the trunk's trained weights, without weight decay. The authors' commands set 1e-5, but
    their code applies it to no parameter."""
    weight_decay: NotNegative = 1e-5
    """AdamW's weight decay."""
    warmup_steps: Count = 2500
    """Updates over which the step size warms up linearly."""
    grad_clip: Positive = 0.25
    """Largest norm of a seed's gradient."""
    targets: tuple[Number, ...] = ()
    """Target returns of evaluations, each in separate environments; by default the highest return in the dataset."""
    scale: Positive = 1000.0
    """Divisor of returns."""
    max_ep_len: Count = 1000
    """Number of timestep embeddings; later timesteps use the last one."""
    sample_ratio: Number = 1.0
    """Learn from a random share of the episodes, the same for all seeds; the paper uses 1, 0.1, 0.01 and 0.005."""
    drop_best: bool = False
    """Leave out the best episode, as the authors' selection of trajectories does by mistake."""
    autocast: bool = False
    """Compute matrix products in bfloat16, for GPUs."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require("lamo", "transformers", "peft")
        if self.language_block < 2:
            raise InputError(f"--language-block must be at least 2, got {self.language_block}")
        if self.n_embd % self.n_head:
            raise InputError(f"--n-embd {self.n_embd} must be a multiple of --n-head {self.n_head}")


Config = LaMoConfig  # its name before 0.2
PUBLISHED = {
    ("hopper", "*"): {"targets": (3600.0, 2600.0, 2200.0, 1800.0)},
    ("halfcheetah", "*"): {"targets": (12000.0, 8000.0, 6000.0, 4500.0)},
    ("walker2d", "*"): {"targets": (5000.0, 4000.0, 3000.0, 2500.0)},
}
"""The authors' settings by (robot, kind)."""


class Perceptron(nn.Module):
    """Affine, GELU, affine; with ``residual`` the first affine map's output is added to the second's."""

    def __init__(self, seeds: int, sizes: tuple[int, int, int], residual: bool):
        super().__init__()
        self.residual = residual
        self.fc1, self.fc2 = (Linear(seeds, 1, *pair) for pair in (sizes[:2], sizes[1:]))

    def forward(self, x: Tensor) -> Tensor:
        """(seeds, n, sizes[0]) -> (seeds, n, sizes[2])."""
        hidden = self.fc1(x)
        out = self.fc2(functional.gelu(hidden))
        return out + hidden if self.residual else out


class Heads(nn.Module):
    """The layers before and after the trunk: embeddings of (R, s, a, t), and the action head."""

    def __init__(self, seeds: int, state_dim: int, action_dim: int, width: int, max_ep_len: int):
        super().__init__()
        self.embed_return = Perceptron(seeds, (1, width, width), residual=True)
        self.embed_state = Perceptron(seeds, (state_dim, width, width), residual=True)
        self.embed_action = Perceptron(seeds, (action_dim, width, width), residual=True)
        self.embed_timestep = Embedding(seeds, max_ep_len, width)
        self.embed_ln = LayerNorm(seeds, 1, width, NORM_EPS)
        self.predict_action = Perceptron(seeds, (width, width, action_dim), residual=False)
        self.last_timestep = max_ep_len - 1

    def tokens(self, R: Tensor, s: Tensor, a: Tensor, t: Tensor) -> Tensor:
        """(seeds, batch, K), (..., d_s), (..., d_a), (...) int64 -> (seeds, batch, 3 K, width)."""
        R, s, a = each(self.embed_return, R.unsqueeze(-1)), each(self.embed_state, s), each(self.embed_action, a)
        x = each(self.embed_ln, torch.stack([R, s, a], dim=3).flatten(2, 3))
        return x + self.embed_timestep(t.clamp(max=self.last_timestep)).repeat_interleave(3, dim=2)


class Network(nn.Module):
    """Heads and trunk. As in the authors' code, GPT-2's position embeddings are added neither to steps nor to text."""

    def __init__(self, heads: Heads, gpt2: "GPT2LMHeadModel"):
        super().__init__()
        self.heads, self.gpt2 = heads, gpt2

    def forward(
        self, R: Tensor, s: Tensor, a: Tensor, t: Tensor, text: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """One seed's actions (1, batch, K, d_a) for (1, batch, K, ...) windows; next-token loss of (n, tokens) text."""
        x = self.read(self.heads.tokens(R, s, a, t).squeeze(0))
        pi = each(self.heads.predict_action, x[None, :, 1::3])
        if text is None:
            return pi, None
        logits = self.gpt2.lm_head(self.read(self.gpt2.transformer.wte(text[:, :-1])))
        return pi, functional.cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())

    def read(self, x: Tensor) -> Tensor:
        """(batch, tokens, width) -> the same; causal, so padding after the steps needs no mask."""
        x = self.gpt2.transformer.drop(x)
        for block in self.gpt2.transformer.h:
            x = block(x)
            x = x if isinstance(x, Tensor) else x[0]  # early versions 5 of transformers return a tuple
        return self.gpt2.transformer.ln_f(x)


class LaMo(Learner):
    """The learner: ``LaMo(LaMoConfig(seeds=2), dataset)``."""

    Config = LaMoConfig

    def __init__(self, config: LaMoConfig, dataset: Dataset):
        dataset = dataset.random_episodes(config.sample_ratio)
        if config.drop_best:
            best = dataset.returns() == best_return(dataset)
            dataset = dataset.take_episodes(np.delete(np.arange(len(dataset.episodes)), best.argmax()))
        config = replace(config, targets=config.targets or (best_return(dataset),))
        super().__init__(config, dataset)
        text_file = config.language_text if config.co_lambda > 0 else None
        if config.trunk == "random":
            if text_file is not None:
                raise InputError("a random trunk has no tokeniser, which --language-text needs")
            size = config.n_layer, config.n_head, config.n_embd, config.dropout
            distinct = trunks = [gpt2_trunk.random(*size, seed) for seed in self.seeds]
        else:
            distinct = [gpt2_trunk.load(config.trunk, config.dropout)]
            trunks = distinct * config.seeds
        self.fingerprint = gpt2_trunk.fingerprint([p for trunk in distinct for p in trunk.parameters()])
        shape = trunks[0].config
        heads = Heads(config.seeds, self.state_dim, self.action_dim, shape.n_embd, config.max_ep_len)
        initialise(heads, self.seeds, "heads")
        normal(heads.embed_timestep.table, self.seeds, "timesteps")
        lora = LoRA(trunks, self.seeds, config.rank, config.lora_alpha)
        for trunk in distinct:
            lora.inject(trunk, config.dropout)
            nn.Module.to(trunk, self.device, self.dtype)
        self.add(normaliser=Normaliser(*self.transitions.normaliser(eps=1e-6)), heads=heads, lora=lora)
        self.networks = [Network(self.heads, trunk) for trunk in trunks]
        self.skeleton = Network(self.heads, gpt2_trunk.skeleton(shape))
        self.optimisers = {"adamw": adamw(self.heads, config.lr, config.weight_decay, eps=1e-6)}
        rate = self.optimisers["adamw"].param_groups[0]["lr"].clone()
        decay = config.weight_decay if config.lm_lr is None else 0.0
        self.optimisers["adamw"].add_param_group(
            {"params": list(self.lora.parameters()), "lr": rate, "weight_decay": decay}
        )
        self.policy = ReturnConditionedPolicy(
            self.predict, self.normaliser, self.action_dim, config.K, config.targets, config.scale
        )
        self.trunk_dropout = self.attach(gpt2_trunk.TrunkDropout(self.device))
        self.dropout = self.stream("dropout", (), high=2**62, device="cpu")
        self.text: Tensor | None = None
        if text_file is not None:
            text = gpt2_trunk.read_blocks(text_file, config.trunk, config.language_block, shape.vocab_size)
            self.text = text.to(self.device)
            self.blocks = self.stream("text", (config.language_batch,), high=len(self.text))
            self.text_fingerprint = gpt2_trunk.fingerprint([self.text])

    @classmethod
    def blank(cls, config: Any, dataset_id: str, env_id: str | None, dimensions: Sequence[int]) -> Learner:
        """See ``Learner.blank``; acting needs neither the text nor the selection of episodes."""
        config = replace(config, language_text=None, drop_best=False)
        return super().blank(config, dataset_id, env_id, dimensions)

    def view(self, dataset: Dataset) -> Windows:
        """Windows of K steps."""
        return Windows.of(dataset, self.config.K, self.device, self.dtype)

    def draw_noise(self) -> dict[str, Tensor]:
        """``dropout``: (seeds,) int64 on the CPU, seeds for the trunks; ``text``: (seeds, n) int64, blocks of text."""
        noise = {"dropout": self.dropout.draw()}
        return noise if self.text is None else noise | {"text": self.blocks.draw()}

    def schedule(self) -> None:
        """Linear warm-up of the step sizes."""
        rates = self.config.lr, self.config.lr if self.config.lm_lr is None else self.config.lm_lr
        for group, rate in zip(self.optimisers["adamw"].param_groups, rates):
            group["lr"].fill_(rate * min(self.updates / self.config.warmup_steps, 1))

    def trained(self) -> dict[str, nn.Parameter]:
        """All trained parameters, each (seeds, ...)."""
        return dict(self.heads.named_parameters(prefix="heads")) | dict(self.lora.named_parameters(prefix="lora"))

    def step(self, batch: WindowBatch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """One step on both losses, seed after seed, so that only one seed's graph is in memory at a time."""
        gradients, metrics = [], []
        for k in range(self.config.seeds):
            weights = {name: p[k].detach().requires_grad_() for name, p in self.trained().items()}
            text = None if self.text is None else self.text[noise["text"][k]].long()
            losses = self.losses(k, weights, batch, text, int(noise["dropout"][k]))
            loss = losses["action_loss"] + self.config.co_lambda * losses.get("language_loss", 0)
            gradients.append(torch.autograd.grad(loss, list(weights.values())))
            metrics.append(losses)
        clipped_gradients = clipped([torch.stack(of_seeds) for of_seeds in zip(*gradients)], self.config.grad_clip)
        for parameter, gradient in zip(self.trained().values(), clipped_gradients):
            parameter.grad = gradient
        self.optimisers["adamw"].step()
        return {name: torch.stack([losses[name].detach() for losses in metrics]) for name in metrics[0]}

    def losses(
        self, k: int, weights: dict[str, Tensor], batch: WindowBatch, text: Tensor | None, seed: int
    ) -> dict[str, Tensor]:
        """The k-th seed's losses with its ``weights``; the trunk's dropouts are seeded by ``seed``."""
        batch = WindowBatch(*(x[k : k + 1] for x in batch))
        s, a, R = self.normaliser(batch.observations), batch.actions, batch.returns_to_go / self.config.scale
        adapters = self.lora.beside(*(weights[f"lora.{name}"] for name in ("A", "B", "bias")))
        with self.trunk_dropout.seeded(seed), self.precision():
            pi, language_loss = self.call(self.networks[k], weights, adapters, R, s, a, batch.timesteps, text)
        action_loss = ((pi - a).square().mean(dim=-1) * batch.mask).sum() / batch.mask.sum()
        return {"action_loss": action_loss} | ({} if text is None else {"language_loss": language_loss})

    def predict(self, R: Tensor, s: Tensor, a: Tensor, t: Tensor) -> Tensor:
        """Every seed's actions, with LoRA merged into copies of the trunk's maps and without dropout."""
        actions = []
        for k, network in enumerate(self.networks):
            weights = {name: p[k] for name, p in self.trained().items()}
            merged = self.lora.merged(network.gpt2, *(weights[f"lora.{name}"] for name in ("A", "B", "bias")))
            with self.precision():
                pi, _ = self.call(self.skeleton, weights, merged, *(x[k : k + 1] for x in (R, s, a, t)))
            actions.append(pi.to(s.dtype))
        return torch.cat(actions)

    def call(
        self, network: Network, weights: dict[str, Tensor], trunk: dict[str, Tensor], *inputs: Tensor | None
    ) -> tuple[Tensor, Any]:
        """Call the network with one seed's weights of the heads, (1, ...) each, and of the trunk."""
        heads = {name: weight.unsqueeze(0) for name, weight in weights.items() if name.startswith("heads.")}
        return functional_call(network, heads | {f"gpt2.{name}": weight for name, weight in trunk.items()}, inputs)

    def precision(self) -> torch.autocast:
        """A context that computes matrix products in bfloat16 if ``autocast`` is set."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.config.autocast)

    def state_dict(self) -> dict[str, Tensor | int]:
        """See ``Learner.state_dict``; holds hashes of the frozen trunk and the text, not their contents."""
        text = {} if self.text is None else {"reading": self.text_fingerprint}
        return super().state_dict() | {"trunk": self.fingerprint} | text

    def load_state_dict(self, state: Mapping[str, Tensor | int]) -> None:
        """See ``Learner.load_state_dict``.

        Raises:
            InputError: the trunk or the text differs from that of the checkpoint.
        """
        if self.text is not None and int(state["reading"]) != self.text_fingerprint:
            raise InputError(f"{self.config.language_text}: not the text of the checkpoint; its content has changed")
        if int(state["trunk"]) != self.fingerprint:
            raise InputError(f"{self.config.trunk}: not the trunk of the checkpoint; its weights have changed")
        super().load_state_dict(state)
