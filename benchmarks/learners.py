"""Train every learner on the recipes and leave their run directories: the docs' table is `palaestra compare` of them.

    python benchmarks/learners.py --out runs
    palaestra compare runs --form markdown

Updates are few, for 2 cores; ``--updates 100`` multiplies them for a GPU. Datasets that are missing are made (200 000
rows). Runs that are there are continued or left as they are.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from palaestra.data.recipes import RECIPES
from palaestra.offline_rl.train import algorithms

DATASETS = ("hopper/medium", "walker2d/medium-replay", "halfcheetah/medium-expert")
ROWS = 200_000
# By what an update costs: A2PR's and ReBRAC's are six times TD3+BC's, CQL's thirty times.
UPDATES = {"a2pr": 2_500, "rebrac": 2_500, "cql": 2_000, "famo2o-cql": 1_000, "dt": 2_000, "lamo": 1_000}
OTHERS = 10_000
# A trunk that fits 2 cores, and has read nothing: an update with one of GPT-2's size takes half a minute here.
SETTINGS = {"lamo": ["--trunk", "random", "--n-layer", "2", "--n-head", "2", "--n-embd", "128", "--rank", "8"]}


def make(dataset: str) -> None:
    """Make the dataset unless it is there."""
    if not RECIPES[f"palaestra/{dataset}-v0"].path.exists():
        palaestra("data", "make", f"palaestra/{dataset}-v0", "--rows", str(ROWS))


def train(algorithm: str, dataset: str, out: Path, seeds: int, factor: float) -> None:
    """One run, continued if it was interrupted; nothing if it is complete."""
    updates = round(factor * UPDATES.get(algorithm, OTHERS))
    words = [algorithm, "--dataset", f"palaestra/{dataset}-v0", "--steps", str(updates), "--seeds", str(seeds)]
    words += ["--evaluate-every", str(updates // 4), "--log-every", str(updates // 20), "--threads", "1", "--resume"]
    palaestra(
        "train", *words, "--out", str(out / f"{algorithm}-{dataset.replace('/', '-')}"), *SETTINGS.get(algorithm, [])
    )


def palaestra(*words: str) -> None:
    """A command line, printed and run."""
    print("palaestra", *words, flush=True)
    subprocess.run([sys.executable, "-m", "palaestra", *words], check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Every learner on every dataset, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--learners", nargs="+", default=[n for n in algorithms() if not n.startswith("sb3-")])
    parser.add_argument("--datasets", nargs="+", default=DATASETS, metavar="ROBOT/KIND")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=float, default=1.0, help="multiplies every number of updates")
    options = parser.parse_args()
    for dataset in options.datasets:
        make(dataset)
        for algorithm in options.learners:
            train(algorithm, dataset, options.out, options.seeds, options.updates)


if __name__ == "__main__":
    main()
