"""Python: data in files, functions that must pass tests, files to write, and variables of the session (7 templates).

One cell can do all of each task, so one call is enough.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Template, call, result
from palaestra.envs.tools.worlds.python.functions import FUNCTIONS, Function
from palaestra.envs.tools.worlds.python.world import ToolPython

TOWNS = ("Ardle", "Benmoor", "Colwick", "Dunsay", "Elmsted", "Farrow", "Glenby", "Hartsea")
GOODS = ("barley", "cheese", "honey", "linen", "rope", "salt", "slate", "wool")


class _Python(Template[ToolPython]):
    """Tasks in the session. No file may change but those of ``slots["writes"]``."""

    levels = (1, 2, 3)
    most_calls = 1
    tier = "T1"

    def minimum(self, slots: Slots) -> int:
        return 1

    def facts(self, world: ToolPython, slots: Slots) -> dict[str, Any]:
        return {"files": _digests(world, slots)} | self.more_facts(world, slots)

    def more_facts(self, world: ToolPython, slots: Slots) -> dict[str, Any]:
        """Facts about the start besides the files that must stay."""
        return {}

    def untouched(self, start: Mapping[str, Any], world: ToolPython, slots: Slots) -> dict[str, bool]:
        """The clause that no other file was changed."""
        return {"no other file was changed": _digests(world, slots) == start["files"]}


def _digests(world: ToolPython, slots: Slots) -> dict[str, str]:
    writes = slots.get("writes", ())
    kept = {name: content for name, content in sorted(world.files.items()) if name not in writes}
    return {name: hashlib.sha256(content).hexdigest() for name, content in kept.items()}


class _Number(_Python):
    """The answer is a number that follows from the start."""

    def check(
        self, start: Mapping[str, Any], world: ToolPython, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        right = said.is_number(answers, Fraction(start["value"]))
        return {"the answer is the right number": right} | self.untouched(start, world, slots)

    def more_facts(self, world: ToolPython, slots: Slots) -> dict[str, Any]:
        return {"value": self.value(world, slots)}

    def value(self, world: ToolPython, slots: Slots) -> str:
        """The right number, as a text."""
        raise NotImplementedError

    def code(self, slots: Slots) -> str:
        """Code whose last expression is the right number."""
        raise NotImplementedError

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("run_python", code=self.code(slots))
        yield str(result(messages)["value"]).strip("'")


def _sales(random: np.random.Generator, rows: int) -> str:
    """A file of sales."""
    lines = ["day,town,goods,pieces,cents"]
    for _ in range(rows):
        town, goods = TOWNS[int(random.integers(8))], GOODS[int(random.integers(8))]
        day, pieces, cents = (int(random.integers(1, high)) for high in (29, 40, 5000))
        lines.append(f"2025-11-{day:02d},{town},{goods},{pieces},{cents}")
    return "\n".join(lines) + "\n"


class SalesTotal(_Number):
    """A sum over some rows of a file."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        town, goods = TOWNS[int(random.integers(8))], GOODS[int(random.integers(8))]
        return {"town": town, "goods": goods if self.level > 1 else "", "after": int(random.integers(5, 15))}

    def instruction(self, slots: Slots) -> str:
        of = f" of {slots['goods']}" if slots["goods"] else ""
        after = f" after 2025-11-{slots['after']:02d}" if self.level > 2 else ""
        return f"How many pieces{of} were sold in {slots['town']}{after}, according to sales.csv?"

    def setup(self, world: ToolPython, slots: Slots, random: np.random.Generator) -> None:
        world.begin({"sales.csv": _sales(random, 300), "readme.txt": "One line per sale, prices in cents per piece.\n"})

    def _counts(self, row: Sequence[str], slots: Slots) -> bool:
        day, town, goods = row[:3]
        late = self.level < 3 or int(day[-2:]) > slots["after"]
        return town == slots["town"] and goods in (slots["goods"] or goods) and late

    def value(self, world: ToolPython, slots: Slots) -> str:
        rows = [line.split(",") for line in world.files["sales.csv"].decode().splitlines()[1:]]
        return str(sum(int(row[3]) for row in rows if self._counts(row, slots)))

    def code(self, slots: Slots) -> str:
        goods = f" and r['goods'] == {slots['goods']!r}" if slots["goods"] else ""
        late = f" and r['day'] > '2025-11-{slots['after']:02d}'" if self.level > 2 else ""
        where = f"r['town'] == {slots['town']!r}{goods}{late}"
        return f"import csv\nsum(int(r['pieces']) for r in csv.DictReader(open('sales.csv')) if {where})"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        other = next(town for town in TOWNS if town != slots["town"])
        wrong = [{**slots, "town": other}]
        if self.level > 1:
            wrong.append({**slots, "goods": ""})
        return wrong


def _sum_of_primes(slots: Slots) -> int:
    numbers = range(slots["low"], slots["high"] + 1)
    primes = [n for n in numbers if n > 1 and all(n % divisor for divisor in range(2, int(n**0.5) + 1))]
    return sum(n for n in primes if n % 10 != slots["digit"])


class PrimeSum(_Number):
    """A number that takes a small program."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        low = int(random.integers(20, 10 ** (self.level + 1)))
        return {"low": low, "high": low + int(random.integers(30, 200)), "digit": int(random.choice([1, 3, 7, 9]))}

    def instruction(self, slots: Slots) -> str:
        return (
            f"What is the sum of all primes from {slots['low']} to {slots['high']}, both included, whose last digit is "
            f"not {slots['digit']}?"
        )

    def setup(self, world: ToolPython, slots: Slots, random: np.random.Generator) -> None:
        world.begin({})

    def value(self, world: ToolPython, slots: Slots) -> str:
        return str(_sum_of_primes(slots))

    def code(self, slots: Slots) -> str:
        return (
            "def is_prime(n):\n    return n > 1 and all(n % d for d in range(2, int(n ** 0.5) + 1))\n"
            f"sum(n for n in range({slots['low']}, {slots['high']} + 1) if is_prime(n) and n % 10 != {slots['digit']})"
        )

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        others = [{**slots, "digit": digit} for digit in (2, 1, 3, 7, 9)]
        other = next(each for each in others if _sum_of_primes(each) != _sum_of_primes(slots))
        return [{**slots, "high": slots["high"] + 100}, other]


class SessionValue(_Number):
    """The data are variables of the session, not files."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        readings = {town: [int(each) for each in random.integers(0, 100, 21)] for town in TOWNS[:5]}
        what = ("sum", "median", "range")[self.level - 1]
        return {"threshold": int(random.integers(30, 70)), "what": what, "readings": readings}

    def instruction(self, slots: Slots) -> str:
        what = {"sum": "sum", "median": "median", "range": "difference between the largest and the smallest"}
        return (
            "The session has a variable `readings`, a dictionary of lists by station. What is the "
            f"{what[slots['what']]} of all readings of at least {slots['threshold']}, over all stations?"
        )

    def setup(self, world: ToolPython, slots: Slots, random: np.random.Generator) -> None:
        world.begin({}, [f"readings = {slots['readings']!r}"])

    def value(self, world: ToolPython, slots: Slots) -> str:
        stations = slots["readings"].values()
        readings = sorted(each for station in stations for each in station if each >= slots["threshold"])
        middle = Fraction(readings[(len(readings) - 1) // 2] + readings[len(readings) // 2], 2)
        values = {"sum": Fraction(sum(readings)), "median": middle, "range": Fraction(readings[-1] - readings[0])}
        return str(values[slots["what"]])

    def code(self, slots: Slots) -> str:
        what = {"sum": "sum(x)", "median": "statistics.median(x)", "range": "max(x) - min(x)"}[slots["what"]]
        chosen = f"[r for station in readings.values() for r in station if r >= {slots['threshold']}]"
        return f"import statistics\nx = {chosen}\n{what}"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        what = "median" if slots["what"] == "sum" else "sum"
        return [{**slots, "what": what}, {**slots, "what": what, "threshold": slots["threshold"] + 1}]


class _Writes(_Python):
    """A file must have the right content."""

    def check(
        self, start: Mapping[str, Any], world: ToolPython, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        (name,) = slots["writes"]
        right = world.files.get(name, b"").decode(errors="replace").rstrip("\n") == start["content"]
        return {f"{name} has the right content": right} | self.untouched(start, world, slots)

    def more_facts(self, world: ToolPython, slots: Slots) -> dict[str, Any]:
        return {"content": self.content(world, slots)}

    def content(self, world: ToolPython, slots: Slots) -> str:
        """The right content, without a line break at the end."""
        raise NotImplementedError

    def code(self, slots: Slots) -> str:
        """Code that writes it."""
        raise NotImplementedError

    def oracle(self, slots: Slots) -> Oracle:
        yield call("run_python", code=self.code(slots))
        yield "The file is written."


class SortLines(_Writes):
    """A sorted copy of a file, perhaps without duplicates."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"writes": [f"{('sorted', 'ordered', 'clean')[int(random.integers(3))]}.txt"], "level": self.level}

    def instruction(self, slots: Slots) -> str:
        how = ("", ", each line once", ", each line once, the longest first and those of equal length alphabetically")
        (name,) = slots["writes"]
        return f"Write the lines of names.txt in alphabetical order into {name}{how[slots['level'] - 1]}."

    def setup(self, world: ToolPython, slots: Slots, random: np.random.Generator) -> None:
        names = [
            f"{TOWNS[int(a)]} {GOODS[int(b)]}" for a, b in zip(random.integers(0, 8, 60), random.integers(0, 8, 60))
        ]
        world.begin({"names.txt": "\n".join(names) + "\n", "old.txt": "keep me\n"})

    def content(self, world: ToolPython, slots: Slots) -> str:
        lines = world.files["names.txt"].decode().splitlines()
        if slots["level"] == 1:
            return "\n".join(sorted(lines))
        unique = sorted(set(lines))
        return "\n".join(unique if slots["level"] == 2 else sorted(unique, key=len, reverse=True))

    def code(self, slots: Slots) -> str:
        (name,) = slots["writes"]
        lines = "open('names.txt').read().splitlines()"
        how = (f"sorted({lines})", f"sorted(set({lines}))", f"sorted(sorted(set({lines})), key=len, reverse=True)")
        return f"with open({name!r}, 'w') as file:\n    file.write('\\n'.join({how[slots['level'] - 1]}) + '\\n')"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "level": slots["level"] % 3 + 1}, {**slots, "writes": ["names.txt"]}]


class TotalsByTown(_Writes):
    """A summary of a file, as JSON."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        name = ("totals", "summary", "by_town", "report")[int(random.integers(4))]
        return {"writes": [f"{name}.json"], "what": ("pieces", "cents", "best")[self.level - 1]}

    def instruction(self, slots: Slots) -> str:
        what = {
            "pieces": "the number of pieces sold there",
            "cents": "what was earned there in cents (pieces times cents)",
            "best": "the goods that earned most there in all (pieces times cents)",
        }
        return (
            f"From sales.csv, write {slots['writes'][0]}: a JSON object with, for each town in alphabetical order, "
            f"{what[slots['what']]}."
        )

    def setup(self, world: ToolPython, slots: Slots, random: np.random.Generator) -> None:
        world.begin({"sales.csv": _sales(random, 200)})

    def check(
        self, start: Mapping[str, Any], world: ToolPython, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        (name,) = slots["writes"]
        try:
            written = list(json.loads(world.files.get(name, b"")).items())
        except (ValueError, AttributeError, RecursionError):
            written = []
        right = written == [tuple(pair) for pair in start["content"]]
        return {f"{name} has the right content": right} | self.untouched(start, world, slots)

    def more_facts(self, world: ToolPython, slots: Slots) -> dict[str, Any]:
        rows = [line.split(",") for line in world.files["sales.csv"].decode().splitlines()[1:]]
        totals: dict[str, dict[str, int]] = {}
        for _, town, goods, pieces, cents in rows:
            of_town = totals.setdefault(town, {})
            amount = int(pieces) * (1 if slots["what"] == "pieces" else int(cents))
            of_town[goods] = of_town.get(goods, 0) + amount
        if slots["what"] == "best":
            return {
                "content": [[town, max(goods, key=lambda each: goods[each])] for town, goods in sorted(totals.items())]
            }
        return {"content": [[town, sum(goods.values())] for town, goods in sorted(totals.items())]}

    def code(self, slots: Slots) -> str:
        amount = "int(r['pieces'])" + ("" if slots["what"] == "pieces" else " * int(r['cents'])")
        of_town = "max(g, key=g.get)" if slots["what"] == "best" else "sum(g.values())"
        return (
            "import collections, csv, json\n"
            "totals = collections.defaultdict(collections.Counter)\n"
            "for r in csv.DictReader(open('sales.csv')):\n"
            f"    totals[r['town']][r['goods']] += {amount}\n"
            f"with open({slots['writes'][0]!r}, 'w') as file:\n"
            f"    json.dump({{t: {of_town} for t, g in sorted(totals.items())}}, file)"
        )

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "what": what} for what in ("pieces", "cents", "best") if what != slots["what"]]


class WriteFunction(_Python):
    """A function in a module must pass tests that the agent doesn't see."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        number = int(random.integers(2))
        module = ("tools", "helpers_v2", "strings", "work")[int(random.integers(4))]
        return {"number": number, "writes": [f"{module}.py"], "solution": "code"}

    def _function(self, slots: Slots) -> Function:
        return FUNCTIONS[self.level][slots["number"]]

    def instruction(self, slots: Slots) -> str:
        function, (name,) = self._function(slots), slots["writes"]
        return f"Write {name} with a function {function.name}({function.argument}) that {function.spec}."

    def setup(self, world: ToolPython, slots: Slots, random: np.random.Generator) -> None:
        world.begin({"notes.txt": "Nothing to do with it.\n"})

    def check(
        self, start: Mapping[str, Any], world: ToolPython, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        function, (name,) = self._function(slots), slots["writes"]
        tests = (
            "import importlib, sys\nsys.path.insert(0, '.')\n"
            f"f = importlib.import_module({name.removesuffix('.py')!r}).{function.name}\n"
            f"for given, expected in {function.tests}:\n    assert f(given) == expected, given"
        )
        passes = name in world.files and not world.tested(tests)
        return {f"{function.name} passes its tests": passes} | self.untouched(start, world, slots)

    def oracle(self, slots: Slots) -> Oracle:
        (name,) = slots["writes"]
        code = getattr(self._function(slots), slots["solution"])
        yield call("run_python", code=f"with open({name!r}, 'w') as file:\n    file.write({code!r})")
        yield "The function is written."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "solution": "wrong"}, {**slots, "writes": ["other.py"]}]


class DefineFunction(WriteFunction):
    """The function must be left in the session instead of a file."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"number": int(random.integers(2)), "writes": [], "solution": "code"}

    def instruction(self, slots: Slots) -> str:
        function = self._function(slots)
        return f"Define in the session a function {function.name}({function.argument}) that {function.spec}."

    def check(
        self, start: Mapping[str, Any], world: ToolPython, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        function = self._function(slots)
        tests = f"assert all({function.name}(given) == expected for given, expected in {function.tests})"
        passes = world.has_run and not world.tried(tests)
        return {f"{function.name} passes its tests": passes} | self.untouched(start, world, slots)

    def oracle(self, slots: Slots) -> Oracle:
        yield call("run_python", code=getattr(self._function(slots), slots["solution"]))
        yield "The function is defined."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "solution": "wrong"}, {**slots, "number": 1 - slots["number"]}]
