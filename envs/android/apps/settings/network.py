"""Wi-Fi, airplane mode, Bluetooth."""

from palaestra.envs.android.apps.settings.rows import go, heading, item, page, switched, toggle
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import View, dialog, text, text_field

NETWORKS = ("AndroidWifi", "Harbour Cafe", "Neighbours 5G")
DEVICES = ("Living Room Speaker", "Kite Headphones")


class NetworkPages:
    """What connects the phone."""

    def network(self, activity: Activity) -> Page:
        phone = activity.phone
        settings = phone.settings
        on = phone.settings.wifi_is_on
        airplane = settings.on("global", "airplane_mode_on")
        return page(
            activity,
            "Network & internet",
            item(
                "Internet",
                NETWORKS[0] if on else "Off" if airplane else "Carrier",
                lambda: go(activity, "Settings$NetworkProviderSettingsActivity"),
                "wifi",
            ),
            item("Calls & SMS", "Carrier", None, "phone-outline"),
            item("SIMs", "Carrier", None, "sim"),
            toggle(activity, "Airplane mode", "global", "airplane_mode_on", glyph="airplane"),
            item("Hotspot & tethering", "Off", None, "access-point"),
            toggle(activity, "Data Saver", "global", "data_saver", "Off", "leaf"),
            item("VPN", "None", None, "key-outline"),
            item("Private DNS", "Automatic", None, "dns-outline"),
        )

    def internet(self, activity: Activity) -> Page:
        phone, state = activity.phone, activity.state
        on = phone.settings.wifi_is_on
        rows = [
            switched("Wi‑Fi", "", on, lambda value: phone.settings.set_wifi(value), "wifi_switch", words="Wi-Fi"),
            *(
                item(
                    name,
                    "Connected" if name == NETWORKS[0] else "Secured",
                    lambda name=name: state.update(network=name),
                    "wifi" if name == NETWORKS[0] else "wifi-lock",
                )
                for name in (NETWORKS if on else ())
            ),
            item("Add network", "", None, "plus") if on else None,
            item("Network preferences", "Wi‑Fi turns back on automatically", None, "cog-outline"),
            toggle(activity, "Mobile data", "global", "mobile_data"),
        ]
        windows = []
        if state.get("network"):
            windows = [self._network(activity, state["network"])]
        return page(activity, "Internet", *rows, windows=windows)

    def _network(self, activity: Activity, name: str) -> View:
        """What a network is, or the question for its password; none here is the right one."""
        state = activity.state

        def close() -> None:
            state.update(network="", password="")

        def connect() -> None:
            close()
            activity.toast("Check password and try again")

        if name == NETWORKS[0]:
            return dialog(name, "Connected", buttons=[("OK", close)], on_dismiss=close)
        field = text_field(
            state.get("password", ""),
            lambda value: state.update(password=value),
            label="Password",
            input_type="password",
            id="password",
            autofocus=True,
            action="done",
            on_submit=connect if state.get("password") else None,
        )
        return dialog(
            name,
            field,
            on_dismiss=close,
            buttons=[("Cancel", close), ("Connect", connect if state.get("password") else None)],
        )

    def connected(self, activity: Activity) -> Page:
        on = activity.phone.settings.on("global", "bluetooth_on")
        pair = lambda: go(activity, "Settings$BluetoothSettingsActivity")
        return page(
            activity,
            "Connected devices",
            item("Pair new device", "" if on else "Bluetooth will turn on to pair", pair, "plus"),
            heading("Saved devices"),
            *(item(name, "" if on else "Bluetooth is off", None, "speaker-bluetooth") for name in DEVICES),
            item(
                "Connection preferences",
                "Bluetooth, NFC, driving mode",
                lambda: go(activity, "Settings$AdvancedConnectedDeviceActivity"),
                "tune",
            ),
        )

    def preferences(self, activity: Activity) -> Page:
        on = activity.phone.settings.on("global", "bluetooth_on")
        return page(
            activity,
            "Connection preferences",
            item(
                "Bluetooth",
                "On" if on else "Off",
                lambda: go(activity, "Settings$BluetoothSettingsActivity"),
                "bluetooth",
            ),
            toggle(activity, "NFC", "global", "nfc_on", glyph="nfc"),
            item("Cast", "", None, "cast"),
            item("Printing", "1 print service on", None, "printer-outline"),
            item("Files received by Nearby Share", "", None, "folder-outline"),
        )

    def bluetooth(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        on = settings.on("global", "bluetooth_on")
        return page(
            activity,
            "Bluetooth",
            switched(
                "Use Bluetooth",
                "",
                on,
                lambda value: settings.put("global", "bluetooth_on", str(int(value))),
                "switch_widget",
            ),
            item("Device name", settings.get("secure", "bluetooth_name"), None) if on else None,
            heading("Saved devices") if on else None,
            *(item(name, "Saved", None, "speaker-bluetooth") for name in (DEVICES if on else ())),
            text(
                "When Bluetooth is on, your device can communicate with other nearby Bluetooth devices.",
                "body_medium",
                "on_surface_variant",
                padding=(24, 16),
            ),
        )
