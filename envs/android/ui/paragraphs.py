"""Words and links that run on from line to line."""

from palaestra.envs.android.ui.shaping import paragraph_is_leftward
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import View


def wrap(paragraph: View, theme: Theme, room: int, left: int, top: int) -> tuple[int, int]:
    """Break the pieces of a ``view.paragraph`` into lines as one text; returns the width and height taken, px.

    The paragraph's children become one text for each piece's part of a line, measured and placed; from the right if
    it begins with a script that runs leftward.

    Args:
        paragraph: its ``value`` has the pieces.
        theme: measures text.
        room: width of a line, px.
        left: of the first line in the paragraph, px.
        top: likewise.
    """
    font, pieces = paragraph.font, paragraph.value
    words = "".join(piece.text for piece in pieces)
    line_height = theme.line_height(font)
    leftward = paragraph_is_leftward(words, 0)
    lines = theme.breaks(words, font, room) if words else []
    children: list[View] = []
    widest = 0
    for line, (first, last) in enumerate(lines):
        start = 0
        for number, piece in enumerate(pieces):
            end = start + len(piece.text)
            part = words[max(start, first) : min(end, last)]
            shown = part.rstrip() if end >= last else part
            if shown:
                child = _part(piece, shown, font, f"{number}.{line}")
                if piece.marks:
                    begin = max(start, first) - start
                    child.marks = tuple((a - begin, b - begin, color) for a, b, color in piece.marks)
                child.mw, child.mh = min(theme.measure(shown, font), room), line_height
                at = min(theme.measure(words[first : max(start, first)], font), room - child.mw)  # widths are rounded
                child.dx = left + (room - at - child.mw if leftward else at)
                child.dy = top + line * line_height
                children.append(child)
                widest = max(widest, room if leftward else at + child.mw)
            start = end
    paragraph.children = children
    return widest, len(lines) * line_height


def _part(piece: View, words: str, font: str, key: str) -> View:
    """What a line has of a piece."""
    part = View(piece.kind, piece.cls, text=words, desc=piece.desc, id=piece.id, key=key, on_click=piece.on_click)
    part.font, part.foreground, part.lines = font, piece.foreground, 1
    return part
