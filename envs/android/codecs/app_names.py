"""The names by which AndroidWorld's ``open_app`` knows the phone's apps besides their labels."""

PACKAGES_BY_NAME = {
    "settings": "com.android.settings",
    "system settings": "com.android.settings",
    "camera": "com.android.camera2",
    "clock": "com.google.android.deskclock",
    "contacts": "com.google.android.contacts",
    "files": "com.google.android.documentsui",
    "markor": "net.gsantner.markor",
    "clipper": "ca.zgrs.clipper",
    "simple sms": "com.simplemobiletools.smsmessenger",
    "dialer": "com.google.android.dialer",
    "phone": "com.google.android.dialer",
    "simple gallery": "com.simplemobiletools.gallery.pro",
}
"""Packages by the beginning of a name, in lower case; no app of another beginning could match first."""


def package_of(name: str) -> str | None:
    """The package of the app that AndroidWorld opens by a name, if this phone may have it."""
    lower = name.lower()
    return next((package for start, package in PACKAGES_BY_NAME.items() if lower.startswith(start)), None)
