"""``dumpsys SurfaceFlinger`` and ``dumpsys display``: the display and the windows on it."""

from palaestra.envs.android.system.activities import RESOLVER
from palaestra.envs.android.system.phone import GRANT
from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.screen import Window

DISPLAY_ID = "4619827259835644672"
REFRESH_NS = 16_666_666
"""Time between frames of the panel, ns."""
TITLES = {
    "status": "StatusBar",
    "shade": "NotificationShade",
    "navigation": "NavigationBar0",
    "toast": "Toast",
    "keyboard": "InputMethod",
    "popup": "PopupWindow",
    "panel": "InternetDialog",
    "prompt": "/".join(GRANT),
    "choice": "/".join(RESOLVER),
}


def title(window: Window) -> str:
    """A window's name: an app's is its activity's."""
    return f"{window.package}/{window.activity}" if window.activity else TITLES.get(window.name, window.package)


def surface_flinger(device: Handset, args: list[str]) -> str:
    """``dumpsys SurfaceFlinger [--display-id|--list|--latency [LAYER]|--latency-clear [LAYER]]``."""
    if "--display-id" in args:
        return f'Display {DISPLAY_ID} (HWC display 0): port=0 pnpId=GGL displayName="EMU_display_0"\n'
    layers = [f"{title(window)}#{place}" for place, window in enumerate(device.windows())]
    if "--list" in args:
        return "".join(f"{name}\n" for name in reversed(layers))
    if "--latency-clear" in args:
        return ""
    if "--latency" in args:  # no frame is ever presented to a panel here
        return f"{REFRESH_NS}\n"
    width, height = device.physical_size  # the panel's, however the phone is held
    return (
        f"Build configuration: [sf PRESENT_TIME_OFFSET=0]\n\nDisplay {DISPLAY_ID} (HWC display 0)\n"
        f"   resolution: {width}x{height}, refresh rate: 60.00 Hz, dpi: {device.physical_density}.00\n\n"
        f"Visible layers (count = {len(layers)})\n" + "".join(f"+ Layer ({name})\n" for name in layers)
    )


def display(device: Handset, args: list[str]) -> str:
    """``dumpsys display``."""
    (width, height), (across, down) = device.size, device.physical_size
    state = "ON" if device.state["awake"] else "OFF"
    panel = (down, across) if device.turns % 2 else (across, down)
    return (
        f"DISPLAY MANAGER (dumpsys display)\n  mGlobalDisplayState={state}\n  mScreenState={state}\n"
        f"  DisplayViewport{{type=INTERNAL, valid=true, isActive=true, displayId=0, orientation={device.turns}, "
        f"logicalFrame=Rect(0, 0 - {width}, {height}), physicalFrame=Rect(0, 0 - {panel[0]}, {panel[1]}), "
        f"deviceWidth={panel[0]}, deviceHeight={panel[1]}}}\n"
        f'  mBaseDisplayInfo=DisplayInfo{{"Built-in Screen", real {across} x {down}, '
        f"density {device.physical_density}}}\n"
    )
