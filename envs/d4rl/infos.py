"""D4RL's tables by id: ``DATASET_URLS``, ``REF_MIN_SCORE`` and ``REF_MAX_SCORE``."""

from palaestra.data.formats import d4rl_ids


def __getattr__(name: str) -> dict[str, str] | dict[str, float]:
    # The tables are read when they are asked for.
    if name == "DATASET_URLS":
        return d4rl_ids.urls()
    if name in ("REF_MIN_SCORE", "REF_MAX_SCORE"):
        which = ("REF_MIN_SCORE", "REF_MAX_SCORE").index(name)
        return {id: references[which] for id, references in d4rl_ids.references().items()}
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
