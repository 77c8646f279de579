"""Replayed episodes as one static HTML file: what was seen, what was done, and the task's conditions.

An observation's picture is drawn with touches and elements. Where there is no picture, the episode is a conversation:
an observation has ``messages``, JSON of the chat messages that are new since the last step, and an action is the next
turn. All texts in it are untrusted, so the page only ever sets them as text.
"""

import base64
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from palaestra.data.store import write_atomically
from palaestra.data.trajectory import EpisodeStep, Trajectory

SCRIPT = Path(__file__).with_name("viewer.js")
STYLE = Path(__file__).with_name("viewer.css")
OUTCOMES = {1.0: "done", 0.0: "not done", None: "not scored"}
MARKS = {1.0: "\u2713", 0.0: "\u2717", None: "?"}


@dataclass(frozen=True)
class Frame:
    """One step in the viewer.

    Attributes:
        png: the picture after the step; empty if there is none.
        elements: in that picture: ``{"size": [w, h], "elements": [{"bounds": [l, t, r, b], "text", "desc", ...}]}``, or
            empty.
        step: the recorded step.
        clauses: the task's conditions after the step.
    """

    png: bytes
    elements: dict[str, Any]
    step: EpisodeStep
    clauses: dict[str, bool]


def write_viewer(path: str | Path, episodes: Sequence[tuple[Trajectory, Sequence[Frame], str]]) -> None:
    """Write the page, atomically replacing an existing file.

    Args:
        path: of the HTML file.
        episodes: each with its frames and the difference between replay and record ("" if none).
    """
    data = [_episode(trajectory, frames, differs) for trajectory, frames, differs in episodes]
    page = PAGE.format(
        style=STYLE.read_text(),
        script=SCRIPT.read_text(),
        count=len(data),
        data=json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"),  # no tag, no comment
        names="".join(f"<option value={i}>{html.escape(episode['title'])}</option>" for i, episode in enumerate(data)),
    )
    with write_atomically(path) as file:
        file.write_text(page, encoding="utf-8", errors="replace")  # messages can hold half characters


def _episode(trajectory: Trajectory, frames: Sequence[Frame], differs: str) -> dict[str, Any]:
    task = trajectory.about["task"]
    outcome = OUTCOMES[trajectory.success]
    return {
        "title": f"{MARKS[trajectory.success]} {task['id']}",
        "outcome": outcome,
        "reason": _reason(trajectory),
        "budget": task["budget"],
        "instruction": task["instruction"],
        "policy": trajectory.about["policy"],
        "differs": differs,
        "side_effects": trajectory.about["side_effects"],
        "steps": [_step(frame, following) for frame, following in zip(frames, [*frames[1:], None], strict=True)],
    }


def _reason(trajectory: Trajectory) -> str:
    """Why an episode is not done although every condition of its task holds at the end; "" for other episodes."""
    last = trajectory.steps[-1]
    if trajectory.success != 0 or not last.clauses or not all(last.clauses.values()):
        return ""
    said = last.parsed.get("text") if last.parsed.get("kind") == "status" else None
    if said and said != "complete":
        return f"Every condition holds at the end, but the agent declared the task {said}."
    if last.truncated:
        return "Every condition holds at the end, but the agent never declared itself done before its steps ran out."
    return "Every condition holds at the end, but the verdict is 0."


def _step(frame: Frame, following: Frame | None) -> dict[str, Any]:
    """An observation, the action taken on it, and its outcome."""
    return {
        "png": "data:image/png;base64," + base64.b64encode(frame.png).decode() if frame.png else "",
        "size": frame.elements.get("size", [1, 1]),
        "elements": [
            {"bounds": e["bounds"], "name": e["text"] or e["desc"] or e["hint"], "class": e["cls"].rpartition(".")[2]}
            for e in frame.elements.get("elements", [])
        ],
        "messages": [] if frame.png else _messages(frame.step.observation),
        "clauses": frame.clauses,
        "error": "" if following is None else following.step.error,
        "reward": 0 if following is None else following.step.reward,
        "said": None if following is None else following.step.action,
        "action": {} if following is None else following.step.parsed,
        "turn": None if following is None else _turn(following.step.parsed),
    }


def _messages(observation: Mapping[str, str]) -> list[dict[str, Any]]:
    """The new messages of a conversation; any other texts are messages in the name of their part."""
    try:
        messages = json.loads(observation["messages"])
    except (KeyError, ValueError, RecursionError):
        messages = None
    if not (isinstance(messages, list) and all(isinstance(each, dict) for each in messages)):
        messages = [{"role": name, "content": text} for name, text in observation.items()]
    return [
        {
            "role": _text(each.get("role", "")),
            "name": _text(each.get("name", "")),
            "content": _text(each.get("content", "")),
            "error": bool(each.get("is_error")),
            "tools": [_text(tool, indent=1) for tool in each.get("tools") or []],
        }
        for each in messages
    ]


def _turn(parsed: Mapping[str, Any]) -> dict[str, Any] | None:
    """A turn with its calls, or None if the action was something else."""
    calls = parsed.get("calls")
    if not isinstance(calls, list) or not all(isinstance(each, dict) for each in calls):
        return None
    return {"content": _text(parsed.get("content", "")), "calls": [_call(each) for each in calls]}


def _call(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call as a line and by argument; ``text`` is what stands for a call that could not be read."""
    name, arguments = _text(call.get("name", "")), call.get("arguments")
    if not isinstance(arguments, dict):
        text = _text(call.get("text", ""))
        return {"line": text or name, "name": name, "arguments": [["", text]]}
    line = ", ".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in arguments.items())
    pairs = [[key, _text(value)] for key, value in arguments.items()]
    return {"line": f"{name}({line})", "name": name, "arguments": pairs}


def _text(value: Any, indent: int | None = None) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=indent)


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>palaestra replay</title>
<style>
{style}
</style>
</head>
<body>
<header><h1>Replay</h1>
<label>Episode <select id="episode">{names}</select></label> <span class="count">{count} in this file</span></header>
<main>
<section class="stage"><div id="screen"><img id="picture" alt="the screen"><svg id="path" aria-hidden="true">
<defs><marker id="tip" viewBox="0 0 10 10" refX="6" refY="5" markerWidth="4" markerHeight="4" orient="auto">
<path d="M0 0 L10 5 L0 10 z" fill="#d93025"></path></marker></defs><path id="line"></path></svg>
<div id="overlay"></div></div>
<div id="chat" role="log" aria-label="conversation" tabindex="0" hidden></div>
<nav><button id="back" aria-label="previous step">&#8592;</button><input id="at" type="range" min="0" value="0"
 aria-label="step"><button id="on" aria-label="next step">&#8594;</button><span id="number"></span>
<button id="play">Play</button><label id="elements"><input id="boxes" type="checkbox"> elements</label></nav></section>
<section class="record"><p id="instruction"></p><div><span id="outcome"></span><span id="about"></span></div>
<p id="reason" hidden></p>
<h2>What must be true, step by step</h2><div class="scroll"><table><tbody id="clauses"></tbody></table></div>
<h2>Steps</h2><ol id="steps"></ol><h2>Side effects</h2><ul id="effects"></ul></section>
</main>
<script>
const EPISODES = {data};
{script}
</script>
</body>
</html>
"""
