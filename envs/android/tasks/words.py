"""Oracles' actions encoded by a codec, so that they act through the environment's interface."""

import json
import re
from collections.abc import Callable, Generator, Mapping
from typing import Any

from palaestra.data.errors import InputError
from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.registry import Codec
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, done
from palaestra.envs.android.tasks.task import Template, template
from palaestra.envs.task import Slots, Task


def oracle_words(
    task: Task,
    codec: Codec,
    actions: Callable[[Template], Callable[[OracleView, Slots], Oracle]] = lambda kind: kind.oracle,
) -> Generator[str, Mapping[str, Any], None]:
    """A coroutine of the oracle's text actions for ``palaestra/AndroidTasks-v0`` (with ``elements``).

    Prime it with ``next``, then ``send`` observations; its last action reports completion.

    Raises:
        InputError: the codec has no words for an action.
    """
    screen = _screen((yield ""))
    acting = actions(template(task.template))(screen, task.slots)
    action = next(acting)
    while True:
        try:
            screen = yield from _acted(action, codec, screen)
        except ValueError as error:
            raise InputError(f"task {task.template}: its oracle can't act in the codec {codec.name}: {error}") from None
        try:
            action = acting.send(screen)
        except StopIteration:
            break
    yield codec.encode(done(), screen.elements, screen.size)


def _acted(action: Action, codec: Codec, screen: OracleView) -> Generator[str, Mapping[str, Any], OracleView]:
    """Encode an action; if the codec cannot express it, in several steps where possible."""
    try:
        return _screen((yield codec.encode(action, screen.elements, screen.size)))
    except ValueError:
        if action.kind not in ("open_app", "type"):
            raise
    if action.kind == "open_app":
        return (yield from _opened_by_touches(action.text, codec, screen))
    parts = [] if action.point is None else [Action("tap", action.point)]
    parts += [Action("type", clear=True)] if action.clear else []
    for part in (*parts, *_typed(action.text, codec, screen)):
        screen = _screen((yield codec.encode(part, screen.elements, screen.size)))
    return screen


def _typed(text: str, codec: Codec, screen: OracleView) -> list[Action]:
    """Actions that type a text; DigiRL's parser reads none with a comma or colon before a space."""
    typing = Action("type", text=text)
    try:
        codec.encode(typing, screen.elements, screen.size)
    except ValueError:
        return [Action("type", text=part) for part in re.split("(?<=[,:])(?= )", text)]
    return [typing]


def _opened_by_touches(label: str, codec: Codec, screen: OracleView) -> Generator[str, Mapping[str, Any], OracleView]:
    """Go to the home screen, open the drawer if necessary, and tap the icon."""

    def say(action: Action) -> str:
        return codec.encode(action, screen.elements, screen.size)

    screen = _screen((yield say(Action("key", text="HOME"))))
    if not screen.has(desc=label):
        width, height = screen.size
        screen = _screen((yield say(Action("swipe", (width / 2, 0.7 * height), (width / 2, 0.25 * height)))))
    for _ in range(3):
        if not screen.has(desc=label):
            screen = _screen((yield say(screen.scroll("down"))))
    return _screen((yield say(screen.tap(desc=label))))


def _screen(observation: Mapping[str, Any]) -> OracleView:
    screen = json.loads(observation["elements"])
    return OracleView(screen["elements"], tuple(screen["size"]))
