"""android-env's accessibility forwarder: keeps the address that the forest goes to; bridge/forwarder.py sends it."""

from palaestra.envs.android.system.app import App
from palaestra.envs.android.system.intents import Intent
from palaestra.envs.android.system.phone import Phone

PACKAGE = "com.google.androidenv.accessibilityforwarder"
ACTION = "accessibility_forwarder.intent.action"


class AccessibilityForwarder(App):
    """An app without screens: broadcasts set whether and where to send."""

    package = PACKAGE
    label = "Accessibility Forwarder"
    icon = "human"
    receivers = {
        f"{ACTION}.SET_GRPC": "set_target",
        f"{ACTION}.ENABLE_ACCESSIBILITY_TREE_LOGS": "enable",
        f"{ACTION}.DISABLE_ACCESSIBILITY_TREE_LOGS": "disable",
        f"{ACTION}.ENABLE_INTERACTION_LOGS": "accept",
        f"{ACTION}.DISABLE_INTERACTION_LOGS": "accept",
    }
    system = False

    def set_target(self, phone: Phone, sent: Intent) -> None:
        port, host = sent["extras"].get("port"), sent["extras"].get("host")
        if isinstance(port, int) and isinstance(host, str):
            phone.prefs(PACKAGE).update(port=port, host=host)

    def enable(self, phone: Phone, sent: Intent) -> None:
        phone.prefs(PACKAGE)["on"] = True

    def disable(self, phone: Phone, sent: Intent) -> None:
        phone.prefs(PACKAGE)["on"] = False

    def accept(self, phone: Phone, sent: Intent) -> None:
        """Do nothing: events of interaction are not sent."""
