"""Training: a dataset, a learner, evaluations in the world on the way, and a run directory that resumes."""

import contextlib
import importlib
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import gymnasium
import numpy as np
import torch
import tyro
from torch import Tensor

from palaestra import data
from palaestra.agents.rollouts.play import evaluate_and_log
from palaestra.agents.training.hyperparameters import Count, CountFromZero, NotNegative, Share, check
from palaestra.agents.training.registry import TRAINERS, commands, named_after
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import minari
from palaestra.data.formats.d4rl_ids import robot_and_kind
from palaestra.data.results.run import Run, open_run, versions
from palaestra.offline_rl import cuda_graph, finetune
from palaestra.offline_rl.learner import Learner, LearnerConfig


@dataclass(frozen=True)
class Options:
    """What a run is, besides the learner's hyperparameters."""

    dataset: str
    """Id or path: hopper-medium-v2, palaestra/hopper/medium-v0, minari:ID, a file or a folder."""
    steps: Annotated[Count, tyro.conf.arg(aliases=("--offline-steps",))] = 1_000_000
    """Gradient updates on the dataset alone."""
    online_steps: CountFromZero = 0
    """Steps in the world after them, an update each: fine-tuning on the dataset and what every seed lives through."""
    online_share: Share | None = None
    """Share of an online minibatch that comes from the seed's own steps; by default they count like the dataset's."""
    exploration_noise: NotNegative = 0.1
    """Standard deviation of the Gaussian noise on online actions of a deterministic policy; others sample."""
    evaluate_every: Count = 5_000
    """Updates between evaluations; each writes a checkpoint. The last update is always evaluated."""
    episodes: Count = 10
    """Episodes per seed and evaluation."""
    log_every: Count = 500
    """Updates between lines of metrics."""
    mode: Literal["eager", "compile", "graph"] = "eager"
    """How an update runs: as written, by torch.compile, or as a captured CUDA graph."""

    def __post_init__(self):
        check(self)

    @property
    def updates(self) -> int:
        """Of both phases."""
        return self.steps + self.online_steps


def algorithms() -> dict[str, str]:
    """Command name -> module name of every learner: the modules of this package that declare a ``Config``."""
    return commands("palaestra.offline_rl")


def learner_class(algorithm: str) -> type[Learner]:
    """The learner of a command name: the class of its module whose name is the module's, case aside.

    Raises:
        InputError: there is no such algorithm.
    """
    known = algorithms()
    if algorithm not in known:
        raise InputError(f"{algorithm}: no such algorithm; there are {', '.join(sorted(known))}")
    return named_after(known[algorithm])


def published_settings(algorithm: str, dataset_id: str, online: bool = False) -> dict[str, Any]:
    """The paper's hyperparameters for this dataset's robot and kind where they differ from the learner's defaults.

    With ``online`` those of runs that are fine-tuned after the offline phase.
    """
    module = importlib.import_module(learner_class(algorithm).__module__)
    robot, kind = robot_and_kind(dataset_id)
    settings: dict[str, Any] = {}
    for (for_robot, for_kind), values in getattr(module, "PUBLISHED", {}).items():
        if for_robot in (robot, "*") and for_kind in (kind, "*"):
            settings |= values
    return settings | (fine_tuning(algorithm) or {} if online else {})


def fine_tuning(algorithm: str) -> dict[str, Any] | None:
    """``FINE_TUNING`` of a learner's module: settings of runs with an online phase; None where it can have none."""
    return getattr(importlib.import_module(learner_class(algorithm).__module__), "FINE_TUNING", None)


def train(
    algorithm: str,
    options: Options,
    config: LearnerConfig,
    out: Path | str,
    *,
    dataset: Dataset | None = None,
    resume: bool = False,
    threads: int = 1,
    progress: Callable[[int, dict[str, float]], None] | None = None,
) -> Run:
    """Train, evaluate and record; the loop behind ``palaestra train``.

    Args:
        algorithm: command name, as in ``algorithms()``.
        options: what to train on and for how long.
        config: the learner's configuration.
        out: run directory.
        dataset: ``options.dataset`` if it is loaded already.
        resume: continue the run in ``out`` from its last checkpoint, if there is one; it must have been started with
            the same configuration (``options.steps`` may grow, unless a schedule of the learner's spans the run, or
            the online phase has begun; ``options.online_steps`` likewise). The result is that of the unbroken run.
        threads: threads that step the worlds in evaluations; torch's own are not touched.
        progress: called now and then with the update and the latest metrics, means over seeds.

    Raises:
        InputError: ``out`` holds another run, the world that the data came from isn't registered, a schedule spans
            another number of steps, or there shall be an online phase where there can be none.
    """
    dataset = data.load(options.dataset) if dataset is None else dataset
    with contextlib.closing(_world_of(dataset)) as world:
        if options.online_steps:
            finetune.check(algorithm, fine_tuning(algorithm), config, world)
        _check_shapes(dataset, world)
    learner = learner_class(algorithm)(config, dataset)
    if options.mode == "graph":
        cuda_graph.check(learner)
    with open_run(out, run_config(algorithm, options, learner), resume) as run:
        saved = _load(learner, run, options)
        learner.prepare(options.updates - learner.updates)
        run.replan(planned(options))
        _train(learner, options, run, threads, progress, options.steps)
        if options.online_steps:
            with contextlib.closing(finetune.Online(learner, options, run, threads, saved)) as online:
                _train(learner, options, run, threads, progress, options.updates, online)
    return run


def _world_of(dataset: Dataset) -> gymnasium.Env:
    """The world that data come from: known to be there before training, not at the first evaluation."""
    try:
        return gymnasium.make(dataset.env_id)
    except gymnasium.error.Error as error:
        raise InputError(f"{dataset.env_id}: no such world ({error})") from None


def _check_shapes(dataset: Dataset, world: gymnasium.Env) -> None:
    """Refuse data that aren't of this world, and a world that learners cannot act in."""
    shapes, box = (world.observation_space.shape, world.action_space.shape), world.action_space
    if shapes != (wanted := ((dataset.observation_dim,), (dataset.action_dim,))):
        raise InputError(
            f"{dataset.id}: observations and actions of shapes {wanted[0]} and {wanted[1]}, but {dataset.env_id} "
            f"has shapes {shapes[0]} and {shapes[1]}"
        )
    if not (np.all(box.low == -1) and np.all(box.high == 1)):
        raise InputError(f"{dataset.env_id}: takes actions from {box.low} to {box.high}; learners act in [-1, 1]")


def _load(learner: Learner, run: Run, options: Options) -> dict[str, Any]:
    """Bring a learner and a run's logs to the run's last checkpoint, if there is one; returns what it holds."""
    if (checkpoint := run.load_checkpoint()) is None:
        run.rewind(-1)
        return {}
    update, tensors, counters = checkpoint
    online = counters.get(finetune.STEPS, 0)
    offline = update - online
    if offline != options.steps if online else offline > options.steps and options.online_steps:
        raise InputError(
            f"{run.path}: made {offline} updates offline, not {options.steps}; resume with --steps {offline}"
        )
    if update > options.updates:
        made = f"{update} updates, {online} of them online" if online else f"{update} updates"
        raise InputError(
            f"{run.path}: made {made}, and is asked for {options.updates} in all; resume with as many or more"
        )
    _put(learner, run, {**tensors, **counters})
    run.rewind(update)
    return {**tensors, **counters}


def _put(learner: Learner, run: Run, state: dict[str, Any]) -> None:
    """Bring a learner to the state in a run's checkpoint.

    Raises:
        InputError: it isn't this learner's: another version made it, say.
    """
    try:
        learner.load_state_dict(state)
    except (KeyError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise InputError(f"{run.path}: its checkpoint doesn't fit this version of palaestra ({reason})") from None


def _train(
    learner: Learner,
    options: Options,
    run: Run,
    threads: int,
    progress,
    last: int,
    online: finetune.Online | None = None,
) -> None:
    """Train up to the update ``last``, with a step of every world before each update if there is an online phase."""
    if learner.updates >= last:
        return
    update = accelerated(learner, options.mode)
    clock, since = time.perf_counter(), learner.updates
    metrics: dict[str, Tensor] = {}
    kept, redone = _kept(learner), 0
    while learner.updates < last:
        if online:
            online.step()
        metrics |= update()
        done = learner.updates
        log = done % options.log_every == 0 or done == last
        if log or done % options.evaluate_every == 0:
            settled = learner.settled()
            if not settled:
                update = accelerated(learner, options.mode)  # with more room
            if not settled and not online:  # a world's steps are not undone; the metrics say so instead
                redone += done - int(kept["updates"])
                learner.load_state_dict(kept)
                continue
            kept = _kept(learner)
        if log:
            metrics |= online.episodes() if online else {}
            values = {name: value.tolist() for name, value in metrics.items()}
            rate = (done - since) / (time.perf_counter() - clock)
            values |= {"redone_updates": [redone] * len(learner.seeds)} if redone else {}
            values |= {} if settled else {"unsettled": [1] * len(learner.seeds)}
            run.log_metrics(done, {**values, "updates_per_second": [rate] * len(learner.seeds)})
            if progress:
                progress(done, {name: sum(value) / len(value) for name, value in values.items()})
            clock, since, metrics = time.perf_counter(), done, {}
        if done % options.evaluate_every == 0 or done == last:
            evaluate_and_save(learner, options, run, threads, online)
            clock, since = time.perf_counter(), learner.updates


def _kept(learner: Learner) -> dict[str, Tensor | int]:
    """A copy of the learner's state to go back to, where its updates may turn out to be unsettled."""
    if not learner.redoes:
        return {}
    return {key: value.clone() if isinstance(value, Tensor) else value for key, value in learner.state_dict().items()}


def evaluate_and_save(
    learner: Learner, options: Options, run: Run, threads: int, online: finetune.Online | None = None
) -> None:
    """Evaluate all seeds at once in fresh worlds, log every episode, and write a checkpoint."""
    evaluate_and_log(learner.policy, run, learner.updates, options.episodes, threads)
    state = learner.state_dict() | (online.save() if online else {})
    tensors = {key: value for key, value in state.items() if isinstance(value, Tensor)}
    counters = {key: value for key, value in state.items() if not isinstance(value, Tensor)}
    run.save_checkpoint(learner.updates, tensors, counters)


def evaluate_run(run: Run, episodes: int, threads: int = 1) -> list[dict]:
    """Evaluate a run's last checkpoint and add the episodes to its log; the dataset isn't needed.

    Raises:
        InputError: the run has no checkpoint yet.
    """
    if run.config["env_id"].startswith(minari.WORLDS):
        minari.register_world(run.config["env_id"])
    if run.config["algorithm"] in commands(TRAINERS):
        from palaestra.agents.training.stable_baselines import ensemble as stable_baselines

        agents = stable_baselines.restored(run)
        return evaluate_and_log(agents.policy, run, agents.steps, episodes, threads)
    learner = restored(run)
    return evaluate_and_log(learner.policy, run, learner.updates, episodes, threads)


def restored(run: Run, device: str = "auto") -> Learner:
    """The learner of a run as of its last checkpoint, without its dataset: good for acting, not for training."""
    if (checkpoint := run.load_checkpoint()) is None:
        raise InputError(f"{run.path}: has no checkpoint yet; one is written at the first evaluation")
    _, tensors, counters = checkpoint
    kind = learner_class(run.config["algorithm"])
    asked = run.config["hyperparameters"]
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}
    state_dim, action_dim = run.config["dimensions"]
    config = kind.Config(**{**settings, "device": device, **kind.acting})
    learner = kind(config, _blank_dataset(run, state_dim, action_dim))
    _put(learner, run, {**tensors, **counters})
    return learner


def _blank_dataset(run: Run, state_dim: int, action_dim: int) -> Dataset:
    rows = 4  # two episodes with different returns: what learners compute from episodes is defined
    columns = {
        "observations": np.zeros((rows, state_dim), np.float32),
        "actions": np.zeros((rows, action_dim), np.float32),
        "rewards": np.arange(rows, dtype=np.float32),
        "terminals": np.array([False, True, False, True]),
        "timeouts": np.zeros(rows, bool),
    }
    return Dataset(run.config["dataset"], run.config["env_id"], columns, horizon=rows)


def accelerated(learner: Learner, mode: str) -> Callable[[], Mapping[str, Tensor]]:
    """One call = sample, draw noise, update; as written, compiled, or replayed from captured CUDA graphs."""
    if mode == "graph":
        return cuda_graph.GraphedUpdate(learner)
    if mode == "compile":
        learner.step = torch.compile(learner.step)
    return lambda: learner.update(learner.sample())


def run_config(algorithm: str, options: Options, learner: Learner) -> dict[str, Any]:
    """What ``config.json`` says of a run."""
    return {
        "algorithm": algorithm,
        "dataset": learner.dataset.id,
        "env_id": learner.dataset.env_id,
        "seeds": learner.seeds,
        "hyperparameters": asdict(learner.config),
        "evaluation": {"episodes": options.episodes, "every": options.evaluate_every},
        "dimensions": [learner.state_dim, learner.action_dim],
        "dataset_fingerprint": learner.dataset.fingerprint,
        "versions": versions(),
        **{name: value for name, value in planned(options).items() if value is not None},
    }


def planned(options: Options) -> dict[str, Any]:
    """What ``config.json`` says of a run's length and phases, which may be other ones when it is resumed."""
    online = {"online_share": options.online_share, "exploration_noise": options.exploration_noise}
    return {
        "steps": options.updates,
        "online_steps": options.online_steps or None,
        "online": online if options.online_steps else None,
        "options": asdict(options),
    }
