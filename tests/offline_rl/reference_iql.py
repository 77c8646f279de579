"""IQL for one seed, reimplemented with plain torch modules and torch.distributions, the reference of the tests."""

import copy
import math

import torch
from torch import nn
from torch.distributions import Normal

from tests.offline_rl.reference_td3 import copy_seed, perceptron


class ReferenceIQL:
    NETWORKS = ("actor", "critics", "value", "critics_target")

    def __init__(self, learner, seed):
        self.config, dtype = learner.config, learner.dtype
        d_s, d_a, hidden = learner.state_dim, learner.action_dim, learner.config.hidden
        self.actor = perceptron((d_s, *hidden, d_a)).to(dtype)
        self.actor.register_parameter("log_std", nn.Parameter(learner.actor.log_std.data[seed, 0].clone()))
        self.value = perceptron((d_s, *hidden, 1)).to(dtype)
        self.critics = nn.ModuleList(perceptron((d_s + d_a, *hidden, 1)) for _ in range(2)).to(dtype)
        copy_seed(learner.actor.mlp, self.actor, seed, 0)
        copy_seed(learner.value.mlp, self.value, seed, 0)
        self.critics_target = copy.deepcopy(self.critics)
        for head in range(2):
            copy_seed(learner.critics.mlp, self.critics[head], seed, head)
            copy_seed(learner.critics_target.mlp, self.critics_target[head], seed, head)
        self.optimisers = {
            name: torch.optim.Adam(getattr(self, name).parameters(), lr=3e-4) for name in ("actor", "value", "critics")
        }
        self.step = 0

    def minimise(self, name, loss):
        self.optimisers[name].zero_grad()
        loss.backward()
        self.optimisers[name].step()

    def mean(self, s, kept):
        if kept is None:
            return torch.tanh(self.actor(s))
        x, start = s, 0
        for layer in self.actor:
            x = layer(x)
            if isinstance(layer, nn.ReLU):
                mask = kept[:, start : start + x.shape[1]]
                x, start = torch.where(mask, x / (1 - self.config.dropout), 0), start + x.shape[1]
        return torch.tanh(x)

    def update(self, s, a, r, s2, m, kept=None, length=0):
        config = self.config
        x = torch.cat([s, a], dim=1)
        with torch.no_grad():
            q = torch.minimum(*(critic(x).squeeze(1) for critic in self.critics_target))
            old = self.value(s).squeeze(1), self.value(s2).squeeze(1)
        u = q - self.value(s).squeeze(1)
        weight = torch.where(u > 0, config.expectile * torch.ones_like(u), (1 - config.expectile) * torch.ones_like(u))
        self.minimise("value", (weight * u**2).mean())
        with torch.no_grad():
            new = self.value(s).squeeze(1), self.value(s2).squeeze(1)
        v, v2 = old if config.value_for_advantage == "old" else new

        if length:
            self.optimisers["actor"].param_groups[0]["lr"] = 3e-4 * (1 + math.cos(math.pi * self.step / length)) / 2
        exp_a = torch.minimum(torch.exp((q - v) * config.temperature), torch.tensor(100.0))
        pi = Normal(self.mean(s, kept), torch.exp(self.actor.log_std.clamp(-5, 2)))
        self.minimise("actor", -(exp_a * pi.log_prob(a).sum(1)).mean())

        y = r + config.discount * m * v2
        q1, q2 = (critic(x).squeeze(1) for critic in self.critics)
        self.minimise("critics", ((q1 - y) ** 2 + (q2 - y) ** 2).mean())
        with torch.no_grad():
            for p, p_target in zip(self.critics.parameters(), self.critics_target.parameters()):
                p_target.copy_(config.tau * p + (1 - config.tau) * p_target)
        self.step += 1
