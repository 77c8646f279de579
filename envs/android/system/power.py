"""Restarting the phone."""

from palaestra.envs.android.system import battery
from palaestra.envs.android.system.intents import intent
from palaestra.envs.android.system.phone import UI, Phone

BOOT_COMPLETED = "android.intent.action.BOOT_COMPLETED"


def restart(phone: Phone) -> None:
    """End every app and what is only in memory, and go to the home screen; it takes no virtual time."""
    phone.activities.pause()
    for package in dict.fromkeys(task["package"] for task in phone.state["tasks"]):
        phone.activities.stop(package)
    state = phone.state
    state["events"][:] = [event for event in state["events"] if not event[2].startswith(UI.partition(".")[0] + ".")]
    state["notifications"].clear()
    state.update(heads_up="", toast="", volume="", prompt=None, clipboard="", awake=True, focus=None, pressed=None)
    state.update(touch={}, keyboard={}, scrolls={}, log=[])
    phone.set_service("lock_task", {})
    battery.reset(phone)
    phone.home()
    phone.broadcast(intent(BOOT_COMPLETED))
