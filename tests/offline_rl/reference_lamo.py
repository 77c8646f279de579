"""LaMo for one seed, stated again: GPT-2 by its public interface, LoRA as plain sums on its weights."""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional
from transformers import GPT2LMHeadModel

from tests.offline_rl.reference_dt import embedding, linear, norm


class Residual(nn.Module):
    def __init__(self, ours, seed):
        super().__init__()
        self.fc1, self.fc2 = linear(ours.fc1, seed), linear(ours.fc2, seed)

    def forward(self, x):
        hidden = self.fc1(x)
        return self.fc2(nn.GELU()(hidden)) + hidden


class ReferenceLaMo(nn.Module):
    """One seed with the weights that ``learner`` has now, beside the GPT-2 in a folder; nothing is dropped."""

    def __init__(self, learner, seed, folder):
        super().__init__()
        heads, lora, config = learner.heads, learner.lora, learner.config
        gpt2 = GPT2LMHeadModel.from_pretrained(folder, attn_implementation="eager").to(learner.dtype).eval()
        gpt2.transformer.wpe.weight.data.zero_()
        self.frozen = [gpt2.requires_grad_(False)]  # in a list, so that its weights are not this module's
        self.config, self.scale = config, config.lora_alpha / config.rank
        self.embed_return, self.embed_state, self.embed_action = (
            Residual(ours, seed) for ours in (heads.embed_return, heads.embed_state, heads.embed_action)
        )
        self.time, self.embed_ln = embedding(heads.embed_timestep, seed), norm(heads.embed_ln, seed)
        self.head = nn.Sequential(
            linear(heads.predict_action.fc1, seed), nn.GELU(), linear(heads.predict_action.fc2, seed)
        )
        blocks, rank = range(lora.A.shape[1]), config.rank

        def parameters(tensors):
            return nn.ParameterList([tensor.detach().clone() for tensor in tensors])

        self.A = parameters(lora.A[seed, i, j * rank : (j + 1) * rank] for i in blocks for j in range(3))
        self.B = parameters(lora.B[seed, i, j] for i in blocks for j in range(3))
        self.biases = parameters(lora.bias[seed, i] for i in blocks)
        options = {"lr": config.lr, "weight_decay": config.weight_decay, "eps": 1e-6}
        self.optimiser = torch.optim.AdamW(self.parameters(), **options)
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda n: min((n + 1) / config.warmup_steps, 1)
        )

    def gpt2(self, **inputs):
        (model,) = self.frozen
        weights = {}
        for i, bias in enumerate(self.biases):
            name = f"transformer.h.{i}.attn.c_attn"
            deltas = [(b @ a).T for a, b in zip(self.A[3 * i : 3 * i + 3], self.B[3 * i : 3 * i + 3])]
            weights[f"{name}.weight"] = model.get_parameter(f"{name}.weight") + self.scale * torch.cat(deltas, dim=1)
            weights[f"{name}.bias"] = bias
        return functional_call(model, weights, kwargs={"output_hidden_states": True, **inputs})

    def forward(self, R, s, a, t, mask):
        tokens = [self.embed_return(R.unsqueeze(-1)), self.embed_state(s), self.embed_action(a)]
        x = self.embed_ln(torch.stack(tokens, dim=2).flatten(1, 2)) + self.time(t).repeat_interleave(3, dim=1)
        seen = mask.repeat_interleave(3, dim=1).long()
        return self.head(self.gpt2(inputs_embeds=x, attention_mask=seen).hidden_states[-1][:, 1::3])

    def update(self, R, s, a, t, mask, text=None):
        loss = (self(R, s, a, t, mask)[mask > 0] - a[mask > 0]).square().mean()
        if text is not None:
            logits = self.gpt2(input_ids=text).logits[:, :-1]
            loss = loss + self.config.co_lambda * functional.cross_entropy(logits.flatten(0, 1), text[:, 1:].flatten())
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), self.config.grad_clip)
        self.optimiser.step()
        self.scheduler.step()
