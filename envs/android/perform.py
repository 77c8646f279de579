"""Performs an agent's actions on a phone."""

from collections.abc import Callable

from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.app_names import package_of
from palaestra.envs.android.ui.handset import Handset

ACTION_MS = 1000
"""Virtual time of an action, ms; the phone then settles."""
LONG_PRESS_MS = 1000


def perform(phone: Handset, action: Action) -> str:
    """Perform an action, advance by ``ACTION_MS`` and settle; returns an error message or ""."""
    start = phone.now_us
    error = _DO[action.kind](phone, action) or action.error
    spent = (phone.now_us - start) // 1000
    phone.advance(max(0, ACTION_MS - spent))
    phone.settle()
    return error


def _tap(phone: Handset, action: Action) -> str:
    phone.tap(*action.start)
    return ""


def _double_tap(phone: Handset, action: Action) -> str:
    phone.tap(*action.start)
    phone.tap(*action.start)
    return ""


def _long_press(phone: Handset, action: Action) -> str:
    phone.swipe(*action.start, *action.start, LONG_PRESS_MS)
    return ""


def _swipe(phone: Handset, action: Action) -> str:
    phone.swipe(*action.start, *action.end, action.ms)
    return ""


def _type(phone: Handset, action: Action) -> str:
    if action.point is not None:
        phone.tap(*action.point)
        phone.settle()
    if phone.state["focus"] is None:
        return "no text field has the focus"
    if action.clear:
        phone.select_all()
        phone.press("DEL")
    phone.type_text(action.text)
    if action.enter:
        phone.press("ENTER")
    return ""


def _key(phone: Handset, action: Action) -> str:
    phone.press(action.text)
    return ""


def _open_app(phone: Handset, action: Action) -> str:
    error = phone.open_app(action.text)
    package = package_of(action.text) if error else None
    if package is not None and package in phone.apps:
        error = phone.open_app(package)
    return error or ""


def _nothing(phone: Handset, action: Action) -> str:
    return ""


_DO: dict[str, Callable[[Handset, Action], str]] = {
    "tap": _tap,
    "double_tap": _double_tap,
    "long_press": _long_press,
    "swipe": _swipe,
    "type": _type,
    "key": _key,
    "open_app": _open_app,
    "wait": _nothing,
    "answer": _nothing,
    "status": _nothing,
    "idle": _nothing,
}
