"""Minibatches per second from a replay buffer, beside stable-baselines3's ``ReplayBuffer.sample``.

    python benchmarks/replay.py [--rows N] [--online N] [--batch 256] [--seeds 1 2 4 16] [--threads 1]

Both hold the same number of rows in HalfCheetah's shapes, the last ``--online`` of them added online. Both sample
uniformly with replacement and return tensors on one device; theirs serves one seed, ours K seeds with K different
minibatches from one dataset and each seed's own online rows. Rounds alternate and the medians are printed.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.buffers import ReplayBuffer

from palaestra.data.dataset import Dataset
from palaestra.data.replay import Replay, ReplayIndices

STATE, ACTION = 17, 6
ROUNDS = 7


def ours(dataset: Dataset, batch: int, seeds: int, online: int, device: str) -> Callable[[], object]:
    replay = Replay(dataset.transitions(device), seeds, online)
    replay.extend(torch.randn(online, seeds, replay.width))
    indices = ReplayIndices(replay, list(range(seeds)), "minibatches", batch, None, position=0)
    return lambda: replay.batch(indices.draw())


def theirs(dataset: Dataset, batch: int, online: int, device: str) -> Callable[[], object]:
    rows = len(dataset) + online
    box = gymnasium.spaces.Box
    buffer = ReplayBuffer(rows, box(-9, 9, (STATE,)), box(-1, 1, (ACTION,)), device, handle_timeout_termination=True)
    for name, column in (("observations", "observations"), ("actions", "actions"), ("rewards", "rewards")):
        getattr(buffer, name)[: len(dataset), 0] = dataset.columns[column]
    buffer.next_observations[: len(dataset) - 1, 0] = dataset.columns["observations"][1:]
    buffer.full = True
    return lambda: buffer.sample(batch)


def seconds(sample: Callable[[], object], device: str, min_duration: float = 0.3) -> float:
    """Mean time of one call, measured for at least ``min_duration`` seconds."""
    calls, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < min_duration:
        for _ in range(20):
            sample()
        if device == "cuda":
            torch.cuda.synchronize()
        calls += 20
    return spent / calls


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--online", type=int, default=100_000)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 4, 16])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    noise = np.random.default_rng(0)
    timeouts = np.arange(options.rows) % 1000 == 999
    columns = {
        "observations": noise.standard_normal((options.rows, STATE), dtype=np.float32),
        "actions": noise.uniform(-1, 1, (options.rows, ACTION)).astype(np.float32),
        "rewards": noise.standard_normal(options.rows, dtype=np.float32),
        "terminals": np.zeros(options.rows, bool),
        "timeouts": timeouts,
    }
    dataset = Dataset("halfcheetah-medium-v2", "halfcheetah-medium-v2", columns, 1000)
    samplers = {"stable-baselines3": (1, theirs(dataset, options.batch, options.online, options.device))}
    for seeds in options.seeds:
        sampler = ours(dataset, options.batch, seeds, options.online, options.device)
        samplers[f"palaestra, {seeds} seed{'s' * (seeds > 1)}"] = (seeds, sampler)
    times: dict[str, list[float]] = {name: [] for name in samplers}
    for _ in range(ROUNDS):
        for name, (_, sample) in samplers.items():
            times[name].append(seconds(sample, options.device))
    print(f"{options.rows:,} dataset rows + {options.online:,} online, batch {options.batch}, {options.device}\n")
    print(f"{'':24}{'us / call':>12}{'minibatches / s':>18}{'ratio':>8}")
    reference = None
    for name, (seeds, _) in samplers.items():
        call = statistics.median(times[name])
        rate = seeds / call
        reference = reference or rate
        print(f"{name:24}{call * 1e6:12.1f}{rate:18,.0f}{rate / reference:8.1f}")


if __name__ == "__main__":
    main()
