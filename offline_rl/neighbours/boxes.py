"""Exact nearest-neighbour search that skips boxes of points that are too far away.

The points are split at medians along the principal axes of their states until about a hundred are left in a box. A
query visits only the boxes that intersect the sphere around it in which a point is known to lie. The squared gap
between a query and a box is a sum over axes, so it is looked up: each axis has a table from the query's coordinate to
its squared gaps to all boxes. Then the queries of a box need one small matrix product with its points.

Shapes depend on the data, so this is for the CPU, where that costs nothing.
"""

import math
from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag, pad

GROUP = 16  # points of a box that are represented by their smallest distance until the last step
_MIN_POINTS_PER_BOX = 64
_MAX_AXES = 16  # principal axes of the states in use; gaps along the others are taken as 0
_BINS_PER_AXIS = 64  # entries of an axis's table
_MAX_QUERIES = 512  # per pass
_MAX_FLOATS = 1 << 18  # in one batch of matrix products, so that it fits a core's cache
_MAX_GROUPS = 1 << 12  # ranked per pass


class Boxes:
    """Points grouped into boxes.

    Args:
        points: (m, d): states, scaled for Euclidean distance, then actions.
        state_dim: number of columns that are states.

    Attributes:
        rows: (boxes, width) int64, the points of every box; m in unused places.
        blocks: (boxes, width, d + 2) float32, [-2 s, |s|^2, -2 a, |a|^2] of these points: its product with a query's
            [s', 1, a', 1] is the squared distance minus |s'|^2 + |a'|^2. Unused places are infinitely far away.
        lower, upper: (boxes, axes) float32, bounds of the boxes, with a small margin around their points.
    """

    def __init__(self, points: Tensor, state_dim: int):
        self.points, self.state_dim = points, state_dim
        self.centre, self.axes = _principal_axes(points[:, :state_dim])
        coordinates = torch.cat([self._coordinates(part) for part in points.split(1 << 16)])
        members, empty = _halved(coordinates)
        margin = 1e-6 * coordinates.abs().amax(dim=0)  # for rounding, here and in the tables
        self.lower = coordinates[members].amin(dim=1) - margin
        self.upper = coordinates[members].amax(dim=1) + margin
        self.rows = members.masked_fill(empty, len(points))
        self.blocks = torch.cat([self._block(rows) for rows in self.rows.split(64)])
        self._tabulate(coordinates)

    def nearest(self, queries: Tensor, bound: Tensor) -> Tensor:
        """The nearest point to each query; ties in float64 are broken by lowest index.

        Args:
            queries: (n, d), like ``points``.
            bound: (n,) float64, upper bound on the squared distance.

        Returns:
            (n,) int64 indices of points; arbitrary if a query is not finite.
        """
        parts = zip(queries.split(_MAX_QUERIES), bound.split(_MAX_QUERIES))
        return torch.cat([self._nearest(*part) for part in parts])

    def squared_state_gaps(self, box: int) -> Tensor:
        """Lower bounds on the squared state distances between points of ``box`` and of every box: (boxes,)."""
        axes = self.axes.shape[1]
        lower, upper = self.lower[:, :axes], self.upper[:, :axes]
        return torch.maximum(lower - upper[box], lower[box] - upper).clamp(min=0).square().sum(dim=1)

    def _nearest(self, queries: Tensor, bound: Tensor) -> Tensor:
        vectors = with_ones(queries, self.state_dim)
        query, box, minima = self._group_minima(vectors, self._within(queries, bound))
        # Rounding may change both distances of a pair, so groups within twice the error of the best are checked again.
        error = rounding(vectors, bound)
        best = torch.full_like(error, torch.inf).scatter_reduce_(0, query, minima.amin(dim=1), "amin")
        pair, group = (minima <= (best + 2 * error)[query][:, None]).nonzero(as_tuple=True)
        rows = self.rows.view(len(self.rows), GROUP, -1)[box[pair], :, group]
        return self._first_nearest(queries, query[pair], rows)

    def _within(self, queries: Tensor, bound: Tensor) -> Tensor:
        """(boxes, n) bool: whether a box intersects a query's sphere."""
        bins = ((self._coordinates(queries) - self.origin) / self.bin).long().clamp_(0, _BINS_PER_AXIS - 1)
        gaps = embedding_bag(bins + self.offsets, self.tables, mode="sum")
        return (gaps > bound.float()[:, None] * (1 + 1e-5)).logical_not_().T.contiguous()

    def _group_minima(self, vectors: Tensor, within: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The smallest product of each query with every group of 16 points in its boxes.

        Returns:
            query (p,), box (p,): the pairs of ``within``; minima (p, width / 16), each over the 16 points of a column
            of ``rows.view(boxes, 16, -1)``.
        """
        counts = within.sum(dim=1)
        starts = counts.cumsum(dim=0) - counts
        box, query = within.nonzero(as_tuple=True)
        minima = torch.empty(len(query), self.rows.shape[1] // GROUP)
        for boxes, most in _passes(counts, self.blocks.shape[1], self.blocks.shape[2]):
            place = torch.arange(most)
            used = place < counts[boxes, None]
            pairs = (starts[boxes, None] + place).clamp_(max=len(query) - 1)
            of_pairs = vectors.index_select(0, query[pairs.flatten()]).view(*pairs.shape, -1)
            products = torch.bmm(of_pairs, self.blocks.index_select(0, boxes).transpose(1, 2))
            minima[pairs[used]] = minima_of_groups(products)[used]
        return query, box, minima

    def _first_nearest(self, queries: Tensor, query: Tensor, rows: Tensor) -> Tensor:
        """The nearest of the candidates ``rows`` (c, 16) of queries (c,) in float64, ties by lowest index: (n,)."""
        count = len(self.points)
        best = torch.full((len(queries),), torch.inf, dtype=torch.float64)
        first = torch.full((len(queries),), count)
        for which, candidates in zip(query.split(_MAX_GROUPS), rows.split(_MAX_GROUPS)):
            points = self.points.index_select(0, candidates.clamp(max=count - 1).flatten())
            points = points.unflatten(0, candidates.shape)
            squared = (points - queries[which].double()[:, None]).square().sum(dim=-1)
            squared.masked_fill_(candidates == count, torch.inf)
            better = best.scatter_reduce(0, which, squared.amin(dim=1), "amin")
            first.masked_fill_(better < best, count)
            nearest = torch.where(squared == better[which, None], candidates, count).amin(dim=1)
            first.scatter_reduce_(0, which, nearest, "amin")
            best = better
        return first.clamp_(max=count - 1)

    def _coordinates(self, points: Tensor) -> Tensor:
        """States along the principal axes, and actions: (n, axes + d_a) float32; distances don't exceed the points'."""
        states, actions = points[:, : self.state_dim], points[:, self.state_dim :]
        return torch.cat([((states.double() - self.centre) @ self.axes).float(), actions.float()], dim=1)

    def _block(self, rows: Tensor) -> Tensor:
        empty = rows == len(self.points)
        points = self.points[rows.masked_fill(empty, 0)]
        states, actions = points[..., : self.state_dim], points[..., self.state_dim :]
        squared_states, squared_actions = (part.double().square().sum(-1, keepdim=True) for part in (states, actions))
        squared_states.masked_fill_(empty[..., None], torch.inf)
        return torch.cat([-2 * states, squared_states, -2 * actions, squared_actions], dim=-1).float()

    def _tabulate(self, coordinates: Tensor) -> None:
        """Tabulate squared gaps from bins to boxes: ``tables[axis * _BINS_PER_AXIS + bin, box]``, outer bins open."""
        low, high = coordinates.amin(dim=0), coordinates.amax(dim=0)
        action_axes = slice(self.axes.shape[1], None)
        low[action_axes].clamp_(max=-1)  # queries' actions lie in [-1, 1]
        high[action_axes].clamp_(min=1)
        self.origin, self.bin = low, ((high - low) / _BINS_PER_AXIS).clamp(min=1e-30)
        edges = low[:, None] + self.bin[:, None] * torch.arange(_BINS_PER_AXIS + 1, device=low.device)
        edges[:, 0], edges[:, -1] = -torch.inf, torch.inf
        below, above = self.lower.T[:, None] - edges[:, 1:, None], edges[:, :-1, None] - self.upper.T[:, None]
        self.tables = torch.maximum(below, above).clamp_(min=0).square_().flatten(0, 1)
        self.offsets = torch.arange(len(low), device=low.device) * _BINS_PER_AXIS


def with_ones(points: Tensor, state_dim: int) -> Tensor:
    """[s, a] -> [s, 1, a, 1] in float32."""
    ones = torch.ones(len(points), 1, device=points.device)
    return torch.cat([points[:, :state_dim].float(), ones, points[:, state_dim:].float(), ones], dim=1)


def rounding(vectors: Tensor, squared_distance: Tensor) -> Tensor:
    """Bound on the rounding error of a float32 product with a point within the distance: (n, k), (n,) -> (n,) float32.

    For k multiply-adds, with inputs rounded to float32, of vectors no longer than |q| and |q| + the distance (Higham,
    Accuracy and Stability of Numerical Algorithms, 3.1). Products with points further away have larger errors, but the
    error grows by less than the distance.
    """
    lengths = vectors.square().sum(dim=1).sqrt()
    unit = 2.0**-24 if torch.get_float32_matmul_precision() == "highest" else 2.0**-8
    return (2 * vectors.shape[1] + 8) * unit * (2 * lengths + squared_distance.sqrt().float()).square()


def minima_of_groups(values: Tensor) -> Tensor:
    """(..., 16 g) -> (..., g): the minimum of each column of ``values.view(..., 16, g)``."""
    groups = values.shape[-1] // GROUP
    while (half := values.shape[-1] // 2) >= groups:
        values = torch.minimum(values[..., :half], values[..., half:])
    return values


def _passes(counts: Tensor, width: int, columns: int) -> Iterator[tuple[Tensor, int]]:
    """Yield boxes with similar numbers of queries together, and the largest of these numbers."""
    order = counts.argsort(descending=True)
    nonzero = [count for count in counts[order].tolist() if count]
    start = 0
    while start < len(nonzero):
        size = max(1, _MAX_FLOATS // (width * max(nonzero[start], columns)))
        yield order[start : min(start + size, len(nonzero))], nonzero[start]
        start += size


def _principal_axes(states: Tensor) -> tuple[Tensor, Tensor]:
    """Mean (d,) and the orthonormal directions of largest variance (d, axes), both float64."""
    parts = states.split(1 << 16)
    centre = torch.stack([part.double().sum(dim=0) for part in parts]).sum(dim=0) / len(states)
    scatter = torch.stack([(part - centre).T @ (part - centre) for part in parts]).sum(dim=0)
    return centre, torch.linalg.eigh(scatter).eigenvectors.flip(1)[:, :_MAX_AXES].contiguous()


def _halved(coordinates: Tensor) -> tuple[Tensor, Tensor]:
    """Split recursively at the median of the widest axis.

    Returns:
        members (boxes, width) int64, with width a multiple of 16, and empty (boxes, width) bool: unused places, in
        which ``members`` repeats a point from another place.
    """
    count, device = len(coordinates), coordinates.device
    boxes = 2 ** int(math.log2(max(1.0, min(4.5 * count**0.5, count / _MIN_POINTS_PER_BOX))))
    width = -(-count // boxes)
    extra = boxes * width - count
    repeated = torch.arange(extra, device=device) * (count // max(1, extra))
    members = torch.cat([torch.arange(count, device=device), repeated])
    places = torch.arange(boxes * width, device=device)[None]
    while len(places) < boxes:
        inside = coordinates[members[places]]
        widest = inside.var(dim=1).argmax(dim=1)
        along = inside.gather(2, widest[:, None, None].expand(-1, inside.shape[1], 1)).squeeze(2)
        places = places.gather(1, along.argsort(dim=1)).view(2 * len(places), -1)
    members, empty, short = members[places], places >= count, -width % GROUP
    return torch.cat([members, members[:, :1].expand(-1, short)], dim=1), pad(empty, (0, short), value=True)
