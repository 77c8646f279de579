"""What was said, token by token: ids, which of them the model sampled, and their log-probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Segment(NamedTuple):
    """Tokens that were added at once; never changed afterwards.

    Attributes:
        ids: the tokens.
        log_probs: of each, under the policy that sampled it; empty if they were given to the model.
        what: ``given`` or ``sampled``.
    """

    ids: tuple[int, ...]
    log_probs: tuple[float, ...]
    what: str

    @property
    def is_sampled(self) -> bool:
        """Whether the model said it."""
        return self.what == "sampled"


@dataclass
class Transcript:
    """An episode as the model saw it. It only grows, and is never tokenised again.

    Attributes:
        segments: in the order in which they were added.
        turns: sampled turns so far.
        drifted: sampled turns whose text has other tokens if it is tokenised; training on re-tokenised text would
            assign their log-probabilities to tokens that were never sampled.
    """

    segments: list[Segment] = field(default_factory=list)
    turns: int = 0
    drifted: int = 0
    _length: int = 0

    def __len__(self) -> int:
        return self._length

    def give(self, ids: Sequence[int]) -> None:
        """Append tokens that the model didn't sample."""
        self._append(Segment(tuple(ids), (), "given"))

    def speak(self, ids: Sequence[int], log_probs: Sequence[float], drifted: bool = False) -> None:
        """Append a sampled turn.

        Args:
            ids: its tokens, the end of the turn included if it was sampled.
            log_probs: of each.
            drifted: whether the turn's text has other tokens.

        Raises:
            ValueError: another number of log-probabilities than of tokens.
        """
        if len(ids) != len(log_probs):
            raise ValueError(f"{len(ids)} tokens with {len(log_probs)} log-probabilities")
        self._append(Segment(tuple(ids), tuple(log_probs), "sampled"))
        self.turns += 1
        self.drifted += drifted

    def _append(self, segment: Segment) -> None:
        self.segments.append(segment)
        self._length += len(segment.ids)

    def fork(self) -> "Transcript":
        """A transcript with the same past, which the two share."""
        return Transcript(list(self.segments), self.turns, self.drifted, self._length)

    @property
    def ids(self) -> list[int]:
        """All tokens."""
        return [token for segment in self.segments for token in segment.ids]

    @property
    def mask(self) -> list[int]:
        """1 for every sampled token, 0 for the others."""
        return [int(segment.is_sampled) for segment in self.segments for _ in segment.ids]

    @property
    def log_probs(self) -> list[float]:
        """Of every token; 0.0 where the mask is 0."""
        return [value for each in self.segments for value in (each.log_probs or (0.0,) * len(each.ids))]

    @property
    def sampled(self) -> int:
        """Number of sampled tokens."""
        return sum(len(segment.ids) for segment in self.segments if segment.is_sampled)

    def rows(self) -> list[tuple[list[int], list[int], list[float]]]:
        """Ids, mask and log-probs of every row of the episode: the prompt, then each turn with what the world added."""
        rows: list[tuple[list[int], list[int], list[float]]] = [([], [], [])]
        for segment in self.segments:
            if segment.is_sampled:
                rows.append(([], [], []))
            ids, mask, log_probs = rows[-1]
            ids += segment.ids
            mask += [int(segment.is_sampled)] * len(segment.ids)
            log_probs += segment.log_probs or (0.0,) * len(segment.ids)
        return rows

    def _divided(self) -> tuple[list[int], list[int], list[int], list[float]]:
        """The prompt's ids; ids, mask and log-probs of what follows."""
        (prompt, _, _), *turns = self.rows()
        ids, mask, log_probs = ([value for turn in turns for value in turn[part]] for part in range(3))
        return prompt, ids, mask, log_probs  # type: ignore[return-value]

    def trl(self) -> dict[str, Any]:
        """As TRL's ``rollout_func`` returns it: ``prompt_ids, completion_ids, logprobs, env_mask``."""
        prompt, ids, mask, log_probs = self._divided()
        return {"prompt_ids": prompt, "completion_ids": ids, "logprobs": log_probs, "env_mask": mask}

    def verl(self) -> dict[str, Any]:
        """As verl's ``AgentLoopOutput`` has it: ``prompt_ids, response_ids, response_mask, response_logprobs``."""
        prompt, ids, mask, log_probs = self._divided()
        return {"prompt_ids": prompt, "response_ids": ids, "response_mask": mask, "response_logprobs": log_probs}

    def openenv(self) -> dict[str, Any]:
        """As OpenEnv's RFC 006 names it: ``prompt_ids, response_ids, loss_mask, response_logprobs``."""
        prompt, ids, mask, log_probs = self._divided()
        return {"prompt_ids": prompt, "response_ids": ids, "loss_mask": mask, "response_logprobs": log_probs}
