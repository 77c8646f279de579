"""``dumpsys package``: an app's version, flags, signature, times, activities and permissions."""

import datetime
import zlib

from palaestra.envs.android.system.files import digest
from palaestra.envs.android.ui.handset import Handset

FLAGS = "HAS_CODE ALLOW_CLEAR_USER_DATA ALLOW_BACKUP"


def place(device: Handset, package: str) -> str:
    """The folder that its APK would be in."""
    app = device.apps.get(package)
    if app is not None and not app.system:
        return f"/data/app/{package}-1"
    return f"/system/app/{package.rpartition('.')[2]}"


def package_service(device: Handset, args: list[str]) -> str:
    """``dumpsys package [PACKAGE]``."""
    names = [word for word in args if not word.startswith("-")] or device.packages.installed
    known = [name for name in names if device.packages.is_installed(name)]
    lines = _resolver(device, known)
    if known:
        lines.append("Packages:")
    for name in known:
        lines += _package(device, name)
    lines += [f"Unable to find package: {name}" for name in names if name not in known]
    return "\n".join(lines) + "\n"


def _resolver(device: Handset, names: list[str]) -> list[str]:
    """The actions that packages answer."""
    actions: dict[str, list[str]] = {}
    for name in names:
        app = device.apps.get(name)
        if app is None:
            continue
        if app.launcher:
            actions.setdefault("android.intent.action.MAIN", []).append(app.launcher)
        for declared in app.filters:
            actions.setdefault(declared.get("action", ""), []).append(declared["activity"])
    if not actions:
        return []
    lines = ["Activity Resolver Table:", "  Non-Data Actions:"]
    for action, activities in sorted(actions.items()):
        lines.append(f"      {action}:")
        for cls in dict.fromkeys(activities):
            owner = next(name for name in names if name in device.apps and cls in device.apps[name].activities)
            lines.append(
                f"        {_mark(cls)} {owner}/{cls.removeprefix(owner) if cls.startswith(owner + '.') else cls}"
            )
    return [*lines, ""]


def _mark(name: str) -> str:
    """Seven hexadecimal digits, a function of a name."""
    return f"{zlib.crc32(name.encode()) & 0xFFFFFFF:07x}"


def _package(device: Handset, name: str) -> list[str]:
    record, app = device.state["packages"][name], device.apps.get(name)
    moment = datetime.datetime.fromtimestamp(record["installed_us"] / 1e6, datetime.UTC).astimezone(device.now.tzinfo)
    time = f"{moment:%Y-%m-%d %H:%M:%S}"
    flags = FLAGS if app is not None and not app.system else f"SYSTEM {FLAGS}"
    permissions = device.packages.permissions(name)
    return [
        f"  Package [{name}] ({_mark(name)}):",
        "    userId=10120",
        f"    pkg=Package{{{_mark(name)} {name}}}",
        f"    codePath={place(device, name)}",
        f"    resourcePath={place(device, name)}",
        "    versionCode=1 minSdk=26 targetSdk=33",
        f"    versionName={device.packages.version(name)}",
        "    splits=[base]",
        f"    flags=[ {flags} ]",
        f"    pkgFlags=[ {flags} ]",
        f"    dataDir=/data/user/0/{name}",
        f"    timeStamp={time}",
        f"    firstInstallTime={time}",
        f"    lastUpdateTime={time}",
        f"    signatures=PackageSignatures{{{_mark(name)} version:2, signatures:[{digest(name.encode())[:8]}], "
        "past signatures:[]}",
        "    requested permissions:",
        *(f"      {permission}" for permission in permissions),
        "    User 0: ceDataInode=0 installed=true hidden=false suspended=false "
        f"stopped={str(record['stopped']).lower()} notLaunched=false "
        f"enabled={0 if record['enabled'] else 3} instant=false virtual=false",
        "      runtime permissions:",
        *(
            f"        {permission}: granted={str(permission in record['granted']).lower()}, flags=[ ]"
            for permission in permissions
        ),
    ]
