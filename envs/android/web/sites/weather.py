"""Weather reports."""

from palaestra.envs.android.web.portals.site import PortalSite


class SkylarkWeather(PortalSite):
    """skylark-weather.com."""

    hosts = ("skylark-weather.com",)
    name = "Skylark Weather"
