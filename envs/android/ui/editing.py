"""Editing of the focused field's text.

The field is ``state["focus"]``: window, path, cursor and anchor (the other end of the selection). The soft
keyboard, hardware keys and ``input text`` all call ``_replace``, which passes the new text to the field's
``on_change``. The cursor is state of the system, the text is state of the app that drew the field.
"""

from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.ui.caret import caret, index_at, word_at
from palaestra.envs.android.ui.screen import ScreenPhone, Window
from palaestra.envs.android.ui.tree import find, walk
from palaestra.envs.android.ui.view import View

CHARACTERS = {
    "SPACE": " ",
    "COMMA": ",",
    "PERIOD": ".",
    "MINUS": "-",
    "EQUALS": "=",
    "SLASH": "/",
    "BACKSLASH": "\\",
    "SEMICOLON": ";",
    "APOSTROPHE": "'",
    "GRAVE": "`",
    "LEFT_BRACKET": "[",
    "RIGHT_BRACKET": "]",
    "AT": "@",
    "PLUS": "+",
    "STAR": "*",
    "POUND": "#",
    "NUMPAD_DOT": ".",
    "NUMPAD_ADD": "+",
    "NUMPAD_SUBTRACT": "-",
    "NUMPAD_MULTIPLY": "*",
    "NUMPAD_DIVIDE": "/",
    "NUMPAD_COMMA": ",",
    "NUMPAD_EQUALS": "=",
}
SHIFTED = dict(zip("1234567890-=[]\\;'`,./", '!@#$%^&*()_+{}|:"~<>?', strict=True))
"""Characters of keys with Shift on a US keyboard."""
MODIFIERS = ("CTRL_LEFT", "CTRL_RIGHT", "SHIFT_LEFT", "SHIFT_RIGHT", "ALT_LEFT", "ALT_RIGHT", "META_LEFT", "META_RIGHT")
KEPT = {"number": "0123456789.,-", "phone": "0123456789+*#()-/., N;"}
"""Characters accepted by fields of an input type; other types accept all."""


# --- focus


def focus(phone: ScreenPhone, window: Window, view: View, x: float, y: float, *, select_word: bool = False) -> None:
    """Focus a field, with the cursor at a point, and show the keyboard.

    ``select_word`` selects the word there and shows the bar with cut, copy and paste.
    """
    at = index_at(phone, view, x, y)
    start, end = word_at(view.text, at) if select_word and not view.password else (at, at)
    if select_word and view.password:
        start, end = 0, len(view.text)
    _set_focus(phone, window.name, view, end, start)
    phone.state["keyboard"].update(visible=True, popup=select_word)


def _set_focus(phone: ScreenPhone, window_name: str, view: View, cursor: int, anchor: int) -> None:
    old, board = phone.state["focus"], phone.state["keyboard"]
    if old is None or (old["window"], old["path"]) != (window_name, view.path):
        numeric = view.input_type in ("number", "phone")
        board.update(shift="off", layer="numbers" if numeric else "letters", popup=False)
    board["reveal"] = True
    phone.state["focus"] = {"window": window_name, "path": view.path, "cursor": cursor, "anchor": anchor}
    phone.screen_changed()


def field(phone: ScreenPhone) -> View | None:
    """The focused field, if it is visible."""
    phone.windows()
    return field_of_last_layout(phone)


def field_of_last_layout(phone: ScreenPhone) -> View | None:
    """The focused field in the last layout."""
    at = phone.state["focus"]
    window = phone.screen.shown.get(at["window"]) if at is not None else None
    view = find(window.root, at["path"]) if window is not None else None
    return view if view is not None and view.editable else None


def settle(phone: ScreenPhone) -> None:
    """Update the focus after a layout: remove it from a field that is gone or covered by a dialog, give it to a new
    field with ``autofocus``, and scroll the edited field into view.
    """
    state = phone.state
    tops = [window for window in phone.screen.shown.values() if window.type in ("application", "dialog")]
    top = tops[-1] if tops else None
    at = state["focus"]
    if at is not None:
        view = field_of_last_layout(phone)
        covered = top is not None and top.name != at["window"] and top.root.style != "menu"
        if view is None or not view.enabled or covered:
            _drop(phone)
        elif _has_turned(phone) | state["keyboard"].pop("reveal", False):
            _reveal(phone, view)
    if top is None or state["focus"] is not None:
        return
    autofocused = next((view for view in walk(top.root) if view.autofocus and view.editable and view.enabled), None)
    target = [top.root.path, autofocused.path] if autofocused is not None else None
    if autofocused is not None and state["keyboard"].get("asked") != target:
        _set_focus(phone, top.name, autofocused, len(autofocused.text), len(autofocused.text))
        state["keyboard"]["visible"] = True
    state["keyboard"]["asked"] = target


def _has_turned(phone: ScreenPhone) -> bool:
    """Whether the screen has been turned since the last layout with the keyboard."""
    board = phone.state["keyboard"]
    before = board.pop("turns", 0)
    if phone.turns:
        board["turns"] = phone.turns
    return bool(board.get("visible")) and before != phone.turns


def _drop(phone: ScreenPhone) -> None:
    phone.state["focus"] = None
    phone.state["keyboard"].update(visible=False, popup=False)
    phone.screen_changed()


def _reveal(phone: ScreenPhone, view: View) -> None:
    """Scroll the containers of a field until it is fully visible, or its cursor's line if it is too high."""
    window = phone.screen.shown[phone.state["focus"]["window"]]
    around = [window.root]
    while around[-1].path != view.path:
        around.append(next(child for child in around[-1].children if f"{view.path}/".startswith(child.path + "/")))
    for scroller in around[-2::-1]:
        if scroller.layout != "scroll" or scroller.horizontal or scroller.clip is None:
            continue
        top, bottom = view.bounds[1], view.bounds[3]
        if bottom - top > scroller.clip[3] - scroller.clip[1]:
            _, top, bottom = caret(phone, view, phone.state["focus"]["cursor"])
        below, above = bottom - scroller.clip[3], scroller.clip[1] - top
        by = below if below > 0 else -above if above > 0 else 0
        if by:
            window.scrolls[scroller.path] = min(max(0, scroller.offset + by), scroller.limit)
            phone.screen_changed()
        return


def hide(phone: ScreenPhone) -> bool:
    """Hide the editing bar or the keyboard; returns whether there was one."""
    board = phone.state["keyboard"]
    if board.get("popup"):
        close_popup(phone)
        return True
    if phone.state["focus"] is None or not board.get("visible"):
        return False
    board["visible"] = False
    phone.screen_changed()
    return True


# --- editing


def type_text(phone: ScreenPhone, typed: str) -> None:
    """Replace the selection by text; a newline submits a single-line field."""
    for number, part in enumerate(typed.split("\n")):
        if number:
            enter(phone)
        view = field(phone)
        if view is None:
            return
        kept = KEPT.get(view.input_type)
        part = "".join(c for c in part if c in kept) if kept else part
        if part:
            _replace(phone, view, part)


def _replace(phone: ScreenPhone, view: View, part: str, start: int | None = None, end: int | None = None) -> None:
    """Replace a span, by default the selection, by text, and place the cursor after it."""
    first, last = selection(phone, view)
    start, end = first if start is None else start, last if end is None else end
    if start == end and not part:
        return
    move(phone, start + len(part))
    if view.on_change is not None:
        contain(phone, _owner(phone), view.on_change, view.text[:start] + part + view.text[end:])
    phone.state["keyboard"].update(popup=False, reveal=True)


def _owner(phone: ScreenPhone) -> str:
    """The package of the app whose field is edited."""
    record = phone.activities.top
    return record["package"] if record else ""


def move(phone: ScreenPhone, cursor: int, anchor: int | None = None) -> None:
    """Move the cursor; with an anchor, select the text between them."""
    at = phone.state["focus"]
    at["cursor"], at["anchor"] = cursor, cursor if anchor is None else anchor
    at.pop("follow", None)
    phone.screen_changed()


def selection(phone: ScreenPhone, view: View) -> tuple[int, int]:
    """Start and end of the selection; equal if it is empty."""
    at = phone.state["focus"]
    start, end = sorted(min(max(0, place), len(view.text)) for place in (at["cursor"], at["anchor"]))
    return start, end


def begins_with_capital(phone: ScreenPhone, view: View) -> bool:
    """Whether a word, or a sentence, begins at the cursor of a field that begins those with capitals."""
    before = view.text[: selection(phone, view)[0]]
    if view.capitals == "words":
        return not before or before[-1].isspace()
    start = before.rstrip(" ")
    return view.capitals == "sentences" and (not start or start[-1] == "\n" or (start != before and start[-1] in ".?!"))


def erase(phone: ScreenPhone, step: int = -1) -> bool:
    """Backspace (-1) or delete (1): the selection, or one character; returns whether there was something to delete."""
    view = field(phone)
    if view is None:
        return False
    start, end = selection(phone, view)
    if start == end:
        start, end = (max(0, start - 1), end) if step < 0 else (start, min(len(view.text), end + 1))
    _replace(phone, view, "", start, end)
    return start < end


def enter(phone: ScreenPhone) -> None:
    """The enter key: insert a newline or submit the field."""
    view = field(phone)
    if view is None:
        return
    if view.input_type == "multiline" and view.on_submit is None:
        _replace(phone, view, "\n")
    elif view.on_submit is not None:
        contain(phone, _owner(phone), view.on_submit)
        phone.screen_changed()
    elif not _next_field(phone, view):
        hide(phone)


def _next_field(phone: ScreenPhone, view: View) -> bool:
    """Move the focus to the next field; returns whether there is one."""
    window = phone.window(phone.state["focus"]["window"])
    if window is None:
        return False
    fields = [candidate for candidate in walk(window.root) if candidate.editable and candidate.enabled]
    place = next((i for i, candidate in enumerate(fields) if candidate.path == view.path), len(fields))
    if view.action == "done" or place + 1 >= len(fields):
        return False
    following = fields[place + 1]
    _set_focus(phone, window.name, following, len(following.text), len(following.text))
    return True


def select_all(phone: ScreenPhone) -> None:
    """Select the whole text."""
    view = field(phone)
    if view is not None:
        move(phone, len(view.text), 0)


def selected(phone: ScreenPhone) -> str:
    """The selected text; empty for a password."""
    view = field(phone)
    if view is None or view.password:
        return ""
    start, end = selection(phone, view)
    return view.text[start:end]


def copy(phone: ScreenPhone) -> None:
    """Copy the selection to the clipboard."""
    if words := selected(phone):
        phone.clipboard = words


def cut(phone: ScreenPhone) -> None:
    """Move the selection to the clipboard."""
    view = field(phone)
    if view is not None and (words := selected(phone)):
        phone.clipboard = words
        _replace(phone, view, "")


def paste(phone: ScreenPhone) -> None:
    """Insert the clipboard's text at the cursor; in a field of one line as one line."""
    view = field(phone)
    if view is None or not phone.clipboard:
        return
    kept = KEPT.get(view.input_type)
    pasted = phone.clipboard if view.lines != 1 else phone.clipboard.replace("\n", " ")
    _replace(phone, view, "".join(c for c in pasted if c in kept) if kept else pasted)


# --- hardware keys


def key(phone: ScreenPhone, code: str, down: bool) -> bool:
    """Handle a hardware key; returns whether the field consumed it."""
    held = phone.state["keyboard"].setdefault("held", [])
    if code in MODIFIERS:
        if down and code not in held:
            held.append(code)
        elif not down and code in held:
            held.remove(code)
        return True
    view = field(phone) if down else None
    if view is None:
        return False
    if any(modifier.startswith("CTRL") for modifier in held):
        return _shortcut(phone, code)
    return _edit(phone, view, code, any(modifier.startswith("SHIFT") for modifier in held))


def _shortcut(phone: ScreenPhone, code: str) -> bool:
    does = {"A": select_all, "C": copy, "X": cut, "V": paste}.get(code)
    if does is not None:
        does(phone)
    return does is not None


def _edit(phone: ScreenPhone, view: View, code: str, shift: bool) -> bool:
    place = _place_of(phone, view, code)
    if place is not None:
        move(phone, place, phone.state["focus"]["anchor"] if shift else None)
    elif code in ("DEL", "FORWARD_DEL"):
        erase(phone, -1 if code == "DEL" else 1)
    elif code in ("ENTER", "NUMPAD_ENTER", "DPAD_CENTER"):
        enter(phone)
    elif code == "TAB":
        _next_field(phone, view)
    elif code in ("CUT", "COPY", "PASTE"):
        {"CUT": cut, "COPY": copy, "PASTE": paste}[code](phone)
    elif (character := _character(code, shift)) is not None:
        type_text(phone, character)
    else:
        return False
    return True


def _place_of(phone: ScreenPhone, view: View, code: str) -> int | None:
    """The position to which a key moves the cursor; None for other keys."""
    cursor, value = min(max(0, phone.state["focus"]["cursor"]), len(view.text)), view.text
    if code == "DPAD_LEFT":
        return max(0, cursor - 1)
    if code == "DPAD_RIGHT":
        return min(len(value), cursor + 1)
    if code == "MOVE_HOME":
        return value.rfind("\n", 0, cursor) + 1
    if code == "MOVE_END":
        end = value.find("\n", cursor)
        return len(value) if end < 0 else end
    if code in ("DPAD_UP", "DPAD_DOWN") and view.inner is not None:
        x, top, bottom = caret(phone, view, cursor)
        return index_at(phone, view, x, top - 1 if code == "DPAD_UP" else bottom + 1)
    return None


def _character(code: str, shift: bool) -> str | None:
    """The character of a key."""
    if len(code) == 1 and code.isalpha():
        return code if shift else code.lower()
    digit = code.removeprefix("NUMPAD_") if code.startswith("NUMPAD_") and code[7:].isdigit() else code
    plain = digit if len(digit) == 1 and digit.isdigit() else CHARACTERS.get(code)
    return SHIFTED.get(plain, plain) if shift and plain else plain


def close_popup(phone: ScreenPhone) -> None:
    """Hide the editing bar."""
    if phone.state["keyboard"].get("popup"):
        phone.state["keyboard"]["popup"] = False
        phone.screen_changed()
