"""The file manager's places and their contents."""

import datetime
from typing import Any

from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.files import STORAGE, Files
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.providers import mime_type

PACKAGE = "com.google.android.documentsui"
FILES = "com.android.documentsui.files.FilesActivity"
STORAGE_LABEL = "sdk_gphone_x86_64"
ROOTS = (
    ("recent", "Recent", "clock-outline"),
    ("image/", "Images", "image-outline"),
    ("video/", "Videos", "movie-outline"),
    ("audio/", "Audio", "music-note"),
    ("text/", "Documents", "file-document-outline"),
    ("downloads", "Downloads", "download"),
    ("storage", STORAGE_LABEL, "cellphone"),
)
GLYPHS = (
    ("image/", "image", "#1A73E8"),
    ("video/", "movie", "#E8710A"),
    ("audio/", "music-note", "#A142F4"),
    ("text/", "file-document", "#1E8E3E"),
    ("application/pdf", "file-pdf-box", "#D93025"),
)
SORTS = (
    ("name", "File name (A to Z)"),
    ("-name", "File name (Z to A)"),
    ("-size", "Size (largest first)"),
    ("size", "Size (smallest first)"),
    ("-time", "Modified (newest first)"),
    ("time", "Modified (oldest first)"),
)
RECENT = 40


def title_of(state: dict[str, Any]) -> str:
    """The name of the place."""
    label = next(label for root, label, _ in ROOTS if root == state["root"])
    base = {"storage": STORAGE, "downloads": f"{STORAGE}/Download"}.get(state["root"], "")
    return label if not state["path"] or state["path"] == base else state["path"].rpartition("/")[2]


def listed(activity: Activity) -> list[str]:
    """Paths of the entries shown, sorted, folders first."""
    state, files = activity.state, activity.phone.files
    if state.get("searching"):
        words = state.get("query", "").casefold()
        paths = [path for path in visible(files) if words and words in path.rpartition("/")[2].casefold()]
    elif state["root"] in ("storage", "downloads"):
        if not files.isdir(state["path"]):
            state["path"] = STORAGE
        paths = [f"{state['path']}/{name}" for name in files.listdir(state["path"]) if not name.startswith(".")]
    elif state["root"] == "recent":
        return sorted(visible(files), key=lambda path: -files.stat(path).mtime_us)[:RECENT]
    else:
        paths = [path for path in visible(files) if mime_type(path).startswith(state["root"])]
    keys = {
        "name": lambda path: path.rpartition("/")[2].casefold(),
        "size": lambda path: files.stat(path).size,
        "time": lambda path: files.stat(path).mtime_us,
    }
    ordered = sorted(paths, key=keys[state["sort"].lstrip("-")], reverse=state["sort"].startswith("-"))
    return sorted(ordered, key=lambda path: not files.isdir(path))


def visible(files: Files) -> list[str]:
    """Files of the shared storage that aren't hidden."""
    return [path for path in files.walk(STORAGE) if "/." not in path and not path.startswith(f"{STORAGE}/Android/")]


def glyph_of(path: str) -> tuple[str, str]:
    """Icon and colour of a kind of file."""
    kind = mime_type(path)
    return next(((glyph, color) for start, glyph, color in GLYPHS if kind.startswith(start)), ("file", "outline"))


def summary_of(phone: Phone, path: str) -> str:
    """``15:34 · 12 B · TXT file``."""
    stat = phone.files.stat(path)
    moment = datetime.datetime.fromtimestamp(stat.mtime_us / 1e6, datetime.UTC).astimezone(phone.now.tzinfo)
    when = f"{moment:%H:%M}" if moment.date() == phone.now.date() else f"{moment:%b} {moment.day}"
    if phone.files.isdir(path):
        return when
    extension = path.rpartition("/")[2].rpartition(".")[2].upper()
    return f"{when} · {size_text(stat.size)} · {extension} file"


def size_text(size: float) -> str:
    """A size as the app shows it."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.2f} {unit}" if unit != "B" and size < 100 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
