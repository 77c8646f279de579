"""Train the recipes' behaviour policies; ``python -m palaestra.cli.behaviour ROBOT`` does it.

PPO (Schulman et al. 2017, arXiv 1707.06347) from stable-baselines3, eight environments on one thread, observations and
rewards normalised by running statistics. The policy of every iteration is kept; at the end

- *expert* is the policy with the highest return of the last quarter,
- *medium* the early policy whose return is nearest to a third of the expert's,
- *medium-replay* twenty policies evenly spaced from the untrained one to the medium one.

All are evaluated with sampled actions, as the recipes use them. On one machine with the same versions, the same command
gives the same weights.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from palaestra.agents.policy import GaussianPolicy, Policy, RandomPolicy
from palaestra.agents.rollouts.play import evaluate
from palaestra.data import recipes
from palaestra.data.extras import require
from palaestra.data.results.run import versions
from palaestra.data.store import write_atomically

CARD_SEED = 3  # evaluation seed of the cards; the policies are chosen with seeds 1 and 2
MIN_EXPERT_SCORES = {"hopper": 75.0, "walker2d": 75.0, "halfcheetah": 40.0}  # lowest normalised scores
MEDIUM_SHARES = (0.25, 0.40)  # lowest and highest share of the expert's return


@dataclass(frozen=True)
class Settings:
    """PPO's settings; all others are stable-baselines3's defaults."""

    steps: int
    gamma: float
    log_std_init: float
    worlds: int = 8
    learning_rate: float = 3e-4
    """Initial value; decays linearly to 0."""
    n_steps: int = 256
    batch_size: int = 64


SETTINGS = {
    "hopper": Settings(steps=1_500_000, gamma=0.99, log_std_init=0.0),
    "halfcheetah": Settings(steps=1_500_000, gamma=0.98, log_std_init=-1.0),
    "walker2d": Settings(steps=3_000_000, gamma=0.99, log_std_init=0.0),
}


class Snapshot(NamedTuple):
    """The policy after ``steps`` environment steps; ``training_return`` averages the last 100 training episodes."""

    steps: int
    training_return: float
    weights: dict[str, np.ndarray]


def train(env_id: str, settings: Settings, seed: int, report: Callable[[Snapshot], None]) -> list[Snapshot]:
    """Run PPO and keep the policy of every iteration, the untrained one first."""
    require("training behaviour policies", "stable_baselines3")
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.vec_env import VecNormalize

    worlds = VecNormalize(make_vec_env(env_id, n_envs=settings.worlds, seed=seed), gamma=settings.gamma)
    model = PPO(
        "MlpPolicy",
        worlds,
        learning_rate=lambda left: settings.learning_rate * left,
        gamma=settings.gamma,
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        policy_kwargs={"log_std_init": settings.log_std_init},
        seed=seed,
        device="cpu",
    )
    snapshots = []

    def keep() -> None:
        episodes = [episode["r"] for episode in model.ep_info_buffer or ()]
        mean = float(np.mean(episodes)) if episodes else float("nan")
        snapshots.append(Snapshot(model.num_timesteps, mean, export(model)))
        report(snapshots[-1])

    class Keep(BaseCallback):
        def _on_rollout_start(self) -> None:
            keep()

        def _on_step(self) -> bool:
            return True

    model.learn(settings.steps, callback=Keep())
    keep()
    worlds.close()
    return snapshots


def export(model: Any) -> dict[str, np.ndarray]:
    """A stable-baselines3 PPO model's policy, with its VecNormalize, as float32 arrays for ``GaussianPolicy``."""
    worlds, policy = model.get_vec_normalize_env(), model.policy
    linear = [layer for layer in policy.mlp_extractor.policy_net if hasattr(layer, "weight")]
    layers = {f"hidden.{k}": layer for k, layer in enumerate(linear)} | {"mean": policy.action_net}
    arrays = {
        "observation_mean": worlds.obs_rms.mean,
        "observation_std": np.sqrt(worlds.obs_rms.var + worlds.epsilon),
        "observation_clip": worlds.clip_obs,
        "action_low": model.action_space.low,
        "action_high": model.action_space.high,
        "log_std": policy.log_std.detach().numpy(),
    }
    for name, layer in layers.items():
        arrays[f"{name}.weight"] = layer.weight.detach().numpy()
        arrays[f"{name}.bias"] = layer.bias.detach().numpy()
    return {name: np.array(array, np.float32) for name, array in arrays.items()}


def measure(policies: Sequence[Policy], env_id: str, episodes: int, seed: int, deterministic: bool = False) -> dict:
    """Evaluate policies with ``episodes`` each: mean and standard deviation of the return, mean score, policy means."""
    records = []
    for policy in policies:
        records += evaluate(policy, env_id, seeds=[seed], episodes=episodes, deterministic=deterministic)
    returns = np.array([record["return"] for record in records])
    means = {"means": returns.reshape(len(policies), -1).mean(axis=1).round(1).tolist()} if len(policies) > 1 else {}
    return means | {
        "episodes": len(records),
        "seed": seed,
        "return_mean": round(float(returns.mean()), 2),
        "return_std": round(float(returns.std()), 2),
        "length_mean": round(float(np.mean([record["length"] for record in records])), 1),
        "score": round(float(np.mean([record["score"] for record in records])), 2),
    }


def measured_return(snapshot: Snapshot, env_id: str, episodes: int, seed: int) -> float:
    """The mean return of a snapshot's sampled actions."""
    return measure([GaussianPolicy(snapshot.weights)], env_id, episodes, seed)["return_mean"]


def spaced(items: Sequence, count: int) -> list:
    """``count`` evenly spaced items, including the first and the last; items repeat if there are fewer."""
    return [items[i] for i in np.linspace(0, len(items) - 1, count).round().astype(int)]


def choose_expert(snapshots: list[Snapshot], env_id: str) -> Snapshot:
    """The best of six policies from the last quarter of training, over 20 episodes each."""
    candidates = spaced(snapshots[-(-3 * len(snapshots) // 4) :], 6)
    return max(candidates, key=lambda snapshot: measured_return(snapshot, env_id, 20, seed=1))


def choose_medium(snapshots: list[Snapshot], env_id: str, expert_return: float) -> Snapshot:
    """The policy nearest to a third of the expert's return: 16 episodes for up to 100 policies, 100 for the best 15."""
    passed = [s.steps for s in snapshots if s.training_return > 0.5 * expert_return]
    early = [s for s in snapshots if s.steps <= min(passed, default=snapshots[-1].steps)]

    def nearest(candidates: list[Snapshot], episodes: int, keep: int) -> list[Snapshot]:
        def distance(snapshot: Snapshot) -> float:
            return abs(measured_return(snapshot, env_id, episodes, seed=2) - expert_return / 3)

        return sorted(candidates, key=distance)[:keep]

    return nearest(nearest(spaced(early, min(100, len(early))), 16, keep=15), 100, keep=1)[0]


def cards_of(robot: str, settings: Settings, seed: int, chosen: dict[str, list[Snapshot]]) -> dict[str, dict]:
    """A card for every policy: its training, its returns, and whether they meet the requirement of its name."""
    env_id = recipes.WORLDS[robot]
    command = f"python -m palaestra.cli.behaviour {robot} --steps {settings.steps} --seed {seed}"
    about = {"env_id": env_id, "command": command, "versions": versions()}
    trained = about | {"algorithm": "PPO", "seed": seed, "settings": asdict(settings)}
    uniform = measure([random_policy(env_id)], env_id, 100, CARD_SEED)
    cards = {"random": about | {"algorithm": "uniform actions", "sampled": uniform}}
    for name, snapshots in chosen.items():
        policies = [GaussianPolicy(snapshot.weights) for snapshot in snapshots]
        episodes = 100 if len(policies) == 1 else 20
        cards[name] = trained | {"steps": [snapshot.steps for snapshot in snapshots]}
        cards[name]["sampled"] = measure(policies, env_id, episodes, CARD_SEED)
        cards[name]["deterministic"] = measure(policies, env_id, episodes, CARD_SEED, deterministic=True)
    expert, medium = cards["expert"]["sampled"], cards["medium"]["sampled"]
    floor, share, (low, high) = MIN_EXPERT_SCORES[robot], medium["return_mean"] / expert["return_mean"], MEDIUM_SHARES
    cards["expert"]["floor"] = {"score": floor, "reached": expert["score"] >= floor}
    cards["medium"]["floor"] = {"share_of_expert": [low, high], "is": round(share, 3), "reached": low <= share <= high}
    return cards


def random_policy(env_id: str) -> RandomPolicy:
    """Uniform over the action box of an environment."""
    import gymnasium

    world = gymnasium.make(env_id)
    world.close()
    box = world.action_space
    assert isinstance(box, gymnasium.spaces.Box)
    return RandomPolicy(box.low, box.high)


def write(folder: Path, chosen: dict[str, list[Snapshot]], cards: dict[str, dict]) -> None:
    """Write weights and cards; replaces the whole ``folder``."""
    from safetensors.numpy import save

    with write_atomically(folder) as made:
        made.mkdir()
        for name, snapshots in chosen.items():
            stacked = {key: np.stack([s.weights[key] for s in snapshots]) for key in snapshots[0].weights}
            (made / f"{name}.safetensors").write_bytes(save(stacked))
        for name, card in cards.items():
            lines = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in card.items())
            (made / f"{name}.json").write_text(f"{{\n{lines}\n}}\n")
