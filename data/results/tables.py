"""Tables of runs: scores per seed, interquartile means with intervals, and published scores."""

import io
import itertools
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from csv import writer
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import world_of
from palaestra.data.results import speech
from palaestra.data.results.intervals import bootstrap_interval, iqm
from palaestra.data.results.published import Published, published
from palaestra.data.results.run import Run, mean_by_seed

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions
    from rich.text import Text

ONE_SEED = "one seed: no interval"
# Hyperparameters that may differ within one experiment: the seeds and the device.
NOT_SETTINGS = ("seeds", "first_seed", "device", "threads")


@dataclass(frozen=True)
class Row:
    """One line of a comparison: an algorithm, its settings, a dataset and an evaluation protocol.

    Attributes:
        dataset: its id.
        algorithm: its name on the command line.
        seeds: one per row of ``scores``.
        scores: (seeds, tasks) mean over episodes; tasks is 1 except in rows over several datasets. NaN if an episode
            has no score or is missing.
        unit: ``score`` (normalised, 0 to 100), or ``return`` in an environment without reference returns.
        updates: gradient updates before the evaluation; None for a policy that was not trained here.
        protocol: description of the evaluation protocol.
        settings: hyperparameters in which rows of the same dataset and algorithm differ.
        updates_per_second: of all seeds together; median of the logged values.
        published: published scores of this algorithm on this dataset.
        notes: remarks for the reader.
        spoken: further numbers of a language agent's row, see ``palaestra.data.results.speech.numbers``.
    """

    dataset: str
    algorithm: str
    seeds: tuple[int, ...]
    scores: np.ndarray
    unit: Literal["score", "return"] = "score"
    updates: int | None = None
    protocol: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    updates_per_second: float | None = None
    published: tuple[Published, ...] = ()
    notes: tuple[str, ...] = ()
    spoken: Mapping[str, Any] = field(default_factory=dict)

    @property
    def iqm(self) -> float:
        """Interquartile mean over seeds (and tasks)."""
        return iqm(self.scores)

    @cached_property
    def interval(self) -> tuple[float, float] | None:
        """95 % bootstrap interval of the IQM."""
        return bootstrap_interval(self.scores) if self.scores.size else None

    @property
    def mean(self) -> float:
        """Mean over seeds (and tasks)."""
        return float(self.scores.mean()) if self.scores.size else math.nan

    @property
    def std(self) -> float | None:
        """Standard deviation over seeds, divided by n as in the published tables; None for a single seed."""
        return float(self.scores.mean(axis=1).std()) if len(self.scores) > 1 else None

    @property
    def label(self) -> str:
        """Algorithm, with the settings that distinguish it from the other rows."""
        settings = ", ".join(f"{name}={value}" for name, value in self.settings.items())
        return f"{self.algorithm} ({settings})" if settings else self.algorithm


def row_of_episodes(
    dataset: str, algorithm: str, episodes: Sequence[Mapping[str, Any]], protocol: Mapping[str, Any], **more: Any
) -> Row:
    """A row from one evaluation's episodes, such as a behaviour policy's.

    Args:
        dataset: id to show.
        algorithm: name to show.
        episodes: from ``palaestra.agents.rollouts.play.evaluate``.
        protocol: see ``Run.log_evaluation``.
        more: further fields of the row; ``seeds`` to show seeds without an episode as missing.
    """
    seeds = tuple(more.pop("seeds", sorted({each["seed"] for each in episodes})))
    unscored = all(each["score"] is None and each["return"] is not None for each in episodes)
    unit: Literal["score", "return"] = "return" if unscored and episodes else "score"
    scores = np.array(mean_by_seed(episodes, unit, seeds))[:, None]
    notes = list(more.pop("notes", ()))
    failed = [each for each in episodes if each[unit] is None or not math.isfinite(each[unit])]
    if failed:
        why = next((f": {each['error']}" for each in failed if each.get("error")), "")
        notes.insert(0, f"{len(failed)} of {len(episodes)} episodes have no score{why}")
    if len(seeds) == 1:
        notes.append(ONE_SEED)
    elif len(seeds) < 4 and not np.isnan(scores).any():
        notes.append(f"{len(seeds)} seeds: the interval is at most their range")
    more |= {"protocol": protocol_in_words(protocol), "spoken": speech.numbers(episodes, seeds)}
    return Row(dataset, algorithm, seeds, scores, unit, notes=tuple(notes), **more)


def protocol_in_words(protocol: Mapping[str, Any]) -> str:
    """``{"episodes": 20, "deterministic": False}`` as "20 episodes/seed, sampled actions"."""
    rest = dict(protocol)
    words = [f"{rest.pop('episodes')} episodes/seed"] if "episodes" in rest else []
    if not rest.pop("deterministic", True):
        words.append("sampled actions")
    return ", ".join(words + [f"{name} {value}" for name, value in rest.items()])


def compare(runs: Iterable[Run], at: int | Literal["last"] = "last") -> list[Row]:
    """Group runs that differ only in their seeds, and summarise each group.

    Runs are in one row only if dataset and its content, algorithm, hyperparameters, planned updates, updates done
    and evaluation protocol are the same. A run evaluated under two protocols has two rows.

    Args:
        runs: any number, on any datasets.
        at: number of updates; ``last`` selects each run's last complete evaluation.

    Returns:
        Rows sorted by dataset and algorithm, rows over all datasets last.

    Raises:
        InputError: no run has an evaluation (after that many updates).
    """
    groups: dict[tuple[Any, ...], list[_Measured]] = {}
    for run in runs:
        for measured in _evaluations_at(run, at):
            group = groups.setdefault(measured.key, [])
            while any(set(measured.seeds) & set(other.seeds) for other in group):
                # A seed trained twice is not a second sample, so it has a separate row.
                measured = measured._replace(key=(*measured.key, "again"))
                group = groups.setdefault(measured.key, [])
            group.append(measured)
    if not any(measured.episodes for group in groups.values() for measured in group):
        where = "yet" if at == "last" else f"after {at} updates"
        raise InputError(f"no evaluation {where} in the runs given; wait for one, or use palaestra evaluate RUN")
    rows = [_row(group) for group in groups.values()]
    rows.sort(key=lambda row: (row.dataset, row.algorithm, row.updates or 0, row.protocol))
    rows = _only_differing_settings(rows)
    return rows + over_datasets(rows)


class _Measured(NamedTuple):
    """One run's episodes under one protocol after one number of updates."""

    key: tuple[Any, ...]
    run: Run
    seeds: tuple[int, ...]
    updates: int | None
    protocol: dict[str, Any]
    episodes: list[dict[str, Any]]
    notes: list[str]


def episodes_by_protocol(run: Run) -> dict[str, dict[int, list[dict[str, Any]]]]:
    """A run's episodes: protocol as JSON -> updates -> episodes.

    Of repeated evaluations of an episode under one protocol, the newest counts. An evaluation in another environment
    than the data's is a separate protocol.
    """
    by_protocol: dict[str, dict[int, dict[tuple[int, int], dict[str, Any]]]] = {}
    for line in run.evaluations():
        protocol = line["protocol"]
        if line.get("env_id", run.config["env_id"]) != run.config["env_id"]:
            protocol = protocol | {"in": line["env_id"]}
        by_update = by_protocol.setdefault(json.dumps(protocol, sort_keys=True), {})
        by_update.setdefault(line["update"], {})[line["seed"], line["episode"]] = line
    return {key: {n: list(by_update[n].values()) for n in sorted(by_update)} for key, by_update in by_protocol.items()}


def _evaluations_at(run: Run, at: int | Literal["last"]) -> list[_Measured]:
    by_protocol = episodes_by_protocol(run)
    if not by_protocol:
        return [_measured(run, {}, None, [], ["not evaluated yet"])]
    measured = []
    for text, by_update in by_protocol.items():
        protocol = json.loads(text)
        updates = [update for update in by_update if at in ("last", update)]
        finished = [update for update in updates if _is_finished(run, protocol, by_update[update])]
        if updates:
            update = (finished or updates)[-1]
            notes = [f"the evaluation after {n:,} updates was cut short" for n in updates[-1:] if n not in finished]
            measured.append(_measured(run, protocol, update, by_update[update], notes))
    return measured


def _is_finished(run: Run, protocol: Mapping[str, Any], episodes: Sequence[Any]) -> bool:
    return "episodes" not in protocol or len(episodes) >= protocol["episodes"] * len(run.seeds)


def _measured(
    run: Run, protocol: dict[str, Any], updates: int | None, episodes: list[dict[str, Any]], notes: list[str]
) -> _Measured:
    config = run.config
    if updates is not None and updates < config.get("steps", 0):
        notes = [*notes, f"{updates:,} of {config['steps']:,} updates"]
    settings, how = (json.dumps(part, sort_keys=True) for part in (_settings(config), protocol))
    key = (config["dataset"], config["env_id"], config["algorithm"], settings, updates, how)
    return _Measured(key, run, tuple(run.seeds), updates, protocol, episodes, notes)


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    chosen = {k: v for k, v in config.get("hyperparameters", {}).items() if k not in NOT_SETTINGS}
    content = config.get("dataset_fingerprint") or ""
    if "online_steps" in config:
        chosen |= {"online_steps": config["online_steps"]} | config.get("online", {})
    return chosen | {"planned updates": config.get("steps"), "content": content[:8]}


def _row(group: list[_Measured]) -> Row:
    first = group[0]
    config = first.run.config
    rates = [value for each in group for line in each.run.metrics() for value in line.get("updates_per_second", ())]
    return row_of_episodes(
        config["dataset"],
        config["algorithm"],
        [episode for each in group for episode in each.episodes],
        first.protocol,
        seeds=[seed for each in group for seed in each.seeds],
        updates=first.updates,
        settings=_settings(config),
        updates_per_second=median(rates) if rates else None,
        published=_published_in(config) if "in" not in first.protocol else (),
        notes=[*dict.fromkeys(note for each in group for note in each.notes)]
        + ([f"counted: {config['counted']}, not updates"] if "counted" in config else [])
        + ["seeds that another row has too"] * ("again" in first.key),
    )


def _published_in(config: Mapping[str, Any]) -> tuple[Published, ...]:
    """Figures for the run's dataset, if the run was evaluated in its world and not in an environment of the user's."""
    worlds = (world_of(config["env_id"] or ""), world_of(config["dataset"]))
    return tuple(published(_published_name(config), config["dataset"])) if worlds[0] == worlds[1] else ()


def _published_name(config: Mapping[str, Any]) -> str:
    percent = config.get("hyperparameters", {}).get("top_percent", 100)
    return config["algorithm"] if percent == 100 else f"{config['algorithm']} {percent:g} %"


def _only_differing_settings(rows: list[Row]) -> list[Row]:
    """Keep only the settings that differ among the rows of a dataset and algorithm."""
    trimmed = []
    for row in rows:
        peers = [other.settings for other in rows if (other.dataset, other.algorithm) == (row.dataset, row.algorithm)]
        differing = {
            name: value
            for name, value in row.settings.items()
            if any(name not in peer or peer[name] != value for peer in peers)
        }
        trimmed.append(replace(row, settings=differing))
    return trimmed


def over_datasets(rows: Sequence[Row]) -> list[Row]:
    """A row over all datasets for every algorithm that has one comparable row on each of several.

    Comparable: the same updates, protocol and number of seeds. There is still one score per seed and dataset, and
    resampling is stratified by dataset.
    """
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        if row.unit == "score" and len(row.seeds):
            text = json.dumps(row.settings, sort_keys=True)
            groups.setdefault((row.algorithm, text, row.updates, row.protocol, len(row.seeds)), []).append(row)
    merged = []
    for (algorithm, _, updates, protocol, _), group in groups.items():
        if len(group) > 1 and len({row.dataset for row in group}) == len(group):
            scores = np.concatenate([row.scores for row in group], axis=1)
            name, seeds, settings = f"{len(group)} datasets", group[0].seeds, group[0].settings
            notes = (f"over {', '.join(row.dataset for row in group)}",) + (ONE_SEED,) * (len(seeds) == 1)
            merged.append(Row(name, algorithm, seeds, scores, "score", updates, protocol, settings, notes=notes))
    return merged


def cells(rows: Sequence[Row]) -> tuple[list[str], list[list[str]], list[str]]:
    """The table as text: header, one list per line, and the notes, to which lines refer as [a], [b], ….

    Published scores are separate lines after their row. Columns that are empty in every line are omitted.
    """
    notes: dict[str, str] = {}

    def mark(note: str) -> str:
        notes.setdefault(note, f"[{_letters(len(notes))}]")
        return f" {notes[note]}"

    header = [
        "dataset",
        "algorithm",
        "updates",
        "IQM [95 %]",
        "mean ± std",
        "each seed",
        *speech.COLUMNS,
        "protocol",
        "updates/s",
    ]
    body = []
    for row in rows:
        marks = "".join(map(mark, row.notes))
        marks += mark("returns: this world has no reference for scores") if row.unit == "return" else ""
        updates = "" if row.updates is None else f"{row.updates:,}"
        rate = "" if row.updates_per_second is None else _rate(row.updates_per_second)
        middle = _number(row.iqm) + (f" [{row.interval[0]:.1f}, {row.interval[1]:.1f}]" if row.interval else "")
        single_task = row.scores.shape[1] == 1
        each = " ".join(map(_number, row.scores[:, 0])) if single_task else f"{len(row.seeds)} seeds each"
        texts = speech.columns(row.spoken)
        spoken = [texts.get(name, "") for name in speech.COLUMNS]
        line = [row.dataset, row.label + marks, updates, middle, _mean_std(row.mean, row.std), each]
        body.append([*line, *spoken, row.protocol, rate])
        for figure in row.published:
            source = mark(figure.source)
            line = [row.dataset, f"published{source}", "", "", _mean_std(figure.mean, figure.std)]
            body.append(line + [""] * (len(header) - len(line)))
    used = [i for i in range(len(header)) if any(line[i] for line in body)]
    below = [f"{letter} {note}" for note, letter in notes.items()]
    if any(row.published for row in rows):
        below.append("published: mean ± std over the authors' seeds, normally after 1,000,000 updates (DT: 100,000)")
    return [header[i] for i in used], [[line[i] for i in used] for line in body], below


def _letters(index: int) -> str:
    """0 is a, 25 z, 26 aa."""
    return (_letters(index // 26 - 1) if index >= 26 else "") + chr(ord("a") + index % 26)


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:.2g}"


def _number(value: float) -> str:
    return "no score" if math.isnan(value) else f"{value:.1f}"


def _mean_std(mean: float, std: float | None) -> str:
    return _number(mean) + ("" if std is None or math.isnan(std) else f" ± {std:.1f}")


class TerminalTable:
    """The table for a terminal: ``rich.print(TerminalTable(rows))``.

    Rows are grouped under their datasets' names. Columns that do not fit the terminal are printed in a second line
    under each row, so nothing is truncated or wrapped.
    """

    def __init__(self, rows: Sequence[Row]):
        self.rows = rows

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "Iterator[Text]":
        from rich.text import Text

        header, body, notes = cells(self.rows)
        lines = [header, *([dataset, f"  {label}", *rest] for dataset, label, *rest in body)]
        widths = [max(map(len, column)) for column in zip(*lines)]
        fitting = 2  # columns, with the dataset's, that fit into the first line
        while fitting < len(header) and sum(widths[1 : fitting + 1]) + 2 * (fitting - 1) <= options.max_width:
            fitting += 1

        def text(line: list[str], style: str) -> Text:
            left_aligned = ("algorithm", "protocol")
            pads = [str.ljust if name in left_aligned else str.rjust for name in header]
            columns = [pad(cell, width) for pad, cell, width in zip(pads, line, widths)]
            rest = [f"{name} {cell}" for name, cell in zip(header[fitting:], line[fitting:]) if cell]
            below = "\n    " + ", ".join(rest) if rest and line is not header else ""
            return Text("  ".join(columns[1:fitting]).rstrip() + below, style=style)

        yield text(lines[0], "bold")
        for dataset, group in itertools.groupby(lines[1:], key=lambda line: line[0]):
            yield Text(f"\n{dataset}", style="bold")
            yield from (text(line, "dim" if line[1].startswith("  published") else "") for line in group)
        yield Text()
        yield from (Text(note, style="dim") for note in notes)


def markdown(rows: Sequence[Row]) -> str:
    """The table in Markdown."""
    header, body, notes = cells(rows)
    lines = [header, ["---"] * len(header), *body]
    table = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
    return table + "\n" + "".join(f"\n{note}  " for note in notes).rstrip() + "\n"


def csv(rows: Sequence[Row]) -> str:
    """The table as CSV (RFC 4180) for programs: a number or text per cell, empty where there is none.

    ``each_seed`` has the numbers of ``seeds`` in their order, separated by spaces. Published scores are lines of their
    own, with their source in ``notes``. Columns that are empty in every line are omitted, but for language agents' own.
    """
    lines = []
    for row in rows:
        low, high = row.interval or (None, None)
        lines.append(
            {
                "dataset": row.dataset,
                "algorithm": row.algorithm,
                "settings": ", ".join(f"{name}={value}" for name, value in row.settings.items()),
                "updates": row.updates,
                "unit": row.unit,
                "iqm": row.iqm,
                "iqm_low": low,
                "iqm_high": high,
                "mean": row.mean,
                "std": row.std,
                "seeds": " ".join(map(str, row.seeds)),
                "each_seed": " ".join(map(str, row.scores[:, 0])) if row.scores.shape[1] == 1 else None,
                **row.spoken,
                "protocol": row.protocol,
                "updates_per_second": row.updates_per_second,
                "notes": "; ".join(row.notes),
            }
        )
        lines += [
            {"dataset": row.dataset, "algorithm": f"{row.algorithm}, published"}
            | {"unit": "score", "mean": figure.mean, "std": figure.std, "notes": figure.source}
            for figure in row.published
        ]
    names = dict.fromkeys(name for line in lines for name in line)
    spoken = {name for row in rows for name in row.spoken}
    used = [name for name in names if name in spoken or any(_cell(line.get(name)) for line in lines)]
    file = io.StringIO()
    writer(file).writerows([used, *([_cell(line.get(name)) for name in used] for line in lines)])
    return file.getvalue()


def _cell(value: Any) -> str:
    return "" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def plain(rows: Sequence[Row]) -> str:
    """The table as plain text in aligned columns, for a pipe or a log."""
    header, body, notes = cells(rows)
    widths = [max(map(len, column)) for column in zip(header, *body)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in [header, *body]]
    return "\n".join(lines + notes) + "\n"
