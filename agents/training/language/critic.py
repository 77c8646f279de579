"""A learner with a value head on the network's trunk, for trainers that estimate advantages by values."""

from typing import Any

import torch
from torch import Tensor

from palaestra.agents.llm.scores import hidden_states, token_log_probs
from palaestra.agents.training.language.learner import Experience, LanguageLearner
from palaestra.agents.training.objectives.batch import LanguageBatch
from palaestra.agents.training.objectives.policy_loss import clipped, value_loss


class ValueLearner(LanguageLearner):
    """See ``LanguageLearner``; its ``config`` also has ``low``, ``high``, ``value_clip`` and ``value_weight``."""

    config: Any

    def heads(self) -> dict[str, torch.nn.Parameter]:
        """The value head: a linear map that begins at zero."""
        width = self.network.get_output_embeddings().weight.shape[1]
        weight = torch.zeros(width, device=self.device)
        return {"value.weight": torch.nn.Parameter(weight), "value.bias": torch.nn.Parameter(weight.new_zeros(()))}

    def _values_of(self, hidden: Tensor) -> Tensor:
        """(B, T): at each token, the value of what stands before it; 0 at the first one."""
        values = hidden.float() @ self.trained["value.weight"] + self.trained["value.bias"]
        return torch.cat([torch.zeros_like(values[:, :1]), values[:, :-1]], 1)

    @torch.no_grad()
    def values(self, played: Experience) -> Tensor:
        """(B, T), see ``_values_of``, with the current weights."""
        return torch.cat(
            [self._values_of(hidden_states(self.network, ids)) for ids in played.ids.split(self.config.rows)]
        )

    def improve_both(self, played: Experience, advantage: Tensor, values: Tensor, returns: Tensor) -> dict[str, float]:
        """One step on the clipped objective and the values' error.

        Args:
            played: the episodes.
            advantage: (B, T).
            values: (B, T), before the first step on these episodes.
            returns: (B, T), what the values should be.
        """
        config, tokens = self.config, played.mask.sum()
        totals = dict.fromkeys(("loss", "value_loss"), advantage.new_zeros(()))
        for rows in torch.arange(len(values), device=self.device).split(config.rows):
            mask = played.mask[rows]
            hidden = hidden_states(self.network, played.ids[rows])
            logp = token_log_probs(self.network, played.ids[rows], mask, hidden=hidden)
            batch = LanguageBatch(logp, played.old[rows], mask, advantage[rows])
            policy, report = clipped(batch, config.low, config.high)
            error = value_loss(self._values_of(hidden), values[rows], returns[rows], mask, config.value_clip)
            share = mask.sum() / tokens
            ((policy + config.value_weight * error) * share).backward()
            for name, each in {"loss": policy.detach(), "value_loss": error.detach(), **report}.items():
                totals[name] = totals.get(name, advantage.new_zeros(())) + each * share
        self.descend()
        return {name: float(value) for name, value in totals.items()}
