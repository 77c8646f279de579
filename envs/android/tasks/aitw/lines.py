"""Tasks by their instructions, and by short ids of these."""

import functools
from collections.abc import Mapping

from palaestra.data.recipes.aitw import World
from palaestra.envs.android.tasks.aitw.grammar import known_lines, parse_instruction
from palaestra.envs.task import Task

task_of_line = functools.lru_cache(maxsize=4096)(parse_instruction)
"""See ``parse_instruction``; the tasks are shared, don't change their slots."""


@functools.cache
def tasks_by_id(world: World) -> Mapping[str, Task]:
    """The tasks of all of a world's instructions by their ids, ``TEMPLATE/NUMBER``."""
    return {task.id: task for task in (task_of_line(line.slots["line"]) for line in known_lines(world))}
