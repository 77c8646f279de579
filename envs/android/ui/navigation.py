"""The back gesture."""

from palaestra.envs.android.system.crashes import contain
from palaestra.envs.android.ui import editing, internet
from palaestra.envs.android.ui.screen import ScreenPhone


def back(phone: ScreenPhone) -> None:
    """Close the topmost of panel, shade, overview, prompt, keyboard, dialog and activity."""
    phone.windows()
    state = phone.state
    if internet.is_open(phone):
        internet.close(phone)
    elif state["shade"]["open"]:
        phone.shade(False)
    elif state["crashed"]:
        state["crashed"] = ""
    elif state["overview"]:
        state["overview"] = False
    elif phone.asked is not None:
        phone.answer_prompt(False)
    elif phone.activities.choice is not None:
        phone.activities.choose(None)
    elif not editing.hide(phone):
        _back_in_app(phone)
    phone.screen_changed()


def _back_in_app(phone: ScreenPhone) -> None:
    page, record = phone.screen.page, phone.activities.top
    if page is None or record is None:
        return
    if page.windows:
        if page.windows[-1].on_dismiss is not None:
            contain(phone, record["package"], page.windows[-1].on_dismiss)
    elif page.on_back is not None:
        contain(phone, record["package"], page.on_back)
    elif record["package"] != phone.activities.launcher:
        phone.finish(record["id"])
