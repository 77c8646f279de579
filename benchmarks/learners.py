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
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import scipy.stats

from palaestra.agents.training.registry import names
from palaestra.data.formats.d4rl_ids import normalised_score
from palaestra.data.recipes import RECIPES
from palaestra.data.results import plots, tables
from palaestra.data.results.run import Run, find_runs
from palaestra.data.store import write_atomically

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

# Values need about 1 / (tau (1 - discount)) updates to arrive, 20 000 with the papers' tau and discount. Small networks
# make some times that many affordable.
TUNED_ON = "hopper/medium-replay"
TUNED = ("iql", "famo2o-iql")
OFFLINE, ONLINE = 50_000, 100_000  # updates, then steps with an update each
NARROW = ["--hidden", "64", "64"]
PARTS = 10  # of the online phase, in the table
# The claim that these runs suggest, tested on seeds that they don't have.
AGAIN_ONLINE, AGAIN_SEEDS, AGAIN_EPISODES = 60_000, range(3, 9), 20

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
TUNED_PAGE = """
## Fine-tuned online

Every seed goes on from its offline weights with one update per step in a world of its own. The networks' hidden layers
are 64 wide, not 256, so that two cores can afford as many updates as the values need. The policies act as they explore,
by samples, and these are the mean scores of all episodes that they lived through, by when they ended:

{lived}

Evaluations, by each policy's mode, of 10 episodes a seed; before, then after:

{before}
{after}
![Score against gradient updates, the first {began:,} offline](results/online.png)
"""
AGAIN_PAGE = """
## Again, with seeds that had no part in it

Six more seeds of both. What was to be compared was written down before anything of it was known: the mean score of all
episodes that a seed lives through in {steps:,} steps online, FamO2O's less IQL's, seed by seed. Beside it stand
evaluations of 20 episodes before and after. The intervals are Student's over the six differences.

{differences}
"""


def make(dataset: str) -> None:
    """Make the dataset unless it is there."""
    if not RECIPES[f"palaestra/{dataset}-v0"].path.exists():
        palaestra("data", "make", f"palaestra/{dataset}-v0", "--rows", str(ROWS))


def train(algorithm: str, dataset: str, out: Path, seeds: int, updates: int) -> None:
    """One offline run, continued if it was interrupted; nothing if it is complete."""
    words = logged(algorithm, dataset, range(seeds), updates, updates // 4)
    if algorithm in WARM_UP:
        words += ["--warmup-steps", str(round(WARM_UP[algorithm] * updates))]
    out /= f"{algorithm}-{dataset.replace('/', '-')}"
    palaestra("train", *words, *(TRUNK if algorithm == "lamo" else []), "--out", str(out))


def tune(algorithm: str, out: Path, seeds: range, updates: int, online: int, episodes: int, suffix: str = "") -> None:
    """One run that goes on online, likewise."""
    words = logged(algorithm, TUNED_ON, seeds, updates, updates // 5)
    words += ["--online-steps", str(online), "--episodes", str(episodes), *NARROW]
    palaestra("train", *words, "--out", str(out / f"online-{algorithm}-{TUNED_ON.replace('/', '-')}{suffix}"))


def logged(algorithm: str, dataset: str, seeds: range, updates: int, every: int) -> list[str]:
    """What all runs ask for."""
    words = [algorithm, "--dataset", f"palaestra/{dataset}-v0", "--steps", str(updates)]
    words += ["--seeds", str(len(seeds)), "--first-seed", str(seeds[0])]
    return [*words, "--evaluate-every", str(every), "--log-every", str(every // 5), "--threads", "1", "--resume"]


def palaestra(*words: str) -> None:
    """A command line, printed and run."""
    print("palaestra", *words, flush=True)
    subprocess.run([sys.executable, "-m", "palaestra", *words], check=True, stdout=subprocess.DEVNULL)


def keep_logs(runs: Path, kept: Path) -> None:
    """Copy what the runs logged, without their checkpoints; what was never evaluated yet is left."""
    for evaluations in runs.glob("*/evaluations.jsonl"):
        folder = kept / evaluations.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        for name in LOGS:
            shutil.copyfile(evaluations.with_name(name), folder / name)


def write_page(path: Path, runs: Path) -> None:
    """The page, and in a folder of its name beside it the pictures and the logs of the runs behind it."""
    folder = path.with_suffix("")
    keep_logs(runs, folder / "runs")
    offline, online, again = by_phase(folder / "runs")
    (folder / "curves.png").write_bytes(picture(offline, learner_of, dataset_of))
    if online:
        (folder / "online.png").write_bytes(picture(online, dataset_of, learner_of))
    with write_atomically(path) as file:
        file.write_text(page(offline, online, again), encoding="utf-8")


def by_phase(folder: Path) -> tuple[list[Run], list[Run], list[Run]]:
    """The runs in a folder: those that are offline only, and of those that went on online the first and the others."""
    found = find_runs([folder])
    offline = [run for run in found if "online_steps" not in run.config]
    online = [run for run in found if "online_steps" in run.config and finished(run)]
    again = [run for run in online if run.path.name.endswith("-again")]
    return offline, [run for run in online if run not in again], again


def finished(run: Run) -> bool:
    return any(line["update"] == run.config["steps"] for line in run.evaluations())


def page(offline: Sequence[Run], online: Sequence[Run], again: Sequence[Run]) -> str:
    """The page's text."""
    text = PAGE.format(rows=ROWS, offline=tables.markdown(tables.compare(offline)))
    if len(online) == len(TUNED):
        before, after = (tables.markdown(tables.compare(online, at)) for at in (began(online[0]), "last"))
        text += TUNED_PAGE.format(lived=lived_table(online), before=before, after=after, began=began(online[0]))
    if len(again) == len(TUNED):
        text += AGAIN_PAGE.format(steps=again[0].config["online_steps"], differences=difference_table(again))
    return text


def began(run: Run) -> int:
    """The update after which the run is online."""
    return run.config["steps"] - run.config["online_steps"]


def lived_table(runs: Sequence[Run]) -> str:
    """Markdown: mean scores of what was lived through in each part of the online phase."""
    scores = [lived(run, PARTS) for run in runs]
    steps = runs[0].config["online_steps"] // PARTS
    lines = ["| steps online |" + "".join(f" {learner_of(run)} | each seed |" for run in runs)]
    lines += ["| --- |" + " --- | --- |" * len(runs)]
    for part in range(PARTS):
        cells = [f" {of[part].mean():.1f} | {' '.join(f'{each:.1f}' for each in of[part])} |" for of in scores]
        lines.append(f"| {steps * part:,} to {steps * (part + 1):,} |" + "".join(cells))
    return "\n".join(lines)


def lived(run: Run, parts: int) -> np.ndarray:
    """Mean score of the episodes that ended in each part of the online phase, (parts, K)."""
    logged = [line for line in run.metrics() if "episodes" in line]
    part = np.array([(line["update"] - began(run) - 1) * parts // run.config["online_steps"] for line in logged])
    count = np.array([line["episodes"] for line in logged])
    returns = np.where(count > 0, [line["episode_return"] for line in logged], 0)  # of no episode: NaN
    each = [(count * returns)[part == p].sum(axis=0) / count[part == p].sum(axis=0) for p in range(parts)]
    return np.array([normalised_score(run.config["env_id"], mean) for mean in each])


def difference_table(runs: Sequence[Run]) -> str:
    """Markdown: what each seed has with one learner and with the other, and by how much the first is better."""
    first, second = runs
    seeds = first.config["seeds"]
    lines = ["| | | " + " | ".join(f"seed {seed}" for seed in seeds) + " | mean |"]
    lines += ["| --- | --- |" + " --- |" * (len(seeds) + 1)]
    for title, of in (
        ("lived through", lambda run: lived(run, 1)[0]),
        ("evaluated before", lambda run: evaluated(run, began(run))),
        ("evaluated after", lambda run: evaluated(run, run.config["steps"])),
    ):
        lines += [score_row(title, learner_of(run), of(run), f"{of(run).mean():.1f}") for run in runs]
        difference = of(first) - of(second)
        interval = scipy.stats.ttest_1samp(difference, 0).confidence_interval(0.95)
        mean = f"{difference.mean():.1f} [{interval.low:.1f}, {interval.high:.1f}]"
        lines.append(score_row("", "difference", difference, mean))
    return "\n".join(lines)


def score_row(title: str, name: str, each: np.ndarray, mean: str) -> str:
    return f"| {title} | {name} | " + " | ".join(f"{value:.1f}" for value in each.round(1) + 0.0) + f" | {mean} |"


def evaluated(run: Run, update: int) -> np.ndarray:
    """Mean score of each seed's evaluation after an update, (K,)."""
    lines = [line for line in run.evaluations() if line["update"] == update]
    scores = [[line["score"] for line in lines if line["seed"] == seed] for seed in run.config["seeds"]]
    return np.array(scores).mean(axis=1)


def picture(runs: Sequence[Run], panel: Callable[[Run], str], curve: Callable[[Run], str]) -> bytes:
    """The runs' learning curves: panels and curves by these names."""
    panels: dict[str, list[plots.Curve]] = {}
    for run in sorted(runs, key=lambda run: (panel(run), curve(run))):
        panels.setdefault(panel(run), []).append(plots.score_curve(run, curve(run)))
    figure = plots.metric_curves(panels)
    limits = [axes.get_ylim() for axes in figure.axes]
    for axes in figure.axes:
        axes.set(ylim=(min(low for low, _ in limits), max(high for _, high in limits)), ylabel="score")
    return plots.png(figure)


def learner_of(run: Run) -> str:
    return run.config["algorithm"]


def dataset_of(run: Run) -> str:
    return run.config["dataset"].removeprefix("palaestra/").removesuffix("-v0")


def main() -> None:
    """Every learner on every dataset, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("runs"))
    parser.add_argument("--learners", nargs="*", default=sorted(names("offline_rl")))
    parser.add_argument("--datasets", nargs="*", default=DATASETS, metavar="ROBOT/KIND")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--updates", type=float, default=1.0, help="multiplies every number of updates")
    parser.add_argument("--page", type=Path, help="write this page from the runs in --out")
    options = parser.parse_args()
    for dataset in options.datasets:
        make(dataset)
        for name in options.learners:
            updates = round(options.updates * UPDATES.get(name, OTHERS))
            train(name, dataset, options.out, options.seeds, updates)
    for name in [name for name in TUNED if name in options.learners]:
        make(TUNED_ON)
        offline, online, again = (round(options.updates * number) for number in (OFFLINE, ONLINE, AGAIN_ONLINE))
        tune(name, options.out, range(options.seeds), offline, online, episodes=10)
        tune(name, options.out, AGAIN_SEEDS, offline, again, AGAIN_EPISODES, suffix="-again")
    if options.page:
        write_page(options.page, options.out)


if __name__ == "__main__":
    main()
