"""Addresses as people type them."""

import pytest

from palaestra.envs.android.web.address import Address, parse


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("newegg.com", Address("https", "newegg.com")),
        ("  HTTP://WWW.Newegg.com/ ", Address("http", "newegg.com")),
        (
            "m.ebay.com/itm/7?x=a+b&y=%26#top",
            Address("https", "ebay.com", "/itm/7", (("x", "a b"), ("y", "&")), 0, "top"),
        ),
        ("me:secret@walmart.com:8080/ip/%C3%A9", Address("https", "walmart.com", "/ip/é", (), 8080)),
        ("costco.com/%zz?q=%", Address("https", "costco.com", "/%zz", (("q", "%"),))),
        ("localhost:80", Address("https", "localhost", "/", (), 80)),
        ("best buy", None),
        ("macbook", None),
        ("", None),
        ("https://", None),
        ("javascript:alert(1)", None),
        ("file:///sdcard", None),
        ("newegg.com:0", None),
        ("newegg.com:99999", None),
        ("newegg.com:٣", None),
        ("new egg.com/x", None),
        ("'; DROP TABLE tabs; --", None),
    ],
)
def test_an_address_is_parsed_or_is_words_to_search_for(typed, address):
    assert parse(typed) == address
    if address is not None:
        assert parse(str(address)) == address


def test_an_address_of_any_length_is_cut():
    assert len(str(parse("newegg.com/" + "a" * 10_000))) < 2_100


def test_queries_are_replaced_by_name():
    address = parse("newegg.com/s?q=a&page=2&q=b")
    assert str(address.with_query(page=None, sort="price")) == "https://newegg.com/s?q=a&q=b&sort=price"
    assert str(address.at("/p/é", q="a&b")) == "https://newegg.com/p/%C3%A9?q=a%26b"
    assert address.get("q") == "a"
    assert address.get("none", "x") == "x"
