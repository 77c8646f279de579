"""The phone: one object whose whole state is plain data, and everything seen derived from it.

``state`` holds dicts, lists, strings, numbers and bytes only, so a snapshot is msgpack of it. Screens, pixels, the
accessibility forest and ``dumpsys`` are functions of it, made anew when something has changed. Time is a number in the
state that moves when told to; what is due happens on the way. There is no thread, no clock and no dice but the state's.
"""

import bisect
import datetime
import functools
import importlib
import pkgutil
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import msgpack
import numpy as np

from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.envs.android.system import activities, contents, packages, telephony
from palaestra.envs.android.system.app import LAUNCHER, MAIN, Activity, App, Intent, intent
from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.system.databases import Databases
from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.packages import Packages
from palaestra.envs.android.system.preferences import Preferences
from palaestra.envs.android.system.providers import Providers
from palaestra.envs.android.system.settings import Settings
from palaestra.envs.android.ui import editing, gestures, keyboard, system_ui, theme
from palaestra.envs.android.ui.rotation import shown_size
from palaestra.envs.android.ui.screen import Screen, Window

MILLISECOND = 1_000
"""Times are microseconds."""
TAP_MS = 50
LOG_LINES = 200
"""Lines that the log buffer keeps."""
TOAST_MS = 2_000
HEADS_UP_MS = 4_000
VOLUME_MS = 3_000
UI = "android.ui"
"""Package of events that are the system's own."""
BUSY = ("android.touch", "android.keyboard")
"""Packages whose events are animations: ``settle`` waits for them."""


@functools.cache
def known_apps() -> dict[str, App]:
    """Every app by package: the subclasses of ``App`` in the folder ``apps``."""
    import palaestra.envs.android.apps as folder

    found: dict[str, App] = {}
    for module in sorted(info.name for info in pkgutil.iter_modules(folder.__path__)):
        name = f"{folder.__name__}.{module}"
        for value in vars(importlib.import_module(name)).values():
            if isinstance(value, type) and issubclass(value, App) and value.package and value.__module__ == name:
                found[value.package] = value()
    return dict(sorted(found.items()))


class Device:
    """A phone that has just booted, with the launcher in front.

    Args:
        seed: of everything random in it.
        size: logical width and height, px: the touch space.
        density: dots per inch, 120 to 640.
        render: width and height of frames, px; the logical size by default.
        theme: ``light`` or ``dark``, as if chosen in the settings.
        font_scale: likewise, 0.5 to 2.
        apps: packages that are installed beside the launcher; None: all there are.
        time: of the first boot, ISO 8601 with zone.

    Raises:
        InputError: an app that doesn't exist, a size, scale or time that makes no sense.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        size: Sequence[int] = (1080, 2400),
        density: int = 420,
        render: Sequence[int] | None = None,
        theme: str = "light",
        font_scale: float = 1.0,
        apps: Sequence[str] | None = None,
        time: str = "2023-10-15T15:34:00+00:00",
    ):
        self.natural = _size("size", size)
        self.render = _size("render", render or size)
        self.density = int(_number("density", density, 120, 640))
        self.apps = _chosen(apps)
        self.files, self.databases, self.preferences = Files(self), Databases(self), Preferences(self)
        self.providers = Providers(self)
        self.settings, self.packages, self.activities = Settings(self), Packages(self), activities.Activities(self)
        self.screen = Screen(self)
        self._painter: Any = None
        self.state: dict[str, Any] = {}
        self._boot(seed, _moment(time), theme, _number("font_scale", font_scale, 0.5, 2.0))

    def _boot(self, seed: int, now_us: int, look: str, font_scale: float) -> None:
        """The state after the first boot."""
        self.state.update(
            {
                "now_us": now_us,
                "seed": seed,
                "streams": {},
                "numbers": {},
                "events": [],
                "packages": {},
                "prefs": {},
                "tasks": [],
                "properties": {"persist.sys.timezone": "UTC", "persist.sys.locale": "en-US"},
                "appops": {},
                "notifications": [],
                "heads_up": "",
                "toast": "",
                "volume": "",
                "prompt": None,
                "crashed": "",
                "clipboard": "",
                "log": [],
                "log_count": 0,
                "shade": {"open": False, "quick": False},
                "overview": False,
                "awake": True,
                "call": {"state": 0, "number": ""},
                "focus": None,
                "keyboard": {},
                "touch": {},
                "pressed": None,
                "scrolls": {},
            }
        )
        self.files.create()
        self.settings.create()
        self.settings.put("secure", "ui_night_mode", "2" if _look(look) == "dark" else "1")
        self.settings.put("system", "font_scale", str(font_scale))
        for package in (*packages.SYSTEM, *self.apps):
            self.packages.install(package)
        self.home()

    @property
    def turns(self) -> int:
        """Quarter turns of what is shown, 0 to 3."""
        return int(self.settings.number("system", "user_rotation", 0)) % 4

    @property
    def size(self) -> tuple[int, int]:
        """Logical width and height of what is shown, px; ``natural`` is that of the phone upright."""
        return shown_size(self.natural, self.turns)

    # --- time and chance

    @property
    def now_us(self) -> int:
        """Virtual time, microseconds since 1970."""
        return self.state["now_us"]

    @property
    def now(self) -> datetime.datetime:
        """Virtual time in the phone's zone."""
        moment = datetime.datetime.fromtimestamp(self.now_us / 1e6, datetime.UTC)
        return moment.astimezone(_zone(self.state["properties"].get("persist.sys.timezone", "UTC")))

    def set_time(self, us: int) -> None:
        """Set the clock; what was scheduled stays as far away as it was."""
        shift = us - self.now_us
        for event in self.state["events"]:
            event[0] += shift
        self.state["now_us"] = us
        self.screen_changed()

    def advance(self, ms: int) -> None:
        """Let time pass; what is due happens in order."""
        self.windows()  # pages that do something when they are drawn do so now, whether or not someone looks
        self.databases.note_changes()
        state = self.state
        before, target = state["now_us"], state["now_us"] + int(ms) * MILLISECOND
        events = state["events"]
        while events and events[0][0] <= target:
            due, _, package, event, data, _ = events.pop(0)
            state["now_us"] = max(due, state["now_us"])
            self._happen(package, event, data)
            self.databases.note_changes()
        state["now_us"] = target
        if before // 60_000_000 != target // 60_000_000:
            self.screen.dirty.update(("status", "app"))
        elif self.screen.page is not None and self.screen.page.tick:
            tick = self.screen.page.tick * MILLISECOND
            if before // tick != target // tick:
                self.screen.dirty.add("app")
        self.windows()  # the focus follows what is on the screen: it must not depend on whether someone looked

    def settle(self, limit_ms: int = 5_000) -> int:
        """Let time pass until nothing is animated or loading; returns how much, ms."""
        self.windows()
        start = self.now_us
        while not self.quiet and self.now_us - start < limit_ms * MILLISECOND:
            due = next(event[0] for event in self.state["events"] if _is_busy(event))
            self.advance(max(1, -((self.now_us - due) // MILLISECOND)))
            self.windows()
        return (self.now_us - start) // MILLISECOND

    @property
    def quiet(self) -> bool:
        """Whether nothing is animated or loading."""
        return not any(_is_busy(event) for event in self.state["events"])

    def schedule(
        self, delay_ms: int, package: str, event: str, data: Mapping[str, Any] | None = None, *, loading: bool = False
    ) -> int:
        """Have ``App.on_event`` called later; returns a number to cancel it by.

        Args:
            delay_ms: from now.
            package: whose app.
            event: its name for it.
            data: plain data handed along.
            loading: ``settle`` waits for it.
        """
        number = self.number("event")
        due = self.now_us + int(delay_ms) * MILLISECOND
        bisect.insort(self.state["events"], [due, number, package, event, dict(data or {}), loading], key=_order)
        return number

    def cancel(self, number: int) -> None:
        """Forget what was scheduled."""
        self.state["events"][:] = [event for event in self.state["events"] if event[1] != number]

    def _happen(self, package: str, event: str, data: dict[str, Any]) -> None:
        if package == "android.touch":
            gestures.event(self, event, data)
        elif package == "android.keyboard":
            keyboard.event(self, event, data)
        elif package == UI:
            self.state[event] = data["then"]
            self.screen.dirty.add(event)
        elif self.packages.is_enabled(package):
            contain(self, package, self.apps[package].on_event, self, event, data)
            self.screen_changed()

    def number(self, kind: str) -> int:
        """The next of consecutive numbers, from 1."""
        numbers = self.state["numbers"]
        numbers[kind] = numbers.get(kind, 0) + 1
        return numbers[kind]

    def rng(self, purpose: str) -> np.random.Generator:
        """A new generator for a purpose; how many there were before is part of the state."""
        count = self.state["streams"].get(purpose, 0)
        self.state["streams"][purpose] = count + 1
        return np.random.default_rng(child_seed(self.state["seed"], purpose, count))

    def reseed(self, seed: int) -> None:
        """Begin all streams anew from a seed."""
        self.state["seed"], self.state["streams"] = seed, {}

    # --- hands

    def touch(self, points: Sequence[tuple[float, float, bool, int]]) -> None:
        """Fingers at (x, y, is down, identifier), logical px of what is shown; no time passes."""
        if self.state["awake"]:
            gestures.touch(self, points)

    def tap(self, x: float, y: float) -> None:
        """Touch and let go."""
        self.touch([(x, y, True, 0)])
        self.advance(TAP_MS)
        self.touch([(x, y, False, 0)])

    def long_press(self, x: float, y: float, ms: int = 1_000) -> None:
        """Touch, hold, let go."""
        self.swipe(x, y, x, y, ms)

    def swipe(self, x1: float, y1: float, x2: float, y2: float, ms: int = 300) -> None:
        """Draw a finger over the screen, evenly."""
        steps = max(1, int(ms) // 20)
        self.touch([(x1, y1, True, 0)])
        for step in range(1, steps + 1):
            self.advance(int(ms) * step // steps - int(ms) * (step - 1) // steps)
            part = step / steps
            self.touch([(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part, True, 0)])
        self.touch([(x2, y2, False, 0)])

    def key(self, code: str, down: bool = True) -> None:
        """A key by Android's name without ``KEYCODE_``; what happens, happens when it goes down."""
        if not down:
            editing.key(self, code, False)
            return
        if code in ("POWER", "WAKEUP", "SLEEP"):
            self.activities.pause()
            self.state["awake"] = not self.state["awake"] if code == "POWER" else code == "WAKEUP"
            self.screen_changed()
        elif self.state["awake"] and not editing.key(self, code, True):
            self._system_key(code)

    def _system_key(self, code: str) -> None:
        if code == "BACK":
            self.back()
        elif code == "HOME":
            self.home()
        elif code == "APP_SWITCH":
            self.recents()
        elif code == "NOTIFICATION":
            self.shade(not self.state["shade"]["open"])
        elif code in ("CALL", "ENDCALL"):
            telephony.key(self, code)
        elif code in ("VOLUME_UP", "VOLUME_DOWN"):
            level = int(self.settings.number("system", "volume_music", 5)) + (1 if code == "VOLUME_UP" else -1)
            self.settings.put("system", "volume_music", str(min(max(level, 0), system_ui.MAX_VOLUME)))
            self.state["volume"] = "music"
            self._later("volume", VOLUME_MS)

    def press(self, code: str) -> None:
        """A key down and up."""
        self.key(code, True)
        self.key(code, False)

    def type_text(self, text: str) -> None:
        """Text into the field that has the focus."""
        if self.state["awake"]:
            editing.type_text(self, text.encode("utf-8", "replace").decode())

    def select_all(self) -> None:
        """Select the whole text of the field that has the focus."""
        editing.select_all(self)

    # --- navigation

    def back(self) -> None:
        """The back gesture: closes what is topmost."""
        self.windows()
        state = self.state
        if state["shade"]["open"]:
            self.shade(False)
        elif state["prompt"] is not None:
            self.answer_prompt(False)
        elif state["crashed"]:
            state["crashed"] = ""
        elif state["overview"]:
            state["overview"] = False
        elif not editing.hide(self):
            self._back_in_app()
        self.screen_changed()

    def _back_in_app(self) -> None:
        page, record = self.screen.page, self.activities.top
        if page is None or record is None:
            return
        if page.windows:
            if page.windows[-1].on_dismiss is not None:
                contain(self, record["package"], page.windows[-1].on_dismiss)
        elif page.on_back is not None:
            contain(self, record["package"], page.on_back)
        elif record["package"] != system_ui.launcher(self):
            self.finish(record["id"])

    def home(self) -> None:
        """To the launcher."""
        self.state["overview"] = False
        self.state["crashed"] = ""
        self.shade(False)
        self.activities.home()

    def recents(self) -> None:
        """Show the tasks that are there, or go back from them."""
        self.activities.pause()
        self.state["overview"] = not self.state["overview"]
        self.state["scrolls"].pop("overview", None)
        self.shade(False)
        self.screen_changed()

    def previous_app(self) -> None:
        """To the app that was in front before this one."""
        home = system_ui.launcher(self)
        task = next((task for task in reversed(self.state["tasks"][:-1]) if task["package"] != home), None)
        if task is not None:
            self.state["overview"] = False
            self.activities.to_front(task)

    def shade(self, is_open: bool, quick: bool = False) -> None:
        """Open or close the notification shade; ``quick``: with all quick settings."""
        self.state["shade"].update(open=is_open, quick=is_open and quick)
        self.screen_changed()

    @property
    def foreground(self) -> tuple[str, str]:
        """Package and class of the activity in front; empty if there is none."""
        record = self.activities.top
        return (record["package"], record["cls"]) if record else ("", "")

    def start_activity(
        self, wanted: Intent, *, new_task: bool = True, request: str | None = None, by: int | None = None
    ) -> str | None:
        """Start what answers an intent; returns Android's error text, or None."""
        self.state["overview"] = False
        self.shade(False)
        return self.activities.start(wanted, new_task=new_task, request=request, by=by)

    def finish(self, number: int, result: dict[str, Any] | None = None) -> None:
        """Close an activity by its id."""
        self.activities.finish(number, result)

    def open_app(self, name: str) -> str | None:
        """Open an app by its label or package, as a tap on its icon does; returns an error, or None."""
        wanted = name.strip().casefold()
        for app in self.apps.values():
            if app.launcher and wanted in (app.label.casefold(), app.package):
                return self.start_activity(intent(MAIN, package=app.package, categories=[LAUNCHER]))
        return f"no app named {name!r}"

    def broadcast(self, sent: Intent) -> list[dict[str, Any]]:
        """Hand an intent to every receiver that takes it; their answers."""
        answers = []
        for app in self.apps.values():
            addressed = sent["package"] in ("", app.package)
            if addressed and sent["action"] in app.receivers and self.packages.is_enabled(app.package):
                receive = getattr(app, app.receivers[sent["action"]])
                answers.append(contain(self, app.package, receive, self, sent) or {"result": 0, "data": ""})
        self.screen_changed()
        return answers

    def force_stop(self, package: str) -> None:
        """End an app: its activities, and what it has scheduled."""
        self.state["events"][:] = [event for event in self.state["events"] if event[2] != package]
        if package in self.state["packages"]:
            self.state["packages"][package]["stopped"] = True
        self.activities.stop(package)

    def prefs(self, package: str) -> dict[str, Any]:
        """An app's lasting plain data."""
        return self.state["prefs"].setdefault(package, {})

    def database(self, package: str, name: str):
        """An app's database, made by its schema if it isn't there."""
        app = self.apps.get(package)
        return self.databases.connection(package, name, app.databases.get(name, "") if app else "")

    # --- what the system shows

    @property
    def clipboard(self) -> str:
        """The text in the clipboard."""
        return self.state["clipboard"]

    @clipboard.setter
    def clipboard(self, text: str) -> None:
        self.state["clipboard"] = text
        self.screen_changed()

    def toast(self, text: str) -> None:
        """A short message at the lower edge."""
        self.state["toast"] = text
        self._later("toast", TOAST_MS)

    def _later(self, name: str, ms: int) -> None:
        """Empty a part of the state after a while; a sooner appointment is forgotten."""
        events = self.state["events"]
        events[:] = [event for event in events if (event[2], event[3]) != (UI, name)]
        self.schedule(ms, UI, name, {"then": ""})
        self.screen.dirty.add(name)

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
            self._later("heads_up", HEADS_UP_MS)
        self.screen_changed()

    def cancel_notification(self, package: str, id: int | None = None) -> None:
        """Take a notification away, or all of a package."""
        keep = [n for n in self.state["notifications"] if n["package"] != package or (id is not None and n["id"] != id)]
        self.state["notifications"][:] = keep
        if self.state["heads_up"] not in {n["key"] for n in keep}:
            self.state["heads_up"] = ""
        self.screen_changed()

    def ask_permission(self, package: str, permission: str, then: str, by: int) -> None:
        """Show the prompt for a permission, unless it is granted, or was refused twice."""
        refused = self.state["packages"][package]["denied"].get(permission, 0)
        if self.packages.granted(package, permission) or refused >= 2:
            self._answer(package, by, then, {"granted": self.packages.granted(package, permission)})
            return
        self.state["prompt"] = {"package": package, "permission": permission, "then": then, "by": by}
        self.screen_changed()

    def answer_prompt(self, granted: bool) -> None:
        """What the buttons of the permission prompt do."""
        prompt, self.state["prompt"] = self.state["prompt"], None
        package = prompt["package"]
        if granted:
            self.packages.grant(package, prompt["permission"])
        else:
            denied = self.state["packages"][package]["denied"]
            denied[prompt["permission"]] = denied.get(prompt["permission"], 0) + 1
        self._answer(package, prompt["by"], prompt["then"], {"granted": granted})
        self.screen_changed()

    def _answer(self, package: str, by: int, request: str, result: dict[str, Any]) -> None:
        record = self.activities.record(by)
        if record is not None:
            app = self.apps[package]
            contain(self, package, app.on_result, Activity(self, app, record), request, result)

    def log(self, tag: str, message: str, level: str = "I", package: str = "") -> None:
        """Add lines to the log."""
        for line in message.splitlines() or [""]:
            entry = {"time_us": self.now_us, "pid": pid(package), "level": level, "tag": tag, "message": line}
            self.state["log"].append(entry)
            self.state["log_count"] += 1
        del self.state["log"][:-LOG_LINES]

    @property
    def log_count(self) -> int:
        """Lines ever logged."""
        return self.state["log_count"]

    def log_since(self, position: int) -> tuple[list[dict[str, Any]], int]:
        """Lines from a position on, as far as the buffer still has them, and the position after them."""
        missed = self.log_count - max(position, 0)
        return (self.state["log"][-missed:] if missed > 0 else []), self.log_count

    # --- the screen

    def screen_changed(self) -> None:
        """Have everything drawn anew when it is next looked at."""
        self.screen.dirty.add("all")

    @property
    def theme(self) -> "theme.Theme":
        """Colours and type, as the settings want them."""
        dark = self.settings.get("secure", "ui_night_mode") == "2"
        scale = self.settings.number("system", "font_scale", 1.0)
        density = int(self.settings.number("secure", "display_density_forced", self.density))
        return theme.theme("dark" if dark else "light", min(max(scale, 0.5), 2.0), min(max(density, 120), 640))

    def windows(self) -> list[Window]:
        """The windows, laid out, the bottom one first."""
        return self.screen.windows()

    def window(self, name: str) -> Window | None:
        """The window of that name, if it shows."""
        self.windows()
        return self.screen.shown.get(name)

    def frame(self) -> np.ndarray:
        """The screen: (height, width, 3) uint8 of the render size, fresh and contiguous."""
        if self._painter is None:
            from palaestra.envs.android.drawing.paint import Painter

            self._painter = Painter(self.natural, self.render)
        return self._painter.frame(self.windows(), self.theme, self.state["pressed"], self.turns)

    def png(self, render: Sequence[int] | None = None) -> bytes:
        """The screen as PNG, in full logical size unless told otherwise."""
        from palaestra.envs.android.drawing.paint import Painter, png

        painter = Painter(self.size, _size("render", render or self.size))
        return png(painter.frame(self.windows(), self.theme, self.state["pressed"]))

    # --- the whole

    def shell(self, line: str):
        """Run a line of shell; its output and status."""
        from palaestra.envs.android.shell.run import run

        self.preferences.flush()
        return run(self, line)

    def snapshot(self) -> bytes:
        """The whole state."""
        self.databases.flush()
        return msgpack.packb(self.state)

    def restore(self, snapshot: bytes) -> None:
        """Become what was saved. The size of frames stays: it is the viewer's, not the phone's.

        Raises:
            ValueError: it is no snapshot of a phone; nothing was changed.
        """
        try:
            state = msgpack.unpackb(snapshot)
        except (ValueError, msgpack.UnpackException) as error:
            raise ValueError(f"not a snapshot of a phone ({error})") from None
        if not isinstance(state, dict) or state.keys() != self.state.keys():
            raise ValueError("not a snapshot of a phone")
        unknown = {record["package"] for task in state["tasks"] for record in task["records"]} - self.apps.keys()
        if unknown:
            raise ValueError(f"the snapshot has apps that this phone lacks: {', '.join(sorted(unknown))}")
        self.state = state
        self.databases.restored()
        self.screen.forget()

    def fingerprint(self) -> str:
        """SHA-256 of the logical state: rows of databases, not their pages."""
        return contents.fingerprint(self)

    def contents(self) -> dict[str, str]:
        """What people would call the phone's contents, by name; see ``contents.contents``."""
        return contents.contents(self)


def pid(package: str) -> int:
    """The process id of a package: the same in every phone."""
    return 1000 + zlib.crc32(package.encode()) % 20_000 if package else 1


def _order(event: list[Any]) -> tuple[int, int]:
    return event[0], event[1]


def _is_busy(event: list[Any]) -> bool:
    return event[5] or event[2] in BUSY


def _size(name: str, size: Sequence[int]) -> tuple[int, int]:
    try:
        width, height = (int(number) for number in size)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} {size!r}: width and height in px are wanted") from None
    if not (32 <= width <= 8192 and 32 <= height <= 8192):
        raise InputError(f"{name} {width}x{height}: between 32 and 8192 px")
    return width, height


def _number(name: str, value: float, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise InputError(f"{name} {value!r}: a number from {low:g} to {high:g} is wanted")
    return value


def _chosen(packages: Sequence[str] | None) -> dict[str, App]:
    """The apps of a phone: the launcher, and those that were named."""
    known = known_apps()
    if packages is None:
        return known
    unknown = [package for package in packages if package not in known]
    if unknown:
        raise InputError(f"app {', '.join(unknown)}: there are {', '.join(known)}")
    homes = [name for name, app in known.items() if any(one.get("category") == "android.intent.category.HOME"
                                                        for one in app.filters)]  # fmt: skip
    return {name: app for name, app in known.items() if name in packages or name in homes}


def _look(name: str) -> str:
    if name not in ("light", "dark"):
        raise InputError(f"theme {name!r}: light or dark")
    return name


def _moment(time: str) -> int:
    try:
        moment = datetime.datetime.fromisoformat(time)
    except ValueError:
        raise InputError(f"time {time!r}: ISO 8601 is wanted, such as 2023-10-15T15:34:00+00:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return round(moment.timestamp() * 1e6)


@functools.lru_cache(maxsize=64)
def _zone(name: str) -> datetime.tzinfo:
    import zoneinfo

    try:
        return zoneinfo.ZoneInfo(name)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return datetime.UTC
