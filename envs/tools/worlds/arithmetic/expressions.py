"""Exact values of arithmetic expressions, read from Python's syntax tree and never evaluated as code."""

import ast
import operator
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from palaestra.envs.tools.calls import ToolError

MAX_CHARACTERS = 400
MAX_DIGITS = 60
MAX_EXPONENT = 64
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


def evaluate(expression: str, register: Callable[[str], str | None] = lambda name: None) -> Fraction | int:
    """The value of an expression of numbers, registers, + - * / // % ** and parentheses.

    Args:
        expression: in Python's syntax.
        register: returns a register's value as text, None if there is no such register.

    Raises:
        ToolError: it is no such expression, too long, or divides by zero.
    """
    text = expression.strip()
    if len(text) > MAX_CHARACTERS:
        raise ToolError(f"the expression has more than {MAX_CHARACTERS} characters")
    try:
        return _value(ast.parse(text, mode="eval").body, text, register)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise ToolError(f"{text[:80]!r} is no arithmetic expression") from None
    except ZeroDivisionError:
        raise ToolError(f"{text[:80]!r} divides by zero") from None


def _value(node: ast.expr, text: str, register: Callable[[str], str | None]) -> Fraction | int:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return _bounded(node.value)
    if isinstance(node, ast.Constant) and type(node.value) is float:
        return _bounded(Fraction(ast.get_source_segment(text, node) or ""))  # exactly as it was written
    if isinstance(node, ast.Name):
        value = register(node.id)
        if value is None:
            raise ToolError(f"there is no register {node.id[:40]!r}")
        return Fraction(value)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.UAdd | ast.USub):
        operand = _value(node.operand, text, register)
        return -operand if isinstance(node.op, ast.USub) else operand
    if not isinstance(node, ast.BinOp) or type(node.op) not in OPERATORS:
        raise ValueError("neither a number nor an operation")
    left, right = _value(node.left, text, register), _value(node.right, text, register)
    if isinstance(node.op, ast.Pow) and (right.denominator != 1 or abs(right.numerator) > MAX_EXPONENT):
        raise ToolError(f"an exponent must be a whole number from -{MAX_EXPONENT} to {MAX_EXPONENT}")
    if isinstance(node.op, ast.Div | ast.Pow):
        left = Fraction(left)  # of whole numbers, Python's results would be floats
    return _bounded(OPERATORS[type(node.op)](left, right))


def _bounded(value: Fraction | int) -> Fraction | int:
    if max(abs(value.numerator), value.denominator) >= 10**MAX_DIGITS:
        raise ToolError(f"a number has more than {MAX_DIGITS} digits")
    return value


def shown(value: Fraction | int) -> str:
    """A number as text: a whole number, a decimal if it has at most ten places, otherwise a fraction."""
    if value.denominator == 1:
        return str(value.numerator)
    scaled = Fraction(abs(value.numerator), value.denominator) * 10**10
    if scaled.denominator > 1:
        return f"{value.numerator}/{value.denominator}"
    digits = f"{scaled.numerator:011d}"
    return f"{'-' if value < 0 else ''}{digits[:-10]}.{digits[-10:].rstrip('0')}"
