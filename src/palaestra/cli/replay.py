"""``palaestra replay``: replay recorded episodes or a dataset's, and check every step."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from palaestra.cli.progress import progress_bar
from palaestra.data.errors import InputError
from palaestra.data.paths import path_of

if TYPE_CHECKING:
    import numpy as np

    from palaestra.data.trajectory import Trajectory


def replay(
    file: tyro.conf.Positional[Path],
    html: Path | None = None,
    episodes: tuple[int, ...] = (),
    check: bool = False,
    text: bool = False,
    video: Path | None = None,
) -> int:
    """Replay recorded episodes and check every step.

    The exit status is 1 if an episode differs from its record.

    Args:
        file: a file written by palaestra rollout, or the id of a dataset, whose states are set and whose actions are
            applied.
        html: the page to write; by default the file's name with .html. Episodes without pictures are shown as
            conversations.
        episodes: replay only these episodes, counted from 0; of a dataset, by default the first 3.
        check: only check; write no page.
        text: print what was said instead of writing a page.
        video: of a dataset's episodes, .mp4 or .gif.
    """
    if not path_of(file).exists():
        return replay_dataset(str(file), episodes or None, video)
    if video is not None:
        raise InputError(f"{file}: --video is for datasets by their id; the episodes of a file become a page")
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


def replay_dataset(id: str, episodes: tuple[int, ...] | None, video: Path | None) -> int:
    """Step a dataset's environment through its episodes and print how far it is from the rows."""
    from palaestra import data
    from palaestra.agents.rollouts.recorded import compare
    from palaestra.envs.mujoco.engine import EngineWorld
    from palaestra.envs.registered import make

    if video is not None and video.suffix not in (".mp4", ".gif"):
        raise InputError(f"{video}: a video is .mp4 or .gif")
    if video is not None and video.exists():
        raise InputError(f"{video}: exists already; remove it or choose another name")
    dataset = data.load(id, columns="all")
    if dataset.env_id is None:
        raise InputError(f"{id}: no environment is known that could be stepped")
    with contextlib.closing(make(dataset.env_id, **({} if video is None else {"render_mode": "rgb_array"}))) as world:
        if not isinstance(world, EngineWorld):
            raise InputError(f"{id}: {dataset.env_id} can't be set to a recorded state")
        chosen = episodes if episodes is not None else tuple(range(min(3, len(dataset.episodes))))
        with contextlib.ExitStack() as stack:
            watch = None if video is None else stack.enter_context(_film(video, world.metadata["render_fps"]))
            result = compare(dataset, world, chosen, watch)
        drawn = world.drawn
    how = "from their start snapshots" if result.method == "snapshots" else "from the stored state of each row"
    print(f"{id}: episodes {', '.join(map(str, chosen))}, {how}")
    print("\n".join(result.lines()))
    if video is not None:
        print(f"{video}, drawn {drawn}")
    return 0 if result.ok else 1


@contextlib.contextmanager
def _film(path: Path, fps: int) -> "Iterator[Callable[[np.ndarray | None], None]]":
    """A function that appends pictures to a video; the video appears when it is complete."""
    import imageio.v2 as imageio

    unfinished = path.with_name(f".unfinished-{path.name}")
    options: dict[str, Any] = {"fps": fps} if path.suffix == ".mp4" else {"duration": 1000 / fps, "loop": 0}
    try:
        with imageio.get_writer(unfinished, **options) as opened:
            writer: Any = opened
            yield writer.append_data
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


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
