"""The phone app: dial pad, recent calls, contacts, and the screen of a call.

The call itself is ``state["call"]``: 0 if there is none, 1 while it rings, 2 while it is on. The emulator's console
changes it too.
"""

from collections.abc import Callable
from typing import Any

from palaestra.envs.android.apps.contacts import CARD, avatar, everyone
from palaestra.envs.android.apps.contacts import PACKAGE as CONTACTS
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import BROWSABLE, MAIN, VIEW, Intent, intent
from palaestra.envs.android.system.manifest import intent_filters
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.system.telephony import IDLE, OFF_HOOK, RINGING, set_call
from palaestra.envs.android.ui.controls import fab, icon_button
from palaestra.envs.android.ui.groups import app_bar, bottom_bar, list_item, placeholder, scaffold, toolbar
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, lazy_list, row, spacer, stack, text

PACKAGE = "com.google.android.dialer"
DIALER = "com.google.android.dialer.extensions.GoogleDialtactsActivity"
IN_CALL = "com.android.incallui.InCallActivity"
CALLS = "content://call_log/calls"
CALL_NOTE, MISSED_NOTE = 1, 2
ANSWER, DECLINE = "palaestra.phone.ANSWER", "palaestra.phone.DECLINE"
"""Actions of a call's notification."""
RINGS_MS = 3_000
"""Time until an outgoing call is answered."""
ENDED_MS = 2_000
"""Time for which the screen shows that a call has ended."""
PAD = (
    ("1", ""),
    ("2", "ABC"),
    ("3", "DEF"),
    ("4", "GHI"),
    ("5", "JKL"),
    ("6", "MNO"),
    ("7", "PQRS"),
    ("8", "TUV"),
    ("9", "WXYZ"),
    ("*", ""),
    ("0", "+"),
    ("#", ""),
)
INCOMING, OUTGOING, MISSED = 1, 2, 3
"""CallLog.Calls' types."""
KINDS = {
    INCOMING: ("phone-incoming", "Incoming"),
    OUTGOING: ("phone-outgoing", "Outgoing"),
    MISSED: ("phone-missed", "Missed"),
}
TABS = (("history", "Recents"), ("account-group", "Contacts"))
MAX_DIGITS = 40
RECENT_DP = 72
GREEN = "#1E8E3E"


class Dialer(App):
    """Recents, contacts, dial pad; calls."""

    package = PACKAGE
    label = "Phone"
    icon = "phone"
    color = "#1A73E8"
    activities = {DIALER: "dialer", IN_CALL: "call"}
    launcher = DIALER
    permissions = ("android.permission.CALL_PHONE", "android.permission.READ_CALL_LOG")
    filters = (
        {"activity": DIALER, "action": MAIN},
        *intent_filters(DIALER, "android.intent.action.DIAL", VIEW, schemes=["tel"], category=BROWSABLE),
        *intent_filters(DIALER, "android.intent.action.DIAL", "android.intent.action.CALL_BUTTON"),
        *intent_filters(DIALER, VIEW, types=["vnd.android.cursor.dir/calls"]),
        {"activity": IN_CALL, "action": "android.intent.action.CALL", "scheme": "tel"},
    )
    receivers = {
        "android.intent.action.PHONE_STATE": "state_changed",
        ANSWER: "answer",
        DECLINE: "decline",
    }

    def on_create(self, activity: Activity) -> None:
        number = activity.intent["data"].partition(":")[2]
        if activity.name == IN_CALL and number and activity.phone.state["call"]["state"] == IDLE:
            begin(activity.phone, number, OUTGOING)

    # --- recent calls and contacts

    def dialer(self, activity: Activity) -> Page:
        """Recents or contacts; the dial pad over them."""
        state, phone = activity.state, activity.phone
        data = activity.intent["data"]
        if "digits" not in state:
            state.update(digits=data.partition(":")[2] if data.startswith("tel:") else "", pad=data.startswith("tel:"))
        if state.get("pad"):
            return self._pad(activity)
        tab = state.get("tab", 0)

        def clear() -> None:
            phone.providers.delete(CALLS)

        can_clear = tab == 0 and phone.providers.query(CALLS, ["_id"])
        actions = [icon_button("delete-outline", clear, "Clear call history") if can_clear else None]
        body = self._recents(activity) if tab == 0 else self._contacts(activity)
        pad = fab("dialpad", lambda: state.update(pad=True), "key pad", id="dialpad_fab")
        bottom = bottom_bar(TABS, tab, lambda index: state.update(tab=index))
        return Page(scaffold(app_bar("Phone", actions=actions), body, pad, bottom), title="Phone")

    def _recents(self, activity: Activity) -> View:
        calls = activity.phone.providers.query(CALLS, sort="date DESC, _id DESC")
        if not calls:
            return placeholder("phone-clock", "No recent calls")

        def build(index: int) -> View:
            return self._recent(activity, calls[index])

        return lazy_list(len(calls), build, RECENT_DP, id="recents_list", padding=(0, 0, 0, 96))

    def _recent(self, activity: Activity, entry: dict[str, Any]) -> View:
        """A row of the call log."""
        number = entry["number"] or ""
        glyph, kind = KINDS.get(entry["type"], KINDS[INCOMING])
        who = known_name(activity.phone, number) if number else "Unknown"
        mark = icon(glyph, 18, "error" if entry["type"] == MISSED else "on_surface_variant")
        call = icon_button("phone-outline", lambda: place_call(activity, number), f"Call {who}")
        return list_item(
            who,
            f"{kind}, {entry['duration']} s" if entry["duration"] else kind,
            leading=avatar(who, 40),
            height=RECENT_DP,
            on_click=lambda: activity.state.update(digits=number, pad=True),
            trailing=row(mark, call),
        )

    def _contacts(self, activity: Activity) -> View:
        people = everyone(activity.phone)

        def build(index: int) -> View:
            number, name = people[index]["_id"], people[index]["display_name"]
            card = intent(package=CONTACTS, cls=CARD, id=number)
            return list_item(name, leading=avatar(name, 40), height=64, on_click=lambda: activity.start(card))

        return lazy_list(len(people), build, 64, id="contacts_list", padding=(0, 0, 0, 96))

    # --- the dial pad

    def _pad(self, activity: Activity) -> Page:
        state = activity.state
        digits, size = state["digits"], activity.phone.size
        wide = size[0] > size[1]

        def close() -> None:
            state.update(pad=False)

        def press(key: str) -> None:
            state["digits"] = (digits + key)[:MAX_DIGITS]

        who = known_name(activity.phone, digits) if digits else ""
        name = text(
            who if who != digits else "", "title_medium", "on_surface_variant", 1, width=FILL, text_align="center"
        )
        head = [spacer(weight=1), name, self._digits(activity)]
        lines = [PAD[i : i + 3] for i in range(0, len(PAD), 3)]
        rows = [row(*(self._key(*key, wide, press) for key in line), width=FILL, gap=8) for line in lines]
        keys = column(*rows, width=FILL, weight=int(wide), padding=(24, 8), gap=4)
        foot = row(self._call_button(activity), width=FILL, justify="center", padding=(0, 8, 0, 24))
        if wide:
            body = row(column(*head, foot, spacer(weight=1), weight=1, height=FILL), keys, width=FILL, height=FILL)
        else:
            body = column(*head, keys, foot, width=FILL, height=FILL)
        return Page(scaffold(app_bar("", back=close), body), on_back=close, title="Dial pad")

    def _digits(self, activity: Activity) -> View:
        state = activity.state
        digits = state["digits"]
        field = text(
            digits,
            "display_small",
            lines=1,
            weight=1,
            text_align="center",
            id="digits",
            cls="android.widget.EditText",
        )
        erase = icon_button("backspace-outline", lambda: state.update(digits=digits[:-1]), "backspace")
        return toolbar(spacer(48), field, erase if digits else spacer(48), padding=(8, 0))

    def _key(self, label: str, letters: str, wide: bool, press: Callable[[str], None]) -> View:
        return column(
            text(label, "title_large" if wide else "headline_medium"),
            text(letters or " ", "label_small", "on_surface_variant"),
            weight=1,
            height=44 if wide else 68,
            align="center",
            justify="center",
            radius=34,
            desc=label,
            on_click=lambda: press(label),
            on_long_click=(lambda: press("+")) if label == "0" else None,
            key=label,
        )

    def _call_button(self, activity: Activity) -> View:
        digits = activity.state["digits"]
        return fab(
            "phone",
            (lambda: place_call(activity, digits)) if digits else None,
            "dial",
            label="Call",
            background=GREEN,
            foreground="#FFFFFF",
            id="dialpad_voice_call_button",
            enabled=bool(digits),
        )

    # --- a call

    def call(self, activity: Activity) -> Page:
        """A call that rings or is on."""
        phone = activity.phone
        call = phone.state["call"]
        if call["state"] == IDLE:
            body = column(text("Call ended", "headline_small"), gap=16, align="center", width=FILL, padding=(0, 160))
            return Page(scaffold(app_bar("", back=activity.finish), body), title="Call ended")
        ringing = call["state"] == RINGING
        wide = phone.size[0] > phone.size[1]
        top = self._caller(phone, wide)
        toggles = None if ringing else self._toggles(activity)
        bottom = self._call_buttons(phone, ringing)
        if wide:
            top.weight = 1
            hands = column(spacer(weight=1), toggles, bottom, weight=1, height=FILL)
            root = row(top, hands, width=FILL, height=FILL, align="start")
        else:
            root = column(top, spacer(weight=1), toggles, bottom, width=FILL, height=FILL)
        return Page(root, live=bool(call.get("since_us")), title="Call")

    def _caller(self, phone: Phone, wide: bool) -> View:
        """The other side, and the state of the call."""
        call = phone.state["call"]
        who, since = known_name(phone, call["number"]), call.get("since_us")
        seconds = (phone.now_us - since) // 1_000_000 if since else 0
        if call["state"] == RINGING:
            progress = "Incoming call"
        else:
            progress = f"{seconds // 60:02d}:{seconds % 60:02d}" if since else "Calling…"
        return column(
            avatar(who, 112),
            text(who, "headline_medium", id="contactgrid_contact_name"),
            text(progress, "title_medium", "on_surface_variant", id="contactgrid_bottom_text"),
            gap=12,
            align="center",
            width=FILL,
            padding=(0, 48 if wide else 96, 0, 0),
        )

    def _call_buttons(self, phone: Phone, ringing: bool) -> View:
        hang_up = fab(
            "phone-hangup",
            lambda: end(phone),
            "Decline" if ringing else "End call",
            background="#D93025",
            foreground="#FFFFFF",
            id="incall_end_call",
            radius=28,
        )
        take = fab(
            "phone",
            lambda: take_call(phone),
            "Answer",
            background=GREEN,
            foreground="#FFFFFF",
            radius=28,
            id="incall_answer",
        )
        buttons = (hang_up, take) if ringing else (hang_up,)
        return row(*buttons, width=FILL, justify="center", gap=120, padding=(0, 40, 0, 56))

    def _toggles(self, activity: Activity) -> View:
        toggles = [
            self._toggle(activity, "mute", "microphone-off", "Mute"),
            self._toggle(activity, "speaker", "volume-high", "Speaker"),
            self._toggle(activity, "hold", "pause", "Hold"),
        ]
        return row(*toggles, width=FILL, justify="center", gap=40)

    def _toggle(self, activity: Activity, name: str, glyph: str, label: str) -> View:
        state = activity.state
        on = bool(state.get(name))
        disc = stack(
            icon(glyph, 26, "on_primary" if on else "on_surface", gravity="center"),
            width=64,
            height=64,
            radius=32,
            background="primary" if on else "surface_container_highest",
        )
        return column(
            disc,
            text(label, "label_medium"),
            gap=6,
            align="center",
            desc=label,
            checkable=True,
            checked=on,
            on_click=lambda: state.update({name: not on}),
            key=name,
        )

    # --- events

    def on_event(self, phone: Phone, event: str, data: dict[str, Any]) -> None:
        call = phone.state["call"]
        if event == "answered" and call["state"] == OFF_HOOK and not call.get("since_us"):
            call["since_us"] = phone.now_us
        if event == "ended" and call["state"] == IDLE:
            records = [record for task in phone.state["tasks"] for record in task["records"]]
            for number in [record["id"] for record in records if record["cls"] == IN_CALL]:
                phone.finish(number)

    def state_changed(self, phone: Phone, sent: Intent) -> None:
        """Follow the line: it rings, is taken, or is idle again."""
        state, number = sent["extras"].get("state"), sent["extras"].get("incoming_number", "")
        if state == "RINGING":
            self._rings(phone, number)
        elif state == "OFFHOOK":
            self._taken(phone, number)
        elif state == "IDLE":
            self._quiet(phone)

    def _rings(self, phone: Phone, number: str) -> None:
        phone.prefs(PACKAGE)["ringing"] = number
        phone.notify(
            PACKAGE,
            CALL_NOTE,
            known_name(phone, number),
            "Incoming call",
            icon="phone",
            ongoing=True,
            intent=intent(package=PACKAGE, cls=IN_CALL),
            heads_up=True,
            actions=[("Decline", intent(DECLINE)), ("Answer", intent(ANSWER))],
        )

    def _taken(self, phone: Phone, number: str) -> None:
        screen = intent(package=PACKAGE, cls=IN_CALL)
        phone.notify(
            PACKAGE,
            CALL_NOTE,
            known_name(phone, number),
            "Ongoing call",
            icon="phone",
            ongoing=True,
            intent=screen,
            actions=[("Hang up", intent(DECLINE))],
        )
        prefs = phone.prefs(PACKAGE)
        if prefs.pop("ringing", None):
            phone.state["call"]["since_us"] = phone.now_us
            prefs["talking"] = {"number": number, "type": INCOMING, "since_us": phone.now_us}
            phone.start_activity(intent(package=PACKAGE, cls=IN_CALL))

    def _quiet(self, phone: Phone) -> None:
        prefs = phone.prefs(PACKAGE)
        phone.cancel_notification(PACKAGE, CALL_NOTE)
        if missed := prefs.get("ringing"):
            log_call(phone, missed, MISSED, 0)
            screen = intent(package=PACKAGE, cls=DIALER)
            name = known_name(phone, missed)
            phone.notify(PACKAGE, MISSED_NOTE, "Missed call", name, icon="phone-missed", intent=screen)
        elif talking := prefs.get("talking"):
            log_call(phone, talking["number"], talking["type"], (phone.now_us - talking["since_us"]) // 1_000_000)
        prefs.pop("ringing", None)
        prefs.pop("talking", None)
        phone.schedule(ENDED_MS, PACKAGE, "ended")

    def answer(self, phone: Phone, sent: Intent) -> None:
        take_call(phone)

    def decline(self, phone: Phone, sent: Intent) -> None:
        end(phone)


def known_name(phone: Phone, number: str) -> str:
    """A contact's name by number; the number itself if there is none."""
    digits = "".join(c for c in number if c.isdigit())
    for contact in phone.providers.query("content://contacts/phones/", ["display_name", "number"]):
        other = "".join(c for c in contact["number"] or "" if c.isdigit())
        if digits and other and (other.endswith(digits[-7:]) and digits.endswith(other[-7:])):
            return contact["display_name"] or number
    return number


def place_call(activity: Activity, number: str) -> None:
    """Call a number."""
    activity.start(intent("android.intent.action.CALL", data=f"tel:{number}"))


def begin(phone: Phone, number: str, kind: int) -> None:
    """Start an outgoing call; the other side answers after a while."""
    phone.prefs(PACKAGE)["talking"] = {"number": number, "type": kind, "since_us": phone.now_us}
    set_call(phone, OFF_HOOK, number)
    phone.schedule(RINGS_MS, PACKAGE, "answered")


def take_call(phone: Phone) -> None:
    """Take the call that rings."""
    if phone.state["call"]["state"] == RINGING:
        set_call(phone, OFF_HOOK, phone.state["call"]["number"])


def end(phone: Phone) -> None:
    """Hang up, or refuse."""
    set_call(phone, IDLE, phone.state["call"]["number"])


def log_call(phone: Phone, number: str, kind: int, seconds: int) -> None:
    """Add a row to the call log."""
    values = {"number": number, "type": kind, "duration": int(seconds), "name": known_name(phone, number)}
    phone.providers.insert(CALLS, values)
