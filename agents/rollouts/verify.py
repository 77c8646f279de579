"""Verify a dataset by replaying it in its environment."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from palaestra.agents.rollouts.recorded import compare
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.envs.mujoco.engine import EngineWorld

COMPARED_COLUMNS = ("observations", "rewards", "terminals", "timeouts", "infos/qpos", "infos/qvel")
Progress = Callable[[int, int], None] | None
MAX_ONE_STEP_ROWS = 1000
ONE_STEP_TOLERANCE = 1e-2  # absolute error of an observation, from float32 states and another MuJoCo version
MIN_ONE_STEP_SHARE = 0.95  # share of the rows that must be within the tolerance


@dataclass(frozen=True)
class Verification:
    """The result of ``verify``.

    Attributes:
        method: ``replay``: every episode is stepped from its start snapshot, and all numbers must be bit-identical.
            ``one step``: some rows are stepped from their positions and velocities, which omit part of the engine's
            state; at least 95 % of the next observations must be within 0.01.
        episodes: number of episodes replayed; 0 for ``one step``.
        rows: number of rows stepped.
        wrong_rows: number of rows that differ: in any bit for ``replay``, by more than the tolerance for ``one step``.
        first: row and columns of the first difference, or None.
        errors: by column, the largest absolute difference; for ``one step`` also its median and 95 % quantile.
        ok: whether the dataset passed.
    """

    method: Literal["replay", "one step"]
    episodes: int
    rows: int
    wrong_rows: int
    first: str | None
    errors: dict[str, float]
    ok: bool


def verify(dataset: Dataset, progress: Progress = None) -> Verification:
    """Check that stepping the dataset's environment reproduces its rows; see ``Verification`` for the two methods.

    Args:
        dataset: one of our recipes', a D4RL file of hopper, halfcheetah or walker2d with ``infos/qpos``, of Adroit,
            or one of a maze, whose observations are the whole state.
        progress: called with (rows stepped, rows in total).

    Raises:
        InputError: the dataset has neither start snapshots nor states that can be set (Ant's contact forces
            cannot), or the snapshots are from another environment.
    """
    from palaestra.envs.d4rl.manipulation.world import Manipulation
    from palaestra.envs.mujoco.engine import EngineWorld
    from palaestra.envs.registered import make

    if dataset.env_id is None:
        raise InputError(f"{dataset.id}: no environment is known that could be stepped; name one with --as")
    world = make(dataset.env_id)
    try:
        if isinstance(world, Manipulation):
            return _sampled(dataset, world)
        if isinstance(world, EngineWorld):
            if "start_snapshots" in dataset.episode_columns:
                return _replay(dataset, world, progress)
            if (states := _states(dataset, world)) is not None:
                return _one_step(dataset, world, states, progress)
    finally:
        world.close()
    raise InputError(f"{dataset.id}: cannot be verified, it has neither start snapshots nor states that can be set")


def _sampled(dataset: Dataset, world: "EngineWorld") -> Verification:
    """Episodes spread over the dataset, of about ``MAX_ONE_STEP_ROWS`` rows together, stepped from each row's state."""
    lengths = np.diff(dataset.episodes, axis=1)[:, 0]
    count = max(1, int(MAX_ONE_STEP_ROWS / max(1.0, lengths.mean() if len(lengths) else 1.0)))
    chosen = np.unique(np.linspace(0, len(lengths) - 1, min(count, len(lengths))).astype(int)).tolist()
    result = compare(dataset, world, chosen)
    bad = result.bad()
    errors: dict[str, float] = {}
    for name, gaps in result.gaps.items():
        errors |= {f"{name} median": float(np.median(gaps)), f"{name} 95 %": float(np.quantile(gaps, 0.95))}
        errors[name] = max(gaps)
    first = f"row {bad[0][0]}: {bad[0][1]}" if bad else None
    rows = len(result.gaps.get("rewards", ()))
    return Verification("one step", 0, rows, len({row for row, _, _ in bad}), first, errors, result.ok)


def _replay(dataset: Dataset, world: "EngineWorld", progress: Progress) -> Verification:
    wrong, first = 0, None
    errors: dict[str, float] = {}
    snapshots = dataset.episode_columns["start_snapshots"]
    for episode, (start, stop) in enumerate(dataset.episodes.tolist()):
        try:
            world.restore(np.asarray(snapshots[episode]).tobytes())
        except ValueError as error:
            raise InputError(f"{dataset.id}: the start of episode {episode} cannot be restored: {error}") from None
        stored = _stored(dataset, episode, start, stop)
        replayed = _stepped(world, dataset.columns["actions"][start:stop])
        gaps = {name: _gap(values, replayed[name]) for name, values in stored.items()}
        for name, gap in gaps.items():
            errors[name] = float(np.maximum(errors.get(name, 0.0), gap.max()))
        differs = np.any([gap != 0 for gap in gaps.values()], axis=0)  # NaN differs too
        if first is None and differs.any():
            row = int(np.argmax(differs))
            names = ", ".join(name for name, gap in gaps.items() if gap[row] != 0)
            first = f"row {start + row} (step {row} of episode {episode}): {names}"
        wrong += int(differs.sum())
        if progress:
            progress(stop, len(dataset))
    return Verification("replay", len(dataset.episodes), len(dataset), wrong, first, errors, wrong == 0)


def _stored(dataset: Dataset, episode: int, start: int, stop: int) -> dict[str, np.ndarray]:
    stored = {name: array[start:stop] for name, array in dataset.columns.items() if name in COMPARED_COLUMNS}
    last = dataset.episode_columns["final_observations"][episode : episode + 1]
    stored["next observations"] = np.concatenate([stored["observations"][1:], last])
    if "timeouts" in dataset.metadata:  # other events than the environment's, such as changes of goal
        del stored["timeouts"]
    elif dataset.episode_columns["cut"][episode]:
        stored["timeouts"] = np.append(stored["timeouts"][:-1], False)
    return stored


def _stepped(world: "EngineWorld", actions: np.ndarray) -> dict[str, np.ndarray]:
    observed, rows = [world.observe()], []
    for action in actions:
        state = world.qpos.copy(), world.qvel.copy()
        observation, reward, terminated, truncated, _ = world.step(action)
        observed.append(observation)
        rows.append((reward, terminated, truncated, *state))
    rewards, terminals, timeouts, qpos, qvel = map(np.array, zip(*rows))
    observations = np.array(observed, np.float32)
    return {
        "observations": observations[:-1],
        "next observations": observations[1:],
        "rewards": rewards.astype(np.float32),
        "terminals": terminals,
        "timeouts": timeouts,
        "infos/qpos": qpos,
        "infos/qvel": qvel,
    }


def _gap(stored: np.ndarray, replayed: np.ndarray) -> np.ndarray:
    """The largest absolute difference in each row."""
    return np.abs(stored.astype(np.float64) - replayed).reshape(len(stored), -1).max(axis=1)


def _states(dataset: Dataset, world: "EngineWorld") -> tuple[np.ndarray, np.ndarray] | None:
    """Positions and velocities before each row's action, None if the dataset doesn't have them."""
    if world.observes_forces:
        return None
    if world.observes_whole_state:
        # Not from the infos: those of D4RL's AntMaze files are of the state after the action.
        places, speeds = np.split(dataset.columns["observations"], [world.model.nq], axis=1)
        return places, speeds
    if not {"infos/qpos", "infos/qvel"} <= set(dataset.columns):
        return None
    return dataset.columns["infos/qpos"], dataset.columns["infos/qvel"]


def _one_step(
    dataset: Dataset, world: "EngineWorld", states: tuple[np.ndarray, np.ndarray], progress: Progress
) -> Verification:
    import mujoco

    columns = dataset.columns
    rows, next_rows = dataset.transition_rows()
    inside = (next_rows == rows + 1) & ~np.asarray(columns["terminals"])[rows]
    rows = rows[inside]
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(MAX_ONE_STEP_ROWS, len(rows))).astype(int))]
    observations, rewards = [], []
    world.reset(seed=0)
    for count, row in enumerate(rows.tolist(), 1):
        mujoco.mj_resetData(world.model, world.data)
        world.qpos[:], world.qvel[:] = states[0][row], states[1][row]
        mujoco.mj_forward(world.model, world.data)
        observation, reward, *_ = world.step(columns["actions"][row])
        observations.append(observation)
        rewards.append(reward)
        if progress:
            progress(count, len(rows))
    gaps = {
        "next observations": _gap(columns["observations"][rows + 1], np.array(observations)),
        "rewards": _gap(columns["rewards"][rows], np.array(rewards)),
    }
    errors: dict[str, float] = {}
    for name, gap in gaps.items():
        errors |= {f"{name} median": float(np.median(gap)), f"{name} 95 %": float(np.quantile(gap, 0.95))}
        errors[name] = float(gap.max())
    differs = ~(gaps["next observations"] <= ONE_STEP_TOLERANCE)
    first = f"row {rows[np.argmax(differs)]}: next observations" if differs.any() else None
    ok = float(np.mean(~differs)) >= MIN_ONE_STEP_SHARE
    return Verification("one step", 0, len(rows), int(differs.sum()), first, errors, ok)
