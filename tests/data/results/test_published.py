import re

from palaestra.data.results.published import PUBLISHED_NAMES, published, published_tables


def test_published_figures_stand_beside_d4rl_ids_only():
    prdc = published("prdc", "hopper-medium-v2")
    assert [(figure.name, figure.mean, figure.std) for figure in prdc] == [("PRDC", 100.3, 0.2)]
    assert "ICML 2023" in prdc[0].source
    assert published("td3bc", "hopper-medium-v0") == []
    assert {figure.name for figure in published("td3bc", "hopper-medium-v2")} == {"TD3+BC", "TD3+BC (CORL, last)"}
    for identity in ("palaestra/hopper/medium-v0", "minari:mujoco/hopper/medium-v0", "hopper-medium.hdf5"):
        assert published("prdc", identity) == []
    assert published("no such algorithm", "hopper-medium-v2") == []


def test_every_comparable_published_table_is_used_once():
    used = [name for names in PUBLISHED_NAMES.values() for name in names]
    others = ("best", "offline stage", "online fine", "EDAC", "SAC-N", "FamO2O")
    left_out = [name for name in published_tables() if any(word in name for word in others)]
    assert sorted(used + left_out) == sorted(published_tables())


def test_every_published_figure_names_where_it_stands():
    for name, table in published_tables().items():
        if len(table) > 1:
            assert re.search(r"github\.com/|CORL README|paper|et al\.", table["source"]), name
            assert not re.search(r"memory|recalled|checks\b", table["source"]), name
