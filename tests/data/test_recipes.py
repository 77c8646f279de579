import numpy as np
import pytest

from palaestra.agents.training.behaviour import MEDIUM_SHARES, MIN_EXPERT_SCORES
from palaestra.data import recipes
from palaestra.data.errors import InputError
from palaestra.data.formats.d4rl_ids import normalised_score


def test_the_ids():
    assert len(recipes.RECIPES) == 21
    recipe = recipes.find("palaestra/walker2d/medium-expert-v0")
    assert (recipe.robot, recipe.kind, recipe.env_id) == ("walker2d", "medium-expert", "palaestra/Walker2d-v0")
    assert recipe.parts == (recipes.Part("medium"), recipes.Part("expert"))
    maze = recipes.find("palaestra/maze2d/umaze-dense-v0")
    assert (maze.env_id, maze.horizon, maze.parts) == ("maze2d-umaze-dense-v1", 300, recipes.WAYPOINTS)
    with pytest.raises(InputError, match=r"there are palaestra/\{hopper,halfcheetah,walker2d\}/\{random,"):
        recipes.find("palaestra/ant/medium-v0")


@pytest.mark.parametrize("robot", recipes.WORLDS)
def test_weights_are_whole_and_small(robot):
    policies = {part for kind in recipes.PARTS.values() for part in kind} - {recipes.Part("random")}
    assert len(policies) == 22
    arrays = {policy: recipes.weights(robot, policy) for policy in policies}
    shapes = [{name: array.shape for name, array in weights.items()} for weights in arrays.values()]
    assert all(shape == shapes[0] for shape in shapes)
    for weights in arrays.values():
        for array in weights.values():
            assert array.dtype == np.float32
            assert np.isfinite(array).all()
    assert sum(path.stat().st_size for path in (recipes.HERE / robot).iterdir()) < 700_000


@pytest.mark.parametrize("robot", recipes.WORLDS)
def test_cards_and_their_floors(robot):
    cards = {name: recipes.card(robot, name) for name in ("random", "medium", "medium-replay", "expert")}
    for card in cards.values():
        assert card["env_id"] == recipes.WORLDS[robot]
        assert card["command"].startswith(f"python -m palaestra.cli.behaviour {robot} --steps ")
        earned = card["sampled"]
        assert earned["episodes"] >= 100
        assert earned["score"] == pytest.approx(normalised_score(card["env_id"], earned["return_mean"]), abs=0.02)
    expert, medium = cards["expert"], cards["medium"]
    assert expert["floor"]["reached"]
    assert expert["sampled"]["score"] >= MIN_EXPERT_SCORES[robot] == expert["floor"]["score"]
    low, high = MEDIUM_SHARES
    assert medium["floor"]["reached"]
    assert low <= medium["sampled"]["return_mean"] / expert["sampled"]["return_mean"] <= high
    steps = cards["medium-replay"]["steps"]
    assert len(steps) == recipes.SNAPSHOTS == len(cards["medium-replay"]["sampled"]["means"])
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, medium["steps"][0])
    assert abs(cards["random"]["sampled"]["score"]) < 3
