"""``palaestra plot``: curves of runs as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from palaestra.data.errors import InputError

if TYPE_CHECKING:
    from palaestra.data.results.plots import Curve
    from palaestra.data.results.run import Run

SPOKEN = ("success", "calls", "productivity")
"""What only evaluations of language agents have."""


def plot(
    runs: tyro.conf.Positional[tuple[Path, ...]],
    out: Path,
    show: tuple[str, ...] = ("score",),
) -> None:
    """Draw curves of runs against updates: a thin line per seed, a thick one for their mean; a panel per measure.

    Args:
        runs: run directories, or folders that contain run directories; each is a curve with the directory's name.
        out: a new picture, .svg or .png.
        show: score (the return where environments have no scores); success, calls or productivity of language agents;
            or any logged metric, such as loss.

    Raises:
        InputError: there is no run, or none has such a measure.
    """
    from palaestra.data.results import plots
    from palaestra.data.results.run import find_runs
    from palaestra.data.store import write_atomically

    if out.suffix not in (".svg", ".png"):
        raise InputError(f"--out {out}: must end with .svg or .png")
    if out.exists():
        raise InputError(f"--out {out}: exists already; remove it, or choose another")
    opened = find_runs(runs)
    panels = {name: [curve_of(run, name) for run in opened] for name in dict.fromkeys(show)}
    if len(panels) == 1:
        ((name, curves),) = panels.items()
        figure = plots.learning_curves(curves, unit=name)
    else:
        figure = plots.metric_curves(panels)
    alt = f"{', '.join(panels)} of {', '.join(run.path.name for run in opened)} against updates"
    with write_atomically(out) as path:
        path.write_bytes(plots.svg(figure, alt).encode() if out.suffix == ".svg" else plots.png(figure))
    print(out)


def curve_of(run: "Run", name: str) -> "Curve":
    """One measure of one run.

    Raises:
        InputError: the run has no such measure, or hasn't been evaluated yet.
    """
    from palaestra.data.results import plots

    try:
        if name in SPOKEN:
            curve = plots.spoken_curve(run, name, run.path.name)
        elif name == "score":
            curve = plots.score_curve(run, run.path.name)
        else:
            curve = plots.metric_curve(run, name, run.path.name)
    except KeyError:
        curve = None
    if curve is None or not curve.updates.size:
        raise InputError(f"{run.path}: has no {name} yet; there are {', '.join(measures(run)) or 'no measures'}")
    return curve


def measures(run: "Run") -> Sequence[str]:
    """What can be drawn of a run."""
    logged = [name for line in run.metrics() for name, value in line.items() if isinstance(value, list)]
    episodes = next(iter(run.evaluations()), None)
    spoken = SPOKEN if episodes is not None and "calls" in episodes else ()
    return list(dict.fromkeys([*(["score"] if episodes is not None else []), *spoken, *logged]))
