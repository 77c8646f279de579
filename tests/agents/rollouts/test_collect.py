import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from palaestra.agents.policy import GaussianPolicy
from palaestra.agents.rollouts.collect import make
from palaestra.agents.rollouts.verify import verify
from palaestra.data import recipes
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.results.run import versions

RANDOM = "palaestra/hopper/random-v0"
REPLAY = "palaestra/hopper/medium-replay-v0"
ROUNDING = {"rtol": 1e-3, "atol": 1e-5}  # products of many rows at once round otherwise than of few, on some processors
# Ctrl-C is heard, also where the tests were started in the background of a shell, which turns it off.
CODE = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
CODE += "from palaestra.agents.rollouts.collect import make; from pathlib import Path; import sys\n"
CODE += "if __name__ == '__main__': make(sys.argv[1], int(sys.argv[2]), processes=2, out=Path(sys.argv[3]))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("made")


@pytest.fixture(scope="module")
def replay(folder):
    return Dataset.open(make(REPLAY, 3010, seed=1, out=folder / "replay"))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def changed(dataset, row, **changes):
    columns = dict(dataset.columns)
    for name, change in changes.items():
        columns[name] = np.array(columns[name])
        columns[name][row] = change(columns[name][row])
    return replace(dataset, columns=columns)


def test_the_same_bytes_whatever_the_processes(folder, replay):
    again = make(REPLAY, 3010, seed=1, processes=2, out=folder / "two processes")
    assert files(again) == files(folder / "replay")


def test_maze2d_is_one_trajectory_cut_at_goals(folder):
    sparse, dense = "palaestra/maze2d/umaze-v0", "palaestra/maze2d/umaze-dense-v0"
    made = Dataset.open(make(sparse, 4_000, seed=1, out=folder / "maze"))
    columns = made.columns
    assert (made.env_id, made.horizon, len(made)) == ("maze2d-umaze-v1", 300, 4_000)
    assert not columns["terminals"].any()
    np.testing.assert_array_equal(columns["infos/qpos"].astype(np.float32), columns["observations"][:, :2])
    switches = np.flatnonzero(columns["timeouts"])
    assert 60 < 4_000 / len(switches) < 110  # D4RL's first ones are 92, 53 and 86 rows apart
    cells = np.round(columns["infos/goal"])
    gaps = np.linalg.norm(columns["observations"][:, :2] - cells, axis=1)
    assert (gaps[switches[:-1]] < 0.1).mean() > 0.98
    assert (np.diff(columns["infos/goal"], axis=0).any(axis=1) == columns["timeouts"][:-1]).all()
    assert np.linalg.norm(np.diff(columns["observations"][:, :2], axis=0), axis=1).max() < 0.06  # never reset
    near = np.linalg.norm(columns["observations"][1:, :2] - [1.0, 1.0], axis=1)
    np.testing.assert_array_equal(columns["rewards"][:-1], near <= 0.5)
    assert verify(made).wrong_rows == 0
    again = Dataset.open(make(dense, 300, seed=1, out=folder / "dense"))
    np.testing.assert_array_equal(again.columns["observations"], columns["observations"][:300])
    np.testing.assert_allclose(again.columns["rewards"], np.exp(-near[:300]), rtol=1e-4)


def test_another_seed_gives_other_episodes(folder):
    made = [Dataset.open(make(RANDOM, 100, seed=seed, out=folder / f"seed {seed}")) for seed in (0, 1)]
    heights = [dataset.columns["observations"][:, 0] for dataset in made]
    assert not np.isin(*heights).any()


def test_what_a_dataset_holds(replay):
    assert len(replay) == 3010
    assert (replay.id, replay.env_id, replay.horizon) == (REPLAY, "palaestra/Hopper-v0", 1000)
    assert replay.metadata["versions"] == versions()
    kinds = {name: (array.dtype, array.shape[1:]) for name, array in replay.columns.items()}
    assert kinds == {
        "observations": (np.float32, (11,)),
        "actions": (np.float32, (3,)),
        "rewards": (np.float32, ()),
        "terminals": (bool, ()),
        "timeouts": (bool, ()),
        "infos/action_log_probs": (np.float32, ()),
        "infos/action_mean": (np.float32, (3,)),
        "infos/action_logstd": (np.float32, (3,)),
        "infos/action_unclipped": (np.float32, (3,)),
        "infos/qpos": (np.float64, (6,)),
        "infos/qvel": (np.float64, (6,)),
    }
    columns = replay.columns
    np.testing.assert_array_equal(columns["actions"], np.clip(columns["infos/action_unclipped"], -1, 1))
    scales = np.exp(columns["infos/action_logstd"].astype(float))
    densities = scipy.stats.norm.logpdf(
        columns["infos/action_unclipped"].astype(float), columns["infos/action_mean"], scales
    )
    np.testing.assert_allclose(columns["infos/action_log_probs"], densities.sum(1), rtol=1e-5, atol=1e-5)
    states = np.concatenate([columns["infos/qpos"][:, 1:], np.clip(columns["infos/qvel"], -10, 10)], axis=1)
    np.testing.assert_array_equal(columns["observations"], states.astype(np.float32))


def test_every_row_is_a_transition_and_ends_are_told_apart(replay):
    batch = replay.transitions()
    assert len(batch) == 3010
    cut = replay.episode_columns["cut"]
    ends = replay.episodes[:, 1] - 1
    terminals, timeouts = replay.columns["terminals"][ends], replay.columns["timeouts"][ends]
    assert (terminals | timeouts).all()
    assert timeouts[cut].all()
    assert 0 < cut.sum() <= len(recipes.find(REPLAY).parts)
    lengths = np.diff(replay.episodes, axis=1)[:, 0]
    assert (lengths[timeouts & ~cut] == 1000).all()
    inside = np.setdiff1d(np.arange(3010), ends)
    np.testing.assert_array_equal(batch.next_rows[inside], inside + 1)


def test_replay_goes_through_the_snapshots_in_learning_order(replay):
    recipe = recipes.find(REPLAY)
    steps = recipes.card("hopper", "medium-replay")["steps"]
    assert steps == sorted(steps)
    assert steps[0] == 0
    assert steps[-1] == recipes.card("hopper", "medium")["steps"][0]
    bounds = [3010 * k // 20 for k in range(21)]
    for part, start, stop in zip(recipe.parts, bounds, bounds[1:]):
        policy = GaussianPolicy(recipes.weights("hopper", part))
        means = policy.mean(replay.columns["observations"][start:stop])
        np.testing.assert_allclose(means, replay.columns["infos/action_mean"][start:stop], **ROUNDING)


def test_medium_expert_is_half_and_half(folder):
    dataset = Dataset.open(make("palaestra/hopper/medium-expert-v0", 501, out=folder / "half"))
    for policy, rows in (("medium", slice(0, 250)), ("expert", slice(250, 501))):
        weights = recipes.weights("hopper", recipes.Part(policy))
        means = GaussianPolicy(weights).mean(dataset.columns["observations"][rows])
        np.testing.assert_allclose(means, dataset.columns["infos/action_mean"][rows], **ROUNDING)
    assert verify(dataset).ok


def test_fewer_rows_are_the_first_of_more(folder):
    few = Dataset.open(make(RANDOM, 700, out=folder / "few"))
    many = Dataset.open(make(RANDOM, 2500, out=folder / "many"))
    for name in set(few.columns) - {"timeouts"}:
        np.testing.assert_array_equal(few.columns[name], many.columns[name][:700])
    np.testing.assert_array_equal(few.columns["timeouts"][:699], many.columns["timeouts"][:699])
    assert few.columns["actions"].min() >= -1
    np.testing.assert_allclose(few.columns["infos/action_log_probs"], -3 * np.log(2), rtol=1e-6)
    assert "infos/action_mean" not in few.columns


@pytest.mark.parametrize("robot", ["hopper", "halfcheetah", "walker2d"])
def test_stepping_again_finds_no_error(folder, robot):
    calls = []
    dataset = Dataset.open(make(f"palaestra/{robot}/medium-v0", 1200, out=folder / robot))
    found = verify(dataset, progress=lambda *counts: calls.append(counts))
    assert found.ok
    assert (found.method, found.rows, found.wrong_rows, found.first) == ("replay", 1200, 0, None)
    assert found.episodes == len(dataset.episodes)
    assert set(found.errors.values()) == {0.0}
    assert calls[-1] == (1200, 1200)


def up(value):
    return np.nextafter(value, np.float32(np.inf), dtype=np.float32)


@pytest.mark.parametrize(
    ("name", "row", "change", "said"),
    [
        ("rewards", 5, up, "row 5 (step 5 of episode 0): rewards"),
        ("observations", 7, up, "row 6 (step 6 of episode 0): next observations"),
        ("observations", 0, up, "row 0 (step 0 of episode 0): observations"),
        ("infos/qvel", 9, lambda value: value + 1e-12, "row 9 (step 9 of episode 0): infos/qvel"),
        ("actions", 8, lambda value: -value, "row 8 (step 8 of episode 0): next observations, rewards"),
    ],
)
def test_stepping_again_finds_a_planted_error(replay, name, row, change, said):
    found = verify(changed(replay, row, **{name: change}))
    assert not found.ok
    assert found.wrong_rows >= 1
    assert sorted(found.first.replace(",", "").split()) == sorted(said.replace(",", "").split())


def test_stepping_again_finds_a_wrong_end(replay):
    end = replay.episodes[0, 1] - 1
    assert replay.columns["terminals"][end]
    found = verify(changed(replay, end, terminals=lambda _: False, timeouts=lambda _: True))
    assert (found.ok, found.wrong_rows) == (False, 1)
    assert found.first.endswith("terminals, timeouts")


def test_a_file_without_start_snapshots_is_checked_step_by_step(replay):
    columns = dict(replay.columns)
    for name in ("infos/qpos", "infos/qvel"):
        columns[name] = columns[name].astype(np.float32)
    found = verify(replace(replay, columns=columns, episode_columns={}))
    assert (found.method, found.episodes, found.wrong_rows, found.ok) == ("one step", 0, 0, True)
    assert 0 < found.errors["next observations"] < 1e-3
    shifted = changed(replay, slice(None), actions=lambda actions: np.roll(actions, 1, axis=0))
    assert not verify(replace(shifted, episode_columns={})).ok


def test_nothing_to_verify_with(replay):
    columns = {name: array for name, array in replay.columns.items() if not name.startswith("infos/")}
    with pytest.raises(InputError, match="neither start snapshots nor"):
        verify(replace(replay, columns=columns, episode_columns={}))
    with pytest.raises(InputError, match="Nowhere-v0: no such environment"):
        verify(replace(replay, env_id="Nowhere-v0"))
    broken = dict(replay.episode_columns)
    broken["start_snapshots"] = np.array(broken["start_snapshots"])
    broken["start_snapshots"][3, :4] = 255
    with pytest.raises(InputError, match="start of episode 3 cannot be restored"):
        verify(replace(replay, episode_columns=broken))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("palaestra/hopper/mediocre-v0", 100), "palaestra/hopper/mediocre-v0: unknown recipe; there are"),
        ((REPLAY, 19), "rows must be at least 20"),
        ((RANDOM, 0), "rows must be at least 1"),
    ],
)
def test_mistakes_leave_nothing(tmp_path, arguments, said):
    with pytest.raises(InputError, match=said):
        make(*arguments, out=tmp_path / "made")
    assert not list(tmp_path.iterdir())


def test_its_place_is_under_the_data_root(monkeypatch, tmp_path):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    calls = []
    path = make(RANDOM, 50, progress=lambda *counts: calls.append(counts))
    assert path == tmp_path / "recipes" / "hopper" / "random-v0"
    assert make(RANDOM, 50) == path
    assert [entry.name for entry in path.parent.iterdir()] == ["random-v0"]
    assert calls == [(50, 50)]


@pytest.mark.parametrize("arguments", [(RANDOM, 60, 0), (RANDOM, 50, 1), (REPLAY, 50, 0)])
def test_other_data_are_not_replaced(tmp_path, arguments):
    make(RANDOM, 50, out=tmp_path / "made")
    before = files(tmp_path / "made")
    *which, seed = arguments
    with pytest.raises(InputError, match="holds palaestra/hopper/random-v0 with 50 rows and seed 0"):
        make(*which, seed=seed, out=tmp_path / "made")
    assert files(tmp_path / "made") == before


@pytest.mark.parametrize("kill", [signal.SIGKILL, signal.SIGINT])
def test_a_killed_run_leaves_no_dataset_and_no_process(tmp_path, kill):
    path = tmp_path / "made" / "dataset"
    process = subprocess.Popen([sys.executable, "-c", CODE, RANDOM, "400000", str(path)], stderr=subprocess.PIPE)
    workers = wait_for(lambda: children_of(process.pid, "spawn_main"), 60)
    process.send_signal(kill)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert not path.exists()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers), 30)


def test_a_rerun_after_a_kill_gives_the_same_bytes(tmp_path):
    command = [sys.executable, "-c", CODE, RANDOM, "3000", str(tmp_path / "rerun")]
    process = subprocess.Popen(command)
    time.sleep(0.5)
    process.kill()
    process.wait()
    subprocess.run(command, check=True, env=os.environ | {"OMP_NUM_THREADS": "2"})
    make(RANDOM, 3000, out=tmp_path / "unbroken")
    assert files(tmp_path / "rerun") == files(tmp_path / "unbroken")


def wait_for(condition, seconds):
    deadline = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return met


def children_of(parent, command):
    """Processes started by ``parent`` whose command line holds ``command``; Linux only, as is CI."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                status = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(status[1]) == parent and command in (entry / "cmdline").read_text():
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found if len(found) >= 2 else []
