"""Updates of other libraries' learners for ``offline_steps.py --beside``, with their defaults for Gym and our layers.

corl needs a checkout of github.com/tinkoff-ai/CORL on PYTHONPATH and its dependencies; d3rlpy its package.
"""

import importlib
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import torch

from palaestra.data.dataset import Dataset

Update = Callable[[], Any]


def update_of(peer: str, learner: str, dataset: Dataset) -> Update | str:
    """A function that draws a minibatch and updates a peer's learner on the CPU, or the reason why there is none.

    Args:
        peer: ``corl`` or ``d3rlpy``.
        learner: our command name of the learner.
        dataset: the data that both sample from.
    """
    try:
        make = {"corl": CORL, "d3rlpy": D3RLPY}[peer].get(learner)
        return f"{peer} has none" if make is None else make(dataset)
    except ImportError as error:
        return f"{peer} can't be imported ({error})"


# ---------------------------------------------------------------------------------------------------------------- CORL


def _corl(module: str) -> ModuleType:
    return importlib.import_module(f"algorithms.offline.{module}")


def _sampler(module: ModuleType, dataset: Dataset) -> Callable[[], list[torch.Tensor]]:
    """Batches of 256 from the script's own replay buffer with the dataset's transitions."""
    rows, next_rows = dataset.transition_rows()
    columns, final = dataset.columns, dataset.final_observations
    observations = columns["observations"] if final is None else np.concatenate([columns["observations"], final])
    buffer = module.ReplayBuffer(dataset.observation_dim, dataset.action_dim, len(rows), "cpu")
    buffer.load_d4rl_dataset(
        {
            "observations": observations[rows],
            "actions": columns["actions"][rows],
            "rewards": columns["rewards"][rows],
            "next_observations": observations[next_rows],
            "terminals": columns["terminals"][rows],
        }
    )
    return lambda: buffer.sample(256)


def _adam(module: torch.nn.Module, lr: float = 3e-4) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), lr=lr)


def corl_td3bc(dataset: Dataset) -> Update:
    """``td3_bc.py``."""
    corl, dims = _corl("td3_bc"), (dataset.observation_dim, dataset.action_dim)
    actor, critics = corl.Actor(*dims, 1.0), [corl.Critic(*dims) for _ in range(2)]
    pairs = [part for network in (actor, *critics) for part in (network, _adam(network))]
    trainer, sample = corl.TD3_BC(1.0, *pairs), _sampler(corl, dataset)
    return lambda: trainer.train(sample())


def corl_iql(dataset: Dataset) -> Update:
    """``iql.py``."""
    corl, dims = _corl("iql"), (dataset.observation_dim, dataset.action_dim)
    networks = {"actor": corl.GaussianPolicy(*dims, 1.0), "q_network": corl.TwinQ(*dims)}
    networks["v_network"] = corl.ValueFunction(dims[0])
    names = {"actor": "actor_optimizer", "q_network": "q_optimizer", "v_network": "v_optimizer"}
    optimisers = {names[name]: _adam(network) for name, network in networks.items()}
    trainer = corl.ImplicitQLearning(max_action=1.0, **networks, **optimisers, device="cpu")
    sample = _sampler(corl, dataset)
    return lambda: trainer.train(sample())


def corl_cql(dataset: Dataset) -> Update:
    """``cql.py``."""
    corl, dims = _corl("cql"), (dataset.observation_dim, dataset.action_dim)
    critics = [corl.FullyConnectedQFunction(*dims, True, 3) for _ in range(2)]
    actor = corl.TanhGaussianPolicy(*dims, 1.0, orthogonal_init=True)
    optimisers = {f"critic_{i + 1}_optimizer": _adam(critic) for i, critic in enumerate(critics)}
    trainer = corl.ContinuousCQL(
        critic_1=critics[0],
        critic_2=critics[1],
        actor=actor,
        actor_optimizer=_adam(actor, 3e-5),
        **optimisers,
        target_entropy=-float(dims[1]),
        cql_alpha=10.0,
        bc_steps=0,
        device="cpu",
    )
    sample = _sampler(corl, dataset)
    return lambda: trainer.train(sample())


def corl_awac(dataset: Dataset) -> Update:
    """``awac.py``."""
    corl = _corl("awac")
    sizes = {"state_dim": dataset.observation_dim, "action_dim": dataset.action_dim, "hidden_dim": 256}
    networks = {"actor": corl.Actor(**sizes), "critic_1": corl.Critic(**sizes), "critic_2": corl.Critic(**sizes)}
    optimisers = {f"{name}_optimizer": _adam(network) for name, network in networks.items()}
    trainer, sample = corl.AdvantageWeightedActorCritic(**networks, **optimisers), _sampler(corl, dataset)
    return lambda: trainer.update(sample())


CORL: dict[str, Callable[[Dataset], Update]] = {
    "td3bc": corl_td3bc,
    "iql": corl_iql,
    "cql": corl_cql,
    "awac": corl_awac,
}

# -------------------------------------------------------------------------------------------------------------- d3rlpy


def _d3rlpy(config: str, layers: int = 2, layer_norm: bool = False) -> Callable[[Dataset], Update]:
    """An algorithm with hidden layers of 256 as in our learner, ``layer_norm`` in the critics."""

    def make(dataset: Dataset) -> Update:
        d3rlpy = importlib.import_module("d3rlpy")
        hidden = d3rlpy.models.VectorEncoderFactory
        settings: dict[str, Any] = {}
        if layers != 2:  # the default
            settings["actor_encoder_factory"] = hidden([256] * layers)
            settings["critic_encoder_factory"] = hidden([256] * layers, use_layer_norm=layer_norm)
        columns = dataset.columns
        names = ("observations", "actions", "rewards", "terminals", "timeouts")
        data = d3rlpy.dataset.MDPDataset(**{name: np.asarray(columns[name]) for name in names})
        algorithm = getattr(d3rlpy.algos, config)(batch_size=256, **settings).create(device="cpu:0")
        algorithm.build_with_dataset(data)
        return lambda: algorithm.update(data.sample_transition_batch(256))

    return make


D3RLPY: dict[str, Callable[[Dataset], Update]] = {
    "bc": _d3rlpy("BCConfig"),
    "td3bc": _d3rlpy("TD3PlusBCConfig"),
    "prdc": _d3rlpy("PRDCConfig"),
    "iql": _d3rlpy("IQLConfig"),
    "awac": _d3rlpy("AWACConfig"),
    "cql": _d3rlpy("CQLConfig", layers=3),
    "rebrac": _d3rlpy("ReBRACConfig", layers=3, layer_norm=True),
}
