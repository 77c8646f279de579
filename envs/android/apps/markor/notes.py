"""Notes as files: the list of a folder, and the actions on it."""

from palaestra.envs.android.apps.listing import changed, in_order, name_of
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.phone import Phone

PACKAGE = "net.gsantner.markor"
EDITOR = f"{PACKAGE}.activity.DocumentActivity"
NOTES = f"{STORAGE}/Documents/Markor"
TYPES = {
    "Markdown": ".md",
    "Plain text": ".txt",
    "todo.txt": ".todo.txt",
    "Wikitext": ".txt",
    "AsciiDoc": ".adoc",
    "CSV": ".csv",
    "OrgMode": ".org",
}
"""Types of a new file, and their extensions."""
MAX_NAME_BYTES = 200


def listed(activity: Activity) -> list[str]:
    """Paths in the list, in the order that was chosen, folders first."""
    state, files = activity.state, activity.phone.files
    if state.get("searching"):
        words = state.get("query", "").casefold()
        paths = [path for path in files.walk(NOTES) if words and words in name_of(path).casefold()]
    else:
        paths = [f"{state['path']}/{name}" for name in files.listdir(state["path"]) if not name.startswith(".")]
    return in_order(files, paths, activity.prefs.get("sort", "name"))


def described(phone: Phone, path: str) -> str:
    """When a file or folder was changed, and its size."""
    when = f"{changed(phone, path):%m/%d/%y, %H:%M}"
    if phone.files.isdir(path):
        count = len(phone.files.listdir(path))
        return f"{when}  ({count} file{'' if count == 1 else 's'})"
    return f"{when}  {phone.files.stat(path).size} B"


def close_dialog(activity: Activity) -> None:
    """Close the dialog."""
    activity.state["dialog"] = ""


def press(activity: Activity, path: str) -> None:
    """Open a row's file or folder, or select it if a selection has begun."""
    state = activity.state
    if state["selected"]:
        choose(activity, path)
    elif activity.phone.files.isdir(path):
        state.update(path=path, searching=False)
        activity.record["scroll"].clear()
    else:
        activity.start(EDITOR, path=path)


def choose(activity: Activity, path: str) -> None:
    """Add a row to the selection, or take it out."""
    selected = activity.state["selected"]
    (selected.remove if path in selected else selected.append)(path)


def up(activity: Activity) -> None:
    """Leave the selection, the search or the folder, whichever comes first."""
    state = activity.state
    if state["selected"]:
        state["selected"] = []
    elif state.get("searching"):
        state["searching"] = False
    else:
        state["path"] = state["path"].rpartition("/")[0]


def fits(activity: Activity, name: str) -> bool:
    """Whether a name is free in the folder that is open; a toast says why not."""
    path = f"{activity.state['path']}/{name}"
    if not name or "/" in name or len(name.encode()) > MAX_NAME_BYTES:
        activity.toast("Type a name without /")
    elif activity.phone.files.exists(path):
        activity.toast("It is there already")
    else:
        return True
    return False


def ask_for_new(activity: Activity) -> None:
    """Open the dialog for a new file or folder, with the extension and the type that were used last."""
    extension, kind = activity.prefs.get("extension", ".md"), activity.prefs.get("type", "Markdown")
    activity.state.update(dialog="new", name="", extension=extension, type=kind)


def make_note(activity: Activity) -> None:
    """Create a file of the typed name and extension, and open it."""
    state = activity.state
    name, extension = state["name"].strip(), state["extension"].strip()
    if fits(activity, name and name + extension):
        activity.prefs["extension"] = extension
        path = f"{state['path']}/{name}{extension}"
        close_dialog(activity)
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
        close_dialog(activity)


def rename_note(activity: Activity) -> None:
    """Rename the file that is selected."""
    state = activity.state
    path, name = state["selected"][0], state["name"].strip()
    if name_of(path) == name:
        close_dialog(activity)
    elif fits(activity, name):
        activity.phone.files.move(path, f"{path.rpartition('/')[0]}/{name}")
        state["selected"] = []
        close_dialog(activity)


def delete(activity: Activity) -> None:
    """Remove the selection."""
    for path in activity.state["selected"]:
        activity.phone.files.remove(path, recursive=True)
    activity.state["selected"] = []
    close_dialog(activity)


def put(activity: Activity) -> None:
    """Move or copy the selection to the folder that was chosen."""
    state, files = activity.state, activity.phone.files
    for path in state["selected"]:
        target = f"{state['folder']}/{name_of(path)}"
        try:
            if target != path:
                (files.move if state["dialog"] == "move" else files.copy)(path, target)
        except OSError:
            activity.toast(f"Couldn’t {state['dialog']} {name_of(path)}")
    state["selected"] = []
    close_dialog(activity)
