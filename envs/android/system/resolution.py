"""Which intent filters match an intent, by the rules of Android's ``IntentFilter``."""

from collections.abc import Mapping

from palaestra.envs.android.system.intents import LAUNCHER, MAIN, Intent

DEFAULT = "android.intent.category.DEFAULT"
UNDECLARED_SCHEMES = ("", "content", "file")
"""Schemes that a filter with a type matches although it declares none."""


def is_launch(intent: Intent) -> bool:
    """Whether an intent is that of a tap on an app's icon."""
    main = intent["action"] == MAIN or (not intent["action"] and intent["package"])
    known = set(intent["categories"]) <= {LAUNCHER, DEFAULT}
    return bool(main and known and (intent["package"] or LAUNCHER in intent["categories"]))


def matches(declared: Mapping[str, str], intent: Intent, type: str) -> bool:
    """Whether a filter (``Manifest.filters``) matches an intent whose data have this MIME type ("" for none)."""
    if intent["action"] and declared.get("action", "") != intent["action"]:
        return False
    if not set(intent["categories"]) <= {DEFAULT, declared.get("category", "")}:
        return False
    return _data_match(declared, intent["data"], type)


def _data_match(declared: Mapping[str, str], data: str, type: str) -> bool:
    scheme, wanted = scheme_of(data), declared.get("scheme", "")
    if not wanted and "type" not in declared:
        return not data and not type
    if wanted and (scheme != wanted or not _host_matches(declared.get("host", ""), data)):
        return False
    if not wanted and scheme not in UNDECLARED_SCHEMES:
        return False
    return type_matches(declared["type"], type) if "type" in declared else not type


def scheme_of(uri: str) -> str:
    """The scheme of an address; "" if it has none."""
    scheme, colon, _ = uri.partition(":")
    return scheme if colon else ""


def _host_matches(declared: str, uri: str) -> bool:
    """Whether an address has the declared host; ``*`` and ``*.example.org`` stand for several."""
    if not declared:
        return True
    rest = uri.partition(":")[2]
    if not rest.startswith("//"):
        return False
    authority = rest[2:].partition("/")[0].partition("?")[0]
    host = authority.rpartition("@")[2].partition(":")[0].casefold()
    return host.endswith(declared[1:]) if declared.startswith("*") else host == declared.casefold()


def type_matches(declared: str, given: str) -> bool:
    """Whether a declared type, such as ``image/*``, matches the type of an intent, which can be a pattern too."""
    if not given:
        return False
    if "*/*" in (declared, given):
        return True
    kind, _, part = declared.partition("/")
    given_kind, _, given_part = given.partition("/")
    return kind == given_kind and (part == given_part or "*" in (part, given_part))
