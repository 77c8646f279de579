from dataclasses import replace

import gymnasium
import numpy as np
import pytest

from palaestra.agents.rollouts.recorded import compare
from palaestra.agents.rollouts.verify import verify
from palaestra.cli import main
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError


def as_d4rl_records(env_id, lengths=(12, 9)):
    """A dataset as D4RL's scripts write it: observations, states and what a reset drew, before each action."""
    world, random = gymnasium.make(env_id), np.random.default_rng(0)
    rows: dict[str, list] = {}
    for seed, length in enumerate(lengths):
        observation, _ = world.reset(seed=seed)
        for step in range(length):
            action = random.uniform(-0.3, 0.3, world.action_space.shape).astype(np.float32)
            state = world.get_env_state() if hasattr(world, "get_env_state") else None
            state = state or {"qpos": world.qpos.copy(), "qvel": world.qvel.copy()}
            following, reward, terminated, _, _ = world.step(action)
            row = {"observations": observation, "actions": action, "rewards": reward, "terminals": terminated}
            row |= {"timeouts": step == length - 1} | {f"infos/{name}": value for name, value in state.items()}
            for name, value in row.items():
                rows.setdefault(name, []).append(value)
            observation = following
    kinds = {"terminals": bool, "timeouts": bool}
    columns = {name: np.array(values, dtype=kinds.get(name, np.float32)) for name, values in rows.items()}
    return Dataset(env_id, env_id, columns, 1000)


@pytest.mark.parametrize("env_id", ["pen-human-v1", "relocate-human-v1", "hopper-medium-v2"])
def test_stepping_from_stored_states_gives_the_rows(env_id):
    dataset, world = as_d4rl_records(env_id), gymnasium.make(env_id)
    result = compare(dataset, world)
    assert result.ok
    assert not result.bad()
    assert {name: len(gaps) for name, gaps in result.gaps.items()} == {
        "observations": 19,  # D4RL's files lack what follows the last step of an episode
        "rewards": 21,
        "terminals": 21,
    }
    assert np.quantile(result.gaps["observations"], 0.9) < 1e-4
    assert verify(dataset).ok
    rewards = dataset.columns["rewards"].copy()
    rewards[15] += 1
    wrong = replace(dataset, columns={**dataset.columns, "rewards": rewards})
    assert compare(wrong, world, [0]).bad() == []
    ((row, name, gap),) = compare(wrong, world, [1]).bad()
    assert (row, name) == (15, "rewards")
    assert gap == pytest.approx(1, abs=1e-2)
    with pytest.raises(InputError, match="has no episode 2; there are 2"):
        compare(dataset, world, [2])
    stateless = replace(dataset, columns={n: c for n, c in dataset.columns.items() if not n.startswith("infos/")})
    with pytest.raises(InputError, match="neither start snapshots nor infos/qpos"):
        compare(stateless, world)


@pytest.mark.slow
def test_recipes_are_replayed_without_an_error_and_filmed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    for name in ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    recipe, video = "palaestra/hopper/medium-v0", tmp_path / "hopper.gif"
    main.run(["data", "make", recipe, "--rows", "12", "--processes", "1"])
    capsys.readouterr()
    assert main.run(["replay", recipe, "--episodes", "0", "--video", str(video)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{recipe}: episodes 0, from their start snapshots"
    assert [line.partition(":")[0] for line in lines[1:4]] == ["observations", "rewards", "terminals"]
    assert all("50 % 0, 95 % 0, 99 % 0, largest 0 (12 rows)" in line for line in lines[1:4])
    assert lines[4] == f"{video}, drawn in 2-D, without OpenGL"
    assert video.read_bytes()[:4] == b"GIF8"
    for arguments, said in (
        ([recipe, "--video", str(video)], "exists already"),
        ([recipe, "--video", "film.avi"], "is .mp4 or .gif"),
        (["nowhere"], "no such dataset id or file"),
    ):
        with pytest.raises(InputError, match=said):
            main.run(["replay", *arguments])
