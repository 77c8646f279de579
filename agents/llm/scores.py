"""Log-probabilities of given tokens under a network, with logits at the masked positions only."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from palaestra.agents.llm.transcript import Transcript


def padded(transcripts: Sequence[Transcript], device: torch.device | str) -> tuple[Tensor, Tensor, Tensor]:
    """Ids (int64), mask (bool) and log-probs (float32) of some transcripts, (B, T), padded on the right.

    T is at least 1, also if the context had no room for a prompt and all transcripts are empty.
    """
    longest = max(1, *map(len, transcripts))
    ids = torch.zeros(len(transcripts), longest, dtype=torch.long)
    mask = torch.zeros(len(transcripts), longest, dtype=torch.bool)
    log_probs = torch.zeros(len(transcripts), longest)
    for row, transcript in enumerate(transcripts):
        length = len(transcript)
        ids[row, :length] = torch.tensor(transcript.ids)
        mask[row, :length] = torch.tensor(transcript.mask, dtype=torch.bool)
        log_probs[row, :length] = torch.tensor(transcript.log_probs)
    return ids.to(device), mask.to(device), log_probs.to(device)


def hidden_states(network: Any, ids: Tensor) -> Tensor:
    """The trunk's last hidden states, (B, T, d), of ids (B, T) padded on the right."""
    return network.get_decoder()(input_ids=ids, use_cache=False).last_hidden_state


def token_log_probs(
    network: Any, ids: Tensor, mask: Tensor, temperature: float = 1.0, hidden: Tensor | None = None
) -> Tensor:
    """The log-probability of every masked token given what stands before it, (B, T) float32; 0 where the mask is 0.

    The vocabulary's logits are computed at masked positions only: for 8 rows of 256 tokens and SmolLM2's 49 152 tokens
    all of them would take 0.4 GB, several times in the backward pass.

    Args:
        network: a causal language model of transformers.
        ids: (B, T) int64, padded on the right.
        mask: (B, T) bool; a row's first token can't be masked.
        temperature: of the policy.
        hidden: the trunk's states, if they have been computed already.
    """
    hidden = hidden_states(network, ids) if hidden is None else hidden
    picked = mask[:, 1:]
    logits = network.get_output_embeddings()(hidden[:, :-1][picked]).float() / temperature
    chosen = torch.log_softmax(logits, -1).gather(1, ids[:, 1:][picked][:, None])[:, 0]
    result = torch.zeros(mask.shape, dtype=torch.float32, device=ids.device)
    return torch.cat([result[:, :1], result[:, 1:].masked_scatter(picked, chosen)], 1)
