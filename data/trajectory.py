"""Recorded episodes of agents with text actions: one Arrow record batch per episode, one row per step.

The file is an Arrow stream compressed with zstd, so that after a kill it still holds every complete episode. The
metadata of a batch describe its episode: the environment's id and arguments, the seed and options of its reset, the
policy, the task. Images may be omitted, because a replay can render them again.
"""

import contextlib
import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from palaestra.data.errors import InputError
from palaestra.data.store import explain_write_errors

if TYPE_CHECKING:
    import pyarrow

FORMAT = "palaestra trajectories 1"
END = b"\xff\xff\xff\xff\0\0\0\0"
"""The end of an Arrow stream."""
ABOUT = ("world", "arguments", "seed", "options", "policy", "task")
"""Keys that describe an episode."""


@dataclass
class EpisodeStep:
    """One row: an action and what followed. The first row of an episode is the result of ``reset``, with no action."""

    observation: dict[str, str] = field(default_factory=dict)
    """The observation's texts by name."""
    pixels: bytes | None = None
    """The image as PNG; None if it was omitted."""
    action: str | None = None
    """The agent's text action."""
    parsed: dict[str, Any] = field(default_factory=dict)
    """The decoded action, as plain data."""
    error: str = ""
    """Why the action was invalid; recorded for this step only."""
    reward: float = 0.0
    rewards: dict[str, float] = field(default_factory=dict)
    """Named parts of the reward, and costs."""
    terminated: bool = False
    truncated: bool = False
    clauses: dict[str, bool] = field(default_factory=dict)
    """The task's conditions after this step."""
    success: float | None = None
    """1 or 0; None: not scored."""
    fingerprint: str = ""
    """The environment's fingerprint after this step."""
    token_ids: list[int] | None = None
    """Tokens of a language model's prompt and answer; ``mask`` is 1 on the answer, ``log_probs`` are the answer's."""
    mask: list[int] | None = None
    log_probs: list[float] | None = None


Step = EpisodeStep  # its name in 0.1.0


@dataclass
class Trajectory:
    """An episode.

    Attributes:
        about: plain data: ``world`` and ``arguments`` for ``gymnasium.make``, ``seed`` and ``options`` of the reset,
            ``policy``, ``task`` (id, template, slots, instruction, budget), ``side_effects``, ``success``.
        steps: N + 1 rows for N actions.
    """

    about: dict[str, Any]
    steps: list[EpisodeStep]

    @property
    def success(self) -> float | None:
        """1 if the task was solved, 0 if not; None: not scored."""
        if "success" in self.about:
            return self.about["success"]
        # Files of 0.1.0 don't store it; their reward is positive when the task is solved.
        return None if self.steps[-1].success is None else float(any(step.reward > 0 for step in self.steps))

    @property
    def length(self) -> int:
        """Number of actions."""
        return len(self.steps) - 1


def schema() -> "pyarrow.Schema":
    """The columns of a file, in the order of ``EpisodeStep``'s fields."""
    import pyarrow as pa

    columns = {
        "observation": pa.map_(pa.string(), pa.string()),
        "pixels": pa.binary(),
        "action": pa.string(),
        "parsed": pa.string(),
        "error": pa.string(),
        "reward": pa.float64(),
        "rewards": pa.map_(pa.string(), pa.float64()),
        "terminated": pa.bool_(),
        "truncated": pa.bool_(),
        "clauses": pa.map_(pa.string(), pa.bool_()),
        "success": pa.float64(),
        "fingerprint": pa.string(),
        "token_ids": pa.list_(pa.int32()),
        "mask": pa.list_(pa.int8()),
        "log_probs": pa.list_(pa.float32()),
    }
    return pa.schema(columns.items(), metadata={"format": FORMAT})


class Writer:
    """Writes episodes to a file; use it as a context manager.

    Args:
        path: a new file.
        append: continue the file if there is one: whatever follows its complete episodes is dropped.

    Raises:
        InputError: the file already exists, or cannot be written: no folder, no space, no permission; or it
            is to be continued and contains something else.
    """

    def __init__(self, path: Path | str, append: bool = False):
        self.path = Path(path)
        if not self.path.parent.is_dir():
            raise InputError(f"{self.path}: {self.path.parent} is not a folder; create it first")
        _, end = complete_episodes(path) if append else (0, 0)
        with explain_write_errors(self.path):
            try:
                self._file = open(self.path, "r+b" if append and self.path.exists() else "xb")  # noqa: SIM115
            except FileExistsError:
                raise InputError(f"{self.path} already exists; remove it or choose another name") from None
            self._file.seek(end)
            self._file.truncate()
            if not end:
                self._file.write(_stream()[: -len(END)])

    def write(self, trajectory: Trajectory) -> None:
        """Append an episode and wait until it is on disk.

        Raises:
            InputError: it cannot be written; the episodes before it are on disk.
        """
        import pyarrow as pa

        columns = [_column([getattr(step, name) for step in trajectory.steps], name) for name in schema().names]
        batch = pa.record_batch(columns, schema=schema())
        about = json.dumps(trajectory.about, sort_keys=True)
        with explain_write_errors(self.path):
            self._file.write(_stream(batch, about)[len(_stream()) - len(END) : -len(END)])
            self._file.flush()
            os.fsync(self._file.fileno())

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *_: object) -> None:
        with explain_write_errors(self.path), self._file:
            self._file.write(END)


def _stream(batch: "pyarrow.RecordBatch | None" = None, about: str = "") -> bytes:
    """An Arrow stream: the header, perhaps an episode, and ``END``."""
    import pyarrow as pa

    file = io.BytesIO()
    with pa.ipc.new_stream(file, schema(), options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        if batch is not None:
            stream.write_batch(batch, custom_metadata={"about": about})
    return file.getvalue()


def complete_episodes(path: Path | str) -> tuple[int, int]:
    """The number of complete episodes in a file, and the position where they end; zeros if there is no file.

    Raises:
        InputError: it is not a file of trajectories.
    """
    import pyarrow as pa

    count, end, header = 0, 0, _stream()[: -len(END)]
    if not Path(path).exists():
        return count, end
    with _opened(path) as file:
        if len(beginning := file.read(len(header))) < len(header) and header.startswith(beginning):
            return count, end  # its writer was stopped at the very beginning
        file.seek(0)
        stream = _open_stream(path, file)
        end = file.tell()
        with contextlib.suppress(StopIteration, pa.ArrowException, OSError, MemoryError):
            while True:
                stream.read_next_batch()
                count, end = count + 1, file.tell()
    return count, end


def _column(values: Sequence[Any], name: str) -> "pyarrow.Array":
    import pyarrow as pa

    if name == "parsed":
        values = [json.dumps(value, sort_keys=True) for value in values]
    elif values and isinstance(values[0], Mapping):
        values = [list(value.items()) for value in values]
    return pa.array(values, schema().field(name).type)


def read(path: Path | str) -> Iterator[Trajectory]:
    """The episodes of a file, or of a recipe by its id, one at a time.

    Warns:
        UserWarning: the last episode is incomplete because its writer was stopped; it is skipped.

    Raises:
        InputError: the file does not exist, is not a file of trajectories, or is damaged.
    """
    import pyarrow as pa

    from palaestra.data.recipes import trajectories

    path = trajectories.file_of(path) if isinstance(path, str) and path in trajectories.RECIPES else path
    with _opened(path) as file:
        stream = _open_stream(path, file)
        while True:
            try:
                batch, metadata = stream.read_next_batch_with_custom_metadata()
            except StopIteration:
                return
            except (pa.ArrowException, OSError, MemoryError):
                import warnings

                warnings.warn(f"{path}: the last episode is incomplete and was skipped", stacklevel=2)
                return
            yield _episode(path, batch, metadata)


def _opened(path: Path | str) -> BinaryIO:
    try:
        return open(path, "rb")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _open_stream(path: Path | str, file: BinaryIO) -> "pyarrow.RecordBatchStreamReader":
    import pyarrow as pa

    try:
        stream = pa.ipc.open_stream(file)
    except (pa.ArrowException, OSError, MemoryError):
        raise InputError(f"{path} is not a file of trajectories") from None
    if (stream.schema.metadata or {}).get(b"format") != FORMAT.encode():
        raise InputError(f"{path} is not a file of trajectories, or has another version than {FORMAT!r}")
    return stream


def _episode(path: Path | str, batch: "pyarrow.RecordBatch", metadata: Mapping[bytes, bytes]) -> Trajectory:
    """The episode in one record batch.

    Raises:
        InputError: the episode is damaged.
    """
    try:
        batch.validate(full=True)
        trajectory = Trajectory(json.loads(metadata[b"about"]), [_step(row) for row in batch.to_pylist()])
        missing = set(ABOUT) - trajectory.about.keys()
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, MemoryError) as error:
        raise InputError(f"{path}: an episode is damaged ({type(error).__name__}: {error})") from None
    if missing or not trajectory.steps:
        raise InputError(f"{path}: an episode is damaged (no {', '.join(sorted(missing)) or 'steps'})")
    return trajectory


def _step(row: dict[str, Any]) -> EpisodeStep:
    row["parsed"] = json.loads(row["parsed"])
    for name in ("observation", "rewards", "clauses"):
        row[name] = dict(row[name])
    return EpisodeStep(**{column.name: row[column.name] for column in fields(EpisodeStep)})
