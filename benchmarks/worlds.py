"""Steps per second of our MuJoCo worlds and of Gymnasium's environments, as ratios from one run.

The baseline for each robot is a single environment of Gymnasium's v4 class. "engine alone" is the loop over mj_step, an
upper bound for any wrapper. The candidates alternate in many short rounds of the same episodes, and the best round of
each counts, so that other load on the machine affects all equally. Robots that fall are reset; the times include that.
Vectors continue from round to round. Mazes, which Gymnasium doesn't have, are compared with the engine alone.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from functools import partial

import gymnasium
import mujoco
import numpy as np
from gymnasium.envs.mujoco.ant_v4 import AntEnv
from gymnasium.envs.mujoco.half_cheetah_v4 import HalfCheetahEnv
from gymnasium.envs.mujoco.hopper_v4 import HopperEnv
from gymnasium.envs.mujoco.walker2d_v4 import Walker2dEnv
from gymnasium.vector import SyncVectorEnv
from rich.console import Console
from rich.table import Table

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.envs.mujoco.engine import EngineWorld
from palaestra.envs.world import World

ROBOTS: dict[str, Callable[[], gymnasium.Env]] = {
    "palaestra/Hopper-v0": HopperEnv,
    "palaestra/HalfCheetah-v0": HalfCheetahEnv,
    "palaestra/Walker2d-v0": Walker2dEnv,
    "palaestra/Ant-v0": lambda: AntEnv(use_contact_forces=True),
}


MAZES = ("maze2d-umaze-v1", "maze2d-large-v1", "antmaze-umaze-v2", "antmaze-medium-play-v2", "antmaze-large-play-v2")


def make(env_id: str) -> EngineWorld:
    world = gymnasium.make(env_id)
    assert isinstance(world, EngineWorld)
    return world


def single(env: gymnasium.Env, actions: np.ndarray) -> Callable[[], int]:
    def run() -> int:
        env.reset(seed=0)
        for action in actions:
            _, _, terminated, _, _ = env.step(action)
            if terminated:
                env.reset()
        return len(actions)

    return run


def vector(envs: gymnasium.vector.VectorEnv, actions: np.ndarray) -> Callable[[], int]:
    envs.reset(seed=0)

    def run() -> int:
        for action in actions:
            envs.step(action)
        return len(actions) * envs.num_envs

    return run


def engine(env: EngineWorld, actions: np.ndarray) -> Callable[[], int]:
    env.reset(seed=0)
    starts = []  # the states of ``single``'s episodes, by the step after which they begin
    for step, action in enumerate(actions):
        if env.step(action)[2]:
            env.reset()
            starts.append((step, env.snapshot()))
    model, data, substeps, ends = env.model, env.data, env.frame_skip, dict(starts)

    def run() -> int:
        env.reset(seed=0)
        for step, action in enumerate(actions):
            data.ctrl[:] = action
            mujoco.mj_step(model, data, substeps)
            if step in ends:
                env.restore(ends[step])
        return len(actions)

    return run


def save_and_restore(world: World) -> None:
    world.restore(world.snapshot())


def once(function: Callable[[], object], times: int) -> Callable[[], int]:
    def run() -> int:
        for _ in range(times):
            function()
        return times

    return run


def race(contenders: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Seconds per unit of work in each contender's best round."""
    best = dict.fromkeys(contenders, np.inf)
    for _ in range(rounds):
        for name, run in contenders.items():
            start = time.perf_counter()
            work = run()
            best[name] = min(best[name], (time.perf_counter() - start) / work)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=200, help="steps of one world per round")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--worlds", type=int, default=16, help="worlds in a vector")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    table = Table("world", "stepped by", "steps/s", "x Gymnasium v4", title=f"{options.worlds} worlds in a vector")
    states = Table("world", "snapshot + restore, ms", "fork, ms", "snapshot, bytes")
    for env_id, v4 in ROBOTS.items():
        world = make(env_id)
        random = np.random.default_rng(0)
        actions = random.uniform(-1, 1, (options.steps, world.model.nu)).astype(np.float32)
        batched = random.uniform(-1, 1, (options.steps // options.worlds, options.worlds, world.model.nu))
        batched = batched.astype(np.float32)
        ours = {
            f"palaestra vector, {threads} thread{'s'[: threads > 1]}": vector(
                gymnasium.make_vec(env_id, options.worlds, threads=threads), batched
            )
            for threads in (1, 2)
        }
        contenders = {
            "Gymnasium v4": single(v4(), actions),
            "Gymnasium v4, SyncVectorEnv": vector(SyncVectorEnv([v4] * options.worlds), batched),
            "palaestra": single(world, actions),
            **ours,
            "engine alone": engine(make(env_id), actions),
        }
        best = race(contenders, options.rounds)
        for name, seconds in best.items():
            table.add_row(env_id, name, f"{1 / seconds:,.0f}", f"{best['Gymnasium v4'] / seconds:.2f}")
        table.add_section()
        saved = {
            "pair": once(partial(save_and_restore, world), 50),
            "fork": once(world.fork, 10),
        }
        best = race(saved, options.rounds)
        states.add_row(env_id, f"{1e3 * best['pair']:.3f}", f"{1e3 * best['fork']:.3f}", str(len(world.snapshot())))
    mazes = Table("world", "stepped by", "steps/s", "x engine alone")
    for env_id in MAZES:
        world = make(env_id)
        random = np.random.default_rng(0)
        actions = random.uniform(-1, 1, (options.steps, world.model.nu)).astype(np.float32)
        steps = max(options.steps // options.worlds, 1)
        batched = random.uniform(-1, 1, (steps, options.worlds, world.model.nu)).astype(np.float32)
        contenders = {
            "palaestra": single(world, actions),
            "palaestra vector, 1 thread": vector(gymnasium.make_vec(env_id, options.worlds), batched),
            "engine alone": engine(make(env_id), actions),
        }
        best = race(contenders, options.rounds)
        for name, seconds in best.items():
            mazes.add_row(env_id, name, f"{1 / seconds:,.0f}", f"{best['engine alone'] / seconds:.2f}")
        mazes.add_section()
    Console().print(table, states, mazes)


if __name__ == "__main__":
    main()
