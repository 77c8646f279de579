"""android-env's accessibility forwarder: keeps where its wrapper wants the forest; bridge/forwarder.py sends it."""

from typing import ClassVar

from palaestra.envs.android.system.app import App
from palaestra.envs.android.system.phone import Phone

PACKAGE = "com.google.androidenv.accessibilityforwarder"
ACTION = "accessibility_forwarder.intent.action"


class AccessibilityForwarder(App):
    """An app without screens: broadcasts tell it whether and where to send."""

    package = PACKAGE
    label = "Accessibility Forwarder"
    icon = "human"
    receivers: ClassVar = {
        f"{ACTION}.SET_GRPC": "set_target",
        f"{ACTION}.ENABLE_ACCESSIBILITY_TREE_LOGS": "enable",
        f"{ACTION}.DISABLE_ACCESSIBILITY_TREE_LOGS": "disable",
        f"{ACTION}.ENABLE_INTERACTION_LOGS": "accept",
        f"{ACTION}.DISABLE_INTERACTION_LOGS": "accept",
    }
    system = False

    def set_target(self, phone: Phone, sent):
        port, host = sent["extras"].get("port"), sent["extras"].get("host")
        if isinstance(port, int) and isinstance(host, str):
            phone.prefs(PACKAGE).update(port=port, host=host)

    def enable(self, phone: Phone, sent):
        phone.prefs(PACKAGE)["on"] = True

    def disable(self, phone: Phone, sent):
        phone.prefs(PACKAGE)["on"] = False

    def accept(self, phone: Phone, sent):
        """Events of interaction are not sent."""
