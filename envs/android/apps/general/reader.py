"""A reader of posts: the popular ones, or the top of them, and a post."""

from palaestra.envs.android.system.app import Activity, App
from palaestra.envs.android.system.phone import Phone
from palaestra.envs.android.ui.groups import app_bar, card, scaffold, tabs
from palaestra.envs.android.ui.page import Page
from palaestra.envs.android.ui.view import FILL, View, column, icon, row, scroll, text
from palaestra.envs.android.web.answers import Item, answer
from palaestra.envs.android.web.questions import Question, ask
from palaestra.envs.android.web.web import web_of

PACKAGE = "com.reddit.frontpage"
MAIN_ACTIVITY = f"{PACKAGE}.MainActivity"
TABS = (("Popular", ""), ("Top", "top"))
"""What a tab is called, and what its question is about."""


class Reader(App):
    """Two lists of posts."""

    package = PACKAGE
    label = "Reddit"
    icon = "forum"
    color = "#D84315"
    system = False
    activities = {MAIN_ACTIVITY: "posts"}
    launcher = MAIN_ACTIVITY

    def posts(self, activity: Activity) -> Page:
        """The posts of a tab, or the one that was touched."""
        state = activity.state
        items = posts(activity.phone, state.get("tab", 0))
        at = state.get("at")
        if isinstance(at, int) and at < len(items):
            leave = lambda: state.update(at=None)
            body = scroll(_post(items[at]), text("No comments yet"), id="detail", padding=20, gap=24)
            return Page(scaffold(app_bar("Post", back=leave), body), on_back=leave, title=items[at].title)

        def build(number: int, item: Item) -> View:
            return card(_post(item), on_click=lambda: state.update(at=number), key=str(number), id="post")

        heads = tabs([label for label, _ in TABS], state.get("tab", 0), lambda tab: state.update(tab=tab))
        cards = [build(number, item) for number, item in enumerate(items)]
        page = column(heads, scroll(*cards, gap=12, padding=16, id="link_list"), width=FILL, height=FILL)
        return Page(scaffold(app_bar("Reddit"), page), title="Reddit")


def posts(phone: Phone, tab: int) -> tuple[Item, ...]:
    """The posts of a tab, those with most votes first."""
    return answer(web_of(phone).seed, ask("reddit", TABS[tab][1]), phone.now_us).items


def question(phone: Phone) -> Question | None:
    """What the posts in front answer; None if the app isn't in front."""
    top = phone.activities.top
    if top is None or phone.foreground != (PACKAGE, MAIN_ACTIVITY) or phone.state["overview"]:
        return None
    return ask("reddit", TABS[top["state"].get("tab", 0)][1])


def _post(item: Item) -> View:
    return column(
        text(item.detail, "label_large", "on_surface_variant"),
        text(item.title, "title_medium"),
        row(icon("arrow-up-bold-outline", 20), text(item.value, "label_large"), gap=6),
        width=FILL,
        gap=6,
    )
