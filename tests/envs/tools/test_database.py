"""The database of the tool worlds: fingerprints, changes, images, and what an agent's SQL may not do."""

import contextlib
import gc
import os
import sqlite3
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.envs.tools.database import STEPS, Database, RefusedSQL

SCHEMA = """
CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL, price REAL, data BLOB);
CREATE TABLE stock(shop TEXT, item INTEGER REFERENCES item(id) ON DELETE CASCADE, count INTEGER CHECK(count >= 0),
  PRIMARY KEY(shop, item)) WITHOUT ROWID;
CREATE INDEX stock_item ON stock(item);
"""
NOW = 1_767_607_200.0  # 2026-01-05 10:00:00


def database():
    numbers = iter(range(1, 10**9))
    made = Database(SCHEMA, lambda: NOW, lambda: next(numbers))
    with made.call():
        made.insert_many("item", [(1, "pen", 1.5, None), (2, "cup", 4.0, b"\0\1"), (3, "map", None, None)])
        made.insert_many("stock", [("north", 1, 5), ("south", 2, 7)])
    made.mark()
    return made


def run(made, sql, *values):
    with made.call():
        return made.run(sql, *values)


def query(made, sql, rows=100):
    with made.call():
        return made.query(sql, rows)


def test_an_untouched_database_has_no_changes_and_the_sum_of_its_rows():
    made = database()
    assert made.changes() == {}
    assert made.fingerprint() == made.recomputed() != bytes(32)


def test_changes_name_table_key_and_column():
    made = database()
    run(made, "UPDATE item SET price = 2.5 WHERE id = 1")
    run(made, "DELETE FROM stock WHERE shop = 'south'")
    run(made, "INSERT INTO item VALUES(9, 'hat', 3, NULL)")
    assert made.changes() == {
        "item/1/price": (1.5, 2.5),
        "item/9/id": (None, 9),
        "item/9/name": (None, "hat"),
        "item/9/price": (None, 3.0),
        "stock/south,2/count": (7, None),
        "stock/south,2/item": (2, None),
        "stock/south,2/shop": ("south", None),
    }
    run(made, "UPDATE item SET price = 1.5 WHERE id = 1")
    run(made, "DELETE FROM item WHERE id = 9")
    run(made, "INSERT INTO stock VALUES('south', 2, 7)")
    assert made.changes() == {}
    assert made.fingerprint() == made.recomputed() == database().fingerprint()


def test_a_replaced_row_a_cascade_and_a_changed_key_are_logged():
    made = database()
    run(made, "INSERT OR REPLACE INTO item VALUES(2, 'mug', 5, NULL)")  # deletes row 2, and with it its stock
    assert made.fingerprint() == made.recomputed()
    run(made, "DELETE FROM item WHERE id = 1")
    run(made, "UPDATE item SET id = 30 WHERE id = 3")
    assert made.fingerprint() == made.recomputed()
    assert {"stock/north,1/count", "stock/south,2/count", "item/3/name", "item/30/name"} <= made.changes().keys()


def test_a_failed_call_leaves_nothing_even_of_what_succeeded_in_it():
    made = database()
    before = made.fingerprint()

    def fails():
        with made.call():
            made.run("UPDATE stock SET count = count + 1")
            made.run("UPDATE stock SET count = count - 7")  # one row would be negative

    with pytest.raises(sqlite3.IntegrityError):
        fails()
    for sql in ("UPDATE OR FAIL stock SET count = count - 6", "UPDATE OR ROLLBACK stock SET count = count - 6"):
        with pytest.raises(RefusedSQL):
            query(made, sql)
    assert made.fingerprint() == made.recomputed() == before
    assert made.changes() == {}


OPERATIONS = st.one_of(
    st.tuples(st.just("INSERT OR REPLACE INTO item VALUES(?,?,?,NULL)"), st.integers(1, 6), st.text("ab"), st.floats()),
    st.tuples(st.just("UPDATE item SET price = ? WHERE id <> ?"), st.integers(0, 3), st.integers(1, 6)),
    st.tuples(st.just("DELETE FROM item WHERE id = ?"), st.integers(1, 6)),
    st.tuples(
        st.just("INSERT OR IGNORE INTO stock VALUES(?,?,?)"), st.text("xy"), st.integers(1, 6), st.integers(-1, 3)
    ),
)


@given(st.lists(OPERATIONS, max_size=12))
@settings(max_examples=60, deadline=None)
def test_the_incremental_fingerprint_is_the_full_sum(operations):
    made = database()
    for sql, *values in operations:
        with contextlib.suppress(sqlite3.IntegrityError):
            run(made, sql, *values)
        assert made.fingerprint() == made.recomputed()
    copy = Database(SCHEMA, lambda: NOW, lambda: 1)
    copy.load(made.save())
    assert (copy.fingerprint(), copy.changes()) == (made.fingerprint(), made.changes())


def test_the_fingerprint_is_of_rows_and_types_not_of_pages():
    made = database()
    image = made.save()["image"]
    run(made, "INSERT INTO item VALUES(10, ?, 1, NULL)", "x" * 5000)
    run(made, "DELETE FROM item WHERE id = 10")
    assert made.save()["image"] != image
    assert made.fingerprint() == database().fingerprint()
    run(made, "UPDATE item SET data = '1' WHERE id = 1")
    as_text = made.fingerprint()
    run(made, "UPDATE item SET data = 1 WHERE id = 1")
    assert made.fingerprint() != as_text


def test_an_image_continues_alike_on_a_new_and_on_the_same_connection():
    made = database()
    run(made, "UPDATE item SET name = 'ink' WHERE id = 1")
    saved, expected = made.save(), (made.fingerprint(), made.changes())
    other = Database(SCHEMA, lambda: NOW, lambda: 1)
    run(made, "DELETE FROM item")
    for each in (other, made):
        each.load(saved)
        assert (each.fingerprint(), each.changes()) == expected
        run(each, "UPDATE item SET name = 'pen' WHERE id = 1")  # the triggers still log
        assert each.changes() == {}
        assert each.fingerprint() == each.recomputed()


def test_a_damaged_or_foreign_image_changes_nothing():
    made = database()
    saved, before = made.save(), made.fingerprint()
    foreign = Database("CREATE TABLE other(id INTEGER PRIMARY KEY)", lambda: NOW, lambda: 1)
    torn = saved["image"][:4096] + bytes(len(saved["image"]) - 4096)
    for bad in (saved | {"image": torn}, foreign.save(), saved | {"originals": [["other", b"", None]]}):
        with pytest.raises(ValueError, match=r"damaged|other tables"):
            made.load(bad)
        assert made.fingerprint() == made.recomputed() == before


@pytest.mark.parametrize(
    "schema", ["CREATE TABLE a(x)", "CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT)"], ids=["no key", "counter"]
)
def test_tables_that_can_not_be_fingerprinted_are_refused(schema):
    with pytest.raises(ValueError, match=r"primary key|AUTOINCREMENT"):
        Database(schema, lambda: NOW, lambda: 1)


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH 'attached.db' AS x",
        "DETACH main",
        "PRAGMA writable_schema = 1",
        "SELECT * FROM pragma_database_list",
        "SELECT load_extension('x')",
        "BEGIN",
        "COMMIT",
        "SAVEPOINT a",
        "VACUUM INTO 'vacuumed.db'",
        "CREATE TABLE t(x)",
        "CREATE TEMP TABLE t(x)",
        "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM item; END",
        "DROP TABLE item",
        "ALTER TABLE item ADD x",
        "CREATE VIRTUAL TABLE v USING fts5(x)",
        "UPDATE sqlite_schema SET sql = ''",
        "DELETE FROM _log",
        "SELECT * FROM temp._log",
        "SELECT * FROM sqlite_temp_schema",
        "SELECT _row(1)",
        "SELECT value FROM json_each('[1]')",
        "SELECT 1; DELETE FROM item",
        "SELECT zeroblob(2000000000)",
        "SELECT randomblob(2000000000)",
        "SELECT replace(hex(zeroblob(4000)), '0', 'aaaaaaaaaaaaaaaa')",
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
        "SELECT count(*) FROM item a, item b, item c, item d, item e, item f, item g, item h, item i, item j, item k,"
        " item l, item m, item n, item o",
        "SELECT * FROM nowhere",
        "SELEC",
        "",
        "SELECT \0",
        "SELECT '" + "x" * 20_000 + "'",
        "SELECT " + "(" * 500 + "1" + ")" * 500,
        "SELECT 'a' LIKE '" + "%a" * 400 + "'",
        "INSERT INTO item VALUES(99, hex(zeroblob(5000)), 1, NULL)",
    ],
)
def test_an_agents_sql_is_refused_in_a_line(sql, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = database()
    before = made.fingerprint()
    with pytest.raises(RefusedSQL) as refused:
        query(made, sql)
    assert str(refused.value).strip()
    assert "\n" not in str(refused.value)
    assert made.fingerprint() == made.recomputed() == before
    assert not os.listdir(tmp_path)


def test_a_refused_statement_is_refused_again_and_ours_are_not_reused():
    made = database()
    assert made.value("SELECT count(*) FROM _log") == 0
    for _ in range(2):
        with pytest.raises(RefusedSQL, match="_log"):
            query(made, "SELECT count(*) FROM _log")


def test_an_agents_sql_reads_and_writes_rows():
    made = database()
    assert query(made, "SELECT name FROM item ORDER BY id", 2) == query(made, "SELECT name FROM item LIMIT 3", 2)
    assert query(made, "SELECT name FROM item ORDER BY id", 2).more
    changed = query(
        made, "WITH dear AS (SELECT id FROM item WHERE price > 2) UPDATE item SET price = 2 WHERE id IN dear"
    )
    assert changed.changed == 1
    assert made.changes() == {"item/2/price": (4.0, 2.0)}
    assert "CREATE TABLE item" in query(made, "SELECT sql FROM sqlite_master WHERE name = 'item'").rows[0][0]


def test_the_database_can_not_grow_without_end():
    made = database()

    def grows():
        for _ in range(10_000):
            query(made, "INSERT INTO item(name) SELECT hex(zeroblob(3000)) FROM item a, item b LIMIT 100")

    with pytest.raises(RefusedSQL, match="full"):
        grows()
    assert len(made.save()["image"]) <= 512 * 4096


def test_random_numbers_and_time_are_the_worlds():
    made, again = database(), database()
    sql = "SELECT random(), hex(randomblob(9)), datetime('now'), CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME"
    (row,) = query(made, sql).rows
    assert query(again, sql).rows == [row]
    assert row[2:] == ("2026-01-05 10:00:00", "2026-01-05 10:00:00", "2026-01-05", "10:00:00")
    times = "SELECT date(), time('NOW'), unixepoch(), julianday('now'), strftime('%H'), datetime('now', '-1 day')"
    assert query(made, times).rows == [
        ("2026-01-05", "10:00:00", int(NOW), 2461045.9166666665, "10", "2026-01-04 10:00:00")
    ]
    assert query(made, "SELECT date('2024-02-29', '+1 day'), strftime('%Y', '2020-01-01')").rows == [
        ("2024-03-01", "2020")
    ]
    assert query(made, "SELECT random() FROM item").rows == [(4,), (5,), (6,)]


def test_steps_end_an_endless_statement_alike_in_two_processes(tmp_path):
    code = f"""
from palaestra.envs.tools.database import Database, RefusedSQL
made = Database({SCHEMA!r}, lambda: 0.0, lambda: 1)
low, high = 0, 10**6
while low + 1 < high:
    middle = (low + high) // 2
    try:
        with made.call():
            n = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT {{middle}})"
            made.query(n + " SELECT max(i) FROM n")
        low = middle
    except RefusedSQL:
        high = middle
print(low)
"""
    limits = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout for _ in "12"
    }
    assert len(limits) == 1
    assert 10_000 < int(limits.pop()) < STEPS


def test_dropped_databases_are_freed():
    gc.collect()
    before = sum(isinstance(each, sqlite3.Connection) for each in gc.get_objects())
    for _ in range(20):
        database()
    gc.collect()
    assert sum(isinstance(each, sqlite3.Connection) for each in gc.get_objects()) == before


N = "WITH RECURSIVE n(i, x) AS (SELECT 1, hex(zeroblob(1900)) UNION ALL SELECT i + 1, x FROM n LIMIT 100000) "
CHAIN = ", ".join(
    ["t0(x) AS (SELECT 1)", *(f"t{i}(x) AS (SELECT a.x FROM t{i - 1} a, t{i - 1} b)" for i in range(1, 25))]
)


@pytest.mark.parametrize(
    "sql",
    [
        # A subquery's name stands where the authorizer is told a trigger's.
        "WITH x AS (SELECT * FROM temp._log) SELECT * FROM x",
        'WITH "INSERT_item" AS (SELECT * FROM temp._log) SELECT * FROM "INSERT_item"',
        "WITH x AS (SELECT fts3_tokenizer('simple') AS a) SELECT a FROM x",
        "SELECT a FROM (SELECT sqlite_version() AS a) x",
        "WITH x AS (SELECT * FROM pragma_database_list) SELECT * FROM x",
        "UPDATE item SET price = 1 RETURNING (SELECT count(*) FROM temp._log)",
        # What only this connection or this build knows.
        "SELECT total_changes()",
        "SELECT CHANGES()",
        "SELECT last_insert_rowid()",
        "SELECT sqlite_compileoption_get(1)",
        "EXPLAIN SELECT 1",
        "/* x */ -- y\n EXPLAIN QUERY PLAN SELECT * FROM item",
        # The largest number, after which SQLite takes its own chance.
        "INSERT INTO item(id, name) VALUES(9223372036854775807, 'x')",
        "UPDATE item SET rowid = 9223372036854775807 WHERE id = 1",
        # Work and memory within a step, and before the first.
        N + "SELECT sum(length(trim(printf('%.*c', 7000, 'a') || i, printf('%.*c', 7000, 'b')))) FROM n",
        N + "SELECT sum(x || i LIKE '%0%0%0%0%0%0%0%0%0%0%0%0%0000000000000000000000000000000000001x') FROM n",
        N + "SELECT sum(instr(x || i, x || '1')) FROM n",
        N + f"SELECT {', '.join(['x || i'] * 150)} FROM n",
        f"WITH {CHAIN} SELECT count(x) FROM t24",
        f"WITH {CHAIN.replace('t', '`t').replace('(x)', '`(x)').replace(' a', '` a').replace(' b', '` b')} SELECT 1",
        f"WITH {CHAIN.replace('AS (', 'AS/**/NOT MATERIALIZED --' + chr(10) + '(')} SELECT count(x) FROM t24",
    ],
)
def test_ways_around_the_guard_are_refused_soon(sql):
    made = database()
    before = made.fingerprint()
    with pytest.raises(RefusedSQL) as refused:
        query(made, sql)
    assert "\n" not in str(refused.value)
    assert made.fingerprint() == made.recomputed() == before


@pytest.mark.parametrize("now", ["'now' || char(0)", "'now' || char(0) || 'x'", "x'6e6f77'", "' NOW '", "X'4e4f57'"])
def test_the_worlds_time_can_not_be_passed_by(now):
    times = f"SELECT datetime({now}), date({now}), strftime('%Y-%m-%d', {now}), datetime({now}, 'localtime', 'utc')"
    expected = ("2026-01-05 10:00:00", "2026-01-05", "2026-01-05", "2026-01-05 10:00:00")
    assert query(database(), times).rows == [expected]


def test_rows_without_a_key_are_refused_as_they_can_not_be_told_apart():
    made = Database("CREATE TABLE tag(name TEXT PRIMARY KEY, note TEXT)", lambda: NOW, lambda: 1)
    made.mark()
    for sql in ("INSERT INTO tag VALUES(NULL, 'a'), (NULL, 'b')", "INSERT INTO tag(note) VALUES('a')"):
        with pytest.raises(RefusedSQL, match="key"):
            query(made, sql)
    query(made, "INSERT INTO tag VALUES('x', 'a')")
    assert made.changes() == {"tag/x/name": (None, "x"), "tag/x/note": (None, "a")}


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO item VALUES(1, 'x', -0.0, -0.0) ON CONFLICT(id) DO UPDATE SET price = -0.0, data = 1e400",
        "INSERT INTO item VALUES(8, 'a' || char(0) || 'b', '12', 5.0), (-9223372036854775807 - 1, 'min', '1e3', 9e999)",
        "UPDATE OR REPLACE item SET id = 2 WHERE id = 3",
        "UPDATE OR REPLACE stock SET shop = 'north', item = 1",
        "UPDATE item SET id = id + 10, price = id WHERE id = 3 RETURNING id, price",
        "UPDATE stock SET count = i.id FROM item i WHERE i.id = stock.item",
        "REPLACE INTO stock SELECT shop, item, count + 1 FROM stock",
        "DELETE FROM item WHERE name GLOB '*p*' RETURNING *",
        "WITH d(n) AS (VALUES('x'), ('y')) INSERT INTO item(name) SELECT n FROM d",
    ],
)
def test_unusual_writes_keep_fingerprint_and_changes_right(sql):
    made = database()
    query(made, sql)
    assert made.fingerprint() == made.recomputed() != database().fingerprint()
    assert made.changes()
    other = Database(SCHEMA, lambda: NOW, lambda: 1)
    other.load(made.save())
    assert (other.recomputed(), other.changes()) == (made.fingerprint(), made.changes())


def test_ordinary_statements_pass_the_guard():
    made = database()
    sql = "WITH a AS (SELECT id, name FROM item), b AS (SELECT * FROM a), c AS (SELECT * FROM a JOIN b USING(id)) "
    assert query(made, sql + "SELECT count(*) FROM c JOIN a USING(id)").rows == [(3,)]
    for condition in ("name LIKE '%P'", "name GLOB '*p'", "instr(name, 'p') = 3", "trim(name, 'cu') = 'p'"):
        assert query(made, f"SELECT name FROM item WHERE {condition}").rows in ([("cup",), ("map",)], [("cup",)])
    text = "INSERT INTO item(name) SELECT printf('%.*c', 3000, 'x') FROM item a, item b, item c, item d"
    query(made, text)
    assert query(made, "SELECT count(*) FROM item WHERE name LIKE '%xxy%'").rows == [(0,)]
    assert query(made, "SELECT replace(name, 'p', 'b') FROM item ORDER BY id", 1).rows == [("ben",)]
