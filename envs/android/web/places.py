"""Cities and countries that questions are about: time zones, capitals and currencies.

Zones, capitals and currencies are public facts (IANA's time zone database, ISO 3166, ISO 4217); every other number of
this web is invented.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import NamedTuple


class City(NamedTuple):
    """A city: its name, time zone and airport."""

    name: str
    zone: str
    airport: str


class Country(NamedTuple):
    """A country: its name, capital, and the ISO 4217 code of its currency."""

    name: str
    capital: str
    currency: str


CITIES: tuple[City, ...] = tuple(
    City(*line.split("|"))
    for line in """
Atlanta|America/New_York|ATL
Austin|America/Chicago|AUS
Barcelona|Europe/Madrid|BCN
Beijing|Asia/Shanghai|PEK
Berlin|Europe/Berlin|BER
Boston|America/New_York|BOS
Buenos Aires|America/Argentina/Buenos_Aires|EZE
Chicago|America/Chicago|ORD
Dallas|America/Chicago|DFW
Delhi|Asia/Kolkata|DEL
Denver|America/Denver|DEN
Helsinki|Europe/Helsinki|HEL
Hong Kong|Asia/Hong_Kong|HKG
Houston|America/Chicago|IAH
Johannesburg|Africa/Johannesburg|JNB
Las Vegas|America/Los_Angeles|LAS
London|Europe/London|LHR
Los Angeles|America/Los_Angeles|LAX
Madrid|Europe/Madrid|MAD
Mexico City|America/Mexico_City|MEX
Miami|America/New_York|MIA
Moscow|Europe/Moscow|SVO
Mumbai|Asia/Kolkata|BOM
New Jersey|America/New_York|EWR
New York|America/New_York|JFK
Orlando|America/New_York|MCO
Paris|Europe/Paris|CDG
Philadelphia|America/New_York|PHL
Phoenix|America/Phoenix|PHX
Portland|America/Los_Angeles|PDX
Rio de Janeiro|America/Sao_Paulo|GIG
Rome|Europe/Rome|FCO
Sacramento|America/Los_Angeles|SMF
San Diego|America/Los_Angeles|SAN
San Francisco|America/Los_Angeles|SFO
San Jose|America/Los_Angeles|SJC
Seattle|America/Los_Angeles|SEA
Seoul|Asia/Seoul|ICN
Singapore|Asia/Singapore|SIN
Sydney|Australia/Sydney|SYD
Tokyo|Asia/Tokyo|HND
Toronto|America/Toronto|YYZ
Vienna|Europe/Vienna|VIE
Washington DC|America/New_York|IAD
Zurich|Europe/Zurich|ZRH
""".strip().splitlines()
)
COUNTRIES: tuple[Country, ...] = tuple(
    Country(*line.split("|"))
    for line in """
Argentina|Buenos Aires|ARS
Australia|Canberra|AUD
Austria|Vienna|EUR
Bahamas|Nassau|BSD
Bangladesh|Dhaka|BDT
Barbados|Bridgetown|BBD
Belgium|Brussels|EUR
Belize|Belmopan|BZD
Bolivia|Sucre|BOB
Brazil|Brasília|BRL
Brunei|Bandar Seri Begawan|BND
Cambodia|Phnom Penh|KHR
Canada|Ottawa|CAD
Chile|Santiago|CLP
China|Beijing|CNY
Colombia|Bogotá|COP
Costa Rica|San José|CRC
Cuba|Havana|CUP
Denmark|Copenhagen|DKK
Dominican Republic|Santo Domingo|DOP
Ecuador|Quito|USD
Egypt|Cairo|EGP
England|London|GBP
Falkland Islands|Stanley|FKP
Finland|Helsinki|EUR
France|Paris|EUR
French Guiana|Cayenne|EUR
Germany|Berlin|EUR
Greece|Athens|EUR
Guyana|Georgetown|GYD
Haiti|Port-au-Prince|HTG
India|New Delhi|INR
Indonesia|Jakarta|IDR
Ireland|Dublin|EUR
Italy|Rome|EUR
Jamaica|Kingston|JMD
Japan|Tokyo|JPY
Laos|Vientiane|LAK
Malaysia|Kuala Lumpur|MYR
Mexico|Mexico City|MXN
Mongolia|Ulaanbaatar|MNT
Myanmar|Naypyidaw|MMK
Nepal|Kathmandu|NPR
Netherlands|Amsterdam|EUR
New Zealand|Wellington|NZD
North Korea|Pyongyang|KPW
Norway|Oslo|NOK
Pakistan|Islamabad|PKR
Panama|Panama City|PAB
Paraguay|Asunción|PYG
Peru|Lima|PEN
Philippines|Manila|PHP
Poland|Warsaw|PLN
Portugal|Lisbon|EUR
Puerto Rico|San Juan|USD
Russia|Moscow|RUB
Singapore|Singapore|SGD
South Africa|Pretoria|ZAR
South Korea|Seoul|KRW
Spain|Madrid|EUR
Sri Lanka|Sri Jayawardenepura Kotte|LKR
Suriname|Paramaribo|SRD
Sweden|Stockholm|SEK
Switzerland|Bern|CHF
Taiwan|Taipei|TWD
Thailand|Bangkok|THB
Trinidad and Tobago|Port of Spain|TTD
United Kingdom|London|GBP
United States|Washington, D.C.|USD
Uruguay|Montevideo|UYU
Venezuela|Caracas|VES
Vietnam|Hanoi|VND
""".strip().splitlines()
)
SYNONYMS: Mapping[str, str] = {
    "america": "United States",
    "britain": "United Kingdom",
    "burma": "Myanmar",
    "d.c.": "Washington DC",
    "dc": "Washington DC",
    "great britain": "United Kingdom",
    "holland": "Netherlands",
    "korea": "South Korea",
    "la": "Los Angeles",
    "new delhi": "Delhi",
    "new york city": "New York",
    "nyc": "New York",
    "philly": "Philadelphia",
    "rio": "Rio de Janeiro",
    "sf": "San Francisco",
    "uk": "United Kingdom",
    "united states of america": "United States",
    "us": "United States",
    "usa": "United States",
    "vegas": "Las Vegas",
    "washington": "Washington DC",
    "washington d c": "Washington DC",
}
"""Other names, in lower case."""
HERE = "Mountain View"
"""The town where the phone is: what "near me" means."""
HERE_ZONE = "UTC"
"""What the phone's clock is set to, so that the time here is that of its status bar."""


@functools.cache
def _names() -> Mapping[tuple[str, ...], str]:
    """Every name of a place as words, and the place's usual one."""
    names = [*(city.name for city in CITIES), *(country.name for country in COUNTRIES), HERE]
    usual = dict(zip(names, names)) | dict(SYNONYMS)
    return {tuple(name.lower().replace(".", " ").split()): place for name, place in usual.items()}


LONGEST = 4
"""Words of the longest name."""


def places_in(words: Sequence[str]) -> list[tuple[str, int, int]]:
    """The places named in a text, in order: the usual name, and its words' range.

    Args:
        words: of the text, in lower case.
    """
    places: list[tuple[str, int, int]] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST, len(words) - at), 0, -1):
            name = _names().get(tuple(words[at : at + length]))
            if name is not None:
                places.append((name, at, at + length))
                at += length
                break
        else:
            at += 1
    return places


@functools.cache
def city(name: str) -> City | None:
    """The city of that usual name."""
    return next((city for city in CITIES if city.name == name), None)


@functools.cache
def country(name: str) -> Country | None:
    """The country of that usual name."""
    return next((country for country in COUNTRIES if country.name == name), None)
