"""Tasks by their instructions, and by short ids of these."""

import functools
import zlib
from collections.abc import Mapping

from palaestra.data.recipes.aitw import World
from palaestra.envs.android.tasks.aitw.grammar import known_lines, plain, read
from palaestra.envs.android.tasks.task import template
from palaestra.envs.task import Task, task_of


@functools.lru_cache(maxsize=4096)
def task_of_line(line: str) -> Task:
    """The task of an instruction. Its seed is a number of the line, so that ``Task.id`` is one line's.

    Raises:
        InputError: no template reads it.
    """
    reading = read(line)
    return task_of(template(reading.template), dict(reading.slots), zlib.crc32(plain(line).encode()))


@functools.cache
def tasks_by_id(world: World) -> Mapping[str, Task]:
    """The tasks of all of a world's instructions by their ids, ``TEMPLATE/NUMBER``."""
    return {task.id: task for task in (task_of_line(line.slots["line"]) for line in known_lines(world))}
