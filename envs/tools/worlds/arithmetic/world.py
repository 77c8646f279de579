"""Arithmetic with a calculator and named registers."""

import functools

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv
from palaestra.envs.tools.worlds.arithmetic.expressions import evaluate, shown

MAX_REGISTERS = 100


class ToolArithmetic(ToolEnv):
    """A calculator with exact numbers, and registers. Single digits need no call: an agent can do those by itself."""

    schema = "CREATE TABLE register(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID"
    tasks_folder = "palaestra.envs.tools.worlds.arithmetic.tasks"
    first_tasks = ("SingleDigits", "Product@1")

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return "Answer with a number. Use the calculator where you need it; every call has its price."

    @tool(price=0.001, reads=True)
    def calculate(self, expression: str) -> str:
        """Compute an arithmetic expression exactly.

        Args:
            expression: numbers, registers' names, + - * / // % ** and parentheses, such as (17 + 4) * 3.
        """
        return shown(evaluate(expression, self._register))

    @tool(price=0.001)
    def store(self, name: str, expression: str) -> str:
        """Compute an arithmetic expression and keep the result in a register.

        Args:
            name: of the register: letters, digits and _, beginning with a letter.
            expression: as for calculate.
        """
        if not name.isidentifier() or len(name) > 40 or not name.isascii():
            raise ToolError(f"register {name[:40]!r}: a name has letters, digits and _, and begins with a letter")
        value = shown(evaluate(expression, self._register))
        if self.database.value("SELECT count(*) FROM register WHERE name <> ?", name) >= MAX_REGISTERS:
            raise ToolError(f"all {MAX_REGISTERS} registers are in use")
        self.database.run("INSERT OR REPLACE INTO register VALUES(?, ?)", name, value)
        return value

    @tool(price=0.001, reads=True)
    def registers(self) -> dict[str, str]:
        """List the registers and their values."""
        rows = self.database.rows("SELECT name, value FROM register ORDER BY name")
        return {row["name"]: row["value"] for row in rows}

    def _register(self, name: str) -> str | None:
        return self.database.value("SELECT value FROM register WHERE name = ?", name)


make_vector = functools.partial(make, ToolArithmetic)
