"""Generation for many conversations at once, each of its own length, with one forward per step for all of them.

The rows of a batch share a cache of keys and values. A row that has nothing to add in a step (it was given fewer
tokens than another, or its turn has ended) leaves a hole in its cache, which no query attends to; positions count
real tokens only. So nothing is padded within a conversation, and log-probabilities come from the forwards that
sampled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from palaestra.agents.llm.grammar import forbid
from palaestra.data.extras import require

require("a language model", "transformers", "tokenizers")
from transformers import Cache  # noqa: E402
from transformers.cache_utils import DynamicLayer  # noqa: E402

SPARE = 64
"""Further slots that a cache allocates when it is full, at least."""
SHARED = 16
"""Tokens of a common beginning from which on it pays to compute it once."""


class GrowingLayer(DynamicLayer):
    """Keys and values of one layer, (rows, heads, slots, d), written in place into spare slots."""

    keys: Tensor
    values: Tensor

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        """Append keys and values; returns all of them."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
            self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
            self._keys, self._values = self.keys, self.values
        used, total = self.keys.shape[2], self.keys.shape[2] + key_states.shape[2]
        if total > self._keys.shape[2]:
            self._grow(key_states, total + max(SPARE, total // 2))
        self._keys[:, :, used:total], self._values[:, :, used:total] = key_states, value_states
        self.keys, self.values = self._keys[:, :, :total], self._values[:, :, :total]
        return self.keys, self.values

    def _grow(self, like: Tensor, slots: int) -> None:
        rows, heads, _, width = like.shape
        for name, old in (("_keys", self.keys), ("_values", self.values)):
            new = like.new_zeros(rows, heads, slots, width)
            new[:, :, : old.shape[2]] = old
            setattr(self, name, new)

    def take(self, keys: Tensor, values: Tensor) -> None:
        """Replace the content."""
        self.is_initialized = True
        self.dtype, self.device = keys.dtype, keys.device
        self.keys = self._keys = keys
        self.values = self._values = values


@dataclass
class Conversations:
    """The cached past of several rows.

    Attributes:
        layers: one per layer of the network.
        real: (rows, slots) bool, the slots that hold a token; the others are holes.
    """

    layers: list[GrowingLayer]
    real: Tensor

    @property
    def lengths(self) -> Tensor:
        """(rows,) number of tokens."""
        return self.real.sum(1)

    def select(self, rows: Tensor) -> "Conversations":
        """Some of the rows, without the slots in which none of them has a token.

        Args:
            rows: (n,) indices; one may occur several times.
        """
        real = self.real[rows]
        used = real.any(0).nonzero()[:, 0]
        layers = [GrowingLayer() for _ in self.layers]
        for new, old in zip(layers, self.layers):
            if old.is_initialized:
                new.take(old.keys[rows][:, :, used], old.values[rows][:, :, used])
        return Conversations(layers, real[:, used])


def merged(parts: Sequence[Conversations]) -> Conversations:
    """Several groups of rows, one after the other; the shorter ones get holes at the beginning."""
    parts = [part for part in parts if len(part.real)]
    if len(parts) == 1:
        return parts[0]
    slots = max(part.real.shape[1] for part in parts)
    real = torch.cat([_padded(part.real[:, None, :, None], slots)[:, 0, :, 0] for part in parts])
    filled = [part.layers for part in parts if part.real.shape[1]]
    layers = [GrowingLayer() for _ in parts[0].layers]
    for number, layer in enumerate(layers):
        if not filled:
            break
        like = filled[0][number]
        for_rows = [part.layers[number] for part in parts]
        empty = [len(part.real) for part in parts]
        keys, values = (
            torch.cat([_padded(_content(each, name, like, rows), slots) for each, rows in zip(for_rows, empty)])
            for name in ("keys", "values")
        )
        layer.take(keys, values)
    return Conversations(layers, real)


def _content(layer: Any, name: str, like: Any, rows: int) -> Tensor:
    if layer.is_initialized:
        return getattr(layer, name)
    shape = like.keys.shape
    return like.keys.new_zeros(rows, shape[1], 0, shape[3])


def _padded(content: Tensor, slots: int) -> Tensor:
    """(rows, heads, n, d) with zeros in front, to ``slots``."""
    missing = slots - content.shape[2]
    return torch.nn.functional.pad(content, (0, 0, missing, 0)) if missing else content


class Generator:
    """Extends conversations of one network.

    Args:
        network: a causal language model of transformers.
        end: the token that ends a turn.
        temperature: log-probabilities are those of the distribution that was sampled, at this temperature.
    """

    def __init__(self, network: Any, end: int, temperature: float = 1.0):
        self.network, self.end, self.temperature = network, end, temperature
        self._trunk, self._head = network.get_decoder(), network.get_output_embeddings()
        self._layers: int = network.config.num_hidden_layers

    @property
    def device(self) -> torch.device:
        """Of the network."""
        return self._head.weight.device

    @property
    def vocabulary(self) -> int:
        """Number of logits."""
        return self._head.weight.shape[0]

    def empty(self, rows: int) -> Conversations:
        """Conversations without a token."""
        layers = [GrowingLayer() for _ in range(self._layers)]
        return Conversations(layers, torch.zeros(rows, 0, dtype=torch.bool, device=self.device))

    @torch.no_grad()
    def speak(
        self,
        past: Conversations,
        given: Sequence[Sequence[int]],
        uniforms: np.ndarray | None,
        allowed: Sequence[int],
        matchers: Sequence[Any] | None = None,
    ) -> tuple[Conversations, list[list[int]], list[list[float]]]:
        """Give every row its tokens, then let it speak until it ends its turn.

        Args:
            past: the rows.
            given: tokens that each row is given first, at least one.
            uniforms: (rows, at least max(allowed)) in [0, 1), one number per sampled token; None speaks greedily.
            allowed: maximal number of tokens of each row's turn, at least 1.
            matchers: of a grammar, one per row or None, see ``palaestra.agents.llm.grammar``.

        Returns:
            The rows with all these tokens but each one's last, which the next call must give first; the turns'
            tokens; their log-probabilities.
        """
        hidden, past = self._prefill(past, given)
        order = torch.arange(len(given), device=self.device)
        said: list[list[int]] = [[] for _ in given]
        log_probs: list[list[float]] = [[] for _ in given]
        limits = torch.tensor(list(allowed), device=self.device)
        draws = None if uniforms is None else torch.from_numpy(np.asarray(uniforms, np.float32)).to(self.device)
        talking = torch.ones(len(given), dtype=torch.bool, device=self.device)
        aside: list[tuple[Tensor, Conversations]] = []
        step = 0
        while True:
            rows, flags = order.tolist(), talking.tolist()
            masks = None if matchers is None else [matchers[row] for row in rows]
            tokens, chosen = self._chosen(hidden, None if draws is None else draws[order, step], masks)
            for row, talks, token, value in zip(rows, flags, tokens.tolist(), chosen.tolist()):
                if talks:
                    said[row].append(token)
                    log_probs[row].append(value)
                    if matchers is not None and matchers[row] is not None:
                        matchers[row].accept_token(token)
            step += 1
            talking = talking & (tokens != self.end) & (step < limits[order])
            count = int(talking.sum())
            if count == 0:
                aside.append((order, past))
                break
            if 2 * count <= len(order):  # fewer copies than dropping each row as it ends
                done = (~talking).nonzero()[:, 0]
                aside.append((order[done], past.select(done)))
                kept = talking.nonzero()[:, 0]
                past, order, tokens, talking = past.select(kept), order[kept], tokens[kept], talking[kept]
            hidden = self._forward(past, tokens[:, None], talking[:, None])
        rows_of = torch.cat([each for each, _ in aside])
        return merged([part for _, part in aside]).select(torch.argsort(rows_of)), said, log_probs

    def _prefill(self, past: Conversations, given: Sequence[Sequence[int]]) -> tuple[Tensor, Conversations]:
        """Give tokens to all rows; returns the last hidden states (rows, d)."""
        common = _common(given) if not past.real.any() and len(given) > 1 else 0
        if common >= SHARED:
            single = self.empty(1)
            beginning = torch.tensor([list(given[0][:common])], device=self.device)
            self._forward(single, beginning, torch.ones_like(beginning, dtype=torch.bool))
            past = single.select(torch.zeros(len(given), dtype=torch.long, device=self.device))
            given = [row[common:] for row in given]
        width = max(map(len, given))
        ids = torch.tensor([[0] * (width - len(row)) + list(row) for row in given], device=self.device)
        real = torch.tensor([[False] * (width - len(row)) + [True] * len(row) for row in given], device=self.device)
        return self._forward(past, ids, real), past

    def _forward(self, past: Conversations, ids: Tensor, real: Tensor) -> Tensor:
        """Append tokens (rows, n) to ``past``; returns the hidden states of the last ones, (rows, d)."""
        new = ids.shape[1]
        old = past.real.shape[1]
        positions = (past.lengths[:, None] + real.cumsum(1) - 1).clamp(min=0)
        past.real = torch.cat([past.real, real], 1)
        causal = torch.ones(new, old + new, dtype=torch.bool, device=ids.device).tril(old)
        # Every query sees itself, those in holes too: a softmax over nothing would be NaN.
        itself = torch.zeros_like(causal)
        itself[torch.arange(new), old + torch.arange(new)] = True
        visible = (past.real[:, None, None, :] & causal) | itself
        cache = Cache(layers=list(past.layers))
        output = self._trunk(
            input_ids=ids, attention_mask=visible, position_ids=positions, past_key_values=cache, use_cache=True
        )
        return output.last_hidden_state[:, -1]

    def _chosen(self, hidden: Tensor, uniforms: Tensor | None, matchers: Sequence[Any] | None) -> tuple[Tensor, Tensor]:
        """The next tokens (rows,) and their log-probabilities, by inverting the distribution function."""
        logits = self._head(hidden).float()
        if matchers is not None:
            forbid(logits, matchers)
        log_probs = torch.log_softmax(logits / self.temperature, -1)
        if uniforms is None:
            tokens = log_probs.argmax(-1)
        else:
            cumulative = log_probs.exp().cumsum(-1)
            # Scaled, since the float32 sum isn't exactly 1: no token without probability is ever chosen.
            tokens = torch.searchsorted(cumulative, (uniforms[:, None] * cumulative[:, -1:]), right=True)[:, 0]
            tokens = tokens.clamp(max=log_probs.shape[1] - 1)
        return tokens, log_probs.gather(1, tokens[:, None])[:, 0]


def _common(rows: Sequence[Sequence[int]]) -> int:
    """Length of the common beginning, at least one token shorter than the shortest row."""
    shortest = min(map(len, rows)) - 1
    first, last = min(map(tuple, rows)), max(map(tuple, rows))  # whatever these two share, all share
    return next((at for at in range(shortest) if first[at] != last[at]), shortest)
