"""Numbers that public implementations compute for the same tensors: verl 0.9.1 and TRL 1.16.0, in float64."""

import pytest
import torch

from palaestra.agents.training.objectives.advantage import gae, grpo, rloo
from palaestra.agents.training.objectives.batch import LanguageBatch, log_ratio_kl, masked_mean
from palaestra.agents.training.objectives.policy_loss import clipped, value_loss

X = torch.arange(32, dtype=torch.float64).reshape(4, 8)
LOGP = torch.sin(X) - 1.5
REF = LOGP - 0.3 * torch.cos(5 * X)
MASK = torch.cos(7 * X) > -0.3
BATCH = LanguageBatch(LOGP, LOGP + 0.4 * torch.cos(3 * X), MASK, torch.tensor([1.5, -0.5, 0.5, -1.0]).double(), REF)
VALUES = torch.sin(2 * X)
REWARD = torch.tensor([1.0, 0.0, 0.7, 0.2]).double()
ONE_GROUP = torch.zeros(4, dtype=torch.int64)
AGGREGATIONS = ("seq_mean", "token_mean", "const")


def test_advantages():
    """Of ``compute_grpo_outcome_advantage``, ``compute_rloo_outcome_advantage``, ``compute_gae_advantage_return``."""
    expected = [1.1479, -1.0386, 0.4920, -0.6013]
    assert grpo(REWARD, ONE_GROUP, eps=1e-6, bessel=True).tolist() == pytest.approx(expected, abs=5e-5)
    others = [(REWARD.sum().item() - each) / 3 for each in REWARD.tolist()]
    exact = [each - mean for each, mean in zip(REWARD.tolist(), others)]
    assert rloo(REWARD, ONE_GROUP).tolist() == pytest.approx(exact, rel=1e-14)
    _, returns = gae(VALUES, MASK, REWARD, discount=0.9, lam=0.8)
    rows = [2.9401430751790194, -0.3205665002222403, 2.2741363580848106, 0.3639875624926553]
    assert returns.sum(1).tolist() == pytest.approx(rows, rel=1e-14)


def test_the_critic_s_loss():
    loss = value_loss(VALUES + 0.5 * torch.cos(4 * X), VALUES, torch.cos(X), MASK)
    assert loss.item() == pytest.approx(0.4261572812950643, rel=1e-7)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        # compute_policy_loss_vanilla: seq-mean-token-mean, token-mean, seq-mean-token-sum-norm
        ({"dual": 1.3}, (-0.10233266842891797, -0.031211680638448078, -0.014825548303262836)),
        # GRPOTrainer's loss types grpo, dapo, dr_grpo
        ({"kl": 0.1}, (-0.0852276171035139, -0.01336315699115239, -0.006347499570797385)),
    ],
)
def test_the_clipped_surrogate(options, expected):
    losses = [clipped(BATCH, 0.2, 0.28, each, longest=10, **options)[0].item() for each in AGGREGATIONS]
    assert losses == pytest.approx(expected, rel=1e-7)


def test_the_ratio_of_a_sequence():
    """Both libraries' loss of GSPO."""
    loss, _ = clipped(BATCH, 0.03, 0.04, "seq_mean", ratio="sequence")
    assert loss.item() == pytest.approx(-0.10157342241736073, rel=1e-12)


def test_divergences():
    """Of ``kl_penalty``."""
    means = [masked_mean(log_ratio_kl(LOGP, REF, each), MASK, "token_mean").item() for each in ("k1", "k2", "k3")]
    assert means == pytest.approx([0.022081327988375445, 0.02371148937160988, 0.023564950722988733], rel=1e-12)
