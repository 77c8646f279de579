"""The families of everything else that the shops sell: accessories, and goods of brands that don't exist."""

from palaestra.envs.android.web.catalogue_families import Family

COUNT, GOODS = 26, 13
"""Products of a family of electronics or accessories, and of other goods."""
ACCESSORY = 0.55
"""Relevance of accessories: a sleeve for a laptop must not come before the laptop."""

_BRANDS = {
    "appliances": "Hearthwell|Norvik|Kelmont|Aquila Home",
    "kitchen": "Cuisolle|Marlow & Finch|Panora|Stonegate|Brevo",
    "furniture": "Oakhaven|Lundby|Casa Verano|Timberly",
    "home": "Lumara|Cotton Harbor|Fernhill|Dwellio",
    "office": "Paperline|Deskmate Pro|Inkwell|Staplehurst",
    "toys": "Brickaroo|Tumbletop|Little Comet|Puzzlewood",
    "beauty": "Velora|Maison Lys|Pure Petal|Glowbird",
    "health": "Vitalia|Fitnova|Carewell|Everpulse",
    "tools": "Ironclad|Torqline|Maker's Choice|Boltwright",
    "garden": "Greenacre|Sunleaf|Terraform|Mossbank",
    "sports": "Apexa|Striden|Courtline|Velocita",
    "outdoors": "Trailmark|Pinecrest|Summit & Sea|Wildhook",
    "clothing": "Thread & Co|Northloom|Bayline|Urbanic",
    "grocery": "Harvest Lane|Golden Bough|Daily Table|Farmgate",
    "pets": "Pawsome|Whiskerly|Barkwell|Tailwind",
    "automotive": "Roadmaster|Autoline|Drivewell|Torqline",
    "books": "Lanternlight|Meridian|Fable House|Northstar",
    "smart_home": "Homeloop|Nestor|Brightpoint|Sentri",
    "networking": "Netwave|Linkhaus|Skybridge|Routely",
    "storage": "Datavault|Stonedisk|Flashbyte|Memora",
    "gaming": "Arcadia|Pixelforge|Nightjar|Playvolt",
    "cameras": "Optiview|Lumigraph|Framewell|Clarion",
    "televisions": "Vistara|Clearwave|Panavox|Lumigraph",
    "tablets": "Slatewell|Padora|Tabulo|Inkwell",
    "phones": "Callio|Fonera|Simplex|Mobilo",
    "desktops": "Corewright|Boxmate|Pixelforge|Officio",
    "monitors": "Clearwave|Panavox|Viewmate|Officio",
    "accessories": "Snugwell|Caseworks|Urban Armour|Feltly",
}
"""Category -> its brands, all invented."""

_STYLES = {
    "beauty": "Matte|Satin|Natural|Long Wear|Hydrating|Radiant",
    "books": "Illustrated|Complete|Pocket|Revised|Classic|Beginner's",
    "grocery": "Organic|Classic|Original|Low Sodium|Family Size|Whole Grain",
    "clothing": "Slim Fit|Classic|Relaxed|Everyday|Lightweight|Premium",
    "toys": "Junior|Deluxe|Mega|Classic|Wooden|Travel",
}
_COMMON_STYLES = "Classic|Essential|Deluxe|Compact|Pro|Premium"

_COLOURS = "colour"
_GOODS = """
appliances|Refrigerator|fridge|549|2499|18 cu ft,22 cu ft,25 cu ft,28 cu ft
appliances|Dishwasher|dishwasher|329|1199|24 inch,18 inch,Portable
appliances|Washing Machine|washing-machine|399|1399|3.5 cu ft,4.5 cu ft,5.0 cu ft
appliances|Vacuum Cleaner|vacuum|59|599|Upright,Canister,Cordless,Robot
appliances|Air Purifier|air-purifier|49|349|Small Room,Medium Room,Large Room
appliances|Space Heater|radiator|29|149|750W,1000W,1500W
kitchen|Coffee Maker|coffee-maker|29|249|5 Cup,10 Cup,12 Cup
kitchen|Blender|blender|24|399|600W,900W,1200W
kitchen|Toaster|toaster|19|129|2 Slice,4 Slice
kitchen|Air Fryer|pot-steam|49|249|3 Quart,5 Quart,8 Quart
kitchen|Frying Pan|pot-outline|15|89|8 inch,10 inch,12 inch
kitchen|Knife Set|knife|19|299|5 Piece,8 Piece,15 Piece
kitchen|Kettle|kettle|19|99|1 Liter,1.5 Liter,1.7 Liter
kitchen|Stand Mixer|bowl-mix|99|499|4 Quart,5 Quart,6 Quart
kitchen|Dinnerware Set|silverware-fork-knife|29|159|12 Piece,16 Piece,24 Piece
kitchen|Water Bottle|bottle-soda-classic|9|45|18 oz,24 oz,32 oz
furniture|Sofa|sofa|299|1899|Two Seat,Three Seat,Sectional
furniture|Office Chair|chair-rolling|69|499|Mesh,Fabric,Leather
furniture|Standing Desk|desk|149|799|40 inch,48 inch,60 inch
furniture|Bookshelf|bookshelf|39|249|3 Tier,4 Tier,5 Tier
furniture|Dining Table|table-furniture|149|999|4 Seat,6 Seat,8 Seat
furniture|Bed Frame|bed-king-outline|119|899|Twin,Full,Queen,King
home|Table Lamp|lamp|19|129|Small,Medium,Large
home|Bed Sheet Set|bed|19|149|Twin,Full,Queen,King
home|Pillow|bed-outline|9|89|Standard,Queen,King
home|Curtains|curtains|15|99|63 inch,84 inch,96 inch
home|Area Rug|rug|29|399|4x6,5x8,8x10
home|Wall Clock|clock-outline|12|79|10 inch,12 inch,16 inch
home|Bath Towel Set|paper-roll-outline|14|79|2 Piece,4 Piece,6 Piece
office|Printer|printer|59|449|Inkjet,Laser,Photo
office|Ball Pens|pen|3|29|12 Count,24 Count,60 Count
office|Copy Paper|file-document-outline|6|59|1 Ream,3 Reams,10 Reams
office|Notebook|notebook|3|29|A6,A5,A4
office|Paper Shredder|text-box-remove-outline|35|249|6 Sheet,10 Sheet,16 Sheet
office|Desk Organizer|inbox|9|49|3 Tray,4 Tray,6 Tray
office|Whiteboard|presentation|19|199|24x18,36x24,48x36
toys|Building Blocks|toy-brick|12|149|100 Piece,500 Piece,1000 Piece
toys|Jigsaw Puzzle|puzzle|8|39|300 Piece,500 Piece,1000 Piece
toys|Board Game|dice-multiple|14|79|2 Player,4 Player,6 Player
toys|Toy Train|train|15|129|Starter,Freight,Express
toys|Doll|human-female|12|79|12 inch,14 inch,18 inch
toys|Teddy Bear|teddy-bear|9|59|10 inch,16 inch,24 inch
toys|Kite|kite|9|45|Small,Medium,Large
beauty|Lipstick|lipstick|7|45|Rose,Coral,Ruby,Nude
beauty|Mascara|eye-outline|7|38|Black,Brown,Waterproof
beauty|Foundation|bottle-tonic|9|59|Fair,Light,Medium,Deep
beauty|Blush|flower-outline|7|42|Peach,Pink,Berry
beauty|Eyeshadow Palette|palette|12|69|6 Shades,12 Shades,24 Shades
beauty|Shampoo|bottle-tonic-outline|5|39|8 oz,16 oz,32 oz
beauty|Hair Dryer|hair-dryer|19|249|1200W,1600W,1875W
health|Electric Toothbrush|toothbrush-electric|19|199|1 Brush,2 Brushes,4 Brushes
health|Vitamin C Tablets|pill|6|35|60 Count,120 Count,250 Count
health|Blood Pressure Monitor|heart-pulse|24|99|Wrist,Upper Arm
health|Fitness Tracker|watch|29|199|Small,Medium,Large
health|Bathroom Scale|scale-bathroom|15|89|Glass,Steel,Smart
tools|Cordless Drill|screwdriver|39|249|12V,18V,20V
tools|Hammer|hammer|9|49|12 oz,16 oz,20 oz
tools|Step Ladder|ladder|39|299|6 ft,8 ft,12 ft
tools|Socket Set|wrench|19|249|40 Piece,94 Piece,170 Piece
tools|Tape Measure|tape-measure|5|35|12 ft,16 ft,25 ft
tools|Lumber Board|view-parallel|3|29|2x4x8,2x6x8,4x4x8
tools|Circular Saw|saw-blade|49|279|6.5 inch,7.25 inch,8 inch
garden|Chainsaw|saw-blade|99|499|12 inch,14 inch,18 inch
garden|Snow Blower|snowflake|299|1499|1000 Watt,1500 Watt,2000 Watt
garden|Lawn Mower|mower|149|899|16 inch,20 inch,21 inch
garden|Garden Hose|sprinkler|14|79|25 ft,50 ft,100 ft
garden|Flower Pot|flower|5|59|6 inch,10 inch,14 inch
garden|Grill|grill|89|899|2 Burner,3 Burner,4 Burner
sports|Yoga Mat|yoga|12|79|4 mm,6 mm,10 mm
sports|Dumbbell Set|dumbbell|19|349|10 lb,25 lb,50 lb
sports|Basketball|basketball|12|69|Size 5,Size 6,Size 7
sports|Mountain Bike|bike|249|1499|24 inch,26 inch,29 inch
sports|Tennis Racket|tennis|19|229|Junior,Adult,Tour
sports|Treadmill|run|299|1999|2.0 HP,2.5 HP,3.0 HP
outdoors|Tent|tent|49|449|2 Person,4 Person,6 Person
outdoors|Sleeping Bag|bed-empty|29|229|30 F,20 F,0 F
outdoors|Beach Chair|beach|19|99|Low,High,Lounge
outdoors|Beach Umbrella|umbrella-beach|19|119|6 ft,7 ft,8 ft
outdoors|Beach Cooler|cube-outline|24|299|24 Can,48 Can,72 Can
outdoors|Beach Tote Bag|bag-personal|12|69|Small,Medium,Large
outdoors|Beach Towel|beach|9|49|30x60,36x70,40x72
clothing|T-Shirt|tshirt-crew|8|39|S,M,L,XL
clothing|Running Shoes|shoe-sneaker|35|169|Size 8,Size 9,Size 10,Size 11
clothing|Rain Jacket|coat-rack|29|199|S,M,L,XL
clothing|Beach Hat|hat-fedora|12|49|S,M,L
clothing|Beach Sandals|shoe-sneaker|14|79|Size 7,Size 8,Size 9
clothing|Wool Socks|shoe-cleat|6|29|3 Pairs,6 Pairs,10 Pairs
clothing|Jeans|human|24|119|30x32,32x32,34x32
grocery|Ground Coffee|coffee|6|35|12 oz,24 oz,48 oz
grocery|Green Tea|tea|3|25|20 Bags,40 Bags,100 Bags
grocery|Olive Oil|bottle-wine|7|49|500 ml,1 Liter,3 Liters
grocery|Pasta|pasta|1|19|1 lb,3 lb,6 lb
grocery|Mixed Nuts|peanut|7|39|16 oz,32 oz,48 oz
grocery|Sparkling Water|bottle-soda|4|25|8 Cans,12 Cans,24 Cans
grocery|Granola Bars|food-variant|3|24|6 Bars,12 Bars,36 Bars
pets|Dog Food|dog|12|79|5 lb,15 lb,30 lb
pets|Cat Litter|cat|9|45|10 lb,20 lb,40 lb
pets|Dog Bed|dog-side|19|149|Small,Medium,Large
pets|Fish Tank|fishbowl|25|299|5 Gallon,10 Gallon,20 Gallon
automotive|Car Phone Mount|car|9|49|Vent,Dash,Windshield
automotive|Motor Oil|oil|14|59|1 Quart,5 Quarts,6 Quarts
automotive|Tire Inflator|car-tire-alert|29|149|12V,20V
automotive|Floor Mats|car-seat|19|149|2 Piece,4 Piece
books|Cookbook|book-open-variant|9|45|Paperback,Hardcover,Spiral
books|Mystery Novel|book|6|29|Paperback,Hardcover,Large Print
books|Travel Guide|map|9|35|Europe,Asia,Americas
books|Children's Story Book|book-variant|5|25|Ages 2-4,Ages 4-6,Ages 6-8
smart_home|Video Doorbell|doorbell-video|49|249|Wired,Battery,Dual Camera
smart_home|Smart Bulb|lightbulb-outline|8|89|1 Pack,2 Pack,4 Pack
smart_home|Smart Plug|power-plug|9|59|1 Pack,2 Pack,4 Pack
smart_home|Security Camera|cctv|29|349|1 Camera,2 Cameras,4 Cameras
smart_home|Thermostat|thermostat|59|249|Basic,Learning,With Sensor
networking|Wireless Router|router-wireless|39|399|AC1200,AX1800,AX6000
networking|Mesh System|access-point-network|99|599|1 Unit,2 Units,3 Units
networking|Network Switch|switch|15|199|5 Port,8 Port,16 Port
networking|Cable Modem|router-network|59|249|DOCSIS 3.0,DOCSIS 3.1
storage|External Hard Drive|harddisk|45|259|1TB,2TB,4TB,8TB
storage|Solid State Drive|harddisk|29|499|250GB,500GB,1TB,2TB
storage|Flash Drive|usb-flash-drive|5|69|32GB,64GB,128GB,256GB
storage|Memory Card|sd|7|129|32GB,64GB,128GB,256GB
gaming|Game Controller|gamepad-variant|24|99|Wired,Wireless,Elite
gaming|Gaming Chair|chair-rolling|99|449|Standard,Tall,Wide
gaming|Racing Wheel|steering|79|399|Starter,Sport,Force Feedback
gaming|Game Console|gamepad-square|199|599|500GB,1TB,2TB
cameras|Digital Camera|camera|149|1299|16 MP,20 MP,24 MP
cameras|Action Camera|camera-wireless|79|449|1080p,4K,5K
cameras|Camera Lens|camera-iris|99|1199|35 mm,50 mm,85 mm
cameras|Tripod|camera-control|19|199|50 inch,60 inch,72 inch
cameras|Webcam|webcam|19|199|720p,1080p,4K
televisions|Soundbar|soundbar|69|699|2.0,2.1,5.1
televisions|Streaming Stick|cast|24|99|HD,4K,4K Max
televisions|Projector|projector|79|1299|720p,1080p,4K
tablets|E-Reader|book-open-page-variant|79|299|8GB,16GB,32GB
tablets|Drawing Tablet|draw|39|399|6 inch,10 inch,13 inch
phones|Cordless Phone|phone-classic|24|129|1 Handset,2 Handsets,3 Handsets
phones|Phone Charger|power-plug|9|49|12W,20W,30W
desktops|Mini PC|desktop-classic|179|799|8GB,16GB,32GB
monitors|Portable Monitor|monitor|99|399|13 inch,15 inch,17 inch
"""
_ACCESSORIES = """
Sleeve|briefcase|15|49|MacBook,MacBook Air,MacBook Pro,Dell XPS,Lenovo ThinkPad,ASUS ZenBook
Laptop Stand|laptop|19|79|MacBook,Razer Blade,Acer Nitro,ASUS ROG
Carrying Case|bag-suitcase|12|39|JBL Charge 4,JBL Flip 4,Bose SoundLink,Bose SoundLink Mini,Beats Solo 3
Silicone Cover|shield-half-full|8|25|Apple AirPods,Apple AirPods Pro,Galaxy Phone,Apple iPhone
Ear Cushions|headphones|9|29|Bose QuietComfort 35,Beats Solo 3,Razer Kraken,Logitech G933
Replacement Keycaps|keyboard-variant|12|39|Corsair K70,Razer BlackWidow,Razer Huntsman,Logitech G910
Mouse Grip Tape|mouse|7|19|Logitech G502,Logitech G Pro,Razer DeathAdder,Razer Naga
"""
_DEVICES = """
iphone|Apple|phones|iPhone {kind}, {disk}, {state} - {metal}|8/XR/11/12/13/14|199|1299
galaxy|Samsung|phones|Galaxy {kind} Phone, {disk}, {state} - {colour}|A14/A54/S21/S22/S23|149|1199
ipad|Apple|tablets|iPad {kind}, {disk}, {state} - {metal}|9th Gen/10th Gen/Mini/Air/Pro|279|1399
galaxy-tab|Samsung|tablets|Galaxy Tab {kind}, {disk}, {state}|A7/A8/S7/S8|139|899
switch|Nintendo|gaming|Switch {kind} Console, {state} - {colour}|Lite/Standard/OLED|159|399
playstation|Sony|gaming|PlayStation {kind} Console, {disk}, {state}|4/4 Pro/5|199|599
xbox|Microsoft|gaming|Xbox {kind} Console, {disk}, {state}|One/Series S/Series X|199|599
surface|Microsoft|laptops|Surface {kind}, {memory}, {disk}|Go 3/Laptop 4/Pro 8/Book 3|399|2299
echo|Amazon|smart_home|Echo {kind} Smart Speaker, {state} - {colour}|Dot/Show 5/Show 8/Studio|19|249
"""


def other_families() -> tuple[Family, ...]:
    """All families but the named ones."""
    return (*_electronics(), *map(_goods, _GOODS.split("\n")[1:-1]), *map(_accessory, _ACCESSORIES.split("\n")[1:-1]))


def _goods(line: str) -> Family:
    category, noun, glyph, low, high, sizes = line.split("|")
    axes = {
        "maker": tuple(_BRANDS[category].split("|")),
        "style": tuple(_STYLES.get(category, _COMMON_STYLES).split("|")),
        "size": tuple(sizes.split(",")),
    }
    coloured = category in ("clothing", "furniture", "home", "kitchen", "outdoors")
    pattern = f"{{maker}} {{style}} {noun}, {{size}}" + (" - {colour}" if coloured else "")
    key = noun.lower().replace(" ", "-").replace("'", "")
    return Family(key, "", category, glyph, pattern, (int(low), int(high)), GOODS, axes=axes)


def _accessory(line: str) -> Family:
    noun, glyph, low, high, models = line.split("|")
    axes = {"maker": tuple(_BRANDS["accessories"].split("|")), "model": tuple(models.split(","))}
    key = f"accessory-{noun.lower().replace(' ', '-')}"
    pattern = f"{{maker}} {noun} for {{model}} - {{colour}}"
    return Family(key, "", "accessories", glyph, pattern, (int(low), int(high)), COUNT, ACCESSORY, axes)


def _electronics() -> tuple[Family, ...]:
    sizes = ("32 inch", "43 inch", "50 inch", "55 inch", "65 inch", "75 inch")
    panel = {"size": sizes, "panel": ("HD", "Full HD", "4K UHD", "QLED 4K"), "state": ("Open Box", "New")}
    made = [
        Family(
            f"{brand.lower()}-tv",
            brand,
            "televisions",
            "television",
            f"{brand} {{size}} {{panel}} Smart TV, {{state}}",
            (low, high),
            COUNT,
            axes=panel,
        )
        for brand, low, high in (
            ("Samsung", 229, 1999),
            ("LG", 219, 2199),
            ("Sony", 299, 2499),
            ("TCL", 149, 1299),
            ("Vizio", 159, 1399),
            ("Hisense", 149, 1199),
        )
    ]
    return (*made, *map(_device, _DEVICES.split("\n")[1:-1]))


def _device(line: str) -> Family:
    key, brand, category, pattern, kinds, low, high = line.split("|")
    axes = {
        "kind": tuple(kinds.split("/")),
        "disk": ("64GB", "128GB", "256GB", "512GB"),
        "state": ("Refurbished", "Open Box", "New"),
    }
    shape = {"phones": "phone", "tablets": "tablet", "laptops": "laptop"}.get(category, "box")
    return Family(key, brand, category, shape, f"{brand} {pattern}", (int(low), int(high)), COUNT, axes=axes)
