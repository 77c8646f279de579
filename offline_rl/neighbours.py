"""PRDC's neighbour search: the nearest dataset row to (beta s, pi(s)), exact, fast, also on a GPU.

The state of a query is itself a dataset row i, so the true neighbour is no farther than ||pi - a_i||. Every row can
therefore keep a short list of the rows nearest to it *in state*, made once. A query looks at row i's list only:
rows outside it are at least beta * radius_i away, so when the best of the list is nearer than that, it is the answer.
What is left, usually a few queries in a batch, goes to a blocked search over all rows.

Distances that decide are taken in float64 from the float32 data; ties go to the lowest index.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

_GROUP = 16  # points whose smallest distance stands for them in the first pass
_CHUNK = 2048  # points per matrix product: 256 queries x 2048 floats stay in a core's cache
_PAYS = 2.0  # visits per row above which a list costs less than searching each time
_EPS32 = 2.0**-24


class Nearest(NamedTuple):
    """Row indices (n, k) int64, nearest first, equal distances by index; squared distances (n, k) float64."""

    rows: Tensor
    squared: Tensor


class Points:
    """A set to search.

    Attributes:
        values: (m, d) float32.
        products: (m, d + 1) float32, [-2 p, |p|^2], whose product with [q, 1] is |p - q|^2 - |q|^2.
    """

    def __init__(self, values: Tensor):
        self.values = values
        norms = torch.cat([part.double().square().sum(dim=1, keepdim=True) for part in values.split(1 << 16)])
        self.products = torch.cat([-2 * values, norms.float()], dim=1)

    def __len__(self) -> int:
        return len(self.values)

    def nearest(self, queries: Tensor, k: int) -> Nearest:
        """The k nearest points to each query, exactly.

        Float32 matrix products give the distances with a known rounding error; of every 16 points only the smallest
        is kept; the k + 8 best groups are looked at in float64. If the next group could, within the error, hold a
        nearer point, that query is repeated against all points in float64.

        Args:
            queries: (n, d) float32.
            k: how many, at most m.
        """
        count, dim = self.values.shape
        k = min(k, count)
        minima = self._group_minima(torch.nn.functional.pad(queries, (0, 1), value=1.0))
        groups = min(k + 8, minima.shape[1])
        best = minima.topk(min(groups + 1, minima.shape[1]), dim=1, largest=False)
        found = _rank(queries, self.values, _rows_of_groups(best.indices[:, :groups], count), k)
        if groups == minima.shape[1]:
            return found
        # A point in a group left out has a product of at least `following`, up to the error of d + 1 float32
        # multiply-adds between vectors no longer than |q| and |q| + its distance.
        norm, kth, following = queries.double().square().sum(dim=1), found.squared[:, -1], best.values[:, groups]
        error = (2 * dim + 8) * _EPS32 * (2 * norm.sqrt() + kth.sqrt()).square()
        unsure = kth >= following.double() + norm - error
        for one in unsure.nonzero().squeeze(1).tolist():
            every = torch.arange(count, device=queries.device)[None]
            exact = _rank(queries[one : one + 1], self.values, every, k)
            found.rows[one], found.squared[one] = exact.rows[0], exact.squared[0]
        return found

    def _group_minima(self, queries: Tensor) -> Tensor:
        """Smallest product of each group of 16 points, (n, groups); groups as in ``_rows_of_groups``."""
        minima = []
        for block in self.products.split(_CHUNK):
            products = queries @ block.T
            if short := -len(block) % _GROUP:
                products = torch.nn.functional.pad(products, (0, short), value=torch.inf)
            minima.append(products.view(len(queries), _GROUP, -1).amin(dim=1))
        return torch.cat(minima, dim=1)


def _rows_of_groups(groups: Tensor, count: int) -> Tensor:
    """The points of each group, (n, groups) -> (n, groups * 16); ``count`` where a group is short."""
    per_chunk = _CHUNK // _GROUP
    chunk, offset = groups // per_chunk, groups % per_chunk
    length = (count - chunk * _CHUNK).clamp(max=_CHUNK)
    stride = (length + _GROUP - 1) // _GROUP  # a chunk is viewed as (16, stride): group j holds j, j + stride, ...
    within = offset[..., None] + stride[..., None] * torch.arange(_GROUP, device=groups.device)
    rows = torch.where(within < length[..., None], within + (chunk * _CHUNK)[..., None], count)
    return rows.flatten(1)


def _rank(queries: Tensor, points: Tensor, rows: Tensor, k: int) -> Nearest:
    """The k nearest among candidate ``rows`` (n, c), in float64, ties by index; a row equal to ``len(points)`` is none."""
    rows = rows.sort(dim=1).values.expand(len(queries), -1)
    valid = rows < len(points)
    candidates = points[rows.clamp(max=len(points) - 1)].double()
    squared = (candidates - queries[:, None].double()).square().sum(dim=-1)
    squared = torch.where(valid, squared, torch.inf)
    order = squared.sort(dim=1, stable=True)
    return Nearest(rows.gather(1, order.indices[:, :k]), order.values[:, :k])


class NeighbourSearch:
    """Nearest transition to (beta s_i, pi) for queries whose state is that of transition i.

    Args:
        states: (m, d_s) float32, normalised.
        actions: (m, d_a) float32.
        beta: weight of the state distance (PRDC, eq. 4).
        queries: how many queries the run will make in all; decides whether making lists pays.
        length: neighbours per list.

    Attributes:
        asked, missed: queries so far, and those that no list could answer.
    """

    def __init__(self, states: Tensor, actions: Tensor, beta: float, queries: float, length: int = 16):
        self.states, self.actions, self.beta = states, actions, beta
        self.pairs = Points(torch.cat([beta * states, actions], dim=1))
        self.length = min(length, len(states))
        self.listing = beta > 0 and queries > _PAYS * len(states)
        if self.listing:
            self.points = Points(states)
            self.lists = torch.zeros(len(states), self.length, dtype=torch.int32, device=states.device)
            self.squared = torch.zeros(len(states), self.length, dtype=torch.float64, device=states.device)
            self.listed = torch.zeros(len(states), dtype=torch.bool, device=states.device)
        self.asked = self.missed = 0

    def nearest_action(self, rows: Tensor, pi: Tensor) -> Tensor:
        """Action of the transition nearest to (beta s_row, pi): (K, batch) int64, (K, batch, d_a) -> (K, batch, d_a)."""
        found = self.nearest(rows.flatten(), pi.flatten(0, 1))
        return self.actions.index_select(0, found).view_as(pi)

    def nearest(self, rows: Tensor, pi: Tensor) -> Tensor:
        """Index of the transition nearest to (beta s_row, pi): (n,) int64, (n, d_a) float32 -> (n,) int64."""
        self.asked += len(rows)
        if not self.listing:
            return self._search(rows, pi)
        self._list(rows)
        found, certain = self._look_up(rows, pi)
        missed = (~certain).nonzero().squeeze(1)
        if len(missed):
            self.missed += len(missed)
            found[missed] = self._search(rows[missed], pi[missed])
        return found

    def _search(self, rows: Tensor, pi: Tensor) -> Tensor:
        queries = torch.cat([self.beta * self.states[rows], pi], dim=1)
        return self.pairs.nearest(queries, 1).rows[:, 0]

    def _look_up(self, rows: Tensor, pi: Tensor) -> tuple[Tensor, Tensor]:
        """Best of each row's list, and whether nothing outside the list can be as near."""
        lists = self.lists.index_select(0, rows)
        state_part = self.squared.index_select(0, rows) * self.beta**2
        candidates = self.actions.index_select(0, lists.flatten()).view(*lists.shape, -1)
        action_part = (candidates.double() - pi[:, None].double()).square().sum(dim=-1)
        squared = state_part + action_part
        best = squared.amin(dim=1, keepdim=True)
        first = torch.where(squared == best, lists, len(self.states)).amin(dim=1)
        certain = state_part[:, -1] > best[:, 0] * (1 + 1e-12)
        return first.long(), certain

    def _list(self, rows: Tensor) -> None:
        """Make the lists of ``rows`` that aren't made."""
        missing = rows[~self.listed[rows]].unique()
        for start in range(0, len(missing), 256):
            block = missing[start : start + 256]
            found = self.points.nearest(self.states[block], self.length)
            self.lists[block], self.squared[block] = found.rows.int(), found.squared
            self.listed[block] = True
