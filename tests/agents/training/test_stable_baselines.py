"""stable-baselines3's agents: what they learn is what stable-baselines3 alone would, and a killed run resumes."""

import json
import random

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3.common.vec_env import DummyVecEnv

from palaestra.agents.training.loop import train
from palaestra.agents.training.registry import find, names
from palaestra.agents.training.stable_baselines.ensemble import SB3Ensemble
from palaestra.agents.training.stable_baselines.trainer import SB3Options
from palaestra.agents.training.stable_baselines.vec_env import Worlds
from palaestra.cli.main import run as palaestra
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run

HOPPER = "palaestra/Hopper-v0"
SMALL = {
    "sb3-sac": {"batch_size": 16, "learning_starts": 20, "buffer_size": 50},  # the buffer's ring turns
    "sb3-td3": {"batch_size": 16, "learning_starts": 20, "worlds": 2, "gradient_steps": -1},
    "sb3-ppo": {"batch_size": 20, "n_steps": 30, "n_epochs": 2, "worlds": 2},
}


def configured(algorithm, **settings):
    settings = {"hidden": (8, 8), "device": "cpu", "seeds": 2} | SMALL[algorithm] | settings
    return find(algorithm).config(**settings)


def options(**changed):
    return SB3Options(HOPPER, **{"steps": 120, "evaluate_every": 60, "episodes": 1, "log_every": 30} | changed)


def weights(model):
    return torch.cat([parameter.detach().flatten() for parameter in model.policy.parameters()])


def generators():
    """The state of the global ones."""
    return random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()  # noqa: NPY002


def test_every_agent_is_found():
    assert sorted(names("agents.training.stable_baselines")) == sorted(SMALL)


def test_worlds_are_what_stable_baselines3_would_make_of_them():
    ours, theirs = Worlds(HOPPER, 3, seed=4), DummyVecEnv([lambda: gymnasium.make(HOPPER)] * 3)
    for worlds in (ours.worlds.worlds, theirs.envs):
        for world in worlds:
            world.unwrapped._max_episode_steps = 12
    theirs._seeds = ours.first_seeds
    assert np.array_equal(ours.reset(), theirs.reset().astype(np.float32))
    generator, cut, fell = np.random.default_rng(0), 0, 0
    for _ in range(100):
        actions = generator.uniform(-1, 1, (3, 3)).astype(np.float32)
        actions[0] *= 0.02  # this one stands long enough to be cut
        (s, r, done, infos), (s_, r_, done_, infos_) = ours.step(actions), theirs.step(actions)
        assert np.array_equal(s, s_.astype(np.float32))
        assert np.array_equal(r, r_)
        assert np.array_equal(done, done_)
        for info, info_, over in zip(infos, infos_, done):
            assert ("terminal_observation" in info) == over
            if over:
                assert info["TimeLimit.truncated"] == info_["TimeLimit.truncated"]
                assert np.array_equal(info["terminal_observation"], info_["terminal_observation"].astype(np.float32))
                cut, fell = cut + info["TimeLimit.truncated"], fell + (not info["TimeLimit.truncated"])
    assert cut > 0
    assert fell > 0


@pytest.mark.parametrize("algorithm", SMALL)
def test_a_seed_learns_what_stable_baselines3_alone_would(algorithm):
    agents = find(algorithm).learner(configured(algorithm, first_seed=3), HOPPER)
    outside = generators()
    for steps in (30, 60):
        agents.advance(steps)
    assert generators() == outside
    for k, seed in enumerate((3, 4)):
        worlds = Worlds(HOPPER, agents.config.worlds, seed)
        alone = agents.algorithm("MlpPolicy", worlds, seed=seed, device="cpu", **agents.settings())
        before = weights(alone)
        alone.learn(60)
        assert not torch.equal(weights(alone), before)
        assert torch.equal(weights(alone), weights(agents.models[k]))


def outcome(run):
    update, tensors, plain = run.load_checkpoint()
    metrics = [{k: v for k, v in line.items() if k != "updates_per_second"} for line in run.metrics()]
    rows = [file.read_bytes() for file in run.path.glob("online.rows")]
    return update, {k: v.numpy().tobytes() for k, v in tensors.items()}, plain, rows, run.evaluations(), repr(metrics)


class Killed(Exception):
    pass


@pytest.mark.parametrize("algorithm", SMALL)
def test_killed_and_resumed_is_the_unbroken_run(algorithm, tmp_path, monkeypatch):
    whole = outcome(train(algorithm, options(), configured(algorithm), tmp_path / "whole"))
    assert whole[0] == 120
    assert len(whole[3]) == (algorithm != "sb3-ppo")
    last = 2 if algorithm == "sb3-ppo" else 4
    for name, owner, at in (("save_checkpoint", Run, 2), ("advance", find(algorithm).learner, last)):
        original, calls = getattr(owner, name), []

        def wrapper(self, *args, original=original, calls=calls, at=at):
            calls.append(1)
            if len(calls) == at:
                raise Killed
            return original(self, *args)

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, wrapper)
            with pytest.raises(Killed):
                train(algorithm, options(), configured(algorithm), tmp_path / name)
        resumed = train(algorithm, options(), configured(algorithm), tmp_path / name, resume=True)
        assert outcome(resumed) == whole


def test_sampled_actions_repeat_and_leave_the_generators_alone():
    policy = find("sb3-sac").learner(configured("sb3-sac"), HOPPER).policy
    observations = np.zeros((2, 3, 11))
    before = generators()
    policy.reset()
    first, second = (policy.act(observations, deterministic=False) for _ in range(2))
    policy.reset()
    assert np.array_equal(policy.act(observations, deterministic=False), first)
    assert first.shape == (2, 3, 3)
    assert first.dtype == np.float32
    assert not np.array_equal(first, second)
    assert not np.array_equal(first[0, 0], first[0, 1])
    assert generators() == before
    best = policy.act(observations)
    assert np.array_equal(best[:, 0], best[:, 1])


def test_a_seeds_sampled_actions_are_its_own_beside_any_others():
    observations = np.random.default_rng(0).normal(size=(2, 3, 11))
    together = find("sb3-sac").learner(configured("sb3-sac", seeds=2), HOPPER).policy
    alone = find("sb3-sac").learner(configured("sb3-sac", seeds=1, first_seed=1), HOPPER).policy
    for policy in (together, alone):
        policy.reset()
    for _ in range(2):
        both, one = together.act(observations, deterministic=False), alone.act(observations[1:], deterministic=False)
        assert np.array_equal(both[1:], one)


def test_an_agent_that_diverges_in_training_is_named(tmp_path, monkeypatch):
    advance = SB3Ensemble.advance

    def poisoned(self, steps):
        if self.updates >= 60:
            self.models[1].policy.action_net.bias.data.fill_(float("nan"))
        return advance(self, steps)

    monkeypatch.setattr(SB3Ensemble, "advance", poisoned)
    with pytest.raises(InputError, match=r"seed 1: its weights are not finite after step \d+; try a smaller"):
        train("sb3-ppo", options(), configured("sb3-ppo"), tmp_path / "run")
    assert Run.open(tmp_path / "run").metrics()[-1]["diverged"] == [0.0, 1.0]


def test_a_diverged_agent_has_no_actions():
    policy = find("sb3-ppo").learner(configured("sb3-ppo", seeds=2), HOPPER).policy
    policy.models[0].policy.action_net.bias.data.fill_(float("nan"))
    for deterministic in (False, True):
        actions = policy.act(np.zeros((2, 3, 11)), deterministic=deterministic)
        assert np.isnan(actions[0]).all()
        assert np.isfinite(actions[1]).all()


@pytest.mark.parametrize(
    ("algorithm", "settings", "message"),
    [
        ("sb3-sac", {"batch_size": 0}, "--batch-size must be at least 1, got 0"),
        ("sb3-sac", {"learning_rate": float("nan")}, "--learning-rate must be finite, got nan"),
        ("sb3-sac", {"gamma": 1.5}, "--gamma must be from 0 to 1, got 1.5"),
        ("sb3-sac", {"first_seed": -1}, "--first-seed must be at least 0, got -1"),
        ("sb3-td3", {"policy_delay": 0}, "--policy-delay must be at least 1, got 0"),
        ("sb3-ppo", {"n_epochs": 0}, "--n-epochs must be at least 1, got 0"),
        ("sb3-ppo", {"clip_range": -1.0}, "--clip-range must be above 0, got -1.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(algorithm, settings, message):
    with pytest.raises(InputError) as error:
        configured(algorithm, **settings)
    assert str(error.value) == message


def refused(*arguments):
    with pytest.raises(InputError) as error:
        palaestra(list(map(str, arguments)))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_worlds_that_do_not_suit_are_refused(tmp_path):
    for env_id, why in (
        ("CartPole-v1", "actions are Discrete(2)"),
        ("FrozenLake-v1", "observations are Discrete(16)"),
        ("Hoper-v0", "no such environment"),
    ):
        assert why in refused("train", "sb3-sac", "--env", env_id, "--out", tmp_path / "run")
    assert "--seeds must be at least 1" in refused("train", "sb3-sac", "--env", HOPPER, "--seeds", 0)
    assert "--steps must be at least 1" in refused("train", "sb3-sac", "--env", HOPPER, "--steps", 0)
    assert "--env" in refused("train", "sb3-sac")
    assert not (tmp_path / "run").exists()


def test_a_world_that_cannot_be_saved_trains_but_does_not_resume(tmp_path):
    config, asked = configured("sb3-ppo"), SB3Options("Pendulum-v1", steps=100, evaluate_every=100, episodes=1)
    train("sb3-ppo", asked, config, tmp_path / "run")
    longer = SB3Options("Pendulum-v1", steps=200, evaluate_every=100, episodes=1)
    with pytest.raises(InputError, match="Pendulum-v1: has no snapshot"):
        train("sb3-ppo", longer, config, tmp_path / "run", resume=True)


def test_train_evaluate_compare(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["--env", HOPPER, "--steps", "100", "--seeds", "2", "--hidden", "8", "8", "--episodes", "2"]
    palaestra(["train", "sb3-sac", *arguments, "--evaluate-every", "60", "--threads", "1", "--learning-starts", "20"])
    folder = tmp_path / "runs" / "sb3-sac-palaestra-Hopper-v0"
    config = json.loads((folder / "config.json").read_text())
    assert config["hyperparameters"]["learning_starts"] == 20
    assert [line["update"] for line in Run.open(folder).evaluations()] == [60] * 4 + [100] * 4
    assert "world steps, not updates" in capsys.readouterr().out
    palaestra(["evaluate", str(folder), "--episodes", "3"])
    lines = Run.open(folder).evaluations()
    assert {line["update"] for line in lines[8:]} == {100}
    again = {(line["seed"], line["episode"]): line["return"] for line in lines[8:]}
    for line in lines[4:8]:  # the same weights in the same worlds
        assert again[line["seed"], line["episode"]] == line["return"]
    palaestra(["compare", str(folder), "--form", "markdown"])
    assert "| palaestra/Hopper-v0 | sb3-sac" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        palaestra(["train", "sb3-td3", "--help"])
    assert "--policy-delay" in capsys.readouterr().out


def test_a_fixed_temperature_is_a_number():
    agents = find("sb3-sac").learner(configured("sb3-sac", ent_coef="0.2"), HOPPER)
    assert agents.models[0].ent_coef_tensor.item() == pytest.approx(0.2)
    with pytest.raises(InputError, match="--ent-coef"):
        find("sb3-sac").config(ent_coef="much")


def test_worlds_are_closed(tmp_path, monkeypatch):
    closed = []
    monkeypatch.setattr(Worlds, "close", lambda self: closed.append(self))
    train("sb3-ppo", options(steps=60), configured("sb3-ppo"), tmp_path / "run")
    assert len(closed) == 2


@pytest.mark.parametrize("algorithm", SMALL)
def test_stopped_before_the_first_step_it_begins_again(algorithm, tmp_path):
    run = train(algorithm, options(), configured(algorithm), tmp_path / "run", stop=lambda: True)
    assert run.checkpoints == []
    whole = outcome(train(algorithm, options(), configured(algorithm), tmp_path / "whole"))
    assert outcome(train(algorithm, options(), configured(algorithm), tmp_path / "run", resume=True)) == whole
