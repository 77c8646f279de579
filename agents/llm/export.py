"""Write a trained language model as a folder that transformers, TRL and vLLM load."""

import shutil
from pathlib import Path
from typing import Any

from palaestra.agents.llm.models import Base, quiet
from palaestra.agents.llm.templates import TURN_BEGIN, TURN_END
from palaestra.agents.llm.tiny import PAD
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.data.store import write_atomically

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    f"{TURN_BEGIN}{{{{ message.role }}}}\n{{{{ message.content }}}}{TURN_END}\n"
    "{% endfor %}"
    f"{{% if add_generation_prompt %}}{TURN_BEGIN}assistant\n{{% endif %}}"
)
"""ChatML without tools, as a tiny model is spoken to; newlines after a tag are no part of the text."""
COPIED = ("tokenizer*", "special_tokens_map.json", "chat_template*", "vocab*", "merges.txt", "*.model")
"""Files of a pretrained model's tokenizer."""


def export(network: Any, base: Base, folder: Path) -> None:
    """Write config, weights (safetensors), tokenizer and chat template; adapters are merged into the weights.

    Args:
        network: of ``base.network``, trained, perhaps with adapters; it has none afterwards.
        base: its tokenizer.
        folder: a new one.

    Raises:
        InputError: the folder exists or can't be written.
    """
    if folder.exists():
        raise InputError(f"{folder} already exists; remove it or choose another name")
    merge_adapters(network)
    with write_atomically(folder) as made:
        with quiet():
            network.save_pretrained(made)
        if base.folder is None:
            _save_tokenizer(base.tokenizer, base.context, made)
        else:
            for file in {each for pattern in COPIED for each in Path(base.folder).glob(pattern)}:
                shutil.copy(file, made / file.name)


def merge_adapters(network: Any) -> None:
    """Add a network's adapters (LoRA) to its weights, and take them away."""
    adapted = [(name, each) for name, each in network.named_modules() if hasattr(each, "lora_A")]
    if adapted:
        require("a model with adapters", "peft")
    for name, layer in adapted:
        layer.merge()
        parent, _, leaf = name.rpartition(".")
        setattr(network.get_submodule(parent), leaf, layer.get_base_layer())


def _save_tokenizer(tokenizer: Any, context: int, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
        chat_template=CHAT_TEMPLATE,
        eos_token=TURN_END,
        pad_token=PAD,
    ).save_pretrained(folder)
