"""BC: behaviour cloning with a deterministic policy, and filtered behaviour cloning.

    pi = argmin E_(s,a)~D [ (pi(s) - a)^2 ]

With ``top_percent`` below 100, D contains only the best episodes: the "10 % BC" of the Decision Transformer (Chen et
al., 2021, arXiv 2106.01345, 5.1). Network, optimiser and state normalisation are TD3+BC's, as in CORL's
``any_percent_bc.py`` (github.com/tinkoff-ai/CORL).

Differences from CORL's code:
- K seeds are trained at once, each exactly as alone.
- CORL keeps X % of the episodes; this learner keeps X % of the transitions, as the Decision Transformer's code does.
- CORL ranks episodes after D4RL's Q-learning view has dropped their timed-out rows; this learner ranks them by their
  full returns.
"""

from dataclasses import dataclass

from torch import Tensor

from palaestra.agents.training.hyperparameters import Count, NotNegative, Number
from palaestra.data.batch import Batch
from palaestra.data.dataset import Dataset
from palaestra.offline_rl.learner import ActorPolicy, Learner, LearnerConfig
from palaestra.offline_rl.nets import Actor, Normaliser, adam, initialise, minimise


@dataclass(frozen=True)
class BCConfig(LearnerConfig):
    """Hyperparameters, with CORL's defaults."""

    top_percent: Number = 100.0
    """Learn from the best episodes that make up this share of the rows; 100 is plain BC."""
    lr: NotNegative = 3e-4
    """Adam's step size."""
    hidden: tuple[Count, ...] = (256, 256)
    """Widths of the hidden layers."""


Config = BCConfig  # its name before 0.2


class BC(Learner):
    """The learner: ``BC(BCConfig(seeds=4), dataset)``."""

    Config = BCConfig

    def __init__(self, config: BCConfig, dataset: Dataset):
        if config.top_percent != 100:
            dataset = dataset.best_episodes(config.top_percent)
        super().__init__(config, dataset)
        actor = Actor(config.seeds, self.state_dim, self.action_dim, config.hidden)
        initialise(actor, self.seeds, "actor")
        self.add(normaliser=Normaliser(*self.transitions.normaliser(eps=1e-3)), actor=actor)
        self.optimisers = {"actor_adam": adam(self.actor, config.lr)}
        self.policy = ActorPolicy(self.normaliser, self.actor)

    def step(self, batch: Batch, noise: dict[str, Tensor], update_policy: bool) -> dict[str, Tensor]:
        """One step of regression."""
        s = self.normaliser(batch.observations)
        loss = (self.actor(s) - batch.actions).square().mean(dim=(-2, -1))
        minimise(loss.sum(), self.optimisers["actor_adam"])
        return {"bc_loss": loss.detach()}
