"""The state of the phone call, ``state["call"]``, and who is told when it changes."""

from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.phone import Phone

PHONE_STATE = "android.intent.action.PHONE_STATE"
IDLE, RINGING, OFF_HOOK = 0, 1, 2
NAMES = ("IDLE", "RINGING", "OFFHOOK")


def set_call(phone: Phone, state: int, number: str) -> None:
    """Change the state of the call with a number, and tell the apps."""
    phone.state["call"] = {"state": state, "number": number if state else ""}
    phone.broadcast(intent(PHONE_STATE, state=NAMES[state], incoming_number=number))


def key(phone: Phone, code: str) -> None:
    """The keys CALL, which takes a call that rings, and ENDCALL, which refuses or ends one."""
    call = phone.state["call"]
    if code == "CALL" and call["state"] == RINGING:
        set_call(phone, OFF_HOOK, call["number"])
    elif code == "ENDCALL" and call["state"] != IDLE:
        set_call(phone, IDLE, call["number"])
