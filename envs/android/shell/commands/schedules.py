"""``cmd alarm|jobscheduler|shortcut|locale|device_policy``.

The apps here have no jobs, no shortcuts and no administrators, and their words are English only; what asks for those is
answered as on a device without them.
"""

import re

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system import battery
from palaestra.envs.android.system.intents import HOME


def unknown(call: Call, words: list[str]) -> int:
    """Report an unknown command of a service."""
    call.complain(f"Unknown command: {words[0]}\n" if words else "No command specified\n")
    return 255


def without_user(words: list[str]) -> list[str]:
    """Words without ``--user ID`` or ``-u ID``."""
    kept = list(words)
    for option in ("--user", "-u"):
        while option in kept:
            at = kept.index(option)
            del kept[at : at + 2]
    return kept


def alarm(call: Call, words: list[str]) -> int:
    """``cmd alarm set-time MS|set-timezone ZONE``."""
    if words[:1] == ["set-time"] and len(words) > 1:
        if not re.fullmatch(r"\d{1,13}", words[1]):
            call.complain(f'java.lang.NumberFormatException: For input string: "{words[1]}"\n')
            return 255
        call.device.set_time(int(words[1]) * 1000)
        return 0
    if words[:1] == ["set-timezone"] and len(words) > 1:
        call.device.state["properties"]["persist.sys.timezone"] = words[1]
        call.device.screen_changed()
        return 0
    if words[:1] == ["get-config-version"]:
        call.say("0\n")
        return 0
    return unknown(call, words)


def jobs(call: Call, words: list[str]) -> int:
    """``cmd jobscheduler run|timeout|cancel|get-job-state|get-battery-charging|...``."""
    shown = battery.shown(call.device)
    facts = {
        "get-battery-charging": shown.plugged,
        "get-battery-not-low": shown.level > battery.LOW or shown.plugged,
        "get-storage-not-low": True,
    }
    verb = words[0] if words else ""
    if verb in facts:
        call.say("true\n" if facts[verb] else "false\n")
        return 0
    if verb not in ("run", "timeout", "cancel", "get-job-state", "reset-execution-quota"):
        return unknown(call, words)
    names = [word for word in without_user(words[1:]) if not word.startswith("-")]
    if not names:
        call.complain("Error: No package specified\n")
        return 255
    package, job = names[0], names[1] if len(names) > 1 else ""
    if not call.device.packages.is_installed(package):
        call.say(f"Package not found: {package} / user 0\n")
        return -1000 & 255
    if verb in ("cancel", "timeout"):
        call.say("No matching jobs found.\n" if verb == "cancel" else "No matching executing jobs found.\n")
        return 0
    if verb == "reset-execution-quota":
        return 0
    call.say(f"Could not find job {job} in package {package} / user 0\n")
    return -1001 & 255


def shortcuts(call: Call, words: list[str]) -> int:
    """``cmd shortcut get-default-launcher|clear-shortcuts|reset-throttling|get-shortcuts|...``."""
    verb, names = (words[0] if words else ""), without_user(words[1:])
    if verb == "get-default-launcher":
        app = call.device.apps[call.device.activities.launcher]
        home = next((declared["activity"] for declared in app.filters if declared.get("category") == HOME), "")
        call.say(f"Launcher: ComponentInfo{{{app.package}/{home}}}\n")
    elif verb in ("clear-shortcuts", "get-shortcuts", "has-shortcut-access"):
        if not names or not call.device.packages.is_installed(names[-1]):
            call.say(f"Error: Unknown package: {names[-1] if names else 'null'}\n")
            return 1
        if verb == "has-shortcut-access":
            call.say("true\n" if names[-1] == call.device.activities.launcher else "false\n")
    elif verb not in ("reset-throttling", "reset-all-throttling", "reset-config"):
        return unknown(call, words)
    call.say("Success\n")
    return 0


def locale(call: Call, words: list[str]) -> int:
    """``cmd locale get-app-locales|set-app-locales PACKAGE [--locales TAGS]``."""
    verb, rest = (words[0] if words else ""), without_user(words[1:])
    if verb not in ("get-app-locales", "set-app-locales"):
        return unknown(call, words)
    package = rest[0] if rest and not rest[0].startswith("-") else ""
    if not package:
        call.complain("Error: no package specified\n")
        return 255
    if not call.device.packages.is_installed(package):
        call.complain(f"Unknown package {package} for userId 0\n")
        return 255
    kept = call.device.service("locale")
    if verb == "get-app-locales":
        call.say(f"Locales for {package} for user 0 are [{kept.get(package, '')}]\n")
        return 0
    tags = rest[rest.index("--locales") + 1] if "--locales" in rest[:-1] else ""
    if tags and not re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*(,[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)*", tags):
        call.complain(f"Invalid locale: {tags}\n")
        return 255
    kept.pop(package, None)
    call.device.set_service("locale", kept | ({package: tags} if tags else {}))
    return 0


def device_policy(call: Call, words: list[str]) -> int:
    """``cmd device_policy list-owners|set-device-owner|set-active-admin|...``."""
    verb, names = (words[0] if words else ""), without_user(words[1:])
    if verb == "list-owners":
        call.say("no owners\n")
    elif verb == "list-policy-exempt-apps":
        call.say("no policy exempt apps\n")
    elif verb in ("set-active-admin", "set-device-owner", "set-profile-owner", "remove-active-admin"):
        package, _, cls = (names[0] if names else "null").partition("/")
        component = f"ComponentInfo{{{package}/{package + cls if cls.startswith('.') else cls}}}"
        call.complain(
            f"\nException occurred while executing '{verb}':\n"
            f"java.lang.IllegalArgumentException: Unknown admin: {component}\n"
        )
        return 255
    else:
        return unknown(call, words)
    return 0
