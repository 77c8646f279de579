"""Cost of an update: every learner against its arithmetic floor, and PRDC's neighbour search against SciPy's KD-tree.

    python benchmarks/offline_steps.py [--learners bc td3bc ...] [--rows N] [--robots halfcheetah hopper] [--quick]

The floor of an update is the time of its matrix products alone: their FLOPs, counted during the update, at the rate of
a (256 x 256) x (256 x 256) float32 product, measured on as many threads in the same minute. The data are our medium
recipes, made on first use. Warm timings are taken after ``--warm`` training updates, with all lists built; the time to
build them is printed separately. Run it on an idle machine.

    python benchmarks/offline_steps.py --beside corl d3rlpy [--learners td3bc iql ...]

alternates other libraries' updates with ours, if they can be imported; see ``peers.py``.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import torch
from peers import update_of
from scipy.spatial import KDTree
from torch.utils.flop_counter import FlopCounterMode

from palaestra import data
from palaestra.agents.rollouts.collect import make
from palaestra.agents.training.malloc import keep_freed_memory
from palaestra.agents.training.registry import find, names
from palaestra.data import recipes
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.learner import Learner
from palaestra.offline_rl.trainer import accelerated

SIDE = 256
# A pretrained trunk would have to be downloaded, and an update with GPT-2's size takes half a minute on one thread.
SMALL_SETTINGS = {"lamo": {"trunk": "random", "n_layer": 2, "n_head": 2, "n_embd": 128}}


def recipe_dataset(robot: str, rows: int) -> Dataset:
    """The robot's medium recipe with exactly ``rows`` rows, in a separate folder."""
    recipe = recipes.find(f"palaestra/{robot}/medium-v0")
    folder = recipe.path.with_name(f"medium-v0-{rows}-rows")
    if not folder.exists():
        make(recipe.id, rows, processes=torch.get_num_threads(), out=folder)
    return data.load(folder)


def build(name: str, dataset: Dataset, seeds: int, device: str, **changed: Any) -> Learner:
    algorithm = find(name)
    settings = algorithm.published(dataset.id) | SMALL_SETTINGS.get(name, {}) | changed
    learner = algorithm.learner(algorithm.config(seeds=seeds, device=device, **settings), dataset)
    learner.prepare(1_000_000)
    for component in learner.components:
        component.prepare(1_000_000)
    if name == "prdc":
        lists = learner.neighbours.search.lists
        lists.make(sorted(lists.unmade))
    return learner


def seconds(update: Callable[[], object], period: int, device: torch.device, repeats: int) -> float:
    """Median over ``repeats`` of the time of one update, each measured over ten periods."""
    times = []
    for _ in range(repeats + 1):
        start, count = time.perf_counter(), 10 * period
        for _ in range(count):
            update()
        if device.type == "cuda":
            torch.cuda.synchronize()
        times.append((time.perf_counter() - start) / count)
    return median(times[1:])


def matmul_rate(device: torch.device, repeats: int = 7) -> float:
    """FLOP/s of a float32 product of two square matrices."""
    a, b = (torch.randn(SIDE, SIDE, device=device) for _ in range(2))
    return 2 * SIDE**3 / seconds(lambda: a @ b, 10, device, repeats)


def flops(learner: Learner) -> float:
    """FLOPs of the matrix products of one update, averaged over a period."""
    with FlopCounterMode(display=False) as counter:
        for _ in range(learner.period):
            learner.update(learner.sample())
    return counter.get_total_flops() / learner.period


def steps_table(
    learners: Sequence[str],
    dataset: Dataset,
    threads_list: Sequence[int],
    seeds_list: Sequence[int],
    modes: Sequence[str],
    device: str,
    repeats: int,
) -> None:
    header = [("learner", 12), ("threads", -8), ("seeds", -6), ("mode", -9), ("ms/step", -9), ("seed-steps/s", -14)]
    header += [("floor ms", -10), ("x floor", -9), ("tokens/s", -11)]
    print("".join(f"{text:<{width}}" if width > 0 else f"{text:>{-width}}" for text, width in header))
    for name in learners:
        for threads in threads_list:
            torch.set_num_threads(threads)
            for seeds in seeds_list:
                for mode in modes:
                    learner = build(name, dataset, seeds, device)
                    if mode == "graph" and not all(part.capturable for part in learner.components):
                        continue
                    work = flops(learner)
                    update = accelerated(learner, mode)
                    for _ in range(2 * learner.period):
                        update()
                    cost = seconds(update, learner.period, learner.device, repeats)
                    floor = work / matmul_rate(learner.device)
                    tokens = 3 * seeds * learner.config.batch_size * getattr(learner.config, "K", 0)
                    print(
                        f"{name:<12}{threads:>8}{seeds:>6}{mode:>9}{1e3 * cost:>9.2f}{seeds / cost:>14.0f}"
                        f"{1e3 * floor:>10.2f}{cost / floor:>9.2f}" + (f"{tokens / cost:>11,.0f}" if tokens else ""),
                        flush=True,
                    )


def beside_table(learners: list[str], peers: list[str], dataset: Dataset, repeats: int) -> None:
    """Print milliseconds per minibatch and update of ours and each peer's, measured in turn, and the peer's ratio."""
    print(f"one thread, one seed, batches of 256, {dataset.env_id}, CPU")
    torch.set_num_threads(1)
    for peer in peers:
        for name in learners:
            theirs = update_of(peer, name, dataset)
            if isinstance(theirs, str):
                print(f"{name:<12} {theirs}")
                continue
            settings = {"batch_size": 256, **find(name).published(dataset.id)}
            learner = build(name, dataset, 1, "cpu", **settings)
            ours = lambda learner=learner: learner.update(learner.sample())  # noqa: E731
            times = []
            for _ in range(repeats):
                times.append([seconds(update, 2, learner.device, 1) for update in (ours, theirs)])
            ratios = sorted(peer_time / own for own, peer_time in times)
            own, peer_time = (1e3 * median(column) for column in zip(*times))
            print(
                f"{name:<12} ours {own:7.2f} ms   {peer} {peer_time:7.2f} ms   {peer} / ours {median(ratios):5.2f} "
                f"[{ratios[0]:.2f}, {ratios[-1]:.2f}]",
                flush=True,
            )


def neighbours_table(robot: str, dataset: Dataset, warm: list[int], device: str, repeats: int) -> None:
    """Print the times of PRDC's search and whole step during training, beside SciPy's tree and TD3+BC's step."""
    threads = torch.get_num_threads()
    start = time.perf_counter()
    learner = build("prdc", dataset, 1, device)
    built = time.perf_counter() - start
    plain, search = build("td3bc", dataset, 1, device), learner.neighbours.search
    states, actions = learner.neighbours.pairs()
    start = time.perf_counter()
    beta = learner.config.beta
    tree = KDTree(torch.cat([beta * states, actions], dim=1).cpu().numpy())
    tree_built = time.perf_counter() - start
    per_row = 1e3 * built / len(states)
    print(f"{robot}, {len(states):,} rows, {threads} thread(s): ", end="")
    print(f"lists {built:.1f} s ({per_row:.2f} ms a row), tree {tree_built:.1f} s")
    for updates in warm:
        while learner.updates < updates:
            learner.update(learner.sample())
        ours, theirs, agree, asked, missed = [], [], 0, int(search.asked), int(search.missed)
        for _ in range(repeats):
            batch = learner.sample()
            s = learner.normaliser(batch.observations)
            pi = learner.actor(s).detach()
            start = time.perf_counter()
            nearest = search.nearest(batch.rows[0], pi[0])
            ours.append(time.perf_counter() - start)
            key = torch.cat([beta * s[0], pi[0]], dim=1).cpu().numpy()
            start = time.perf_counter()
            _, index = tree.query(key, k=[1], workers=threads)
            theirs.append(time.perf_counter() - start)
            agree += int((torch.as_tensor(index[:, 0]) == nearest.cpu()).sum())
        share = (int(search.missed) - missed) / (int(search.asked) - asked)
        prdc = [seconds(lambda: learner.update(learner.sample()), 2, learner.device, 1) for _ in range(repeats)]
        td3bc = [seconds(lambda: plain.update(plain.sample()), 2, plain.device, 1) for _ in range(repeats)]
        print(
            f"  after {updates:>6} updates: {1e3 * median(ours):6.2f} ms per {len(index)} queries, "
            f"KD-tree {1e3 * median(theirs):6.1f} ms "
            f"({median(theirs) / median(ours):.1f}x), {100 * share:.1f} % left open by lists, "
            f"{agree} of {repeats * len(index)} answers equal; PRDC's step {1e3 * median(prdc):.2f} ms, "
            f"TD3+BC's {1e3 * median(td3bc):.2f} ms ({median(prdc) / median(td3bc):.2f}x)",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--learners", nargs="*", default=None)
    parser.add_argument("--robots", nargs="*", default=["halfcheetah", "hopper"])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--threads", nargs="*", type=int, default=[1, 2])
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 4, 16])
    parser.add_argument("--warm", nargs="*", type=int, default=[100, 2000, 10_000])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--modes", nargs="*", default=None, help="eager compile graph; graph needs CUDA")
    parser.add_argument("--beside", nargs="*", default=[], choices=("corl", "d3rlpy"), help="also time these libraries")
    parser.add_argument(
        "--malloc",
        choices=("kept", "system"),
        default="kept",
        help="where freed memory goes: kept in the process, or returned",
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, only to check that the script runs")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.seeds, options.threads, options.warm, options.repeats = 5000, [2], [1], [20], 2
    if options.malloc == "kept":
        keep_freed_memory()
    learners = options.learners if options.learners is not None else sorted(names("offline_rl"))
    modes = options.modes or ["eager", "compile", *(["graph"] if options.device == "cuda" else [])]
    if options.beside:
        dataset = recipe_dataset(options.robots[0], options.rows)
        beside_table(learners, options.beside, dataset, options.repeats)
        return
    print(f"torch {torch.__version__} on {options.device}, float32, batch and widths as published")
    if learners:
        dataset = recipe_dataset(options.robots[0], options.rows)
        steps_table(learners, dataset, options.threads, options.seeds, modes, options.device, options.repeats)
    for robot in options.robots if "prdc" in learners or not learners else []:
        dataset = recipe_dataset(robot, options.rows)
        for threads in options.threads:
            torch.set_num_threads(threads)
            neighbours_table(robot, dataset, options.warm, options.device, options.repeats)


if __name__ == "__main__":
    main()
