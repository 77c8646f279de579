"""What hyperparameters may be: one rule for every name, since a name means the same in every learner."""

import math
from dataclasses import fields
from typing import Any

from palaestra.data.errors import InputError

SHARES = ("discount", "tau", "expectile", "gamma", "gae_lambda")
FROM_ZERO = ("bc_steps", "learning_starts")
POSITIVE = ("awac_lambda", "scale", "grad_clip", "clip_range", "max_grad_norm")
NOT_NEGATIVE = ("weight_decay", "policy_noise", "noise_clip", "learning_rate", "action_noise")
FREE = ("first_seed", "gradient_steps")


def at_least_one(settings: object, *names: str) -> None:
    """Raise an ``InputError`` for the first of these settings, attributes named as their flags, that is below 1."""
    for name in names:
        if getattr(settings, name) < 1:
            raise InputError(f"{_flag(name)} must be at least 1, got {getattr(settings, name)}")


def check(config: Any) -> None:
    """Check every hyperparameter of a learner's or agent's configuration, a dataclass.

    Numbers are finite, counts and widths at least 1, step sizes and noise not below 0, what divides above 0, ranges in
    order; ``discount``, ``gamma``, ``tau`` and other shares lie from 0 to 1, ``dropout`` below 1.

    Raises:
        InputError: one doesn't; names its flag.
    """
    for field in fields(config):
        value = getattr(config, field.name)
        numbers = [number for number in (value if isinstance(value, tuple) else (value,)) if _is_number(number)]
        counts = field.type in (int, tuple[int, ...]) and field.name not in FREE
        faults = [fault for number in numbers if (fault := _fault(field.name, number, counts))]
        if field.name == "coefficient_range" and not faults and value[0] >= value[1]:
            faults = ["a lower and a higher number"]
        if faults:
            shown = " ".join(str(number) for number in numbers)
            raise InputError(f"{_flag(field.name)} must be {faults[0]}, got {shown}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _fault(name: str, number: float, counts: bool) -> str | None:
    """What the number should be; None if it is."""
    low = 0 if name in FROM_ZERO else 1
    if not math.isfinite(number):
        return "finite"
    if counts and number < low:
        return f"at least {low}"
    if name in SHARES and not 0 <= number <= 1:
        return "from 0 to 1"
    if name == "dropout" and not 0 <= number < 1:
        return "at least 0 and below 1"
    if name in POSITIVE and number <= 0:
        return "above 0"
    if (name.endswith("lr") or name in NOT_NEGATIVE) and number < 0:
        return "at least 0"
    return None


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"
