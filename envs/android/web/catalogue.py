"""What the shops sell: about 4,000 invented products, a pure function of the web's seed.

Every shop stocks a part of each family and likes some products better than others, so that the same query gives
other results, in another order, at another shop.
"""

import functools
import math
import re
import zlib
from collections.abc import Mapping
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
DEALS = 0.18
"""Share of products at a reduced price."""
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
        chances = uniform(seed, "catalogue", 5 * sum(family.count for family in self.families.values())).tolist()
        for family in self.families.values():
            first = len(products)
            products += _products(family, FIRST_ID + first, chances[5 * first : 5 * (first + family.count)])
            self.ranges[family.key] = first, len(products)
        self.products = tuple(products)
        self._shelves: dict[str, Shelf] = {}

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

    def in_category(self, host: str, category: str) -> list[Product]:
        """A shop's products of a category, those that it likes best first."""
        shelf = self.shelf(host)
        stocked = [
            product
            for product, is_stocked in zip(self.products, shelf.stocked.tolist(), strict=True)
            if is_stocked and product.category == category
        ]
        return sorted(stocked, key=lambda product: (-shelf.liked[product.id - FIRST_ID], product.id))


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
    """A family's products: distinct combinations of its axes, five random numbers for each."""
    names = re.findall(r"{(\w+)}", family.pattern)
    axes = [family.axes.get(name) or AXES[name] for name in names]
    combinations = math.prod(map(len, axes))
    pattern = re.sub(r"{\w+}", "{}", family.pattern)
    dear = [0.0 if name in COLOURS else 1 / max(1, len(axis) - 1) for name, axis in zip(names, axes, strict=True)]
    dear = [each / max(1, sum(value > 0 for value in dear)) for each in dear]
    low, high = family.prices
    at, step = int(chances[0] * combinations), _stride(combinations)
    products = []
    for number in range(family.count):
        rest, level, values = at, 0.0, []
        for axis, share in zip(axes, dear, strict=True):
            rest, place = divmod(rest, len(axis))
            values.append(axis[place])
            level += place * share
        at = (at + step) % combinations
        u_price, u_deal, u_rating, u_reviews, u_off = chances[5 * number : 5 * number + 5]
        price = int(low + (high - low) * (0.75 * level + 0.25 * u_price)) * 100 + 99
        was = int(price * (1.12 + 0.3 * u_off)) // 100 * 100 + 99 if u_deal < DEALS else 0
        options = tuple(zip(names, values, strict=True))
        products.append(
            Product(
                first + number,
                " ".join(pattern.format(*values).split()).replace(" ,", ","),
                family.brand or values[0],
                family.key,
                family.category,
                family.shape,
                price,
                was,
                49 - int(18 * u_rating * u_rating),
                int(10 ** (0.3 + 3.4 * u_reviews)),
                options,
            )
        )
    return products


def _stride(count: int) -> int:
    """A number without a common factor with `count`, about the golden section of it: its multiples are spread out."""
    step = max(1, round(0.618 * count))
    while math.gcd(step, count) > 1:
        step += 1
    return step
