"""A shop's cart, its sign-in page, its help, and its page for what is not there."""

from palaestra.envs.android.ui.controls import button, icon_button, text_field
from palaestra.envs.android.ui.view import FILL, View, column, divider, icon, row, text
from palaestra.envs.android.web.catalogue import Product
from palaestra.envs.android.web.shops.front import MOST_OF_ONE, Front
from palaestra.envs.android.web.shops.pictures import picture
from palaestra.envs.android.web.shops.wording import money


def cart(front: Front) -> View:
    """What was put into the cart."""
    say = front.say
    items = [
        (product, count)
        for number, count in front.cart.items()
        if (product := front.shops.product(int(number))) is not None
    ]
    if not items:
        return front.page(
            column(
                icon("cart-outline", 64, "outline"),
                text(say("cart_empty"), "title_medium"),
                front.button(say("continue"), front.goes("/")),
                width=FILL,
                gap=16,
                padding=(16, 48),
                align="center",
            )
        )
    count = sum(pieces for _, pieces in items)
    total = sum(product.price * pieces for product, pieces in items)
    summary = row(
        text(say("subtotal", count=count), "title_medium", lines=2, weight=1),
        text(money(total), "title_large", lines=1, id="subtotal"),
        width=FILL,
        gap=8,
    )
    checkout = front.button(say("checkout"), front.goes(front.look.sign_in), width=FILL, height=48)
    return front.page(
        front.heading(say("cart_title")),
        *(_item(front, product, pieces) for product, pieces in items),
        column(summary, checkout, width=FILL, gap=12, padding=16),
    )


def _item(front: Front, product: Product, count: int) -> View:
    say = front.say
    quantity = row(
        icon_button("minus", lambda: front.put(product, count - 1), say("less"), id="less"),
        text(str(count), "title_medium", lines=1, id="quantity"),
        icon_button("plus", lambda: front.put(product, count + 1), say("more"), id="more", enabled=count < MOST_OF_ONE),
        button(say("remove"), lambda: front.put(product, 0), "text", foreground=front.accent, id="remove"),
        gap=4,
    )
    words = column(
        text(product.name, "body_medium", lines=3, on_click=front.open(product), id="name"),
        text(money(product.price), "title_medium", lines=1),
        quantity,
        weight=1,
        gap=4,
    )
    item = row(picture(product, 96, 96), words, width=FILL, gap=12, align="start", padding=(16, 12))
    return column(item, divider(), width=FILL, key=f"item{product.id}")


def sign_in(front: Front) -> View:
    """Email and password; any will do."""
    say, form, cookies = front.say, front.visit.form, front.visit.cookies

    def enter() -> None:
        if form.get("email", "").strip() and form.get("password"):
            cookies["user"] = form["email"].strip()
            form.clear()
        else:
            form["missing"] = True

    if cookies.get("user"):
        words = text(say("signed_in", user=cookies["user"]), "title_medium", lines=3)
        leave = front.button(say("sign_out"), lambda: cookies.pop("user", None), filled=False)
        return front.page(column(words, leave, width=FILL, gap=16, padding=(16, 32)))

    def field(name: str, kind: str, action: str) -> View:
        return text_field(
            form.get(name, ""),
            lambda value: form.update({name: value}),
            label=say(name),
            id=name,
            input_type=kind,
            action=action,
            on_submit=enter if action == "done" else None,
        )

    return front.page(
        column(
            text(say("sign_in"), "headline_small"),
            field("email", "email", "next"),
            field("password", "password", "done"),
            text(say("missing"), "body_medium", "error") if form.get("missing") else None,
            front.button(say("sign_in"), enter, width=FILL, height=48, id="sign_in"),
            width=FILL,
            gap=16,
            padding=(16, 24),
        )
    )


def help_page(front: Front) -> View:
    """A few words."""
    words = text(front.say("help_more"), "body_large", padding=(16, 0, 16, 16))
    return front.page(front.heading(front.say("help")), words)


def lost(front: Front) -> View:
    """There is no such page or product here."""
    return front.page(
        column(
            icon("file-question-outline", 64, "outline"),
            text(front.say("lost"), "title_large", text_align="center"),
            text(front.say("lost_more"), "body_medium", "on_surface_variant", text_align="center"),
            front.button(front.say("go_home"), front.goes("/")),
            width=FILL,
            gap=16,
            padding=(24, 48),
            align="center",
        )
    )
