"""LaMo: the published updates beside a GPT-2 that was pretrained here, on a few old sentences."""

import subprocess
import sys
import urllib.request

import numpy as np
import pytest
import torch

from palaestra.agents.training.loop import evaluate_run, train
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run
from palaestra.offline_rl.cuda_graph import GraphedUpdate
from palaestra.offline_rl.lamo import Config, LaMo
from palaestra.offline_rl.trainer import LearnerOptions
from tests.offline_rl.conftest import make_dataset
from tests.offline_rl.reference_dt import padded_on_the_left
from tests.offline_rl.reference_lamo import ReferenceLaMo

# Lewis Carroll, Alice's Adventures in Wonderland (1865), the beginning.
TEXT = """Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do:
once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it,
“and what is the use of a book,” thought Alice “without pictures or conversations?”
So she was considering in her own mind (as well as she could, for the hot day made her feel very sleepy and stupid),
whether the pleasure of making a daisy-chain would be worth the trouble of getting up and picking the daisies, when
suddenly a White Rabbit with pink eyes ran close by her.
"""
SMALL = {"device": "cpu", "K": 5, "batch_size": 8, "max_ep_len": 60, "rank": 2, "language_block": 16}
RANDOM = {**SMALL, "trunk": "random", "n_layer": 1, "n_head": 2, "n_embd": 16}
LEARNT = {
    *(f"heads.embed_{part}.{layer}" for part in ("return", "state", "action") for layer in ("fc1", "fc2")),
    *("heads.predict_action.fc1", "heads.predict_action.fc2", "heads.embed_timestep", "heads.embed_ln", "lora"),
}


@pytest.fixture(scope="module")
def trunk(tmp_path_factory):
    """A folder with a GPT-2 of two narrow blocks overfitted to the text, its tokeniser, and the text."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("gpt2")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator([TEXT], trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        size = {"vocab_size": 300, "n_positions": 64, "n_layer": 2, "n_head": 2, "n_embd": 16}
        model = GPT2LMHeadModel(GPT2Config(**size, bos_token_id=0, eos_token_id=0))
        ids = torch.tensor(tokenizer.encode(TEXT).ids)
        text = ids[: len(ids) // 32 * 32].view(-1, 32)
        optimiser, losses = torch.optim.AdamW(model.parameters(), lr=1e-2), []
        for _ in range(100):
            loss = model(input_ids=text, labels=text).loss
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    model.save_pretrained(folder)
    return folder


def build(folder, dataset, **settings):
    return LaMo(Config(**SMALL | {"trunk": str(folder), "seeds": 2} | settings), dataset)


def frozen(learner):
    return {name: p.clone() for name, p in learner.networks[0].gpt2.named_parameters() if "lora_" not in name}


@pytest.mark.parametrize(("dtype", "steps"), [("float64", 10), ("float32", 1)])
@pytest.mark.parametrize("reads", [False, True])
def test_updates_are_the_published_ones(dtype, steps, reads, trunk, dataset):
    text = {"language_text": str(trunk / "text.txt")} if reads else {}
    learner = build(trunk, dataset, dtype=dtype, dropout=0.0, lr=1e-3, warmup_steps=6, **text)
    learner.lora.B.data.normal_(
        0, 0.1, generator=torch.Generator().manual_seed(0)
    )  # at zero, A would not learn at once
    references = [ReferenceLaMo(learner, seed, trunk) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            window = padded_on_the_left(batch, seed, learner.normaliser, learner.config.scale)
            reference.update(*window, learner.text[noise["text"][seed]].long() if reads else None)
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 3e-6}  # weights up to 3.5
    for seed, reference in enumerate(references):
        twin = ReferenceLaMo(learner, seed, trunk)
        for (name, ours), theirs in zip(twin.named_parameters(), reference.parameters()):
            torch.testing.assert_close(ours, theirs, **tolerance, msg=lambda words, name=name: f"{name}: {words}")


def test_exactly_the_named_parameters_move(trunk, dataset):
    learner = build(trunk, dataset, warmup_steps=1, language_text=str(trunk / "text.txt"))
    assert {name.rpartition(".")[0] for name in learner.trained()} == LEARNT
    before, base = {name: p.detach().clone() for name, p in learner.trained().items()}, frozen(learner)
    for _ in range(3):
        learner.update(learner.sample())
    for name, parameter in learner.trained().items():
        for seed in range(2):
            assert not torch.equal(parameter[seed], before[name][seed]), name
    after = frozen(learner)
    assert all(torch.equal(base[name], after[name]) for name in base)
    assert not any(p.requires_grad for p in learner.networks[0].gpt2.parameters())


def test_lora_begins_as_the_trunk_itself(trunk, dataset):
    learner = build(trunk, dataset)
    gpt2 = learner.networks[0].gpt2
    merged = learner.lora.merged(gpt2, learner.lora.A[1], learner.lora.B[1], learner.lora.bias[1])
    for name, parameter in gpt2.named_parameters():
        if "lora_" not in name:
            assert torch.equal(merged[name.replace("base_layer.", "")], parameter)


def test_merged_equals_unmerged(trunk, dataset):
    learner = build(trunk, dataset, dtype="float64", warmup_steps=1, lr=1e-2)
    for _ in range(5):
        learner.update(learner.sample())
    batch = learner.sample()
    R, s = batch.returns_to_go / learner.config.scale, learner.normaliser(batch.observations)
    acting = learner.predict(R, s, batch.actions, batch.timesteps)
    assert learner.lora.B.abs().max() > 1e-3
    for k, network in enumerate(learner.networks):
        network.eval()
        weights = {name: p[k].detach() for name, p in learner.trained().items()}
        beside = learner.lora.beside(*(weights[f"lora.{name}"] for name in ("A", "B", "bias")))
        inputs = (x[k : k + 1] for x in (R, s, batch.actions, batch.timesteps))
        unmerged, _ = learner.call(network, weights, beside, *inputs)
        torch.testing.assert_close(acting[k], unmerged[0], rtol=1e-12, atol=1e-12)


def test_without_weight_the_language_loss_is_not_there(trunk, dataset, monkeypatch):
    plain = build(trunk, dataset)
    weightless = build(trunk, dataset, language_text="no such file", co_lambda=0.0)
    for learner in (plain, weightless):
        monkeypatch.setattr(learner.networks[0].gpt2, "lm_head", None)
        monkeypatch.setattr(learner.networks[0].gpt2.transformer, "wte", None)
        for _ in range(2):
            assert learner.update(learner.sample()).keys() == {"action_loss"}
        assert learner.draw_noise().keys() == {"dropout"}
    for a, b in zip(plain.trained().values(), weightless.trained().values()):
        assert torch.equal(a, b)


def test_reading_on_makes_a_better_reader(trunk, dataset):
    settings = {"lr": 1e-2, "warmup_steps": 1, "co_lambda": 100.0, "dropout": 0.0, "language_batch": 8}
    learner = build(trunk, dataset, language_text=str(trunk / "text.txt"), **settings)
    losses = [learner.update(learner.sample())["language_loss"] for _ in range(40)]
    assert losses[0].shape == (2,)
    assert (torch.stack(losses[-5:]).mean(dim=0) < 0.9 * torch.stack(losses[:5]).mean(dim=0)).all()


def test_seeds_share_a_pretrained_trunk_and_have_random_ones_of_their_own(trunk, dataset):
    first, second = (network.gpt2 for network in build(trunk, dataset).networks)
    assert first is second
    first, second = (
        network.gpt2.transformer.h[0].mlp.c_fc for network in LaMo(Config(**RANDOM, seeds=2), dataset).networks
    )
    again = LaMo(Config(**RANDOM, first_seed=1), dataset).networks[0].gpt2.transformer.h[0].mlp.c_fc
    assert not torch.equal(first.weight, second.weight)
    assert torch.equal(second.weight, again.weight)


def test_updates_leave_the_global_generator_alone(trunk, dataset):
    learner = build(trunk, dataset, dropout=0.5)
    state = torch.get_rng_state()
    batch, noise = learner.sample(), learner.draw_noise()
    loss = learner.update(batch, noise)["action_loss"]
    assert torch.equal(state, torch.get_rng_state())
    again = build(trunk, dataset, dropout=0.5)
    other = noise | {"dropout": noise["dropout"] + torch.tensor([0, 1])}
    assert (again.update(batch, other)["action_loss"] == loss).tolist() == [True, False]


def test_the_intended_grouping(trunk, dataset):
    learner = build(trunk, dataset, lm_lr=0.0, warmup_steps=1)
    lora, heads = learner.lora.bias.clone(), learner.heads.embed_ln.scale.clone()
    learner.update(learner.sample())
    assert torch.equal(lora, learner.lora.bias)
    assert not torch.equal(heads, learner.heads.embed_ln.scale)


def test_bfloat16_stays_close(trunk, dataset):
    text, observations = {"language_text": str(trunk / "text.txt")}, np.ones((2, 1, 5))
    exact, rough = (build(trunk, dataset, autocast=autocast, dropout=0.0, **text) for autocast in (False, True))
    torch.testing.assert_close(*(x.update(x.sample()) for x in (exact, rough)), rtol=0.05, atol=0)
    np.testing.assert_allclose(exact.policy.act(observations), rough.policy.act(observations), atol=0.05)


def test_learns_a_bandit():
    from tests.offline_rl.test_learners import bandit

    settings = {"K": 1, "batch_size": 64, "seeds": 2, "scale": 1.0, "lr": 1e-2, "warmup_steps": 1, "dropout": 0.0}
    learner = LaMo(Config(**RANDOM | settings), bandit())
    for _ in range(300):
        learner.update(learner.sample())
    assert np.abs(learner.policy.act(np.zeros((2, 1, 1))) - 0.5).max() < 0.12


def test_a_checkpoint_acts_without_text_and_only_beside_its_trunk(trunk, tmp_path):
    dataset = make_dataset(rows=400, state_dim=11, action_dim=3)
    text = tmp_path / "text.txt"
    text.write_text(TEXT)
    copied = tmp_path / "trunk"
    copied.mkdir()
    for file in trunk.iterdir():
        (copied / file.name).write_bytes(file.read_bytes())
    config = Config(
        **SMALL | {"trunk": str(copied), "language_text": str(text), "targets": (3600.0,), "max_ep_len": 1000}
    )
    options = LearnerOptions(dataset.id, steps=2, episodes=1, evaluate_every=2)
    run = train("lamo", options, config, tmp_path / "run", dataset=dataset)
    _, tensors, _ = run.load_checkpoint()
    assert not any("gpt2" in name or "wte" in name for name in tensors)
    text.unlink()
    played = evaluate_run(Run.open(tmp_path / "run"), episodes=1)
    assert [each["return"] for each in played] == [line["return"] for line in run.evaluations()[:1]]
    from transformers import GPT2LMHeadModel

    other = GPT2LMHeadModel.from_pretrained(copied)
    other.transformer.h[0].mlp.c_fc.bias.data += 1
    other.save_pretrained(copied)
    with pytest.raises(InputError, match="not the trunk of the checkpoint"):
        evaluate_run(Run.open(tmp_path / "run"), episodes=1)


def test_another_text_is_refused_on_resuming(trunk, dataset, tmp_path):
    text = tmp_path / "text.txt"
    text.write_text(TEXT)
    state = build(trunk, dataset, language_text=str(text)).state_dict()
    build(trunk, dataset, language_text=str(text)).load_state_dict(state)
    text.write_text(TEXT.upper())
    with pytest.raises(InputError, match=r"text\.txt: not the text of the checkpoint"):
        build(trunk, dataset, language_text=str(text)).load_state_dict(state)


def test_a_damaged_trunk_is_refused(trunk, dataset, tmp_path):
    for file in trunk.iterdir():
        data = file.read_bytes()
        (tmp_path / file.name).write_bytes(data[:100] if file.suffix == ".safetensors" else data)
    with pytest.raises(InputError, match="no GPT-2 to load"):
        build(tmp_path, dataset)


def test_the_best_episode_may_be_left_out(dataset):
    whole, without = (LaMo(Config(**RANDOM, drop_best=drop), dataset) for drop in (False, True))
    assert len(whole.transitions) - len(without.transitions) == 50
    assert without.dataset.returns().max() == np.sort(dataset.returns())[-2]


def test_a_small_share_without_its_best_episode_acts_from_its_checkpoint(tmp_path):
    dataset = make_dataset(rows=1000, state_dim=11, action_dim=3)
    config = Config(**RANDOM | {"max_ep_len": 1000}, sample_ratio=0.1, drop_best=True, targets=(3600.0,))
    run = train("lamo", LearnerOptions(dataset.id, steps=1, episodes=1), config, tmp_path / "run", dataset=dataset)
    (again,) = evaluate_run(run, episodes=1)
    assert again["return"] == run.evaluations()[0]["return"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trunk": "no/such/folder"}, "no/such/folder: no GPT-2 to load"),
        ({"language_text": "no/such/file"}, "no/such/file: cannot be read as text"),
        ({"language_block": 0}, "--language-block must be at least 1"),
        ({"language_block": 1}, "--language-block must be at least 2"),
        ({"n_embd": 10, "n_head": 3}, "--n-embd 10 must be a multiple of --n-head 3"),
        ({"language_block": 10_000}, "tokens don't fill a block of 10000"),
        ({"trunk": "random"}, "a random trunk has no tokeniser"),
    ],
)
def test_mistakes_get_a_line(settings, message, trunk, dataset):
    with pytest.raises(InputError, match=message):
        build(trunk, dataset, **{"language_text": str(trunk / "text.txt")} | settings)


def test_without_a_network_the_line_names_trunk(tmp_path, dataset, monkeypatch, caplog):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(urllib.request, "_opener", None)  # which remembers the proxies
    with pytest.raises(InputError, match=r"^--trunk nobody/gpt2: .* cannot be reached; .* --trunk random$"):
        build("nobody/gpt2", dataset)
    assert not caplog.records


def test_another_kind_of_model_is_no_trunk(tmp_path, dataset):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="must be a GPT-2, this is a bert"):
        build(tmp_path, dataset)


def test_no_cuda_graphs(trunk, dataset):
    with pytest.raises(InputError, match="LaMo cannot be captured"):
        GraphedUpdate(build(trunk, dataset))


def test_transformers_is_loaded_for_lamo_only():
    code = (
        "import sys; from palaestra.agents.training.registry import find, names;"
        "[find(name) for name in names('offline_rl')];"
        "assert not {'transformers', 'peft', 'tokenizers'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
