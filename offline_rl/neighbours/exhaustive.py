"""Exhaustive nearest-neighbour search with shapes that do not depend on the data, for GPUs.

Nothing here waits for the device, so it can be captured in a CUDA graph. Queries that rounding leaves undecided are
reported, not resolved.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from palaestra.offline_rl.neighbours.boxes import GROUP, rounding

_MAX_QUERIES = 1024  # per pass
_MAX_FLOATS = 1 << 24  # of one matrix product


class Exhaustive:
    """All points, in blocks.

    Args:
        points: (m, d).
        groups: number of groups of 16 points, those with the smallest distances in float32, to compare in float64.

    Attributes:
        products: (m, d + 1) float32, [-2 p, |p|^2]: the product with [q, 1] is |p - q|^2 - |q|^2. Padding rows in the
            last group are infinitely far away.
    """

    def __init__(self, points: Tensor, groups: int = 4):
        self.points, self.groups = points, groups
        squared = torch.cat([part.double().square().sum(dim=1, keepdim=True) for part in points.split(1 << 16)])
        products = torch.cat([-2 * points, squared], dim=1).float()
        last = pad(torch.zeros_like(products[:1, 1:]), (0, 1), value=torch.inf)
        self.products = torch.cat([products, last.expand(-len(points) % GROUP, -1)])

    def nearest(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        """The nearest point to each query; ties in float64 are broken by lowest index.

        Args:
            queries: (n, d), like the points.

        Returns:
            (n,) int64 indices of points; (n,) bool, whether the result is certain: otherwise rounding may hide a nearer
            point, and more ``groups`` are needed.
        """
        parts = [self._nearest(part) for part in queries.split(_MAX_QUERIES)]
        return torch.cat([nearest for nearest, _ in parts]), torch.cat([sure for _, sure in parts])

    def _nearest(self, queries: Tensor) -> tuple[Tensor, Tensor]:
        count = len(self.points)
        vectors = pad(queries.float(), (0, 1), value=1.0)
        block = max(1, _MAX_FLOATS // (GROUP * len(queries))) * GROUP
        minima = [(vectors @ part.T).unflatten(1, (-1, GROUP)).amin(dim=2) for part in self.products.split(block)]
        every = torch.cat(minima, dim=1)
        best = every.topk(min(self.groups + 1, every.shape[1]), dim=1, largest=False)
        rows = best.indices[:, : self.groups, None] * GROUP + torch.arange(GROUP, device=queries.device)
        rows = rows.flatten(1)
        points = self.points.index_select(0, rows.clamp(max=count - 1).flatten()).unflatten(0, rows.shape)
        squared = (points - queries.double()[:, None]).square().sum(dim=-1).masked_fill(rows >= count, torch.inf)
        nearest = squared.amin(dim=1)
        first = torch.where(squared == nearest[:, None], rows, count).amin(dim=1).clamp(max=count - 1)
        if best.indices.shape[1] <= self.groups:
            return first, torch.ones_like(first, dtype=torch.bool)
        others = best.values[:, self.groups] + vectors[:, :-1].double().square().sum(dim=1)
        return first, (nearest < others - rounding(vectors, nearest)) | ~nearest.isfinite()
