"""``gym.error``: Gymnasium's exceptions under the names that both have."""

from gymnasium.error import (
    DependencyNotInstalled,
    Error,
    InvalidAction,
    NameNotFound,
    ResetNeeded,
    UnregisteredEnv,
    VersionNotFound,
)

__all__ = [
    "DependencyNotInstalled",
    "Error",
    "InvalidAction",
    "NameNotFound",
    "ResetNeeded",
    "UnregisteredEnv",
    "VersionNotFound",
]
