"""The language models that ``--model`` names.

=============== ==============================================================================================
``tiny``        a Llama of 0.1 to 4 million parameters from scratch, with a tokenizer made for the environments
``smollm2``     SmolLM2-135M-Instruct, from ``palaestra models get smollm2``
``hf:PATH``     a folder or an id of the Hugging Face hub
=============== ==============================================================================================
"""

import contextlib
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from palaestra.agents.llm import tiny
from palaestra.agents.llm.templates import TURN_BEGIN, ChatML, HubTemplate, ShownTools, Template, joins
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.data.results.run import Run

Precision = Literal["float32", "bfloat16"]
TINY = "tiny"


@dataclass(frozen=True)
class Base:
    """A tokenizer, and the weights that training starts from.

    Attributes:
        name: as ``--model`` names it.
        tokenizer: of the tokenizers package.
        settings: of a tiny network; None for pretrained weights.
        folder: of pretrained weights; None for a tiny network.
        hash: SHA-256 of the tokenizer and the settings, or of the pretrained files.
    """

    name: str
    tokenizer: Any
    settings: dict[str, Any] | None
    folder: str | None
    hash: str

    def network(self, seed: int, precision: Precision = "float32") -> Any:
        """The network on the CPU; a tiny one has random weights of the seed.

        Raises:
            InputError: the folder's files are damaged, or no causal language model of this tokenizer.
        """
        import torch

        kind = getattr(torch, precision)
        if self.settings is not None:
            return tiny.network(self.settings, seed).to(kind)
        from transformers import AutoModelForCausalLM

        with _readable(self.name), quiet():
            network = AutoModelForCausalLM.from_pretrained(self.folder or "", dtype=kind).eval()
        rows = len(network.get_input_embeddings().weight)
        if rows < self.tokenizer.get_vocab_size():
            tokens = self.tokenizer.get_vocab_size()
            raise InputError(f"{self.name}: its tokenizer has {tokens} tokens, its weights have {rows}")
        return network

    def template(self, tools: ShownTools, codec: str) -> Template:
        """The template that renders its chats."""
        is_chatml = self.tokenizer.token_to_id(TURN_BEGIN) is not None and joins(self.tokenizer)
        if self.name.startswith("hf:") and not is_chatml:
            from transformers import AutoTokenizer

            with _readable(self.name):
                tokenizer = AutoTokenizer.from_pretrained(self.folder)
            return HubTemplate(tokenizer, self.name)
        return ChatML(self.tokenizer, tools, codec)

    @property
    def context(self) -> int:
        """Maximal number of tokens of a transcript."""
        if self.settings is not None:
            return self.settings["max_position_embeddings"]
        config = json.loads((Path(self.folder or "") / "config.json").read_text())
        return int(config.get("max_position_embeddings", 2048))


def base_of(name: str) -> Base:
    """Pretrained weights by their name.

    Raises:
        InputError: there is no such model, or it isn't there.
    """
    require("a language model", "transformers", "tokenizers")
    if name == "smollm2":
        from palaestra.agents.llm.gguf_model import smollm2_folder

        return _pretrained(name, smollm2_folder())
    if name.startswith("hf:"):
        return _pretrained(name, _hub_folder(name.partition(":")[2]))
    raise InputError(f"{name}: no such model; there are tiny, smollm2 and hf:PATH_OR_ID")


def saved_base(run: Run) -> Base:
    """The model of a run.

    Raises:
        InputError: it isn't there, or it has changed.
    """
    about = run.config["model"]
    base = saved_tiny(run.path / "model") if about["name"] == TINY else base_of(about["name"])
    if base.hash != about["hash"]:
        raise InputError(f"{run.path}: its model {about['name']} has changed since (hash {base.hash[:12]})")
    return base


def _hub_folder(where: str) -> Path:
    """A folder of weights: a path, or the hub's copy of an id."""
    if Path(where).is_dir():
        return Path(where)
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(where, allow_patterns=["*.json", "*.safetensors", "*.model", "*.jinja"]))
    except Exception as error:  # the hub's many errors
        reason = str(error).strip().partition("\n")[0]
        raise InputError(f"hf:{where}: is no folder, and the hub doesn't give it ({reason})") from None


def _pretrained(name: str, folder: Path) -> Base:
    from tokenizers import Tokenizer

    missing = [each for each in ("config.json", "tokenizer.json") if not (folder / each).exists()]
    weights = sorted(folder.glob("*.safetensors"))
    if missing or not weights:
        raise InputError(f"{name}: {folder} has no {missing[0] if missing else 'safetensors'}")
    digest = hashlib.sha256()
    for file in [folder / "config.json", folder / "tokenizer.json", *weights]:
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    with _readable(name):
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        int(json.loads((folder / "config.json").read_text()).get("max_position_embeddings", 0))
    return Base(name, tokenizer, None, str(folder), digest.hexdigest())


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the progress bars that transformers shows wherever stderr goes."""
    from transformers.utils import logging

    shows = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shows:
            logging.enable_progress_bar()


@contextlib.contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turn whatever the libraries raise for files that they can't read into one line."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # tokenizers raises plain Exceptions, transformers dozens of kinds
        reason = str(error).strip().partition("\n")[0] or type(error).__name__
        raise InputError(f"{name}: can't be read as a causal language model ({reason})") from None


def tiny_base(texts: Iterable[str], width: int, layers: int, heads: int) -> Base:
    """A tiny network with a tokenizer trained on texts."""
    require("a language model", "transformers", "tokenizers")
    tokenizer = tiny.train_tokenizer(texts)
    return _tiny(tokenizer, tiny.config(tokenizer.get_vocab_size(), width, layers, heads))


def saved_tiny(folder: Path) -> Base:
    """The tiny network that a run saved.

    Raises:
        InputError: the folder's files are missing or damaged.
    """
    require("a language model", "transformers", "tokenizers")
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return _tiny(tokenizer, json.loads((folder / "config.json").read_text()))
    except Exception as error:  # tokenizers raises plain Exceptions
        raise InputError(f"{folder}: is no model that a run saved ({error})") from None


def _tiny(tokenizer: Any, settings: dict[str, Any]) -> Base:
    described = tokenizer.to_str() + json.dumps(settings, sort_keys=True)
    return Base(TINY, tokenizer, settings, None, hashlib.sha256(described.encode()).hexdigest())
