"""Markdown's simplest marks as views."""

import re

from palaestra.envs.android.ui.view import FILL, View, icon, row, text


def formatted(value: str) -> list[View]:
    """Markdown's simplest marks as views: headings, bullets, boxes to tick, rules; marks of emphasis are dropped."""
    views: list[View] = []
    for number, line in enumerate(value.split("\n")):
        level = len(line) - len(line.lstrip("#"))
        if 1 <= level <= 6 and line[level : level + 1] == " ":
            font = ("headline_medium", "headline_small", "title_large")[min(level, 3) - 1]
            views.append(text(line[level + 1 :], font, padding=(0, 8, 0, 4), key=str(number)))
        elif line.lstrip().startswith(("- ", "* ")):
            words, mark = line.lstrip()[2:], text("•", "body_large", width=20)
            if words[:4] in ("[ ] ", "[x] ", "[X] "):
                glyph = "checkbox-blank-outline" if words[1] == " " else "checkbox-marked"
                words, mark = words[4:], icon(glyph, 20, margin=(0, 2, 8, 0))
            views.append(
                row(mark, text(plain(words), "body_large", weight=1), width=FILL, align="start", key=str(number))
            )
        elif line.strip() == "---":
            views.append(View("divider", "android.view.View", width=FILL, height=1, foreground="outline_variant"))
        elif line.strip():
            views.append(text(plain(line), "body_large", width=FILL, key=str(number)))
    return views


def plain(line: str) -> str:
    """A line without its marks of emphasis."""
    return re.sub(r"(\*\*|__|\*|`)(?=\S)(.+?)(?<=\S)\1", r"\2", line)
