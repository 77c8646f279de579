"""A phone with input and a running clock."""

from collections.abc import Sequence
from typing import Any

from palaestra.envs.android.system import telephony
from palaestra.envs.android.system.kernel import MILLISECOND, MINUTE
from palaestra.envs.android.system.phone import UI
from palaestra.envs.android.ui import editing, gestures, keyboard, navigation, prompts
from palaestra.envs.android.ui.compositor import compose
from palaestra.envs.android.ui.screen import ScreenPhone, Window

TAP_MS = 50
VOLUME_MS = 3_000
BRIGHTNESS_STEP = 25
"""Levels, of 255, by which a key changes the brightness."""
BUSY = ("android.touch", "android.keyboard")
"""Packages whose events are animations: ``settle`` waits for them."""


class Handset(ScreenPhone):
    """A phone with windows, touch, keys and a clock."""

    def windows(self) -> list[Window]:
        """The windows after layout, bottom one first."""
        compose(self)
        return list(self.screen.shown.values())

    # --- time

    def advance(self, ms: int) -> None:
        """Advance the clock and process due events in order."""
        self.windows()  # drawing can have effects; they must not depend on whether a frame is requested
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
        self._note_time(before)
        self.windows()  # layout updates the focus, which must not depend on whether a frame is requested

    def _note_time(self, before: int) -> None:
        """Rebuild what shows the time, as it would be built now: the picture depends on the state only."""
        dirty, now = self.screen.dirty, self.state["now_us"]
        if before // MINUTE != now // MINUTE:
            dirty.update(("status", "shade", "app"))
        if now != before and self.screen.page is not None and self.screen.page.live:
            dirty.add("app")
        if any(
            (before - n["when_us"]) // MINUTE != (now - n["when_us"]) // MINUTE for n in self.state["notifications"]
        ):
            dirty.add("shade")

    def settle(self, limit_ms: int = 5_000) -> int:
        """Advance the clock until nothing is animated or loading; returns the elapsed ms."""
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

    def _happen(self, package: str, event: str, data: dict[str, Any]) -> None:
        if package == "android.touch":
            gestures.event(self, event, data)
        elif package == "android.keyboard":
            keyboard.event(self, event, data)
        elif package == UI:
            self.state[event] = data["then"]
            self.screen_changed(event)
        else:
            self.happened(package, event, data)

    # --- input

    def touch(self, points: Sequence[tuple[float, float, bool, int]]) -> None:
        """Touch with fingers at (x, y, is down, identifier), logical px of the content; takes no time."""
        if self.state["awake"]:
            gestures.touch(self, points)

    def tap(self, x: float, y: float) -> None:
        """Touch and release."""
        self.touch([(x, y, True, 0)])
        self.advance(TAP_MS)
        self.touch([(x, y, False, 0)])

    def long_press(self, x: float, y: float, ms: int = 1_000) -> None:
        """Touch, hold and release."""
        self.swipe(x, y, x, y, ms)

    def swipe(self, x1: float, y1: float, x2: float, y2: float, ms: int = 300) -> None:
        """Move a finger across the screen at constant speed."""
        steps = max(1, int(ms) // 20)
        self.touch([(x1, y1, True, 0)])
        for step in range(1, steps + 1):
            self.advance(int(ms) * step // steps - int(ms) * (step - 1) // steps)
            part = step / steps
            self.touch([(x1 + (x2 - x1) * part, y1 + (y2 - y1) * part, True, 0)])
        self.touch([(x2, y2, False, 0)])

    def key(self, code: str, down: bool = True) -> None:
        """Press or release a key, named as in Android without ``KEYCODE_``; keys act on pressing."""
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
        elif code in ("VOLUME_UP", "VOLUME_DOWN", "VOLUME_MUTE"):
            self._volume_key(code)
        elif code in ("BRIGHTNESS_UP", "BRIGHTNESS_DOWN"):
            level = int(self.settings.number("system", "screen_brightness", 102))
            level += BRIGHTNESS_STEP if code == "BRIGHTNESS_UP" else -BRIGHTNESS_STEP
            self.settings.set_brightness(min(max(level, 1), 255))

    def _volume_key(self, code: str) -> None:
        """Change the volume of media; the mute key brings back the level that it took away."""
        level = int(self.settings.number("system", "volume_music", 5))
        if code == "VOLUME_MUTE":
            muted = self.service("muted").get("music", 0)
            self.set_service("muted", {"music": level} if level else {})
            level = 0 if level else muted
        else:
            self.set_service("muted", {})
            level += 1 if code == "VOLUME_UP" else -1
        self.settings.put("system", "volume_music", str(min(max(level, 0), prompts.MAX_VOLUME)))
        self.state["volume"] = "music"
        self.clear_later("volume", VOLUME_MS)

    def press(self, code: str) -> None:
        """Press and release a key."""
        self.key(code, True)
        self.key(code, False)

    def type_text(self, text: str) -> None:
        """Type text into the focused field."""
        if self.state["awake"]:
            editing.type_text(self, text.encode("utf-8", "replace").decode())

    def select_all(self) -> None:
        """Select the whole text of the focused field."""
        editing.select_all(self)

    def back(self) -> None:
        """The back gesture: closes the topmost window or screen."""
        navigation.back(self)


def _is_busy(event: list[Any]) -> bool:
    return event[5] or event[2] in BUSY
