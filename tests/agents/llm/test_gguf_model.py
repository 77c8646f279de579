import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType, GGUFWriter
from gguf.quants import dequantize, quantize
from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM

from palaestra.agents.llm import gguf_model
from palaestra.agents.llm.gguf_model import convert, smollm2_folder
from palaestra.data.errors import InputError

F32, Q8_0, Q4_1 = (GGMLQuantizationType[name] for name in ("F32", "Q8_0", "Q4_1"))
LAYERS, WIDTH, HEADS, GROUPS, MIDDLE = 2, 32, 4, 2, 64
CONTROL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
MERGES = ["Ġ Ġ", "h e", "l l", "he ll", "hell o", "Ġ hello", "1 2"]
TOKENS = [*CONTROL, *sorted(ByteLevel.alphabet()), *(merge.replace(" ", "") for merge in MERGES)]
ABOUT = {"name": "tiny", "source": "made here", "sha256": "0" * 64, "licence": "MIT"}
TEMPLATE = "{% for message in messages %}<|im_start|>{{ message['content'] }}<|im_end|>{% endfor %}"


def llama(tied):
    """A random model in Hugging Face's own order of rows."""
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(TOKENS),
        hidden_size=WIDTH,
        intermediate_size=MIDDLE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=GROUPS,
        max_position_embeddings=64,
        rms_norm_eps=1e-3,
        rope_parameters={"rope_type": "default", "rope_theta": 500.0},
        tie_word_embeddings=tied,
        initializer_range=0.4,
    )
    return LlamaForCausalLM(config).eval()


def tensors_of(model, tied):
    """GGUF's name -> (Hugging Face's name, type on disk)."""
    parts = {
        "attn_q": ("self_attn.q_proj", Q4_1),
        "attn_k": ("self_attn.k_proj", Q4_1),
        "attn_v": ("self_attn.v_proj", Q4_1),
        "attn_output": ("self_attn.o_proj", Q4_1),
        "ffn_gate": ("mlp.gate_proj", Q8_0),
        "ffn_up": ("mlp.up_proj", Q4_1),
        "ffn_down": ("mlp.down_proj", Q4_1),
        "attn_norm": ("input_layernorm", F32),
        "ffn_norm": ("post_attention_layernorm", F32),
    }
    names = {"token_embd.weight": ("model.embed_tokens.weight", Q8_0), "output_norm.weight": ("model.norm.weight", F32)}
    if not tied:
        names["output.weight"] = ("lm_head.weight", Q8_0)
    for layer in range(LAYERS):
        for theirs, (ours, kind) in parts.items():
            names[f"blk.{layer}.{theirs}.weight"] = (f"model.layers.{layer}.{ours}.weight", kind)
    return names


def meta_order(rows, heads):
    """Rows of a projection in the order of Meta's rotary embedding: first and second components alternate."""
    half = rows.shape[0] // heads // 2
    order = [head * 2 * half + part * half + k for head in range(heads) for k in range(half) for part in (0, 1)]
    return rows[order]


def write_gguf(path, tied=True, changes=None, skip=(), extra=None, kinds=None):
    """Write a tiny GGUF; returns the model that it should be converted to.

    Args:
        path: file to write.
        tied: without an output tensor.
        changes: metadata that differ.
        skip: GGUF's names of tensors that are left out.
        extra: further tensors.
        kinds: GGUF's name -> another raw type.
    """
    model = llama(tied)
    state = model.state_dict()
    writer = GGUFWriter(path, "llama")
    metadata = {
        "llama.block_count": LAYERS,
        "llama.context_length": 64,
        "llama.embedding_length": WIDTH,
        "llama.feed_forward_length": MIDDLE,
        "llama.attention.head_count": HEADS,
        "llama.attention.head_count_kv": GROUPS,
        "llama.vocab_size": len(TOKENS),
        "llama.rope.dimension_count": WIDTH // HEADS,
        "tokenizer.ggml.bos_token_id": 1,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.ggml.unknown_token_id": 0,
        "tokenizer.ggml.padding_token_id": 2,
        "llama.rope.freq_base": 500.0,
        "llama.attention.layer_norm_rms_epsilon": 1e-3,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": TOKENS,
        "tokenizer.ggml.token_type": [3] * len(CONTROL) + [1] * (len(TOKENS) - len(CONTROL)),
        "tokenizer.ggml.merges": MERGES,
        "tokenizer.chat_template": TEMPLATE,
    } | (changes or {})
    add = {bool: writer.add_bool, int: writer.add_uint32, float: writer.add_float32, str: writer.add_string}
    for key, value in metadata.items():
        if value is not None:
            add.get(type(value), writer.add_array)(key, value)
    for theirs, (ours, kind) in tensors_of(model, tied).items():
        values = state[ours].numpy()
        packed = quantize(values, kind)
        state[ours].copy_(torch.from_numpy(dequantize(packed, kind).copy()))
        if ".attn_q." in theirs or ".attn_k." in theirs:
            packed = meta_order(packed, HEADS if ".attn_q." in theirs else GROUPS)
        if theirs not in skip:
            writer.add_tensor(theirs, packed, raw_dtype=(kinds or {}).get(theirs, kind))
    for name, values in (extra or {}).items():
        writer.add_tensor(name, values(state))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return model


@pytest.mark.parametrize("tied", [True, False])
def test_the_converted_model_has_the_logits_of_the_dequantised_weights(tied, tmp_path):
    expected = write_gguf(tmp_path / "tiny.gguf", tied)
    convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    ids = torch.randint(0, len(TOKENS), (3, 40), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(model(ids).logits, expected(ids).logits)
    assert model.dtype == torch.float32
    assert model.config.tie_word_embeddings == tied
    assert (model.config.bos_token_id, model.config.eos_token_id, model.config.pad_token_id) == (1, 2, 2)
    assert json.loads((tmp_path / "model" / "palaestra.json").read_text()) == ABOUT
    weights, config = (tmp_path / "model" / name for name in ("model.safetensors", "config.json"))
    assert weights.stat().st_mode == config.stat().st_mode


def test_an_output_tensor_that_repeats_the_embedding_is_tied(tmp_path):
    head = {"output.weight": lambda state: state["model.embed_tokens.weight"].numpy()}
    expected = write_gguf(tmp_path / "tiny.gguf", extra=head)
    convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    assert model.config.tie_word_embeddings
    ids = torch.arange(30)[None]
    with torch.no_grad():
        assert torch.equal(model(ids).logits, expected(ids).logits)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiny")
    write_gguf(path / "tiny.gguf")
    convert(path / "tiny.gguf", path / "model", ABOUT)
    return path / "model"


@pytest.mark.parametrize(
    "text",
    [
        "hello  two   runs    of spaces",
        " hello\n\n\thello ",
        "12 1212 3.14",
        "naïve 你好 🙂",
        "<|im_start|>hello<|im_end|>",
    ],
)
def test_text_comes_back_from_both_tokenisers(text, folder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = tokenizer.encode(text).ids
    assert tokenizer.decode(ids, skip_special_tokens=False) == text
    assert AutoTokenizer.from_pretrained(folder)(text)["input_ids"] == ids


def test_tokens_are_merged_but_for_digits_and_control_tokens(folder):
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.encode("hello hello12").tokens == ["hello", "Ġhello", "1", "2"]
    encoding = tokenizer.encode("<|im_start|>hello<|im_end|>")
    assert encoding.tokens == ["<|im_start|>", "hello", "<|im_end|>"]
    assert encoding.ids == [1, TOKENS.index("hello"), 2]
    assert tokenizer.decode(encoding.ids) == "hello"


def test_chats_go_by_the_template_of_the_file(folder):
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "hello"}])["input_ids"]
    assert ids == [1, TOKENS.index("hello"), 2]
    assert (tokenizer.bos_token, tokenizer.eos_token, tokenizer.pad_token) == (CONTROL[1], CONTROL[2], CONTROL[2])


WRONG = {
    "another architecture": ({"changes": {"general.architecture": "qwen2"}}, "architecture qwen2; only llama"),
    "another tokeniser": ({"changes": {"tokenizer.ggml.pre": "llama-bpe"}}, "tokeniser of kind gpt2/llama-bpe"),
    "added BOS": ({"changes": {"tokenizer.ggml.add_bos_token": True}}, "without added BOS"),
    "no entry": ({"changes": {"llama.block_count": None}}, "llama.block_count is missing"),
    "an entry of another type": ({"changes": {"llama.block_count": "two"}}, "llama.block_count is not of type int"),
    "fewer layers": ({"changes": {"llama.block_count": 1}}, r"by the metadata it should be missing"),
    "no heads": ({"changes": {"llama.attention.head_count": 0}}, "sizes that don't fit together"),
    "another vocabulary": ({"changes": {"llama.vocab_size": 7}}, "sizes that don't fit together"),
    "scaled rotations": ({"changes": {"llama.rope.scaling.type": "yarn"}}, "yarn scaling"),
    "partial rotations": ({"changes": {"llama.rope.dimension_count": 4}}, "a part of each head"),
    "unknown merges": ({"changes": {"tokenizer.ggml.merges": ["q q"]}}, "merges that don't fit"),
    "odd merges": ({"changes": {"tokenizer.ggml.merges": ["qq"]}}, "merges that don't fit"),
    "a token's id": ({"changes": {"tokenizer.ggml.bos_token_id": 9999}}, "special tokens that don't exist"),
    "a tensor is missing": ({"skip": ["blk.1.attn_q.weight"]}, r"self_attn.q_proj.weight is missing; .* \(32, 32\)"),
    "no embedding": ({"skip": ["token_embd.weight"]}, r"embed_tokens.weight is missing"),
    "biases": ({"extra": {"blk.0.attn_q.bias": lambda _: np.zeros(WIDTH, np.float32)}}, "attn_q.bias is not a tensor"),
    "integers": ({"extra": {"blk.0.attn_q.scale": lambda _: np.zeros(32, np.int8)}}, "I8, .* cannot dequantise"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_converted_is_said_in_one_line_and_nothing_is_written(case, tmp_path):
    arguments, message = WRONG[case]
    write_gguf(tmp_path / "tiny.gguf", **arguments)
    with pytest.raises(InputError, match=message) as error:
        convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)
    assert str(tmp_path / "tiny.gguf") in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "model").exists()


def test_an_unknown_quantisation_is_named(tmp_path):
    write_gguf(tmp_path / "tiny.gguf")
    content = (tmp_path / "tiny.gguf").read_bytes()
    name = b"blk.0.ffn_up.weight"
    at = content.index(name) + len(name) + 4 + 2 * 8  # after the number of dimensions and the two sizes
    assert content[at] == Q4_1
    (tmp_path / "tiny.gguf").write_bytes(content[:at] + b"\xc8" + content[at + 1 :])
    with pytest.raises(InputError, match=r"200\)? is not a valid GGMLQuantizationType"):
        convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)


@pytest.mark.parametrize("content", [b"", b"GG", b"PK\x03\x04" * 100, b"GGUF" + b"\xff" * 100])
def test_files_that_are_no_gguf(content, tmp_path):
    (tmp_path / "tiny.gguf").write_bytes(content)
    with pytest.raises(InputError, match="not a GGUF file"):
        convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.99])
def test_files_that_are_cut_off(part, tmp_path):
    write_gguf(tmp_path / "tiny.gguf")
    content = (tmp_path / "tiny.gguf").read_bytes()
    (tmp_path / "tiny.gguf").write_bytes(content[: int(len(content) * part)])
    with pytest.raises(InputError, match="not a GGUF file"):
        convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)


def test_files_that_are_not_there(tmp_path):
    for path in (tmp_path / "none.gguf", tmp_path):
        with pytest.raises(InputError, match="no such file"):
            convert(path, tmp_path / "model", ABOUT)


def test_a_full_disk_is_said_in_one_line(tmp_path, monkeypatch):
    from safetensors import SafetensorError

    def save_file(*_, **__):
        raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")

    monkeypatch.setattr("safetensors.numpy.save_file", save_file)
    write_gguf(tmp_path / "tiny.gguf")
    with pytest.raises(InputError, match="no space left"):
        convert(tmp_path / "tiny.gguf", tmp_path / "model", ABOUT)


def test_a_model_that_is_not_here_names_the_command(tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    with pytest.raises(InputError, match="run `palaestra models get smollm2`"):
        smollm2_folder()
    (tmp_path / "models" / "smollm2").mkdir(parents=True)
    (tmp_path / "models" / "smollm2" / "palaestra.json").write_text("{}")
    assert smollm2_folder() == tmp_path / "models" / "smollm2"


def test_importing_it_loads_no_heavy_package():
    code = f"import sys, {gguf_model.__name__}; print({{'torch', 'transformers', 'gguf'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
