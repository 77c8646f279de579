"""TRL's own GRPOTrainer plays and trains on a tool world, with a tiny model that is made here."""

import importlib.metadata
import importlib.resources

import pytest

from palaestra.envs.tools.bridges.episode import tool_specs
from palaestra.envs.tools.bridges.trl import to_trl
from palaestra.envs.tools.declaration import WORLDS

pytestmark = pytest.mark.bridges

WORLD = "palaestra/ToolArithmetic-v0"
SEEDS = (3, 3, 4)
ROWS = [{"prompt": [{"role": "user", "content": ""}], "task": "KeepInRegister@1", "seed": seed} for seed in SEEDS]
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def example(environment, row):
    """The conversation of an episode that succeeds, as the model should learn it."""
    said = environment.reset(**row)
    slots = environment._episode.world.task.slots
    arguments = {"name": slots["name"], "expression": slots["expression"]}
    call = {"type": "function", "function": {"name": "store", "arguments": arguments}}
    result = environment.store(**arguments)
    assert environment.get_reward() == 1.0
    return [
        {"role": "user", "content": said},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "name": "store", "content": result},
        {"role": "assistant", "content": "Done."},
    ]


def tokenizer_of(texts, template):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=1500, min_frequency=1, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    names = {"eos_token": "<|im_end|>", "pad_token": "<|endoftext|>"}
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=template, **names)


@pytest.fixture(scope="module")
def kind():
    return to_trl(WORLD)


@pytest.fixture(scope="module")
def learner(kind):
    """A tokenizer, and a tiny Qwen2 that has learnt the first row's episode by heart, so that it calls tools."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    environment = kind()
    template = (importlib.resources.files("trl") / "chat_templates" / "qwen2_5.jinja").read_text()
    tools = [getattr(environment, name) for name in ("answer", "calculate", "registers", "store")]
    messages = example(environment, ROWS[0])

    def rendered(tokenizer, messages, ask=False):
        return tokenizer.apply_chat_template(messages, tools=tools, tokenize=False, add_generation_prompt=ask)

    tokenizer = tokenizer_of([rendered(tokenizer_of([""], template), messages)], template)
    ids = torch.tensor([tokenizer(rendered(tokenizer, messages))["input_ids"]])
    labels = ids.clone()
    labels[:, : len(tokenizer(rendered(tokenizer, messages[:1], ask=True))["input_ids"])] = -100
    config = Qwen2Config(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=2048, tie_word_embeddings=True,
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    model = Qwen2ForCausalLM(config)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    for _ in range(150):
        loss = model(input_ids=ids, labels=labels).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.1
    return tokenizer, model


def test_the_trainer_calls_tools_gets_rewards_and_groups_share_their_state(kind, learner, tmp_path):
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    assert importlib.metadata.version("trl") == "1.16.0"
    tokenizer, model = learner
    starts, rewards, calls = [], [], []

    class Watched(kind):
        def reset(self, **row):
            said = super().reset(**row)
            starts.append((row["seed"], self._episode.world.fingerprint(), said))
            return said

        def get_reward(self):
            reward = super().get_reward()
            rewards.append(reward)
            calls.append(self._episode.world.cost.calls)
            return reward

    settings = GRPOConfig(
        output_dir=str(tmp_path), seed=1, num_generations=4, per_device_train_batch_size=4, max_steps=3,
        learning_rate=1e-5, max_completion_length=200, temperature=1.0, report_to=[], logging_steps=1,
        save_strategy="no", use_cpu=True, bf16=False, max_tool_calling_iterations=4,
    )  # fmt: skip
    rows = Dataset.from_list(ROWS)
    trainer = GRPOTrainer(
        model=model, args=settings, train_dataset=rows, processing_class=tokenizer, environment_factory=Watched
    )
    trainer.train()
    logs = [each for each in trainer.state.log_history if "reward" in each]
    assert len(logs) == 3
    assert len(starts) == len(rewards) == 12
    for group in range(3):
        members = starts[4 * group : 4 * group + 4]
        assert len({seed for seed, _, _ in members}) == 1
        assert len({print_ for _, print_, _ in members}) == 1
        assert len({said for _, _, said in members}) == 1
    assert len({print_ for _, print_, _ in starts}) == len(set(SEEDS))
    assert set(rewards) <= {0.0, 1.0}
    assert sum(calls) >= sum(rewards) >= 3
    assert sum(each["reward"] for each in logs) == pytest.approx(sum(rewards) / 4)
    assert sum(each["tools/call_frequency"] for each in logs) > 0


@pytest.mark.parametrize("world_id", [world.id for world in WORLDS])
def test_transformers_reads_the_methods_schemas(world_id):
    from transformers.utils import get_json_schema

    environment = to_trl(world_id)()
    for spec in tool_specs(world_id):
        read = get_json_schema(getattr(environment, spec.name))["function"]
        properties = spec.parameters.get("properties", {})
        assert (read["name"], read["description"]) == (spec.name, spec.description)
        assert list(read["parameters"]["properties"]) == list(properties)
        assert read["parameters"].get("required", []) == list(spec.parameters.get("required", []))
        for name, part in properties.items():
            if isinstance(part.get("type"), str):
                assert read["parameters"]["properties"][name]["type"] == part["type"]
            assert " ".join(part["description"].split()) in read["parameters"]["properties"][name]["description"]
