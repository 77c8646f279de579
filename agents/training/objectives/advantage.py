"""Advantages from rewards: group baselines for one reward per row, and GAE for values per token or per turn.

Rewards are float32 or float64. Groups are integers, equal for rows that answer the same task, in any order.
"""

from typing import Literal

import torch
from torch import Tensor

from palaestra.agents.training.objectives.batch import kept, masked_mean
from palaestra.agents.training.objectives.filter import same_group, varied

Scale = Literal["std", "none", "floor", "batch"]
"""What ``grpo`` divides by."""


def grpo(
    reward: Tensor,
    group: Tensor,
    scale: Scale = "std",
    floor: float = 0.1,
    eps: float = 1e-4,
    bessel: bool = False,
) -> Tensor:
    """Rewards minus their group's mean, divided by a deviation (GRPO: Shao et al., 2024, arXiv 2402.03300, sec. 4.1.2).

    - ``std``: divided by the group's standard deviation plus ``eps``.
    - ``none``: not divided (Dr. GRPO: Liu et al., 2025, arXiv 2503.20783, section 3).
    - ``floor``: divided by the group's standard deviation or ``floor``, whichever is larger, so that a small spread,
      such as that of shaped rewards in a group of right answers, stays small.
    - ``batch``: divided by the standard deviation of all rewards of the batch plus ``eps`` (Lite PPO: Liu et al., 2025,
      arXiv 2508.08221).

    The standard deviation is the population's, which divides the sum of squares by the number of rows G: rewards
    (1, 1, 0, 0) have advantages of 1 and -1, but for ``eps``. With ``bessel`` it divides by G - 1, and they are .866
    and -.866. The check of group sizes is a host synchronisation.

    Args:
        reward: (B,), float.
        group: (B,), integers.
        scale: one of the above.
        floor: the least divisor of ``floor``, above 0.
        eps: added to the divisor of ``std`` and ``batch``, at least 0.
        bessel: whether the standard deviation is the sample's.

    Returns:
        (B,), in the dtype of ``reward``; exactly 0 in groups whose rewards are equal.

    Raises:
        ValueError: a group has only one row, the scale is unknown, or ``floor`` isn't above 0.
    """
    centred = _centred(reward, group)
    match scale:
        case "none":
            return centred
        case "std":
            divisor = _deviation(centred, group, bessel) + eps
        case "floor" if floor > 0:
            divisor = _deviation(centred, group, bessel).clamp(min=floor)
        case "floor":
            raise ValueError(f"floor must be above 0, got {floor}")
        case "batch":
            divisor = reward.std(correction=int(bessel)) + eps
        case _:
            raise ValueError(f"scale must be std, none, floor or batch, got {scale!r}")
    return torch.where(centred == 0, 0, centred / divisor)


def rloo(reward: Tensor, group: Tensor) -> Tensor:
    """Rewards minus the mean of the group's other rows (RLOO: Ahmadian et al., 2024, arXiv 2402.14740).

    That is G / (G - 1) times the difference to the group's mean. The check of group sizes is a host synchronisation.

    Args:
        reward: (B,), float.
        group: (B,), integers.

    Returns:
        (B,), in the dtype of ``reward``; exactly 0 in groups whose rewards are equal.

    Raises:
        ValueError: a group has only one row.
    """
    size = same_group(group).sum(1)
    return _centred(reward, group) * size / (size - 1)  # in this order, since the ratio of integers is float32


def reinforce(reward: Tensor) -> Tensor:
    """Rewards minus their mean over the batch (REINFORCE with a baseline: Williams, 1992).

    Args:
        reward: (B,), float.

    Returns:
        (B,), in the dtype of ``reward``; exactly 0 if all rewards are equal.
    """
    return torch.where(reward.amax() == reward.amin(), 0, reward - reward.mean())


def gae(
    values: Tensor,
    mask: Tensor,
    reward: Tensor,
    token_reward: Tensor | None = None,
    discount: float = 1.0,
    lam: float = 0.95,
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimates over sampled tokens (Schulman et al., 2016, arXiv 1506.02438, eq. 16).

        delta_t = r_t + discount V_t' - V_t,    A_t = delta_t + discount lam A_t'

    t' is the next sampled token: masked-out tokens are jumped over and take no time. V and A after the last one are 0.
    The row's reward is paid at its last sampled token.

    Args:
        values: (B, T), float. No gradient passes through it or ``token_reward``.
        mask: (B, T), float or bool.
        reward: (B,), float.
        token_reward: (B, T), paid at each token in addition, such as a penalty of the divergence; or None.
        discount: from 0 to 1, per sampled token.
        lam: from 0 to 1; 1 gives returns minus values, 0 one-step errors.

    Returns:
        Advantages and returns, their sum with the values, each (B, T) and 0 at masked-out positions.
    """
    mask = mask.bool()
    values = kept(values.detach(), mask)
    paid = _at_last(reward, mask)
    if token_reward is not None:
        paid = paid + token_reward.detach()
    following = advantage = torch.zeros_like(reward)
    columns = []
    for t in reversed(range(values.shape[1])):
        delta = paid[:, t] + discount * following - values[:, t]
        advantage = torch.where(mask[:, t], delta + discount * lam * advantage, advantage)
        following = torch.where(mask[:, t], values[:, t], following)
        columns.append(advantage)
    advantages = kept(torch.stack(columns[::-1], 1), mask)
    return advantages, advantages + values


def turn_gae(
    values: Tensor,
    turn: Tensor,
    reward: Tensor,
    token_reward: Tensor | None = None,
    discount: float = 1.0,
    lam: float = 0.95,
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimates with one step per assistant turn instead of one per token.

    The value of a turn is the value at its first token, and ``token_reward`` is summed over its tokens. All of its
    tokens get its advantage and its return; a critic is to be fitted at first tokens (``turn_starts``) only.

    Args:
        values: (B, T), float. No gradient passes through it or ``token_reward``.
        turn: (B, T), integers: the number of the turn that a token belongs to, rising along a row, and -1 for tokens
            that the policy didn't sample.
        reward: (B,), float; paid in the row's last turn.
        token_reward: (B, T), or None.
        discount: from 0 to 1, per turn.
        lam: from 0 to 1.

    Returns:
        Advantages and returns, each (B, T) and 0 where ``turn`` is -1.
    """
    sampled, starts = turn >= 0, turn_starts(turn)
    positions = torch.arange(turn.shape[1], device=turn.device).expand_as(turn)
    start = kept(positions, starts).cummax(1).values
    if token_reward is not None:
        token_reward = torch.zeros_like(token_reward).scatter_add(1, start, kept(token_reward, sampled))
    advantages, returns = gae(values, starts, reward, token_reward, discount, lam)
    return kept(advantages.gather(1, start), sampled), kept(returns.gather(1, start), sampled)


def turn_numbers(mask: Tensor) -> Tensor:
    """Turns numbered from 0 in each row; between two turns there is at least one token that the policy didn't sample.

    Args:
        mask: (B, T), float or bool.

    Returns:
        (B, T), integers as ``turn_gae`` takes them.
    """
    mask = mask.bool()
    starts = mask & ~torch.nn.functional.pad(mask, (1, 0))[:, :-1]
    return torch.where(mask, starts.cumsum(1) - 1, -1)


def turn_starts(turn: Tensor) -> Tensor:
    """The first token of each turn.

    Args:
        turn: (B, T), integers as in ``turn_gae``.

    Returns:
        (B, T), bool.
    """
    earlier = torch.nn.functional.pad(turn, (1, 0), value=-1)[:, :-1].cummax(1).values
    return turn > earlier


def standardised(advantage: Tensor, mask: Tensor, eps: float = 1e-8) -> Tensor:
    """Advantages with mean 0 and standard deviation 1 over the batch's sampled tokens, as PPO's code has them.

    The standard deviation is the population's (Engstrom et al., 2020, arXiv 2005.12729, on such details of PPO).

    Args:
        advantage: (B, T), float.
        mask: (B, T), float or bool.
        eps: added to the standard deviation.

    Returns:
        (B, T), 0 at masked-out positions; exactly 0 everywhere if all are equal.
    """
    mask = mask.bool()
    centred = kept(advantage - masked_mean(advantage, mask, "token_mean"), mask)
    deviation = masked_mean(centred.square(), mask, "token_mean").sqrt()
    highest = torch.where(mask, advantage, -torch.inf).amax()
    lowest = torch.where(mask, advantage, torch.inf).amin()
    return torch.where(highest != lowest, centred / (deviation + eps), 0)


def _centred(reward: Tensor, group: Tensor) -> Tensor:
    same = same_group(group)
    size = same.sum(1)
    if (size < 2).any():
        raise ValueError("every group needs at least two rows: a single one has no baseline but itself")
    # The mean of equal numbers can differ from them in the last bit, so that this zero is written explicitly.
    return torch.where(varied(reward, group), reward - torch.where(same, reward, 0).sum(1) / size, 0)


def _deviation(centred: Tensor, group: Tensor, bessel: bool) -> Tensor:
    same = same_group(group)
    return (torch.where(same, centred.square(), 0).sum(1) / (same.sum(1) - int(bessel))).sqrt()


def _at_last(reward: Tensor, mask: Tensor) -> Tensor:
    left = mask.flip(1).cumsum(1).flip(1)  # sampled tokens from this one on
    return torch.where(mask & (left == 1), reward[:, None], 0)
