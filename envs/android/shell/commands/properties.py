"""``getprop``, ``setprop`` and commands that report the user and the system."""

from palaestra.envs.android.shell.run import Call
from palaestra.envs.android.ui.handset import Handset

FIXED = {
    "dev.bootcomplete": "1",
    "init.svc.bootanim": "stopped",
    "ro.boot.qemu": "1",
    "ro.boot.serialno": "EMULATOR33X1X0X0",
    "ro.build.characteristics": "emulator",
    "ro.build.fingerprint": "palaestra/sdk_gphone_x86_64/emu64x:13/TE1A/1:userdebug/dev-keys",
    "ro.build.id": "TE1A",
    "ro.build.type": "userdebug",
    "ro.build.version.codename": "REL",
    "ro.build.version.incremental": "1",
    "ro.build.version.release": "13",
    "ro.build.version.sdk": "33",
    "ro.debuggable": "1",
    "ro.hardware": "ranchu",
    "ro.kernel.qemu": "1",
    "ro.product.brand": "palaestra",
    "ro.product.cpu.abi": "x86_64",
    "ro.product.cpu.abilist": "x86_64,arm64-v8a",
    "ro.product.device": "emu64x",
    "ro.product.locale": "en-US",
    "ro.product.manufacturer": "palaestra",
    "ro.product.model": "sdk_gphone_x86_64",
    "ro.product.name": "sdk_gphone_x86_64",
    "ro.secure": "1",
    "ro.serialno": "EMULATOR33X1X0X0",
    "sys.boot_completed": "1",
}
VALUE_LIMIT = 92
"""Length from which on a property's value is rejected, bytes."""


def all_of(device: Handset) -> dict[str, str]:
    """Every property."""
    return FIXED | {"ro.sf.lcd_density": str(device.density)} | device.state["properties"]


def getprop(call: Call) -> int:
    """``getprop [NAME [DEFAULT]]``."""
    properties = all_of(call.device)
    if not call.args:
        call.say("".join(f"[{name}]: [{value}]\n" for name, value in sorted(properties.items())))
        return 0
    call.say(properties.get(call.args[0], call.args[1] if len(call.args) > 1 else "") + "\n")
    return 0


def setprop(call: Call) -> int:
    """``setprop NAME VALUE``."""
    if len(call.args) != 2:
        return call.fail("Needs 2 arguments")
    name, value = call.args
    if (name in FIXED and name.startswith("ro.")) or name.startswith("ctl."):  # ctl. starts and stops services
        return call.fail(f"failed to set property '{name}' to '{value}'")
    if len(value.encode("utf-8", "surrogateescape")) >= VALUE_LIMIT:
        return call.fail(f"value '{value}' too long; try '{value[: VALUE_LIMIT - 1]}'")
    call.device.state["properties"][name] = value
    call.device.screen_changed()
    return 0


def identity(call: Call) -> int:
    """``id``, ``whoami``, ``groups``, ``hostname``, ``uname``."""
    user = call.shell.user
    name = "root" if not user else "shell"
    answers = {
        "whoami": name,
        "id": f"uid={user}({name}) gid={user}({name}) groups={user}({name}),1004(input),1007(log) context=u:r:su:s0",
        "groups": f"{name} input log adb sdcard_rw",
        "hostname": "emulator64_x86_64_arm64",
        "nproc": "4",
        "tty": "not a tty",
        "logname": name,
    }
    if call.name == "id" and "-u" in call.args:
        call.say(f"{name if '-n' in call.args else user}\n")
    elif call.name == "uname":
        whole = "Linux localhost 5.15.41-android13-8 #1 SMP PREEMPT Thu Jan 1 00:00:00 UTC 2023 x86_64 Toybox"
        parts = {"-s": "Linux", "-n": "localhost", "-r": "5.15.41-android13-8", "-m": "x86_64", "-a": whole}
        call.say(" ".join(parts.get(word, "Linux") for word in call.args or ["-s"]) + "\n")
    else:
        call.say(answers[call.name] + "\n")
    return 0


def vibrate(call: Call) -> int:
    """``vibrator``: nobody feels it."""
    return 0


COMMANDS = {
    "getprop": getprop,
    "setprop": setprop,
    "vibrator": vibrate,
    **dict.fromkeys(("id", "whoami", "groups", "hostname", "uname", "nproc", "tty", "logname"), identity),
}
