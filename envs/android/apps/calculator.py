"""A calculator with exact rational arithmetic."""

import re
from fractions import Fraction
from typing import Any

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN
from palaestra.envs.android.ui.bars import NAVIGATION_DP, STATUS_DP
from palaestra.envs.android.ui.dialogs import menu
from palaestra.envs.android.ui.groups import more_options
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import FIXED
from palaestra.envs.android.ui.view import FILL, View, column, row, scroll, spacer, stack, text

KEYS = (("AC", "( )", "%", "÷"), ("7", "8", "9", "×"), ("4", "5", "6", "−"), ("1", "2", "3", "+"), ("0", ".", "⌫", "="))
NAMES = {
    "AC": ("clr", "clear"),
    "( )": ("parens", "parentheses"),
    "%": ("op_pct", "percent"),
    "÷": ("op_div", "divide"),
    "×": ("op_mul", "multiply"),
    "−": ("op_sub", "minus"),
    "+": ("op_add", "plus"),
    ".": ("dec_point", "point"),
    "⌫": ("del", "delete"),
    "=": ("eq", "equals"),
}
OPERATORS = "+−×÷"
DIGITS = 12
"""Significant digits to which a number is rounded that has more."""
MAX_LENGTH = 200
"""Characters that a formula may have."""
SHORT = 10
"""A formula with this many characters or more is written smaller."""


class Calculator(App):
    """Formula, result, keys; the history behind a menu."""

    package = "com.google.android.calculator"
    label = "Calculator"
    icon = "calculator-variant"
    color = "#546E7A"
    activities = {"com.android.calculator2.Calculator": "main"}
    launcher = "com.android.calculator2.Calculator"
    filters = ({"activity": "com.android.calculator2.Calculator", "action": MAIN},)

    def main(self, activity: Activity) -> Page:
        state, phone = activity.state, activity.phone
        wide = phone.size[0] > phone.size[1]
        formula, history = state.get("formula", ""), activity.prefs.setdefault("history", [])
        words = state.get("error") or ("" if state.get("done") else preview_of(formula))
        more = more_options(lambda: state.update(menu=True))
        preview = text(
            words,
            "title_medium" if wide else "headline_medium",
            "error" if state.get("error") else "on_surface_variant",
            1,
            width=FILL,
            text_align="end",
            padding=(24, 0, 48, 4) if wide else (24, 8, 24, 16),
            id="result_preview",
        )
        top: list[View | None]
        if wide:
            top = [row(self._formula(formula, wide), more, width=FILL)]
        else:
            top = [
                row(spacer(weight=1), more, width=FILL),
                self._history(history) if state.get("history") else None,
                spacer(weight=1),
                row(self._formula(formula, wide), width=FILL),
            ]
        display = column(
            *top,
            preview,
            width=FILL,
            weight=0 if wide else 1,
            background="surface_container_low",
            radius=(0, 0, 28, 28),
            padding=(0, STATUS_DP, 0, 0),
        )
        windows = [self._menu(state, history)] if state.get("menu") else []
        page = column(display, self._pad(activity, wide), width=FILL, height=FILL)
        return Page(page, windows, full_screen=True, title="Calculator")

    def _formula(self, formula: str, wide: bool) -> View:
        if wide:
            font = "headline_large"
        else:
            font = "display_large" if len(formula) < SHORT else "display_small"
        return text(
            formula or "0",
            font,
            lines=1 if wide else 2,
            weight=1,
            text_align="end",
            padding=(24, 0, 0 if wide else 24, 0),
            id="formula",
        )

    def _history(self, history: list[list[str]]) -> View:
        """Formulas and their results, the newest at the end."""
        lines = [
            text(f"{formula} = {result}", "title_medium", "on_surface_variant", 1, width=FILL, text_align="end")
            for formula, result in history
        ]
        return scroll(*lines, height=120, padding=(24, 0), key="history", justify="end")

    def _menu(self, state: dict[str, Any], history: list[list[str]]) -> View:
        def show_history() -> None:
            state.update(history=not state.get("history"))

        items = [("History", show_history), ("Clear history", history.clear if history else None)]
        return menu(items, lambda: state.update(menu=False))

    def _pad(self, activity: Activity, wide: bool) -> View:
        weight, gap = int(wide), 4 if wide else 8
        lines = [[self._key(activity, label, wide) for label in line] for line in KEYS]
        return column(
            *(row(*keys, width=FILL, gap=8, weight=weight) for keys in lines),
            width=FILL,
            gap=gap,
            padding=(16, gap, 16, NAVIGATION_DP) if wide else (16, 16, 16, 16 + NAVIGATION_DP),
            weight=weight,
        )

    def _key(self, activity: Activity, label: str, low: bool) -> View:
        name, desc = NAMES.get(label, (f"digit_{label}", label))
        look = {"background": "surface_container_high", "color": "on_surface"}
        if label in "+−×÷" or label in ("( )", "%"):
            look = {"background": "secondary_container", "color": "on_secondary_container"}
        elif label == "AC":
            look = {"background": "tertiary_container", "color": "on_tertiary_container"}
        elif label == "=":
            look = {"background": "primary", "color": "on_primary"}
        return stack(
            text(label, FIXED + ("title_large" if low else "headline_medium"), look["color"], gravity="center"),
            weight=1,
            height=FILL if low else 72,
            radius=36,
            id=name,
            background=look["background"],
            desc=desc,
            on_click=lambda: press(activity, label),
            key=name,
            cls="android.widget.ImageButton",
        )


def press(activity: Activity, label: str) -> None:
    """Handle a key."""
    state = activity.state
    formula = state.get("formula", "")
    state["error"] = ""
    if label == "=":
        result = evaluate(formula)
        if isinstance(result, str):
            state["error"] = result if formula else ""
        else:
            written = written_out(result)
            if written != formula:
                activity.prefs.setdefault("history", []).append([formula, written])
            state.update(formula=written, done=True)
        return
    if label == "AC":
        formula = ""
    elif label == "⌫":
        formula = formula[:-1]
    elif len(formula) < MAX_LENGTH:
        formula = typed(formula, label, bool(state.get("done")))
    state.update(formula=formula, done=False)


def typed(formula: str, label: str, done: bool) -> str:
    """A formula with one more key; a digit after a result starts a new one."""
    if label == "( )":
        closes = formula.count("(") > formula.count(")") and formula[-1:] not in ("(", *OPERATORS)
        return formula + (")" if closes else "(")
    if label in OPERATORS:
        if formula[-1:] in OPERATORS and formula:
            formula = formula[:-1]
        return formula + label if formula or label == "−" else formula
    if label == "%":
        return formula + label if formula[-1:].isdigit() or formula[-1:] == ")" else formula
    if done:
        formula = ""
    if label == "." and "." in re.split(r"[^0-9.]", formula)[-1]:
        return formula
    return formula + label


def preview_of(formula: str) -> str:
    """The result while a formula is typed; empty if there is nothing to calculate."""
    if not any(operator in formula[1:] for operator in (*OPERATORS, "%")):
        return ""
    result = evaluate(formula)
    return "" if isinstance(result, str) else written_out(result)


def evaluate(formula: str) -> Fraction | str:
    """A formula's value, or the error message. Open brackets are closed at the end."""
    tokens = re.findall(r"\d+\.?\d*|\.\d+|[-+−×÷()%]", formula)
    try:
        value, rest = _sum(tokens)
    except ZeroDivisionError:
        return "Can’t divide by 0"
    except (IndexError, ValueError, RecursionError):
        return "Format error"
    return value if not rest else "Format error"


def _sum(tokens: list[str]) -> tuple[Fraction, list[str]]:
    value, tokens = _product(tokens)
    while tokens and tokens[0] in "+−":
        operator, (right, rest) = tokens[0], _product(tokens[1:])
        value, tokens = (value + right if operator == "+" else value - right), rest
    return value, tokens


def _product(tokens: list[str]) -> tuple[Fraction, list[str]]:
    value, tokens = _factor(tokens)
    while tokens and tokens[0] in "×÷(":
        operator, following = ("×", tokens) if tokens[0] == "(" else (tokens[0], tokens[1:])
        right, rest = _factor(following)
        value, tokens = (value * right if operator == "×" else value / right), rest
    return value, tokens


def _factor(tokens: list[str]) -> tuple[Fraction, list[str]]:
    head, tokens = tokens[0], tokens[1:]
    if head == "−":
        value, tokens = _factor(tokens)
        return -value, tokens
    if head == "(":
        value, tokens = _sum(tokens)
        tokens = tokens[1:] if tokens else tokens
    else:
        value = Fraction(head if head[-1] != "." else head[:-1])
    while tokens and tokens[0] == "%":
        value, tokens = value / 100, tokens[1:]
    return value, tokens


def written_out(value: Fraction) -> str:
    """A number in digits: exact where that is short, else rounded to ``DIGITS`` of them."""
    sign, value = ("−" if value < 0 else ""), abs(value)
    if value.denominator == 1 and value < 10**DIGITS:
        return f"{sign}{value.numerator}"
    if value >= 10**DIGITS or (value and value < Fraction(1, 10**6)):
        mantissa, _, power = f"{float(value):.{DIGITS - 4}e}".partition("e")
        return f"{sign}{mantissa.rstrip('0').rstrip('.')}E{int(power)}"
    whole = len(str(int(value))) if value >= 1 else 0
    places = DIGITS - whole
    digits = round(value * 10**places)
    text_ = f"{digits // 10**places}.{digits % 10**places:0{places}d}".rstrip("0").rstrip(".")
    return sign + text_
