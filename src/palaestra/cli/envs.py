"""``palaestra envs``: list environments and tasks."""


def list_environments() -> None:
    """List the environments that `import palaestra` registers with Gymnasium."""
    from rich.console import Console
    from rich.table import Column, Table

    from palaestra.data.formats.d4rl_ids import ROBOTS, reference_score, robot_of
    from palaestra.envs import LOCOMOTION_IDS, PHONE_IDS

    table = Table(Column("id", no_wrap=True), "observation", "action", "horizon", "score 0 / 100 at a return of")
    for id in LOCOMOTION_IDS:
        robot = ROBOTS[robot_of(id) or ""]
        low, high = reference_score(id)
        table.add_row(id, str(robot.observation_dim), str(robot.action_dim), str(robot.horizon), f"{low:g} / {high:g}")
    for id, (observation, action, horizon, score) in PHONE_IDS.items():
        table.add_row(id, observation, action, horizon, score)
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
