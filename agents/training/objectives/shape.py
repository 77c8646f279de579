"""Rewards shaped by what a trajectory cost.

OTC: Acting Less is Reasoning More! Teaching Model to Act Efficiently (Wang et al., 2025, arXiv 2504.14870). The task
reward is multiplied by a coefficient that falls with needless tool calls, so that a wrong answer earns nothing:

    r = alpha r_tool(m, n, c) r_task

m is the number of calls of the trajectory, n the fewest calls of a correct trajectory of its task, c a constant.
"""

import math

import torch
from torch import Tensor


def tool_reward(calls: Tensor, minimum: Tensor, smoothness: float) -> Tensor:
    """OTC's coefficient r_tool, for its PPO form (n = 0) and its GRPO form.

    The paper has cos(m pi / (2m + c)) if n = 0, which is 1 for m = 0, and otherwise sin(f pi / (2n)) with
    f = 2nm / (m + n), which is sin(m pi / (m + n)) = sin(n pi / (m + n)). The smaller of the two angles is used here:
    the result is then exactly 1 at m = n, exactly 0 at m = 0 < n and never negative.

    Args:
        calls: m, integers or floats from 0; failed and repeated calls count.
        minimum: n, integers or floats from 0, of a shape that broadcasts with ``calls``; 0 for OTC-PPO.
        smoothness: c, above 0; in the paper the largest number of turns. The smaller, the steeper.

    Returns:
        Coefficients from 0 to 1, in the floating dtype of the arguments, or torch's default dtype if both are integers.

    Raises:
        ValueError: ``smoothness`` isn't above 0.
    """
    if not smoothness > 0:
        raise ValueError(f"smoothness must be above 0, got {smoothness}")
    without = torch.cos(math.pi * calls / (2 * calls + smoothness))
    total = (calls + minimum).clamp(min=1)  # 0 only where n = 0, which the other branch covers
    above = torch.sin(math.pi * torch.minimum(calls, minimum) / total)
    return torch.where(minimum == 0, without, above)


def otc(correct: Tensor, calls: Tensor, minimum: Tensor, smoothness: float, alpha: float = 1.0) -> Tensor:
    """OTC's reward, alpha r_tool r_task.

    Args:
        correct: (B,), the task reward: 1 or True if right, 0 or False if wrong.
        calls: (B,), numbers of tool calls, at least 0.
        minimum: (B,), fewest calls of a correct trajectory of the row's task, as ``history.update_minimum`` returns
            them; any number from 0 where the row is wrong. Zeros for OTC-PPO.
        smoothness: c, above 0.
        alpha: factor; 1 in the paper's runs.

    Returns:
        (B,), from 0 to alpha, in the dtype of ``correct`` if it is floating, otherwise in torch's default dtype.

    Raises:
        ValueError: ``smoothness`` isn't above 0.
    """
    dtype = correct.dtype if correct.is_floating_point() else torch.get_default_dtype()
    return alpha * correct.to(dtype) * tool_reward(calls.to(dtype), minimum.to(dtype), smoothness)
