"""The page of one product."""

from palaestra.envs.android.ui.view import FILL, View, column, divider, icon, link, paragraph, row, scroll, stack, text
from palaestra.envs.android.web.catalogue import Product
from palaestra.envs.android.web.catalogue_families import AXES
from palaestra.envs.android.web.shops.front import STAR, Front
from palaestra.envs.android.web.shops.home import strip
from palaestra.envs.android.web.shops.looks import category_path
from palaestra.envs.android.web.shops.pictures import ANGLES, picture

RELATED = 8


def product_page(front: Front, product: Product) -> View:
    """Pictures, price, options, details, and what is like it."""
    related = [each for each in front.shops.in_category(front.host, product.category) if each.id != product.id]
    return front.page(
        _trail(front, product),
        _title(front, product),
        _gallery(front, product),
        _offer(front, product),
        *_options(front, product),
        _details(front, product),
        _reviews(front, product),
        front.heading(front.say("related")),
        strip(front, related[:RELATED], "related"),
    )


def _trail(front: Front, product: Product) -> View:
    back = link(
        front.say.category(product.category), front.goes(category_path(front.look, product.category)), front.accent
    )
    return paragraph(back, f" › {product.brand}", font="body_small", width=FILL, padding=(16, 12, 16, 0))


def _title(front: Front, product: Product) -> View:
    return column(
        text(product.name, "title_large", id="title"), front.rating(product), width=FILL, gap=4, padding=(16, 8)
    )


def _gallery(front: Front, product: Product) -> View:
    form = front.visit.form
    chosen = form.get("picture", 0)

    def small(angle: int) -> View:
        return stack(
            picture(product, FILL, FILL, angle),
            width=56,
            height=56,
            padding=3,
            border="primary" if angle == chosen else "outline_variant",
            radius=4,
            desc=front.say("picture", number=angle + 1),
            on_click=lambda: form.update(picture=angle),
        )

    thumbnails = row(*(small(angle) for angle in range(ANGLES)), gap=8)
    return column(picture(product, FILL, 240, chosen), thumbnails, width=FILL, gap=8, padding=(16, 4))


def _offer(front: Front, product: Product) -> View:
    say, form = front.say, front.visit.form

    def add() -> None:
        front.add(product)
        form["added"] = True

    def buy() -> None:
        front.add(product)
        front.visit.go(front.at(front.look.cart))

    added = row(
        icon("check-circle", 20, "tertiary"),
        text(say("added"), "label_large", lines=2, weight=1),
        text(say("view_cart"), "label_large", front.accent, 1, padding=(8, 14), on_click=front.goes(front.look.cart)),
        width=FILL,
        gap=8,
        padding=(12, 0, 4, 0),
        radius=8,
        background="surface_container_high",
    )
    return column(
        front.price(product, "headline_small"),
        text(front.delivery(product), "body_medium", "on_surface_variant"),
        front.button(say("add"), add, width=FILL, height=48, id="add_to_cart"),
        front.button(say("buy"), buy, filled=False, width=FILL, height=48, id="buy_now"),
        added if form.get("added") else None,
        width=FILL,
        gap=8,
        padding=(16, 8),
    )


def _options(front: Front, product: Product) -> list[View]:
    """The product's own values among those that its family has here; another one leads to another product."""
    family = front.shops.families[product.family]
    first, end = front.shops.ranges[product.family]
    sold = [each for each in front.shops.products[first:end] if front.shops.is_sold(front.host, each)]
    views = []
    for place, (axis, own) in enumerate(product.options):
        offered = {each.options[place][1] for each in sold}
        values = [value for value in family.axes.get(axis) or AXES[axis] if value and value in offered]
        if len(values) < 2 or axis == "maker":
            continue
        chips = [
            front.chip(value, value == own, front.open(_nearest(product, sold, place, value)), key=value)
            for value in values
        ]
        name = text(f"{front.say.axis(axis)}: {own}" if own else front.say.axis(axis), "title_small", lines=1)
        views.append(
            column(
                row(name, width=FILL, padding=(16, 0)),
                scroll(*chips, horizontal=True, gap=8, padding=(16, 4), key="values"),
                width=FILL,
                padding=(0, 6),
                key=f"option {axis}",
            )
        )
    return views


def _nearest(product: Product, sold: list[Product], place: int, value: str) -> Product:
    """Of the products with a value, the one that is otherwise most like this one."""

    def likeness(other: Product) -> tuple[int, int]:
        return sum(a == b for a, b in zip(product.options, other.options, strict=True)), -other.id

    return max((each for each in sold if each.options[place][1] == value), key=likeness)


def _details(front: Front, product: Product) -> View:
    say = front.say
    rows = [(say("brand"), product.brand)]
    rows += [(say.axis(axis), value) for axis, value in product.options if value and axis != "maker"]
    rows += [
        (say("category"), say.category(product.category)),
        (say("warranty"), say.warranty(product)),
        (say("item_number"), str(product.id)),
    ]
    bullets = [
        row(text("•", "body_medium"), text(words, "body_medium", weight=1), width=FILL, gap=8, align="start")
        for words in say.bullets(product)
    ]
    table = [
        row(
            text(name, "body_medium", "on_surface_variant", weight=2),
            text(value, "body_medium", weight=3),
            width=FILL,
            gap=8,
            padding=(0, 6),
        )
        for name, value in rows
    ]
    return column(
        text(say("about"), "title_medium", padding=(0, 8)),
        *bullets,
        text(say("details"), "title_medium", padding=(0, 16, 0, 4)),
        *table,
        width=FILL,
        gap=4,
        padding=(16, 8),
    )


def _reviews(front: Front, product: Product) -> View:
    opinions = [
        column(row(*(icon("star", 16, STAR) for _ in range(stars))), text(words, "body_medium"), width=FILL, gap=2)
        for stars, words in front.say.opinions(product)
    ]
    return column(
        divider(),
        text(front.say("reviews_title"), "title_medium", padding=(0, 8, 0, 0)),
        *opinions,
        width=FILL,
        gap=8,
        padding=(16, 8),
    )
