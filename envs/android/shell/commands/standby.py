"""``am``'s verbs on standby and users: kept and shown, as apps here use no background time."""

from palaestra.envs.android.shell.run import Call

BUCKETS = {"active": 10, "working_set": 20, "frequent": 30, "rare": 40, "restricted": 45}


def _package(call: Call, words: list[str]) -> str | None:
    """The installed package that is named, after ``--user ID``; None: there is none, which is reported."""
    names = list(words)
    if "--user" in names:
        at = names.index("--user")
        del names[at : at + 2]
    if names and call.device.packages.is_installed(names[0]):
        return names[0]
    call.complain(f"Error: unknown package {names[0] if names else 'null'}\n")
    return None


def get_bucket(call: Call, words: list[str]) -> int:
    """``am get-standby-bucket PACKAGE``."""
    package = _package(call, words)
    if package is None:
        return 255
    call.say(f"{call.device.service('standby').get(package, BUCKETS['active'])}\n")
    return 0


def set_bucket(call: Call, words: list[str]) -> int:
    """``am set-standby-bucket PACKAGE BUCKET``."""
    package = _package(call, words)
    if package is None:
        return 255
    bucket = BUCKETS.get(words[-1].lower(), int(words[-1]) if words[-1].isdecimal() and len(words[-1]) < 3 else 0)
    if bucket not in BUCKETS.values():
        call.complain(f"Error: Unknown bucket: {words[-1]}\n")
        return 255
    kept = call.device.service("standby")
    kept.pop(package, None)
    call.device.set_service("standby", kept if bucket == BUCKETS["active"] else kept | {package: bucket})
    return 0


def get_inactive(call: Call, words: list[str]) -> int:
    """``am get-inactive PACKAGE``."""
    package = _package(call, words)
    if package is None:
        return 255
    call.say(f"Idle={'true' if package in call.device.service('inactive') else 'false'}\n")
    return 0


def set_inactive(call: Call, words: list[str]) -> int:
    """``am set-inactive PACKAGE true|false``."""
    package = _package(call, words)
    if package is None:
        return 255
    kept = call.device.service("inactive")
    kept.pop(package, None)
    call.device.set_service("inactive", kept | ({package: True} if words[-1] == "true" else {}))
    return 0


def switch_user(call: Call, words: list[str]) -> int:
    """``am switch-user ID`` and ``am start-user ID``: there is only user 0."""
    if words[-1:] == ["0"]:
        call.say("Success: user started\n" if call.args[0] == "start-user" else "")
        return 0
    verb = "start" if call.args[0] == "start-user" else "switch to"
    call.complain(f"Error: could not {verb} user {words[-1] if words else 'null'}\n")
    return 255
