"""``cmd role`` and ``cmd telecom``: the default apps."""

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.system import roles

REFUSED = "Error: see logcat for details.\n"


def role(call: Call, words: list[str]) -> int:
    """``cmd role get-role-holders|add-role-holder|remove-role-holder|clear-role-holders ROLE [PACKAGE]``."""
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if verb not in ("get-role-holders", "add-role-holder", "remove-role-holder", "clear-role-holders"):
        call.complain(f"Unknown command: {verb}\n")
        return 255
    needed = 2 if verb in ("add-role-holder", "remove-role-holder") else 1
    if len(rest) < needed:
        word = "role" if not rest else "package name"
        call.complain(
            f"\nException occurred while executing '{verb}':\njava.lang.IllegalArgumentException: no {word}\n"
        )
        return 255
    name = rest[0].removeprefix(roles.PREFIX)
    if name not in roles.ROLES:
        if verb == "get-role-holders":
            call.say("\n")
            return 0
        call.complain(REFUSED)
        return 255
    if verb == "get-role-holders":
        call.say(roles.holder(call.device, name) + "\n")
        return 0
    if verb == "remove-role-holder" and roles.holder(call.device, name) != rest[1]:
        return 0
    if not roles.set_holder(call.device, name, rest[1] if verb == "add-role-holder" else ""):
        call.complain(REFUSED)
        return 255
    return 0


def telecom(call: Call, words: list[str]) -> int:
    """``cmd telecom get-default-dialer|set-default-dialer|get-system-dialer|get-max-phones|get-sim-config``."""
    verb, rest = (words[0], words[1:]) if words else ("", [])
    if verb == "set-default-dialer" and rest:
        if not roles.set_holder(call.device, "DIALER", rest[0]):
            call.complain(REFUSED)
            return 255
        call.say(f"Package {rest[0]} set as default dialer.\n")
    elif verb in ("get-default-dialer", "get-system-dialer"):
        name = roles.holder(call.device, "DIALER")
        if verb == "get-system-dialer":
            system = (
                package for package, app in call.device.apps.items() if app.system and roles.qualifies(app, "DIALER")
            )
            name = next(system, "")
        call.say(f"{name or 'null'}\n")
    elif verb in ("get-max-phones", "get-sim-config"):
        call.say("1\n" if verb == "get-max-phones" else "SSSS\n")
    else:
        call.complain(f"Unknown command: {verb}\n")
        return 255
    return 0
