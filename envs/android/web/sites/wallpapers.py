"""Wallpapers."""

from palaestra.envs.android.web.portals.site import PortalSite


class Wallnook(PortalSite):
    """wallnook.com."""

    hosts = ("wallnook.com",)
    name = "Wallnook"
