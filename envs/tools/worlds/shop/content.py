"""The shop's catalogue, and what fills its database besides a task's own rows."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import numpy as np

from palaestra.envs.tools.database import Database
from palaestra.envs.tools.worlds.shop.policy import GIFT_CARDS, TODAY, paid

SCHEMA = """
CREATE TABLE customer(id TEXT PRIMARY KEY, name TEXT NOT NULL, email TEXT NOT NULL UNIQUE, postcode TEXT NOT NULL,
  street TEXT NOT NULL, city TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE product(id TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE variant(id TEXT PRIMARY KEY, product_id TEXT NOT NULL REFERENCES product(id), option TEXT NOT NULL,
  cents INTEGER NOT NULL, stock INTEGER NOT NULL CHECK(stock >= 0)) WITHOUT ROWID;
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id TEXT NOT NULL REFERENCES customer(id) ON DELETE CASCADE,
  status TEXT NOT NULL, placed TEXT NOT NULL, promised TEXT NOT NULL, delivered TEXT, discount INTEGER NOT NULL,
  delivery_cents INTEGER NOT NULL, street TEXT NOT NULL, postcode TEXT NOT NULL, city TEXT NOT NULL);
CREATE TABLE order_line(order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE, line INTEGER NOT NULL,
  variant_id TEXT NOT NULL REFERENCES variant(id), quantity INTEGER NOT NULL, cents INTEGER NOT NULL,
  returned INTEGER NOT NULL DEFAULT 0, PRIMARY KEY(order_id, line)) WITHOUT ROWID;
CREATE TABLE payment(id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  kind TEXT NOT NULL, cents INTEGER NOT NULL, line INTEGER);
CREATE TABLE credit(id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  cents INTEGER NOT NULL);
CREATE TABLE note(id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  text TEXT NOT NULL);
CREATE TABLE transfer(id INTEGER PRIMARY KEY, reason TEXT NOT NULL);
CREATE TABLE log(id INTEGER PRIMARY KEY, action TEXT NOT NULL, customer_id TEXT, order_id INTEGER);
CREATE INDEX orders_customer ON orders(customer_id);
CREATE INDEX payment_order ON payment(order_id);
"""

COLOURS = ("green", "blue", "grey", "red")
SIZES = ("small", "medium", "large")
BOOKS = ("paperback", "hardcover")
CARDS = ("printed", "electronic")


class Product(NamedTuple):
    """A product of the catalogue."""

    name: str
    category: str
    options: tuple[str, ...]


CATALOGUE = (
    Product("Harbour rain jacket", "clothing", SIZES),
    Product("Alder wool jumper", "clothing", SIZES),
    Product("Tideway linen shirt", "clothing", SIZES),
    Product("Fernhill walking socks", "clothing", SIZES),
    Product("Quarry denim apron", "clothing", COLOURS),
    Product("Moorland felt hat", "clothing", COLOURS),
    Product("Juniper desk lamp", "home", COLOURS),
    Product("Pebble teapot", "home", COLOURS),
    Product("Lantern picnic blanket", "home", COLOURS),
    Product("Orchard fruit bowl", "home", SIZES),
    Product("Cobble storage basket", "home", SIZES),
    Product("Willow bread board", "home", SIZES),
    Product("Kestrel travel speaker", "electronics", COLOURS),
    Product("Beacon bike light", "electronics", COLOURS),
    Product("Ember kitchen scale", "electronics", COLOURS),
    Product("Drift alarm clock", "electronics", COLOURS),
    Product("Plover headphones", "electronics", COLOURS),
    Product("Hollow Hills atlas", "books", BOOKS),
    Product("Winter Soups cookbook", "books", BOOKS),
    Product("Night Ferry novel", "books", BOOKS),
    Product("Garden Year almanac", "books", BOOKS),
    Product("Fernhill gift card", GIFT_CARDS, CARDS),
)
FIRST_NAMES = (
    *("Ada", "Bruno", "Clara", "Daniel", "Edith", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Leo", "Mara"),
    *("Nadia", "Oskar", "Paula", "Ravi", "Selma", "Tomas", "Ursula", "Viktor", "Wanda", "Yusuf", "Zoe"),
)
LAST_NAMES = (
    *("Albers", "Brandt", "Castell", "Dorn", "Ekholm", "Farrow", "Gellert", "Hallam", "Ibsen", "Jarvis", "Keller"),
    *("Lindqvist", "Marlow", "Novak", "Orwin", "Pascoe", "Quill", "Rossi", "Sandell", "Thorne", "Ullman", "Varga"),
    *("Winter", "Yates", "Zeller"),
)
STREETS = ("Mill Lane", "Station Road", "Orchard Street", "Quay Street", "Castle Row", "Bridge Road", "Abbey Close")
CITIES = ("Norwick", "Eastmere", "Hollowell", "Branford", "Saltby", "Kingsmoor")
MAILS = ("post.example", "mail.example", "inbox.example")
LETTERS = "ABDEFGHJLNPQRSTUWXY"
CENTS = {"clothing": (1900, 8900), "home": (900, 6900), "electronics": (1900, 9900), "books": (900, 3900)}
"""Range of prices by category."""
CUSTOMERS = 18
MAX_ORDERS = 3
MAX_LINES = 3
DELIVERY_CENTS = (0, 390, 490, 590)
ORDER_COLUMNS = (
    *("status", "placed", "promised", "delivered", "discount", "delivery_cents"),
    *("street", "postcode", "city"),
)


def draw(random: np.random.Generator, values: Any) -> Any:
    """One of some values."""
    return values[int(random.integers(len(values)))]


def draw_cents(random: np.random.Generator, category: str) -> int:
    """A price, a multiple of 20 cents so that every discount of the shop is a whole number of cents."""
    low, high = CENTS.get(category, (2000, 5000))
    return int(random.integers(low // 20, high // 20)) * 20


def draw_address(random: np.random.Generator) -> dict[str, str]:
    """A street with number, a postcode and a city."""
    letters = [draw(random, LETTERS) for _ in range(4)]
    digits = [int(random.integers(1, 10)) for _ in range(2)]
    postcode = f"{letters[0]}{letters[1]}{digits[0]} {digits[1]}{letters[2]}{letters[3]}"
    street = f"{int(random.integers(1, 120))} {draw(random, STREETS)}"
    return {"street": street, "postcode": postcode, "city": draw(random, CITIES)}


def draw_account(random: np.random.Generator, name: str = "") -> dict[str, str]:
    """A customer with an account."""
    name = name or f"{draw(random, FIRST_NAMES)} {draw(random, LAST_NAMES)}"
    email = f"{name.lower().replace(' ', '.')}{int(random.integers(10, 1000))}@{draw(random, MAILS)}"
    identity = f"C{int(random.integers(1000, 10_000))}"
    return {"id": identity, "name": name, "email": email, **draw_address(random)}


def variant_id(product: int, option: int) -> str:
    """The id of a product's option, by their positions in the catalogue."""
    return f"V{product:02d}{option}"


def day(ago: int) -> str:
    """The ISO date some days ago."""
    return (TODAY - timedelta(days=ago)).isoformat()


def populate(database: Database, random: np.random.Generator) -> None:
    """Fill the shop with its catalogue and with customers and their orders."""
    database.insert_many("product", [(f"P{i:02d}", each.name, each.category) for i, each in enumerate(CATALOGUE)])
    variants = _draw_variants(random)
    database.insert_many("variant", variants)
    accounts = {each["email"]: each for each in (draw_account(random) for _ in range(CUSTOMERS))}
    accounts = {each["id"]: each for each in accounts.values()}
    columns = ("id", "name", "email", "postcode", "street", "city")
    database.insert_many("customer", [tuple(each[name] for name in columns) for each in accounts.values()])
    orders: dict[int, dict[str, Any]] = {}
    for account in accounts.values():
        for _ in range(int(random.integers(1, MAX_ORDERS + 1))):
            order = _draw_order(random, account, variants)
            orders[order["id"]] = order
    insert_orders(database, list(orders.values()))


def _draw_variants(random: np.random.Generator) -> list[tuple[Any, ...]]:
    """The rows of all variants; some products' options differ in price."""
    rows = []
    for number, product in enumerate(CATALOGUE):
        base, steps = draw_cents(random, product.category), random.integers(0, 3, len(product.options))
        stock = random.integers(0, 30, len(product.options))
        for position, option in enumerate(product.options):
            cents = base + 200 * position * int(steps[position])
            rows.append((variant_id(number, position), f"P{number:02d}", option, cents, int(stock[position])))
    return rows


def _draw_order(
    random: np.random.Generator, account: dict[str, str], variants: list[tuple[Any, ...]]
) -> dict[str, Any]:
    chosen = {int(each) for each in random.integers(0, len(variants), int(random.integers(1, MAX_LINES + 1)))}
    lines = [
        {"variant": variants[each][0], "cents": variants[each][3], "quantity": 1 + each % 3} for each in sorted(chosen)
    ]
    status = draw(random, ("processing", "dispatched", "delivered", "delivered"))
    placed = int(random.integers(1, 4)) if status == "processing" else int(random.integers(5, 120))
    delivered = day(placed - int(random.integers(2, 5))) if status == "delivered" else None
    order = {"id": int(random.integers(10_000, 100_000)), "customer": account["id"], "status": status}
    order |= {"placed": day(placed), "promised": day(placed - 4), "delivered": delivered}
    discount, delivery = draw(random, (0, 0, 5, 10)), draw(random, DELIVERY_CENTS)
    address = {name: account[name] for name in ("street", "postcode", "city")}
    return order | {"discount": discount, "delivery_cents": delivery, **address, "lines": lines}


def insert_account(database: Database, account: dict[str, str]) -> None:
    """Insert an account, instead of one with the same id or email address."""
    database.run("DELETE FROM customer WHERE id = ? OR email = ?", account["id"], account["email"])
    database.insert("customer", **account)


def insert_orders(database: Database, orders: Sequence[Mapping[str, Any]]) -> None:
    """Insert orders with their lines and payments, instead of those with the same numbers.

    Args:
        database: the world's.
        orders: dicts with the table's columns, but ``customer`` for ``customer_id``; ``lines`` are dicts with
            ``variant``, ``cents`` and ``quantity``.
    """
    rows, lines, payments = [], [], []
    first = (database.value("SELECT max(id) FROM payment") or 0) + 1
    for number, order in enumerate(orders, first):
        rows.append((order["id"], order["customer"], *(order[name] for name in ORDER_COLUMNS)))
        for line, each in enumerate(order["lines"], 1):
            lines.append((order["id"], line, each["variant"], each["quantity"], each["cents"], 0))
        goods = sum(each["cents"] * each["quantity"] for each in order["lines"])
        payments.append(
            (number, order["id"], "charge", paid(goods, 1, order["discount"]) + order["delivery_cents"], None)
        )
    taken = database.rows("SELECT id FROM orders")
    for each in sorted({row["id"] for row in taken} & {order["id"] for order in orders}):
        database.run("DELETE FROM orders WHERE id = ?", each)
    database.insert_many("orders", rows)
    database.insert_many("order_line", lines)
    database.insert_many("payment", payments)
