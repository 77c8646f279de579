"""Figures of curves and scores: matplotlib without pyplot, in colours that follow the reader's light or dark theme."""

import hashlib
import html
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from palaestra.data.results.run import Run, mean_by_seed
from palaestra.data.results.speech import productivity
from palaestra.data.results.tables import Row, episodes_by_protocol

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# name: (light, dark). Figures are drawn in the light colours; in SVG each becomes a CSS variable of that name.
COLOURS = {
    "paper": ("#fffdf9", "#1d1a17"),
    "ink": ("#2a2521", "#ece5dc"),
    "muted": ("#75695d", "#a79b8e"),
    "line": ("#e2d9cd", "#3d3731"),
    "series-1": ("#bf4d2b", "#f08c66"),
    "series-2": ("#2c6491", "#7db4e0"),
    "series-3": ("#5e7a1f", "#b2c766"),
    "series-4": ("#7a4a8c", "#c99bd9"),
    "series-5": ("#a8750c", "#e4b550"),
    "series-6": ("#17766f", "#5fc9bf"),
}
SERIES = [light for name, (light, _) in COLOURS.items() if name.startswith("series")]
PAPER, INK, MUTED, LINE = (COLOURS[name][0] for name in ("paper", "ink", "muted", "line"))
FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def theme(selector: str) -> str:
    """CSS that sets every colour's variable to its light or dark value; printed pages are light."""
    light, dark = (";".join(f"--{name}:{pair[i]}" for name, pair in COLOURS.items()) for i in (0, 1))
    return f"{selector}{{{light}}}@media screen and (prefers-color-scheme:dark){{{selector}{{{dark}}}}}"


class Curve(NamedTuple):
    """Something measured during training.

    Attributes:
        name: label at its end.
        updates: (points,) gradient updates.
        values: (seeds, points); NaN where a seed had no value.
    """

    name: str
    updates: np.ndarray
    values: np.ndarray


def score_curve(run: Run, name: str | None = None) -> Curve:
    """A run's evaluations: the mean score (or return, if the environment has no scores) of each seed's episodes.

    Of several protocols, only the one with the most evaluations.
    """
    by_update = _longest(run)
    scored = any(episode["score"] is not None for episodes in by_update.values() for episode in episodes)
    unit = "score" if scored else "return"
    return _curve(run, by_update, lambda episodes: mean_by_seed(episodes, unit, run.seeds), name)


def spoken_curve(run: Run, unit: str, name: str | None = None) -> Curve:
    """A language agent's evaluations: each seed's mean ``success`` or ``calls``, or its ``productivity``.

    Raises:
        KeyError: the episodes have no calls.
    """

    def measured(episodes: Sequence[Mapping[str, Any]]) -> list[float]:
        if unit != "productivity":
            return mean_by_seed(episodes, unit, run.seeds)
        ratios = [productivity([each for each in episodes if each["seed"] == seed]) for seed in run.seeds]
        return [math.nan if each is None else each for each in ratios]

    return _curve(run, _longest(run), measured, name)


def _longest(run: Run) -> dict[int, list[dict[str, Any]]]:
    """Evaluated episodes by updates, under the protocol with the most evaluations."""
    return max(episodes_by_protocol(run).values(), key=len, default={})


def _curve(
    run: Run,
    by_update: Mapping[int, Sequence[Mapping[str, Any]]],
    measured: Callable[[Sequence[Mapping[str, Any]]], list[float]],
    name: str | None,
) -> Curve:
    values = np.array([measured(episodes) for episodes in by_update.values()]).reshape(len(by_update), len(run.seeds)).T
    return Curve(name or run.config["algorithm"], np.array(list(by_update), dtype=int), values)


def metric_curve(run: Run, metric: str, name: str | None = None) -> Curve:
    """One logged metric of a run."""
    lines = [line for line in run.metrics() if metric in line]
    values = np.array([line[metric] for line in lines], dtype=float)
    updates = np.array([line["update"] for line in lines])
    return Curve(name or run.config["algorithm"], updates, values.reshape(len(lines), len(run.seeds)).T)


def learning_curves(
    curves: Sequence[Curve], baseline: tuple[str, float] | None = None, unit: str = "normalised score (0–100)"
) -> "Figure":
    """Score against updates: a thin line per seed, a thick line for their mean, with a label at its end.

    Args:
        curves: one per algorithm; colours are assigned in order.
        baseline: name and value of a dashed line, such as the behaviour policy's mean.
        unit: label of the vertical axis.
    """
    figure, (axes,) = _figure(1, 7.6, 3.7)
    _draw(axes, curves)
    labels = [_end(curve, colour) for curve, colour in zip(curves, _colours(len(curves))) if curve.updates.size]
    if baseline:
        axes.axhline(baseline[1], color=INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=2)
        labels.append((baseline[1], f"{baseline[0]} {baseline[1]:.1f}", INK))
    axes.set_ylabel(unit)
    axes.set_xlabel("gradient updates")
    _label_ends(axes, labels)
    return figure


def metric_curves(metrics: Mapping[str, Sequence[Curve]]) -> "Figure":
    """One small panel per metric, against updates; colours and order of curves as in ``learning_curves``."""
    from matplotlib.lines import Line2D

    figure, panels = _figure(len(metrics), 7.6, 2.0 * math.ceil(len(metrics) / 2) + 0.6)
    for axes, (name, curves) in zip(panels, metrics.items()):
        _draw(axes, curves)
        axes.set_title(name, loc="left", fontsize=10, color=INK)
        axes.set_xlabel("gradient updates")
    names = dict.fromkeys(curve.name for curves in metrics.values() for curve in curves)
    lines = [Line2D([], [], color=colour, linewidth=2.2) for colour in _colours(len(names))]
    options = {"ncols": len(names), "frameon": False, "fontsize": 10, "labelcolor": "linecolor", "handlelength": 1.2}
    figure.legend(lines, list(names), loc="outside upper left", **options)
    return figure


def score_dots(rows: Sequence[Row], baseline: tuple[str, float] | None = None) -> "Figure":
    """A line per row: a dot per seed, a bar for the interval, a stroke and a number for the interquartile mean."""
    figure, (axes,) = _figure(1, 7.6, 0.75 + 0.5 * len(rows))
    colours = dict(zip(dict.fromkeys(row.label for row in rows), _colours(len(rows))))
    for y, row in enumerate(rows):
        colour, scores = colours[row.label], row.scores.ravel()
        if row.interval:
            axes.plot(row.interval, (y, y), color=colour, linewidth=9, alpha=0.22, solid_capstyle="butt", zorder=2)
        axes.scatter(scores, np.full(scores.size, y), s=30, color=colour, edgecolor=PAPER, linewidth=0.8, zorder=4)
        if math.isfinite(row.iqm):
            axes.plot((row.iqm, row.iqm), (y - 0.26, y + 0.26), color=colour, linewidth=2.4, zorder=3)
        label = f"{row.iqm:.1f}" if math.isfinite(row.iqm) else "no score"
        axes.text(1.015, y, label, transform=axes.get_yaxis_transform(), va="center", color=colour, weight="bold")
    if baseline:
        axes.axvline(baseline[1], color=INK, linewidth=1.2, linestyle=(0, (4, 3)), zorder=1)
        axes.text(baseline[1], -0.72, f"{baseline[0]} {baseline[1]:.1f}", ha="center", color=INK, fontsize=9)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set_ylim(len(rows) - 0.45, -0.6)
    axes.grid(axis="y", visible=False)
    axes.grid(axis="x", color=LINE, linewidth=0.8)
    axes.set_xlabel("normalised score (0–100)" if rows and rows[0].unit == "score" else "return")
    return figure


def svg(figure: "Figure", alt: str) -> str:
    """The figure as an ``<svg>`` element, for a page or for a file of its own.

    Args:
        figure: any figure of this module.
        alt: text for readers who cannot see it.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    FigureCanvasSVG(figure)
    stream, nothing = io.StringIO(), dict.fromkeys(("Creator", "Date", "Format", "Type"))
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "palaestra"}):
        figure.savefig(stream, format="svg", metadata=nothing, transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    prefix = "f" + hashlib.sha256((alt + text).encode()).hexdigest()[:8]  # ids are unique among the figures of a page
    text = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{prefix}-", text)
    for name, (light, _) in COLOURS.items():
        text = text.replace(light, f"var(--{name},{light})")
    text = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", text, count=1)
    text = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", text, count=1)
    style = f"<style>{theme('svg')}svg:root{{background:var(--paper)}}text{{font-family:{FONT} !important}}</style>"
    return re.sub(r"<svg ([^>]*)>", rf'<svg role="img" aria-label="{html.escape(alt)}" \1>{style}', text, count=1)


def png(figure: "Figure", scale: float = 2.0) -> bytes:
    """The figure as a PNG on white, ``scale`` times 100 dots per inch."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=100 * scale, facecolor="white")
    return stream.getvalue()


def _figure(panels: int, width: float, height: float) -> "tuple[Figure, list[Axes]]":
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    figure = Figure(figsize=(width, height), layout="constrained")
    columns = min(panels, 2)
    grid = figure.subplots(math.ceil(panels / columns), columns, squeeze=False).ravel()
    for axes in grid[panels:]:
        axes.set_axis_off()
    for axes in grid[:panels]:
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(LINE)
        axes.tick_params(colors=MUTED, labelsize=9, length=0, pad=5)
        axes.grid(axis="y", color=LINE, linewidth=0.8)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_locator(MaxNLocator(6 if columns == 1 else 4, steps=[1, 2, 5, 10], integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(_thousands))
        for label in (axes.xaxis.label, axes.yaxis.label):
            label.set(color=MUTED, fontsize=9)
    return figure, list(grid[:panels])


def _thousands(value: float, _position: int) -> str:
    if abs(value) >= 1e6:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if abs(value) >= 1e3 else f"{value:g}"


def _colours(count: int) -> list[str]:
    return [SERIES[i % len(SERIES)] for i in range(count)]


def _draw(axes: "Axes", curves: Sequence[Curve]) -> None:
    for curve, colour in zip(curves, _colours(len(curves))):
        dot = "o" if curve.updates.size == 1 else ""  # a line through one point is invisible
        for values in curve.values:
            axes.plot(curve.updates, values, dot + "-", color=colour, linewidth=0.9, alpha=0.38, zorder=3)
            not_finite = curve.updates[~np.isfinite(values)]
            # Values that are not finite are marked by a cross on the axis; a gap alone could be overlooked.
            if not_finite.size:
                bottom = axes.get_xaxis_transform()
                crosses: dict[str, Any] = {"transform": bottom, "clip_on": False, "zorder": 5}
                axes.plot(not_finite, np.zeros(not_finite.size), "x", color=colour, **crosses)
        if len(curve.values):
            axes.plot(curve.updates, curve.values.mean(axis=0), dot + "-", color=colour, linewidth=2.2, zorder=4)


def _end(curve: Curve, colour: str) -> tuple[float, str, str]:
    last = curve.values.mean(axis=0)[-1]
    finite = curve.values[np.isfinite(curve.values)]
    height = last if math.isfinite(last) else (finite[-1] if finite.size else 0.0)
    return height, f"{curve.name} {last:.1f}" if math.isfinite(last) else f"{curve.name}: no score", colour


def _label_ends(axes: "Axes", labels: list[tuple[float, str, str]]) -> None:
    """Write labels right of the axes at their heights, moved apart where they would touch."""
    low, high = axes.get_ylim()
    gap = 0.075 * (high - low)
    placed: list[float] = []
    for height, _, _ in sorted(labels):
        placed.append(max(height, placed[-1] + gap) if placed else height)
    excess = max(0.0, placed[-1] - high) if placed else 0.0
    for y, (_, text, colour) in zip(placed, sorted(labels)):
        place = axes.get_yaxis_transform()
        axes.text(1.015, y - excess, text, transform=place, va="center", color=colour, fontsize=10, weight="bold")
