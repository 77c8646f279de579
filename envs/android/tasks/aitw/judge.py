"""A judge like the model that DigiRL and Digi-Q ask after every step, with its short-cuts and errors.

It sees the texts on the last screen and nothing else: no rank of the result that was opened, nothing of what came
before. What their code (github.com/DigiRL-agent/digiq, ``environment/android/evaluate.py``) does without asking it is
three switches: a screen like the one before, or like one of the first five that were ever judged, is a failure.
"""

import difflib
import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from palaestra.data.errors import InputError
from palaestra.envs.android.tasks.aitw.template import LineTemplate
from palaestra.envs.android.tasks.task import template
from palaestra.envs.task import Task

SAME = 0.001 * 255**2
"""Mean squared difference of two screens below which they count as the same."""
REMEMBERED = 5
"""Screens that are remembered."""


@dataclass(frozen=True)
class Judge:
    """How a judge decides.

    Attributes:
        sees: ``text``, the visible texts of the last screen, or ``state``: the task's own condition.
        false_positive: share of the screens on which it wrongly says yes.
        false_negative: share of the screens on which it wrongly says no.
        unchanged: say no, without looking, to a screen like the one before.
        remembered: say no, without looking, to a screen like one of the first five it has looked at.
        successes: whether screens to which it said yes are remembered too.
    """

    sees: Literal["text", "state"] = "text"
    false_positive: float = 0.0
    false_negative: float = 0.0
    unchanged: bool = False
    remembered: bool = False
    successes: bool = True


RELEASED: dict[str, Any] = {"unchanged": True, "remembered": True}
"""The short-cuts of the released code."""
PRESETS = {"text": Judge(), "digirl": Judge(**RELEASED)}


def judge_of(value: object, is_released: bool = False) -> Judge | None:
    """A judge from the argument of a world; None if the task's condition decides alone.

    Args:
        value: None, the name of a preset, or fields of ``Judge``.
        is_released: whether the short-cuts of the released code are on unless ``value`` says otherwise.

    Raises:
        InputError: there is no such preset or field, or a value is out of range.
    """
    usual = RELEASED if is_released else {}
    if value is None:
        return Judge("state", **RELEASED) if is_released else None
    if isinstance(value, str) and value in PRESETS:
        return judge_of({}, is_released) if value == "text" else PRESETS[value]
    if not isinstance(value, Mapping):
        raise InputError(f"judge {value!r}: must be {', '.join(PRESETS)} or settings by name")
    known = {field.name: field for field in fields(Judge)}
    for name, setting in value.items():
        if name not in known:
            similar = difflib.get_close_matches(str(name), known, n=1)
            hint = f" (did you mean {similar[0]}?)" if similar else ""
            raise InputError(f"judge: no setting {name!r}{hint}; there are {', '.join(known)}")
        _check(name, setting, type(known[name].default))
    return Judge(**{**usual, **value})


def _check(name: str, setting: object, kind: type) -> None:
    """Check one setting against the type of its default."""
    if kind is str and setting not in ("text", "state"):
        raise InputError(f"judge: sees {setting!r} must be text or state")
    if kind is bool and not isinstance(setting, bool):
        raise InputError(f"judge: {name} {setting!r} must be true or false")
    is_number = isinstance(setting, int | float) and not isinstance(setting, bool)
    if kind is float and not (is_number and 0 <= float(str(setting)) <= 1):
        raise InputError(f"judge: {name} {setting!r} must be a share from 0 to 1")


class Judging:
    """A judge at work: what it remembers is kept through all episodes, as by the released code's process.

    Args:
        judge: how it decides.

    Attributes:
        seed: of its errors. The same screen always gets the same answer, as from a model without sampling.
    """

    def __init__(self, judge: Judge):
        self.judge, self.seed = judge, 0
        self._screens: list[np.ndarray] = []

    def verdict(
        self, task: Task, success: float | None, before: np.ndarray, after: np.ndarray, texts: Sequence[str]
    ) -> tuple[float | None, str]:
        """The verdict on a screen, and why the judge hasn't looked at it; "" if it has.

        Args:
            task: what was to be done.
            success: whether its condition holds; None: not known.
            before: the screen before the step, (height, width, 3) uint8.
            after: that of now.
            texts: visible on it.
        """
        judge = self.judge
        if judge.unchanged and difference(before, after) < SAME:
            return 0.0, "unchanged"
        is_new = True
        if judge.remembered:
            if any(difference(screen, after) < SAME for screen in self._screens):
                return 0.0, "remembered"
            is_new = len(self._screens) < REMEMBERED
        verdict = self._looked(task, success, texts)
        if judge.remembered and is_new and (judge.successes or not verdict):
            self._screens.append(after)
        return verdict, ""

    def _looked(self, task: Task, success: float | None, texts: Sequence[str]) -> float | None:
        """What it says of a screen, with its errors."""
        says: float | None = success
        if self.judge.sees == "text":
            kind = template(task.template)
            says = float(isinstance(kind, LineTemplate) and kind.looks_done(task.slots, texts))
        if says is None:
            return None
        wrong = self.judge.false_negative if says else self.judge.false_positive
        if wrong and _share(self.seed, task.id, texts) < wrong:
            return 1.0 - says
        return says

    def save(self) -> dict[str, Any]:
        """Its state as plain data."""
        screens = [[list(screen.shape), zlib.compress(screen.tobytes(), 1)] for screen in self._screens]
        return {"seed": self.seed, "screens": screens}

    def load(self, state: Mapping[str, Any]) -> None:
        """Set the state that ``save`` returned.

        Raises:
            ValueError, TypeError, KeyError: it is none.
        """
        screens = [
            np.frombuffer(zlib.decompress(data), np.uint8).reshape(tuple(shape)) for shape, data in state["screens"]
        ]
        self.seed, self._screens = int(state["seed"]), screens

    def digest(self) -> str:
        """SHA-256 of the state."""
        parts = [str(self.seed).encode(), *(screen.tobytes() for screen in self._screens)]
        return hashlib.sha256(b"|".join(parts)).hexdigest()


def difference(one: np.ndarray, other: np.ndarray) -> float:
    """Mean squared difference of two screens, 0 to 255^2."""
    return float(np.mean(np.square(np.subtract(one, other, dtype=np.int16), dtype=np.int32)))


def _share(seed: int, task: str, texts: Sequence[str]) -> float:
    """A number in [0, 1) for a screen."""
    digest = hashlib.blake2b(json.dumps([seed, task, *texts]).encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
