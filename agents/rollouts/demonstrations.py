"""Episodes that a person plays, one text action at a time."""

import json
from collections.abc import Mapping
from typing import Any

from palaestra.agents.rollouts.episodes import Episode, kind_of, make, row_of, trajectory_of
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.data.errors import InputError
from palaestra.data.trajectory import Trajectory
from palaestra.envs.task import Task

POLICY = "person"
"""The policy of a demonstration in its record."""


class Demonstrations:
    """An environment with text actions in which one episode after another is played and kept as a trajectory.

    Args:
        world_id: id of a registered environment with text actions.
        arguments: of the environment, for ``gymnasium.make``.
        pictures: whether trajectories have the pixels; ``replay`` can render them again.

    Attributes:
        world: the environment; what changes it past ``step`` is in no trajectory.

    Raises:
        InputError: no such environment, or it doesn't accept these arguments.
    """

    def __init__(self, world_id: str, arguments: Mapping[str, Any] | None = None, pictures: bool = True):
        self._kind = kind_of(world_id)
        recorded = self._kind.recorded(json.loads(json.dumps(dict(arguments or {}))))
        self._stage, self._pictures = Stage(make(world_id, recorded)), pictures
        self._about = {"world": world_id, "arguments": recorded, "policy": POLICY}
        (self.world,) = self._stage.worlds.worlds
        self._start = Start(None)
        self._info: Mapping[str, Any] = {}
        self._episode: Episode | None = None

    def begin(self, seed: int, task: str | None = None) -> Mapping[str, Any]:
        """Start an episode, forgetting the last one; returns its info.

        Args:
            seed: of the environment's reset.
            task: its name; one of the environment's, drawn by the seed, by default.

        Raises:
            InputError: there is no such task; the last episode stays.
        """
        start = Start(seed, {"task": task} if task is not None else {})
        self._stage.reset(starts=[start])
        self._start, self._info = start, self._stage.worlds.latest_infos[0]
        row = row_of(self._kind, self._stage, 0, self._pictures)
        self._episode = Episode(0, self.task, [row], [])
        return self._info

    @property
    def task(self) -> Task:
        """The task of this episode."""
        (task,) = self._stage.tasks
        if task is None:
            raise InputError("there is no episode yet: begin one")
        return task

    @property
    def observation(self) -> Mapping[str, Any]:
        """The environment's, after the last action."""
        return self._stage.observations[0]

    @property
    def steps(self) -> int:
        """Number of actions in this episode."""
        return 0 if self._episode is None else len(self._episode.verdicts)

    @property
    def running(self) -> bool:
        """Whether this episode has not ended yet."""
        return bool(self._stage.running[0])

    @property
    def success(self) -> float | None:
        """1 if the task counted as done after any step, 0 if not (yet); None: not scored."""
        return self._episode.success if self._episode is not None and self._episode.verdicts else 0.0

    def step(self, text: str) -> Mapping[str, Any]:
        """Perform a text action and record it; returns the environment's info.

        Raises:
            InputError: no episode is running.
        """
        if self._episode is None or not self.running:
            raise InputError("no episode is running: begin one")
        step = self._stage.step([text])
        self._info, row = step.infos[0], row_of(self._kind, self._stage, 0, self._pictures)
        row.action, row.reward = text, float(step.rewards[0])
        row.rewards, row.terminated, row.truncated = (
            {"task": row.reward},
            bool(step.terminated[0]),
            bool(step.truncated[0]),
        )
        self._episode.rows.append(row)
        self._episode.verdicts.append(self._info["verdict"])
        return self._info

    def trajectory(self, stop: str = "") -> Trajectory | None:
        """What was played in this episode so far; None before its first step.

        Args:
            stop: why the episode goes no further, if it has not ended by itself.
        """
        if self._episode is None or not self.steps:
            return None
        info = self._info if "side_effects" in self._info else self._given_up()
        end = {"side_effects": info.get("side_effects", []), "stop": str(self._info.get("stop", "")) or stop}
        return trajectory_of(self._episode, self._start, self._about, end)

    def _given_up(self) -> Mapping[str, Any]:
        """The info at the end, had the person given up now."""
        stage = self._stage.fork([0])
        try:
            return stage.step([self._kind.surrender(stage.observations[0], self.world.codec)]).infos[0]
        finally:
            stage.close()

    def close(self) -> None:
        """Close the environment."""
        self._stage.close()
