"""Two wishes, unknown callers, compensation, questions, and customers who want a human (5 templates)."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle
from palaestra.envs.tools.worlds.shop.content import draw, draw_account, draw_address
from palaestra.envs.tools.worlds.shop.policy import (
    CENTS_PER_DAY_LATE,
    MAX_LATE_PERCENT,
    NOTE,
    WINDOWS,
    days_since,
    late_credit,
    paid,
)
from palaestra.envs.tools.worlds.shop.scene import (
    Scene,
    address_wish,
    cancel_wish,
    credit_wish,
    refund_wish,
)
from palaestra.envs.tools.worlds.shop.tasks.changes import CANCELS, refuse
from palaestra.envs.tools.worlds.shop.tasks.refunds import DISLIKES, RETURNS
from palaestra.envs.tools.worlds.shop.template import ADDRESS, Desk, ShopTemplate, Talk
from palaestra.envs.tools.worlds.shop.world import ToolShop

LATE = (
    "my order of the {item} came late, and I want some compensation.",
    "I had to wait far too long for the {item}. What do I get for that?",
    "the {item} arrived days after the date that you promised. I expect compensation.",
)
THREATS = (
    "I've had enough of your {item}. Let me speak to a human, now.",
    "the {item} is a disgrace. You'll hear from my lawyer!",
    "I don't want to talk to a machine about the {item}. Give me a real person.",
)


class TwoWishes(ShopTemplate):
    """1: a refund, then another address for a second order. 2: a cancellation, then a refund that is refused."""

    levels = (1, 2)
    most_calls = 5
    slips = (("amount", "other order", "stops"), ("gives in", "no reason"))

    def minimum(self, slots: Slots) -> int:
        return (5, 4)[self.level - 1]  # identify; price, refund, status, address; or list, cancel, date of delivery

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item, other = scene.item(), scene.item()
        window = WINDOWS[item["category"]]
        ago = int(random.integers(2, window + 1)) if self.level == 1 else window + int(random.integers(1, 20))
        bought, open_order = scene.order([item], ago), scene.order([other], 1, "processing")
        facts = {"reason": draw(random, DISLIKES), "order": bought["id"] if self.level == 1 else ""}
        names = sorted((item["name"], other["name"]))
        if self.level == 1:
            intro = f"And my order of the {other['name']} should go to another address."
            numbers = {"order": open_order["id"]}
            second = address_wish(open_order, other, draw_address(random), facts=numbers, intro=intro)
            wishes = [refund_wish(bought, item, facts=facts), second]
            opening = scene.opening(*RETURNS, item=item["name"])
        else:
            intro = f"I also want a refund for the {item['name']}."
            second = refund_wish(bought, item, facts=facts, intro=intro, reason="window", insists=1)
            wishes = [cancel_wish(open_order, other), second]
            opening = scene.opening(*CANCELS, item=other["name"])
        return scene.slots(opening, wishes, items=names)

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = yield from desk.identify()
        yield from self._address(desk, slip) if self.level == 1 else self._refusal(desk, account, slip)

    def _address(self, desk: Desk, slip: str) -> Talk:
        order = yield from desk.open_order("")
        line = desk.line(order)
        amount = line["price"] * line["quantity"] - (slip == "amount")
        first = order["order_id"]
        yield from desk.do("refund", order_id=first, line=line["line"], quantity=line["quantity"], amount=amount)
        yield from desk.say("You'll get your money back.")
        if slip == "stops":
            return
        yield from desk.say("What are the order number and the new address?")
        number = yield from desk.order_number()
        status = (yield from desk.read("get_order", order_id=number))["status"]
        if status == "processing":
            street, postcode, city = ADDRESS.findall(desk.heard)[-1]
            number = first if slip == "other order" else number
            yield from desk.do("change_address", order_id=number, street=street, postcode=postcode, city=city)
            yield from desk.say("The order will be sent to the new address.")

    def _refusal(self, desk: Desk, account: str, slip: str) -> Talk:
        orders = yield from desk.read("list_orders", customer_id=account)
        first = next(each for each in orders if each["goods"][0] in desk.heard)
        yield from desk.do("cancel_order", order_id=first["order_id"])
        yield from desk.say("It's cancelled.")
        second = next(each for each in orders if each != first and each["goods"][0] in desk.heard)
        order = yield from desk.read("get_order", order_id=second["order_id"])
        line = order["lines"][0]
        yield from desk.say("Why do you want to return it?")
        if slip == "gives in":
            number, amount = order["order_id"], line["price"]
            yield from desk.do("refund", order_id=number, line=1, quantity=1, amount=amount)
            yield from desk.say("You'll get your money back.")
            return
        late = days_since(order["delivered"])
        yield from refuse(desk, f"it was delivered {late} days ago, and the window is shorter", slip)


class _Anonymous(ShopTemplate):
    """A customer who isn't identified."""

    @property
    def needs_identity(self) -> bool:
        return False


class UnknownCaller(_Anonymous):
    """A caller without an account. 2: there is a namesake. 3: who also names an order of somebody else."""

    levels = (1, 2, 3)
    most_calls = 3
    slips = (("email only", "wrong reason"), ("email only", "wrong reason"), ("no note", "gives in", "email only"))

    def minimum(self, slots: Slots) -> int:
        return 2 + (self.level == 3)  # email address, postcode, (note)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item()
        order = scene.order([item], 1, "processing")
        name = scene.account["name"]
        while self.level == 1 and name == scene.account["name"]:
            name = draw_account(random)["name"]
        caller = draw_account(random, name)
        facts = {each: caller[each] for each in ("name", "email", "postcode")}
        wish = cancel_wish(order, item, reason="identity", insists=self.level // 3)
        wish["facts"]["order"] = order["id"] if self.level == 3 else ""
        opening = scene.opening(*CANCELS, item=item["name"]).replace(scene.account["name"], name)
        if self.level == 3:
            opening += f" It's order #{order['id']}."
        return scene.slots(opening, [wish], facts=facts)

    def footprint(self, slots: Slots) -> tuple[str, ...]:
        return ("log/", "note/") if self.level == 3 else ()

    def check(self, start: Mapping[str, Any], world: ToolShop, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        clauses = super().check(start, world, answers, slots)
        told = world.customer["told"]
        clauses["email address and postcode were tried"] = {"0:email", "0:postcode"} <= set(told)
        if self.level == 3:
            rows = world.database.rows("SELECT order_id, text FROM note WHERE id > ?", start["note"])
            notes = [(row["order_id"], NOTE in row["text"].lower()) for row in rows]
            clauses["the order has the note"] = notes == [(slots["wishes"][0]["order"], True)]
        return clauses

    def serve(self, desk: Desk, slip: str) -> Talk:
        if slip == "email only":
            yield from desk.say("May I have your name and email address?")
        else:
            yield from desk.identify()
        if self.level == 3 and slip != "no note":
            number = yield from desk.order_number()
            if slip == "gives in":
                yield from desk.do("cancel_order", order_id=number)
            yield from desk.do("add_note", order_id=number, text=NOTE)
        yield from refuse(desk, "I couldn't identify you", slip)


class LateCredit(ShopTemplate):
    """Compensation. 1: for every day. 2: at most a share of the price. 3: for an order that came on time."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("amount", "refuses"), ("amount", "uncapped"), ("gives in", "no reason", "wrong reason"))

    def minimum(self, slots: Slots) -> int:
        return (3, 4, 2)[self.level - 1]  # identify, (list,) dates and prices, credit

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item(quantity=2)
        items, discount = [item, scene.item()], 10 if self.level == 2 else 0
        goods = paid(sum(each["cents"] * each["quantity"] for each in items), 1, discount)
        most = goods * MAX_LATE_PERCENT // 100 // CENTS_PER_DAY_LATE  # days that count
        late = (int(random.integers(1, most + 1)), most + int(random.integers(1, 6)), 0)[self.level - 1]
        order = scene.order(items, int(random.integers(2, 30)), late=late, discount=discount)
        if self.level == 2:
            scene.distract(2)
        facts = {"order": order["id"] if self.level != 2 else ""}
        reason = "on time" if self.level == 3 else ""
        wish = credit_wish(order, item, late_credit(late, goods) or 500, facts=facts, reason=reason, insists=1)
        return scene.slots(scene.opening(*LATE, item=item["name"]), [wish])

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = yield from desk.identify()
        order = yield from desk.open_order(account)
        late = days_since(order["promised"]) - days_since(order["delivered"])
        goods = round(sum(line["price"] * line["quantity"] * 100 for line in order["lines"]))
        cents = late_credit(late, goods * (100 - order["discount_percent"]) // 100)
        if slip == "uncapped":
            cents = 150 * late
        if (late <= 0 and slip != "gives in") or slip == "refuses":
            yield from refuse(desk, "the order was not late", slip)
            return
        amount = max(cents, 500 if late <= 0 else 1) / 100 + (slip == "amount")
        yield from desk.do("give_credit", order_id=order["order_id"], amount=amount)
        yield from desk.say(f"You have a credit of {amount:.2f} euros.")


class ProductQuestion(_Anonymous):
    """A question about a product, which needs no identification. 1: its price. 2: the pieces in stock."""

    levels = (1, 2)
    most_calls = 2
    slips = (("number", "option"),) * 2

    def minimum(self, slots: Slots) -> int:
        return 2  # search, look up

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item()
        for number, option in enumerate(item["options"], 1):
            scene.reprice(scene.variant(item, option), item["cents"] + 100 * number, 30 + number)
        price = {"about": "price", "summary": f"the price of the {item['name']}", "answer": item["cents"] / 100}
        stock = next(each[2] for each in scene.shelf if each[0] == item["variant"])
        pieces = {"about": "stock", "summary": f"the number of pieces you have of the {item['name']}", "answer": stock}
        wish = price if self.level == 1 else pieces
        frames = (
            ("what does the {item} cost in the option {option}?", "how much is the {item}, the {option} one?"),
            (
                "how many of the {item}, the {option} one, do you have?",
                "how many {option} ones of the {item} are left?",
            ),
        )[self.level - 1]
        opening = scene.opening(*frames, item=item["name"], option=item["option"])
        common = {"kind": "question", "item": item["name"], "reason": "", "intro": "", "facts": {"item": item["name"]}}
        return scene.slots(opening, [common | wish])

    def check(self, start: Mapping[str, Any], world: ToolShop, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        clauses = super().check(start, world, answers, slots)
        told = world.customer["outcomes"] == ["answered"]
        return clauses | {"the answer is right": told and said.is_number(answers, slots["wishes"][0]["answer"], 0.001)}

    def oracle(self, slots: Slots) -> Oracle:
        desk, slip = Desk(slots["opening"]), slots.get("slip", "")
        (name,) = slots["items"]  # it stands in the opening
        products = yield from desk.read("search_products", words=name)
        product = yield from desk.read("get_product", product_id=products[0]["product_id"])
        words = re.findall(r"\w+", desk.heard)
        variant = next(each for each in product["variants"] if each["option"] in words)
        if slip == "option":
            variant = next(each for each in product["variants"] if each != variant)
        if self.level == 1:
            yield from desk.say(f"It costs {variant['price'] + (slip == 'number'):.2f} euros.")
        else:
            yield from desk.say(f"We have {variant['stock'] + (slip == 'number')} in stock.")


class AskForHuman(ShopTemplate):
    """A customer who must be transferred. 1: at once. 2: after a refund was refused."""

    levels = (1, 2)
    most_calls = 3
    slips = (("refuses", "promises"), ("at once", "gives in", "refuses"))

    @property
    def needs_identity(self) -> bool:
        return self.level == 2

    def minimum(self, slots: Slots) -> int:
        return (1, 3)[self.level - 1]

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item()
        order = scene.order([item], WINDOWS[item["category"]] + int(random.integers(1, 20)))
        transfer: dict[str, Any] = {
            "kind": "transfer",
            "reason": "",
            "facts": {},
            "summary": "a human to talk to",
            "intro": "",
        }
        if self.level == 1:
            return scene.slots(scene.opening(*THREATS, item=item["name"]), [transfer], items=[item["name"]])
        threats = ("My lawyer will see that differently!", "I insist on talking to a human.")
        transfer |= {"angry": True, "intro": draw(random, threats)}
        facts = {"reason": draw(random, DISLIKES), "order": order["id"]}
        wish = refund_wish(order, item, facts=facts, reason="window")
        return scene.slots(scene.opening(*RETURNS, item=item["name"]), [wish, transfer])

    def serve(self, desk: Desk, slip: str) -> Talk:
        if self.level == 2 and slip != "at once":
            account = yield from desk.identify()
            order = yield from desk.open_order(account)
            yield from desk.say("Why do you want to return it?")
            if slip == "gives in":
                number, amount = order["order_id"], order["lines"][0]["price"]
                yield from desk.do("refund", order_id=number, line=1, quantity=1, amount=amount)
                return
            yield from refuse(desk, "the return window has passed", "")
        if slip == "refuses":
            yield from refuse(desk, "nobody is available", "")
            return
        if slip == "promises":
            yield from desk.say("I'll transfer you at once.")
            return
        yield from desk.do("transfer_to_human", reason="The customer demands it.")
