"""CQL(H) for one seed, reimplemented with plain torch modules and torch.distributions, the reference of the tests."""

import copy
import math

import torch
from torch import nn
from torch.distributions import Normal, TanhTransform, TransformedDistribution
from torch.nn import functional

from tests.offline_rl.reference_td3 import copy_seed, perceptron


class ReferenceCQL:
    NETWORKS = ("actor", "critics", "critics_target", "scalars")

    def __init__(self, learner, seed):
        self.config, dtype = learner.config, learner.dtype
        d_s, self.d_a, hidden = learner.state_dim, learner.action_dim, learner.config.hidden
        self.actor = perceptron((d_s, *hidden, 2 * self.d_a)).to(dtype)
        for name in ("multiplier", "offset"):
            number = getattr(learner.actor, name).data[seed].flatten().clone()
            self.actor.register_parameter(name, nn.Parameter(number))
        self.critics = nn.ModuleList(perceptron((d_s + self.d_a, *hidden, 1)) for _ in range(2)).to(dtype)
        copy_seed(learner.actor.mlp, self.actor, seed, 0)
        self.critics_target = copy.deepcopy(self.critics)
        for head in range(2):
            copy_seed(learner.critics.mlp, self.critics[head], seed, head)
            copy_seed(learner.critics_target.mlp, self.critics_target[head], seed, head)
        names = ("log_alpha", "log_alpha_prime") if self.config.lagrange else ("log_alpha",)
        self.scalars = nn.ParameterList(getattr(learner, name).value.data[seed : seed + 1].clone() for name in names)
        adam, rates = torch.optim.Adam, (self.config.policy_lr, self.config.lr)
        self.optimisers = [
            adam(self.actor.parameters(), lr=self.config.policy_lr),
            adam(self.critics.parameters(), lr=self.config.lr),
            *(adam([scalar], lr=lr) for scalar, lr in zip(self.scalars, rates)),
        ]
        self.step = 0

    def draw(self, s, noise):
        """Actions (batch, n, d_a) and their log densities (batch, n)."""
        mean, log_std = self.actor(s).unsqueeze(1).chunk(2, dim=-1)
        std = (self.actor.multiplier * log_std + self.actor.offset).clamp(-20, 2).exp()
        squashed = TransformedDistribution(Normal(mean, std), TanhTransform(cache_size=1))
        a = squashed.transforms[0](mean + std * noise)
        return a, squashed.log_prob(a).sum(-1), squashed

    @staticmethod
    def q(critics, s, a):
        x = torch.cat([s.unsqueeze(1).expand(-1, a.shape[1], -1), a], dim=-1)
        return [critic(x).squeeze(-1) for critic in critics]

    def update(self, s, a, r, s2, m, policy, target, random, current, following):
        config, log_alpha = self.config, self.scalars[0]
        self.step += 1
        alpha = log_alpha.detach().exp()
        a_pi, log_pi, pi = self.draw(s, policy)
        alpha_loss = -(log_alpha * (log_pi.detach() - self.d_a)).mean()
        if self.step <= config.bc_steps:
            good = pi.log_prob(a.clamp(-0.999, 0.999).unsqueeze(1)).sum(-1)
        else:
            good = torch.minimum(*self.q(self.critics, s, a_pi))
        policy_loss = (alpha * log_pi - good).mean()

        with torch.no_grad():
            a2, log_pi2, _ = self.draw(s2, target)
            q2 = torch.minimum(*self.q(self.critics_target, s2, a2))
            best = q2.argmax(dim=1, keepdim=True)
            value = q2.gather(1, best).squeeze(1)
            if config.backup_entropy:
                value = value - alpha * log_pi2.gather(1, best).squeeze(1)
            y = r + config.discount * m * value
            uniform = torch.special.ndtr(random) * 2 - 1
            now, log_now, _ = self.draw(s, current)
            then, log_then, _ = self.draw(s2, following)
        losses, gaps = [], []
        for j in range(2):
            q = self.q(self.critics, s, a.unsqueeze(1))[j].squeeze(1)
            weighed = [
                self.q(self.critics, s, uniform)[j] - math.log(0.5**self.d_a),
                self.q(self.critics, s, then)[j] - log_then,
                self.q(self.critics, s, now)[j] - log_now,
            ]
            ood = config.temperature * torch.logsumexp(torch.cat(weighed, dim=1) / config.temperature, dim=1)
            gap = (ood - q).clamp(min=-math.inf if config.diff_min is None else config.diff_min).mean()
            if config.lagrange:
                alpha_prime, w = self.scalars[1].exp().clamp(0, 1e6), config.min_q_weight
                if config.diff_weighting == "official":
                    gap = alpha_prime * (w * gap - config.target_action_gap)
                else:
                    gap = alpha_prime * w * (gap - config.target_action_gap)
            else:
                gap = config.min_q_weight * gap
            losses.append(functional.mse_loss(q, y) + gap)
            gaps.append(gap)

        wanted = [
            (policy_loss, list(self.actor.parameters())),
            (sum(losses), list(self.critics.parameters())),
            (alpha_loss, [self.scalars[0]]),
        ]
        if config.lagrange:
            wanted.append((-sum(gaps) / 2, [self.scalars[1]]))
        gradients = [torch.autograd.grad(loss.sum(), weights, retain_graph=True) for loss, weights in wanted]
        for (_, parameters), gradient, optimiser in zip(wanted, gradients, self.optimisers, strict=True):
            for p, g in zip(parameters, gradient):
                p.grad = g
            optimiser.step()
        with torch.no_grad():
            for p, p_target in zip(self.critics.parameters(), self.critics_target.parameters()):
                p_target.copy_(config.tau * p + (1 - config.tau) * p_target)
