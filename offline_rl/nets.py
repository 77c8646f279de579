"""Textbook networks and formulas with a leading seed axis: K seeds are one batched matrix product."""

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from palaestra.data.streams import child_seed


class Linear(nn.Module):
    """K x heads affine maps side by side.

    Attributes:
        weight: (K, heads, fan_in, fan_out).
        bias: (K, heads, 1, fan_out).
    """

    def __init__(self, seeds: int, heads: int, fan_in: int, fan_out: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(seeds, heads, fan_in, fan_out))
        self.bias = nn.Parameter(torch.empty(seeds, heads, 1, fan_out))

    def forward(self, x: Tensor, first_head: bool = False) -> Tensor:
        """(K x heads, batch, fan_in) -> (K x heads, batch, fan_out); heads counts as 1 with ``first_head``."""
        if first_head:
            return torch.baddbmm(self.bias[:, 0], x, self.weight[:, 0])
        bias, weight = self.bias.flatten(0, 1), self.weight.flatten(0, 1)
        if weight.shape[-1] == 1 < len(weight) and not x.is_cuda:
            # On a CPU a batched product with column vectors is slower than separate products.
            return torch.cat([torch.baddbmm(*each) for each in zip(bias.split(1), x.split(1), weight.split(1))])
        return torch.baddbmm(bias, x, weight)


class LayerNorm(nn.Module):
    """K x heads layer normalisations side by side, each with its own scale and shift (K, heads, 1, width)."""

    def __init__(self, seeds: int, heads: int, width: int, eps: float):
        super().__init__()
        self.eps = eps
        self.scale = nn.Parameter(torch.ones(seeds, heads, 1, width))
        self.shift = nn.Parameter(torch.zeros(seeds, heads, 1, width))

    def forward(self, x: Tensor, first_head: bool = False) -> Tensor:
        """(K x heads, batch, width) -> the same; heads counts as 1 with ``first_head``."""
        scale, shift = (p[:, 0] if first_head else p.flatten(0, 1) for p in (self.scale, self.shift))
        return layer_norm(x, scale, shift, self.eps, one_by_one=not x.is_cuda)


def layer_norm(x: Tensor, scale: Tensor, shift: Tensor, eps: float, one_by_one: bool) -> Tensor:
    """Layer normalisation of (n, batch, width), each of the n with its own scale and shift (n, 1, width).

    With ``one_by_one``, each is computed by PyTorch's kernel, which also scales and shifts but supports only one scale
    and shift per call: half the time on a CPU, where passes over x dominate; on a GPU, kernel launches do.
    """
    width = x.shape[-1:]
    if one_by_one:
        each = zip(x, scale.squeeze(1), shift.squeeze(1))
        return torch.stack(
            [nn.functional.layer_norm(x_i, width, scale_i, shift_i, eps) for x_i, scale_i, shift_i in each]
        )
    return torch.addcmul(shift, nn.functional.layer_norm(x, width, eps=eps), scale)


class MLP(nn.Module):
    """K x heads perceptrons of the same shape: affine maps with ReLU between them.

    With ``norm_eps`` every ReLU is followed by a layer normalisation with that epsilon; with ``norm_first``, preceded.
    """

    def __init__(
        self,
        seeds: int,
        sizes: Sequence[int],
        heads: int = 1,
        norm_eps: float | None = None,
        norm_first: bool = False,
    ):
        super().__init__()
        self.norm_first = norm_first
        self.layers = cast("Sequence[Linear]", nn.ModuleList(Linear(seeds, heads, *pair) for pair in pairwise(sizes)))
        self.norms = nn.ModuleList()
        if norm_eps is not None:
            self.norms.extend(LayerNorm(seeds, heads, width, norm_eps) for width in sizes[1:-1])

    def forward(self, x: Tensor, first_head: bool = False, factors: Sequence[Tensor] = ()) -> Tensor:
        """(K x heads, batch, sizes[0]) -> (K x heads, batch, sizes[-1]).

        ``factors`` (K x heads, batch, sizes[i + 1]) multiply the hidden layers' outputs: dropout's masks.
        """
        return self.from_first(self.layers[0](x, first_head), first_head, factors)

    def from_first(self, x: Tensor, first_head: bool = False, factors: Sequence[Tensor] = ()) -> Tensor:
        """The rest of ``forward``, from the first affine map's output (K x heads, ..., width), which is overwritten."""
        for i, layer in enumerate(self.layers[1:]):
            if self.norms and self.norm_first:
                x = self.norms[i](x.flatten(1, -2), first_head)
            # Flattened after the in-place ReLU: gradients through an in-place operation on a view are copied twice.
            x = torch.relu_(x).flatten(1, -2)
            if self.norms and not self.norm_first:
                x = self.norms[i](x, first_head)
            if factors:
                x = x * factors[i]
            x = layer(x, first_head)
        return x


class Normaliser(nn.Module):
    """s -> (s - mean) / std; part of a learner's state, so that its policy does not need the dataset."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, s: Tensor) -> Tensor:
        """(..., d_s) -> (..., d_s)."""
        return (s - self.mean) / self.std


class Actor(nn.Module):
    """Deterministic policy tanh(MLP(s)); D4RL's actions lie in [-1, 1]."""

    def __init__(self, seeds: int, state_dim: int, action_dim: int, hidden: Sequence[int]):
        super().__init__()
        self.mlp = MLP(seeds, (state_dim, *hidden, action_dim))

    def forward(self, s: Tensor) -> Tensor:
        """(K, batch, state_dim) -> (K, batch, action_dim) in [-1, 1]."""
        return torch.tanh(self.mlp(s))


class Critics(nn.Module):
    """``heads`` independent Q functions of (s, a)."""

    def __init__(
        self,
        seeds: int,
        state_dim: int,
        action_dim: int,
        hidden: Sequence[int],
        heads: int = 2,
        norm_eps: float | None = None,
        norm_first: bool = False,
    ):
        super().__init__()
        self.seeds, self.heads = seeds, heads
        self.mlp = MLP(seeds, (state_dim + action_dim, *hidden, 1), heads, norm_eps, norm_first)

    def forward(self, s: Tensor, a: Tensor) -> Tensor:
        """(K, batch, state_dim), (K, batch, action_dim) -> (K, heads, batch)."""
        x = torch.cat([s, a], dim=-1).repeat_interleave(self.heads, dim=0)
        return self.mlp(x).view(self.seeds, self.heads, -1)

    def q1(self, s: Tensor, a: Tensor) -> Tensor:
        """Q1 alone: (K, batch)."""
        return self.mlp(torch.cat([s, a], dim=-1), first_head=True).squeeze(-1)

    def q_of_actions(self, s: Tensor, a: Tensor) -> Tensor:
        """Q of n actions in every state: (K, batch, state_dim), (K, batch, n, action_dim) -> (K, heads, batch, n).

        The first layer's product with the state is computed once, not n times.
        """
        layer, (_, batch, n, _) = self.mlp.layers[0], a.shape
        weight, bias = layer.weight.flatten(0, 1), layer.bias.flatten(0, 1)
        s, a = s.repeat_interleave(self.heads, dim=0), a.flatten(1, 2).repeat_interleave(self.heads, dim=0)
        of_states = torch.baddbmm(bias, s, weight[:, : s.shape[-1]])
        of_actions = torch.bmm(a, weight[:, s.shape[-1] :])
        x = of_states.unsqueeze(2) + of_actions.unflatten(1, (batch, n))
        return self.mlp.from_first(x).view(self.seeds, self.heads, batch, n)

    first, many = q1, q_of_actions  # their names in 0.1.0


class Value(nn.Module):
    """V function of s."""

    def __init__(self, seeds: int, state_dim: int, hidden: Sequence[int]):
        super().__init__()
        self.mlp = MLP(seeds, (state_dim, *hidden, 1))

    def forward(self, s: Tensor) -> Tensor:
        """(K, batch, state_dim) -> (K, batch)."""
        return self.mlp(s).squeeze(-1)


class Buffer(nn.Module):
    """A tensor that is part of a learner's state but isn't trained."""

    value: Tensor

    def __init__(self, value: Tensor):
        super().__init__()
        self.register_buffer("value", value)


class PerSeedParameter(nn.Module):
    """One trained number per seed, (K,)."""

    def __init__(self, seeds: int, value: float):
        super().__init__()
        self.value = nn.Parameter(torch.full((seeds,), value))


Constant, PerSeed = Buffer, PerSeedParameter  # their names before 0.2


def initialise(module: nn.Module, seeds: Iterable[int], purpose: str) -> None:
    """PyTorch's default for linear layers, U(-1/sqrt(fan_in), 1/sqrt(fan_in)), from one stream per seed and layer.

    Drawn on the CPU, so that a seed's initial weights do not depend on the device or the other seeds.
    """
    for name, layer in module.named_modules():
        if isinstance(layer, Linear):
            bound = layer.weight.shape[-2] ** -0.5
            for k, seed in enumerate(seeds):
                generator = torch.Generator().manual_seed(child_seed(seed, purpose, name))
                for parameter in (layer.weight, layer.bias):
                    draw = torch.rand(parameter.shape[1:], generator=generator, dtype=torch.float64)
                    parameter.data[k] = (2 * draw - 1) * bound


def orthogonal(
    module: nn.Module, seeds: Iterable[int], purpose: str, gain: float = 2**0.5, last_gain: float | None = None
) -> None:
    """Orthogonal matrices times ``gain`` (Saxe et al. 2013, arXiv 1312.6120) and zero biases; drawn as ``initialise``.

    The last layer's gain is ``last_gain`` if given.
    """
    layers = [(name, layer) for name, layer in module.named_modules() if isinstance(layer, Linear)]
    for name, layer in layers:
        scale = last_gain if last_gain is not None and layer is layers[-1][1] else gain
        heads, *size = layer.weight.shape[1:]
        for k, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(child_seed(seed, purpose, name))
            draw = torch.randn((heads, max(size), min(size)), generator=generator, dtype=torch.float64)
            q, r = torch.linalg.qr(draw)
            q = scale * q * r.diagonal(dim1=-2, dim2=-1).sign().unsqueeze(-2)  # uniform over orthogonal matrices
            layer.weight.data[k] = q if size[0] >= size[1] else q.mT
        layer.bias.data.zero_()


def lecun_normal(mlp: MLP, seeds: Iterable[int], purpose: str, last_scale: float) -> None:
    """Flax's default: normal with variance 1 / fan_in, truncated at two standard deviations; zero biases.

    The last layer is uniform with variance ``last_scale`` / fan_in. Drawn as ``initialise``.
    """
    for i, layer in enumerate(mlp.layers):
        fan_in = layer.weight.shape[-2]
        for k, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(child_seed(seed, purpose, f"lecun {i}"))
            draw = 2 * torch.rand(layer.weight.shape[1:], generator=generator, dtype=torch.float64) - 1
            if layer is mlp.layers[-1]:
                layer.weight.data[k] = draw * (3 * last_scale / fan_in) ** 0.5
            else:
                normal = 2**0.5 * torch.erfinv(draw * math.erf(2**0.5))  # truncated, therefore of variance 0.774
                layer.weight.data[k] = normal / (0.87962566103423978 * fan_in**0.5)
        layer.bias.data.zero_()


def small_last_layer(mlp: MLP, seeds: Iterable[int], purpose: str, gain: float) -> None:
    """Xavier's uniform distribution (Glorot & Bengio 2010) times ``gain`` and zero biases for the last layer only."""
    layer = mlp.layers[-1]
    bound = gain * (6 / sum(layer.weight.shape[-2:])) ** 0.5
    for k, seed in enumerate(seeds):
        generator = torch.Generator().manual_seed(child_seed(seed, purpose, "small last layer"))
        draw = torch.rand(layer.weight.shape[1:], generator=generator, dtype=torch.float64)
        layer.weight.data[k] = (2 * draw - 1) * bound
    layer.bias.data.zero_()


def adam(module: nn.Module, lr: float, scheduled: bool = False) -> torch.optim.Adam:
    """Adam with PyTorch's defaults, one kernel for all of the module's parameters, capturable in a CUDA graph.

    With ``scheduled``, the step size is a tensor on the device, and ``set_lr`` changes it.
    """
    parameters = list(module.parameters())
    cuda = parameters[0].is_cuda
    rate = on_device(lr, parameters[0]) if scheduled else lr
    return torch.optim.Adam(parameters, rate, fused=True, capturable=cuda)


def adamw(module: nn.Module, lr: float, weight_decay: float, eps: float = 1e-8) -> torch.optim.AdamW:
    """AdamW, otherwise like ``adam`` with ``scheduled``."""
    parameters = list(module.parameters())
    cuda = parameters[0].is_cuda
    rate = on_device(lr, parameters[0])
    return torch.optim.AdamW(parameters, rate, weight_decay=weight_decay, eps=eps, fused=True, capturable=cuda)


def on_device(lr: float, parameter: Tensor) -> Tensor:
    """A step size as a tensor on the device of a parameter.

    The CUDA kernel reads float32; on the CPU float64 keeps the value that an unscheduled step size would have.
    """
    return torch.tensor(lr, dtype=torch.float32 if parameter.is_cuda else torch.float64, device=parameter.device)


def set_lr(optimiser: torch.optim.Optimizer, lr: float) -> None:
    """Change the step size of a scheduled ``adam`` in place, also for captured CUDA graphs, without a device sync."""
    optimiser.param_groups[0]["lr"].fill_(lr)


def expectile(u: Tensor, xi: float) -> Tensor:
    """Expectile regression's loss |xi - 1[u < 0]| u^2, elementwise (Newey & Powell 1987)."""
    return (xi - (u < 0).to(u.dtype)).abs() * u.square()


def cosine_decay(update: int, length: int) -> float:
    """Factor on the step size at update ``update`` (from 1) of ``length``: decays from 1 to 0 along a half cosine."""
    return 0.5 * (1 + math.cos(math.pi * min(update - 1, length) / length))


def minimise(loss: Tensor, optimiser: torch.optim.Optimizer, max_norm: float | None = None) -> None:
    """One optimiser step on ``loss``; gradients are computed for the optimiser's parameters only.

    With ``max_norm``, every seed's gradient is first scaled down to this norm if its norm is larger.
    """
    parameters = optimiser.param_groups[0]["params"]
    gradients = torch.autograd.grad(loss, parameters)
    if max_norm is not None:
        gradients = clipped(gradients, max_norm)
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = gradient.contiguous()  # the fused optimiser ignores strides on the CPU
    optimiser.step()


def clipped(gradients: Sequence[Tensor], max_norm: float) -> list[Tensor]:
    """Gradients (K, ...) of all parameters, scaled down for each seed whose total norm exceeds ``max_norm``.

    The 1e-6 is that of ``torch.nn.utils.clip_grad_norm_``.
    """
    norms = torch.stack([gradient.flatten(1).norm(dim=1) for gradient in gradients]).norm(dim=0)
    scale = (max_norm / (norms + 1e-6)).clamp(max=1)
    return [gradient * scale.view(-1, *[1] * (gradient.ndim - 1)) for gradient in gradients]


@torch.no_grad()
def polyak(target: nn.Module, online: nn.Module, tau: float) -> None:
    """Target <- tau * online + (1 - tau) * target."""
    torch._foreach_lerp_(list(target.parameters()), list(online.parameters()), tau)
