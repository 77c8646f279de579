"""The customer service desk of an online shop."""

import functools
from collections.abc import Mapping
from typing import Any

import numpy as np

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv
from palaestra.envs.tools.worlds.shop import content
from palaestra.envs.tools.worlds.shop.customer import Customer, checked_state
from palaestra.envs.tools.worlds.shop.policy import RULES, paid
from palaestra.envs.tools.worlds.shop.wishes import is_done

MAX_LISTED = 20
"""Orders or products in a result."""
MAX_TEXT = 500
"""Characters of a note or reason."""
MAX_AMOUNT = 1e6
"""Euros."""


class ToolShop(ToolEnv):
    """A shop's service desk: a policy to keep, tools that don't enforce it, and a customer who answers questions.

    The first user message is what the customer says to begin with. A turn without calls is said to the customer, who
    replies by rule, see ``customer``; the episode ends when the customer says goodbye or was transferred. Every change
    is in the table ``log``.
    """

    schema = content.SCHEMA
    tasks_folder = "palaestra.envs.tools.worlds.shop.tasks"

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return RULES

    def populate(self, random: np.random.Generator) -> None:
        """See ``ToolEnv``."""
        content.populate(self.database, random)

    # The customer.

    def said(self, text: str) -> str | None:
        """The customer's reply; a task without a customer takes the text as the answer."""
        if "wishes" not in self._task.slots:
            return None
        done = [is_done(self.database, wish) for wish in self._task.slots["wishes"]]
        return Customer(self._task.slots, self.customer).reply(text, done)

    def hung_up(self) -> bool:
        """Whether the customer has said goodbye or was transferred."""
        return bool(self.customer["ended"]) or self.database.value("SELECT count(*) FROM transfer") > 0

    def more_state(self) -> dict[str, Any]:
        """See ``ToolEnv``."""
        return {"customer": self.customer}

    def load_more_state(self, state: Mapping[str, Any]) -> None:
        """See ``ToolEnv``."""
        self.customer: dict[str, Any] = checked_state(state["customer"] if state else {})

    # Customers.

    @tool()
    def identify_customer(self, name: str, contact: str) -> dict[str, Any]:
        """Look up the account of a customer by full name and contact data, and log that the caller was identified.

        Args:
            name: the full name.
            contact: the email address or the postcode of the account.
        """
        rows = self.database.rows(
            "SELECT id AS customer_id, name, email, street, postcode, city FROM customer "
            "WHERE lower(name) = ?1 "
            "AND (lower(email) = ?2 OR replace(lower(postcode), ' ', '') = replace(?2, ' ', ''))",
            _same(name),
            _same(contact),
        )
        if len(rows) != 1:
            return {"identified": False, "message": "no account has this name with this email address or postcode"}
        self._log("identified", rows[0]["customer_id"], None)
        return {"identified": True, **rows[0]}

    @tool(reads=True)
    def list_orders(self, customer_id: str) -> list[dict[str, Any]]:
        """List the orders of a customer, newest first, with the names of their goods; at most 20.

        Args:
            customer_id: such as C1234.
        """
        if self.database.value("SELECT id FROM customer WHERE id = ?", customer_id) is None:
            raise ToolError(f"there is no customer {customer_id[:40]!r}; identify_customer gives the id")
        orders = self.database.rows(
            "SELECT id AS order_id, status, placed FROM orders WHERE customer_id = ? ORDER BY placed DESC, id LIMIT ?",
            customer_id,
            MAX_LISTED,
        )
        return [each | {"goods": [line["product"] for line in self._lines(each["order_id"])]} for each in orders]

    # Orders.

    @tool(reads=True)
    def get_order(self, order_id: int) -> dict[str, Any]:
        """Show an order: its status, dates, delivery address, lines, discount in percent, and payments.

        Args:
            order_id: the number, such as 12345.
        """
        order = self._order(order_id)
        shown = {name: order[name] for name in ("customer_id", "status", "placed", "promised", "delivered")}
        shown["delivery_address"] = {name: order[name] for name in ("street", "postcode", "city")}
        lines = [each | {"price": _euros(each.pop("cents"))} for each in self._lines(order_id)]
        payments = self.database.rows("SELECT kind, cents, line FROM payment WHERE order_id = ? ORDER BY id", order_id)
        return {
            "order_id": order["id"],
            **shown,
            "lines": lines,
            "discount_percent": order["discount"],
            "delivery_cost": _euros(order["delivery_cents"]),
            "payments": [{"kind": each["kind"], "amount": _euros(each["cents"])} for each in payments],
        }

    @tool()
    def refund(self, order_id: int, line: int, quantity: int, amount: float) -> str:
        """Take back pieces of an order's line, and pay money back the way the order was paid.

        Args:
            order_id: the number of the order.
            line: the line of the order.
            quantity: pieces that are returned.
            amount: what is paid back, in euros.
        """
        order, cents = self._order(order_id), _cents(amount)
        row = self._line(order_id, line)
        if order["status"] != "delivered":
            raise ToolError(f"order {order_id} is {order['status']}; only delivered goods can be returned")
        if not 1 <= quantity <= row["quantity"] - row["returned"]:
            raise ToolError(f"line {line} has {row['quantity'] - row['returned']} pieces that can be returned")
        if cents > self._balance(order_id):
            raise ToolError(f"no more than {_euros(self._balance(order_id)):.2f} was paid for order {order_id}")
        sql = "UPDATE order_line SET returned = returned + ? WHERE order_id = ? AND line = ?"
        self.database.run(sql, quantity, order_id, line)
        self.database.insert("payment", order_id=order_id, kind="refund", cents=cents, line=line)
        self._log("refund", order["customer_id"], order_id)
        return f"Refunded {cents / 100:.2f} for {quantity} x {row['product']} of order {order_id}."

    @tool()
    def cancel_order(self, order_id: int) -> str:
        """Cancel an order that was not yet delivered, and pay back all that was paid for it.

        Args:
            order_id: the number of the order.
        """
        order = self._undelivered(order_id)
        cents = self._balance(order_id)
        self.database.run("UPDATE orders SET status = 'cancelled' WHERE id = ?", order_id)
        self.database.insert("payment", order_id=order_id, kind="refund", cents=cents, line=None)
        self._log("cancel", order["customer_id"], order_id)
        return f"Order {order_id} is cancelled; {cents / 100:.2f} is paid back."

    @tool()
    def change_address(self, order_id: int, street: str, postcode: str, city: str) -> str:
        """Change the address that an order is delivered to; other orders and the account stay as they are.

        Args:
            order_id: the number of the order.
            street: street with house number.
            postcode: the postcode.
            city: the town.
        """
        order = self._undelivered(order_id)
        values = [" ".join(each.split())[:100] for each in (street, postcode, city)]
        if not all(values):
            raise ToolError("street, postcode and city must not be empty")
        self.database.run("UPDATE orders SET street = ?, postcode = ?, city = ? WHERE id = ?", *values, order_id)
        self._log("address", order["customer_id"], order_id)
        return f"Order {order_id} will be delivered to {', '.join(values)}."

    @tool()
    def exchange_item(self, order_id: int, line: int, variant_id: str) -> str:
        """Exchange all pieces of an order's line for another variant; a difference in price is charged or paid back.

        Args:
            order_id: the number of the order.
            line: the line of the order.
            variant_id: the new variant, see get_product.
        """
        order, row = self._order(order_id), self._line(order_id, line)
        new = self.database.row("SELECT * FROM variant WHERE id = ?", variant_id)
        if order["status"] != "delivered" or row["returned"]:
            raise ToolError(f"line {line} of order {order_id} is not with the customer ({order['status']})")
        if new is None or new["product_id"] != row["product_id"]:
            raise ToolError(f"{variant_id[:40]!r} is no variant of {row['product_id']}; get_product lists them")
        if new["stock"] < row["quantity"]:
            raise ToolError(f"{variant_id}: {new['stock']} in stock, {row['quantity']} needed")
        difference = paid(new["cents"] - row["cents"], row["quantity"], order["discount"])
        self.database.run("UPDATE variant SET stock = stock - ? WHERE id = ?", row["quantity"], variant_id)
        sql = "UPDATE order_line SET variant_id = ?, cents = ? WHERE order_id = ? AND line = ?"
        self.database.run(sql, variant_id, new["cents"], order_id, line)
        if difference:
            kind = "charge" if difference > 0 else "refund"
            self.database.insert("payment", order_id=order_id, kind=kind, cents=abs(difference), line=line)
        self._log("exchange", order["customer_id"], order_id)
        return f"Exchanged for {new['option']}; difference {difference / 100:.2f}."

    @tool()
    def apply_discount(self, order_id: int, percent: int) -> str:
        """Add a discount to an order that was not yet delivered, and pay back the difference.

        Args:
            order_id: the number of the order.
            percent: of the price of its goods.
        """
        order = self._undelivered(order_id)
        if not 1 <= percent <= 50 or order["discount"] + percent > 50:
            raise ToolError("an order's discount is from 1 to 50 percent")
        cents = paid(self._goods(order_id), 1, 100 - percent)
        self.database.run("UPDATE orders SET discount = discount + ? WHERE id = ?", percent, order_id)
        self.database.insert("payment", order_id=order_id, kind="refund", cents=cents, line=None)
        self._log("discount", order["customer_id"], order_id)
        return (
            f"Order {order_id} has a discount of {order['discount'] + percent} percent; {cents / 100:.2f} is paid back."
        )

    @tool()
    def give_credit(self, order_id: int, amount: float) -> str:
        """Give a customer shop credit as compensation for an order.

        Args:
            order_id: the number of the order.
            amount: in euros.
        """
        order, cents = self._order(order_id), _cents(amount)
        self.database.insert("credit", order_id=order_id, cents=cents)
        self._log("credit", order["customer_id"], order_id)
        return f"A credit of {cents / 100:.2f} was given for order {order_id}."

    @tool()
    def add_note(self, order_id: int, text: str) -> str:
        """Add a note to an order.

        Args:
            order_id: the number of the order.
            text: at most 500 characters.
        """
        order = self._order(order_id)
        if not text.strip() or len(text) > MAX_TEXT:
            raise ToolError(f"a note has 1 to {MAX_TEXT} characters")
        self.database.insert("note", order_id=order_id, text=text.strip())
        self._log("note", order["customer_id"], order_id)
        return f"The note was added to order {order_id}."

    # Products.

    @tool(reads=True)
    def search_products(self, words: str) -> list[dict[str, Any]]:
        """Find products by words of their name or category; at most 20.

        Args:
            words: all of them must occur, such as rain jacket.
        """
        rows = self.database.rows("SELECT id AS product_id, name, category FROM product ORDER BY id")
        wanted = words.lower().split()
        return [each for each in rows if all(w in f"{each['name']} {each['category']}".lower() for w in wanted)][
            :MAX_LISTED
        ]

    @tool(reads=True)
    def get_product(self, product_id: str) -> dict[str, Any]:
        """Show a product and its variants, with their prices in euros and the pieces in stock.

        Args:
            product_id: such as P07.
        """
        product = self.database.row("SELECT id AS product_id, name, category FROM product WHERE id = ?", product_id)
        if product is None:
            raise ToolError(f"there is no product {product_id[:40]!r}; search_products finds ids")
        variants = self.database.rows(
            "SELECT id AS variant_id, option, cents, stock FROM variant WHERE product_id = ? ORDER BY id", product_id
        )
        return product | {"variants": [each | {"price": _euros(each.pop("cents"))} for each in variants]}

    @tool()
    def transfer_to_human(self, reason: str) -> str:
        """Transfer the customer to a human colleague, which ends your conversation.

        Args:
            reason: why, in a sentence for the colleague.
        """
        self.database.insert("transfer", reason=reason[:MAX_TEXT])
        self._log("transfer", None, None)
        return "The customer was transferred."

    # Rows.

    def _log(self, action: str, customer_id: str | None, order_id: int | None) -> None:
        self.database.insert("log", action=action, customer_id=customer_id, order_id=order_id)

    def _order(self, order_id: int) -> dict[str, Any]:
        order = self.database.row("SELECT * FROM orders WHERE id = ?", order_id)
        if order is None:
            raise ToolError(f"there is no order {order_id}")
        return order

    def _undelivered(self, order_id: int) -> dict[str, Any]:
        order = self._order(order_id)
        if order["status"] not in ("processing", "dispatched"):
            raise ToolError(f"order {order_id} is {order['status']}")
        return order

    def _lines(self, order_id: int) -> list[dict[str, Any]]:
        return self.database.rows(
            "SELECT line, p.id AS product_id, p.name AS product, p.category, v.id AS variant_id, v.option, quantity, "
            "returned, l.cents FROM order_line l JOIN variant v ON v.id = l.variant_id "
            "JOIN product p ON p.id = v.product_id WHERE order_id = ? ORDER BY line",
            order_id,
        )

    def _line(self, order_id: int, line: int) -> dict[str, Any]:
        lines = [each for each in self._lines(order_id) if each["line"] == line]
        if not lines:
            raise ToolError(f"order {order_id} has no line {line}")
        return lines[0]

    def _goods(self, order_id: int) -> int:
        """The price of an order's goods without its discount, in cents."""
        return sum(each["quantity"] * each["cents"] for each in self._lines(order_id))

    def _balance(self, order_id: int) -> int:
        """What was paid for an order and not paid back, in cents."""
        sql = "SELECT sum(CASE kind WHEN 'charge' THEN cents ELSE -cents END) FROM payment WHERE order_id = ?"
        return self.database.value(sql, order_id) or 0


def _same(text: str) -> str:
    """A text in lower case with single blanks."""
    return " ".join(text.lower().split())


def _euros(cents: int) -> float:
    return cents / 100


def _cents(amount: float) -> int:
    if not 0 < amount <= MAX_AMOUNT:
        raise ToolError("an amount is above 0")
    cents = round(amount * 100)
    if abs(cents - amount * 100) > 1e-6:
        raise ToolError("an amount has at most two decimals")
    return cents


make_vector = functools.partial(make, ToolShop)
