"""``d4rl.infos``: D4RL's tables by id."""

from palaestra.envs.d4rl.infos import DATASET_URLS, REF_MAX_SCORE, REF_MIN_SCORE

__all__ = ["DATASET_URLS", "REF_MAX_SCORE", "REF_MIN_SCORE"]
