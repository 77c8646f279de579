"""Invented people: names, addresses and numbers that can't be guessed from each other."""

from dataclasses import dataclass
from typing import Any

import numpy as np

FIRST_NAMES = (
    *("Ada", "Bruno", "Clara", "Dilip", "Edith", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Karin", "Leo", "Mara"),
    *("Nadia", "Oskar", "Paula", "Ravi", "Selma", "Tomas", "Ursula", "Viktor", "Wanda", "Yusuf", "Zoe"),
)
CAST_LAST_NAMES = (
    *("Albers", "Brandt", "Castell", "Dorn", "Ekholm", "Farrow", "Gellert", "Hallam", "Ibsen", "Jarvis", "Keller"),
    *("Lindqvist", "Marlow", "Novak", "Orwin", "Pascoe", "Quill", "Rossi", "Sandell", "Thorne"),
)
"""Of the people in a task; those of others differ, so that a full name means one person."""
OTHER_LAST_NAMES = (
    *("Ullman", "Varga", "Winter", "Yates", "Zeller", "Amsel", "Birch", "Cordes", "Denham", "Engel", "Foss", "Grieve"),
    *("Hollis", "Iversen", "Jessen", "Kimber", "Lorne", "Moller", "Nyberg", "Osgood", "Petrie", "Ravn", "Stroud"),
)
CAST_COMPANIES = (
    *("Kestrel Freight", "Lowen Print", "Brightwater Labs", "Copse Timber", "Dunmore Glass", "Elder Legal"),
    *("Ashgrove Motors", "Tolver Fabrics", "Quayside Signs", "Rowan Optics"),
)
OTHER_COMPANIES = ("Fallow Foods", "Granby Tools", "Heron Media", "Islay Textiles", "Junco Paper", "Kirkby Paints")
TEAMS = ("Sales", "Design", "Finance", "Workshop", "Legal", "Support")
SEPARATORS = (".", "_", "-", "")


@dataclass(frozen=True)
class Person:
    """An entry of the address book."""

    id: int
    name: str
    email: str
    phone: str
    company: str
    notes: str

    @property
    def first(self) -> str:
        """The first name."""
        return self.name.split()[0]

    def plain(self) -> list[Any]:
        """As a row."""
        return [self.id, self.name, self.email, self.phone, self.company, self.notes]


def draw(random: np.random.Generator, values: Any) -> Any:
    """One of some values."""
    return values[int(random.random() * len(values))]  # in a tenth of the time of random.integers


def draw_some(random: np.random.Generator, values: Any, count: int) -> list[Any]:
    """Several of some values, each at most once."""
    return [values[int(each)] for each in random.permutation(len(values))[:count]]


def draw_phone(random: np.random.Generator, is_cast: bool = False) -> str:
    """A number of a range that is kept free for fiction; a task's people have others than the rest."""
    return f"+44 7700 900{int(random.integers(500, 1000) if is_cast else random.integers(100, 500))}"


def draw_email(random: np.random.Generator, name: str, domain: str) -> str:
    """An address of a name in one of many forms, with a number."""
    first, last = name.lower().split()
    parts = draw(random, ((first, last), (first[0], last), (last, first[0]), (first, last[0])))
    return f"{draw(random, SEPARATORS).join(parts)}{int(random.integers(2, 100))}@{domain}"


def domain_of(company: str) -> str:
    """An external company's domain."""
    return f"{company.lower().replace(' ', '-')}.example"
