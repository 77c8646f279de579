"""What an app is: a file in ``apps`` with one subclass of ``App``; adding one touches nothing else.

An app draws its screens: each is a method that makes a ``Page`` of views from plain state, anew whenever something
changed. Handlers in the views change the state; nothing else is kept, so a phone can be saved and forked at any moment.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from palaestra.envs.android.system.providers import Provider
from palaestra.envs.android.ui.view import View

if TYPE_CHECKING:
    from palaestra.envs.android.device import Device

Intent = dict[str, Any]
MAIN = "android.intent.action.MAIN"
LAUNCHER = "android.intent.category.LAUNCHER"
HOME = "android.intent.category.HOME"
VIEW = "android.intent.action.VIEW"


def intent(
    action: str = "",
    *,
    data: str = "",
    type: str = "",
    package: str = "",
    cls: str = "",
    categories: Sequence[str] = (),
    flags: Sequence[str] = (),
    **extras: Any,
) -> Intent:
    """An intent as plain data: what is to be done, with what, by whom."""
    return {
        "action": action,
        "data": data,
        "type": type,
        "package": package,
        "cls": cls,
        "categories": list(categories),
        "flags": list(flags),
        "extras": extras,
    }


@dataclass
class Page:
    """One screen as its app wants it drawn now.

    Attributes:
        root: what fills the screen between status bar and navigation bar.
        windows: dialogs, sheets and menus over it (``view.dialog`` and the like), the topmost last.
        on_back: what the back key does here; by default the activity is finished.
        tick: ms between drawings while time passes, as for a running stopwatch; 0: only after events.
        title: what a screen reader calls it.
        full_screen: draw under the status bar and the navigation bar as well.
        background: colour of the whole window.
        status_color: of clock and icons in the status bar.
    """

    root: View
    windows: Sequence[View] = ()
    on_back: Callable[[], Any] | None = None
    tick: int = 0
    title: str = ""
    full_screen: bool = False
    background: str = "surface"
    status_color: str = "on_surface"


class App:
    """An app. Subclasses hold no state of their own; one object serves every phone."""

    package: ClassVar[str] = ""
    label: ClassVar[str] = ""
    icon: ClassVar[str] = "android"
    """Name of a Material Design icon."""
    color: ClassVar[str] = "#5F6368"
    """Of the launcher icon's background."""
    version: ClassVar[str] = "1.0"
    activities: ClassVar[Mapping[str, str]] = {}
    """Class name -> name of the method that draws it: ``method(activity) -> Page``."""
    launcher: ClassVar[str | None] = None
    """The activity behind its icon; None: it has no icon."""
    filters: ClassVar[Sequence[Mapping[str, str]]] = ()
    """Implicit intents it answers: ``activity``, and ``action``, ``category``, ``scheme``, ``type`` that must fit."""
    permissions: ClassVar[Sequence[str]] = ()
    """Runtime permissions that it asks for."""
    databases: ClassVar[Mapping[str, str]] = {}
    """File name -> schema; lies at ``/data/data/PACKAGE/databases/NAME``."""
    receivers: ClassVar[Mapping[str, str]] = {}
    """Broadcast action -> name of ``method(phone, intent) -> dict | None`` (``{"result": -1, "data": "..."}``)."""
    providers: ClassVar[Mapping[str, Provider]] = {}
    """Content providers by authority."""
    system: ClassVar[bool] = True
    """Came with the phone (``pm list packages -s``)."""

    def install(self, phone: "Device") -> None:
        """Content that is there after the first boot."""

    def on_event(self, phone: "Device", event: str, data: dict[str, Any]) -> None:
        """What was promised by ``phone.schedule``."""

    def on_create(self, activity: "Activity") -> None:
        """An activity starts: time to do at once what its intent asks, whether or not somebody looks."""

    def on_pause(self, activity: "Activity") -> None:
        """An activity leaves the front, or may, and goes on: time to save; it may come again and again."""

    def on_result(self, activity: "Activity", request: str, result: dict[str, Any] | None) -> None:
        """An activity or a permission prompt that this one started has ended; None: cancelled."""


class Activity:
    """One screen of an app in the stack: a handle made when needed; what lasts is in ``state`` and ``prefs``."""

    __slots__ = ("app", "phone", "record")

    def __init__(self, phone: "Device", app: App, record: dict[str, Any]):
        self.phone, self.app, self.record = phone, app, record

    @property
    def name(self) -> str:
        """Its class name."""
        return self.record["cls"]

    @property
    def intent(self) -> Intent:
        """What it was started with."""
        return self.record["intent"]

    @property
    def state(self) -> dict[str, Any]:
        """This screen's own plain data; empty when it starts."""
        return self.record["state"]

    @property
    def prefs(self) -> dict[str, Any]:
        """The app's lasting plain data."""
        return self.phone.prefs(self.app.package)

    def start(self, target: str | Intent, request: str | None = None, **extras: Any) -> str | None:
        """Open another screen on top: a class of this app, or an intent; returns an error, or None.

        With a ``request`` its result comes to ``App.on_result``.
        """
        if isinstance(target, str):
            target = intent(package=self.app.package, cls=target)
            target["extras"].update(extras)
        return self.phone.start_activity(target, new_task=False, request=request, by=self.record["id"])

    def finish(self, result: dict[str, Any] | None = None) -> None:
        """Close this screen, handing a result to whoever asked for one."""
        self.phone.finish(self.record["id"], result)

    def toast(self, text: str) -> None:
        """A short message at the lower edge."""
        self.phone.toast(text)

    def ask(self, permission: str, then: str) -> None:
        """Ask for a runtime permission; ``on_result(then, {"granted": bool})`` follows, at once if it is known."""
        self.phone.ask_permission(self.app.package, permission, then, self.record["id"])
