"""An invented country, drawn from a seed: its things, and the facts that passages state.

Each fact is stated in one passage. No other passage has its subject and its object together, not even by chance, so
that a question of several hops needs all of its passages.
"""

import functools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeVar

from palaestra.envs.tools.worlds.search.names import WITH_ARTICLE, draw_names, parts, shuffled
from palaestra.envs.tools.worlds.search.nature import NATURE
from palaestra.envs.tools.worlds.search.people import PEOPLE
from palaestra.envs.tools.worlds.search.places import PLACES
from palaestra.envs.tools.worlds.search.relation import Aspect, Relation
from palaestra.envs.tools.worlds.search.works import WORKS

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
SEED = "an invented country, 1"
ASPECTS = (*PLACES, *NATURE, *PEOPLE, *WORKS)
RELATIONS: dict[str, Relation] = {f"{each.kind} {one.name}": one for each in ASPECTS for one in each.relations}
"""By the kind of the subject and the relation's name, such as ``bridge opened``."""
COUNTS = {
    "region": 12,
    "town": 150,
    "river": 56,
    "mountain": 56,
    "lake": 28,
    "book": 190,
    "company": 130,
    "bridge": 110,
    "school": 80,
    "museum": 80,
    "festival": 86,
    "species": 120,
    "expedition": 80,
    "railway": 50,
    "painting": 96,
    "opera": 70,
    "ship": 70,
    "newspaper": 50,
}
PROFESSIONS = {
    "a writer": 50,
    "a painter": 40,
    "a composer": 30,
    "an engineer": 50,
    "an architect": 70,
    "a naturalist": 35,
    "an explorer": 50,
    "a judge": 15,
    "a schoolteacher": 30,
    "a merchant": 55,
    "a journalist": 20,
    "a sailor": 30,
}
"""How many people have each. Not a fact: any passage may say or suggest it."""
BY_PROFESSION = {
    "a writer": ("book author",),
    "a painter": ("painting painter",),
    "a composer": ("opera composer",),
    "an engineer": ("bridge engineer", "river canal engineer"),
    "an architect": ("town rebuilder", "town hall architect"),
    "a naturalist": ("species describer",),
    "an explorer": ("expedition leader", "mountain climber", "mountain hut keeper"),
    "a judge": ("region governor",),
    "a schoolteacher": ("school founder",),
    "a merchant": ("company founder", "museum collector"),
    "a journalist": ("newspaper editor",),
    "a sailor": ("ship captain",),
}
PROFESSION = {relation: profession for profession, relations in BY_PROFESSION.items() for relation in relations}
NEIGHBOURS = frozenset({"bridge", "school", "museum", "festival", "newspaper"})
"""Kinds that come in pairs in one town, a few years apart, so that they are easily confused."""
CLOSE = 6  # years at most between neighbours
ADULT = 24  # years; before that age nobody is the object of a fact
FOR_EVER = 9999
ATTEMPTS = 60  # draws until a fact that fits counts as impossible


@dataclass(frozen=True)
class Entity:
    """A person, place or thing with passages of its own.

    Attributes:
        name: unique, and not part of any other name.
        kind: such as ``bridge``.
        year: of birth, foundation or opening; 0 if no passage states it.
        until: year of death.
        profession: of people, with its article.
        woman: of people.
    """

    name: str
    kind: str
    year: int = 0
    until: int = FOR_EVER
    profession: str = ""
    woman: bool = False

    @property
    def phrase(self) -> str:
        """The name as it stands in a sentence."""
        return phrase(self.name, self.kind)


@dataclass(frozen=True)
class Fact:
    """A subject, a relation and an object.

    Attributes:
        subject: name of an entity.
        relation: key of ``RELATIONS``.
        object: name of an entity or a prize, or a year, or a number with its unit.
        passage: id of the one passage that states it.
        kind: of the object: that of an entity, or ``year``, ``number`` or ``prize``.
    """

    subject: str
    relation: str
    object: str
    passage: int
    kind: str

    @property
    def value(self) -> int:
        """The year or the number."""
        return int(self.object.split()[0].replace(",", ""))


@dataclass(frozen=True)
class Outline:
    """What a passage is to say."""

    subject: Entity
    aspect: Aspect
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Country:
    """Everything that was drawn.

    Attributes:
        entities: by name.
        facts: all, by passage.
        outlines: of the passages; the first has the id 1.
    """

    entities: Mapping[str, Entity]
    facts: tuple[Fact, ...]
    outlines: tuple[Outline, ...]

    @functools.cached_property
    def about(self) -> Mapping[str, tuple[Fact, ...]]:
        """The facts by subject."""
        return _grouped((fact.subject, fact) for fact in self.facts)

    @functools.cached_property
    def sharing(self) -> Mapping[tuple[str, str], tuple[Fact, ...]]:
        """The facts by relation and object, such as all bridges of a town; ``Relation.plural`` is a phrase for them."""
        return _grouped(((fact.relation, fact.object), fact) for fact in self.facts)

    def chains(self, hops: int) -> Iterator[tuple[Fact, ...]]:
        """All chains of facts in which the object of each is the subject of the next, and nothing occurs twice."""

        def longer(chain: tuple[Fact, ...]) -> Iterator[tuple[Fact, ...]]:
            if len(chain) == hops:
                yield chain
                return
            passed = {fact.subject for fact in chain}
            for fact in self.about.get(chain[-1].object, ()):
                if fact.object not in passed:
                    yield from longer((*chain, fact))

        for fact in self.facts:
            yield from longer((fact,))


def phrase(name: str, kind: str) -> str:
    """A name as it stands in a sentence."""
    return f"the {name}" if kind in WITH_ARTICLE else name


def question(chain: Sequence[Fact], country: Country) -> str:
    """The question whose answer is the last object of a chain; only the first subject is named."""
    words = country.entities[chain[0].subject].phrase
    for fact in chain[:-1]:
        words = RELATIONS[fact.relation].noun.format(words)
    return RELATIONS[chain[-1].relation].question.format(words)


@functools.cache
def country() -> Country:
    """The country that the shipped passages are about."""
    return _Draft(Random(SEED)).country()


class _Draft:
    """The country while it is drawn."""

    def __init__(self, random: Random):
        self.random = random
        self.by_kind = {kind: self._things(kind) for kind in COUNTS} | {"person": self._people()}
        self.by_profession = _grouped((each.profession, each) for each in self.by_kind["person"])
        self.entities = {each.name: each for kind in self.by_kind.values() for each in kind}
        self.rank = {name: rank for rank, name in enumerate(self.entities)}
        self.prizes = parts()["prizes"]
        passages = [(each, aspect) for aspect in ASPECTS for each in self.by_kind[aspect.kind]]
        order = shuffled(random, (f"{number:05d}" for number in range(len(passages))))
        self.passages = [passages[int(number)] for number in order]
        self.facts: list[dict[str, Fact]] = [{} for _ in passages]  # by relation
        self.words = [{each.name} for each, _ in self.passages]  # names, years and numbers by passage
        self.objects: dict[str, set[str]] = defaultdict(set)  # by subject
        self.mentions: dict[str, set[int]] = defaultdict(set)  # passages by name
        self.towns: dict[str, str] = {}  # of those that have neighbours, by the names of both
        for number, (each, _) in enumerate(self.passages):
            self.mentions[each.name].add(number)

    def country(self) -> Country:
        """Draw the facts: first the years that entities have from the start, then what must agree with them."""
        for number in sorted(range(len(self.passages)), key=lambda number: not _is_first(self.passages[number][1])):
            self._state_years(number)
        for number, (_, aspect) in enumerate(self.passages):
            for relation in aspect.relations:
                if relation.name not in self.facts[number]:
                    self._state(number, relation)
        outlines = tuple(
            Outline(subject, aspect, tuple(facts[each.name] for each in aspect.relations if each.name in facts))
            for (subject, aspect), facts in zip(self.passages, self.facts, strict=True)
        )
        return Country(self.entities, tuple(fact for each in outlines for fact in each.facts), outlines)

    def _between(self, low: int, high: int) -> int:
        return low + int(self.random.random() * (high - low + 1))

    def _one(self, items: Sequence[T]) -> T:
        return items[int(self.random.random() * len(items))]

    def _things(self, kind: str) -> list[Entity]:
        years = _first_years(next(aspect for aspect in ASPECTS if aspect.kind == kind))
        things: list[Entity] = []
        for name, _ in draw_names(self.random, [kind], COUNTS[kind]):
            year = self._between(years[0].low, years[0].high) if years else 0
            if kind in NEIGHBOURS and len(things) % 2:
                year = things[-1].year + self._between(1, CLOSE)
            things.append(Entity(name, kind, year))
        return things

    def _people(self) -> list[Entity]:
        professions = [each for each, count in PROFESSIONS.items() for _ in range(count)]
        people = []
        names = draw_names(self.random, ["woman", "man"], len(professions))
        for (name, sex), profession in zip(names, professions, strict=True):
            born = self._between(1755, 1890)
            people.append(Entity(name, "person", born, born + self._between(46, 91), profession, sex == "woman"))
        return people

    def _state_years(self, number: int) -> None:
        """State the years of an entity's first passage, which are given, or draw those of a later one."""
        subject, aspect = self.passages[number]
        for relation in _first_years(aspect):
            if _is_first(aspect):
                year = subject.until if relation.name == "died" else subject.year
            else:
                year = self._later_year(number, relation)
            self._add(number, relation, str(year), "year")

    def _later_year(self, number: int, relation: Relation) -> int:
        subject, _ = self.passages[number]
        low, high = relation.low, relation.high
        if subject.kind == "person":
            low, high = subject.year + ADULT, subject.until - 1
        while True:
            year = self._between(low, high)
            if self._fits(number, str(year)):
                return year

    def _state(self, number: int, relation: Relation) -> None:
        """Draw the object of a fact until it fits; if none is found, the fact is left out."""
        subject, _ = self.passages[number]
        year = self._date(number)
        for attempt in range(ATTEMPTS):
            made, kind = self._object(subject, relation, year, attempt)
            suits = made not in self.entities or self._suits(self.entities[made], subject, relation, year)
            if suits and self._fits(number, made):
                self._add(number, relation, made, kind)
                return

    def _date(self, number: int) -> int:
        """The first year that a passage states."""
        return next((fact.value for fact in self.facts[number].values() if fact.kind == "year"), 0)

    def _object(self, subject: Entity, relation: Relation, year: int, attempt: int) -> tuple[str, str]:
        """A random object and its kind."""
        if relation.object == "year":
            return str(year + self._between(relation.low, relation.high)), "year"
        if relation.object == "number":
            return f"{self._between(relation.low, relation.high):,} {relation.unit}", "number"
        if relation.object == "prize":
            return self._one(self.prizes), "prize"
        if relation.name == "town" and not attempt and self._neighbour(subject) in self.towns:
            return self.towns[self._neighbour(subject)], "town"
        if relation.object == "person" and relation.name != "honours":
            profession = PROFESSION.get(f"{subject.kind} {relation.name}", subject.profession)
            return self._one(self.by_profession[profession]).name, "person"
        kind = self._one(relation.object.split("|"))
        return self._one(self.by_kind[kind]).name, kind

    def _neighbour(self, subject: Entity) -> str:
        """The other one of a pair: things at even places are followed by their neighbours."""
        if subject.kind not in NEIGHBOURS:
            return ""
        place = self.rank[subject.name] - self.rank[self.by_kind[subject.kind][0].name]
        return self.by_kind[subject.kind][place ^ 1].name

    def _suits(self, made: Entity, subject: Entity, relation: Relation, year: int) -> bool:
        """Whether an entity can be the object of a fact of that year."""
        if relation.name == "teacher":
            return made.year < subject.year - 11 and made.until > subject.year + 20
        if relation.name == "honours":
            return made.until < year
        if relation.name == "mouth":  # rivers flow into lakes or into rivers before them, never in circles
            return made.kind == "lake" or self.rank[made.name] < self.rank[subject.name]
        if made.kind == "person":
            return made.year + ADULT <= year < made.until
        if made.kind == "school":
            return made.year <= subject.year + 8
        return made.kind not in ("company", "book") or made.year <= year

    def _fits(self, number: int, made: str) -> bool:
        """Whether an object can be put into a passage without stating another fact again, or this one elsewhere."""
        subject, words = self.passages[number][0].name, self.words[number]
        return (
            made not in words
            and not any(made in self.objects[word] for word in words if word in self.objects)
            and not (made in self.objects and self.objects[made] & words)
            and not any(made in self.words[other] for other in self.mentions[subject])
        )

    def _add(self, number: int, relation: Relation, made: str, kind: str) -> None:
        subject = self.passages[number][0]
        self.facts[number][relation.name] = Fact(
            subject.name, f"{subject.kind} {relation.name}", made, number + 1, kind
        )
        self.words[number].add(made)
        self.objects[subject.name].add(made)
        if made in self.entities:
            self.mentions[made].add(number)
        if relation.name == "town":
            self.towns[subject.name] = made


def _is_first(aspect: Aspect) -> bool:
    """Whether it is an entity's first passage, which states the year that the entity has."""
    return aspect is next(each for each in ASPECTS if each.kind == aspect.kind)


def _first_years(aspect: Aspect) -> list[Relation]:
    """The years of a passage from which its other ones are counted."""
    return [each for each in aspect.relations if each.object == "year" and not each.after]


def _grouped(pairs: Iterable[tuple[K, T]]) -> dict[K, tuple[T, ...]]:
    groups: dict[K, list[T]] = defaultdict(list)
    for key, item in pairs:
        groups[key].append(item)
    return {key: tuple(items) for key, items in groups.items()}
