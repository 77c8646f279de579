"""A small causal language model from scratch, and a tokenizer trained on what is said in some environments."""

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palaestra.agents.llm.templates import TURN_BEGIN, TURN_END

if TYPE_CHECKING:
    from tokenizers import Tokenizer

PAD = "<|endoftext|>"
MARKERS = ("<tool_call>", "</tool_call>")
"""Further single tokens; unlike the control tokens, they are read in every text."""
VOCABULARY = 1024
LONGEST_TOKEN = 24
"""Characters of the longest token."""
CONTEXT = 2048


def train_tokenizer(texts: Iterable[str], vocabulary: int = VOCABULARY) -> "Tokenizer":
    """A byte-level BPE of at most ``vocabulary`` tokens: every digit a token, none across a template's marker.

    Words are not split before merging, so that a call's fixed parts become few tokens.

    Args:
        texts: to train on; markers and control tokens in them are left out.
        vocabulary: maximal number of tokens, at least 300.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    digits, bytes_ = pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([digits, bytes_])
    tokenizer.decoder = decoders.ByteLevel()
    special = [PAD, TURN_BEGIN, TURN_END]
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(MARKERS),
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=LONGEST_TOKEN,
        show_progress=False,
    )
    tokenizer.train_from_iterator(_without_marks(texts, [*special, *MARKERS]), trainer)
    tokenizer.add_tokens([AddedToken(marker, normalized=False) for marker in MARKERS])
    return tokenizer


def _without_marks(texts: Iterable[str], marks: Sequence[str]) -> Iterator[str]:
    """The parts of texts between markers."""
    for text in texts:
        for mark in marks:
            text = text.replace(mark, "\0")
        yield from (part for part in text.split("\0") if part)


def config(vocabulary: int, width: int, layers: int, heads: int) -> dict[str, Any]:
    """The settings of a Llama of ``width``, as transformers' ``LlamaConfig`` takes them.

    Weights begin with a standard deviation of 1/sqrt(width), which keeps the size of what passes through a layer; the
    usual 0.02 is for wide networks, and a narrow one learns several times slower from it.
    """
    return {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "intermediate_size": -(-width * 8 // 3 // 32) * 32,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": heads,
        "max_position_embeddings": CONTEXT,
        "initializer_range": round(width**-0.5, 4),
        "tie_word_embeddings": True,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": 2,
    }


def network(settings: dict[str, Any], seed: int) -> Any:
    """A ``LlamaForCausalLM`` with random weights; torch's global generator is left as it was."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LlamaForCausalLM(LlamaConfig(**settings)).eval()


def save(folder: Path, tokenizer: "Tokenizer", settings: dict[str, Any]) -> None:
    """Write the tokenizer and the network's settings; weights are in checkpoints."""
    folder.mkdir()
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "config.json").write_text(json.dumps(settings, indent=1))
