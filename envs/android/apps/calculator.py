"""A calculator with exact arithmetic: what it shows is a rational number written out, not a rounded double."""

import re
from fractions import Fraction

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN
from palaestra.envs.android.ui.bars import NAVIGATION_DP, STATUS_DP
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon_button, menu, row, scroll, spacer, stack, text

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
"""Significant digits shown of a number that has no end."""
LONGEST = 200
"""Characters of a formula."""


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
        preview = state.get("error") or (preview_of(formula) if not state.get("done") else "")
        more = icon_button("dots-vertical", lambda: state.update(menu=True), "More options")
        big, small = ("display_large", "headline_medium") if not wide else ("headline_large", "title_medium")
        shown = column(
            row(spacer(weight=1), more, width=FILL) if not wide else None,
            scroll(
                *(
                    text(f"{one} = {result}", "title_medium", "on_surface_variant", 1, width=FILL, text_align="end")
                    for one, result in (history if state.get("history") else [])
                ),
                height=120,
                padding=(24, 0),
                key="history",
                justify="end",
            )
            if state.get("history") and not wide
            else None,
            spacer(weight=1) if not wide else None,
            row(
                text(
                    formula or "0",
                    big if len(formula) < 10 or wide else "display_small",
                    lines=1 if wide else 2,
                    weight=1,
                    text_align="end",
                    padding=(24, 0, 0 if wide else 24, 0),
                    id="formula",
                ),
                more if wide else None,
                width=FILL,
            ),
            text(
                preview,
                small,
                "error" if state.get("error") else "on_surface_variant",
                1,
                width=FILL,
                text_align="end",
                padding=(24, 0, 48, 4) if wide else (24, 8, 24, 16),
                id="result_preview",
            ),
            width=FILL,
            weight=0 if wide else 1,
            background="surface_container_low",
            radius=(0, 0, 28, 28),
            padding=(0, STATUS_DP, 0, 0),
        )
        gap = 4 if wide else 8
        pad = column(
            *(
                row(*(self._key(activity, label, wide) for label in line), width=FILL, gap=8, weight=int(wide))
                for line in KEYS
            ),
            width=FILL,
            gap=gap,
            padding=(16, gap, 16, NAVIGATION_DP) if wide else (16, 16, 16, 16 + NAVIGATION_DP),
            weight=int(wide),
        )
        items = [
            ("History", lambda: state.update(history=not state.get("history"))),
            ("Clear history", history.clear if history else None),
        ]
        windows = [menu(items, lambda: state.update(menu=False))] if state.get("menu") else []
        return Page(column(shown, pad, width=FILL, height=FILL), windows, full_screen=True, title="Calculator")

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
            text(label, "title_large" if low else "headline_medium", look["color"], gravity="center"),
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
    """What a key does."""
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
    elif len(formula) < LONGEST:
        formula = typed(formula, label, bool(state.get("done")))
    state.update(formula=formula, done=False)


def typed(formula: str, label: str, done: bool) -> str:
    """A formula with one more key; a digit after a result begins anew."""
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
    """The result while typing; empty if there is nothing to work out."""
    if not any(operator in formula[1:] for operator in (*OPERATORS, "%")):
        return ""
    result = evaluate(formula)
    return "" if isinstance(result, str) else written_out(result)


def evaluate(formula: str) -> Fraction | str:
    """A formula's value, or why it has none. Open brackets are closed at the end."""
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
