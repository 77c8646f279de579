"""Text that glyphs side by side would get wrong: right to left, joined or stacked letters, joined emoji.

Skia's paragraphs shape such text (HarfBuzz and ICU), a line at a time. The direction of a line is that of its first
letter, as in Android's TextView; in a wrapped paragraph ``RIGHT_TO_LEFT_MARK`` before the line says that of the
paragraph. The accessibility text of elements keeps the logical order.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from palaestra.envs.android.ui.fonts import (
    BLOCKS,
    EMOJI_FONT,
    FALLBACK,
    INVISIBLE,
    RIGHT_TO_LEFT,
    ROBOTO,
    SHAPED,
    block,
    character,
    shaping_typeface,
    skia,
    typeface,
)

RIGHT_TO_LEFT_MARK = "\u200f"
_EMBEDDING, _END = "\u202b", "\u202c"
_SPECIAL = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last, _ in BLOCKS)}\u200d\u200f\u20e3]")
_LEFTWARDS = re.compile(
    f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last, name in BLOCKS if name in RIGHT_TO_LEFT)}\u200f]"
)
_PICTURE = "[\u2190-\u2bff\U0001f000-\U0001faff]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
_SEQUENCE = re.compile(
    f"[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}(?:\u200d{_PICTURE})+|[0-9#*]\ufe0f?\u20e3",
)
_WIDE = 1e6  # px; a paragraph of one line


class Shaped(NamedTuple):
    """A line that Skia has laid out: its paragraph, the place of its baseline and its width, px."""

    paragraph: Any
    baseline: float
    width: float


def is_special(text: str) -> bool:
    """Whether a text has characters that may have to be shaped."""
    return _SPECIAL.search(text) is not None


def has_leftward(text: str) -> bool:
    """Whether a text has characters that run from right to left."""
    return _LEFTWARDS.search(text) is not None


def begins_leftward(text: str) -> bool:
    """Whether the first letter of a text runs from right to left."""
    if not has_leftward(text):
        return False
    strong = (direction for char in text if (direction := unicodedata.bidirectional(char)) in ("L", "R", "AL"))
    return next(strong, "L") != "L"


def paragraph_is_leftward(text: str, place: int) -> bool:
    """Whether the paragraph with this place of a text runs from right to left."""
    return has_leftward(text) and begins_leftward(text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0])


def pieces(text: str, weight: int) -> Iterator[tuple[int, str]]:
    """A line as pieces drawn by one font each, left to right; a line with leftward characters is one piece."""
    if has_leftward(text):
        yield SHAPED, text
        return
    joined = set[int]()
    if shaping_typeface(EMOJI_FONT, 400) is not None:
        joined = {index for match in _SEQUENCE.finditer(text) for index in range(*match.span())}
    face, start = -1, 0
    for index, char in enumerate(text):
        new = SHAPED if index in joined else character(char, weight)[0]
        if char in INVISIBLE and index not in joined:  # stays with whatever it follows
            new = face if face >= 0 else ROBOTO
        if (new != face or new not in (ROBOTO, FALLBACK, SHAPED)) and index > start:
            yield face, text[start:index]
            start = index
        face = new
    if text:
        yield face, text[start:]


@functools.lru_cache(maxsize=1024)
def shaped(text: str, weight: int, size: float, argb: int = 0xFF000000) -> Shaped:
    """Lay out a line in a colour."""
    module, (collection, families) = skia().textlayout, _collection(weight)
    style = module.TextStyle()
    style.setFontSize(size)
    style.setColor(argb)
    style.setFontStyle(skia().FontStyle(weight, 5, skia().FontStyle.kUpright_Slant))
    names = dict.fromkeys(("", *map(block, text)))
    style.setFontFamilies([families[name] for name in (*names, "fallback") if name in families])
    look = module.ParagraphStyle()
    look.setTextStyle(style)
    builder = module.ParagraphBuilder.make(look, collection, _unicode())
    builder.pushStyle(style)
    if begins_leftward(text):  # the mark keeps spaces at the end from moving to the right
        text = f"{_EMBEDDING}{text}{RIGHT_TO_LEFT_MARK}{_END}"
    builder.addText(text)
    paragraph = builder.Build()
    paragraph.layout(_WIDE)
    return Shaped(paragraph, paragraph.AlphabeticBaseline, paragraph.LongestLine)


@functools.cache
def _unicode() -> Any:
    return skia().Unicode.ICU_Make()


@functools.cache
def _collection(weight: int) -> tuple[Any, dict[str, str]]:
    """The fonts at one weight, and the names of their families: Roboto's is that of "", DejaVu's of "fallback"."""
    provider, families = skia().textlayout.TypefaceFontProvider(), dict[str, str]()
    names = dict.fromkeys(name for _, _, name in BLOCKS)
    faces = {"": typeface(ROBOTO, weight)} | {name: shaping_typeface(name, weight) for name in names}
    for name, face in (faces | {"fallback": typeface(FALLBACK, weight)}).items():
        if face is not None:
            provider.registerTypeface(face)
            families[name] = face.getFamilyName()
    collection = skia().textlayout.FontCollection()
    collection.setDefaultFontManager(provider)
    return collection, families
