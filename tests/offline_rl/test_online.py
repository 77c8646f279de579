"""The online phase: what is remembered is what happened, and a killed run resumed is the unbroken one."""

import itertools
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch

import palaestra
from palaestra.agents.training.loop import evaluate_run, train
from palaestra.agents.training.registry import find, names
from palaestra.agents.training.trainer import DivergedError
from palaestra.data.errors import InputError
from palaestra.data.results.run import Run
from palaestra.data.results.tables import compare
from palaestra.offline_rl import online as phases
from palaestra.offline_rl.learner import Learner
from palaestra.offline_rl.trainer import LearnerOptions, LearnerTrainer
from tests.offline_rl.conftest import make_dataset

HOPPER = "palaestra/Hopper-v0"
TUNED = ("td3bc", "iql")  # one that adds noise, one that samples
OTHERS = sorted({name for name in names("offline_rl") if find(name).fine_tuning is not None} - set(TUNED))


@pytest.fixture(scope="module")
def hopper():
    return make_dataset(rows=400, state_dim=11, action_dim=3, env_id=HOPPER)


def configured(algorithm, **settings):
    hidden = {"hidden": (16, 16)} if hasattr(find(algorithm).config, "hidden") else {}
    settings = hidden | {"batch_size": 16, "device": "cpu", "seeds": 2} | settings
    return find(algorithm).config(**settings, **(find(algorithm).fine_tuning or {}))


def options(**changed):
    chosen = {"steps": 7, "online_steps": 40, "evaluate_every": 10, "episodes": 1, "log_every": 5} | changed
    return LearnerOptions("hopper-medium-v2", **chosen)


@pytest.fixture
def online(hopper, tmp_path):
    """Makes the online phase of a fresh learner: ``online("td3bc", seeds=3)``."""
    made = []

    def make(algorithm="td3bc", asked=None, **settings):
        asked = asked or options()
        trainer = LearnerTrainer(find(algorithm), asked, configured(algorithm, **settings), dataset=hopper)
        learner = trainer.learner
        run = Run.create(tmp_path / f"run{len(made)}", trainer.run_config())
        made.append(phases.Online(learner, asked, run, 1, {}))
        return learner, made[-1]

    yield make
    for each in made:
        each.close()


def outcome(run):
    """Everything that must be the same when a run was broken and resumed."""
    update, tensors, counters = run.load_checkpoint()
    metrics = [{k: v for k, v in line.items() if k != "updates_per_second"} for line in run.metrics()]
    lived = (run.path / "online.rows").read_bytes()
    return (
        update,
        {k: v.numpy().tobytes() for k, v in tensors.items()},
        counters,
        lived,
        run.evaluations(),
        repr(metrics),
    )


class Killed(Exception):
    pass


def killed_at(monkeypatch, owner, name, count, before):
    """Let ``owner.name`` raise when it is called for the ``count``-th time, before or after its work."""
    original, calls = getattr(owner, name), []

    def wrapper(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == count and before:
            raise Killed
        result = original(self, *args, **kwargs)
        if len(calls) == count:
            raise Killed
        return result

    monkeypatch.setattr(owner, name, wrapper)


@pytest.mark.parametrize("algorithm", [*TUNED, *OTHERS])
def test_killed_anywhere_and_resumed_is_the_unbroken_run(algorithm, hopper, tmp_path, monkeypatch):
    settings = {"dataset": hopper}
    whole = outcome(train(algorithm, options(), configured(algorithm), tmp_path / "whole", **settings))
    assert whole[0] == 47
    moments = (
        [(Learner, "update", 30, False)]
        if algorithm in OTHERS
        else [
            (Learner, "update", 3, True),  # offline, no checkpoint yet
            (Run, "save_checkpoint", 1, False),  # at the border
            (phases.Online, "step", 18, False),  # a step in the world is made and no update
            (Run, "save_checkpoint", 3, True),  # new rows are on disk and the checkpoint isn't
            (Run, "log_evaluation", 5, False),
        ]
    )
    for i, (owner, name, count, before) in enumerate(moments):
        with monkeypatch.context() as patch:
            killed_at(patch, owner, name, count, before)
            with pytest.raises(Killed):
                train(algorithm, options(), configured(algorithm), tmp_path / str(i), **settings)
        resumed = train(algorithm, options(), configured(algorithm), tmp_path / str(i), resume=True, **settings)
        assert outcome(resumed) == whole, f"killed in {name} {count}"


def test_stopped_anywhere_and_resumed_is_the_unbroken_run(hopper, tmp_path):
    algorithm = "prdc"  # whose search may overflow, so that updates are made again
    whole = outcome(train(algorithm, options(), configured(algorithm), tmp_path / "whole", dataset=hopper))
    for asked in (0, 17, 43):
        asks = itertools.count()
        arguments = algorithm, options(), configured(algorithm), tmp_path / str(asked)
        run = train(*arguments, stop=lambda asks=asks, asked=asked: next(asks) >= asked, dataset=hopper)
        assert max(run.checkpoints, default=0) < 47
        resumed = train(*arguments, resume=True, dataset=hopper)
        assert outcome(resumed)[:-1] == whole[:-1], f"stopped after {asked}"


def test_several_checkpoints_are_kept(hopper, tmp_path):
    run = train("td3bc", options(keep=3), configured("td3bc"), tmp_path / "run", dataset=hopper)
    assert run.checkpoints == [30, 40, 47]
    whole = train("td3bc", options(), configured("td3bc"), tmp_path / "whole", dataset=hopper)
    assert outcome(run) == outcome(whole)
    logged = run.evaluations()
    for update in run.checkpoints:
        returns = [line["return"] for line in logged if line["update"] == update]
        again = evaluate_run(run, 1, update=update)
        assert [record["return"] for record in again] == returns
        assert {line["update"] for line in run.evaluations()[-len(again) :]} == {update}
    observation = np.linspace(-1, 1, 11)
    actions = [palaestra.load(run.path, device="cpu", update=update).predict(observation) for update in (30, 47)]
    assert not np.array_equal(*actions)
    assert np.array_equal(actions[1], palaestra.load(run.path, device="cpu").predict(observation))
    with pytest.raises(InputError, match="no checkpoint after update 31, only after 30, 40, 47; --keep"):
        palaestra.load(run.path, update=31)


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_its_checkpoint(hopper, tmp_path, monkeypatch):
    step = find("td3bc").learner.step

    def poisoned(self, batch, noise, update_policy):
        metrics = step(self, batch, noise, update_policy)
        return metrics | (
            {"critic_loss": metrics["critic_loss"] * torch.tensor([1, torch.inf])} if self.updates > 22 else {}
        )

    monkeypatch.setattr(find("td3bc").learner, "step", poisoned)
    with pytest.raises(DivergedError, match="seed 1: critic_loss is inf at update 25") as error:
        train("td3bc", options(), configured("td3bc"), tmp_path / "run", dataset=hopper)
    assert error.value.status == 1
    run = Run.open(tmp_path / "run")
    assert run.checkpoints == [20]
    assert run.metrics()[-1]["diverged"] == [0.0, 1.0]


def test_rows_are_only_ever_appended(hopper, tmp_path, monkeypatch):
    sizes, append = [], phases.RowFile.append

    def watched(self, rows):
        before = self.path.read_bytes() if self.path.exists() else b""
        append(self, rows)
        assert self.path.read_bytes()[: len(before)] == before
        sizes.append(len(rows))

    monkeypatch.setattr(phases.RowFile, "append", watched)
    train("td3bc", options(), configured("td3bc"), tmp_path / "run", dataset=hopper)
    assert sizes == [3, 10, 10, 10, 7]


def test_more_online_steps_go_on_from_a_finished_run(hopper, tmp_path):
    train("td3bc", options(online_steps=0), configured("td3bc"), tmp_path / "grown", dataset=hopper)
    for steps in (20, 40):
        asked = options(online_steps=steps)
        grown = train("td3bc", asked, configured("td3bc"), tmp_path / "grown", dataset=hopper, resume=True)
        assert (grown.config["steps"], grown.config["online_steps"]) == (7 + steps, steps)
    straight = train("td3bc", options(), configured("td3bc"), tmp_path / "straight", dataset=hopper)
    assert outcome(grown)[1:4] == outcome(straight)[1:4]


def test_another_plan_is_written_down(hopper, tmp_path, monkeypatch):
    def going_on(name, **changed):
        asked = options(**changed)
        return train("td3bc", asked, configured("td3bc"), tmp_path / name, dataset=hopper, resume=True)

    for name, changed in (("offline", {"steps": 100, "online_steps": 0}), ("online", {"steps": 50})):
        with monkeypatch.context() as patch:
            killed_at(patch, Run, "save_checkpoint", 1, False)
            with pytest.raises(Killed):
                train("td3bc", options(**changed), configured("td3bc"), tmp_path / name, dataset=hopper)
    run = going_on("offline", steps=20, online_steps=30)  # its only checkpoint is that of update 10
    assert (run.config["steps"], run.config["online_steps"]) == (50, 30)
    assert run.config["online"] == {"online_share": None, "exploration_noise": 0.1}
    with pytest.raises(InputError, match=r"exploration_noise = 0\.1, not 0\.3"):
        going_on("offline", steps=20, online_steps=30, exploration_noise=0.3)
    run = going_on("online", steps=47, online_steps=0)
    assert run.config["steps"] == run.config["options"]["steps"] == 47
    assert not {"online", "online_steps"} & run.config.keys()
    assert Run.open(run.path).config == run.config


def test_offline_schedules_are_refused_online(hopper, tmp_path):
    config = find("iql").config(device="cpu")
    message = refused("iql", options(), config, tmp_path / "a", dataset=hopper)
    assert message == "--opt-decay-schedule must be none in runs with an online phase"


@pytest.mark.parametrize("algorithm", TUNED)
def test_evaluations_leave_the_training_worlds_alone(algorithm, hopper, tmp_path):
    often, seldom = (
        train(
            algorithm,
            options(evaluate_every=every, episodes=episodes),
            configured(algorithm),
            tmp_path / str(every),
            dataset=hopper,
        )
        for every, episodes in ((3, 2), (1000, 1))
    )
    assert outcome(often)[:4] == outcome(seldom)[:4]


def replayed(algorithm, online, horizon, steps=60):
    """Play ``steps`` steps with a short horizon; what is remembered, and what worlds stepped by hand say."""
    _, phase = online(algorithm, options(online_steps=steps), seeds=2)
    for world in phase.stage.worlds.worlds:
        world._max_episode_steps = horizon
    hands = [gymnasium.make(HOPPER) for _ in range(2)]
    seen = [hand.reset(seed=phases.child_seed(k, "online") % 2**31)[0] for k, hand in enumerate(hands)]
    expected, cut, fell = [], 0, 0
    for _ in range(steps):
        phase.step()
        actions = phase.replay.added(phase.replay.steps - 1)[0, :, 11:14].numpy()
        for k, hand in enumerate(hands):
            hand._max_episode_steps = horizon
            after, reward, terminated, truncated, _ = hand.step(actions[k])
            expected.append([*seen[k], *actions[k], reward, 1 - terminated, *after])
            cut, fell = cut + (truncated and not terminated), fell + terminated
            seen[k] = hand.reset()[0] if terminated or truncated else after
    return phase, np.array(expected, np.float32).reshape(steps, 2, -1), cut, fell


@pytest.mark.parametrize("algorithm", TUNED)
def test_time_limits_are_no_ends_and_next_observations_are_true(algorithm, online):
    phase, expected, cut, fell = replayed(algorithm, online, horizon=9)
    assert cut > 0
    assert np.array_equal(phase.replay.added(0).numpy(), expected)
    phase, expected, cut, fell = replayed(algorithm, online, horizon=1000)
    assert fell > 0
    assert np.array_equal(phase.replay.added(0).numpy(), expected)
    assert (expected[:, :, 15] == 0).sum() == fell


def test_ended_episodes_are_told_once_with_their_mean_return(online):
    _, phase = online("td3bc", options(online_steps=300), seeds=2)
    assert phase.episodes()["episodes"].tolist() == [0, 0]
    told = []
    for _ in range(2):
        for _ in range(150):
            phase.step()
        told.append(phase.episodes())
    assert phase.episodes()["episode_return"].isnan().all()
    rows = phase.replay.added(0)
    for k in range(2):
        ends = [0, *(torch.nonzero(rows[:, k, 15] == 0).flatten() + 1).tolist()]  # nothing was cut by time
        returns = [(end, rows[start:end, k, 14].sum()) for start, end in pairwise(ends)]
        for turn, window in enumerate(told):
            mine = [value for end, value in returns if 150 * turn < end <= 150 * (turn + 1)]
            assert window["episodes"][k] == len(mine) > 0
            assert window["episode_return"][k].item() == pytest.approx(float(sum(mine) / len(mine)), rel=1e-5)


def test_deterministic_policies_explore_with_clipped_noise(online):
    learner, phase = online("td3bc", options(online_steps=400))
    observations = np.repeat(phase.observations[:1], 2, axis=0)
    mean = learner.policy.act(observations[:, None])[:, 0]
    actions = np.stack([phase.explorer.act(observations) for _ in range(400)])
    assert np.abs(actions).max() <= 1
    assert actions.dtype == np.float32
    noise = actions - mean
    assert 0.09 < noise.std() < 0.11
    assert abs(noise.mean()) < 0.01
    assert abs(np.corrcoef(noise[:, 0, 0], noise[:, 1, 0])[0, 1]) < 0.2  # seeds have noise of their own


def test_stochastic_policies_sample(online):
    learner, phase = online("iql")
    actions = np.stack([phase.explorer.act(phase.observations) for _ in range(300)])
    assert actions.std(axis=0).min() > 0.3  # sigma begins at 1, clipped to the box
    position = phase.explorer.draws.position
    learner.policy.reset()
    assert phase.explorer.draws.position == position == 300
    assert learner.policy.draws.position == 0


def test_a_policy_that_diverged_does_not_harm_the_world(online):
    learner, phase = online("td3bc")
    for parameter in learner.actor.parameters():
        parameter.data[1] = torch.nan
    phase.step()
    assert phase.replay.added(0)[0, 1, 11:14].tolist() == [0, 0, 0]
    assert torch.isfinite(phase.replay.added(0)).all()


def test_a_seed_lives_as_it_would_alone(online):
    (together, a), (alone, b) = online("td3bc", seeds=3), online("td3bc", seeds=1, first_seed=1)
    for learner, phase in ((together, a), (alone, b)):
        for _ in range(10):
            phase.step()
            learner.update(learner.sample())
    torch.testing.assert_close(a.replay.added(0)[:, 1], b.replay.added(0)[:, 0], rtol=1e-3, atol=1e-4)
    ours, theirs = (learner.transitions.batch(learner.minibatches.draw()) for learner in (together, alone))
    assert torch.equal(ours.rows[1], theirs.rows[0])


def test_minibatches_come_from_old_and_new(online):
    learner, phase = online("td3bc", options(online_share=0.5), batch_size=64)
    for _ in range(5):
        phase.step()
    batch = learner.sample()
    new = batch.rows >= phase.replay.offline
    assert (new.sum(dim=1) == 32).all()
    for k in range(2):
        own = phase.replay.added(0)[:, k, :11]
        assert all((own == s).all(dim=1).any() for s in batch.observations[k][new[k]])


@pytest.mark.parametrize("listed", [False, True])
def test_prdc_stays_near_the_dataset_not_near_what_it_lives_through(listed, online, tmp_path, monkeypatch):
    monkeypatch.setenv("PALAESTRA_DATA", str(tmp_path))
    learner, phase = online("prdc", options(online_share=0.5), batch_size=64)
    pairs = find("prdc").learner(learner.config, learner.dataset).neighbours.pairs()
    if listed:
        learner.neighbours.prepare(10**6)
    for _ in range(20):
        phase.step()
        learner.update(learner.sample())
    batch = learner.sample()
    s, pi = learner.normaliser(batch.observations), torch.tanh(3 * torch.randn(2, 64, 3))
    assert (batch.rows >= phase.replay.offline).sum() == 64
    states, actions = (each.double() for each in pairs)
    squared = 4 * torch.cdist(s.double(), states.expand(2, -1, -1)) ** 2 + torch.cdist(pi.double(), actions) ** 2
    assert torch.equal(learner.neighbours.action(batch.rows, s, pi), actions[squared.argmin(dim=-1)].float())


def refused(*args, **kwargs):
    with pytest.raises(InputError) as error:
        train(*args, **kwargs)
    return str(error.value)


def test_what_has_no_online_phase_is_refused_before_the_offline_one(hopper, tmp_path):
    message = refused("bc", options(), configured("bc"), tmp_path / "a", dataset=hopper)
    assert message.startswith("bc has no online phase")
    for env_id, why in (("CartPole-v1", "no snapshot"), ("Nowhere-v0", "no such environment")):
        dataset = make_dataset(rows=200, state_dim=11, action_dim=3, env_id=env_id)
        assert why in refused("td3bc", options(), configured("td3bc"), tmp_path / "a", dataset=dataset)
    assert not (tmp_path / "a").exists()
    for name, value in (("online_steps", -1), ("online_share", 1.5), ("exploration_noise", -0.1)):
        with pytest.raises(InputError, match=f"--{name.replace('_', '-')} must be"):
            options(**{name: value})


def test_data_of_another_world_are_refused_before_training(tmp_path):
    for env_id, dims, why in (
        ("palaestra/Walker2d-v0", (11, 3), r"has shapes \(17,\) and \(6,\)"),
        ("Nowhere-v0", (11, 3), "no such environment"),
        ("Pendulum-v1", (3, 1), r"actions range from -2 to 2; learners act in \[-1, 1\]"),
    ):
        dataset = make_dataset(rows=200, state_dim=dims[0], action_dim=dims[1], env_id=env_id)
        with pytest.raises(InputError, match=why):
            train("bc", options(online_steps=0), find("bc").config(), tmp_path / "a", dataset=dataset)
    assert not (tmp_path / "a").exists()


def test_resuming_an_online_phase_with_other_settings_is_refused(hopper, tmp_path):
    train("td3bc", options(), configured("td3bc"), tmp_path / "run", dataset=hopper)
    before = {file.name: file.read_bytes() for file in (tmp_path / "run").iterdir() if file.is_file()}
    again = ("td3bc", configured("td3bc"), tmp_path / "run")

    def resumed(**changed):
        return refused(again[0], options(**changed), *again[1:], dataset=hopper, resume=True)

    assert "online_share = None, not 0.5" in resumed(online_share=0.5)
    assert "made 7 updates offline, not 8" in resumed(steps=8)
    assert "made 7 updates offline, not 60" in resumed(steps=60, online_steps=0)
    assert {file.name: file.read_bytes() for file in (tmp_path / "run").iterdir() if file.is_file()} == before
    (tmp_path / "run" / "online.rows").write_bytes(b"")
    assert "online.rows: has 0 bytes" in resumed(online_steps=60)


def test_a_run_that_made_more_than_is_asked_for_says_so(hopper, tmp_path):
    train("td3bc", options(), configured("td3bc"), tmp_path / "run", dataset=hopper)
    asked = options(online_steps=0)
    message = refused("td3bc", asked, configured("td3bc"), tmp_path / "run", dataset=hopper, resume=True)
    assert "made 47 updates, 40 of them online, but 7 are configured in total" in message


def test_two_processes_do_not_train_in_one_directory(hopper, tmp_path):
    run = train("td3bc", options(), configured("td3bc"), tmp_path / "run", dataset=hopper)
    before = {file.name: file.read_bytes() for file in run.path.iterdir() if file.is_file()}
    code = "import sys; from palaestra.data.results.run import Run\n"
    code += "r = Run.open(sys.argv[1]).lock(); print(flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", code, run.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert other.stdout.readline() == b"\n"
    asked = options(online_steps=60), configured("td3bc"), run.path
    assert "another process trains in it" in refused("td3bc", *asked, dataset=hopper, resume=True)
    assert {file.name: file.read_bytes() for file in run.path.iterdir() if file.is_file()} == before
    other.kill()
    other.communicate()
    assert train("td3bc", *asked, dataset=hopper, resume=True).config["steps"] == 67


def test_a_checkpoint_of_another_version_is_refused(hopper, tmp_path, monkeypatch):
    run = train("iql", options(online_steps=0), configured("iql"), tmp_path / "run", dataset=hopper)
    load = Run.load_checkpoint

    def older(self, update=None):
        update, tensors, counters = load(self, update)
        return update, {key.replace("return_scale", "reward_scale"): value for key, value in tensors.items()}, counters

    monkeypatch.setattr(Run, "load_checkpoint", older)
    with pytest.raises(InputError, match="doesn't fit this version"):
        evaluate_run(run, episodes=1)


def test_a_run_longer_offline_than_asked_does_not_go_online(hopper, tmp_path):
    train("td3bc", options(steps=20, online_steps=0), configured("td3bc"), tmp_path / "run", dataset=hopper)
    asked = options(steps=10, online_steps=30)
    message = refused("td3bc", asked, configured("td3bc"), tmp_path / "run", dataset=hopper, resume=True)
    assert "made 20 updates offline, not 10; resume with --steps 20" in message


def test_tables_tell_online_runs_apart(hopper, tmp_path):
    shapes = {"offline": {"steps": 27, "online_steps": 0}, "half": {"online_share": 0.5}, "plain": {}}
    runs = [
        train("td3bc", options(**{"online_steps": 20} | changed), configured("td3bc"), tmp_path / name, dataset=hopper)
        for name, changed in shapes.items()
    ]
    rows = compare(runs)
    assert [row.updates for row in rows] == [27, 27, 27]
    assert [row.settings.get("online_steps") for row in rows].count(20) == 2
    assert {row.settings.get("online_share") for row in rows} == {None, 0.5}


SCRIPT = """
from pathlib import Path
from palaestra.data.dataset import Dataset
from palaestra.agents.training.loop import train
from tests.offline_rl.test_online import configured, options
train("td3bc", options(online_steps=300), configured("td3bc"), "broken", dataset=Dataset.open(Path("data")))
"""


def test_killed_with_sigkill_and_resumed(tmp_path, hopper):
    hopper.save(tmp_path / "data")
    root = Path(__file__).parents[2]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT], cwd=tmp_path, env=os.environ | {"PYTHONPATH": str(root)})
    broken = tmp_path / "broken"
    while not list(broken.glob("checkpoint-00000005*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    runs = [
        train("td3bc", options(online_steps=300), configured("td3bc"), tmp_path / name, dataset=hopper, resume=True)
        for name in ("broken", "whole")
    ]
    assert outcome(runs[0]) == outcome(runs[1])
