"""TD3+BC and PRDC for one seed, reimplemented with plain torch modules and SciPy's KD-tree."""

import copy
from itertools import pairwise

import torch
from scipy.spatial import KDTree
from torch import nn
from torch.nn import functional


def perceptron(sizes):
    layers = []
    for fan_in, fan_out in pairwise(sizes):
        layers += [nn.Linear(fan_in, fan_out), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def copy_seed(ours, theirs, seed, head):
    """Copy one seed's (and head's) weights of our stacked MLP into a sequence of linear layers."""
    linears = [layer for layer in theirs if isinstance(layer, nn.Linear)]
    for layer, linear in zip(ours.layers, linears, strict=True):
        linear.weight.data = layer.weight.data[seed, head].T.clone()
        linear.bias.data = layer.bias.data[seed, head, 0].clone()


def weights(module):
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


class ReferenceTD3:
    """One seed. ``neighbours`` is None for TD3+BC, (states, actions, beta) for PRDC."""

    def __init__(self, learner, seed, neighbours=None):
        dtype = learner.dtype
        state_dim, action_dim = learner.state_dim, learner.action_dim
        self.actor = nn.Sequential(*perceptron((state_dim, *learner.config.hidden, action_dim)), nn.Tanh()).to(dtype)
        self.critics = nn.ModuleList(
            perceptron((state_dim + action_dim, *learner.config.hidden, 1)) for _ in range(2)
        ).to(dtype)
        copy_seed(learner.actor.mlp, self.actor, seed, 0)
        for head in range(2):
            copy_seed(learner.critics.mlp, self.critics[head], seed, head)
        self.actor_target, self.critics_target = copy.deepcopy(self.actor), copy.deepcopy(self.critics)
        copy_seed(learner.actor_target.mlp, self.actor_target, seed, 0)
        for head in range(2):
            copy_seed(learner.critics_target.mlp, self.critics_target[head], seed, head)
        self.actor_optimiser = torch.optim.Adam(self.actor.parameters(), lr=3e-4)
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), lr=3e-4)
        self.alpha, self.step = learner.config.alpha, 0
        self.neighbours = neighbours
        if neighbours is not None:
            states, actions, beta = neighbours
            self.tree = KDTree(torch.cat([beta * states, actions], dim=1).numpy())

    def update(self, s, a, r, s2, m, noise):
        self.step += 1
        with torch.no_grad():
            a2 = (self.actor_target(s2) + (0.2 * noise).clamp(-0.5, 0.5)).clamp(-1, 1)
            x2 = torch.cat([s2, a2], dim=1)
            q2 = torch.min(self.critics_target[0](x2), self.critics_target[1](x2)).squeeze(1)
            y = r + 0.99 * m * q2
        x = torch.cat([s, a], dim=1)
        loss = sum(functional.mse_loss(critic(x).squeeze(1), y) for critic in self.critics)
        self.critic_optimiser.zero_grad()
        loss.backward()
        self.critic_optimiser.step()
        if self.step % 2:
            return
        pi = self.actor(s)
        q = self.critics[0](torch.cat([s, pi], dim=1))
        if self.neighbours is None:
            towards = a
        else:
            _, actions, beta = self.neighbours
            _, index = self.tree.query(torch.cat([beta * s, pi.detach()], dim=1).numpy(), k=[1])
            towards = actions[index[:, 0]]
        loss = -self.alpha / q.abs().mean().detach() * q.mean() + functional.mse_loss(pi, towards)
        self.actor_optimiser.zero_grad()
        loss.backward()
        self.actor_optimiser.step()
        with torch.no_grad():
            for online, target in ((self.actor, self.actor_target), (self.critics, self.critics_target)):
                for p, p_target in zip(online.parameters(), target.parameters()):
                    p_target.copy_(0.005 * p + 0.995 * p_target)
