"""Skia and the fonts, and which of them draws a character.

Fonts come from Python packages only (Roboto, Material Design Icons, DejaVu, and Noto with the extra ``fonts``), hence
pictures don't depend on the machine's fonts.
"""

import bisect
import functools
import importlib.util
import pathlib
import unicodedata
from typing import Any

from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.envs.android.ui.emoji import EMOJI

NOTO = (("manimgx_fonts", "{}[wght].ttf"), ("noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc"))
"""Packages of the extra ``fonts`` and the files in them: most scripts; Chinese, Japanese and Korean."""
PACKAGES = ("skia", "font_roboto", "fonticon_mdi7")
"""Optional modules that a phone needs, for drawing and fonts."""
_FILES = {300: "Light", 400: "Regular", 500: "Medium", 700: "Bold"}
ROBOTO, FALLBACK, EMOJI_ICON, BOX, SHAPED = range(5)
"""How a character is drawn: by Roboto, by DejaVu, as an icon in colour, as a box because no font has it, or shaped."""
CJK, EMOJI_FONT = "NotoSansCJK", "NotoEmoji"
RIGHT_TO_LEFT = ("NotoSansHebrew", "NotoSansArabic")
"""DejaVu has their scripts too."""
BLOCKS = (
    (0x0590, 0x05FF, "NotoSansHebrew"),
    (0x0600, 0x08FF, "NotoSansArabic"),
    (0x0900, 0x097F, "NotoSansDevanagari"),
    (0x0980, 0x09FF, "NotoSansBengali"),
    (0x0A00, 0x0A7F, "NotoSansGurmukhi"),
    (0x0A80, 0x0AFF, "NotoSansGujarati"),
    (0x0B00, 0x0B7F, "NotoSansOriya"),
    (0x0B80, 0x0BFF, "NotoSansTamil"),
    (0x0C00, 0x0C7F, "NotoSansTelugu"),
    (0x0C80, 0x0CFF, "NotoSansKannada"),
    (0x0D00, 0x0D7F, "NotoSansMalayalam"),
    (0x0D80, 0x0DFF, "NotoSansSinhala"),
    (0x0E00, 0x0E7F, "NotoSansThai"),
    (0x0E80, 0x0EFF, "NotoSansLao"),
    (0x1000, 0x109F, "NotoSansMyanmar"),
    (0x1100, 0x11FF, CJK),
    (0x1200, 0x139F, "NotoSansEthiopic"),
    (0x1780, 0x17FF, "NotoSansKhmer"),
    (0x2E80, 0x9FFF, CJK),
    (0xA960, 0xA97F, CJK),
    (0xAC00, 0xD7FF, CJK),
    (0xF900, 0xFAFF, CJK),
    (0xFB1D, 0xFB4F, "NotoSansHebrew"),
    (0xFB50, 0xFDFF, "NotoSansArabic"),
    (0xFE30, 0xFE4F, CJK),
    (0xFE70, 0xFEFC, "NotoSansArabic"),
    (0xFF00, 0xFFEF, CJK),
    (0x1F000, 0x1FAFF, EMOJI_FONT),
    (0x20000, 0x3FFFF, CJK),
)
"""First and last code point of what must be shaped or has no glyph in Roboto and DejaVu, and the font that has it."""
_FIRSTS = [first for first, _, _ in BLOCKS]
_SIMPLIFIED_CHINESE = 2
"""Number of the face within the CJK font that Android prefers for a user who reads English."""
_EMOJI_EM = 1.25  # width of an emoji or a box in em
INVISIBLE = frozenset("\n\r\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff🏻🏼🏽🏾🏿")  # joiners, variants, skin tones


@functools.cache
def skia() -> Any:
    """The skia module.

    Raises:
        InputError: it isn't installed, or cannot be loaded, mostly because of the two system libraries that it links.
    """
    require("the phone", *PACKAGES)
    try:
        import skia as module
    except ImportError as error:
        raise InputError(f"the phone draws with skia-python: {error} (apt-get install libegl1 libgl1)") from None
    return module


@functools.cache
def font_manager() -> Any:
    """Skia's fonts without the system's: those would read all of its fontconfig's files, and complain about some."""
    return skia().FontMgr.New_Custom_Empty()


@functools.cache
def typeface(face: int, weight: int = 400) -> Any:
    """The typeface that draws characters of ``face`` (``ROBOTO``, ``FALLBACK`` or ``EMOJI_ICON``)."""
    if face == ROBOTO:
        path = package_file("font_roboto", f"files/Roboto-{_FILES[weight]}.ttf")
    elif face == FALLBACK:
        path = package_file("matplotlib", f"mpl-data/fonts/ttf/DejaVuSans{'-Bold' if weight > 500 else ''}.ttf")
    else:
        path = package_file("fonticon_mdi7", "fonts/materialdesignicons-webfont.ttf")
    loaded = font_manager().makeFromFile(str(path)) if path.is_file() else None
    if loaded is None:
        raise InputError(f"{path}: not a font that Skia can read")
    return loaded


@functools.cache
def font(face: int, weight: int, size: float) -> Any:
    """The Skia font: anti-aliased, unhinted, with linear metrics."""
    made = skia().Font(typeface(face, weight), size)
    made.setEdging(skia().Font.Edging.kAntiAlias)
    made.setHinting(skia().FontHinting.kNone)
    made.setSubpixel(True)
    made.setLinearMetrics(True)
    return made


@functools.cache
def glyph(icon: str) -> str:
    """The character of the icon font for a Material Design Icons name such as ``"wifi"`` or ``"chevron-right"``.

    Raises:
        InputError: there is no icon of that name.
    """
    from fonticon_mdi7 import MDI7

    character = getattr(MDI7, icon.replace("-", "_"), None)
    if not isinstance(character, str) or "." not in character:
        raise InputError(f"no icon named {icon!r} in Material Design Icons 7")
    return character[-1]


@functools.cache
def character(char: str, weight: int) -> tuple[int, float]:
    """The font that draws a character, and its advance in em."""
    if char in INVISIBLE:
        return ROBOTO, 0.0
    if char == "\t":
        return ROBOTO, 4 * character(" ", weight)[1]
    roboto = font(ROBOTO, weight, 1024.0)
    if roboto.unicharToGlyph(ord(char)):
        return ROBOTO, roboto.measureText(char) / 1024.0
    if char in EMOJI:
        return EMOJI_ICON, _EMOJI_EM
    shaped = shaping_typeface(block(char), weight)
    if shaped is not None and shaped.unicharToGlyph(ord(char)):
        marks = unicodedata.category(char) in ("Mn", "Me", "Cf")
        return SHAPED, 0.0 if marks else skia().Font(shaped, 1024.0).measureText(char) / 1024.0
    fallback = font(FALLBACK, weight, 1024.0)
    if fallback.unicharToGlyph(ord(char)):
        return FALLBACK, fallback.measureText(char) / 1024.0
    return BOX, _EMOJI_EM


def block(char: str) -> str:
    """The Noto font of a character; empty if it needs none."""
    number = bisect.bisect_right(_FIRSTS, ord(char)) - 1
    return BLOCKS[number][2] if number >= 0 and ord(char) <= BLOCKS[number][1] else ""


@functools.cache
def shaping_typeface(name: str, weight: int) -> Any:
    """A Noto font of the extra ``fonts`` at a weight; without the extra DejaVu for Hebrew and Arabic, else None."""
    package, path = NOTO[name == CJK]
    if name and importlib.util.find_spec(package) is not None:
        file = str(package_file(package, path.format(name)))
        if name == CJK:
            return font_manager().makeFromFile(file, _SIMPLIFIED_CHINESE)
        return _at_weight(font_manager().makeFromFile(file), weight)
    return typeface(FALLBACK, weight) if name in RIGHT_TO_LEFT else None


def _at_weight(variable: Any, weight: int) -> Any:
    """A variable typeface at a weight."""
    position = skia().FontArguments.VariationPosition
    axis = int.from_bytes(b"wght", "big")
    coordinates = position(position.Coordinates([position.Coordinate(axis, float(weight))]))
    arguments = skia().FontArguments()
    arguments.setVariationDesignPosition(coordinates)
    return variable.makeClone(arguments)


def package_file(package: str, path: str) -> pathlib.Path:
    """The path of a file in a package.

    Raises:
        InputError: there is no such package.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise InputError(f"{package}: no package with fonts, which the phone draws with; install it again")
    return pathlib.Path(spec.submodule_search_locations[0]) / path
