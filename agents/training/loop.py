"""The one training loop: advance, log, evaluate, checkpoint, resume, and stop when a loss is not finite.

Whatever trains is a ``Trainer``. Nothing else loops over updates.
"""

import contextlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from palaestra.agents.rollouts.play import evaluate_and_log
from palaestra.agents.training import registry
from palaestra.agents.training.trainer import Algorithm, DivergedError, Restored, RunOptions, Trainer
from palaestra.data.formats import minari
from palaestra.data.results.run import Run, open_run

Progress = Callable[[int, dict[str, float]], None]
Metrics = Mapping[str, Tensor | Sequence[float]]


def train(
    algorithm: Algorithm | str,
    options: RunOptions,
    config: Any,
    out: Path | str,
    *,
    resume: bool = False,
    threads: int = 1,
    progress: Progress | None = None,
    **sources: Any,
) -> Run:
    """Train, evaluate and record; what is behind ``palaestra train``.

    Args:
        algorithm: what to train, or its command's name.
        options: on what and for how long; an ``algorithm.trainer.Options``.
        config: hyperparameters, an ``algorithm.config``.
        out: run directory.
        resume: continue the run in ``out`` from its last checkpoint, if there is one; it must have been started with
            the same configuration. The result is that of the unbroken run.
        threads: threads that step environments; torch's own are not touched.
        progress: called now and then with the update and the latest metrics, means over seeds.
        **sources: what is loaded already: ``dataset``, for learners.

    Raises:
        InputError: what is asked for doesn't go together, or ``out`` holds another run.
        DivergedError: a loss is not finite. The last checkpoint stays.
    """
    if isinstance(algorithm, str):
        algorithm = registry.find(algorithm)
    trainer = algorithm.trainer(algorithm, options, config, **sources)
    with contextlib.closing(trainer), open_run(out, trainer.run_config(), resume) as run:
        _begin(trainer, run, threads)
        run.replan(trainer.plan())
        _advance(trainer, options, run, threads, progress)
    return run


def evaluate_run(run: Run, episodes: int, threads: int = 1) -> list[dict[str, Any]]:
    """Evaluate a run's last checkpoint and add the episodes to its log; what it was trained on isn't needed.

    Raises:
        InputError: the run has no checkpoint yet.
    """
    if run.config["env_id"].startswith(minari.WORLDS):
        minari.register_world(run.config["env_id"])
    restored = restore(run)
    return evaluate_and_log(restored.policy, run, restored.updates, episodes, threads)


def restore(run: Run, device: str = "auto") -> Restored:
    """What acts in a run's last checkpoint, by its ``policy``.

    Raises:
        InputError: the run has no checkpoint yet, or its algorithm is not there.
    """
    algorithm = registry.find(run.config["algorithm"])
    return algorithm.trainer.restore(algorithm, run, device)


def _begin(trainer: Trainer, run: Run, threads: int) -> None:
    """Bring a trainer and a run's logs to the run's last checkpoint, if there is one."""
    if (checkpoint := run.load_checkpoint()) is None:
        trainer.begin(run, threads, None)
        run.rewind(-1)
        return
    update, tensors, state = checkpoint
    trainer.begin(run, threads, {**tensors, **state})
    run.rewind(update)


def _advance(trainer: Trainer, options: RunOptions, run: Run, threads: int, progress: Progress | None) -> None:
    """Train to the last milestone."""
    clock = _Clock(trainer.updates)
    metrics: dict[str, Tensor | Sequence[float]] = {}
    while goals := [milestone for milestone in trainer.milestones if milestone > trainer.updates]:
        log_at = min(_next(trainer.updates, options.log_every), goals[0])
        evaluate_at = min(_next(trainer.updates, options.evaluate_every), goals[0])
        while trainer.updates < min(log_at, evaluate_at):
            metrics |= _advanced(trainer, min(log_at, evaluate_at), run)
        if not trainer.confirm():
            continue
        done = trainer.updates
        if done >= log_at:
            metrics |= trainer.report()
        values = {name: each.tolist() if isinstance(each, Tensor) else list(each) for name, each in metrics.items()}
        _check_losses(values, trainer.seeds, done, run)
        if done >= log_at:
            run.log_metrics(done, values | {"updates_per_second": [clock.rate(done)] * len(trainer.seeds)})
            if progress:
                progress(done, {name: sum(each) / len(each) for name, each in values.items()})
            metrics = {}
        if done >= evaluate_at:
            evaluate_and_log(trainer.policy, run, done, options.episodes, threads)
            _save(trainer, run, options.keep)
            metrics = {}  # a run that is resumed here has none
        clock = _Clock(done)


class _Clock:
    """Updates per second since it was made."""

    def __init__(self, updates: int):
        self.updates, self.started = updates, time.perf_counter()

    def rate(self, updates: int) -> float:
        return (updates - self.updates) / (time.perf_counter() - self.started)


def _next(update: int, every: int) -> int:
    """The next multiple after an update."""
    return (update // every + 1) * every


def _advanced(trainer: Trainer, until: int, run: Run) -> Metrics:
    before = trainer.updates
    try:
        return trainer.advance(until)
    except DivergedError as error:
        run.log_metrics(before, {"diverged": [float(seed == error.seed) for seed in trainer.seeds]})
        raise


def _check_losses(values: Mapping[str, Sequence[float]], seeds: Sequence[int], update: int, run: Run) -> None:
    """Log and raise if a loss is not finite."""
    for name, each in values.items():
        for seed, value in zip(seeds, each) if name.endswith("loss") else ():
            if not math.isfinite(value):
                run.log_metrics(update, {**values, "diverged": [float(not math.isfinite(loss)) for loss in each]})
                reason = f"{name} is {value} at update {update}; the last checkpoint stays; try smaller step sizes"
                raise DivergedError(seed, reason)


def _save(trainer: Trainer, run: Run, keep: int) -> None:
    state = trainer.save()
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    run.save_checkpoint(trainer.updates, tensors, {name: state[name] for name in state if name not in tensors}, keep)
