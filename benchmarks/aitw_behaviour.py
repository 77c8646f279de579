"""What the faulty behaviour's rates do, and what each obstacle of the web does to it and to the oracle.

Prints, for each setting of the rates, the success overall and by template, and the share of decision states whose most
frequent action is wrong; with ``--knobs`` instead the success of the oracle and of the shipped behaviour with each knob
alone at its value in the preset ``hard``. Episodes are those of the recipes, from the same seed.
"""

import argparse
from dataclasses import replace

from rich.console import Console
from rich.table import Table

from palaestra.agents.rollouts.episodes import kind_of
from palaestra.agents.rollouts.statistics import Statistics
from palaestra.agents.rollouts.trajectories import Shard, play_shard
from palaestra.data.recipes.trajectories import TrajectoryRecipe, find
from palaestra.envs.android.tasks.aitw import faulty
from palaestra.envs.android.web.knobs import KNOBS, PRESETS


def summary(recipe: TrajectoryRecipe, episodes: int) -> dict:
    """Statistics of a recipe's first episodes."""
    statistics = Statistics(kind_of(recipe.world_id))
    for trajectory in play_shard(Shard(recipe, 0, 0, episodes)):
        statistics.add(trajectory)
    return statistics.summary()


def share(value: float | None) -> str:
    """A share as a cell."""
    return "" if value is None else f"{value:.3f}"


def rates_table(name: str, episodes: int, settings: list[str]) -> Table:
    """A row for each setting ``preferred,weight,slip,complete``."""
    recipe = find(f"palaestra/{name}/faulty-v0")
    behaviour = faulty.faulty if name == "aitw-webshop" else faulty.faulty_route
    shipped = faulty.RATES if name == "aitw-webshop" else faulty.GENERAL_RATES
    table = Table("preferred, weight, slip, complete", "success", "by template", "steps", "changed", "mode wrong")
    for setting in settings or [",".join(map(str, shipped))]:
        behaviour.__defaults__ = (faulty.Rates(*map(float, setting.split(","))),)
        found = summary(recipe, episodes)
        shopping = name == "aitw-webshop"
        parts = [f"{kind} {share(each['success'])}" for kind, each in found["templates"].items()] if shopping else []
        cells = [share(found.get("changed")), share(found.get("mode_wrong"))]
        table.add_row(setting, share(found["success"]), "\n".join(parts), f"{found['length']['mean']:.1f}", *cells)
    return table


def knobs_table(episodes: int) -> Table:
    """A row for each knob of the web, turned alone."""
    settings: dict[str, dict[str, float]] = {"none": {}}
    settings |= {name: {name: PRESETS["hard"][name] or KNOBS[name].high} for name in KNOBS}
    table = Table("knob", "value", "oracle", "faulty", "steps of faulty")
    for name, web in settings.items():
        cells = []
        for kind in ("expert", "faulty"):
            recipe = find(f"palaestra/aitw-webshop/{kind}-v0")
            found = summary(replace(recipe, arguments=dict(recipe.arguments) | {"web": web}), episodes)
            cells.append(share(found["success"]))
        table.add_row(name, f"{web.get(name, 0):g}", *cells, f"{found['length']['mean']:.1f}")
    return table


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipes", default="aitw-webshop", choices=["aitw-webshop", "aitw-general"])
    parser.add_argument("--episodes", type=int, default=300)
    parser.add_argument("--knobs", action="store_true", help="what each obstacle does, in Web Shopping")
    parser.add_argument("rates", nargs="*", help="preferred,weight,slip,complete; the shipped ones by default")
    options = parser.parse_args()
    table = knobs_table(options.episodes) if options.knobs else rates_table(*_arguments(options))
    Console(width=110).print(table)


def _arguments(options: argparse.Namespace) -> tuple[str, int, list[str]]:
    return options.recipes, options.episodes, options.rates


if __name__ == "__main__":
    main()
