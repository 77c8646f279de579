"""Tasks and their stacks of activities; which app answers an intent."""

from collections.abc import Mapping
from typing import Any, Protocol

from palaestra.envs.android.system.intents import HOME, LAUNCHER, MAIN, Intent, described, intent
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.packages import Packages
from palaestra.envs.android.system.providers import row_type

Record = dict[str, Any]
"""One activity in a task."""


class Host(Protocol):
    """What the activity manager asks of its phone."""

    @property
    def state(self) -> dict[str, Any]:
        """The phone's state."""

    @property
    def apps(self) -> Mapping[str, Manifest]:
        """What it knows as apps."""

    @property
    def packages(self) -> Packages:
        """Its packages."""

    def number(self, kind: str) -> int:
        """The next of consecutive numbers."""

    def log(self, tag: str, message: str, level: str = "I", package: str = "") -> None:
        """Add to the log."""

    def screen_changed(self) -> None:
        """The screen may have to look different."""

    def created(self, record: Record) -> None:
        """An activity has been started."""

    def pausing(self, record: Record) -> None:
        """The activity in front is about to leave it, or may."""

    def answered(self, record: Record, request: str, result: dict[str, Any] | None) -> None:
        """What an activity asked for has ended, with a result or cancelled."""


class Activities:
    """The activity manager of one device. Tasks are in ``state["tasks"]``, the front one last.

    A task is ``{"id", "package", "records"}``; a record, one activity, is ``{"id", "package", "cls", "intent", "state",
    "scroll", "request", "by"}``, the topmost last.
    """

    def __init__(self, phone: Host):
        self._phone = phone

    @property
    def launcher(self) -> str:
        """The package behind the home screen; "" if there is none."""
        homes = (app.package for app in self._phone.apps.values() if app.is_home)
        return next(homes, "")

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """All tasks, the front one last."""
        return self._phone.state["tasks"]

    @property
    def top(self) -> dict[str, Any] | None:
        """The record in front; None if nothing runs."""
        return self.tasks[-1]["records"][-1] if self.tasks else None

    def record(self, number: int) -> dict[str, Any] | None:
        """The activity of that id."""
        return next((r for task in self.tasks for r in task["records"] if r["id"] == number), None)

    def resolve(self, wanted: Intent) -> tuple[Manifest, str] | str:
        """The app and class that answer an intent, or Android's words for why none does."""
        if wanted["cls"]:
            return self._explicit(wanted)
        found = self.candidates(wanted)
        return found[0] if found else f"Activity not started, unable to resolve Intent {{ {described(wanted)} }}"

    def _explicit(self, wanted: Intent) -> tuple[Manifest, str] | str:
        package, cls = wanted["package"], wanted["cls"]
        cls = package + cls if cls.startswith(".") else cls
        app = self._phone.apps.get(package)
        if app is None or cls not in app.activities or not self._phone.packages.is_enabled(package):
            short = cls.removeprefix(package) if cls.startswith(package + ".") else cls
            return f"Activity class {{{package}/{short}}} does not exist."
        return app, cls

    def candidates(self, wanted: Intent) -> list[tuple[Manifest, str]]:
        """Every app and class that declares to answer an implicit intent."""
        if not wanted["type"]:
            wanted = wanted | {"type": row_type(wanted["data"])}
        found = []
        for app in self._phone.apps.values():
            named = wanted["package"] in ("", app.package)
            if not named or not self._phone.packages.is_enabled(app.package):
                continue
            if app.launcher and _is_icon(wanted):
                found.append((app, app.launcher))
                continue
            found += [(app, one["activity"]) for one in app.filters if _fits(one, wanted)]
        return found

    def start(self, wanted: Intent, *, new_task: bool, request: str | None, by: int | None) -> str | None:
        """Start what answers an intent; returns Android's error text, or None."""
        found = self.resolve(wanted)
        if isinstance(found, str):
            return found
        app, cls = found
        phone = self._phone
        phone.log("ActivityTaskManager", f"START u0 {{{described(wanted)} cmp={app.package}/{cls}}}", package="android")
        phone.state["packages"][app.package]["stopped"] = False
        self.pause()
        task = next((t for t in self.tasks if t["package"] == app.package), None)
        from_icon = LAUNCHER in wanted["categories"] or HOME in wanted["categories"]
        if "clear_task" in wanted["flags"] and task is not None:
            self.tasks.remove(task)
            task = None
        if (new_task or from_icon) and task is not None:
            self.to_front(task)
            if from_icon or (task["records"][-1]["cls"] == cls and _same(task["records"][-1]["intent"], wanted)):
                phone.screen_changed()
                return None
        elif new_task or not self.tasks:
            task = {"id": phone.number("task"), "package": app.package, "records": []}
            self.tasks.append(task)
        else:
            task = self.tasks[-1]
        task["records"].append(
            {
                "id": phone.number("activity"),
                "package": app.package,
                "cls": cls,
                "intent": wanted,
                "state": {},
                "scroll": {},
                "request": request,
                "by": by,
            }
        )
        phone.screen_changed()
        phone.log("ActivityTaskManager", f"Displayed {app.package}/{cls}: +0ms", package="android")
        phone.created(task["records"][-1])
        return None

    def pause(self) -> None:
        """Tell the activity in front that something is about to take its place."""
        record = self.top
        if record is not None:
            self._phone.pausing(record)

    def finish(self, number: int, result: dict[str, Any] | None) -> None:
        """Close an activity wherever it is; an empty task goes, and home comes if nothing is left."""
        task = next((t for t in self.tasks if any(r["id"] == number for r in t["records"])), None)
        if task is None:
            return
        record = next(r for r in task["records"] if r["id"] == number)
        task["records"].remove(record)
        in_front = task is self.tasks[-1]
        if not task["records"]:
            self.tasks.remove(task)
        if record["request"] is not None and (asking := self.record(record["by"])) is not None:
            self._phone.answered(asking, record["request"], result)
        if in_front and not task["records"]:
            self.home()
        self._phone.screen_changed()

    def to_front(self, task: dict[str, Any]) -> None:
        """Bring a task to the front."""
        self.pause()
        self.tasks.remove(task)
        self.tasks.append(task)
        self._phone.screen_changed()

    def home(self) -> None:
        """The launcher to the front."""
        self.start(intent(MAIN, categories=[HOME]), new_task=True, request=None, by=None)

    def remove_task(self, number: int) -> bool:
        """Take a task away, as a swipe in the overview does."""
        task = next((t for t in self.tasks if t["id"] == number), None)
        if task is None:
            return False
        in_front = task is self.tasks[-1]
        self.tasks.remove(task)
        if in_front:
            self.home()
        self._phone.screen_changed()
        return True

    def stop(self, package: str) -> None:
        """End all activities of a package."""
        in_front = self.tasks[-1] if self.tasks else None
        for task in list(self.tasks):
            task["records"][:] = [r for r in task["records"] if r["package"] != package]
            if not task["records"]:
                self.tasks.remove(task)
        if in_front is not None and not in_front["records"]:
            self.home()
        self._phone.screen_changed()


def _is_icon(wanted: Intent) -> bool:
    """Whether an intent is what a tap on an app's icon sends."""
    main = wanted["action"] == MAIN or (not wanted["action"] and wanted["package"])
    known = set(wanted["categories"]) <= {LAUNCHER, "android.intent.category.DEFAULT"}
    return bool(main and known and (wanted["package"] or LAUNCHER in wanted["categories"]))


def _same(one: Intent, other: Intent) -> bool:
    return all(one[name] == other[name] for name in ("action", "data", "type", "extras"))


def _fits(declared: Any, wanted: Intent) -> bool:
    """Whether an intent filter takes an intent: action, category, scheme and type."""
    if declared.get("action", "") != wanted["action"]:
        return False
    needed = set(wanted["categories"]) - {"android.intent.category.DEFAULT", "android.intent.category.BROWSABLE"}
    if not needed <= {declared.get("category", "")}:
        return False
    scheme = wanted["data"].partition(":")[0] if ":" in wanted["data"] else ""
    if scheme and declared.get("scheme", scheme if declared.get("type") else None) != scheme:
        return False
    if not scheme and declared.get("scheme") and not declared.get("type"):
        return False
    return _type_fits(declared.get("type", ""), wanted["type"])


def _type_fits(declared: str, wanted: str) -> bool:
    if not declared or not wanted:
        return declared == wanted or not wanted
    kind, _, part = declared.partition("/")
    wanted_kind, _, wanted_part = wanted.partition("/")
    return kind in ("*", wanted_kind) and (part in ("*", wanted_part) or wanted_part == "*")
