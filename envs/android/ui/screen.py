"""What is on the screen: windows, made of the phone's state and laid out anew when something has changed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from palaestra.envs.android.system.app import Page
from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.ui import editing, keyboard, system_ui
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.android.ui.view import View


@dataclass(eq=False)
class Window:
    """A window of the screen, laid out.

    Attributes:
        name: ``app``, ``app:1`` (its first dialog), ``popup``, ``keyboard``, ``status``, ``navigation``, ``overview``,
            ``shade``, ``heads_up``, ``prompt``, ``crash``, ``toast``.
        package, activity: whose it is.
        root: the tree, with bounds.
        bounds: (left, top, right, bottom) logical px.
        type: ``application``, ``input_method``, ``system`` or ``dialog``.
        focused: whether keys go to it.
        title: what a screen reader calls it.
        scrolls: px by which scrollers are scrolled, by path; part of the state.
    """

    name: str
    package: str
    activity: str
    root: View
    bounds: tuple[int, int, int, int]
    type: str
    title: str
    scrolls: dict[str, int]
    focused: bool = False


SYSTEM_WINDOWS: dict[str, Callable[[Any], tuple[View, str, str, Any] | None]] = {
    "popup": editing.popup_window,
    "keyboard": keyboard.window,
    "overview": system_ui.overview,
    "status": system_ui.status_bar,
    "navigation": system_ui.navigation_bar,
    "toast": system_ui.toast,
    "heads_up": system_ui.heads_up,
    "volume": system_ui.volume,
    "shade": system_ui.shade,
    "prompt": system_ui.prompt,
    "crash": system_ui.crash,
    "sleep": system_ui.sleep,
}
"""Windows over the app's, the lowest first: each makes (root, package, type, bounds or None for all), or None."""


class Screen:
    """The windows of one device.

    Attributes:
        shown: the windows by name, the bottom one first, as they were laid out last.
        page: what the app in front shows; None if there is no app.
        dirty: names of windows that must be made anew; ``all``: every one.
    """

    def __init__(self, device):
        self._device = device
        self.shown: dict[str, Window] = {}
        self.page: Page | None = None
        self.dirty: set[str] = set()

    def forget(self) -> None:
        """The state is another: nothing of what was shown is right."""
        self.shown = {}
        self.dirty.add("all")

    def windows(self) -> list[Window]:
        """The windows, laid out, the bottom one first."""
        for _ in range(3):  # a new page may take or drop the focus, which brings or hides the keyboard
            if not self.dirty:
                break
            self._build()
            editing.settle(self._device)
        return list(self.shown.values())

    def _build(self) -> None:
        """Make and lay out what is dirty; the order of the dict is the order on the screen."""
        dirty, self.dirty = self.dirty, set()
        before, look = self.shown, self._device.theme
        if "all" in dirty or any(name.startswith("app") for name in dirty):
            windows = self._app_windows(look)
        else:
            windows = {name: window for name, window in before.items() if name.startswith("app")}
        # the keyboard and the editing bar go by the field that is edited
        self.shown = {name: before[name] for name in SYSTEM_WINDOWS if name in before} | windows
        for name in SYSTEM_WINDOWS:
            old = before.get(name)
            window = self._system_window(name, old, look) if "all" in dirty or name in dirty else old
            if window is not None:
                windows[name] = window
        for window in windows.values():
            window.focused = False
        for name in reversed(windows):
            if windows[name].type in ("application", "dialog") or name in ("shade", "overview"):
                windows[name].focused = True
                break
        self.shown = windows

    def _system_window(self, name: str, old: Window | None, look: Theme) -> Window | None:
        made = SYSTEM_WINDOWS[name](self._device)
        if made is None:
            return None
        root, package, kind, place = made
        if old is not None and old.root is root:
            return old
        root.key = root.key or name
        bounds = place or (0, 0, *self._device.size)
        scrolls = self._device.state["scrolls"].setdefault(name, {})
        arrange(root, bounds, look, scrolls, self._focus_in(name))
        return Window(name, package, "", root, bounds, kind, root.title, scrolls)

    def _app_windows(self, look: Theme) -> dict[str, Window]:
        device = self._device
        home = system_ui.launcher(device)
        while (record := device.activities.top) is not None:
            if record["package"] == home:  # a phone without a home screen is of no use: its mistakes are raised
                return self._drawn(record, look)
            found = contain(device, record["package"], self._drawn, record, look)
            if found is not None:
                return found
        self.page = None
        return {}

    def _drawn(self, record: dict[str, Any], look: Theme) -> dict[str, Window]:
        """The windows of an activity: its page, and the dialogs over it."""
        device = self._device
        self.page = page = device.activities.page(record)
        root = system_ui.content(device, page, keyboard.height_dp(device))
        root.key = f"a{record['id']}"
        width, height = device.size
        found: dict[str, Window] = {}
        for depth, tree in enumerate((root, *page.windows)):
            name, bounds = "app", (0, 0, width, height)
            if depth:
                name, tree.key = f"app:{depth}", f"a{record['id']}:{depth}"
                top = look.px(system_ui.STATUS_DP) if tree.style == "menu" else 0
                bounds = (0, top, width, height - look.px(keyboard.height_dp(device)))
            arrange(tree, bounds, look, record["scroll"], self._focus_in(name), root if depth else None)
            kind = "dialog" if depth else "application"
            title = tree.title or page.title or device.packages.label(record["package"])
            found[name] = Window(name, record["package"], record["cls"], tree, bounds, kind, title, record["scroll"])
        return found

    def _focus_in(self, name: str) -> dict[str, Any] | None:
        """The field that has the focus, if it is in this window."""
        focus = self._device.state["focus"]
        return focus if focus is not None and focus.get("window") == name else None
