"""The trainer of stable-baselines3's agents; see ``palaestra.agents.training.trainer.Trainer``."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from palaestra.agents.policy import Policy
from palaestra.agents.training.hyperparameters import Count, check
from palaestra.agents.training.stable_baselines.ensemble import SB3Config, SB3Ensemble
from palaestra.agents.training.trainer import Algorithm, checkpoint_of, config_of
from palaestra.data.results.run import Run, versions


@dataclass(frozen=True)
class SB3Options:
    """The options of a run besides the agent's hyperparameters."""

    env: str
    """Id of the environment: one of `palaestra envs`, or any Gymnasium environment with 1-D Box spaces."""
    steps: Count = 1_000_000
    """Environment steps per seed; on-policy agents round up to whole rollouts."""
    evaluate_every: Count = 10_000
    """Steps between evaluations; each writes a checkpoint. The last step is always evaluated."""
    episodes: Count = 10
    """Episodes per seed and evaluation."""
    log_every: Count = 1_000
    """Steps between lines of metrics."""
    keep: Count = 1
    """Number of most recent checkpoints to keep."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def source(self) -> str:
        """Id of the environment."""
        return self.env

    @property
    def total(self) -> int:
        """Environment steps per seed."""
        return self.steps


class SB3Trainer:
    """Trains an ensemble in its environment; its updates are environment steps.

    Args:
        algorithm: of the agents.
        options: of the run.
        config: of the agents.

    Raises:
        InputError: the environment is unknown, or its spaces are not supported.
    """

    Options = SB3Options

    def __init__(self, algorithm: Algorithm, options: SB3Options, config: SB3Config):
        self.algorithm, self.options, self.config = algorithm, options, config
        self.ensemble: SB3Ensemble = algorithm.learner(config, options.env)

    @classmethod
    def settings(cls, algorithm: Algorithm, options: SB3Options) -> tuple[dict[str, Any], dict[str, Any]]:
        """Empty: the defaults don't depend on the environment."""
        return {}, {}

    @classmethod
    def restore(cls, algorithm: Algorithm, run: Run, device: str = "auto", update: int | None = None) -> SB3Ensemble:
        """Restore the agents of a run's checkpoint, for acting only."""
        state = checkpoint_of(run, update)
        small = {"buffer_size": 1} if "buffer_size" in run.config["hyperparameters"] else {}
        ensemble: SB3Ensemble = algorithm.learner(
            config_of(algorithm, run, device=device, **small), run.config["env_id"]
        )
        ensemble.load_models(state)
        return ensemble

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds that train."""
        return self.ensemble.seeds

    @property
    def policy(self) -> Policy:
        """Acts with the current weights."""
        return self.ensemble.policy

    @property
    def updates(self) -> int:
        """Environment steps made per seed."""
        return self.ensemble.updates

    @property
    def milestones(self) -> Sequence[int]:
        """The end of the run."""
        return (self.options.steps,)

    def run_config(self) -> dict[str, Any]:
        """The content of ``config.json``; ``dataset`` is the environment's id."""
        options = self.options
        return {
            "algorithm": self.algorithm.name,
            "dataset": options.env,
            "env_id": options.env,
            "seeds": self.ensemble.seeds,
            "steps": options.steps,
            "counted": "world steps",
            "hyperparameters": asdict(self.config),
            "evaluation": {"episodes": options.episodes, "every": options.evaluate_every},
            "options": asdict(options),
            "versions": versions(),
        }

    def plan(self) -> dict[str, Any]:
        """The run's length, unless the run is already longer."""
        if self.options.steps < self.updates:
            return {}
        return {"steps": self.options.steps, "options": asdict(self.options)}

    def begin(self, run: Run, threads: int, state: Mapping[str, Any] | None) -> None:
        """See ``Trainer.begin``; stable-baselines3 steps its environments on one thread."""
        self.file = self.ensemble.row_file(run)
        if state is None:
            self.file.cut(0)
        else:
            self.ensemble.load(state, self.file)
        self._on_disk = self.ensemble.additions

    def advance(self, until: int) -> Mapping[str, list[float]]:
        """See ``SB3Ensemble.advance``."""
        return self.ensemble.advance(until)

    def confirm(self) -> bool:
        """Updates are always valid."""
        return True

    def report(self) -> Mapping[str, list[float]]:
        """No metrics besides those of ``advance``."""
        return {}

    def save(self) -> Mapping[str, Any]:
        """Append the replay buffers' new rows to their file, and return the rest of the state."""
        if self.ensemble.additions > self._on_disk:
            self.file.append(self.ensemble.rows(self._on_disk))
            self._on_disk = self.ensemble.additions
        return self.ensemble.state_dict()

    def close(self) -> None:
        """Close the environments."""
        self.ensemble.close()
