"""Videos."""

from palaestra.envs.android.web.portals.site import PortalSite


class YouTube(PortalSite):
    """youtube.com."""

    hosts = ("youtube.com",)
    name = "YouTube"
