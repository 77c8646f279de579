"""Letters in varied words, and reading their frames again.

A frame is a sentence with ``{placeholders}``. What a task's mails say is written in frames, so that its oracle can read
the values out of the text that the agent sees.
"""

import re
from collections.abc import Sequence
from datetime import date

import numpy as np

from palaestra.envs.tools.worlds.office import hours
from palaestra.envs.tools.worlds.office.people import Person, draw

PLACEHOLDER = re.compile(r"\\\{(\w+)\\\}")

GREETINGS = ("Hi {first},", "Hello {first},", "Dear {first},", "Good morning {first},", "{first},")
OPENINGS = (
    "",
    "",
    "I hope you had a good start into the year.",
    "It was nice to see you the other day.",
    "Just a short note between two meetings.",
    "Sorry that I haven't written sooner.",
    "Thanks for your patience.",
    "Welcome back!",
)
CLOSINGS = (
    "",
    "",
    "Let me know if anything is unclear.",
    "Call me if you have any questions.",
    "No need to answer.",
    "Have a good week!",
    "That's all for now.",
    "Many thanks for your help.",
)
FAREWELLS = ("Best wishes", "Best", "Kind regards", "Cheers", "Many thanks", "Yours")


def letter(random: np.random.Generator, sender: Person, text: str, to: str = "Robin", signature: str = "") -> str:
    """A mail's text around what it has to say."""
    lines = [draw(random, GREETINGS).format(first=to), ""]
    sentences = [draw(random, OPENINGS), text, draw(random, CLOSINGS)]
    divider = draw(random, ("\n\n", " ")) if "\n" not in text else "\n\n"
    lines += [divider.join(each for each in sentences if each), "", f"{draw(random, FAREWELLS)},"]
    lines += [signature or draw(random, (sender.first, sender.name))]
    return "\n".join(lines)


def read_frame(frames: Sequence[str], text: str, **known: str) -> dict[str, str]:
    """The values of the placeholders of the first frame that a text has.

    Args:
        frames: sentences, of which one occurs in the text.
        text: a mail's.
        known: values that are known, so that other sentences of the same frame don't match.

    Raises:
        LookupError: no frame occurs.
    """
    for frame in frames:
        for name, value in known.items():
            frame = frame.replace(f"{{{name}}}", value)
        pattern = PLACEHOLDER.sub(r"(?P<\1>[^\\n]+?)", re.escape(frame))
        ending = r"(?=\n|$)" if frame.endswith("}") else r"(?=\s|$)"
        if match := re.search(pattern + ending, text):
            return match.groupdict()
    raise LookupError(f"the text has none of {len(frames)} frames: {text}")


def spoken_day(random: np.random.Generator, day: str) -> str:
    """A day in words that mean no other one, said today."""
    value = date.fromisoformat(day)
    ways = [f"on {value:%A}, {value.day} {value:%B}", f"on {day}", f"on {value.day} {value:%B}"]
    ahead = (value - hours.TODAY).days
    if ahead in (1, 2):
        ways += [("tomorrow", "the day after tomorrow")[ahead - 1]] * 2
    ways += [f"on {value:%A} {'this' if ahead < 7 else 'next'} week"] * 3
    return str(draw(random, ways))
