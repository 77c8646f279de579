"""ReBRAC for one seed, reimplemented with plain torch modules and backward passes, the reference of the tests."""

import copy
from itertools import pairwise

import torch
from torch import nn

from tests.offline_rl.reference_td3 import copy_seed


def perceptron(sizes, normalise):
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
        layers += [nn.LayerNorm(fan_out, eps=1e-6)] if normalise else []
    return nn.Sequential(*layers[: -2 if normalise else -1])


def copy_norms(ours, theirs, seed, head):
    norms = [layer for layer in theirs if isinstance(layer, nn.LayerNorm)]
    for ours_one, norm in zip(ours.norms, norms, strict=True):
        norm.weight.data = ours_one.scale.data[seed, head, 0].clone()
        norm.bias.data = ours_one.shift.data[seed, head, 0].clone()


class ReferenceReBRAC:
    NETWORKS = ("actor", "critics", "actor_target", "critics_target")

    def __init__(self, learner, seed):
        c, s, a = learner.config, learner.state_dim, learner.action_dim
        self.config, self.step = c, 0
        self.actor = nn.Sequential(*perceptron((s, *c.hidden, a), False), nn.Tanh())
        self.critics = nn.ModuleList(perceptron((s + a, *c.hidden, 1), c.critic_ln) for _ in range(2))
        self.actor_target, self.critics_target = copy.deepcopy(self.actor), copy.deepcopy(self.critics)
        for name in self.NETWORKS:
            theirs, ours = getattr(self, name).to(learner.dtype), getattr(learner, name)
            for head, net in enumerate([theirs] if name.startswith("actor") else theirs):
                copy_seed(ours.mlp, net, seed, head)
                copy_norms(ours.mlp, net, seed, head)
        self.actor_optimiser = torch.optim.Adam(self.actor.parameters(), lr=1e-3)
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), lr=1e-3)

    def least(self, critics, s, a):
        return torch.min(*(critic(torch.cat([s, a], dim=1)).squeeze(1) for critic in critics))

    def follow(self, online, target):
        with torch.no_grad():
            for p, p_target in zip(online.parameters(), target.parameters()):
                p_target.copy_(0.005 * p + 0.995 * p_target)

    def update(self, s, a, r, s2, a2_data, m, noise):
        """``a2_data`` is the dataset's next action, rows of NaN where there is none."""
        c = self.config
        with torch.no_grad():
            a2 = (self.actor_target(s2) + (0.2 * noise).clamp(-0.5, 0.5)).clamp(-1, 1)
            penalty = torch.nan_to_num(((a2 - a2_data) ** 2).sum(dim=1), nan=0.0)
            y = r + c.discount * m * (self.least(self.critics_target, s2, a2) - c.critic_bc_coef * penalty)
        x = torch.cat([s, a], dim=1)
        loss = sum(((critic(x).squeeze(1) - y) ** 2).mean() for critic in self.critics)
        self.critic_optimiser.zero_grad()
        loss.backward()
        self.critic_optimiser.step()
        self.step += 1
        if self.step % 2 == 0:
            return
        pi = self.actor(s)
        q = self.least(self.critics, s, pi)
        scale = 1 / q.abs().mean().detach() if c.normalize_q else 1.0
        loss = (c.actor_bc_coef * ((pi - a) ** 2).sum(dim=1) - scale * q).mean()
        self.actor_optimiser.zero_grad()
        loss.backward()
        self.follow(self.actor, self.actor_target)
        self.follow(self.critics, self.critics_target)
        self.actor_optimiser.step()
