"""What every learner must hold, and that TD3+BC and PRDC are the published updates."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from palaestra.data.dataset import Dataset
from palaestra.offline_rl.train import algorithms, learner_class, published_settings
from tests.offline_rl.conftest import make_dataset
from tests.offline_rl.reference_td3 import ReferenceTD3, weights

LEARNERS = ("a2pr", "awac", "bc", "cql", "dt", "famo2o-cql", "famo2o-iql", "iql", "lamo", "prdc", "rebrac", "td3bc")
SMALL = {  # beside ``hidden``
    "a2pr": {"critic_hidden": (32, 32), "vae_hidden": (32, 32)},
    "cql": {"n_actions": 3},
    "famo2o-cql": {"n_actions": 3},
    "lamo": {"trunk": "random", "n_layer": 1, "n_head": 2, "n_embd": 16, "K": 3},
    "dt": {"K": 3, "embed_dim": 16, "n_layer": 2, "n_head": 2},
}


def build(algorithm, dataset, **settings):
    learner = learner_class(algorithm)
    hidden = {"hidden": (32, 32)} if hasattr(learner.Config, "hidden") else {}
    small = {**hidden, "batch_size": 64, **SMALL.get(algorithm, {})}
    return learner(learner.Config(device="cpu", **small | settings), dataset)


def test_every_learner_is_found():
    assert sorted(algorithms()) == sorted(LEARNERS)


@pytest.mark.parametrize("algorithm", ["td3bc", "prdc"])
@pytest.mark.parametrize(("dtype", "steps"), [("float64", 10), ("float32", 2)])
def test_updates_are_the_published_ones(algorithm, dtype, steps, dataset):
    learner = build(algorithm, dataset, seeds=2, dtype=dtype)
    states, actions = learner.pairs() if algorithm == "prdc" else (None, None)
    neighbours = None if algorithm == "td3bc" else (states, actions, learner.config.beta)
    references = [ReferenceTD3(learner, seed, neighbours) for seed in range(2)]
    for _ in range(steps):
        batch, noise = learner.sample(), learner.draw_noise()
        learner.update(batch, noise)
        for seed, reference in enumerate(references):
            reference.update(
                learner.normaliser(batch.observations[seed]),
                batch.actions[seed],
                batch.rewards[seed],
                learner.normaliser(batch.next_observations[seed]),
                batch.nonterminals[seed],
                noise["smoothing"][seed],
            )
    tolerance = {"rtol": 0, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-5, "atol": 1e-6}
    for seed, reference in enumerate(references):
        twins = ReferenceTD3(learner, seed)  # our weights now, in the reference's layout
        for name in ("actor", "critics"):
            torch.testing.assert_close(weights(getattr(twins, name)), weights(getattr(reference, name)), **tolerance)
        moved = (weights(reference.critics_target) - weights(twins.critics)).abs().max()
        assert moved > 0


@pytest.mark.parametrize("algorithm", ["td3bc", "prdc"])
def test_targets_follow_after_policy_updates_only(algorithm, dataset):
    learner = build(algorithm, dataset)

    def state(module):
        return torch.cat([parameter.detach().flatten() for parameter in module.parameters()]).clone()

    before = state(learner.critics_target), state(learner.actor_target), state(learner.actor)
    learner.update(learner.sample())
    assert all(
        torch.equal(a, state(b)) for a, b in zip(before, (learner.critics_target, learner.actor_target, learner.actor))
    )
    old, critics_target = state(learner.critics), state(learner.critics_target)
    learner.update(learner.sample())
    assert not torch.equal(old, state(learner.critics))
    torch.testing.assert_close(state(learner.critics_target), 0.995 * critics_target + 0.005 * state(learner.critics))


@pytest.mark.parametrize("algorithm", LEARNERS)
def test_same_seed_same_weights(algorithm, dataset):
    runs = [build(algorithm, dataset, seeds=2) for _ in range(2)]
    for learner in runs:
        for _ in range(4):
            learner.update(learner.sample())
    a, b = (learner.state_dict() for learner in runs)
    assert all(torch.equal(torch.as_tensor(a[key]), torch.as_tensor(b[key])) for key in a)


@pytest.mark.parametrize("algorithm", LEARNERS)
def test_resumed_equals_unbroken(algorithm, dataset):
    unbroken, first = build(algorithm, dataset, seeds=2), build(algorithm, dataset, seeds=2)
    for _ in range(14):
        unbroken.update(unbroken.sample())
    for _ in range(7):
        first.update(first.sample())
    second = build(algorithm, dataset, seeds=2)
    second.load_state_dict({key: torch.as_tensor(value).clone() for key, value in first.state_dict().items()})
    for _ in range(7):
        second.update(second.sample())
    a, b = unbroken.state_dict(), second.state_dict()
    assert a.keys() == b.keys()
    assert all(torch.equal(torch.as_tensor(a[key]), torch.as_tensor(b[key])) for key in a)


@pytest.mark.parametrize("algorithm", LEARNERS)
def test_a_seed_learns_as_it_would_alone(algorithm, dataset):
    together = build(algorithm, dataset, seeds=8)
    alone = build(algorithm, dataset, seeds=1, first_seed=5)
    for _ in range(2):
        together.update(together.sample())
        alone.update(alone.sample())
    a, b = together.state_dict(), alone.state_dict()
    for name, module in alone.modules.items():
        if not list(module.parameters()):
            continue  # what is known of the data, the same for all seeds
        for key in module.state_dict():
            ours, theirs = a[f"{name}.{key}"][5], b[f"{name}.{key}"][0]
            # Adam's first steps magnify the rounding of gradients near 0; another seed's share would be far more.
            torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-4 * theirs.abs().max().item())


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", LEARNERS)
def test_compiled_updates_are_the_same(algorithm, dataset):
    eager, compiled = (build(algorithm, dataset, seeds=2, dtype="float64") for _ in range(2))
    torch.compiler.reset()
    compiled.step = torch.compile(compiled.step, backend="eager")  # traced, not translated: minutes
    for _ in range(4):
        eager.update(eager.sample())
        compiled.update(compiled.sample())
    a, b = eager.state_dict(), compiled.state_dict()
    for key in a:
        torch.testing.assert_close(torch.as_tensor(a[key]), torch.as_tensor(b[key]), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("algorithm", LEARNERS)
def test_going_back_keeps_tensors_in_their_place(algorithm, dataset):
    learner = build(algorithm, dataset)
    for _ in range(2):
        learner.update(learner.sample())
    saved = {key: torch.as_tensor(value).clone() for key, value in learner.state_dict().items()}
    places = {key: value.data_ptr() for key, value in learner.state_dict().items() if isinstance(value, Tensor)}
    for _ in range(3):
        learner.update(learner.sample())
    learner.load_state_dict(saved)
    now = learner.state_dict()
    assert all(torch.equal(torch.as_tensor(now[key]), saved[key]) for key in saved)
    assert all(now[key].data_ptr() == place for key, place in places.items())


class NoSync(Tensor):
    """A tensor that refuses what would make the host wait for a GPU."""

    FORBIDDEN = frozenset({"item", "__bool__", "__float__", "__int__", "cpu", "numpy", "tolist", "nonzero"})

    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        assert name not in cls.FORBIDDEN, f"{name} in an update waits for the device"
        return super().__torch_function__(function, types, args, kwargs or {})


@pytest.mark.parametrize("algorithm", [name for name in LEARNERS if name != "prdc"])
def test_updates_never_wait_for_the_device(algorithm, dataset):
    learner = build(algorithm, dataset)
    batch = learner.sample()
    guarded = batch._replace(**{name: value.as_subclass(NoSync) for name, value in batch._asdict().items()})
    for _ in range(2):
        metrics = learner.update(guarded)
    assert all(value.shape == (1,) for value in metrics.values())
    with pytest.raises(AssertionError, match="waits"):
        guarded.actions.sum().item()


def bandit(rows=4000):
    """One-step episodes with one state: reward -(a - 0.5)^2, so the best action is 0.5; data uniform in [-1, 1]."""
    generator = np.random.default_rng(0)
    actions = generator.uniform(-1, 1, size=(rows, 1)).astype(np.float32)
    columns = {
        "observations": np.zeros((rows, 1), np.float32),
        "actions": actions,
        "rewards": -((actions[:, 0] - 0.5) ** 2),
        "terminals": np.ones(rows, bool),
        "timeouts": np.zeros(rows, bool),
    }
    return Dataset("bandit", "bandit", columns, horizon=1)


@pytest.mark.parametrize(
    ("algorithm", "settings", "answer", "within"),
    [
        ("a2pr", {"lr": 1e-3}, 0.5, 0.2),
        ("awac", {"lr": 1e-3, "awac_lambda": 0.02}, 0.5, 0.12),
        ("bc", {"lr": 1e-3}, 0.0, 0.1),
        ("cql", {"lr": 1e-3, "policy_lr": 1e-3, "min_q_weight": 0.1}, 0.5, 0.12),
        ("dt", {"lr": 1e-3, "warmup_steps": 1, "scale": 1.0, "K": 1, "n_layer": 1, "n_head": 1}, 0.5, 0.12),
        (
            "famo2o-cql",
            {"lr": 1e-3, "policy_lr": 1e-3, "min_q_weight": 0.1, "coefficient_range": (4.0, 6.0)},
            0.5,
            0.12,
        ),
        ("famo2o-iql", {"lr": 1e-3, "coefficient_range": (20.0, 80.0)}, 0.5, 0.12),
        ("iql", {"lr": 1e-3, "temperature": 50.0}, 0.5, 0.12),
        ("prdc", {"lr": 1e-3}, 0.5, 0.25),
        ("rebrac", {"actor_bc_coef": 0.01, "normalize_q": False}, 0.5, 0.12),  # 1 / |Q| is unbounded at the best action
        ("td3bc", {"lr": 1e-3, "alpha": 50.0}, 0.5, 0.12),
    ],
)
def test_learns_a_bandit(algorithm, settings, answer, within):
    learner = build(algorithm, bandit(), seeds=2, **settings)
    for _ in range(2000):
        learner.update(learner.sample())
    action = learner.policy.act(np.zeros((2, 1, 1)))
    assert action.shape == (2, 1, 1)
    assert action.dtype == np.float32
    assert np.abs(action - answer).max() < within


def test_filtered_cloning_keeps_the_best_episodes():
    dataset = make_dataset(rows=1000)
    learner = build("bc", dataset, top_percent=20.0)
    best = np.argsort(-dataset.returns(), kind="stable")[:4]  # 20 episodes of 50 rows each
    kept = set(map(tuple, learner.transitions.observations.numpy().round(4)))
    for episode, (start, stop) in enumerate(dataset.episodes):
        rows = map(tuple, dataset.columns["observations"][start:stop].round(4))
        assert (set(rows) <= kept) == (episode in best)


@pytest.mark.parametrize(
    ("algorithm", "dataset_id", "settings"),
    [
        ("prdc", "halfcheetah-medium-v2", {"alpha": 40.0}),
        ("prdc", "palaestra/halfcheetah/expert-v0", {"alpha": 40.0}),
        ("prdc", "hopper-medium-v2", {}),
        ("td3bc", "halfcheetah-medium-v2", {}),
        ("dt", "palaestra/hopper/medium-v0", {"targets": (3600.0, 1800.0)}),
    ],
)
def test_published_settings_go_by_robot_and_kind(algorithm, dataset_id, settings):
    assert published_settings(algorithm, dataset_id) == settings


def test_prdc_with_a_huge_beta_is_td3bc(dataset):
    prdc, td3bc = build("prdc", dataset, beta=1e6), build("td3bc", dataset)
    for _ in range(6):
        prdc.update(prdc.sample())
        td3bc.update(td3bc.sample())
    for ours, theirs in zip(prdc.actor.parameters(), td3bc.actor.parameters()):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def test_config_is_frozen():
    config = learner_class("prdc").Config()
    with pytest.raises(AttributeError):
        config.alpha = 3.0
    assert replace(config, alpha=3.0).alpha == 3.0
