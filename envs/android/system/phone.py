"""A phone's services for apps, the system's own parts and the shell."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from palaestra.envs.android.system.activities import RESOLVER, Activities, Record
from palaestra.envs.android.system.databases import Databases
from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.intents import LAUNCHER, MAIN, Intent, intent
from palaestra.envs.android.system.kernel import Kernel
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.packages import Packages
from palaestra.envs.android.system.preferences import Preferences
from palaestra.envs.android.system.providers import Providers
from palaestra.envs.android.system.settings import SettingsStore

UI = "android.ui"
"""Package of events that are the system's own."""
PERMISSIONS = "com.google.android.permissioncontroller"
GRANT = (PERMISSIONS, "com.android.permissioncontroller.permission.ui.GrantPermissionsActivity")
"""The system's activity that asks for a permission."""
TOAST_MS = 2_000
HEADS_UP_MS = 4_000
MAX_SCALE = 3
"""Most times by which ``wm size`` can exceed the panel's longer side."""


class Phone(Kernel):
    """The services of a phone.

    Args:
        apps: the available apps by package.
        size: logical width and height of the phone upright, px.
        density: dots per inch.

    Attributes:
        physical_size, physical_density: those of the panel.
        apps: the available apps by package, installed or not.
        files, databases, preferences, providers, settings, packages, activities: its parts.
    """

    apps: Mapping[str, Manifest]

    def __init__(self, apps: Mapping[str, Manifest], size: tuple[int, int], density: int):
        super().__init__()
        self.apps, self.physical_size, self.physical_density = apps, size, density
        self.files, self.databases, self.preferences = Files(self), Databases(self), Preferences(self)
        self.providers = Providers(self)
        self.settings, self.packages, self.activities = SettingsStore(self), Packages(self), Activities(self)

    # --- calls into apps

    def installed(self, package: str) -> None:
        """Call the app's ``install``, which creates its content."""
        raise NotImplementedError

    def created(self, record: Record) -> None:
        """Notify an app that one of its activities has started."""
        raise NotImplementedError

    def pausing(self, record: Record) -> None:
        """Notify an app that one of its activities may leave the foreground."""
        raise NotImplementedError

    def answered(self, record: Record, request: str, result: dict[str, Any] | None) -> None:
        """Deliver a requested result to an activity."""
        raise NotImplementedError

    def broadcast(self, sent: Intent) -> list[dict[str, Any]]:
        """Deliver an intent to every matching receiver; returns their answers."""
        raise NotImplementedError

    # --- the shape of the screen

    @property
    def natural(self) -> tuple[int, int]:
        """Logical width and height of the phone upright, px: the panel's, or those that ``wm size`` has set."""
        forced = self.settings.forced_size
        if forced is None:
            return self.physical_size
        limit = MAX_SCALE * max(self.physical_size)
        return min(forced[0], limit), min(forced[1], limit)

    @property
    def density(self) -> int:
        """Dots per inch: the panel's, or those that ``wm density`` has set."""
        return self.settings.forced_density or self.physical_density

    @property
    def turns(self) -> int:
        """Quarter turns of the content, 0 to 3."""
        return self.settings.quarter_turns

    @property
    def size(self) -> tuple[int, int]:
        """Logical width and height of the content, px; ``natural`` is that of the phone upright."""
        width, height = self.natural
        return (width, height) if self.turns % 2 == 0 else (height, width)

    # --- navigation

    @property
    def asked(self) -> dict[str, Any] | None:
        """The permission prompt on the screen; it waits while the task that asks is in the background."""
        prompt, task = self.state["prompt"], self.activities.front_task
        if prompt is None or task is None or "permission" not in prompt:
            return None
        return prompt if any(record["id"] == prompt["by"] for record in task["records"]) else None

    @property
    def front(self) -> Record | None:
        """The activity in front: an app's, or the system's that asks for a permission or an app."""
        dialog = GRANT if self.asked else RESOLVER if self.activities.choice else None
        return self.activities.top if dialog is None else {"id": 0, "package": dialog[0], "cls": dialog[1]}

    @property
    def is_pinned(self) -> bool:
        """Whether the task in front is pinned, so that only ``am task lock stop`` leads out of it."""
        tasks = self.state["tasks"]
        return bool(tasks) and self.service("lock_task").get("task") == tasks[-1]["id"]

    @property
    def foreground(self) -> tuple[str, str]:
        """Package and class of the activity in front; empty if there is none."""
        record = self.front
        return (record["package"], record["cls"]) if record else ("", "")

    def start_activity(
        self, intent: Intent, *, new_task: bool = True, request: str | None = None, by: int | None = None
    ) -> str | None:
        """Start what answers an intent; returns Android's error text, or None."""
        self.state["overview"] = False
        self.shade(False)
        return self.activities.start(intent, new_task=new_task, request=request, by=by)

    def finish(self, number: int, result: dict[str, Any] | None = None) -> None:
        """Close an activity by its id."""
        self.activities.finish(number, result)

    def open_app(self, name: str) -> str | None:
        """Open an app by its label or package, as a tap on its icon does; returns an error, or None."""
        label = name.strip().casefold()
        for app in self.apps.values():
            if app.launcher and label in (app.label.casefold(), app.package):
                return self.start_activity(intent(MAIN, package=app.package, categories=[LAUNCHER]))
        return f"no app named {name!r}"

    def home(self) -> None:
        """Go to the launcher, unless a task is pinned."""
        if self.is_pinned:
            return
        self.state.update(overview=False, crashed="")
        self.shade(False)
        self.activities.home()

    def recents(self) -> None:
        """Show or hide the overview of recent tasks, unless one is pinned."""
        if self.is_pinned:
            return
        self.activities.pause()
        self.state["overview"] = not self.state["overview"]
        self.state["scrolls"].pop("overview", None)
        self.shade(False)
        self.screen_changed()

    def previous_app(self) -> None:
        """Switch to the previous app, unless a task is pinned."""
        if self.is_pinned:
            return
        home = self.activities.launcher
        task = next((task for task in reversed(self.state["tasks"][:-1]) if task["package"] != home), None)
        if task is not None:
            self.state["overview"] = False
            self.activities.to_front(task)

    def shade(self, is_open: bool, quick: bool = False) -> None:
        """Open or close the notification shade; ``quick``: with all quick settings. A pinned task keeps it closed."""
        is_open = is_open and not self.is_pinned
        self.state["shade"] = {"open": is_open, "quick": is_open and quick}
        self.screen_changed()

    # --- apps' data

    def force_stop(self, package: str) -> None:
        """End an app: its activities and scheduled events."""
        self.state["events"][:] = [event for event in self.state["events"] if event[2] != package]
        if package in self.state["packages"]:
            self.state["packages"][package]["stopped"] = True
        self.activities.stop(package)

    def prefs(self, package: str) -> dict[str, Any]:
        """An app's lasting plain data."""
        return self.state["prefs"].setdefault(package, {})

    def database(self, package: str, name: str) -> sqlite3.Connection:
        """An app's database, made by its schema if it isn't there."""
        app = self.apps.get(package)
        return self.databases.connection(package, name, app.databases.get(name, "") if app else "")

    @property
    def clipboard(self) -> str:
        """The text in the clipboard."""
        return self.state["clipboard"]

    @clipboard.setter
    def clipboard(self, text: str) -> None:
        self.state["clipboard"] = text
        self.screen_changed()

    # --- messages

    def toast(self, text: str) -> None:
        """Show a short message at the lower edge."""
        self.state["toast"] = text
        self.clear_later("toast", TOAST_MS)

    def clear_later(self, name: str, ms: int) -> None:
        """Clear a part of the state after a while; an earlier schedule for it is cancelled."""
        events = self.state["events"]
        events[:] = [event for event in events if (event[2], event[3]) != (UI, name)]
        self.schedule(ms, UI, name, {"then": ""})
        self.screen_changed(name)

    def notify(
        self,
        package: str,
        id: int,
        title: str,
        text: str,
        *,
        icon: str = "",
        intent: Intent | None = None,
        actions: Sequence[tuple[str, Intent]] = (),
        ongoing: bool = False,
        heads_up: bool = False,
    ) -> None:
        """Show a notification, or replace the one of that id.

        Args:
            package: whose.
            id: the app's number for it.
            title: first line.
            text: second line.
            icon: Material Design icon; the app's by default.
            intent: what a tap starts.
            actions: (label, intent to broadcast) of its buttons.
            ongoing: can't be swiped away.
            heads_up: peeks in from the upper edge for a while.
        """
        if not self.state["packages"].get(package, {}).get("notifications"):
            return
        key = f"{package}|{id}"
        self.cancel_notification(package, id)
        self.state["notifications"].append(
            {
                "key": key,
                "package": package,
                "id": id,
                "title": title,
                "text": text,
                "icon": icon or self.apps[package].icon,
                "when_us": self.now_us,
                "intent": intent,
                "actions": [[label, action] for label, action in actions],
                "ongoing": ongoing,
            }
        )
        quiet = self.settings.on("global", "zen_mode") or not self.settings.on(
            "global", "heads_up_notifications_enabled"
        )
        if heads_up and not quiet and self.foreground[0] != package:
            self.state["heads_up"] = key
            self.clear_later("heads_up", HEADS_UP_MS)
        self.screen_changed()

    def cancel_notification(self, package: str, id: int | None = None) -> None:
        """Remove a notification, or all of a package."""
        keep = [n for n in self.state["notifications"] if n["package"] != package or (id is not None and n["id"] != id)]
        self.state["notifications"][:] = keep
        if self.state["heads_up"] not in {n["key"] for n in keep}:
            self.state["heads_up"] = ""
        self.screen_changed()

    # --- permissions

    def ask_permission(self, package: str, permission: str, then: str, by: int) -> None:
        """Show the prompt for a permission, unless it is granted or was denied twice."""
        refused = self.state["packages"][package]["denied"].get(permission, 0)
        if self.packages.granted(package, permission) or refused >= 2:
            self._answer(by, then, {"granted": self.packages.granted(package, permission)})
            return
        self.state["prompt"] = {"package": package, "permission": permission, "then": then, "by": by}
        self.screen_changed()

    def answer_prompt(self, granted: bool) -> None:
        """Answer the permission prompt."""
        prompt, self.state["prompt"] = self.state["prompt"], None
        package = prompt["package"]
        if granted:
            self.packages.grant(package, prompt["permission"])
        else:
            denied = self.state["packages"][package]["denied"]
            denied[prompt["permission"]] = denied.get(prompt["permission"], 0) + 1
        self._answer(prompt["by"], prompt["then"], {"granted": granted})
        self.screen_changed()

    def _answer(self, by: int, request: str, result: dict[str, Any]) -> None:
        record = self.activities.record(by)
        if record is not None:
            self.answered(record, request, result)
