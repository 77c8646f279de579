"""What can be said of an agent's SQL before SQLite reads it: its first word, and how far it unfolds."""

import math
import re
from collections import Counter

VERBS = ("SELECT", "VALUES", "WITH", "INSERT", "REPLACE", "UPDATE", "DELETE")
MAX_COPIES = 64
TOKEN = re.compile(
    r"--[^\n]*|/\*.*?(?:\*/|\Z)|'(?:[^']|'')*'?|\"(?:[^\"]|\"\")*\"?|`(?:[^`]|``)*`?|\[[^\]]*\]?|[^\W\d][\w$]*|\S",
    re.DOTALL,
)
"""SQLite's tokens, as far as names, brackets, texts and comments go."""


def problem(sql: str) -> str:
    """Why a statement isn't even prepared, as a line for the agent; "" if nothing is wrong so far.

    SQLite copies a common table expression for every mention while it prepares a statement, before it asks anybody
    and counts any step: a chain of ten that each mention the one before twice is copied a thousand times.
    """
    tokens = [token.strip("\"`[]'").lower() for token in TOKEN.findall(sql) if not token.startswith(("--", "/*"))]
    if not tokens:
        return "the statement is empty"
    if tokens[0].upper() not in VERBS:
        return "only SELECT, INSERT, UPDATE and DELETE are allowed"
    mentions = Counter(tokens)
    names = {name for name in map(_named, range(len(tokens)), [tokens] * len(tokens)) if name}
    copies = math.prod(max(1, mentions[name] - 1) for name in names)
    return f"its WITH parts mention each other too often, {copies} copies" if copies > MAX_COPIES else ""


def _named(position: int, tokens: list[str]) -> str:
    """The name that is given to the query in brackets after the AS at a position, "" if there is none."""
    after = tokens[position + 1 : position + 4]
    while after and after[0] in ("not", "materialized"):
        del after[0]
    if tokens[position] != "as" or not after or after[0] != "(":
        return ""
    before = position - 1
    if tokens[before] == ")":  # the columns' names
        while before > 0 and tokens[before] != "(":
            before -= 1
        before -= 1
    return tokens[before] if before >= 0 else ""
