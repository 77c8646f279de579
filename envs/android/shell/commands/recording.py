"""``screenrecord``: the screen while virtual time passes, as a film."""

import re

from palaestra.envs.android.drawing.film import film, jpeg
from palaestra.envs.android.drawing.paint import screenshot
from palaestra.envs.android.shell.paths import reason
from palaestra.envs.android.shell.run import Call

MAX_S = 180
"""Longest recording, and the usual one, s."""
STEP_MS = 100
"""Time between looks at the screen, ms."""
MAX_PICTURES = 300
"""Most pictures of one film; drawing them takes host time."""
USAGE = "Usage: screenrecord [options] <filename>\n"
VALUED = ("--size", "--bit-rate", "--time-limit", "--display-id", "--output-format")


def record(call: Call) -> int:
    """``screenrecord [--size WxH] [--time-limit SECONDS] FILE``: passes that time, as nobody can end it sooner."""
    words, options, names = list(call.args), dict[str, str](), list[str]()
    while words:
        word = words.pop(0)
        name, _, value = word.partition("=")
        if name in VALUED:
            if not (value or words):
                return call.fail(f"option '{name}' requires an argument", 2)
            options[name] = value or words.pop(0)
        elif word in ("--help", "--version"):
            call.say(USAGE if word == "--help" else "1.3\n")
            return 0
        elif word.startswith("-") and word not in ("--verbose", "--rotate", "--bugreport"):
            call.complain(f"{call.name}: unrecognized option '{word}'\n{USAGE}")
            return 2
        elif not word.startswith("-"):
            names.append(word)
    limit = options.get("--time-limit", str(MAX_S))
    if not re.fullmatch(r"\d{1,4}", limit) or not 1 <= int(limit) <= MAX_S:
        call.complain(f"Time limit {limit}s outside acceptable range [1,{MAX_S}]\n")
        return 2
    size = re.fullmatch(r"(\d{2,4})x(\d{2,4})", options.get("--size", "{}x{}".format(*call.device.size)))
    if size is None:
        call.complain(f"Invalid size '{options['--size']}', must be width x height\n")
        return 2
    if len(names) != 1 or options.get("--output-format", "mp4") != "mp4":
        call.complain(f"Must specify output file\n{USAGE}" if not names else USAGE)
        return 2
    render = (int(size[1]), int(size[2]))
    try:
        call.device.files.write(call.path(names[0]), b"")
        frames = _frames(call, int(limit) * 1000, render)
        call.device.files.write(call.path(names[0]), film(frames, render))
    except OSError as error:
        call.complain(f"ERROR: couldn't open output file {names[0]}: {reason(error)}\n")
        return 1
    recorded_ms = sum(shown for _, shown in frames)
    if recorded_ms < int(limit) * 1000:
        call.complain(
            f"ERROR: ended after {recorded_ms / 1000:.1f} s: more than {MAX_PICTURES} changes of the screen\n"
        )
        return 1
    return 0


def _frames(call: Call, length_ms: int, render: tuple[int, int]) -> list[tuple[bytes, int]]:
    """The pictures, one for each change of the screen, with how long each was there, ms."""
    device = call.device
    frames: list[tuple[bytes, int]] = []
    shown: list[object] = []
    for _ in range(0, length_ms, STEP_MS):
        now = [*device.windows(), device.theme, device.turns, device.state["pressed"]]
        if len(now) != len(shown) or any(new is not old and new != old for new, old in zip(now, shown, strict=True)):
            if len(frames) == MAX_PICTURES:
                break
            frames.append((jpeg(screenshot(device, render)), 0))
        shown = now
        frames[-1] = (frames[-1][0], frames[-1][1] + STEP_MS)
        device.advance(STEP_MS)
    return frames


COMMANDS = {"screenrecord": record}
