"""Public offline RL scripts, unmodified, and the scores that palaestra's evaluation gives the policies they train.

    python benchmarks/d4rl_scripts.py FOLDER [--only td3_bc prdc ...] [--rows N]

FOLDER holds clones of github.com/tinkoff-ai/CORL, github.com/sfujim/TD3_BC and github.com/LAMDA-RL/PRDC, under any
names; docs/d4rl.md names the commits that were run. The scripts need wandb, pyrallis and tensorboardX.

Each script says `import gym, d4rl`, and runs as `palaestra run-d4rl` runs it, for a few updates on a small recipe of
hopper in D4RL's layout. What its policy observed and did while the script evaluated it is recorded. Then palaestra's
evaluation loop begins the same episodes in its own worlds and plays the recorded actions. Two scores are equal if

* every observation equals the recorded one in all bits, so that the same policy would have acted alike, and
* the mean of the returns, normalised by palaestra, is what the script computed, and what it printed if it prints it.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from palaestra.agents.rollouts.collect import make
from palaestra.agents.rollouts.play import Grid, Stage, Start, steps
from palaestra.data.catalogue import convert
from palaestra.data.formats.d4rl_ids import normalised_score
from palaestra.envs.d4rl.compat.gym.adapted import Adapted
from palaestra.envs.d4rl.compat.gym.envs import registration
from palaestra.envs.d4rl.compat.run import run_script
from palaestra.envs.vector import make_worlds

ID = "hopper-medium-v2"
CORL = "--device cpu --env {id} --max_timesteps {updates} --eval_freq {updates} --n_episodes 3"
CORL_NAMED = "--device cpu --env_name {id} --num_train_ops {updates} --eval_frequency {updates} --n_test_episodes 3"
EDAC = "--device cpu --env_name {id} --num_epochs 1 --num_updates_on_epoch {updates} --eval_episodes 3 --eval_every 1"


class Script(NamedTuple):
    """A public script: where it is, the file beside it that tells it from others, its flags and number of updates."""

    file: str
    beside: str
    flags: str
    updates: int


SCRIPTS = {
    "td3_bc": Script("offline/td3_bc.py", "sac_n.py", CORL, 100),
    "iql": Script("offline/iql.py", "sac_n.py", CORL, 100),
    "cql": Script("offline/cql.py", "sac_n.py", CORL, 20),
    "awac": Script("offline/awac.py", "sac_n.py", CORL_NAMED, 50),
    "edac": Script("offline/edac.py", "sac_n.py", EDAC, 10),
    "sfujim": Script("main.py", "TD3_BC.py", "--env {id} --max_timesteps {updates} --eval_freq {updates}", 100),
    "prdc": Script(
        "main.py", "prdc.py", "--device cpu --env_id {id} --max_timesteps {updates} --eval_freq {updates}", 50
    ),
}


class Recorded(Adapted):
    """The stand-in's environment; keeps the episodes that led to each score.

    Attributes:
        evaluations: one per call of ``get_normalized_score``: its ``score``, and the ``episodes`` since the last call,
            each with the ``seed`` that its reset was given, ``observations``, ``actions`` and ``rewards``.
    """

    evaluations: list[dict[str, Any]] = []  # noqa: RUF012 (of all environments that the script makes)
    episodes: list[dict[str, Any]] = []  # noqa: RUF012

    def reset(self, **options: Any) -> Any:
        seed = self._seed
        observation = super().reset(**options)
        self.episodes.append({"seed": seed, "observations": [observation.tolist()], "actions": [], "rewards": []})
        return observation

    def step(self, action: Any) -> Any:
        observation, reward, done, info = super().step(action)
        episode = self.episodes[-1]
        episode["observations"].append(observation.tolist())
        episode["actions"].append(np.asarray(action).tolist())
        episode["dtype"] = str(np.asarray(action).dtype)
        episode["rewards"].append(reward)
        return observation, reward, done, info

    def get_normalized_score(self, score: Any) -> Any:
        value = self.made.get_wrapper_attr("get_normalized_score")(score)
        self.evaluations.append({"score": float(np.mean(value)), "episodes": list(self.episodes)})
        self.episodes.clear()
        return value


def record(target: Path, data: Path, script: Path, arguments: list[str]) -> int:
    """Run a script in this process and write the evaluations it made; returns its exit status."""
    registration.Adapted = Recorded  # type: ignore[misc]
    status = run_script(script, arguments, {ID: str(data)})
    target.write_text(json.dumps(Recorded.evaluations))
    return status


class Replayed:
    """A policy that acts as recorded, and checks that it observes what was recorded."""

    def __init__(self, episodes: list[dict[str, Any]]):
        self.episodes, self.episode, self.row, self.differences = episodes, -1, 0, 0

    def next_starts(self, free: np.ndarray) -> list[Start | None]:
        """The start of the next episode; after the last one None."""
        self.episode, self.row = self.episode + 1, 0
        return [Start(self.episodes[self.episode]["seed"]) if self.episode < len(self.episodes) else None]

    def reset(self, which: np.ndarray | None = None, tasks: Any = ()) -> None:
        """See ``Policy``."""

    def act(self, observations: np.ndarray, rewards: Any = None, deterministic: bool = True) -> np.ndarray:
        """See ``Policy``."""
        episode = self.episodes[self.episode]
        self.differences += int((observations != np.array(episode["observations"][self.row])).any())
        action = np.array(episode["actions"][self.row], episode["dtype"])
        self.row += 1
        return action.reshape(1, 1, -1)


def replay(episodes: list[dict[str, Any]]) -> tuple[list[float], int]:
    """Returns of recorded episodes in palaestra's evaluation loop, and the number of observations that differ."""
    policy, returns = Replayed(episodes), [0.0]
    for step in steps(Grid(policy, (1, 1)), Stage(make_worlds(ID, 1)), policy.next_starts, deterministic=True):
        returns[-1] += float(step.rewards[0])
        if step.ended[0]:
            short = policy.row != len(episodes[policy.episode]["actions"])
            policy.differences += int(short)  # the script's episode had another length
            returns.append(0.0)
    return returns[:-1], policy.differences


def find(folder: Path, script: Script) -> Path:
    """The script's file in FOLDER."""
    for path in sorted(folder.rglob(script.file)):
        if (path.parent / script.beside).is_file():
            return path.resolve()
    sys.exit(f"{folder}: has no {script.file} beside {script.beside}; clone the repositories that --help names there")


def commit(path: Path) -> str:
    """The commit of a script's repository; ends the run if a Python file there was changed."""
    git = ["git", "-C", str(path.parent)]
    changed = subprocess.run(
        [*git, "diff", "--name-only", "--diff-filter=M", "HEAD", "--", "*.py"], capture_output=True
    )
    if changed.returncode or changed.stdout:
        sys.exit(f"{path.parent}: {(changed.stdout or changed.stderr).decode().strip()}: not as it was published")
    return subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout[:7]


def printed(folder: Path, output: str) -> float | None:
    """The last score that a script printed or wrote to its log, None if it does neither."""
    texts = [output, *(path.read_text() for path in folder.rglob("*.log"))]
    scores = [float(score) for text in texts for score in re.findall(r"D4RL score: (-?[\d.]+)", text)]
    return scores[-1] if scores else None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=SCRIPTS, default=list(SCRIPTS))
    parser.add_argument("--rows", type=int, default=20_000, help="of the recipe's data")
    options = parser.parse_args()
    scripts = {name: find(options.folder, SCRIPTS[name]) for name in options.only}
    commits = {name: commit(path) for name, path in scripts.items()}
    environment = os.environ | {"WANDB_MODE": "disabled"}
    all_equal = True
    with tempfile.TemporaryDirectory() as scratch:
        made, data = Path(scratch, "recipe"), Path(scratch, "data.hdf5")
        make("palaestra/hopper/medium-v0", options.rows, processes=1, out=made)
        convert(made, data)
        print("script   commit   updates episodes    its score         ours   printed  equal")
        for name, path in scripts.items():
            script, folder = SCRIPTS[name], Path(scratch, name)
            folder.mkdir()
            flags = script.flags.format(id=ID, updates=script.updates).split()
            child = [
                sys.executable,
                __file__,
                "--record",
                str(folder / "evaluations.json"),
                str(data),
                str(path),
                *flags,
            ]
            done = subprocess.run(child, cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{name}: ended with status {done.returncode}\n{done.stderr}")
            *_, last = json.loads((folder / "evaluations.json").read_text())
            returns, differences = replay(last["episodes"])
            theirs, ours = 100 * last["score"], float(normalised_score(ID, np.mean(returns)))
            shown = printed(folder, done.stdout)
            equal = not differences and abs(theirs - ours) < 1e-9 and (shown is None or abs(shown - ours) < 1e-3)
            all_equal &= equal
            cells = f"{script.updates:7} {len(returns):8} {theirs:12.6f} {ours:12.6f}"
            cells += f" {'-' if shown is None else shown:>9.7}  "
            print(f"{name:8} {commits[name]:8} {cells}{'yes' if equal else f'no ({differences} steps)'}", flush=True)
    sys.exit(0 if all_equal else 1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--record"]:
        target, data, script, *arguments = sys.argv[2:]
        sys.exit(record(Path(target), Path(data), Path(script), arguments))
    main()
