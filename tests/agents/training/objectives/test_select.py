"""Self-certainty and Borda voting: golden numbers and edges."""

import math

import pytest
import torch

from palaestra.agents.training.objectives.select import best_of, borda, self_certainty

GOLDEN = [([0.25] * 4, 0.0), ([0.97, 0.01, 0.01, 0.01], 2.0752), ([0.7, 0.1, 0.1, 0.1], 0.4298)]


def log_probs(*distributions):
    return torch.tensor(distributions, dtype=torch.float64).log()


@pytest.mark.parametrize(("distribution", "expected"), GOLDEN)
def test_golden_certainties(distribution, expected):
    assert self_certainty(log_probs(distribution), torch.ones(1)).item() == pytest.approx(expected, abs=5e-5)


def test_certainty_is_the_divergence_from_uniform_averaged_over_sampled_tokens():
    logp = torch.randn(2, 3, 5, 11, generator=torch.Generator().manual_seed(0), dtype=torch.float64).log_softmax(-1)
    mask = torch.tensor([1, 0, 1, 1, 0]).expand(2, 3, 5)
    uniform = torch.full_like(logp, 1 / 11)
    divergence = (uniform * (uniform.log() - logp)).sum(-1)
    expected = divergence[..., [0, 2, 3]].mean(-1)
    assert torch.allclose(self_certainty(logp, mask), expected, rtol=1e-12)
    junk = torch.where(mask.bool()[..., None], logp, math.nan)
    assert torch.allclose(self_certainty(junk, mask), expected, rtol=1e-12)


def test_padded_rows_of_the_vocabulary_are_excluded():
    logits = torch.randn(3, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    real = self_certainty(logits.log_softmax(-1), torch.ones(3))
    for padding in (-math.inf, -1e4, 2.0):
        padded = torch.cat([logits, torch.full((3, 2), padding).double()], -1).log_softmax(-1)
        assert torch.allclose(self_certainty(padded, torch.ones(3), vocabulary=6), real, rtol=1e-12)
        assert not torch.allclose(self_certainty(padded, torch.ones(3)), real, rtol=1e-2)
    assert torch.allclose(self_certainty(logits.log_softmax(-1), torch.ones(3), vocabulary=6), real, rtol=1e-12)
    for size in (0, 7):
        with pytest.raises(ValueError, match="vocabulary must be from 1 to 6"):
            self_certainty(logits, torch.ones(3), vocabulary=size)


def test_half_precision_is_averaged_in_float32():
    logp = torch.full((1, 4096), -20.0, dtype=torch.bfloat16)
    logp[0, 0] = 0
    certainty = self_certainty(logp, torch.ones(1))
    assert certainty.dtype == torch.float32
    assert certainty.item() == pytest.approx(20 * 4095 / 4096 - math.log(4096), abs=1e-4)


def test_a_response_without_sampled_tokens_is_not_certain():
    assert self_certainty(log_probs([0.97, 0.01, 0.01, 0.01]), torch.zeros(1)) == 0


ANSWERS, SCORES = ["a", "b", "b", "b", "a"], [0.9, 0.8, 0.7, 0.6, 0.2]


@pytest.mark.parametrize(
    ("power", "chosen"),
    # Votes of a: 5^p + 1, of b: 4^p + 3^p + 2^p.
    [(0, 1), (1.2, 1), (3, 0)],
)
def test_golden_votes(power, chosen):
    assert borda(ANSWERS, SCORES, power) == chosen


@pytest.mark.parametrize("order", [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1]])
def test_the_winner_changes_at_the_power_where_votes_are_equal_whatever_the_order(order):
    answers, scores = [ANSWERS[i] for i in order], [SCORES[i] for i in order]
    chosen = [borda(answers, scores, power) for power in (0, 1.2, 2.3, 2.4, 3)]
    votes = [(5**power + 1, 4**power + 3**power + 2**power) for power in (2.3, 2.4)]
    assert [a > b for a, b in votes] == [False, True]
    assert chosen == [order.index(i) for i in (1, 1, 1, 0, 0)]


def test_a_response_without_an_answer_keeps_its_rank_but_not_its_vote():
    # Ranks 1 to 5 vote 5 to 1 at p = 1: b has 4 + 1, a has 3 + 2; the None on top votes for nobody.
    answers = [None, "b", "a", "a", "b"]
    assert borda(answers, SCORES, 1) == 1  # a tie of 5, won by the better-ranked
    assert borda(answers, SCORES, 2) == 1  # 17 to 13
    # At p = 0.9, b has 4^p = 3.48 votes and a 2^p + 1 = 2.87; without the None's rank, b would have 3^p = 2.69.
    assert borda(["b", None, "a", "a"], [4, 3, 2, 1], 0.9) == 0
    assert borda(["b", "a", "a"], [4, 2, 1], 0.9) == 1


def test_ties_go_to_the_best_ranked_and_equal_scores_to_the_first():
    assert borda(["x", "y", "z"], [1.0, 3.0, 2.0], 0) == 1
    assert borda(["x", "y", "x", "y"], [1.0, 1.0, 1.0, 1.0], 0) == 0
    assert borda(["x", "y"], [-math.inf, -math.inf], 5) == 0


def test_without_any_answer_the_best_ranked_is_returned():
    assert borda([None, None, None], [1.0, 3.0, 2.0], 1.2) == 1
    assert best_of([1.0, 3.0, 2.0], [None, None, None]) == 1


def test_best_of_passes_over_responses_without_an_answer():
    assert best_of([1.0, 9.0, 2.0, 2.0], ["a", None, "b", "c"]) == 2
    assert best_of([9.0, -math.inf], [None, 0]) == 1


def test_answers_may_be_false_and_unequal_to_themselves():
    assert borda([0, None, 0], [1.0, 3.0, 2.0], 0) == 2
    assert borda([math.nan, None], [1.0, 3.0], 0) == 0


def test_what_cannot_be_ranked_is_refused():
    for choose in (lambda answers, scores: borda(answers, scores, 1), lambda answers, scores: best_of(scores, answers)):
        for answers, scores in (([], []), (["a"], [1.0, 2.0])):
            with pytest.raises(ValueError, match="as many scores"):
                choose(answers, scores)
        with pytest.raises(ValueError, match="NaN"):
            choose(["a", "b"], [1.0, math.nan])
    for power in (-0.1, math.inf, math.nan):
        with pytest.raises(ValueError, match="power must be"):
            borda(["a"], [1.0], power)
