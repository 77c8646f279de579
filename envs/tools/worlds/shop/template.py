"""What the shop's tasks have in common: the check follows from the customer's wishes."""

import re
from collections.abc import Generator, Mapping, Sequence
from typing import Any, ClassVar

from palaestra.envs.task import Slots
from palaestra.envs.tools.task import Oracle, Said, Template, call, result
from palaestra.envs.tools.worlds.shop.customer import OBJECTIONS, WHY
from palaestra.envs.tools.worlds.shop.policy import euros
from palaestra.envs.tools.worlds.shop.scene import place
from palaestra.envs.tools.worlds.shop.wishes import is_done
from palaestra.envs.tools.worlds.shop.world import ToolShop

TABLES = ("payment", "credit", "note", "log")
SPARE_TURNS = 16
"""Turns of the budget beyond twice the minimal number of calls: the conversation."""

MAX_REFUSALS = 3

NAME = re.compile(r"(?:[Mm]y name is|[Tt]his is) ([A-Z]\w+ [A-Z]\w+)")
EMAIL = re.compile(r"[\w.+-]+@[\w.-]+\w")
POSTCODE = re.compile(r"\b[A-Z]{2}\d \d[A-Z]{2}\b")
ORDER = re.compile(r"#(\d{5})")
ADDRESS = re.compile(r"(\d+ [A-Z][\w ]+), ([A-Z]{2}\d \d[A-Z]{2}) (\w+)")

Talk = Generator[Said, list[dict[str, Any]], Any]
"""A part of an oracle, which returns what it learnt."""


class Desk:
    """An agent at the desk: what it has heard, and how it asks.

    Args:
        opening: what the customer said first.

    Attributes:
        heard: all that the customer said.
    """

    def __init__(self, opening: str):
        self.heard = opening

    def say(self, text: str) -> Talk:
        """Say something; returns the reply."""
        messages = yield text
        reply = messages[-1]["content"]
        self.heard += f"\n{reply}"
        return reply

    def read(self, tool: str, /, **arguments: Any) -> Talk:
        """Call a tool; returns its result as data."""
        messages = yield call(tool, **arguments)
        return result(messages)

    def do(self, tool: str, /, **arguments: Any) -> Talk:
        """Call a tool that reports in words."""
        yield call(tool, **arguments)

    def identify(self) -> Talk:
        """Identify the customer; returns the account's id, empty if none matches."""
        if NAME.search(self.heard):
            yield from self.say("Gladly. What is the email address of your account?")
        else:
            yield from self.say("Gladly. May I have your full name and the email address of your account?")
        account = yield from self.read("identify_customer", name=self._last(NAME), contact=self._last(EMAIL))
        if not account["identified"]:
            yield from self.say("I couldn't find an account with that address. What is your postcode, please?")
            account = yield from self.read("identify_customer", name=self._last(NAME), contact=self._last(POSTCODE))
        return account.get("customer_id", "")

    def _last(self, pattern: re.Pattern[str]) -> str:
        return pattern.findall(self.heard)[-1]

    def order_number(self) -> Talk:
        """Ask for the order's number, unless it was named; returns it, None if the customer doesn't know it."""
        if not ORDER.search(self.heard):
            yield from self.say("What is the order number, please?")
        numbers = ORDER.findall(self.heard)
        return int(numbers[-1]) if numbers else None

    def listed_order(self, account: str) -> Talk:
        """The newest order in the list that has an item of which the customer spoke last."""
        orders = yield from self.read("list_orders", customer_id=account)
        return max(orders, key=lambda order: max(self.heard.lower().rfind(name.lower()) for name in order["goods"]))

    def find_order(self, account: str) -> Talk:
        """The number of the order that the customer speaks of."""
        number = yield from self.order_number()
        if number is None:
            number = (yield from self.listed_order(account))["order_id"]
        return number

    def open_order(self, account: str) -> Talk:
        """The order that the customer speaks of, in full."""
        number = yield from self.find_order(account)
        return (yield from self.read("get_order", order_id=number))

    def refuse(self, what: str, reason: str) -> Talk:
        """Say that something can't be done, and why, as often as the customer objects; returns the last reply."""
        reply = ""
        for _ in range(MAX_REFUSALS):
            reply = yield from self.say(f"I'm sorry, but I can't {what}{', because ' if reason else ''}{reason}.")
            if reply not in (*OBJECTIONS, *WHY):
                break
        return reply

    def line(self, order: Mapping[str, Any]) -> Mapping[str, Any]:
        """The line of an order that the customer spoke of last."""
        lines: list[Mapping[str, Any]] = order["lines"]
        return max(lines, key=lambda line: self.heard.lower().rfind(line["product"].lower()))


class ShopTemplate(Template[ToolShop]):
    """A conversation with a customer. Slots are made by ``Scene.slots``.

    A near miss has the slot ``slip``: the oracle does as it should, but for this slip.
    """

    slips: ClassVar[tuple[tuple[str, ...], ...]] = ()
    """The near misses of each level."""

    @property
    def budget(self) -> int:
        """Maximum number of turns."""
        return 2 * self.most_calls + SPARE_TURNS

    @property
    def needs_identity(self) -> bool:
        """Whether the customer must have been identified."""
        return True

    def instruction(self, slots: Slots) -> str:
        """See ``Template``."""
        return slots["opening"]

    def setup(self, world: ToolShop, slots: Slots, random: Any) -> None:
        """See ``Template``."""
        place(world.database, slots)

    def facts(self, world: ToolShop, slots: Slots) -> dict[str, Any]:
        """See ``Template``."""
        return {table: world.database.value(f"SELECT max(id) FROM {table}") or 0 for table in TABLES}

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        """See ``Template``."""
        return [{**slots, "slip": slip} for slip in self.slips[self.level - 1]]

    def oracle(self, slots: Slots) -> Oracle:
        """See ``Template``."""
        yield from self.serve(Desk(slots["opening"]), slots.get("slip", ""))

    def serve(self, desk: Desk, slip: str) -> Talk:
        """Serve the customer, with a slip if it is not empty."""
        raise NotImplementedError

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        """See ``Template``."""
        wishes = [wish for wish in slots["wishes"] if not wish["reason"]]
        return ("log/", *(name for wish in wishes for name in footprint_of(wish)))

    def check(self, start: Mapping[str, Any], world: ToolShop, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        """See ``Template``."""
        clauses = {}
        if self.needs_identity:
            clauses["the customer was identified first"] = _was_identified(start, world, slots["account"])
        payments = []
        for number, wish in enumerate(slots["wishes"]):
            outcome = (world.customer["outcomes"] + [""] * len(slots["wishes"]))[number]
            if wish["reason"]:
                told = outcome == "refused" and not world.customer["misled"]
                clauses[f"{wish['summary']}: refused for the right reason"] = told
            elif wish["kind"] == "transfer":
                clauses["the customer was transferred"] = world.database.value("SELECT count(*) FROM transfer") == 1
            elif wish["kind"] != "question":
                clauses[f"{wish['summary']}: done, and the customer knows"] = outcome == "done" and _is_exact(
                    world, wish
                )
                payments += wish["payments"]
            if wish.get("pays"):
                agreed = f"exchange {euros(wish['pays'])}" in world.customer["agreed"]
                clauses[f"the customer agreed to pay {euros(wish['pays'])}"] = agreed
        sql = "SELECT order_id, kind, cents FROM payment WHERE id > ? ORDER BY id"
        paid = [list(row.values()) for row in world.database.rows(sql, start["payment"])]
        clauses["no other payments were made"] = not [each for each in paid if each not in payments]
        return clauses


def footprint_of(wish: Mapping[str, Any]) -> tuple[str, ...]:
    """What may change when a wish is fulfilled."""
    line, order = f"order_line/{wish.get('order')},{wish.get('line')}/", f"orders/{wish.get('order')}/"
    return {
        "refund": (f"{line}returned", "payment/"),
        "cancel": (f"{order}status", "payment/"),
        "exchange": (f"{line}variant_id", f"{line}cents", f"variant/{wish.get('variant')}/stock", "payment/"),
        "address": (f"{order}street", f"{order}postcode", f"{order}city"),
        "discount": (f"{order}discount", "payment/"),
        "credit": ("credit/",),
        "question": (),
        "transfer": ("transfer/",),
    }[wish["kind"]]


def _was_identified(start: Mapping[str, Any], world: ToolShop, account: str) -> bool:
    """Whether the first thing in the log is that the customer was identified."""
    first = world.database.row("SELECT * FROM log WHERE id > ? ORDER BY id", start["log"])
    return first is not None and (first["action"], first["customer_id"]) == ("identified", account)


def _is_exact(world: ToolShop, wish: Mapping[str, Any]) -> bool:
    """Whether a wish was fulfilled, and not more than that."""
    if wish["kind"] == "refund":
        sql = "SELECT returned FROM order_line WHERE order_id = ? AND line = ?"
        if world.database.value(sql, wish["order"], wish["line"]) != wish["pieces"]:
            return False
    if wish["kind"] == "credit" and world.database.value("SELECT count(*) FROM credit") != 1:
        return False
    return is_done(world.database, wish)
