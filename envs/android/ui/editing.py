"""Text editing: one place that changes the text of the field that has the focus.

The field is ``state["focus"]``: window, path, cursor and anchor (the other end of the selection). Keys on the screen,
hardware keys and ``input text`` all end in ``_replace``, which hands the new text to the field's ``on_change``. Where
the cursor goes is the system's business; the text itself is kept by whoever drew the field.
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
"""What Shift makes of a key on a US keyboard."""
MODIFIERS = ("CTRL_LEFT", "CTRL_RIGHT", "SHIFT_LEFT", "SHIFT_RIGHT", "ALT_LEFT", "ALT_RIGHT", "META_LEFT", "META_RIGHT")
KEPT = {"number": "0123456789.,-", "phone": "0123456789+*#()-/., N;"}
"""Characters that fields of a kind take; others take all."""


# --- focus


def focus(phone: ScreenPhone, window: Window, view: View, x: float, y: float, *, select_word: bool = False) -> None:
    """Give a field the focus, with the cursor at a point, and bring the keyboard.

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
    """The field that has the focus, if it shows."""
    phone.windows()
    return field_of_last_layout(phone)


def field_of_last_layout(phone: ScreenPhone) -> View | None:
    """The field that has the focus, in the windows as they were last laid out."""
    at = phone.state["focus"]
    window = phone.screen.shown.get(at["window"]) if at is not None else None
    view = find(window.root, at["path"]) if window is not None else None
    return view if view is not None and view.editable else None


def settle(phone: ScreenPhone) -> None:
    """After a layout: drop the focus of a field that is gone or covered by a dialog, give it to one that asks for it
    when it first shows, and scroll the field that is edited into sight.
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
        elif state["keyboard"].pop("reveal", False):
            _reveal(phone, view)
    if top is None or state["focus"] is not None:
        return
    wanting = next((view for view in walk(top.root) if view.autofocus and view.editable and view.enabled), None)
    asked = [top.root.path, wanting.path] if wanting is not None else None
    if wanting is not None and state["keyboard"].get("asked") != asked:
        _set_focus(phone, top.name, wanting, len(wanting.text), len(wanting.text))
        state["keyboard"]["visible"] = True
    state["keyboard"]["asked"] = asked


def _drop(phone: ScreenPhone) -> None:
    phone.state["focus"] = None
    phone.state["keyboard"].update(visible=False, popup=False)
    phone.screen_changed()


def _reveal(phone: ScreenPhone, view: View) -> None:
    """Scroll what the field lies in until all of it shows."""
    window = phone.screen.shown[phone.state["focus"]["window"]]
    around = [window.root]
    while around[-1].path != view.path:
        around.append(next(child for child in around[-1].children if f"{view.path}/".startswith(child.path + "/")))
    for scroller in around[-2::-1]:
        if scroller.layout != "scroll" or scroller.horizontal or scroller.clip is None:
            continue
        below = view.bounds[3] - scroller.clip[3]
        above = scroller.clip[1] - view.bounds[1]
        by = below if below > 0 else -above if above > 0 else 0
        if by:
            window.scrolls[scroller.path] = min(max(0, scroller.offset + by), scroller.limit)
            phone.screen_changed()
        return


def hide(phone: ScreenPhone) -> bool:
    """Hide the editing bar or the keyboard; whether there was one."""
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
    """Insert text at the cursor, in place of the selection; a newline in a field of one line submits it."""
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
    """Put text in place of a span, by default the selection, and the cursor behind it."""
    first, last = selection(phone, view)
    start, end = first if start is None else start, last if end is None else end
    if start == end and not part:
        return
    move(phone, start + len(part))
    if view.on_change is not None:
        contain(phone, phone.foreground[0], view.on_change, view.text[:start] + part + view.text[end:])
    phone.state["keyboard"].update(popup=False, reveal=True)


def move(phone: ScreenPhone, cursor: int, anchor: int | None = None) -> None:
    """Put the cursor somewhere; with an anchor what lies between is selected."""
    at = phone.state["focus"]
    at["cursor"], at["anchor"] = cursor, cursor if anchor is None else anchor
    at.pop("follow", None)
    phone.screen_changed()


def selection(phone: ScreenPhone, view: View) -> tuple[int, int]:
    """The selection, start and end; equal where there is only a cursor."""
    at = phone.state["focus"]
    start, end = sorted(min(max(0, place), len(view.text)) for place in (at["cursor"], at["anchor"]))
    return start, end


def erase(phone: ScreenPhone, step: int = -1) -> bool:
    """Backspace (-1) or delete (1): the selection, or one character; whether there was something to delete."""
    view = field(phone)
    if view is None:
        return False
    start, end = selection(phone, view)
    if start == end:
        start, end = (max(0, start - 1), end) if step < 0 else (start, min(len(view.text), end + 1))
    _replace(phone, view, "", start, end)
    return start < end


def enter(phone: ScreenPhone) -> None:
    """The enter key: a new line, or what the field does when it is submitted."""
    view = field(phone)
    if view is None:
        return
    if view.input_type == "multiline" and view.on_submit is None:
        _replace(phone, view, "\n")
    elif view.on_submit is not None:
        contain(phone, phone.foreground[0], view.on_submit)
        phone.screen_changed()
    elif not _next_field(phone, view):
        hide(phone)


def _next_field(phone: ScreenPhone, view: View) -> bool:
    """Move the focus to the field below; whether there is one."""
    window = phone.window(phone.state["focus"]["window"])
    fields = [one for one in walk(window.root) if one.editable and one.enabled]
    place = next((i for i, one in enumerate(fields) if one.path == view.path), len(fields))
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
    """The selected text; nothing of a password."""
    view = field(phone)
    if view is None or view.password:
        return ""
    start, end = selection(phone, view)
    return view.text[start:end]


def copy(phone: ScreenPhone) -> None:
    """The selection to the clipboard."""
    if selected(phone):
        phone.clipboard = selected(phone)


def cut(phone: ScreenPhone) -> None:
    """The selection to the clipboard, and away."""
    if selected(phone):
        phone.clipboard = selected(phone)
        _replace(phone, field(phone), "")


def paste(phone: ScreenPhone) -> None:
    """What is in the clipboard, at the cursor; a field of one line takes it as one line."""
    view = field(phone)
    if view is None or not phone.clipboard:
        return
    kept = KEPT.get(view.input_type)
    pasted = phone.clipboard if view.lines != 1 else phone.clipboard.replace("\n", " ")
    _replace(phone, view, "".join(c for c in pasted if c in kept) if kept else pasted)


# --- hardware keys


def key(phone: ScreenPhone, code: str, down: bool) -> bool:
    """A hardware key; whether the field took it."""
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
    if any(one.startswith("CTRL") for one in held):
        return _shortcut(phone, code)
    return _edit(phone, view, code, any(one.startswith("SHIFT") for one in held))


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
    """Where a key moves the cursor; None if it is none of those."""
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
    """What a key types."""
    if len(code) == 1 and code.isalpha():
        return code if shift else code.lower()
    plain = code.removeprefix("NUMPAD_") if code.startswith("NUMPAD_") and code[7:].isdigit() else code
    plain = plain if len(plain) == 1 and plain.isdigit() else CHARACTERS.get(code)
    return SHIFTED.get(plain, plain) if shift and plain else plain


def close_popup(phone: ScreenPhone) -> None:
    """Take the bar away."""
    if phone.state["keyboard"].get("popup"):
        phone.state["keyboard"]["popup"] = False
        phone.screen_changed()
