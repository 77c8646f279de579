"""For every point, a short list of the points nearest in state, and a lower bound on the distance of all others.

A query of PRDC has the state of a point. All points that are not on this point's list are at least its radius away, by
the states alone; so if the best point on the list is nearer than that, no other point needs to be checked. Lists depend
on the states only. They are built on first use, one box at a time, and stored in a file for later runs, 68 bytes a
point.
"""

import hashlib
import warnings
from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import pad

from palaestra.data.errors import InputError
from palaestra.data.store import write_atomically
from palaestra.offline_rl.neighbours.boxes import GROUP, Boxes, minima_of_groups, rounding

_FORMAT_VERSION = 1  # of the file
_MIN_BOXES = 8  # nearest boxes that give an upper bound on the radius of a list
_MAX_FLOATS = 1 << 18  # of one matrix product, so that it fits a core's cache


class NeighbourLists:
    """Lists of the points nearest in state.

    Args:
        boxes: the points.
        length: points per list.
        folder: where complete lists are stored for later runs; without it they are not stored.

    Attributes:
        rows: (m, length) int32, unordered; the point's own index until its list is built.
        squared_radius: (m,) float32, lower bound on the state distance of points not on the list; 0 until it is built.
        unmade: the boxes whose points have no lists yet.
    """

    def __init__(self, boxes: Boxes, length: int = 16, folder: Path | None = None):
        self.boxes, self.count, device = boxes, len(boxes.points), boxes.points.device
        self.length = min(length, self.count)
        self.path = folder / f"{self._fingerprint()}.safetensors" if folder else None
        self.unmade: set[int] = set()
        if self.path and (stored := _read(self.path, self.count, self.length)):
            self.rows, self.squared_radius = (tensor.to(device) for tensor in stored)
            return
        self.unmade.update(range(len(boxes.rows)))
        self.rows = torch.arange(self.count, dtype=torch.int32, device=device)[:, None].repeat(1, self.length)
        self.squared_radius = torch.zeros(self.count, device=device)
        self.box_of = torch.empty(self.count + 1, dtype=torch.int64, device=device)
        self.box_of[boxes.rows] = torch.arange(len(boxes.rows), device=device)[:, None].expand_as(boxes.rows)

    def look_up(self, rows: Tensor, queries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The nearest point on each query's list.

        Args:
            rows: (n,) int64, the points whose lists are searched: those with the queries' states, or near them.
            queries: (n, d), like the points.

        Returns:
            nearest (n,) int64, ties broken by lowest index; its squared distance (n,) float64; margin (n,) float64:
            if it is below 0, no point outside the list is as near.
        """
        lists = self.rows.index_select(0, rows)
        points = self.boxes.points.index_select(0, lists.flatten()).unflatten(0, lists.shape)
        squared = (points - queries.double()[:, None]).square().sum(dim=-1)
        best = squared.amin(dim=1)
        nearest = torch.where(squared == best[:, None], lists, self.count).amin(dim=1).clamp(max=self.count - 1)
        states = self.boxes.points.index_select(0, rows)[:, : self.boxes.state_dim]
        offset = (states - queries[:, : self.boxes.state_dim].double()).norm(dim=1)
        radius = self.squared_radius.index_select(0, rows).double().sqrt() - offset
        margin = best * (1 + 1e-9) - radius.clamp(min=0).square()
        return nearest.long(), best, margin

    def make_for(self, rows: Tensor, max_boxes: int) -> None:
        """Build missing lists of ``rows``, in at most ``max_boxes`` boxes."""
        if self.unmade:
            self.make(sorted(self.unmade.intersection(self.box_of[rows].unique().tolist()))[:max_boxes])

    def make(self, boxes: Iterable[int]) -> None:
        """Build the lists of the points in ``boxes``; writes the file when all lists are built."""
        for box in boxes:
            self._make(box)
            self.unmade.remove(box)
        if not self.unmade and self.path:
            self._write(self.path)

    def _make(self, box: int) -> None:
        rows = self.boxes.rows[box]
        rows = rows[rows < self.count]
        states = self.boxes.points[rows, : self.boxes.state_dim]
        gaps, order = self.boxes.squared_state_gaps(box).sort()
        _, squared_radius = self._nearest_in(order[:_MIN_BOXES], states)
        reach = squared_radius.amax()
        within = max(_MIN_BOXES, int((gaps <= reach).sum()))
        lists, squared_radius = self._nearest_in(order[:within], states)
        self.rows[rows] = lists.int()
        self.squared_radius[rows] = torch.minimum(squared_radius, reach)

    def _nearest_in(self, boxes: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        """The points of ``boxes`` nearest to ``states`` (w, d_s), and a lower bound on the other points' distance.

        Returns:
            rows (w, length), squared_radius (w,) float32; inf if there are no other points.
        """
        dim, width = self.boxes.state_dim, self.boxes.rows.shape[1]
        vectors = pad(states.float(), (0, 1), value=1.0)
        parts, groups = [], []
        for part in boxes.split(max(1, _MAX_FLOATS // (len(states) * width))):
            block = self.boxes.blocks[part, :, : dim + 1].flatten(0, 1)
            parts.append(minima_of_groups(vectors @ block.T))
            groups.append(self.boxes.rows[part].view(GROUP, -1).T)
        minima, members = torch.cat(parts, dim=1), torch.cat(groups)
        best = minima.topk(min(self.length, minima.shape[1]), largest=False)
        candidates = members[best.indices].flatten(1)
        points = self.boxes.points.index_select(0, candidates.clamp(max=self.count - 1).flatten())[:, :dim]
        squared = (points.unflatten(0, candidates.shape) - states[:, None]).square().sum(dim=-1)
        nearest = squared.masked_fill_(candidates == self.count, torch.inf).topk(self.length, largest=False)

        furthest = nearest.values[:, -1].float()
        if int((members < self.count).sum()) <= self.length:
            return candidates.gather(1, nearest.indices), torch.full_like(furthest, torch.inf)
        if best.indices.shape[1] < minima.shape[1]:  # points of other groups can be nearer only by rounding
            bound = best.values[:, -1] + states.square().sum(dim=1) - rounding(vectors, furthest)
            furthest = torch.minimum(furthest, bound.float())
        return candidates.gather(1, nearest.indices), furthest.clamp(min=0) * (1 - 1e-5)

    def _fingerprint(self) -> str:
        """Hash of the inputs that determine the lists."""
        states = self.boxes.points[:, : self.boxes.state_dim]
        digest = hashlib.sha256(f"{_FORMAT_VERSION} {states.dtype} {tuple(states.shape)} {self.length}".encode())
        for part in states.split(1 << 16):
            digest.update(part.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def _write(self, path: Path) -> None:
        tensors = {"rows": self.rows.cpu(), "squared_radius": self.squared_radius.cpu()}
        try:
            with write_atomically(path) as temporary:
                save_file(tensors, temporary, {"sha256": _digest(tensors)})
        except (InputError, SafetensorError) as error:
            warnings.warn(f"neighbour lists aren't kept for the next run: {error}", stacklevel=2)


def _read(path: Path, count: int, length: int) -> tuple[Tensor, Tensor] | None:
    """Read the file of ``NeighbourLists._write``; None if it does not exist or is damaged."""
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in ("rows", "squared_radius")}
            digest = file.metadata()["sha256"]
    except (OSError, SafetensorError, KeyError, TypeError):
        return None
    shapes = {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in tensors.items()}
    expected = {"rows": (torch.int32, (count, length)), "squared_radius": (torch.float32, (count,))}
    if shapes != expected or digest != _digest(tensors):
        return None
    return tensors["rows"], tensors["squared_radius"]


def _digest(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for tensor in tensors.values():
        digest.update(tensor.numpy().data)
    return digest.hexdigest()
