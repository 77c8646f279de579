"""``palaestra envs``: list environments and tasks."""

import tyro

from palaestra.data.errors import InputError


def list_environments(all: bool = False) -> None:
    """List the environments that `import palaestra` registers with Gymnasium.

    Args:
        all: print a line for every id, D4RL's too.
    """
    from palaestra.data.formats.d4rl_ids import D4RL_IDS, KINDS, ROBOTS, reference_score
    from palaestra.envs import WORLDS

    rows = [("id", "observation", "action", "horizon", "score 0 / 100 at")]
    for world in WORLDS:
        if all or world.id not in D4RL_IDS:
            score = world.score or "{:g} / {:g}".format(*reference_score(world.id))
            horizon = world.horizon or str(world.max_episode_steps)
            rows.append((world.id, world.observation, world.action, horizon, score))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print(" ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    if not all:
        print("The returns score 0 and 100. D4RL's ids, a line each in `palaestra envs --all`:")
        print(f"  {{{','.join(ROBOTS)}}}-KIND-{{v0,v1,v2}} (full-replay: v1, v2)\n  KIND: {', '.join(KINDS)}")
        print("  maze2d-{open,umaze,medium,large}{,-dense}-{v0,v1} (open: v0)")
        print("  antmaze-{umaze,{umaze,medium,large}-diverse,{medium,large}-play}-{v0,v1,v2}")
        print("  {pen,door,hammer,relocate}-{human,cloned,expert,human-longhorizon}-{v0,v1}")
        print("  kitchen-{complete,partial,mixed}-v0")


def list_tasks(
    world: tyro.conf.Positional[str] = "palaestra/AndroidTasks-v0", seed: int = 0, splits: bool = False
) -> None:
    """List the task templates of an environment with text actions, each with its instruction for a seed.

    Args:
        world: id of the environment; module:ID for your own.
        seed: of the templates' slots.
        splits: print the splits of the tasks instead, and what their sides have in common.
    """
    from rich.console import Console
    from rich.table import Column, Table

    from palaestra.envs.text import text_world

    kind = text_world(world, advice=", and so no tasks")
    if splits:
        print(kind.splits_report())
        return
    tasks = [kind.make_task(name, seed) for name in kind.templates()]
    if not tasks:
        raise InputError(f"{world}: {kind.__name__} lists no templates of tasks")
    described = [kind.described_task(task) for task in tasks]
    table = Table(Column("task", no_wrap=True), "steps", *described[0], Column("instruction", overflow="fold"))
    for task, words in zip(tasks, described):
        table.add_row(task.template, str(task.budget), *words.values(), task.instruction)
    Console(markup=False, emoji=False).print(table)  # an instruction may have brackets
