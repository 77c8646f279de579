"""AndroidWorld's interface for agents over the observations of ``palaestra/AndroidTasks-v0``.

The fields and methods are those of AndroidWorld's ``JSONAction``, ``UIElement``, ``State`` and ``AsyncEnv`` (Rawles et
al. 2024, arXiv 2405.14573; github.com/google-research/android_world), so that agents that were written for it run
unchanged. AndroidWorld itself is not needed. Its tasks, which set up and read the phone by adb, need
``simulator.load`` instead.
"""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from PIL import Image

from palaestra.data.errors import InputError
from palaestra.data.extras import require

require("an agent of AndroidWorld's", "android_env", "immutabledict")
from android_env.proto import adb_pb2  # noqa: E402

TOUCHES = ("click", "double_tap", "long_press")
ACTION_TYPES = (
    *TOUCHES,
    "scroll",
    "swipe",
    "input_text",
    "navigate_home",
    "navigate_back",
    "keyboard_enter",
    "open_app",
    "status",
    "wait",
    "answer",
    "unknown",
)
DIRECTIONS = ("left", "right", "down", "up")


@dataclasses.dataclass
class JSONAction:
    """An action; fields that are None are absent.

    Raises:
        ValueError: an invalid type, direction or keycode, or an index together with x or y.
    """

    action_type: str | None = None
    index: str | int | None = None
    x: int | None = None
    y: int | None = None
    text: str | None = None
    direction: str | None = None
    goal_status: str | None = None
    app_name: str | None = None
    keycode: str | None = None
    clear_text: bool | None = None

    def __post_init__(self) -> None:
        if self.action_type not in ACTION_TYPES:
            raise ValueError(f"action_type {self.action_type!r}: must be one of {', '.join(ACTION_TYPES)}")
        if self.index is not None:
            self.index = int(self.index)
            if self.x is not None or self.y is not None:
                raise ValueError("an action has an index or x and y, not both")
        if self.direction and self.direction not in DIRECTIONS:
            raise ValueError(f"direction {self.direction!r}: must be one of {', '.join(DIRECTIONS)}")
        if self.text is not None:
            self.text = str(self.text)
        if self.keycode is not None and not self.keycode.startswith("KEYCODE_"):
            raise ValueError(f"keycode {self.keycode!r}: must begin with KEYCODE_")

    def as_dict(self, skip_none: bool = True) -> dict[str, Any]:
        """The fields that are not None."""
        return {name: value for name, value in vars(self).items() if value is not None}

    def json_str(self) -> str:
        """The fields that are not None, as JSON."""
        return json.dumps(self.as_dict(), separators=(",", ":"))


@dataclasses.dataclass
class BoundingBox:
    """A rectangle in logical pixels."""

    x_min: float
    x_max: float
    y_min: float
    y_max: float

    @property
    def center(self) -> tuple[float, float]:
        """Its middle."""
        return (self.x_min + self.x_max) / 2, (self.y_min + self.y_max) / 2

    @property
    def width(self) -> float:
        """Its width."""
        return self.x_max - self.x_min

    @property
    def height(self) -> float:
        """Its height."""
        return self.y_max - self.y_min

    @property
    def area(self) -> float:
        """Its area."""
        return self.width * self.height


@dataclasses.dataclass
class UIElement:
    """An element on the screen; an empty text is None."""

    text: str | None = None
    content_description: str | None = None
    class_name: str | None = None
    bbox: BoundingBox | None = None
    bbox_pixels: BoundingBox | None = None
    hint_text: str | None = None
    is_checked: bool | None = None
    is_checkable: bool | None = None
    is_clickable: bool | None = None
    is_editable: bool | None = None
    is_enabled: bool | None = None
    is_focused: bool | None = None
    is_focusable: bool | None = None
    is_long_clickable: bool | None = None
    is_scrollable: bool | None = None
    is_selected: bool | None = None
    is_visible: bool | None = None
    package_name: str | None = None
    resource_name: str | None = None
    tooltip: str | None = None
    resource_id: str | None = None
    metadata: dict[str, Any] | None = None


@dataclasses.dataclass(frozen=True)
class State:
    """What an agent sees: ``pixels`` (height, width, 3) uint8, upright and as large as the screen; its elements."""

    pixels: np.ndarray
    forest: Any
    ui_elements: list[UIElement]
    auxiliaries: dict[str, Any] | None = None


class Acts(Protocol):
    """AndroidWorld's ``JSONAction``, or ours."""

    action_type: str | None
    index: str | int | None
    text: str | None
    app_name: str | None

    def json_str(self) -> str:
        """The fields that are not None, as JSON."""


FLAGS = (
    "checked",
    "checkable",
    "clickable",
    "editable",
    "enabled",
    "focused",
    "focusable",
    "long_clickable",
    "scrollable",
    "selected",
    "visible",
)


def ui_element(element: Mapping[str, Any]) -> UIElement:
    """One of ``accessibility.elements`` as AndroidWorld's class."""
    left, top, right, bottom = element["bounds"]
    flags: dict[str, Any] = {f"is_{name}": element[name] for name in FLAGS}
    return UIElement(
        text=element["text"] or None,
        content_description=element["desc"] or None,
        class_name=element["cls"] or None,
        bbox_pixels=BoundingBox(left, right, top, bottom),
        hint_text=element["hint"] or None,
        package_name=element["package"] or None,
        resource_name=element["id"] or None,
        **flags,
    )


class AgentEnv:
    """AndroidWorld's ``AsyncEnv`` for an agent; time passes only while an action is executed.

    Args:
        act: performs a text action of the codec ``json``, and returns the next observation.
        observation: the first one; it needs ``elements``.

    Raises:
        InputError: an observation has no elements.
    """

    def __init__(self, act: Callable[[str], Mapping[str, Any]], observation: Mapping[str, Any]):
        self._act = act
        self.interaction_cache = ""
        self.controller = Controller(self)
        self.observe(observation)

    def observe(self, observation: Mapping[str, Any]) -> None:
        """Take an observation as the current one."""
        if "elements" not in observation:
            raise InputError('an agent of AndroidWorld\'s needs the elements of the screen: observe=["elements"]')
        self._pixels, screen = observation["pixels"], json.loads(observation["elements"])
        self._size: tuple[int, int] = tuple(screen["size"])
        self._elements = [ui_element(element) for element in screen["elements"]]
        self._orientation = int(screen.get("orientation", self._size[0] > self._size[1]))

    def reset(self, go_home: bool = False) -> State:
        """The current state, on the home screen if asked for; the episode is begun by who plays it."""
        self.interaction_cache = ""
        if go_home:
            self.observe(self._act(JSONAction("navigate_home").json_str()))
        return self.get_state()

    def get_state(self, wait_to_stabilize: bool = False) -> State:
        """The screen after the last action; it has always settled."""
        return State(self._upright(), None, list(self._elements), {})

    def _upright(self) -> np.ndarray:
        """A copy of the picture of the phone upright, in logical pixels; bounds refer to the screen as it is held."""
        pixels = self._pixels
        width, height = self.device_screen_size
        if (pixels.shape[1] > pixels.shape[0]) != (width > height):
            pixels = np.rot90(pixels, -self._orientation)
        if pixels.shape[:2] == (height, width):
            return pixels.copy()
        return np.array(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))

    def execute_action(self, action: Acts) -> None:
        """Perform an action; ``status`` and ``unknown`` do nothing.

        Raises:
            ValueError: there is no element with this index, or no app is named.
        """
        kind = action.action_type
        if kind == "answer":
            self.interaction_cache = action.text or ""
        if kind in ("status", "unknown") or (kind == "input_text" and not action.text):
            return
        if kind in TOUCHES and action.index is not None and not 0 <= int(action.index) < len(self._elements):
            raise ValueError(f"index {action.index}: there are {len(self._elements)} elements")
        if kind == "open_app" and not action.app_name:
            raise ValueError("open_app without the name of an app")
        self.observe(self._act(action.json_str()))

    def display_message(self, message: str, header: str = "") -> None:
        """Do nothing: there is no overlay."""

    def ask_question(self, question: str, timeout_seconds: float = -1.0) -> str | None:
        """None: nobody answers."""
        return None

    def hide_automation_ui(self) -> None:
        """Do nothing: there is none."""

    def close(self) -> None:
        """Do nothing: the world belongs to who made it."""

    @property
    def foreground_activity_name(self) -> str:
        """The package of the topmost app, with a slash: the activity is not observed; "" if there is none."""
        packages = [element.package_name or "" for element in self._elements]
        return next((f"{name}/" for name in packages if "systemui" not in name and "inputmethod" not in name), "")

    @property
    def device_screen_size(self) -> tuple[int, int]:
        """Width and height of the phone upright, logical pixels."""
        return self._size if self._orientation % 2 == 0 else (self._size[1], self._size[0])

    @property
    def logical_screen_size(self) -> tuple[int, int]:
        """Width and height of the screen as it is held."""
        return self._size

    @property
    def orientation(self) -> int:
        """Quarter turns from upright."""
        return self._orientation

    @property
    def physical_frame_boundary(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the upright screen."""
        return (0, 0, *self.device_screen_size)


class Controller:
    """Answers what agents ask adb about the screen: its sizes and how it is turned; nothing else is observed."""

    def __init__(self, env: AgentEnv):
        self._env = env

    def execute_adb_call(self, request: adb_pb2.AdbRequest) -> adb_pb2.AdbResponse:
        """The answer to ``wm size``, ``dumpsys input`` and ``dumpsys window``; an error to everything else."""
        words = " ".join(request.generic.args)
        answers = {
            "wm size": "Physical size: {}x{}".format(*self._env.device_screen_size),
            "dumpsys input": "logicalFrame=[0, 0, {}, {}], ".format(*self._env.logical_screen_size)
            + "physicalFrame=[0, 0, {}, {}]".format(*self._env.logical_screen_size),
            "dumpsys window": f"mCurrentRotation=ROTATION_{90 * self._env.orientation}",
        }
        for question, answer in answers.items():
            if question in words:
                generic = adb_pb2.AdbResponse.GenericResponse(output=f"{answer}\n".encode())
                return adb_pb2.AdbResponse(status=adb_pb2.AdbResponse.OK, generic=generic)
        reason = "an agent has no adb here: it sees the phone by its observations only"
        return adb_pb2.AdbResponse(status=adb_pb2.AdbResponse.ADB_ERROR, error_message=reason)
