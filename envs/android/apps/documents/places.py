"""Places of the file manager: their names, their contents, and the description of a file in a row."""

from typing import Any

from palaestra.envs.android.apps.listing import changed, in_order, name_of
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.files import STORAGE, Files
from palaestra.envs.android.system.intents import GET_CONTENT, OPEN_DOCUMENT
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.providers import mime_type
from palaestra.envs.android.system.resolution import type_matches

STORAGE_LABEL = "sdk_gphone_x86_64"
DOWNLOADS = f"{STORAGE}/Download"
ROOTS = (
    ("recent", "Recent", "clock-outline"),
    ("image/", "Images", "image-outline"),
    ("video/", "Videos", "movie-outline"),
    ("audio/", "Audio", "music-note"),
    ("text/", "Documents", "file-document-outline"),
    ("downloads", "Downloads", "download"),
    ("storage", STORAGE_LABEL, "cellphone"),
)
"""Name, label and icon of each root; a name with a slash is a prefix of MIME types."""
FOLDERS = {"storage": STORAGE, "downloads": DOWNLOADS}
"""Roots that are folders."""
GLYPHS = (
    ("image/", "image", "#1A73E8"),
    ("video/", "movie", "#E8710A"),
    ("audio/", "music-note", "#A142F4"),
    ("text/", "file-document", "#1E8E3E"),
    ("application/pdf", "file-pdf-box", "#D93025"),
)
MAX_RECENT = 40


def title_of(state: dict[str, Any]) -> str:
    """The name of the place."""
    label = next(label for root, label, _ in ROOTS if root == state["root"])
    base = FOLDERS.get(state["root"], "")
    return label if not state["path"] or state["path"] == base else name_of(state["path"])


def listed(activity: Activity) -> list[str]:
    """Paths in the list, in the order that was chosen, folders first."""
    state, files = activity.state, activity.phone.files
    if state.get("searching"):
        words = state.get("query", "").casefold()
        paths = [path for path in visible(files) if words and words in name_of(path).casefold()]
    elif state["root"] in FOLDERS:
        if not files.isdir(state["path"]):
            state["path"] = STORAGE
        paths = [f"{state['path']}/{name}" for name in files.listdir(state["path"]) if not name.startswith(".")]
    elif state["root"] == "recent":
        return sorted(visible(files), key=lambda path: -files.stat(path).mtime_us)[:MAX_RECENT]
    else:
        paths = [path for path in visible(files) if mime_type(path).startswith(state["root"])]
    if is_picker(activity) and (wanted := activity.intent["type"]):
        paths = [path for path in paths if files.isdir(path) or type_matches(wanted, mime_type(path))]
    return in_order(files, paths, state["sort"])


def is_picker(activity: Activity) -> bool:
    """Whether another app has the user pick a file here."""
    return activity.intent["action"] in (OPEN_DOCUMENT, GET_CONTENT)


def visible(files: Files) -> list[str]:
    """Files of the shared storage that aren't hidden."""
    return [path for path in files.walk(STORAGE) if "/." not in path and not path.startswith(f"{STORAGE}/Android/")]


def glyph_of(path: str) -> tuple[str, str]:
    """Icon and colour of a kind of file."""
    kind = mime_type(path)
    return next(((glyph, color) for start, glyph, color in GLYPHS if kind.startswith(start)), ("file", "outline"))


def summary_of(phone: Phone, path: str) -> str:
    """``15:34 · 12 B · TXT file``."""
    moment = changed(phone, path)
    when = f"{moment:%H:%M}" if moment.date() == phone.now.date() else f"{moment:%b} {moment.day}"
    if phone.files.isdir(path):
        return when
    extension = name_of(path).rpartition(".")[2].upper()
    return f"{when} · {size_text(phone.files.stat(path).size)} · {extension} file"


def size_text(size: float) -> str:
    """A size in bytes with its unit, as in ``12 B``."""
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.2f} {unit}" if unit != "B" and size < 100 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.2f} GB"
