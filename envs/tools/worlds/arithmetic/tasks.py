"""Arithmetic: in one's head, with a calculator, and with registers (6 templates)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Template, call
from palaestra.envs.tools.worlds.arithmetic.expressions import evaluate, shown
from palaestra.envs.tools.worlds.arithmetic.world import ToolArithmetic

RANGES = {1: (11, 100), 2: (101, 1000), 3: (1001, 100_000)}
"""By level, the range of the numbers: from the first, below the second."""


def _number(random: np.random.Generator, level: int) -> int:
    return int(random.integers(*RANGES[level]))


class _Value(Template[ToolArithmetic]):
    """The answer is the value of ``slots["expression"]``."""

    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def facts(self, world: ToolArithmetic, slots: Slots) -> dict[str, Any]:
        return {"value": shown(evaluate(slots["expression"]))}

    def check(
        self, start: Mapping[str, Any], world: ToolArithmetic, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the answer is the right number": said.is_number(answers, Fraction(start["value"]))}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("calculate", expression=slots["expression"])
        yield messages[-1]["content"]

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "expression": f"{slots['expression']} {sign} 1"} for sign in "+-"]


class SingleDigits(_Value):
    """Two digits: no call is needed."""

    most_calls = 0

    def minimum(self, slots: Slots) -> int:
        return 0

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        left, right = (int(each) for each in random.integers(1, 10, 2))
        return {"expression": f"{left} {'+-*'[int(random.integers(3))]} {right}"}

    def instruction(self, slots: Slots) -> str:
        return f"What is {slots['expression']}?"

    def oracle(self, slots: Slots) -> Oracle:
        yield shown(evaluate(slots["expression"]))

    def careful(self, slots: Slots) -> Oracle:
        return super().oracle(slots)


class Product(_Value):
    levels = (1, 2, 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"expression": f"{_number(random, self.level)} * {_number(random, self.level)}"}

    def instruction(self, slots: Slots) -> str:
        return f"What is {slots['expression']}?"


class Remainder(_Value):
    levels = (1, 2, 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        divisor = int(random.integers(3, 10 ** (self.level + 1)))
        return {"expression": f"{_number(random, self.level) ** 2 + divisor} % {divisor}"}

    def instruction(self, slots: Slots) -> str:
        number, _, divisor = slots["expression"].split()
        return f"What remains when {number} is divided by {divisor}?"


class Purchase(_Value):
    """Prices and numbers of several goods in words; one expression holds them all."""

    levels = (1, 2, 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        goods = [str(each) for each in random.permutation(["pens", "cups", "maps", "lamps", "ropes"])[: self.level + 1]]
        counts = [int(each) for each in random.integers(11, 90, len(goods))]
        cents = [int(each) for each in random.integers(105, 2000, len(goods))]
        parts = [f"{count} * {price / 100:.2f}" for count, price in zip(counts, cents)]
        return {"goods": goods, "expression": " + ".join(parts)}

    def instruction(self, slots: Slots) -> str:
        parts = [part.split(" * ") for part in slots["expression"].split(" + ")]
        listed = [f"{count} {good} at {price} each" for good, (count, price) in zip(slots["goods"], parts)]
        return f"Somebody buys {', '.join(listed[:-1])} and {listed[-1]}. What is the total?"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "expression": f"{slots['expression']} {sign} 0.01"} for sign in "+-"]


class KeepInRegister(Template[ToolArithmetic]):
    """A result is wanted in a register, not as an answer."""

    levels = (1, 2, 3)
    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        numbers = [_number(random, self.level) for _ in range(3)]
        name = ("total", "result", "sum_1", "x", "budget")[int(random.integers(5))]
        return {"name": name, "expression": f"({numbers[0]} + {numbers[1]}) * {numbers[2]}"}

    def instruction(self, slots: Slots) -> str:
        return f"Put {slots['expression']} into the register {slots['name']}, and say when it is done."

    def facts(self, world: ToolArithmetic, slots: Slots) -> dict[str, Any]:
        return {"value": shown(evaluate(slots["expression"]))}

    def check(
        self, start: Mapping[str, Any], world: ToolArithmetic, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        value = world.database.value("SELECT value FROM register WHERE name = ?", slots["name"])
        return {f"{slots['name']} has the value": value == start["value"]}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (f"register/{slots['name']}/",)

    def oracle(self, slots: Slots) -> Oracle:
        yield call("store", name=slots["name"], expression=slots["expression"])
        yield "It is done."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "expression": f"{slots['expression']} + 1"}, {**slots, "name": f"{slots['name']}_2"}]


class AddToRegisters(Template[ToolArithmetic]):
    """Registers hold amounts; some of them change, the others must stay."""

    levels = (1, 2, 3)
    most_calls = 4

    def minimum(self, slots: Slots) -> int:
        return len(slots["changes"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        names = [str(each) for each in random.permutation(["rent", "food", "books", "travel", "gifts", "tools"])]
        amounts = {name: _number(random, self.level) for name in sorted(names)}
        changes = {name: _number(random, self.level) for name in names[: self.level]}
        return {"amounts": amounts, "changes": changes}

    def instruction(self, slots: Slots) -> str:
        parts = [f"{amount} to {name}" for name, amount in slots["changes"].items()]
        return f"The registers hold what was spent. Add {', and '.join(parts)}."

    def setup(self, world: ToolArithmetic, slots: Slots, random: np.random.Generator) -> None:
        world.database.insert_many("register", [(name, str(amount)) for name, amount in slots["amounts"].items()])

    def check(
        self, start: Mapping[str, Any], world: ToolArithmetic, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        values = world.registers()
        wanted = {name: str(slots["amounts"][name] + amount) for name, amount in slots["changes"].items()}
        return {f"{name} is {value}": values.get(name) == value for name, value in wanted.items()}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return tuple(f"register/{name}/value" for name in slots["changes"])

    def oracle(self, slots: Slots) -> Oracle:
        yield [call("store", name=name, expression=f"{name} + {amount}") for name, amount in slots["changes"].items()]
        yield "They are up to date."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        first, *_ = slots["changes"]
        other = next(name for name in slots["amounts"] if name not in slots["changes"])
        changes = slots["changes"]
        more = {name: amount + (name == first) for name, amount in changes.items()}
        return [{**slots, "changes": more}, {**slots, "changes": changes | {other: 7}}]
