"""Material's compound views: list items, bars, tabs, cards and the standard page."""

from collections.abc import Callable, Sequence
from typing import Any

from palaestra.envs.android.ui.controls import icon_button, radio, text_field
from palaestra.envs.android.ui.view import FILL, Action, View, column, icon, make, row, spacer, stack, text


def list_item(
    title: str,
    subtitle: str = "",
    *,
    leading: View | None = None,
    trailing: View | None = None,
    on_click: Action = None,
    on_long_click: Action = None,
    selected: bool = False,
    title_id: str = "android:id/title",
    subtitle_id: str = "android:id/summary",
    **options: Any,
) -> View:
    """Material's row of one or two lines, 56 or 72 dp high (more when the subtitle has more lines)."""
    color, faint = ("on_surface", "on_surface_variant") if options.get("enabled", True) else ("outline", "outline")
    words = column(
        text(title, "body_large", color, 1, id=title_id),
        text(subtitle, "body_medium", faint, 2, id=subtitle_id) if subtitle else None,
        width=FILL,
    )
    defaults = {
        "width": FILL,
        "min_height": 72 if subtitle else 56,
        "padding": (16, 8, 16 if trailing is None else 24, 8),
        "gap": 16,
        "align": "center",
        "background": "secondary_container" if selected else None,
    }
    behaviour = {"on_click": on_click, "on_long_click": on_long_click, "selected": selected}
    return row(leading, words, trailing, **{**defaults, **behaviour, **options})


def app_bar(
    title: str, *, back: Action = None, actions: Sequence[View | None] = (), large: bool = False, **options: Any
) -> View:
    """The bar on top: back arrow ("Navigate up"), title, actions. `large` puts the title in a line of its own."""
    up = icon_button("arrow-left", back, "Navigate up", foreground="on_surface") if back is not None else None
    defaults = {"width": FILL, "background": "surface", "id": "action_bar"}
    if large:
        top = row(up, spacer(weight=1), *actions, width=FILL, height=64, padding=(4, 0))
        words = text(title, "headline_medium", lines=1, padding=(16, 24, 16, 24), id="collapsing_toolbar")
        return column(top, words, **{**defaults, **options})
    words = text(title, "title_large", lines=1, weight=1, margin=(4 if up else 12, 0, 4, 0), id="toolbar_title")
    return row(up, words, *actions, **{**defaults, "height": 64, "padding": (4, 0), **options})


def toolbar(*children: View | None, **options: Any) -> View:
    """A bar on top with any views: buttons, a title, a search field."""
    return row(*children, **{"width": FILL, "height": 64, "padding": (4, 0), **options})


def search_field(query: str, on_change: Callable[[str], Any], hint: str, **options: Any) -> View:
    """The search field of a toolbar; it searches while the user types."""
    defaults = {"weight": 1, "autofocus": True, "id": "search_src_text", "action": "search"}
    return text_field(query, on_change, hint=hint, style="bare", **{**defaults, **options})


def search_bar(
    query: str, on_change: Callable[[str], Any], on_back: Action, *, back: str = "Back", clear: str = "", **options: Any
) -> View:
    """A toolbar with a search field.

    Args:
        query: the words so far.
        on_change: called with the new words.
        on_back: leaves the search.
        back: what a screen reader calls the arrow.
        clear: description of the button that clears the field; "": no such button.
        **options: of the field; ``hint`` is shown while there are no words.
    """
    return toolbar(
        icon_button("arrow-left", on_back, back),
        search_field(query, on_change, **{"hint": "Search", **options}),
        icon_button("close", lambda: on_change(""), clear) if clear and query else None,
    )


def more_options(on_click: Action, **options: Any) -> View:
    """The overflow button, three dots, which opens a menu."""
    return icon_button("dots-vertical", on_click, "More options", **options)


def choice(label: str, selected: bool, on_click: Action, key: str) -> View:
    """A row with a radio button in a dialog."""
    words = text(label, "body_large")
    return row(radio(selected), words, width=FILL, height=48, gap=8, on_click=on_click, key=key)


def tabs(labels: Sequence[str], selected: int, on_select: Callable[[int], Any], **options: Any) -> View:
    """Tabs of equal width, the selected one underlined."""
    return row(
        *(_tab(label, i, i == selected, on_select) for i, label in enumerate(labels)),
        **{
            "width": FILL,
            "height": 48,
            "background": "surface",
            "cls": "android.widget.HorizontalScrollView",
            **options,
        },
    )


def _tab(label: str, index: int, selected: bool, on_select: Callable[[int], Any]) -> View:
    color = "primary" if selected else "on_surface_variant"
    line = make(
        "box", "android.view.View", width=FILL, height=3, radius=(3, 3, 0, 0), background=color, gravity="bottom center"
    )
    return stack(
        text(label, "title_small", color, 1, gravity="center"),
        line if selected else None,
        weight=1,
        height=FILL,
        selected=selected,
        desc=label,
        on_click=lambda: on_select(index),
    )


def bottom_bar(
    items: Sequence[tuple[str, str]], selected: int, on_select: Callable[[int], Any], **options: Any
) -> View:
    """The navigation bar of three to five destinations, (icon, label) each."""
    places = (_place(icon, label, i, i == selected, on_select) for i, (icon, label) in enumerate(items))
    defaults = {"width": FILL, "height": 80, "background": "surface_container", "align": "fill"}
    return row(*places, **{**defaults, **options})


def _place(name: str, label: str, index: int, selected: bool, on_select: Callable[[int], Any]) -> View:
    color = "on_secondary_container" if selected else "on_surface_variant"
    pill = stack(
        icon(name, color=color, gravity="center"),
        width=64,
        height=32,
        radius=16,
        background="secondary_container" if selected else None,
    )
    words = text(label, "label_medium", "on_surface" if selected else "on_surface_variant", 1)
    return column(
        pill,
        words,
        weight=1,
        gap=4,
        align="center",
        justify="center",
        selected=selected,
        desc=label,
        cls="android.widget.FrameLayout",
        on_click=lambda: on_select(index),
    )


def card(*children: View | None, **options: Any) -> View:
    """A column with its own surface and round corners."""
    defaults = {"width": FILL, "background": "surface_container_low", "radius": 12, "elevation": 1, "padding": 16}
    return column(*children, **{"cls": "androidx.cardview.widget.CardView", **defaults, **options})


def placeholder(glyph: str, words: str, id: str = "") -> View:
    """The placeholder of an empty list."""
    middle = column(
        icon(glyph, 72, "outline"),
        text(words, "title_medium", id=id),
        gap=16,
        align="center",
        gravity="center",
    )
    return stack(middle)


def scaffold(
    bar: View | None = None,
    body: View | None = None,
    fab: View | None = None,
    bottom: View | None = None,
    snackbar: View | str | None = None,
    **options: Any,
) -> View:
    """The standard page: top bar, body, floating action button, bottom bar."""
    if body is not None:
        body.width, body.height = FILL, FILL
    if fab is not None:
        fab.gravity, fab.margin = "bottom end", 16
    if isinstance(snackbar, str):
        snackbar = row(
            text(snackbar, "body_medium", "inverse_on_surface", 2, weight=1, id="snackbar_text"),
            gravity="bottom",
            width=FILL,
            min_height=48,
            padding=(16, 6),
            margin=8,
            radius=4,
            background="inverse_surface",
            elevation=3,
        )
    middle = stack(body, fab, snackbar, width=FILL, weight=1, id="content")
    return column(bar, middle, bottom, **{"width": FILL, "height": FILL, "background": "surface", **options})
