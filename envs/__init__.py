"""Worlds: Gymnasium environments that can also be saved, restored, forked and fingerprinted."""


def register_worlds() -> None:
    """Register every world with Gymnasium."""
