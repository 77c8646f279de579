"""The Decision Transformer for one seed, stated again with plain torch modules in the authors' layout of windows."""

import torch
from torch import nn


def linear(ours, seed):
    layer = nn.Linear(*ours.weight.shape[-2:], dtype=ours.weight.dtype)
    layer.weight.data, layer.bias.data = ours.weight.data[seed, 0].T.clone(), ours.bias.data[seed, 0, 0].clone()
    return layer


def norm(ours, seed):
    layer = nn.LayerNorm(ours.scale.shape[-1], dtype=ours.scale.dtype)
    layer.weight.data, layer.bias.data = ours.scale.data[seed, 0, 0].clone(), ours.shift.data[seed, 0, 0].clone()
    return layer


def embedding(ours, seed):
    return nn.Embedding.from_pretrained(ours.table.data[seed].clone(), freeze=False)


class Block(nn.Module):
    def __init__(self, ours, seed):
        super().__init__()
        self.heads = ours.heads
        self.ln_1, self.ln_2 = norm(ours.ln_1, seed), norm(ours.ln_2, seed)
        self.q, self.kv, self.out = (linear(layer, seed) for layer in (ours.query, ours.key_value, ours.projection))
        self.up, self.down = linear(ours.widen, seed), linear(ours.narrow, seed)

    def forward(self, x, additive, drops):
        normed, tokens = self.ln_1(x), x.shape[1]
        q, (k, v) = self.q(normed), self.kv(normed).chunk(2, dim=-1)
        mixed = []
        for q_h, k_h in zip(q.chunk(self.heads, dim=-1), k.chunk(self.heads, dim=-1)):
            scores = q_h @ k_h.transpose(1, 2) / q_h.shape[-1] ** 0.5
            scores = scores.masked_fill(~torch.ones(tokens, tokens, dtype=torch.bool).tril(), -1e4)
            mixed.append(torch.softmax(scores + additive[:, None, :], dim=-1))
        weights = next(drops)(torch.stack(mixed, dim=1))
        heads = [weights[:, h] @ part for h, part in enumerate(v.chunk(self.heads, dim=-1))]
        x = x + next(drops)(self.out(torch.cat(heads, dim=-1)))
        return x + next(drops)(self.down(torch.relu(self.up(self.ln_2(x)))))


class ReferenceDT(nn.Module):
    """One seed with the weights that ``learner`` has now."""

    def __init__(self, learner, seed):
        super().__init__()
        model = learner.model
        self.config = learner.config
        self.time, self.embed_ln = embedding(model.embed_timestep, seed), norm(model.embed_ln, seed)
        self.embed_return, self.embed_state, self.embed_action, self.head = (
            linear(layer, seed)
            for layer in (model.embed_return, model.embed_state, model.embed_action, model.predict_action)
        )
        self.blocks = nn.ModuleList(Block(block, seed) for block in model.transformer.blocks)
        self.ln_f = norm(model.transformer.ln_f, seed)
        decay = learner.config.weight_decay
        self.optimiser = torch.optim.AdamW(self.parameters(), lr=learner.config.lr, weight_decay=decay)
        warmup = learner.config.warmup_steps
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(self.optimiser, lambda n: min((n + 1) / warmup, 1))

    def forward(self, R, s, a, t, mask, drops):
        time = self.time(t)
        tokens = [self.embed_return(R.unsqueeze(-1)) + time, self.embed_state(s) + time, self.embed_action(a) + time]
        x = self.embed_ln(torch.stack(tokens, dim=2).flatten(1, 2))
        additive = (1 - mask.repeat_interleave(3, dim=1)) * -1e4
        x = next(drops)(x)
        for block in self.blocks:
            x = block(x, additive, drops)
        return torch.tanh(self.head(self.ln_f(x)[:, 1::3]))

    def update(self, R, s, a, t, mask, kept=None):
        """``kept`` is a seed's flat masks in the order of use, None for no dropout."""
        pi = self(R, s, a, t, mask, self.drops(len(s), kept))
        loss = (pi[mask > 0] - a[mask > 0]).square().mean()
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), self.config.grad_clip)
        self.optimiser.step()
        self.scheduler.step()
        return loss.item()

    def drops(self, batch, kept):
        """A dropout for every place in turn; in the last block only the states' tokens, which count, have masks."""
        if kept is None:
            while True:
                yield lambda x: x
        config, tokens = self.config, 3 * self.config.K
        narrow, wide = (batch, tokens, config.embed_dim), (batch, config.n_head, tokens, tokens)
        last = 3 * (config.n_layer - 1)
        for place, shape in enumerate([narrow, *[wide, narrow, narrow] * config.n_layer]):
            mask = torch.ones(shape, dtype=torch.bool)
            part = mask[..., 1::3, :] if place > last else mask
            taken, kept = kept[: part.numel()], kept[part.numel() :]
            part.copy_(taken.view(part.shape))
            yield lambda x, mask=mask: x * mask / (1 - config.dropout)
        assert len(kept) == 0


def padded_on_the_left(batch, seed, normaliser, scale):
    """The authors' windows: steps at the end, padding of zero states (before normalisation) and actions of -10."""
    s = torch.zeros_like(batch.observations[seed])
    a = torch.full_like(batch.actions[seed], -10.0)
    R, t = torch.zeros_like(batch.returns_to_go[seed]), torch.zeros_like(batch.timesteps[seed])
    mask = torch.zeros_like(batch.mask[seed])
    for i, known in enumerate(batch.mask[seed].sum(dim=1).int().tolist()):
        s[i, -known:], a[i, -known:] = batch.observations[seed, i, :known], batch.actions[seed, i, :known]
        R[i, -known:], t[i, -known:] = batch.returns_to_go[seed, i, :known], batch.timesteps[seed, i, :known]
        mask[i, -known:] = 1
    return R / scale, normaliser(s), a, t, mask
