"""The instructions of Android in the Wild that DigiRL and Digi-Q train on, with a web that stands still."""

import functools
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from palaestra.data.errors import InputError
from palaestra.data.recipes.aitw import World as Instructions
from palaestra.data.streams import child_seed
from palaestra.envs.android.codecs.action import Action
from palaestra.envs.android.codecs.elements import KEYBOARD
from palaestra.envs.android.perform import ACTION_MS
from palaestra.envs.android.tasks.aitw import splits
from palaestra.envs.android.tasks.aitw.families import FAMILIES
from palaestra.envs.android.tasks.aitw.faulty import decision, faulty, faulty_route
from palaestra.envs.android.tasks.aitw.grammar import read
from palaestra.envs.android.tasks.aitw.judge import Judging, judge_of
from palaestra.envs.android.tasks.aitw.lines import task_of_line, tasks_by_id
from palaestra.envs.android.tasks.aitw.slot_types import SHOPS
from palaestra.envs.android.tasks.aitw.template import LineTemplate
from palaestra.envs.android.tasks.task import Template, line_templates
from palaestra.envs.android.web.knobs import knobs_of
from palaestra.envs.android.web.web import connect
from palaestra.envs.android.worlds.tasks import AndroidTasks
from palaestra.envs.task import Reading, Task
from palaestra.envs.text import Behaviour

PROFILES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "default": {},
        "paper": {"size": (1080, 2280), "density": 440, "render": (270, 570)},
    }
)
"""Phones by name: ours, and that of the papers, with pictures of a quarter of its width and height."""
SCREENSHOT_MS = 5_000
"""How long the released code waits for a screenshot, and for another one while the screen is blank."""
SCREENSHOTS = 5
"""Most screenshots that it takes in a step."""
BEFORE_TYPING_MS = 4_000
BLANK = 2_300_000 / (1080 * 2280)
"""Share of pixels that are white where a screen is blank."""
WHITE = 240
"""All channels of a white pixel are above."""


class AitWTasks(AndroidTasks):
    """Instructions of Android in the Wild, evaluated by the phone's state after every step.

    See ``AndroidTasks`` for observations, actions and ``info``. With a judge, ``info["success"]`` is still whether the
    task's condition holds; ``judged`` is the judge's verdict, which counts, and ``not_judged`` says which short-cut
    has taken its place.

    Args:
        split: see ``tasks.aitw.splits``; ``NAME-train`` or ``NAME-test``.
        web: preset of the web, ``none``, ``paper`` or ``hard``, or knobs by name, such as ``{"sponsored": 1}``, all
            others being off.
        web_seed: of the web's content.
        profile: ``default``, or ``paper``, the phone of the papers: 1080x2280 at 440 dpi, pictures of 270x570.
        compat: ``digirl``: as DigiRL's released environment. The last step of the limit isn't executed; a screen like
            the one before, or like one of the first five that were judged in any episode, is a failure; each step
            takes at least five seconds; actions are read as by the released code.
        judge: what decides instead of the task's condition: ``text``, ``digirl`` (with its short-cuts), or settings
            by name; see ``tasks.aitw.judge.Judge``.
        tasks: instructions, their ids or templates instead of those of the split.
        codec: ``autoui`` unless chosen; with ``compat`` always ``autoui-compat``.
        reading: ``ever`` unless chosen.
        observe: see ``AndroidTasks``; nothing besides the pixels by default.
        **others: see ``AndroidTasks``.

    ``reset(options={"task": LINE})`` chooses an instruction, as text or by its id, such as ``WebVisit/3025926735``; or
    a template of which one is drawn.
    """

    instructions: ClassVar[Instructions]
    usual_apps: ClassVar[Sequence[str] | None] = None
    """What the phone has unless ``apps`` says otherwise."""

    def __init__(
        self,
        *,
        split: str = "paper",
        web: str | Mapping[str, float] = "paper",
        web_seed: int = 0,
        profile: str = "default",
        compat: str = "",
        judge: str | Mapping[str, Any] | None = None,
        tasks: Sequence[str | Task | Mapping[str, Any]] | None = None,
        codec: str | None = None,
        reading: Reading = "ever",
        observe: Sequence[str] = (),
        **others: Any,
    ):
        if compat not in ("", "digirl"):
            raise InputError(f"compat {compat!r}: must be digirl, or left out")
        if compat and codec not in (None, "autoui-compat"):
            raise InputError(f"compat {compat}: reads actions as the released code; codec {codec!r} must be left out")
        if isinstance(web_seed, bool) or not isinstance(web_seed, int) or web_seed < 0:
            raise InputError(f"web_seed {web_seed!r}: must be an integer, 0 or more")
        self._lines = splits.split(split, self.instructions)
        self._layouts = splits.layouts(split, self.instructions)
        self._knobs, self._web_seed = knobs_of(web), web_seed
        self._is_released = bool(compat)
        settings = judge_of(judge, self._is_released)
        self._judging = None if settings is None else Judging(settings)
        self._screen_before: np.ndarray | None = None
        own = {"split": split, "web": web, "web_seed": web_seed, "compat": compat, "judge": judge}
        phone = {**_profile(profile), **others}
        if phone.get("apps") is None:
            phone["apps"] = self.usual_apps
        codec = codec or ("autoui-compat" if compat else "autoui")
        super().__init__(tasks=tasks, codec=codec, reading=reading, observe=observe, **phone)
        self._arguments |= own

    @property
    def identity(self) -> Mapping[str, str]:
        """Those of ``AndroidTasks``, and who decides."""
        settings = None if self._judging is None else dict(vars(self._judging.judge))
        return dict(super().identity) | {"compat": str(self._arguments["compat"]), "judge": json.dumps(settings)}

    # --- tasks

    @classmethod
    def templates(cls) -> Mapping[str, Template]:
        """The templates of these instructions; those that name a shop once for each, as ``NAME@HOST``."""
        return _templates(cls.instructions)

    @classmethod
    def make_task(cls, name: str, seed: int) -> Task:
        """One of the template's instructions, drawn by a seed."""
        return _draw(name, [task.instruction for task in tasks_by_id(cls.instructions).values()], seed)

    @classmethod
    def described_task(cls, task: Task) -> Mapping[str, str]:
        """The shop, where the instructions have one."""
        return {"host": task.slots["host"]} if cls.instructions == "webshop" else {}

    @classmethod
    def splits_report(cls) -> str:
        """The sizes of the splits, and what their sides share."""
        return splits.report(cls.instructions)

    def _usual_names(self) -> Sequence[str]:
        return self._lines

    def _is_template(self, choice: str) -> bool:
        return choice in self.templates() or choice in line_templates()

    def _ready_made(self, choice: str | Task) -> Task | None:
        known = super()._ready_made(choice)
        if known is not None or not isinstance(choice, str) or self._is_template(choice):
            return known
        by_id = tasks_by_id(self.instructions).get(choice)
        if by_id is not None:
            return by_id
        if read(choice).template not in (family.template for family in FAMILIES[self.instructions]):
            raise InputError(f"task {choice!r}: is no instruction of {splits.TITLES[self.instructions]}")
        return task_of_line(choice)

    def _check(self, choice: str | Task) -> None:
        task = self._ready_made(choice)
        if task is None:
            _draw(str(choice), self._lines, 0)
            return
        super()._check(task)

    def _drawn(self, name: str, seed: int) -> Task:
        return _draw(name, self._lines, seed)

    # --- episodes

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Choose an instruction and set up a phone on which nothing of it is done."""
        returned = super().reset(seed=seed, options=options)
        if self._judging is not None:
            self._judging.seed = int(self.np_random.integers(0, 2**63))
        return returned

    def _boot(self) -> None:
        super()._boot()
        knobs = dict(self._knobs)
        if self._layouts:
            knobs["layout"] = self._layouts[int(self.np_random.integers(len(self._layouts)))]
        connect(self.device, self._web_seed, knobs)

    def step(self, action: str | Mapping[str, Any]) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """See ``AndroidTasks.step``."""
        if self._judging is not None:
            self._screen_before = self.device.frame()
        return super().step(action)

    def _perform(self, action: Action) -> str:
        if not self._is_released:
            return super()._perform(action)
        is_last = self._steps == self._max_episode_steps
        if action.kind == "type" and not is_last:
            self.device.advance(BEFORE_TYPING_MS)
        error = super()._perform(Action("wait") if is_last else action)
        self.device.advance(SCREENSHOT_MS - ACTION_MS)
        for _ in range(SCREENSHOTS - 1):
            if not is_blank(self.device.frame()):
                break
            self.device.advance(SCREENSHOT_MS)
        return "the last step of the limit is not executed" if is_last else error

    def _judged(self, success: float | None) -> dict[str, Any]:
        if self._judging is None or self._screen_before is None:
            return {}
        before, after = self._screen_before, self.device.frame()
        verdict, reason = self._judging.verdict(self._task, success, before, after, self._visible_texts())
        return {"judged": verdict} | ({"not_judged": reason} if reason else {})

    def _visible_texts(self) -> list[str]:
        """What can be read on the screen, apart from the keyboard."""
        elements = [e for e in self.elements() if e["package"] != KEYBOARD]
        return [text for element in elements if (text := element["text"] or element["desc"])]

    # --- state

    def _save(self) -> Mapping[str, Any]:
        judging = {} if self._judging is None else {"judging": self._judging.save()}
        return dict(super()._save()) | judging

    def _counters(self) -> dict[str, Any]:
        judging = {} if self._judging is None else {"judging": self._judging.digest()}
        return super()._counters() | judging

    def _load(self, state: Mapping[str, Any]) -> None:
        judging = None if self._judging is None else Judging(self._judging.judge)
        if judging is not None:
            judging.load(state["judging"])
        super()._load(state)
        self._judging = judging


class AitWWebShop(AitWTasks):
    """Web Shopping: go to a shop, search it, open the first entry."""

    instructions = "webshop"

    @classmethod
    def behaviours(cls) -> Mapping[str, Behaviour]:
        """``faulty``: see ``tasks.aitw.faulty``."""
        return {"faulty": faulty}

    @classmethod
    def decision(cls, task: Task, observation: Mapping[str, Any]) -> tuple[str, str] | None:
        """The elements of app and keyboard, and what ``tasks.aitw.shopper`` does there, in Auto-UI's words."""
        return decision(task, observation)


class AitWGeneral(AitWTasks):
    """General: questions to the web, and what is done on the phone itself."""

    instructions = "general"
    usual_apps = ("all", "general")

    @classmethod
    def behaviours(cls) -> Mapping[str, Behaviour]:
        """``faulty``: see ``tasks.aitw.faulty``."""
        return {"faulty": faulty_route}


def is_blank(screen: np.ndarray) -> bool:
    """Whether a screen, (height, width, 3) uint8, is as good as white."""
    return bool((screen > WHITE).all(axis=-1).mean() > BLANK)


def _profile(name: str) -> Mapping[str, Any]:
    if name not in PROFILES:
        raise InputError(f"profile {name!r}: must be {' or '.join(PROFILES)}")
    return PROFILES[name]


@functools.cache
def _templates(instructions: Instructions) -> Mapping[str, Template]:
    kinds = {
        name: kind
        for name, kind in line_templates().items()
        if isinstance(kind, LineTemplate) and kind.world == instructions
    }
    if instructions != "webshop":
        return kinds
    return {f"{name}@{host}": kind for name, kind in kinds.items() for host in SHOPS}


def _draw(name: str, lines: Sequence[str], seed: int) -> Task:
    """One of the instructions of a template, ``NAME`` or ``NAME@HOST``, drawn by a seed.

    Raises:
        InputError: there is none of it among these lines.
    """
    kind, _, host = name.partition("@")
    tasks = _sorted_by_template(tuple(lines)).get(kind, ())
    found = [task for task in tasks if not host or task.slots.get("host") == host]
    if not found:
        raise InputError(f"task {name!r}: the split has no instruction of this template")
    random = np.random.default_rng(child_seed(seed, name, "line"))
    return found[int(random.integers(len(found)))]


@functools.lru_cache(maxsize=8)
def _sorted_by_template(lines: tuple[str, ...]) -> Mapping[str, Sequence[Task]]:
    sorted_lines: dict[str, list[Task]] = {}
    for line in lines:
        task = task_of_line(line)
        sorted_lines.setdefault(task.template, []).append(task)
    return sorted_lines
