"""Record episodes of worlds with text actions as trajectories, and replay them."""

import contextlib
import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from palaestra.agents.policy import TextPolicy
from palaestra.agents.rollouts.play import Stage, Start, steps
from palaestra.agents.scripted import AGENTS
from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.data.trajectory import Step as EpisodeStep
from palaestra.data.trajectory import Trajectory, Writer, read
from palaestra.envs.task import Task
from palaestra.envs.text import TextWorld
from palaestra.envs.vector import WorldVector

if TYPE_CHECKING:
    from palaestra.data.results.viewer import Frame


def record(
    world_id: str,
    policy: str | TextPolicy,
    episodes: int,
    path: Path | str,
    *,
    seed: int = 0,
    pictures: bool = True,
    arguments: dict[str, Any] | None = None,
    task: str | None = None,
    worlds: int = 1,
) -> Generator[Trajectory, None, None]:
    """Play episodes and write them to a file; yields each episode in order, once it is on disk.

    With a scripted agent, episode e depends on ``seed`` and e only. Without a task's name, episodes cycle through the
    environment's tasks.

    Args:
        world_id: id of a registered environment with text actions.
        policy: a name in ``scripted.AGENTS``, or a policy for ``worlds`` worlds.
        episodes: number of episodes.
        path: a new file.
        seed: of environments and agents.
        pictures: whether to store pixels (PNG); ``replay`` can render them again.
        arguments: keyword arguments of the environment, for ``gymnasium.make``.
        task: play only this task.
        worlds: number of worlds played side by side, in several processes if the environment supports that.

    Raises:
        InputError: no such environment, agent or task; the environment has no text actions; the file exists.
    """
    if isinstance(policy, str) and policy not in AGENTS:
        raise InputError(f"policy {policy!r}: there are {', '.join(AGENTS)}")
    if episodes < 1:
        raise InputError(f"episodes {episodes}: at least one")
    kind = kind_of(world_id)
    arguments = kind.recorded(json.loads(json.dumps(arguments or {})))  # plain data, as it is recorded
    with contextlib.closing(make(world_id, arguments, min(worlds, episodes))) as vector:
        first = vector.worlds[0]
        if task:
            first.reset(seed=0, options={"task": task})  # an unknown one is named before a file is made
        names = [task] if task else list(first.get_wrapper_attr("task_names"))
        name = policy if isinstance(policy, str) else type(policy).__name__
        about = {"world": world_id, "arguments": arguments, "policy": name}
        if isinstance(policy, str):
            policy = Scripted(policy, kind, first.get_wrapper_attr("codec"), vector.num_envs)
        plan = [
            Start(child_seed(seed, "episode", number) % 2**31, {"task": names[number % len(names)]})
            for number in range(episodes)
        ]
        with Writer(path) as writer:
            for trajectory in _in_order(_play(policy, Stage(vector), plan, kind, about, pictures)):
                writer.write(trajectory)
                yield trajectory


def kind_of(world_id: str) -> type[TextWorld]:
    """The class of an environment with text actions.

    Raises:
        InputError: there is no such environment, or its actions are not texts.
    """
    try:
        spec = gymnasium.spec(world_id)
    except gymnasium.error.Error as error:
        raise InputError(f"{world_id}: no such world; `palaestra envs` lists them ({error})") from None
    point: Any = spec.entry_point
    kind = gymnasium.envs.registration.load_env_creator(point) if isinstance(point, str) else point
    if not (isinstance(kind, type) and issubclass(kind, TextWorld)):
        raise InputError(f"{world_id} takes numbers, not texts; `palaestra evaluate` plays such worlds")
    return kind


def make(world_id: str, arguments: dict[str, Any], count: int = 1) -> WorldVector:
    """A vector of worlds with text actions, without autoreset.

    Raises:
        InputError: the environment doesn't accept these arguments.
    """
    kind_of(world_id)
    try:
        if count == 1:
            return WorldVector([gymnasium.make(world_id, **arguments).unwrapped])
        vector: Any = gymnasium.make_vec(world_id, num_envs=count, autoreset_mode="Disabled", **arguments)
        return vector
    except TypeError as error:
        raise InputError(f"{world_id}: {str(error).partition(' was raised from')[0]}") from None


class Scripted:
    """A scripted agent for every world; each episode has a new one with the seed of its world.

    Args:
        name: in ``AGENTS``.
        kind: class of the worlds.
        codec: language of their actions.
        worlds: number of worlds.

    Attributes:
        seeds: the seeds of the current episodes.
    """

    def __init__(self, name: str, kind: type[TextWorld], codec: Any, worlds: int):
        self._make, self._kind, self._codec = AGENTS[name], kind, codec
        self._agents: list[TextPolicy | None] = [None] * worlds
        self.seeds = [0] * worlds

    def reset(self, which: np.ndarray | None = None, tasks: Sequence[Task | None] = ()) -> None:
        """See ``TextPolicy.reset``."""
        for row, task in enumerate(tasks):
            if task is not None:
                agent = self._make(self._kind, self._codec, self.seeds[row])
                agent.reset(None, [task])
                self._agents[row] = agent

    def act(
        self, observations: Sequence[Mapping[str, Any]], rewards: Any = None, deterministic: bool = True
    ) -> list[str]:
        """See ``TextPolicy.act``; the text for an idle world is empty."""
        return [
            agent.act([observation])[0] if agent is not None else ""
            for agent, observation in zip(self._agents, observations)
        ]

    def rest(self, row: int) -> None:
        """Drop the agent of a world whose episode is over."""
        self._agents[row] = None


@dataclass
class _Episode:
    """The episode that a world is playing."""

    number: int
    task: Task
    rows: list[EpisodeStep]
    verdicts: list[float | None]

    @property
    def success(self) -> float | None:
        """1 if the task ever counted as done, 0 if not; None if the last verdict is missing."""
        return None if self.verdicts[-1] is None else max(verdict or 0.0 for verdict in self.verdicts)


def _play(
    policy: TextPolicy,
    stage: Stage,
    plan: Sequence[Start],
    kind: type[TextWorld],
    about: dict[str, Any],
    pictures: bool,
) -> Iterator[tuple[int, Trajectory]]:
    """Yield (number, trajectory) of the planned episodes in the order in which they end."""
    count = len(stage.running)
    pending, numbers = iter(range(len(plan))), [0] * count
    playing: dict[int, _Episode] = {}

    def next_starts(free: np.ndarray) -> list[Start | None]:
        starts: list[Start | None] = [None] * count
        for row in np.flatnonzero(free).tolist():
            number = next(pending, None)
            if number is not None:
                numbers[row], starts[row] = number, plan[number]
                if isinstance(policy, Scripted):
                    policy.seeds[row] = plan[number].seed or 0
        return starts

    def on_start(begins: np.ndarray) -> None:
        for row in np.flatnonzero(begins).tolist():
            first, task = _row(kind, stage, row, pictures), stage.tasks[row]
            assert task is not None  # a world with text actions has a task after every reset
            playing[row] = _Episode(numbers[row], task, [first], [])

    for step in steps(policy, stage, next_starts, deterministic=True, on_start=on_start):
        for row in np.flatnonzero(step.running).tolist():
            reward, info, episode = float(step.rewards[row]), step.infos[row], playing[row]
            record = _row(kind, stage, row, pictures)
            record.action, record.reward, record.rewards = step.actions[row], reward, {"task": reward}
            record.terminated, record.truncated = bool(step.terminated[row]), bool(step.truncated[row])
            episode.rows.append(record)
            episode.verdicts.append(info["verdict"])
            if step.ended[row]:
                if isinstance(policy, Scripted):
                    policy.rest(row)
                yield episode.number, _trajectory(playing.pop(row), plan[episode.number], about, info["side_effects"])


def _row(kind: type[TextWorld], stage: Stage, row: int, pictures: bool) -> EpisodeStep:
    """A world's current observation and info, as a row of the trajectory."""
    info, (texts, picture) = stage.worlds.latest_infos[row], kind.shown(stage.observations[row])
    return EpisodeStep(
        observation=texts,
        pixels=png(picture) if pictures and picture is not None else None,
        parsed=json.loads(json.dumps(info.get("action", {}))),  # pairs become lists, as in the file
        error=info.get("action_error", "") or info.get("error", ""),
        clauses=info["clauses"],
        success=info["success"],
        fingerprint=stage.worlds.worlds[row].fingerprint(),
    )


def _trajectory(episode: _Episode, start: Start, about: dict[str, Any], side_effects: Sequence[str]) -> Trajectory:
    task = episode.task
    fields = {
        "id": task.id,
        "template": task.template,
        "slots": dict(task.slots),
        "instruction": task.instruction,
        "budget": task.budget,
        "hash": task.hash,
    }
    outcome = {
        "seed": start.seed,
        "options": dict(start.options or {}),
        "task": fields,
        "side_effects": side_effects,
        "success": episode.success,
    }
    return Trajectory(about | outcome, episode.rows)


def _in_order(played: Iterator[tuple[int, Trajectory]]) -> Iterator[Trajectory]:
    """Yield the episodes in the order of their numbers."""
    ready: dict[int, Trajectory] = {}
    next_number = 0
    for number, trajectory in played:
        ready[number] = trajectory
        while next_number in ready:
            yield ready.pop(next_number)
            next_number += 1


def png(pixels: np.ndarray) -> bytes:
    """Encode a picture as PNG."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


@dataclass(frozen=True)
class Replayed:
    """The result of replaying an episode.

    Attributes:
        trajectory: the recorded episode.
        differs: the first step whose fingerprint, reward or flags differ from the record; None if all are equal.
        reason: what differs there.
        frames: one per step, for the viewer.
    """

    trajectory: Trajectory
    differs: int | None
    reason: str
    frames: "list[Frame]"


def replay(path: Path | str, episodes: Sequence[int] | None = None, frames: bool = True) -> Iterator[Replayed]:
    """Replay the episodes of a file and compare every step with the record.

    Args:
        path: a file of trajectories.
        episodes: numbers of the episodes to replay, from 0; all by default.
        frames: whether to render them.
    """
    stages: dict[str, Stage] = {}
    with contextlib.ExitStack() as stack:
        for number, trajectory in enumerate(read(path)):
            if episodes is not None and number not in episodes:
                continue
            about = trajectory.about
            key = json.dumps([about["world"], about["arguments"]], sort_keys=True)
            if key not in stages:
                stages[key] = stack.enter_context(contextlib.closing(Stage(make(about["world"], about["arguments"]))))
            yield _replay(stages[key], kind_of(about["world"]), trajectory, frames)


def _replay(stage: Stage, kind: type[TextWorld], trajectory: Trajectory, render: bool) -> Replayed:
    from palaestra.data.results.viewer import Frame

    frames: list[Frame] = []
    (world,), about = stage.worlds.worlds, trajectory.about
    for number, recorded in enumerate(trajectory.steps):
        outcome: list[Any] = [0.0, False, False]  # reward, terminated, truncated
        if number == 0:
            stage.reset(starts=[Start(about["seed"], about["options"])])
        else:
            step = stage.step([recorded.action])
            outcome = [value.item() for value in (step.rewards[0], step.terminated[0], step.truncated[0])]
        if render:
            picture = kind.shown(stage.observations[0]).picture
            clauses = stage.worlds.latest_infos[0]["clauses"]
            frames.append(Frame(b"" if picture is None else png(picture), world.annotations(), recorded, clauses))
        reason = _difference(recorded, world.fingerprint(), outcome)
        if reason:
            return Replayed(trajectory, number, reason, frames)
    return Replayed(trajectory, None, "", frames)


def _difference(recorded: EpisodeStep, fingerprint: str, outcome: Sequence[Any]) -> str:
    """Describe the difference from the recorded step; "" if there is none."""
    if fingerprint != recorded.fingerprint:
        return f"fingerprint {fingerprint[:12]}, recorded {recorded.fingerprint[:12]}"
    expected = [recorded.reward, recorded.terminated, recorded.truncated]
    return "" if list(outcome) == expected else f"reward and end {outcome}, recorded {expected}"
