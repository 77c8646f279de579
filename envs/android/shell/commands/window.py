"""``wm``: size, density and rotation of the screen, which is laid out anew."""

import re

from palaestra.envs.android.shell.run import Call, Subcommand
from palaestra.envs.android.system.settings import FORCED_DENSITY, FORCED_SIZE, MAX_DENSITY, MIN_DENSITY

SIZE = re.compile(r"(\d{1,5})(dp)?x(\d{1,5})(dp)?")


def size(call: Call, words: list[str]) -> int:
    """``wm size [reset|WxH|WdpxHdp]``."""
    device = call.device
    if not words:
        call.say("Physical size: {}x{}\n".format(*device.physical_size))
        if device.settings.forced_size is not None:
            call.say("Override size: {}x{}\n".format(*device.natural))
        return 0
    match = SIZE.fullmatch(words[0])
    if words[0] == "reset":
        device.settings.delete("global", FORCED_SIZE)
    elif match and all(int(side) for side in (match[1], match[3])):
        width, height = (
            int(side) * (device.density if dp else 160) // 160
            for side, dp in ((match[1], match[2]), (match[3], match[4]))
        )
        if (width, height) == device.physical_size:
            device.settings.delete("global", FORCED_SIZE)
        else:
            device.settings.put("global", FORCED_SIZE, f"{min(width, 9999):03d},{min(height, 9999):03d}")
            device.settings.put("global", FORCED_SIZE, "{},{}".format(*device.natural))
    else:
        call.complain(f"Error: bad size {words[0]}\n")
        return 255
    return 0


def density(call: Call, words: list[str]) -> int:
    """``wm density [reset|DPI]``."""
    settings = call.device.settings
    if not words:
        call.say(f"Physical density: {call.device.physical_density}\n")
        if settings.forced_density is not None:
            call.say(f"Override density: {call.device.density}\n")
        return 0
    if words[0] == "reset":
        settings.delete("secure", FORCED_DENSITY)
        return 0
    if not re.fullmatch(r"\d{1,9}", words[0]):
        call.complain(f"Error: bad number {words[0]}\n")
        return 255
    dpi = int(words[0])
    if dpi < MIN_DENSITY:
        call.complain(f"Error: density must be >= {MIN_DENSITY}\n")
        return 255
    if dpi > MAX_DENSITY:
        call.complain(f"Error: density must be <= {MAX_DENSITY}\n")
        return 255
    settings.put("secure", FORCED_DENSITY, str(dpi))
    return 0


def user_rotation(call: Call, words: list[str]) -> int:
    """``wm user-rotation [free|lock [ROTATION]]``."""
    settings = call.device.settings
    if not words:
        locked = not settings.on("system", "accelerometer_rotation")
        call.say(f"lock {settings.get('system', 'user_rotation', '0')}\n" if locked else "free\n")
        return 0
    if words[0] not in ("lock", "free"):
        call.complain(f"Error: argument needs to be either -d, free or lock, not {words[0]}\n")
        return 255
    if len(words) > 1 and words[1] not in ("0", "1", "2", "3"):
        call.complain(f"Error: bad rotation {words[1]}\n")
        return 255
    settings.put("system", "accelerometer_rotation", "0" if words[0] == "lock" else "1")
    if len(words) > 1:
        settings.put("system", "user_rotation", words[1])
    return 0


def dismiss_keyguard(call: Call, words: list[str]) -> int:
    """``wm dismiss-keyguard``: this phone has no lock screen."""
    return 0


VERBS: dict[str, Subcommand] = {
    "size": size,
    "density": density,
    "user-rotation": user_rotation,
    "dismiss-keyguard": dismiss_keyguard,
}


def window_manager(call: Call) -> int:
    """``wm``."""
    words = [word for word in call.args if word]
    if "-d" in words[:-1]:
        at = words.index("-d")
        if words[at + 1] != "0":
            call.complain(f"Error: display {words[at + 1]} does not exist\n")
            return 255
        del words[at : at + 2]
    if not words or words[0] not in VERBS:
        call.complain(f"Unknown command: {words[0]}\n" if words else "Window manager (window) commands:\n")
        return 255
    return VERBS[words[0]](call, words[1:])


COMMANDS = {"wm": window_manager}
