import subprocess
import sys

import numpy as np
import pytest

from palaestra.agents.policy import GaussianPolicy
from palaestra.agents.training import behaviour
from palaestra.agents.training.behaviour import CARD_SEED, Settings, Snapshot, measure
from palaestra.cli.behaviour import train as train_policies
from palaestra.data import recipes
from palaestra.data.results.run import versions

SHORT = Settings(steps=512, gamma=0.99, log_std_init=0.0, worlds=2, n_steps=64)


def snapshot(steps, training_return=0.0):
    return Snapshot(steps, training_return, {})


def test_the_same_command_gives_the_same_weights():
    reports = []
    first = behaviour.train("palaestra/Hopper-v0", SHORT, 3, reports.append)
    again = behaviour.train("palaestra/Hopper-v0", SHORT, 3, reports.append)
    assert [s.steps for s in first] == [0, 128, 256, 384, 512]
    assert reports == [*first, *again]
    for one, other in zip(first, again):
        assert one.weights.keys() == other.weights.keys()
        for name, array in one.weights.items():
            np.testing.assert_array_equal(array, other.weights[name])
    assert not np.array_equal(first[0].weights["mean.weight"], first[-1].weights["mean.weight"])
    np.testing.assert_array_equal(first[0].weights["mean.bias"], np.zeros(3))


def test_medium_is_nearest_to_a_third_of_the_expert(monkeypatch):
    # Returns grow with the steps; 310 is where training passed half of the expert, nothing later is looked at.
    returns = {steps: 0.5 * steps for steps in range(0, 1001, 10)}
    asked = []

    def measured(snapshot, env_id, episodes, seed):
        asked.append(snapshot.steps)
        return returns[snapshot.steps]

    monkeypatch.setattr(behaviour, "measured_return", measured)
    snapshots = [snapshot(steps, returns[steps]) for steps in returns]
    assert behaviour.choose_medium(snapshots, "", 300.0).steps == 200
    assert max(asked) == 310


def test_expert_is_the_best_of_the_last_quarter(monkeypatch):
    monkeypatch.setattr(behaviour, "measured_return", lambda snapshot, *_, **__: -abs(snapshot.steps - 950))
    assert behaviour.choose_expert([snapshot(steps) for steps in range(0, 1001, 10)], "").steps == 950
    monkeypatch.setattr(behaviour, "measured_return", lambda snapshot, *_, **__: -snapshot.steps)
    assert behaviour.choose_expert([snapshot(steps) for steps in range(0, 1001, 10)], "").steps == 760


def test_what_is_written_is_what_recipes_read(monkeypatch, tmp_path):
    rng = np.random.default_rng(0)
    chosen = {
        "expert": [Snapshot(9, 1.0, {"mean.bias": rng.normal(size=3).astype(np.float32)})],
        "medium-replay": [Snapshot(k, 1.0, {"mean.bias": np.full(3, k, np.float32)}) for k in range(4)],
    }
    behaviour.write(tmp_path / "hopper", chosen, {"expert": {"steps": [9]}})
    monkeypatch.setattr(recipes, "HERE", tmp_path)
    for name, snapshots in chosen.items():
        for number, kept in enumerate(snapshots):
            read = recipes.weights("hopper", recipes.Part(name, number))
            np.testing.assert_array_equal(read["mean.bias"], kept.weights["mean.bias"])
    assert recipes.card("hopper", "expert") == {"steps": [9]}


@pytest.mark.parametrize("robot", recipes.WORLDS)
@pytest.mark.parametrize("policy", ["expert", "medium"])
def test_shipped_policies_earn_what_their_cards_say(robot, policy):
    card = recipes.card(robot, policy)
    player = GaussianPolicy(recipes.weights(robot, recipes.Part(policy)))
    for mode in ("sampled", "deterministic"):
        measured = measure([player], recipes.WORLDS[robot], 5, CARD_SEED + 1, deterministic=mode == "deterministic")
        # Five fresh episodes: within four standard errors of the mean of a hundred.
        allowed = 4 * max(card[mode]["return_std"], 0.02 * card[mode]["return_mean"]) / 5**0.5
        assert abs(measured["return_mean"] - card[mode]["return_mean"]) < allowed


def test_a_card_is_what_measuring_gives():
    card = recipes.card("hopper", "medium")
    policy = GaussianPolicy(recipes.weights("hopper", recipes.Part("medium")))
    measured, stored = measure([policy], "palaestra/Hopper-v0", 100, CARD_SEED), card["sampled"]
    exact = ("episodes", "seed")
    assert {name: measured[name] for name in exact} == {name: stored[name] for name in exact}
    # Another kind of processor rounds a product otherwise, and such an episode ends elsewhere.
    for name in ("return_mean", "length_mean", "score"):
        assert measured[name] == pytest.approx(stored[name], rel=0.05)
    assert measured["return_std"] == pytest.approx(stored["return_std"], rel=0.3)
    assert measured.keys() == stored.keys()


@pytest.mark.slow
def test_the_command_end_to_end(tmp_path, capsys):
    import json

    for name in ("once", "twice"):
        train_policies("hopper", steps=20_480, seed=0, out=tmp_path / name)
    once, twice = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("once", "twice"))
    assert once == twice
    assert set(once) == {
        "random.json",
        *(f"{n}.{e}" for n in ("expert", "medium", "medium-replay") for e in ("json", "safetensors")),
    }
    card = json.loads(once["medium-replay.json"])
    assert len(card["steps"]) == len(card["sampled"]["means"]) == 20
    assert json.loads(once["expert.json"])["floor"] == {"score": 75.0, "reached": False}
    assert '"policy": "expert"' in capsys.readouterr().out


def test_cards_record_every_version(monkeypatch):
    monkeypatch.setattr(behaviour, "measure", lambda *_, **__: {"return_mean": 900.0, "score": 30.0})
    chosen = {name: [snapshot(9)] for name in ("expert", "medium")}
    monkeypatch.setattr(behaviour, "GaussianPolicy", lambda weights: weights)
    cards = behaviour.cards_of("hopper", SHORT, 3, chosen)
    assert all(card["versions"] == versions() for card in cards.values())
    assert cards["medium"]["command"] == "python -m palaestra.cli.behaviour hopper --steps 512 --seed 3"


def test_mistakes_on_its_command_line_are_one_line():
    command = [sys.executable, "-m", "palaestra.cli.behaviour", "cheetah"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("palaestra: ")
    assert done.stderr.endswith("; see python -m palaestra.cli.behaviour --help\n")
