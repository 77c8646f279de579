"""FamO2O on IQL and on CQL for one seed, reimplemented with plain torch modules, the reference of the tests."""

import copy
import math
from itertools import pairwise

import torch
from torch import nn
from torch.distributions import Normal, TanhTransform, TransformedDistribution

from tests.offline_rl.reference_td3 import copy_seed, perceptron


def encoding(beta):
    """The position encoding of Vaswani et al. 2017, 3.5, with d = 6 at the position beta: (..., 1) -> (..., 6)."""
    columns = []
    for i in range(3):
        columns += [torch.sin(beta / 10000 ** (2 * i / 6)), torch.cos(beta / 10000 ** (2 * i / 6))]
    return torch.cat(columns, dim=-1)


def squashed(mean, std):
    return TransformedDistribution(Normal(mean, std), TanhTransform(cache_size=1))


class ReferenceFamO2OIQL:
    NETWORKS = ("universal", "balance", "critics", "value", "critics_target", "scalars")

    def __init__(self, learner, seed):
        self.config, dtype, self.online = learner.config, learner.dtype, learner.online
        d_s, d_a, hidden = learner.state_dim, learner.action_dim, learner.config.hidden
        self.universal = perceptron((d_s + 6, *hidden, d_a)).to(dtype)
        self.universal.register_parameter("log_std", nn.Parameter(learner.universal.log_std.data[seed, 0].clone()))
        self.balance = perceptron((d_s, *hidden, 1)).to(dtype)
        log_std = learner.balance.gaussian.log_std.data[seed, 0].clone()
        self.balance.register_parameter("log_std", nn.Parameter(log_std))
        self.value = perceptron((d_s, *hidden, 1)).to(dtype)
        self.critics = nn.ModuleList(perceptron((d_s + d_a, *hidden, 1)) for _ in range(2)).to(dtype)
        copy_seed(learner.universal.mlp, self.universal, seed, 0)
        copy_seed(learner.balance.gaussian.mlp, self.balance, seed, 0)
        copy_seed(learner.value.mlp, self.value, seed, 0)
        self.critics_target = copy.deepcopy(self.critics)
        for head in range(2):
            copy_seed(learner.critics.mlp, self.critics[head], seed, head)
            copy_seed(learner.critics_target.mlp, self.critics_target[head], seed, head)
        self.scalars = nn.ParameterList([learner.log_temperature.value.data[seed : seed + 1].clone()])
        names = ("universal", "balance", "critics", "value", "scalars")
        self.optimisers = {name: torch.optim.Adam(getattr(self, name).parameters(), lr=3e-4) for name in names}

    def minimise(self, name, loss):
        self.optimisers[name].zero_grad()
        gradients = torch.autograd.grad(loss.sum(), list(getattr(self, name).parameters()))
        for p, g in zip(getattr(self, name).parameters(), gradients):
            p.grad = g
        self.optimisers[name].step()

    def pi_b(self, s):
        return squashed(self.balance(s), self.balance.log_std.clamp(-10, 2).exp())

    def pi_u(self, s, beta):
        mean = torch.tanh(self.universal(torch.cat([s, encoding(beta)], dim=1)))
        return Normal(mean, self.universal.log_std.clamp(-5, 2).exp())

    def to_beta(self, x):
        low, high = self.config.coefficient_range
        return low + (x + 1) * (high - low) / 2

    def drawn(self, s, noise):
        pi = self.pi_b(s)
        x = pi.transforms[0](pi.base_dist.loc + pi.base_dist.scale * noise)
        return x, pi.log_prob(x).squeeze(1)

    def update(self, s, a, r, s2, m, coefficient, balance, action):
        config = self.config
        sa = torch.cat([s, a], dim=1)
        low, high = config.coefficient_range
        with torch.no_grad():
            q = torch.minimum(*(critic(sa).squeeze(1) for critic in self.critics_target))
            if self.online:
                beta = self.to_beta(self.drawn(s, coefficient)[0])
            else:
                beta = low + torch.special.ndtr(coefficient) * (high - low)
        u = q - self.value(s).squeeze(1)
        weight = torch.where(u > 0, config.expectile, 1 - config.expectile).to(u.dtype)
        self.minimise("value", (weight * u**2).mean())
        with torch.no_grad():
            v, v2 = self.value(s).squeeze(1), self.value(s2).squeeze(1)

        x, log_pi = self.drawn(s, balance)
        pi = self.pi_u(s, self.to_beta(x))
        sa_chosen = torch.cat([s, pi.mean + pi.stddev * action], dim=1)
        q_chosen = torch.minimum(*(critic(sa_chosen).squeeze(1) for critic in self.critics_target))
        temperature = self.scalars[0].exp()
        self.minimise("balance", (temperature.detach() * log_pi - q_chosen).mean())
        self.minimise("scalars", self.scalars[0].exp() * (-log_pi.detach().mean() + 0.5))

        advantage = q - v
        if config.pairing == "outer":
            w = torch.stack([torch.exp(b * advantage).clamp(max=100) for b in beta.squeeze(1)]).mean(0)
        else:
            w = torch.exp(beta.squeeze(1) * advantage).clamp(max=100)
        self.minimise("universal", -(w * self.pi_u(s, beta).log_prob(a).sum(1)).mean())

        y = r + config.discount * m * v2
        q1, q2 = (critic(sa).squeeze(1) for critic in self.critics)
        self.minimise("critics", ((q1 - y) ** 2 + (q2 - y) ** 2).mean())
        with torch.no_grad():
            for p, p_target in zip(self.critics.parameters(), self.critics_target.parameters()):
                p_target.copy_(config.tau * p + (1 - config.tau) * p_target)


class NormalisedPerceptron(nn.Module):
    """Layer normalisation, without weights of its own, before every ReLU."""

    def __init__(self, sizes, norms):
        super().__init__()
        self.linears = nn.ModuleList(nn.Linear(*pair) for pair in pairwise(sizes))
        self.norms = nn.ModuleList(norms)

    def forward(self, x):
        for i, linear in enumerate(self.linears[:-1]):
            x = linear(x)
            x = torch.relu(self.norms[i](x) if len(self.norms) else x)
        return self.linears[-1](x)


class ReferenceFamO2OCQL:
    NETWORKS = ("universal", "balance", "critics", "critics_target", "scalars")

    def __init__(self, learner, seed):
        self.config, dtype, self.online = learner.config, learner.dtype, learner.online
        d_s, self.d_a, hidden = learner.state_dim, learner.action_dim, learner.config.hidden
        self.universal = perceptron((d_s + 6, *hidden, 2 * self.d_a)).to(dtype)
        self.balance = perceptron((d_s, *hidden, 2)).to(dtype)
        for name in ("universal", "balance"):
            for scalar in ("multiplier", "offset"):
                value = getattr(getattr(learner, name), scalar).data[seed].flatten().clone()
                getattr(self, name).register_parameter(scalar, nn.Parameter(value))
            copy_seed(getattr(learner, name).mlp, getattr(self, name), seed, 0)
        self.critics = nn.ModuleList(self.critic(learner.critics, seed, head, hidden, dtype) for head in range(2))
        self.critics_target = nn.ModuleList(
            self.critic(learner.critics_target, seed, head, hidden, dtype) for head in range(2)
        )
        self.scalars = nn.ParameterList([learner.log_alpha.value.data[seed : seed + 1].clone()])
        self.rates = {"universal": "policy_lr", "balance": "balance_lr", "critics": "lr", "scalars": "policy_lr"}
        self.optimisers = {
            name: torch.optim.Adam(getattr(self, name).parameters(), lr=getattr(self.config, rate))
            for name, rate in self.rates.items()
        }

    def critic(self, critics, seed, head, hidden, dtype):
        mlp = critics.mlp
        sizes = [mlp.layers[0].weight.shape[-2], *hidden, 1]
        norms = []
        for width, norm in zip(hidden, mlp.norms):
            norms.append(nn.LayerNorm(width, eps=1e-6).to(dtype))
            norms[-1].weight.data.copy_(norm.scale.data[seed, head].flatten())
            norms[-1].bias.data.copy_(norm.shift.data[seed, head].flatten())
        made = NormalisedPerceptron(sizes, norms).to(dtype)
        for linear, layer in zip(made.linears, mlp.layers):
            linear.weight.data.copy_(layer.weight.data[seed, head].T)
            linear.bias.data.copy_(layer.bias.data[seed, head].flatten())
        return made

    def distribution(self, name, x):
        net = getattr(self, name)
        mean, log_std = net(x).chunk(2, dim=-1)
        return squashed(mean, (net.multiplier * log_std + net.offset).clamp(-20, 2).exp())

    def drawn(self, pi, noise):
        """Actions and their log densities; noise (batch, n, d)."""
        several = squashed(pi.base_dist.loc.unsqueeze(1), pi.base_dist.scale.unsqueeze(1))
        a = several.transforms[0](several.base_dist.loc + several.base_dist.scale * noise)
        return a, several.log_prob(a).sum(-1)

    def q(self, critics, s, a):
        x = torch.cat([s.unsqueeze(1).expand(-1, a.shape[1], -1), a], dim=-1)
        return [critic(x).squeeze(-1) for critic in critics]

    def pi_u(self, s, beta):
        return self.distribution("universal", torch.cat([s, encoding(beta)], dim=-1))

    def to_beta(self, x):
        low, high = self.config.coefficient_range
        return low + (x + 1) / 2 * (high - low) if self.config.coefficient_map == "half" else low + x * (high - low)

    def update(self, s, a, r, s2, m, coefficient, balance, action, policy, target, random, current, following):
        config, log_alpha = self.config, self.scalars[0]
        low, high = config.coefficient_range
        alpha = log_alpha.detach().exp()
        pi_b = self.distribution("balance", s)
        chosen = self.to_beta(torch.tanh(pi_b.base_dist.loc + pi_b.base_dist.scale * balance))
        beta = chosen.detach() if self.online else low + torch.special.ndtr(coefficient) * (high - low)

        pi = self.pi_u(s, beta)
        a_pi, log_pi = self.drawn(pi, policy)
        q_pi = torch.minimum(*self.q(self.critics, s, a_pi))
        pi_loss = (alpha * log_pi - beta * q_pi).mean()
        alpha_loss = -(log_alpha * (log_pi.detach() - self.d_a)).mean()

        a_b, _ = self.drawn(self.pi_u(s, chosen), policy if self.online else action)
        b_loss = -torch.minimum(*self.q(self.critics, s, a_b)).mean()

        with torch.no_grad():
            pi2 = self.pi_u(s2, chosen)
            a2, log_pi2 = self.drawn(pi2, target)
            value = torch.minimum(*self.q(self.critics_target, s2, a2)).squeeze(1)
            if config.backup_entropy:
                value = value - alpha * log_pi2.squeeze(1)
            y = r + config.discount * m * value
            uniform = 2 * torch.special.ndtr(random) - 1
            now, log_now = self.drawn(pi, current)
            then, log_then = self.drawn(pi2, following)
        losses = []
        for j in range(2):
            q = self.q(self.critics, s, a.unsqueeze(1))[j].squeeze(1)
            weighed = [
                self.q(self.critics, s, uniform)[j] - math.log(0.5**self.d_a),
                self.q(self.critics, s, then)[j] - log_then,
                self.q(self.critics, s, now)[j] - log_now,
            ]
            gap = config.temperature * torch.logsumexp(torch.cat(weighed, dim=1) / config.temperature, dim=1) - q
            gap = gap.clamp(min=-math.inf if config.diff_min is None else config.diff_min).mean()
            losses.append(((q - y) ** 2).mean() + config.min_q_weight * gap)

        wanted = {"universal": pi_loss, "balance": b_loss, "critics": sum(losses), "scalars": alpha_loss}
        gradients = {
            name: torch.autograd.grad(loss.sum(), list(getattr(self, name).parameters()), retain_graph=True)
            for name, loss in wanted.items()
        }
        for name, found in gradients.items():
            for p, g in zip(getattr(self, name).parameters(), found):
                p.grad = g
            self.optimisers[name].step()
        with torch.no_grad():
            for p, p_target in zip(self.critics.parameters(), self.critics_target.parameters()):
                p_target.copy_(config.tau * p + (1 - config.tau) * p_target)
