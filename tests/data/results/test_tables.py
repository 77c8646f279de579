import io
import math

import numpy as np
import pytest

from palaestra.data.errors import InputError
from palaestra.data.results.intervals import bootstrap_interval
from palaestra.data.results.run import Run
from palaestra.data.results.tables import TerminalTable, compare, markdown, plain, row_of_episodes

PROTOCOL = {"episodes": 2, "deterministic": True}

HOPPER = "palaestra/Hopper-v0"


def make_run(folder, scores, *, updates=(1000,), protocol=PROTOCOL, dataset="hopper-medium-v2", **config):
    """A run on disk whose seeds k reach ``scores[k]``, in two episodes one above and one below."""
    config = {"algorithm": "td3bc", "dataset": dataset, "env_id": HOPPER, "steps": 1000, **config}
    with Run.create(folder, {"seeds": list(scores), **config}) as run:
        for update in updates:
            episodes = [
                {
                    "seed": seed,
                    "episode": i,
                    "return": 30 * score,
                    "score": score + 2 * i - 1,
                    "env_id": HOPPER,
                }
                for seed, score in scores.items()
                for i in range(2)
            ]
            run.log_evaluation(update, episodes, protocol)
    return run


def test_runs_that_differ_in_their_seeds_are_one_row(tmp_path):
    runs = [make_run(tmp_path / "a", {0: 50.0, 1: 60.0}), make_run(tmp_path / "b", {2: 70.0, 3: 40.0})]
    (row,) = compare(runs)
    assert (row.dataset, row.algorithm, row.seeds, row.updates) == ("hopper-medium-v2", "td3bc", (0, 1, 2, 3), 1000)
    assert row.scores[:, 0].tolist() == [50.0, 60.0, 70.0, 40.0]
    assert (row.iqm, row.mean) == (55.0, 55.0)
    assert row.std == pytest.approx(math.sqrt(125))
    assert row.interval == bootstrap_interval([50.0, 60.0, 70.0, 40.0])
    assert row.settings == {}


@pytest.mark.parametrize(
    ("change", "settings"),
    [
        ({"hyperparameters": {"alpha": 5.0}}, {"alpha": 5.0}),
        ({"steps": 500}, {"planned updates": 500}),
        ({"dataset_fingerprint": "cd" * 32}, {"content": "cdcdcdcd"}),
    ],
)
def test_whatever_differs_keeps_rows_apart_and_is_shown(tmp_path, change, settings):
    same = {"hyperparameters": {"alpha": 2.5, "tau": 0.005}, "dataset_fingerprint": "ab" * 32}
    merged = {**same, **change}
    merged["hyperparameters"] = same["hyperparameters"] | change.get("hyperparameters", {})
    runs = [make_run(tmp_path / "a", {0: 50.0}, **same), make_run(tmp_path / "b", {1: 60.0}, **merged)]
    rows = compare(runs)
    assert len(rows) == 2
    assert settings in [row.settings for row in rows]
    assert all(set(row.settings) == set(settings) for row in rows)


def test_where_a_run_was_trained_does_not_keep_rows_apart(tmp_path):
    runs = [
        make_run(tmp_path / "a", {0: 50.0}, hyperparameters={"seeds": 1, "first_seed": 0, "device": "cpu"}),
        make_run(tmp_path / "b", {1: 60.0}, hyperparameters={"seeds": 1, "first_seed": 1, "device": "cuda"}),
    ]
    assert [row.seeds for row in compare(runs)] == [(0, 1)]


def test_a_seed_counts_once_in_a_row(tmp_path):
    runs = [make_run(tmp_path / name, {0: 50.0, 1: 60.0}) for name in "abc"]
    rows = compare(runs)
    assert [row.seeds for row in rows] == [(0, 1)] * 3
    assert ["seeds that another row has too" in row.notes for row in rows] == [False, True, True]


def test_protocols_and_updates_are_never_mixed(tmp_path):
    run = make_run(tmp_path / "a", {0: 50.0, 1: 60.0}, updates=(500, 1000))
    run.log_evaluation(1000, [{"seed": s, "episode": 0, "return": 1.0, "score": 9.0} for s in (0, 1)], {"episodes": 1})
    elsewhere = [
        {"seed": s, "episode": e, "return": 1.0, "score": 8.0, "env_id": "Ant"} for s in (0, 1) for e in (0, 1)
    ]
    run.log_evaluation(1000, elsewhere, PROTOCOL)
    stopped = make_run(tmp_path / "b", {2: 70.0}, updates=(500,))
    rows = {(row.updates, row.protocol): row for row in compare([run, stopped])}
    assert {key: row.seeds for key, row in rows.items()} == {
        (1000, "2 episodes/seed"): (0, 1),
        (1000, "1 episodes/seed"): (0, 1),
        (1000, "2 episodes/seed, in Ant"): (0, 1),
        (500, "2 episodes/seed"): (2,),
    }
    assert rows[1000, "2 episodes/seed"].mean == 55.0
    assert "500 of 1,000 updates" in rows[500, "2 episodes/seed"].notes
    assert [row.seeds for row in compare([run, stopped], at=500)] == [(0, 1, 2)]


def test_failed_episodes_are_counted_and_shown(tmp_path):
    run = make_run(tmp_path / "a", {0: 50.0, 1: 60.0, 2: 70.0})
    failed = {"seed": 1, "episode": 1, "return": None, "score": None, "error": "the action was not finite at step 3"}
    run.log_evaluation(1000, [failed], PROTOCOL)  # measured again, and worse
    (row,) = compare([run])
    assert np.array_equal(row.scores[:, 0], [50.0, math.nan, 70.0], equal_nan=True)
    assert math.isnan(row.iqm)
    assert row.interval is None
    assert row.notes == ("1 of 6 episodes have no score: the action was not finite at step 3",)
    assert "| no score | no score | 50.0 no score 70.0 |" in markdown([row])


def test_an_evaluation_that_was_cut_short_is_not_taken_for_whole(tmp_path):
    run = make_run(tmp_path / "a", {0: 50.0, 1: 60.0}, updates=(500,))
    run.log_evaluation(1000, [{"seed": 0, "episode": 0, "return": 1.0, "score": 99.0}], PROTOCOL)
    (row,) = compare([run])
    assert (row.updates, row.mean) == (500, 55.0)
    assert "the evaluation after 1,000 updates was cut short" in row.notes


def test_a_run_without_an_evaluation_is_listed(tmp_path):
    runs = [make_run(tmp_path / "a", {0: 50.0, 1: 60.0}), make_run(tmp_path / "b", {2: 1.0}, updates=())]
    empty, row = compare(runs)
    assert (row.seeds, empty.seeds) == ((0, 1), (2,))
    assert "not evaluated yet" in empty.notes
    with pytest.raises(InputError, match="no evaluation"):
        compare(runs[1:])


def test_one_seed_has_no_interval_and_says_so(tmp_path):
    (row,) = compare([make_run(tmp_path / "a", {0: 50.0})])
    assert (row.iqm, row.interval, row.std) == (50.0, None, None)
    assert "one seed: no interval" in row.notes


def test_returns_where_there_are_no_scores(tmp_path):
    run = make_run(tmp_path / "a", {}, updates=(), seeds=[0, 1])
    run.log_evaluation(1000, [{"seed": s, "episode": 0, "return": 7.0 + s, "score": None} for s in (0, 1)], {})
    (row,) = compare([run])
    assert (row.unit, row.mean) == ("return", 7.5)
    assert "no reference for scores" in plain([row])


def test_a_row_over_all_datasets(tmp_path):
    scores = {"hopper-medium-v2": [50.0, 60.0], "walker2d-medium-v2": [80.0, 70.0]}
    runs = [
        make_run(tmp_path / name / algorithm, dict(enumerate(values)), dataset=name, algorithm=algorithm)
        for name, values in scores.items()
        for algorithm in ("td3bc", "bc")
    ]
    runs.append(make_run(tmp_path / "other", {0: 1.0}, dataset="ant-medium-v2", algorithm="bc"))  # one seed only
    rows = compare(runs)
    assert [(row.dataset, row.algorithm) for row in rows[-2:]] == [
        ("2 datasets", "bc"),
        ("2 datasets", "td3bc"),
    ]
    assert rows[-2].notes == ("over hopper-medium-v2, walker2d-medium-v2",)
    both = np.array([[50.0, 80.0], [60.0, 70.0]])
    assert rows[-1].scores.tolist() == both.tolist()
    assert rows[-1].iqm == 65.0
    assert rows[-1].interval == bootstrap_interval(both)


def test_all_forms_tell_the_same(tmp_path):
    runs = [
        make_run(tmp_path / "a", {0: 50.0, 1: 60.0}),
        make_run(tmp_path / "b", {0: 80.0, 1: 90.0}, algorithm="prdc"),
        make_run(tmp_path / "c", {0: 70.0}, algorithm="prdc", dataset="palaestra/hopper/medium-v0"),
    ]
    runs[0].log_metrics(1000, {"updates_per_second": [120.0, 120.0]})
    rows = compare(runs)
    from rich.console import Console

    for width in (40, 80, 200):
        console = Console(file=io.StringIO(), width=width)
        console.print(TerminalTable(rows))
        table = " ".join(console.file.getvalue().split())
        for words in ("55.0 [50.0, 60.0]", "85.0 ± 5.0", "80.0 90.0", "100.3 ± 0.2", "1,000", "2 episodes/seed", "120"):
            assert words in table
    for text in (markdown(rows), plain(rows)):
        for words in ("55.0 [50.0, 60.0]", "85.0 ± 5.0", "80.0 90.0", "100.3 ± 0.2", "PRDC paper", "CORL", "120"):
            assert words in text
    table = [line for line in markdown(rows).splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in table}) == 1
    recipe = [line for line in plain(rows).splitlines() if line.startswith("palaestra/hopper")]
    assert len(recipe) == 1  # no published figure below it


def test_a_source_has_one_footnote(tmp_path):
    runs = [make_run(tmp_path / name, {0: 55.0}, algorithm=name) for name in ("bc", "td3bc", "iql", "awac")]
    notes = [line for line in plain(compare(runs)).splitlines() if line.startswith("[")]
    assert len(notes) == len(set(notes))
    assert sum("tinkoff-ai/CORL" in line for line in notes) == 1
    assert sum("2110.06169" in line for line in notes) == 1


def test_filtered_cloning_has_its_own_published_figures(tmp_path):
    run = make_run(tmp_path / "a", {0: 50.0}, algorithm="bc", hyperparameters={"top_percent": 10.0})
    assert {figure.name for figure in compare([run])[0].published} == {"10% BC (CORL, last)"}
    run = make_run(tmp_path / "b", {0: 50.0}, algorithm="bc", hyperparameters={"top_percent": 40.0})
    assert compare([run])[0].published == ()


def test_a_row_of_a_policy_that_was_not_trained_here():
    episodes = [{"seed": s, "episode": e, "return": 1.0, "score": 40.0 + s + e} for s in (0, 1) for e in (0, 2)]
    row = row_of_episodes("palaestra/hopper/medium-v0", "behaviour policy", episodes, {"episodes": 2})
    assert row.scores[:, 0].tolist() == [41.0, 42.0]
    assert (row.updates, row.protocol) == (None, "2 episodes/seed")
