"""A learner with a value head on the network's trunk, for trainers that estimate advantages by values."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from palaestra.agents.llm.scores import hidden_states, token_log_probs
from palaestra.agents.training.language.learner import Experience, LanguageLearner
from palaestra.agents.training.objectives.advantage import gae, standardised, turn_gae, turn_numbers, turn_starts
from palaestra.agents.training.objectives.batch import LanguageBatch
from palaestra.agents.training.objectives.policy_loss import clipped, value_loss


class Estimates(NamedTuple):
    """What is learned from sampled tokens.

    Attributes:
        advantage: (B, T), standardised over the batch's sampled tokens.
        values: (B, T), before the first step on these episodes.
        returns: (B, T), what the values should be.
        fitted: (B, T), bool, the tokens at which they should.
    """

    advantage: Tensor
    values: Tensor
    returns: Tensor
    fitted: Tensor


class ValueLearner(LanguageLearner):
    """See ``LanguageLearner``.

    Its ``config`` also has ``credit``, ``discount``, ``lambda_``, ``low``, ``high``, ``value_clip``, ``value_weight``.
    """

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
        parts = self.passes([played.ids.shape[1]] * len(played.ids))
        return torch.cat([self._values_of(hidden_states(self.network, played.ids[rows])) for rows in parts])

    def estimates(self, played: Experience, reward: Tensor) -> Estimates:
        """Advantages and returns, by one step per sampled token or, for the credit ``turn``, per turn.

        Args:
            played: the episodes.
            reward: (B,).
        """
        values, mask, turn = self.values(played), played.mask, turn_numbers(played.mask)
        settings = {"discount": self.config.discount, "lam": self.config.lambda_}
        if self.config.credit == "turn":
            (advantage, returns), fitted = turn_gae(values, turn, reward, **settings), turn_starts(turn)
        else:
            (advantage, returns), fitted = gae(values, mask, reward, **settings), mask
        return Estimates(standardised(advantage, mask), values, returns, fitted)

    def improve_both(self, played: Experience, estimates: Estimates) -> dict[str, float]:
        """One step on the clipped objective and the values' error."""
        config, (advantage, values, returns, fitted) = self.config, estimates
        totals = dict.fromkeys(("loss", "value_loss"), advantage.new_zeros(()))
        for rows in self.passes([values.shape[1]] * len(values)):
            mask = played.mask[rows]
            hidden = hidden_states(self.network, played.ids[rows])
            logp = token_log_probs(self.network, played.ids[rows], mask, hidden=hidden)
            batch = LanguageBatch(logp, played.old[rows], mask, advantage[rows])
            policy, report = clipped(batch, config.low, config.high)
            error = value_loss(self._values_of(hidden), values[rows], returns[rows], fitted[rows], config.value_clip)
            share = mask.sum() / played.mask.sum().clamp(min=1)  # the means over all tokens, in parts
            error = error * fitted[rows].sum() / fitted.sum().clamp(min=1)
            (policy * share + config.value_weight * error).backward()
            totals["value_loss"] = totals["value_loss"] + error.detach()
            for name, each in {"loss": policy.detach(), **report}.items():
                totals[name] = totals.get(name, advantage.new_zeros(())) + each * share
        self.descend()
        return {name: float(value) for name, value in totals.items()}
