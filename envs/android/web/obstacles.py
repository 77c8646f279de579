"""Obstacles between a visitor and a page: cookie walls, pop-ups, captchas, pages not found, slow loads.

Whether a host or a page has one is a function of the web's seed and the address; that the visitor got past it is in the
host's cookies.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from palaestra.envs.android.ui.controls import button, checkbox, icon_button
from palaestra.envs.android.ui.view import FILL, View, column, icon, link, make, paragraph, row, spacer, stack, text
from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.site import Loaded, Visit, Web

SLOW_MS = (3_000, 9_000)
"""Shortest and longest load of a slow page."""
WORDS: Mapping[str, tuple[str, str]] = {
    "wall": ("We value your privacy", "Tu privacidad es importante"),
    "wall_text": (
        "We and our partners store cookies on your device to run this site and to show offers. Read the ",
        "Nosotros y nuestros socios guardamos cookies para que este sitio funcione y mostrar ofertas. Lee la ",
    ),
    "policy": ("cookie policy", "política de cookies"),
    "accept": ("Accept all", "Aceptar todo"),
    "reject": ("Reject all", "Rechazar todo"),
    "popup": ("Get 10% off your first order", "10 % de descuento en tu primer pedido"),
    "popup_text": ("Join our newsletter and never miss a deal.", "Suscríbete y no te pierdas ninguna oferta."),
    "join": ("Sign up", "Suscribirme"),
    "later": ("No thanks", "No, gracias"),
    "close": ("Close", "Cerrar"),
    "human": ("Verify you are human", "Comprueba que eres una persona"),
    "human_text": (
        "{} needs to check the security of your connection before you continue.",
        "{} tiene que comprobar la seguridad de tu conexión antes de continuar.",
    ),
    "robot": ("I'm not a robot", "No soy un robot"),
    "missing": ("Page not found", "Página no encontrada"),
    "missing_text": (
        "We can’t find what you are looking for. It may be back in a moment.",
        "No encontramos lo que buscas. Puede que vuelva en un momento.",
    ),
    "again": ("Try again", "Reintentar"),
    "home": ("Go to the home page", "Ir a la página principal"),
}
"""Words in every language of the knob ``language``."""


def barrier(web: Web, address: Address, cookies: Mapping[str, Any]) -> str:
    """What stands in a page's place: ``captcha``, ``missing`` or nothing.

    Args:
        web: its knobs.
        address: of the page.
        cookies: of its host.
    """
    if not cookies.get("human") and _happens(web, "captcha", address.host):
        return "captcha"
    below = address.path != "/" or address.query
    if below and str(address) not in cookies.get("missed", ()) and _happens(web, "missing", str(address)):
        return "missing"
    return ""


def obstructed(web: Web, address: Address, visit: Visit, page: Callable[[], Loaded]) -> Loaded:
    """A page with the obstacles before it.

    Args:
        web: its knobs.
        address: of the page.
        visit: whose it is.
        page: builds it.
    """
    words = _Words(int(web.knobs.get("language", 0)))
    blocked = barrier(web, address, visit.cookies)
    if blocked == "captcha":
        loaded = _captcha(words, address, visit)
    elif blocked == "missing":
        loaded = _missing(words, address, visit)
    else:
        loaded = page()
        over = _wall(words, visit) if _wants_consent(web, visit) else _popup_of(words, web, address, visit)
        loaded = replace(loaded, over=over) if over is not None else loaded
    if _happens(web, "slow", str(address)):
        low, high = SLOW_MS
        return replace(loaded, load_ms=low + int((high - low) * _share(web, "slow for", str(address))))
    return loaded


def _wants_consent(web: Web, visit: Visit) -> bool:
    return bool(web.knobs.get("cookies")) and "consent" not in visit.cookies


def _popup_of(words: "_Words", web: Web, address: Address, visit: Visit) -> View | None:
    """The offer over the page, where there is one."""
    if visit.cookies.get("offer") or not _happens(web, "popup", address.host):
        return None
    return _popup(words, visit)


class _Words:
    """The words in one language."""

    def __init__(self, language: int):
        self._language = language

    def __getitem__(self, name: str) -> str:
        return WORDS[name][self._language]


def _wall(words: _Words, visit: Visit) -> View:
    def answer(consent: str) -> Callable[[], None]:
        return lambda: visit.cookies.update(consent=consent)

    policy = paragraph(
        words["wall_text"],
        link(words["policy"], lambda: visit.go("/help/cookies")),
        text("."),
        font="body_medium",
        color="on_surface_variant",
        width=FILL,
    )
    sheet = column(
        text(words["wall"], "title_large"),
        policy,
        button(words["accept"], answer("all"), id="accept", width=FILL),
        button(words["reject"], answer("none"), "outlined", id="reject", width=FILL),
        width=FILL,
        padding=(24, 24, 24, 32),
        gap=16,
        background="surface_container_lowest",
        radius=(16, 16, 0, 0),
        elevation=3,
        gravity="bottom",
        id="cookie_wall",
    )
    return _over(sheet)


def _popup(words: _Words, visit: Visit) -> View:
    def close() -> None:
        visit.cookies.update(offer="closed")

    card = column(
        row(spacer(weight=1), icon_button("close", close, words["close"], id="popup_close"), width=FILL),
        icon("gift-outline", 48, "primary", gravity="center"),
        text(words["popup"], "headline_small", text_align="center", width=FILL),
        text(words["popup_text"], color="on_surface_variant", text_align="center", width=FILL),
        button(words["join"], lambda: visit.go("/account/newsletter"), width=FILL, id="popup_join"),
        button(words["later"], close, "text", width=FILL, id="popup_later"),
        width=FILL,
        padding=(16, 4, 16, 16),
        margin=24,
        gap=12,
        background="surface_container_lowest",
        radius=20,
        elevation=3,
        gravity="center",
        id="popup",
    )
    return _over(card)


def _over(view: View) -> View:
    """Something over the page, which can't be touched meanwhile."""
    scrim = make("box", "android.view.View", width=FILL, height=FILL, background="scrim:0.45", blocks=True, key="scrim")
    return stack(scrim, view, width=FILL, height=FILL, cls="android.app.Dialog", key="over")


def _captcha(words: _Words, address: Address, visit: Visit) -> Loaded:
    def pass_on(_: bool) -> None:
        visit.cookies.update(human=True)

    box = row(
        checkbox(False, pass_on, text=words["robot"], id="not_a_robot", weight=1),
        icon("shield-check-outline", 32, "primary"),
        width=FILL,
        max_width=320,
        height=76,
        padding=(12, 0),
        border="outline",
        radius=4,
    )
    root = column(
        text(address.host, "headline_small"),
        text(words["human"], "title_large"),
        text(words["human_text"].format(address.host), color="on_surface_variant"),
        box,
        width=FILL,
        padding=(24, 64, 24, 24),
        gap=20,
    )
    return Loaded(403, words["human"], root)


def _missing(words: _Words, address: Address, visit: Visit) -> Loaded:
    def again() -> None:
        visit.cookies.setdefault("missed", []).append(str(address))

    root = column(
        text("404", "display_medium", "on_surface_variant"),
        text(words["missing"], "headline_small"),
        text(words["missing_text"], color="on_surface_variant"),
        button(words["again"], again, id="again"),
        button(words["home"], lambda: visit.go("/"), "text", id="go_home"),
        width=FILL,
        padding=(24, 64, 24, 24),
        gap=16,
    )
    return Loaded(404, words["missing"], root)


def _happens(web: Web, knob: str, where: str) -> bool:
    """Whether an obstacle is there: for a share of all places that the knob says."""
    chance = web.knobs.get(knob, 0)
    return chance > 0 and _share(web, knob, where) < chance


def _share(web: Web, purpose: str, where: str) -> float:
    """A number in [0, 1) for a place, the same at every visit."""
    digest = hashlib.blake2b(f"{web.seed} {purpose} {where}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64
