"""Windows over a page, for `Page.windows`: dialogs, sheets, menus."""

from collections.abc import Sequence
from typing import Any

from palaestra.envs.android.ui.controls import button
from palaestra.envs.android.ui.view import FILL, WRAP, Action, View, column, make, row, scroll, stack, text

_SCRIM = "#52000000"


def dialog(
    title: str,
    *children: View | str | None,
    buttons: Sequence[tuple[str, Action]] = (),
    on_dismiss: Action = None,
    icon: View | None = None,
    **options: Any,
) -> View:
    """A dialog in the middle of the screen, for `Page.windows`.

    Args:
        title: headline; "" none.
        *children: what it says; a str becomes a message.
        buttons: (label, on_click) from left to right; the last is the positive one (android:id/button1).
        on_dismiss: called by back and by a touch outside.
        icon: above the title.
        **options: attributes of the panel.
    """
    parts = [
        text(child, "body_medium", "on_surface_variant", id="android:id/message") if isinstance(child, str) else child
        for child in children
    ]
    for part in parts:
        if part is not None and part.layout == "row" and part.clickable:
            part.padding = (0, 8)  # a list's rows begin below the title
    ids = ("android:id/button1", "android:id/button2", "android:id/button3")
    row_of_buttons = [
        button(label, on_click, "text", id=ids[min(2, len(buttons) - 1 - i)], enabled=on_click is not None)
        for i, (label, on_click) in enumerate(buttons)
    ]
    labelled = parts and parts[0] is not None and parts[0].kind == "field" and parts[0].style == "outlined"
    room = (24, 8 if labelled else 0, 24, 0)  # a floating label needs some above its field
    body = scroll(*parts, height=WRAP, gap=16, padding=room, key="body", id="customPanel") if parts else None
    panel = column(
        icon,
        text(title, "headline_small", padding=(24, 0), id="android:id/alertTitle") if title else None,
        body,
        row(*row_of_buttons, width=FILL, gap=8, justify="end", padding=(24, 0), id="buttonPanel")
        if row_of_buttons
        else None,
        **{
            "width": FILL,
            "max_width": 560,
            "margin": 32,
            "padding": (0, 24, 0, 20),
            "gap": 16,
            "radius": 28,
            "background": "surface_container_high",
            "elevation": 3,
            "gravity": "center",
            "blocks": True,
            "id": "parentPanel",
            **options,
        },
    )
    return stack(panel, width=FILL, height=FILL, background=_SCRIM, on_dismiss=on_dismiss, title=title, style="dialog")


def tighten(root: View) -> None:
    """Give a dialog's contents the room of its margins, because there is little."""
    panel = root.children[0]
    panel.margin, panel.padding, panel.gap = (32, 8), (0, 12, 0, 8), 8


def narrow(root: View) -> None:
    """Give a dialog's contents the room of its margins, because the screen is narrow."""
    panel = root.children[0]
    panel.margin = 16
    for part in panel.children:
        if part.id == "buttonPanel":
            part.gap, part.padding = 0, (12, 0)


def yes_or_no(question: str, on_yes: Action, on_no: Action) -> View:
    """A confirmation before a destructive action."""
    return dialog("", question, buttons=[("No", on_no), ("Yes", on_yes)], on_dismiss=on_no)


def bottom_sheet(*children: View | None, on_dismiss: Action = None, title: str = "", **options: Any) -> View:
    """A bottom sheet, for `Page.windows`."""
    handle = make(
        "box", "android.view.View", width=32, height=4, radius=2, background="outline", margin=(0, 12), gravity="center"
    )
    panel = column(
        handle,
        *children,
        **{
            "width": FILL,
            "radius": (28, 28, 0, 0),
            "background": "surface_container_low",
            "elevation": 1,
            "padding": (0, 0, 0, 24),
            "gravity": "bottom",
            "blocks": True,
            "margin": (0, 72, 0, 0),
            "id": "design_bottom_sheet",
            **options,
        },
    )
    return stack(panel, width=FILL, height=FILL, background=_SCRIM, on_dismiss=on_dismiss, title=title, style="sheet")


def menu(
    items: Sequence[tuple[str, Action]],
    on_dismiss: Action = None,
    anchor: str | tuple[int, int, int, int] | None = None,
    *,
    header: View | None = None,
    title_id: str = "title",
    **options: Any,
) -> View:
    """A popup menu, for `Page.windows`. Every choice first dismisses it.

    Args:
        items: (label, on_click); on_click None: greyed out.
        on_dismiss: called by back, by a touch outside and before a choice.
        anchor: path, id or key of a view below, or px bounds; None: the upper right corner.
        header: above the items.
        title_id: resource id of the labels.
        **options: attributes of the panel.
    """

    def choose(on_click: Action) -> Action:
        if on_click is None:
            return None

        def chosen() -> None:
            if on_dismiss is not None:
                on_dismiss()
            on_click()

        return chosen

    rows = [
        row(
            text(label, "body_large", "on_surface" if on_click else "outline", 1, id=title_id),
            width=FILL,
            height=48,
            padding=(12, 0),
            on_click=choose(on_click),
            enabled=on_click is not None,
            key=str(i),
            id="content",
        )
        for i, (label, on_click) in enumerate(items)
    ]
    panel = scroll(
        header,
        *rows,
        **{
            "cls": "android.widget.ListView",
            "width": 200,
            "height": WRAP,
            "padding": (0, 8),
            "radius": 4,
            "background": "surface_container_high",
            "elevation": 2,
            "blocks": True,
            **options,
        },
    )
    return make(
        "box",
        "android.widget.FrameLayout",
        "popup",
        [panel],
        width=FILL,
        height=FILL,
        on_dismiss=on_dismiss,
        anchor=anchor,
        style="menu",
    )
