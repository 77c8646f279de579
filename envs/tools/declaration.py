"""The tool worlds, as ``palaestra.envs.declared`` finds them."""

from palaestra.envs.declared import Declared


def _declared(folder: str, name: str) -> Declared:
    module = f"palaestra.envs.tools.worlds.{folder}.world"
    return Declared(
        id=f"palaestra/{name}-v0",
        entry_point=f"{module}:{name}",
        vector_entry_point=f"{module}:make_vector",
        observation="messages",
        action="text",
        horizon="task's",
        score="0 / 1",
    )


WORLDS = (
    _declared("arithmetic", "ToolArithmetic"),
    _declared("files", "ToolFiles"),
    _declared("lookup", "ToolLookup"),
    _declared("office", "ToolOffice"),
    _declared("python", "ToolPython"),
    _declared("search", "ToolSearch"),
    _declared("sql", "ToolSQL"),
    _declared("shop", "ToolShop"),
)
