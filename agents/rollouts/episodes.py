"""Record episodes of environments with text actions as trajectories, and replay them."""

import contextlib
import json
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from palaestra.agents.androidworld.policy import AndroidWorldPolicy
from palaestra.agents.errors import AgentError
from palaestra.agents.llm.transcript import Transcript
from palaestra.agents.own import name_of, text_policy
from palaestra.agents.policy import TextPolicy
from palaestra.agents.rollouts.play import Stage, Start, steps
from palaestra.agents.rollouts.speakers import PREFIXES, PRETRAINED, Speech, is_run, is_speaker, run_of, speaker
from palaestra.agents.scripted import agents_of
from palaestra.data.errors import InputError
from palaestra.data.own_code import is_own
from palaestra.data.paths import check_regular, path_of
from palaestra.data.streams import child_seed
from palaestra.data.trajectory import Step as EpisodeStep
from palaestra.data.trajectory import Trajectory, Writer, complete_episodes, read
from palaestra.envs.task import Task
from palaestra.envs.text import TextWorld, text_world
from palaestra.envs.vector import VECTOR_OPTIONS, WorldVector, make_worlds

if TYPE_CHECKING:
    from palaestra.data.results.viewer import Frame


def record(
    world_id: str,
    policy: str | TextPolicy | Callable[..., Any],
    episodes: int,
    path: Path | str,
    *,
    seed: int = 0,
    pictures: bool = True,
    arguments: dict[str, Any] | None = None,
    task: str | None = None,
    worlds: int = 1,
    resume: bool = False,
    speech: Speech | None = None,
) -> Generator[Trajectory, None, None]:
    """Play episodes and write them to a file; yields each episode in order, once it is on disk.

    With a scripted agent, episode e depends on ``seed`` and e only. Without a task's name, episodes cycle through the
    environment's tasks. If an agent raises, the file keeps the complete episodes before the one that was interrupted.

    Args:
        world_id: id of a registered environment with text actions.
        policy: a name in ``scripted.agents_of``; a run of a language model, ``smollm2``, ``hf:PATH`` or
            ``api:URL#MODEL``; a policy for ``worlds`` worlds; a function that returns the text for an observation,
            called in threads for ``worlds`` worlds at a time; a class of policies; or ``module:name`` of one of them.
        episodes: number of episodes.
        path: a new file, unless ``resume``.
        seed: of environments and agents.
        pictures: whether to store pixels (PNG); ``replay`` can render them again.
        arguments: keyword arguments of the environment, for ``gymnasium.make``; those of a run's training are its
            policy's defaults.
        task: play only this task.
        worlds: number of parallel environments, in several processes if the environment supports that.
        resume: continue the file if there is one: its complete episodes are yielded again, the others are played.
        speech: how a language model speaks.

    Raises:
        InputError: no such environment, agent or task; the environment has no text actions; the file exists, or is to
            be continued and has other episodes.
        AgentError: the agent raised an error, or returned no text.
    """
    kind = kind_of(world_id)
    agents = agents_of(kind)
    scripted = isinstance(policy, str) and policy in agents
    spoken = isinstance(policy, str) and not scripted and is_speaker(policy)
    if isinstance(policy, str) and not scripted and not spoken and not is_own(policy):
        listed = ", ".join([*agents, "the folder of a run", PRETRAINED, *(f"{each}..." for each in PREFIXES)])
        raise InputError(f"policy {policy!r}: must be one of {listed}, or module:name for your own")
    speech = speech or Speech()
    if not spoken and speech != Speech():
        raise InputError(f"policy {name_of(policy)}: is no language model; leave out what only says how one speaks")
    path = path_of(path)
    if episodes < 1:
        raise InputError(f"episodes {episodes}: must be at least 1")
    if worlds < 1:
        raise InputError(f"worlds {worlds}: must be at least 1")
    of_run = _of_run(str(policy), world_id) if spoken and is_run(str(policy)) else {}
    arguments = kind.recorded(_plain(of_run | (arguments or {})))
    kept = min(complete_episodes(path)[0], episodes) if resume else 0
    count = max(1, min(worlds, episodes - kept))
    acting = None if scripted or spoken else text_policy(policy, count)
    with contextlib.closing(make(world_id, arguments, count)) as vector:
        first = vector.worlds[0]
        if task:
            first.reset(seed=0, options={"task": task})  # reports an unknown task before the file is created
        if isinstance(acting, AndroidWorldPolicy):
            acting.check_world(first.observation_space, first.get_wrapper_attr("codec").name)
        names = [task] if task else list(first.get_wrapper_attr("task_names"))
        of_world = {name: value for name, value in arguments.items() if name not in VECTOR_OPTIONS}
        about: dict[str, Any] = {"world": world_id, "arguments": of_world, "policy": name_of(policy)}
        if spoken:
            acting = speaker(str(policy), world_id, of_world, seed, speech)
            about["speech"] = speech.settings
        if acting is None:
            acting = Scripted(str(policy), kind, first.get_wrapper_attr("codec"), vector.num_envs)
        plan = [
            Start(child_seed(seed, "episode", number) % 2**31, {"task": names[number % len(names)]})
            for number in range(episodes)
        ]
        for trajectory in _kept(path, plan[:kept], about):
            if hasattr(acting, "spent"):  # so that a limit of money is one for the whole file
                acting.spent += sum(step.rewards.get("money", 0.0) for step in trajectory.steps)
            yield trajectory
        greedy = speech.temperature == 0
        with Writer(path, append=resume) as writer:
            try:
                played = play_planned(acting, Stage(vector), plan, kept, kind, about, pictures=pictures, greedy=greedy)
                for trajectory in _in_order(played, kept):
                    writer.write(trajectory)
                    kept += 1
                    yield trajectory
            except BaseException as error:
                if not kept:
                    Path(path).unlink()
                elif isinstance(error, AgentError):
                    before = "the episode" if kept == 1 else f"the {kept} episodes"
                    raise type(error)(f"{error}; {path} has {before} before, resume continues it") from error
                raise


def _plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as they are recorded: plain data, tasks by their fields."""

    def fields(value: Any) -> Any:
        if isinstance(value, Task):
            return value.fields
        raise InputError(f"arguments {value!r}: must be plain data to be recorded")

    return json.loads(json.dumps(arguments, default=fields))


def _of_run(name: str, world_id: str) -> dict[str, Any]:
    """The arguments with which a run was trained; none in another environment."""
    config = run_of(name).config
    return dict(config["env_arguments"]) if config["env_id"] == world_id else {}


def _kept(path: Path | str, plan: Sequence[Start], about: dict[str, Any]) -> Iterator[Trajectory]:
    """The first episodes of a file.

    Raises:
        InputError: they are not the planned ones.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a torn episode will be played again
        for number, (start, trajectory) in enumerate(zip(plan, read(path) if plan else ())):
            planned = about | {"seed": start.seed, "options": dict(start.options or {})}
            for name, value in planned.items():
                if (recorded := trajectory.about.get(name, value)) != value:
                    there = f"was recorded with {name} {recorded}, not {value}"
                    raise InputError(f"{path}: episode {number} {there}; resume with the same arguments")
            yield trajectory


def kind_of(world_id: str) -> type[TextWorld]:
    """See ``text_world``."""
    advice = "; in Python, palaestra.agents.rollouts.play.rollout plays policies in such environments"
    return text_world(world_id, advice)


def make(world_id: str, arguments: dict[str, Any], count: int = 1) -> WorldVector:
    """Worlds with text actions, see ``make_worlds``.

    Raises:
        InputError: the environment doesn't accept these arguments.
    """
    kind_of(world_id)
    try:
        return make_worlds(world_id, count, **arguments)
    except TypeError as error:
        raise InputError(f"{world_id}: {str(error).partition(' was raised from')[0]}") from None


class Scripted:
    """Scripted agents, one per environment; each episode gets a new agent with its seed.

    Args:
        name: in ``agents_of(kind)``.
        kind: class of the worlds.
        codec: of their actions.
        worlds: number of worlds.

    Attributes:
        seeds: the seeds of the current episodes.
    """

    def __init__(self, name: str, kind: type[TextWorld], codec: Any, worlds: int):
        self._make, self._kind, self._codec = agents_of(kind)[name], kind, codec
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
        """Remove the agent of an environment whose episode has ended."""
        self._agents[row] = None


@dataclass
class Episode:
    """A running episode."""

    number: int
    task: Task
    rows: list[EpisodeStep]
    verdicts: list[float | None]

    @property
    def success(self) -> float | None:
        """1 if the task counted as done after any step, 0 if not; None if the last verdict is missing.

        The verdict may fall back to 0 only where every screen is judged by itself (the reading "screen").
        """
        return None if self.verdicts[-1] is None else max(verdict or 0.0 for verdict in self.verdicts)


def play_planned(
    policy: TextPolicy,
    stage: Stage,
    plan: Sequence[Start],
    begin: int,
    kind: type[TextWorld],
    about: dict[str, Any],
    *,
    pictures: bool,
    greedy: bool,
) -> Iterator[tuple[int, Trajectory]]:
    """Yield (number, trajectory) of the planned episodes from number ``begin`` on, in the order in which they end."""
    count = len(stage.running)
    pending, numbers = iter(range(begin, len(plan))), [0] * count
    playing: dict[int, Episode] = {}

    def next_starts(free: np.ndarray) -> list[Start | None]:
        starts: list[Start | None] = [None] * count
        for row in np.flatnonzero(free).tolist():
            number = next(pending, None)
            if number is not None:
                numbers[row], starts[row] = number, plan[number]
                if isinstance(policy, Scripted):
                    policy.seeds[row] = plan[number].seed or 0
                elif hasattr(policy, "numbers"):
                    policy.numbers[row] = number
        return starts

    def on_start(begins: np.ndarray) -> None:
        for row in np.flatnonzero(begins).tolist():
            first, task = row_of(kind, stage, row, pictures), stage.tasks[row]
            assert task is not None  # a world with text actions has a task after every reset
            playing[row] = Episode(numbers[row], task, [first], [])

    for step in steps(policy, stage, next_starts, deterministic=greedy, on_start=on_start):
        for row in np.flatnonzero(step.running).tolist():
            reward, info, episode = float(step.rewards[row]), step.infos[row], playing[row]
            record = row_of(kind, stage, row, pictures)
            costs = policy.costs[row] if hasattr(policy, "costs") else {}
            if not _is_storable(step.actions[row]):
                raise AgentError(f"{about['policy']}: returned a text with lone surrogates, which are no characters")
            record.action, record.reward, record.rewards = step.actions[row], reward, {"task": reward} | costs
            record.terminated, record.truncated = bool(step.terminated[row]), bool(step.truncated[row])
            episode.rows.append(record)
            episode.verdicts.append(info["verdict"])
            if step.ended[row]:
                end: dict[str, Any] = {"side_effects": info["side_effects"], "stop": str(info.get("stop", ""))}
                if hasattr(policy, "transcripts"):
                    _add_tokens(episode.rows, policy.transcripts[row])
                    end["drift"] = policy.transcripts[row].drifted
                if hasattr(policy, "stops"):
                    end["stop"] = policy.stops[row] or end["stop"]
                if hasattr(policy, "rest"):
                    policy.rest(row)
                yield episode.number, trajectory_of(playing.pop(row), plan[episode.number], about, end)


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def row_of(kind: type[TextWorld], stage: Stage, row: int, pictures: bool) -> EpisodeStep:
    """An environment's current observation and info as a row of the trajectory."""
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


def _add_tokens(rows: Sequence[EpisodeStep], transcript: Transcript) -> None:
    """Store a transcript: the prompt in the first row, each turn and what followed it in the turn's."""
    parts = transcript.rows()
    for row, (ids, mask, log_probs) in zip(rows, [*parts, *[([], [], [])] * (len(rows) - len(parts))]):
        row.token_ids, row.mask, row.log_probs = list(ids), list(mask), list(log_probs)


def trajectory_of(episode: Episode, start: Start, about: dict[str, Any], end: dict[str, Any]) -> Trajectory:
    """An episode with at least one step as a trajectory; ``about`` says how it was played, ``end`` how it ended."""
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
        "success": episode.success,
    }
    return Trajectory(about | outcome | end, episode.rows)


def _in_order(played: Iterator[tuple[int, Trajectory]], next_number: int) -> Iterator[Trajectory]:
    """Yield the episodes in the order of their numbers, which begin with ``next_number``."""
    ready: dict[int, Trajectory] = {}
    for number, trajectory in played:
        ready[number] = trajectory
        while next_number in ready:
            yield ready.pop(next_number)
            next_number += 1


def png(pixels: np.ndarray) -> bytes:
    """Encode an image as PNG."""
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


def _made_again(about: Mapping[str, Any]) -> WorldVector:
    """The world of a recording."""
    return make(about["world"], kind_of(about["world"]).replayed(about["arguments"]))


def replay(path: Path | str, episodes: Sequence[int] | None = None, frames: bool = True) -> Iterator[Replayed]:
    """Replay the episodes of a file and compare every step with the record.

    Args:
        path: a file of trajectories.
        episodes: numbers of the episodes to replay, from 0; all by default.
        frames: whether to render them.
    """
    path = path_of(path)
    check_regular(path)
    stages: dict[str, Stage] = {}
    with contextlib.ExitStack() as stack:
        for number, trajectory in enumerate(read(path)):
            if episodes is not None and number not in episodes:
                continue
            about = trajectory.about
            key = json.dumps([about["world"], about["arguments"]], sort_keys=True)
            if key not in stages:
                stages[key] = stack.enter_context(contextlib.closing(Stage(_made_again(about))))
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
