"""What a customer can wish for, and whether it was done.

A wish is plain data: its ``kind`` (see ``KINDS``), the ``order``, and what belongs to its kind: ``line`` and ``cents``
of a refund, ``line`` and ``variant`` of an exchange, ``street``, ``postcode`` and ``city`` of an address, ``percent``
of a discount, ``cents`` of a credit. What the customer says about it is described in ``customer``.
"""

from collections.abc import Mapping
from typing import Any

from palaestra.envs.tools.database import Database

KINDS = ("refund", "cancel", "exchange", "address", "discount", "credit", "question", "transfer")
"""``question`` is answered by words, ``transfer`` ends the conversation."""


def is_done(database: Database, wish: Mapping[str, Any]) -> bool:
    """Whether the database shows that a wish was fulfilled."""
    order = wish.get("order")
    if wish["kind"] == "refund":
        sql = "SELECT sum(cents) FROM payment WHERE order_id = ? AND line = ? AND kind = 'refund'"
        return database.value(sql, order, wish["line"]) == wish["cents"]
    if wish["kind"] == "cancel":
        return database.value("SELECT status FROM orders WHERE id = ?", order) == "cancelled"
    if wish["kind"] == "exchange":
        sql = "SELECT variant_id FROM order_line WHERE order_id = ? AND line = ?"
        return database.value(sql, order, wish["line"]) == wish["variant"]
    if wish["kind"] == "address":
        row = database.row("SELECT street, postcode, city FROM orders WHERE id = ?", order)
        return row == {name: wish[name] for name in ("street", "postcode", "city")}
    if wish["kind"] == "discount":
        return database.value("SELECT discount FROM orders WHERE id = ?", order) == wish["percent"]
    if wish["kind"] == "credit":
        return database.value("SELECT sum(cents) FROM credit WHERE order_id = ?", order) == wish["cents"]
    return False
