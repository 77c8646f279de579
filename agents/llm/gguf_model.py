"""Convert a GGUF file of llama architecture to a model folder in Hugging Face's format.

The weights are written as float32. A block of Q4_1 holds ``d * q + m`` with half-precision ``d`` and ``m``: rounding
such values to bfloat16 (8 significant bits) or float16 (11) would add an error to that of the quantisation, and
float32 adds none. The price is size: 538 MB for SmolLM2-135M instead of 269. In bfloat16, 82% of its weights would
change and the log-probabilities of a text by 0.009 a token on average (at most 0.1); in float16, 48% and 0.002 (0.015).

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. llama.cpp's converter stores the rows of the
query and key projections in the order of Meta's rotary embedding, in which the two components that are rotated together
are neighbours; Hugging Face's Llama has all first components of a head before all second ones.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from palaestra.data import models
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.data.paths import check_regular
from palaestra.data.store import no_space

if TYPE_CHECKING:
    import numpy as np
    from gguf import GGUFReader
    from tokenizers import Tokenizer
NEEDED = ("gguf", "tokenizers", "transformers")
"""Optional packages that the conversion imports."""
EMBEDDING = "model.embed_tokens.weight"
HEAD = "lm_head.weight"
OUTSIDE = {"token_embd.weight": EMBEDDING, "output_norm.weight": "model.norm.weight", "output.weight": HEAD}
"""Tensors outside the layers: GGUF's name -> Hugging Face's."""
PARTS = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
"""Parts of a layer: GGUF's name -> Hugging Face's."""
SIZES = {
    "vocab_size": "vocab_size",
    "hidden_size": "embedding_length",
    "intermediate_size": "feed_forward_length",
    "num_hidden_layers": "block_count",
    "num_attention_heads": "attention.head_count",
    "num_key_value_heads": "attention.head_count_kv",
    "max_position_embeddings": "context_length",
}
"""Positive integers of the configuration: Hugging Face's name -> GGUF's."""
CONTROL, USER_DEFINED = 3, 4  # types of tokens that text is split at before the merges
ROLES = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
"""Roles of special tokens: Hugging Face's name -> GGUF's."""


def convert(file: Path, folder: Path, about: Mapping[str, str]) -> None:
    """Write the model in a GGUF file as a folder that transformers and tokenizers read.

    The folder gets ``config.json``, ``model.safetensors`` (float32), ``tokenizer.json``, ``tokenizer_config.json``,
    ``chat_template.jinja`` if the file has a chat template, and ``palaestra.json``.

    Args:
        file: GGUF of llama architecture with SmolLM's tokeniser; tensors of any type that gguf can dequantise.
        folder: created if it is missing.
        about: content of ``palaestra.json``: name, source, sha256, licence.

    Raises:
        InputError: not a GGUF file, another architecture or tokeniser, a quantisation that cannot be read, tensors that
            don't fit the metadata, or no space on the disk.
    """
    require("the conversion of a model", *NEEDED)
    from transformers import LlamaConfig

    source = _open(file)
    tensors = _tensors(source)
    config = _config(source, tied=_drop_copied_head(tensors))
    _check_shapes(source, tensors, config)
    _undo_permutation(tensors, config)
    tokenizer = _tokenizer(source)
    folder.mkdir(parents=True, exist_ok=True)
    LlamaConfig(**config).save_pretrained(folder)
    _save_tensors(tensors, folder / "model.safetensors")
    _save_tokenizer(source, tokenizer, folder)
    (folder / models.ABOUT).write_text(json.dumps(dict(about), indent=1) + "\n")


def smollm2_folder() -> Path:
    """Folder of SmolLM2-135M-Instruct in the data folder, for ``from_pretrained``.

    Raises:
        InputError: it isn't there; the message says to run ``palaestra models get smollm2``.
    """
    return models.folder("smollm2")


@dataclass(frozen=True)
class _Source:
    """An open GGUF file."""

    path: Path
    reader: "GGUFReader"

    def error(self, message: str) -> InputError:
        return InputError(f"{self.path}: {message}")

    def value(self, key: str, kind: type, default: Any = None) -> Any:
        """An entry of the metadata, of type ``kind``."""
        field = self.reader.get_field(key)
        value = default if field is None else field.contents()
        if not isinstance(value, kind):
            raise self.error(f"{key} is {'missing' if value is None else f'not of type {kind.__name__}'}")
        return value


def _open(path: Path) -> _Source:
    from gguf import GGUFReader

    check_regular(path)
    try:
        source = _Source(path, GGUFReader(path))
    except (FileNotFoundError, IsADirectoryError):
        raise InputError(f"{path}: no such file") from None
    except (ValueError, IndexError, KeyError, OverflowError) as error:  # also a type of tensors unknown to gguf
        raise InputError(f"{path}: not a GGUF file that can be read ({error})") from None
    architecture = source.value("general.architecture", str)
    if architecture != "llama":
        raise source.error(f"a model of architecture {architecture}; only llama can be converted")
    if source.reader.byte_order != "I":
        raise source.error("written for machines of the other byte order")
    return source


def _tensors(source: _Source) -> "dict[str, np.ndarray]":
    """The dequantised tensors, float32, under Hugging Face's names."""
    import numpy as np
    from gguf.quants import dequantize

    tensors = {}
    for tensor in source.reader.tensors:
        try:
            values = dequantize(tensor.data, tensor.tensor_type)
        except NotImplementedError:
            kind = tensor.tensor_type.name
            raise source.error(f"{tensor.name} is of type {kind}, which the gguf package cannot dequantise") from None
        tensors[_name(source, tensor.name)] = np.asarray(values, dtype=np.float32)
    return tensors


def _name(source: _Source, name: str) -> str:
    """A tensor's name in Hugging Face's format."""
    if name in OUTSIDE:
        return OUTSIDE[name]
    in_layer = re.fullmatch(r"blk\.(\d+)\.(\w+)\.weight", name)
    if in_layer is None or in_layer[2] not in PARTS:
        raise source.error(f"{name} is not a tensor of a Llama model without biases, experts and scaled rotations")
    return f"model.layers.{in_layer[1]}.{PARTS[in_layer[2]]}.weight"


def _drop_copied_head(tensors: "dict[str, np.ndarray]") -> bool:
    """Whether the output layer is the embedding: it is missing, or a copy, which is removed."""
    import numpy as np

    if HEAD in tensors and EMBEDDING in tensors and np.array_equal(tensors[HEAD], tensors[EMBEDDING]):
        del tensors[HEAD]
    return HEAD not in tensors


def _config(source: _Source, tied: bool) -> dict[str, Any]:
    """The arguments of ``LlamaConfig``."""
    tokens = source.value("tokenizer.ggml.tokens", list)
    defaults = {
        "vocab_size": len(tokens),
        "num_key_value_heads": source.value("llama.attention.head_count", int),
    }
    sizes = {name: source.value(f"llama.{key}", int, defaults.get(name)) for name, key in SIZES.items()}
    hidden, heads, groups = (sizes[name] for name in ("hidden_size", "num_attention_heads", "num_key_value_heads"))
    if min(sizes.values()) < 1 or hidden % heads or heads % groups or sizes["vocab_size"] != len(tokens):
        raise source.error(f"sizes that don't fit together: {sizes}, {len(tokens)} tokens")
    head = source.value("llama.attention.key_length", int, hidden // heads)
    if source.value("llama.rope.dimension_count", int, head) != head:
        raise source.error("a rotary embedding of a part of each head, which transformers' Llama doesn't have")
    if (scaling := source.value("llama.rope.scaling.type", str, "none")) != "none":
        raise source.error(f"a rotary embedding with {scaling} scaling, which cannot be converted")
    return {
        **sizes,
        "head_dim": head,
        "rms_norm_eps": source.value("llama.attention.layer_norm_rms_epsilon", float),
        "rope_parameters": {
            "rope_type": "default",
            "rope_theta": source.value("llama.rope.freq_base", float, 10_000.0),
        },
        "tie_word_embeddings": tied,
        "architectures": ["LlamaForCausalLM"],
        "dtype": "float32",
        **{f"{role}_token_id": id for role, id in _special_ids(source).items() if role != "unk"},
    }


def _special_ids(source: _Source) -> dict[str, int]:
    """Hugging Face's name of a role -> id of the token."""
    ids = {role: source.value(f"tokenizer.ggml.{key}_token_id", int, -1) for role, key in ROLES.items()}
    if max(ids.values()) >= len(source.value("tokenizer.ggml.tokens", list)):
        raise source.error(f"ids of special tokens that don't exist: {ids}")
    return {role: id for role, id in ids.items() if id >= 0}


def _check_shapes(source: _Source, tensors: "dict[str, np.ndarray]", config: dict[str, Any]) -> None:
    """Raise an ``InputError`` unless there are exactly the tensors of such a model."""
    hidden, middle, vocabulary = (config[key] for key in ("hidden_size", "intermediate_size", "vocab_size"))
    queries, keys = (config[key] * config["head_dim"] for key in ("num_attention_heads", "num_key_value_heads"))
    layer = {
        "input_layernorm": (hidden,),
        "self_attn.q_proj": (queries, hidden),
        "self_attn.k_proj": (keys, hidden),
        "self_attn.v_proj": (keys, hidden),
        "self_attn.o_proj": (hidden, queries),
        "post_attention_layernorm": (hidden,),
        "mlp.gate_proj": (middle, hidden),
        "mlp.up_proj": (middle, hidden),
        "mlp.down_proj": (hidden, middle),
    }
    shapes: dict[str, tuple[int, ...]] = {EMBEDDING: (vocabulary, hidden), "model.norm.weight": (hidden,)}
    if not config["tie_word_embeddings"]:
        shapes[HEAD] = (vocabulary, hidden)
    for number in range(config["num_hidden_layers"]):
        shapes |= {f"model.layers.{number}.{part}.weight": shape for part, shape in layer.items()}
    for name in shapes.keys() | tensors.keys():
        present = tensors[name].shape if name in tensors else "missing"
        if present != shapes.get(name):
            raise source.error(f"{name} is {present}; by the metadata it should be {shapes.get(name, 'missing')}")


def _undo_permutation(tensors: "dict[str, np.ndarray]", config: dict[str, Any]) -> None:
    """Reorder the rows of the query and key projections, in place of the tensors, to Hugging Face's order."""
    import numpy as np

    for number in range(config["num_hidden_layers"]):
        for part, heads in (("q", config["num_attention_heads"]), ("k", config["num_key_value_heads"])):
            name = f"model.layers.{number}.self_attn.{part}_proj.weight"
            pairs = tensors[name].reshape(heads, config["head_dim"] // 2, 2, config["hidden_size"])
            tensors[name] = np.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(tensors[name].shape)


def _save_tensors(tensors: "dict[str, np.ndarray]", path: Path) -> None:
    from safetensors import SafetensorError
    from safetensors.numpy import save_file

    try:
        save_file(tensors, path, metadata={"format": "pt"})
    except SafetensorError as error:
        if "os error 28" in str(error):  # the only trace of ENOSPC
            raise no_space(path) from None
        raise
    path.chmod((path.parent / "config.json").stat().st_mode)  # safetensors lets only the owner read its files


def _tokenizer(source: _Source) -> "Tokenizer":
    """Byte-level BPE that takes digits one by one, as SmolLM's original."""
    from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
    from tokenizers.models import BPE

    kind = source.value("tokenizer.ggml.model", str), source.value("tokenizer.ggml.pre", str)
    if kind != ("gpt2", "smollm") or source.value("tokenizer.ggml.add_bos_token", bool, False):
        raise source.error(f"a tokeniser of kind {'/'.join(kind)}; only gpt2/smollm without added BOS can be converted")
    tokens, types = (source.value(f"tokenizer.ggml.{key}", list) for key in ("tokens", "token_type"))
    merges = [tuple(merge.split(" ")) for merge in source.value("tokenizer.ggml.merges", list)]
    vocabulary = {token: id for id, token in enumerate(tokens)}
    if len(vocabulary) != len(tokens) or len(types) != len(tokens) or max(map(len, merges), default=2) != 2:
        raise source.error("tokens that aren't unique, or token types or merges that don't fit them")
    try:
        tokenizer = Tokenizer(BPE(vocabulary, merges))
    except Exception as error:  # tokenizers raises no narrower class for a merge of an unknown token
        raise source.error(f"merges that don't fit the tokens ({error})") from None
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    kinds = dict(zip(tokens, types))
    added = [token for token in tokens if kinds[token] in (CONTROL, USER_DEFINED)]
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=kinds[token] == CONTROL) for token in added])
    return tokenizer


def _save_tokenizer(source: _Source, tokenizer: "Tokenizer", folder: Path) -> None:
    """Write the tokeniser's files, with the roles of special tokens and the chat template."""
    from transformers import PreTrainedTokenizerFast

    tokens = source.value("tokenizer.ggml.tokens", list)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=source.value("llama.context_length", int),
        clean_up_tokenization_spaces=False,
        chat_template=source.value("tokenizer.chat_template", str, "") or None,
        **{f"{role}_token": tokens[id] for role, id in _special_ids(source).items()},
    ).save_pretrained(folder)
