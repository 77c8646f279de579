"""The codecs by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from palaestra.data.errors import InputError
from palaestra.envs.android.codecs import androidworld, autoui, marks, touch
from palaestra.envs.android.codecs.action import Action, Picture, Size
from palaestra.envs.android.codecs.elements import Element


class Decoder(Protocol):
    """The function that parses a text; see ``Codec``."""

    def __call__(self, text: str, elements: Sequence[Element], size: Size, picture: Picture | None = None, /) -> Action:
        """The action that a text means."""


@dataclass(frozen=True)
class Codec:
    """A text format of actions: ``decode(text, elements, size, picture)`` and ``encode(action, elements, size)``.

    ``elements`` and ``picture`` are those of the observation to which the agent responds; ``size`` is the logical
    (width, height). ``encode`` raises ValueError for an action that the format cannot express.
    """

    name: str
    decode: Decoder
    encode: Callable[[Action, Sequence[Element], Size], str]
    instructions: str
    """A description of the format for a model's prompt."""
    takes_fields: bool = False
    """Whether its texts are JSON objects, so that a dictionary is an action too."""


CODECS = {
    codec.name: codec
    for codec in (
        Codec("json", androidworld.decode, androidworld.encode, androidworld.INSTRUCTIONS, takes_fields=True),
        Codec("marks", marks.decode, marks.encode, marks.INSTRUCTIONS),
        Codec("autoui", autoui.decode, autoui.encode, autoui.INSTRUCTIONS),
        Codec("autoui-compat", autoui.decode_as_released, autoui.encode_as_released, autoui.INSTRUCTIONS_AS_RELEASED),
        Codec("touch", touch.decode, touch.encode, touch.INSTRUCTIONS, takes_fields=True),
    )
}
"""Codecs by name."""


def codec(name: str) -> Codec:
    """The codec of that name.

    Raises:
        InputError: there is none.
    """
    if name not in CODECS:
        raise InputError(f"codec {name!r}: must be one of {', '.join(CODECS)}")
    return CODECS[name]
