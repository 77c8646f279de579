"""Train the recipes' behaviour policies: ``python -m palaestra.cli.behaviour ROBOT --steps N --seed S``."""

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from palaestra.cli.errors import deferred, exit_with, parsed

if TYPE_CHECKING:
    from palaestra.agents.training.behaviour import Snapshot

PROG = "python -m palaestra.cli.behaviour"


def train(
    robot: tyro.conf.Positional[Literal["hopper", "halfcheetah", "walker2d"]],
    steps: int | None = None,
    seed: int = 0,
    out: Path | None = None,
) -> None:
    """Train the behaviour policies of one robot, choose and evaluate them, write weights and cards.

    Args:
        robot: the robot to train.
        steps: environment steps of training; with the robot's default the policies meet their requirements.
        seed: of the training.
        out: folder to write; the package's own ``data/recipes/ROBOT`` by default.
    """
    import torch

    from palaestra.agents.training import behaviour
    from palaestra.data import recipes

    torch.set_num_threads(1)  # the networks are too small for more, and sums would depend on the number of threads
    env_id, settings = recipes.WORLDS[robot], behaviour.SETTINGS[robot]
    if steps is not None:
        settings = replace(settings, steps=steps)

    def report(snapshot: "Snapshot") -> None:
        iteration = settings.worlds * settings.n_steps
        if snapshot.steps % (25 * iteration) == 0:
            print(f"{snapshot.steps:>9} steps, training return {snapshot.training_return:.1f}", flush=True)

    snapshots = behaviour.train(env_id, settings, seed, report)
    expert = behaviour.choose_expert(snapshots, env_id)
    expert_return = behaviour.measured_return(expert, env_id, 100, seed=1)
    medium = behaviour.choose_medium(snapshots, env_id, expert_return)
    replay = behaviour.spaced([s for s in snapshots if s.steps <= medium.steps], recipes.SNAPSHOTS)
    chosen = {"expert": [expert], "medium": [medium], "medium-replay": replay}
    cards = behaviour.cards_of(robot, settings, seed, chosen)
    behaviour.write(out or recipes.HERE / robot, chosen, cards)
    for name, card in cards.items():
        print(json.dumps({"policy": name} | {key: card[key] for key in ("sampled", "floor") if key in card}))


def main() -> None:
    """Run the command line and exit; see ``palaestra.cli.errors.exit_with``."""
    exit_with(lambda: parsed(lambda: tyro.cli(deferred(train), prog=PROG), PROG)())


if __name__ == "__main__":
    main()
