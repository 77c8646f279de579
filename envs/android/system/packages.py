"""Installed packages, their permissions and their data."""

from collections.abc import Mapping
from typing import Any, Protocol

from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.manifest import Manifest

SYSTEM = {
    "android": "Android System",
    "com.android.systemui": "System UI",
    "com.android.shell": "Shell",
    "com.android.providers.contacts": "Contacts Storage",
    "com.android.providers.telephony": "Phone and Messaging Storage",
    "com.android.providers.media": "Media Storage",
    "com.android.providers.settings": "Settings Storage",
    "com.google.android.inputmethod.latin": "Keyboard",
    "com.google.android.permissioncontroller": "Permission controller",
}
"""Packages without a screen of their own."""
NOTIFICATIONS = "android.permission.POST_NOTIFICATIONS"
LABELS = {
    "android.permission.CAMERA": "take pictures and record video",
    "android.permission.RECORD_AUDIO": "record audio",
    "android.permission.READ_CONTACTS": "access your contacts",
    "android.permission.WRITE_CONTACTS": "access your contacts",
    "android.permission.READ_SMS": "send and view SMS messages",
    "android.permission.SEND_SMS": "send and view SMS messages",
    "android.permission.RECEIVE_SMS": "send and view SMS messages",
    "android.permission.CALL_PHONE": "make and manage phone calls",
    "android.permission.READ_CALL_LOG": "access your phone call logs",
    "android.permission.ACCESS_FINE_LOCATION": "access this device's location",
    "android.permission.READ_EXTERNAL_STORAGE": "access photos and media",
    "android.permission.WRITE_EXTERNAL_STORAGE": "access photos and media",
    "android.permission.READ_CALENDAR": "access your calendar",
    NOTIFICATIONS: "send you notifications",
}
"""The purpose of a permission, for the text of the prompt."""


class Host(Protocol):
    """The phone's interface used by the package manager."""

    @property
    def state(self) -> dict[str, Any]:
        """The phone's state."""

    @property
    def now_us(self) -> int:
        """Virtual time, microseconds."""

    @property
    def apps(self) -> Mapping[str, Manifest]:
        """All available apps, installed or not, by package."""

    @property
    def files(self) -> Files:
        """Its files."""

    def screen_changed(self) -> None:
        """Have the screen redrawn."""

    def force_stop(self, package: str) -> None:
        """End an app."""

    def installed(self, package: str) -> None:
        """An app has been installed; have it create its content."""


class Packages:
    """The package manager of one device; its record of a package is ``state["packages"][name]``.

    A record is ``{"enabled", "stopped", "notifications", "granted": [permission], "denied": {permission: times},
    "installed_us"}``.
    """

    def __init__(self, phone: Host):
        self._phone = phone

    @property
    def _all(self) -> dict[str, dict[str, Any]]:
        return self._phone.state["packages"]

    @property
    def installed(self) -> list[str]:
        """Names of all packages, sorted."""
        return sorted(self._all)

    def is_installed(self, package: str) -> bool:
        """Whether it is there."""
        return package in self._all

    def is_enabled(self, package: str) -> bool:
        """Whether it is there and not disabled."""
        return package in self._all and self._all[package]["enabled"]

    def enable(self, package: str, on: bool) -> None:
        """Enable it, or disable and stop it."""
        if not on:
            self._phone.force_stop(package)
        self._all[package]["enabled"] = on
        self._phone.screen_changed()

    def label(self, package: str) -> str:
        """Its label."""
        app = self._phone.apps.get(package)
        return app.label if app else SYSTEM.get(package, package)

    def version(self, package: str) -> str:
        """Its version name."""
        app = self._phone.apps.get(package)
        return app.version if app else "13"

    def permissions(self, package: str) -> tuple[str, ...]:
        """Runtime permissions that it requests."""
        app = self._phone.apps.get(package)
        return tuple(app.permissions) if app else ()

    def granted(self, package: str, permission: str) -> bool:
        """Whether it has a permission, and ``appops`` doesn't take it away."""
        mode = self._phone.state["appops"].get(package, {}).get(permission.rpartition(".")[2])
        denied = mode in ("ignore", "deny")
        return not denied and package in self._all and permission in self._all[package]["granted"]

    def grant(self, package: str, permission: str) -> str | None:
        """Grant a permission that it requests; returns Android's error text, or None."""
        if package not in self._all:
            return f"Unknown package: {package}"
        if permission not in self.permissions(package) and permission != NOTIFICATIONS:
            return f"Package {package} has not requested permission {permission}"
        if permission not in self._all[package]["granted"]:
            self._all[package]["granted"].append(permission)
        self._phone.screen_changed()
        return None

    def revoke(self, package: str, permission: str) -> str | None:
        """Take a permission away; returns Android's error text, or None."""
        if package not in self._all:
            return f"Unknown package: {package}"
        if permission in self._all[package]["granted"]:
            self._all[package]["granted"].remove(permission)
        self._phone.screen_changed()
        return None

    def install(self, package: str) -> bool:
        """Install a known app with its content. False: it is not known."""
        app = self._phone.apps.get(package)
        if app is None and package not in SYSTEM:
            return False
        if package not in self._all:
            self._all[package] = {
                "enabled": True,
                "stopped": False,
                "notifications": True,
                "granted": [],
                "denied": {},
                "installed_us": self._phone.now_us,
            }
            self._phone.files.mkdir(f"/data/data/{package}", parents=True)
            if app is not None:
                self._phone.installed(package)
        self._phone.screen_changed()
        return True

    def uninstall(self, package: str) -> bool:
        """Remove an app and its data. False: it isn't there, or has no app of its own to remove."""
        if package not in self._all or package in SYSTEM:
            return False
        self._wipe(package)
        del self._all[package]
        self._phone.screen_changed()
        return True

    def clear(self, package: str) -> bool:
        """Clear an app's data and permissions."""
        if package not in self._all:
            return False
        self._wipe(package)
        self._all[package].update(granted=[], denied={}, stopped=True)
        self._phone.files.mkdir(f"/data/data/{package}", parents=True)
        self._phone.screen_changed()
        return True

    def _wipe(self, package: str) -> None:
        """Stop an app and remove its data."""
        phone = self._phone
        phone.force_stop(package)
        phone.state["prefs"].pop(package, None)
        phone.state["notifications"][:] = [n for n in phone.state["notifications"] if n["package"] != package]
        if phone.files.exists(f"/data/data/{package}"):
            phone.files.remove(f"/data/data/{package}", recursive=True)
