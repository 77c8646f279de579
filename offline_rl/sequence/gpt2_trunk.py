"""A GPT-2 of Hugging Face's transformers with frozen weights and low-rank adapters (LoRA) by peft."""

import contextlib
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from palaestra.data import store
from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.offline_rl.learner import Component

if TYPE_CHECKING:
    from transformers import GPT2Config, GPT2LMHeadModel


HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
FUSED_ACTIVATIONS = {"gelu_new": "gelu_pytorch_tanh"}
"""Equivalent activations of transformers in one kernel; GPT-2's own makes twenty passes over the widest tensors."""


def load(name: str, dropout: float) -> "GPT2LMHeadModel":
    """A pretrained GPT-2 in float32.

    Args:
        name: a folder that ``save_pretrained`` wrote, or a name on the Hugging Face hub.
        dropout: rate of all dropout layers.

    Raises:
        InputError: there is no such model, or it is not a GPT-2.
    """
    name = _expanded(name)
    if (offline := _is_offline(name)) and not _is_cached(name):
        reason = f"not in the cache of the Hugging Face hub, and {store.hub()} cannot be reached"
        raise InputError(f"--trunk {name}: {reason}; give the folder of a GPT-2, or --trunk random")
    from transformers import AutoConfig, GPT2LMHeadModel  # takes seconds

    options: dict[str, Any] = {"resid_pdrop": dropout, "embd_pdrop": dropout, "attn_pdrop": dropout}
    try:
        config = AutoConfig.from_pretrained(name, local_files_only=offline)
        if config.model_type != "gpt2":
            raise InputError(f"{name}: the trunk must be a GPT-2, this is a {config.model_type}")
        gelu = FUSED_ACTIVATIONS.get(config.activation_function, config.activation_function)
        options |= {"activation_function": gelu, "local_files_only": offline}
        return GPT2LMHeadModel.from_pretrained(name, dtype=torch.float32, **options)
    except (OSError, ValueError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise InputError(f"{name}: no GPT-2 to load ({reason}); give a folder, or --trunk random") from None


def _expanded(name: str) -> str:
    """A folder in the home folder by its full path; other names as they are."""
    return str(Path(name).expanduser()) if name.startswith("~") else name


def _is_offline(name: str) -> bool:
    """Whether a model with a name on the hub can only come from the hub's cache on this machine."""
    return HUB_NAME.fullmatch(name) is not None and not Path(name).exists() and not store.hub_is_reachable()


def _is_cached(name: str) -> bool:
    """Whether the configuration of a model on the hub is in the hub's cache on this machine."""
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(name, "config.json"), str)


def random(layers: int, heads: int, width: int, dropout: float, seed: int) -> "GPT2LMHeadModel":
    """A GPT-2 with random weights and without a vocabulary."""
    from transformers import GPT2Config, GPT2LMHeadModel

    options: dict[str, Any] = {"resid_pdrop": dropout, "embd_pdrop": dropout, "attn_pdrop": dropout}
    options |= {"n_layer": layers, "n_head": heads, "n_embd": width, "vocab_size": 1}
    options["activation_function"] = FUSED_ACTIVATIONS["gelu_new"]
    with seeded(child_seed(seed, "trunk"), torch.device("cpu")):
        return GPT2LMHeadModel(GPT2Config(**options, bos_token_id=0, eos_token_id=0))


def skeleton(config: "GPT2Config") -> "GPT2LMHeadModel":
    """The same model in evaluation mode without allocated weights; ``torch.func.functional_call`` supplies them."""
    from transformers import GPT2LMHeadModel

    with torch.device("meta"):
        return GPT2LMHeadModel(config).eval()


@contextlib.contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Seed PyTorch's global generators, which transformers' dropouts use, and restore their state afterwards."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


class TrunkDropout(Component):
    """The dropouts of transformers' modules, which draw from PyTorch's global generators.

    The host seeds them before every pass, so a learner with them can't be captured in a CUDA graph.
    """

    capturable = False

    def __init__(self, device: torch.device):
        self.device = device

    def seeded(self, seed: int) -> contextlib.AbstractContextManager[None]:
        """See ``seeded``."""
        return seeded(seed, self.device)


def fingerprint(tensors: Iterable[Tensor]) -> int:
    """63 bits of a hash of the tensors' contents."""
    digest = hashlib.blake2b(digest_size=8)
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().numpy().data)
    return int.from_bytes(digest.digest(), "little") >> 1


class LoRA(nn.Module):
    """Low-rank adapters of the query, key and value maps of all blocks, and these maps' biases, for K seeds.

    Attributes:
        A: (K, blocks, 3 rank, width), initially U(-1/sqrt(width), 1/sqrt(width)); for queries, keys and values.
        B: (K, blocks, 3, width, rank), initially zero.
        bias: (K, blocks, 3 width), initially the trunks' biases.
    """

    def __init__(self, trunks: Sequence["GPT2LMHeadModel"], seeds: Sequence[int], rank: int, alpha: float):
        super().__init__()
        self.rank, self.scaling = rank, alpha / rank
        blocks, width = trunks[0].config.n_layer, trunks[0].config.n_embd
        self.A = nn.Parameter(torch.empty(len(seeds), blocks, 3 * rank, width))
        self.B = nn.Parameter(torch.zeros(len(seeds), blocks, 3, width, rank))
        blocks_of: list[Any] = [trunk.transformer.h for trunk in trunks]
        biases = [torch.stack([block.attn.c_attn.bias.detach() for block in each]) for each in blocks_of]
        self.bias = nn.Parameter(torch.stack(biases))
        for k, seed in enumerate(seeds):
            generator = torch.Generator().manual_seed(child_seed(seed, "lora"))
            draw = torch.rand(self.A.shape[1:], generator=generator, dtype=torch.float64)
            self.A.data[k] = (2 * draw - 1) * width**-0.5

    def inject(self, model: "GPT2LMHeadModel", dropout: float) -> None:
        """Freeze a trunk and inject peft's layers for A and B, whose parameters ``beside`` names.

        The authors' loralib has an A and a B of rank r for queries, keys and values each. With peft's single pair of
        rank 3 r for the fused map, this is a block-diagonal B with three blocks.
        """
        from peft import LoraConfig, inject_adapter_in_model

        alpha = 3 * self.rank * self.scaling
        config = LoraConfig(r=3 * self.rank, lora_dropout=dropout, fan_in_fan_out=True, target_modules=["c_attn"])
        config.lora_alpha = alpha  # type: ignore[assignment]  # declared an int, but peft only divides it by r
        inject_adapter_in_model(config, model)
        model.requires_grad_(False).train()

    def beside(self, A: Tensor, B: Tensor, bias: Tensor) -> dict[str, Tensor]:
        """One seed's weights by their parameter names in an injected trunk."""
        weights = {}
        for i in range(len(A)):
            name = f"transformer.h.{i}.attn.c_attn"
            weights[f"{name}.lora_A.default.weight"] = A[i]
            weights[f"{name}.lora_B.default.weight"] = torch.block_diag(*B[i])
            weights[f"{name}.base_layer.bias"] = bias[i]
        return weights

    def merged(self, model: "GPT2LMHeadModel", A: Tensor, B: Tensor, bias: Tensor) -> dict[str, Tensor]:
        """All weights of one seed by the names of a GPT-2 without LoRA, with W + scaling B A for W."""
        names = {name: name.replace("base_layer.", "") for name, _ in model.named_parameters() if "lora_" not in name}
        weights = {names[name]: p.detach() for name, p in model.named_parameters() if name in names}
        for i in range(len(A)):
            name = f"transformer.h.{i}.attn.c_attn"
            weights[f"{name}.weight"] = weights[f"{name}.weight"] + self.scaling * (torch.block_diag(*B[i]) @ A[i]).T
            weights[f"{name}.bias"] = bias[i]
        return weights


def read_blocks(path: str, name: str, length: int, vocabulary: int) -> Tensor:
    """Tokenise a text and split it into blocks, (blocks, length) int32; an incomplete last block is left out.

    Args:
        path: a text file, UTF-8.
        name: folder or name of the tokeniser's model, as for ``load``.
        length: tokens in a block.
        vocabulary: size of the model's vocabulary.

    Raises:
        InputError: no such file or tokeniser, too little text, or tokens outside the vocabulary.
    """
    from transformers import AutoTokenizer

    name = _expanded(name)
    try:
        lines = Path(path).expanduser().read_text(encoding="utf-8").splitlines(keepends=True)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as text ({getattr(error, 'strerror', None) or error})") from None
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=_is_offline(name))
    except (OSError, ValueError):
        raise InputError(f"{name}: has no tokeniser, which --language-text needs") from None
    parts = [np.zeros(0, np.int32)]
    for first in range(0, len(lines), 10_000):
        lists = tokenizer(lines[first : first + 10_000], add_special_tokens=False, verbose=False)["input_ids"]
        parts.append(np.concatenate([np.asarray(ids, np.int32) for ids in lists]))
    tokens = np.concatenate(parts)
    if len(tokens) == 0 and any(line.strip() for line in lines):
        raise InputError(f"{name}: its tokeniser makes no tokens of {path}; the trunk may not have a tokeniser")
    if len(tokens) < length:
        raise InputError(f"{path}: {len(tokens)} tokens don't fill a block of {length}; see --language-block")
    if tokens.max() >= vocabulary:
        raise InputError(f"{name}: the tokeniser gives token {tokens.max()}, the model has {vocabulary} tokens")
    count = len(tokens) // length
    return torch.from_numpy(tokens[: count * length].reshape(count, length))
