"""Time and memory from a D4RL file to batches, compared with the public ``d4rl`` package.

    python benchmarks/data_load.py [--rows N] [--robots halfcheetah ant] [--folder DIR] [--repeats N]

Writes a file per robot in D4RL's v2 layout (gzip, with ``next_observations`` and ``infos``, and data that hardly
compress), unless DIR has it from an earlier run, and measures in new processes with the file in the page cache:

- ours: ``palaestra.data.load`` and ``Dataset.transitions``, the best of the repeats;
- d4rl: reading every key with h5py as its ``get_dataset`` does, and a copy of the loop over rows in its
  ``qlearning_dataset``, timed on the first 100k rows and extrapolated to all;
- batches/s of 256 transitions per seed, drawn and gathered, for 1, 4 and 16 seeds on one thread;
- peak resident memory of our process: after imports, when ready, after the batches, after 100 updates of TD3+BC.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

BATCH = 256
MAX_LOOP_ROWS = 100_000
POSITIONS = {"halfcheetah": 9, "hopper": 6, "walker2d": 9, "ant": 15}


def write(robot: str, rows: int, path: Path) -> None:
    """Correlated noise in the shapes of a robot's file."""
    from palaestra.data.dataset import Dataset
    from palaestra.data.formats import d4rl

    rng = np.random.default_rng(0)
    _, observation_dim, action_dim, horizon = d4rl.ROBOTS[robot]

    def noise(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape, dtype=np.float32)

    observations = noise(rows + 1, observation_dim)
    observations[1:] += 0.9 * observations[:-1]
    timeouts = np.arange(rows) % horizon == horizon - 1
    columns = {
        "observations": observations[:-1],
        "actions": np.tanh(noise(rows, action_dim)),
        "rewards": noise(rows),
        "terminals": (rng.random(rows) < 1 / 500) & ~timeouts & (robot != "halfcheetah"),
        "timeouts": timeouts,
        "next_observations": observations[1:],
        "infos/action_log_probs": noise(rows),
        "infos/qpos": noise(rows, POSITIONS[robot]),
        "infos/qvel": noise(rows, POSITIONS[robot]),
    }
    id = f"{robot}-medium-v2"
    d4rl.write_hdf5(Dataset(id, id, columns, horizon), path)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure_ours(path: Path, repeats: int) -> dict[str, Any]:
    import torch

    from palaestra import data
    from palaestra.data.dataset import Dataset, Transitions
    from palaestra.data.streams import Stream
    from palaestra.offline_rl.td3bc import TD3BC

    def read() -> tuple[float, Dataset, Transitions]:
        start = time.perf_counter()
        dataset = data.load(path)
        transitions = dataset.transitions()
        return time.perf_counter() - start, dataset, transitions

    torch.set_num_threads(1)
    measurements: dict[str, Any] = {"imports": peak_mb(), "batches": {}}
    seconds = [read()[0] for _ in range(repeats - 1)]  # each is freed before the next is read
    last, dataset, transitions = read()
    measurements |= {"ready": peak_mb(), "transitions": len(transitions), "rows": len(dataset)}
    measurements["seconds"] = [*seconds, last]
    for seeds in (1, 4, 16):
        draws = Stream(range(seeds), "minibatches", (BATCH,), high=len(transitions))
        for _ in range(64):
            transitions.batch(draws.draw())
        start, count = time.perf_counter(), 0
        while time.perf_counter() < start + 2:
            transitions.batch(draws.draw())
            count += 1
        measurements["batches"][seeds] = count / (time.perf_counter() - start)
    measurements["sampled"] = peak_mb()
    learner = TD3BC(TD3BC.Config(device="cpu"), dataset)
    for _ in range(100):
        learner.update(learner.sample())
    return measurements | {"trained": peak_mb()}


def measure_loop(path: Path) -> dict[str, Any]:
    import h5py

    columns, names = {}, []
    start = time.perf_counter()
    with h5py.File(path) as file:
        file.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
        for name in names:
            columns[name] = file[name][()]
    reading = time.perf_counter() - start
    rows = len(columns["rewards"])
    count = min(MAX_LOOP_ROWS, rows)
    kept: dict[str, list[Any]] = {
        name: [] for name in ("observations", "actions", "next_observations", "rewards", "terminals")
    }
    start = time.perf_counter()
    for row in range(count - 1):
        observation = columns["observations"][row].astype(np.float32)
        next_observation = columns["observations"][row + 1].astype(np.float32)
        action, reward = columns["actions"][row].astype(np.float32), columns["rewards"][row].astype(np.float32)
        terminal = bool(columns["terminals"][row])
        if columns["timeouts"][row]:
            continue
        for name, value in zip(kept, (observation, action, next_observation, reward, terminal)):
            kept[name].append(value)
    arrays = {name: np.array(values) for name, values in kept.items()}
    seconds = (time.perf_counter() - start) * rows / count
    return {"reading": reading, "loop": seconds, "kept": len(arrays["rewards"])}


def in_fresh_process(what: str, path: Path, repeats: int) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", what, "--folder", str(path), "--repeats", str(repeats)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def report(robot: str, path: Path, repeats: int) -> None:
    ours, theirs = in_fresh_process("ours", path, repeats), in_fresh_process("loop", path, repeats)
    best, d4rl = min(ours["seconds"]), theirs["reading"] + theirs["loop"]
    print(f"\n{robot}: {ours['rows']} rows, {ours['transitions']} transitions, {path.stat().st_size / 1e6:.0f} MB")
    every = ", ".join(f"{seconds:.2f}" for seconds in ours["seconds"])
    print(f"  file to ready   {best:6.2f} s  (of {every})")
    parts = f"{theirs['reading']:.2f} reading, {theirs['loop']:.2f} loop"
    print(f"  d4rl            {d4rl:6.2f} s  ({parts}), {d4rl / best:.0f}x")
    rates = ", ".join(f"{rate:.0f} for {seeds} seed(s)" for seeds, rate in ours["batches"].items())
    print(f"  batches/s       {rates}")
    peaks = ", ".join(f"{ours[when]:.0f} {when}" for when in ("imports", "ready", "sampled", "trained"))
    print(f"  peak MB         {peaks}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--robots", nargs="+", default=["halfcheetah", "ant"], choices=POSITIONS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--measure", choices=["ours", "loop"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        path = options.folder
        print(json.dumps(measure_ours(path, options.repeats) if options.measure == "ours" else measure_loop(path)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for robot in options.robots:
            path = folder / f"{options.rows}" / f"{robot}_medium-v2.hdf5"
            if not path.exists():
                write(robot, options.rows, path)
            report(robot, path, options.repeats)


if __name__ == "__main__":
    main()
