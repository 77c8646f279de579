"""Old scripts in processes of their own: what they see, and what stays out of other processes."""

import json
import os
import subprocess
import sys

import gymnasium
import numpy as np
import pytest

import palaestra  # noqa: F401  (registers the worlds)
from palaestra.data.dataset import Dataset
from palaestra.data.formats.d4rl import write_hdf5

SCRIPT = """
import copy, json, multiprocessing, sys
import gym, d4rl
import d4rl.gym_mujoco
import gym.core as core
from gym.wrappers import RecordEpisodeStatistics, TransformObservation, TransformReward
from gym.envs.registration import register
from beside import twice


class Own(core.Env):
    observation_space = action_space = gym.spaces.Box(-1.0, 1.0, (1,))

    def seed(self, seed=None):
        self.first = seed

    def reset(self):
        return self.first

    def step(self, action):
        return self.first, 1.0, False, {}


def score(returns):
    return d4rl.get_normalized_score("hopper-medium-v2", returns)


def main():
    gym.logger.set_level(40)
    env = gym.make("hopper-medium-v2")
    env.seed(3)
    env.action_space.seed(4)
    wrapped = RecordEpisodeStatistics(TransformReward(TransformObservation(env, lambda state: 2 * state), twice))
    starts, episodes = [], []
    for _ in range(2):
        state, done = wrapped.reset(), False
        starts.append((state / 2).tolist())
        while not done:
            state, reward, done, info = wrapped.step(5 * env.action_space.sample())
        episodes.append(info["episode"])
    env._max_episode_steps = 2
    env.reset()
    env.set_state(env.init_qpos, env.init_qvel)
    rest = env.env.wrapped_env._get_obs().tolist()
    cut = [env.step(env.action_space.low)[2:] for _ in range(2)]
    register(id="Own-v0", entry_point=Own, max_episode_steps=1)
    own = gym.make("beside:Own-v0")
    own.seed(8)
    own.reset()
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (elsewhere,) = pool.map(score, [3234.3])
    view = d4rl.qlearning_dataset(wrapped)
    print(json.dumps({
        "argv": sys.argv, "name": __name__, "file": __file__, "starts": starts,
        "returns": [episode["r"] / 2 for episode in episodes], "score": wrapped.get_normalized_score(3234.3),
        "cut": [(done, info.get("TimeLimit.truncated")) for done, info in cut], "own": own.step(0), "rest": rest,
        "elsewhere": elsewhere, "rows": {name: array.shape for name, array in view.items()},
        "episodes": [len(episode["rewards"]) for episode in d4rl.sequence_dataset(env)],
        "keys": sorted(env.get_dataset()), "picture": env.render(mode="rgb_array").shape,
        "copied": copy.deepcopy(env).reset().shape, "old": gym.make("Hopper-v2").spec.max_episode_steps,
        "path": sys.path, "random": d4rl.infos.REF_MIN_SCORE["maze2d-large-v1"],
        "url": d4rl.infos.DATASET_URLS["pen-human-v1"][-30:],
    }))
    sys.exit(3)


if __name__ == "__main__":
    main()
"""


def dataset():
    random = np.random.default_rng(0)
    columns = {
        "observations": random.normal(size=(20, 11)).astype(np.float32),
        "actions": random.uniform(-1, 1, (20, 3)).astype(np.float32),
        "rewards": random.normal(size=20).astype(np.float32),
        "terminals": np.arange(20) % 7 == 6,
        "timeouts": np.arange(20) % 10 == 9,
    }
    final = random.normal(size=(4, 11)).astype(np.float32)
    metadata = {"metadata/algorithm": "SAC", "metadata/iteration": 12}
    return Dataset("hopper-medium-v2", "hopper-medium-v2", columns, 1000, {"final_observations": final}, metadata)


def run(*arguments, cwd, path=""):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [path, os.environ.get("PYTHONPATH")]))}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=environment, capture_output=True, text=True)


def played():
    """Starts and returns of the script's two episodes, in Gymnasium's API."""
    world = gymnasium.make("hopper-medium-v2")
    world.action_space.seed(4)
    starts, returns = [], []
    for seed in (3, None):
        observation, _ = world.reset(seed=seed)
        starts.append(observation.tolist())
        rewards, ended = [], False
        while not ended:
            action = np.clip(5 * world.action_space.sample(), -1, 1)
            _, reward, terminated, truncated, _ = world.step(action)
            rewards.append(reward)
            ended = terminated or truncated
        returns.append(sum(rewards))
    return starts, returns


def test_an_old_script_runs_as_it_stands(tmp_path):
    folder = tmp_path / "scripts"
    folder.mkdir()
    (folder / "old.py").write_text(SCRIPT)
    (folder / "beside.py").write_text("def twice(reward):\n    return 2 * reward\n")
    write_hdf5(dataset(), tmp_path / "data.hdf5")
    flags = ["-m", "palaestra", "run-d4rl", "--data", "hopper-medium-v2=data.hdf5"]
    done = run(*flags, "scripts/old.py", "--data", "x", cwd=tmp_path)
    assert done.returncode == 3, done.stderr
    assert "gym and d4rl are palaestra's stand-ins" in done.stderr
    seen = json.loads(done.stdout)
    assert seen["argv"] == ["scripts/old.py", "--data", "x"]
    assert (seen["name"], seen["file"]) == ("__main__", "scripts/old.py")
    starts, returns = played()
    assert seen["starts"] == starts
    assert seen["returns"] == pytest.approx(returns, rel=1e-12)
    assert seen["score"] == 1.0 == seen["elsewhere"]
    assert seen["cut"] == [[False, None], [True, True]]
    assert seen["rest"] == [1.25] + [0] * 10
    assert seen["own"] == [8, 1.0, True, {"TimeLimit.truncated": True}]
    # rows 9 and 19 timed out; episodes end on rows 6, 9, 13 and 19
    assert seen["rows"] == {
        "observations": [18, 11],
        "actions": [18, 3],
        "next_observations": [18, 11],
        "rewards": [18],
        "terminals": [18],
    }
    assert seen["episodes"] == [7, 3, 4, 6]
    assert {"metadata/algorithm", "metadata/iteration", "next_observations"} < set(seen["keys"])
    assert (seen["picture"], seen["copied"], seen["old"]) == ([480, 480, 3], [11], 1000)
    assert seen["path"][0] == str(folder)
    assert str(tmp_path) not in seen["path"]
    assert (seen["random"], seen["url"]) == (6.7, "hand_dapg_v1/pen-human-v1.hdf5")


def test_a_real_d4rl_is_never_shadowed(tmp_path):
    (tmp_path / "d4rl.py").write_text("real = True")
    (tmp_path / "gym.py").write_text("real = True")
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "old.py").write_text("import d4rl, gym\nprint(d4rl.real, gym.real)\n1 / 0")
    done = run("-m", "palaestra.envs.d4rl.compat", "scripts/old.py", cwd=tmp_path, path=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "True True\n")
    first, second, *_ = done.stderr.splitlines()
    assert f"d4rl is installed ({tmp_path}): the script runs with it" in first
    assert second == "Traceback (most recent call last):"
    assert "compat" not in done.stderr


def test_a_real_gym_without_d4rl_is_left_out(tmp_path):
    (tmp_path / "gym.py").write_text("__version__ = '0.26.2'")
    (tmp_path / "scripts").mkdir()
    script = "import gym, d4rl\nenv = gym.make('hopper-medium-v2', max_episode_steps=7, render_mode=None)\n"
    (tmp_path / "scripts" / "old.py").write_text(script + "print(gym.__version__, env._max_episode_steps)")
    done = run("-m", "palaestra.envs.d4rl.compat", "scripts/old.py", cwd=tmp_path, path=str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "0.23.1 7\n"), done.stderr
    assert f"gym in {tmp_path} is left out" in done.stderr


def test_no_other_process_can_import_the_stand_ins(tmp_path):
    code = "import palaestra.envs.d4rl.compat.gym, palaestra.envs.d4rl.compat.path.d4rl\nimport d4rl"
    assert "No module named 'd4rl'" in run("-c", code, cwd=tmp_path).stderr
