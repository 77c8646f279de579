"""Layout of a view tree: one pass measures, one assigns bounds, both in whole px.

A view is measured with the room there is; it may take less, unless the room is exact. Rows and columns share what is
left among their children with weight. Children always lie inside their parents, except along a scroller's axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.android.ui.measures import measures_of
from palaestra.envs.android.ui.paragraphs import wrap
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.tree import find, named
from palaestra.envs.android.ui.view import FILL, WRAP, Bounds, View

_ENDLESS = 1 << 24
_NO_SIDES = (0, 0, 0, 0)


def arrange(
    root: View,
    bounds: Bounds,
    theme: Theme,
    scrolls: Mapping[str, int] | None = None,
    focus: Mapping[str, Any] | None = None,
    under: Sequence[View] = (),
) -> None:
    """Places a whole tree: sets bounds, clip, path and the scrollers' offsets; builds the rows of lists in sight.

    Args:
        root: fills the bounds, whatever its own size. Its path is its `key`.
        bounds: px.
        theme: measures text: `scale` (px per dp), `text_size`, `measure`, `line_height`, `breaks`.
        scrolls: path of a scroller -> px it is scrolled by; clamped to what there is.
        focus: {"path", "cursor", "anchor"} of the field being edited, when it may be in this tree.
        under: the arranged trees below a popup, where its anchor is looked up, the topmost last.
    """
    run = _Run(theme, scrolls or {}, focus)
    left, top, right, bottom = bounds
    anchor = root.anchor
    if isinstance(anchor, str):
        beside = next((view for tree in reversed(under) if (view := find(tree, anchor) or named(tree, anchor))), None)
        anchor = beside.bounds if beside is not None else None
    if anchor is not None:
        anchor = (anchor[0] - left, anchor[1] - top, anchor[2] - left, anchor[3] - top)
    root.anchor = anchor
    run.measure(root, right - left, bottom - top, True, True)
    run.place(root, left, top, left, top, right, bottom, root.key)


class _Run:
    """One run of layout: the theme's measures, the offsets and the focus that it goes by."""

    __slots__ = ("focus", "focus_path", "px", "scrolls", "sides", "theme")

    def __init__(self, theme: Theme, scrolls: Mapping[str, int], focus: Mapping[str, Any] | None):
        self.px, self.sides = measures_of(theme.scale)
        self.theme = theme
        self.scrolls = scrolls
        self.focus = focus
        self.focus_path = focus["path"] if focus else None

    # --- sizes: mw, mh of the view; dx, dy of its children from the corner of their parent

    def fit(self, child: View, room_w: int, room_h: int, fill_w: bool = False, fill_h: bool = False) -> None:
        """Measures a child that may fill, wrap or have a size of its own; its margins are already off the room."""
        if room_w < 0:
            room_w = 0
        if room_h < 0:
            room_h = 0
        w, h = child.width, child.height
        exact_w = exact_h = False
        if w == FILL or (fill_w and w == WRAP):
            exact_w = room_w < _ENDLESS
        elif w != WRAP:
            px = self.px[w]
            room_w, exact_w = px if px < room_w else room_w, True
        if h == FILL or (fill_h and h == WRAP):
            exact_h = room_h < _ENDLESS
        elif h != WRAP:
            px = self.px[h]
            room_h, exact_h = px if px < room_h else room_h, True
        if child.max_width:
            room_w = min(room_w, self.px[child.max_width])
        self.measure(child, room_w, room_h, exact_w, exact_h)

    def measure(self, view: View, room_w: int, room_h: int, exact_w: bool, exact_h: bool) -> None:
        layout = view.layout
        if layout == "leaf":
            if exact_w and exact_h:
                view.mw, view.mh = room_w, room_h
                return
            w, h = self.leaf(view, room_w)
        elif layout == "column":
            w, h = self.line(view, room_w, room_h, exact_w, exact_h, True)
        elif layout == "row":
            w, h = self.line(view, room_w, room_h, exact_w, exact_h, False)
        elif layout == "stack":
            w, h = self.stack(view, room_w, room_h, exact_w, exact_h)
        elif layout == "scroll":
            w, h = self.scroll(view, room_w, room_h, exact_w, exact_h)
        elif layout == "list":
            w, h = self.list(view, room_w)
        elif layout == "field":
            w, h = self.field(view, room_w)
        elif layout == "paragraph":
            w, h = self.paragraph(view, room_w)
        else:
            w, h = self.popup(view, room_w, room_h)
        if exact_w:
            w = room_w
        else:
            if view.min_width:
                w = max(w, self.px[view.min_width])
            if w > room_w:
                w = room_w
        if exact_h:
            h = room_h
        else:
            if view.min_height:
                h = max(h, self.px[view.min_height])
            if h > room_h:
                h = room_h
        view.mw, view.mh = w, h
        if layout == "column":
            self.put_line(view, True)
        elif layout == "row":
            self.put_line(view, False)
        elif layout == "stack" or layout == "field":
            self.put_stack(view)
        elif layout == "scroll":
            self.put_line(view, not view.horizontal)

    def leaf(self, view: View, room_w: int) -> tuple[int, int]:
        left, top, right, bottom = self.sides[view.padding]
        kind = view.kind
        if kind == "text":
            w, h = self.theme.text_size(view.text, view.font, max(0, room_w - left - right), view.lines)
        elif kind == "icon":
            w = h = self.px[view.size]
        elif kind == "button":
            w = self.theme.measure(view.text, view.font) if view.text else 0
            if view.icon:
                w += self.px[view.size] + (self.px[8] if view.text else 0)
            h = self.theme.line_height(view.font)
        elif view.text:  # the words beside a check box, radio button or switch
            w = self.px[48] + self.theme.measure(view.text, view.font)
            h = self.theme.line_height(view.font)
        else:
            w = h = 0
        return w + left + right, h + top + bottom

    def line(
        self, view: View, room_w: int, room_h: int, exact_w: bool, exact_h: bool, down: bool, scrolls: bool = False
    ) -> tuple[int, int]:
        """Children below each other (down) or beside each other."""
        left, top, right, bottom = self.sides[view.padding]
        children = view.children
        gaps = self.px[view.gap] * (len(children) - 1) if view.gap and children else 0
        if down:
            across, exact_across = room_w - left - right, exact_w
            room = _ENDLESS if scrolls else room_h - top - bottom - gaps
            shares = exact_h or room_h < _ENDLESS
        else:
            across, exact_across = room_h - top - bottom if room_h < _ENDLESS else _ENDLESS, exact_h
            room = _ENDLESS if scrolls else room_w - left - right - gaps
            shares = exact_w or room_w < _ENDLESS
        shares = shares and not scrolls
        fill = view.align == "fill"
        # in a row that is as high as its children, whoever fills is measured last
        late = not down and not exact_across
        rest, widest, weights = room, 0, 0.0
        heavy: list[View] = []
        yielding: list[View] = []  # scrollers take what the others leave
        filling = False
        fit, sides = self.fit, self.sides
        for child in children:
            if child.margin:
                margin = sides[child.margin]
                along, beside = margin[1] + margin[3], margin[0] + margin[2]
                if not down:
                    along, beside = beside, along
            else:
                along = beside = 0
            if shares and (child.weight or (child.height if down else child.width) == FILL):
                heavy.append(child)
                weights += child.weight or 1
                rest -= along
                continue
            if down and child.layout == "scroll" and not child.horizontal and not scrolls:
                yielding.append(child)
                rest -= along
                continue
            if down:
                fit(child, across - beside, rest - along, fill)
                rest -= child.mh + along
                size = child.mw + beside
            else:
                waits = late and (fill or child.height == FILL)
                filling = filling or waits
                fit(child, rest - along, _ENDLESS if waits else across - beside, False, fill)
                rest -= child.mw + along
                size = child.mh + beside if not (waits and child.height == FILL) else 0
            if size > widest:
                widest = size
        for child in yielding:
            margin = self.sides[child.margin]
            self.fit(child, across - margin[0] - margin[2], rest, fill)
            rest -= child.mh
            widest = max(widest, child.mw + margin[0] + margin[2])
        left_over = rest if rest > 0 else 0
        for child in heavy:
            margin = self.sides[child.margin]
            share = int(left_over * (child.weight or 1) / weights)
            left_over -= share
            weights -= child.weight or 1
            rest -= share
            if down:
                size = self.share(child, across - margin[0] - margin[2], share, fill, True) + margin[0] + margin[2]
            else:
                waits = late and (fill or child.height == FILL)
                filling = filling or waits
                beside = margin[1] + margin[3]
                size = self.share(child, share, _ENDLESS if waits else across - beside, fill, False) + beside
                if waits and child.height == FILL:
                    size = 0
            if size > widest:
                widest = size
        if filling:
            widest = min(max(widest, self.px[view.min_height] - top - bottom), across)
            for child in children:
                if fill or child.height == FILL:
                    margin = self.sides[child.margin]
                    self.measure(child, child.mw, max(0, widest - margin[1] - margin[3]), True, True)
        used = room - rest + gaps
        if down:
            return widest + left + right, used + top + bottom
        return used + left + right, widest + top + bottom

    def share(self, child: View, room_w: int, room_h: int, fill: bool, down: bool) -> int:
        """Measures a child whose length along the line is given; returns its size across."""
        size = child.width if down else child.height
        room = room_w if down else room_h
        exact = size == FILL or (fill and size == WRAP)
        if not exact and size != WRAP:
            room, exact = min(room, self.px[size]), True
        exact = exact and room < _ENDLESS
        room = room if room > 0 else 0
        if down:
            if child.max_width:
                room = min(room, self.px[child.max_width])
            self.measure(child, room, room_h, exact, True)
            return child.mw
        self.measure(child, room_w, room, True, exact)
        return child.mh

    def stack(self, view: View, room_w: int, room_h: int, exact_w: bool, exact_h: bool) -> tuple[int, int]:
        left, top, right, bottom = self.sides[view.padding]
        inner_w = room_w - left - right if room_w < _ENDLESS else _ENDLESS
        inner_h = room_h - top - bottom if room_h < _ENDLESS else _ENDLESS
        w = h = 0
        late = []
        for child in view.children:
            margin = self.sides[child.margin]
            if not exact_h and child.height == FILL:
                late.append(child)
                continue
            self.fit(child, inner_w - margin[0] - margin[2], inner_h - margin[1] - margin[3])
            w = max(w, child.mw + margin[0] + margin[2])
            h = max(h, child.mh + margin[1] + margin[3])
        if late:
            # as high as the others; alone: all the room
            h = h or (inner_h if inner_h < _ENDLESS else 0)
            for child in late:
                margin = self.sides[child.margin]
                self.fit(child, inner_w - margin[0] - margin[2], h - margin[1] - margin[3])
                w = max(w, child.mw + margin[0] + margin[2])
        return w + left + right, h + top + bottom

    def scroll(self, view: View, room_w: int, room_h: int, exact_w: bool, exact_h: bool) -> tuple[int, int]:
        w, h = self.line(view, room_w, room_h, exact_w, exact_h, not view.horizontal, True)
        view.content = w if view.horizontal else h
        return w, h

    def list(self, view: View, room_w: int) -> tuple[int, int]:
        left, top, right, bottom = self.sides[view.padding]
        header = 0
        if self.theme.font_scale > 1 and view.count and view.build is not None:  # rows grow with their text
            row = view.build(0)
            self.fit(row, room_w - left - right, _ENDLESS)
            view.item_height = max(view.item_height, row.mh / self.theme.scale)
        if view.header is not None:
            self.fit(view.header, room_w, _ENDLESS)
            header = view.header.mh
        view.content = top + header + view.count * self.px[view.item_height] + bottom
        return room_w, view.content

    def field(self, view: View, room_w: int) -> tuple[int, int]:
        left, top, right, bottom = self.sides[view.padding]
        for child in view.children:
            self.fit(child, self.px[48], self.px[48])
        room = max(1, room_w - left - right)
        height = self.theme.line_height(view.font)
        if view.lines != 1:
            height *= max(1, len(self.theme.breaks(view.text, view.font, room)))
            if view.lines:
                height = min(height, view.lines * self.theme.line_height(view.font))
        words = self.theme.measure(view.text or view.hint or view.label, view.font) if view.width == WRAP else 0
        return words + left + right, height + top + bottom

    def paragraph(self, view: View, room_w: int) -> tuple[int, int]:
        left, top, right, bottom = self.sides[view.padding]
        w, h = wrap(view, self.theme, max(1, room_w - left - right), left, top)
        return w + left + right, h + top + bottom

    def popup(self, view: View, room_w: int, room_h: int) -> tuple[int, int]:
        """A menu beside its anchor, inside the window."""
        edge = self.px[8]
        corner = (room_w - edge, self.px[36], room_w - edge, self.px[36])  # below the status bar
        anchor = view.anchor if isinstance(view.anchor, tuple) else corner
        for child in view.children:
            self.fit(child, room_w - 2 * edge, room_h - 2 * edge)
            left = anchor[0] if anchor[0] + child.mw <= room_w - edge else anchor[2] - child.mw
            child.dx = max(edge, min(left, room_w - edge - child.mw))
            child.dy = max(edge, min(anchor[1], room_h - edge - child.mh))
        return room_w, room_h

    def put_line(self, view: View, down: bool) -> None:
        left, top, right, bottom = self.sides[view.padding]
        children = view.children
        if not children:
            return
        gap = self.px[view.gap] if view.gap else 0
        at = top if down else left
        justify = view.justify
        if justify != "start":
            used = gap * (len(children) - 1)
            for child in children:
                margin = self.sides[child.margin]
                used += child.mh + margin[1] + margin[3] if down else child.mw + margin[0] + margin[2]
            rest = max(0, (view.mh - top - bottom if down else view.mw - left - right) - used)
            if justify == "between":
                gap += rest // (len(children) - 1) if len(children) > 1 else 0
            else:
                at += rest if justify == "end" else rest // 2
        align, sides = view.align, self.sides
        room = view.mw - left - right if down else view.mh - top - bottom
        for child in children:
            margin = sides[child.margin] if child.margin else _NO_SIDES
            where = child.gravity or align
            if down:
                child.dy = at + margin[1]
                at = child.dy + child.mh + margin[3] + gap
                begin, rest = left + margin[0], room - margin[0] - margin[2] - child.mw
            else:
                child.dx = at + margin[0]
                at = child.dx + child.mw + margin[2] + gap
                begin, rest = top + margin[1], room - margin[1] - margin[3] - child.mh
            if where == "start" or where == "fill" or rest <= 0:
                pass
            elif "center" in where:
                begin += rest // 2
            elif "end" in where or "bottom" in where:
                begin += rest
            if down:
                child.dx = begin
            else:
                child.dy = begin

    def put_stack(self, view: View) -> None:
        left, top, right, bottom = self.sides[view.padding] if view.layout == "stack" else _NO_SIDES
        for child in view.children:
            margin = self.sides[child.margin]
            rest_x, rest_y = _gravity(child.gravity or view.align)
            dx, dy = left + margin[0], top + margin[1]
            if rest_x:
                dx += int((view.mw - right - margin[2] - child.mw - dx) * rest_x)
            if rest_y:
                dy += int((view.mh - bottom - margin[3] - child.mh - dy) * rest_y)
            child.dx, child.dy = dx, dy

    # --- bounds

    def place(self, view: View, left: int, top: int, cl: int, ct: int, cr: int, cb: int, path: str) -> None:
        """Assigns bounds, the clip (cl, ct, cr, cb) and paths."""
        right, bottom = left + view.mw, top + view.mh
        view.bounds = (left, top, right, bottom)
        view.path = path
        if left > cl:
            cl = left
        if top > ct:
            ct = top
        if right < cr:
            cr = right
        if bottom < cb:
            cb = bottom
        view.clip = (cl, ct, cr, cb) if cl < cr and ct < cb else None
        layout = view.layout
        if layout == "leaf":
            return
        if layout == "scroll":
            self.shift(view, view.mw if view.horizontal else view.mh)
            if view.horizontal:
                left -= view.offset
            else:
                top -= view.offset
        elif layout == "list":
            self.rows(view)
            top -= view.offset
        elif layout == "field":
            self.words(view)
        place = self.place
        taken = set()
        for index, child in enumerate(view.children):
            key = child.key or child.id or str(index)
            if key in taken:
                key = f"{key}#{index}"
            taken.add(key)
            place(child, left + child.dx, top + child.dy, cl, ct, cr, cb, f"{path}/{key}")

    def shift(self, view: View, room: int) -> None:
        view.limit = max(0, view.content - room)
        view.scrollable = view.limit > 0
        start = view.limit if view.justify == "end" else 0
        view.offset = min(max(0, self.scrolls.get(view.path, start)), view.limit)

    def rows(self, view: View) -> None:
        """Builds and measures the rows of a list that show."""
        self.shift(view, view.mh)
        left, top, right, _ = self.sides[view.padding]
        height = self.px[view.item_height]
        header = view.header
        children = []
        if header is not None:
            header.key = header.key or "header"
            header.dx, header.dy = 0, top
            top += header.mh
            if header.dy + header.mh > view.offset:
                children.append(header)
        if height > 0 and view.build is not None:
            first = max(0, (view.offset - top) // height)
            last = min(view.count, -((top - view.offset - view.mh) // height))
            for i in range(first, last):
                row = view.build(i)
                row.key = row.key or str(i)
                row.dx, row.dy = left, top + i * height
                self.measure(row, max(0, view.mw - left - right), height, True, True)
                children.append(row)
        view.children = children

    def words(self, view: View) -> None:
        """A field's text area, its cursor, and the shift that keeps the cursor in sight."""
        left, top, right, bottom = self.sides[view.padding]
        x1, y1, x2, y2 = view.bounds
        view.inner = inner = (x1 + left, y1 + top, max(x1 + left, x2 - right), max(y1 + top, y2 - bottom))
        room_w, room_h = inner[2] - inner[0], inner[3] - inner[1]
        text = "•" * len(view.text) if view.password else view.text
        focus = self.focus if view.path == self.focus_path else None
        cursor = 0
        if focus is not None:
            view.focused = True
            view.cursor = cursor = min(max(0, focus["cursor"]), len(text))
            anchor = min(max(0, focus.get("anchor", cursor)), len(text))
            view.selection = (min(cursor, anchor), max(cursor, anchor))
        if view.lines == 1:
            if focus is not None:
                view.content = self.theme.measure(text, view.font)
                caret = self.theme.measure(text[:cursor], view.font)
                view.limit = max(0, view.content + self.px[2] - room_w)
                view.offset = min(view.limit, max(0, caret + self.px[2] - room_w))
            return
        lines = self.theme.breaks(text, view.font, max(1, room_w))
        line_height = self.theme.line_height(view.font)
        view.content = max(1, len(lines)) * line_height
        view.limit = max(0, view.content - room_h)
        view.scrollable = view.limit > 0
        offset = self.scrolls.get(view.path, 0)
        if focus is not None and focus.get("follow", True):
            line = max((i for i, (start, _) in enumerate(lines) if start <= cursor), default=0)
            offset = max(min(offset, line * line_height), (line + 1) * line_height - room_h)
        view.offset = min(max(0, offset), view.limit)


_GRAVITIES: dict[str, tuple[float, float]] = {}


def _gravity(words: str) -> tuple[float, float]:
    """Shares of the spare room that go before a child, across and down."""
    known = _GRAVITIES.get(words)
    if known is None:
        parts = words.split()
        x = 1.0 if "end" in parts else 0.0
        y = 1.0 if "bottom" in parts else 0.0
        if "center" in parts:
            x = 0.5 if not {"start", "end"} & set(parts) else x
            y = 0.5 if not {"top", "bottom"} & set(parts) else y
        known = _GRAVITIES[words] = (x, y)
    return known
