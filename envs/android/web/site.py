"""The interface between sites and the browser: what a site shows, and what it may ask of its visitor."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from palaestra.envs.android.ui.view import View
from palaestra.envs.android.web.address import Address


@dataclass(frozen=True, slots=True)
class Web:
    """What all sites have in common.

    Attributes:
        seed: of all content.
        knobs: how hard the sites make it, numbers by name; see ``knobs.KNOBS``.
    """

    seed: int = 0
    knobs: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(slots=True)
class Loaded:
    """A page.

    Attributes:
        status: of HTTP: 200, 404, ...
        title: of the tab.
        root: the page from edge to edge; as high as it likes, the browser scrolls it.
        load_ms: how long loading takes, ms.
        over: what lies over the visible part of the page and doesn't scroll with it, such as a cookie wall.
    """

    status: int
    title: str
    root: View
    load_ms: int = 250
    over: View | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """What an address shows, for evaluators.

    Attributes:
        kind: ``home``, ``results``, ``product``, ``cart``, ``page`` or ``error``.
        query: the words searched for, as they are in the address.
        corrected: the words that the site has searched for instead, or the same.
        entity: what the page is about: a product's number, a city, ...
    """

    kind: str
    query: str = ""
    corrected: str = ""
    entity: str = ""


class Visit(Protocol):
    """A visitor of one page; everything here that lasts is in the phone's state."""

    @property
    def cookies(self) -> dict[str, Any]:
        """What the page's host keeps with the visitor: plain data, such as a cart or consent to cookies."""

    @property
    def form(self) -> dict[str, Any]:
        """What was typed and chosen on this page: plain data, gone when the page is left for good."""

    @property
    def now_us(self) -> int:
        """The phone's time, microseconds since 1970."""

    @property
    def width_dp(self) -> int:
        """Width of the page."""

    @property
    def dark(self) -> bool:
        """Whether the phone's theme is dark."""

    def go(self, target: Address | str, **via: Any) -> None:
        """Load another address, or a path of the same host; ``via`` is kept in the tab's history as plain data.

        A link says with it what was tapped, such as ``rank=1, query="macbook air", sponsored=False``.
        """

    def back(self) -> None:
        """Load what was there before."""

    def alert(self, message: str, answer: str = "") -> None:
        """Show a message in a dialog over the page, which can't be touched until it is closed.

        With ``answer`` the dialog asks: what the visitor chose is in ``form`` by this name, True (OK) or False.
        """


class Site:
    """A site. Subclasses hold no state of their own."""

    hosts: ClassVar[tuple[str, ...]] = ()
    """Its hosts, without ``www.``."""
    name: ClassVar[str] = ""
    """What the browser suggests for the words typed so far."""

    def page(self, web: Web, address: Address, visit: Visit) -> Loaded:
        """The page at an address, built anew whenever something has changed."""
        raise NotImplementedError

    def place(self, web: Web, address: Address) -> Place:
        """What an address shows."""
        raise NotImplementedError
