"""Fictional names, numbers, sentences and file names for the slots of tasks."""

import difflib
import string
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Value = TypeVar("Value")

FIRST_NAMES = ("Amara", "Bruno", "Chiara", "Dmitri", "Esther", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Leo")
LAST_NAMES = ("Abbott", "Berg", "Castillo", "Dubois", "Egan", "Fischer", "Greco", "Hansen", "Ivanov", "Jansen", "Kim")
SENTENCES = (
    "The seminar moved to the large room on the second floor.",
    "Please water the tomatoes while we are away.",
    "Our train leaves at a quarter past nine from platform four.",
    "I found your umbrella behind the kitchen door.",
    "Remember to renew the library card before Friday.",
    "Two boxes of tiles are still missing from the order.",
    "The lake is warm enough for a swim this week.",
    "Could you bring the blue folder to the meeting?",
    "Dinner is at my place, just bring something sweet.",
    "The printer on our floor works again since this morning.",
    "My sister plays the cello in tonight's concert.",
    "Let us repaint the fence before the rain comes.",
    "The bakery closes early on public holidays.",
    "Thank you for lending me the tent last weekend.",
    "Chapter seven needs one more figure and a caption.",
    "They will deliver the new bicycle on Tuesday.",
)
ADDRESSES = (
    "14 Harbour Lane, Port Ellery, ME, 04029",
    "220 Juniper Street, Fairmont, OH, 45011",
    "7 Old Mill Road, Kessler Springs, TX, 78640",
    "951 Prospect Avenue, Marlow, WA, 98225",
    "38 Quarry Hill, Dunmore, PA, 18512",
    "603 Lindenwood Drive, Ashby, GA, 30114",
)
ADJECTIVES = ("amber", "brave", "calm", "dusty", "early", "final", "gentle", "hidden", "idle", "jolly", "kind", "lucky")
NOUNS = ("anchor", "bridge", "cloud", "desert", "engine", "forest", "garden", "harvest", "island", "journey", "kettle")
FOLDERS = {
    "Alarms": "mp3",
    "Audiobooks": "mp3",
    "DCIM": "jpg",
    "Documents": "pdf",
    "Download": "pdf",
    "Movies": "mp4",
    "Music": "mp3",
    "Notifications": "mp3",
    "Pictures": "png",
    "Podcasts": "mp3",
    "Recordings": "mp3",
    "Ringtones": "mp3",
}
"""Folders of the shared storage, and the extension of the files in each."""
SIMILARITY = 0.9
"""AndroidWorld's threshold for similar texts."""


def choose(random: np.random.Generator, values: Sequence[Value]) -> Value:
    """A random value."""
    return values[int(random.integers(len(values)))]


def choose_some(random: np.random.Generator, values: Sequence[Value], count: int) -> list[Value]:
    """Distinct values in random order."""
    return [values[int(i)] for i in random.permutation(len(values))[:count]]


def other(values: Sequence[Value], value: Value) -> Value:
    """The next value in a list, cyclically: a different value without randomness."""
    return values[(values.index(value) + 1) % len(values)]


def full_name(random: np.random.Generator) -> str:
    """First and last name."""
    return f"{choose(random, FIRST_NAMES)} {choose(random, LAST_NAMES)}"


def phone_number(random: np.random.Generator) -> str:
    """A number of the fictional 555 exchange with its country code."""
    return f"+1{random.integers(200, 999)}555{random.integers(0, 10_000):04d}"


def file_names(random: np.random.Generator, count: int, extensions: Sequence[str] = ("md", "txt")) -> list[str]:
    """Distinct file names such as ``calm_bridge_k3p9.md``."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    names: dict[str, None] = {}
    while len(names) < count:
        tail = "".join(choose(random, letters) for _ in range(4))
        names[f"{choose(random, ADJECTIVES)}_{choose(random, NOUNS)}_{tail}.{choose(random, extensions)}"] = None
    return list(names)


def random_string(random: np.random.Generator, count: int) -> str:
    """Random letters and digits."""
    return "".join(choose(random, string.ascii_letters + string.digits) for _ in range(count))


def alike(text: str, other: str) -> bool:
    """Whether two texts are similar: ``difflib`` ratio of at least 0.9, ignoring case."""
    return difflib.SequenceMatcher(None, text.lower(), other.lower()).ratio() >= SIMILARITY


def digits(number: str) -> str:
    """The digits of a phone number."""
    return "".join(c for c in number if c.isdigit())
