"""``palaestra envs``: list environments and tasks."""


def list_environments() -> None:
    """List the environments that `import palaestra` registers with Gymnasium."""
    from rich.console import Console
    from rich.table import Column, Table

    from palaestra.data.formats.d4rl_ids import reference_score
    from palaestra.envs import WORLDS

    table = Table(Column("id", no_wrap=True), "observation", "action", "horizon", "score 0 / 100 at a return of")
    for world in WORLDS:
        score = world.score or "{:g} / {:g}".format(*reference_score(world.id))
        table.add_row(world.id, world.observation, world.action, world.horizon or str(world.max_episode_steps), score)
    Console().print(table)


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
