"""News."""

from palaestra.envs.android.web.portals.site import PortalSite


class DailyLedger(PortalSite):
    """thedailyledger.com."""

    hosts = ("thedailyledger.com",)
    name = "The Daily Ledger"
