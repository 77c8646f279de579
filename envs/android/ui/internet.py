"""The Internet dialog of quick settings: mobile data, Wi-Fi and its networks."""

from collections.abc import Callable
from functools import partial
from typing import Any

from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.ui.bars import PACKAGE
from palaestra.envs.android.ui.controls import switch
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.screen import ScreenPhone, SystemWindow
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, text

NETWORKS = ("AndroidWifi", "Harbour Cafe", "Neighbours 5G")
"""Wi-Fi networks within reach; the phone is connected to the first."""
SETTINGS = "android.settings.WIFI_SETTINGS"


def open_internet(phone: ScreenPhone) -> None:
    """Show the dialog; it is a part of the shade's state that is there only while the dialog is."""
    phone.state["shade"]["panel"] = "internet"
    phone.screen_changed()


def is_open(phone: ScreenPhone) -> bool:
    """Whether the dialog is shown."""
    return "panel" in phone.state["shade"]


def close(phone: ScreenPhone) -> None:
    """Close the dialog."""
    phone.state["shade"].pop("panel", None)
    phone.screen_changed()


def panel(phone: ScreenPhone) -> SystemWindow | None:
    """The dialog while it is open."""
    if not is_open(phone):
        return None
    wifi = phone.settings.wifi_is_on
    head = column(
        text("Internet", "headline_small", id="internet_dialog_title"),
        text(
            "Tap a network to connect" if wifi else "Wi‑Fi is off",
            "body_medium",
            "on_surface_variant",
            id="internet_dialog_subtitle",
        ),
        width=FILL,
        align="center",
    )
    root = dialog(
        "",
        column(head, *_rows(phone, wifi), width=FILL, gap=4),
        buttons=[("Done", partial(close, phone))],
        on_dismiss=partial(close, phone),
        id="internet_connectivity_dialog",
    )
    root.title = "Internet"
    return root, PACKAGE, "dialog", None


def _rows(phone: ScreenPhone, wifi: bool) -> list[View]:
    settings = phone.settings
    airplane, mobile = settings.on("global", "airplane_mode_on"), settings.on("global", "mobile_data")

    def put_mobile(on: bool) -> None:
        settings.put("global", "mobile_data", str(int(on)))

    def see_all() -> None:
        phone.start_activity(intent(SETTINGS))

    summary = "Airplane mode is on" if airplane else "Connected" if mobile and not wifi else "Mobile data"
    data = None if airplane else put_mobile
    rows = [
        _switched("Carrier", summary, "signal", mobile and not airplane, data, "mobile", "Mobile data"),
        _switched("Wi‑Fi", "", "", wifi, settings.set_wifi, "wifi", "Wi-Fi"),
    ]
    if wifi:
        rows += [_network(name, see_all) for name in NETWORKS]
        rows.append(_line(text("See all", "body_large"), id="see_all_layout", on_click=see_all))
    return rows


def _switched(
    title: str, summary: str, glyph: str, on: bool, change: Callable[[bool], Any] | None, name: str, desc: str
) -> View:
    """A row with a switch; a tap on the row turns the switch too."""
    return _line(
        icon(glyph, 24) if glyph else None,
        column(
            text(title, "body_large", lines=1, id=f"{name}_title"),
            text(summary, "body_small", "on_surface_variant", 1, id=f"{name}_summary") if summary else None,
            weight=1,
        ),
        switch(on, change, desc=desc, id=f"{name}_toggle", enabled=change is not None),
        id=f"{name}_layout",
        on_click=(lambda: change(not on)) if change is not None else None,
    )


def _network(name: str, on_click: Callable[[], None]) -> View:
    """A network; the one in use is highlighted, and its page has what can be changed."""
    connected = name == NETWORKS[0]
    kind = "wifi_connected" if connected else "wifi"
    return _line(
        icon("wifi" if connected else "wifi-lock", 24, "primary" if connected else "on_surface"),
        column(
            text(name, "body_large", lines=1, id=f"{kind}_title"),
            text("Connected", "body_small", "on_surface_variant", 1, id=f"{kind}_summary") if connected else None,
            weight=1,
        ),
        icon("cog-outline", 24) if connected else icon("lock-outline", 20),
        id=f"{kind}_layout" if connected else "wifi_list",
        key=name,
        radius=28,
        background="secondary_container" if connected else None,
        on_click=on_click,
    )


def _line(*children: View | None, **options: Any) -> View:
    return row(*children, **{"width": FILL, "min_height": 56, "gap": 16, "padding": (16, 6), **options})
