"""``palaestra train``: train a learner on a dataset, or an online agent in an environment."""

import contextlib
import dataclasses
import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import tyro

from palaestra.cli.compare import print_comparison
from palaestra.cli.errors import parsed
from palaestra.cli.progress import TrainingReport, progress_bar, stopped_by_interrupt
from palaestra.cli.threads import set_threads
from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.agents.training.trainer import Algorithm

OptionsT = TypeVar("OptionsT")
ConfigT = TypeVar("ConfigT")


@dataclasses.dataclass(frozen=True)
class Request(Generic[OptionsT, ConfigT]):
    """The arguments of ``palaestra train ALGORITHM``."""

    options: Annotated[tyro.conf.OmitArgPrefixes[OptionsT], tyro.conf.arg(name="run", help="")]
    config: Annotated[tyro.conf.OmitArgPrefixes[ConfigT], tyro.conf.arg(name="hyperparameter", help="")]
    threads: int = 1
    """Torch threads, and threads that step environments; at most the number of cores that this process may use."""
    out: Path | None = None
    """Run directory; runs/ALGORITHM-SOURCE by default."""
    resume: bool = False
    """Continue the run in the directory, if there is one, from its last checkpoint."""


OVERVIEW = """usage: palaestra train ALGORITHM --dataset ID [OPTIONS]
       palaestra train AGENT --env ID [OPTIONS]

{learners}
agents: {agents}
language agents: {trainers}
your own: module:Class

`palaestra train ALGORITHM --dataset ID --help` shows all flags with their
defaults for that dataset."""
HELP_COLUMNS = 80


def train(arguments: list[str]) -> int:
    """Train the algorithm named by the first argument, evaluate it, and print its score."""
    from palaestra.agents.training import loop, registry
    from palaestra.agents.training.malloc import keep_freed_memory

    if not arguments or arguments[0].startswith("-"):
        learners, agents, trainers = (", ".join(sorted(registry.names(package))) for package in registry.PACKAGES)
        if arguments[:1] not in (["-h"], ["--help"]):
            raise InputError(f"train: name an algorithm first: {learners}, {agents}, {trainers}")
        wrapped = textwrap.fill(f"algorithms: {learners}", HELP_COLUMNS, subsequent_indent=" " * 12)
        print(OVERVIEW.format(learners=wrapped, agents=agents, trainers=trainers))
        return 0
    algorithm, rest = registry.find(arguments[0]), arguments[1:]
    name = algorithm.name
    request, published, sources = _parsed(algorithm, rest)
    set_threads(request.threads)
    keep_freed_memory()
    out = request.out or Path("runs", re.sub(r"[^A-Za-z0-9._-]+", "-", f"{name}-{request.options.source}"))
    with progress_bar() as bar, stopped_by_interrupt() as stop:
        report = TrainingReport(bar, name, request.options.total, described(algorithm, request, published))
        run = loop.train(
            algorithm,
            request.options,
            request.config,
            out,
            resume=request.resume,
            threads=request.threads,
            on_begin=report.begin,
            progress=report.progress,
            on_evaluation=report.evaluated,
            on_update=report.updated,
            stop=stop,
            **sources,
        )
    if (update := max(run.checkpoints, default=0)) < request.options.total:
        print(f"palaestra: stopped after update {update:,}; the same command with --resume goes on", file=sys.stderr)
        return 130
    if run.config["env_id"] is not None:
        print_comparison([run])
    print(f"run: {out}")
    return 0


def train_page(algorithm: tyro.conf.Positional[str]) -> None:
    """Train a learner or an online agent.

    For tyro's overview of all verbs only: the flags of a training depend on the algorithm, so ``main`` calls ``train``.

    Args:
        algorithm: `palaestra train --help` lists them, `palaestra train ALGORITHM --help` its flags; or module:Class.
    """
    train([algorithm])


def _parsed(algorithm: "Algorithm", arguments: list[str]) -> tuple[Request[Any, Any], dict[str, Any], dict[str, Any]]:
    """The request, the published settings for its dataset, which are its defaults, and the data loaded for them."""
    options_class = algorithm.trainer.Options
    prog = f"palaestra train {algorithm.name}"
    settings: dict[str, Any] = {}
    sources: dict[str, Any] = {}
    with contextlib.suppress(InputError):  # errors are reported by the second, complete parse
        options_only: dict[str, Any] = {"args": arguments, "add_help": False, "return_unknown_args": True}
        options, _ = parsed(lambda: tyro.cli(options_class, **options_only), prog)
        settings, sources = algorithm.trainer.settings(algorithm, options)
    default = Request(options_class(tyro.MISSING), algorithm.config(**settings))
    form: Any = Request
    form = form[options_class, algorithm.config]
    help_text = f"Train {algorithm.learner.__name__}, evaluate it during training, and print its score."
    keywords: dict[str, Any] = {"args": arguments, "prog": prog, "default": default, "description": help_text}
    return parsed(lambda: tyro.cli(form, **keywords), prog), settings, sources


def described(algorithm: "Algorithm", request: Request[Any, Any], published: dict[str, Any]) -> str:
    """The settings of a request as text, one per line, and which of them are published ones, from which table."""
    settings = {
        "algorithm": algorithm.name,
        **dataclasses.asdict(request.options),
        **dataclasses.asdict(request.config),
    }
    if hasattr(request.options, "dataset"):
        taken = [key for key, value in published.items() if settings[key] == value]
        settings["published"] = "no published settings for this dataset"
        if taken:
            settings["published"] = f"{', '.join(taken)} (of the paper, see {algorithm.learner.__module__})"
    return "\n".join(f"{key:>16}  {value}" for key, value in settings.items())
