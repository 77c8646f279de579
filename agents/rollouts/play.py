"""The one loop that steps environments, and ``rollout`` and ``evaluate``, which make one record per episode of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import gymnasium
import numpy as np

from palaestra.agents.policy import Policy, TextPolicy
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import normalised_score
from palaestra.data.results.run import Run
from palaestra.data.streams import child_seed

if TYPE_CHECKING:
    from palaestra.envs.task import Task
    from palaestra.envs.vector import WorldVector


class Start(NamedTuple):
    """How a world begins an episode: its seed, and, with text actions, options for its ``reset``."""

    seed: int | None
    options: Mapping[str, Any] | None = None


class Step(NamedTuple):
    """What happened in one step of all worlds, seed after seed.

    Of worlds with arrays, observations and actions are arrays with a row per world; of worlds with text actions, lists
    of what each world gave and was given.

    Attributes:
        worlds: the worlds themselves, for pictures and states.
        running: (worlds,) bool, False where a world rests: its row means nothing.
        observations: (worlds, d_s), or dicts; before the action.
        actions: (worlds, d_a) float32, or texts; as the policy gave them.
        rewards: (worlds,) float64.
        next_observations: (worlds, d_s), or dicts; after the action.
        terminated: (worlds,) bool.
        truncated: (worlds,) bool.
        failed: (worlds,) bool, the action was not finite: another one was stepped, of zeros.
        infos: each world's info, as it gave it.
    """

    worlds: "WorldVector"
    running: np.ndarray
    observations: Any
    actions: Any
    rewards: np.ndarray
    next_observations: Any
    terminated: np.ndarray
    truncated: np.ndarray
    failed: np.ndarray
    infos: Sequence[Mapping[str, Any]]

    @property
    def ended(self) -> np.ndarray:
        """(worlds,) bool: the episode is over."""
        return self.terminated | self.truncated


class Stage:
    """Worlds that are reset and stepped together: for evaluation, recording and online training nothing else does it.

    Args:
        worlds: they rest when they have ended, until they are reset by mask; they may live in other processes.

    Attributes:
        observations: what every world shows now, (worlds, d_s) or a list of dicts; nothing before the first ``reset``.
        running: (worlds,) bool: in the middle of an episode.
        tasks: of worlds with text actions, what is to be done in each.
    """

    def __init__(self, worlds: "WorldVector"):
        self.worlds = worlds
        self.with_texts = isinstance(worlds.single_action_space, gymnasium.spaces.Text)
        self.observations: Any = np.empty(0)
        self.running = np.zeros(worlds.num_envs, bool)
        self.tasks: list[Task | None] = [None] * worlds.num_envs

    def reset(self, which: np.ndarray | None = None, starts: Sequence[Start | None] | None = None) -> None:
        """Begin an episode in the worlds ``which`` (bool mask), or in all of them.

        A world without a ``Start``, or with a seed of None, goes on with its generator.
        """
        which = np.ones_like(self.running) if which is None else which
        begins = [start or Start(None) for start in starts or [None] * len(which)]
        seeds = [start.seed if begin else None for start, begin in zip(begins, which)]
        self.running = self.running | which
        if self.with_texts:
            self.worlds.begin(which, seeds, [start.options for start in begins])
            self.observations = self.worlds.latest
            for row in np.flatnonzero(which).tolist():
                self.tasks[row] = self.worlds.worlds[row].get_wrapper_attr("task")
        else:
            mask = None if which.all() else {"reset_mask": which}
            self.observations, _ = self.worlds.reset(seed=seeds, options=mask)

    def step(self, actions: Any) -> Step:
        """Step every world that runs, the others rest: (worlds, d_a), or a text for each -> what happened."""
        before, running = self.observations, self.running.copy()
        failed, stepped = np.zeros_like(running), actions
        if not self.with_texts:
            # MuJoCo would silently replace a control that is not finite by zero.
            finite = np.isfinite(actions).all(axis=1)
            stepped = actions if finite.all() else np.where(finite[:, None], actions, np.float32(0))
            failed = running & ~finite
        if self.with_texts:
            stepped = tuple(actions)
        observations, rewards, terminated, truncated, _ = self.worlds.step(stepped)
        self.observations = self.worlds.latest if self.with_texts else observations
        self.running = running & ~(terminated | truncated)
        flags = terminated, truncated, failed
        return Step(
            self.worlds, running, before, actions, rewards, self.observations, *flags, tuple(self.worlds.latest_infos)
        )

    def restore(self, snapshots: Sequence[bytes], observations: np.ndarray) -> None:
        """Go on where worlds were saved, (worlds, d_s) the observations that they showed then."""
        for world, snapshot in zip(self.worlds.worlds, snapshots):
            world.restore(snapshot)
        self.observations = observations

    def close(self) -> None:
        """Close the worlds."""
        self.worlds.close()


class Grid:
    """A policy for a grid of worlds with arrays, as it acts in worlds that stand in a row.

    Args:
        policy: of the grid.
        shape: (seeds, worlds per seed).
    """

    def __init__(self, policy: Policy, shape: tuple[int, int]):
        self.policy, self.shape = policy, shape
        self._begun = False

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Any] = ()) -> None:
        """See ``Policy.reset``; all worlds' first episodes begin with the one reset of everything."""
        if which is None:
            self._begun = False
            self.policy.reset()
        elif self._begun:
            self.policy.reset(which.reshape(self.shape))

    def act(self, observations: np.ndarray, rewards: np.ndarray, deterministic: bool = True) -> np.ndarray:
        """(worlds, d_s), (worlds,) -> (worlds, d_a)."""
        self._begun = True
        actions = self.policy.act(observations.reshape(*self.shape, -1), rewards.reshape(self.shape), deterministic)
        return actions.reshape(len(observations), -1)


def steps(
    policy: Grid | TextPolicy,
    stage: Stage,
    next_starts: Callable[[np.ndarray], Sequence[Start | None]],
    *,
    deterministic: bool,
    on_start: Callable[[np.ndarray], None] | None = None,
) -> Iterator[Step]:
    """Step all worlds together until each has played its episodes; a world without another episode rests.

    Args:
        policy: acts for all worlds; it is reset first.
        stage: the worlds.
        next_starts: given the worlds (bool mask) that are free, how each begins its next episode; None (and whatever
            stands at worlds that are not free) begins nothing.
        deterministic: passed to the policy.
        on_start: called with the mask of worlds that have just been reset, before their first action.

    Yields:
        What happened in each step. An action that is not finite ends its episode.
    """
    count = len(stage.running)
    free, rewards = np.ones(count, bool), np.zeros(count)
    policy.reset()
    while True:
        if free.any():
            stage.running &= ~free
            starts = [start if is_free else None for start, is_free in zip(next_starts(free), free)]
            begins = np.array([start is not None for start in starts])
            if not (stage.running | begins).any():
                return
            if begins.any():
                stage.reset(begins, starts)
                policy.reset(begins, [task if begin else None for task, begin in zip(stage.tasks, begins)])
                rewards = np.where(begins, 0.0, rewards)
                if on_start:
                    on_start(begins)
        step = stage.step(policy.act(stage.observations, rewards, deterministic))
        rewards = step.rewards
        yield step
        free = step.running & (step.ended | step.failed)


def play(
    policy: Policy,
    worlds: "WorldVector",
    grid: tuple[int, int],
    next_seeds: Callable[[np.ndarray], Sequence[int | None]],
    *,
    deterministic: bool,
    on_start: Callable[[np.ndarray], None] | None = None,
    on_step: Callable[[Step], None] | None = None,
) -> None:
    """``steps`` of a policy for a grid of worlds with arrays.

    Args:
        policy: acts for the whole grid; it is reset first.
        worlds: as many as the grid has cells, row after row.
        grid: (seeds, worlds per seed).
        next_seeds: given the worlds (bool mask) that are free, the world seed of the next episode of each; None (and
            whatever stands at worlds that are not free) begins nothing.
        deterministic: passed to the policy.
        on_start: called with the mask of worlds that have just been reset, before their first action.
        on_step: called after each step. An action that is not finite ends its episode.
    """

    def next_starts(free: np.ndarray) -> list[Start | None]:
        return [None if seed is None else Start(seed) for seed in next_seeds(free)]

    played = steps(Grid(policy, grid), Stage(worlds), next_starts, deterministic=deterministic, on_start=on_start)
    for step in played:
        if on_step:
            on_step(step)


def evaluation_seed(seed: int, episode: int) -> int:
    """The world seed of one episode of one seed: 31 bits, from (seed, episode) only."""
    return child_seed(seed, "evaluation", episode) % 2**31


def rollout(
    policy: Policy,
    env_id: str,
    *,
    seeds: Sequence[int],
    episodes: int,
    deterministic: bool = True,
    threads: int = 1,
    on_step: Callable[[Step], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict]:
    """Play ``episodes`` episodes for every seed, all at once; for each return asked for, if the policy has ``targets``.

    An episode's world is seeded from (seed, episode) only. The two policies in ``palaestra.agents.policy`` then give
    the same episode whatever runs beside it; a network whose matrix products depend on the batch size in the last
    bits may not.

    Args:
        policy: acts on (len(seeds), episodes, d_s), or, with targets, on (len(seeds), episodes x targets, d_s).
        env_id: Gymnasium id of the world.
        seeds: one per row of the policy's grid.
        episodes: per seed and target.
        deterministic: the policy's best guess instead of samples.
        threads: threads that step the worlds.
        on_step: called after every step of all worlds, for pictures or measurements.
        progress: called with (finished episodes, all episodes).

    Returns:
        One dict per episode, seed after seed: ``seed``, ``episode``, ``env_id``, ``env_seed``, ``return``
        (undiscounted), ``length`` (steps), ``terminated``, ``target`` if the policy has targets. An episode with an
        action or reward that is not finite has the return None and says why under ``error``.
    """
    from palaestra.envs.vector import make_worlds

    targets = getattr(policy, "targets", ()) or (None,)
    cells = [(seed, episode, target) for seed in seeds for episode in range(episodes) for target in targets]
    grid, count = (len(seeds), episodes * len(targets)), len(cells)
    world_seeds = [evaluation_seed(seed, episode) for seed, episode, _ in cells]
    returns, lengths, terminated = np.zeros(count), np.zeros(count, int), np.zeros(count, bool)
    failed = np.zeros(count, bool)
    left: list[list[int | None]] = [list(world_seeds)]

    def next_seeds(free: np.ndarray) -> list[int | None]:
        return left.pop() if left else [None] * count

    def record(step: Step) -> None:
        returns[step.running] += step.rewards[step.running]
        lengths[step.running] += 1
        terminated[step.running & step.terminated] = True
        failed[step.failed] = True
        if on_step:
            on_step(step)
        ended = step.running & (step.ended | step.failed)
        if progress and ended.any():
            progress(count - int((step.running & ~ended).sum()), count)

    worlds = make_worlds(env_id, count, threads=threads)
    try:
        play(policy, worlds, grid, next_seeds, deterministic=deterministic, on_step=record)
    finally:
        worlds.close()
    records = []
    for i, (seed, episode, target) in enumerate(cells):
        error = _what_is_wrong(failed[i], returns[i], lengths[i])
        records.append(
            {
                "seed": int(seed),
                "episode": episode,
                **({} if target is None else {"target": target}),
                "env_id": env_id,
                "env_seed": world_seeds[i],
                "return": None if error else float(returns[i]),
                "length": int(lengths[i]),
                "terminated": bool(terminated[i]) and not failed[i],
                **({"error": error} if error else {}),
            }
        )
    return records


def _what_is_wrong(failed: bool, total: float, length: int) -> str | None:
    if failed:
        return f"the action was not finite at step {length}"
    return None if np.isfinite(total) else "the return is not finite"


def evaluate(
    policy: Policy,
    env_id: str,
    *,
    seeds: Sequence[int],
    episodes: int,
    threads: int = 1,
    deterministic: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict]:
    """``rollout`` with D4RL's normalised score (0 to 100) in every record: ``score``.

    The score is None where the world has no reference returns or the return is None.
    """
    records = rollout(
        policy,
        env_id,
        seeds=seeds,
        episodes=episodes,
        deterministic=deterministic,
        threads=threads,
        progress=progress,
    )
    for record in records:
        record["score"] = _score(env_id, record["return"])
    return records


def evaluate_and_log(policy: Policy, run: Run, update: int, episodes: int, threads: int = 1) -> list[dict]:
    """Play a run's seeds in its world; every return that the policy was asked for is logged as a protocol of its own.

    Args:
        policy: acts for all seeds of the run.
        run: where the episodes are logged.
        update: how far the policy was trained.
        episodes: per seed.
        threads: threads that step the worlds.
    """
    played = evaluate(policy, run.config["env_id"], seeds=run.seeds, episodes=episodes, threads=threads)
    protocol = {"episodes": episodes, "deterministic": True}
    for target in dict.fromkeys(each.get("target") for each in played):
        asked = {} if target is None else {"target": target}
        run.log_evaluation(update, [each for each in played if each.get("target") == target], protocol | asked)
    return played


def _score(env_id: str, total: float | None) -> float | None:
    if total is None:
        return None
    try:
        return float(normalised_score(env_id, total))
    except InputError:
        return None
