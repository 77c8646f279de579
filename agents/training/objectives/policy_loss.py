"""Losses of a policy and its critic over one batch. None of them synchronises with the host."""

from typing import Literal

import torch
from torch import Tensor

from palaestra.agents.training.objectives.batch import (
    Aggregation,
    Estimator,
    LanguageBatch,
    kept,
    log_ratio_kl,
    masked_mean,
    row_mean,
)

Ratio = Literal["token", "sequence"]
"""Whether each token has its own probability ratio, or all tokens of a row share one."""


def clipped(
    batch: LanguageBatch,
    low: float = 0.2,
    high: float = 0.2,
    aggregation: Aggregation = "token_mean",
    longest: int | None = None,
    kl: float = 0.0,
    estimator: Estimator = "k3",
    ratio: Ratio = "token",
    dual: float | None = None,
) -> tuple[Tensor, dict[str, Tensor]]:
    """PPO's clipped surrogate (Schulman et al., 2017, arXiv 1707.06347, eq. 7), plus a penalty of the divergence.

        -agg( min(rho A, clip(rho, 1 - low, 1 + high) A) ) + kl agg(KL(policy || reference))

    With A of ``grpo`` it is GRPO's objective (Shao et al., 2024, arXiv 2402.03300, eq. 3); high > low is DAPO's
    "clip-higher" (Yu et al., 2025, arXiv 2503.14476, section 3.1). rho is exp(logp - old) of each token, or with
    ``ratio="sequence"`` the exponential of the row's mean of logp - old (GSPO: Zheng et al., 2025, arXiv 2507.18071,
    section 4.1; GSPO itself aggregates by ``seq_mean``). ``dual`` bounds rho from above where A < 0, where PPO doesn't
    (dual clip: Ye et al., 2020, arXiv 1912.09729).

    Args:
        batch: B rows of T tokens.
        low: how far rho may fall below 1, from 0 to 1.
        high: how far rho may rise above 1, at least 0.
        aggregation: from tokens to a scalar; see ``masked_mean``.
        longest: for the aggregation ``const``.
        kl: factor of the penalty, at least 0; above 0 it needs ``batch.ref``.
        estimator: of the divergence; see ``log_ratio_kl``.
        ratio: token or sequence.
        dual: above 1, or None for no bound.

    Returns:
        The loss, a scalar; and detached scalars: ``ratio``, the mean of rho; ``clipped``, the share of tokens at which
        clipping changed the objective; and ``kl``, the mean estimate, if the batch has a reference. Means and shares
        are over all sampled tokens of the batch.

    Raises:
        ValueError: an argument is out of its range, or the penalty has no reference.
    """
    _check(batch, low, high, kl, dual)
    advantage = _per_token(batch)
    rho = _log_ratio(batch, ratio).exp()
    unclipped = rho * advantage
    objective = torch.minimum(unclipped, rho.clamp(1 - low, 1 + high) * advantage)
    if dual is not None:
        objective = torch.where(advantage < 0, torch.maximum(objective, dual * advantage), objective)
    loss = -masked_mean(objective, batch.mask, aggregation, longest)
    statistics = {"ratio": rho, "clipped": (objective != unclipped).to(rho.dtype)}
    if batch.ref is not None:
        statistics["kl"] = log_ratio_kl(kept(batch.logp, batch.mask), kept(batch.ref, batch.mask), estimator)
    if kl > 0:
        loss = loss + kl * masked_mean(statistics["kl"], batch.mask, aggregation, longest)
    return loss, {name: masked_mean(each.detach(), batch.mask, "token_mean") for name, each in statistics.items()}


def reinforce(batch: LanguageBatch, aggregation: Aggregation = "token_mean", longest: int | None = None) -> Tensor:
    """REINFORCE's loss, -agg(A logp) (Williams, 1992; for language models Ahmadian et al., 2024, arXiv 2402.14740).

    It takes the rows as drawn from the policy itself: ``batch.old`` and ``batch.ref`` aren't used.

    Args:
        batch: B rows of T tokens.
        aggregation: from tokens to a scalar; see ``masked_mean``.
        longest: for the aggregation ``const``.

    Returns:
        A scalar.

    Raises:
        ValueError: see ``masked_mean``.
    """
    return -masked_mean(_per_token(batch) * batch.logp, batch.mask, aggregation, longest)


def value_loss(values: Tensor, old_values: Tensor, returns: Tensor, mask: Tensor, clip: float | None = 0.2) -> Tensor:
    """PPO's loss of the critic: half the larger of the squared errors of V and of V kept near its old value.

    As in the code of PPO that Engstrom et al. (2020, arXiv 2005.12729) describe.

    Args:
        values: (B, T), float, with the gradient.
        old_values: (B, T), when the rows were sampled.
        returns: (B, T), targets.
        mask: (B, T), float or bool.
        clip: how far from its old value V may move before its error stops falling, above 0; None for no clipping.

    Returns:
        A scalar, the mean over the batch's sampled tokens.

    Raises:
        ValueError: ``clip`` isn't above 0.
    """
    if clip is not None and not clip > 0:
        raise ValueError(f"clip must be above 0, got {clip}")
    values, old_values, returns = kept(values, mask), kept(old_values, mask).detach(), kept(returns, mask).detach()
    error = (values - returns).square()
    if clip is not None:
        near = old_values + (values - old_values).clamp(-clip, clip)
        error = torch.maximum(error, (near - returns).square())
    return masked_mean(error, mask, "token_mean") / 2


def _per_token(batch: LanguageBatch) -> Tensor:
    advantage = batch.advantage if batch.advantage.dim() == 2 else batch.advantage[:, None].expand_as(batch.logp)
    return kept(advantage.detach(), batch.mask)


def _log_ratio(batch: LanguageBatch, ratio: Ratio) -> Tensor:
    difference = kept(batch.logp, batch.mask) - kept(batch.old.detach(), batch.mask)
    match ratio:
        case "token":
            return difference
        case "sequence":
            return row_mean(difference, batch.mask)[:, None].expand_as(difference)
    raise ValueError(f"ratio must be token or sequence, got {ratio!r}")


def _check(batch: LanguageBatch, low: float, high: float, kl: float, dual: float | None) -> None:
    if not 0 <= low <= 1:
        raise ValueError(f"low must be from 0 to 1, got {low}")
    if not high >= 0:
        raise ValueError(f"high must be at least 0, got {high}")
    if not kl >= 0:
        raise ValueError(f"kl must be at least 0, got {kl}")
    if kl > 0 and batch.ref is None:
        raise ValueError("a penalty of the divergence needs the reference's log-probabilities")
    if dual is not None and not dual > 1:
        raise ValueError(f"dual must be above 1, got {dual}")
