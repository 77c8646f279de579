"""The soft keyboard and text editing: one place that changes the text of the field that has the focus.

The field is ``state["focus"]``: window, path, cursor and anchor (the other end of the selection). Keys on the screen,
hardware keys and ``input text`` all end in ``_replace``, which hands the new text to the field's ``on_change``.
"""

from typing import Any

from palaestra.envs.android.layout import find, walk
from palaestra.envs.android.view import FILL, View, column, icon, row, spacer, stack, text

PACKAGE = "com.google.android.inputmethod.latin"
ROW_DP = 54
HEIGHT_DP = 8 + 4 * ROW_DP + 44
"""Of the whole window; its lowest 44 dp hold the button that hides it and the navigation bar."""
LETTERS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SYMBOLS = ("1234567890", "@#$_&-+()/", "*\"':;!?")
MORE = ("~`|•√π÷×§∆", "£¢€¥^°={}\\", "%©®™✓[]")
NUMBERS = ("123", "456", "789")
CHARACTERS = {
    "SPACE": " ", "COMMA": ",", "PERIOD": ".", "MINUS": "-", "EQUALS": "=", "SLASH": "/", "BACKSLASH": "\\",
    "SEMICOLON": ";", "APOSTROPHE": "'", "GRAVE": "`", "LEFT_BRACKET": "[", "RIGHT_BRACKET": "]", "AT": "@",
    "PLUS": "+", "STAR": "*", "POUND": "#", "NUMPAD_DOT": ".", "NUMPAD_ADD": "+", "NUMPAD_SUBTRACT": "-",
    "NUMPAD_MULTIPLY": "*", "NUMPAD_DIVIDE": "/", "NUMPAD_COMMA": ",", "NUMPAD_EQUALS": "=",
}  # fmt: skip
SHIFTED = dict(zip("1234567890-=[]\\;'`,./", '!@#$%^&*()_+{}|:"~<>?', strict=True))
"""What Shift makes of a key on a US keyboard."""
MODIFIERS = ("CTRL_LEFT", "CTRL_RIGHT", "SHIFT_LEFT", "SHIFT_RIGHT", "ALT_LEFT", "ALT_RIGHT", "META_LEFT", "META_RIGHT")
KEPT = {"number": "0123456789.,-", "phone": "0123456789+*#()-/., N;"}
"""Characters that fields of a kind take; others take all."""
ACTION_ICONS = {"search": "magnify", "done": "check", "next": "arrow-right", "send": "send", "go": "arrow-right"}


# --- focus


def focus(device, window, view: View, x: float, y: float, *, select_word: bool = False) -> None:
    """Give a field the focus, with the cursor at a point; ``select_word`` selects the word there."""
    at = _index_at(device, view, x, y)
    start, end = _word(view.text, at) if select_word else (at, at)
    _set_focus(device, window.name, view, end, start)
    device.state["keyboard"]["visible"] = True
    if select_word:
        open_popup(device)


def _set_focus(device, window_name: str, view: View, cursor: int, anchor: int) -> None:
    old = device.state["focus"]
    if old is None or (old["window"], old["path"]) != (window_name, view.path):
        device.state["keyboard"].update(shift="off", layer=_first_layer(view), popup=False)
    device.state["focus"] = {"window": window_name, "path": view.path, "cursor": cursor, "anchor": anchor}
    device.screen_changed()


def _first_layer(view: View) -> str:
    return "numbers" if view.input_type in ("number", "phone") else "letters"


def field(device) -> View | None:
    """The field that has the focus, if it shows."""
    at = device.state["focus"]
    window = device.window(at["window"]) if at is not None else None
    view = find(window.root, at["path"]) if window is not None else None
    return view if view is not None and view.editable else None


def settle_focus(device) -> None:
    """Drop the focus of a field that is gone; give it to one that asks for it when it first shows."""
    state = device.state
    at = state["focus"]
    if at is not None:
        window = device._windows.get(at["window"])
        view = find(window.root, at["path"]) if window is not None else None
        if view is None or not view.editable or not view.enabled:
            _drop(device)
    tops = [window for window in device._windows.values() if window.type in ("application", "dialog")]
    if not tops or state["focus"] is not None:
        return
    wanting = next((view for view in walk(tops[-1].root) if view.autofocus and view.editable and view.enabled), None)
    asked = [tops[-1].root.path, wanting.path] if wanting is not None else None
    if wanting is not None and state["keyboard"].get("asked") != asked:
        _set_focus(device, tops[-1].name, wanting, len(wanting.text), len(wanting.text))
        state["keyboard"]["visible"] = True
    state["keyboard"]["asked"] = asked


def _drop(device) -> None:
    device.state["focus"] = None
    device.state["keyboard"].update(visible=False, popup=False)
    device.screen_changed()


def hide(device) -> bool:
    """Hide the keyboard or the editing bar; whether there was one."""
    board = device.state["keyboard"]
    if board.get("popup"):
        close_popup(device)
        return True
    if not is_visible(device):
        return False
    board["visible"] = False
    device.screen_changed()
    return True


def is_visible(device) -> bool:
    """Whether the keyboard shows."""
    return bool(device.state["focus"] is not None and device.state["keyboard"].get("visible"))


def height_dp(device) -> int:
    """What the keyboard takes of the screen's lower edge, dp."""
    return HEIGHT_DP if is_visible(device) else 0


# --- editing


def type_text(device, typed: str) -> None:
    """Insert text at the cursor, in place of the selection; a newline in a field of one line submits it."""
    for number, part in enumerate(typed.split("\n")):
        if number:
            enter(device)
        view = field(device)
        if view is None:
            return
        kept = KEPT.get(view.input_type)
        part = "".join(c for c in part if c in kept) if kept else part
        if part:
            _replace(device, view, part)


def _replace(device, view: View, part: str, start: int | None = None, end: int | None = None) -> None:
    """Put text in place of a span, by default the selection, and the cursor behind it."""
    at = device.state["focus"]
    length = len(view.text)
    ends = sorted(min(max(0, place), length) for place in (at["cursor"], at["anchor"]))
    start, end = ends[0] if start is None else start, ends[1] if end is None else end
    if start == end and not part:
        return
    at["cursor"] = at["anchor"] = start + len(part)
    if view.on_change is not None:
        view.on_change(view.text[:start] + part + view.text[end:])
    close_popup(device)
    device.screen_changed()


def _delete(device, view: View, step: int) -> None:
    """Backspace (-1) or delete (1): the selection, or one character."""
    at = device.state["focus"]
    cursor = min(max(0, at["cursor"]), len(view.text))
    if at["cursor"] != at["anchor"]:
        _replace(device, view, "")
    elif step < 0 and cursor > 0:
        _replace(device, view, "", cursor - 1, cursor)
    elif step > 0 and cursor < len(view.text):
        _replace(device, view, "", cursor, cursor + 1)


def enter(device) -> None:
    """The enter key: a new line, or what the field does when it is submitted."""
    view = field(device)
    if view is None:
        return
    if view.input_type == "multiline" and view.on_submit is None:
        _replace(device, view, "\n")
    elif view.on_submit is not None:
        view.on_submit()
        device.screen_changed()
    elif not _next_field(device, view):
        hide(device)


def _next_field(device, view: View) -> bool:
    """Move the focus to the field below; whether there is one."""
    window = device.window(device.state["focus"]["window"])
    fields = [one for one in walk(window.root) if one.editable and one.enabled]
    place = next((i for i, one in enumerate(fields) if one.path == view.path), len(fields))
    if view.action == "done" or place + 1 >= len(fields):
        return False
    following = fields[place + 1]
    _set_focus(device, window.name, following, len(following.text), len(following.text))
    return True


def select_all(device) -> None:
    """Select the whole text."""
    view = field(device)
    if view is not None:
        device.state["focus"].update(cursor=len(view.text), anchor=0)
        device.screen_changed()


def selected(device) -> str:
    """The selected text."""
    view, at = field(device), device.state["focus"]
    if view is None or view.password:
        return ""
    start, end = sorted((at["cursor"], at["anchor"]))
    return view.text[start:end]


def copy(device) -> None:
    """The selection to the clipboard."""
    if selected(device):
        device.clipboard = selected(device)
    close_popup(device)


def cut(device) -> None:
    """The selection to the clipboard, and away."""
    if selected(device):
        device.clipboard = selected(device)
        _replace(device, field(device), "")
    close_popup(device)


def paste(device) -> None:
    """What is in the clipboard, at the cursor."""
    if device.clipboard:
        type_text(device, device.clipboard)
    close_popup(device)


# --- hardware keys


def key(device, code: str, down: bool) -> bool:
    """A hardware key; whether the keyboard or the field took it."""
    held = device.state["keyboard"].setdefault("held", [])
    if code in MODIFIERS:
        if down and code not in held:
            held.append(code)
        elif not down and code in held:
            held.remove(code)
        return True
    if not down:
        return False
    if code == "BACK":
        return not _covered(device) and hide(device)
    view = field(device)
    if view is None:
        return False
    if any(one.startswith("CTRL") for one in held):
        return _shortcut(device, code)
    return _edit(device, view, code, any(one.startswith("SHIFT") for one in held))


def _covered(device) -> bool:
    """Whether the system shows something over the app that back closes first."""
    state = device.state
    return state["shade"]["open"] or state["overview"] or state["prompt"] is not None


def _shortcut(device, code: str) -> bool:
    does = {"A": select_all, "C": copy, "X": cut, "V": paste}.get(code)
    if does is not None:
        does(device)
    return does is not None


def _edit(device, view: View, code: str, shift: bool) -> bool:
    at = device.state["focus"]
    cursor = min(max(0, at["cursor"]), len(view.text))
    places = {
        "DPAD_LEFT": max(0, cursor - 1),
        "DPAD_RIGHT": min(len(view.text), cursor + 1),
        "MOVE_HOME": view.text.rfind("\n", 0, cursor) + 1,
        "MOVE_END": (view.text.find("\n", cursor) + len(view.text) + 1) % (len(view.text) + 1),
    }
    if code in places:
        at["cursor"] = places[code]
        at["anchor"] = at["anchor"] if shift else at["cursor"]
        device.screen_changed()
    elif code in ("DEL", "FORWARD_DEL"):
        _delete(device, view, -1 if code == "DEL" else 1)
    elif code in ("ENTER", "NUMPAD_ENTER", "DPAD_CENTER"):
        enter(device)
    elif code == "TAB":
        _next_field(device, view)
    elif (character := _character(code, shift)) is not None:
        type_text(device, character)
    else:
        return False
    return True


def _character(code: str, shift: bool) -> str | None:
    """What a key types."""
    if len(code) == 1 and code.isalpha():
        return code if shift else code.lower()
    plain = code.removeprefix("NUMPAD_") if code.startswith("NUMPAD_") and code[7:].isdigit() else code
    plain = plain if len(plain) == 1 and plain.isdigit() else CHARACTERS.get(code)
    return SHIFTED.get(plain, plain) if shift and plain else plain


# --- the windows


def window(device) -> tuple[View, str, str, tuple[int, int, int, int]] | None:
    """The keyboard's window, if it shows."""
    view = field_of_last_layout(device)
    if not is_visible(device) or view is None:
        return None
    width, height = device.size
    return _board(device, view), PACKAGE, "input_method", (0, height - device.theme.px(HEIGHT_DP), width, height)


def field_of_last_layout(device) -> View | None:
    """The field that has the focus, in the windows as they were last laid out."""
    at = device.state["focus"]
    found = device._windows.get(at["window"]) if at is not None else None
    return find(found.root, at["path"]) if found is not None else None


def _board(device, view: View) -> View:
    board = device.state["keyboard"]
    layer, shift = board.get("layer", "letters"), board.get("shift", "off")
    rows = _number_rows(device, view) if layer == "numbers" else _letter_rows(device, view, layer, shift != "off")
    below = row(_plain_key(device, "chevron-down", "Hide keyboard", lambda: hide(device), 48), spacer(weight=1),
                width=FILL, height=44, padding=(24, 0, 24, 12))  # fmt: skip
    return column(
        *rows, below, width=FILL, height=FILL, background="surface_container", padding=(3, 8, 3, 0), key="keyboard"
    )


def _letter_rows(device, view: View, layer: str, upper: bool) -> list[View]:
    texts = {"letters": LETTERS, "symbols": SYMBOLS, "more": MORE}[layer]
    made = [_keys(device, line.upper() if upper else line) for line in texts[:2]]
    if layer == "letters":
        shift = _plain_key(device, "apple-keyboard-shift" if not upper else "apple-keyboard-caps", "Shift",
                           lambda: _turn_shift(device), 0, weight=1.5)  # fmt: skip
    else:
        other = "more" if layer == "symbols" else "symbols"
        label = "=\\<" if layer == "symbols" else "?123"
        shift = _word_key(label, "More symbols", lambda: _turn_to(device, other), 1.5)
    third = texts[2].upper() if upper else texts[2]
    erase = _plain_key(device, "backspace-outline", "Delete", lambda: _erase(device), 0, weight=1.5,
                       on_long_click=lambda: _erase_word(device))  # fmt: skip
    made.append(row(shift, *(_letter(device, c) for c in third), erase, width=FILL, height=ROW_DP, align="fill"))
    back = "symbols" if layer == "letters" else "letters"
    label = "?123" if layer == "letters" else "ABC"
    made.append(
        row(
            _word_key(label, "Symbol keyboard" if layer == "letters" else "Letters",
                      lambda: _turn_to(device, back), 1.5),
            _letter(device, ","),
            _letter(device, " ", "Space", weight=5.0),
            _letter(device, "."),
            _enter_key(device, view, 1.5),
            width=FILL, height=ROW_DP, align="fill",
        )
    )  # fmt: skip
    return made


def _number_rows(device, view: View) -> list[View]:
    signs = ("-", ".", ",")
    made = [
        row(*(_letter(device, c, weight=2.0) for c in line), _letter(device, sign), width=FILL, height=ROW_DP,
            align="fill")
        for line, sign in zip(NUMBERS, signs if view.input_type == "number" else ("+", "-", "("), strict=True)
    ]  # fmt: skip
    made.append(
        row(
            _letter(device, "*" if view.input_type == "phone" else ".", weight=2.0),
            _letter(device, "0", weight=2.0),
            _plain_key(device, "backspace-outline", "Delete", lambda: _erase(device), 0, weight=2.0,
                       on_long_click=lambda: _erase_word(device)),
            _enter_key(device, view, 1.0),
            width=FILL, height=ROW_DP, align="fill",
        )
    )  # fmt: skip
    return made


def _keys(device, characters: str) -> View:
    inset = 18 if len(characters) < 10 else 0
    return row(*(_letter(device, c) for c in characters), width=FILL, height=ROW_DP, align="fill", padding=(inset, 0))


def _letter(device, character: str, desc: str = "", weight: float = 1.0) -> View:
    return stack(
        text("" if character == " " else character, "title_large", gravity="center"),
        weight=weight, height=FILL, margin=(3, 5), radius=6, background="surface_bright",
        desc=desc or character, on_click=lambda: _press(device, character), key=f"key {character}",
    )  # fmt: skip


def _plain_key(device, name: str, desc: str, on_click: Any, width: float, weight: float = 0.0, **options: Any) -> View:
    return stack(
        icon(name, 22, "on_surface", gravity="center"), weight=weight, height=FILL, margin=(3, 5), radius=6, desc=desc,
        background="surface_container_highest" if weight else None, on_click=on_click, key=desc,
        **({"width": width} if width else {}), **options,
    )  # fmt: skip


def _word_key(label: str, desc: str, on_click: Any, weight: float) -> View:
    return stack(
        text(label, "label_large", gravity="center"), weight=weight, height=FILL, margin=(3, 5), radius=6, desc=desc,
        background="surface_container_highest", on_click=on_click, key=desc,
    )  # fmt: skip


def _enter_key(device, view: View, weight: float) -> View:
    name = ACTION_ICONS.get(view.action, "keyboard-return")
    return stack(
        icon(name, 22, "on_primary", gravity="center"), weight=weight, height=FILL, margin=(3, 5), radius=22,
        desc=(view.action or "enter").capitalize(), background="primary", on_click=lambda: enter(device), key="enter",
    )  # fmt: skip


def _press(device, character: str) -> None:
    type_text(device, character)
    if device.state["keyboard"].get("shift") == "on":
        device.state["keyboard"]["shift"] = "off"


def _turn_shift(device) -> None:
    order = {"off": "on", "on": "lock", "lock": "off"}
    device.state["keyboard"]["shift"] = order[device.state["keyboard"].get("shift", "off")]


def _turn_to(device, layer: str) -> None:
    device.state["keyboard"]["layer"] = layer


def _erase(device) -> None:
    view = field(device)
    if view is not None:
        _delete(device, view, -1)


def _erase_word(device) -> None:
    view = field(device)
    if view is not None:
        end = min(device.state["focus"]["cursor"], len(view.text))
        start = len(view.text[:end].rstrip().rpartition(" ")[0])
        _replace(device, view, "", start, end)


def open_popup(device) -> None:
    """Show the bar with cut, copy and paste."""
    device.state["keyboard"]["popup"] = True
    device.screen_changed()


def close_popup(device) -> None:
    """Take the bar away."""
    if device.state["keyboard"].get("popup"):
        device.state["keyboard"]["popup"] = False
        device.screen_changed()


def popup_window(device) -> tuple[View, str, str, None] | None:
    """The bar with cut, copy and paste above the field, if it shows."""
    view = field_of_last_layout(device)
    if not device.state["keyboard"].get("popup") or view is None or view.bounds is None:
        return None
    at = device.state["focus"]
    marked = at["cursor"] != at["anchor"] and not view.password
    items = [("Cut", cut) if marked else None, ("Copy", copy) if marked else None]
    items += [("Paste", paste) if device.clipboard else None, ("Select all", select_all) if view.text else None]
    shown = [item for item in items if item is not None]
    if not shown:
        return None
    scale = device.theme.scale
    top = max(40.0, view.bounds[1] / scale - 56)
    bar = row(
        *(
            stack(text(label, "label_large", gravity="center"), height=48, padding=(16, 0), desc=label,
                  on_click=lambda does=does: does(device), key=label)
            for label, does in shown
        ),
        height=48, radius=24, background="surface_container_high", elevation=3, margin=(16, top, 16, 0),
    )  # fmt: skip
    return stack(bar, width=FILL, height=FILL, key="popup"), "android", "system", None


def _index_at(device, view: View, x: float, y: float) -> int:
    """The character of a field's text that is nearest to a point."""
    if not view.text or view.inner is None:
        return len(view.text)
    look = device.theme
    shown = "•" * len(view.text) if view.password else view.text
    left, top, right, _ = view.inner
    if view.lines == 1:
        start, end, along = 0, len(shown), x - left + view.offset
    else:
        lines = look.breaks(shown, view.font, max(1, right - left))
        number = int(min(max(0, (y - top + view.offset) // look.line_height(view.font)), len(lines) - 1))
        (start, end), along = lines[number], x - left
    best = min(range(start, end + 1), key=lambda i: abs(look.measure(shown[start:i], view.font) - along))
    return best


def _word(value: str, at: int) -> tuple[int, int]:
    """The word around a place."""
    start = end = min(at, len(value))
    while start > 0 and not value[start - 1].isspace():
        start -= 1
    while end < len(value) and not value[end].isspace():
        end += 1
    return start, end
