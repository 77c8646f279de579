"""The phone app: dial pad, recent calls, contacts, and the screen of a call.

The call itself is ``state["call"]``: 0 none, 1 rings, 2 is on; the emulator's console changes it too.
"""

from palaestra.envs.android.apps.contacts import CARD, avatar, everyone
from palaestra.envs.android.apps.contacts import PACKAGE as CONTACTS
from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.intents import MAIN, VIEW, intent
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import (
    FILL,
    View,
    app_bar,
    bottom_bar,
    column,
    fab,
    icon,
    icon_button,
    lazy_list,
    list_item,
    row,
    scaffold,
    spacer,
    stack,
    text,
)

PACKAGE = "com.google.android.dialer"
DIALER = "com.google.android.dialer.extensions.GoogleDialtactsActivity"
IN_CALL = "com.android.incallui.InCallActivity"
CALL_NOTE = 1
RINGS_MS = 3_000
"""An outgoing call is answered after so long."""
ENDED_MS = 2_000
"""So long it says that a call has ended."""
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


class Phone(App):
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
        {"activity": DIALER, "action": "android.intent.action.DIAL", "scheme": "tel"},
        {"activity": DIALER, "action": "android.intent.action.DIAL"},
        {"activity": DIALER, "action": VIEW, "scheme": "tel"},
        {"activity": IN_CALL, "action": "android.intent.action.CALL", "scheme": "tel"},
    )
    receivers = {
        "android.intent.action.PHONE_STATE": "state_changed",
        "palaestra.phone.ANSWER": "answer",
        "palaestra.phone.DECLINE": "decline",
    }

    def on_create(self, activity: Activity):
        number = activity.intent["data"].partition(":")[2]
        if activity.name == IN_CALL and number and not activity.phone.state["call"]["state"]:
            begin(activity.phone, number, OUTGOING)

    def dialer(self, activity: Activity) -> Page:
        """Recents or contacts; the dial pad over them."""
        state, phone = activity.state, activity.phone
        data = activity.intent["data"]
        if "digits" not in state:
            state.update(digits=data.partition(":")[2] if data.startswith("tel:") else "", pad=data.startswith("tel:"))
        if state.get("pad"):
            return self._pad(activity)
        tab = state.get("tab", 0)
        body = self._recents(activity) if tab == 0 else self._contacts(activity)
        pad = fab("dialpad", lambda: state.update(pad=True), "key pad", id="dialpad_fab")
        bottom = bottom_bar(
            [("history", "Recents"), ("account-group", "Contacts")], tab, lambda index: state.update(tab=index)
        )
        clear = icon_button(
            "delete-outline", lambda: phone.providers.delete("content://call_log/calls"), "Clear call history"
        )
        calls = phone.providers.query("content://call_log/calls", ["_id"])
        bar = app_bar("Phone", actions=[clear if tab == 0 and calls else None])
        return Page(scaffold(bar, body, pad, bottom), title="Phone")

    def _recents(self, activity: Activity) -> View:
        state = activity.state
        calls = activity.phone.providers.query("content://call_log/calls", sort="date DESC, _id DESC")
        if not calls:
            return stack(
                column(
                    icon("phone-clock", 72, "outline"),
                    text("No recent calls", "title_medium"),
                    gap=16,
                    align="center",
                    gravity="center",
                )
            )
        names = {1: ("phone-incoming", "Incoming"), 2: ("phone-outgoing", "Outgoing"), 3: ("phone-missed", "Missed")}

        def build(index: int) -> View:
            one = calls[index]
            name, kind = names.get(one["type"], names[1])
            color = "error" if one["type"] == MISSED else "on_surface_variant"
            who = known_name(activity.phone, one["number"])
            seconds = f", {one['duration']} s" if one["duration"] else ""
            return list_item(
                who,
                f"{kind}{seconds}",
                leading=avatar(who, 40),
                height=72,
                on_click=lambda: state.update(digits=one["number"] or "", pad=True),
                trailing=row(
                    icon(name, 18, color),
                    icon_button("phone-outline", lambda: place_call(activity, one["number"]), f"Call {who}"),
                ),
            )

        return lazy_list(len(calls), build, 72, id="recents_list", padding=(0, 0, 0, 96))

    def _contacts(self, activity: Activity) -> View:
        people = everyone(activity.phone)

        def build(index: int) -> View:
            one = people[index]
            return list_item(
                one["display_name"],
                leading=avatar(one["display_name"], 40),
                height=64,
                on_click=lambda: activity.start(intent(package=CONTACTS, cls=CARD, id=one["_id"])),
            )

        return lazy_list(len(people), build, 64, id="contacts_list", padding=(0, 0, 0, 96))

    def _pad(self, activity: Activity) -> Page:
        state = activity.state
        digits, size = state["digits"], activity.phone.size
        wide = size[0] > size[1]

        def add(key: str) -> None:
            state["digits"] = (digits + key)[:40]

        def key_of(label: str, letters: str) -> View:
            return column(
                text(label, "title_large" if wide else "headline_medium"),
                text(letters or " ", "label_small", "on_surface_variant"),
                weight=1,
                height=44 if wide else 68,
                align="center",
                justify="center",
                radius=34,
                desc=label,
                on_click=lambda: add(label),
                on_long_click=(lambda: add("+")) if label == "0" else None,
                key=label,
            )

        rows = [row(*(key_of(*one) for one in PAD[i : i + 3]), width=FILL, gap=8) for i in range(0, 12, 3)]
        who = known_name(activity.phone, digits) if digits else ""
        shown = row(
            spacer(48),
            text(
                digits,
                "display_small",
                lines=1,
                weight=1,
                text_align="center",
                id="digits",
                cls="android.widget.EditText",
            ),
            icon_button("backspace-outline", lambda: state.update(digits=digits[:-1]), "backspace")
            if digits
            else spacer(48),
            width=FILL,
            height=64,
            padding=(8, 0),
        )
        call = fab(
            "phone",
            (lambda: place_call(activity, digits)) if digits else None,
            "dial",
            label="Call",
            background="#1E8E3E",
            foreground="#FFFFFF",
            id="dialpad_voice_call_button",
            enabled=bool(digits),
        )
        head = [
            spacer(weight=1),
            text(
                who if who != digits else "", "title_medium", "on_surface_variant", 1, width=FILL, text_align="center"
            ),
            shown,
        ]
        keys = column(*rows, width=FILL, weight=int(wide), padding=(24, 8), gap=4)
        foot = row(call, width=FILL, justify="center", padding=(0, 8, 0, 24))
        body = column(*head, keys, foot, width=FILL, height=FILL)
        if wide:
            body = row(column(*head, foot, spacer(weight=1), weight=1, height=FILL), keys, width=FILL, height=FILL)
        bar = app_bar("", back=lambda: state.update(pad=False))
        return Page(scaffold(bar, body), on_back=lambda: state.update(pad=False), title="Dial pad")

    def call(self, activity: Activity) -> Page:
        """A call that rings or is on."""
        phone, state = activity.phone, activity.state
        current = phone.state["call"]
        if not current["state"]:
            body = column(text("Call ended", "headline_small"), gap=16, align="center", width=FILL, padding=(0, 160))
            return Page(scaffold(app_bar("", back=activity.finish), body), title="Call ended")
        who = known_name(phone, current["number"])
        since = current.get("since_us")
        seconds = (phone.now_us - since) // 1_000_000 if since else 0
        ringing = current["state"] == 1
        told = "Incoming call" if ringing else f"{seconds // 60:02d}:{seconds % 60:02d}" if since else "Calling…"
        wide = phone.size[0] > phone.size[1]
        top = column(
            avatar(who, 112),
            text(who, "headline_medium", id="contactgrid_contact_name"),
            text(told, "title_medium", "on_surface_variant", id="contactgrid_bottom_text"),
            gap=12,
            align="center",
            width=FILL,
            padding=(0, 48 if wide else 96, 0, 0),
        )
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
            lambda: answered(phone),
            "Answer",
            background="#1E8E3E",
            foreground="#FFFFFF",
            radius=28,
            id="incall_answer",
        )

        def toggle(name: str, glyph: str, label: str) -> View:
            on = bool(state.get(name))
            return column(
                stack(
                    icon(glyph, 26, "on_primary" if on else "on_surface", gravity="center"),
                    width=64,
                    height=64,
                    radius=32,
                    background="primary" if on else "surface_container_highest",
                ),
                text(label, "label_medium"),
                gap=6,
                align="center",
                desc=label,
                checkable=True,
                checked=on,
                on_click=lambda: state.update({name: not on}),
                key=name,
            )

        toggles = row(
            toggle("mute", "microphone-off", "Mute"),
            toggle("speaker", "volume-high", "Speaker"),
            toggle("hold", "pause", "Hold"),
            width=FILL,
            justify="center",
            gap=40,
        )
        bottom = row(
            *([hang_up, take] if ringing else [hang_up]), width=FILL, justify="center", gap=120, padding=(0, 40, 0, 56)
        )
        root = column(top, spacer(weight=1), None if ringing else toggles, bottom, width=FILL, height=FILL)
        if wide:
            top.weight = 1
            hands = column(spacer(weight=1), None if ringing else toggles, bottom, weight=1, height=FILL)
            root = row(top, hands, width=FILL, height=FILL, align="start")
        return Page(root, tick=1000 if since else 0, title="Call")

    def on_event(self, phone: Phone, event, data):
        current = phone.state["call"]
        if event == "answered" and current["state"] == 2 and not current.get("since_us"):
            current["since_us"] = phone.now_us
        if event == "ended" and not current["state"]:
            shown = [
                record["id"] for task in phone.state["tasks"] for record in task["records"] if record["cls"] == IN_CALL
            ]
            for number in shown:
                phone.finish(number)

    def state_changed(self, phone: Phone, sent):
        """The line rings, is taken or goes quiet: by the console, or by us."""
        state, number = sent["extras"].get("state"), sent["extras"].get("incoming_number", "")
        prefs = phone.prefs(PACKAGE)
        if state == "RINGING":
            prefs["ringing"] = number
            phone.notify(
                PACKAGE,
                CALL_NOTE,
                known_name(phone, number),
                "Incoming call",
                icon="phone",
                ongoing=True,
                intent=intent(package=PACKAGE, cls=IN_CALL),
                heads_up=True,
                actions=[("Decline", intent("palaestra.phone.DECLINE")), ("Answer", intent("palaestra.phone.ANSWER"))],
            )
        elif state == "OFFHOOK":
            phone.notify(
                PACKAGE,
                CALL_NOTE,
                known_name(phone, number),
                "Ongoing call",
                icon="phone",
                ongoing=True,
                intent=intent(package=PACKAGE, cls=IN_CALL),
                actions=[("Hang up", intent("palaestra.phone.DECLINE"))],
            )
            if prefs.pop("ringing", None):
                phone.state["call"]["since_us"] = phone.now_us
                prefs["talking"] = {"number": number, "type": INCOMING, "since_us": phone.now_us}
                phone.start_activity(intent(package=PACKAGE, cls=IN_CALL))
        elif state == "IDLE":
            phone.cancel_notification(PACKAGE, CALL_NOTE)
            if prefs.get("ringing"):
                log_call(phone, prefs["ringing"], MISSED, 0)
                phone.notify(
                    PACKAGE,
                    2,
                    "Missed call",
                    known_name(phone, prefs["ringing"]),
                    icon="phone-missed",
                    intent=intent(package=PACKAGE, cls=DIALER),
                )
            elif talking := prefs.get("talking"):
                log_call(phone, talking["number"], talking["type"], (phone.now_us - talking["since_us"]) // 1_000_000)
            prefs.pop("ringing", None)
            prefs.pop("talking", None)
            phone.schedule(ENDED_MS, PACKAGE, "ended")
        return None

    def answer(self, phone: Phone, sent):
        answered(phone)

    def decline(self, phone: Phone, sent):
        end(phone)


def known_name(phone: Phone, number: str) -> str:
    """A contact's name by number; the number itself if nobody has it."""
    digits = "".join(c for c in number if c.isdigit())
    for row_ in phone.providers.query("content://contacts/phones/", ["display_name", "number"]):
        other = "".join(c for c in row_["number"] or "" if c.isdigit())
        if digits and other and (other.endswith(digits[-7:]) and digits.endswith(other[-7:])):
            return row_["display_name"] or number
    return number


def place_call(activity: Activity, number: str) -> None:
    """Call a number."""
    activity.start(intent("android.intent.action.CALL", data=f"tel:{number}"))


def set_call(phone: Phone, state: int, number: str) -> None:
    """Change the state of the call, and tell the apps."""
    phone.state["call"] = {"state": state, "number": number if state else ""}
    name = ("IDLE", "RINGING", "OFFHOOK")[state]
    phone.broadcast(intent("android.intent.action.PHONE_STATE", state=name, incoming_number=number))


def begin(phone: Phone, number: str, kind: int) -> None:
    """The line is ours; the other side answers after a while."""
    phone.prefs(PACKAGE)["talking"] = {"number": number, "type": kind, "since_us": phone.now_us}
    set_call(phone, 2, number)
    phone.schedule(RINGS_MS, PACKAGE, "answered")


def answered(phone: Phone) -> None:
    """Take the call that rings."""
    if phone.state["call"]["state"] == 1:
        set_call(phone, 2, phone.state["call"]["number"])


def end(phone: Phone) -> None:
    """Hang up, or refuse."""
    set_call(phone, 0, phone.state["call"]["number"])


def log_call(phone: Phone, number: str, kind: int, seconds: int) -> None:
    """A row of the call log."""
    values = {"number": number, "type": kind, "duration": int(seconds), "name": known_name(phone, number)}
    phone.providers.insert("content://call_log/calls", values)
