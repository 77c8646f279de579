"""``ime``: the input methods, of which this phone has one."""

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.ui.handset import Handset
from palaestra.envs.android.ui.keyboard import ID

USAGE = "ime <command>:\n  list [-a] [-s]\n  enable <ID>\n  disable <ID>\n  set <ID>\n  reset\n"
ENABLED, SELECTED = "enabled_input_methods", "default_input_method"


def enabled(device: Handset) -> bool:
    """Whether the keyboard is enabled; it is until it is disabled."""
    return ID in (device.settings.get("secure", ENABLED) or ID).split(":")


def input_methods(call: Call) -> int:
    """``ime list|set|enable|disable|reset``."""
    words = [word for word in call.args if word]
    settings = call.device.settings
    while "--user" in words:
        at = words.index("--user")
        del words[at : at + 2]
    verb = words[0] if words else ""
    if verb == "list":
        if enabled(call.device) or "-a" in words:
            call.say(f"{ID}\n" if "-s" in words else f"{ID}:\n  mId={ID}\n")
        return 0
    if verb == "reset":
        settings.delete("secure", ENABLED)
        settings.put("secure", SELECTED, ID)
        call.say(f"Reset current and enabled IMEs for user #0\n  Newly selected IME:\n    {ID}\n")
        return 0
    if verb not in ("set", "enable", "disable") or len(words) < 2:
        call.complain(USAGE)
        return 255
    if verb == "set":
        if words[1] != ID or not enabled(call.device):
            call.complain(f"Unknown input method {words[1]} cannot be selected for user #0\n")
            return 255
        settings.put("secure", SELECTED, ID)
        call.say(f"Input method {ID} selected for user #0\n")
        return 0
    return _switch(call, words[1], verb == "enable")


def _switch(call: Call, name: str, on: bool) -> int:
    """Enable or disable an input method; without any, no keyboard opens."""
    settings = call.device.settings
    if name != ID and on:
        call.complain(f"Unknown input method {name} cannot be enabled for user #0\n")
        return 255
    already = (enabled(call.device) and name == ID) == on
    if not already:
        settings.delete("secure", ENABLED)
        if not on:
            settings.put("secure", ENABLED, ":")
        settings.put("secure", SELECTED, ID if on else "")
    call.say(f"Input method {name}: {'already' if already else 'now'} {'enabled' if on else 'disabled'} for user #0\n")
    return 0


COMMANDS = {"ime": input_methods}
