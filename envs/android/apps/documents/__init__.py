"""The file manager: browse, search, sort, select; copy, move, rename, delete, new folder."""

import datetime
from collections.abc import Callable
from functools import partial

from palaestra.envs.android.apps.documents.places import (
    FILES,
    PACKAGE,
    ROOTS,
    SORTS,
    glyph_of,
    listed,
    size_text,
    summary_of,
    title_of,
)
from palaestra.envs.android.apps.documents.work import (
    back,
    choose,
    delete,
    make_folder,
    open_folder,
    open_root,
    pick,
    press,
    put,
    rename,
)
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.files import STORAGE
from palaestra.envs.android.system.intents import MAIN, VIEW
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.controls import button, icon_button, radio, text_field
from palaestra.envs.android.ui.dialogs import dialog, menu
from palaestra.envs.android.ui.groups import list_item, placeholder, scaffold, search_field, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, divider, icon, lazy_list, row, scroll, stack, text

ROW_DP = 68


class Documents(App):
    """One activity: a place, what is selected there, and what is being moved."""

    package = PACKAGE
    label = "Files"
    icon = "folder"
    color = "#1A73E8"
    activities = {FILES: "files"}
    launcher = FILES
    filters = (
        {"activity": FILES, "action": MAIN},
        {"activity": FILES, "action": VIEW, "type": "vnd.android.document/root"},
        {"activity": FILES, "action": "android.intent.action.VIEW_DOWNLOADS"},
        {"activity": FILES, "action": "android.provider.action.BROWSE"},
    )

    def install(self, phone: Phone) -> None:
        notes = {
            "Download/boarding_pass.pdf": b"%PDF-1.4 boarding pass\n",
            "Download/manual.txt": b"Press the button.\n",
            "Documents/budget.csv": b"item,cost\nrent,900\nfood,310\n",
            "Music/harbour_lights.mp3": b"ID3 harbour lights\n",
        }
        for name, data in notes.items():
            phone.files.write(f"{STORAGE}/{name}", data)

    def files(self, activity: Activity) -> Page:
        """The place that is open."""
        state = activity.state
        if "root" not in state:
            state.update(root="downloads", path=f"{STORAGE}/Download", selected=[], sort="name")
        entries = listed(activity)
        state["selected"] = [path for path in state["selected"] if activity.phone.files.exists(path)]
        if state.get("searching"):
            bar = self._search_bar(activity)
        elif state["selected"]:
            bar = self._selection_bar(activity, entries)
        else:
            bar = self._bar(activity)
        body = self._list(activity, entries)
        bottom = self._picker(activity) if state.get("picking") else None
        page = scaffold(column(bar, self._crumbs(activity), width=FILL), body, bottom=bottom)
        return Page(page, self._windows(activity, entries), on_back=lambda: back(activity), title=title_of(state))

    def _bar(self, activity: Activity) -> View:
        state = activity.state
        return toolbar(
            icon_button("menu", lambda: state.update(drawer=True), "Show roots", foreground="on_surface"),
            text(title_of(state), "title_large", lines=1, weight=1, id="toolbar_title"),
            icon_button("magnify", lambda: state.update(searching=True, query=""), "Search", id="option_menu_search"),
            icon_button("dots-vertical", lambda: state.update(menu="place"), "More options"),
            id="toolbar",
        )

    def _search_bar(self, activity: Activity) -> View:
        state = activity.state
        return toolbar(
            icon_button("arrow-left", lambda: state.update(searching=False), "Collapse"),
            search_field(state.get("query", ""), lambda value: state.update(query=value), "Search this phone"),
            icon_button("close", lambda: state.update(query=""), "Clear query") if state.get("query") else None,
        )

    def _selection_bar(self, activity: Activity, entries: list[str]) -> View:
        state = activity.state
        return toolbar(
            icon_button("close", lambda: state.update(selected=[]), "Close"),
            text(f"{len(state['selected'])} selected", "title_large", lines=1, weight=1, id="action_bar_title"),
            icon_button("share-variant-outline", lambda: activity.toast("Nothing to share with"), "Share"),
            icon_button("delete-outline", lambda: state.update(dialog="delete"), "Delete", id="action_menu_delete"),
            icon_button("dots-vertical", lambda: state.update(menu="selection"), "More options"),
            background="surface_container_highest",
        )

    def _crumbs(self, activity: Activity) -> View | None:
        """The path to the folder; every part of it can be pressed."""
        state = activity.state
        if not state["path"] or state.get("searching"):
            return None
        base = STORAGE if state["root"] == "storage" else f"{STORAGE}/Download"
        names = [name for name in state["path"].removeprefix(base).split("/") if name]
        steps: list[View] = []
        for depth, label in enumerate([title_of({**state, "path": base}), *names]):
            path = "/".join([base, *names[:depth]])
            last = depth == len(names)
            steps.append(
                text(
                    label,
                    "label_large",
                    "primary" if last else "on_surface_variant",
                    1,
                    padding=(8, 12),
                    on_click=partial(open_folder, activity, path),
                    key=path,
                    id="breadcrumb_text",
                )
            )
            if not last:
                steps.append(icon("chevron-right", 18))
        return scroll(*steps, horizontal=True, padding=(8, 0), height=44, align="center", key="crumbs")

    def _list(self, activity: Activity, entries: list[str]) -> View:
        state, phone = activity.state, activity.phone
        if not entries:
            words = "No items" if not state.get("searching") else "No matches in this phone"
            return placeholder("folder-open-outline", words, "message")

        def build(index: int) -> View:
            path = entries[index]
            name = path.rpartition("/")[2]
            chosen = path in state["selected"]
            glyph, color = ("folder", "on_surface_variant") if phone.files.isdir(path) else glyph_of(path)
            mark = icon("check-circle", 28, "primary") if chosen else icon(glyph, 28, color)
            return list_item(
                name,
                summary_of(phone, path),
                leading=mark,
                selected=chosen,
                height=ROW_DP,
                key=path,
                on_click=lambda: press(activity, path),
                on_long_click=lambda: choose(activity, path),
            )

        return lazy_list(len(entries), build, ROW_DP, id="dir_list", padding=(0, 0, 0, 24))

    def _picker(self, activity: Activity) -> View:
        """The bar at the bottom while a target folder is being chosen."""
        state = activity.state
        job = state["picking"]
        label = "Move" if job["kind"] == "move" else "Copy"
        return row(
            text(f"{len(job['paths'])} item{'s' if len(job['paths']) > 1 else ''}", "body_medium", weight=1),
            button("Cancel", lambda: state.update(picking=None), "text"),
            button(label, lambda: put(activity), id="button1", enabled=bool(state["path"])),
            width=FILL,
            height=64,
            padding=(24, 0),
            gap=8,
            background="surface_container",
        )

    def _windows(self, activity: Activity, entries: list[str]) -> list[View]:
        state = activity.state
        close_menu, close = (lambda: state.update(menu="")), (lambda: state.update(dialog=""))
        if state.get("drawer"):
            return [self._drawer(activity)]
        if state.get("menu") == "place":
            inside = bool(state["path"])
            items = [
                ("New folder", (lambda: state.update(dialog="folder", name="")) if inside else None),
                ("Sort by…", lambda: state.update(dialog="sort")),
                ("Select all", (lambda: state.update(selected=list(entries))) if entries else None),
            ]
            return [menu(items, close_menu)]
        if state.get("menu") == "selection":
            single = len(state["selected"]) == 1
            name = state["selected"][0].rpartition("/")[2] if state["selected"] else ""
            items = [
                ("Select all", lambda: state.update(selected=list(entries))),
                ("Copy to…", lambda: pick(activity, "copy")),
                ("Move to…", lambda: pick(activity, "move")),
                ("Rename", (lambda: state.update(dialog="rename", name=name)) if single else None),
                ("Get info", (lambda: state.update(dialog="info")) if single else None),
            ]
            return [menu(items, close_menu)]
        return self._dialogs(activity, close)

    def _dialogs(self, activity: Activity, close: Callable[[], None]) -> list[View]:
        state, phone = activity.state, activity.phone
        kind = state.get("dialog")
        if kind == "delete":
            count = len(state["selected"])
            what = f"“{state['selected'][0].rpartition('/')[2]}”" if count == 1 else f"{count} items"
            return [
                dialog(
                    "",
                    f"Delete {what}?",
                    buttons=[("Cancel", close), ("OK", lambda: delete(activity))],
                    on_dismiss=close,
                )
            ]
        if kind in ("folder", "rename"):
            title = "New folder" if kind == "folder" else "Rename"
            does = (lambda: make_folder(activity)) if kind == "folder" else (lambda: rename(activity))
            field = text_field(
                state["name"],
                lambda value: state.update(name=value),
                hint=title,
                autofocus=True,
                on_submit=does,
                id="text1",
                action="done",
            )
            return [dialog(title, field, buttons=[("Cancel", close), ("OK", does)], on_dismiss=close)]
        if kind == "sort":

            def sort(value: str) -> None:
                state.update(sort=value, dialog="")

            rows = [
                row(
                    radio(state["sort"] == value),
                    text(label, "body_large"),
                    width=FILL,
                    height=48,
                    gap=8,
                    on_click=partial(sort, value),
                    key=value,
                )
                for value, label in SORTS
            ]
            return [dialog("Sort by", *rows, on_dismiss=close)]
        if kind == "info" and state["selected"]:
            path = state["selected"][0]
            stat = phone.files.stat(path)
            moment = datetime.datetime.fromtimestamp(stat.mtime_us / 1e6, datetime.UTC)
            lines = [f"Location: {path}", f"Size: {size_text(stat.size)}", f"Modified: {moment:%b %d, %Y %H:%M}"]
            return [dialog(path.rpartition("/")[2], *lines, buttons=[("OK", close)], on_dismiss=close)]
        return []

    def _drawer(self, activity: Activity) -> View:
        """The roots, in a panel from the left."""
        state = activity.state
        rows = [
            list_item(
                label,
                "4.84 GB free" if root == "storage" else "",
                leading=icon(glyph),
                title_id="title",
                radius=28,
                margin=(12, 0),
                selected=state["root"] == root,
                key=root,
                on_click=partial(open_root, activity, root),
            )
            for root, label, glyph in ROOTS
        ]
        panel = column(
            text("Files", "title_large", padding=(16, 20)),
            divider(),
            scroll(*rows, id="roots_list"),
            width=300,
            height=FILL,
            background="surface_container_low",
            blocks=True,
            padding=(0, 32, 0, 0),
            id="drawer_roots",
            radius=(0, 16, 16, 0),
        )
        return stack(
            panel,
            width=FILL,
            height=FILL,
            background="#52000000",
            on_dismiss=lambda: state.update(drawer=False),
            title="Roots",
        )
