"""What the shops sell and find, by the queries of the public shopping instructions."""

import hashlib
import re
import subprocess
import sys

import pytest

from palaestra.envs.android.web.catalogue import FIRST_ID, catalogue
from palaestra.envs.android.web.catalogue_families import CATEGORIES
from palaestra.envs.android.web.search import edits, search, tokens

HOSTS = ("bestbuy.com", "ebay.com", "costco.com", "walmart.com", "newegg.com")
SEEDS = (0, 7)
FIRST_NAMES = {
    "acer nitro": "Acer Nitro",
    "acer predator": "Acer Predator",
    "alienware area 51": "Dell Alienware Area 51",
    "alienware aurora": "Dell Alienware Aurora",
    "apple airpods": "Apple AirPods",
    "apple airpods pro": "Apple AirPods Pro",
    "asus rog": "ASUS ROG",
    "asus zenbook": "ASUS ZenBook",
    "beats solo 3": "Beats Solo 3",
    "bestbuy": "BestBuy",
    "bose quietcomfort 35": "Bose QuietComfort 35",
    "bose quitecomfort 35": "Bose QuietComfort 35",
    "bose soundlink": "Bose SoundLink",
    "bose soundlink mini": "Bose SoundLink Mini",
    "bose soundsport free": "Bose SoundSport Free",
    "corsair k70": "Corsair K70",
    "dell alienware": "Dell Alienware",
    "dell xps": "Dell XPS",
    "duracell triple a": r"Duracell .*Triple A \(AAA\) Batteries",
    "energizer triple a": r"Energizer .*Triple A \(AAA\) Batteries",
    "jbl charge 4": "JBL Charge 4",
    "jbl flip 4": "JBL Flip 4",
    "lenovo thinkpad": "Lenovo ThinkPad",
    "lg ultragear": "LG UltraGear",
    "logitech g pro": "Logitech G Pro",
    "logitech g502": "Logitech G502",
    "logitech g903": "Logitech G903",
    "logitech g910": "Logitech G910",
    "logitech g933": "Logitech G933",
    "macbook": "Apple MacBook",
    "macbook air": "Apple MacBook Air",
    "macbook pro": "Apple MacBook Pro",
    "macbook pro 13 inch": "Apple MacBook Pro 13 inch",
    "macbook pro 15 inch": "Apple MacBook Pro 15 inch",
    "panasonic triple a": r"Panasonic .*Triple A \(AAA\) Batteries",
    "rayovac triple a": r"Rayovac .*Triple A \(AAA\) Batteries",
    "razer blackwidow": "Razer BlackWidow",
    "razer blade": "Razer Blade",
    "razer deathadder": "Razer DeathAdder",
    "razer huntsman": "Razer Huntsman",
    "razer kraken": "Razer Kraken",
    "razer naga": "Razer Naga",
    "razer nari": "Razer Nari",
    "razer thresher": "Razer Thresher",
    "sony triple a": r"Sony .*Triple A \(AAA\) Batteries",
    "soundlink mini": "Bose SoundLink Mini",
    "usb-a": r".* USB-A\b",
    "usb-a to usb-b": ".* USB-A to USB-B ",
    "usb-b": r".* USB-B\b",
    "usb-c": r".* USB-C\b",
    "usb-c to usb-a": ".* USB-C to USB-A ",
    "usb-c to usb-b": ".* USB-C to USB-B ",
}
"""Every query of the instructions -> what the name of its first result begins with."""


def first_names(seed, query):
    shops = catalogue(seed)
    return [shops.product(search(shops, host, query).ids[0]).name for host in HOSTS]


def test_there_are_about_4000_products_with_names_of_their_own():
    products = catalogue(0).products
    assert 3900 <= len(products) <= 4100
    assert [product.id for product in products] == list(range(FIRST_ID, FIRST_ID + len(products)))
    assert len({product.name for product in products}) == len(products)
    assert {product.category for product in products} == set(CATEGORIES)
    for product in products:
        assert 99 <= product.price < 600_000
        assert product.was == 0 or product.was > product.price
        assert 30 <= product.rating <= 50
        assert re.fullmatch(r"\S+( \S+)*", product.name)
        assert len(product.name) <= 90


@pytest.mark.parametrize("seed", SEEDS)
def test_every_query_finds_twelve_at_every_shop_and_the_right_thing_first(seed):
    shops = catalogue(seed)
    assert len(FIRST_NAMES) == 52
    for query, name in FIRST_NAMES.items():
        for host in HOSTS:
            ids = search(shops, host, query).ids
            assert len(ids) >= 12, (query, host)
            assert len(set(ids)) == len(ids)
            assert all(shops.is_sold(host, shops.product(number)) for number in ids)
            assert re.match(name, shops.product(ids[0]).name), (query, host)


def test_shops_rank_differently():
    shops = catalogue(0)
    for query in FIRST_NAMES:
        assert len({search(shops, host, query).ids for host in HOSTS}) == len(HOSTS), query
    first = [len(set(first_names(0, query))) for query in FIRST_NAMES]
    assert sum(first) / len(first) >= 4


def test_neighbours_of_a_query_are_not_among_its_results():
    shops = catalogue(0)
    for query, others in (
        ("macbook air", "Pro"),
        ("macbook pro 13 inch", "15 inch"),
        ("bose soundlink mini", "Revolve"),
        ("logitech g502", "G903"),
        ("usb-c to usb-a", "USB-B"),
        ("duracell triple a", r"Energizer|\(AA\)"),
    ):
        names = [shops.product(number).name for host in HOSTS for number in search(shops, host, query).ids]
        assert not [name for name in names if re.search(others, name)]


@pytest.mark.parametrize(
    ("query", "corrected"),
    [
        ("Bose  QuiteComfort 35", "bose quietcomfort 35"),
        ("macbok air", "macbook air"),
        ("mac book pro", "macbook pro"),
        ("soundlinkmini", "soundlink mini"),
        ("sound link mini", "soundlink mini"),
        ("usb c to usb a", "usb-c to usb-a"),
        ("razer balckwidow", "razer blackwidow"),
        ("beats solo3", "beats solo 3"),
        ("headphones", "headphones"),
        ("logitech g502 xqzvw", "logitech g502"),
    ],
)
def test_unknown_words_are_put_right(query, corrected):
    results = search(catalogue(0), "ebay.com", query)
    assert results.corrected == corrected
    assert len(results.ids) >= 12
    assert results.was_corrected == (tokens(query) != tokens(corrected))


def test_words_that_are_known_and_model_numbers_stay():
    for query in ("bose soundlink", "logitech g502", "usb-b", "sony triple a", "razer nari"):
        assert not search(catalogue(0), "walmart.com", query).was_corrected
    assert search(catalogue(0), "walmart.com", "g501").ids == ()  # one digit off is another mouse


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   ",
        "a" * 10_000,
        "zq " * 5_000,
        "😀😀",
        "مرحبا بالعالم",
        "'; DROP TABLE products; --",
        "' UNION SELECT password FROM users --",
        "%zz",
        "\x00\u202e",
        "-",
    ],
)
def test_odd_queries_find_nothing(query):
    assert search(catalogue(0), "newegg.com", query).ids == ()


def test_a_long_query_of_known_words_is_searched():
    assert len(search(catalogue(0), "costco.com", "macbook air " * 900).ids) >= 12


def test_edits_counts_swaps_once():
    assert [edits("kitten", "sitting"), edits("quitecomfort", "quietcomfort"), edits("", "abc")] == [3, 1, 3]


def test_tokens_compare_plurals_hyphens_and_accents():
    assert tokens("USB-C Cables, Batteries & Café boxes") == ("usbc", "cable", "battery", "cafe", "box")


CODE = """
import hashlib
from palaestra.envs.android.web.catalogue import catalogue
from palaestra.envs.android.web.search import search
shops = catalogue(3)
print(hashlib.sha256(repr((shops.products, search(shops, "ebay.com", "macbook"))).encode()).hexdigest())
"""


def test_two_processes_have_the_same_shops():
    shops = catalogue(3)
    here = hashlib.sha256(repr((shops.products, search(shops, "ebay.com", "macbook"))).encode()).hexdigest()
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == here
    assert catalogue(4).products != shops.products
