"""Task templates of the phone.

The names, slots and conditions of success are those of AndroidWorld's templates (Rawles et al. 2024, arXiv 2405.14573,
github.com/google-research/android_world); the wording, the content and the phone differ, so scores are not
comparable with AndroidWorld's.
"""

import functools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from palaestra.data.own_code import is_own
from palaestra.envs import task as tasks
from palaestra.envs.android.device import Device
from palaestra.envs.android.tasks.oracle import Oracle, OracleView
from palaestra.envs.task import Slots, Task, Verdict

FOLDER = __name__.rpartition(".")[0]
"""The package that is scanned for templates."""
STEPS_PER_COMPLEXITY = 10
"""AndroidWorld's budget: this many steps per unit of a template's complexity."""


class Template(tasks.Template[Device]):
    """One kind of task on the phone; ``footprint`` has prefixes of the names in ``device.contents()``."""

    apps: ClassVar[tuple[str, ...]] = ()
    """Packages of the required apps."""
    complexity: ClassVar[float] = 1.0
    """AndroidWorld's complexity, which determines the budget."""

    @property
    def budget(self) -> int:
        """Maximum number of steps."""
        return int(STEPS_PER_COMPLEXITY * self.complexity)

    def oracle(self, screen: OracleView, slots: Slots) -> Oracle:
        """A coroutine of actions that solve the task from the screens that it receives."""
        raise NotImplementedError

    def undo(self, screen: OracleView, slots: Slots) -> Oracle:
        """For a task that is solved from the start: actions after which it is not."""
        raise NotImplementedError


def private_data(package: str) -> tuple[str, ...]:
    """Prefixes of an app's private data in ``device.contents()``."""
    return (f"prefs/{package}/", f"database/{package}/", f"files/data/data/{package}/")


@functools.cache
def templates() -> dict[str, Template]:
    """Every template by its name, in the order of their files; without those of ``line_templates``."""
    return {kind.__name__: kind() for kind in tasks.kinds_in(FOLDER, Template)}


@functools.cache
def line_templates() -> dict[str, Template]:
    """The templates by whose names instructions of Android in the Wild are read."""
    kinds = tasks.kinds_in(f"{FOLDER}.aitw", Template)
    return {kind.__name__: kind() for kind in kinds if kind.check is not Template.check}


def template(name: str) -> Template:
    """The template of that name, or ``module:Name`` of the user's own.

    Raises:
        InputError: it does not exist.
    """
    if isinstance(name, str) and is_own(name):
        return tasks.own_kind(name, Template)()
    if name in templates():
        return templates()[name]
    if name in line_templates():
        return line_templates()[name]
    advice = "`palaestra envs tasks` lists them, module:Name is one of your own"
    raise tasks.no_such_template(name, [*templates(), *line_templates()], advice)


def make_task(name: str, seed: int) -> Task:
    """Fill a template's slots by a seed."""
    return tasks.draw_task(template(name), seed)


def begin(task: Task, device: Device) -> dict[str, Any]:
    """Set up the phone for a task and go to the home screen; returns the facts that ``judge`` needs."""
    tasks.set_up(template(task.template), task, device)
    device.home()
    device.settle()
    return template(task.template).facts(device, task.slots)


def judge(task: Task, start: Mapping[str, Any], device: Device, answers: Sequence[str]) -> Verdict:
    """Evaluate the phone as it is now; an evaluator that fails leaves the task unscored."""
    return tasks.judge(template(task.template), task, start, device, answers)


def side_effects(task: Task, before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Names of contents outside the task's footprint that were changed, added or removed."""
    return tasks.side_effects(template(task.template), task, before, after)
