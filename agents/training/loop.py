"""The training loop: advance, log, evaluate, checkpoint, resume, and stop when a loss is not finite.

It drives a ``Trainer``, and is the only loop over updates.
"""

import contextlib
import dataclasses
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.spaces import Box
from torch import Tensor

from palaestra.agents.rollouts.play import evaluate_and_log
from palaestra.agents.training import registry
from palaestra.agents.training.trainer import Algorithm, DivergedError, Restored, RunOptions, Trainer
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run, open_run
from palaestra.envs import registered
from palaestra.envs.text import text_world

OnBegin = Callable[[], None]
Progress = Callable[[int, dict[str, float]], None]
OnEvaluation = Callable[[int, list[dict[str, Any]]], None]
Metrics = Mapping[str, Tensor | Sequence[float]]


def train(
    algorithm: Algorithm | str | type[Any],
    options: RunOptions,
    config: Any,
    out: Path | str,
    *,
    resume: bool = False,
    threads: int = 1,
    on_begin: OnBegin | None = None,
    progress: Progress | None = None,
    on_evaluation: OnEvaluation | None = None,
    on_update: Callable[[int], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    **sources: Any,
) -> Run:
    """Train, evaluate and log a run; ``palaestra train`` calls this.

    Args:
        algorithm: the algorithm, its command name, ``module:Class`` of your own learner, or its class.
        options: of the run, an ``algorithm.trainer.Options``.
        config: hyperparameters, an ``algorithm.config``.
        out: run directory.
        resume: continue the run in ``out`` from its last checkpoint, if there is one; it must have been started with
            the same configuration. The result equals that of an uninterrupted run.
        threads: threads that step environments; torch's thread count is not changed.
        on_begin: called before the first update, once the arguments and ``out`` have turned out to be valid.
        progress: called whenever metrics are logged, with the update and the metrics' means over seeds.
        on_evaluation: called after every evaluation, with the update and the records of its episodes; if no environment
            is known to evaluate in, without records after every checkpoint.
        on_update: called with the number of updates made, before the first one and after each.
        stop: called after every update and evaluation; if it returns True, a checkpoint is written and training ends.
        **sources: data that are already loaded: ``dataset``, for learners.

    Raises:
        InputError: the arguments are incompatible, or ``out`` contains another run.
        DivergedError: a loss is not finite. The last checkpoint is kept.
    """
    if not isinstance(algorithm, Algorithm):
        algorithm = registry.find(algorithm)
    trainer = algorithm.trainer(algorithm, options, config, **sources)
    with contextlib.closing(trainer), _opened(out, trainer, config, resume) as run:
        _begin(trainer, run, threads)
        run.replan(trainer.plan())
        if on_begin:
            on_begin()
        _advance(trainer, options, run, threads, progress, on_evaluation, on_update or (lambda update: None), stop)
    return run


def _opened(out: Path | str, trainer: Trainer, config: Any, resume: bool) -> Run:
    fields = dataclasses.fields(config) if dataclasses.is_dataclass(config) else ()
    defaults = {field.name: field.default for field in fields if field.default is not dataclasses.MISSING}
    return open_run(out, trainer.run_config(), resume, defaults)


def evaluate_run(
    run: Run,
    episodes: int,
    threads: int = 1,
    update: int | None = None,
    env_id: str | None = None,
    temperature: float = 0.0,
) -> list[dict[str, Any]]:
    """Evaluate a run's last checkpoint and append the episodes to its log; the training data are not needed.

    Args:
        run: the run.
        episodes: per seed.
        threads: threads that step environments.
        update: evaluate the checkpoint after this update instead, if the run has kept it.
        env_id: evaluate in another environment than the run's, ``module:ID`` if a module of yours registers it.
        temperature: of a language agent's turns; 0 for greedy ones.

    Raises:
        InputError: the run has no such checkpoint, or no environment; or ``env_id`` has other shapes or another action
            box than the policy; a temperature below 0, or for a policy that speaks no language.
    """
    if not 0 <= temperature < math.inf:
        raise InputError(f"--temperature must be at least 0, got {temperature}")
    if temperature and "model" not in run.config:
        raise InputError(f"--temperature: {run.path} trained no language model")
    if env_id is not None:
        _check_environment(run, env_id)
    elif run.config["env_id"] is None:
        raise InputError(f"{run.path}: no environment is known to evaluate in; name one with --as")
    restored = restore(run, update=update)
    with contextlib.closing(run):  # which can still be written to
        return evaluate_and_log(restored.policy, run, restored.updates, episodes, threads, env_id, temperature)


def _check_environment(run: Run, env_id: str) -> None:
    """Check that a run's policy can act in an environment, before anything else is done."""
    if "model" in run.config:  # speaks in any world of words
        text_world(env_id)
        return
    spaces: tuple[Any, Any]
    if dimensions := run.config.get("dimensions"):
        spaces = Box(-np.inf, np.inf, (dimensions[0],)), Box(-1, 1, (dimensions[1],))
    else:  # an agent's run, whose environment has the policy's spaces
        spaces = _spaces_of(run.config["env_id"])
    for name, own, other in zip(("observations", "actions"), spaces, _spaces_of(env_id)):
        if not isinstance(other, Box) or other.shape != own.shape:
            raise InputError(f"{run.path}: the policy's {name} have shape {own.shape}, {env_id} has {other}")
        if name == "actions" and not (np.allclose(other.low, own.low) and np.allclose(other.high, own.high)):
            raise InputError(
                f"{run.path}: the policy acts from {own.low} to {own.high}, {env_id} takes {other.low} to {other.high}"
            )


def _spaces_of(env_id: str) -> tuple[Any, Any]:
    with contextlib.closing(registered.make(env_id)) as env:
        return env.observation_space, env.action_space


def restore(run: Run, device: str = "auto", update: int | None = None) -> Restored:
    """Restore a run's last checkpoint, or the one after an update, for acting, by the ``policy`` of the result.

    Raises:
        InputError: the run has no such checkpoint, or there is no such algorithm.
    """
    algorithm = registry.find(run.config["algorithm"])
    return algorithm.trainer.restore(algorithm, run, device, update)


def _begin(trainer: Trainer, run: Run, threads: int) -> None:
    """Restore the trainer and rewind the logs to the run's last checkpoint, if there is one."""
    if (checkpoint := run.load_checkpoint()) is None:
        trainer.begin(run, threads, None)
        run.rewind(-1)
        return
    update, tensors, state = checkpoint
    trainer.begin(run, threads, {**tensors, **state})
    run.rewind(update)


def _advance(
    trainer: Trainer,
    options: RunOptions,
    run: Run,
    threads: int,
    progress: Progress | None,
    on_evaluation: OnEvaluation | None,
    on_update: Callable[[int], None],
    stop: Callable[[], bool],
) -> None:
    """Train to the last milestone, or until ``stop``."""
    clock = _Clock(trainer.updates)
    on_update(trainer.updates)
    metrics: dict[str, Tensor | Sequence[float]] = {}
    while goals := [milestone for milestone in trainer.milestones if milestone > trainer.updates]:
        log_at = min(_next(trainer.updates, options.log_every), goals[0])
        evaluate_at = min(_next(trainer.updates, options.evaluate_every), goals[0])
        while trainer.updates < min(log_at, evaluate_at) and not stop():
            metrics |= _advance_once(trainer, min(log_at, evaluate_at), run)
            on_update(trainer.updates)
        if not trainer.confirm():
            continue
        update, stopping = trainer.updates, stop()
        if update >= log_at:
            metrics |= trainer.report()
        values = {name: each.tolist() if isinstance(each, Tensor) else list(each) for name, each in metrics.items()}
        _check_losses(values, trainer.seeds, update, run)
        if update >= log_at:
            run.log_metrics(update, values | {"updates_per_second": [clock.rate(update)] * len(trainer.seeds)})
            if progress:
                progress(update, {name: sum(each) / len(each) for name, each in values.items()})
            metrics = {}
        if update >= evaluate_at:
            records = []
            if run.config["env_id"] is not None:
                records = evaluate_and_log(trainer.policy, run, update, options.episodes, threads)
            _save(trainer, run, options.keep)
            metrics = {}  # as in a run resumed from this checkpoint
            if on_evaluation:
                on_evaluation(update, records)
        elif stopping and update not in (0, *run.checkpoints):
            _save(trainer, run, options.keep)
        if stopping:
            return
        clock = _Clock(update)


class _Clock:
    """Measures updates per second since its construction."""

    def __init__(self, updates: int):
        self.updates, self.started = updates, time.perf_counter()

    def rate(self, updates: int) -> float:
        return (updates - self.updates) / (time.perf_counter() - self.started)


def _next(update: int, every: int) -> int:
    """The next multiple of ``every`` after an update."""
    return (update // every + 1) * every


def _advance_once(trainer: Trainer, until: int, run: Run) -> Metrics:
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
                reason = f"{name} is {value} at update {update}; the last checkpoint is kept; try smaller step sizes"
                raise DivergedError(seed, reason)


def _save(trainer: Trainer, run: Run, keep: int) -> None:
    state = trainer.save()
    tensors = {name: value for name, value in state.items() if isinstance(value, Tensor)}
    run.save_checkpoint(trainer.updates, tensors, {name: state[name] for name in state if name not in tensors}, keep)
