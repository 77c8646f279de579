"""GPT-2's transformer with a leading seed axis: K models are one batched matrix product, and one attention over K x B.

Radford et al. 2019 ("Language Models are Unsupervised Multitask Learners"), with ReLU and without its position
embedding, as the Decision Transformer uses it.
"""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional

from palaestra.data.streams import child_seed
from palaestra.offline_rl.nets import LayerNorm, Linear

NORM_EPS = 1e-5


class Embedding(nn.Module):
    """K tables of ``count`` vectors: (K, count, width)."""

    def __init__(self, seeds: int, count: int, width: int):
        super().__init__()
        self.table = nn.Parameter(torch.empty(seeds, count, width))

    def forward(self, index: Tensor) -> Tensor:
        """(K, ...) int64 -> (K, ..., width)."""
        seeds, count, _ = self.table.shape
        first = torch.arange(seeds, device=index.device).view(seeds, *[1] * (index.ndim - 1)) * count
        return functional.embedding(index + first, self.table.flatten(0, 1))


class Block(nn.Module):
    """x + attention(norm(x)), then x + perceptron(norm(x)); tokens are the second-to-last axis."""

    def __init__(self, seeds: int, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.ln_1 = LayerNorm(seeds, 1, width, NORM_EPS)
        self.query = Linear(seeds, 1, width, width)
        self.key_value = Linear(seeds, 1, width, 2 * width)
        self.projection = Linear(seeds, 1, width, width)
        self.ln_2 = LayerNorm(seeds, 1, width, NORM_EPS)
        self.widen = Linear(seeds, 1, width, 4 * width)
        self.narrow = Linear(seeds, 1, 4 * width, width)

    def forward(self, x: Tensor, drop: "Dropout", read: slice) -> Tensor:
        """(K, batch, length, width) -> the tokens ``read`` of the same."""
        context, x = each(self.ln_1, x), x[:, :, read]
        x = x + drop(each(self.projection, self.attend(context, drop, read)))
        return x + drop(each(self.perceptron, x))

    def perceptron(self, x: Tensor) -> Tensor:
        """(K, n, width) -> the same."""
        return self.narrow(torch.relu_(self.widen(self.ln_2(x))))

    def attend(self, context: Tensor, drop: "Dropout", read: slice) -> Tensor:
        """Causal attention of the tokens ``read`` to all tokens of the context."""
        q = each(self.query, context[:, :, read]).unflatten(-1, (self.heads, -1)).transpose(2, 3)
        k, v = each(self.key_value, context).unflatten(-1, (2, self.heads, -1)).permute(3, 0, 1, 4, 2, 5)
        future = torch.full((context.shape[2],) * 2, -torch.inf, device=q.device, dtype=q.dtype).triu(1)[read]
        if drop.kept is None:
            y = functional.scaled_dot_product_attention(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1), future)
            y = y.view_as(q)
        else:
            # PyTorch's fused attention would draw its dropout masks for all seeds from the global generator.
            y = drop(torch.softmax(q @ k.mT * q.shape[-1] ** -0.5 + future, dim=-1)) @ v
        return y.transpose(2, 3).flatten(3)


def each(layer: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Apply a layer of ``nets`` to every token: (K, batch, length, fan_in) -> (K, batch, length, fan_out)."""
    return layer(x.flatten(1, 2)).unflatten(1, x.shape[1:3])


class GPT(nn.Module):
    """Blocks between an embedding's dropout and a last normalisation."""

    def __init__(self, seeds: int, width: int, blocks: int, heads: int):
        super().__init__()
        self.blocks = nn.ModuleList(Block(seeds, width, heads) for _ in range(blocks))
        self.ln_f = LayerNorm(seeds, 1, width, NORM_EPS)

    def forward(self, x: Tensor, drop: "Dropout", read: slice) -> Tensor:
        """(K, batch, length, width) -> the tokens ``read`` of the same; token i attends to tokens 0 to i.

        The last block computes only those tokens.
        """
        x = drop(x)
        for block in self.blocks:
            x = block(x, drop, read if block is self.blocks[-1] else slice(None))
        return each(self.ln_f, x)


class Dropout:
    """Dropout with precomputed masks, so that an update is a pure function of weights, batch and noise.

    Args:
        p: dropout rate.
        kept: (K, ``masks(...)``) bool, True where a number is kept, in the order of use: after the embedding, then in
            every block the attention weights, the attention's output and the perceptron's. None disables dropout.
    """

    def __init__(self, p: float = 0.0, kept: Tensor | None = None):
        self.p, self.kept, self.used = p, kept, 0

    def __call__(self, x: Tensor) -> Tensor:
        """Zero the dropped numbers of x and scale the others by 1 / (1 - p): (K, ...) -> the same."""
        if self.kept is None:
            return x
        first, self.used = self.used, self.used + x[0].numel()
        return x * (self.kept[:, first : self.used].to(x.dtype) / (1 - self.p)).view_as(x)


def masks(batch: int, length: int, read: int, width: int, blocks: int, heads: int) -> int:
    """Size of a seed's dropout mask for one pass of a ``GPT`` that reads ``read`` tokens of ``length``."""
    tokens = (blocks - 1) * length + read
    return batch * (length * width + tokens * (2 * width + heads * length))


def initialise_as_gpt2(module: nn.Module, seeds: Iterable[int], purpose: str, std: float = 0.02) -> None:
    """Matrices N(0, std^2) and zero biases, drawn as by ``nets.initialise``."""
    for name, layer in module.named_modules():
        if isinstance(layer, Linear):
            normal(layer.weight, seeds, f"{purpose}/{name}", std)
            layer.bias.data.zero_()


def normal(parameter: nn.Parameter, seeds: Iterable[int], purpose: str, std: float = 1.0) -> None:
    """N(0, std^2) from one stream per seed, on the CPU."""
    for k, seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(child_seed(seed, purpose))
        parameter.data[k] = std * torch.randn(parameter.shape[1:], generator=generator, dtype=torch.float64)
