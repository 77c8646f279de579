"""The trainer of language agents; see ``palaestra.agents.training.trainer.Trainer``.

Seeds train one after the other, or with several threads in a process each. A tiny model's tokenizer and settings are
saved in the run's folder ``model``; a run on pretrained weights keeps their hash, and its checkpoints hold what is
trained (with LoRA, the adapters).
"""

import contextlib
import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from palaestra.agents.llm import tiny
from palaestra.agents.llm.models import TINY, Base, base_of, saved_base, tiny_base
from palaestra.agents.llm.templates import ShownTools
from palaestra.agents.rollouts.episodes import make
from palaestra.agents.rollouts.plans import SpokenBySeed, linear, play_words
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.agents.rollouts.speakers import Listener
from palaestra.agents.scripted import CoroutineAgent
from palaestra.agents.training import registry
from palaestra.agents.training.hyperparameters import Count, CountFromZero, check
from palaestra.agents.training.language.learner import Classroom, LanguageLearner
from palaestra.agents.training.language.side_by_side import SideBySide
from palaestra.agents.training.trainer import Algorithm, checkpoint_of, config_of
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run, versions
from palaestra.data.store import write_atomically
from palaestra.data.streams import child_seed
from palaestra.envs.text import text_world

AT_ONCE = 10
"""Updates after which seeds in processes of their own wait for each other."""
SPOKEN = 512
"""Episodes of the oracle on whose words a tiny model's tokenizer is trained."""


@dataclass(frozen=True)
class LanguageOptions:
    """The options of a run besides the hyperparameters."""

    env: str
    """Id of a tool world, such as palaestra/ToolArithmetic-v0; module:ID for your own."""
    start: Path | None = None
    """Run whose model and weights to start from, seed by seed; it was trained in the same environment."""
    model: str | None = None
    """tiny, smollm2, or hf:PATH_OR_ID; by default that of --start, or tiny."""
    tasks: tuple[str, ...] = ()
    """Tasks to train and evaluate on, such as SingleDigits Product@1; by default those of --start; or for tiny those
    that the environment recommends to begin with; or all."""
    tools: ShownTools | None = None
    """What the system message says about the tools; by default nothing to tiny, which learns them, and their schemas to
    others."""
    width: Count = 96
    """Width of a tiny model; a multiple of 32."""
    layers: Count = 3
    """Layers of a tiny model."""
    updates: Count = 60
    """Updates per seed."""
    evaluate_every: Count = 20
    """Updates between evaluations; each writes a checkpoint. The last update is always evaluated."""
    episodes: Count = 100
    """Episodes per seed and evaluation, spoken greedily."""
    log_every: Count = 10
    """Updates between lines of metrics."""
    keep: Count = 1
    """Number of most recent checkpoints to keep."""
    processes: CountFromZero = 0
    """Processes that step the worlds; 0 steps them in this one."""

    def __post_init__(self) -> None:
        check(self)
        if self.width % 32:
            raise InputError(f"--width must be a multiple of 32, got {self.width}")

    @property
    def source(self) -> str:
        """Id of the environment."""
        return self.env

    @property
    def total(self) -> int:
        """Updates per seed."""
        return self.updates


@dataclass(frozen=True)
class StartOptions(LanguageOptions):
    """The options of a run that other runs start from."""

    updates: Count = 1400
    """Updates per seed."""
    evaluate_every: Count = 700
    """Updates between evaluations; each writes a checkpoint. The last update is always evaluated."""
    log_every: Count = 50
    """Updates between lines of metrics."""


class LanguageTrainer:
    """Trains one learner per seed.

    Args:
        algorithm: of the learners.
        options: of the run.
        config: of the learners.
        base: the model, if it has been loaded already.

    Raises:
        InputError: no such environment, task or model; ``start`` is no run of this environment and these seeds.
    """

    Options: ClassVar[type[LanguageOptions]] = LanguageOptions

    def __init__(self, algorithm: Algorithm, options: LanguageOptions, config: Any, base: Base | None = None):
        self.algorithm, self.config = algorithm, config
        self.start = None if options.start is None else _start_run(options, config.lora)
        self.options = options = _completed(options, self.start)
        self._stages = _Stages(options)
        self.classroom = self._stages.classroom()
        if base is None:
            base = _base(options, self.start, self.classroom)
        self.base = base
        self.seeds: Sequence[int] = tuple(range(config.first_seed, config.first_seed + config.seeds))
        self.learners: list[LanguageLearner] = [
            algorithm.learner(config, base, self.classroom, options.tools, seed) for seed in self.seeds
        ]
        self._processes: SideBySide | None = None
        self._behind = False
        if self.start is not None:
            _load_start(self.start, self.learners)

    @classmethod
    def settings(cls, algorithm: Algorithm, options: LanguageOptions) -> tuple[dict[str, Any], dict[str, Any]]:
        """Empty: the defaults don't depend on the environment."""
        return {}, {}

    @classmethod
    def restore(
        cls, algorithm: Algorithm, run: Run, device: str = "auto", update: int | None = None
    ) -> "LanguageTrainer":
        """Restore the learners of a run's checkpoint, for acting only."""
        state = checkpoint_of(run, update)
        stored: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in run.config["options"].items()
        }
        options = cls.Options(**(stored | {"start": None}))
        trainer = cls(algorithm, options, config_of(algorithm, run, device=device), base=saved_base(run))
        trainer._load(state)
        return trainer

    def _catch_up(self) -> None:
        """Load what the seeds' processes have learned."""
        if self._processes is not None and self._behind:
            for learner, state in zip(self.learners, self._processes.ask(("state", None))):
                learner.load_state_dict(state)
            self._behind = False

    @property
    def policy(self) -> SpokenBySeed:
        """Speaks with the current weights of every seed."""
        self._catch_up()
        return SpokenBySeed({seed: learner.policy("evaluation") for seed, learner in zip(self.seeds, self.learners)})

    @property
    def updates(self) -> int:
        """Number of updates made by every seed."""
        return min(learner.updates for learner in self.learners)

    @property
    def milestones(self) -> Sequence[int]:
        """The end of the run."""
        return (self.options.updates,)

    def run_config(self) -> dict[str, Any]:
        """The content of ``config.json``."""
        options = self.options
        stored = asdict(options) | {"start": None if options.start is None else str(options.start)}
        return {
            "algorithm": self.algorithm.name,
            "dataset": options.env,
            "env_id": options.env,
            "env_arguments": {"tasks": list(options.tasks)} if options.tasks else {},
            "seeds": list(self.seeds),
            "steps": options.updates,
            "hyperparameters": asdict(self.config),
            "model": {"name": self.base.name, "hash": self.base.hash},
            "evaluation": {"episodes": options.episodes, "every": options.evaluate_every},
            "options": stored,
            "versions": versions(),
        }

    def plan(self) -> dict[str, Any]:
        """The run's length, unless the run is already longer."""
        if self.options.updates < self.updates:
            return {}
        stored = self.run_config()
        return {"steps": stored["steps"], "options": stored["options"]}

    def begin(self, run: Run, threads: int, state: Mapping[str, Any] | None) -> None:
        """See ``Trainer.begin``; the model's description is written into the run first."""
        if run.config["model"]["hash"] != self.base.hash:
            raise InputError(
                f"{run.path}: was started with another model; resume with the same, or choose another --out"
            )
        for name in ("tasks", "tools"):
            values = run.config["options"][name], getattr(self.options, name)
            was, now = (value if isinstance(value, str) else " ".join(value) or "all" for value in values)
            if was != now:
                reason = f"started with {name} = {was}, not {now}"
                raise InputError(f"{run.path}: {reason}; resume with the same, or choose --out")
        if self.base.settings is not None and not (run.path / "model").exists():
            with write_atomically(run.path / "model") as folder:
                tiny.save(folder, self.base.tokenizer, self.base.settings)
        if state is not None:
            self._load(state)
        elif self.start is not None:
            self._warn_of_weak_spots()
        if threads > 1 and len(self.seeds) > 1:
            self._divide(run, threads)
        else:
            for learner in self.learners:
                learner.prepare()

    def _warn_of_weak_spots(self) -> None:
        """Warn if the start isn't good enough to be improved by its rewards."""
        for seed, learner in zip(self.seeds, self.learners):
            if spots := learner.weak_spots():
                listed = "; ".join(spots)
                warnings.warn(f"seed {seed}: the start is right too seldom: {listed}; train it longer", stacklevel=2)

    def _divide(self, run: Run, threads: int) -> None:
        """Let every seed train in a process of its own, which steps its worlds itself."""
        options = replace(self.options, processes=0)
        arguments = [
            (self.algorithm.name, options, replace(self.config, seeds=1, first_seed=seed), run.path)
            for seed in self.seeds
        ]
        self._processes = SideBySide(learner_of, arguments, threads)
        self._processes.ask(*(("load", learner.state_dict()) for learner in self.learners))
        self._processes.ask(("prepare", None))

    def _load(self, state: Mapping[str, Any]) -> None:
        for seed, learner in zip(self.seeds, self.learners):
            prefix = f"seed{seed}."
            tensors = {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}
            learner.load_state_dict(tensors | state["plain"][str(seed)])

    def advance(self, until: int) -> Mapping[str, list[float]]:
        """One update of every seed, or some if they train in processes; NaN for what a seed couldn't measure."""
        if self._processes is None:
            reports = [each.advance() for each in self.learners]
        else:
            count = min(AT_ONCE, until - self.updates)
            reports = self._processes.ask(("advance", count))
            self._behind = True
            for learner in self.learners:
                learner.updates += count
        names = {name: None for report in reports for name in report}
        return {name: [report.get(name, math.nan) for report in reports] for name in names}

    def confirm(self) -> bool:
        """Updates are always valid."""
        return True

    def report(self) -> Mapping[str, list[float]]:
        """No metrics besides those of ``advance``."""
        return {}

    def save(self) -> Mapping[str, Any]:
        """Tensors by seed, and plain data by seed."""
        from torch import Tensor

        self._catch_up()
        state: dict[str, Any] = {"plain": {}}
        for seed, learner in zip(self.seeds, self.learners):
            own = learner.state_dict()
            state |= {f"seed{seed}.{name}": value for name, value in own.items() if isinstance(value, Tensor)}
            state["plain"][str(seed)] = {name: own[name] for name in own if not isinstance(own[name], Tensor)}
        return state

    def close(self) -> None:
        """Close the worlds, and end the seeds' processes."""
        if self._processes is not None:
            self._processes.close()
        self._stages.close()


class StartTrainer(LanguageTrainer):
    """Trains what other runs start from; only its defaults differ."""

    Options = StartOptions


class _Stages:
    """Stages of one environment by their number of worlds; made when they are needed, and kept."""

    def __init__(self, options: LanguageOptions):
        self._options, self._made = options, dict[int, Stage]()
        self._arguments: dict[str, Any] = {"tasks": list(options.tasks)} if options.tasks else {}

    def classroom(self) -> Classroom:
        """Where learners play."""
        world = self.stage(1).worlds.worlds[0]
        kind = text_world(self._options.env)
        if "messages" not in world.observation_space.spaces:
            raise InputError(f"{self._options.env}: is no tool world; its observations have no messages")
        return Classroom(kind, world.codec, tuple(world.get_wrapper_attr("task_names")), self.stage)

    def stage(self, worlds: int) -> Stage:
        """A stage with this many worlds."""
        if worlds not in self._made:
            more = {"processes": self._options.processes} if self._options.processes and worlds > 1 else {}
            self._made[worlds] = Stage(make(self._options.env, self._arguments | more, worlds))
        return self._made[worlds]

    def close(self) -> None:
        """Close the worlds."""
        for stage in self._made.values():
            stage.close()


def _start_run(options: LanguageOptions, lora: int) -> Run:
    """The run to start from, whose adapters have the rank ``lora``."""
    run = Run.open(options.start or "")
    if run.config["env_id"] != options.env or "model" not in run.config:
        raise InputError(f"--start {options.start}: was trained on {run.config['env_id']}, not {options.env}")
    if options.model not in (None, run.config["model"]["name"]):
        raise InputError(f"--start {options.start}: its model is {run.config['model']['name']}, not {options.model}")
    if (rank := run.config["hyperparameters"]["lora"]) != lora:
        raise InputError(f"--start {options.start}: was trained with --lora {rank}, not {lora}; add --lora {rank}")
    return run


def _completed(options: LanguageOptions, start: Run | None) -> LanguageOptions:
    """The options with their defaults, which may be those of the run to start from."""
    known = {} if start is None else start.config["options"]
    stored = asdict(options)
    model = options.model or known.get("model") or TINY
    tools = options.tools or known.get("tools") or ("none" if model == TINY else "schemas")
    tasks = options.tasks or tuple(known.get("tasks", ())) or (_first_tasks(options.env) if model == TINY else ())
    shape = {name: known.get(name, stored[name]) for name in ("width", "layers")}
    return replace(options, **shape, model=model, tools=tools, tasks=tasks)


def _first_tasks(env_id: str) -> tuple[str, ...]:
    return getattr(text_world(env_id), "first_tasks", ())


def _base(options: LanguageOptions, start: Run | None, classroom: Classroom) -> Base:
    """The model of a new run."""
    if start is not None:
        return saved_base(start)
    if options.model == TINY:
        return tiny_base(_spoken(classroom), options.width, options.layers, max(1, options.width // 32))
    return base_of(options.model or TINY)


def _spoken(classroom: Classroom) -> list[str]:
    """What is said in the oracle's episodes: the same for every seed."""
    names = classroom.names
    starts = [
        Start(child_seed(0, "spoken", number) % 2**31, {"task": names[number % len(names)]}) for number in range(SPOKEN)
    ]
    listener = Listener(CoroutineAgent(classroom.kind.careful, classroom.codec, 8))
    play_words(listener, classroom.stage(8), linear(starts))
    contents = [message["content"] for episode in listener.episodes for message in episode]
    return ["system\n", "user\n", "assistant\n", "tool\n", *contents]


def _load_start(start: Run, learners: Sequence[LanguageLearner]) -> None:
    """Load the weights of the run to start from."""
    state = checkpoint_of(start)
    for learner in learners:
        if learner.seed not in start.seeds:
            raise InputError(f"{start.path}: has the seeds {', '.join(map(str, start.seeds))}, not {learner.seed}")
        prefix = f"seed{learner.seed}."
        with _named(start.path):
            learner.load_weights({key[len(prefix) :]: value for key, value in state.items() if key.startswith(prefix)})


@contextlib.contextmanager
def _named(path: Path) -> Any:
    """Put a path before the message of an error."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def learner_of(algorithm: str, options: LanguageOptions, config: Any, path: Path) -> LanguageLearner:
    """The only learner of a run with one seed, whose model is another run's; called in the seed's process."""
    return LanguageTrainer(registry.find(algorithm), options, config, base=saved_base(Run.open(path))).learners[0]
