"""One update of a trainer: what passes through the network, what the critic is fitted to, when it has diverged."""

import inspect
import sys
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from palaestra.agents.llm.models import tiny_base
from palaestra.agents.training import registry
from palaestra.agents.training.language.critic import Estimates
from palaestra.agents.training.language.trainer import LanguageOptions, LanguageTrainer
from palaestra.agents.training.objectives.advantage import grpo
from palaestra.agents.training.objectives.policy_loss import clipped
from palaestra.agents.training.trainer import DivergedError
from palaestra.data.errors import InputError

WORLD = "palaestra/ToolArithmetic-v0"


@pytest.fixture(scope="module")
def base():
    texts = ["Answer with a number.", "What is 12 * 30?", "user\n", "assistant\n", "tool\n", "system\n"]
    return tiny_base(texts * 5, 32, 1, 1)


def learner_of(name, base, **settings):
    algorithm = registry.find(name)
    config = algorithm.config(**{"max_tokens": 12} | settings)
    (learner,) = LanguageTrainer(algorithm, LanguageOptions(WORLD, tasks=("SingleDigits",)), config, base=base).learners
    return learner


def passes(learner, monkeypatch):
    """Lists that fill with the (rows, tokens) of every forward pass, and with the gradients before every step."""
    shapes, gradients, descend = [], [], learner.descend

    def keep_gradients():
        gradients.append([each.grad for each in learner.trained.values()])
        descend()

    monkeypatch.setattr(learner, "descend", keep_gradients)
    learner.network.get_decoder().register_forward_pre_hook(
        lambda module, arguments, named: shapes.append(tuple(named["input_ids"].shape)), with_kwargs=True
    )
    return shapes, gradients


def test_groups_with_equal_rewards_do_not_pass_through_the_network(base, monkeypatch):
    learner = learner_of("grpo", base, group=4, rows=3)
    played = learner.play(learner.questions(3, 9), 4)
    played = replace(played, correct=torch.tensor([1.0, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 0]))
    everything = learner.batch(played, torch.arange(12), grpo(played.correct, played.group, "floor", floor=0.2))
    loss, _ = clipped(everything)
    expected = torch.autograd.grad(loss, list(learner.trained.values()))

    monkeypatch.setattr(learner, "play", lambda questions, size: played)
    shapes, gradients = passes(learner, monkeypatch)
    report = learner.advance()
    lengths = sorted(played.lengths[4:8].tolist())  # of the only group with different rewards
    assert shapes == [(3, lengths[2]), (1, lengths[3])]
    assert report["used"] == pytest.approx(4 / 12)
    assert report["loss"] == pytest.approx(loss.item(), abs=1e-6)
    for got, wanted in zip(gradients[0], expected, strict=True):
        torch.testing.assert_close(got, wanted, atol=1e-6, rtol=1e-4)


def test_a_pass_has_neither_too_many_rows_nor_too_many_tokens(base):
    parts = learner_of("grpo", base, rows=3, tokens=20).passes
    assert parts([4, 5, 6, 7, 30, 2, 2]) == [slice(0, 3), slice(3, 4), slice(4, 5), slice(5, 7)]
    assert parts([5, 5, 5, 5]) == [slice(0, 3), slice(3, 4)]
    assert parts([21]) == [slice(0, 1)]  # more than allowed, but nothing less is possible
    assert parts([]) == []


@pytest.mark.parametrize("name", ["grpo", "rloo"])
def test_an_update_with_equal_rewards_makes_no_pass_and_no_step(name, base, monkeypatch):
    learner = learner_of(name, base, group=2)
    played = learner.play(learner.questions(2, 9), 2)
    monkeypatch.setattr(learner, "play", lambda questions, size: replace(played, correct=torch.ones(4)))
    before = [each.detach().clone() for each in learner.trained.values()]
    shapes, gradients = passes(learner, monkeypatch)
    assert learner.advance()["used"] == 0
    assert (shapes, gradients) == ([], [[None] * len(before)])
    assert all(torch.equal(old, new) for old, new in zip(before, learner.trained.values()))


MASK = torch.tensor([[0, 1, 1, 0, 1, 1, 1, 0], [0, 1, 0, 1, 1, 0, 1, 1]]).bool()
STARTS = torch.tensor([[0, 1, 0, 0, 1, 0, 0, 0], [0, 1, 0, 1, 0, 0, 1, 0]]).bool()
VALUES = torch.tensor([[9.0, 0.5, 8.0, 9.0, 1.0, 7.0, 6.0, 9.0], [9.0, 2.0, 9.0, 3.0, 9.0, 9.0, 1.5, 9.0]])
TURN_ADVANTAGES = [[0.4, 0.4, 1, 1, 1], [-1.8, -3.25, -3.25, -2.5, -2.5]]
TURN_RETURNS = [0.9, 2, 0.2, -0.25, -1]
"""By hand, for rewards of 2 and -1, discount 0.5 and lambda 0.8; see the tests of ``turn_gae``."""


def two_rows(learner):
    """Experience of two rows with ``MASK``."""
    played = learner.play(learner.questions(2, 9), 1)
    return replace(played, ids=torch.ones(2, 8, dtype=torch.long), mask=MASK, old=torch.zeros(2, 8))


def test_a_turn_is_one_step_if_credit_says_so(base, monkeypatch):
    for credit, fitted in (("turn", STARTS), ("token", MASK)):
        learner = learner_of("ppo", base, credit=credit, discount=0.5, lambda_=0.8)
        monkeypatch.setattr(learner, "values", lambda played: VALUES)
        estimates = learner.estimates(two_rows(learner), torch.tensor([2.0, -1.0]))
        assert torch.equal(estimates.fitted, fitted)
        assert not estimates.advantage[~MASK].any()
        by_turn = np.concatenate(TURN_ADVANTAGES)
        whitened = (by_turn - by_turn.mean()) / by_turn.std()
        assert np.allclose(estimates.advantage[MASK], whitened, atol=1e-5) == (credit == "turn")
        if credit == "turn":
            assert estimates.returns[STARTS].tolist() == pytest.approx(TURN_RETURNS)


def test_the_critic_is_fitted_at_the_chosen_tokens_only(base):
    """Its head begins at 0, so that its error is half the returns' square."""
    learner = learner_of("ppo", base, rows=1)
    returns = torch.full((2, 8), 50.0).masked_scatter(STARTS, torch.tensor(TURN_RETURNS))
    estimates = Estimates(torch.zeros(2, 8), torch.zeros(2, 8), returns, STARTS)
    report = learner.improve_both(two_rows(learner), estimates)
    assert report["value_loss"] == pytest.approx((0.9**2 + 2**2 + 0.2**2 + 0.25**2 + 1) / 5 / 2)
    assert report["loss"] == 0


@pytest.mark.parametrize("name", ["ppo", "otc-ppo"])
def test_an_update_by_turns_is_another_one_than_by_tokens(name, base):
    heads = []
    for credit in ("token", "turn"):
        learner = learner_of(name, base, questions=4, credit=credit)
        with torch.no_grad():
            learner.trained["value.weight"].normal_(generator=torch.Generator().manual_seed(0))
        assert {"loss", "value_loss"} <= learner.advance().keys()
        heads.append(learner.trained["value.weight"].detach())
    assert not torch.equal(*heads)


@pytest.mark.parametrize("name", ["grpo", "dpo", "ppo"])
def test_weights_that_are_not_finite_end_the_training(name, base):
    learner = learner_of(name, base, questions=2)
    with torch.no_grad():
        next(iter(learner.trained.values())).fill_(torch.nan)
    with pytest.raises(DivergedError, match="seed 0: log-probabilities of the policy are no longer finite"):
        learner.advance()


def test_a_step_too_large_is_noticed_before_its_weights_are_saved(base, monkeypatch):
    learner = learner_of("grpo", base, questions=1, group=2)
    weight = next(iter(learner.trained.values())).data
    monkeypatch.setattr(learner.optimiser, "step", lambda: weight.fill_(torch.inf))
    with pytest.raises(DivergedError, match="weights are no longer finite in update 1; the last checkpoint is kept"):
        learner.advance()


@pytest.mark.parametrize("name", ["grpo", "otc-ppo", "dpo", "filtered-bc"])
def test_a_context_without_room_for_the_question_is_no_crash(name, base):
    short = replace(base, settings=base.settings | {"max_position_embeddings": 12})
    report = learner_of(name, short, questions=2).advance()
    assert (report["tokens"], report["success"], report["loss"]) == (0, 0, 0)


def test_lessons_that_the_context_has_no_room_for_are_refused(base):
    short = replace(base, settings=base.settings | {"max_position_embeddings": 12})
    with pytest.raises(InputError, match="none of its episodes within the model's context of 12 tokens"):
        learner_of("sft", short, lessons=4).prepare()


OTC = {
    ("grpo", "otc-grpo"): [
        "tasks = [episode.task.id for episode in played.episodes]",
        "calls = [episode.calls for episode in played.episodes]",
        "n = torch.tensor("
        "update_minimum(self.history, tasks, played.correct.bool().tolist(), calls), device=self.device)",
        "reward = otc(played.correct, played.calls, n, config.smoothness)",
    ],
    ("ppo", "otc-ppo"): [
        "reward = otc(played.correct, played.calls, torch.zeros_like(played.calls), config.smoothness)"
    ],
}
"""What the paper adds to an update, line by line."""


@pytest.mark.parametrize("names", OTC)
def test_otc_differs_from_what_it_is_built_on_by_its_reward(names):
    plain, shaped = (registry.find(name) for name in names)
    before, after = (inspect.getsource(each.learner.update).splitlines()[2:] for each in (plain, shaped))
    assert [line.strip() for line in before if line not in after] == ["reward = played.correct"]
    assert [line.strip() for line in after if line not in before] == OTC[names]
    settings = [{each.name: each.default for each in fields(algorithm.config)} for algorithm in (plain, shaped)]
    assert settings[1] == settings[0] | {"smoothness": 4.0}


def test_a_trainer_is_a_short_file():
    for name in registry.names("agents.training.language"):
        module = sys.modules[registry.find(name).learner.__module__]
        assert len(inspect.getsource(module).splitlines()) <= 120
