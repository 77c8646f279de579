"""For every point a short list of the points nearest to it in state, and how far the others are at least.

A query of PRDC has the state of a point. All that is not on this point's list is at least its radius away, by states
alone, so when the best of the list is nearer than that, nothing else needs to be looked at. Lists depend on the states
only. They are made when first asked for, a box at a time, and kept in a file for the next run, 68 bytes a point.
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

_FORMAT = 1  # of the file
_FIRST = 8  # boxes that say how far a list can reach
_ELEMENTS = 1 << 18  # floats of one matrix product: what stays in a core's cache


class NeighbourLists:
    """Lists of the points nearest in state.

    Args:
        boxes: the points.
        length: points per list.
        folder: where complete lists are kept and found again; nowhere without it.

    Attributes:
        rows: (m, length) int32, in no order; a point's own index while its list isn't made.
        squared_radius: (m,) float32, what is not on a list is no nearer in state; 0 while the list isn't made.
        unmade: the boxes whose points have no lists yet.
    """

    def __init__(self, boxes: Boxes, length: int = 16, folder: Path | None = None):
        self.boxes, self.count, device = boxes, len(boxes.points), boxes.points.device
        self.length = min(length, self.count)
        self.path = folder / f"{self._fingerprint()}.safetensors" if folder else None
        self.unmade: set[int] = set()
        if self.path and (kept := _read(self.path, self.count, self.length)):
            self.rows, self.squared_radius = (tensor.to(device) for tensor in kept)
            return
        self.unmade.update(range(len(boxes.rows)))
        self.rows = torch.arange(self.count, dtype=torch.int32, device=device)[:, None].repeat(1, self.length)
        self.squared_radius = torch.zeros(self.count, device=device)
        self.box_of = torch.empty(self.count + 1, dtype=torch.int64, device=device)
        self.box_of[boxes.rows] = torch.arange(len(boxes.rows), device=device)[:, None].expand_as(boxes.rows)

    def look_up(self, rows: Tensor, queries: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The best of the lists.

        Args:
            rows: (n,) int64, the points whose states the queries have, or lie near.
            queries: (n, d), like the points.

        Returns:
            found (n,) int64, of several equally near the first; its squared distance (n,) float64; doubt (n,) float64:
            where it is below 0, nothing outside the list is as near.
        """
        lists = self.rows.index_select(0, rows)
        points = self.boxes.points.index_select(0, lists.flatten()).unflatten(0, lists.shape)
        squared = (points - queries.double()[:, None]).square().sum(dim=-1)
        best = squared.amin(dim=1)
        found = torch.where(squared == best[:, None], lists, self.count).amin(dim=1).clamp(max=self.count - 1)
        states = self.boxes.points.index_select(0, rows)[:, : self.boxes.state_dim]
        away = (states - queries[:, : self.boxes.state_dim].double()).norm(dim=1)
        radius = self.squared_radius.index_select(0, rows).double().sqrt() - away
        doubt = best * (1 + 1e-9) - radius.clamp(min=0).square()
        return found.long(), best, doubt

    def make_for(self, rows: Tensor, most: int) -> None:
        """Make the lists that ``rows`` lack, as far as they are in ``most`` boxes."""
        if self.unmade:
            self.make(sorted(self.unmade.intersection(self.box_of[rows].unique().tolist()))[:most])

    def make(self, boxes: Iterable[int]) -> None:
        """Make the lists of the points in ``boxes``; when none is left, write the file."""
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
        _, squared_radius = self._nearest_in(order[:_FIRST], states)
        reach = squared_radius.amax()
        within = max(_FIRST, int((gaps <= reach).sum()))
        lists, squared_radius = self._nearest_in(order[:within], states)
        self.rows[rows] = lists.int()
        self.squared_radius[rows] = torch.minimum(squared_radius, reach)

    def _nearest_in(self, boxes: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        """The points of ``boxes`` nearest to ``states`` (w, d_s), and their other points' least squared distance.

        Returns:
            rows (w, length), squared_radius (w,) float32; inf where there are no others.
        """
        dim, width = self.boxes.state_dim, self.boxes.rows.shape[1]
        vectors = pad(states.float(), (0, 1), value=1.0)
        parts, groups = [], []
        for part in boxes.split(max(1, _ELEMENTS // (len(states) * width))):
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
        if best.indices.shape[1] < minima.shape[1]:  # points of the other groups can be nearer by rounding only
            others = best.values[:, -1] + states.square().sum(dim=1) - rounding(vectors, furthest)
            furthest = torch.minimum(furthest, others.float())
        return candidates.gather(1, nearest.indices), furthest.clamp(min=0) * (1 - 1e-5)

    def _fingerprint(self) -> str:
        """Of what the lists follow from."""
        states = self.boxes.points[:, : self.boxes.state_dim]
        digest = hashlib.sha256(f"{_FORMAT} {states.dtype} {tuple(states.shape)} {self.length}".encode())
        for part in states.split(1 << 16):
            digest.update(part.cpu().contiguous().numpy().data)
        return digest.hexdigest()

    def _write(self, path: Path) -> None:
        tensors = {"rows": self.rows.cpu(), "squared_radius": self.squared_radius.cpu()}
        try:
            with write_atomically(path) as made:
                save_file(tensors, made, {"sha256": _digest(tensors)})
        except (InputError, SafetensorError) as error:
            warnings.warn(f"neighbour lists aren't kept for the next run: {error}", stacklevel=2)


def _read(path: Path, count: int, length: int) -> tuple[Tensor, Tensor] | None:
    """What ``NeighbourLists._write`` wrote; None if there is no such file or it isn't whole."""
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
