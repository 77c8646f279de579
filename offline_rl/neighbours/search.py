"""PRDC's neighbour search: the nearest transition to (beta s, pi(s)), exact and fast.

The state of a query is itself that of a transition i, so the nearest one is no further away than |pi - a_i|, and short
lists of the transitions nearest to i in state, made once, hold most answers (``lists.py``). What they leave
open goes to a search over all transitions: on a CPU one that skips most of them (``boxes.py``), on a GPU one whose
shapes don't depend on the data (``exhaustive.py``), which has room for a part of the queries and counts the others.

Distances that decide are float64; of several equally near transitions the first is taken.
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
BOXES_PER_CALL = 4  # whose lists are made, at most
OPEN_SHARE = 0.25  # of the queries, at most, that lists are expected to leave open, on a device


class NeighbourSearch:
    """Nearest transition to (beta s, pi) for queries whose state s is that of a transition i, or near it.

    Args:
        states: (m, d_s), normalised.
        actions: (m, d_a).
        beta: weight of the state distance (PRDC, eq. 4).
        fixed: no shape depends on the data and nothing waits for the device, as CUDA graphs need it.

    Attributes:
        room: if ``fixed``, the part of a call's queries that is searched for; the lists answer the others.
        asked, missed: queries so far, and those of them that the lists left open.
        lost: if ``fixed``, queries since ``overflowed`` was last called whose answers may be wrong for want of room.
    """

    def __init__(self, states: Tensor, actions: Tensor, beta: float, fixed: bool = False):
        self.points, self.state_dim = torch.cat([beta * states, actions], dim=1), states.shape[1]
        self.beta, self.fixed, self.room = beta, fixed, 1.0
        self.lists: NeighbourLists | None = None
        self.asked, self.missed, self.lost = torch.zeros(3, dtype=torch.int64, device=states.device).unbind()
        self._search = self._search_fixed if fixed else torch.compiler.disable(self._search_pruned)

    @cached_property
    def boxes(self) -> Boxes:
        """What lists are made from and where the pruned search looks."""
        return Boxes(self.points, self.state_dim)

    @cached_property
    def exhaustive(self) -> Exhaustive:
        """Where the search with fixed shapes looks."""
        return Exhaustive(self.points)

    def prepare(self, queries: float, folder: Path | None = None, length: int = 16) -> None:
        """Use lists from now on if they repay their making, about 0.1 ms a transition.

        Args:
            queries: how many will come.
            folder: where lists are kept and found by later runs, 4 (length + 1) bytes a transition.
            length: transitions per list.
        """
        if self.beta <= 0 or queries <= MIN_QUERIES_PER_ROW * len(self.points):
            return
        self.lists = NeighbourLists(self.boxes, length, folder)
        if self.fixed:
            self.lists.make(sorted(self.lists.unmade))
            self.room = OPEN_SHARE

    def nearest_action(self, rows: Tensor, pi: Tensor, states: Tensor | None = None) -> Tensor:
        """Actions of what ``nearest`` finds: (K, batch), (K, batch, d_a), (K, batch, d_s) -> (K, batch, d_a)."""
        found = self.nearest(rows.flatten(), pi.flatten(0, 1), None if states is None else states.flatten(0, 1))
        return self.points.index_select(0, found)[:, self.state_dim :].view_as(pi)

    def nearest(self, rows: Tensor, pi: Tensor, states: Tensor | None = None) -> Tensor:
        """Index of the transition nearest to (beta s, pi).

        Args:
            rows: (n,) int64, the transitions whose states the queries have.
            pi: (n, d_a).
            states: (n, d_s), normalised, if the queries' states are others: the nearer to those of ``rows``, the
                faster.

        Returns:
            (n,) int64.
        """
        s = self.points.index_select(0, rows)[:, : self.state_dim] if states is None else self.beta * states
        queries = torch.cat([s, pi], dim=1)
        self.asked += len(rows)
        return self._search(rows, queries)

    def overflowed(self) -> bool:
        """Whether answers since the last call may be wrong for want of room. If so, there is more from now on.

        Waits for the device.
        """
        if not int(self.lost):
            return False
        self.lost.zero_()
        self.room = min(1.0, 2 * self.room)
        self.exhaustive.groups *= 2
        return True

    def _look_up(self, rows: Tensor, queries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """As ``NeighbourLists.look_up``; without lists the query's own transition, and doubt."""
        if self.lists:
            return self.lists.look_up(rows, queries)
        own = self.points.index_select(0, rows) - queries.double()
        squared = own.square().sum(dim=1)
        return rows, squared, squared

    def _search_pruned(self, rows: Tensor, queries: Tensor) -> Tensor:
        if self.lists:
            self.lists.make_for(rows, BOXES_PER_CALL)
        found, squared, doubt = self._look_up(rows, queries)
        missed = (doubt >= 0).nonzero().squeeze(1)
        self.missed += len(missed)
        if len(missed) == 0:
            return found
        return found.index_copy(0, missed, self.boxes.nearest(queries[missed], squared[missed]))

    def _search_fixed(self, rows: Tensor, queries: Tensor) -> Tensor:
        found, _, doubt = self._look_up(rows, queries)
        missed = (doubt >= 0).sum()
        doubt, chosen = doubt.topk(math.ceil(self.room * len(rows)))
        nearest, sure = self.exhaustive.nearest(queries.index_select(0, chosen))
        self.missed += missed
        self.lost += missed - ((doubt >= 0) & sure).sum()
        return found.index_copy(0, chosen, torch.where(doubt >= 0, nearest, found.index_select(0, chosen)))
