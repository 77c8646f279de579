"""Installing from an APK: its code can't run here, so it only names an app that this phone has of its own."""

import io
import zipfile

from palaestra.envs.android.system.phone import Phone

MANIFEST = "AndroidManifest.xml"
MAX_MANIFEST = 4 << 20


def install(phone: Phone, name: str, data: bytes, *, grant: bool = False) -> str | None:
    """Install the app that an APK is, with its permissions if ``grant``; returns Android's words if that fails."""
    package = package_of(phone, name, data)
    if package is None:
        return "INSTALL_PARSE_FAILED_NOT_APK: the phone has no app of its own for it"
    if not phone.packages.install(package):
        return f"INSTALL_FAILED_INVALID_APK: {package}"
    if grant:
        for permission in phone.packages.permissions(package):
            phone.packages.grant(package, permission)
    return None


def package_of(phone: Phone, name: str, data: bytes) -> str | None:
    """The app that a file is: by the package its manifest names, or by the file's own name."""
    known = sorted(phone.apps, key=len, reverse=True)
    manifest = _manifest(data)
    for package in known:
        if any(package.encode(coding) in manifest for coding in ("utf-16-le", "utf-8")):
            return package
    stem = name.removesuffix(".apk")
    return stem if stem in phone.apps else None


def _manifest(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open(MANIFEST) as file:
            return file.read(MAX_MANIFEST)
    except (zipfile.BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, ValueError):
        return b""
