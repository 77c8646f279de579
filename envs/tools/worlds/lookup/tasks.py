"""The directory: answers one to four entries away, comparisons, counts and changes (7 templates).

A name that the task doesn't give has to be looked up, one entry per call; no call returns two entries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Template, call, result
from palaestra.envs.tools.worlds.lookup.world import CITIES, COMPANIES, COUNTRIES, FIRST, LAST, Section, ToolLookup

ROUTES: dict[str, tuple[tuple[Section, str], ...]] = {
    "the phone number of {}": (("people", "phone"),),
    "the city that {} lives in": (("people", "city"),),
    "the company that {} works for": (("people", "employer"),),
    "the mayor of the city that {} lives in": (("people", "city"), ("cities", "mayor")),
    "the boss of the company that {} works for": (("people", "employer"), ("companies", "boss")),
    "the country of the city that {} lives in": (("people", "city"), ("cities", "country")),
    "the phone number of the boss of the company that {} works for": (
        ("people", "employer"),
        ("companies", "boss"),
        ("people", "phone"),
    ),
    "the mayor of the city of the company that {} works for": (
        ("people", "employer"),
        ("companies", "city"),
        ("cities", "mayor"),
    ),
    "the employer of the mayor of the city that {} lives in": (
        ("people", "city"),
        ("cities", "mayor"),
        ("people", "employer"),
    ),
}
"""Questions, and the section and field of each step towards the answer."""


class _Lookup(Template[ToolLookup]):
    """``slots["people"]`` are in the directory, whatever was drawn for it."""

    def setup(self, world: ToolLookup, slots: Slots, random: np.random.Generator) -> None:
        for name in slots.get("people", ()):
            if world.database.value("SELECT 1 FROM people WHERE name = ?", name):
                continue
            old = world.database.value(
                "SELECT name FROM people WHERE name NOT IN (SELECT mayor FROM cities UNION SELECT boss FROM companies) "
                f"AND name NOT IN ({','.join('?' * len(slots['people']))}) ORDER BY name",
                *slots["people"],
            )
            world.database.run("UPDATE people SET name = ? WHERE name = ?", name, old)


def _names(random: np.random.Generator, count: int) -> list[str]:
    full = [f"{first} {last}" for first in FIRST for last in LAST]
    return [full[int(each)] for each in random.choice(len(full), count, replace=False)]


def _others(world: ToolLookup, field: str) -> list[str]:
    """All values that an answer could have."""
    people = [row["name"] for row in world.database.rows("SELECT name FROM people")]
    phones = [row["phone"] for row in world.database.rows("SELECT phone FROM people")]
    kinds = {"phone": phones, "city": list(CITIES), "employer": list(COMPANIES), "country": list(COUNTRIES)}
    return kinds.get(field, people)


class FollowNames(_Lookup):
    """An answer that is one, two or three entries away."""

    levels = (1, 2, 3)
    most_calls = 3

    def minimum(self, slots: Slots) -> int:
        return len(ROUTES[slots["question"]])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        questions = [question for question, route in ROUTES.items() if len(route) == self.level]
        return {"people": _names(random, 1), "question": questions[int(random.integers(len(questions)))]}

    def instruction(self, slots: Slots) -> str:
        question = slots["question"].format(slots["people"][0])
        return f"{'Who' if question.startswith(('the mayor', 'the boss')) else 'What'} is {question}?"

    def facts(self, world: ToolLookup, slots: Slots) -> dict[str, Any]:
        name, field = slots["people"][0], ""
        for section, field in ROUTES[slots["question"]]:
            name = world.entry(section, name)[field]
        # Whom the question names, an answer may repeat.
        return {
            "answer": name,
            "others": [each for each in _others(world, field) if each not in (name, *slots["people"])],
        }

    def check(
        self, start: Mapping[str, Any], world: ToolLookup, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        right = said.mentions(answers, start["answer"], start["others"])
        return {f"the answer is {slots['question'].format(slots['people'][0])}": right}

    def oracle(self, slots: Slots) -> Oracle:
        name = slots["people"][0]
        for section, field in ROUTES[slots["question"]]:
            messages = yield call("get", section=section, name=name)
            name = str(result(messages)[field])
        yield name

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        route = ROUTES[slots["question"]]
        other = next(each for each, steps in ROUTES.items() if len(steps) == len(route) and steps[-1] != route[-1])
        shorter = "the city that {} lives in" if len(route) > 1 else "the company that {} works for"
        wrong = [{**slots, "question": other}, {**slots, "question": shorter}]
        return [each for each in wrong if ROUTES[each["question"]][-1] != route[-1]]


class CompareTwo(_Lookup):
    """Two people or their cities are compared."""

    levels = (1, 2)
    most_calls = 4

    def minimum(self, slots: Slots) -> int:
        return 2 * self.level

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"people": _names(random, 2), "more": bool(random.integers(2))}

    def instruction(self, slots: Slots) -> str:
        one, other = slots["people"]
        if self.level == 1:
            return f"Who is {'older' if slots['more'] else 'younger'}, {one} or {other}?"
        return f"Who lives in the {'larger' if slots['more'] else 'smaller'} city, {one} or {other}?"

    def setup(self, world: ToolLookup, slots: Slots, random: np.random.Generator) -> None:
        super().setup(world, slots, random)
        places = random.permutation(len(CITIES))[:2]
        for name, place in zip(slots["people"], places.tolist()):
            world.database.run("UPDATE people SET city = ? WHERE name = ?", CITIES[place], name)

    def _size(self, world: ToolLookup, name: str) -> int:
        person = world.entry("people", name)
        return person["age"] if self.level == 1 else world.entry("cities", person["city"])["population"]

    def facts(self, world: ToolLookup, slots: Slots) -> dict[str, Any]:
        ordered = sorted(slots["people"], key=lambda name: self._size(world, name), reverse=slots["more"])
        return {"answer": ordered[0], "others": ordered[1:]}

    def check(
        self, start: Mapping[str, Any], world: ToolLookup, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the right one of the two is named": said.mentions(answers, start["answer"], start["others"])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield [call("get", section="people", name=name) for name in slots["people"]]
        sizes = [_data(message)["age"] for message in messages]
        if self.level == 2:
            cities = [_data(message)["city"] for message in messages]
            messages = yield [call("get", section="cities", name=city) for city in cities]
            sizes = [_data(message)["population"] for message in messages]
        yield slots["people"][sizes.index(max(sizes) if slots["more"] else min(sizes))]

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "more": not slots["more"]}]


def _data(message: Mapping[str, Any]) -> Any:
    return result([message])


class NoSuchEntry(_Lookup):
    """The person may not be in the directory, which then is the answer; every second one is, so it has to be seen."""

    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"name": _names(random, 1)[0], "is_there": bool(random.integers(2))}

    def instruction(self, slots: Slots) -> str:
        return f"What is {slots['name']}'s phone number? If there is no entry, answer: unknown."

    def setup(self, world: ToolLookup, slots: Slots, random: np.random.Generator) -> None:
        if slots["is_there"]:
            super().setup(world, {"people": [slots["name"]]}, random)
            return
        # Whoever has the name gets another that nobody has, wherever it occurs.
        names = {row["name"] for row in world.database.rows("SELECT name FROM people")}
        free = next(each for each in (f"{first} {last}" for first in FIRST for last in LAST) if each not in names)
        for table, column in (("people", "name"), ("cities", "mayor"), ("companies", "boss")):
            world.database.run(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", free, slots["name"])

    def facts(self, world: ToolLookup, slots: Slots) -> dict[str, Any]:
        phone = world.database.value("SELECT phone FROM people WHERE name = ?", slots["name"])
        return {"answer": phone, "others": [each for each in _others(world, "phone") if each != phone]}

    def check(
        self, start: Mapping[str, Any], world: ToolLookup, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        if start["answer"]:
            return {"the number is given": said.mentions(answers, start["answer"], [*start["others"], "unknown"])}
        no_number = not any(character.isdigit() for character in said.last(answers))
        return {"it is said to be unknown": no_number and said.mentions(answers, "unknown")}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("get", section="people", name=slots["name"])
        entry = result(messages)
        yield slots.get("says") or (str(entry["phone"]) if entry else "unknown")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        if slots["is_there"]:
            return [{**slots, "says": "unknown"}, {**slots, "says": "555-010"}]
        return [{**slots, "says": "555-010"}, {**slots, "says": "unknown, perhaps 555-010"}]


class CountNames(_Lookup):
    """How many names begin alike: the list says it."""

    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"prefix": FIRST[int(random.integers(len(FIRST)))]}

    def instruction(self, slots: Slots) -> str:
        return f"How many people in the directory have the first name {slots['prefix']}?"

    def facts(self, world: ToolLookup, slots: Slots) -> dict[str, Any]:
        return {"count": world.list_names("people", f"{slots['prefix']} ")["total"]}

    def check(
        self, start: Mapping[str, Any], world: ToolLookup, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        return {"the number is right": said.is_number(answers, start["count"])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("list_names", section="people", prefix=f"{slots['prefix']} ".lstrip())
        yield str(result(messages)["total"] + slots.get("off", 0))

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "prefix": ""}, {**slots, "off": 1}]


class CopyPhone(_Lookup):
    """Two people share a phone from now on."""

    most_calls = 2

    def minimum(self, slots: Slots) -> int:
        return 2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"people": _names(random, 2)}

    def instruction(self, slots: Slots) -> str:
        one, other = slots["people"]
        return f"{one} has moved in with {other}: enter {other}'s phone number for {one}."

    def facts(self, world: ToolLookup, slots: Slots) -> dict[str, Any]:
        return {"phone": world.entry("people", slots["people"][1])["phone"]}

    def check(
        self, start: Mapping[str, Any], world: ToolLookup, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        one = slots["people"][0]
        return {f"{one} has the number": world.entry("people", one)["phone"] == start["phone"]}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return (f"people/{slots['people'][0]}/phone",)

    def oracle(self, slots: Slots) -> Oracle:
        one, other = slots["people"]
        messages = yield call("get", section="people", name=other)
        phone = result(messages)["phone"]
        yield call("set_field", section="people", name=one, field="phone", value=phone)
        yield "It is entered."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        one, other = slots["people"]
        return [{"people": [other, one]}, {"people": [one, one]}]


class MoveToWork(_Lookup):
    """People move to the city of their employer, which takes two entries to find."""

    levels = (1, 2)
    most_calls = 6

    def minimum(self, slots: Slots) -> int:
        return 3 * len(slots["people"])

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {
            "people": _names(random, self.level),
            "companies": [str(each) for each in random.permutation(COMPANIES)[:2]],
        }

    def instruction(self, slots: Slots) -> str:
        who = " and ".join(slots["people"])
        return f"{who} moved to the city of the company that they work for. Bring the directory up to date."

    def setup(self, world: ToolLookup, slots: Slots, random: np.random.Generator) -> None:
        super().setup(world, slots, random)
        for name, company in zip(slots["people"], slots["companies"]):  # different ones, or two calls would do for both
            away = world.database.value("SELECT name FROM cities WHERE name <> ? ORDER BY name", _city(world, company))
            world.database.run("UPDATE people SET employer = ?, city = ? WHERE name = ?", company, away, name)

    def facts(self, world: ToolLookup, slots: Slots) -> dict[str, Any]:
        people = slots["people"]
        return {"cities": [_city(world, world.entry("people", name)["employer"]) for name in people]}

    def check(
        self, start: Mapping[str, Any], world: ToolLookup, answers: Sequence[str], slots: Slots
    ) -> dict[str, bool]:
        pairs = zip(slots["people"], start["cities"])
        return {f"{name} lives in {city}": world.entry("people", name)["city"] == city for name, city in pairs}

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return tuple(f"people/{name}/city" for name in slots["people"])

    def oracle(self, slots: Slots) -> Oracle:
        for name in slots["people"]:
            messages = yield call("get", section="people", name=name)
            messages = yield call("get", section="companies", name=result(messages)["employer"])
            city = result(messages)[slots.get("field", "city")]
            yield call("set_field", section="people", name=name, field="city", value=city)
        yield "The directory is up to date."

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "field": "boss"}, {**slots, "people": slots["people"][1:]}]


def _city(world: ToolLookup, company: str) -> str:
    return world.entry("companies", company)["city"]
