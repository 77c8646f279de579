"""What trains stable-baselines3's agents in an environment; see ``palaestra.agents.training.trainer.Trainer``."""

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
    """What a run is, besides the agent's hyperparameters."""

    env: str
    """Id of the world, as `palaestra envs` lists them, or any other of Gymnasium's with vectors of numbers."""
    steps: Count = 1_000_000
    """Steps in the worlds, per seed; rounded up to whole rollouts where an agent learns from those."""
    evaluate_every: Count = 10_000
    """Steps between evaluations; each writes a checkpoint. The end is always evaluated."""
    episodes: Count = 10
    """Episodes per seed and evaluation."""
    log_every: Count = 1_000
    """Steps between lines of metrics."""

    keep: Count = 1
    """Checkpoints to keep, the last ones."""

    def __post_init__(self) -> None:
        check(self)

    @property
    def source(self) -> str:
        """The environment."""
        return self.env

    @property
    def total(self) -> int:
        """Steps in the environment, per seed."""
        return self.steps


class SB3Trainer:
    """Trains an ensemble in its environment; what other runs call updates are steps there.

    Args:
        algorithm: the agents'.
        options: the run's.
        config: the agents' configuration.

    Raises:
        InputError: the environment doesn't suit the agents, or isn't there.
    """

    Options = SB3Options

    def __init__(self, algorithm: Algorithm, options: SB3Options, config: SB3Config):
        self.algorithm, self.options, self.config = algorithm, options, config
        self.ensemble: SB3Ensemble = algorithm.learner(config, options.env)

    @classmethod
    def settings(cls, algorithm: Algorithm, options: SB3Options) -> tuple[dict[str, Any], dict[str, Any]]:
        """None that go by the environment, and nothing to load."""
        return {}, {}

    @classmethod
    def restore(cls, algorithm: Algorithm, run: Run, device: str = "auto") -> SB3Ensemble:
        """The agents of a run as of its last checkpoint: good for acting, not for training."""
        state = checkpoint_of(run)
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
        """Steps made so far in the environments, per seed."""
        return self.ensemble.updates

    @property
    def milestones(self) -> Sequence[int]:
        """The end of the run."""
        return (self.options.steps,)

    def run_config(self) -> dict[str, Any]:
        """What ``config.json`` says of the run; in the dataset's place stands the environment."""
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
        """The run's length, if it isn't behind it already."""
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
        """Nothing is ever undone."""
        return True

    def report(self) -> Mapping[str, list[float]]:
        """Nothing beside the agents' own metrics."""
        return {}

    def save(self) -> Mapping[str, Any]:
        """Put the replay buffers' new rows on disk, and return the rest."""
        if self.ensemble.additions > self._on_disk:
            self.file.append(self.ensemble.rows(self._on_disk))
            self._on_disk = self.ensemble.additions
        return self.ensemble.state_dict()

    def close(self) -> None:
        """Close the environments."""
        self.ensemble.close()
