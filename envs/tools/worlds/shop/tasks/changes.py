"""Changes of orders: cancelling, addresses, discount codes, exchanges (5 templates)."""

from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools.worlds.shop.content import draw, draw_address
from palaestra.envs.tools.worlds.shop.policy import CODES, EXPIRED_CODE, WINDOWS
from palaestra.envs.tools.worlds.shop.scene import (
    Scene,
    address_wish,
    cancel_wish,
    discount_wish,
    exchange_wish,
)
from palaestra.envs.tools.worlds.shop.template import ADDRESS, Desk, ShopTemplate, Talk

CANCELS = (
    "I have to cancel my order of the {item}.",
    "please cancel the order with the {item}, I don't need it any more.",
    "I ordered the {item}, but I've changed my mind. Can you cancel the order?",
)
MOVES = (
    "I've ordered the {item} and would like it to be delivered to another address.",
    "I'm moving. Can the order with the {item} go to my new home?",
    "the order with the {item} should be sent somewhere else.",
)
FORGOTTEN = (
    "I forgot to enter my discount code when I ordered the {item}. Can you still add it?",
    "I have a discount code and would like to use it for my order of the {item}.",
)
SWAPS = (
    "I'd like to exchange the {item} for another one.",
    "the {item} that I got isn't the right one for me. Can I swap it?",
    "can you exchange the {item}? I chose the wrong one.",
)


WRONG_REASON = "it is out of stock"


def refuse(desk: Desk, reason: str, slip: str) -> Talk:
    """Refuse what the customer wants; slips give no reason or a wrong one."""
    return (yield from desk.refuse("do that", {"no reason": "", "wrong reason": WRONG_REASON}.get(slip, reason)))


class CancelOrder(ShopTemplate):
    """An order that can be cancelled. 2: its number isn't known. 3: only the postcode identifies the customer."""

    levels = (1, 2, 3)
    most_calls = 4
    slips = (("refuses", "unidentified"), ("other order", "refuses"), ("other order", "refuses"))

    def minimum(self, slots: Slots) -> int:
        return 3 + (self.level == 3)  # the status must be looked up; at level 3 the email address fails first

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item, other = scene.item(), scene.item()
        order = scene.order([item], int(random.integers(1, 4)), "processing")
        scene.order([other], int(random.integers(1, 4)), "processing")
        if self.level > 1:
            scene.distract(1)
        wish = cancel_wish(order, item, facts={"order": order["id"] if self.level == 1 else ""})
        slots = scene.slots(scene.opening(*CANCELS, item=item["name"]), [wish])
        slots["items"] = sorted((item["name"], other["name"]))
        if self.level == 3:
            slots["facts"]["email"] = f"old.{slots['facts']['email']}"
        return slots

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = "" if slip == "unidentified" else (yield from desk.identify())
        number = yield from desk.order_number()
        if number is not None:
            order = yield from desk.read("get_order", order_id=number)
        else:
            orders = yield from desk.read("list_orders", customer_id=account)
            order = max(orders, key=lambda each: max(desk.heard.rfind(name) for name in each["goods"]))
            if slip == "other order":
                order = next(each for each in orders if each != order and each["status"] == "processing")
        if slip == "refuses":
            yield from refuse(desk, "it was already dispatched", "")
            return
        yield from desk.do("cancel_order", order_id=order["order_id"])
        yield from desk.say("Your order is cancelled, and you'll get your money back.")


class CancelRefused(ShopTemplate):
    """An order that is on its way. 2: the number isn't known, and the customer insists."""

    levels = (1, 2)
    most_calls = 2
    slips = (("gives in", "no reason", "wrong reason"),) * 2

    def minimum(self, slots: Slots) -> int:
        return 2

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item()
        order = scene.order([item], int(random.integers(3, 7)), "dispatched")
        if self.level > 1:
            scene.distract(2)
        facts = {"order": order["id"] if self.level == 1 else ""}
        wish = cancel_wish(order, item, facts=facts, reason="dispatched", insists=2 * (self.level - 1))
        return scene.slots(scene.opening(*CANCELS, item=item["name"]), [wish])

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = yield from desk.identify()
        number = yield from desk.order_number()
        if number is not None:
            yield from desk.read("get_order", order_id=number)
        else:
            number = (yield from desk.listed_order(account))["order_id"]
        if slip == "gives in":
            yield from desk.do("cancel_order", order_id=number)
            yield from desk.say("It is cancelled.")
            return
        yield from refuse(desk, "the order was already dispatched", slip)


class ChangeAddress(ShopTemplate):
    """Another address for one of two orders. 2: no number is known. 3: for both, but one is on its way."""

    levels = (1, 2, 3)
    most_calls = 3
    slips = (("typo", "unidentified"), ("typo", "other order"), ("typo", "gives in", "no reason"))

    def minimum(self, slots: Slots) -> int:
        return 3

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item, other, address = scene.item(), scene.item(), draw_address(random)
        order = scene.order([item], int(random.integers(1, 4)), "processing")
        status = "dispatched" if self.level == 3 else "processing"
        second = scene.order([other], int(random.integers(1, 4)), status)
        facts = {"order": order["id"] if self.level == 1 else ""}
        wishes = [address_wish(order, item, address, facts=facts)]
        if self.level == 3:
            intro = f"My order of the {other['name']} should go to the same address."
            wishes.append(address_wish(second, other, address, reason="dispatched", intro=intro, insists=1))
        slots = scene.slots(scene.opening(*MOVES, item=item["name"]), wishes)
        return slots | {"items": sorted((item["name"], other["name"]))}

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = "" if slip == "unidentified" else (yield from desk.identify())
        number, orders = (yield from desk.order_number()), []
        if number is None:
            orders = yield from desk.read("list_orders", customer_id=account)
            number = max(orders, key=lambda order: desk.heard.rfind(order["goods"][0]))["order_id"]
            others = [each["order_id"] for each in orders if each["order_id"] != number]
            number = others[0] if slip == "other order" else number
        else:
            yield from desk.read("get_order", order_id=number)
        reply = yield from desk.say("What is the new address?")
        street, postcode, city = ADDRESS.findall(reply)[-1]
        street = f"1{street}" if slip == "typo" else street
        yield from desk.do("change_address", order_id=number, street=street, postcode=postcode, city=city)
        reply = yield from desk.say("I have changed the address of that order.")
        if self.level == 3 and slip == "gives in":
            yield from desk.do("change_address", order_id=others[0], street=street, postcode=postcode, city=city)
            yield from desk.say("I have changed that one, too.")
        elif self.level == 3:
            yield from refuse(desk, "that order was already dispatched", slip)


class ApplyCode(ShopTemplate):
    """A discount code. 1: it is added. 2: the order has a discount already. 3: the code has expired."""

    levels = (1, 2, 3)
    most_calls = 3
    slips = (("percent", "refuses"), ("gives in", "no reason"), ("gives in", "no reason"))

    def minimum(self, slots: Slots) -> int:
        return (3, 2, 1)[self.level - 1]  # the policy alone says that a code has expired

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item()
        order = scene.order([item], int(random.integers(1, 4)), "processing", discount=5 if self.level == 2 else 0)
        code = EXPIRED_CODE if self.level == 3 else draw(random, sorted(CODES))
        reason = ("", "one discount", "expired")[self.level - 1]
        percent = order["discount"] + CODES.get(code, 15)
        facts = {"order": order["id"], "code": code}
        wish = discount_wish(order, item, percent, facts=facts, reason=reason, insists=self.level // 2)
        return scene.slots(scene.opening(*FORGOTTEN, item=item["name"]), [wish])

    def serve(self, desk: Desk, slip: str) -> Talk:
        yield from desk.identify()
        reply = yield from desk.say("What is the code?")
        percent = next((percent for code, percent in CODES.items() if code in reply), 0)
        if not percent and slip != "gives in":
            yield from refuse(desk, "this code has expired", slip)
            return
        order = yield from desk.open_order("")
        if order["discount_percent"] and slip != "gives in":
            yield from refuse(desk, "the order already has a discount", slip)
        elif slip == "refuses":
            yield from refuse(desk, "the code has expired", "")
        else:
            percent = (percent or 15) + (slip == "percent")
            yield from desk.do("apply_discount", order_id=order["order_id"], percent=percent)
            yield from desk.say("The discount was added.")


class ExchangeItem(ShopTemplate):
    """Another option. 1: at the same price. 2: a dearer one. 3: the first choice is sold out, a second one isn't."""

    levels = (1, 2, 3)
    most_calls = 5
    slips = (("variant", "unidentified"), ("variant", "unasked"), ("variant", "no reason"))

    def minimum(self, slots: Slots) -> int:
        return 4 + (self.level == 3)  # identify, (list,) the order's line, the product's variants, exchange

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        scene = Scene(random)
        item = scene.item(("clothing", "home", "electronics"))
        order = scene.order([scene.item(), item], int(random.integers(2, WINDOWS[item["category"]] + 1)))
        facts = {"order": order["id"] if self.level < 3 else "", "reason": "I chose the wrong one."}
        first, second = (item["options"][int(each)] for each in random.permutation(len(item["options"]))[:2])
        if self.level == 2:
            scene.reprice(scene.variant(item, first), item["cents"] + 20 * int(random.integers(5, 40)))
        wishes = [exchange_wish(scene, order, item, first, facts=facts)]
        if self.level == 3:
            scene.distract(2)
            scene.reprice(scene.variant(item, first), stock=0)
            wishes[0] |= {"reason": "stock"}
            intro = f"Then I'll take the {second} one, if you have it."
            wishes.append(exchange_wish(scene, order, item, second, facts=facts, intro=intro, fallback=True))
        return scene.slots(scene.opening(*SWAPS, item=item["name"]), wishes)

    def serve(self, desk: Desk, slip: str) -> Talk:
        account = "" if slip == "unidentified" else (yield from desk.identify())
        order = yield from desk.open_order(account)
        line = desk.line(order)
        variants = (yield from desk.read("get_product", product_id=line["product_id"]))["variants"]
        reply = yield from desk.say("Which one would you like instead?")
        wanted = next(each for each in variants if each["option"] in reply)
        if wanted["stock"] < line["quantity"]:
            reply = yield from refuse(desk, "it is out of stock", slip)
            wanted = next((each for each in variants if each["option"] in reply), wanted)
        difference = wanted["price"] - line["price"]
        if difference > 0 and slip != "unasked":
            yield from desk.say(f"The {wanted['option']} one costs {difference:.2f} euros more. Shall I exchange it?")
        if slip == "variant":
            wanted = next(e for e in variants if e["option"] not in (wanted["option"], line["option"]))
        number = order["order_id"]
        yield from desk.do("exchange_item", order_id=number, line=line["line"], variant_id=wanted["variant_id"])
        yield from desk.say(f"I have exchanged it for the {wanted['option']} one.")
