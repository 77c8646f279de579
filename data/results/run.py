"""A run on disk: its configuration, logs and checkpoints. A killed run can be resumed.

    config.json          configuration and versions
    metrics.jsonl        one line per logged update, with one value per seed
    evaluations.jsonl    one line per episode
    checkpoint-…/        tensors.safetensors and state.json
    tensorboard/         the same numbers for TensorBoard

Configs and checkpoints are written atomically. Only the last line of a JSONL file can be incomplete; it is dropped.
"""

import contextlib
import fcntl
import json
import math
import os
import platform
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from palaestra.data.errors import InputError
from palaestra.data.paths import path_of
from palaestra.data.store import HALF_MADE, MAKE_ROOM, append_whole, explain_write_errors, sync, write_atomically

if TYPE_CHECKING:
    from torch import Tensor
    from torch.utils.tensorboard import SummaryWriter

CONFIG_KEYS = ("algorithm", "dataset", "env_id", "seeds")
NUMERICAL = (
    "palaestra",
    "torch",
    "numpy",
    "scipy",
    "gymnasium",
    "gymnasium-robotics",
    "mujoco",
    "stable-baselines3",
    "transformers",
    "tokenizers",
    "peft",
    "gguf",
)
"""Packages that numbers depend on: of runs, datasets and behaviour policies."""
CHECKPOINT = re.compile(r"checkpoint-(\d+)(?:\.(\d+))?")


class Run:
    """A training run and its directory.

    Attributes:
        path: the directory.
        config: algorithm, dataset, env_id (None if no environment is known), seeds, steps, hyperparameters, evaluation,
            dataset_fingerprint, versions.
    """

    def __init__(self, path: Path, config: dict[str, Any]):
        self.path, self.config = path, config
        self._purge_step: int | None = None
        self._writer: SummaryWriter | None = None
        self._lock: int | None = None

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r}, {self.config['algorithm']} on {self.config['dataset']})"

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @classmethod
    def create(cls, path: str | Path, config: Mapping[str, Any]) -> "Run":
        """Create the directory and write ``config.json``.

        Raises:
            InputError: the directory is not empty, or cannot be created.
        """
        path, config = path_of(path), dict(config)
        missing = [key for key in CONFIG_KEYS if key not in config]
        if missing:
            raise ValueError(f"a run's config needs {', '.join(missing)}")
        if path.is_dir() and any(path.iterdir()):
            raise InputError(f"{path}: not empty; continue the run in it with --resume, or choose another --out")
        try:
            text = json.dumps(config, indent=1, allow_nan=False)
        except ValueError:
            raise InputError(f"{path}: the config has a number that is not finite") from None
        with write_atomically(path, MAKE_ROOM) as folder:
            folder.mkdir()
            (folder / "config.json").write_text(text)
        return cls(path, json.loads(text))

    def replan(self, settings: Mapping[str, Any]) -> None:
        """Change settings in ``config.json`` for a run that continues differently; those that are None are removed."""
        stored = _as_stored(settings)
        removed = [name for name, value in stored.items() if value is None]
        config = {name: value for name, value in {**self.config, **stored}.items() if name not in removed}
        if config == self.config:
            return
        self.config = config
        with write_atomically(self.path / "config.json", MAKE_ROOM) as file:
            file.write_text(json.dumps(config, indent=1, allow_nan=False))

    @classmethod
    def open(cls, path: str | Path) -> "Run":
        """The run in a directory.

        Raises:
            InputError: the directory contains no run.
        """
        path = path_of(path)
        file = path / "config.json"
        try:
            config = json.loads(file.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            reason = "has no config.json, so it is not a run" if path.exists() else "does not exist"
            raise InputError(f"{path}: {reason}; give the directory that palaestra train wrote") from None
        except (ValueError, OSError) as error:
            raise InputError(f"{file}: cannot be read as a run's config ({error})") from None
        if not _is_run_config(config):
            raise InputError(f"{file}: not a run's config (needs {', '.join(CONFIG_KEYS)})")
        return cls(path, config)

    def log_metrics(self, update: int, metrics: Mapping[str, Sequence[float]]) -> None:
        """Append one line: the metrics after ``update`` gradient updates, one value per seed.

        A value that is not finite is written as null, and its name under ``"nonfinite"``.
        """
        values = {name: [float(value) for value in each] for name, each in metrics.items()}
        self._append("metrics.jsonl", [{"update": update, **values}])
        for name, each in values.items():
            self._log_scalars(name, update, each)

    def log_evaluation(
        self, update: int, episodes: Sequence[Mapping[str, Any]], protocol: Mapping[str, Any] | None = None
    ) -> None:
        """Append one line per episode, in one write.

        Args:
            update: gradient updates done.
            episodes: one dict each, as ``palaestra.agents.rollouts.play.evaluate`` returns them.
            protocol: the evaluation protocol, ``{"episodes": 20, "deterministic": True, …}``: ``episodes`` per seed,
                ``target`` the return that a policy was conditioned on. Scores under different protocols are never
                combined.
        """
        protocol = dict(protocol or {})
        condition = f" (target {protocol['target']:g})" if "target" in protocol else ""
        self._append("evaluations.jsonl", [{"update": update, **each, "protocol": protocol} for each in episodes])
        for name in ("score", "return"):
            if any(each[name] is not None for each in episodes):  # environments without reference scores have none
                self._log_scalars(f"evaluation/{name}{condition}", update, mean_by_seed(episodes, name, self.seeds))

    def metrics(self) -> list[dict[str, Any]]:
        """Lines of ``metrics.jsonl``: ``{"update": 1000, "critic_loss": [0.5, nan], …}``."""
        return _read_lines(self.path / "metrics.jsonl")

    def evaluations(self) -> list[dict[str, Any]]:
        """Lines of ``evaluations.jsonl``: one dict per episode, with ``update`` and ``protocol``."""
        return _read_lines(self.path / "evaluations.jsonl")

    @property
    def seeds(self) -> list[int]:
        """The seeds trained in this run, in the order of every per-seed list."""
        return list(self.config["seeds"])

    def save_checkpoint(
        self, update: int, tensors: Mapping[str, "Tensor"], state: Mapping[str, Any], keep: int = 1
    ) -> None:
        """Write a checkpoint atomically, then remove old ones.

        If the process is killed, the directory has a complete checkpoint, the new one or the previous one; with the
        new one, every line logged before this call is on disk.

        Args:
            update: gradient updates done.
            tensors: by name, on any device.
            state: plain JSON data: counters, stream positions.
            keep: number of most recent checkpoints to keep, including this one.

        Raises:
            InputError: the disk is full; the previous checkpoint is kept.
        """
        from safetensors.torch import save

        about = json.dumps({"update": update, "state": state}, allow_nan=False).encode()
        for log in ("metrics.jsonl", "evaluations.jsonl"):
            if (self.path / log).exists():
                sync(self.path / log)
        if self._writer is not None:
            self._writer.flush()
        previous = self._checkpoints()
        taken = [checkpoint.serial for checkpoint in previous if checkpoint.update == update]
        suffix = f".{max(taken) + 1}" if taken else ""
        with write_atomically(self.path / f"checkpoint-{update:09d}{suffix}", MAKE_ROOM) as folder:
            folder.mkdir()
            # Written here and not by safetensors, whose writer hides the operating system's error number.
            (folder / "tensors.safetensors").write_bytes(save(_separate(tensors)))
            (folder / "state.json").write_bytes(about)
        others = [checkpoint.folder for checkpoint in previous if checkpoint.update != update]
        replaced = [checkpoint.folder for checkpoint in previous if checkpoint.update == update]
        for folder in replaced + others[: max(0, len(others) - (keep - 1))]:
            # Renamed first: a kill between two unlinks must not leave half a checkpoint under a checkpoint's name.
            folder.rename(folder.with_name(f"{HALF_MADE}{folder.name}"))
        for part in self.path.glob(f"{HALF_MADE}*"):
            _remove(part)

    @property
    def checkpoints(self) -> list[int]:
        """The numbers of updates at the stored checkpoints, ascending."""
        return [update for update, _, _ in self._checkpoints()]

    def load_checkpoint(self, update: int | None = None) -> "tuple[int, dict[str, Tensor], dict[str, Any]] | None":
        """The last checkpoint: update, tensors on the CPU, state; None if there is none.

        Args:
            update: load the checkpoint of this update instead, if several are kept.

        Raises:
            InputError: the checkpoint is damaged, or there is none of that update.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        if update is not None and update not in self.checkpoints:
            kept = ", ".join(map(str, self.checkpoints)) or "none"
            raise InputError(
                f"{self.path}: no checkpoint after update {update}, only after {kept}; --keep N keeps more"
            )
        while checkpoints := [checkpoint for checkpoint in self._checkpoints() if update in (None, checkpoint.update)]:
            folder = checkpoints[-1].folder
            try:
                about = json.loads((folder / "state.json").read_bytes())
                return about["update"], load_file(folder / "tensors.safetensors"), about["state"]
            except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
                if folder.exists():  # otherwise a run that is still training has just replaced it
                    raise InputError(f"{folder}: damaged checkpoint ({error}); remove it and train again") from None
        return None

    def rewind(self, update: int) -> None:
        """Remove log lines after ``update``, and an incomplete last line; -1 removes everything.

        Called with the checkpoint's update when a run is resumed, since later updates are repeated. TensorBoard drops
        the points as well.
        """
        for name in ("metrics.jsonl", "evaluations.jsonl"):
            file = self.path / name
            if file.exists():
                kept = [line for line, record in _parsed_lines(file) if record["update"] <= update]
                with write_atomically(file, MAKE_ROOM) as shortened:
                    shortened.write_bytes(b"".join(kept))
        self.close()
        self._purge_step = update + 1

    def close(self) -> None:
        """Close the TensorBoard file and release the lock. The run remains writable."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def lock(self) -> "Run":
        """Lock the directory against other processes that train in it, until ``close`` or the end of this process.

        Raises:
            InputError: another process has locked it.
        """
        self._lock = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self.close()
            raise InputError(
                f"{self.path}: another process trains in it; wait for it, or choose another --out"
            ) from None
        return self

    def _append(self, name: str, records: Sequence[Mapping[str, Any]]) -> None:
        text = "".join(json.dumps(_strict(record), allow_nan=False) + "\n" for record in records)
        with explain_write_errors(self.path / name, MAKE_ROOM):
            _append_whole(self.path / name, text.encode())

    def _log_scalars(self, name: str, update: int, values: Sequence[float]) -> None:
        from torch.utils.tensorboard import SummaryWriter

        if self._writer is None:
            self._writer = SummaryWriter(str(self.path / "tensorboard"), purge_step=self._purge_step)
        for seed, value in zip(self.seeds, values):
            self._writer.add_scalar(f"{name}/seed {seed}", value, update)

    def _checkpoints(self) -> list["_Checkpoint"]:
        """The complete checkpoints in ascending order."""
        entries = [(CHECKPOINT.fullmatch(entry.name), entry) for entry in self.path.iterdir()]
        return sorted(_Checkpoint(int(match[1]), int(match[2] or 0), entry) for match, entry in entries if match)


class _Checkpoint(NamedTuple):
    """A checkpoint on disk.

    Attributes:
        update: gradient updates done.
        serial: increases if a checkpoint of the same update is written again.
        folder: contains its files.
    """

    update: int
    serial: int
    folder: Path


def open_run(
    out: Path | str, config: dict[str, Any], resume: bool, defaults: Mapping[str, Any] = MappingProxyType({})
) -> Run:
    """Create a run in ``out``, or with ``resume`` open the existing one.

    Args:
        out: the run's directory.
        config: of the run.
        resume: whether an existing run is continued.
        defaults: of hyperparameters; an existing run of an earlier version had those that it doesn't name.

    Raises:
        InputError: the existing run was started with another setting, which the message names.
    """
    out = path_of(out)
    if not resume or not (out / "config.json").exists():
        return Run.create(out, config).lock()
    run = Run.open(out).lock()
    same = ["algorithm", "dataset", "dataset_fingerprint", "env_id", "seeds", "hyperparameters", "evaluation"]
    same += ["online"] if "online" in run.config and "online" in config else []
    for name in same:
        was, now = run.config.get(name), _as_stored(config.get(name))
        if name == "hyperparameters" and was and now:
            was = {key: _as_stored(value) for key, value in defaults.items() if key in now} | was
        if was != now:
            if isinstance(was, dict):
                name = next(key for key in was | now if was.get(key) != now.get(key))
                was, now = was.get(name), now.get(name)
            run.close()
            name = "evaluate_every" if name == "every" else name  # as the option is called
            raise InputError(f"{out}: started with {name} = {was}, not {now}; resume with the same, or choose --out")
    return run


def find_runs(paths: Iterable[str | Path]) -> list[Run]:
    """The runs in ``paths`` and their subfolders, without duplicates, ordered by path.

    Raises:
        InputError: a path contains no run.
    """
    runs_by_path: dict[Path, Run] = {}
    for path in map(path_of, paths):
        if (path / "config.json").exists() or not path.is_dir():
            runs = [Run.open(path)]
        else:
            files = [file for file in sorted(path.rglob("config.json")) if not _is_half_made(file.relative_to(path))]
            runs = [Run.open(file.parent) for file in files if _is_a_runs(file)]
        if not runs:
            raise InputError(f"{path}: contains no run; give directories that palaestra train wrote")
        runs_by_path |= {run.path.resolve(): run for run in runs}
    return list(runs_by_path.values())


def mean_by_seed(episodes: Sequence[Mapping[str, Any]], name: str, seeds: Sequence[int]) -> list[float]:
    """Mean over each seed's episodes; NaN if a value is missing or the seed has no episodes."""
    each = [[math.nan if e[name] is None else e[name] for e in episodes if e["seed"] == seed] for seed in seeds]
    return [math.fsum(values) / len(values) if values else math.nan for values in each]


def versions() -> dict[str, str]:
    """Versions of packages, Python, system and processor, which results depend on. Does not import the packages."""
    versions = {"python": platform.python_version()}
    for package in NUMERICAL:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions | {"system": platform.platform(), "processor": _processor()}


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _is_half_made(file: Path) -> bool:
    return any(part.startswith(HALF_MADE) for part in file.parts)


def _is_a_runs(file: Path) -> bool:
    """Whether a config.json belongs to a run, judged by its content or by an adjacent log."""
    if file.with_name("metrics.jsonl").exists():
        return True
    try:
        return _is_run_config(json.loads(file.read_bytes()))
    except (OSError, ValueError):
        return False


def _as_stored(value: Any) -> Any:
    return json.loads(json.dumps(value))


def _is_run_config(config: Any) -> bool:
    return isinstance(config, dict) and all(key in config for key in CONFIG_KEYS)


def _strict(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record in strict JSON: non-finite numbers become null and are stored as strings in ``"nonfinite"``."""
    clean: dict[str, Any] = {}
    words: dict[str, Any] = {}
    for name, value in record.items():
        many = isinstance(value, list)
        each = value if many else [value]
        bad = [str(x) if isinstance(x, float) and not math.isfinite(x) else None for x in each]
        if any(bad):
            each = [None if word else x for word, x in zip(bad, each)]
            words[name] = bad if many else bad[0]
        clean[name] = each if many else each[0]
    return clean | ({"nonfinite": words} if words else {})


def _restored(record: dict[str, Any]) -> dict[str, Any]:
    for name, words in record.pop("nonfinite", {}).items():
        if isinstance(words, list):
            record[name] = [float(word) if word else x for word, x in zip(words, record[name])]
        else:
            record[name] = float(words)
    return record


def _parsed_lines(file: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    complete, _, _ = file.read_bytes().rpartition(b"\n")
    for number, line in enumerate(complete.splitlines(), start=1):
        try:
            record = json.loads(line)
            int(record["update"])
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{file}: line {number} is not a record of a run; remove that line") from None
        yield line + b"\n", record


def _read_lines(file: Path) -> list[dict[str, Any]]:
    return [_restored(record) for _, record in _parsed_lines(file)] if file.exists() else []


def _append_whole(file: Path, data: bytes) -> None:
    """Append lines in one write, after removing an incomplete last line; on an error, none of them is kept."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        end = _end_of_whole_lines(descriptor)
        if end < os.fstat(descriptor).st_size:
            os.ftruncate(descriptor, end)
        append_whole(descriptor, data, end)
    finally:
        os.close(descriptor)


def _end_of_whole_lines(descriptor: int) -> int:
    """Number of bytes up to and including the last newline."""
    stop = os.fstat(descriptor).st_size
    while stop > 0:
        start = max(0, stop - (1 << 16))
        newline = os.pread(descriptor, stop - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        stop = start
    return 0


def _separate(tensors: "Mapping[str, Tensor]") -> "dict[str, Tensor]":
    """The tensors on the CPU, contiguous and without shared memory, as safetensors needs them."""
    separate: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, tensor in tensors.items():
        on_cpu = tensor.detach().cpu().contiguous()
        address = on_cpu.untyped_storage().data_ptr()
        separate[name] = on_cpu.clone() if address in seen else on_cpu
        seen.add(address)
    return separate


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
