"""Wi-Fi, airplane mode, Bluetooth."""

from palaestra.envs.android.apps.settings.rows import heading, item, link, note, page, switched, toggle
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.ui.controls import text_field
from palaestra.envs.android.ui.dialogs import dialog
from palaestra.envs.android.ui.internet import NETWORKS
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import View

DEVICES = ("Living Room Speaker", "Kite Headphones")


class NetworkPages:
    """What connects the phone."""

    def network(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        offline = "Off" if settings.on("global", "airplane_mode_on") else "Carrier"
        internet = NETWORKS[0] if settings.wifi_is_on else offline
        return page(
            activity,
            "Network & internet",
            link(activity, "Internet", internet, "Settings$NetworkProviderSettingsActivity", "wifi"),
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
        return page(
            activity,
            "Internet",
            switched("Wi‑Fi", "", on, phone.settings.set_wifi, "wifi_switch", words="Wi-Fi"),
            *(self._network_row(activity, name) for name in (NETWORKS if on else ())),
            item("Add network", "", None, "plus") if on else None,
            item("Network preferences", "Wi‑Fi turns back on automatically", None, "cog-outline"),
            toggle(activity, "Mobile data", "global", "mobile_data"),
            windows=[self._network_dialog(activity, state["network"])] if state.get("network") else [],
        )

    def _network_row(self, activity: Activity, name: str) -> View:
        summary, glyph = ("Connected", "wifi") if name == NETWORKS[0] else ("Secured", "wifi-lock")
        return item(name, summary, lambda: activity.state.update(network=name), glyph)

    def _network_dialog(self, activity: Activity, name: str) -> View:
        """The network that the phone is connected to, or the question for a password, which is never right."""
        state = activity.state

        def close() -> None:
            state.update(network="", password="")

        def connect() -> None:
            close()
            activity.toast("Check password and try again")

        if name == NETWORKS[0]:
            return dialog(name, "Connected", buttons=[("OK", close)], on_dismiss=close)
        submit = connect if state.get("password") else None
        field = text_field(
            state.get("password", ""),
            lambda value: state.update(password=value),
            label="Password",
            input_type="password",
            id="password",
            autofocus=True,
            action="done",
            on_submit=submit,
        )
        return dialog(name, field, buttons=[("Cancel", close), ("Connect", submit)], on_dismiss=close)

    def connected(self, activity: Activity) -> Page:
        on = activity.phone.settings.on("global", "bluetooth_on")
        pairing = "" if on else "Bluetooth will turn on to pair"
        return page(
            activity,
            "Connected devices",
            link(activity, "Pair new device", pairing, "Settings$BluetoothSettingsActivity", "plus"),
            heading("Saved devices"),
            *(item(name, "" if on else "Bluetooth is off", None, "speaker-bluetooth") for name in DEVICES),
            link(
                activity,
                "Connection preferences",
                "Bluetooth, NFC, driving mode",
                "Settings$AdvancedConnectedDeviceActivity",
                "tune",
            ),
        )

    def preferences(self, activity: Activity) -> Page:
        on = activity.phone.settings.on("global", "bluetooth_on")
        return page(
            activity,
            "Connection preferences",
            link(activity, "Bluetooth", "On" if on else "Off", "Settings$BluetoothSettingsActivity", "bluetooth"),
            toggle(activity, "NFC", "global", "nfc_on", glyph="nfc"),
            item("Cast", "", None, "cast"),
            item("Printing", "1 print service on", None, "printer-outline"),
            item("Files received by Nearby Share", "", None, "folder-outline"),
        )

    def bluetooth(self, activity: Activity) -> Page:
        settings = activity.phone.settings
        on = settings.on("global", "bluetooth_on")

        def put(value: bool) -> None:
            settings.put("global", "bluetooth_on", str(int(value)))

        return page(
            activity,
            "Bluetooth",
            switched("Use Bluetooth", "", on, put, "switch_widget"),
            item("Device name", settings.get("secure", "bluetooth_name"), None) if on else None,
            heading("Saved devices") if on else None,
            *(item(name, "Saved", None, "speaker-bluetooth") for name in (DEVICES if on else ())),
            note("When Bluetooth is on, your device can communicate with other nearby Bluetooth devices."),
        )
