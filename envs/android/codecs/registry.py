"""The codecs by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from palaestra.data.errors import InputError
from palaestra.envs.android.codecs import androidworld, autoui, marks
from palaestra.envs.android.codecs.action import Action, Size
from palaestra.envs.android.codecs.elements import Element


@dataclass(frozen=True)
class Codec:
    """A text format of actions: ``decode(text, elements, size)`` and ``encode(action, elements, size)``.

    ``elements`` are those of the observation to which the agent responds; ``size`` is the logical (width, height).
    ``encode`` raises ValueError for an action that the format cannot express.
    """

    name: str
    decode: Callable[[str, Sequence[Element], Size], Action]
    encode: Callable[[Action, Sequence[Element], Size], str]
    instructions: str
    """A description of the format for a model's prompt."""


CODECS = {
    codec.name: codec
    for codec in (
        Codec("json", androidworld.decode, androidworld.encode, androidworld.INSTRUCTIONS),
        Codec("marks", marks.decode, marks.encode, marks.INSTRUCTIONS),
        Codec("autoui", autoui.decode, autoui.encode, autoui.INSTRUCTIONS),
        Codec("autoui-compat", autoui.decode_as_released, autoui.encode, autoui.INSTRUCTIONS),
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
