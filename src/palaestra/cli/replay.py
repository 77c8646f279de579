"""``palaestra replay``: replay recorded episodes, check every step, and write an HTML page of them."""

import sys
from pathlib import Path

import tyro

from palaestra.cli.progress import progress_bar
from palaestra.data.errors import InputError


def replay(
    file: tyro.conf.Positional[Path], html: Path | None = None, episodes: tuple[int, ...] = (), check: bool = False
) -> int:
    """Replay recorded episodes, check every fingerprint, and write an HTML page of them.

    The exit status is 1 if an episode differs from its record.

    Args:
        file: a file written by palaestra rollout.
        html: the page to write; by default the file's name with .html. Episodes without pictures are shown as
            conversations.
        episodes: replay only these episodes, counted from 0.
        check: only check; write no page.
    """
    from palaestra.agents.rollouts.episodes import replay as replay_episodes
    from palaestra.cli.rollout import counted
    from palaestra.data.results.viewer import write_viewer

    played = []
    with progress_bar() as bar:
        progress = bar.add_task("replay", total=None)
        for episode in replay_episodes(file, episodes or None, frames=not check):
            bar.update(progress, advance=1, description=episode.trajectory.about["task"]["id"])
            reason = "" if episode.differs is None else f"step {episode.differs}: {episode.reason}"
            played.append((episode.trajectory, episode.frames, reason))
    if not played:
        raise InputError(f"{file}: has no such episodes")
    different = 0
    for trajectory, _, reason in played:
        if reason:
            print(f"{trajectory.about['task']['id']}: {reason}", file=sys.stderr)
            different += 1
    print(f"{file}: {counted(len(played), 'episode')} played again, {len(played) - different} exactly as recorded")
    if not check:
        page = html or file.with_suffix(".html")
        write_viewer(page, played)
        print(page)
    return int(different > 0)
