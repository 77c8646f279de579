"""AWAC for one seed, reimplemented with plain torch modules and torch.distributions, the reference of the tests."""

import copy

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn import functional

from tests.offline_rl.reference_td3 import copy_seed, perceptron


class ReferenceAWAC:
    NETWORKS = ("actor", "critics", "critics_target")

    def __init__(self, learner, seed):
        self.config, dtype = learner.config, learner.dtype
        d_s, d_a, hidden = learner.state_dim, learner.action_dim, learner.config.hidden
        self.actor = perceptron((d_s, *hidden, d_a)).to(dtype)
        self.actor.register_parameter("log_std", nn.Parameter(learner.actor.log_std.data[seed, 0].clone()))
        self.critics = nn.ModuleList(perceptron((d_s + d_a, *hidden, 1)) for _ in range(2)).to(dtype)
        copy_seed(learner.actor.mlp, self.actor, seed, 0)
        self.critics_target = copy.deepcopy(self.critics)
        for head in range(2):
            copy_seed(learner.critics.mlp, self.critics[head], seed, head)
            copy_seed(learner.critics_target.mlp, self.critics_target[head], seed, head)
        self.actor_optimiser = torch.optim.Adam(self.actor.parameters(), lr=3e-4)
        self.critic_optimisers = [torch.optim.Adam(critic.parameters(), lr=3e-4) for critic in self.critics]

    def pi(self, s):
        return Normal(self.actor(s), self.actor.log_std.clamp(-20, 2).exp())

    def q(self, critics, s, a):
        return [critic(torch.cat([s, a], dim=1)).squeeze(1) for critic in critics]

    def draw(self, s, noise):
        pi = self.pi(s)
        return (pi.loc + pi.scale * noise).clamp(-1, 1)

    def update(self, s, a, r, s2, m, noise_next, noise_policy):
        with torch.no_grad():
            y = r + 0.99 * m * torch.minimum(*self.q(self.critics_target, s2, self.draw(s2, noise_next)))
        loss = sum(functional.mse_loss(q, y) for q in self.q(self.critics, s, a))
        for optimiser in self.critic_optimisers:
            optimiser.zero_grad()
        loss.backward()
        for optimiser in self.critic_optimisers:
            optimiser.step()

        with torch.no_grad():
            v = torch.minimum(*self.q(self.critics, s, self.draw(s, noise_policy)))
            advantage = torch.minimum(*self.q(self.critics, s, a)) - v
            w = torch.exp(advantage / self.config.awac_lambda).clamp_max(100)
        self.actor_optimiser.zero_grad()
        (-self.pi(s).log_prob(a).sum(1) * w).mean().backward()
        self.actor_optimiser.step()
        with torch.no_grad():
            for p, p_target in zip(self.critics.parameters(), self.critics_target.parameters()):
                p_target.copy_(0.005 * p + 0.995 * p_target)
