"""The phone: one object whose whole state is plain data, and everything seen derived from it.

``state`` holds dicts, lists, strings, numbers and bytes only, so a snapshot is msgpack of it. Screens, pixels, the
accessibility forest and ``dumpsys`` are functions of it, made anew when something has changed. Time is a number in the
state that only ``advance`` moves, running the events that are due. There is no thread and no other clock or randomness.
"""

from collections.abc import Sequence

import msgpack
import numpy as np

from palaestra.envs.android import boot
from palaestra.envs.android.drawing.paint import Painter, png, screenshot
from palaestra.envs.android.shell.run import Result, run
from palaestra.envs.android.system import contents, packages
from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.screen import Screen


class Device(Handset):
    """A phone that has just booted, with the launcher in front.

    Args:
        seed: of everything random in it.
        size: logical width and height, px: the touch space.
        density: dots per inch, 120 to 640.
        render: width and height of frames, px; the logical size by default.
        theme: ``light`` or ``dark``, as if chosen in the settings.
        font_scale: likewise, 0.5 to 2.
        apps: what to install beside the launcher, see ``boot.chosen_apps``; None: all known apps.
        time: of the first boot, ISO 8601 with zone.

    Raises:
        InputError: an app that doesn't exist, or an invalid size, scale or time.
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
        natural = boot.size_in_px("size", size)
        self.render = boot.size_in_px("render", render or size)
        dpi = int(boot.number_between("density", density, 120, 640))
        super().__init__(boot.chosen_apps(apps), natural, dpi)
        self.screen = Screen()
        self._painter: Painter | None = None
        now_us = boot.time_in_us(time)
        self._boot(seed, now_us, boot.theme_name(theme), boot.number_between("font_scale", font_scale, 0.5, 2.0))

    def _boot(self, seed: int, now_us: int, theme: str, font_scale: float) -> None:
        """Set the state to that after the first boot."""
        self.state.update(boot.first_state(seed, now_us))
        self.files.create()
        self.settings.create()
        self.settings.put("secure", "ui_night_mode", "2" if theme == "dark" else "1")
        self.settings.put("system", "font_scale", str(font_scale))
        for package in (*packages.SYSTEM, *self.apps):
            self.packages.install(package)
        self.home()

    # --- what it shows

    def frame(self) -> np.ndarray:
        """The screen: (height, width, 3) uint8 of the render size, fresh and contiguous."""
        if self._painter is None:
            self._painter = Painter(self.natural, self.render)
        return self._painter.frame(self.windows(), self.theme, self.state["pressed"], self.turns)

    def png(self, render: Sequence[int] | None = None) -> bytes:
        """The screen as PNG, in full logical size by default."""
        return png(screenshot(self, boot.size_in_px("render", render or self.size)))

    def shell(self, line: str | bytes) -> Result:
        """Run a line of shell; its output and status."""
        self.preferences.flush()
        return run(self, line)

    # --- the whole

    def snapshot(self) -> bytes:
        """The whole state."""
        self.databases.flush()
        return msgpack.packb(self.state)

    def restore(self, snapshot: bytes) -> None:
        """Restore a saved state. The size of frames stays: it is the viewer's, not the phone's.

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
        """The phone's contents by name; see ``contents.contents``."""
        return contents.contents(self)
