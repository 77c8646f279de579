"""Addresses of pages: parsed as a browser's address bar does, and written again."""

import re
import urllib.parse
from dataclasses import dataclass, replace

MAX_LENGTH = 2_000
"""Characters of an address; a longer one is cut."""
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://(.*)", re.IGNORECASE | re.DOTALL)
_HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+|localhost", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a page.

    Attributes:
        scheme: ``https`` or ``http``.
        host: lower case, without ``www.`` and ``m.``.
        path: unescaped; begins with ``/``.
        query: names and values, unescaped, in order.
        port: 0 if none is given.
        fragment: behind ``#``.
    """

    scheme: str
    host: str
    path: str = "/"
    query: tuple[tuple[str, str], ...] = ()
    port: int = 0
    fragment: str = ""

    def get(self, name: str, default: str = "") -> str:
        """The first value of that name in the query."""
        return next((value for key, value in self.query if key == name), default)

    def at(self, path: str, **query: str | int | None) -> "Address":
        """Another address of the same host."""
        return replace(self, path=path, query=(), fragment="").with_query(**query)

    def with_query(self, **values: str | int | None) -> "Address":
        """The address with these values in its query instead of those of the same names; None removes one."""
        kept = tuple((name, value) for name, value in self.query if name not in values)
        added = tuple((name, str(value)) for name, value in values.items() if value not in (None, ""))
        return replace(self, query=kept + added)

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        query = "?" + urllib.parse.urlencode(self.query) if self.query else ""
        fragment = f"#{self.fragment}" if self.fragment else ""
        return f"{self.scheme}://{self.host}{port}{urllib.parse.quote(self.path)}{query}{fragment}"


def parse(text: str) -> Address | None:
    """The address that a text means, with or without a scheme; None if it is no address but words to search for."""
    text = text.strip()[:MAX_LENGTH]
    match = _SCHEME.fullmatch(text)
    scheme, rest = (match[1].lower(), match[2]) if match else ("https", text)
    if scheme not in ("http", "https") or not rest or any(c.isspace() for c in rest):
        return None
    place, _, fragment = rest.partition("#")
    place, _, query = place.partition("?")
    host, slash, path = place.partition("/")
    host, colon, port = host.rpartition("@")[2].partition(":")
    if not _HOST.fullmatch(host) or (colon and not (port.isdecimal() and port.isascii() and 0 < int(port) < 65536)):
        return None
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    name = host.lower().removeprefix("www.").removeprefix("m.") if host.count(".") > 1 else host.lower()
    path = urllib.parse.unquote("/" + path if slash else "/")
    return Address(scheme, name, path, tuple(pairs), int(port) if colon else 0, fragment)
