"""Travel: flights and hotels."""

from palaestra.envs.android.web.portals.site import PortalSite


class Wayfarer(PortalSite):
    """wayfarer-travel.com."""

    hosts = ("wayfarer-travel.com",)
    name = "Wayfarer"
