"""Names for everything in the invented country.

No name occurs inside another one, word by word, so that a passage or an answer that has a name means just that thing.
Many are alike on purpose: places share their first syllables, people their surnames, works and firms their words.
"""

import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from random import Random

PARTS = """
place roots: Quor, Vel, Ked, Zan, Bril, Mosk, Ulv, Ystr, Tarv, Gorl, Drun, Fesk, Hael, Jorv, Kliv, Lomb, Nask, Ondr,
  Pelv, Rusk, Skev, Thul, Urd, Varn, Wolp, Yarl, Zeb, Cald, Edv, Irsk
town endings: ithe, orra, unde, imar, oth, enve, esk, avel
river endings: ael, uin
mountain endings: gar, dokh
lake endings: ommo
region endings: ovia
women: Adra, Berrit, Calla, Dorthe, Edda, Fenna, Gisla, Hedra, Ilka, Jorun, Karsa, Linnet, Maret, Nella, Oda, Petra,
  Runa, Signe, Tilda, Una, Verra, Wenna, Ylva, Zora, Annika, Brona
men: Alvar, Benno, Corin, Davin, Egil, Faro, Garrick, Halden, Ivo, Jorrit, Kasper, Lorin, Matthis, Niall, Osric, Piet,
  Rolf, Sander, Torvin, Ulric, Viggo, Wystan, Yorick, Zeno, Anselm, Bastian
surname starts: Bran, Cor, Dres, Fal, Gren, Har, Kes, Lin, Mar, Nor, Pell, Rad, Sten, Tor, Wend, Zell
surname ends: dow, lick, rane, mund, sell, vatt, kind
colours: Amber, Blue, Copper, Green, Grey, Ivory, Red, Silver, White, Yellow, Brass, Black
creatures: Heron, Otter, Anchor, Thistle, Badger, Willow, Plough, Swallow, Pike, Hare, Acorn, Beehive
trades: Press, Foundry, Ropeworks, Brewery, Tannery, Glassworks, Mills, Shipyard
bridges: Tollgate, Miller, Weir, Saddler, Ferryman, Orchard, Convent, Drover, Chapel, Ropewalk, Tanner, Quarry
halves: Upper, Lower, Old, New, Long, Crooked, Eastern, Western, Stone, Iron
grounds: Orchard, Meadow, Courtyard, Cloister, Terrace, Paddock, Rampart, Garden, Wharf, Hillside
things: Bells, Buttons, Clocks, Kites, Locks, Lanterns, Maps, Masks, Umbrellas, Ovens
other things: Needles, Puppets, Saddles, Seeds, Shells, Spoons, Stoves, Tiles, Keys, Wigs
schools: School, Academy
feasts: Gooseberry, Lantern, Herring, Plum, Candle, Bonfire, Onion, Reed, Barley, Sledge, Garland, Cider, Hazelnut,
  Drum, Ribbon, Chestnut, Apron, Kettle
occasions: Fair, Night, Supper, Parade, Week
looks: brindled, three-barred, pale-footed, ember-tailed, frosted, lesser, greater, dusky, ringed, velvet, mottled,
  late-flying
homes: bell, reed, marl, fen, ash, brook
animals: moth, creeper, newt, wren, orchid, bream, vole
ordinals: First, Second, Third, Fourth
aims: Salt, Glacier, Cloudberry, Magnetic, Star, Moss, Tin, Winter, Cavern, Eclipse, Peat, Granite, Snowline, Lichen,
  Amber, Marsh, Echo, Comet, Tundra, Sulphur
lines: Saltmarsh, Highmoor, Hopfield, Lakeside, Coalpit, Vineyard, Heath, Pinewood, Slate, Ferry, Valley, Frontier,
  Windmill
sitters: Washerwomen, Ferrymen, Gleaners, Beekeepers, Lamplighters, Coopers, Skaters, Pilgrims, Reapers, Tinkers,
  Woodcutters, Cardplayers
moments: after Rain, before Supper, at Low Tide, in Late Snow, by Candlelight, on Market Day, under Elms, near the
  Weir
tempers: Reluctant, Borrowed, Talkative, Seventh, Sleepless, Unpaid, Honest, Vanishing, Left-Handed, Forgetful
roles: Chandler, Bellfounder, Notary, Glazier, Innkeeper, Midwife, Pedlar, Falconer, Apothecary, Bargee
owners: Cartographer, Organist, Ferryman, Widow, Clockmaker, Gardener, Surveyor, Baker, Schoolmaster, Smuggler
which: Third, Paper, Hidden, Unfinished, Second, Broken, Secret, Painted
objects: Lantern, Almanac, Staircase, Orchard, Ledger, Compass, Violin, Umbrella, Chimney, Letter
virtues: Gallant, Patient, Merry, Steadfast, Northern, Faithful, Nimble, Proud, Lucky, Bold
sea names: Kestrel, Porpoise, Tern, Dolphin, Mermaid, Petrel, Walrus, Gannet, Curlew
paper starts: Tidewater, Hillfolk, Sunday, Borderland, Marketplace, Quayside, Evening, Lowland, Provincial
paper ends: Gleaner, Clarion, Messenger, Lookout, Ledger, Beacon
prizes: Order of the Silver Quill, Golden Sheaf, Cross of Merit, Lantern Medal, Laurel of the Assembly, Falcon Prize,
  Order of the Open Hand, Hawthorn Medal, Star of the Academy, Crystal Key, Ploughman's Medal, Midsummer Prize
"""
"""What names are made of, in lists separated by commas."""
FORMS: Mapping[str, tuple[str, ...]] = {
    "region": ("{}{}", "place roots", "region endings"),
    "town": ("{}{}", "place roots", "town endings"),
    "river": ("River {}{}", "place roots", "river endings"),
    "mountain": ("Mount {}{}", "place roots", "mountain endings"),
    "lake": ("Lake {}{}", "place roots", "lake endings"),
    "book": ("The {}'s {} {}", "owners", "which", "objects"),
    "company": ("{} {} {}", "colours", "creatures", "trades"),
    "bridge": ("{} {} Bridge", "halves", "bridges"),
    "school": ("{} {} {}", "halves", "grounds", "schools"),
    "museum": ("Museum of {} and {}", "things", "other things"),
    "festival": ("{} {}", "feasts", "occasions"),
    "species": ("{} {}{}", "looks", "homes", "animals"),
    "expedition": ("{} {} Expedition", "ordinals", "aims"),
    "railway": ("{} {} Line", "halves", "lines"),
    "painting": ("{} {}", "sitters", "moments"),
    "opera": ("The {} {}", "tempers", "roles"),
    "ship": ("{} {}", "virtues", "sea names"),
    "newspaper": ("{} {}", "paper starts", "paper ends"),
    "woman": ("{} {}{}", "women", "surname starts", "surname ends"),
    "man": ("{} {}{}", "men", "surname starts", "surname ends"),
}
"""How the names of a kind are put together from parts."""
WITH_ARTICLE = frozenset(
    (
        "river",
        "company",
        "bridge",
        "museum",
        "festival",
        "species",
        "expedition",
        "railway",
        "ship",
        "newspaper",
        "prize",
    )
)
"""Kinds whose names follow ``the`` in a sentence."""


@functools.cache
def parts() -> Mapping[str, list[str]]:
    """The lists of ``PARTS`` by name."""
    entries = (line.split(": ") for line in re.sub(r"\n  +", " ", PARTS).strip().splitlines())
    return {name: words.split(", ") for name, words in entries}


def all_names(kind: str) -> list[str]:
    """Every name that a thing of that kind could have."""
    form, *lists = FORMS[kind]
    return [form.format(*words) for words in itertools.product(*(parts()[each] for each in lists))]


def shuffled(random: Random, items: Iterable[str]) -> list[str]:
    """The items in random order. Only ``random()`` is called, whose stream is the same in every version of Python."""
    return [item for _, item in sorted((random.random(), item) for item in items)]


def draw_names(random: Random, kinds: Sequence[str], count: int) -> list[tuple[str, str]]:
    """Different names, each with its kind, which is one of the given ones."""
    kind_of = {name: kind for kind in kinds for name in all_names(kind)}
    return [(name, kind_of[name]) for name in shuffled(random, kind_of)[:count]]
