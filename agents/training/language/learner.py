"""What all trainers of language agents share: settings, the network, playing episodes, one optimiser step, the state.

Bookkeeping only; what a method adds is in its own file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from torch import Tensor

from palaestra.agents.llm.models import Base, Precision
from palaestra.agents.llm.policy import LanguagePolicy
from palaestra.agents.llm.scores import padded, token_log_probs
from palaestra.agents.llm.templates import Template
from palaestra.agents.llm.transcript import Transcript
from palaestra.agents.rollouts.plans import SIDE_BY_SIDE, Episode, group, linear, play_tree, play_words
from palaestra.agents.rollouts.play import Stage, Start
from palaestra.agents.training.hyperparameters import BelowOne, Count, CountFromZero, NotNegative, Positive, check
from palaestra.agents.training.objectives.batch import LanguageBatch
from palaestra.agents.training.trainer import DivergedError
from palaestra.data.errors import InputError
from palaestra.data.extras import require
from palaestra.data.streams import child_seed

CHECKED = 256
"""Episodes by which a start is judged."""
SHOWN = 8
"""Episodes of a kind and number of calls that are enough to judge it."""
ENOUGH = 0.98


@dataclass(frozen=True)
class LanguageConfig:
    """Hyperparameters common to all trainers of language agents."""

    seeds: Count = 1
    """Number of seeds; with --threads 2, two of them train at a time."""
    first_seed: CountFromZero = 0
    """The seeds are first_seed, first_seed + 1, ..."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to generate and to train; auto uses CUDA if available."""
    precision: Precision = "float32"
    """Of weights and activations; log-probabilities are always computed in float32."""
    lora: CountFromZero = 0
    """Rank of the adapters (LoRA) that are trained instead of the weights; 0 trains all weights."""
    lr: NotNegative = 1e-4
    """AdamW's step size."""
    warmup: CountFromZero = 10
    """Updates in which the step size rises linearly: Adam's first steps from a fresh state are large."""
    beta2: BelowOne = 0.999
    """AdamW's decay of the mean squared gradient."""
    weight_decay: NotNegative = 0.0
    """AdamW's weight decay."""
    grad_norm: Positive = 1.0
    """Maximal norm of a gradient."""
    max_tokens: Count = 64
    """Maximal number of tokens of a turn."""
    rows: Count = 32
    """Most episodes per forward and backward pass; changes memory, not the result."""
    tokens: Count = 4096
    """Most tokens per pass, padding included; for SmolLM2 with adapters, a thousand take 2.7 GB."""

    def __post_init__(self) -> None:
        check(self)
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("--device cuda: no CUDA device is available; use --device cpu or auto")


@dataclass(frozen=True)
class Classroom:
    """Where a learner plays.

    Attributes:
        kind: class of the worlds.
        codec: of their actions.
        names: of the tasks.
        stage: makes a stage with a number of worlds; the seeds share it.
    """

    kind: type[Any]
    codec: Any
    names: tuple[str, ...]
    stage: Callable[[int], Stage]


@dataclass(frozen=True)
class Experience:
    """Played episodes as tensors on the device.

    Attributes:
        episodes: the episodes.
        ids: (B, T) int64, padded on the right.
        mask: (B, T) bool, the sampled tokens.
        old: (B, T) float32, log-probs under the policy that sampled.
        lengths: (B,) int64, number of tokens without padding.
        group: (B,) int64.
        correct: (B,) float32, 1 for episodes that succeeded; unscored ones count as failed.
        calls: (B,) float32, tool calls, malformed ones included.
    """

    episodes: list[Episode]
    ids: Tensor
    mask: Tensor
    old: Tensor
    lengths: Tensor
    group: Tensor
    correct: Tensor
    calls: Tensor


Loss = Callable[[LanguageBatch], Tensor | tuple[Tensor, Mapping[str, Tensor]]]
"""A scalar to minimise, alone or with what it reports."""


class LanguageLearner:
    """One seed of a trainer. A subclass sets ``Config`` and writes ``update``.

    Args:
        config: hyperparameters.
        base: the model.
        classroom: where it plays.
        tools: see ``ShownTools``.
        seed: of the weights, the questions and the samples.

    Attributes:
        network: on the device.
        updates: number of updates made.
    """

    Config: ClassVar[type[LanguageConfig]]
    trainer: ClassVar[str] = "palaestra.agents.training.language.trainer:LanguageTrainer"

    def __init__(self, config: Any, base: Base, classroom: Classroom, tools: Any, seed: int):
        self.config, self.base, self.classroom, self.seed = config, base, classroom, seed
        chosen = "cuda" if torch.cuda.is_available() else "cpu"
        self.device = torch.device(chosen if config.device == "auto" else config.device)
        self.template: Template = base.template(tools, classroom.codec.name)
        self.network = base.network(child_seed(seed, "network") % 2**31, config.precision).to(self.device)
        if config.lora:
            self.network = with_adapters(self.network, config.lora, child_seed(seed, "adapters") % 2**31)
        self.trained = {name: each for name, each in self.network.named_parameters() if each.requires_grad}
        self.trained |= self.heads()
        self.optimiser = torch.optim.AdamW(
            self.trained.values(), config.lr, betas=(0.9, config.beta2), weight_decay=config.weight_decay
        )
        self.updates = 0

    def heads(self) -> dict[str, torch.nn.Parameter]:
        """Trained parameters besides the network's; by default none."""
        return {}

    def prepare(self) -> None:
        """Called once before the first update, or before the first one after a resumption."""

    def update(self) -> dict[str, float]:
        """What the method does in one update; returns metrics, whose losses are checked for being finite."""
        raise NotImplementedError

    def advance(self) -> dict[str, float]:
        """Make one update.

        Raises:
            DivergedError: the weights are no longer finite, or so large that log-probabilities aren't.
        """
        report = self.update()
        self._expect_finite("weights", self.trained.values())
        self.updates += 1
        return report

    def _expect_finite(self, what: str, tensors: Iterable[Tensor]) -> None:
        if not torch.stack([each.isfinite().all() for each in tensors]).all():  # one answer from the device, not many
            reason = f"{what} are no longer finite in update {self.updates + 1}"
            raise DivergedError(self.seed, f"{reason}; the last checkpoint is kept; try smaller step sizes")

    # Episodes.

    def policy(self, purpose: str) -> LanguagePolicy:
        """Speaks with the current weights, from a stream of this purpose and update."""
        return LanguagePolicy(
            self.network,
            self.template,
            seed=child_seed(self.seed, purpose, self.updates) % 2**31,
            max_tokens=self.config.max_tokens,
            context=self.base.context,
        )

    def questions(self, count: int, pool: int) -> list[Start]:
        """The questions of this update, drawn from a pool of the seed's own.

        Args:
            count: number of questions.
            pool: number of different ones; a history keeps something for each.
        """
        random = np.random.default_rng(child_seed(self.seed, "questions", self.updates))
        numbers = random.choice(pool, count, replace=count > pool).tolist()
        return [self.start("question", number) for number in numbers]

    def start(self, purpose: str, number: int) -> Start:
        """The start of an episode of this seed; its task's kind is cycled through."""
        names = self.classroom.names
        seed = child_seed(self.seed, purpose, number) % 2**31
        return Start(seed, {"task": names[number % len(names)]})

    def play(self, questions: Sequence[Start], size: int) -> Experience:
        """Sample ``size`` episodes of every question."""
        plan = group(questions, size)
        return self._experience(play_words(self.policy("speech"), self.classroom.stage(len(plan)), plan))

    def answers(self, purpose: str, count: int) -> dict[tuple[str, int], list[float]]:
        """Successes (1 or 0) of sampled episodes by kind of question and number of calls, sorted.

        Args:
            purpose: of the questions and samples, a stream of their own.
            count: number of episodes.
        """
        starts = [self.start(purpose, number) for number in range(count)]
        stage = self.classroom.stage(min(SIDE_BY_SIDE, count))
        successes: dict[tuple[str, int], list[float]] = {}
        for episode in play_words(self.policy(purpose), stage, linear(starts)):
            successes.setdefault((episode.task.template, episode.calls), []).append(episode.success or 0.0)
        return dict(sorted(successes.items()))

    def weak_spots(self) -> list[str]:
        """Kinds of questions with numbers of calls after which too few sampled episodes are right, worded.

        What the start gets wrong after few calls, a trainer learns to avoid by calling, and not to do right; so every
        kind and number of calls should be right in ``ENOUGH`` of the cases before training begins.
        """
        return [
            f"{name} after {calls} calls {sum(each):g} of {len(each)}"
            for (name, calls), each in self.answers("check", CHECKED).items()
            if len(each) >= SHOWN and sum(each) < ENOUGH * len(each)
        ]

    def play_forks(self, questions: Sequence[Start], branch: int) -> Experience:
        """Sample the first turn of every question ``branch`` times by forks, and each to its end."""
        stage = self.classroom.stage(len(questions))
        return self._experience(play_tree(self.policy("speech"), stage, linear(questions), 1, branch))

    def _experience(self, episodes: list[Episode]) -> Experience:
        transcripts = [episode.transcript or Transcript() for episode in episodes]
        ids, mask, old = padded(transcripts, self.device)
        # Of garbage every answer is wrong, and equal rewards give no loss that could be seen to be infinite.
        self._expect_finite("log-probabilities of the policy", [old])
        return Experience(
            episodes,
            ids,
            mask,
            old,
            torch.tensor([len(each) for each in transcripts], device=self.device),
            torch.tensor([each.planned.group for each in episodes], device=self.device),
            torch.tensor([float(each.success or 0) for each in episodes], device=self.device),
            torch.tensor([float(each.calls) for each in episodes], device=self.device),
        )

    # Updates.

    def improve(self, experience: Experience, advantage: Tensor, loss: Loss) -> dict[str, float]:
        """One optimiser step on played episodes.

        Rows whose advantage is zero are left out of the passes but counted in the means, which changes nothing as long
        as the loss has no other term.

        Args:
            experience: the episodes.
            advantage: (B,).
            loss: of a batch.

        Returns:
            ``loss``; what the loss reports, over the tokens in the passes; ``used``, the share of rows in them.
        """
        used = advantage != 0
        rows = used.nonzero()[:, 0]
        rows = rows[experience.lengths[rows].argsort()]  # rows of similar lengths together, so that little is padded
        totals: dict[str, Tensor] = {"loss": advantage.new_zeros(())}
        tokens, in_passes = experience.mask.sum(), experience.mask[rows].sum()
        for part in self.passes(experience.lengths[rows].tolist()):
            batch = self.batch(experience, rows[part], advantage)
            result = loss(batch)
            value, report = result if isinstance(result, tuple) else (result, {})
            share = batch.mask.sum() / tokens  # the mean over all tokens, in parts
            (value * share).backward()
            totals["loss"] = totals["loss"] + value.detach() * share
            for name, each in report.items():
                totals[name] = totals.get(name, advantage.new_zeros(())) + each * batch.mask.sum() / in_passes
        self.descend()
        return {name: float(value) for name, value in totals.items()} | {"used": float(used.float().mean())}

    def passes(self, lengths: Sequence[int]) -> list[slice]:
        """Consecutive rows in parts of at most ``rows`` and, padded to the longest, ``tokens``; at least one row each.

        Args:
            lengths: of the rows, in tokens.
        """
        parts: list[slice] = []
        begin, longest = 0, 0
        for row, length in enumerate(lengths):
            longest = max(longest, length)
            count = row + 1 - begin
            if count > 1 and (count > self.config.rows or count * longest > self.config.tokens):
                parts.append(slice(begin, row))
                begin, longest = row, length
        return [*parts, slice(begin, len(lengths))] if lengths else []

    def batch(self, experience: Experience, rows: Tensor, advantage: Tensor) -> LanguageBatch:
        """Some rows as the record that objectives take, with the current log-probs."""
        mask = experience.mask[rows]
        longest = int(experience.lengths[rows].max())
        mask = mask[:, :longest]
        logp = token_log_probs(self.network, experience.ids[rows, :longest], mask)
        return LanguageBatch(logp, experience.old[rows, :longest], mask, advantage[rows])

    def descend(self) -> None:
        """Step along the gradients."""
        for each in self.optimiser.param_groups:
            each["lr"] = self.step_size()
        torch.nn.utils.clip_grad_norm_(self.trained.values(), self.config.grad_norm)
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)

    def step_size(self) -> float:
        """AdamW's step size of this update."""
        return self.config.lr * min(1.0, (self.updates + 1) / max(1, self.config.warmup))

    def summary(self, experience: Experience) -> dict[str, float]:
        """Metrics of played episodes."""
        episodes = experience.episodes
        return {
            "success": float(experience.correct.mean()),
            "calls": float(experience.calls.mean()),
            "tokens": sum(len(each.transcript or ()) for each in episodes) / len(episodes),
            "sampled_tokens": float(experience.mask.sum()) / len(episodes),
        }

    # State.

    def state_dict(self) -> dict[str, Any]:
        """Trained weights, the optimiser's moments, and counters."""
        state: dict[str, Any] = {f"weights.{name}": value.detach() for name, value in self.trained.items()}
        for name, value in self.trained.items():
            for key, moment in self.optimiser.state.get(value, {}).items():
                state[f"optimiser.{name}.{key}"] = moment
        return state | {"updates": self.updates, "more": self.more_state()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Load what ``state_dict`` returned."""
        self.load_weights(state)
        for name, value in self.trained.items():
            prefix = f"optimiser.{name}."
            moments = {key[len(prefix) :]: each for key, each in state.items() if key.startswith(prefix)}
            if moments:
                self.optimiser.state[value] = {
                    key: each.clone() if key == "step" else each.clone().to(self.device)
                    for key, each in moments.items()
                }
        self.updates = state["updates"]
        self.load_more_state(state["more"])

    def load_weights(self, state: Mapping[str, Any]) -> None:
        """Load the weights only.

        Raises:
            InputError: they are of another network.
        """
        with torch.no_grad():
            for name, value in self.trained.items():
                if name.startswith("value.") and f"weights.{name}" not in state:
                    continue  # a start without a value head
                stored = state.get(f"weights.{name}")
                if stored is None or stored.shape != value.shape:
                    raise InputError(f"the weights are of another model: {name} doesn't fit")
                value.copy_(stored)

    def more_state(self) -> dict[str, Any]:
        """Plain data of the method's own that the next update depends on."""
        return {}

    def load_more_state(self, state: Mapping[str, Any]) -> None:
        """Load what ``more_state`` returned."""


def with_adapters(network: Any, rank: int, seed: int) -> Any:
    """The network with trainable adapters (LoRA, Hu et al. 2021) in every linear layer; its weights are frozen."""
    require("--lora", "peft")
    from peft import LoraConfig, inject_adapter_in_model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        settings = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
        inject_adapter_in_model(settings, network)
    for each in network.parameters():
        if each.requires_grad:
            each.data = each.data.float()  # small steps would be lost in bfloat16
    return network
