"""Plans of episodes in worlds of words: one after another, in groups of the same task, or as trees of forks.

A plan is a list of ``Planned``; ``play_words`` plays it with a policy, as many at a time as the stage has worlds.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from palaestra.agents.llm.transcript import Transcript
from palaestra.agents.policy import TextPolicy
from palaestra.agents.rollouts.play import Stage, Start, evaluation_seed, steps
from palaestra.data.errors import InputError
from palaestra.envs.task import Task
from palaestra.envs.vector import make_worlds

SIDE_BY_SIDE = 128
"""Maximal number of worlds of an evaluation."""


@dataclass(frozen=True)
class Planned:
    """An episode to play.

    Attributes:
        start: its reset.
        group: number of the group; the episodes of a group have equal starts.
    """

    start: Start
    group: int


@dataclass
class Episode:
    """A played episode.

    Attributes:
        planned: what it began with.
        task: its task.
        texts: the agent's turns.
        transcript: the tokens, if a language model or a teacher spoke.
        reward: sum of the rewards.
        success: 1 or 0, the last step's verdict; None: not scored.
        calls: number of tool calls, failed and malformed ones included.
        errors: numbers of faults by name.
        stop: why it ended: the policy's reason of its last turn (``context``, ``length``), or the world's.
        cut: number of turns that were cut at the limit of tokens.
        terminated: whether the world ended it.
        path: in a tree, the branch taken at each fork.
    """

    planned: Planned
    task: Task
    texts: list[str] = field(default_factory=list)
    transcript: Transcript | None = None
    reward: float = 0.0
    success: float | None = None
    calls: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    stop: str = ""
    cut: int = 0
    terminated: bool = False
    path: tuple[int, ...] = ()


def linear(starts: Sequence[Start]) -> list[Planned]:
    """Every start once."""
    return [Planned(start, group) for group, start in enumerate(starts)]


def group(starts: Sequence[Start], size: int) -> list[Planned]:
    """Every start ``size`` times, side by side."""
    return [Planned(start, number) for number, start in enumerate(starts) for _ in range(size)]


def play_words(
    policy: TextPolicy, stage: Stage, plan: Sequence[Planned], *, deterministic: bool = False
) -> list[Episode]:
    """Play a plan; the episodes come back in its order.

    Args:
        policy: of texts; its ``transcripts``, if it has them, become the episodes'.
        stage: any number of worlds; it determines how many episodes run side by side.
        plan: the episodes.
        deterministic: passed to the policy.
    """
    numbers = [0] * len(stage.running)
    pending = iter(range(len(plan)))
    playing: dict[int, Episode] = {}
    played: dict[int, Episode] = {}

    def next_starts(free: np.ndarray) -> list[Start | None]:
        starts: list[Start | None] = [None] * len(free)
        for row in np.flatnonzero(free).tolist():
            if (number := next(pending, None)) is not None:
                numbers[row], starts[row] = number, plan[number].start
        return starts

    def on_start(begins: np.ndarray) -> None:
        for row in np.flatnonzero(begins).tolist():
            task = stage.tasks[row]
            assert task is not None  # a world of words has a task after every reset
            playing[row] = Episode(plan[numbers[row]], task)

    for step in steps(policy, stage, next_starts, deterministic=deterministic, on_start=on_start):
        for row in np.flatnonzero(step.running).tolist():
            episode = playing[row]
            _take(episode, policy, row, step.actions[row], float(step.rewards[row]), step.infos[row])
            if step.ended[row]:
                _end(episode, policy, row, bool(step.terminated[row]))
                played[numbers[row]] = playing.pop(row)
    return [played[number] for number in range(len(plan))]


def play_tree(
    policy: Any, stage: Stage, plan: Sequence[Planned], depth: int, branch: int, *, deterministic: bool = False
) -> list[Episode]:
    """Play a plan with forks: before each of the first ``depth`` turns, every running episode becomes ``branch``.

    Args:
        policy: of texts, with ``fork(rows)``.
        stage: as many worlds as the plan has episodes.
        plan: the episodes' roots.
        depth: number of turns with forks.
        branch: copies of each episode.
        deterministic: passed to the policy.

    Returns:
        The leaves; ``path`` says which branch they took at each fork.
    """
    every = np.ones(len(plan), bool)
    stage.reset(every, [each.start for each in plan])
    policy.reset()
    policy.reset(every, stage.tasks)
    growing = [Episode(each, task) for each, task in zip(plan, stage.tasks) if task is not None]
    leaves: list[Episode] = []
    turn = 0
    while stage.running.any():
        if turn < depth:
            rows = [row for row in np.flatnonzero(stage.running).tolist() for _ in range(branch)]
            stage, policy = stage.fork(rows), policy.fork(rows)
            growing = [
                replace(growing[row], texts=[*growing[row].texts], path=(*growing[row].path, number % branch))
                for number, row in enumerate(rows)
            ]
        step = stage.step(policy.act(stage.observations, None, deterministic))
        for row in np.flatnonzero(step.running).tolist():
            _take(growing[row], policy, row, step.actions[row], float(step.rewards[row]), step.infos[row])
            if step.ended[row]:
                _end(growing[row], policy, row, bool(step.terminated[row]))
                leaves.append(growing[row])
        turn += 1
    return leaves


def _end(episode: Episode, policy: Any, row: int, terminated: bool) -> None:
    """Complete an episode whose world has ended."""
    episode.terminated = terminated
    if hasattr(policy, "transcripts"):
        episode.transcript = policy.transcripts[row]
    if hasattr(policy, "rest"):
        policy.rest(row)


def _take(episode: Episode, policy: TextPolicy, row: int, text: str, reward: float, info: Mapping[str, Any]) -> None:
    """Add a step to an episode."""
    episode.texts.append(text)
    episode.reward += reward
    episode.success = info["verdict"]
    episode.calls += len(info.get("calls", ()))
    episode.errors = dict(info.get("errors", {}))
    reason = policy.stops[row] if hasattr(policy, "stops") else ""
    episode.cut += reason == "length"
    episode.stop = reason or str(info.get("stop", ""))


class SpokenBySeed:
    """Policies of texts, one per seed of a run.

    Args:
        policies: by seed.
    """

    def __init__(self, policies: Mapping[int, TextPolicy]):
        self.policies = dict(policies)

    def evaluate(
        self, env_id: str, config: Mapping[str, Any], *, seeds: Sequence[int], episodes: int, temperature: float = 0.0
    ) -> list[dict[str, Any]]:
        """Evaluate; the tasks are cycled through.

        Args:
            env_id: of the environment.
            config: of the run; its ``env_arguments`` are the environment's, in the run's own.
            seeds: to evaluate.
            episodes: per seed.
            temperature: of the turns; 0 for greedy ones.

        Returns:
            One dict per episode, see ``record_of``.
        """
        arguments = dict(config["env_arguments"]) if env_id == config["env_id"] else {}
        records = []
        with contextlib.closing(Stage(make_worlds(env_id, min(SIDE_BY_SIDE, episodes), **arguments))) as stage:
            space: Any = stage.worlds.single_observation_space
            if "messages" not in space.spaces:
                raise InputError(f"{env_id}: has no messages in its observations, so it can't be spoken to")
            names = stage.worlds.worlds[0].get_wrapper_attr("task_names")
            for seed in seeds:
                starts = [
                    Start(evaluation_seed(seed, number), {"task": names[number % len(names)]})
                    for number in range(episodes)
                ]
                policy: Any = self.policies[seed]
                policy.temperature = temperature or 1.0
                played = play_words(policy, stage, linear(starts), deterministic=not temperature)
                records += [record_of(each, seed, number, env_id) for number, each in enumerate(played)]
        return records


def record_of(episode: Episode, seed: int, number: int, env_id: str) -> dict[str, Any]:
    """An episode as a line of an evaluation.

    As those of ``play.evaluate``, with ``score`` (100 for success), ``success``, ``calls``, ``tokens`` (the whole
    transcript), ``sampled_tokens``, ``drift`` (see ``Transcript``), ``errors``, ``stop``, ``task``.
    """
    transcript = episode.transcript or Transcript()
    return {
        "seed": int(seed),
        "episode": number,
        "env_id": env_id,
        "env_seed": episode.planned.start.seed,
        "return": episode.reward,
        "score": None if episode.success is None else 100 * episode.success,
        "length": len(episode.texts),
        "terminated": episode.terminated,
        "task": episode.task.id,
        "success": episode.success,
        "calls": episode.calls,
        "tokens": len(transcript),
        "sampled_tokens": transcript.sampled,
        "drift": transcript.drifted,
        "errors": dict(episode.errors),
        "stop": episode.stop,
    }
