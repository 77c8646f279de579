"""The entry point of the command line and its verbs."""

import difflib
import sys
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from palaestra.cli.errors import deferred, exit_with, parsed
from palaestra.data.errors import InputError

Verb = Callable[..., int | None]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command line and exit; see ``palaestra.cli.errors.exit_with``."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] != ["run-d4rl"]:  # where warnings are the script's
        warnings.formatwarning = lambda message, *_: f"palaestra: {' '.join(str(message).split())}\n"
    exit_with(lambda: run(words))


def run(arguments: list[str]) -> int:
    """Run a command line; returns the exit status.

    Raises:
        InputError: a user error.
    """
    if arguments[:1] == ["--version"]:
        from importlib.metadata import version

        print(f"palaestra {version('palaestra')}")
        return 0
    groups = verbs()
    first, *rest = arguments or ["--help"]
    if not first.startswith("-") and first not in groups:
        raise InputError(f"{first}: no such command{_similar(first, groups)}; there are {', '.join(groups)}")
    if first == "train":
        from palaestra.cli.train import train

        return train(rest)
    if first == "run-d4rl":
        from palaestra.envs.d4rl.compat.run import run_command

        return run_command(rest)
    group = groups.get(first)
    if isinstance(group, dict) and (not rest or (rest[0].startswith("-") and rest[0] not in HELP)):
        rest = [DEFAULTS[first], *rest] if first in DEFAULTS else rest or ["--help"]
    if isinstance(group, dict) and rest and not rest[0].startswith("-") and rest[0] not in group:
        hint = _similar(rest[0], group)
        raise InputError(f"{first} {rest[0]}: no such command{hint}; there are {', '.join(group)}")
    words = [first, *rest[:1]] if isinstance(group, dict) and rest and rest[0] in group else [first]
    command = parsed(lambda: _app(groups).cli(args=[first, *rest], prog="palaestra"), " ".join(["palaestra", *words]))
    return command() or 0


def verbs() -> dict[str, Verb | dict[str, Verb]]:
    """Every verb's function, or a group's functions by name."""
    from palaestra.cli.compare import compare
    from palaestra.cli.data import convert, info, list_datasets, make, verify
    from palaestra.cli.demo import demo
    from palaestra.cli.envs import list_environments, list_tasks
    from palaestra.cli.evaluate import evaluate
    from palaestra.cli.models import export, get, list_models, remove
    from palaestra.cli.plot import plot
    from palaestra.cli.replay import replay
    from palaestra.cli.rollout import rollout
    from palaestra.cli.run_d4rl import run_d4rl
    from palaestra.cli.sandbox import sandbox
    from palaestra.cli.serve import serve_device, serve_mcp
    from palaestra.cli.train import train_page

    datasets: dict[str, Verb] = {
        "list": list_datasets,
        "info": info,
        "make": make,
        "convert": convert,
        "verify": verify,
    }
    environments: dict[str, Verb] = {"list": list_environments, "tasks": list_tasks}
    pretrained: dict[str, Verb] = {"list": list_models, "get": get, "remove": remove, "export": export}
    servers: dict[str, Verb] = {"mcp": serve_mcp, "device": serve_device}
    return {
        "envs": environments,
        "data": datasets,
        "models": pretrained,
        "train": train_page,
        "evaluate": evaluate,
        "compare": compare,
        "plot": plot,
        "rollout": rollout,
        "replay": replay,
        "run-d4rl": run_d4rl,
        "sandbox": sandbox,
        "serve": servers,
        "demo": demo,
    }


def _app(groups: dict[str, Verb | dict[str, Verb]]) -> Any:
    """Tyro's subcommands, each of which returns its function with the arguments bound."""
    from tyro.extras import SubcommandApp

    app = SubcommandApp()
    for name, group in groups.items():
        if not isinstance(group, dict):
            app.command(name=name, help=_summary(group))(deferred(group))
            continue
        inner = SubcommandApp()
        for verb, function in group.items():
            inner.command(name=verb, help=_summary(function))(deferred(function))
        app.command(inner, name=name, help=GROUPS[name])
    return app


GROUPS = {
    "envs": "List the environments, and the tasks of those with text actions.",
    "data": "Make, inspect and convert datasets.",
    "models": "List, get and remove pretrained models, and export trained ones.",
    "serve": "Serve a tool world to other programs, and the phone to a browser.",
}
"""Help texts of the groups."""
HELP = ("-h", "--help")
DEFAULTS = {"envs": "list"}
"""Commands of groups without a name; other groups print their help."""


def _summary(function: Verb) -> str:
    return (function.__doc__ or "").partition("\n")[0]


def _similar(word: str, choices: Any) -> str:
    matches = difflib.get_close_matches(word, list(choices), n=1)
    return f" (did you mean {matches[0]}?)" if matches else ""
