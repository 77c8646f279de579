"""The columns of a file in D4RL's layout: which are read, and what they must be."""

from collections.abc import Collection
from typing import Literal

Columns = Collection[str] | Literal["all"]
"""Which columns to read besides those that learning reads: names, or "all"."""
