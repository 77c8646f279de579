"""``palaestra envs``: list environments and tasks."""


def list_environments(all: bool = False) -> None:
    """List the environments that `import palaestra` registers with Gymnasium.

    Args:
        all: print a line for every id, D4RL's too.
    """
    from palaestra.data.formats.d4rl_ids import GYM_IDS, KINDS, ROBOTS, reference_score
    from palaestra.envs import WORLDS

    rows = [("id", "observation", "action", "horizon", "score 0 / 100 at")]
    for world in WORLDS:
        if all or world.id not in GYM_IDS:
            score = world.score or "{:g} / {:g}".format(*reference_score(world.id))
            horizon = world.horizon or str(world.max_episode_steps)
            rows.append((world.id, world.observation, world.action, horizon, score))
    widths = [max(map(len, column)) for column in zip(*rows)]
    for row in rows:
        print(" ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    if not all:
        print("\nThe returns are those that score 0 and 100. D4RL's ids are environments too:")
        print(f"  {{{','.join(ROBOTS)}}}-KIND-{{v0,v1,v2}} (full-replay: v1, v2)\n  KIND: {', '.join(KINDS)}")
        print("`palaestra envs --all` prints a line for every id.")


def list_tasks(seed: int = 0) -> None:
    """List the templates of palaestra/AndroidTasks-v0, each with its instruction for a seed.

    Args:
        seed: of the templates' slots.
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
