"""Stepping environments: ``Stage`` and ``steps``, and ``rollout`` and ``evaluate``, one record per episode.

Evaluation, recording and online training, also of stable-baselines3's agents, step environments only here. Elsewhere,
``verify`` repeats recorded steps, and ``training.behaviour`` lets stable-baselines3 step its own environments.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import gymnasium
import numpy as np

from palaestra.agents.own import ArrayFunction, array_policy
from palaestra.agents.policy import Policy, TextPolicy
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import normalised_score
from palaestra.data.results.run import Run
from palaestra.data.streams import child_seed

if TYPE_CHECKING:
    from palaestra.envs.task import Task
    from palaestra.envs.vector import WorldVector


class Start(NamedTuple):
    """The arguments of a world's ``reset``: a seed and, for worlds with text actions, options."""

    seed: int | None
    options: Mapping[str, Any] | None = None


class Step(NamedTuple):
    """One step of all worlds, in the order of the grid's cells.

    For worlds with array spaces, observations and actions are arrays with one row per world; for worlds with text
    actions, lists of dicts and of texts.

    Attributes:
        worlds: the vector environment, for images and states.
        running: (worlds,) bool; rows of idle worlds (False) are meaningless.
        observations: (worlds, d_s), or dicts; before the action.
        actions: (worlds, d_a) float32, or texts; as the policy returned them.
        rewards: (worlds,) float64.
        next_observations: (worlds, d_s), or dicts; after the action.
        terminated: (worlds,) bool.
        truncated: (worlds,) bool.
        failed: (worlds,) bool, the action was not finite and was replaced by zeros.
        infos: the info dict of each world.
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
        """(worlds,) bool: terminated or truncated."""
        return self.terminated | self.truncated


class Stage:
    """Worlds that are reset and stepped together, for evaluation, recording and online training.

    Args:
        worlds: a vector without autoreset: after an episode a world is idle until it is reset by mask. The worlds may
            run in other processes.

    Attributes:
        observations: every world's current observation, (worlds, d_s) or a list of dicts; empty before ``reset``.
        running: (worlds,) bool, whether an episode is in progress.
        tasks: the current task of each world with text actions.
    """

    def __init__(self, worlds: "WorldVector"):
        self.worlds = worlds
        self.with_texts = isinstance(worlds.single_action_space, gymnasium.spaces.Text)
        self.observations: Any = np.empty(0)
        self.running = np.zeros(worlds.num_envs, bool)
        self.tasks: list[Task | None] = [None] * worlds.num_envs

    def reset(self, which: np.ndarray | None = None, starts: Sequence[Start | None] | None = None) -> None:
        """Begin an episode in the worlds ``which`` (bool mask), or in all of them.

        A world without a ``Start``, or with a seed of None, continues with its current random generator.
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
        """Step every running world; ``actions`` are (worlds, d_a), or one text per world."""
        before, running = self.observations, self.running.copy()
        failed, stepped = np.zeros_like(running), actions
        if not self.with_texts:
            # MuJoCo would silently replace a control that is not finite with zero.
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
        """Continue from snapshots of all worlds; ``observations`` (worlds, d_s) are those at the snapshots."""
        for world, snapshot in zip(self.worlds.worlds, snapshots):
            world.restore(snapshot)
        self.observations = observations

    def fork(self, rows: Sequence[int]) -> "Stage":
        """A stage of forks of some worlds in the middle of their episodes; one may be forked several times.

        Raises:
            InputError: the worlds are in other processes.
        """
        from palaestra.envs.vector import WorldVector

        worlds = [self.worlds.worlds[row] for row in rows]
        if not all(hasattr(world, "fork") for world in worlds):
            raise InputError("worlds in other processes can't be forked; use --processes 0")
        vector = WorldVector([world.fork() for world in worlds])
        vector.resume([self.observations[row] for row in rows])
        stage = Stage(vector)
        stage.observations, stage.running = vector.latest, self.running[list(rows)].copy()
        stage.tasks = [self.tasks[row] for row in rows]
        return stage

    def close(self) -> None:
        """Close the worlds."""
        self.worlds.close()


class Grid:
    """Adapts a policy for a grid of worlds to a flat list of worlds.

    Args:
        policy: acts on (seeds, worlds per seed, d_s).
        shape: (seeds, worlds per seed).
    """

    def __init__(self, policy: Policy, shape: tuple[int, int]):
        self.policy, self.shape = policy, shape
        self._begun = False

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Any] = ()) -> None:
        """See ``Policy.reset``; before the first episodes only the reset with None is passed on."""
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
    """Step all worlds together until each has played its episodes; a world without further episodes is idle.

    Args:
        policy: acts for all worlds; it is reset first.
        stage: the worlds.
        next_starts: called with the mask of the worlds that are free, returns the ``Start`` of each one's next episode,
            or None for no further episode; entries of worlds that are not free are ignored.
        deterministic: passed to the policy.
        on_start: called with the mask of worlds that have just been reset, before their first action.

    Yields:
        Each step of all worlds. An action that is not finite ends its episode.
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
    """Play episodes of a policy in a grid of worlds with array spaces; see ``steps``.

    Args:
        policy: acts for the whole grid; it is reset first.
        worlds: one per cell of the grid, row after row.
        grid: (seeds, worlds per seed).
        next_seeds: called with the mask of the worlds that are free, returns the world seed of each one's next episode,
            or None for no further episode; entries of worlds that are not free are ignored.
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
    """The world seed of an evaluation episode: 31 bits, a function of (seed, episode) only."""
    return child_seed(seed, "evaluation", episode) % 2**31


def rollout(
    policy: Policy | Callable[..., Any] | str,
    env_id: str,
    *,
    seeds: Sequence[int],
    episodes: int,
    deterministic: bool = True,
    threads: int = 1,
    on_step: Callable[[Step], None] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict]:
    """Play ``episodes`` episodes for every seed, and for every target return if the policy has ``targets``, at once.

    The seed of an episode's environment depends on (seed, episode) only. The two policies in
    ``palaestra.agents.policy`` then play the same episode in any batch; a network may not, if the last bits of its
    matrix products depend on the batch size.

    Args:
        policy: acts on (len(seeds), episodes, d_s), or, with targets, on (len(seeds), episodes x targets, d_s); or a
            function that returns the action (d_a,) for an observation (d_s,); or ``module:name`` of one of them.
        env_id: Gymnasium id of the environment.
        seeds: one per row of the policy's grid.
        episodes: per seed and target.
        deterministic: act by the mode of the policy instead of samples.
        threads: threads that step the environments.
        on_step: called after every step of all environments, for images or measurements.
        progress: called with (finished episodes, all episodes).

    Returns:
        One dict per episode, seed after seed: ``seed``, ``episode``, ``env_id``, ``env_seed``, ``return``
        (undiscounted), ``length`` (steps), ``terminated``, ``target`` if the policy has targets. If an action or
        reward was not finite, ``return`` is None and ``error`` names the reason.
    """
    from palaestra.envs.vector import make_worlds

    policy = array_policy(policy)
    targets = getattr(policy, "targets", ()) or (None,)
    cells = [(seed, episode, target) for seed in seeds for episode in range(episodes) for target in targets]
    grid, count = (len(seeds), episodes * len(targets)), len(cells)
    world_seeds = [evaluation_seed(seed, episode) for seed, episode, _ in cells]
    returns, lengths, terminated = np.zeros(count), np.zeros(count, int), np.zeros(count, bool)
    failed = np.zeros(count, bool)
    first_seeds: list[list[int | None]] = [list(world_seeds)]

    def next_seeds(free: np.ndarray) -> list[int | None]:
        return first_seeds.pop() if first_seeds else [None] * count

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
    if isinstance(policy, ArrayFunction):
        policy.action_shape = worlds.single_action_space.shape
    try:
        play(policy, worlds, grid, next_seeds, deterministic=deterministic, on_step=record)
    finally:
        worlds.close()
    records = []
    for i, (seed, episode, target) in enumerate(cells):
        error = _error(failed[i], returns[i], lengths[i])
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


def _error(failed: bool, total: float, length: int) -> str | None:
    if failed:
        return f"the action was not finite at step {length}"
    return None if np.isfinite(total) else "the return is not finite"


def evaluate(
    policy: Policy | Callable[..., Any] | str,
    env_id: str,
    *,
    seeds: Sequence[int],
    episodes: int,
    threads: int = 1,
    deterministic: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> list[dict]:
    """Like ``rollout``, with the normalised score (0 to 100) as ``score`` in every record.

    The score is None if the environment has no reference returns (see ``reference_score``) or the return is None.
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


@runtime_checkable
class SelfEvaluating(Protocol):
    """A run's policy that knows how it is evaluated, such as one of texts."""

    def evaluate(
        self, env_id: str, config: Mapping[str, Any], *, seeds: Sequence[int], episodes: int, temperature: float
    ) -> list[dict[str, Any]]:
        """One dict per episode, as ``evaluate`` returns them."""


def evaluate_and_log(
    policy: Policy | SelfEvaluating,
    run: Run,
    update: int,
    episodes: int,
    threads: int = 1,
    env_id: str | None = None,
    temperature: float = 0.0,
) -> list[dict]:
    """Evaluate all seeds of a run and log the episodes, each target return and temperature as its own protocol.

    Args:
        policy: acts for all seeds of the run.
        run: to which the episodes are logged.
        update: number of updates that the policy was trained for.
        episodes: per seed.
        threads: threads that step the environments.
        env_id: of the environment; by default the run's.
        temperature: of a language agent's turns; 0 for greedy ones.
    """
    world = env_id or run.config["env_id"]
    if isinstance(policy, SelfEvaluating):
        records = policy.evaluate(world, run.config, seeds=run.seeds, episodes=episodes, temperature=temperature)
    else:
        records = evaluate(policy, world, seeds=run.seeds, episodes=episodes, threads=threads)
    protocol: dict[str, Any] = {"episodes": episodes, "deterministic": not temperature}
    protocol |= {"temperature": temperature} if temperature else {}
    for target in dict.fromkeys(record.get("target") for record in records):
        of_target = [record for record in records if record.get("target") == target]
        run.log_evaluation(update, of_target, protocol if target is None else protocol | {"target": target})
    return records


def _score(env_id: str, total: float | None) -> float | None:
    if total is None:
        return None
    try:
        return float(normalised_score(env_id, total))
    except InputError:
        return None
