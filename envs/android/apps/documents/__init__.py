"""The file manager: browse, search, sort, select; copy, move, rename, delete, new folder."""

from palaestra.envs.android.apps.documents.actions import back, choose, open_folder, press, put
from palaestra.envs.android.apps.documents.dialogs import windows
from palaestra.envs.android.apps.documents.places import DOWNLOADS, glyph_of, listed, summary_of, title_of
from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.content_types import DIRECTORY, file_behind
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import GET_CONTENT, MAIN, OPEN_DOCUMENT, OPENABLE, VIEW
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import button, icon_button
from palaestra.envs.android.ui.groups import list_item, more_options, placeholder, scaffold, search_bar, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, scroll, text

PACKAGE = "com.google.android.documentsui"
FILES = "com.android.documentsui.files.FilesActivity"
PICKER = "com.android.documentsui.picker.PickActivity"
FIRST_FILES = {
    "Download/boarding_pass.pdf": b"%PDF-1.4 boarding pass\n",
    "Download/manual.txt": b"Press the button.\n",
    "Documents/budget.csv": b"item,cost\nrent,900\nfood,310\n",
    "Music/harbour_lights.mp3": b"ID3 harbour lights\n",
}
ROW_DP = 68


class Documents(App):
    """One activity: a place, what is selected there, and what is being moved."""

    package = PACKAGE
    label = "Files"
    icon = "folder"
    color = "#1A73E8"
    activities = {FILES: "files", PICKER: "files"}
    launcher = FILES
    filters = (
        {"activity": FILES, "action": MAIN},
        *intent_filters(FILES, VIEW, types=["vnd.android.document/root", DIRECTORY]),
        *intent_filters(FILES, "android.intent.action.VIEW_DOWNLOADS"),
        *intent_filters(PICKER, OPEN_DOCUMENT, types=["*/*"], category=OPENABLE),
        *intent_filters(PICKER, GET_CONTENT, types=["*/*"], category=OPENABLE, priority="100"),
    )

    def install(self, phone: Phone) -> None:
        for name, data in FIRST_FILES.items():
            phone.files.write(f"{STORAGE}/{name}", data)

    def files(self, activity: Activity) -> Page:
        """The place that is open."""
        state = activity.state
        if "root" not in state:
            state.update(root="downloads", path=DOWNLOADS, selected=[], sort="name")
            folder = file_behind(activity.phone, activity.intent["data"])
            if folder and activity.phone.files.isdir(folder):
                state.update(root="storage", path=folder)
        entries = listed(activity)
        state["selected"] = [path for path in state["selected"] if activity.phone.files.exists(path)]
        if state.get("searching"):
            bar = self._search_bar(activity)
        elif state["selected"]:
            bar = self._selection_bar(activity)
        else:
            bar = self._bar(activity)
        body = self._list(activity, entries)
        bottom = self._target_bar(activity) if state.get("picking") else None
        page = scaffold(column(bar, self._crumbs(activity), width=FILL), body, bottom=bottom)
        return Page(page, windows(activity, entries), on_back=lambda: back(activity), title=title_of(state))

    def _bar(self, activity: Activity) -> View:
        state = activity.state
        return toolbar(
            icon_button("menu", lambda: state.update(drawer=True), "Show roots", foreground="on_surface"),
            text(title_of(state), "title_large", lines=1, weight=1, id="toolbar_title"),
            icon_button("magnify", lambda: state.update(searching=True, query=""), "Search", id="option_menu_search"),
            more_options(lambda: state.update(menu="place")),
            id="toolbar",
        )

    def _search_bar(self, activity: Activity) -> View:
        state = activity.state
        return search_bar(
            state.get("query", ""),
            lambda value: state.update(query=value),
            lambda: state.update(searching=False),
            hint="Search this phone",
            back="Collapse",
            clear="Clear query",
        )

    def _selection_bar(self, activity: Activity) -> View:
        state = activity.state
        return toolbar(
            icon_button("close", lambda: state.update(selected=[]), "Close"),
            text(f"{len(state['selected'])} selected", "title_large", lines=1, weight=1, id="action_bar_title"),
            icon_button("share-variant-outline", lambda: activity.toast("Nothing to share with"), "Share"),
            icon_button("delete-outline", lambda: state.update(dialog="delete"), "Delete", id="action_menu_delete"),
            more_options(lambda: state.update(menu="selection")),
            background="surface_container_highest",
        )

    def _target_bar(self, activity: Activity) -> View:
        """The bar at the bottom while the user looks for the folder to move or copy to."""
        state = activity.state
        job = state["picking"]
        count = len(job["paths"])
        return toolbar(
            text(f"{count} item{'s' if count > 1 else ''}", "body_medium", weight=1),
            button("Cancel", lambda: state.update(picking=None), "text"),
            button(job["kind"].capitalize(), lambda: put(activity), id="button1", enabled=bool(state["path"])),
            padding=(24, 0),
            gap=8,
            background="surface_container",
        )

    def _crumbs(self, activity: Activity) -> View | None:
        """The path of the folder; a tap on a part opens that folder."""
        state = activity.state
        if not state["path"] or state.get("searching"):
            return None
        base = STORAGE if state["root"] == "storage" else DOWNLOADS
        names = [name for name in state["path"].removeprefix(base).split("/") if name]
        steps: list[View] = []
        for depth, label in enumerate([title_of({**state, "path": base}), *names]):
            if depth:
                steps.append(icon("chevron-right", 18))
            steps.append(self._crumb(activity, label, "/".join([base, *names[:depth]]), depth == len(names)))
        return scroll(*steps, horizontal=True, padding=(8, 0), height=44, align="center", key="crumbs")

    def _crumb(self, activity: Activity, label: str, path: str, last: bool) -> View:
        return text(
            label,
            "label_large",
            "primary" if last else "on_surface_variant",
            1,
            padding=(8, 12),
            on_click=lambda: open_folder(activity, path),
            key=path,
            id="breadcrumb_text",
        )

    def _list(self, activity: Activity, entries: list[str]) -> View:
        if not entries:
            words = "No matches in this phone" if activity.state.get("searching") else "No items"
            return placeholder("folder-open-outline", words, id="message")

        def build(index: int) -> View:
            return self._row(activity, entries[index])

        return lazy_list(len(entries), build, ROW_DP, id="dir_list", padding=(0, 0, 0, 24))

    def _row(self, activity: Activity, path: str) -> View:
        phone = activity.phone
        selected = path in activity.state["selected"]
        glyph, color = ("folder", "on_surface_variant") if phone.files.isdir(path) else glyph_of(path)
        return list_item(
            name_of(path),
            summary_of(phone, path),
            leading=icon("check-circle", 28, "primary") if selected else icon(glyph, 28, color),
            selected=selected,
            min_height=ROW_DP,
            key=path,
            on_click=lambda: press(activity, path),
            on_long_click=lambda: choose(activity, path),
        )
