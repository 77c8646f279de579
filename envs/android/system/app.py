"""The base class of apps: an app is a file in ``apps`` with one subclass of ``App``.

An app draws its screens: each is a method that makes a ``Page`` of views (``ui/page.py``) from plain state, anew
whenever something changed. Handlers in the views change the state; nothing else is kept, so a phone can be saved and
forked at any moment.
"""

from typing import Any

from palaestra.envs.android.system.activities import Record
from palaestra.envs.android.system.intents import Intent, intent
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.phone import Phone


class App(Manifest):
    """An app. Subclasses hold no state of their own; one object serves every phone."""

    def install(self, phone: Phone) -> None:
        """Create the initial content after the installation."""

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        """Handle an event scheduled with ``phone.schedule``."""

    def on_create(self, activity: "Activity") -> None:
        """Called when an activity starts, before it is drawn; handle its intent here."""

    def on_pause(self, activity: "Activity") -> None:
        """Called, possibly repeatedly, when an activity may leave the foreground; save state here."""

    def on_result(self, activity: "Activity", request: str, result: dict[str, Any] | None) -> None:
        """Called when an activity or permission prompt started by this one has ended; None: cancelled."""


class Activity:
    """One screen of an app in the stack: a handle made when needed; what lasts is in ``state`` and ``prefs``."""

    __slots__ = ("app", "phone", "record")

    def __init__(self, phone: Phone, app: App, record: Record):
        self.phone, self.app, self.record = phone, app, record

    @property
    def name(self) -> str:
        """Its class name."""
        return self.record["cls"]

    @property
    def intent(self) -> Intent:
        """The intent with which it was started."""
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
        """Close this screen, with a result for the activity that requested it."""
        self.phone.finish(self.record["id"], result)

    def toast(self, text: str) -> None:
        """A short message at the lower edge."""
        self.phone.toast(text)

    def ask(self, permission: str, then: str) -> None:
        """Ask for a runtime permission; ``on_result(then, {"granted": bool})`` follows, at once if it is known."""
        self.phone.ask_permission(self.app.package, permission, then, self.record["id"])
