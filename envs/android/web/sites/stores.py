"""Three stores more, of the shops' engine."""

from palaestra.envs.android.web.sites.shops import Shop


class HomeDepot(Shop):
    """homedepot.com."""

    hosts = ("homedepot.com",)
    name = "Home Depot"


class Lowes(Shop):
    """lowes.com."""

    hosts = ("lowes.com",)
    name = "Lowe’s"


class Sephora(Shop):
    """sephora.com."""

    hosts = ("sephora.com",)
    name = "Sephora"
