"""Notes in plain files: browse, create, edit, rename, move, delete, search; stored in Documents/Markor."""

from palaestra.envs.android.apps.listing import name_of
from palaestra.envs.android.apps.markor.dialogs import windows
from palaestra.envs.android.apps.markor.editor import editor_page, save
from palaestra.envs.android.apps.markor.notes import (
    EDITOR,
    NOTES,
    PACKAGE,
    ask_for_new,
    choose,
    described,
    listed,
    press,
    up,
)
from palaestra.envs.android.apps.markor.share import share_page
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import EDIT, MAIN, SEND, VIEW
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import fab, icon_button
from palaestra.envs.android.ui.groups import (
    bottom_bar,
    list_item,
    more_options,
    placeholder,
    scaffold,
    search_bar,
    toolbar,
)
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import View, icon, lazy_list, text

BROWSER = f"{PACKAGE}.activity.MainActivity"
TABS = (
    ("folder-outline", "Files"),
    ("format-list-checks", "To-Do"),
    ("lightning-bolt-outline", "QuickNote"),
    ("dots-horizontal", "More"),
)
SPECIAL = {1: "todo.txt", 2: "quicknote.md"}
"""Files behind tabs."""
MORE = 3
ROW_DP = 68
EXAMPLE = ("shopping_list.md", "# Shopping\n\n- bread\n- tomatoes\n- olive oil\n")


class Markor(App):
    """Browser and editor."""

    package = PACKAGE
    label = "Markor"
    icon = "notebook-edit-outline"
    color = "#D32F2F"
    system = False
    activities = {BROWSER: "browser", EDITOR: "editor"}
    launcher = BROWSER
    filters = (
        {"activity": BROWSER, "action": MAIN},
        *intent_filters(EDITOR, VIEW, EDIT, schemes=["file", "content"], types=["text/*"]),
        *intent_filters(EDITOR, SEND, types=["text/plain"]),
    )

    def install(self, phone: Phone) -> None:
        phone.files.mkdir(NOTES, parents=True)
        phone.files.write(f"{NOTES}/{EXAMPLE[0]}", EXAMPLE[1].encode())

    def on_pause(self, activity: Activity) -> None:
        if activity.name == EDITOR:
            save(activity)

    def editor(self, activity: Activity) -> Page:
        is_asking = activity.intent["action"] == SEND and "path" not in activity.state
        return share_page(activity) if is_asking else editor_page(activity)

    def browser(self, activity: Activity) -> Page:
        """Files of a folder, or what another tab shows."""
        state, files = activity.state, activity.phone.files
        files.mkdir(NOTES, parents=True)
        state.setdefault("path", NOTES)
        if not files.isdir(state["path"]):
            state["path"] = NOTES
        selected = [path for path in state.setdefault("selected", []) if files.exists(path)]
        state["selected"] = selected
        entries = listed(activity)

        bottom = bottom_bar(list(TABS), 0, lambda index: self._turn(activity, index), id="bottom_navigation_bar")
        plus = fab("plus", lambda: ask_for_new(activity), "Create a new file or folder", id="fab_add_new_item")
        bar = self._selection_bar(activity, entries) if selected else self._bar(activity)
        leave = (lambda: up(activity)) if selected or state.get("searching") or state["path"] != NOTES else None
        page = scaffold(bar, self._list(activity, entries), plus, bottom)
        return Page(page, windows(activity), on_back=leave, title="Markor")

    def _turn(self, activity: Activity, index: int) -> None:
        if index in SPECIAL:
            path = f"{NOTES}/{SPECIAL[index]}"
            if not activity.phone.files.exists(path):
                activity.phone.files.write(path, b"")
            activity.start(EDITOR, path=path)
        elif index == MORE:
            activity.state["dialog"] = "about"

    def _bar(self, activity: Activity) -> View:
        state = activity.state
        if state.get("searching"):
            return search_bar(
                state.get("query", ""),
                lambda value: state.update(query=value),
                lambda: state.update(searching=False, query=""),
                back="Collapse",
            )
        inside = state["path"] != NOTES
        margin = (4 if inside else 12, 0, 0, 0)
        return toolbar(
            icon_button("arrow-left", lambda: up(activity), "Navigate up") if inside else None,
            text(name_of(state["path"]), "title_large", lines=1, weight=1, id="toolbar_title", margin=margin),
            icon_button("magnify", lambda: state.update(searching=True, query=""), "Search", id="action_search"),
            icon_button("sort", lambda: state.update(dialog="sort"), "Sort", id="action_sort"),
            more_options(lambda: state.update(menu="place")),
            id="toolbar",
        )

    def _selection_bar(self, activity: Activity, entries: list[str]) -> View:
        state = activity.state

        def ask_delete() -> None:
            state.update(dialog="delete")

        def select_all() -> None:
            state.update(selected=list(entries))

        return toolbar(
            icon_button("close", lambda: state.update(selected=[]), "Clear selection"),
            text(str(len(state["selected"])), "title_large", weight=1),
            icon_button("delete-outline", ask_delete, "Delete", id="action_delete_selected_items"),
            icon_button("select-all", select_all, "Select all", id="action_select_all"),
            more_options(lambda: state.update(menu="selection")),
            background="surface_container_highest",
        )

    def _list(self, activity: Activity, entries: list[str]) -> View:
        if not entries:
            return placeholder("note-off-outline", "Nothing here", id="empty")

        def build(index: int) -> View:
            return self._row(activity, entries[index])

        return lazy_list(len(entries), build, ROW_DP, id="ui__filesystem_dialog__list", padding=(0, 0, 0, 96))

    def _row(self, activity: Activity, path: str) -> View:
        phone = activity.phone
        folder, selected = phone.files.isdir(path), path in activity.state["selected"]
        glyph = "check-circle" if selected else "folder" if folder else "file-document-outline"
        return list_item(
            name_of(path),
            described(phone, path),
            min_height=ROW_DP,
            key=path,
            selected=selected,
            leading=icon(glyph, 28, "primary" if selected or folder else "on_surface_variant"),
            title_id="opoc_filesystem_item__title",
            subtitle_id="opoc_filesystem_item__description",
            on_click=lambda: press(activity, path),
            on_long_click=lambda: choose(activity, path),
        )
