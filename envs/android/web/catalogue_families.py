"""The families that shopping instructions ask for by name, and their confusable neighbours.

A family is a pattern of names with axes; the catalogue draws distinct combinations of the axes' values. Model names are
those that the instructions quote; what is offered of each (colours, sizes, bundles, prices) is invented.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

Axes = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of product.

    Attributes:
        key: its name in the catalogue.
        brand: of all its products.
        category: a name of ``CATEGORIES``.
        shape: of the picture.
        pattern: of the name, with axes in braces.
        prices: lowest and highest, in whole dollars.
        count: number of products.
        weight: of its products' relevance; less for accessories, which are named after what they go with.
        axes: name of an axis -> values from the cheapest on. Others are found in ``AXES``.
    """

    key: str
    brand: str
    category: str
    shape: str
    pattern: str
    prices: tuple[int, int]
    count: int
    weight: float = 1.0
    axes: Axes = field(default_factory=dict)


CATEGORIES: dict[str, str] = {
    "laptops": "laptop",
    "desktops": "desktop-tower",
    "monitors": "monitor",
    "headphones": "headphones",
    "speakers": "speaker",
    "keyboards": "keyboard",
    "mice": "mouse",
    "cables": "usb",
    "batteries": "battery",
    "phones": "cellphone",
    "tablets": "tablet",
    "televisions": "television",
    "cameras": "camera",
    "gaming": "gamepad-variant",
    "networking": "router-wireless",
    "storage": "harddisk",
    "accessories": "briefcase",
    "smart_home": "home-automation",
    "appliances": "fridge",
    "kitchen": "pot-steam",
    "furniture": "sofa",
    "home": "lamp",
    "office": "printer",
    "toys": "toy-brick",
    "beauty": "lipstick",
    "health": "heart-pulse",
    "tools": "hammer",
    "garden": "flower",
    "sports": "basketball",
    "outdoors": "tent",
    "clothing": "tshirt-crew",
    "grocery": "cart",
    "pets": "paw",
    "automotive": "car",
    "books": "book-open-variant",
    "gift_cards": "wallet-giftcard",
}
"""Category -> glyph of its tile."""

AXES: Axes = {
    "colour": ("Black", "White", "Silver", "Blue", "Red", "Grey", "Green", "Rose Gold"),
    "metal": ("Silver", "Space Grey", "Gold"),
    "memory": ("8GB", "16GB", "32GB"),
    "disk": ("256GB", "512GB", "1TB"),
    "chip": ("Core i3", "Core i5", "Core i7", "Core i9"),
    "graphics": ("GTX 1650", "GTX 1660 Ti", "RTX 2060", "RTX 2070", "RTX 2080"),
    "state": ("Refurbished", "Open Box", "New"),
    "pack": ("4 Count", "8 Count", "12 Count", "16 Count", "24 Count", "36 Count", "48 Count"),
    "length": ("1 ft", "3 ft", "6 ft", "10 ft", "15 ft"),
    "switches": ("Brown Switches", "Red Switches", "Blue Switches", "Speed Switches"),
    "bundle": ("", "with Case", "with Warranty", "with Bundle"),
}


def _batteries() -> tuple[Family, ...]:
    lines = {
        "Duracell": ("Coppertop", "Quantum", "Optimum", "Rechargeable"),
        "Energizer": ("Max", "Ultimate Lithium", "Industrial", "Recharge"),
        "Panasonic": ("Platinum Power", "Eneloop", "Industrial", "Super Heavy Duty"),
        "Rayovac": ("High Energy", "Fusion", "UltraPro", "Recharge Plus"),
        "Sony": ("Stamina Plus", "Stamina Platinum", "Cycle Energy", "New Ultra"),
    }
    made = []
    for brand, names in lines.items():
        axes = {"line": names}
        for size, code, count, weight in (("Triple A", "AAA", 24, 1.0), ("Double A", "AA", 14, 0.9)):
            pattern = f"{brand} {{line}} {size} ({code}) Batteries, {{pack}}"
            key = f"{brand.lower()}-{code.lower()}"
            made.append(Family(key, brand, "batteries", "battery", pattern, (4, 32), count, weight, axes))
    return tuple(made)


def _mouse(brand: str, model: str, kinds: str, low: int, high: int, count: int = 24) -> Family:
    axes = {"kind": tuple(kinds.split("|"))}
    pattern = f"{brand} {model} {{kind}} Mouse, {{state}} - {{colour}}"
    return Family(_key(brand, model), brand, "mice", "mouse", pattern, (low, high), count, axes=axes)


def _keyboard(brand: str, model: str, kinds: str, low: int, high: int, count: int = 24) -> Family:
    axes = {"kind": tuple(kinds.split("|"))}
    pattern = f"{brand} {model} {{kind}} Keyboard, {{switches}} - {{state}}"
    return Family(_key(brand, model), brand, "keyboards", "keyboard", pattern, (low, high), count, axes=axes)


def _headset(
    brand: str, model: str, kinds: str, low: int, high: int, count: int = 24, shape: str = "headset"
) -> Family:
    axes = {"kind": tuple(kinds.split("|"))}
    pattern = f"{brand} {model} {{kind}}, {{state}} - {{colour}}"
    return Family(_key(brand, model), brand, "headphones", shape, pattern, (low, high), count, axes=axes)


def _speaker(brand: str, model: str, kinds: str, low: int, high: int, count: int = 24) -> Family:
    axes = {"kind": tuple(kinds.split("|"))}
    pattern = f"{brand} {model} {{kind}}, {{state}} - {{colour}}"
    return Family(_key(brand, model), brand, "speakers", "speaker", pattern, (low, high), count, axes=axes)


def _laptop(brand: str, model: str, kinds: str, low: int, high: int, count: int = 26) -> Family:
    axes = {"kind": tuple(kinds.split("|"))}
    pattern = f"{brand} {model} {{kind}} Laptop, {{chip}}, {{memory}}, {{disk}} SSD"
    return Family(_key(brand, model), brand, "laptops", "laptop", pattern, (low, high), count, axes=axes)


def _tower(brand: str, model: str, kinds: str, low: int, high: int, count: int = 24) -> Family:
    axes = {"kind": tuple(kinds.split("|"))}
    pattern = f"{brand} {model} {{kind}} Gaming Desktop, {{chip}}, {{memory}}, {{graphics}}"
    return Family(_key(brand, model), brand, "desktops", "tower", pattern, (low, high), count, axes=axes)


def _monitor(brand: str, model: str, sizes: str, low: int, high: int, count: int = 24) -> Family:
    axes = {
        "size": tuple(sizes.split("|")),
        "panel": ("Full HD", "QHD", "4K UHD"),
        "rate": ("75Hz", "144Hz", "165Hz", "240Hz"),
        "kind": ("", "Curved"),
    }
    pattern = f"{brand} {model} {{size}} {{kind}} {{panel}} {{rate}} Monitor, {{state}}"
    return Family(_key(brand, model), brand, "monitors", "monitor", pattern, (low, high), count, axes=axes)


def _apple(key: str, name: str, low: int, high: int, count: int = 26) -> Family:
    pattern = f"Apple {name} Laptop, {{chip}}, {{memory}}, {{disk}} SSD, {{metal}}"
    return Family(key, "Apple", "laptops", "laptop", pattern, (low, high), count)


def _cable(key: str, pattern: str, low: int, high: int, kinds: str, count: int = 26) -> Family:
    makers = ("Corelink", "Wirely", "Nordcable", "Plugmate")
    axes = {"maker": makers, "kind": tuple(kinds.split("|")), "colour": ("Black", "White", "Grey")}
    return Family(key, "", "cables", "cable", pattern, (low, high), count, axes=axes)


def _key(brand: str, model: str) -> str:
    return f"{brand} {model}".lower().replace(" ", "-")


def named_families() -> tuple[Family, ...]:
    """All of them."""
    return (
        *_computers(),
        *_sound(),
        *_desk(),
        *_cables(),
        *_batteries(),
        Family(
            "bestbuy",
            "BestBuy",
            "gift_cards",
            "gift",
            "BestBuy {kind} Gift Card, {amount} - {art}",
            (10, 500),
            26,
            axes={
                "kind": ("Digital", "Printed", "Reloadable"),
                "amount": ("$10", "$25", "$50", "$75", "$100", "$150", "$200", "$500"),
                "art": ("Birthday", "Thank You", "Holiday", "Plain"),
            },
        ),
    )


def _computers() -> tuple[Family, ...]:
    return (
        _apple("macbook", "MacBook 12 inch", 749, 1299, 24),
        _apple("macbook-air", "MacBook Air 13 inch", 799, 1649, 28),
        _apple("macbook-pro-13", "MacBook Pro 13 inch", 999, 2199),
        _apple("macbook-pro-15", "MacBook Pro 15 inch", 1399, 2799),
        _apple("macbook-pro-16", "MacBook Pro 16 inch", 1899, 3499, 14),
        _laptop("Acer", "Nitro", "5 (15.6 inch)|7 (15.6 inch)|5 (17.3 inch)", 649, 1399),
        _laptop("Acer", "Predator", "Helios 300 (15.6 inch)|Helios 500 (17.3 inch)|Triton 500 (15.6 inch)", 999, 2499),
        _laptop("Acer", "Aspire", "3 (14 inch)|5 (15.6 inch)", 349, 899, 12),
        _laptop("Dell", "Alienware", "m15 (15.6 inch)|m17 (17.3 inch)|17 R5 (17.3 inch)", 1299, 3199),
        _tower("Dell Alienware", "Area 51", "R4|R5|R6|R7", 1999, 5499),
        _tower("Dell Alienware", "Aurora", "R8|R9|R10|R11", 1099, 3299),
        _laptop("Dell", "XPS", "13 (13.3 inch)|15 (15.6 inch)|17 (17 inch)|13 2-in-1 (13.4 inch)", 899, 2599, 30),
        _laptop("Dell", "Inspiron", "14 (14 inch)|15 (15.6 inch)", 399, 1099, 14),
        _laptop("ASUS", "ROG", "Zephyrus (14 inch)|Strix (15.6 inch)|Strix (17.3 inch)", 999, 2899, 28),
        _laptop("ASUS", "ZenBook", "13 (13.3 inch)|14 (14 inch)|Flip (15.6 inch)|Duo (15.6 inch)", 699, 1999),
        _laptop("ASUS", "VivoBook", "14 (14 inch)|15 (15.6 inch)", 379, 899, 12),
        _laptop(
            "Lenovo", "ThinkPad", "E15 (15.6 inch)|T14 (14 inch)|X1 Carbon (14 inch)|P53 (15.6 inch)", 649, 2899, 30
        ),
        _laptop("Lenovo", "IdeaPad", "3 (14 inch)|5 (15.6 inch)", 349, 899, 14),
        _laptop("Razer", "Blade", "Stealth (13.3 inch)|15 (15.6 inch)|Pro (17.3 inch)", 1299, 3699),
        _monitor("LG", "UltraGear", "24 inch|27 inch|32 inch|34 inch|38 inch", 199, 1499, 26),
        _monitor("LG", "UltraWide", "29 inch|34 inch", 229, 999, 12),
        _monitor("Samsung", "Odyssey", "27 inch|32 inch", 279, 1199, 12),
    )


def _sound() -> tuple[Family, ...]:
    return (
        _headset("Apple", "AirPods", "2nd Generation|with Charging Case|with Wireless Case", 99, 199, 26, "earbuds"),
        _headset("Apple", "AirPods Pro", "Earbuds|with MagSafe Case|with Wireless Case", 179, 269, 24, "earbuds"),
        _headset("Beats", "Solo 3", "Wireless Headphones|On-Ear Headphones", 129, 229, 26, "headphones"),
        _headset("Beats", "Studio 3", "Wireless Over-Ear Headphones", 179, 349, 10, "headphones"),
        _headset("Beats", "Solo Pro", "Wireless On-Ear Headphones", 199, 299, 10, "headphones"),
        _headset(
            "Bose", "QuietComfort 35", "Wireless Headphones|II Headphones|II Gaming Headset", 179, 349, 26, "headphones"
        ),
        _headset("Bose", "QuietComfort 25", "Wired Headphones", 129, 249, 10, "headphones"),
        _headset("Bose", "SoundSport Free", "Wireless Earbuds|In-Ear Headphones", 99, 199, 24, "earbuds"),
        _headset("Bose", "SoundSport", "Wireless Headphones|Pulse Earbuds", 79, 179, 12, "earbuds"),
        _speaker(
            "Bose",
            "SoundLink",
            "Color Bluetooth Speaker|Revolve Bluetooth Speaker|Micro Bluetooth Speaker",
            79,
            299,
            28,
        ),
        _speaker("Bose", "SoundLink Mini", "II Bluetooth Speaker|Bluetooth Speaker", 119, 199, 26),
        _speaker("JBL", "Charge 4", "Portable Bluetooth Speaker|Waterproof Bluetooth Speaker", 99, 179, 26),
        _speaker("JBL", "Flip 4", "Portable Bluetooth Speaker|Waterproof Bluetooth Speaker", 59, 99, 26),
        _speaker("JBL", "Charge 3", "Portable Bluetooth Speaker", 79, 139, 8),
        _speaker("JBL", "Flip 5", "Portable Bluetooth Speaker", 79, 119, 8),
        _speaker("JBL", "Clip 3", "Portable Bluetooth Speaker", 39, 69, 8),
        _headset("Logitech", "G933", "Artemis Spectrum Headset|Wireless Gaming Headset", 79, 199),
        _headset("Logitech", "G432", "Gaming Headset", 39, 79, 8),
        _headset("Razer", "Kraken", "Gaming Headset|Tournament Headset|X Gaming Headset", 49, 129, 26),
        _headset("Razer", "Nari", "Wireless Headset|Ultimate Headset|Essential Headset", 79, 199),
        _headset("Razer", "Thresher", "Wireless Headset|Tournament Headset|Ultimate Headset", 79, 249),
        _headset("HyperX", "Cloud", "II Gaming Headset|Flight Headset", 59, 159, 12),
    )


def _desk() -> tuple[Family, ...]:
    return (
        _keyboard("Corsair", "K70", "RGB Mechanical|Rapidfire Mechanical|Low Profile Mechanical", 99, 189, 28),
        _keyboard("Corsair", "K95", "RGB Platinum Mechanical", 149, 219, 10),
        _keyboard("Corsair", "K65", "RGB Compact Mechanical", 79, 139, 10),
        _keyboard("Logitech", "G910", "Orion Spark Mechanical|Orion Spectrum RGB", 99, 189),
        _keyboard("Logitech", "G513", "Carbon Mechanical", 99, 159, 10),
        _keyboard("Razer", "BlackWidow", "Chroma Mechanical|Elite Mechanical|Lite Mechanical", 69, 189, 26),
        _keyboard("Razer", "Huntsman", "Elite Optical|Tournament Optical|Mini Optical", 99, 219, 26),
        _keyboard("Razer", "Cynosa", "Chroma Membrane", 39, 79, 8),
        _mouse("Logitech", "G Pro", "Wireless Gaming|Hero Gaming|X Superlight Gaming", 59, 159, 28),
        _mouse("Logitech", "G502", "Hero Gaming|Lightspeed Gaming|Proteus Gaming", 39, 149, 26),
        _mouse("Logitech", "G903", "Lightspeed Gaming|Hero Gaming", 79, 159),
        _mouse("Logitech", "G305", "Lightspeed Gaming", 29, 59, 10),
        _mouse("Logitech", "MX Master 3", "Wireless", 79, 109, 8),
        _mouse("Razer", "DeathAdder", "Elite Gaming|V2 Gaming|Essential Gaming", 29, 99, 26),
        _mouse("Razer", "Naga", "Trinity Gaming|Pro Wireless Gaming|Chroma Gaming", 59, 159),
        _mouse("Razer", "Viper", "Ultimate Gaming|Mini Gaming", 39, 149, 10),
        _mouse("Corsair", "Harpoon", "RGB Gaming", 19, 49, 8),
    )


def _cables() -> tuple[Family, ...]:
    return (
        _cable(
            "usb-a", "{maker} USB-A {kind}, {length} - {colour}", 5, 29, "Extension Cable|Hub|Wall Charger|Car Charger"
        ),
        _cable(
            "usb-b", "{maker} USB-B {kind}, {length} - {colour}", 5, 24, "Printer Cable|Scanner Cable|Upstream Cable"
        ),
        _cable(
            "usb-c", "{maker} USB-C {kind}, {length} - {colour}", 6, 49, "Charging Cable|Hub|Fast Charger|Braided Cable"
        ),
        _cable("usb-a-b", "{maker} USB-A to USB-B {kind}, {length} - {colour}", 4, 19, "Cable|Printer Cable|2.0 Cable"),
        _cable("usb-c-a", "{maker} USB-C to USB-A {kind}, {length} - {colour}", 4, 25, "Cable|Adapter|3.1 Cable"),
        _cable("usb-c-b", "{maker} USB-C to USB-B {kind}, {length} - {colour}", 5, 22, "Cable|Printer Cable|2.0 Cable"),
        _cable("hdmi", "{maker} HDMI {kind}, {length} - {colour}", 5, 39, "2.0 Cable|2.1 Cable|Switch", 24),
        _cable("ethernet", "{maker} Ethernet {kind}, {length} - {colour}", 4, 29, "Cat6 Cable|Cat8 Cable", 20),
        _cable("lightning", "{maker} Lightning {kind}, {length} - {colour}", 6, 29, "Charging Cable|Braided Cable", 20),
    )
