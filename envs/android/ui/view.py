"""Views: what a screen is made of, and the constructors that apps write their screens with.

A screen is a function from plain state to a tree of `View`s, made anew whenever something changed; views are never
stored. Sizes are in dp (1 dp = 2.625 px on the default phone); `palaestra.envs.android.ui.layout` gives every view its
place in px. Constructors follow Material 3 (m3.material.io) in their measures, and Android's widgets in their class
names and resource ids, as the accessibility tree of a phone shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

WRAP = -2
"""As large as the content wants (width, height)."""
FILL = -1
"""All the room that the parent has; along a row or column: weight 1."""

Spacing = float | tuple[float, float] | tuple[float, float, float, float]
Action = Callable[[], Any] | None

_SET_BY_APPS = (
    # what it is
    "kind",
    "cls",
    "layout",
    "id",
    "key",
    "text",
    "desc",
    "hint",
    "label",
    "title",
    "icon",
    "style",
    "input_type",
    "action",
    "children",
    # room
    "width",
    "height",
    "weight",
    "min_width",
    "min_height",
    "max_width",
    "padding",
    "margin",
    "gap",
    "align",
    "justify",
    "gravity",
    "horizontal",
    # look
    "background",
    "foreground",
    "radius",
    "elevation",
    "border",
    "font",
    "lines",
    "text_align",
    "size",
    "draw",
    # state and behaviour
    "clickable",
    "long_clickable",
    "checkable",
    "checked",
    "enabled",
    "focusable",
    "scrollable",
    "selected",
    "password",
    "editable",
    "autofocus",
    "blocks",
    "value",
    "low",
    "high",
    "on_click",
    "on_long_click",
    "on_change",
    "on_submit",
    "on_dismiss",
    "on_swipe",
    "on_drag",
    # a list made row by row, a popup's anchor
    "count",
    "build",
    "item_height",
    "header",
    "anchor",
)
_LAID_OUT = (
    "bounds",
    "clip",
    "path",
    "inner",
    "offset",
    "limit",
    "content",
    "focused",
    "cursor",
    "selection",
    "mw",
    "mh",
    "dx",
    "dy",
)


class View:
    """One node of the tree: plain attributes, no behaviour.

    Handlers: `on_click()`, `on_long_click()`, `on_change(value)`, `on_submit()`, `on_dismiss()` (swiped away, or for a
    window's root: back or a touch outside), `on_swipe(direction)` ("up", "down", "left", "right": a drag that nothing
    scrolls with), `on_drag(x, y)` (px of the finger, from its touch on).
    Attributes set by layout: `bounds` (l, t, r, b) px, `clip` (the visible part of them, None where nothing shows),
    `path` (identity among rebuilt trees: the keys from the root on), `inner` (a field's text area), `offset` (px by
    which a scroller's content or a field's text is shifted to the start), `limit` (the largest offset), `content` (px
    length of what scrolls), `focused`, `cursor`, `selection` ((start, end) characters; equal to the cursor when empty).
    `mw`, `mh`, `dx`, `dy` belong to layout alone.
    """

    __slots__ = (*_SET_BY_APPS, *_LAID_OUT)

    def __init__(self, kind: str, cls: str, layout: str = "leaf", children: Sequence[View] = (), /, **options: Any):
        self.kind = kind
        self.cls = cls
        self.layout = layout
        self.children = children
        self.id = self.key = self.text = self.desc = self.hint = self.label = self.title = self.icon = ""
        self.style = self.input_type = self.action = self.gravity = self.path = ""
        self.width = self.height = WRAP
        self.weight = self.min_width = self.min_height = self.max_width = self.padding = self.margin = self.gap = 0
        self.radius = self.elevation = self.lines = self.low = self.count = self.item_height = 0
        self.offset = self.limit = self.content = self.mw = self.mh = self.dx = self.dy = 0
        self.align = self.justify = self.text_align = "start"
        self.font = "body_large"
        self.size = 24
        self.high = 1
        self.enabled = True
        self.horizontal = self.clickable = self.long_clickable = self.checkable = self.checked = False
        self.focusable = self.scrollable = self.selected = self.password = self.editable = False
        self.autofocus = self.blocks = self.focused = False
        self.background = self.foreground = self.border = self.draw = self.value = self.build = self.header = None
        self.on_click = self.on_long_click = self.on_change = self.on_submit = self.on_dismiss = None
        self.on_swipe = self.on_drag = None
        self.anchor = self.bounds = self.clip = self.inner = self.cursor = self.selection = None
        for name, value in options.items():
            setattr(self, name, value)
        if self.on_click is not None:
            self.clickable = self.focusable = True
        if self.on_long_click is not None:
            self.long_clickable = True

    def __repr__(self) -> str:
        name = self.id or self.text or self.desc
        return f"<{self.kind} {self.cls.rpartition('.')[2]} {name!r} {self.bounds}>"


# --- layouts


def _group(cls: str, layout: str, children: Sequence[View | None], options: dict[str, Any]) -> View:
    return View("box", cls, layout, [child for child in children if child is not None], **options)


def column(*children: View | None, gap: float = 0, align: str = "start", justify: str = "start", **options: Any):
    """Children below each other; `align` across (start, center, end, fill), `justify` along (also "between")."""
    options.update(gap=gap, align=align, justify=justify)
    return _group("android.widget.LinearLayout", "column", children, options)


def row(*children: View | None, gap: float = 0, align: str = "center", justify: str = "start", **options: Any) -> View:
    """Children beside each other; None children are dropped, as everywhere."""
    options.update(gap=gap, align=align, justify=justify)
    return _group("android.widget.LinearLayout", "row", children, options)


def stack(*children: View | None, align: str = "start", **options: Any) -> View:
    """Children on top of each other, the last on top.

    `align`, or a child's own `gravity`, places them: words among top, bottom, start, end, center ("bottom end");
    "center" alone centres both ways.
    """
    options["align"] = align
    return _group("android.widget.FrameLayout", "stack", children, options)


def scroll(*children: View | None, horizontal: bool = False, gap: float = 0, **options: Any) -> View:
    """Children in a column (row) that may be longer than the room; fills its parent unless told otherwise.

    With ``justify="end"`` the last child stands at the end, and shows first.
    """
    options = {"width": FILL, "height": WRAP if horizontal else FILL, **options}
    options.update(horizontal=horizontal, scrollable=True, gap=gap)
    cls = "android.widget.HorizontalScrollView" if horizontal else "android.widget.ScrollView"
    return _group(cls, "scroll", children, options)


def lazy_list(
    count: int, build: Callable[[int], View], item_height: float, *, header: View | None = None, **options: Any
) -> View:
    """A list whose rows are all `item_height` dp high; only those in sight are built.

    Args:
        count: number of rows.
        build: makes row i.
        item_height: dp.
        header: scrolls along, above the rows.
        **options: attributes; a list fills its parent unless told otherwise.
    """
    options = {"width": FILL, "height": FILL, **options}
    return View(
        "box",
        "androidx.recyclerview.widget.RecyclerView",
        "list",
        (),
        count=count,
        build=build,
        item_height=item_height,
        header=header,
        scrollable=True,
        focusable=True,
        **options,
    )


def spacer(size: float = 0, weight: float = 0, **options: Any) -> View:
    """Empty room: `size` dp both ways, or a share of what the row or column has left."""
    return View("box", "android.widget.Space", **{"width": size, "height": size, "weight": weight, **options})


# --- leaves


def text(value: str, font: str = "body_large", color: str = "on_surface", lines: int = 0, **options: Any) -> View:
    """Words. `lines` is the most lines shown (0: any), the last one ends in an ellipsis."""
    return View("text", "android.widget.TextView", text=value, font=font, foreground=color, lines=lines, **options)


def icon(name: str, size: float = 24, color: str = "on_surface_variant", desc: str = "", **options: Any) -> View:
    """A glyph of Material Design Icons by name ("wifi")."""
    options = {"width": size, "height": size, **options}
    return View("icon", "android.widget.ImageView", icon=name, size=size, foreground=color, desc=desc, **options)


def image(draw: tuple | Callable, width: float, height: float, *, desc: str = "", **options: Any) -> View:
    """A picture that `draw` paints: a function(canvas, rect, theme, *args), or the tuple (function, *args)."""
    draw = draw if isinstance(draw, tuple) else (draw,)
    return View("image", "android.widget.ImageView", draw=draw, width=width, height=height, desc=desc, **options)


def canvas(function: Callable, *args: Any, **options: Any) -> View:
    """Own drawing: `function(canvas, rect_px, theme, *args)`; hashable args, equal args mean equal pixels."""
    return View("canvas", "android.view.View", draw=(function, *args), **options)


def thumbnail(root: View | None, size: tuple[int, int], **options: Any) -> View:
    """A laid out tree drawn small, as a picture: nothing in it can be touched or read.

    Args:
        root: the tree; None draws nothing.
        size: width and height that it was laid out in, px.
        **options: attributes.
    """
    return View("thumbnail", "android.view.View", value=(root, size), **options)


def divider(**options: Any) -> View:
    """A hairline across."""
    return View(
        "divider", "android.view.View", **{"width": FILL, "height": 1, "foreground": "outline_variant", **options}
    )


def progress(value: float | None = None, *, circular: bool = False, **options: Any) -> View:
    """A bar (or ring) filled to `value` in [0, 1]; None: busy for an unknown time."""
    room = {"width": 48, "height": 48} if circular else {"width": FILL, "height": 4}
    options = {"style": "circular" if circular else "linear", "foreground": "primary", **room, **options}
    return View("progress", "android.widget.ProgressBar", value=value, **options)


# --- what is pressed

_BUTTONS = {
    "filled": ("primary", "on_primary", None),
    "tonal": ("secondary_container", "on_secondary_container", None),
    "outlined": (None, "primary", "outline"),
    "text": (None, "primary", None),
    "elevated": ("surface_container_low", "primary", None),
}


def button(label: str, on_click: Action, style: str = "filled", icon: str | None = None, **options: Any) -> View:
    """A Material button; `style` is filled, tonal, outlined, text or elevated."""
    background, foreground, border = _BUTTONS[style]
    sides = 12 if style == "text" else 24
    defaults = {
        "height": 40,
        "min_width": 48,
        "padding": (16 if icon else sides, 0, sides, 0),
        "radius": 20,
        "background": background,
        "foreground": foreground,
        "border": border,
        "font": "label_large",
    }
    return View(
        "button",
        "android.widget.Button",
        text=label,
        on_click=on_click,
        style=style,
        icon=icon or "",
        lines=1,
        size=18,
        text_align="center",
        **{**defaults, **options},
    )


def icon_button(icon: str, on_click: Action, desc: str, **options: Any) -> View:
    """A glyph to press, 48 dp square; `desc` is what a screen reader says."""
    defaults = {"width": 48, "height": 48, "size": 24, "radius": 24, "foreground": "on_surface_variant"}
    return View(
        "icon", "android.widget.ImageButton", icon=icon, on_click=on_click, desc=desc, **{**defaults, **options}
    )


def fab(icon: str, on_click: Action, desc: str = "", label: str | None = None, **options: Any) -> View:
    """The floating action button; with a label it is the wide one."""
    defaults = {
        "height": 56,
        "radius": 16,
        "elevation": 3,
        "background": "primary_container",
        "size": 24,
        "foreground": "on_primary_container",
        "font": "label_large",
        **({"padding": (16, 0, 20, 0), "min_width": 80} if label else {"width": 56}),
    }
    cls = "android.widget.Button" if label else "android.widget.ImageButton"
    return View(
        "button",
        cls,
        text=label or "",
        icon=icon,
        on_click=on_click,
        desc=desc or label or "",
        style="fab",
        lines=1,
        text_align="center",
        **{**defaults, **options},
    )


def text_field(
    value: str,
    on_change: Callable[[str], Any] | None,
    *,
    hint: str = "",
    label: str = "",
    id: str = "",
    input_type: str = "text",
    on_submit: Action = None,
    leading: View | None = None,
    trailing: View | None = None,
    autofocus: bool = False,
    style: str = "outlined",
    **options: Any,
) -> View:
    """A field to type into. The caller keeps the text: `on_change` gets the new one, the next tree shows it.

    Args:
        value: the text.
        on_change: called with the whole new text after every edit.
        hint: shown while empty. A label takes its place when there is one.
        label: floats above the text once there is some, or the field has the focus.
        id: resource id of the EditText.
        input_type: text, number, phone, email, password or multiline.
        on_submit: the keyboard's action key (done, go, search) calls it.
        leading: icon before the text.
        trailing: icon or icon button behind it.
        autofocus: takes the focus (and brings the keyboard) when it first shows.
        style: outlined, filled or bare.
        **options: attributes; `action` names the keyboard's action key ("search", "done", "next", "send", "go").
    """
    multiline = input_type == "multiline"
    left, right = (52 if leading else 16), (52 if trailing else 16)
    if style == "outlined":
        look = {"border": "outline", "radius": 4, "min_height": 56, "padding": (left, 16, right, 16)}
    elif style == "filled":
        top = 24 if label else 16
        look = {
            "background": "surface_container_highest",
            "radius": (4, 4, 0, 0),
            "min_height": 56,
            "padding": (left, top, right, 8 if label else 16),
        }
    else:
        look = {"min_height": 48, "padding": (left if leading else 0, 12, right if trailing else 0, 12)}
    for child, side in ((leading, "start"), (trailing, "end")):
        if child is not None:
            child.gravity = f"{side} top" if multiline else f"{side} center"
            child.margin = (0 if child.clickable else 12, 0)
    defaults = {"width": FILL, "font": "body_large", "foreground": "on_surface", "lines": 0 if multiline else 1, **look}
    return View(
        "field",
        "android.widget.EditText",
        "field",
        [child for child in (leading, trailing) if child is not None],
        text=value,
        on_change=on_change,
        hint=hint,
        label=label,
        id=id,
        input_type=input_type,
        on_submit=on_submit,
        autofocus=autofocus,
        style=style,
        password=input_type == "password",
        editable=True,
        clickable=True,
        long_clickable=True,
        focusable=True,
        **{**defaults, **options},
    )


def _toggle(kind: str, cls: str, checked: bool, on_change: Callable[[bool], Any] | None, options: dict) -> View:
    # without on_change it only shows its state: the row around it is what is pressed
    pressed = on_change is not None
    return View(
        kind,
        cls,
        checkable=True,
        checked=bool(checked),
        on_change=on_change,
        clickable=pressed,
        focusable=pressed,
        **options,
    )


def switch(checked: bool, on_change: Callable[[bool], Any] | None = None, **options: Any) -> View:
    """On or off; `on_change` gets the new value. Without it the switch only shows (its row is pressed)."""
    return _toggle("switch", "android.widget.Switch", checked, on_change, {"width": 52, "height": 32, **options})


def checkbox(checked: bool, on_change: Callable[[bool], Any] | None = None, **options: Any) -> View:
    """Ticked or not; `text` (an option) stands beside the box."""
    return _toggle(
        "checkbox", "android.widget.CheckBox", checked, on_change, {"min_width": 40, "height": 40, **options}
    )


def radio(checked: bool, on_change: Callable[[bool], Any] | None = None, **options: Any) -> View:
    """One of several; `on_change` gets True. `text` (an option) stands beside the ring."""
    return _toggle(
        "radio", "android.widget.RadioButton", checked, on_change, {"min_width": 40, "height": 40, **options}
    )


def slider(
    value: float, low: float, high: float, on_change: Callable[[float], Any] | None, desc: str = "", **options: Any
) -> View:
    """A value in [low, high] that is dragged; whole numbers when both ends are."""
    options = {"width": FILL, "height": 48, **options}
    return View(
        "slider",
        "android.widget.SeekBar",
        value=value,
        low=low,
        high=high,
        on_change=on_change,
        desc=desc,
        focusable=True,
        **options,
    )


def chip(label: str, selected: bool = False, on_click: Action = None, icon: str | None = None, **options: Any) -> View:
    """A small pill; filled and ticked when selected."""
    look = (
        {"background": "secondary_container", "foreground": "on_secondary_container"}
        if selected
        else {"border": "outline_variant", "foreground": "on_surface_variant"}
    )
    icon = "check" if selected and icon is None else icon or ""
    defaults = {"height": 32, "radius": 8, "padding": (8 if icon else 16, 0, 16, 0), "font": "label_large", **look}
    return View(
        "button",
        "com.google.android.material.chip.Chip",
        text=label,
        icon=icon,
        on_click=on_click,
        selected=selected,
        checkable=True,
        checked=selected,
        style="chip",
        lines=1,
        size=18,
        text_align="center",
        **{**defaults, **options},
    )


# --- Material groups


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
    return _group(
        "android.widget.LinearLayout",
        "row",
        (leading, words, trailing),
        {**defaults, "on_click": on_click, "on_long_click": on_long_click, "selected": selected, **options},
    )


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


def tabs(labels: Sequence[str], selected: int, on_select: Callable[[int], Any], **options: Any) -> View:
    """Equal tabs with a line below the selected one."""
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
    line = View(
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
    """Three to five places to go: (icon, label) each."""
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


def scaffold(
    bar: View | None = None,
    body: View | None = None,
    fab: View | None = None,
    bottom: View | None = None,
    snackbar: View | str | None = None,
    **options: Any,
) -> View:
    """The usual page: bar on top, body, a button floating over its lower right, a bar at the bottom."""
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


# --- windows of their own

_SCRIM = "#52000000"


def dialog(
    title: str,
    *children: View | str | None,
    buttons: Sequence[tuple[str, Action]] = (),
    on_dismiss: Action = None,
    icon: View | None = None,
    **options: Any,
) -> View:
    """A question in the middle of the screen: a window of its own, for `Page.windows`.

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


def bottom_sheet(*children: View | None, on_dismiss: Action = None, title: str = "", **options: Any) -> View:
    """A panel that stands on the lower edge: a window of its own, for `Page.windows`."""
    handle = View(
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
    **options: Any,
) -> View:
    """A popup list: a window of its own, for `Page.windows`. Every choice dismisses it first.

    Args:
        items: (label, on_click); on_click None: greyed out.
        on_dismiss: called by back, by a touch outside and before a choice.
        anchor: path, id or key of a view of the page below, or px bounds; None: the upper right corner.
        **options: attributes of the panel.
    """

    def choose(on_click: Action) -> Action:
        def chosen() -> None:
            if on_dismiss is not None:
                on_dismiss()
            on_click()

        return chosen if on_click is not None else None

    rows = [
        row(
            text(label, "body_large", "on_surface" if on_click else "outline", 1, id="title"),
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
    return View(
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
