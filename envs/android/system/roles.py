"""Roles: the app that is the phone's default for messages, calls, the home screen or the web.

The holders for messages and calls are in the secure settings of Android's names, others in ``service("role")``.
"""

from palaestra.envs.android.system.manifest import Manifest
from palaestra.envs.android.system.phone import Phone

PREFIX = "android.app.role."
SETTINGS = {"SMS": "sms_default_application", "DIALER": "dialer_default_application"}
"""Role -> secure setting that names its holder."""
ROLES = ("ASSISTANT", "BROWSER", "CALL_REDIRECTION", "CALL_SCREENING", "DIALER", "EMERGENCY", "HOME", "SMS")
DIAL = "android.intent.action.DIAL"
SMS_DELIVER = "android.provider.Telephony.SMS_DELIVER"


def qualifies(app: Manifest, role: str) -> bool:
    """Whether an app declares what a role asks for."""
    if role == "SMS":
        return SMS_DELIVER in app.receivers
    if role == "HOME":
        return app.is_home
    if role == "DIALER":
        return any(declared.get("action") == DIAL for declared in app.filters)
    return role == "BROWSER" and any(declared.get("scheme") in ("http", "https") for declared in app.filters)


def holder(phone: Phone, role: str) -> str:
    """The package that holds a role; "" if none does."""
    kept = phone.settings.get("secure", SETTINGS[role]) if role in SETTINGS else phone.service("role").get(role)
    if kept is None:
        return next((name for name, app in phone.apps.items() if qualifies(app, role)), "")
    return kept if phone.packages.is_installed(kept) else ""


def set_holder(phone: Phone, role: str, package: str) -> bool:
    """Give a role to a package, or with "" to none; False: the package isn't there or doesn't qualify."""
    app = phone.apps.get(package)
    if package and (app is None or not phone.packages.is_enabled(package) or not qualifies(app, role)):
        return False
    if role in SETTINGS:
        phone.settings.put("secure", SETTINGS[role], package)
    else:
        phone.set_service("role", phone.service("role") | {role: package})
    return True
