"""The demo: from shipped policies to a normalised score and a report, in one process and about five minutes."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from palaestra import data
from palaestra.agents.policy import GaussianPolicy
from palaestra.agents.rollouts.collect import make
from palaestra.agents.rollouts.play import Step, evaluate, rollout
from palaestra.agents.training.loop import restore, train
from palaestra.agents.training.registry import find
from palaestra.data import recipes
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import robot_and_kind
from palaestra.data.paths import path_of
from palaestra.data.results import plots, report, tables
from palaestra.data.results.run import Run
from palaestra.envs.mujoco.picture import draw
from palaestra.offline_rl.trainer import LearnerOptions

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

RECIPE = "palaestra/hopper/medium-replay-v0"
ROWS = 100_000
ALGORITHMS = ("td3bc", "prdc")
SEEDS = 2
UPDATES = 6_000
EPISODES = 20
FRAMES_PER_SECOND = 25.0


def demonstrate(out: Path, threads: int, bar: "Progress") -> int:
    """Make a dataset, train TD3+BC and PRDC on it, evaluate, print a table and write ``report.html``.

    Args:
        out: folder of all results; replaces the files of an earlier demo.
        threads: threads that step environments, and processes that make the dataset. Updates run on one thread: on
            networks this small, a second one gains little, and costs much if another program uses the core.
        bar: shows the progress of each part.

    Returns:
        0 if a learner's mean score reaches the behaviour policies', else 1.

    Raises:
        InputError: ``out`` has a folder that isn't an earlier demo's.
    """
    torch.set_num_threads(1)
    for name in ("dataset", *ALGORITHMS):
        _make_room(path_of(out / name))

    task = bar.add_task(f"dataset {RECIPE}", total=ROWS)
    folder = make(RECIPE, ROWS, processes=threads, progress=_reporter(bar, task), out=out / "dataset")
    dataset = data.load(folder)

    task = bar.add_task("behaviour policies", total=SEEDS * EPISODES)
    behaviour = _behaviour_row(threads, _reporter(bar, task))

    runs = []
    for algorithm in map(find, ALGORITHMS):
        config = algorithm.config(seeds=SEEDS, **algorithm.published(RECIPE))
        lengths: dict[str, Any] = {
            "steps": UPDATES,
            "evaluate_every": UPDATES // 4,
            "episodes": EPISODES,
            "log_every": 100,
        }
        options = LearnerOptions(str(folder), **lengths)
        report_progress = _reporter(bar, bar.add_task(f"train {algorithm.name}, {SEEDS} seeds", total=UPDATES))
        folder_of_run = out / algorithm.name
        runs.append(
            train(algorithm, options, config, folder_of_run, dataset=dataset, threads=threads, progress=report_progress)
        )

    rows = [behaviour, *tables.compare(runs)]
    bar.stop()
    print(tables.plain(rows))
    _write_report(out / "report.html", rows, runs, behaviour.mean)
    best = max(rows[1:], key=lambda row: row.mean)
    print(f"behaviour policies {behaviour.mean:.1f}, best learner {best.algorithm} {best.mean:.1f}")
    print(f"report: {out / 'report.html'}")
    return 0 if best.mean >= behaviour.mean else 1


def _behaviour_row(threads: int, progress: Callable[[int, int], None]) -> tables.Row:
    """The table row of the behaviour policies, sampling as for the data, with as many episodes as the learners."""
    recipe = recipes.find(RECIPE)
    seeds, count = list(range(SEEDS)), EPISODES // len(recipe.parts)
    episodes = []
    for part in recipe.parts:
        policy = GaussianPolicy(recipes.weights(recipe.robot, part), seeds)
        episodes += evaluate(policy, recipe.env_id, seeds=seeds, episodes=count, threads=threads, deterministic=False)
        progress(len(episodes), SEEDS * EPISODES)
    protocol = {"episodes": EPISODES, "deterministic": False}
    return tables.row_of_episodes(RECIPE, "behaviour policies", episodes, protocol)


def _write_report(path: Path, rows: list[tables.Row], runs: list[Run], baseline: float) -> None:
    curves = plots.learning_curves([plots.score_curve(run) for run in runs], ("behaviour policies", baseline))
    films = {f"{run.config['algorithm']}, seed {run.seeds[0]}": film(run) for run in runs}
    best = max(rows[1:], key=lambda row: row.mean)
    report.write_report(
        path,
        "Palaestra demo: TD3+BC and PRDC on hopper medium-replay",
        report.table_section("Scores", rows),
        report.figure_section(
            "Learning curves",
            curves,
            "Normalised score against gradient updates for both learners, with the behaviour policies' mean",
            f"Thin lines are seeds, thick ones their means; {EPISODES} episodes per seed at every point.",
        ),
        report.film_section("The trained policies", films, FRAMES_PER_SECOND, "2-D rendering (no OpenGL)."),
        report.settings_section(
            "Settings",
            {run.config["algorithm"]: run.config["hyperparameters"] for run in runs}
            | {"versions": runs[0].config["versions"]},
        ),
        report.command_section("Command", ["palaestra", "demo"], "This reproduces the report:"),
        lead=f"{ROWS:,} steps of shipped policies (mean score {baseline:.1f}), then {UPDATES:,} updates of {SEEDS} "
        f"seeds of each learner. Best mean: {best.algorithm}, {best.mean:.1f}. "
        "The data are generated by palaestra and are not D4RL's.",
    )


def film(run: Run, steps: int = 500, every: int = 5) -> np.ndarray:
    """The beginning of an episode of the run's first seed: (frames, height, width, 3) uint8."""
    learner = restore(run)
    poses: list[np.ndarray] = []

    def keep(step: Step) -> None:
        if step.running[0] and len(poses) < steps:
            poses.append(step.worlds.worlds[0].data.qpos.copy())

    rollout(learner.policy, run.config["env_id"], seeds=run.seeds, episodes=1, on_step=keep)
    robot = robot_and_kind(run.config["dataset"])[0] or ""
    return np.stack([draw(robot, qpos, width=320, height=320) for qpos in poses[::every]])


def _reporter(bar: "Progress", task: "TaskID") -> Callable[..., None]:
    """A progress callback that shows its first argument as the amount completed."""
    return lambda done, *_: bar.update(task, completed=done)


def _make_room(folder: Path) -> None:
    if not folder.exists():
        return
    if not any((folder / name).exists() for name in ("config.json", "dataset.json")):
        raise InputError(f"{folder}: is not an earlier demo's; move it away or choose another --out")
    shutil.rmtree(folder)
