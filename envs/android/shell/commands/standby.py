"""``am``'s verbs on standby and users: kept and shown, as apps here use no background time."""

import functools
from collections.abc import Callable

from palaestra.envs.android.shell.run import Call, Subcommand

BUCKETS = {"active": 10, "working_set": 20, "frequent": 30, "rare": 40, "restricted": 45}


def of_a_package(work: Callable[[Call, str, str], int]) -> Subcommand:
    """A subcommand ``[--user ID] PACKAGE [VALUE]``; a package that isn't installed is reported.

    Args:
        work: of the package and the last word; returns the status.
    """

    @functools.wraps(work)
    def subcommand(call: Call, words: list[str]) -> int:
        names = list(words)
        if "--user" in names:
            at = names.index("--user")
            del names[at : at + 2]
        if names and call.device.packages.is_installed(names[0]):
            return work(call, names[0], names[-1])
        call.complain(f"Error: unknown package {names[0] if names else 'null'}\n")
        return 255

    return subcommand


@of_a_package
def get_bucket(call: Call, package: str, _: str) -> int:
    """``am get-standby-bucket PACKAGE``."""
    call.say(f"{call.device.service('standby').get(package, BUCKETS['active'])}\n")
    return 0


@of_a_package
def set_bucket(call: Call, package: str, value: str) -> int:
    """``am set-standby-bucket PACKAGE BUCKET``."""
    bucket = BUCKETS.get(value.lower(), int(value) if value.isdecimal() and len(value) < 3 else 0)
    if bucket not in BUCKETS.values():
        call.complain(f"Error: Unknown bucket: {value}\n")
        return 255
    kept = call.device.service("standby")
    kept.pop(package, None)
    call.device.set_service("standby", kept if bucket == BUCKETS["active"] else kept | {package: bucket})
    return 0


@of_a_package
def get_inactive(call: Call, package: str, _: str) -> int:
    """``am get-inactive PACKAGE``."""
    call.say(f"Idle={'true' if package in call.device.service('inactive') else 'false'}\n")
    return 0


@of_a_package
def set_inactive(call: Call, package: str, value: str) -> int:
    """``am set-inactive PACKAGE true|false``."""
    kept = call.device.service("inactive")
    kept.pop(package, None)
    call.device.set_service("inactive", kept | ({package: True} if value == "true" else {}))
    return 0


def switch_user(call: Call, words: list[str]) -> int:
    """``am switch-user ID`` and ``am start-user ID``: there is only user 0."""
    if words[-1:] == ["0"]:
        call.say("Success: user started\n" if call.args[0] == "start-user" else "")
        return 0
    verb = "start" if call.args[0] == "start-user" else "switch to"
    call.complain(f"Error: could not {verb} user {words[-1] if words else 'null'}\n")
    return 255
