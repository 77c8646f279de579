"""Views, the nodes of a screen, and the constructors of layouts and leaves.

A screen is a function from plain state to a tree of `View`s, rebuilt after every change; views are never stored.
Sizes are in dp (1 dp = 2.625 px on the default phone); `palaestra.envs.android.ui.layout` computes the bounds in px.
Constructors follow Material 3 (m3.material.io) in their measures, and Android's widgets in their class names and
resource ids, as in the accessibility tree of a phone. `controls` has buttons and input fields, `groups`
Material's compound views, `dialogs` the windows over a page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

WRAP = -2
"""As large as the content (width, height)."""
FILL = -1
"""As large as the parent; along a row or column: weight 1."""

Bounds = tuple[int, int, int, int]
"""Left, top, right, bottom, px."""
Spacing = float | tuple[float, float] | tuple[float, float, float, float]
"""For all sides, (horizontal, vertical), or (left, top, right, bottom)."""
Radius = float | tuple[float, float, float, float]
"""For all corners, or clockwise from the upper left."""
Action = Callable[[], Any] | None


@dataclass(slots=True, eq=False, repr=False)
class View:
    """One node of the tree: plain attributes, no behaviour.

    The last ones are set by layout, the others by the creator.
    """

    kind: str
    """Determines drawing and touch: box, text, icon, image, canvas, thumbnail, button, field, switch, ..."""
    cls: str
    """Android's class name, for accessibility."""
    layout: str = "leaf"
    """Arrangement of its children: leaf, column, row, stack, scroll, list, paragraph, field or popup."""
    children: Sequence[View] = ()

    # The others are given by keyword. KW_ONLY would make every view take twice as long: a call looks up each default.

    # identity and text
    id: str = ""
    """Android's resource id."""
    key: str = ""
    """Unique among its siblings; by default the index."""
    text: str = ""
    desc: str = ""
    """Content description, spoken by a screen reader."""
    hint: str = ""
    label: str = ""
    title: str = ""
    icon: str = ""
    style: str = ""
    input_type: str = ""
    action: str = ""
    """The keyboard's action key for a field."""
    capitals: str = ""
    """What the soft keyboard begins with a capital in a field: words, sentences or nothing."""

    # size and spacing, dp
    width: float = WRAP
    height: float = WRAP
    weight: float = 0
    min_width: float = 0
    min_height: float = 0
    max_width: float = 0
    padding: Spacing = 0
    margin: Spacing = 0
    gap: float = 0
    align: str = "start"
    justify: str = "start"
    gravity: str = ""
    horizontal: bool = False

    # appearance
    background: str | None = None
    foreground: str | None = None
    radius: Radius = 0
    elevation: float = 0
    border: str | None = None
    font: str = "body_large"
    lines: int = 0
    text_align: str = "start"
    marks: tuple[tuple[int, int, str], ...] = ()
    """Spans of a text's characters and the colour behind them: (start, end, colour)."""
    size: float = 24
    draw: tuple[Any, ...] | None = None
    """Custom drawing: a function and its arguments."""

    # state and behaviour
    clickable: bool = False
    long_clickable: bool = False
    checkable: bool = False
    checked: bool = False
    enabled: bool = True
    focusable: bool = False
    scrollable: bool = False
    selected: bool = False
    password: bool = False
    editable: bool = False
    autofocus: bool = False
    blocks: bool = False
    """Touches do not pass through it."""
    value: Any = None
    """A slider's or progress bar's number, a thumbnail's tree, or data of the creator."""
    low: float = 0
    high: float = 1
    on_click: Action = None
    on_long_click: Action = None
    on_change: Callable[[Any], Any] | None = None
    on_submit: Action = None
    on_dismiss: Action = None
    """Swiped away; for a window's root: back, or a touch outside."""
    on_swipe: Callable[[str], Any] | None = None
    """Called with "up", "down", "left" or "right" for a drag that scrolls nothing."""
    on_drag: Callable[[float, float], Any] | None = None
    """Called with the finger's position, px, while it is down."""

    # a lazily built list, a popup's anchor
    count: int = 0
    build: Callable[[int], View] | None = None
    item_height: float = 0
    header: View | None = None
    anchor: str | Bounds | None = None

    # set by layout
    bounds: Bounds = (0, 0, 0, 0)
    """Left, top, right, bottom, px."""
    clip: Bounds | None = None
    """The visible part of the bounds; None where nothing shows."""
    path: str = ""
    """Its identity among rebuilt trees: the keys from the root on."""
    inner: Bounds | None = None
    """The text area of a field."""
    offset: int = 0
    """Px by which a scroller's content or a field's text is shifted to the start."""
    limit: int = 0
    """The largest offset."""
    content: int = 0
    """Length of what scrolls, px."""
    focused: bool = False
    cursor: int | None = None
    selection: tuple[int, int] | None = None
    """Characters (start, end); equal to the cursor when empty."""
    mw: int = 0
    mh: int = 0
    dx: int = 0
    dy: int = 0
    """Measured size and place in the parent, for layout alone."""

    def __post_init__(self) -> None:
        if self.on_click is not None:
            self.clickable = self.focusable = True
        if self.on_long_click is not None:
            self.long_clickable = True

    def __repr__(self) -> str:
        name = self.id or self.text or self.desc
        return f"<{self.kind} {self.cls.rpartition('.')[2]} {name!r} {self.bounds}>"


def make(kind: str, cls: str, layout: str = "leaf", children: Sequence[View] = (), /, **options: Any) -> View:
    """A view whose options may name another class."""
    return View(kind, options.pop("cls", cls), layout, children, **options)


# --- layouts


def _group(cls: str, layout: str, children: Sequence[View | None], options: dict[str, Any]) -> View:
    if "cls" in options:
        cls = options.pop("cls")
    return View("box", cls, layout, [child for child in children if child is not None], **options)


def column(
    *children: View | None, gap: float = 0, align: str = "start", justify: str = "start", **options: Any
) -> View:
    """Children below each other; `align` across (start, center, end, fill), `justify` along (also "between")."""
    options["gap"], options["align"], options["justify"] = gap, align, justify
    return _group("android.widget.LinearLayout", "column", children, options)


def row(*children: View | None, gap: float = 0, align: str = "center", justify: str = "start", **options: Any) -> View:
    """Children beside each other; None children are dropped, as everywhere."""
    options["gap"], options["align"], options["justify"] = gap, align, justify
    return _group("android.widget.LinearLayout", "row", children, options)


def stack(*children: View | None, align: str = "start", **options: Any) -> View:
    """Children on top of each other, the last on top.

    `align`, or a child's own `gravity`, places them: words among top, bottom, start, end, center ("bottom end");
    "center" alone centres both ways.
    """
    options["align"] = align
    return _group("android.widget.FrameLayout", "stack", children, options)


def scroll(*children: View | None, horizontal: bool = False, gap: float = 0, **options: Any) -> View:
    """Children in a column (row) that may be longer than the room; fills its parent by default.

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
        **options: attributes; a list fills its parent by default.
    """
    options = {"width": FILL, "height": FILL, **options}
    return make(
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


def grid(*cells: View | None, columns: int, gap: float = 0, **options: Any) -> View:
    """Cells of equal width in rows of `columns`, each row as high as its highest cell; None cells are dropped."""
    present = [cell for cell in cells if cell is not None]
    for cell in present:
        cell.weight = 1
    rows = [present[start : start + columns] for start in range(0, len(present), columns)]
    lines = [
        row(*line, *(spacer(weight=1) for _ in range(columns - len(line))), gap=gap, align="fill", width=FILL)
        for line in rows
    ]
    return column(*lines, gap=gap, **{"width": FILL, "cls": "android.widget.GridView", **options})


def spacer(size: float = 0, weight: float = 0, **options: Any) -> View:
    """Empty room: `size` dp both ways, or a share of what the row or column has left."""
    return make("box", "android.widget.Space", **{"width": size, "height": size, "weight": weight, **options})


# --- leaves


def text(value: str, font: str = "body_large", color: str = "on_surface", lines: int = 0, **options: Any) -> View:
    """Words. `lines` is the most lines shown (0: any), the last one ends in an ellipsis."""
    cls = options.pop("cls", "android.widget.TextView")
    return View("text", cls, text=value, font=font, foreground=color, lines=lines, **options)


def link(value: str, on_click: Action, color: str = "primary", **options: Any) -> View:
    """Words of a `paragraph` that can be touched."""
    return text(value, color=color, on_click=on_click, **{"cls": "android.view.View", **options})


def paragraph(*pieces: View | str, font: str = "body_large", color: str = "on_surface", **options: Any) -> View:
    """Words and links that run on from line to line; layout makes one text of each piece's part of a line.

    Args:
        *pieces: words, or texts and links, in order; a space between two is part of one of them.
        font: of all pieces, whatever their own.
        color: of the words.
        **options: attributes.
    """
    parts = [text(piece, font, color) if isinstance(piece, str) else piece for piece in pieces]
    return make("box", "android.view.View", "paragraph", (), value=tuple(parts), font=font, **options)


def icon(name: str, size: float = 24, color: str = "on_surface_variant", desc: str = "", **options: Any) -> View:
    """A glyph of Material Design Icons by name ("wifi")."""
    options = {"width": size, "height": size, **options}
    cls = options.pop("cls", "android.widget.ImageView")
    return View("icon", cls, icon=name, size=size, foreground=color, desc=desc, **options)


def image(draw: tuple | Callable, width: float, height: float, *, desc: str = "", **options: Any) -> View:
    """A picture that `draw` paints: a function(canvas, rect, theme, *args), or the tuple (function, *args)."""
    draw = draw if isinstance(draw, tuple) else (draw,)
    return make("image", "android.widget.ImageView", draw=draw, width=width, height=height, desc=desc, **options)


def canvas(function: Callable, *args: Any, **options: Any) -> View:
    """Own drawing: `function(canvas, rect_px, theme, *args)`; hashable args, equal args mean equal pixels."""
    return make("canvas", "android.view.View", draw=(function, *args), **options)


def thumbnail(root: View | None, size: tuple[int, int], **options: Any) -> View:
    """A laid out tree drawn small, as a picture: nothing in it can be touched or read.

    Args:
        root: the tree; None draws nothing.
        size: width and height that it was laid out in, px.
        **options: attributes.
    """
    return make("thumbnail", "android.view.View", value=(root, size), **options)


def divider(**options: Any) -> View:
    """A hairline across."""
    return make(
        "divider", "android.view.View", **{"width": FILL, "height": 1, "foreground": "outline_variant", **options}
    )


def progress(value: float | None = None, *, circular: bool = False, **options: Any) -> View:
    """A bar (or ring) filled to `value` in [0, 1]; None: busy for an unknown time."""
    room = {"width": 48, "height": 48} if circular else {"width": FILL, "height": 4}
    options = {"style": "circular" if circular else "linear", "foreground": "primary", **room, **options}
    return make("progress", "android.widget.ProgressBar", value=value, **options)
