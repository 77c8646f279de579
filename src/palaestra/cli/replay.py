"""``palaestra replay``: replay recorded episodes, check every step, and write an HTML page of them."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from palaestra.cli.progress import progress_bar
from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.data.trajectory import Trajectory


def replay(
    file: tyro.conf.Positional[Path],
    html: Path | None = None,
    episodes: tuple[int, ...] = (),
    check: bool = False,
    text: bool = False,
) -> int:
    """Replay recorded episodes, check every fingerprint, and write an HTML page of them.

    The exit status is 1 if an episode differs from its record.

    Args:
        file: a file written by palaestra rollout.
        html: the page to write; by default the file's name with .html. Episodes without pictures are shown as
            conversations.
        episodes: replay only these episodes, counted from 0.
        check: only check; write no page.
        text: print what was said instead of writing a page.
    """
    from palaestra.agents.rollouts.episodes import replay as replay_episodes
    from palaestra.cli.rollout import counted
    from palaestra.data.results.viewer import write_viewer

    played = []
    with progress_bar() as bar:
        progress = bar.add_task("replay", total=None)
        for episode in replay_episodes(file, episodes or None, frames=not (check or text)):
            bar.update(progress, advance=1, description=episode.trajectory.about["task"]["id"])
            reason = "" if episode.differs is None else f"step {episode.differs}: {episode.reason}"
            played.append((episode.trajectory, episode.frames, reason))
            if text:
                print("\n".join(said(episode.trajectory)), end="\n\n")
    if not played:
        raise InputError(f"{file}: has no such episodes")
    different = 0
    for trajectory, _, reason in played:
        if reason:
            print(f"{trajectory.about['task']['id']}: {reason}", file=sys.stderr)
            different += 1
    print(f"{file}: {counted(len(played), 'episode')} played again, {len(played) - different} exactly as recorded")
    if not (check or text):
        page = html or file.with_suffix(".html")
        write_viewer(page, played)
        print(page)
    return int(different > 0)


def said(trajectory: "Trajectory") -> Iterator[str]:
    """An episode as lines: a heading, then every message with its role, and why an action was invalid."""
    about = trajectory.about
    success = "not scored" if trajectory.success is None else f"success {trajectory.success:g}"
    yield f"== {about['task']['id']}: {success}" + (f", {about['stop']}" if about.get("stop") else "")
    for step in trajectory.steps:
        if step.action is not None:
            yield f"assistant: {_printable(step.action)}"
        if step.error:
            yield f"error: {_printable(step.error)}"
        for message in json.loads(step.observation.get("messages", "[]")):
            yield f"{message['role']}: {_printable(message['content'])}"


def _printable(text: str) -> str:
    """A text whose control characters, which could write anything on a terminal, are spelled out."""
    shown = (letter.isprintable() or letter in "\n\t" for letter in text)
    return "".join(letter if is_shown else ascii(letter)[1:-1] for letter, is_shown in zip(text, shown))
