"""Drawing a task's own rows and the customer's script: the slots of the shop's tasks."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.tools.database import Database
from palaestra.envs.tools.worlds.shop import content
from palaestra.envs.tools.worlds.shop.policy import GIFT_CARDS, paid

GREETINGS = ("Hello, ", "Hi. ", "Good morning. ", "Hello, my name is {name}. ", "Hi, this is {name}. ", "")
STOCK = (4, 25)
"""Range of the pieces in stock of a task's own products."""


class Scene:
    """A customer, their goods and orders, drawn piece by piece.

    Args:
        random: the generator of the slots.

    Attributes:
        account: of the customer.
        accounts: all that are inserted.
        orders: all that are inserted, as ``content.insert_orders`` takes them.
        shelf: ``[variant, cents, stock]`` of the task's own products.
    """

    def __init__(self, random: np.random.Generator):
        self.random = random
        self.account = content.draw_account(random)
        self.accounts = [self.account]
        self.orders: list[dict[str, Any]] = []
        self.shelf: list[list[Any]] = []
        self._left = [int(each) for each in random.permutation(len(content.CATALOGUE))]

    def item(self, categories: Sequence[str] = (), quantity: int = 1) -> dict[str, Any]:
        """A product that wasn't drawn before, in one of its options; all options cost the same.

        Args:
            categories: to choose from; all but gift cards by default.
            quantity: pieces that are ordered.
        """
        categories = categories or list(content.CENTS)
        number = next(each for each in self._left if content.CATALOGUE[each].category in categories)
        self._left.remove(number)
        product, cents = content.CATALOGUE[number], content.draw_cents(self.random, content.CATALOGUE[number].category)
        for position in range(len(product.options)):
            stock = int(self.random.integers(*STOCK))
            self.shelf.append([content.variant_id(number, position), cents, stock])
        position = int(self.random.integers(len(product.options)))
        return {
            "name": product.name,
            "category": product.category,
            "options": [each for each in product.options if each != product.options[position]],
            "option": product.options[position],
            "variant": content.variant_id(number, position),
            "cents": cents,
            "quantity": quantity,
        }

    def gift_card(self) -> dict[str, Any]:
        """A gift card, as an item."""
        return self.item([GIFT_CARDS])

    def variant(self, item: Mapping[str, Any], option: str) -> str:
        """The id of another option of an item."""
        number = int(item["variant"][1:3])
        return content.variant_id(number, content.CATALOGUE[number].options.index(option))

    def reprice(self, variant: str, cents: int | None = None, stock: int | None = None) -> None:
        """Set the price or stock of one of the task's own variants."""
        row = next(each for each in self.shelf if each[0] == variant)
        row[1:] = [row[1] if cents is None else cents, row[2] if stock is None else stock]

    def order(
        self, items: Sequence[Mapping[str, Any]], ago: int, status: str = "delivered", late: int = 0, discount: int = 0
    ) -> dict[str, Any]:
        """An order of the customer.

        Args:
            items: its lines.
            ago: days since it was delivered or, if it was not, since it was placed.
            status: of the order.
            late: days from the promised date to the delivery.
            discount: in percent.
        """
        took = int(self.random.integers(3, 7))
        placed = ago + took + late if status == "delivered" else ago
        promised = ago + late if late else placed - took - int(self.random.integers(0, 3))
        number = int(self.random.integers(10_000, 100_000))
        while number in [each["id"] for each in self.orders]:
            number = int(self.random.integers(10_000, 100_000))
        order = {"id": number, "customer": self.account["id"], "status": status, "placed": content.day(placed)}
        order |= {"promised": content.day(promised), "delivered": content.day(ago) if status == "delivered" else None}
        order |= {"discount": discount, "delivery_cents": content.draw(self.random, content.DELIVERY_CENTS)}
        order |= {name: self.account[name] for name in ("street", "postcode", "city")}
        lines = [{name: each[name] for name in ("variant", "cents", "quantity")} for each in items]
        self.orders.append(order | {"lines": lines})
        return self.orders[-1]

    def distract(self, count: int) -> list[dict[str, Any]]:
        """More orders of the customer, of other goods; returns these."""
        items = []
        for _ in range(count):
            items.append(self.item(quantity=int(self.random.integers(1, 3))))
            status = content.draw(self.random, ("processing", "dispatched", "delivered"))
            self.order([items[-1]], int(self.random.integers(1, 9)), status)
        return items

    def namesake(self, items: Sequence[Mapping[str, Any]], ago: int) -> dict[str, Any]:
        """Another customer of the same name, with a delivered order; returns the order."""
        mine, self.account = self.account, content.draw_account(self.random, self.account["name"])
        self.accounts.append(self.account)
        order = self.order(items, ago)
        self.account = mine
        return order

    def opening(self, *frames: str, **values: Any) -> str:
        """What the customer says first: a greeting and one of the frames."""
        greeting, text = content.draw(self.random, GREETINGS), content.draw(self.random, frames)
        if not greeting.endswith(", "):
            text = text[0].upper() + text[1:]
        return (greeting + text).format(name=self.account["name"], **values)

    def slots(self, opening: str, wishes: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        """The slots of a task; ``more`` replaces or adds some."""
        facts = {name: self.account[name] for name in ("name", "email", "postcode")}
        return {
            "opening": opening,
            "account": self.account["id"],
            "accounts": self.accounts,
            "orders": self.orders,
            "shelf": self.shelf,
            "facts": facts,
            "wishes": wishes,
            "items": sorted({wish["item"] for wish in wishes if "item" in wish}),
            "style": int(self.random.integers(0, 6)),
            **more,
        }


def place(database: Database, slots: Mapping[str, Any]) -> None:
    """Insert a task's own rows."""
    for account in slots["accounts"]:
        content.insert_account(database, account)
    for variant, cents, stock in slots["shelf"]:
        database.run("UPDATE variant SET cents = ?, stock = ? WHERE id = ?", cents, stock, variant)
    content.insert_orders(database, slots["orders"])


def goods_paid(order: Mapping[str, Any]) -> int:
    """What was paid for an order's goods, in cents, without delivery."""
    return paid(sum(each["cents"] * each["quantity"] for each in order["lines"]), 1, order["discount"])


def line_of(order: Mapping[str, Any], item: Mapping[str, Any]) -> int:
    """The number of the line of an order that has an item."""
    return [each["variant"] for each in order["lines"]].index(item["variant"]) + 1


def refund_wish(order: Mapping[str, Any], item: Mapping[str, Any], pieces: int = 0, **more: Any) -> dict[str, Any]:
    """The wish for a refund of some pieces of an item, by default all; ``more`` as in ``customer``."""
    pieces = pieces or item["quantity"]
    wish = _wish("refund", order, item, f"a refund for the {item['name']}", more)
    cents = paid(item["cents"], pieces, order["discount"])
    wish |= {"line": line_of(order, item), "pieces": pieces, "cents": cents}
    return wish | {"payments": [[order["id"], "refund", cents]]}


def cancel_wish(order: Mapping[str, Any], item: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """The wish to cancel an order."""
    wish = _wish("cancel", order, item, f"the cancellation of my order of the {item['name']}", more)
    return wish | {"payments": [[order["id"], "refund", goods_paid(order) + order["delivery_cents"]]]}


def address_wish(
    order: Mapping[str, Any], item: Mapping[str, Any], address: Mapping[str, str], **more: Any
) -> dict[str, Any]:
    """The wish for another delivery address of an order."""
    text = f"{address['street']}, {address['postcode']} {address['city']}"
    more = {**more, "facts": {"address": text} | more.get("facts", {})}
    wish = _wish("address", order, item, f"another delivery address for my order of the {item['name']}", more)
    return wish | {**address, "payments": []}


def exchange_wish(
    scene: Scene, order: Mapping[str, Any], item: Mapping[str, Any], option: str, **more: Any
) -> dict[str, Any]:
    """The wish for an item in another option, at the price that the shelf has now."""
    variant = scene.variant(item, option)
    cents = next(each[1] for each in scene.shelf if each[0] == variant)
    difference = paid(cents - item["cents"], item["quantity"], order["discount"])
    more = {**more, "facts": {"option": option} | more.get("facts", {})}
    wish = _wish("exchange", order, item, f"an exchange of the {item['name']}", more)
    wish |= {"line": line_of(order, item), "variant": variant, "option": option, "options": item["options"]}
    return wish | {"pays": difference, "payments": [[order["id"], "charge", difference]] if difference else []}


def discount_wish(order: Mapping[str, Any], item: Mapping[str, Any], percent: int, **more: Any) -> dict[str, Any]:
    """The wish for a discount on an order."""
    wish = _wish("discount", order, item, f"a discount on my order of the {item['name']}", more)
    back = paid(sum(each["cents"] * each["quantity"] for each in order["lines"]), 1, 100 - percent)
    return wish | {"percent": percent, "payments": [[order["id"], "refund", back]]}


def credit_wish(order: Mapping[str, Any], item: Mapping[str, Any], cents: int, **more: Any) -> dict[str, Any]:
    """The wish for compensation."""
    wish = _wish("credit", order, item, f"some compensation for my late order of the {item['name']}", more)
    return wish | {"cents": cents, "payments": []}


def _wish(
    kind: str, order: Mapping[str, Any], item: Mapping[str, Any], summary: str, more: Mapping[str, Any]
) -> dict[str, Any]:
    wish = {"kind": kind, "order": order["id"], "item": item["name"], "summary": summary, "reason": "", "intro": ""}
    return {**wish, **more, "facts": {"item": item["name"]} | more.get("facts", {})}
