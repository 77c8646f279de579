"""Reports as self-contained static HTML files, for screens, phones, print and dark mode."""

import base64
import html
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from palaestra.data.results.film import gif, strip
from palaestra.data.results.plots import svg, theme
from palaestra.data.results.tables import Row, cells
from palaestra.data.store import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure


SCORES_EXPLAINED = (
    "Scores are normalised as in D4RL: 0 is a random policy's mean return, 100 an expert's. IQM is the interquartile "
    "mean over seeds, with its 95 % bootstrap interval."
)
STYLE = Path(__file__).with_name("report.css")


class Section(NamedTuple):
    """A titled part of a report; ``body`` is HTML."""

    title: str
    body: str


def write_report(path: str | Path, title: str, *sections: Section, lead: str = "") -> None:
    """Write the report, atomically replacing an existing file.

    Args:
        path: of the HTML file.
        title: of the report.
        sections: in order, from the functions below.
        lead: summary of one or two sentences below the title.

    Raises:
        InputError: the file cannot be written.
    """
    parts = [f"<section><h2>{html.escape(part.title)}</h2>\n{part.body}\n</section>" for part in sections]
    page = PAGE.format(
        title=html.escape(title),
        lead=f'<p class="lead">{html.escape(lead)}</p>' if lead else "",
        style=f"{theme(':root')}\n{STYLE.read_text()}",
        mark=MARK,
        body="\n".join(parts),
    )
    with write_atomically(path) as file:
        file.write_text(page, encoding="utf-8")


def table_section(title: str, rows: Sequence[Row], caption: str = SCORES_EXPLAINED) -> Section:
    """The comparison's rows with their notes; published scores follow the rows to which they belong."""
    header, body, notes = cells(rows)
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in header[1:])
    lines, dataset = [], None
    for line in body:
        if line[0] != dataset:
            dataset = line[0]
            lines.append(
                f'<tr class="group"><th scope="rowgroup" colspan="{len(line) - 1}">{html.escape(dataset)}</th></tr>'
            )
        attributes = ' class="published"' if line[1].startswith("published") else ""
        rest = "".join(f"<td>{_cell(name, cell)}</td>" for name, cell in zip(header[2:], line[2:]))
        lines.append(f'<tr{attributes}><th scope="row">{_marked(line[1])}</th>{rest}</tr>')
    items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    below = f'<ul class="notes">{items}</ul>' if items else ""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
    wide = f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(title)}">{table}</div>'
    return Section(title, wide + _caption(caption, "p") + below)


def figure_section(title: str, figure: "Figure", alt: str, caption: str = "") -> Section:
    """A figure of ``palaestra.data.results.plots``, drawn as SVG."""
    return Section(title, f"<figure>{svg(figure, alt)}{_caption(caption)}</figure>")


def film_section(title: str, films: Mapping[str, np.ndarray], frames_per_second: float, caption: str = "") -> Section:
    """Films of episodes side by side; stills in print and with reduced motion.

    Args:
        title: of the section.
        films: caption of each -> frames (T, height, width, 3) uint8.
        frames_per_second: of the frames.
        caption: below the films.
    """
    limit = 1_500_000 // max(1, len(films))
    parts = []
    for label, frames in films.items():
        moving, still = gif(frames, frames_per_second, limit), strip(frames)
        alt = html.escape(label)
        images = "".join(
            f'<img class="{kind}" alt="{alt}" src="{_data_uri(mime, data)}">'
            for kind, mime, data in (("moving", "image/gif", moving), ("still", "image/png", still))
        )
        parts.append(f'<figure class="film">{images}<figcaption>{alt}</figcaption></figure>')
    return Section(title, f'<div class="films">{"".join(parts)}</div>{_caption(caption, "p")}')


def settings_section(title: str, groups: Mapping[str, Mapping[str, Any]]) -> Section:
    """Names and values, a collapsed list per group, such as a run's config and versions."""
    parts = []
    for name, values in groups.items():
        items = "".join(
            f"<div><dt>{html.escape(key)}</dt><dd>{_value(value)}</dd></div>" for key, value in values.items()
        )
        parts.append(f"<details><summary>{html.escape(name)}</summary><dl>{items}</dl></details>")
    return Section(title, "".join(parts))


def command_section(title: str, command: Sequence[str], text: str = "") -> Section:
    """The command that reproduces the report."""
    return Section(title, f"{_caption(text, 'p')}<pre><code>{html.escape(shlex.join(command))}</code></pre>")


def _cell(name: str, cell: str) -> str:
    if name == "IQM [95 %]" and cell:
        middle, _, interval = cell.partition(" [")
        return f"<strong>{html.escape(middle)}</strong>" + (f" [{html.escape(interval)}" if interval else "")
    return html.escape(cell)


def _marked(label: str) -> str:
    return re.sub(r" \[([a-z]+)\]", r"<sup>\1</sup>", html.escape(label))


def _value(value: Any) -> str:
    return html.escape(value if isinstance(value, str) else json.dumps(value))


def _caption(text: str, tag: str = "figcaption") -> str:
    return f"<{tag}>{html.escape(text)}</{tag}>" if text else ""


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


# A running track seen from above.
MARK = (
    '<svg viewBox="0 0 40 24" aria-hidden="true" fill="none" stroke="var(--series-1)" stroke-width="2.6">'
    '<rect x="1.5" y="1.5" width="37" height="21" rx="10.5"/><rect x="8.5" y="8.5" width="23" height="7" rx="3.5"/>'
    "</svg>"
)

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header>
<p class="mark">{mark}palaestra</p>
<h1>{title}</h1>
{lead}
</header>
<main>
{body}
</main>
</body>
</html>
"""
