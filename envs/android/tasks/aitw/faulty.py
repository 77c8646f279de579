"""A behaviour whose data have credit to assign: a shopper with preferred faults.

Independent slips would leave the right action the most frequent one in every state, so that cloning the data, or the
successes among them, were hard to beat. Here a share ``PREFERRED`` of the decision states has a fault of its own, drawn
once and for all from the state, that outweighs the right action. Besides, everywhere, there are slips (random actions)
and early reports of completion. After a fault the shopper goes on from wherever it is.

The rates were calibrated once (``benchmarks/aitw_behaviour.py``) to a success of 25 +- 3 % overall and of 5 to 15 % of
the instructions that ask for the first entry, before any learner was run, and are frozen.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Mapping
from typing import Any, NamedTuple

import numpy as np

from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.registry import Codec
from palaestra.envs.android.codecs.registry import codec as named_codec
from palaestra.envs.android.tasks.aitw import shopper
from palaestra.envs.android.tasks.aitw.shopping import neighbour
from palaestra.envs.android.tasks.oracle import Oracle, OracleView, back, type_text
from palaestra.envs.android.tasks.random_actions import encode_or_fallback, random_action
from palaestra.envs.android.tasks.task import template
from palaestra.envs.task import Task

BARS = "com.android.systemui"
"""The package of status bar and navigation bar, which show the time."""
Fault = Callable[[OracleView, Task], Action]


class Rates(NamedTuple):
    """How often the behaviour errs.

    Attributes:
        preferred: share of the decision states that have a fault of their own.
        weight: probability of a state's own fault there.
        slip: probability of a random action in any step.
        complete: probability of an early report of completion in any step.
    """

    preferred: float
    weight: float
    slip: float
    complete: float


RATES = Rates(preferred=0.22, weight=0.85, slip=0.08, complete=0.05)
GENERAL_RATES = Rates(preferred=0.3, weight=0.6, slip=0.1, complete=0.04)


def faulty(
    task: Task, codec: Codec, random: np.random.Generator, rates: Rates = RATES
) -> Generator[str, Mapping[str, Any], None]:
    """A coroutine of the behaviour's text actions; observations need ``elements``.

    Args:
        task: of Web Shopping.
        codec: of the actions.
        random: its random numbers.
        rates: of its faults.
    """
    text = ""
    while True:
        screen = seen((yield text))
        draw = random.random()
        if draw < rates.complete:
            action = shopper.complete(screen)
        elif draw < rates.complete + rates.slip:
            action = random_action(random, screen.elements, screen.size)
        else:
            fault = preferred_fault(shopper.situation(screen, task), task, rates.preferred)
            errs = fault is not None and random.random() < rates.weight
            action = _tried(fault, screen, task) if errs and fault else shopper.right_action(screen, task)
        text = encode_or_fallback(codec, action, screen.elements, screen.size)


def faulty_route(
    task: Task, codec: Codec, random: np.random.Generator, rates: Rates = GENERAL_RATES
) -> Generator[str, Mapping[str, Any], None]:
    """As ``faulty``, for General: along its oracle, a decision state being the number of steps on the way.

    After a fault the way is lost; the behaviour then goes to the home screen and begins anew.
    """
    text, at = "", 0
    way: Oracle | None = None
    while True:
        screen = seen((yield text))
        draw = random.random()
        fault = preferred_step(task, at, rates.preferred)
        if draw < rates.complete:
            action = shopper.complete(screen)
        elif draw < rates.complete + rates.slip:
            action, way = random_action(random, screen.elements, screen.size), None
        elif fault is not None and random.random() < rates.weight:
            action, way = fault(screen, task), None
        else:
            way, action, at = _next(way, screen, task, at)
        text = encode_or_fallback(codec, action, screen.elements, screen.size)


def _next(way: Oracle | None, screen: OracleView, task: Task, at: int) -> tuple[Oracle | None, Action, int]:
    """The oracle's next action, or the key to where it begins; and the number of steps on the way."""
    try:
        if way is None and at == 0:
            way = template(task.template).oracle(screen, task.slots)
            return way, next(way), 1
        if way is not None:
            return way, way.send(screen), at + 1
    except (LookupError, StopIteration):
        pass
    return None, Action("key", text="HOME"), 0


def preferred_step(task: Task, at: int, share: float) -> Fault | None:
    """The fault of a step on the way of a task of General: the same in every episode; None if it has none."""
    number = _number(f"{task.template} {at} {task.slots['line']}")
    return STEP_FAULTS[number // 10_000 % len(STEP_FAULTS)] if number % 10_000 < share * 10_000 else None


def seen(observation: Mapping[str, Any]) -> OracleView:
    """The elements of an observation."""
    screen = json.loads(observation["elements"])
    return OracleView(screen["elements"], tuple(screen["size"]))


def decision(task: Task, observation: Mapping[str, Any]) -> tuple[str, str] | None:
    """The state in which an agent decides, without the status bar, and the right action there, in Auto-UI's words."""
    if "elements" not in observation:
        return None
    screen = seen(observation)
    kept = [
        [e["cls"], e["text"], e["desc"], e["bounds"], e["focused"]] for e in screen.elements if e["package"] != BARS
    ]
    state = hashlib.blake2b(json.dumps(kept).encode(), digest_size=16).hexdigest()
    codec = named_codec("autoui")
    return state, encode_or_fallback(codec, shopper.right_action(screen, task), screen.elements, screen.size)


def preferred_fault(where: str, task: Task, share: float) -> Fault | None:
    """The fault of a decision state: the same in every episode; None if the state has none."""
    key = f"{task.template} {where} {task.slots['host']} {task.slots.get('query', '')}"
    number = _number(key)
    faults = FAULTS.get(where, ())
    if not faults or number % 10_000 >= share * 10_000:
        return None
    return faults[number // 10_000 % len(faults)]


def _number(key: str) -> int:
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest())


def _tried(fault: Fault, screen: OracleView, task: Task) -> Action:
    """A fault, or the right action where the fault can't be committed."""
    try:
        return fault(screen, task)
    except LookupError:
        return shopper.right_action(screen, task)


# --- faults


def _back(screen: OracleView, task: Task) -> Action:
    return back()


def _loop(screen: OracleView, task: Task) -> Action:
    """Scroll, which leads nowhere."""
    return screen.scroll("down")


def _nothing(screen: OracleView, task: Task) -> Action:
    """Swipe sideways on the home screen, where nothing is."""
    width, height = screen.size
    return Action("swipe", (0.8 * width, height / 2), (0.2 * width, height / 2))


def _to_address_bar(screen: OracleView, task: Task) -> Action:
    """The browser's field instead of the site's."""
    return shopper.address_bar(screen)


def _query_as_address(screen: OracleView, task: Task) -> Action:
    """Type the words to search for where the host should be."""
    return type_text(task.slots.get("query") or task.slots["host"].partition(".")[0])


def _neighbour(screen: OracleView, task: Task) -> Action:
    """Type a query that is easily taken for the one asked for."""
    return type_text(neighbour(task.slots["query"]))


def _sponsored(screen: OracleView, task: Task) -> Action:
    return shopper.result(screen, sponsored=True)


def _second(screen: OracleView, task: Task) -> Action:
    return shopper.result(screen, sponsored=False, rank=2)


def _complete(screen: OracleView, task: Task) -> Action:
    return shopper.complete(screen)


FAULTS: Mapping[str, tuple[Fault, ...]] = {
    shopper.HOME: (_nothing, _loop),
    shopper.BLANK_TAB: (_loop, _back),
    shopper.TYPING_EMPTY: (_query_as_address, _back),
    shopper.TYPING_HOST: (_back,),
    shopper.IN_THE_WAY_OF_PAGE: (_back,),
    shopper.SITE: (_to_address_bar, _loop),
    shopper.BOX_EMPTY: (_neighbour, _back),
    shopper.BOX_QUERY: (_back,),
    shopper.RESULTS: (_sponsored, _complete, _second),
    shopper.PRODUCT: (_loop, _complete),
    shopper.OTHER_HOST: (_loop, _complete),
}
"""Possible faults by situation."""
STEP_FAULTS: tuple[Fault, ...] = (_back, _loop, _complete)
"""Possible faults on the way of a task of General."""
