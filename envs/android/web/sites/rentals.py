"""Apartments for rent."""

from palaestra.envs.android.web.portals.site import PortalSite


class RoomRoost(PortalSite):
    """roomroost.com."""

    hosts = ("roomroost.com",)
    name = "Room & Roost"
