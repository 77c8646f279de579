"""What the shops sell: about 4,000 invented products, a pure function of the web's seed.

Every shop stocks a part of each family and likes some products better than others, so that the same query gives
other results, in another order, at another shop.
"""

import functools
import math
import operator
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from palaestra.envs.android.web.catalogue_families import AXES, Family, named_families
from palaestra.envs.android.web.catalogue_goods import other_families

FIRST_ID = 1_000_001
"""Of products; ids are consecutive."""
LEAST_STOCKED, MOST_STOCKED = 0.55, 0.8
"""Share of a family that a shop has."""
LEAST_LIKED, MOST_LIKED = 0.8, 1.2
"""Factors of relevance by which shops differ."""
DEAL_SHARE = 0.18
"""Share of products at a reduced price."""
DEALS = "deals"
CHANCES = 5
"""Random numbers for each product."""
COLOURS = ("colour", "metal")
"""Axes that don't change the price."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Attributes:
        id: unique within the catalogue.
        name: with all options.
        brand: its maker.
        family: a key of ``Catalogue.families``.
        category: a name of ``CATEGORIES``.
        shape: of its picture.
        price, was: cents; ``was`` is the former price of a deal, else 0.
        rating: tenths of stars.
        reviews: number of reviews.
        options: (axis, value) of all that its name says.
    """

    id: int
    name: str
    brand: str
    family: str
    category: str
    shape: str
    price: int
    was: int
    rating: int
    reviews: int
    options: tuple[tuple[str, str], ...]


class Shelf(NamedTuple):
    """What one shop has, by position in the catalogue.

    Attributes:
        stocked: whether it sells the product.
        liked: factor of the product's relevance there.
    """

    stocked: np.ndarray
    liked: np.ndarray


class Catalogue:
    """All products.

    Args:
        seed: the web's.

    Attributes:
        seed: likewise.
        families: by key.
        products: in the order of their ids.
        ranges: family -> its first position and the one behind its last.
    """

    def __init__(self, seed: int):
        self.seed = seed
        self.families: Mapping[str, Family] = {family.key: family for family in _families()}
        self.ranges: dict[str, tuple[int, int]] = {}
        products: list[Product] = []
        chances = uniform(seed, "catalogue", CHANCES * sum(family.count for family in self.families.values()))
        for family in self.families.values():
            first = len(products)
            drawn = chances[CHANCES * first : CHANCES * (first + family.count)].tolist()
            products += _products(family, FIRST_ID + first, drawn)
            self.ranges[family.key] = first, len(products)
        self.products = tuple(products)
        self._shelves: dict[str, Shelf] = {}
        self._sorted: dict[str, dict[str, tuple[Product, ...]]] = {}

    def product(self, number: int) -> Product | None:
        """The product with this id; None if there is none."""
        position = number - FIRST_ID
        return self.products[position] if 0 <= position < len(self.products) else None

    def shelf(self, host: str) -> Shelf:
        """What a shop has."""
        shelf = self._shelves.get(host)
        if shelf is None:
            shelf = self._shelves[host] = self._fill(host)
        return shelf

    def _fill(self, host: str) -> Shelf:
        count = len(self.products)
        draws = uniform(self.seed, f"shelf {host}", 2 * count + len(self.ranges))
        order, liked, shares = draws[:count], draws[count : 2 * count], draws[2 * count :]
        stocked = np.zeros(count, bool)
        for share, (first, end) in zip(shares.tolist(), self.ranges.values(), strict=True):
            kept = math.ceil((end - first) * (LEAST_STOCKED + (MOST_STOCKED - LEAST_STOCKED) * share))
            stocked[first + np.argsort(order[first:end])[:kept]] = True
        return Shelf(stocked, LEAST_LIKED + (MOST_LIKED - LEAST_LIKED) * liked)

    def is_sold(self, host: str, product: Product) -> bool:
        """Whether a shop sells it."""
        return bool(self.shelf(host).stocked[product.id - FIRST_ID])

    def in_category(self, host: str, category: str) -> tuple[Product, ...]:
        """A shop's products of a category, those that it likes best first."""
        return self._aisles(host).get(category, ())

    def deals(self, host: str) -> tuple[Product, ...]:
        """A shop's products at a reduced price, those that it likes best first."""
        return self._aisles(host)[DEALS]

    def _aisles(self, host: str) -> dict[str, tuple[Product, ...]]:
        """A shop's products by category, and its deals."""
        aisles = self._sorted.get(host)
        if aisles is None:
            shelf = self.shelf(host)
            stocked = np.flatnonzero(shelf.stocked)
            order = stocked[np.argsort(-shelf.liked[stocked], kind="stable")]
            lists: dict[str, list[Product]] = {DEALS: []}
            for product in (self.products[position] for position in order.tolist()):
                lists.setdefault(product.category, []).append(product)
                if product.was:
                    lists[DEALS].append(product)
            aisles = self._sorted[host] = {name: tuple(products) for name, products in lists.items()}
        return aisles


@functools.lru_cache(maxsize=8)
def catalogue(seed: int) -> Catalogue:
    """The catalogue of a web; built once per process."""
    return Catalogue(seed)


def uniform(seed: int, purpose: str, count: int) -> np.ndarray:
    """Numbers in [0, 1) of the stream of a web's seed and a purpose, the same in every process."""
    key = np.array([seed & (1 << 64) - 1, zlib.crc32(purpose.encode())], np.uint64)
    return (np.random.Philox(key=key).random_raw(count) >> np.uint64(11)) * 2.0**-53


@functools.cache
def _families() -> tuple[Family, ...]:
    return (*named_families(), *other_families())


def _products(family: Family, first: int, chances: list[float]) -> list[Product]:
    """A family's products: distinct combinations of its axes, ``CHANCES`` random numbers for each."""
    names = re.findall(r"{(\w+)}", family.pattern)
    axes = [family.axes.get(name) or AXES[name] for name in names]
    pattern = re.sub(r"{\w+}", "{}", family.pattern)
    steps = _price_steps(names, axes)
    low, high = family.prices
    products = []
    for number, places in enumerate(_combinations(axes, family.count, chances[0])):
        u_price, u_deal, u_rating, u_reviews, u_off = chances[CHANCES * number : CHANCES * (number + 1)]
        values = [axis[place] for axis, place in zip(axes, places, strict=True)]
        level = sum(map(operator.mul, places, steps))
        price = int(low + (high - low) * (0.75 * level + 0.25 * u_price)) * 100 + 99
        product = Product(
            first + number,
            " ".join(pattern.format(*values).split()).replace(" ,", ","),
            family.brand or values[0],
            family.key,
            family.category,
            family.shape,
            price,
            int(price * (1.12 + 0.3 * u_off)) // 100 * 100 + 99 if u_deal < DEAL_SHARE else 0,
            49 - int(18 * u_rating * u_rating),
            int(10 ** (0.3 + 3.4 * u_reviews)),
            tuple(zip(names, values, strict=True)),
        )
        products.append(product)
    return products


def _price_steps(names: list[str], axes: list[tuple[str, ...]]) -> list[float]:
    """By how much the next value of each axis is dearer; the dearest combination is 1 dearer than the cheapest."""
    counted = [name not in COLOURS and len(axis) > 1 for name, axis in zip(names, axes, strict=True)]
    share = 1 / max(1, sum(counted))
    return [share / (len(axis) - 1) if counts else 0.0 for counts, axis in zip(counted, axes, strict=True)]


def _combinations(axes: list[tuple[str, ...]], count: int, start: float) -> Iterator[list[int]]:
    """That many different places in the axes, spread out; the first is at a share of all of them."""
    total = math.prod(map(len, axes))
    at, step = int(start * total), _stride(total)
    for _ in range(count):
        rest, places = at, []
        for axis in axes:
            rest, place = divmod(rest, len(axis))
            places.append(place)
        yield places
        at = (at + step) % total


def _stride(count: int) -> int:
    """A number without a common factor with `count`, about the golden section of it: its multiples are spread out."""
    step = max(1, round(0.618 * count))
    while math.gcd(step, count) > 1:
        step += 1
    return step
