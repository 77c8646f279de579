"""Money back: within the window, too late, broken on arrival, some pieces only (4 templates)."""

from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.shop.content import draw
from palaestra.envs.tools.worlds.shop.policy import BROKEN_DAYS, WINDOWS
from palaestra.envs.tools.worlds.shop.scene import Scene, refund_wish
from palaestra.envs.tools.worlds.shop.template import Desk, ShopTemplate, Talk

RETURNS = (
    "I would like to return the {item} and get my money back.",
    "I want a refund for the {item} that I bought from you.",
    "I'd like to send the {item} back. Can I have my money back?",
    "can I get a refund for the {item}?",
)
DISLIKES = ("it's not what I had imagined.", "it doesn't suit me after all.", "I simply don't like it.")
BREAKAGES = (
    "it was broken when I took it out of the parcel.",
    "it arrived broken.",
    "there was a crack in it, it was already broken when it came.",
)


def _pay_back(desk: Desk, order: dict[str, Any], pieces: int, slip: str) -> Talk:
    """Refund pieces of the line that the customer spoke of, and say so."""
    line, lines = desk.line(order), order["lines"]
    if slip == "line":
        line = lines[line["line"] % len(lines)]
    pieces = pieces or line["quantity"]
    amount = round(line["price"] * pieces * (100 - order["discount_percent"]) / 100 + (slip == "amount"), 2)
    pieces += slip == "pieces"
    number = order["order_id"]
    yield from desk.do("refund", order_id=number, line=line["line"], quantity=pieces, amount=amount)
    if slip != "silent":
        yield from desk.say(f"I have refunded {amount:.2f} euros for the {line['product']}.")


def _refuse(desk: Desk, order: dict[str, Any], reason: str, slip: str) -> Talk:
    """Refuse a refund, however often the customer objects."""
    if slip == "gives in":
        yield from _pay_back(desk, order, 0, "")
        return
    reason = {"no reason": "", "wrong reason": "it is out of stock"}.get(slip, reason)
    yield from desk.refuse("refund that", reason)


class RefundInWindow(ShopTemplate):
    """Goods that may be returned. 1: the number is known. 2: not known, several orders. 3: also a discount."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("amount", "unidentified", "silent"), ("amount", "line"), ("amount", "line", "pieces"))

    def minimum(self, slots: Slots) -> int:
        return 3 + (self.level > 1)  # identify, (list,) look up the price and the date, refund

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item(quantity=2 if self.level == 3 else 1)
        items = [item, *(scene.item() for _ in range(self.level - 1))]
        ago = int(random.integers(2, WINDOWS[item["category"]] + 1))
        discount = 0 if self.level < 3 else draw(random, (5, 10))
        order = scene.order([items[int(each)] for each in random.permutation(len(items))], ago, discount=discount)
        if self.level > 1:
            scene.distract(2)
            scene.namesake([item], ago)
        facts = {"reason": draw(random, DISLIKES), "order": order["id"] if self.level == 1 else ""}
        if item["quantity"] > 1:
            frames: tuple[str, ...] = (
                "I'd like to return both pieces of the {item} and get my money back.",
                "I bought two of the {item} and want a refund for both.",
            )
        else:
            frames = RETURNS
        names = sorted(each["name"] for each in items)
        return scene.slots(
            scene.opening(*frames, item=item["name"]), [refund_wish(order, item, facts=facts)], items=names
        )

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = "" if slip == "unidentified" else (yield from desk.identify())
        order = yield from desk.open_order(account)
        yield from _pay_back(desk, order, 0, "" if slip == "unidentified" else slip)


class RefundRefused(ShopTemplate):
    """Goods that may not be returned. 1: too late. 2: a gift card. 3: too late, and the customer doesn't give in."""

    levels = (1, 2, 3)
    most_calls = 3
    slips = (("gives in", "no reason", "wrong reason"),) * 3

    def minimum(self, slots: Slots) -> int:
        return (2, 1, 3)[self.level - 1]  # a gift card needs no look-up, but the caller must be identified

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.gift_card() if self.level == 2 else scene.item()
        ago = WINDOWS.get(item["category"], 1) + int(random.integers(1, 20))
        order = scene.order([item, scene.item()], ago)
        if self.level == 3:
            scene.distract(2)
            scene.namesake([item], 2)
        facts = {"reason": draw(random, DISLIKES), "order": order["id"] if self.level < 3 else ""}
        reason, insists = "gift card" if self.level == 2 else "window", 2 if self.level == 3 else 0
        wish = refund_wish(order, item, facts=facts, reason=reason, insists=insists)
        return scene.slots(scene.opening(*RETURNS, item=item["name"]), [wish])

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = yield from desk.identify()
        if "gift card" in desk.heard and slip != "gives in":
            yield from _refuse(desk, {}, "gift cards are never taken back", slip)
            return
        order = yield from desk.open_order(account)
        reply = yield from desk.say("Why would you like to return it?")
        days = BROKEN_DAYS if "broken" in reply else WINDOWS.get(desk.line(order)["category"], 0)
        yield from _refuse(desk, order, f"it was delivered more than {days} days ago", slip)


class RefundBroken(ShopTemplate):
    """Broken goods, after the usual window. 1, 2: accepted, the number is known or not. 3: too late for that, too."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("amount", "refuses"), ("amount", "refuses", "line"), ("gives in", "no reason", "wrong reason"))

    def minimum(self, slots: Slots) -> int:
        return (3, 4, 3)[self.level - 1]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item(("home", "electronics"))
        late = int(random.integers(BROKEN_DAYS + 1, 90))
        ago = late if self.level == 3 else int(random.integers(WINDOWS[item["category"]] + 1, BROKEN_DAYS + 1))
        order = scene.order([scene.item(), item], ago)
        if self.level > 1:
            scene.distract(2)
        facts = {"reason": draw(random, BREAKAGES), "order": order["id"] if self.level == 1 else ""}
        forbidden: dict[str, Any] = {"reason": "window", "insists": 1} if self.level == 3 else {}
        return scene.slots(
            scene.opening(*RETURNS, item=item["name"]), [refund_wish(order, item, facts=facts, **forbidden)]
        )

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = yield from desk.identify()
        order = yield from desk.open_order(account)
        yield from desk.say("May I ask why you want to return it?")
        if slip == "refuses":
            yield from _refuse(desk, order, "the window has passed", "")
        elif self.level < 3:
            yield from _pay_back(desk, order, 0, slip)
        else:
            yield from _refuse(desk, order, f"it was delivered more than {BROKEN_DAYS} days ago", slip)


class PartialRefund(ShopTemplate):
    """One of several equal pieces is returned. 2: with a discount. 3: of an order whose number isn't known."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("amount", "pieces", "line", "all"),) * 3

    def minimum(self, slots: Slots) -> int:
        return 3 + (self.level == 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item, other = scene.item(quantity=int(random.integers(2, 5))), scene.item(quantity=2)
        ago = int(random.integers(2, WINDOWS[item["category"]] + 1))
        order = scene.order([other, item], ago, discount=0 if self.level == 1 else draw(random, (5, 10)))
        if self.level == 3:
            scene.distract(2)
        facts = {"reason": draw(random, DISLIKES), "order": order["id"] if self.level < 3 else ""}
        opening = scene.opening(
            "I bought several of the {item} and would like to return one of them.",
            "I ordered more of the {item} than I need. Can I send one back for a refund?",
            "I want a refund for one piece of the {item}; the others I keep.",
            item=item["name"],
        )
        names = sorted(each["name"] for each in (item, other))
        return scene.slots(opening, [refund_wish(order, item, 1, facts=facts)], items=names)

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = yield from desk.identify()
        order = yield from desk.open_order(account)
        yield from _pay_back(desk, order, 0 if slip == "all" else 1, slip)
