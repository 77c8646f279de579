"""A directory of people, cities and companies that refer to each other."""

import functools
from typing import Any, Literal

import numpy as np

from palaestra.envs.remote import make_vector as make
from palaestra.envs.tools.calls import ToolError
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv

Section = Literal["people", "cities", "companies"]
PAGE = 25
FIRST = ("Ada", "Bela", "Cora", "Dario", "Edda", "Femi", "Gisa", "Hugo", "Ines", "Jora", "Kasim", "Lena")
LAST = ("Abel", "Brandt", "Castor", "Dahl", "Ekwall", "Ferrer", "Grau", "Holm", "Imhof", "Jansen")
CITIES = ("Arnsby", "Belford", "Corvale", "Drumlin", "Eastmoor", "Fenwick", "Garlow", "Holmstead")
COUNTRIES = ("Norland", "Estmark", "Sudria")
COMPANIES = ("Birch Foods", "Calder Steel", "Delta Maps", "Ember Glass", "Fjord Ships", "Granite Bank", "Sable Books")
PEOPLE = 40
MAX_VALUE = 100
"""Characters of a field's new value."""


class ToolLookup(ToolEnv):
    """A directory whose entries name each other, so that answers are some steps away."""

    schema = """
CREATE TABLE people(name TEXT PRIMARY KEY, city TEXT, employer TEXT, phone TEXT, age INTEGER);
CREATE TABLE cities(name TEXT PRIMARY KEY, country TEXT, mayor TEXT, population INTEGER);
CREATE TABLE companies(name TEXT PRIMARY KEY, city TEXT, boss TEXT, founded INTEGER);
"""
    tasks_folder = "palaestra.envs.tools.worlds.lookup.tasks"

    def rules(self) -> str:
        """See ``ToolEnv``."""
        return (
            "You look things up in a directory with three sections: people (city, employer, phone, age), cities "
            "(country, mayor, population) and companies (city, boss, founded). Entries refer to each other by name. "
            "Answer with nothing but the wanted name or number."
        )

    def populate(self, random: np.random.Generator) -> None:
        """People with cities and employers, cities with mayors, companies with bosses."""
        full = [f"{first} {last}" for first in FIRST for last in LAST]
        names = sorted(full[int(each)] for each in random.choice(len(full), PEOPLE, replace=False))

        def some(of: tuple[str, ...] | list[str]) -> str:
            return of[int(random.integers(len(of)))]

        phones = random.choice(900_000, PEOPLE, replace=False) + 100_000
        people = [
            (name, some(CITIES), some(COMPANIES), f"{int(phone) // 1000}-{int(phone) % 1000:03d}", int(age))
            for name, phone, age in zip(names, phones, random.permutation(np.arange(20, 20 + PEOPLE)))
        ]
        # Nobody is both, or two questions about the same person would have the same answer.
        mayors, bosses = np.split(random.permutation(names)[: len(CITIES) + len(COMPANIES)], [len(CITIES)])
        sizes = random.permutation(np.arange(8, 60))[: len(CITIES)] * 1000
        cities = [(name, some(COUNTRIES), str(mayor), int(size)) for name, mayor, size in zip(CITIES, mayors, sizes)]
        years = random.permutation(np.arange(1890, 2015))[: len(COMPANIES)]
        companies = [(name, some(CITIES), str(boss), int(year)) for name, boss, year in zip(COMPANIES, bosses, years)]
        self.database.insert_many("people", people)
        self.database.insert_many("cities", cities)
        self.database.insert_many("companies", companies)

    def entry(self, section: Section, name: str) -> dict[str, Any]:
        """An entry that should be there.

        Raises:
            ToolError: it isn't.
        """
        row = self.get(section, name)
        if row is None:
            raise ToolError(f"{section} has no entry {name[:80]!r}")
        return row

    @tool(price=0.001, reads=True)
    def get(self, section: Section, name: str) -> dict[str, Any] | None:
        """Get an entry of the directory; null if there is none of that name.

        Args:
            section: people, cities or companies.
            name: of the entry, exactly.
        """
        return self.database.row(f"SELECT * FROM {section} WHERE name = ?", name)

    @tool(price=0.001, reads=True)
    def list_names(self, section: Section, prefix: str = "", page: int = 1) -> dict[str, Any]:
        """List the names of a section, in alphabetical order.

        Args:
            section: people, cities or companies.
            prefix: list only names that begin with it.
            page: of 25 names, from 1.
        """
        where = "substr(name, 1, length(?)) = ?"
        count = self.database.value(f"SELECT count(*) FROM {section} WHERE {where}", prefix, prefix)
        sql = f"SELECT name FROM {section} WHERE {where} ORDER BY name LIMIT ? OFFSET ?"
        rows = self.database.rows(sql, prefix, prefix, PAGE, PAGE * max(0, page - 1))
        return {"names": [row["name"] for row in rows], "total": count}

    @tool(price=0.002)
    def set_field(self, section: Section, name: str, field: str, value: str | int) -> str:
        """Change a field of an entry.

        Args:
            section: people, cities or companies.
            name: of the entry, exactly.
            field: of the entry; the name itself can't be changed.
            value: the new value; a number for age, population and founded.
        """
        entry = self.entry(section, name)
        if field not in entry or field == "name":
            raise ToolError(f"{section} has the fields {', '.join(each for each in entry if each != 'name')}")
        if isinstance(value, int) is not isinstance(entry[field], int):
            raise ToolError(f"{field} is {'a number' if isinstance(entry[field], int) else 'a text'}")
        if isinstance(value, str) and len(value) > MAX_VALUE:
            raise ToolError(f"the value has {len(value)} characters; at most {MAX_VALUE} are allowed")
        self.database.run(f'UPDATE {section} SET "{field}" = ? WHERE name = ?', value, name)
        return f"{name}: {field} is now {value}"


make_vector = functools.partial(make, ToolLookup)
