"""A shop's books in SQL: customers, products, orders, employees and accounts."""

import functools
from datetime import date, timedelta
from typing import Any

import numpy as np

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv

MAX_ROWS = 50
"""Rows of a result."""
TABLES = """
CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE product(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, category TEXT NOT NULL,
  price_cents INTEGER NOT NULL CHECK(price_cents > 0), stock INTEGER NOT NULL CHECK(stock >= 0));
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customer(id),
  day TEXT NOT NULL, status TEXT NOT NULL CHECK(status IN ('open', 'shipped', 'cancelled')));
CREATE TABLE line(order_id INTEGER NOT NULL REFERENCES orders(id), product_id INTEGER NOT NULL REFERENCES product(id),
  pieces INTEGER NOT NULL CHECK(pieces > 0), PRIMARY KEY(order_id, product_id));
CREATE TABLE employee(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, department TEXT NOT NULL,
  salary INTEGER NOT NULL, hired TEXT NOT NULL);
CREATE TABLE account(id INTEGER PRIMARY KEY, owner TEXT NOT NULL UNIQUE, balance_cents INTEGER NOT NULL
  CHECK(balance_cents >= 0));
"""
CITIES = ("Alder", "Birk", "Cole", "Dorn", "Elm")
CATEGORIES = ("garden", "kitchen", "office", "toys")
DEPARTMENTS = ("sales", "store", "repair")
FIRST = ("Asta", "Bram", "Celia", "Dov", "Enid", "Finn", "Greta", "Hal", "Ida", "Jory", "Kaja", "Leo")
LAST = ("Arden", "Bishop", "Crane", "Dexter", "Ellis", "Frost", "Gale", "Hobbs", "Ivers", "Jolly")
THINGS = (
    "lamp",
    "chair",
    "kettle",
    "ladder",
    "clock",
    "basket",
    "mirror",
    "puzzle",
    "bench",
    "whistle",
    "tray",
    "globe",
)
COLOURS = ("red", "blue", "green", "grey")
CUSTOMERS, PRODUCTS, ORDERS, EMPLOYEES = 30, 24, 60, 18
LAST_DAY = date(2025, 12, 31)
OWNERS = ("Arden & Co", "Bishop Ltd", "Crane AG", "Dexter Inc", "Ellis Sons")


class ToolSQL(ToolEnv):
    """A database that the agent queries and changes in SQL, one statement per call.

    Statements can be SELECT, INSERT, UPDATE and DELETE. What they may cost is counted in steps, so they stop alike
    everywhere.
    """

    schema = TABLES
    tasks_folder = "palaestra.envs.tools.worlds.sql.tasks"

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return (
            "You keep a shop's books in an SQLite database. Days are texts such as 2025-11-30, amounts are in cents; "
            "an order's lines say how many pieces of which products it has. Today is 2026-01-05. Change nothing that "
            f"you weren't asked to change. The tables:\n{TABLES}"
        )

    def populate(self, random: np.random.Generator) -> None:
        """Some two hundred rows."""
        full = [f"{first} {last}" for first in FIRST for last in LAST]
        names = [full[int(each)] for each in random.choice(len(full), CUSTOMERS + EMPLOYEES, replace=False)]

        def some(of: tuple[Any, ...]) -> Any:
            return of[int(random.integers(len(of)))]

        def number(low: int, high: int) -> int:
            return int(random.integers(low, high))

        customers = [
            (i + 1, name, f"{name.lower().replace(' ', '.')}@mail.example", some(CITIES))
            for i, name in enumerate(names[:CUSTOMERS])
        ]
        goods = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
        chosen = [goods[int(each)] for each in random.choice(len(goods), PRODUCTS, replace=False)]
        products = [
            (i + 1, name, some(CATEGORIES), number(2, 200) * 50 - 1, number(0, 60)) for i, name in enumerate(chosen)
        ]
        orders = [
            (
                i + 1,
                number(1, CUSTOMERS + 1),
                (LAST_DAY - timedelta(days=number(0, 120))).isoformat(),
                some(("open", "shipped", "shipped", "cancelled")),
            )
            for i in range(ORDERS)
        ]
        lines = [
            (order[0], int(product) + 1, number(1, 9))
            for order in orders
            for product in random.choice(PRODUCTS, number(1, 4), replace=False)
        ]
        employees = [
            (
                i + 1,
                name,
                DEPARTMENTS[i % 3],
                number(24, 60) * 1000,
                date(number(2005, 2025), number(1, 13), 1).isoformat(),
            )
            for i, name in enumerate(names[CUSTOMERS:])
        ]
        accounts = [(i + 1, owner, number(500, 9000) * 100) for i, owner in enumerate(OWNERS)]
        for table, rows in (
            ("customer", customers),
            ("product", products),
            ("orders", orders),
            ("line", lines),
            ("employee", employees),
            ("account", accounts),
        ):
            self.database.insert_many(table, rows)

    @tool(price=0.001)
    def query(self, sql: str) -> dict[str, Any]:
        """Run one SQL statement: SELECT, INSERT, UPDATE or DELETE.

        Args:
            sql: the statement, in SQLite's dialect.
        """
        table = self.database.query(sql, MAX_ROWS)
        if not table.columns:
            return {"changed": table.changed}
        rows = [[_shown(value) for value in row] for row in table.rows]
        return {"columns": list(table.columns), "rows": rows} | ({"more": True} if table.more else {})


def _shown(value: Any) -> Any:
    """A value as JSON has it: blobs as hexadecimal, infinite numbers as texts."""
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, float) and value - value != 0 else value


make_vector = functools.partial(make, ToolSQL)
