"""Actions of the file manager: open, select, copy, move, rename, delete."""

from palaestra.envs.android.apps.documents.places import FOLDERS, is_picker
from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.system.app import Activity
from palaestra.envs.android.system.content_types import document_of
from palaestra.envs.android.system.files import Files
from palaestra.envs.android.system.intents import VIEW, intent
from palaestra.envs.android.system.providers import mime_type


def open_root(activity: Activity, root: str) -> None:
    """Go to a root."""
    path = FOLDERS.get(root, "")
    activity.state.update(root=root, path=path, drawer=False, searching=False, selected=[])


def open_folder(activity: Activity, path: str) -> None:
    """Go to a folder."""
    activity.state.update(path=path, selected=[])
    activity.record["scroll"].clear()


def press(activity: Activity, path: str) -> None:
    """Open a row's file or folder, or select it if a selection has begun."""
    state, phone = activity.state, activity.phone
    if state["selected"]:
        choose(activity, path)
    elif phone.files.isdir(path):
        if state["root"] not in FOLDERS:
            state["root"] = "storage"
        state["searching"] = False
        open_folder(activity, path)
    elif is_picker(activity):
        activity.finish({"data": document_of(path)})
    elif not state.get("picking"):
        error = activity.start(intent(VIEW, data=f"file://{path}", type=mime_type(path)))
        if error:
            activity.toast("Can’t open file")


def choose(activity: Activity, path: str) -> None:
    """Add a row to the selection, or take it out."""
    selected = activity.state["selected"]
    if not activity.state.get("picking") and not is_picker(activity):
        (selected.remove if path in selected else selected.append)(path)


def back(activity: Activity) -> None:
    """Leave the selection, the search, the folder or the app, whichever comes first."""
    state = activity.state
    base = FOLDERS.get(state["root"], "")
    if state["selected"]:
        state["selected"] = []
    elif state.get("searching"):
        state["searching"] = False
    elif state["path"] != base:
        open_folder(activity, state["path"].rpartition("/")[0])
    elif state.get("picking"):
        state["picking"] = None
    else:
        activity.finish()


def pick(activity: Activity, kind: str) -> None:
    """Start choosing the selection's destination; ``kind`` is ``move`` or ``copy``."""
    state = activity.state
    state["picking"] = {"kind": kind, "paths": list(state["selected"])}
    state["selected"] = []


def put(activity: Activity) -> None:
    """Move or copy what was picked to the folder that is open."""
    state, files = activity.state, activity.phone.files
    job, target = state["picking"], state["path"]
    state["picking"] = None
    done = 0
    for path in job["paths"]:
        name = name_of(path)
        place = free_name(files, target, name) if job["kind"] == "copy" or f"{target}/{name}" != path else path
        try:
            if place != path:
                (files.move if job["kind"] == "move" else files.copy)(path, place)
            done += 1
        except OSError:
            activity.toast(f"Couldn’t {job['kind']} {name}")
    if done:
        activity.toast(f"{'Moved' if job['kind'] == 'move' else 'Copied'} {done} item{'s' if done > 1 else ''}")


def free_name(files: Files, folder: str, name: str) -> str:
    """A path in a folder that isn't taken: ``name (1).ext`` if ``name.ext`` is."""
    stem, dot, extension = name.rpartition(".")
    stem, extension = (stem, dot + extension) if dot and stem else (name, "")
    path, number = f"{folder}/{name}", 0
    while files.exists(path):
        number += 1
        path = f"{folder}/{stem} ({number}){extension}"
    return path


def delete(activity: Activity) -> None:
    """Remove the selection."""
    state = activity.state
    for path in state["selected"]:
        activity.phone.files.remove(path, recursive=True)
    count = len(state["selected"])
    state.update(selected=[], dialog="")
    activity.toast(f"Deleted {count} item{'s' if count > 1 else ''}")


def make_folder(activity: Activity) -> None:
    """Create the folder that the dialog names."""
    state, files = activity.state, activity.phone.files
    name = state["name"].strip()
    if not name or "/" in name:
        activity.toast("Type a name without /")
    elif files.exists(f"{state['path']}/{name}"):
        activity.toast("A file with this name already exists")
    else:
        try:
            files.mkdir(f"{state['path']}/{name}")
        except OSError:
            activity.toast("Couldn’t create the folder")
        state["dialog"] = ""


def rename(activity: Activity) -> None:
    """Give the selected file the name in the dialog."""
    state, files = activity.state, activity.phone.files
    path, name = state["selected"][0], state["name"].strip()
    place = f"{path.rpartition('/')[0]}/{name}"
    if not name or "/" in name:
        activity.toast("Type a name without /")
    elif place != path and files.exists(place):
        activity.toast("A file with this name already exists")
    else:
        try:
            files.move(path, place)
        except OSError:
            activity.toast("Couldn’t rename it")
        state.update(selected=[], dialog="")
