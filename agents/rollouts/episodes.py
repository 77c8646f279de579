"""Episodes of worlds that take words: played and recorded as trajectories, and replayed from them."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gymnasium
import numpy as np

from palaestra.agents.scripted import AGENTS
from palaestra.data.errors import InputError
from palaestra.data.streams import child_seed
from palaestra.data.trajectory import Step, Trajectory, Writer, read

if TYPE_CHECKING:
    from palaestra.data.results.viewer import Frame

PHONE = "palaestra/AndroidTasks-v0"
SEEN_BY_SCRIPTS = ("elements", "text")
"""What a recorded phone shows beside its pixels in any case: scripted agents go by the elements."""


def record(
    world_id: str,
    policy: str,
    episodes: int,
    path: Path | str,
    *,
    seed: int = 0,
    pictures: bool = True,
    arguments: dict[str, Any] | None = None,
    task: str | None = None,
) -> Iterator[Trajectory]:
    """Play episodes and write them to a file; yields each when it is on disk.

    Episode e depends on ``seed`` and e only. Without a task's name, episodes take the world's tasks in turn.

    Args:
        world_id: a registered world that takes words.
        policy: a name in ``scripted.AGENTS``.
        episodes: how many.
        path: a new file.
        seed: of worlds and agents.
        pictures: whether to store pixels (PNG); they can be drawn again by ``replay``.
        arguments: the world's, for ``gymnasium.make``.
        task: play this one only.

    Raises:
        InputError: no such world, agent or task; the world takes no words; the file is there already.
    """
    if policy not in AGENTS:
        raise InputError(f"policy {policy!r}: there are {', '.join(AGENTS)}")
    if episodes < 1:
        raise InputError(f"episodes {episodes}: at least one")
    arguments = json.loads(json.dumps(arguments or {}))  # plain data, as it is recorded
    if world_id == PHONE and isinstance(arguments.setdefault("observe", []), list):
        arguments["observe"] = list(dict.fromkeys((*arguments["observe"], *SEEN_BY_SCRIPTS)))
    world = make(world_id, arguments)
    names = [task] if task else list(world.task_names)
    about = {"world": world_id, "arguments": arguments, "policy": policy}
    if task:
        world.reset(seed=0, options={"task": task})  # an unknown one is said before a file is made
    with Writer(path) as writer:
        for episode in range(episodes):
            episode_seed = child_seed(seed, "episode", episode) % 2**31
            options = {"task": names[episode % len(names)]}
            trajectory = play(world, policy, episode_seed, options, about, pictures)
            writer.write(trajectory)
            yield trajectory
    world.close()


def make(world_id: str, arguments: dict[str, Any]) -> Any:
    """A world that takes words.

    Raises:
        InputError: there is no such world, or it takes numbers.
    """
    try:
        world = gymnasium.make(world_id, **arguments).unwrapped
    except gymnasium.error.Error as error:
        raise InputError(f"{world_id}: no such world; `palaestra envs` lists them ({error})") from None
    except TypeError as error:
        raise InputError(f"{world_id}: {str(error).partition(' was raised from')[0]}") from None
    if not isinstance(world.action_space, gymnasium.spaces.Text):
        raise InputError(f"{world_id} takes numbers, not words; `palaestra evaluate` plays such worlds")
    return world


def play(world: Any, policy: str, seed: int, options: dict[str, Any], about: dict[str, Any], pictures: bool):
    """One episode as a trajectory."""
    observation, info = world.reset(seed=seed, options=options)
    agent = AGENTS[policy]([world], seed)
    agent.reset()
    steps = [_row(world, observation, info, pictures)]
    ended = False
    while not ended:
        (said,) = agent.act([observation])
        observation, reward, terminated, truncated, info = world.step(said)
        ended = terminated or truncated
        step = _row(world, observation, info, pictures)
        step.action, step.reward, step.terminated, step.truncated = said, float(reward), terminated, truncated
        step.rewards = {"task": float(reward)}
        steps.append(step)
    task = world.task
    told = {"id": task.id, "template": task.template, "slots": dict(task.slots), "instruction": task.instruction}
    told |= {"budget": task.budget, "hash": task.hash}
    return Trajectory(
        about | {"seed": seed, "options": options, "task": told, "side_effects": info["side_effects"]}, steps
    )


def _row(world: Any, observation: dict[str, Any], info: dict[str, Any], pictures: bool) -> Step:
    return Step(
        observation={name: text for name, text in observation.items() if isinstance(text, str)},
        pixels=png(observation["pixels"]) if pictures else None,
        parsed=json.loads(json.dumps(info.get("action", {}))),  # pairs become lists, as in the file
        error=info.get("action_error", "") or info.get("error", ""),
        clauses=info["clauses"],
        success=info["success"],
        fingerprint=world.fingerprint(),
    )


def png(pixels: np.ndarray) -> bytes:
    """A picture as PNG."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return file.getvalue()


@dataclass(frozen=True)
class Replayed:
    """What became of an episode when it was played again.

    Attributes:
        trajectory: as it was recorded.
        differs: the first step whose fingerprint, reward or end is not the recorded one; None: there is none.
        reason: what is different there.
        frames: what a viewer shows, one per step.
    """

    trajectory: Trajectory
    differs: int | None
    reason: str
    frames: "list[Frame]"


def replay(path: Path | str, episodes: Sequence[int] | None = None, frames: bool = True) -> Iterator[Replayed]:
    """Play the episodes of a file again, step by step beside the record.

    Args:
        path: a file of trajectories.
        episodes: which ones, from 0; all by default.
        frames: whether to draw them.
    """
    worlds: dict[str, Any] = {}
    for number, trajectory in enumerate(read(path)):
        if episodes is not None and number not in episodes:
            continue
        about = trajectory.about
        key = json.dumps([about["world"], about["arguments"]], sort_keys=True)
        if key not in worlds:
            worlds[key] = make(about["world"], about["arguments"])
        yield _replayed(worlds[key], trajectory, frames)
    for world in worlds.values():
        world.close()


def _replayed(world: Any, trajectory: Trajectory, drawn: bool) -> Replayed:
    from palaestra.data.results.viewer import Frame

    shown: list[Frame] = []
    about = trajectory.about
    for number, step in enumerate(trajectory.steps):
        if number == 0:
            observation, info = world.reset(seed=about["seed"], options=about["options"])
            told = (0.0, False, False)
        else:
            observation, *told, info = world.step(step.action)
        if drawn:
            shown.append(
                Frame(
                    png(observation["pixels"]),
                    {"size": list(world.device.size), "elements": world.elements()},
                    step,
                    info["clauses"],
                )
            )
        reason = _difference(step, world.fingerprint(), told)
        if reason:
            return Replayed(trajectory, number, reason, shown)
    return Replayed(trajectory, None, "", shown)


def _difference(step: Step, fingerprint: str, told: Sequence[Any]) -> str:
    """What is not as recorded, or ""."""
    if fingerprint != step.fingerprint:
        return f"fingerprint {fingerprint[:12]}, recorded {step.fingerprint[:12]}"
    if tuple(told) != (step.reward, step.terminated, step.truncated):
        return f"reward and end {told}, recorded {[step.reward, step.terminated, step.truncated]}"
    return ""
