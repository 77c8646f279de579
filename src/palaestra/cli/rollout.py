"""``palaestra rollout``: record episodes of an environment with text actions."""

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from palaestra.cli.progress import progress_bar, stopped_by_interrupt
from palaestra.cli.values import json_object

if TYPE_CHECKING:
    from palaestra.data.trajectory import Trajectory


def rollout(
    world: tyro.conf.Positional[str],
    out: Path,
    policy: str = "random",
    episodes: int = 10,
    seed: int = 0,
    task: str | None = None,
    worlds: int = 1,
    pictures: bool = True,
    resume: bool = False,
    arguments: str = "{}",
    examples: int = 0,
    max_tokens: int | None = None,
    temperature: float = 0.0,
    prices: tuple[float, float] = (0.0, 0.0),
    max_cost: float | None = None,
    grammar: bool = False,
) -> int:
    """Play episodes of an environment with text actions, and record them as trajectories.

    Args:
        world: id of the environment, such as palaestra/AndroidTasks-v0; module:ID for your own.
        out: a new file, such as episodes.arrows.
        policy: random; oracle: the task's own solution; noisy-oracle: the oracle with random mistakes;
            module:name: your own function of an observation, which returns a text, or an agent that was written for
            AndroidWorld; a run's folder, smollm2, hf:PATH_OR_ID or api:URL#MODEL (an OpenAI-compatible endpoint; the
            key is PALAESTRA_API_KEY or OPENAI_API_KEY of the environment): a language model; of a run, its first seed.
        episodes: number of episodes; they cycle through the environment's tasks, which `palaestra envs tasks` lists.
        seed: of environments and agents.
        task: play this task only; module:Template names your own.
        worlds: number of environments played side by side; never changes a result.
        pictures: store the pixels, if there are any; without them a replay renders them again.
        resume: continue the file, if there is one, after its last complete episode.
        arguments: of the environment, as JSON: '{"codec": "json"}'; a run plays the tasks that it was trained on,
            unless they are named here.
        examples: solved episodes that a language model is shown before every episode.
        max_tokens: maximal number of tokens of a language model's turn; a run's own, or 256.
        temperature: of a language model's turns; 0 speaks greedily.
        prices: of an endpoint, money per million tokens of prompts and of answers.
        max_cost: money after which an endpoint isn't asked any more; with --resume, that of the file is included.
        grammar: let a language model write only tool calls that can be read and fit their schemas.
    """
    from palaestra.agents.rollouts.episodes import record
    from palaestra.agents.rollouts.speakers import Speech
    from palaestra.data.results import speech

    keywords = json_object("--arguments", arguments, '{"codec": "json"}')
    successes: list[float | None] = []
    spoken: list[dict[str, Any]] = []
    reason = "no reason is recorded"
    played = record(
        world,
        policy,
        episodes,
        out,
        seed=seed,
        pictures=pictures,
        arguments=keywords,
        task=task,
        worlds=worlds,
        resume=resume,
        speech=Speech(examples, max_tokens, temperature, prices, max_cost, grammar),
    )
    with progress_bar() as bar, stopped_by_interrupt("this episode") as stop, contextlib.closing(played):
        progress = bar.add_task("rollout", total=episodes)
        for trajectory in played:
            successes.append(trajectory.success)
            spoken += as_spoken(trajectory)
            if trajectory.success is None:
                reason = trajectory.steps[-1].error or reason
            bar.update(progress, advance=1, description=trajectory.about["task"]["id"])
            if stop():
                break
    scored = [value for value in successes if value is not None]
    unscored = f", {len(successes) - len(scored)} not scored ({reason})" if len(scored) < len(successes) else ""
    print(f"{out}: {counted(len(successes), 'episode')}, {sum(scored):g} of {len(scored)} done{unscored}")
    if columns := speech.columns(speech.numbers(spoken, [0])):
        if not all(each["counted"] for each in spoken):  # an endpoint that doesn't say how many
            columns["tokens"] = "unknown"
        money = sum(each["money"] for each in spoken)
        print(", ".join(f"{name} {text}" for name, text in columns.items()) + (f", money {money:.4f}" if money else ""))
    if len(successes) < episodes:
        print(f"palaestra: stopped after {len(successes)} of {counted(episodes, 'episode')}", file=sys.stderr)
        return 130
    return 0


def as_spoken(trajectory: "Trajectory") -> "list[dict[str, Any]]":
    """An episode of a language agent as a record of an evaluation; none for other agents."""
    steps, about = trajectory.steps, trajectory.about
    counts = [step.rewards for step in steps if "prompt_tokens" in step.rewards]  # an endpoint's
    is_counted = bool(counts) or any(step.token_ids is not None for step in steps)
    if "speech" not in about and not is_counted:
        return []
    tokens = sum(len(step.token_ids or ()) for step in steps)
    if counts:  # each answer's prompt has everything before it
        tokens = int(counts[-1]["prompt_tokens"] + counts[-1]["completion_tokens"])
    return [
        {
            "seed": 0,
            "success": trajectory.success,
            "calls": sum(len(step.parsed.get("calls", ())) for step in steps),
            "tokens": tokens,
            "counted": is_counted,
            "drift": about.get("drift", 0),
            "errors": {"invalid turns": sum(bool(step.error) for step in steps)},
            "stop": about.get("stop", ""),
            "money": sum(step.rewards.get("money", 0.0) for step in steps),
        }
    ]


def counted(number: int, noun: str) -> str:
    """``1 episode``, ``2 episodes``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
