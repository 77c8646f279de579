"""Everything that the shops say, in English and Spanish; names of products are the same in both."""

from palaestra.envs.android.web.catalogue import Product

LANGUAGES = ("en", "es")
"""By the number of the knob ``language``."""

_SAID: dict[str, tuple[str, str]] = {
    "search": ("Search", "Buscar"),
    "search_in": ("Search {shop}", "Buscar en {shop}"),
    "menu": ("Menu", "Menú"),
    "account": ("Account", "Cuenta"),
    "cart": ("Cart", "Carrito"),
    "cart_items": ("Cart, {count} items", "Carrito, {count} artículos"),
    "cart_items_one": ("Cart, 1 item", "Carrito, 1 artículo"),
    "hero": ("Season’s best, at low prices", "Lo mejor de la temporada, a buen precio"),
    "hero_more": ("Deals on {category}, this week only", "Ofertas en {category}, solo esta semana"),
    "shop_deals": ("Shop deals", "Ver ofertas"),
    "categories": ("Shop by category", "Compra por categoría"),
    "all_categories": ("All categories", "Todas las categorías"),
    "deals": ("Today’s deals", "Ofertas de hoy"),
    "for_you": ("Picked for you", "Elegido para ti"),
    "see_all": ("See all", "Ver todo"),
    "results": ("{count} results for “{query}”", "{count} resultados para «{query}»"),
    "results_one": ("1 result for “{query}”", "1 resultado para «{query}»"),
    "corrected": ("Showing results for ", "Mostrando resultados para "),
    "instead": (" instead of “{query}”", " en lugar de «{query}»"),
    "nothing": ("No results for “{query}”", "No hay resultados para «{query}»"),
    "nothing_asked": ("What are you looking for?", "¿Qué estás buscando?"),
    "nothing_filtered": ("Nothing matches these filters", "Nada coincide con estos filtros"),
    "clear": ("Clear filters", "Quitar filtros"),
    "check": ("Check the spelling or use fewer words.", "Revisa la ortografía o usa menos palabras."),
    "popular": ("Popular searches", "Búsquedas populares"),
    "best": ("Best match", "Relevancia"),
    "low": ("Price: low to high", "Precio: menor a mayor"),
    "high": ("Price: high to low", "Precio: mayor a menor"),
    "rated": ("Top rated", "Mejor valorados"),
    "sale": ("On sale", "En oferta"),
    "four": ("4 stars & up", "4 estrellas o más"),
    "under": ("Under {price}", "Menos de {price}"),
    "sponsored": ("Sponsored", "Patrocinado"),
    "was": ("Was {price}", "Antes {price}"),
    "reviews": ("({count})", "({count})"),
    "free": ("Free delivery", "Envío gratis"),
    "delivery": ("Delivery {price}", "Envío {price}"),
    "pickup": ("Free pickup today", "Recogida gratis hoy"),
    "previous": ("Previous", "Anterior"),
    "next": ("Next", "Siguiente"),
    "page": ("Page {page} of {pages}", "Página {page} de {pages}"),
    "add": ("Add to cart", "Añadir al carrito"),
    "buy": ("Buy now", "Comprar ahora"),
    "added": ("Added to cart", "Añadido al carrito"),
    "view_cart": ("View cart", "Ver carrito"),
    "picture": ("Picture {number}", "Imagen {number}"),
    "about": ("About this item", "Sobre este artículo"),
    "details": ("Details", "Detalles"),
    "reviews_title": ("Customer reviews", "Opiniones"),
    "related": ("Related items", "Artículos relacionados"),
    "cart_title": ("Your cart", "Tu carrito"),
    "cart_empty": ("Your cart is empty", "Tu carrito está vacío"),
    "continue": ("Continue shopping", "Seguir comprando"),
    "remove": ("Remove", "Eliminar"),
    "more": ("Increase quantity", "Aumentar cantidad"),
    "less": ("Decrease quantity", "Reducir cantidad"),
    "subtotal": ("Subtotal ({count} items)", "Subtotal ({count} artículos)"),
    "subtotal_one": ("Subtotal (1 item)", "Subtotal (1 artículo)"),
    "checkout": ("Checkout", "Finalizar compra"),
    "sign_in": ("Sign in", "Iniciar sesión"),
    "sign_out": ("Sign out", "Cerrar sesión"),
    "signed_in": ("Signed in as {user}", "Sesión iniciada como {user}"),
    "email": ("Email", "Correo electrónico"),
    "password": ("Password", "Contraseña"),
    "missing": ("Enter an email address and a password", "Escribe un correo y una contraseña"),
    "lost": ("We can’t find that page", "No encontramos esa página"),
    "lost_more": ("It may have moved, or the item is no longer sold.", "Puede que ya no se venda o se haya movido."),
    "go_home": ("Go to the home page", "Ir a la página principal"),
    "help": ("Help", "Ayuda"),
    "help_more": (
        "Search for a product above, or browse the categories. Items in your cart stay there until you remove them.",
        "Busca un producto arriba o mira las categorías. El carrito se conserva hasta que elimines los artículos.",
    ),
    "item_number": ("Item number", "Número de artículo"),
    "brand": ("Brand", "Marca"),
    "category": ("Category", "Categoría"),
    "warranty": ("Warranty", "Garantía"),
    "years": ("{count} years", "{count} años"),
    "years_one": ("1 year", "1 año"),
}

_CATEGORIES: dict[str, tuple[str, str]] = {
    "laptops": ("Laptops", "Portátiles"),
    "desktops": ("Desktops", "Ordenadores"),
    "monitors": ("Monitors", "Monitores"),
    "headphones": ("Headphones", "Auriculares"),
    "speakers": ("Speakers", "Altavoces"),
    "keyboards": ("Keyboards", "Teclados"),
    "mice": ("Mice", "Ratones"),
    "cables": ("Cables", "Cables"),
    "batteries": ("Batteries", "Pilas"),
    "phones": ("Phones", "Teléfonos"),
    "tablets": ("Tablets", "Tabletas"),
    "televisions": ("TV & Video", "Televisión"),
    "cameras": ("Cameras", "Cámaras"),
    "gaming": ("Gaming", "Videojuegos"),
    "networking": ("Networking", "Redes"),
    "storage": ("Storage", "Discos"),
    "accessories": ("Accessories", "Accesorios"),
    "smart_home": ("Smart Home", "Domótica"),
    "appliances": ("Appliances", "Electrohogar"),
    "kitchen": ("Kitchen", "Cocina"),
    "furniture": ("Furniture", "Muebles"),
    "home": ("Home", "Hogar"),
    "office": ("Office", "Oficina"),
    "toys": ("Toys", "Juguetes"),
    "beauty": ("Beauty", "Belleza"),
    "health": ("Health", "Salud"),
    "tools": ("Tools", "Bricolaje"),
    "garden": ("Garden", "Jardín"),
    "sports": ("Sports", "Deportes"),
    "outdoors": ("Outdoors", "Aire libre"),
    "clothing": ("Clothing", "Ropa"),
    "grocery": ("Grocery", "Alimentos"),
    "pets": ("Pets", "Mascotas"),
    "automotive": ("Automotive", "Automóvil"),
    "books": ("Books", "Libros"),
    "gift_cards": ("Gift Cards", "Tarjetas regalo"),
}

_AXES: dict[str, tuple[str, str]] = {
    "colour": ("Color", "Color"),
    "metal": ("Finish", "Acabado"),
    "memory": ("Memory", "Memoria"),
    "disk": ("Storage", "Almacenamiento"),
    "chip": ("Processor", "Procesador"),
    "graphics": ("Graphics", "Gráficos"),
    "state": ("Condition", "Estado"),
    "pack": ("Pack size", "Paquete"),
    "length": ("Length", "Longitud"),
    "switches": ("Switches", "Interruptores"),
    "kind": ("Model", "Modelo"),
    "line": ("Line", "Línea"),
    "maker": ("Brand", "Marca"),
    "style": ("Style", "Estilo"),
    "size": ("Size", "Tamaño"),
    "panel": ("Display", "Pantalla"),
    "rate": ("Refresh rate", "Frecuencia"),
    "model": ("Fits", "Compatible con"),
    "amount": ("Amount", "Importe"),
    "art": ("Design", "Diseño"),
}

_POINTS: dict[str, tuple[str, str]] = {
    "chip": ("{value} processor: quick at work, calm at play", "Procesador {value}: rápido y silencioso"),
    "memory": ("{value} of memory for many open windows", "{value} de memoria para muchas ventanas abiertas"),
    "disk": ("{value} for photos, films and documents", "{value} para fotos, películas y documentos"),
    "graphics": ("{value} graphics for smooth pictures", "Gráficos {value} para imágenes fluidas"),
    "switches": ("{value} with an even feel", "{value} de tacto uniforme"),
    "rate": ("{value}: moving pictures stay sharp", "{value}: imágenes nítidas en movimiento"),
    "panel": ("{value} picture with even light", "Imagen {value} con luz uniforme"),
    "length": ("{value} long", "{value} de largo"),
    "pack": ("{value} in one pack", "{value} en un paquete"),
    "model": ("Made to fit {value}", "Hecho para {value}"),
    "size": ("Size: {value}", "Tamaño: {value}"),
    "colour": ("Comes in {value}", "En color {value}"),
    "metal": ("Finished in {value}", "Acabado {value}"),
    "state": ("Condition: {value}", "Estado: {value}"),
    "amount": ("Worth {value}, never expires", "Valor de {value}, no caduca"),
}
"""What is said of a value of an axis."""
POINTS = 3
"""Most of them for one product."""

_BULLETS: tuple[tuple[str, str], ...] = (
    ("Made to last: tested for everyday use at home and on the way", "Hecho para durar, en casa y en camino"),
    ("Easy to set up, with a short printed guide in the box", "Fácil de usar, con una guía breve en la caja"),
    ("Packed without plastic, in a box of recycled card", "Embalado sin plástico, en cartón reciclado"),
    ("A favourite of our customers in its category", "Uno de los favoritos en su categoría"),
    ("Free returns within 30 days, no questions asked", "Devolución gratuita en 30 días"),
    ("Checked by hand before it leaves our warehouse", "Revisado a mano antes de salir del almacén"),
)
_OPINIONS: tuple[tuple[str, str], ...] = (
    ("Does what it says. Would buy again.", "Cumple lo que promete. Lo compraría otra vez."),
    ("Arrived two days early and works well.", "Llegó dos días antes y funciona bien."),
    ("Good value for the price.", "Buena relación calidad-precio."),
    ("Fine, but I expected a better finish.", "Está bien, pero esperaba mejor acabado."),
    ("A present for my sister; she loves it.", "Regalo para mi hermana; le encanta."),
)


class Wording:
    """What a shop says in one language.

    Args:
        language: index in ``LANGUAGES``; a number that has none means English.
    """

    __slots__ = ("_language",)

    def __init__(self, language: int):
        self._language = language if 0 <= language < len(LANGUAGES) else 0

    def __call__(self, key: str, **values: object) -> str:
        """A text by name, its gaps filled; for a count of one there may be another text."""
        if values.get("count") == 1:
            key = f"{key}_one"
        return _SAID[key][self._language].format(**values)

    def category(self, name: str) -> str:
        """A category's name."""
        return _CATEGORIES[name][self._language]

    def axis(self, name: str) -> str:
        """The name of what a product can be chosen by."""
        return _AXES[name][self._language]

    def bullets(self, product: Product) -> list[str]:
        """What is said for a product, first of its own options."""
        own = [
            _POINTS[axis][self._language].format(value=value)
            for axis, value in product.options
            if value and axis in _POINTS
        ]
        general = [_BULLETS[(product.id * 7 + step) % len(_BULLETS)][self._language] for step in (0, 2)]
        return own[:POINTS] + general

    def opinions(self, product: Product) -> list[tuple[int, str]]:
        """Two customers' stars and words."""
        best = min(5, round(product.rating / 10) + 1)
        picks = [(product.id * 3 + step) % len(_OPINIONS) for step in (0, 2)]
        return [(best - step, _OPINIONS[pick][self._language]) for step, pick in enumerate(picks)]

    def warranty(self, product: Product) -> str:
        """Of a product: one to three years."""
        return self("years", count=1 + product.id % 3)


def money(cents: int) -> str:
    """$1,299.99."""
    return f"${cents / 100:,.2f}"
