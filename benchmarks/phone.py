"""Steps per second and core of the phone in android-env, beside a null simulator and plain full redraw, in one run.

Every step goes through android-env's own environment and returns a new contiguous picture. There are two workloads:
touches and lifts in random order at uniformly random places, in every app in turn; and the tasks' oracles, whose
actions are expanded into raw steps (a tap is a touch and a lift; text is typed letter by letter; then the steps until
the phone is idle). The null simulator does nothing and returns copies of one picture: this measures android-env alone.
Plain full redraw is the same phone with every picture drawn from scratch.

The table of agents' steps is that of ``palaestra/AndroidTasks-v0`` with elements: the oracles' episodes through each
codec, from the action's text to pixels, elements and verdict. Every round plays tasks of other seeds, so that their
content was not drawn before; the first round is not counted.

The contenders alternate on the same steps,
and the best round of each counts; resets are excluded from the times of steps. Times are CPU time: everything runs in
one thread, so that other programs on the machine only affect its caches.
"""

import argparse
import collections
import contextlib
import gc
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from android_env.environment import AndroidEnv
from numpy.typing import ArrayLike
from rich.console import Console
from rich.table import Table

import palaestra  # noqa: F401 (registers the environments)
from palaestra.envs.android.bridge import simulator
from palaestra.envs.android.codecs.action import Action, Point
from palaestra.envs.android.device import Device
from palaestra.envs.android.drawing.paint import Painter
from palaestra.envs.android.tasks.oracle import OracleView
from palaestra.envs.android.tasks.task import begin, make_task, template, templates
from palaestra.envs.android.ui import accessibility
from palaestra.envs.android.ui.screen import Window
from palaestra.envs.android.ui.theme import Theme
from palaestra.envs.text import TextWorld

AGENT_ROWS = {"tap": "tap", "type": "type", "swipe": "scroll", "reset": "reset", "all steps": "oracle episodes, a step"}
"""Kind of action -> its name in the table of agents' steps."""
CODECS = ("json", "marks", "autoui")
TOUCH, LIFT, REPEAT = range(3)
SWIPE_STEPS, HOLD_STEPS, MAX_WAITS = 4, 8, 30
RENDERS = ((270, 600), (1080, 2400))


def raw(kind: int, point: ArrayLike = (0.0, 0.0)) -> dict[str, np.ndarray]:
    return {"action_type": np.array(kind, np.int32), "touch_position": np.array(point, np.float32)}


@dataclass
class Script:
    """Raw actions from a start state; before some of them a method of the device is called."""

    name: str
    start: bytes
    actions: list[dict[str, np.ndarray]] = field(default_factory=list)
    calls: dict[int, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)
    """Number of an action -> the device's method that is called before it, and its arguments."""


class NullSimulator(simulator.PhoneSimulator):
    """Returns copies of one picture."""

    def __init__(self, device: Device, config: simulator.PhoneConfig | None = None):
        super().__init__(device, config)
        self._picture = device.frame()

    def send_touch(self, touches: Sequence[tuple[int, int, bool, int]]) -> None:
        """Do nothing."""

    def _get_screenshot_impl(self) -> np.ndarray:
        return self._picture.copy()


class PlainPainter(Painter):
    """Draws every picture from scratch."""

    def frame(
        self, windows: Sequence[Window], theme: Theme, pressed: Sequence[str] | None, turns: int = 0
    ) -> np.ndarray:
        """Draw the picture without the cached layers."""
        self._theme, self._layers = None, {}
        return super().frame(windows, theme, pressed, turns)


def contender(kind: str, render: tuple[int, int]) -> tuple[Device, AndroidEnv]:
    """A device and the android-env environment around it."""
    device = Device(render=render)
    if kind == "full redraw":
        device._painter = PlainPainter(device.size, device.render)
    null = kind == "null simulator"
    env = simulator.load(device, simulator=NullSimulator if null else simulator.PhoneSimulator)
    env.reset()
    return device, env


def random_scripts(steps: int, seed: int) -> list[Script]:
    """Touches and lifts at random, beginning in every app and on the home screen."""
    random = np.random.default_rng(seed)
    scripts = []
    device = Device()
    booted = device.snapshot()
    for app in device.apps.values():
        device.restore(booted)
        if app.launcher:
            device.open_app(app.package)
            device.settle()
        script = Script(app.label, device.snapshot())
        script.actions = [raw(int(random.integers(2)), random.uniform(0, 1, 2)) for _ in range(steps)]
        scripts.append(script)
    return scripts


def oracle_scripts(seed: int) -> list[Script]:
    """The oracles' actions, expanded into raw steps."""
    scripts = []
    for name in templates():
        device = Device()
        task = make_task(name, seed)
        begin(task, device)
        script = Script(name, device.snapshot())
        screen = OracleView(accessibility.elements(device), device.size)
        oracle = template(name).oracle(screen, task.slots)
        action = next(oracle)
        while True:
            expand(action, device, script)
            try:
                action = oracle.send(OracleView(accessibility.elements(device), device.size))
            except StopIteration:
                break
        scripts.append(script)
    return scripts


def expand(action: Action, device: Device, script: Script) -> None:
    """Perform an action by raw steps, and append them to the script."""
    width, height = device.size
    last = np.zeros(2, np.float32)

    def step(kind: int, point: Point | None = None, call: str = "", *arguments: Any) -> None:
        nonlocal last
        if call:
            script.calls[len(script.actions)] = (call, arguments)
            getattr(device, call)(*arguments)
        x, y = point or (0, 0)
        script.actions.append(raw(kind, (x / width, y / height)))
        if kind == TOUCH:
            last = script.actions[-1]["touch_position"]
        if kind != REPEAT:
            touch(device, kind == TOUCH, last)
        device.advance(simulator.STEP_MS)

    if action.kind in ("tap", "double_tap", "type") and action.point is not None:
        for _ in range(2 if action.kind == "double_tap" else 1):
            step(TOUCH, action.point)
            step(LIFT)
    elif action.kind in ("swipe", "long_press"):
        count = SWIPE_STEPS if action.kind == "swipe" else HOLD_STEPS
        (x1, y1), (x2, y2) = action.start, action.end if action.kind == "swipe" else action.start
        for part in np.linspace(0, 1, count):
            step(TOUCH, (x1 + (x2 - x1) * part, y1 + (y2 - y1) * part))
        step(LIFT)
    if action.kind == "type":
        if action.clear:
            step(REPEAT, None, "select_all")
            step(REPEAT, None, "press", "DEL")
        for letter in action.text:
            step(REPEAT, None, "type_text", letter)
        if action.enter:
            step(REPEAT, None, "press", "ENTER")
    elif action.kind == "key":
        step(REPEAT, None, "press", action.text)
    elif action.kind == "open_app":
        step(REPEAT, None, "open_app", action.text)
    step(REPEAT)
    for _ in range(MAX_WAITS):
        if device.quiet:
            break
        step(REPEAT)


def touch(device: Device, down: bool, point: np.ndarray) -> None:
    """Touch the device or lift the finger, as android-env does."""
    width, height = device.size
    x, y = min(int(point[0] * width), width - 1), min(int(point[1] * height), height - 1)
    device.touch([(x, y, down, 0)])


def play(
    device: Device, env: AndroidEnv, scripts: list[Script], watch: Callable[[np.ndarray], None] | None = None
) -> np.ndarray:
    """Play all scripts; returns the CPU seconds of each step, (steps,) float64."""
    clock, seconds = time.process_time, []
    for script in scripts:
        device.restore(script.start)
        env.step(raw(LIFT))
        calls = script.calls
        for number, action in enumerate(script.actions):
            start = clock()
            if number in calls:
                name, arguments = calls[number]
                getattr(device, name)(*arguments)
            pixels = env.step(action).observation["pixels"]
            seconds.append(clock() - start)
            if watch is not None:
                watch(pixels)
    return np.array(seconds)


class Changes:
    """Records which pictures differ from the previous one."""

    def __init__(self) -> None:
        self.changed: list[bool] = []
        self._last = b""

    def __call__(self, pixels: np.ndarray) -> None:
        """Compare a picture with the previous one."""
        data = pixels.tobytes()
        self.changed.append(data != self._last)
        self._last = data


def median_ms(function: Callable[[], Any], before: Callable[[], Any] = lambda: None, times: int = 50) -> float:
    """Median CPU time of a call, ms; ``before`` is called before each one and not timed."""
    seconds = []
    for _ in range(times):
        before()
        start = time.process_time()
        function()
        seconds.append(time.process_time() - start)
    return 1e3 * float(np.median(seconds))


def resident() -> float:
    """Resident memory of this process, MB."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 1e6


def rates(render: tuple[int, int], work: dict[str, list[Script]], rounds: int, table: Table) -> None:
    """Add every contender's best round on every workload to the table."""
    for kind, scripts in work.items():
        contenders = {name: contender(name, render) for name in ("phone", "full redraw", "null simulator")}
        changes = Changes()
        play(*contenders["phone"], scripts, changes)
        changed = np.array(changes.changed)
        best: dict[str, np.ndarray] = {}
        for _ in range(rounds):
            for name, pair in contenders.items():
                seconds = play(*pair, scripts)
                if name not in best or seconds.sum() < best[name].sum():
                    best[name] = seconds
        for name, seconds in best.items():
            share = changed.mean() if name != "null simulator" else 0.0
            moved, still = 1e3 * seconds[changed].mean(), 1e3 * seconds[~changed].mean()
            table.add_row(
                f"{render[0]}x{render[1]}",
                kind,
                name,
                f"{len(seconds):,}",
                f"{share:.0%}",
                f"{1 / seconds.mean():,.0f}",
                f"{moved:.2f}",
                f"{still:.3f}",
                f"{4e3 / (moved + 3 * still):,.0f}",
                f"{best['full redraw'].mean() / seconds.mean():.2f}",
            )
        table.add_section()


def states(scripts: list[Script], table: Table) -> None:
    """Time reset, snapshot and restore without redrawing, on the start states of the oracles' scripts."""
    device, env = contender("phone", RENDERS[0])
    booted, largest = device.snapshot(), max(scripts, key=lambda script: len(script.start))

    def use() -> None:
        device.restore(largest.start)
        device.open_app("Settings")
        device.frame()

    def first_picture() -> None:
        device.restore(booted)
        env.reset()

    table.add_row("reset (restore the booted phone), ms", f"{median_ms(lambda: device.restore(booted), use):.3f}")
    table.add_row("the same and android-env's reset with its picture, ms", f"{median_ms(first_picture, use):.3f}")
    both = median_ms(lambda: device.restore(device.snapshot()), use)
    table.add_row(f"snapshot + restore, {largest.name}, {len(largest.start):,} bytes, ms", f"{both:.3f}")


def episodes(world: TextWorld, seed: int, seconds: dict[str, list[float]]) -> None:
    """Play every template's oracle; adds the CPU seconds of resets and steps by kind of action."""
    clock = time.process_time
    for name in templates():
        start = clock()
        observation, _ = world.reset(seed=seed, options={"task": name})
        seconds["reset"].append(clock() - start)
        assert world.task is not None
        oracle = world.oracle(world.task, world.codec)
        next(oracle)
        over = False
        with contextlib.suppress(ValueError, StopIteration):  # an action that the codec can't express
            while not over:
                words = oracle.send(observation)
                start = clock()
                observation, _, terminated, truncated, info = world.step(words)
                seconds[info["action"]["kind"]].append(clock() - start)
                over = terminated or truncated


def agents(codec: str, seed: int, rounds: int, table: Table) -> None:
    """Add the steps of an agent through a codec, and resets, to the table."""
    worlds: dict[str, TextWorld] = {}
    for name in ("phone", "full redraw"):
        world: Any = gymnasium.make("palaestra/AndroidTasks-v0", codec=codec, observe=("elements",))
        if name == "full redraw":
            world.device._painter = PlainPainter(world.device.natural, world.device.render)
        worlds[name] = world
        episodes(world, seed, collections.defaultdict(list))
    times: dict[str, dict[str, list[float]]] = {name: collections.defaultdict(list) for name in worlds}
    for number in range(1, rounds + 1):
        for name, world in worlds.items():
            episodes(world, seed + number, times[name])
    for seconds in times.values():
        seconds["all steps"] = [each for kind, spent in seconds.items() if kind != "reset" for each in spent]
    for kind, label in AGENT_ROWS.items():
        ours, plain = (np.array(seconds[kind]) for seconds in times.values())
        if len(ours):
            row = (f"{1e3 * ours.mean():.2f}", f"{1 / ours.mean():,.0f}", f"{plain.mean() / ours.mean():.2f}")
            table.add_row(codec, label, f"{len(ours):,}", *row)
    table.add_section()


def crowd(count: int, scripts: list[Script], table: Table) -> None:
    """Measure memory and speed of many devices in one process, stepped in turn."""
    contender("phone", RENDERS[0])
    gc.collect()
    before = resident()
    pairs = [contender("phone", RENDERS[0]) for _ in range(count)]
    for number, (device, env) in enumerate(pairs):
        device.restore(scripts[number % len(scripts)].start)
        env.step(raw(LIFT))
    actions = [scripts[number % len(scripts)].actions for number in range(count)]
    turns = min(map(len, actions))
    start = time.process_time()
    for turn in range(turns):
        for (_, env), of_device in zip(pairs, actions, strict=True):
            env.step(of_device[turn])
    seconds = time.process_time() - start
    gc.collect()
    table.add_row(f"MB per extra device, {count} devices", f"{(resident() - before) / count:.2f}")
    table.add_row(f"steps/s of {count} devices in turn, random touches", f"{count * turns / seconds:,.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=60, help="random steps in every app")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--devices", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--agents-only", action="store_true", help="only the table of agents' steps")
    options = parser.parse_args()
    acting = Table("codec", "step", "count", "ms", "steps/s", "x full redraw")
    for codec in CODECS:
        agents(codec, options.seed, options.rounds, acting)
    if options.agents_only:
        Console(width=140).print(acting)
        return
    random, oracle = random_scripts(options.steps, options.seed), oracle_scripts(options.seed)
    table = Table(
        "render",
        "steps",
        "what",
        "count",
        "changed",
        "steps/s",
        "ms, changed",
        "ms, same",
        "steps/s at 25 % changed",
        "x full redraw",
    )
    for render in RENDERS:
        rates(render, {"random touches": random, "oracle episodes": oracle}, options.rounds, table)
    numbers = Table("what", "measured")
    states(oracle, numbers)
    crowd(options.devices, random, numbers)
    Console(width=140).print(table, acting, numbers)


if __name__ == "__main__":
    main()
