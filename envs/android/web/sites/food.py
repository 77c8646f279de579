"""Food: restaurants, menus and shops nearby."""

from palaestra.envs.android.web.portals.site import PortalSite


class Tablemates(PortalSite):
    """tablemates.com."""

    hosts = ("tablemates.com",)
    name = "Tablemates"
