"""The emulator's console: the commands of ``adb emu`` and port 5554."""

from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.telephony import IDLE, OFF_HOOK, RINGING, set_call

SMS_ARRIVED = "android.provider.Telephony.SMS_DELIVER"
OK = "OK\n"


def console(device: Phone, words: list[str]) -> str:
    """Run a line of the console; the answer ends with a line OK or begins with KO."""
    words = [word for part in words for word in part.split(" ")] if len(words) == 1 else list(words)
    words = [word for word in words if word] if words[:1] != ["sms"] else words
    if not words:
        return OK
    command, rest = words[0], words[1:]
    if command == "sms":
        return _sms(device, rest)
    if command == "gsm":
        return _gsm(device, rest)
    if command == "avd":
        return _avd(rest)
    if command == "rotate":
        rotation = (int(device.settings.number("system", "user_rotation", 0)) + 1) % 4
        device.settings.put("system", "user_rotation", str(rotation))
        return OK
    return OK if command in SILENT else "KO: unknown command, try 'help'\n"


SILENT = ("geo", "power", "network", "sensor", "finger", "event", "ping", "help", "kill", "quit", "auth")
"""Commands that are accepted and have no effect here."""


def _sms(device: Phone, words: list[str]) -> str:
    if words[:1] != ["send"] or len(words) < 3:
        return "KO: missing argument, try 'sms send <phonenumber> <text message>'\n"
    device.broadcast(intent(SMS_ARRIVED, address=words[1], body=" ".join(words[2:])))
    return OK


def _gsm(device: Phone, words: list[str]) -> str:
    if words[:1] == ["list"]:
        return OK
    if not words or words[0] not in ("call", "accept", "cancel", "busy", "hold"):
        return "KO: missing sub-command\n"
    if len(words) < 2:
        return f"KO: missing argument, try 'gsm {words[0]} <phonenumber>'\n"
    call = device.state["call"]
    if words[0] != "call" and (call["state"] == IDLE or (words[0] == "accept" and call["number"] != words[1])):
        return "KO: could not find a call with that number\n"
    state = {"call": RINGING, "accept": OFF_HOOK, "hold": OFF_HOOK}.get(words[0], IDLE)
    set_call(device, state, words[1])
    return OK


def _avd(words: list[str]) -> str:
    if words[:1] == ["name"]:
        return "palaestra\n" + OK
    if words[:1] == ["status"]:
        return "virtual device is running\n" + OK
    return OK if words else "KO: missing sub-command\n"
