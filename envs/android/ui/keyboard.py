"""The soft keyboard: a window of keys that type through `palaestra.envs.android.ui.editing`.

Its state is in ``state["keyboard"]``: "visible", "layer" (letters, symbols, more, numbers) and "shift": off, on for one
letter, lock, or down: off for one letter where the field begins with a capital. The layout is that of Android's US
English keyboard. Like Gboard's, its labels don't follow the font scale. Text that is typed without it (``input text``,
hardware keys) stays as it is.
"""

from collections.abc import Callable, Sequence
from typing import Any

from palaestra.envs.android.ui import editing
from palaestra.envs.android.ui.screen import ScreenPhone, reused
from palaestra.envs.android.ui.theme import FIXED
from palaestra.envs.android.ui.view import FILL, View, column, row, spacer

PACKAGE = "com.google.android.inputmethod.latin"
ID = f"{PACKAGE}/.LatinIME"
"""Its name as an input method."""
ROW_DP, LOW_ROW_DP = 54, 40
"""Height of a row of keys in portrait and landscape."""
FOOT_DP = 44
"""Height below the keys, of the hide button and the navigation bar."""
REPEAT_MS = 50
"""Repeat interval of the held delete key."""
LETTERS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SYMBOLS = ("1234567890", "@#$_&-+()/", "*\"':;!?")
MORE = ("~`|•√π÷×§∆", "£¢€¥^°={}\\", "%©®™✓[]<>")
NUMBERS = ("123", "456", "789")
DIGITS = dict(zip("qwertyuiop", "1234567890", strict=True))
"""Characters typed by a long press on the upper row."""
ACTION_ICONS = {"search": "magnify", "done": "check", "next": "arrow-right", "send": "send", "go": "arrow-right"}
KEY = "android.inputmethodservice.Keyboard$Key"


def is_visible(phone: ScreenPhone) -> bool:
    """Whether the keyboard is visible: asked for, and the input method in use."""
    asked = phone.state["focus"] is not None and phone.state["keyboard"].get("visible")
    return bool(asked) and phone.settings.get("secure", "default_input_method") == ID


def height_dp(phone: ScreenPhone) -> int:
    """Height of the keyboard, dp; 0 while it is hidden."""
    return 8 + 4 * _row_dp(phone) + FOOT_DP if is_visible(phone) else 0


def _row_dp(phone: ScreenPhone) -> int:
    return ROW_DP if phone.size[0] < phone.size[1] else LOW_ROW_DP


def window(phone: ScreenPhone) -> tuple[View, str, str, tuple[int, int, int, int]] | None:
    """The keyboard's window if visible; its tree is reused while the layout is unchanged."""
    view = editing.field_of_last_layout(phone)
    if not is_visible(phone) or view is None:
        return None
    width, height = phone.size
    board = phone.state["keyboard"]
    looks = (board.get("layer", "letters"), _shift(phone, view), view.input_type, view.action)
    root = reused(phone, "keyboard", looks, lambda: _board(phone, *looks))
    return root, PACKAGE, "input_method", (0, height - phone.theme.px(height_dp(phone)), width, height)


def event(phone: ScreenPhone, name: str, data: dict[str, Any]) -> None:
    """Repeat the delete key while it is held."""
    touch = phone.state["touch"]
    if name == "repeat" and touch.get("down") and touch["number"] == data["number"] and editing.erase(phone):
        phone.schedule(REPEAT_MS, "android.keyboard", "repeat", data)


# --- the keys


def _board(phone: ScreenPhone, layer: str, shift: str, input_type: str, action: str) -> View:
    rows = (
        _number_rows(phone, input_type, action)
        if layer == "numbers"
        else _letter_rows(phone, layer, shift, input_type, action)
    )
    hide = View(
        "icon",
        "android.widget.ImageView",
        icon="chevron-down",
        width=48,
        height=32,
        radius=16,
        key="hide",
        desc="Hide keyboard",
        foreground="on_surface_variant",
        on_click=lambda: editing.hide(phone),
        id="back_button",
    )
    for line in rows:
        line.height = _row_dp(phone)
    below = row(hide, spacer(weight=1), width=FILL, height=FOOT_DP, padding=(24, 0, 24, 12))
    return column(
        *rows,
        below,
        width=FILL,
        height=FILL,
        background="surface_container",
        padding=(3, 8, 3, 0),
        key="keyboard",
        title="Gboard",
    )


def _letter_rows(phone: ScreenPhone, layer: str, shift: str, input_type: str, action: str) -> list[View]:
    lines: Sequence[str] = {"letters": LETTERS, "symbols": SYMBOLS, "more": MORE}[layer]
    if shift != "off" and layer == "letters":
        lines = [line.upper() for line in lines]
    if layer == "letters":
        glyph = {"off": "apple-keyboard-shift", "on": "arrow-up-bold", "lock": "apple-keyboard-caps"}[shift]
        left = _glyph_key(glyph, "Shift", lambda: _turn_shift(phone), 1.5, id="key_pos_shift")
        turn = _word_key("?123", "Symbol keyboard", lambda: _turn_to(phone, "symbols"), 1.5)
    else:
        other = "more" if layer == "symbols" else "symbols"
        label = "=\\<" if layer == "symbols" else "?123"
        left = _word_key(label, "More symbols", lambda: _turn_to(phone, other), 1.5)
        turn = _word_key("ABC", "Letters", lambda: _turn_to(phone, "letters"), 1.5)
    special = "@" if input_type == "email" else ","
    space = View(
        "button",
        KEY,
        desc="Space",
        weight=5.0,
        key="space",
        id="key_pos_space",
        text=" ",
        on_click=lambda: _press(phone, " "),
        **_FACE,
    )
    return [
        _row(*(_letter(phone, c) for c in lines[0])),
        _row(*(_letter(phone, c) for c in lines[1]), inset=18 if len(lines[1]) < 10 else 0),
        _row(left, *(_letter(phone, c) for c in lines[2]), _delete_key(phone, 1.5)),
        _row(turn, _letter(phone, special), space, _letter(phone, "."), _enter_key(phone, action, 1.5)),
    ]


def _number_rows(phone: ScreenPhone, input_type: str, action: str) -> list[View]:
    dials = input_type == "phone"
    signs = ("+", "-", "(") if dials else ("-", ".", ",")
    upper = [
        _row(*(_letter(phone, c, 2.0) for c in line), _letter(phone, sign))
        for line, sign in zip(NUMBERS, signs, strict=True)
    ]
    left = [_letter(phone, "*", 1.0), _letter(phone, "#", 1.0)] if dials else [_letter(phone, ".", 2.0)]
    keys = (*left, _letter(phone, "0", 2.0), _delete_key(phone, 2.0), _enter_key(phone, action, 1.0))
    return [*upper, _row(*keys)]


def _row(*keys: View, inset: float = 0) -> View:
    return row(*keys, width=FILL, height=ROW_DP, align="fill", padding=(inset, 0))


_FACE: dict[str, Any] = {
    "height": FILL,
    "margin": (3, 5),
    "radius": 6,
    "background": "surface_bright",
    "font": f"{FIXED}title_large",
    "foreground": "on_surface",
    "lines": 1,
}
_SIDE: dict[str, Any] = {
    "height": FILL,
    "margin": (3, 5),
    "radius": 6,
    "background": "surface_container_highest",
    "size": 22,
    "foreground": "on_surface",
    "font": f"{FIXED}label_large",
    "lines": 1,
}


def _letter(phone: ScreenPhone, character: str, weight: float = 1.0) -> View:
    digit = DIGITS.get(character.lower())
    return View(
        "button",
        KEY,
        text=character,
        desc=character,
        weight=weight,
        key=f"key {character}",
        **_FACE,
        on_click=lambda: _press(phone, character),
        on_long_click=(lambda: _press(phone, digit)) if digit else None,
    )


def _glyph_key(name: str, desc: str, on_click: Callable[[], Any], weight: float, **options: Any) -> View:
    return View("button", KEY, icon=name, desc=desc, on_click=on_click, weight=weight, key=desc, **(_SIDE | options))


def _word_key(label: str, desc: str, on_click: Callable[[], Any], weight: float) -> View:
    return View(
        "button", KEY, text=label, desc=desc, on_click=on_click, weight=weight, key=desc, id="key_pos_symbol", **_SIDE
    )


def _delete_key(phone: ScreenPhone, weight: float) -> View:
    return _glyph_key(
        "backspace-outline",
        "Delete",
        lambda: editing.erase(phone),
        weight,
        id="key_pos_del",
        on_long_click=lambda: _erase_on(phone),
    )


def _enter_key(phone: ScreenPhone, action: str, weight: float) -> View:
    return _glyph_key(
        ACTION_ICONS.get(action, "keyboard-return"),
        (action or "enter").capitalize(),
        lambda: editing.enter(phone),
        weight,
        radius=22,
        background="primary",
        foreground="on_primary",
        id="key_pos_ime_action",
    )


# --- what they do


def _press(phone: ScreenPhone, character: str) -> None:
    board = phone.state["keyboard"]
    editing.type_text(phone, character)
    if board.get("shift") in ("on", "down"):
        board["shift"] = "off"
    if character == " " and board.get("layer") in ("symbols", "more"):
        board["layer"] = "letters"  # as the keyboard does after a sign and a space


def _shift(phone: ScreenPhone, view: View) -> str:
    """How the letters look: off, on or lock."""
    shift = phone.state["keyboard"].get("shift", "off")
    if shift == "off" and editing.begins_with_capital(phone, view):
        return "on"
    return "off" if shift == "down" else shift


def _turn_shift(phone: ScreenPhone) -> None:
    board, view = phone.state["keyboard"], editing.field(phone)
    begins = view is not None and board.get("shift", "off") == "off" and editing.begins_with_capital(phone, view)
    order = {"off": "down" if begins else "on", "on": "lock", "lock": "off", "down": "on"}
    board["shift"] = order[board.get("shift", "off")]


def _turn_to(phone: ScreenPhone, layer: str) -> None:
    phone.state["keyboard"].update(layer=layer, shift="off")


def _erase_on(phone: ScreenPhone) -> None:
    """Start deleting one character after the other while the key is held."""
    if editing.erase(phone):
        data = {"number": phone.state["touch"]["number"]}
        phone.schedule(REPEAT_MS, "android.keyboard", "repeat", data)
