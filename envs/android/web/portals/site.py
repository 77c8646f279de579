"""The engine of the content sites."""

import zlib

from palaestra.envs.android.web.address import Address
from palaestra.envs.android.web.portals.front import Portals
from palaestra.envs.android.web.portals.looks import asked
from palaestra.envs.android.web.site import Loaded, Place, Site, Visit, Web


class PortalSite(Site):
    """A content site; which one, the host says."""

    def page(self, web: Web, address: Address, visit: Visit) -> Loaded:
        """Any of its pages."""
        means, front = asked(address), Portals(web, address, visit)
        status = 404 if means.kind == "error" else 200
        return Loaded(status, front.title(means), front.page(means), 160 + zlib.crc32(str(address).encode()) % 260)

    def place(self, web: Web, address: Address) -> Place:
        """What an address shows: for which question; a video also says which of the answer's, as ``QUESTION#2``."""
        means = asked(address)
        entity = "" if means.question is None else str(means.question)
        if means.kind == "video":
            return Place("video", entity=f"{entity}#{means.row + 1}")
        return Place(means.kind, means.query, means.query, entity)
