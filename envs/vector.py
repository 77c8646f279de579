"""Several worlds as one vector environment."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.error import ResetNeeded
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, concatenate, create_empty_array, iterate

from palaestra.envs.registered import spec_of
from palaestra.envs.text import TextWorld

VECTOR_OPTIONS = ("processes", "threads")
"""Arguments of vectors that never change a result."""


def make_worlds(env_id: str, count: int, *, threads: int = 1, **arguments: Any) -> "WorldVector":
    """``count`` environments in one vector; after an episode an environment idles until it is reset by mask.

    Worlds with text actions are made without Gymnasium's wrappers.

    Args:
        env_id: see ``palaestra.envs.registered.spec_of``.
        count: number of environments.
        threads: number of threads, if the environment supports several; results do not depend on it.
        **arguments: of each environment.
    """
    spec = spec_of(env_id)
    point = spec.vector_entry_point
    if isinstance(point, str) and point.startswith("palaestra."):
        options: dict[str, Any] = {**arguments, "threads": threads, "autoreset_mode": AutoresetMode.DISABLED}
        vector: Any = gymnasium.make_vec(spec, num_envs=count, **options)
        return vector
    worlds = [gymnasium.make(spec, **arguments) for _ in range(count)]
    vector = WorldVector([world.unwrapped if isinstance(world.unwrapped, TextWorld) else world for world in worlds])
    vector.spec = spec
    return vector


class WorldVector(VectorEnv):
    """Worlds stepped together, each with its own generator; row i equals the result of world i alone.

    ``autoreset_mode`` determines what ``step`` does with a world whose episode has ended, as in Gymnasium's
    ``SyncVectorEnv``: ``NEXT_STEP`` resets it at the next step, whose action is ignored, with reward 0;
    ``SAME_STEP`` resets it at once and returns the last observation and info as ``infos["final_obs"]`` and
    ``infos["final_info"]``; ``DISABLED`` does not reset it. The one difference: with ``DISABLED`` a world that has
    ended may be stepped. It idles: its action is ignored, its observation and flags stay, its reward is 0, and it has
    no info. Episodes of different lengths thus run in parallel without superfluous physics steps.

    Args:
        worlds: one or more with equal spaces; any Gymnasium environments.
        autoreset_mode: see above.

    Attributes:
        latest_infos: each world's info of the last reset or step, as the world returned it; empty for worlds that took
            no part in it.
        worlds: the single worlds, for ``snapshot`` and so on. If one of them is stepped, reset or restored
            directly, the vector's own state is not updated.
    """

    def __init__(
        self, worlds: Sequence[gymnasium.Env], *, autoreset_mode: AutoresetMode | str = AutoresetMode.DISABLED
    ):
        first = worlds[0]
        self.worlds: tuple[Any, ...] = tuple(worlds)
        self.num_envs = len(worlds)
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = first.metadata | {"autoreset_mode": self.autoreset_mode}
        self.render_mode = first.render_mode
        self.single_observation_space, self.single_action_space = first.observation_space, first.action_space
        self.observation_space = batch_space(first.observation_space, self.num_envs)
        self.action_space = batch_space(first.action_space, self.num_envs)
        self._latest: Any = [None] * self.num_envs  # observation of each world
        self._rewards = np.zeros(self.num_envs)
        self.latest_infos: list[dict[str, Any]] = [{} for _ in worlds]
        self._begun = np.zeros(self.num_envs, dtype=bool)
        self._terminations = np.zeros(self.num_envs, dtype=bool)
        self._truncations = np.zeros(self.num_envs, dtype=bool)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start an episode in all worlds, or in those selected by ``options["reset_mask"]``.

        Args:
            seed: one per world (``None`` continues a world's generator), or an integer for seed, seed + 1, ...
            options: passed to every world, except ``reset_mask``, (num_envs,) bool.

        Returns:
            Observations of all worlds, and the infos of those that were reset.
        """
        if isinstance(seed, int | np.integer):
            seed = [seed + i for i in range(self.num_envs)]
        seeds = [None] * self.num_envs if seed is None else [None if s is None else int(s) for s in seed]
        if len(seeds) != self.num_envs:
            raise ValueError(f"{self}: {len(seeds)} seeds for {self.num_envs} worlds")
        options = dict(options or {})
        mask = np.asarray(options.pop("reset_mask", np.ones(self.num_envs, dtype=bool)))
        if mask.shape != (self.num_envs,) or mask.dtype != bool:
            form = f"{mask.shape} {mask.dtype}"
            raise ValueError(f"{self}: options['reset_mask'] is {form}, expected {(self.num_envs,)} bool")
        self._clear_infos()
        infos = self._reset_rows(np.flatnonzero(mask), seeds, [options or None] * self.num_envs, {})
        return self._batched(), infos

    def begin(
        self, which: np.ndarray, seeds: Sequence[int | None], options: Sequence[Mapping[str, Any] | None]
    ) -> None:
        """Start an episode in the worlds ``which`` (bool mask), each with its own seed and options; see ``latest``."""
        self._clear_infos()
        self._reset_rows(np.flatnonzero(which), seeds, options, {})

    def resume(self, observations: Sequence[Any]) -> None:
        """Take the worlds to be in the middle of episodes, with these observations as the last ones."""
        self._clear_infos()
        self._latest = list(observations)
        self._begun[:] = True
        self._terminations[:] = self._truncations[:] = False

    def step(self, actions: Any) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Step every world; see the class docstring for worlds whose episode has ended."""
        if not self._begun.all():
            raise ResetNeeded(f"{self}: call reset() before step()")
        actions = self._rows_of(actions)
        if len(actions) != self.num_envs:
            raise ValueError(f"{self}: {len(actions)} actions for {self.num_envs} worlds")
        self._clear_infos()
        ended = self._terminations | self._truncations
        self._rewards[:] = 0.0
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            ended = np.zeros_like(ended)
        infos = {} if ended.all() else self._step_rows(np.flatnonzero(~ended), actions)
        terminations, truncations = self._terminations.copy(), self._truncations.copy()
        if self.autoreset_mode is AutoresetMode.NEXT_STEP and ended.any():
            terminations[ended] = truncations[ended] = False
            infos = self._reset_rows(np.flatnonzero(ended), [None] * self.num_envs, [None] * self.num_envs, infos)
        elif self.autoreset_mode is AutoresetMode.SAME_STEP and (terminations | truncations).any():
            ending = terminations | truncations
            infos, final = _divide(infos, ending)
            for row in np.flatnonzero(ending).tolist():
                self._add_info(infos, {"final_obs": copy.deepcopy(self._latest[row])}, row)
            infos |= {"final_info": final, "_final_info": ending}
            infos = self._reset_rows(np.flatnonzero(ending), [None] * self.num_envs, [None] * self.num_envs, infos)
        return self._batched(), self._rewards.copy(), terminations, truncations, infos

    def _reset_rows(
        self, rows: np.ndarray, seeds: Sequence[int | None], options: Sequence[Any], infos: dict[str, Any]
    ) -> dict[str, Any]:
        for row in rows.tolist():
            self._latest[row], info = self.worlds[row].reset(seed=seeds[row], options=options[row])
            self._keep_info(infos, info, row)
        self._begun[rows] = True
        self._terminations[rows] = self._truncations[rows] = False
        return infos

    def _step_rows(self, rows: np.ndarray, actions: Any) -> dict[str, Any]:
        """Step the worlds ``rows``: set their observations, rewards and flags, return their infos."""
        infos: dict[str, Any] = {}
        for row in rows.tolist():
            self._latest[row], self._rewards[row], self._terminations[row], self._truncations[row], info = self.worlds[
                row
            ].step(actions[row])
            self._keep_info(infos, info, row)
        return infos

    @property
    def latest(self) -> list[Any]:
        """Each world's last observation, not batched."""
        return list(self._latest)

    def _clear_infos(self) -> None:
        self.latest_infos = [{} for _ in self.worlds]

    def _keep_info(self, infos: dict[str, Any], info: dict[str, Any], row: int) -> None:
        """Keep a world's info, and add it to the batched ones."""
        self.latest_infos[row] = info
        self._add_info(infos, info, row)

    def _rows_of(self, actions: Any) -> Any:
        """Batched actions as a sequence indexed by world."""
        return list(iterate(self.action_space, actions))

    def _batched(self) -> Any:
        """A copy of the observations of all worlds, batched."""
        space = self.single_observation_space
        empty: Any = create_empty_array(space, self.num_envs)
        return concatenate(space, self._latest, empty)

    def render(self) -> tuple[Any, ...]:
        """Each world's rendered image."""
        return tuple(world.render() for world in self.worlds)

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """The results of each world's method ``name``, or its attributes ``name``."""
        values = [world.get_wrapper_attr(name) for world in self.worlds]
        return tuple(value(*args, **kwargs) if callable(value) else value for value in values)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Each world's attribute ``name``."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set the attribute ``name`` of each world.

        Args:
            name: the attribute's.
            values: a list or tuple with a value per world, or one value for all.

        Raises:
            ValueError: the list is not one value per world.
        """
        if not isinstance(values, list | tuple):
            values = [values] * self.num_envs
        if len(values) != self.num_envs:
            raise ValueError(f"{self}: {len(values)} values of {name} for {self.num_envs} worlds")
        for world, value in zip(self.worlds, values):
            world.set_wrapper_attr(name, value)

    # Gymnasium types these two as for a single environment; SyncVectorEnv overrides them in the same way.
    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The worlds' generators."""
        return self.get_attr("np_random")

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # type: ignore[override]
        """The seeds of the worlds' generators."""
        return self.get_attr("np_random_seed")

    def close_extras(self, **kwargs: Any) -> None:
        """Close the worlds."""
        for world in self.worlds:
            world.close()


def _divide(infos: dict[str, Any], ending: np.ndarray) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split batched infos into those of the worlds that continue and of those that are ``ending``."""
    parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for key in [key for key in infos if f"_{key}" in infos]:
        values, has = infos[key], infos[f"_{key}"]
        halves = _divide(values, ending) if isinstance(values, dict) else (values, values.copy())
        for part, half, mask in zip(parts, halves, (has & ~ending, has & ending)):
            if mask.any():
                part[key], part[f"_{key}"] = half, mask
                if not isinstance(half, dict):
                    half[~mask] = None if half.dtype == object else 0
    return parts
