"""Groups of views that several apps show: toolbars, a bar to search a list, what stands for an empty one, questions."""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.ui.view import (
    FILL,
    Action,
    View,
    column,
    dialog,
    icon,
    icon_button,
    radio,
    row,
    stack,
    text,
    text_field,
)


def toolbar(*children: View | None, **options: Any) -> View:
    """A row as high as an app bar."""
    return row(*children, **{"width": FILL, "height": 64, "padding": (4, 0), **options})


def more_options(on_click: Action) -> View:
    """The three dots that open a menu."""
    return icon_button("dots-vertical", on_click, "More options")


def search_bar(
    query: str,
    on_change: Callable[[str], Any],
    on_back: Action,
    *,
    hint: str = "Search",
    id: str = "search_src_text",
    back: str = "Back",
    clear: str = "",
) -> View:
    """A toolbar with a field for the words to look for.

    Args:
        query: the words so far.
        on_change: called with the new words.
        on_back: leaves the search.
        hint: shown while there are no words.
        id: resource id of the field.
        back: what a screen reader calls the arrow.
        clear: what it calls the button that empties the field; "": there is no such button.
    """
    field = text_field(query, on_change, hint=hint, style="bare", weight=1, autofocus=True, id=id, action="search")
    return toolbar(
        icon_button("arrow-left", on_back, back),
        field,
        icon_button("close", lambda: on_change(""), clear) if clear and query else None,
    )


def empty_list(glyph: str, words: str, id: str = "") -> View:
    """An icon and words in the middle of the room that a list would take."""
    message = text(words, "title_medium", id=id)
    return stack(column(icon(glyph, 72, "outline"), message, gap=16, align="center", gravity="center"))


def choice(label: str, selected: bool, on_click: Action, key: str) -> View:
    """One of several in a dialog, with a ring that shows whether it is selected."""
    words = text(label, "body_large")
    return row(radio(selected), words, width=FILL, height=48, gap=8, on_click=on_click, key=key)


def yes_or_no(question: str, on_yes: Action, on_no: Action) -> View:
    """A question before something is lost: a window of its own."""
    return dialog("", question, buttons=[("No", on_no), ("Yes", on_yes)], on_dismiss=on_no)
