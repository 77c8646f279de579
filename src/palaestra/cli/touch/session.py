"""The phone behind the page: its task, what was done to it, and the recording."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from palaestra.agents.rollouts.demonstrations import Demonstrations
from palaestra.cli.touch.events import MOST_TEXT, Hand
from palaestra.data.errors import InputError
from palaestra.data.store import write_atomically
from palaestra.data.trajectory import Trajectory, Writer
from palaestra.envs.android.codecs.action import Action, Size
from palaestra.envs.android.worlds.tasks import AndroidTasks
from palaestra.envs.text import text_world

MOST_OUTPUT = 100_000
"""Characters of a command's output that the page shows."""
LEFT, BY_SHELL = "left", "shell"
"""Why a recorded demonstration goes no further: the person went on to another task, or changed the phone by its shell,
which is no action of the world."""


class Session:
    """One phone, one task at a time. Nothing in it may run in two threads at once.

    Args:
        world_id: of a phone world with text actions.
        arguments: of the world; the codec is ``touch`` by default, which has words for every gesture.
        folder: where demonstrations are written, one file each; None: nowhere.
        pictures: whether they have the pixels.
        height: of the page's picture of an upright phone, px.
        log: takes a line for the terminal.

    Attributes:
        world: the phone's world.

    Raises:
        InputError: no such world, or it is none of a phone; or the folder can't be made.
    """

    def __init__(
        self,
        world_id: str,
        arguments: Mapping[str, Any],
        *,
        folder: Path | None,
        pictures: bool,
        height: int,
        log: Callable[[str], None],
    ):
        if not issubclass(text_world(world_id), AndroidTasks):
            raise InputError(f"{world_id}: has no phone to touch; palaestra/AndroidTasks-v0 has one")
        self._plays = Demonstrations(world_id, {"codec": "touch"} | dict(arguments), pictures)
        self.world: AndroidTasks = self._plays.world
        self._hand, self._folder, self._height, self._log = Hand(), folder, height, log
        self._done: list[dict[str, str]] = []
        self._name: str | None = None
        self._seed = 0
        self._info: Mapping[str, Any] = {}
        self._is_clean, self._is_open, self._last_file = True, True, ""
        self._unwritten: list[Trajectory] = []
        if folder is not None and not folder.is_dir():
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"--record {folder}: {error.strerror}") from None

    @property
    def observation(self) -> Mapping[str, Any]:
        """The world's, after the last action."""
        return self._plays.observation

    @property
    def tasks(self) -> Sequence[str]:
        """Names of the tasks."""
        return self.world.task_names

    def begin(self, task: str | None, seed: int) -> None:
        """Start a task; the demonstration before it is written.

        Raises:
            InputError: no such task; nothing has changed.
        """
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**31:
            raise InputError(f"seed {seed!r}: must be a whole number from 0 to {2**31 - 1}")
        if not (task is None or isinstance(task, str)):
            raise InputError("task: must be a name")
        before = self._plays.trajectory(LEFT) if self._is_recording else None
        self._info = self._plays.begin(seed, task)
        if before is not None:
            self._write(before)
        self._hand, self._done, self._name, self._seed = Hand(), [], task, seed
        self._is_clean, self._is_open, self._last_file = True, True, ""

    def do(self, events: Sequence[Mapping[str, Any]]) -> bool:
        """Take events of the page in order; returns whether they made an action.

        Raises:
            InputError: an event is wrong, or the world's codec has no words for what it means; those before it count.
        """
        before = len(self._done)
        for event in events:
            if not isinstance(event, Mapping):
                raise InputError("an event must be an object")
            action = self._hand.take(event, self.picture_size, self.world.device.size)
            if action is not None:
                self._act(action)
        return len(self._done) > before

    @property
    def is_touched(self) -> bool:
        """Whether a finger is down."""
        return self._hand.finger is not None

    def lift(self) -> bool:
        """Lift the finger without an action, as Android cancels a gesture; returns whether one was down."""
        was_down, self._hand = self.is_touched, Hand()
        return was_down

    def _act(self, action: Action) -> None:
        if not self._plays.running:
            raise InputError("this episode has ended: start the task again, or another one")
        codec, elements, size = self.world.codec, self.world.elements(), self.world.device.size
        try:
            text = codec.encode(action, elements, size)
        except ValueError:
            raise InputError(f"the codec {codec.name} has no words for this: {told(action, elements)}") from None
        said = told(action, elements)
        self._info = self._plays.step(text)
        self._done.append({"text": said, "words": text, "error": self._info.get("action_error", "")})
        if not self._plays.running:
            self._save()

    def shell(self, line: str) -> dict[str, Any]:
        """Run a command line on the phone: ``output`` and exit ``status``.

        If it changes the phone, the demonstration ends before it, because a replay has no shell.

        Raises:
            InputError: it is no command line.
        """
        if not isinstance(line, str) or len(line) > MOST_TEXT:
            raise InputError(f"shell: needs a command line of at most {MOST_TEXT} characters")
        device = self.world.device
        before = device.fingerprint()
        result = device.shell(line.encode("utf-8", "replace").decode())
        device.settle()
        if device.fingerprint() != before:
            if self._is_clean:
                self._save(BY_SHELL)
            self._is_clean = False
            self._info = dict(self._info) | self.world.judged()
        return {"output": result.output.decode("utf-8", "replace")[:MOST_OUTPUT], "status": result.status}

    # --- what the page shows

    @property
    def picture_size(self) -> Size:
        """Width and height of the page's picture, which turns with the screen."""
        width, height = self.world.device.size
        scale = self._height / max(width, height)
        return max(1, round(width * scale)), max(1, round(height * scale))

    def state(self) -> dict[str, Any]:
        """Everything that changes, as plain data; the picture is a PNG in base64."""
        task, verdict = self._plays.task, self._info.get("success")
        width, height = self.picture_size
        return {
            "picture": base64.b64encode(self.world.device.png((width, height))).decode(),
            "width": width,
            "height": height,
            "task": {
                "name": self._name or task.template,
                "seed": self._seed,
                "instruction": task.instruction,
                "budget": self.world.horizon,
            },
            "clauses": list(self._info.get("clauses", {}).items()),
            "holds": verdict is not None and bool(verdict),
            "error": self._info.get("error", ""),
            "running": self._plays.running,
            "success": self._plays.success,
            "done": self._done,
            "record": self._recording,
        }

    @property
    def _is_recording(self) -> bool:
        return self._folder is not None and self._is_clean and self._is_open

    @property
    def _recording(self) -> str:
        """What becomes of this demonstration, as a line."""
        if self._folder is None:
            return "Not recorded: --record FOLDER records."
        if self._unwritten:
            return f"{len(self._unwritten)} not written yet: see the terminal."
        if self._last_file:
            return f"Recorded as {self._last_file}."
        if not self._is_clean:
            return "The shell changed the phone, which a replay cannot repeat: start the task again to record it."
        return f"Recording into {self._folder}."

    # --- files

    def _save(self, stop: str = "") -> None:
        if self._is_recording and (trajectory := self._plays.trajectory(stop)) is not None:
            self._write(trajectory)

    def _write(self, trajectory: Trajectory) -> None:
        """Write a demonstration; one that can't be written is kept for the end."""
        self._is_open = False
        try:
            self._last_file = self._written(trajectory)
        except InputError as error:
            self._unwritten.append(trajectory)
            self._log(str(error))

    def _written(self, trajectory: Trajectory) -> str:
        """Write a file atomically; returns its name."""
        assert self._folder is not None
        about = trajectory.about
        stem = re.sub(r"[^\w.-]+", "-", str(about["options"].get("task", about["task"]["template"])))[:60].strip("-.")
        numbers = iter(range(1, 1 << 30))
        path = next(
            path
            for number in numbers
            if not (path := self._folder / f"{stem}-{about['seed']}-{number}.arrows").exists()
        )
        with write_atomically(path) as made, Writer(made) as writer:
            writer.write(trajectory)
        self._log(f"{path}: {trajectory.length} actions, {_outcome(trajectory.success)}")
        return path.name

    def finish(self) -> None:
        """Write what has not been written yet, and close the world.

        Raises:
            InputError: something can't be written.
        """
        if self._is_recording and (last := self._plays.trajectory(LEFT)) is not None:
            self._unwritten.append(last)
        try:
            while self._unwritten:
                self._written(self._unwritten[0])
                del self._unwritten[0]
        finally:
            self._plays.close()


def _outcome(success: float | None) -> str:
    return "not scored" if success is None else "done" if success else "not done"


def told(action: Action, elements: Sequence[Mapping[str, Any]]) -> str:
    """An action as a person would say it, such as ``tap "Wi-Fi"``."""
    quoted = f" {json.dumps(action.text, ensure_ascii=False)}" if action.text else ""
    if action.kind == "swipe":
        (x, y), (to_x, to_y) = action.start, action.end
        across = ("right" if to_x > x else "left") if abs(to_x - x) > abs(to_y - y) else ("down" if to_y > y else "up")
        return f"swipe {across}"
    if action.kind == "type":
        return f"clear{', type' + quoted if quoted else ''}" if action.clear else f"type{quoted}"
    if action.kind == "key":
        return f"press {action.text.lower().replace('_', ' ')}"
    if action.kind == "status":
        return f"say {action.text}"
    return f"{action.kind.replace('_', ' ')}{_named(action, elements)}{quoted}"


def _named(action: Action, elements: Sequence[Mapping[str, Any]]) -> str:
    """The smallest element with a name under the finger, or the point."""
    if action.point is None:
        return ""
    x, y = action.point
    under = []
    for element in elements:
        left, top, right, bottom = element["bounds"]
        name = element["text"] or element["desc"] or element["hint"]
        if name and left <= x < right and top <= y < bottom:
            under.append(((right - left) * (bottom - top), name))
    shown = json.dumps(min(under)[1][:60], ensure_ascii=False) if under else f"({x:.0f}, {y:.0f})"
    return f" {shown}"
