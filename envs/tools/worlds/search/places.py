"""Sentences and questions on regions, towns, bridges and railways."""

from palaestra.envs.tools.worlds.search.relation import Aspect, Relation

REGION = Aspect(
    "region",
    "{}",
    (
        Relation(
            "founded",
            "year",
            "In which year did {} become a region?",
            "the year of foundation of {}",
            (
                "{it} has been a region [of its own/with its own assembly] since {o}.",
                "{it} became a [separate region/region in its own right] in {o}.",
            ),
            1780,
            1860,
        ),
        Relation(
            "governor",
            "person",
            "Who was the first governor of {}?",
            "the first governor of {}",
            (
                "Its first governor was {o}.",
                "The first to govern it was {o}, who [knew the country well/had asked for another post].",
            ),
        ),
        Relation(
            "area",
            "number",
            "How many square kilometres does {} cover?",
            "the area of {}",
            ("It covers {o}[, much of it heath/, most of it forest/].", "Its area is {o}."),
            2100,
            9800,
            "square kilometres",
        ),
        Relation(
            "parishes",
            "number",
            "How many parishes does {} have?",
            "the number of parishes of {}",
            ("It is divided into {o}.", "There are {o} in it[, some of them tiny/]."),
            31,
            240,
            "parishes",
        ),
    ),
    (
        "The [dialect/accent] is soft, and strangers are said to need a [week/month] to follow it.",
        "Sheep outnumber people, and the [roads/lanes] are narrow.",
        "Its [flag/seal] shows a plain [wheatsheaf/oar], which nobody has ever tried to change.",
    ),
    "The region",
)
TOWN = Aspect(
    "town",
    "{}",
    (
        Relation(
            "region",
            "region",
            "In which region does {} lie?",
            "the region of {}",
            (
                "{it} is a [small/quiet/busy] town in {o}.",
                "{it} is a [market/county/walled] town in the [north/south/east/west] of {o}.",
                "{it} lies in {o} and is one of the [older/livelier/poorer] towns there.",
            ),
            plural="towns in {}",
        ),
        Relation(
            "river",
            "river",
            "Which river flows through {}?",
            "the river that flows through {}",
            (
                "{o} [flows/runs] through the middle of it.",
                "{it} was built [where {o} could be forded/on both banks of {o}].",
                "Its [mills/gardens/oldest streets] line the banks of {o}.",
            ),
            plural="towns on {}",
        ),
        Relation(
            "chartered",
            "year",
            "In which year did {} receive its charter?",
            "the year of the charter of {}",
            (
                "{it} [received/was given/was granted] its charter in {o}.",
                "The charter, [sealed/written] in {o}, is kept in [the church/an iron chest].",
            ),
            1180,
            1620,
        ),
        Relation(
            "population",
            "number",
            "How many inhabitants does {} have?",
            "the population of {}",
            (
                "At the last count it had {o}.",
                "{it} has {o}[, fewer than a century ago/, and the number is growing/].",
            ),
            2100,
            64000,
            "inhabitants",
        ),
    ),
    (
        "The market square is paved with [river stones/dark slate] and slopes a little to the [south/east].",
        "Visitors come for the [smoked cheese and plum cakes/cider and woollen blankets], which are sold from carts.",
        "In winter the [fog/snow] can stay for weeks, and the [shops/inns] close early.",
        "Many of the [young/families] move away for work and come back [later/for the holidays].",
        "A ring of [lime trees/allotments] marks where the moat used to be.",
        "The local people are known as [stubborn/thrifty/great singers], a reputation that they [enjoy/deny].",
    ),
    "The town",
)
HISTORY = Aspect(
    "town",
    "History of {}",
    (
        Relation(
            "fire",
            "year",
            "In which year did the great fire of {} break out?",
            "the year of the great fire of {}",
            (
                "Much of {it} burnt down in [the great fire of/a single night of] {o}.",
                "The great fire of {o} destroyed [most/half/a third] of {it}.",
            ),
            1790,
            1900,
        ),
        Relation(
            "rebuilder",
            "person",
            "Who planned the new streets of {} after the great fire?",
            "the planner of the new streets of {}",
            (
                "The new streets were [planned/laid out] by {o}.",
                "It was {o} who [drew the plan of/laid out] the new streets.",
            ),
        ),
        Relation(
            "walls",
            "year",
            "In which year were the walls of {} pulled down?",
            "the year of demolition of the walls of {}",
            (
                "The [old/last of the] walls were pulled down in {o}.",
                "The walls [stood/remained] until {o}, when they were [sold as building stone/pulled down].",
            ),
            4,
            45,
            after=True,
        ),
        Relation(
            "relief",
            "town",
            "Which town sent bread to the victims of the great fire of {}?",
            "the town that sent bread to the victims of the great fire of {}",
            (
                "The first carts of bread came from {o}.",
                "{o} sent [bread/carts full of bread] [within two days/before anyone had asked].",
            ),
        ),
    ),
    (
        "Nobody ever found out how it had started, though a [baker/candle maker] was blamed.",
        "For [years/a whole winter] families lived in [sheds/tents] outside the gates.",
        "The [registers/parish books] were saved by a [boy/sexton] who threw them into a well.",
        "Houses of [timber/thatch] were forbidden afterwards, a rule that was [often/seldom] broken.",
        "A [poem/ballad] about it is still taught at school.",
    ),
    "the town",
)
HALL = Aspect(
    "town",
    "Town hall of {}",
    (
        Relation(
            "hall architect",
            "person",
            "Who was the architect of the town hall of {}?",
            "the architect of the town hall of {}",
            (
                "The town hall of {it} is the work of {o}.",
                "The town hall of {it} was [built to plans by/designed by] {o}.",
            ),
            plural="town halls designed by {}",
        ),
        Relation(
            "hall finished",
            "year",
            "In which year was the town hall of {} finished?",
            "the year of completion of the town hall of {}",
            (
                "It was finished in {o}[, later than promised/, for once on time/].",
                "The [last stone was laid/scaffolding came down] in {o}.",
            ),
            1800,
            1925,
        ),
        Relation(
            "bell",
            "town",
            "In which town was the bell of the town hall of {} cast?",
            "the town that cast the bell of the town hall of {}",
            (
                "Its bell was cast in {o}.",
                "The bell comes from {o}[, where it was cast in one piece/, where it was cast twice].",
            ),
        ),
        Relation(
            "hall clock",
            "company",
            "Which company paid for the clock of the town hall of {}?",
            "the company that paid for the clock of the town hall of {}",
            (
                "The clock was a gift from {o}.",
                "The clock was paid for by {o}[, whose owners wanted their workers on time/].",
            ),
        ),
        Relation(
            "hall steps",
            "number",
            "How many steps lead up the tower of the town hall of {}?",
            "the number of steps in the tower of the town hall of {}",
            ("There are {o} up to the top of its tower.", "Those who climb {o} can look out from the tower."),
            84,
            390,
            "steps",
        ),
    ),
    (
        "The council meets on the [first/upper] floor beneath a [painted/carved] ceiling.",
        "The cellar holds [wine/salt/grain], and the vaults are [said to be haunted/let to a restaurant].",
        "Couples who marry there [leave by the side door/plant a tree in the yard].",
        "[Storks/Jackdaws/Swifts] nest on the roof every spring.",
    ),
)
BRIDGE = Aspect(
    "bridge",
    "{}",
    (
        Relation(
            "town",
            "town",
            "In which town is {}?",
            "the town of {}",
            (
                "{it} is [a stone/an iron/a brick] bridge in {o}.",
                "{it} [stands/is to be found] in {o}[, below the old mill/, near the grain market/].",
            ),
            plural="bridges in {}",
        ),
        Relation(
            "opened",
            "year",
            "In which year was {} opened?",
            "the opening year of {}",
            (
                "{it} was opened in {o}.",
                "The first [carts/people] crossed in {o}.",
                "The opening, in {o}, was [celebrated with fireworks/spoilt by rain].",
            ),
            1790,
            1930,
        ),
        Relation(
            "engineer",
            "person",
            "Who designed {}?",
            "the engineer of {}",
            ("{it} was [designed/planned] by {o}.", "The plans were drawn by {o}.", "Its engineer was {o}."),
            plural="bridges designed by {}",
        ),
        Relation(
            "length",
            "number",
            "How many metres long is {}?",
            "the length of {}",
            ("It is {o} long.", "From bank to bank it measures {o}.", "Its length is {o}."),
            24,
            410,
            "metres",
        ),
    ),
    (
        "Its [piers/arches] have [survived every flood/often been repaired], and [moss/ivy] covers the lower courses.",
        "A toll was taken until the [council/people] grew tired of it.",
        "Fishermen sit on the [upstream/downstream] side in all weathers.",
        "At night it is lit by [gas lamps/a row of lamps], which are the pride of the quarter.",
        "Heavy [carts/lorries] are no longer allowed on it.",
    ),
    "The bridge",
)
RAILWAY = Aspect(
    "railway",
    "{}",
    (
        Relation(
            "start",
            "town",
            "In which town does {} begin?",
            "the starting point of {}",
            ("{it} is a railway that begins in {o}.", "{it} is a [single-track/narrow-gauge] railway from {o}."),
        ),
        Relation(
            "end",
            "town",
            "In which town does {} end?",
            "the last station of {}",
            ("Its last station is {o}.", "The trains [end/turn round] in {o}."),
        ),
        Relation(
            "opened",
            "year",
            "In which year was {} opened?",
            "the opening year of {}",
            ("It was opened in {o}.", "The first train ran in {o}[, an hour late/, with flags on the engine/]."),
            1845,
            1930,
        ),
        Relation(
            "builder",
            "company",
            "Which company paid for most of {}?",
            "the company that paid for most of {}",
            ("Most of the money came from {o}.", "{o} paid for most of it[ and regretted it/]."),
            plural="railways paid for mostly by {}",
        ),
        Relation(
            "length",
            "number",
            "How many kilometres long is {}?",
            "the length of {}",
            ("It is {o} long.", "The tracks run for {o}."),
            11,
            240,
            "kilometres",
        ),
    ),
    (
        "There are [two tunnels/a tunnel and a viaduct], and the views are much [praised/photographed].",
        "Trains carry [milk/schoolchildren/timber] in the morning and [tourists/little] for the rest of the day.",
        "It was nearly closed [once/twice], and saved by a petition.",
    ),
    "The line",
)
PLACES = (REGION, TOWN, HISTORY, HALL, BRIDGE, RAILWAY)
