"""The command line: each verb is a thin function over the Python API. User mistakes: one line, exit status 2."""

import contextlib
import errno
import functools
import io
import itertools
import os
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from rich.progress import Progress


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit: 0, 1 where the command says so, 2 after a user's mistake, 130 after Ctrl-C."""
    warnings.formatwarning = lambda message, *_: f"palaestra: {' '.join(str(message).split())}\n"
    try:
        status = run(list(sys.argv[1:] if arguments is None else arguments))
    except InputError as error:
        status = _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            raise
        status = _fail(f"{error.filename or 'writing'}: {error.strerror}; free some room or choose another place")
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Dispatch to a verb; returns the exit status."""
    if not arguments or arguments[0] in ("-h", "--help"):
        print(USAGE, end="")
        return 0
    verb, rest = arguments[0], arguments[1:]
    if verb == "--version":
        from importlib.metadata import version

        print(f"palaestra {version('palaestra')}")
        return 0
    if rest and f"{verb} {rest[0]}" in VERBS:
        verb, rest = f"{verb} {rest[0]}", rest[1:]
    if verb not in VERBS:
        shown = " ".join(arguments[:2]) if verb == "data" else verb
        raise InputError(f"{shown}: no such command; there are {', '.join(VERBS)}")
    return VERBS[verb](rest) or 0


def parse(function: Callable[..., Any], arguments: list[str], prog: str) -> Any:
    """``tyro.cli`` whose complaints are one line."""
    import tyro

    complaint, stderr = io.StringIO(), sys.stderr

    @functools.wraps(function)
    def run(*args: Any, **options: Any) -> Any:
        with contextlib.redirect_stderr(stderr):  # what the command itself has to say is no complaint of tyro's
            return function(*args, **options)

    try:
        with contextlib.redirect_stderr(complaint):
            return tyro.cli(run, args=arguments, prog=f"palaestra {prog}")
    except SystemExit as stop:
        if not stop.code:
            raise
        text = re.sub(r"\x1b\[[0-9;]*m", "", complaint.getvalue())
        lines = [line.strip("│ ") for line in text.splitlines() if line.startswith("│")]
        meant = [line for line in lines if line.startswith("--")][:2] if "Unrecognized" in text else []
        message = " ".join(lines[: next((i for i, line in enumerate(lines) if set(line) == {"─"}), 1)])
        hint = f" (did you mean {', '.join(flag.split()[0] for flag in meant)}?)" if meant else ""
        raise InputError(f"{message}{hint}; see palaestra {prog} --help") from None


def _fail(message: str) -> int:
    print(f"palaestra: {' '.join(message.split())}", file=sys.stderr)
    return 2


def envs(arguments: list[str]) -> None:
    """List the worlds."""
    from rich.console import Console
    from rich.table import Column, Table

    def command() -> None:
        """List the worlds that `gymnasium.make` knows after `import palaestra`."""
        from palaestra.data.formats.d4rl_ids import ROBOTS, reference_score, robot_of
        from palaestra.envs import LOCOMOTION_IDS, PHONE_IDS

        table = Table(Column("id", no_wrap=True), "observation", "action", "horizon", "score 0 / 100 at a return of")
        for id in LOCOMOTION_IDS:
            robot = ROBOTS[robot_of(id)]
            low, high = reference_score(id)
            table.add_row(
                id, str(robot.observation_dim), str(robot.action_dim), str(robot.horizon), f"{low:g} / {high:g}"
            )
        for id, (seen, done, horizon, score) in PHONE_IDS.items():
            table.add_row(id, seen, done, horizon, score)
        Console().print(table)

    parse(command, arguments, "envs")


def envs_tasks(arguments: list[str]) -> None:
    """List the phone's tasks."""

    def command(seed: int = 0) -> None:
        """List the templates of palaestra/AndroidTasks-v0, each with the instruction that a seed gives.

        Args:
            seed: of the slots.
        """
        from rich.console import Console
        from rich.table import Column, Table

        from palaestra.envs.android.tasks.task import make_task, template, templates

        table = Table(Column("task", no_wrap=True), "steps", "apps", Column("instruction", overflow="fold"))
        for name in templates():
            task = make_task(name, seed)
            apps = ", ".join(package.rpartition(".")[2] for package in template(name).apps)
            table.add_row(name, str(task.budget), apps, task.instruction)
        Console().print(table)

    parse(command, arguments, "envs tasks")


def data_list(arguments: list[str]) -> None:
    """List the datasets that have an id."""

    def command(here: bool = False) -> None:
        """List the datasets that have an id: recipes, D4RL's, Minari's on this machine.

        Args:
            here: only those on this machine.
        """
        from rich.console import Console
        from rich.table import Column, Table

        from palaestra.data.catalogue import entries

        table = Table(Column("id", no_wrap=True), "source", "rows", "MB", Column("where, or how", overflow="fold"))
        for entry in entries():
            if entry.path is None and not here:
                table.add_row(entry.id, entry.source, "", "", entry.origin)
            elif entry.path is not None:
                rows = "damaged" if entry.rows is None else f"{entry.rows:,}"
                table.add_row(entry.id, entry.source, rows, f"{(entry.size or 0) / 1e6:.1f}", str(entry.path))
        Console().print(table)

    parse(command, arguments, "data list")


def data_info(arguments: list[str]) -> None:
    """Say what is in a dataset."""
    import tyro

    def command(name: tyro.conf.Positional[str], json: bool = False) -> None:
        """Say what is in a dataset: shapes, episodes, returns, scores, where it came from.

        Args:
            name: id or path.
            json: as JSON.
        """
        from json import dumps

        from palaestra.data.catalogue import describe

        about = describe(name)
        print(dumps(about, indent=1) if json else _indented(about))

    parse(command, arguments, "data info")


def data_make(arguments: list[str]) -> None:
    """Make a recipe's dataset."""
    import tyro

    def command(
        recipe: tyro.conf.Positional[str],
        rows: int = 1_000_000,
        seed: int = 0,
        processes: int = os.cpu_count() or 1,
        out: Path | None = None,
    ) -> None:
        """Make a dataset by stepping shipped behaviour policies; the same whatever the number of processes.

        Args:
            recipe: such as palaestra/hopper/medium-v0; `palaestra data list` prints all.
            rows: steps.
            seed: another seed gives other episodes.
            processes: at work at a time.
            out: folder; the dataset's place in the cache by default, where its id finds it.
        """
        from palaestra.agents.rollouts.collect import make

        with progress_bar() as bar:
            task = bar.add_task(recipe, total=rows)
            path = make(
                recipe,
                rows,
                seed=seed,
                processes=processes,
                progress=lambda done, _: bar.update(task, completed=done),
                out=out,
            )
        print(f"{rows:,} rows in {path}")

    parse(command, arguments, "data make")


def data_convert(arguments: list[str]) -> None:
    """Write a dataset in another format."""
    import tyro

    def command(
        source: tyro.conf.Positional[str],
        target: tyro.conf.Positional[str],
        id: Annotated[str | None, tyro.conf.arg(name="as")] = None,
    ) -> None:
        """Write a dataset in another format, with all its columns.

        Args:
            source: id or path.
            target: a new .hdf5 (D4RL's layout), .npz, minari:ID, or a folder (our own format).
            id: what the data are, where the source doesn't say: a D4RL or recipe id, or a world's.
        """
        from palaestra.data.catalogue import convert

        convert(source, target, id)
        print(f"written: {target}")

    parse(command, arguments, "data convert")


def data_verify(arguments: list[str]) -> int:
    """Step a dataset's episodes again and compare."""
    import tyro

    def command(name: tyro.conf.Positional[str]) -> int:
        """Step a dataset's episodes again from their start snapshots; exits with 1 if a bit differs.

        D4RL files have no snapshots: some of their rows are stepped from the stored positions and velocities.

        Args:
            name: id or path.
        """
        from palaestra import data
        from palaestra.agents.rollouts.verify import verify

        with progress_bar() as bar:
            task = bar.add_task(f"verify {name}", total=None)
            found = verify(
                data.load(name, columns="all"), lambda done, total: bar.update(task, completed=done, total=total)
            )
        stepped = f"{found.episodes:,} episodes, {found.rows:,} rows" if found.episodes else f"{found.rows:,} rows"
        errors = ", ".join(f"{column} {error:.3g}" for column, error in found.errors.items())
        print(f"{found.method}: {stepped}, {found.wrong_rows:,} wrong; largest errors: {errors}")
        if found.first:
            print(f"first: {found.first}")
        return 0 if found.ok else 1

    return parse(command, arguments, "data verify")


def _indented(values: dict[str, Any], depth: int = 0) -> str:
    lines = []
    for name, value in values.items():
        if isinstance(value, dict) and value and depth < 2:
            lines.append(f"{'  ' * depth}{name}\n{_indented(value, depth + 1)}")
        else:
            shown = f"{value:.6g}" if isinstance(value, float) else value
            lines.append(f"{'  ' * depth}{name:<20} {shown}")
    return "\n".join(lines)


def train(arguments: list[str]) -> None:
    """Train a learner or an online agent."""
    import tyro

    from palaestra import data
    from palaestra.agents.training.registry import TRAINERS, commands
    from palaestra.offline_rl import train as training

    if not arguments or arguments[0].startswith("-"):
        names, online = (", ".join(sorted(found)) for found in (training.algorithms(), commands(TRAINERS)))
        if not arguments or arguments[0] not in ("-h", "--help"):
            raise InputError(f"train: name an algorithm first: {names}, {online}")
        print(
            "usage: palaestra train ALGORITHM --dataset ID [OPTIONS]\n"
            "       palaestra train AGENT --env ID [OPTIONS]\n\n"
            f"algorithms: {names}\nagents: {online}\n\n"
            "`palaestra train ALGORITHM --dataset ID --help` shows all flags with their defaults for that dataset."
        )
        return
    algorithm, rest = arguments[0], arguments[1:]
    if algorithm in commands(TRAINERS):
        return train_agents(algorithm, rest)
    learner = training.learner_class(algorithm)
    named, online = _value_of("--dataset", rest) or "", (_value_of("--online-steps", rest) or "0") != "0"
    # a file or folder says itself what it is
    is_path = named and not data.is_id(named) and Path(named).expanduser().exists()
    loaded = data.load(named) if is_path else None
    settings = training.published_settings(algorithm, named if loaded is None else loaded.id, online)
    defaults = learner.Config(**settings)

    def command(
        options: tyro.conf.OmitArgPrefixes[training.Options],
        config: tyro.conf.OmitArgPrefixes[learner.Config] = defaults,
        threads: int = os.cpu_count() or 1,
        out: Path | None = None,
        resume: bool = False,
    ) -> None:
        """Train on a dataset and evaluate in its world.

        Args:
            options: the run.
            config: hyperparameters.
            threads: torch threads, and threads that step worlds in evaluations.
            out: run directory; runs/ALGORITHM-DATASET by default.
            resume: continue the run in the directory, if there is one, from its last checkpoint.
        """
        from palaestra.offline_rl.malloc import keep_freed_memory

        set_threads(threads)
        keep_freed_memory()
        dataset = data.load(options.dataset) if loaded is None else loaded
        out = out or Path("runs", f"{algorithm}-{re.sub(r'[^A-Za-z0-9._-]+', '-', options.dataset)}")
        print(described(algorithm, options, config), flush=True)
        with progress_bar() as bar:
            report = _reporter(bar, algorithm, options.updates)
            settings = {"dataset": dataset, "resume": resume, "threads": threads, "progress": report}
            run = training.train(algorithm, options, config, out, **settings)
        _print_comparison([run])
        print(f"run: {out}")

    parse(command, rest, f"train {algorithm}")


def train_agents(algorithm: str, arguments: list[str]) -> None:
    """Train online agents."""
    import tyro

    from palaestra.agents.training.stable_baselines import ensemble as stable_baselines

    agents = stable_baselines.agents_class(algorithm)

    def command(
        options: tyro.conf.OmitArgPrefixes[stable_baselines.Options],
        config: tyro.conf.OmitArgPrefixes[agents.Config] = agents.Config(),  # noqa: B008 (frozen)
        threads: int = os.cpu_count() or 1,
        out: Path | None = None,
        resume: bool = False,
    ) -> None:
        """Train in a world and evaluate there.

        Args:
            options: the run.
            config: hyperparameters.
            threads: torch threads, and threads that step worlds in evaluations.
            out: run directory; runs/AGENT-WORLD by default.
            resume: continue the run in the directory, if there is one, from its last checkpoint.
        """
        set_threads(threads)
        out = out or Path("runs", f"{algorithm}-{re.sub(r'[^A-Za-z0-9._-]+', '-', options.env)}")
        print(described(algorithm, options, config), flush=True)
        with progress_bar() as bar:
            report = _reporter(bar, algorithm, options.steps)
            settings = {"resume": resume, "threads": threads, "progress": report}
            run = stable_baselines.train(algorithm, options, config, out, **settings)
        _print_comparison([run])
        print(f"run: {out}")

    parse(command, arguments, f"train {algorithm}")


def described(algorithm: str, options: Any, config: Any) -> str:
    """What is about to be trained as text, one setting a line; options and config are dataclasses."""
    from dataclasses import asdict

    settings = {"algorithm": algorithm, **asdict(options), **asdict(config)}
    return "\n".join(f"{name:>16}  {value}" for name, value in settings.items())


def _reporter(bar: "Progress", algorithm: str, total: int) -> Callable[[int, dict[str, float]], None]:
    """A progress callback that shows the latest metrics in a bar."""
    task = bar.add_task(algorithm, total=total)

    def report(update: int, metrics: dict[str, float]) -> None:
        shown = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        bar.update(task, completed=update, description=f"{algorithm}  {shown}")

    return report


def evaluate(arguments: list[str]) -> None:
    """Evaluate a run's policy again."""
    import tyro

    def command(run: tyro.conf.Positional[Path], episodes: int = 100, threads: int = os.cpu_count() or 1) -> None:
        """Evaluate the last checkpoint of a run in fresh worlds; the episodes are added to the run.

        Args:
            run: run directory.
            episodes: per seed.
            threads: threads that step worlds.
        """
        from palaestra.data.results.run import Run
        from palaestra.offline_rl.train import evaluate_run

        set_threads(threads)
        if episodes < 1:
            raise InputError(f"--episodes must be at least 1, got {episodes}")
        opened = Run.open(run)
        evaluate_run(opened, episodes, threads)
        _print_comparison([opened])

    parse(command, arguments, "evaluate")


def compare(arguments: list[str]) -> None:
    """Compare runs."""
    import tyro

    def command(
        runs: tyro.conf.Positional[tuple[Path, ...]],
        at: int | None = None,
        form: Literal["table", "markdown"] = "table",
    ) -> None:
        """Interquartile means with bootstrap intervals, per dataset and algorithm, beside published figures.

        Args:
            runs: run directories, or folders that hold some.
            at: after this many updates instead of each run's last evaluation.
            form: a table for the terminal, or markdown.
        """
        from palaestra.data.results.run import find_runs
        from palaestra.data.results.tables import compare, markdown

        found = find_runs(runs)
        if form == "markdown":
            print(markdown(compare(found, "last" if at is None else at)))
        else:
            _print_comparison(found, at)

    parse(command, arguments, "compare")


def _print_comparison(runs: list, at: int | None = None) -> None:
    from rich.console import Console

    from palaestra.data.results.tables import TerminalTable, compare

    Console().print(TerminalTable(compare(runs, "last" if at is None else at)))


def rollout(arguments: list[str]) -> None:
    """Play episodes of a world that takes words, and record them."""
    import tyro

    from palaestra.agents.scripted import AGENTS

    def command(
        world: tyro.conf.Positional[str],
        out: Path,
        policy: Literal[tuple(AGENTS)] = "random",  # type: ignore[valid-type]
        episodes: int = 10,
        seed: int = 0,
        task: str | None = None,
        pictures: bool = True,
        arguments: str = "{}",
    ) -> None:
        """Play episodes of a world that takes words, and write them as trajectories.

        Args:
            world: such as palaestra/AndroidTasks-v0.
            out: a new file, such as episodes.arrows.
            policy: random; oracle: the task's own solution; noisy-oracle: one that slips.
            episodes: how many; the world's tasks are taken in turn.
            seed: of worlds and agents.
            task: play this task only.
            pictures: store the pixels; without them a replay draws them again.
            arguments: the world's, as JSON: '{"codec": "autoui", "theme": "dark"}'.
        """
        import json

        from palaestra.agents.rollouts.episodes import record

        try:
            given = json.loads(arguments)
        except json.JSONDecodeError as error:
            raise InputError(f"--arguments {arguments!r} is not JSON: {error}") from None
        if not isinstance(given, dict):
            raise InputError(f'--arguments {arguments!r}: an object is wanted, such as \'{{"codec": "autoui"}}\'')
        done: list[float | None] = []
        played = record(world, policy, episodes, out, seed=seed, pictures=pictures, arguments=given, task=task)
        with progress_bar() as bar:
            shown = bar.add_task("rollout", total=episodes)
            for trajectory in played:
                done.append(trajectory.success)
                bar.update(shown, advance=1, description=trajectory.about["task"]["id"])
        scored = [value for value in done if value is not None]
        unscored = f", {len(done) - len(scored)} not scored" if len(scored) < len(done) else ""
        print(f"{out}: {_counted(len(done), 'episode')}, {sum(scored):g} of {len(scored)} done{unscored}")

    parse(command, arguments, "rollout")


def replay(arguments: list[str]) -> int:
    """Play recorded episodes again, check them step by step, and write a page that shows them."""
    import tyro

    def command(
        file: tyro.conf.Positional[Path], html: Path | None = None, episodes: tuple[int, ...] = (), check: bool = False
    ) -> int:
        """Play recorded episodes again, check every fingerprint, and write a page that shows them.

        The exit status is 1 if an episode does not come out as recorded.

        Args:
            file: as written by palaestra rollout.
            html: the page; the file's name with .html by default.
            episodes: only these, from 0.
            check: only check, write no page.
        """
        from palaestra.agents.rollouts.episodes import replay as replayed

        shown = []
        with progress_bar() as bar:
            task = bar.add_task("replay", total=None)
            for one in replayed(file, episodes or None, frames=not check):
                bar.update(task, advance=1, description=one.trajectory.about["task"]["id"])
                reason = "" if one.differs is None else f"step {one.differs}: {one.reason}"
                shown.append((one.trajectory, one.frames, reason))
        if not shown:
            raise InputError(f"{file}: no such episodes")
        different = 0
        for trajectory, _, reason in shown:
            if reason:
                print(f"{trajectory.about['task']['id']}: {reason}", file=sys.stderr)
                different += 1
        print(f"{file}: {_counted(len(shown), 'episode')} played again, {len(shown) - different} exactly as recorded")
        if not check:
            from palaestra.data.results.viewer import write_viewer

            page = html or file.with_suffix(".html")
            write_viewer(page, shown)
            print(page)
        return int(different > 0)

    return parse(command, arguments, "replay")


def demo(arguments: list[str]) -> int:
    """Data, training and score in five minutes."""

    def command(out: Path = Path("runs/demo"), threads: int = min(2, os.cpu_count() or 1)) -> int:
        """Make a dataset with shipped policies, train TD3+BC and PRDC on it with 2 seeds each, evaluate, report.

        Exits with 1 if neither learner reaches the behaviour policies' mean score.

        Args:
            out: folder of the dataset, the runs and report.html; what an earlier demo left there is replaced.
            threads: threads that step worlds, and processes that make the dataset.
        """
        from palaestra.offline_rl.demo import demo

        with progress_bar() as bar:
            return demo(out, threads, bar)

    return parse(command, arguments, "demo")


def set_threads(threads: int) -> None:
    """Let torch use so many threads."""
    import torch

    if threads < 1:
        raise InputError(f"--threads must be at least 1, got {threads}")
    torch.set_num_threads(threads)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def progress_bar() -> "Progress":
    """A progress display that is quiet where the output is not a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    console = Console(stderr=True)
    return Progress(*columns, console=console, disable=not console.is_terminal)


def _value_of(flag: str, arguments: list[str]) -> str | None:
    """The last value that ``flag VALUE`` or ``flag=VALUE`` has on a command line that isn't parsed yet, as by tyro."""
    found = None
    for argument, following in itertools.zip_longest(arguments, arguments[1:]):
        name, equals, value = argument.partition("=")
        if name.replace("_", "-") == flag:
            found = value if equals else following
    return found


VERBS: dict[str, Callable[[list[str]], int | None]] = {
    "envs": envs,
    "envs tasks": envs_tasks,
    "data list": data_list,
    "data info": data_info,
    "data make": data_make,
    "data convert": data_convert,
    "data verify": data_verify,
    "train": train,
    "evaluate": evaluate,
    "compare": compare,
    "rollout": rollout,
    "replay": replay,
    "demo": demo,
}

USAGE = (
    "usage: palaestra COMMAND [OPTIONS]\n\n"
    + "".join(f"  {name:<14}{function.__doc__}\n" for name, function in VERBS.items())
    + "\n`palaestra COMMAND --help` tells more.\n"
)

if __name__ == "__main__":
    main()
