"""Published scores of offline RL algorithms on D4RL's datasets, each with its source."""

import json
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

# Names in offline_rl_scores.json that report what our runs report: scores at the end of training. Left out are "best"
# columns (of the checkpoint with the best scores), fine-tuning tables, and algorithms that we don't have.
PUBLISHED_NAMES = {
    "a2pr": ("A2PR", "A2PR (independent rerun, RAPO paper)"),
    "awac": ("AWAC", "AWAC (CORL, last)"),
    "bc": ("BC", "BC (CORL, last)"),
    "bc 10 %": ("10% BC (CORL, last)",),
    "cql": ("CQL", "CQL (CORL, last)"),
    "dt": ("DT", "DT (CORL, last)"),
    "iql": ("IQL", "IQL (CORL, last)"),
    "lamo": ("LaMo",),
    "prdc": ("PRDC",),
    "rebrac": ("ReBRAC (CORL, last)",),
    "td3bc": ("TD3+BC", "TD3+BC (CORL, last)"),
}


class Published(NamedTuple):
    """A published normalised score (0 to 100).

    Attributes:
        name: algorithm and table.
        source: where it stands and how it was measured.
        mean: over the authors' seeds.
        std: over the authors' seeds; None where the source has none.
    """

    name: str
    source: str
    mean: float
    std: float | None


def published(algorithm: str, dataset_id: str) -> list[Published]:
    """Published scores of an algorithm (a command's name) on a D4RL dataset; none for other kinds of ids."""
    tables = published_tables()
    names = [name for name in PUBLISHED_NAMES.get(algorithm, ()) if dataset_id in tables[name]]
    return [Published(name, tables[name]["source"], *tables[name][dataset_id]) for name in names]


@cache
def published_tables() -> dict[str, dict[str, Any]]:
    """Everything in ``offline_rl_scores.json``: name -> source, and dataset id -> [mean, std or null]."""
    return json.loads(Path(__file__).with_name("offline_rl_scores.json").read_text())
