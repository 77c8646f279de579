"""``palaestra rollout``: record episodes of an environment with text actions."""

import contextlib
import json
import sys
from pathlib import Path

import tyro

from palaestra.cli.progress import progress_bar, stopped_by_interrupt
from palaestra.data.errors import InputError


def rollout(
    world: tyro.conf.Positional[str],
    out: Path,
    policy: str = "random",
    episodes: int = 10,
    seed: int = 0,
    task: str | None = None,
    worlds: int = 1,
    pictures: bool = True,
    resume: bool = False,
    arguments: str = "{}",
) -> int:
    """Play episodes of an environment with text actions, and record them as trajectories.

    Args:
        world: id of the environment, such as palaestra/AndroidTasks-v0; module:ID for your own.
        out: a new file, such as episodes.arrows.
        policy: random; oracle: the task's own solution; noisy-oracle: the oracle with random mistakes;
            module:name: your own function of an observation, which returns a text.
        episodes: number of episodes; they cycle through the environment's tasks, which `palaestra envs tasks` lists.
        seed: of environments and agents.
        task: play this task only; module:Template names your own.
        worlds: number of environments played side by side; never changes a result.
        pictures: store the pixels, if there are any; without them a replay renders them again.
        resume: continue the file, if there is one, after its last complete episode.
        arguments: of the environment, as JSON: '{"codec": "json"}'.
    """
    from palaestra.agents.rollouts.episodes import record

    try:
        keywords = json.loads(arguments)
    except json.JSONDecodeError as error:
        raise InputError(f"--arguments {arguments!r} is not JSON: {error}") from None
    if not isinstance(keywords, dict):
        raise InputError(f'--arguments {arguments!r}: must be a JSON object, such as \'{{"codec": "json"}}\'')
    successes: list[float | None] = []
    reason = "no reason is recorded"
    played = record(
        world,
        policy,
        episodes,
        out,
        seed=seed,
        pictures=pictures,
        arguments=keywords,
        task=task,
        worlds=worlds,
        resume=resume,
    )
    with progress_bar() as bar, stopped_by_interrupt("this episode") as stop, contextlib.closing(played):
        progress = bar.add_task("rollout", total=episodes)
        for trajectory in played:
            successes.append(trajectory.success)
            if trajectory.success is None:
                reason = trajectory.steps[-1].error or reason
            bar.update(progress, advance=1, description=trajectory.about["task"]["id"])
            if stop():
                break
    scored = [value for value in successes if value is not None]
    unscored = f", {len(successes) - len(scored)} not scored ({reason})" if len(scored) < len(successes) else ""
    print(f"{out}: {counted(len(successes), 'episode')}, {sum(scored):g} of {len(scored)} done{unscored}")
    if len(successes) < episodes:
        print(f"palaestra: stopped after {len(successes)} of {counted(episodes, 'episode')}", file=sys.stderr)
        return 130
    return 0


def counted(number: int, noun: str) -> str:
    """``1 episode``, ``2 episodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
