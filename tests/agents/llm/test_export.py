"""A trained model as a folder: transformers loads it, and it says the same."""

import pytest
import torch

from palaestra.agents.llm import tiny
from palaestra.agents.llm.export import export
from palaestra.agents.llm.models import base_of, tiny_base
from palaestra.agents.llm.templates import ChatML
from palaestra.agents.training.language.learner import with_adapters
from palaestra.data.errors import InputError

CHAT = [{"role": "system", "content": "Do sums."}, {"role": "user", "content": "What is 12 + 30?"}]


@pytest.mark.parametrize("rank", [0, 4])
def test_an_exported_model_is_loaded_again_with_the_same_logits_and_chat(rank, tmp_path, capfd):
    from transformers import AutoTokenizer

    base = tiny_base(["What is 12 + 30?", "Do sums.", "user\n", "assistant\n"] * 5, width=32, layers=1, heads=1)
    network = base.network(seed=1)
    if rank:
        network = with_adapters(network, rank, seed=2)
        with torch.no_grad():
            for name, each in network.named_parameters():
                if "lora_B" in name:
                    each.normal_()
    ids = ChatML(base.tokenizer, "none").start(CHAT)
    with torch.no_grad():
        expected = network(torch.tensor([ids])).logits
    export(network, base, tmp_path / "model")
    again = base_of(f"hf:{tmp_path / 'model'}")
    with torch.no_grad():
        torch.testing.assert_close(again.network(seed=0)(torch.tensor([ids])).logits, expected, rtol=1e-4, atol=1e-4)
    assert capfd.readouterr().err == ""
    assert again.template("none", "hermes").start(CHAT) == ids
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    assert tokenizer.apply_chat_template(CHAT, add_generation_prompt=True, return_dict=False) == ids
    assert (tokenizer.eos_token, tokenizer.pad_token) == ("<|im_end|>", tiny.PAD)
    with pytest.raises(InputError, match="already exists"):
        export(network, base, tmp_path / "model")
