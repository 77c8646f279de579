"""``palaestra evaluate``: evaluate a run's checkpoint again."""

from pathlib import Path
from typing import Annotated

import tyro

from palaestra.data.errors import InputError


def evaluate(
    run: tyro.conf.Positional[Path],
    episodes: int = 100,
    threads: int = 1,
    update: int | None = None,
    temperature: float = 0.0,
    env_id: Annotated[str | None, tyro.conf.arg(name="as")] = None,
) -> None:
    """Evaluate the last checkpoint of a run in fresh environments, and append the episodes to the run.

    Args:
        run: run directory.
        episodes: episodes per seed.
        threads: threads that step environments.
        temperature: of a language model's turns; 0 speaks greedily.
        update: evaluate the checkpoint after this update instead, if the run has kept it.
        env_id: evaluate in another environment: an id, or module:ID of a module of yours.
    """
    from palaestra.agents.training.loop import evaluate_run
    from palaestra.cli.compare import print_comparison
    from palaestra.cli.threads import set_threads
    from palaestra.data.results.run import Run

    set_threads(threads)
    if episodes < 1:
        raise InputError(f"--episodes must be at least 1, got {episodes}")
    opened = Run.open(run)
    evaluate_run(opened, episodes, threads, update, env_id, temperature)
    print_comparison([opened], update)
