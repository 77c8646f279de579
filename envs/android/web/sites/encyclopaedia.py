"""An encyclopaedia: facts, capitals, leaders, times and exchange rates."""

from palaestra.envs.android.web.portals.site import PortalSite


class Lexicopia(PortalSite):
    """lexicopia.org."""

    hosts = ("lexicopia.org",)
    name = "Lexicopia"
