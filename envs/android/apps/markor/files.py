"""Where notes are stored, and operations on them."""

import datetime

from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.phone import Phone

PACKAGE = "net.gsantner.markor"
BROWSER = f"{PACKAGE}.activity.MainActivity"
EDITOR = f"{PACKAGE}.activity.DocumentActivity"
NOTES = f"{STORAGE}/Documents/Markor"
EXTENSIONS = (".md", ".txt")


def note_of(activity: Activity) -> str:
    """The file that an editor was opened for."""
    files = activity.phone.files
    path = str(activity.intent["extras"].get("path") or activity.intent["data"].removeprefix("file://"))
    if not path.startswith("/") or files.isdir(path) or not files.isdir(path.rpartition("/")[0]):
        return f"{NOTES}/quicknote.md"  # the intent's path can't hold a note
    return path


def save(activity: Activity) -> None:
    """Save an editor's text if it was changed."""
    state = activity.state
    if state.get("text") == state.get("saved"):
        return
    try:
        activity.phone.files.write(state["path"], state["text"].encode())
        state["saved"] = state["text"]
    except OSError:
        activity.toast("Couldn’t save")


def shut(activity: Activity) -> None:
    """Close the dialog."""
    activity.state["dialog"] = ""


def listed(activity: Activity) -> list[str]:
    """Paths of the entries shown, sorted, folders first."""
    state, files = activity.state, activity.phone.files
    if state.get("searching"):
        words = state.get("query", "").casefold()
        paths = [path for path in files.walk(NOTES) if words and words in path.rpartition("/")[2].casefold()]
    else:
        paths = [f"{state['path']}/{name}" for name in files.listdir(state["path"]) if not name.startswith(".")]
    order = activity.prefs.get("sort", "name")
    keys = {
        "name": lambda path: path.rpartition("/")[2].casefold(),
        "time": lambda path: files.stat(path).mtime_us,
        "size": lambda path: files.stat(path).size,
    }
    ordered = sorted(paths, key=keys[order.lstrip("-")], reverse=order.startswith("-"))
    return sorted(ordered, key=lambda path: not files.isdir(path))


def described(phone: Phone, path: str) -> str:
    """When a file was changed, and its size."""
    stat = phone.files.stat(path)
    moment = datetime.datetime.fromtimestamp(stat.mtime_us / 1e6, datetime.UTC).astimezone(phone.now.tzinfo)
    when = f"{moment:%m/%d/%y, %H:%M}"
    if phone.files.isdir(path):
        count = len(phone.files.listdir(path))
        return f"{when}  ({count} file{'' if count == 1 else 's'})"
    return f"{when}  {stat.size} B"


def press(activity: Activity, path: str) -> None:
    """Handle a tap on a row."""
    state = activity.state
    if state["selected"]:
        choose(activity, path)
    elif activity.phone.files.isdir(path):
        state.update(path=path, searching=False)
        activity.record["scroll"].clear()
    else:
        activity.start(EDITOR, path=path)


def choose(activity: Activity, path: str) -> None:
    """Toggle whether a row is selected."""
    selected = activity.state["selected"]
    (selected.remove if path in selected else selected.append)(path)


def up(activity: Activity) -> None:
    """Leave the selection, the search or the folder."""
    state = activity.state
    if state["selected"]:
        state["selected"] = []
    elif state.get("searching"):
        state["searching"] = False
    else:
        state["path"] = state["path"].rpartition("/")[0]


def fits(activity: Activity, name: str) -> bool:
    """Whether a name can be used in the open folder; a toast says why not."""
    path = f"{activity.state['path']}/{name}"
    if not name or "/" in name or len(name.encode()) > 200:
        activity.toast("Type a name without /")
    elif activity.phone.files.exists(path):
        activity.toast("It is there already")
    else:
        return True
    return False


def make_note(activity: Activity) -> None:
    """Create a file and open it."""
    state = activity.state
    name = state["name"].strip()
    if name and not name.endswith(EXTENSIONS):
        name += state["extension"]
    if fits(activity, name):
        path = f"{state['path']}/{name}"
        shut(activity)
        try:
            activity.phone.files.write(path, b"")
        except OSError:
            activity.toast("Couldn’t create the file")
            return
        activity.start(EDITOR, path=path)


def make_folder(activity: Activity) -> None:
    """Create a folder."""
    name = activity.state["name"].strip()
    if fits(activity, name):
        activity.phone.files.mkdir(f"{activity.state['path']}/{name}")
        shut(activity)


def rename_note(activity: Activity) -> None:
    """Rename the selected entry."""
    state = activity.state
    path, name = state["selected"][0], state["name"].strip()
    if path.rpartition("/")[2] == name:
        shut(activity)
    elif fits(activity, name):
        activity.phone.files.move(path, f"{path.rpartition('/')[0]}/{name}")
        state["selected"] = []
        shut(activity)


def delete(activity: Activity) -> None:
    """Remove the selection."""
    for path in activity.state["selected"]:
        activity.phone.files.remove(path, recursive=True)
    activity.state["selected"] = []
    shut(activity)


def put(activity: Activity) -> None:
    """Move or copy the selection to the chosen folder."""
    state, files = activity.state, activity.phone.files
    for path in state["selected"]:
        target = f"{state['folder']}/{path.rpartition('/')[2]}"
        try:
            if target != path:
                (files.move if state["dialog"] == "move" else files.copy)(path, target)
        except OSError:
            activity.toast(f"Couldn’t {state['dialog']} {path.rpartition('/')[2]}")
    state["selected"] = []
    shut(activity)
