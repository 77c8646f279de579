"""The neighbour search as a learner's component: prepared for a run's length, with anchors for online transitions."""

import torch
from torch import Tensor

from palaestra.data.batch import Batch
from palaestra.data.replay import Replay
from palaestra.data.store import data_root
from palaestra.offline_rl.learner import Component, Learner
from palaestra.offline_rl.neighbours.search import NeighbourSearch

SEARCH_CHUNK = 64
"""Steps of a resumed run that are searched together, each starting at the neighbour of the last step before them."""


class Neighbours(Component):
    """The dataset's transition nearest to (beta s, pi), for the states that a learner samples.

    The policy is regularised towards the offline dataset also online: online transitions are not added to the index.
    The search for the neighbours of an online state starts at the neighbour of its own action, its anchor.

    Args:
        learner: has ``transitions`` and a ``normaliser`` of states.
        beta: weight of the state distance (PRDC, eq. 4).

    Attributes:
        search: over all transitions.
        anchor_rows: (K, capacity) int64, the anchors of a seed's own transitions; None offline.
    """

    def __init__(self, learner: Learner, beta: float):
        self.learner, self.transitions = learner, learner.transitions
        self.can_overflow = learner.device.type == "cuda"
        self.search = NeighbourSearch(*self.pairs(), beta, fixed=self.can_overflow)
        self.anchor_rows: Tensor | None = None
        self.offline = len(self.transitions)

    def pairs(self) -> tuple[Tensor, Tensor]:
        """Normalised states (m, d_s) and actions (m, d_a) of all transitions."""
        rows = self.transitions.rows
        return self.learner.normaliser(self.transitions.observations[rows]), self.transitions.actions[rows]

    def action(self, rows: Tensor, s: Tensor, pi: Tensor) -> Tensor:
        """The action of the transition nearest to (s, pi), where s is the state of row ``rows`` of the data or replay.

        (K, batch) int64, (K, batch, d_s), (K, batch, d_a) -> (K, batch, d_a).
        """
        if self.anchor_rows is None:
            return self.search.nearest_action(rows, pi)
        anchors = self.anchor_rows.gather(1, (rows - self.offline).clamp(min=0))
        return self.search.nearest_action(torch.where(rows < self.offline, rows, anchors), pi, s)

    def prepare(self, updates: int) -> None:
        """Build lists of neighbours, if the run is long enough."""
        config = self.learner.config
        queries = updates / self.learner.period * config.seeds * config.batch_size
        self.search.prepare(queries, data_root() / "neighbours")

    def go_online(self, replay: Replay) -> None:
        """Allocate the anchors."""
        capacity = (len(replay.rows) - replay.offline) // replay.seeds
        self.anchor_rows = torch.zeros(replay.seeds, capacity, dtype=torch.int64, device=self.learner.device)

    def on_transitions(self, batch: Batch) -> None:
        """Find each new transition's neighbour: its anchor."""
        if self.anchor_rows is None:
            return
        s, first = self.learner.normaliser(batch.observations), int(batch.rows[0, 0]) - self.offline
        for i in range(0, s.shape[1], SEARCH_CHUNK):
            steps = slice(first + i, first + min(i + SEARCH_CHUNK, s.shape[1]))
            s_i, a_i = s[:, i : i + SEARCH_CHUNK], batch.actions[:, i : i + SEARCH_CHUNK]
            # the anchors of the step before; for the first step an arbitrary row, whose search takes longer
            previous = self.anchor_rows[:, steps.start - 1].repeat_interleave(s_i.shape[1])
            nearest = self.search.nearest(previous, a_i.flatten(0, 1), s_i.flatten(0, 1))
            self.anchor_rows[:, steps] = nearest.view(len(s), -1)

    def overflowed(self) -> bool:
        """Whether the capacity was exceeded since the last call, so that neighbours may be wrong; increases it."""
        return self.search.overflowed()
