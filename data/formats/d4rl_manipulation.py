"""Facts about D4RL's manipulation tasks: ids, horizons and files of Adroit and the kitchen.

The facts are those of the public repository Farama-Foundation/D4RL (``d4rl/infos.py``,
``d4rl/hand_manipulation_suite/__init__.py`` and ``d4rl/kitchen/__init__.py``).
"""

from typing import NamedTuple


class ManipulationId(NamedTuple):
    """What an id of a manipulation task says.

    Attributes:
        robot: the task of Adroit's hand (pen, door, hammer, relocate), or ``kitchen``.
        kind: between the robot and the version, as in ``pen-human-longhorizon-v1`` and ``kitchen-mixed-v0``.
        version: its number.
        horizon: steps after which an episode is cut.
        file: path of the published file.
    """

    robot: str
    kind: str
    version: int
    horizon: int
    file: str

    def __str__(self) -> str:
        return f"{self.robot}-{self.kind}-v{self.version}"


DIMENSIONS = {"pen": (45, 24), "door": (39, 28), "hammer": (46, 26), "relocate": (39, 30), "kitchen": (60, 9)}
"""Numbers in an observation and in an action."""
ADROIT = {"pen": (100, 200), "door": (200, 300), "hammer": (200, 600), "relocate": (200, 500)}
"""Horizon of each task of Adroit's, and that of its ids that end in ``longhorizon``."""
KITCHEN_HORIZON = 280
_V0_FILES = {"human": "v0_demos_clipped", "cloned": "demos-v0-bc-combined", "expert": "v0_expert_clipped"}
_KITCHEN_FILES = {
    "complete": "mini_kitchen_microwave_kettle_light_slider-v0",
    "partial": "kitchen_microwave_kettle_light_slider-v0",
    "mixed": "kitchen_microwave_kettle_bottomburner_light-v0",
}


def _adroit(task: str, kind: str, version: int) -> ManipulationId:
    usual, long = ADROIT[task]
    data = kind.partition("-")[0]
    file = f"hand_dapg_v1/{task}-{data}-v1" if version else f"hand_dapg/{task}-{_V0_FILES[data]}"
    return ManipulationId(task, kind, version, usual if kind == data else long, f"{file}.hdf5")


def _all() -> tuple[ManipulationId, ...]:
    kinds = ("human", "cloned", "expert", "human-longhorizon")
    hands = [_adroit(task, kind, version) for version in (1, 0) for task in ADROIT for kind in kinds]
    kitchens = [
        ManipulationId("kitchen", kind, 0, KITCHEN_HORIZON, f"kitchen/{file}.hdf5")
        for kind, file in _KITCHEN_FILES.items()
    ]
    return (*hands, *kitchens)


MANIPULATION = {str(id): id for id in _all()}
"""Every id, with what it says."""
