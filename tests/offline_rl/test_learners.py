"""What every learner must hold, and that TD3+BC and PRDC are the published updates."""

import importlib
import pkgutil
from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from palaestra import offline_rl
from palaestra.agents.training.registry import find, names
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.offline_rl.learner import Learner
from palaestra.offline_rl.neighbours.search import NeighbourSearch
from tests.offline_rl.conftest import make_dataset
from tests.offline_rl.reference_td3 import ReferenceTD3, copy_seed, perceptron, weights

LEARNERS = sorted(names("offline_rl"))
SMALL = {  # beside ``hidden``
    "a2pr": {"critic_hidden": (32, 32), "vae_hidden": (32, 32)},
    "cql": {"n_actions": 3},
    "famo2o-cql": {"n_actions": 3},
    "lamo": {"trunk": "random", "n_layer": 1, "n_head": 2, "n_embd": 16, "K": 3},
    "dt": {"K": 3, "embed_dim": 16, "n_layer": 2, "n_head": 2},
}


def build(algorithm, dataset, **settings):
    learner = find(algorithm).learner
    hidden = {"hidden": (32, 32)} if hasattr(learner.Config, "hidden") else {}
    small = {**hidden, "batch_size": 64, **SMALL.get(algorithm, {})}
    return learner(learner.Config(device="cpu", **small | settings), dataset)


def test_every_learner_is_found():
    classes = set()
    for module in pkgutil.walk_packages(offline_rl.__path__, f"{offline_rl.__name__}."):
        members = vars(importlib.import_module(module.name)).values()
        classes |= {each for each in members if isinstance(each, type) and issubclass(each, Learner)}
    assert {find(name).learner for name in LEARNERS} == classes - {Learner}


@pytest.mark.parametrize("algorithm", ["td3bc", "prdc"])
@pytest.mark.parametrize(("dtype", "steps"), [("float64", 10), ("float32", 2)])
def test_updates_are_the_published_ones(algorithm, dtype, steps, dataset):
    learner = build(algorithm, dataset, seeds=2, dtype=dtype)
    states, actions = learner.neighbours.pairs() if algorithm == "prdc" else (None, None)
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
        for name in ("actor", "critics", "actor_target", "critics_target"):
            torch.testing.assert_close(weights(getattr(twins, name)), weights(getattr(reference, name)), **tolerance)


def test_cloning_is_regression(dataset):
    learner = build("bc", dataset, dtype="float64")
    theirs = nn.Sequential(*perceptron((5, 32, 32, 2)), nn.Tanh()).double()
    copy_seed(learner.actor.mlp, theirs, 0, 0)
    optimiser = torch.optim.Adam(theirs.parameters(), lr=3e-4)
    states = learner.transitions.observations[learner.transitions.rows].double()
    mean, std = states.mean(dim=0), states.std(dim=0, correction=0) + 1e-3
    for _ in range(10):
        batch = learner.sample()
        learner.update(batch)
        loss = nn.functional.mse_loss(theirs((batch.observations[0] - mean) / std), batch.actions[0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    ours = nn.Sequential(*perceptron((5, 32, 32, 2)), nn.Tanh()).double()
    copy_seed(learner.actor.mlp, ours, 0, 0)
    torch.testing.assert_close(weights(ours), weights(theirs), rtol=0, atol=1e-9)


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


class NoCopyToTheHost(TorchFunctionMode):
    """Refuses what copies a tensor to the host, which on a CPU is no operation that the other mode sees."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        name = getattr(function, "__name__", "")
        assert name not in ("cpu", "numpy", "tolist"), f"{name} waits for the device"
        return function(*args, **(kwargs or {}))


class NoSync(TorchDispatchMode):
    """Refuses operations whose results the host must know: numbers, truths, and shapes that depend on data."""

    WAITS = frozenset({"_local_scalar_dense", "nonzero", "equal", "_unique2", "masked_select", "is_nonzero"})

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        assert name not in self.WAITS, f"{name} waits for the device"
        if name in ("index", "index_put", "index_put_"):
            assert all(index is None or index.dtype != torch.bool for index in args[1]), "a mask waits for the device"
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("algorithm", LEARNERS)
def test_updates_never_wait_for_the_device(algorithm, dataset):
    learner = build(algorithm, dataset)
    if algorithm == "prdc":  # the search that devices use
        learner.neighbours.search = NeighbourSearch(*learner.neighbours.pairs(), learner.config.beta, fixed=True)
    for _ in range(2):
        batch, noise = learner.sample(), learner.draw_noise()
        if algorithm == "lamo":
            noise["dropout"] = noise["dropout"].tolist()  # of the host, whatever the device
        with NoCopyToTheHost(), NoSync():
            metrics = learner.update(batch, noise)
    assert all(value.shape == (1,) for value in metrics.values())


@pytest.mark.parametrize(
    "waits",
    [
        lambda x: x.sum().item(),
        lambda x: float(x.sum()),
        lambda x: x.cpu(),
        lambda x: x.tolist(),
        lambda x: x[x > 0],
        lambda x: torch.equal(x, x + 1),
        lambda x: x.unique(),
        lambda x: 1 if x.sum() > 0 else 2,
    ],
)
def test_waiting_for_the_device_is_noticed(waits):
    x = torch.ones(3)
    with pytest.raises(AssertionError, match="waits"), NoCopyToTheHost(), NoSync():
        waits(x)


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


SLOW = pytest.mark.slow  # a quarter to half a minute each


@pytest.mark.parametrize(
    ("algorithm", "settings", "answer", "within"),
    [
        pytest.param("a2pr", {"lr": 1e-3}, 0.5, 0.2, marks=SLOW),
        ("awac", {"lr": 1e-3, "awac_lambda": 0.02}, 0.5, 0.12),
        ("bc", {"lr": 1e-3}, 0.0, 0.1),
        pytest.param("cql", {"lr": 1e-3, "policy_lr": 1e-3, "min_q_weight": 0.1}, 0.5, 0.12, marks=SLOW),
        ("dt", {"lr": 1e-3, "warmup_steps": 1, "scale": 1.0, "K": 1, "n_layer": 1, "n_head": 1}, 0.5, 0.12),
        pytest.param(
            "famo2o-cql",
            {"lr": 1e-3, "policy_lr": 1e-3, "min_q_weight": 0.1, "coefficient_range": (4.0, 6.0)},
            0.5,
            0.12,
            marks=SLOW,
        ),
        pytest.param("famo2o-iql", {"lr": 1e-3, "coefficient_range": (20.0, 80.0)}, 0.5, 0.12, marks=SLOW),
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


ANTMAZE = {"alpha": 7.5, "beta": 7.5, "reward_scale": 10_000.0, "reward_bias": -1.0}


@pytest.mark.parametrize(
    ("algorithm", "dataset_id", "settings"),
    [
        ("prdc", "halfcheetah-medium-v2", {"alpha": 40.0}),
        ("prdc", "palaestra/halfcheetah/expert-v0", {"alpha": 40.0}),
        ("prdc", "hopper-medium-v2", {}),
        ("td3bc", "halfcheetah-medium-v2", {}),
        ("dt", "palaestra/hopper/medium-v0", {"targets": (3600.0, 1800.0)}),
        ("dt", "antmaze-umaze-v2", {"targets": (1.0, 0.5), "scale": 1.0}),
        ("dt", "maze2d-large-v1", {"targets": (280.0, 140.0), "scale": 1.0, "batch_size": 4096, "lr": 8e-4}),
        ("prdc", "minari:D4RL/antmaze/umaze-diverse-v1", ANTMAZE),
        ("prdc", "antmaze-large-play-v2", ANTMAZE),
        ("td3bc", "antmaze-umaze-v0", {"reward_bias": -1.0}),
        ("iql", "antmaze-medium-diverse-v2", {"expectile": 0.9, "temperature": 10.0, "reward_bias": -1.0}),
        ("awac", "palaestra/maze2d/umaze-dense-v0", {"awac_lambda": 0.1}),
        ("prdc", "maze2d-umaze-v1", {}),
        ("prdc", "minari:mujoco/halfcheetah/medium-v0", {"alpha": 40.0}),
        (
            "cql",
            "minari:D4RL/pointmaze/umaze-v2",
            {"lagrange": True, "target_action_gap": 5.0, "diff_weighting": "corl"},
        ),
        ("prdc", "minari:mine/halfcheetah/medium-v0", {}),
    ],
)
def test_published_settings_go_by_robot_and_kind(algorithm, dataset_id, settings):
    assert find(algorithm).published(dataset_id) == settings


def test_settings_are_found_from_the_world_of_a_file_of_any_name():
    assert find("prdc").published("mine", env_id="antmaze-umaze-v2") == ANTMAZE
    assert find("rebrac").published("mine", env_id="maze2d-umaze-v1")["critic_lr"] == 3e-4


@pytest.mark.parametrize(
    ("algorithm", "scale", "bias"), [("prdc", 50.0, -3.0), ("td3bc", 1.0, -3.0), ("rebrac", 50.0, 0.0)]
)
def test_rewards_are_scaled_and_shifted_before_an_update(algorithm, scale, bias, dataset):
    other = replace(
        dataset, columns={**dataset.columns, "rewards": dataset.columns["rewards"] * scale + np.float32(bias)}
    )
    rewards = {"reward_scale": scale, "reward_bias": bias}
    known = {field.name for field in fields(find(algorithm).config)}
    settings = {name: value for name, value in rewards.items() if name in known}
    losses = []
    for learner in (build(algorithm, dataset, **settings), build(algorithm, other)):
        losses.append(learner.update(learner.sample())["critic_loss"])
    torch.testing.assert_close(*losses)


def test_prdc_with_a_huge_beta_is_td3bc(dataset):
    prdc, td3bc = build("prdc", dataset, beta=1e6), build("td3bc", dataset)
    for _ in range(6):
        prdc.update(prdc.sample())
        td3bc.update(td3bc.sample())
    for ours, theirs in zip(prdc.actor.parameters(), td3bc.actor.parameters()):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("algorithm", "settings", "message"),
    [
        ("td3bc", {"policy_freq": 0}, "--policy-freq must be at least 1, got 0"),
        ("td3bc", {"hidden": (32, 0)}, "--hidden must be at least 1, got 32 0"),
        ("prdc", {"tau": 2.0}, "--tau must be from 0 to 1, got 2.0"),
        ("iql", {"dropout": 1.0}, "--dropout must be at least 0 and below 1, got 1.0"),
        ("cql", {"n_actions": 0}, "--n-actions must be at least 1, got 0"),
        ("cql", {"bc_steps": -1}, "--bc-steps must be at least 0, got -1"),
        ("famo2o-iql", {"coefficient_range": (5.0, 1.0)}, "--coefficient-range must be a lower and a higher number"),
        ("awac", {"lr": float("nan")}, "--lr must be finite, got nan"),
        ("rebrac", {"critic_lr": -1.0}, "--critic-lr must be at least 0, got -1.0"),
        ("bc", {"seeds": 0}, "--seeds must be at least 1, got 0"),
        ("awac", {"awac_lambda": 0.0}, "--awac-lambda must be above 0, got 0.0"),
        ("dt", {"grad_clip": -1.0}, "--grad-clip must be above 0, got -1.0"),
        ("dt", {"weight_decay": -1.0}, "--weight-decay must be at least 0, got -1.0"),
        ("td3bc", {"policy_noise": -1.0}, "--policy-noise must be at least 0, got -1.0"),
    ],
)
def test_settings_that_cannot_be_are_refused(algorithm, settings, message):
    with pytest.raises(InputError) as error:
        find(algorithm).config(**settings)
    assert str(error.value).startswith(message)


@pytest.mark.parametrize("algorithm", LEARNERS)
def test_settings_at_their_limits_are_not_refused(algorithm):
    kind = find(algorithm).config
    names = {field.name for field in fields(kind)}
    limits = {
        "discount": 0,
        "tau": 1,
        "expectile": 1.0,
        "dropout": 0,
        "bc_steps": 0,
        "first_seed": -3,
        "diff_min": None,
    }
    kind(**{name: value for name, value in limits.items() if name in names})


def test_config_is_frozen():
    config = find("prdc").config()
    with pytest.raises(AttributeError):
        config.alpha = 3.0
    assert replace(config, alpha=3.0).alpha == 3.0
