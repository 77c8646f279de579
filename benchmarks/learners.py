"""Train every learner on the recipes, and write docs/results.md from the run directories.

    python benchmarks/learners.py --out runs --page docs/results.md

Updates are few, for 2 cores; ``--updates 100`` multiplies them for a GPU. Datasets that are missing are made (200 000
rows). Runs that are there are continued or left as they are, so the same command with ``--learners`` and ``--datasets``
shares the work out. ``--page`` copies what the runs in ``--out`` have logged beside the page, in place of an older run
of the same name, and is written from all that is there; with ``--learners`` empty nothing is trained.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from palaestra.data import plots, tables
from palaestra.data.recipes import RECIPES
from palaestra.data.runs import Run, find_runs
from palaestra.data.store import write_atomically
from palaestra.offline_rl.train import algorithms

DATASETS = ("hopper/medium", "walker2d/medium-replay", "halfcheetah/medium-expert")
ROWS = 200_000
# By what an update costs: A2PR's and ReBRAC's are six times TD3+BC's, the sequence models' and CQL's twenty to thirty.
UPDATES = {"a2pr": 5_000, "rebrac": 5_000, "cql": 2_000, "famo2o-cql": 2_000, "dt": 2_000, "lamo": 1_000}
OTHERS = 10_000
# The papers' shares of a run: 10 000 of 100 000 updates, and 2500 of 100 000.
WARM_UP = {"dt": 0.1, "lamo": 0.025}
# A trunk that fits 2 cores, and has read nothing: an update with one of GPT-2's size takes half a minute here.
TRUNK = ["--trunk", "random", "--n-layer", "2", "--n-head", "2", "--n-embd", "128", "--rank", "8"]

LOGS = ("config.json", "metrics.jsonl", "evaluations.jsonl")

TUNED_ON = "hopper/medium"
# learner: updates offline, then steps online with an update each
TUNED = {"iql": (5_000, 15_000), "famo2o-iql": (5_000, 15_000)}
# Values need about 1 / (tau (1 - discount)) updates to arrive: 20 000 with the papers' tau of 0.005, too many here.
TUNED_TAU = 0.02

PAGE = """# What the learners reach on our recipes

Written by `python benchmarks/learners.py --page docs/results.md` from what the runs logged, every episode among it
([results/runs](results/runs)); the script holds the commands that trained them. {rows:,} rows per dataset, made here,
not D4RL's. Scores are normalised as D4RL's: 0 is a random policy's mean return, 100 an expert's. The numbers of updates
are what two CPU cores can do, a hundredth of the papers' and less: who leads here need not lead after a million. What
there is to say about the rows is in [learners.md](learners.md#on-our-recipes). Updates/s are of all seeds together on
cores that did other work, too; [benchmarks.md](benchmarks.md) has the cost of an update.

{offline}
![Score against gradient updates, one panel per learner](results/curves.png)
"""
ONLINE = """
## Fine-tuned online

Every seed goes on from its offline weights with one update per step in a world of its own. Target networks follow by
{tau} in both learners and both phases, four times the papers' rate, so that values arrive in so few updates. Scores
before, then after:

{before}
{after}
![Score against gradient updates, offline and then online](results/online.png)
"""


def make(dataset: str) -> None:
    """Make the dataset unless it is there."""
    if not RECIPES[f"palaestra/{dataset}-v0"].path.exists():
        palaestra("data", "make", f"palaestra/{dataset}-v0", "--rows", str(ROWS))


def train(algorithm: str, dataset: str, out: Path, seeds: int, updates: int, online: int = 0) -> None:
    """One run, continued if it was interrupted; nothing if it is complete."""
    words = [algorithm, "--dataset", f"palaestra/{dataset}-v0", "--steps", str(updates), "--seeds", str(seeds)]
    every = (updates + online) // 4
    words += ["--evaluate-every", str(every), "--log-every", str(every // 5), "--threads", "1", "--resume"]
    words += ["--online-steps", str(online), "--tau", str(TUNED_TAU)] if online else []
    if algorithm in WARM_UP:
        words += ["--warmup-steps", str(round(WARM_UP[algorithm] * updates))]
    palaestra("train", *words, *(TRUNK if algorithm == "lamo" else []), "--out", str(out))


def palaestra(*words: str) -> None:
    """A command line, printed and run."""
    print("palaestra", *words, flush=True)
    subprocess.run([sys.executable, "-m", "palaestra", *words], check=True, stdout=subprocess.DEVNULL)


def keep_logs(runs: Path, kept: Path) -> None:
    """Copy what the runs logged, without their checkpoints."""
    for config in runs.glob("*/config.json"):
        folder = kept / config.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for name in LOGS:
            shutil.copyfile(config.with_name(name), folder / name)


def write_page(path: Path, runs: Path) -> None:
    """The page, and in a folder of its name beside it the pictures and the logs of the runs behind it."""
    folder = path.with_suffix("")
    keep_logs(runs, folder / "runs")
    found = find_runs([folder / "runs"])
    offline = [run for run in found if not run.config.get("online_steps")]
    online = [run for run in found if run.config.get("online_steps")]
    (folder / "curves.png").write_bytes(picture(offline))
    if online:
        (folder / "online.png").write_bytes(picture(online))
    with write_atomically(path) as file:
        file.write_text(page(offline, online), encoding="utf-8")


def page(offline: Sequence[Run], online: Sequence[Run]) -> str:
    """The page's text."""
    text = PAGE.format(rows=ROWS, offline=tables.markdown(tables.compare(offline)))
    if not online:
        return text
    (began,) = {run.config["steps"] - run.config["online_steps"] for run in online}
    before, after = (tables.markdown(tables.compare(online, at)) for at in (began, "last"))
    return text + ONLINE.format(tau=TUNED_TAU, before=before, after=after)


def picture(runs: Sequence[Run]) -> bytes:
    """Every run's learning curve: a panel per learner, a colour per dataset."""
    panels: dict[str, list[plots.Curve]] = {}
    for run in sorted(runs, key=lambda run: DATASETS.index(dataset_of(run))):
        panels.setdefault(run.config["algorithm"], []).append(plots.score_curve(run, dataset_of(run)))
    figure = plots.metric_curves(dict(sorted(panels.items())))
    limits = [axes.get_ylim() for axes in figure.axes]
    for axes in figure.axes:
        axes.set(ylim=(min(low for low, _ in limits), max(high for _, high in limits)), ylabel="score")
    return plots.png(figure)


def dataset_of(run: Run) -> str:
    return run.config["dataset"].removeprefix("palaestra/").removesuffix("-v0")


def main() -> None:
    """Every learner on every dataset, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--learners", nargs="*", default=[n for n in algorithms() if not n.startswith("sb3-")])
    parser.add_argument("--datasets", nargs="*", default=DATASETS, metavar="ROBOT/KIND")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=float, default=1.0, help="multiplies every number of updates")
    parser.add_argument("--page", type=Path, help="write this page from the runs in --out")
    options = parser.parse_args()
    for dataset in options.datasets:
        make(dataset)
        for name in options.learners:
            out = options.out / f"{name}-{dataset.replace('/', '-')}"
            train(name, dataset, out, options.seeds, round(options.updates * UPDATES.get(name, OTHERS)))
        for name in TUNED if dataset == TUNED_ON else ():
            if name in options.learners:
                updates, steps = (round(options.updates * number) for number in TUNED[name])
                out = options.out / f"online-{name}-{dataset.replace('/', '-')}"
                train(name, dataset, out, options.seeds, updates, steps)
    if options.page:
        write_page(options.page, options.out)


if __name__ == "__main__":
    main()
