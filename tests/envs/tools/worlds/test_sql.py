"""The books: values as JSON has them, refused statements, and changes compared row by row."""

import json

import gymnasium
import pytest

import palaestra.envs  # noqa: F401 (registers the worlds)
from palaestra.envs.tools.calls import ToolCall
from palaestra.envs.tools.worlds.sql.world import MAX_ROWS


def world(task, seed=0):
    made = gymnasium.make("palaestra/ToolSQL-v0", max_episode_steps=-1).unwrapped
    made.reset(seed=seed, options={"task": task, "task_seed": seed})
    return made


def query(made, sql):
    """Run a statement; returns its result as data, or its error as a text."""
    observation, *_, info = made.step([ToolCall("", "query", {"sql": sql})])
    assert "crashed" not in info["errors"], observation
    (message,) = json.loads(observation["messages"])
    return message["content"] if message.get("is_error") else json.loads(message["content"])


def test_values_are_plain_json():
    made = world("CountCustomers@1")
    rows = query(made, "SELECT 1, 0.5, 'é', NULL, x'00ff', 1e999, -1e999")["rows"]
    assert rows == [[1, 0.5, "é", None, "00ff", "inf", "-inf"]]
    assert query(made, "SELECT date('now') AS today") == {"columns": ["today"], "rows": [["2026-01-05"]]}


def test_long_results_are_cut_and_say_so():
    made = world("CountCustomers@1")
    table = query(made, "SELECT id FROM orders ORDER BY id")
    assert table["rows"] == [[number] for number in range(1, MAX_ROWS + 1)]
    assert table["more"] is True
    assert "more" not in query(made, f"SELECT id FROM orders ORDER BY id LIMIT {MAX_ROWS}")


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("SELEC 1", "only SELECT, INSERT, UPDATE and DELETE are allowed"),
        ("SELECT * FORM customer", "syntax error"),
        ("SELECT nickname FROM customer", "no such column"),
        ("SELECT * FROM clients", "no such table"),
        ("UPDATE account SET balance_cents = -1", "CHECK constraint failed: balance_cents >= 0"),
        ("INSERT INTO line VALUES(1, 9999, 1)", "FOREIGN KEY constraint failed"),
        ("UPDATE orders SET status = 'lost'", "CHECK constraint failed"),
        ("INSERT INTO product VALUES(1, 'x', 'toys', 1, 1)", "UNIQUE constraint failed: product.id"),
        ("DROP TABLE line", "only SELECT, INSERT, UPDATE and DELETE are allowed"),
        ("DELETE FROM line; DELETE FROM orders", "one statement"),
        ("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n", "steps"),
    ],
)
def test_a_refused_statement_says_why_and_changes_nothing(sql, problem):
    made = world("CountCustomers@1")
    before = made.database.recomputed()
    assert problem in query(made, sql)
    assert made.database.changes() == {}
    assert made.database.recomputed() == before


def test_the_rules_show_the_tables_as_they_are():
    made = world("CountCustomers@1")
    for name in made.database.tables:
        definition = made.database.value("SELECT sql FROM sqlite_schema WHERE name = ?", name)
        assert definition in made.rules()


def test_a_transfer_in_two_statements_is_right_too_and_half_of_it_is_not():
    for name in ("TransferMoney@1", "TransferMoney@2"):
        seed = next(seed for seed in range(20) if not world(name, seed).task.slots["lacks"])
        made = world(name, seed)
        slots = made.task.slots
        for owner, sign in ((slots["from"], "-"), (slots["to"], "+")):
            assert made.fork().step("It is done.")[1] == 0.0
            sql = f"UPDATE account SET balance_cents = balance_cents {sign} {slots['cents']} WHERE owner = '{owner}'"
            assert query(made, sql) == {"changed": 1}
        assert made.step("It is done.")[1] == 1.0


def test_a_payer_who_lacks_money_is_refused_by_the_table_and_must_be_reported():
    lacking = [seed for seed in range(40) if world("TransferMoney@2", seed).task.slots["lacks"]]
    assert 10 <= len(lacking) <= 30
    for seed in lacking[:5]:
        made = world("TransferMoney@2", seed)
        payer, cents = made.task.slots["from"], made.task.slots["cents"]
        sql = f"UPDATE account SET balance_cents = balance_cents - {cents} WHERE owner = '{payer}'"
        assert "CHECK constraint failed" in query(made, sql)
        assert made.fork().step("It is done.")[1] == 0.0
        assert made.fork().step("")[1] == 0.0
        assert made.step("The account has not enough for that.")[1] == 1.0


def test_a_change_that_is_made_good_again_is_none():
    made = world("RaiseSalaries@1")
    slots = made.task.slots
    other = "sales" if slots["department"] != "sales" else "store"
    raised = "UPDATE employee SET salary = salary + {} WHERE department = '{}'"
    query(made, raised.format(slots["amount"], slots["department"]))
    query(made, raised.format(1, other))
    assert made.fork().step("Done.")[1] == 0.0
    query(made, raised.format(-1, other))
    assert made.step("Done.")[1] == 1.0


def test_counts_by_hand():
    made = world("CountCustomers@3", 3)
    slots = made.task.slots
    customers = made.database.rows("SELECT id, city FROM customer")
    orders = made.database.rows("SELECT customer_id, day FROM orders")
    ordered = {row["customer_id"] for row in orders if row["day"].startswith(slots["month"])}
    expected = sum(row["city"] == slots["city"] and row["id"] not in ordered for row in customers)
    assert made.fork().step(f"There are {expected}.")[1] == 1.0
    assert made.step(f"There are {expected + 1}.")[1] == 0.0
