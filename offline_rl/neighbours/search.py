"""PRDC's neighbour search: the nearest transition to (beta s, pi(s)), exact and fast.

The state of a query is that of a transition i, so the nearest transition is at most |pi - a_i| away, and short lists of
the transitions nearest to i in state, built once, contain most answers (``lists.py``). Queries that the lists leave
open are searched among all transitions: on a CPU by a search that skips most of them (``boxes.py``), on a GPU by one
whose shapes don't depend on the data (``exhaustive.py``), which has capacity for a share of the queries and counts
overflows.

Final distances are computed in float64; ties are broken by lowest index.
"""

import math
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from palaestra.offline_rl.neighbours.boxes import Boxes
from palaestra.offline_rl.neighbours.exhaustive import Exhaustive
from palaestra.offline_rl.neighbours.lists import NeighbourLists

MIN_QUERIES_PER_ROW = 2.0  # below this, building lists costs more than it saves
MAX_BOXES_PER_CALL = 4  # whose lists are built in one call
MAX_OPEN_SHARE = 0.25  # share of the queries that lists are expected to leave open, on a device


class NeighbourSearch:
    """Nearest transition to (beta s, pi) for queries whose state s is that of a transition i, or near it.

    Args:
        states: (m, d_s), normalised.
        actions: (m, d_a).
        beta: weight of the state distance (PRDC, eq. 4).
        fixed: use fixed shapes and don't wait for the device, as CUDA graphs require.

    Attributes:
        room: if ``fixed``, the capacity of the search as a share of a call's queries; the lists answer the others.
        asked, missed: number of queries, and of those that the lists left open.
        lost: if ``fixed``, number of queries since the last call of ``overflowed`` that exceeded the capacity, so that
            their answers may be wrong.
    """

    def __init__(self, states: Tensor, actions: Tensor, beta: float, fixed: bool = False):
        self.points, self.state_dim = torch.cat([beta * states, actions], dim=1), states.shape[1]
        self.beta, self.fixed, self.room = beta, fixed, 1.0
        self.lists: NeighbourLists | None = None
        self.asked, self.missed, self.lost = torch.zeros(3, dtype=torch.int64, device=states.device).unbind()
        self._search = self._search_fixed if fixed else torch.compiler.disable(self._search_pruned)

    @cached_property
    def boxes(self) -> Boxes:
        """The index for building lists and for the pruned search."""
        return Boxes(self.points, self.state_dim)

    @cached_property
    def exhaustive(self) -> Exhaustive:
        """The index for the search with fixed shapes."""
        return Exhaustive(self.points)

    def prepare(self, queries: float, folder: Path | None = None, length: int = 16) -> None:
        """Use lists from now on if they save more than building them costs, about 0.1 ms a transition.

        Args:
            queries: expected number of queries.
            folder: where lists are stored for later runs, 4 (length + 1) bytes a transition.
            length: transitions per list.
        """
        if self.beta <= 0 or queries <= MIN_QUERIES_PER_ROW * len(self.points):
            return
        self.lists = NeighbourLists(self.boxes, length, folder)
        if self.fixed:
            self.lists.make(sorted(self.lists.unmade))
            self.room = MAX_OPEN_SHARE

    def nearest_action(self, rows: Tensor, pi: Tensor, states: Tensor | None = None) -> Tensor:
        """Actions of the nearest transitions: (K, batch), (K, batch, d_a), (K, batch, d_s) -> (K, batch, d_a)."""
        nearest = self.nearest(rows.flatten(), pi.flatten(0, 1), None if states is None else states.flatten(0, 1))
        return self.points.index_select(0, nearest)[:, self.state_dim :].view_as(pi)

    def nearest(self, rows: Tensor, pi: Tensor, states: Tensor | None = None) -> Tensor:
        """Index of the transition nearest to (beta s, pi).

        Args:
            rows: (n,) int64, the transitions whose states the queries have.
            pi: (n, d_a).
            states: (n, d_s), normalised, the queries' states if they are not those of ``rows``; the nearer to those of
                ``rows``, the faster.

        Returns:
            (n,) int64.
        """
        s = self.points.index_select(0, rows)[:, : self.state_dim] if states is None else self.beta * states
        queries = torch.cat([s, pi], dim=1)
        self.asked += len(rows)
        return self._search(rows, queries)

    def overflowed(self) -> bool:
        """Whether the capacity was exceeded since the last call, so that answers may be wrong; if so, it is doubled.

        Waits for the device.
        """
        if not int(self.lost):
            return False
        self.lost.zero_()
        self.room = min(1.0, 2 * self.room)
        self.exhaustive.groups *= 2
        return True

    def _look_up(self, rows: Tensor, queries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Like ``NeighbourLists.look_up``; without lists the query's own transition, with a nonnegative margin."""
        if self.lists:
            return self.lists.look_up(rows, queries)
        differences = self.points.index_select(0, rows) - queries.double()
        squared = differences.square().sum(dim=1)
        return rows, squared, squared

    def _search_pruned(self, rows: Tensor, queries: Tensor) -> Tensor:
        if self.lists:
            self.lists.make_for(rows, MAX_BOXES_PER_CALL)
        nearest, squared, margin = self._look_up(rows, queries)
        missed = (margin >= 0).nonzero().squeeze(1)
        self.missed += len(missed)
        if len(missed) == 0:
            return nearest
        return nearest.index_copy(0, missed, self.boxes.nearest(queries[missed], squared[missed]))

    def _search_fixed(self, rows: Tensor, queries: Tensor) -> Tensor:
        nearest, _, margin = self._look_up(rows, queries)
        missed = (margin >= 0).sum()
        margin, searched = margin.topk(math.ceil(self.room * len(rows)))
        nearest_of_all, certain = self.exhaustive.nearest(queries.index_select(0, searched))
        self.missed += missed
        self.lost += missed - ((margin >= 0) & certain).sum()
        listed = nearest.index_select(0, searched)
        return nearest.index_copy(0, searched, torch.where(margin >= 0, nearest_of_all, listed))
