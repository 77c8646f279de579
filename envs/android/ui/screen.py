"""What is on the screen: windows, laid out from the phone's state."""

from dataclasses import dataclass, field

from palaestra.envs.android.system.runtime import Runtime
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.theme import Theme, theme_of
from palaestra.envs.android.ui.view import View

Bounds = tuple[int, int, int, int]
SystemWindow = tuple[View, str, str, Bounds | None]
"""A window of the system's before it is laid out: root, package, type, and bounds or None for the whole screen."""


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
    bounds: Bounds
    type: str
    title: str
    scrolls: dict[str, int]
    focused: bool = False


@dataclass
class Screen:
    """The windows of one phone.

    Attributes:
        shown: the windows by name, the bottom one first, as they were laid out last.
        page: what the app in front shows; None if there is no app.
        dirty: names of windows that must be made anew; ``all``: every one.
    """

    shown: dict[str, Window] = field(default_factory=dict)
    page: Page | None = None
    dirty: set[str] = field(default_factory=set)

    def forget(self) -> None:
        """The state is another: every window must be made anew."""
        self.shown = {}
        self.dirty.add("all")


class ScreenPhone(Runtime):
    """A phone with a screen, for the parts of the user interface.

    Attributes:
        screen: its windows as they were laid out last.
    """

    screen: Screen

    def screen_changed(self, window: str = "all") -> None:
        """Have a window, or everything, made anew when the screen is next looked at."""
        self.screen.dirty.add(window)

    @property
    def theme(self) -> Theme:
        """Colours and type, as the settings want them."""
        return theme_of(self)

    def windows(self) -> list[Window]:
        """The windows, laid out, the bottom one first."""
        raise NotImplementedError

    def window(self, name: str) -> Window | None:
        """The window of that name, if it shows."""
        self.windows()
        return self.screen.shown.get(name)
