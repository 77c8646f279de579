"""D4RL's families without a world here: their ids, and why."""

_BULLET_KINDS = ("random", "medium", "expert", "medium-expert", "medium-replay")

FAMILIES = {
    "flow": "its traffic runs in SUMO by way of Flow, programs that pip doesn't install",
    "carla": "its roads are drawn by the CARLA simulator, a program of its own that needs a GPU",
    "bullet": "PyBullet's robots have other dynamics than MuJoCo's; in MuJoCo they are halfcheetah-medium-v2 and so on",
    "minigrid": "its actions are discrete and the learners here act in [-1, 1]; the remake minari:D4RL/minigrid/"
    "fourrooms-v0 can be read",
}
"""Family, the first word of its ids -> why it has no world here."""

IDS = (
    *(f"flow-{road}{kind}-v0" for road in ("ring", "merge") for kind in ("", "-render", "-random", "-controller")),
    *(f"carla-{road}-v0" for road in ("lane", "lane-render", "town", "town-full", "town-render")),
    *(f"bullet-{robot}-{kind}-v0" for robot in ("halfcheetah", "hopper", "ant", "walker2d") for kind in _BULLET_KINDS),
    *(f"bullet-maze2d-{maze}-v0" for maze in ("open", "umaze", "medium", "large")),
    *(f"minigrid-fourrooms{kind}-v0" for kind in ("", "-random")),
)
"""All their ids."""


def reason(id: str) -> str | None:
    """Why there is no world of an id here, None unless it is among ``IDS``."""
    family = id.partition("-")[0]
    return f"D4RL's family {family} is not here: {FAMILIES[family]}" if id in IDS else None
