"""The screen: windows laid out from the phone's state."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from palaestra.envs.android.system.runtime import Runtime
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme, theme_of
from palaestra.envs.android.ui.view import View

Bounds = tuple[int, int, int, int]
SystemWindow = tuple[View, str, str, Bounds | None]
"""A window of the system before it is laid out: root, package, type, and bounds or None for the whole screen."""


@dataclass(eq=False)
class Window:
    """A window of the screen, laid out.

    Attributes:
        name: ``app``, ``app:1`` (its first dialog), ``popup``, ``keyboard``, ``status``, ``navigation``, ``overview``,
            ``shade``, ``heads_up``, ``prompt``, ``crash``, ``toast``.
        package, activity: its owner.
        root: the view tree, with bounds.
        bounds: (left, top, right, bottom) logical px.
        type: ``application``, ``input_method``, ``system`` or ``dialog``.
        focused: whether it receives key events.
        title: spoken by a screen reader.
        scrolls: px by which scrollers are scrolled, by path; part of the state.
        nodes, elements, written: what ``accessibility`` has reported about it; a window never changes after its layout.
    """

    name: str
    package: str
    activity: str
    root: View
    bounds: Bounds
    type: str
    title: str
    scrolls: dict[str, int]
    focused: bool = False
    nodes: list[dict[str, Any]] | None = None
    elements: list[dict[str, Any]] | None = None
    written: str | None = None


@dataclass
class Screen:
    """The windows of one phone.

    Attributes:
        shown: the windows of the last layout by name, bottom one first.
        page: of the app in front; None if there is no app.
        dirty: names of windows that must be rebuilt; ``all``: every window.
    """

    shown: dict[str, Window] = field(default_factory=dict)
    page: Page | None = None
    dirty: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """Rebuild every window, because the state was replaced."""
        self.shown = {}
        self.dirty.add("all")


class ScreenPhone(Runtime):
    """A phone with a screen, the interface used by this package.

    Attributes:
        screen: the windows of the last layout.
    """

    screen: Screen

    def screen_changed(self, window: str = "all") -> None:
        """Rebuild a window, or all of them, at the next layout."""
        self.screen.dirty.add(window)

    @property
    def theme(self) -> Theme:
        """Colours and type according to the settings."""
        return theme_of(self)

    def windows(self) -> list[Window]:
        """The windows after layout, bottom one first."""
        raise NotImplementedError

    def window(self, name: str) -> Window | None:
        """The visible window of that name, or None."""
        self.windows()
        return self.screen.shown.get(name)


def reused(phone: ScreenPhone, name: str, looks: tuple[Any, ...], build: Callable[[], View]) -> View:
    """The tree of a system window, that of the last layout if nothing that it is built from has changed.

    Args:
        phone: whose window it is.
        name: of the window.
        looks: what the tree is built from besides the theme and the screen's size.
        build: makes the tree.
    """
    looks = (*looks, phone.size, phone.theme)
    old = phone.screen.shown.get(name)
    if old is not None and old.root.value == looks:
        return old.root
    root = build()
    root.value = looks
    return root
