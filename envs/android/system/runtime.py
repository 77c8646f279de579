"""Runs apps: calls their handlers and contains their failures."""

from collections.abc import Mapping
from typing import Any

from palaestra.envs.android.system.activities import Record
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.system.intents import Intent
from palaestra.envs.android.system.phone import Phone


class Runtime(Phone):
    """A phone that runs its apps."""

    apps: Mapping[str, App]

    def activity(self, record: Record) -> Activity:
        """The handle of an activity."""
        return Activity(self, self.apps[record["package"]], record)

    def installed(self, package: str) -> None:
        """Call the app's ``install``, which creates its content."""
        contain(self, package, self.apps[package].install, self)

    def created(self, record: Record) -> None:
        """Notify an app that one of its activities has started."""
        activity = self.activity(record)
        contain(self, activity.app.package, activity.app.on_create, activity)

    def pausing(self, record: Record) -> None:
        """Notify an app that one of its activities may leave the foreground."""
        activity = self.activity(record)
        contain(self, activity.app.package, activity.app.on_pause, activity)

    def answered(self, record: Record, request: str, result: dict[str, Any] | None) -> None:
        """Deliver a requested result to an activity."""
        activity = self.activity(record)
        contain(self, activity.app.package, activity.app.on_result, activity, request, result)

    def happened(self, package: str, event: str, data: dict[str, Any]) -> None:
        """Deliver a scheduled event to its app."""
        if self.packages.is_enabled(package):
            contain(self, package, self.apps[package].on_event, self, event, data)
            self.screen_changed()

    def broadcast(self, sent: Intent) -> list[dict[str, Any]]:
        """Deliver an intent to every matching receiver; returns their answers."""
        answers = []
        for app in self.apps.values():
            addressed = sent["package"] in ("", app.package)
            if addressed and sent["action"] in app.receivers and self.packages.is_enabled(app.package):
                receive = getattr(app, app.receivers[sent["action"]])
                answers.append(contain(self, app.package, receive, self, sent) or {"result": 0, "data": ""})
        self.screen_changed()
        return answers
