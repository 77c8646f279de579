"""Steps per second of the tool worlds on one core, and what a snapshot, a restore, a fork and a reset take.

The steps are the turns of the tasks' oracles, every template of a world in turn; resets are timed apart. A step is
taken with a fingerprint after it, and without. ``one call`` is the same small read over and over in one episode, with
fingerprints. ``an empty tool`` is a world whose only tool does nothing: the cost of
reading a turn and answering it. ``a first write`` is a fork with its first call; where that changes the database, it
also attaches the triggers that log changes. The sandbox is measured beside a cold ``python -I -S`` in the same
run. Times are the medians of rounds, in CPU time for the worlds and in wall time for the sandbox; the machine's load is
printed.
"""

import argparse
import contextlib
import functools
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from rich.console import Console
from rich.table import Table

from palaestra.envs.tools.declaration import WORLDS
from palaestra.envs.tools.task import Oracle, Template, call, turn_of
from palaestra.envs.tools.tool import tool
from palaestra.envs.tools.world import ToolEnv

IN_SANDBOX = ("palaestra/ToolPython-v0",)
"""Worlds whose steps take milliseconds of other processes; they are measured with fewer episodes, in wall time."""


ONE_CALL = {
    "palaestra/ToolArithmetic-v0": call("calculate", expression="(12 + 1) * 7"),
    "palaestra/ToolLookup-v0": call("get", section="cities", name="Arnsby"),
    "palaestra/ToolSQL-v0": call("query", sql="SELECT count(*) FROM customer WHERE city = 'Elm'"),
}


class Empty(ToolEnv):
    """A world whose only tool does nothing."""

    @tool()
    def nothing(self) -> None:
        """Do nothing."""


class DoNothing(Template[Empty]):
    """Call the tool three times."""

    def instruction(self, slots: Mapping[str, Any]) -> str:
        return "Do nothing."

    def check(self, *_: Any) -> dict[str, bool]:
        return {"nothing was done": True}

    def minimum(self, slots: Mapping[str, Any]) -> int:
        return 0

    def oracle(self, slots: Mapping[str, Any]) -> Oracle:
        for _ in range(3):
            yield call("nothing")
        yield "Done."


def recorded(world: Any, episodes: int) -> list[tuple[str, int, list[str]]]:
    """Episodes of the oracles: the template's name, the seed, and the turns."""
    played = []
    for number in range(episodes):
        name = world.task_names[number % len(world.task_names)]
        observation, _ = world.reset(seed=number, options={"task": name, "task_seed": number})
        oracle, texts, ended = type(world).oracle(world.task, world.codec), list[str](), False
        next(oracle)
        while not ended:
            texts.append(oracle.send(observation))
            observation, _, terminated, truncated, _ = world.step(texts[-1])
            ended = terminated or truncated
        played.append((name, number, texts))
    return played


def steps_per_second(
    world: Any, episodes: Sequence[tuple[str, int, list[str]]], clock: Callable[[], float], fingerprints: bool
) -> tuple[float, float]:
    """Steps per second, and seconds of a reset."""
    stepping, resetting, steps = 0.0, 0.0, 0
    for name, seed, texts in episodes:
        begin = clock()
        world.reset(seed=seed, options={"task": name, "task_seed": seed})
        resetting += clock() - begin
        begin = clock()
        for text in texts:
            world.step(text)
            if fingerprints:
                world.fingerprint()
        stepping += clock() - begin
        steps += len(texts)
    return steps / stepping, resetting / len(episodes)


def one_call_per_second(world: Any, rounds: int) -> str:
    """Steps per second of the same call, the median of the rounds; empty if the world has none in ``ONE_CALL``."""
    if world.spec is None or world.spec.id not in ONE_CALL:
        return ""
    text = world.codec.encode(turn_of(ONE_CALL[world.spec.id]))
    world.reset(seed=0)
    rates = []
    for _ in range(rounds + 1):  # the first one warms up
        begin = time.process_time()
        for _ in range(500):
            world.step(text)
            world.fingerprint()
        rates.append(500 / (time.process_time() - begin))
    return f"{statistics.median(rates[1:]):,.0f}"


def milliseconds(action: Callable[[], Any], count: int, clock: Callable[[], float]) -> float:
    """The median of ``count`` single times."""
    times = []
    for _ in range(count):
        begin = clock()
        action()
        times.append(clock() - begin)
    return 1e3 * statistics.median(times)


def measured(world: Any, episodes: int, rounds: int) -> list[str]:
    """A row of the table."""
    slow = world.spec is not None and world.spec.id in IN_SANDBOX
    clock = time.perf_counter if slow else time.process_time
    played = recorded(world, max(2, episodes // 20) if slow else episodes)
    rates = {
        fingerprints: [steps_per_second(world, played, clock, fingerprints) for _ in range(rounds)]
        for fingerprints in (True, False)
    }
    name, seed, texts = played[-1]
    world.reset(seed=seed, options={"task": name, "task_seed": seed})
    snapshot = world.snapshot()
    count = 20 if slow else 300

    def writing_fork() -> None:
        fork = world.fork()
        fork.step(texts[0])
        fork.close()

    times = [
        milliseconds(world.snapshot, count, clock),
        milliseconds(lambda: world.restore(snapshot), count, clock),
        milliseconds(lambda: world.fork().close(), count, clock),
        milliseconds(writing_fork, count, clock),
    ]
    reset = statistics.median(seconds for _, seconds in rates[True])
    per_second = [f"{statistics.median(rate for rate, _ in rates[which]):,.0f}" for which in (True, False)]
    return [
        *per_second,
        one_call_per_second(world, rounds),
        *(f"{each:.3f}" for each in times),
        f"{1e3 * reset:.2f}",
        f"{len(snapshot) / 1024:.0f}",
    ]


def sandbox_times(count: int) -> list[tuple[str, float]]:
    """Median wall times of one call per tier, and of a cold interpreter, in ms."""
    from palaestra.envs.tools.sandbox.probe import probe
    from palaestra.envs.tools.sandbox.run import Sandbox
    from palaestra.envs.tools.sandbox.tiers import Tier

    def cold() -> None:
        subprocess.run([sys.executable, "-I", "-S", "-c", "print(1)"], capture_output=True, check=True)

    rows = [("a cold python -I -S", milliseconds(cold, count, time.perf_counter))]
    for tier in (tier for tier in probe().tiers if tier != Tier.T0):
        with contextlib.closing(Sandbox(tier=str(tier))) as sandbox:
            sandbox.run("print(1)")
            warm = functools.partial(sandbox.run, "print(1)")
            rows.append((f"a warm call, {tier}", milliseconds(warm, count, time.perf_counter)))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=40, help="of the sandbox, per tier")
    options = parser.parse_args()
    console = Console(width=170)
    console.print(f"load {os.getloadavg()[0]:.2f} on {len(os.sched_getaffinity(0))} cores, numpy {np.__version__}")
    rates, times = (
        ("steps/s", "without fingerprint", "one call"),
        ("snapshot", "restore", "fork", "a first write", "reset"),
    )
    table = Table("world", *rates, *(f"{each} ms" for each in times), "snapshot KiB")
    worlds = [Empty(), *(gymnasium.make(world.id) for world in WORLDS)]
    for world in worlds:
        gc.collect()
        table.add_row(
            world.spec.id if world.spec else "an empty tool", *measured(world, options.episodes, options.rounds)
        )
        world.close()
    console.print(table)
    rows = sandbox_times(options.calls)
    beside = Table("sandbox", "ms", "of a cold interpreter")
    for name, time_ms in rows:
        beside.add_row(name, f"{time_ms:.1f}", f"{time_ms / rows[0][1]:.2f}")
    console.print(beside)


if __name__ == "__main__":
    main()
