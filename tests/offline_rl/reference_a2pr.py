"""A2PR for one seed, reimplemented with plain torch modules and backward passes, the reference of the tests."""

import copy

import torch
from torch import nn
from torch.nn import functional

from tests.offline_rl.reference_td3 import copy_seed, perceptron


class ReferenceA2PR:
    NETWORKS = ("actor", "critics", "value", "encoder", "decoder", "actor_target", "critics_target")

    def __init__(self, learner, seed):
        c, s, a = learner.config, learner.state_dim, learner.action_dim
        self.config, self.latents, self.step = c, 2 * a, 0
        self.actor = nn.Sequential(*perceptron((s, *c.hidden, a)), nn.Tanh())
        self.critics = nn.ModuleList(perceptron((s + a, *c.critic_hidden, 1)) for _ in range(2))
        self.value = perceptron((s, *c.critic_hidden, 1))
        self.encoder = perceptron((s + a, *c.vae_hidden, 4 * a))
        self.decoder = nn.Sequential(*perceptron((s + 2 * a, *c.vae_hidden, a)), nn.Tanh())
        self.actor_target, self.critics_target = copy.deepcopy(self.actor), copy.deepcopy(self.critics)
        for name in self.NETWORKS:
            getattr(self, name).to(learner.dtype)
        for theirs, ours in (("actor", learner.actor), ("actor_target", learner.actor_target)):
            copy_seed(ours.mlp, getattr(self, theirs), seed, 0)
        for theirs, ours in (("critics", learner.critics), ("critics_target", learner.critics_target)):
            for head in range(2):
                copy_seed(ours.mlp, getattr(self, theirs)[head], seed, head)
        copy_seed(learner.value.mlp, self.value, seed, 0)
        copy_seed(learner.vae.encoder, self.encoder, seed, 0)
        copy_seed(learner.vae.decoder, self.decoder, seed, 0)
        self.actor_optimiser = torch.optim.Adam(self.actor.parameters(), lr=3e-4)
        self.critic_optimiser = torch.optim.Adam(self.critics.parameters(), lr=3e-4)
        self.value_optimiser = torch.optim.Adam(self.value.parameters(), lr=3e-4)
        self.vae_optimiser = torch.optim.Adam([*self.encoder.parameters(), *self.decoder.parameters()], lr=1e-3)

    def q(self, critics, s, a):
        return [critic(torch.cat([s, a], dim=1)).squeeze(1) for critic in critics]

    def reconstruct(self, s, a, noise):
        mean, log_std = self.encoder(torch.cat([s, a], dim=1)).split(self.latents, dim=1)
        std = torch.exp(torch.clamp(log_std, -4, 15))
        return self.decoder(torch.cat([s, mean + std * noise], dim=1)), mean, std

    def minimise(self, loss, optimiser):
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    def update(self, s, a, r, s2, m, smoothing, latents, latents_pi):
        c, self.step = self.config, self.step + 1
        with torch.no_grad():
            a2 = (self.actor_target(s2) + (0.2 * smoothing).clamp(-0.5, 0.5)).clamp(-1, 1)
            y = r + c.discount * m * torch.min(*self.q(self.critics_target, s2, a2))
        self.minimise(sum(functional.mse_loss(q, y) for q in self.q(self.critics, s, a)), self.critic_optimiser)

        with torch.no_grad():
            y_now = r + c.discount * m * torch.min(*self.q(self.critics, s2, a2))
        v = self.value(s).squeeze(1)
        self.minimise(functional.mse_loss(v, torch.min(y, y_now)), self.value_optimiser)
        v = (v if c.value_used == "before-step" else self.value(s).squeeze(1)).detach()

        again, mean, std = self.reconstruct(s, a, latents)
        advantage = self.q(self.critics, s, a)[0].detach() - v
        weight = c.vae_weight * (advantage > 0).to(v.dtype)
        kl = 0.5 * (mean**2 + std**2 - 1 - torch.log(std**2))
        self.minimise((weight[:, None] * (again - a) ** 2).mean() + 0.5 * kl.mean(), self.vae_optimiser)
        if self.step % 2:
            return

        pi = self.actor(s)
        q = self.q(self.critics, s, pi)[0]
        again, _, _ = self.reconstruct(s, pi, latents_pi)
        if c.recon_grad == "detach":
            again = again.detach()
        advantage_again = self.q(self.critics, s, again)[0].detach() - v
        take = (advantage_again >= advantage).to(v.dtype)[:, None]
        towards = take * again + (1 - take) * a
        gate = ((advantage_again >= 0) | (advantage > 0)).to(v.dtype)[:, None]
        loss = -c.alpha / q.abs().mean().detach() * q.mean() + (c.mask * gate * (pi - towards) ** 2).mean()
        self.minimise(loss, self.actor_optimiser)
        with torch.no_grad():
            for online, target in ((self.actor, self.actor_target), (self.critics, self.critics_target)):
                for p, p_target in zip(online.parameters(), target.parameters()):
                    p_target.copy_(0.005 * p + 0.995 * p_target)
