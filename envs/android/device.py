"""The phone: one object whose whole state is plain data, from which its output is computed.

``state`` holds dicts, lists, strings, numbers and bytes only; a snapshot is its msgpack encoding. Screens, pixels, the
accessibility forest and ``dumpsys`` are functions of it, recomputed after changes. The clock is a number in the state;
only ``advance`` moves it and runs the events that are due. There are no threads and no other clock or randomness.
"""

from collections.abc import Sequence

import msgpack
import numpy as np

from palaestra.envs.android import boot
from palaestra.envs.android.drawing.paint import Painter, png, screenshot, shared_bands
from palaestra.envs.android.shell.run import Result, run
from palaestra.envs.android.system import contents, packages
from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.screen import Screen


class Device(Handset):
    """A phone that has just booted, with the launcher in front.

    Args:
        seed: of the phone's random streams.
        size: logical width and height, px; touches refer to it.
        density: dots per inch, 120 to 640.
        render: width and height of frames, px; the logical size by default.
        theme: ``light`` or ``dark``, as if chosen in the settings.
        font_scale: likewise, 0.5 to 2.
        apps: what to install besides the launcher, see ``boot.chosen_apps``; None: all usual apps.
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
        """Set the state after the first boot."""
        self.state.update(boot.first_state(seed, now_us))
        self.files.create()
        self.settings.create()
        self.settings.put("secure", "ui_night_mode", "2" if theme == "dark" else "1")
        self.settings.put("system", "font_scale", str(font_scale))
        for package in (*packages.SYSTEM, *boot.installed_first(self.apps)):
            self.packages.install(package)
        self.home()

    # --- output

    def frame(self) -> np.ndarray:
        """The screen at the render size: a new contiguous array, (height, width, 3) uint8."""
        if self._painter is None or self._painter.size != self.natural:  # ``wm size`` changes it
            self._painter = Painter(self.natural, self.render, shared_bands())
        return self._painter.frame(self.windows(), self.theme, self.state["pressed"], self.turns)

    def png(self, render: Sequence[int] | None = None) -> bytes:
        """The screen as PNG, in full logical size by default."""
        return png(screenshot(self, boot.size_in_px("render", render or self.size)))

    def shell(self, line: str | bytes) -> Result:
        """Run a shell command line; returns its output and exit status."""
        self.preferences.flush()
        return run(self, line)

    # --- state

    def snapshot(self) -> bytes:
        """The whole state."""
        self.databases.flush()
        return msgpack.packb(self.state)

    def restore(self, snapshot: bytes) -> None:
        """Restore a saved state. The size of frames is not part of it and stays.

        Raises:
            ValueError: it is not a snapshot of a phone; the state is unchanged.
        """
        try:
            state = msgpack.unpackb(snapshot)
        except (ValueError, msgpack.UnpackException) as error:
            raise ValueError(f"not a snapshot of a phone ({error})") from None
        if not isinstance(state, dict) or state.keys() - {"services"} != self.state.keys() - {"services"}:
            raise ValueError("not a snapshot of a phone")
        unknown = {record["package"] for task in state["tasks"] for record in task["records"]} - self.apps.keys()
        if unknown:
            raise ValueError(f"the snapshot has apps that this phone does not have: {', '.join(sorted(unknown))}")
        self.state = state
        self.databases.restored()
        self.screen.forget()

    def fingerprint(self) -> str:
        """SHA-256 of the logical state: rows of databases, not their pages."""
        return contents.fingerprint(self)

    def contents(self) -> dict[str, str]:
        """The phone's contents by name; see ``contents.contents``."""
        return contents.contents(self)
