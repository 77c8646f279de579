"""Rebuilds and lays out the windows that have changed."""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.system.activities import Record
from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.ui import bars, chooser, editing, internet, keyboard, overview, prompts, selection, shade
from palaestra.envs.android.ui.dialogs import narrow, tighten
from palaestra.envs.android.ui.layout import arrange
from palaestra.envs.android.ui.page import page_of
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow, Window
from palaestra.envs.android.ui.theme import Theme

LOW_DP = 320
"""A dialog in less height than this, as over the keyboard on a turned screen, has narrow margins."""
NARROW_DP = 320
"""A dialog on a screen narrower than this has narrow margins at its sides."""
SYSTEM_WINDOWS: dict[str, Callable[[ScreenPhone], SystemWindow | None]] = {
    "popup": selection.selection_window,
    "keyboard": keyboard.window,
    "overview": overview.overview,
    "status": bars.status_bar,
    "navigation": bars.navigation_bar,
    "toast": prompts.toast,
    "heads_up": shade.heads_up,
    "volume": prompts.volume,
    "choice": chooser.chooser,
    "prompt": prompts.prompt,
    "shade": shade.shade,
    "panel": internet.panel,
    "crash": prompts.crash,
    "sleep": prompts.sleep,
}
"""Constructors of the system's windows, lowest first; they return None while the window is hidden."""


def compose(phone: ScreenPhone) -> None:
    """Bring ``phone.screen`` up to date."""
    for _ in range(3):  # a new page may change the focus, which shows or hides the keyboard
        if not phone.screen.dirty:
            break
        _build(phone)
        editing.settle(phone)


def _build(phone: ScreenPhone) -> None:
    """Rebuild and lay out the dirty windows; the dict is ordered from the bottom to the top."""
    screen = phone.screen
    dirty, screen.dirty = screen.dirty, set()
    before, look = screen.shown, phone.theme
    if "all" in dirty or any(name.startswith("app") for name in dirty):
        windows = _app_windows(phone, look)
    else:
        windows = {name: window for name, window in before.items() if name.startswith("app")}
    # the keyboard and the editing bar depend on the focused field
    screen.shown = {name: before[name] for name in SYSTEM_WINDOWS if name in before} | windows
    for name in SYSTEM_WINDOWS:
        old = before.get(name)
        window = _system_window(phone, name, old, look) if "all" in dirty or name in dirty else old
        if window is not None:
            windows[name] = window
    for window in windows.values():
        window.focused = False
    for name in reversed(windows):
        if windows[name].type in ("application", "dialog") or name in ("shade", "overview"):
            windows[name].focused = True
            break
    screen.shown = windows


def _system_window(phone: ScreenPhone, name: str, old: Window | None, look: Theme) -> Window | None:
    made = SYSTEM_WINDOWS[name](phone)
    if made is None:
        return None
    root, package, kind, place = made
    if old is not None and old.root is root:
        return old
    root.key = root.key or name
    bounds = place or (0, 0, *phone.size)
    scrolls = phone.state["scrolls"].setdefault(name, {})
    arrange(root, bounds, look, scrolls, _focus_in(phone, name))
    return Window(name, package, "", root, bounds, kind, root.title, scrolls)


def _app_windows(phone: ScreenPhone, look: Theme) -> dict[str, Window]:
    home = phone.activities.launcher
    while (record := phone.activities.top) is not None:
        if record["package"] == home:  # without a home screen the phone is unusable: raise its errors
            return _drawn(phone, record, look)
        windows = contain(phone, record["package"], _drawn, phone, record, look)
        if windows is not None:
            return windows
    phone.screen.page = None
    return {}


def _drawn(phone: ScreenPhone, record: Record, look: Theme) -> dict[str, Window]:
    """The windows of an activity: its page, and the dialogs over it."""
    phone.screen.page = page = page_of(phone, record)
    root = bars.content(phone, page, keyboard.height_dp(phone))
    root.key = f"a{record['id']}"
    width, height = phone.size
    windows: dict[str, Window] = {}
    for depth, tree in enumerate((root, *page.windows)):
        name, bounds = "app", (0, 0, width, height)
        if depth:
            name, tree.key = f"app:{depth}", f"a{record['id']}:{depth}"
            top = look.px(bars.STATUS_DP) if tree.style == "menu" else 0
            bounds = (0, top, width, height - look.px(keyboard.height_dp(phone)))
            if tree.style == "dialog" and width < look.px(NARROW_DP):
                narrow(tree)
            if tree.style == "dialog" and bounds[3] < look.px(LOW_DP):
                tighten(tree)
        arrange(tree, bounds, look, record["scroll"], _focus_in(phone, name), (root, *page.windows)[:depth])
        kind = "dialog" if depth else "application"
        title = tree.title or page.title or phone.packages.label(record["package"])
        windows[name] = Window(name, record["package"], record["cls"], tree, bounds, kind, title, record["scroll"])
    return windows


def _focus_in(phone: ScreenPhone, name: str) -> dict[str, Any] | None:
    """The focus, if it is in this window."""
    focus = phone.state["focus"]
    return focus if focus is not None and focus.get("window") == name else None
