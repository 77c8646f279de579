import gymnasium
import pytest

from palaestra import data
from palaestra.cli.main import run
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl_elsewhere, d4rl_ids


def test_the_ids_of_d4rls_other_families_are_known():
    families = tuple(d4rl_elsewhere.FAMILIES)
    assert {id for id in d4rl_ids.references() if id.startswith(families)} <= set(d4rl_elsewhere.IDS)
    assert set(d4rl_ids.references()) <= {*d4rl_ids.D4RL_IDS, *d4rl_elsewhere.IDS}
    published = d4rl_ids.urls()
    here = published.keys() & set(d4rl_ids.D4RL_IDS)
    assert {id: d4rl_ids.url(id) for id in here} == {id: published[id] for id in here}


@pytest.mark.parametrize(
    "id", ["flow-ring-random-v0", "carla-lane-v0", "bullet-maze2d-open-v0", "minigrid-fourrooms-v0"]
)
def test_they_are_answered_alike_everywhere(id):
    lines = set()
    for use in (
        lambda: gymnasium.make(id),
        lambda: gymnasium.make_vec(id, num_envs=2),
        lambda: data.load(id),
        lambda: run(["train", "bc", "--dataset", id]),
    ):
        with pytest.raises(InputError) as error:
            use()
        lines.add(str(error.value))
    (line,) = lines
    assert line.startswith(f"{id}: D4RL's family {id.split('-')[0]} is not here: ")


@pytest.mark.parametrize(
    ("id", "nearest"),
    [
        ("hopper-medium-v9", "hopper-medium-v2, hopper-medium-v1, hopper-medium-v0"),
        ("maze2d-umaze-v9", "maze2d-umaze-v1, maze2d-umaze-v0"),
        ("antmaze-large-play-v9", "antmaze-large-play-v2, antmaze-large-play-v1, antmaze-large-play-v0"),
        ("pen-human-longhorizon-v9", "pen-human-longhorizon-v1, pen-human-longhorizon-v0"),
        ("kitchen-mixed-v9", "kitchen-mixed-v0"),
        ("flow-ring-random-v9", "flow-ring-random-v0"),
        ("hoper-medium-v2", "hopper-medium-v2, "),
    ],
)
def test_an_unknown_version_or_name_gets_the_nearest(id, nearest):
    with pytest.raises(InputError, match=f"{id}: no such dataset id or file; nearest: {nearest}"):
        data.load(id)
