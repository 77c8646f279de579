"""The books: questions that one statement answers (6 templates), and changes of exactly the right rows (6 templates).

The rules show the tables, so one statement is enough everywhere.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from palaestra.envs.task import Slots
from palaestra.envs.tools import answers as said
from palaestra.envs.tools.task import Oracle, Template, call, result
from palaestra.envs.tools.worlds.sql.world import CATEGORIES, CITIES, DEPARTMENTS, OWNERS, ToolSQL

MONTHS = {"2025-10": "October 2025", "2025-11": "November 2025", "2025-12": "December 2025"}


def _some(random: np.random.Generator, of: Sequence[Any]) -> Any:
    return of[int(random.integers(len(of)))]


class _OneStatement(Template[ToolSQL]):
    most_calls = 1

    def minimum(self, slots: Slots) -> int:
        return 1

    def sql(self, slots: Slots) -> str:
        """The statement that solves the task."""
        raise NotImplementedError


class _Question(_OneStatement):
    """The answer is the first column of the solution's first row: a number, or a name."""

    def facts(self, world: ToolSQL, slots: Slots) -> dict[str, Any]:
        value = world.database.value(self.sql(slots))
        return {"answer": 0 if value is None else value, "others": self.others(world, value)}

    def others(self, world: ToolSQL, answer: Any) -> list[str]:
        """Wrong answers of the same kind, where the answer is a name."""
        if not isinstance(answer, str):
            return []
        names = "SELECT name FROM product UNION SELECT name FROM employee UNION SELECT name FROM customer"
        return [row["name"] for row in world.database.rows(names) if row["name"] != answer]

    def check(self, start: Mapping[str, Any], world: ToolSQL, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        if isinstance(start["answer"], str):
            return {"the right name is given": said.mentions(answers, start["answer"], start["others"])}
        return {"the number is right": said.is_number(answers, start["answer"])}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("query", sql=self.sql(slots))
        rows = result(messages)["rows"]
        yield str(rows[0][0] if rows and rows[0][0] is not None else 0)


class CountCustomers(_Question):
    levels = (1, 2, 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"city": _some(random, CITIES), "month": _some(random, list(MONTHS)), "off": 0}

    def instruction(self, slots: Slots) -> str:
        which = (
            "",
            f" placed an order in {MONTHS[slots['month']]}",
            f" placed no order in {MONTHS[slots['month']]}",
        )[self.level - 1]
        if self.level == 1:
            return f"How many customers live in {slots['city']}?"
        return f"How many customers from {slots['city']}{which}?"

    def sql(self, slots: Slots) -> str:
        base = f"SELECT count(*) + {slots['off']} FROM customer c WHERE city = '{slots['city']}'"
        orders = f"(SELECT 1 FROM orders WHERE customer_id = c.id AND day LIKE '{slots['month']}%')"
        return base + ("", f" AND EXISTS {orders}", f" AND NOT EXISTS {orders}")[self.level - 1]

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "off": 1}, {**slots, "off": -1}]


class Revenue(_Question):
    """A sum over a join, of orders that weren't cancelled."""

    levels = (1, 2, 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"month": _some(random, list(MONTHS)), "category": _some(random, CATEGORIES), "cancelled": False}

    def instruction(self, slots: Slots) -> str:
        of = (
            "",
            f" with the category {slots['category']}",
            f" with the category {slots['category']}, by customers outside of {CITIES[0]}",
        )[self.level - 1]
        return (
            f"What did we earn in {MONTHS[slots['month']]}{of}, in cents? Pieces times today's prices, without "
            "cancelled orders."
        )

    def sql(self, slots: Slots) -> str:
        where = [f"o.day LIKE '{slots['month']}%'"]
        where += [] if slots["cancelled"] else ["o.status <> 'cancelled'"]
        where += [f"p.category = '{slots['category']}'"] if self.level > 1 else []
        where += [f"c.city <> '{CITIES[0]}'"] if self.level > 2 else []
        return (
            "SELECT coalesce(sum(l.pieces * p.price_cents), 0) FROM line l JOIN orders o ON o.id = l.order_id "
            "JOIN product p ON p.id = l.product_id JOIN customer c ON c.id = o.customer_id "
            f"WHERE {' AND '.join(where)}"
        )

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        # A cancelled order of this kind, so that forgetting the condition shows.
        customer = world.database.value("SELECT id FROM customer WHERE city <> ? ORDER BY id", CITIES[0])
        product = world.database.value("SELECT id FROM product ORDER BY id")
        world.database.run("UPDATE product SET category = ? WHERE id = ?", slots["category"], product)
        world.database.insert("orders", id=900, customer_id=customer, day=f"{slots['month']}-15", status="cancelled")
        world.database.insert("line", order_id=900, product_id=product, pieces=3)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "cancelled": True}]


class BestSeller(_Question):
    """The top of a ranking; ties are resolved by name."""

    levels = (1, 2)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"category": _some(random, CATEGORIES), "city": _some(random, CITIES), "last": False}

    def instruction(self, slots: Slots) -> str:
        if self.level == 1:
            return (
                f"Of which product did customers from {slots['city']} order most pieces? Of several, name the one that "
                "is first alphabetically."
            )
        return (
            f"Of which product of the category {slots['category']} were most pieces ordered, without cancelled orders? "
            "Of several, name the one that is first alphabetically."
        )

    def sql(self, slots: Slots) -> str:
        where = (f"c.city = '{slots['city']}'", f"p.category = '{slots['category']}' AND o.status <> 'cancelled'")
        order = "" if slots["last"] else "DESC"
        return (
            "SELECT p.name FROM line l JOIN orders o ON o.id = l.order_id JOIN product p ON p.id = l.product_id "
            f"JOIN customer c ON c.id = o.customer_id WHERE {where[self.level - 1]} "
            f"GROUP BY p.id ORDER BY sum(l.pieces) {order}, p.name LIMIT 1"
        )

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        world.database.run("UPDATE customer SET city = ? WHERE id = 1", slots["city"])
        ids = [row["id"] for row in world.database.rows("SELECT id FROM product ORDER BY id LIMIT 2")]
        for number, product in enumerate(ids):
            world.database.run("UPDATE product SET category = ? WHERE id = ?", slots["category"], product)
            world.database.insert("orders", id=900 + number, customer_id=1, day="2025-12-01", status="open")
            world.database.insert("line", order_id=900 + number, product_id=product, pieces=1 + 20 * number)

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "last": True}]


class NthSalary(_Question):
    """A rank within a group."""

    levels = (1, 2)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"department": _some(random, DEPARTMENTS), "rank": int(random.integers(2, 4)) if self.level > 1 else 1}

    def instruction(self, slots: Slots) -> str:
        rank = {1: "", 2: "second-", 3: "third-"}[slots["rank"]]
        return (
            f"Who has the {rank}highest salary in the department {slots['department']}? Of people with the same "
            "salary, the one who was hired first ranks first; all hiring days differ."
        )

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        world.database.run("UPDATE employee SET hired = date('2005-01-01', (id * 211 % 7000) || ' days')")

    def sql(self, slots: Slots) -> str:
        return (
            f"SELECT name FROM employee WHERE department = '{slots['department']}' "
            f"ORDER BY salary DESC, hired LIMIT 1 OFFSET {slots['rank'] - 1}"
        )

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "rank": slots["rank"] + 1}]


class OldestOpenOrder(_Question):
    """Days between a day and today."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"city": _some(random, CITIES), "off": 0}

    def instruction(self, slots: Slots) -> str:
        return f"For how many days has the oldest open order of a customer from {slots['city']} been open, until today?"

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        world.database.run("UPDATE customer SET city = ? WHERE id = 1", slots["city"])
        day = f"2025-{int(random.integers(6, 9)):02d}-{int(random.integers(1, 29)):02d}"
        world.database.insert("orders", id=900, customer_id=1, day=day, status="open")

    def sql(self, slots: Slots) -> str:
        return (
            f"SELECT CAST(julianday('2026-01-05') - julianday(min(o.day)) AS INTEGER) + {slots['off']} FROM orders o "
            f"JOIN customer c ON c.id = o.customer_id WHERE o.status = 'open' AND c.city = '{slots['city']}'"
        )

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "off": 1}, {**slots, "off": -31}]


class NeverOrdered(_Question):
    """Rows without a partner."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"category": _some(random, CATEGORIES), "off": 0}

    def instruction(self, slots: Slots) -> str:
        return f"How many products of the category {slots['category']} were never ordered?"

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        for number in range(int(random.integers(1, 5))):
            price, name = 900 + number, f"plain box {number + 1}"
            world.database.insert(
                "product", id=900 + number, name=name, category=slots["category"], price_cents=price, stock=3
            )

    def sql(self, slots: Slots) -> str:
        return (
            f"SELECT count(*) + {slots['off']} FROM product WHERE category = '{slots['category']}' "
            "AND id NOT IN (SELECT product_id FROM line)"
        )

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "off": 1}, {**slots, "off": -1}]


class _Change(_OneStatement):
    """Exactly the rows that the solution changes must have changed, to the same values."""

    def facts(self, world: ToolSQL, slots: Slots) -> dict[str, Any]:
        before = world.database.save()
        with world.database.call():
            world.database.run(self.sql(slots))
        changes = {name: json.dumps(now) for name, (_, now) in world.database.changes().items()}
        world.database.load(before)
        return {"changes": changes}

    def allowed(self, slots: Slots, start: Mapping[str, Any]) -> Sequence[str]:
        return tuple(start["changes"])

    def check(self, start: Mapping[str, Any], world: ToolSQL, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        now = {name: json.dumps(value) for name, (_, value) in world.database.changes().items()}
        wanted = start["changes"]
        return {self.done(slots): all(now.get(name) == value for name, value in wanted.items()) and bool(wanted)}

    def done(self, slots: Slots) -> str:
        """The clause's words."""
        return "the rows have changed as they should"

    def oracle(self, slots: Slots) -> Oracle:
        yield call("query", sql=self.sql(slots))
        yield "It is done."


class NewCustomer(_Change):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        name = (
            f"{_some(random, ('Mona', 'Nils', 'Orla', 'Pelle'))} {_some(random, ('Quist', 'Rask', 'Stone', 'Thorn'))}"
        )
        return {
            "name": name,
            "email": f"{name.split()[0].lower()}{int(random.integers(10, 99))}@post.example",
            "city": _some(random, CITIES),
        }

    def instruction(self, slots: Slots) -> str:
        return f"Add the customer {slots['name']}, {slots['email']}, from {slots['city']}, with the id 31."

    def sql(self, slots: Slots) -> str:
        return f"INSERT INTO customer VALUES(31, '{slots['name']}', '{slots['email']}', '{slots['city']}')"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "email": f"x{slots['email']}"}, {**slots, "city": "Fir"}]


class RaiseSalaries(_Change):
    levels = (1, 2, 3)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"department": _some(random, DEPARTMENTS), "amount": int(random.integers(3, 30)) * 100, "below": 45_000}

    def instruction(self, slots: Slots) -> str:
        who = (
            f"everybody in the department {slots['department']}",
            f"everybody in the department {slots['department']} who earns less than {slots['below']}",
            f"everybody who earns less than the average of their own department, except in {slots['department']}",
        )[self.level - 1]
        return f"Raise the salary of {who} by {slots['amount']}."

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        world.database.run("UPDATE employee SET salary = 30000 + 1000 * id WHERE id <= 3")
        world.database.run("UPDATE employee SET salary = 45000 WHERE id BETWEEN 4 AND 6")

    def sql(self, slots: Slots) -> str:
        average = "(SELECT avg(e.salary) FROM employee e WHERE e.department = employee.department)"
        where = (
            f"department = '{slots['department']}'",
            f"department = '{slots['department']}' AND salary < {slots['below']}",
            f"salary < {average} AND department <> '{slots['department']}'",
        )[self.level - 1]
        return f"UPDATE employee SET salary = salary + {slots['amount']} WHERE {where}"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        other = next(each for each in DEPARTMENTS if each != slots["department"])
        wrong = [{**slots, "amount": slots["amount"] + 100}, {**slots, "department": other}]
        return [*wrong, {**slots, "below": 45_001}] if self.level == 2 else wrong


class CancelOldOrders(_Change):
    levels = (1, 2)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {
            "before": f"2025-{_some(random, ('10', '11'))}-{int(random.integers(2, 28)):02d}",
            "city": _some(random, CITIES),
        }

    def instruction(self, slots: Slots) -> str:
        of = f" of customers from {slots['city']}" if self.level > 1 else ""
        return f"Cancel all open orders{of} that were placed before {slots['before']}: set their status to cancelled."

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        world.database.run("UPDATE customer SET city = ? WHERE id = 2", slots["city"])
        for number, day in enumerate(("2025-09-20", slots["before"])):
            world.database.insert("orders", id=900 + number, customer_id=2, day=day, status="open")

    def sql(self, slots: Slots) -> str:
        city = f" AND customer_id IN (SELECT id FROM customer WHERE city = '{slots['city']}')" if self.level > 1 else ""
        sign = "<=" if slots.get("too_many") else "<"
        return f"UPDATE orders SET status = 'cancelled' WHERE status = 'open' AND day {sign} '{slots['before']}'{city}"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "too_many": True}, {**slots, "before": "2025-09-01"}]


class RemoveUnsold(_Change):
    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        return {"category": _some(random, CATEGORIES), "stock": int(random.integers(2, 9))}

    def instruction(self, slots: Slots) -> str:
        return (
            f"Delete the products of the category {slots['category']} that were never ordered and of which at most "
            f"{slots['stock']} are in stock."
        )

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        for number, stock in enumerate((0, slots["stock"], slots["stock"] + 1)):
            name = f"plain box {number + 1}"
            world.database.insert(
                "product", id=900 + number, name=name, category=slots["category"], price_cents=990, stock=stock
            )

    def sql(self, slots: Slots) -> str:
        return (
            f"DELETE FROM product WHERE category = '{slots['category']}' AND stock <= {slots['stock']} "
            "AND id NOT IN (SELECT product_id FROM line)"
        )

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "stock": slots["stock"] + 1}, {**slots, "stock": slots["stock"] - 1}]


class TransferMoney(_Change):
    """Two rows at once; at level 2, every second payer hasn't enough, and nothing may change.

    A condition in the statement makes that one call, too: it says how many rows it changed.
    """

    levels = (1, 2)

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        one, other = (int(each) for each in random.permutation(len(OWNERS))[:2])
        lacks = self.level > 1 and bool(random.integers(2))
        cents = int(random.integers(20, 500)) * 100
        return {"from": OWNERS[one], "to": OWNERS[other], "cents": cents, "lacks": lacks}

    def instruction(self, slots: Slots) -> str:
        request = f"Transfer {slots['cents']} cents from the account of {slots['from']} to that of {slots['to']}."
        if self.level == 1:
            return request
        return f"{request} If the account has less than that, change nothing and answer: not enough."

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        if self.level > 1:
            away = int(random.integers(1, 20)) * 100
            balance = slots["cents"] + (-away if slots["lacks"] else away)
            world.database.run("UPDATE account SET balance_cents = ? WHERE owner = ?", balance, slots["from"])

    def sql(self, slots: Slots) -> str:
        payer = f"(SELECT balance_cents FROM account WHERE owner = '{slots['from']}')"
        return (
            f"UPDATE account SET balance_cents = balance_cents + CASE owner WHEN '{slots['to']}' THEN {slots['cents']} "
            f"ELSE -{slots['cents']} END WHERE owner IN ('{slots['from']}', '{slots['to']}')"
        ) + (f" AND {payer} >= {slots['cents']}" if self.level > 1 else "")

    def check(self, start: Mapping[str, Any], world: ToolSQL, answers: Sequence[str], slots: Slots) -> dict[str, bool]:
        if start["changes"]:
            return super().check(start, world, answers, slots)
        return {"it is said that there isn't enough": said.mentions(answers, "not enough")}

    def oracle(self, slots: Slots) -> Oracle:
        messages = yield call("query", sql=self.sql(slots))
        yield slots.get("says") or ("It is done." if result(messages)["changed"] else "Not enough.")

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        if slots["lacks"]:
            a_part = {**slots, "cents": 100, "says": "Not enough."}
            return [{**slots, "says": "It is done."}, a_part]
        swapped = {**slots, "from": slots["to"], "to": slots["from"]}
        return [swapped, {**slots, "cents": slots["cents"] - 1}]


class MergeDuplicates(_Change):
    """Customers that were entered twice lose the later entry."""

    def slots(self, random: np.random.Generator) -> dict[str, Any]:
        count = int(random.integers(2, 7))
        return {
            "ids": sorted(int(each) for each in random.choice(np.arange(1, 31), count, replace=False)),
            "keep": "min",
        }

    def instruction(self, slots: Slots) -> str:
        return (
            f"{len(slots['ids'])} customers were entered twice, with the same email address. Delete the entry with the "
            "higher id of each; those have no orders."
        )

    def setup(self, world: ToolSQL, slots: Slots, random: np.random.Generator) -> None:
        for number, original in enumerate(slots["ids"]):
            row = world.database.row("SELECT * FROM customer WHERE id = ?", original)
            assert row is not None  # the ids are those of the directory
            world.database.insert("customer", **{**row, "id": 900 + number})
        world.database.run(f"UPDATE customer SET name = 'Dora Dexter' WHERE id = {900 + len(slots['ids']) - 1}")

    def sql(self, slots: Slots) -> str:
        if slots["keep"] == "name":
            return "DELETE FROM customer WHERE id NOT IN (SELECT min(id) FROM customer GROUP BY email, name)"
        return "DELETE FROM customer WHERE id NOT IN (SELECT min(id) FROM customer GROUP BY email)"

    def near_misses(self, slots: Slots) -> list[dict[str, Any]]:
        return [{**slots, "keep": "name"}]
