"""Posts of its readers."""

from palaestra.envs.android.web.portals.site import PortalSite


class Reddit(PortalSite):
    """reddit.com."""

    hosts = ("reddit.com",)
    name = "Reddit"
