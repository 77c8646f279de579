"""Declarations of an app, as in Android's manifest."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from palaestra.envs.android.system.contracts import Provider
from palaestra.envs.android.system.intents import HOME


def intent_filters(
    activity: str, *actions: str, schemes: Sequence[str] = (), types: Sequence[str] = (), **more: str
) -> tuple[Mapping[str, str], ...]:
    """Intent filters of an activity, one for each combination, for ``Manifest.filters``.

    Args:
        activity: its class.
        *actions: of intents.
        schemes: of their data; none: an intent without data, or with ``types`` a file or content.
        types: MIME types of their data; none: an intent without a type.
        **more: other parts of every filter.
    """
    return tuple(
        {"activity": activity, "action": action, **scheme, **type, **more}
        for action in actions
        for scheme in ([{"scheme": name} for name in schemes] or [{}])
        for type in ([{"type": name} for name in types] or [{}])
    )


class Manifest:
    """Declarations of an app; ``App`` adds its behaviour."""

    package: ClassVar[str] = ""
    label: ClassVar[str] = ""
    icon: ClassVar[str] = "android"
    """Name of a Material Design icon."""
    color: ClassVar[str] = "#5F6368"
    """Background colour of the launcher icon."""
    version: ClassVar[str] = "1.0"
    activities: ClassVar[Mapping[str, str]] = {}
    """Class name -> name of the method that draws it: ``method(activity) -> Page``."""
    launcher: ClassVar[str | None] = None
    """The activity that its icon starts; None: no icon."""
    filters: ClassVar[Sequence[Mapping[str, str]]] = ()
    """Intent filters: ``activity``, and what an intent must have: ``action``, ``scheme`` and ``host`` of its data,
    their ``type``; ``category``: one that it may have besides ``DEFAULT``; ``priority`` before other apps."""
    permissions: ClassVar[Sequence[str]] = ()
    """Runtime permissions that it requests."""
    databases: ClassVar[Mapping[str, str]] = {}
    """File name -> schema; stored in ``/data/data/PACKAGE/databases/NAME``."""
    receivers: ClassVar[Mapping[str, str]] = {}
    """Broadcast action -> name of ``method(phone, intent) -> dict | None`` (``{"result": -1, "data": "..."}``)."""
    providers: ClassVar[Mapping[str, Provider]] = {}
    """Content providers by authority."""
    system: ClassVar[bool] = True
    """A system app (``pm list packages -s``)."""
    preinstalled: ClassVar[bool] = True
    """Whether a phone that may have it has it from the start; else it can be installed."""

    @property
    def is_home(self) -> bool:
        """Whether it is a home screen."""
        return any(declared.get("category") == HOME for declared in self.filters)
