"""Tasks and their stacks of activities; which app answers an intent."""

from collections.abc import Mapping
from typing import Any, Protocol

from palaestra.envs.android.system.content_types import content_type
from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.intents import HOME, LAUNCHER, MAIN, Intent, described, intent
from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.packages import Packages
from palaestra.envs.android.system.providers import Providers
from palaestra.envs.android.system.resolution import is_launch, matches, scheme_of

Record = dict[str, Any]
"""One activity in a task."""
RESOLVER = ("android", "com.android.internal.app.ResolverActivity")
"""The system's activity that asks which of several apps is to handle an intent."""


class Host(Protocol):
    """The phone's interface used by the activity manager."""

    @property
    def state(self) -> dict[str, Any]:
        """The phone's state."""

    @property
    def apps(self) -> Mapping[str, Manifest]:
        """All available apps, installed or not, by package."""

    @property
    def packages(self) -> Packages:
        """Its packages."""

    @property
    def files(self) -> Files:
        """Its files."""

    @property
    def providers(self) -> Providers:
        """Its content providers."""

    def prefs(self, package: str) -> dict[str, Any]:
        """An app's lasting plain data."""

    def number(self, kind: str) -> int:
        """The next of consecutive numbers."""

    def log(self, tag: str, message: str, level: str = "I", package: str = "") -> None:
        """Add to the log."""

    def screen_changed(self) -> None:
        """Have the screen redrawn."""

    def created(self, record: Record) -> None:
        """An activity has been started."""

    def pausing(self, record: Record) -> None:
        """The activity in front is about to lose the foreground, or may."""

    def answered(self, record: Record, request: str, result: dict[str, Any] | None) -> None:
        """The request of an activity has ended, with a result or cancelled."""


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
    def front_task(self) -> dict[str, Any] | None:
        """The task in front; None if nothing runs."""
        return self.tasks[-1] if self.tasks else None

    @property
    def top(self) -> dict[str, Any] | None:
        """The record in front; None if nothing runs."""
        return self.tasks[-1]["records"][-1] if self.tasks else None

    @property
    def newest(self) -> int:
        """The highest id of an activity so far; 0 before the first."""
        return self._phone.state["numbers"].get("activity", 0)

    def record(self, number: int) -> dict[str, Any] | None:
        """The activity of that id."""
        return next((r for task in self.tasks for r in task["records"] if r["id"] == number), None)

    def resolve(self, intent: Intent) -> tuple[str, str] | str:
        """Package and class that answer an intent, or Android's error message.

        Among several that match equally well the user chooses: then it is ``RESOLVER``.
        """
        if intent["cls"]:
            return self._explicit(intent)
        answers = self.candidates(intent)
        if not answers:
            return f"Activity not started, unable to resolve Intent {{ {described(intent)} }}"
        always = self._phone.state["prefs"].get(RESOLVER[0], {}).get(_kind_of(intent))
        preferred = [answer for answer in answers if "/".join(answer) == always]
        return answers[0] if len(answers) == 1 else preferred[0] if preferred else RESOLVER

    def _explicit(self, intent: Intent) -> tuple[str, str] | str:
        package, cls = intent["package"], intent["cls"]
        cls = package + cls if cls.startswith(".") else cls
        app = self._phone.apps.get(package)
        if app is None or cls not in app.activities or not self._phone.packages.is_enabled(package):
            short = cls.removeprefix(package) if cls.startswith(package + ".") else cls
            return f"Activity class {{{package}/{short}}} does not exist."
        return package, cls

    def candidates(self, intent: Intent) -> list[tuple[str, str]]:
        """Package and class of every activity with a filter of the highest priority that matches an implicit intent."""
        kind = intent["type"] or content_type(self._phone, intent["data"])
        if not (intent["action"] or intent["package"] or kind or scheme_of(intent["data"])):
            return []
        answers: dict[tuple[str, str], int] = {}
        for app in self._phone.apps.values():
            named = intent["package"] in ("", app.package)
            if not named or not self._phone.packages.is_enabled(app.package):
                continue
            if app.launcher and is_launch(intent):
                answers[app.package, app.launcher] = 0
                continue
            for declared in app.filters:
                if matches(declared, intent, kind):
                    activity = app.package, declared["activity"]
                    answers[activity] = max(int(declared.get("priority", "0")), answers.get(activity, 0))
        best = max(answers.values(), default=0)
        return [activity for activity, priority in answers.items() if priority == best]

    @property
    def choice(self) -> dict[str, Any] | None:
        """What ``RESOLVER`` asks while it is in front; it shares its place in the state with the permission prompt."""
        prompt = self._phone.state["prompt"]
        return prompt if prompt is not None and "intent" in prompt else None

    def _drop_choice(self) -> None:
        if self.choice is not None:
            self._phone.state["prompt"] = None

    def choose(self, answer: tuple[str, str] | None, *, always: bool = False) -> None:
        """Start the activity that the user has chosen in ``RESOLVER``, or nothing; ``always``: from now on."""
        asked, self._phone.state["prompt"] = self._phone.state["prompt"], None
        self._phone.screen_changed()
        if answer is None:
            if asked["request"] is not None and (asking := self.record(asked["by"])) is not None:
                self._phone.answered(asking, asked["request"], None)
            return
        if always:
            self._phone.prefs(RESOLVER[0])[_kind_of(asked["intent"])] = "/".join(answer)
        chosen = asked["intent"] | {"package": answer[0], "cls": answer[1]}
        self.start(chosen, new_task=asked["new_task"], request=asked["request"], by=asked["by"])

    def start(self, intent: Intent, *, new_task: bool, request: str | None, by: int | None) -> str | None:
        """Start what answers an intent; returns Android's error text, or None."""
        answer = self.resolve(intent)
        if isinstance(answer, str):
            return answer
        package, cls = answer
        phone = self._phone
        phone.log("ActivityTaskManager", f"START u0 {{{described(intent)} cmp={package}/{cls}}}", package="android")
        self.pause()
        self._drop_choice()
        if answer == RESOLVER:
            phone.state["prompt"] = {"intent": intent, "new_task": new_task, "request": request, "by": by, "at": -1}
            phone.screen_changed()
            return None
        phone.state["packages"][package]["stopped"] = False
        task = next((t for t in self.tasks if t["package"] == package), None)
        from_icon = LAUNCHER in intent["categories"] or HOME in intent["categories"]
        if "clear_task" in intent["flags"] and task is not None:
            self.tasks.remove(task)
            task = None
        if (new_task or from_icon) and task is not None:
            self.to_front(task)
            if from_icon or (task["records"][-1]["cls"] == cls and _same(task["records"][-1]["intent"], intent)):
                phone.screen_changed()
                return None
        elif new_task or not self.tasks:
            task = {"id": phone.number("task"), "package": package, "records": []}
            self.tasks.append(task)
        else:
            task = self.tasks[-1]
        task["records"].append(
            {
                "id": phone.number("activity"),
                "package": package,
                "cls": cls,
                "intent": intent,
                "state": {},
                "scroll": {},
                "request": request,
                "by": by,
            }
        )
        phone.screen_changed()
        phone.log("ActivityTaskManager", f"Displayed {package}/{cls}: +0ms", package="android")
        phone.created(task["records"][-1])
        return None

    def pause(self) -> None:
        """Notify the activity in front that it is about to lose the foreground."""
        record = self.top
        if record is not None:
            self._phone.pausing(record)

    def finish(self, number: int, result: dict[str, Any] | None) -> None:
        """Close an activity wherever it is; an empty task is removed, and the launcher shown if nothing is left."""
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
        self._drop_choice()
        self.tasks.remove(task)
        self.tasks.append(task)
        self._phone.screen_changed()

    def home(self) -> None:
        """The launcher to the front."""
        self.start(intent(MAIN, categories=[HOME]), new_task=True, request=None, by=None)

    def remove_task(self, number: int) -> bool:
        """Remove a task, as a swipe in the overview does."""
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


def _same(intent: Intent, other: Intent) -> bool:
    return all(intent[name] == other[name] for name in ("action", "data", "type", "extras"))


def _kind_of(intent: Intent) -> str:
    """What an intent has in common with others that the same app is to handle."""
    return " ".join((intent["action"], scheme_of(intent["data"]), intent["type"]))
