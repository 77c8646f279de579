"""The state of a stable-baselines3 model and its replay buffer as tensors and plain data."""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from torch import Tensor

COUNTERS = ("num_timesteps", "_n_updates", "_episode_num")  # of a model
BUFFER_COLUMNS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")  # of a replay buffer


def of_seed(state: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The part of an ensemble's state that belongs to one seed."""
    return {name.removeprefix(f"{seed}."): value for name, value in state.items() if name.startswith(f"{seed}.")}


def tensor_of(data: bytes) -> Tensor:
    """Bytes as a tensor, (length,) uint8."""
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def model_state(model: BaseAlgorithm) -> dict[str, Tensor]:
    """Weights, optimisers and single numbers of a model, under stable-baselines3's names for saving."""
    parts, numbers = model._get_torch_save_params()
    state = {f"number.{name}": attrgetter(name)(model).detach() for name in numbers}
    for name in parts:
        part = attrgetter(name)(model)
        if isinstance(part, torch.optim.Optimizer):
            for i, slots in part.state_dict()["state"].items():
                state |= {f"{name}/{i}/{slot}": value for slot, value in slots.items()}
        else:
            state |= {f"{name}/{key}": value for key, value in part.state_dict().items()}
    return state


def load_model(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
    """Load the result of ``model_state``."""
    parts, numbers = model._get_torch_save_params()
    for name in numbers:
        attrgetter(name)(model).data.copy_(state[f"number.{name}"])
    for name in parts:
        part = attrgetter(name)(model)
        saved = {key.removeprefix(f"{name}/"): value for key, value in state.items() if key.startswith(f"{name}/")}
        if isinstance(part, torch.optim.Optimizer):
            slots: dict[int, dict[str, Tensor]] = {}
            for key, value in saved.items():
                index, slot = key.split("/")
                slots.setdefault(int(index), {})[slot] = value
            part.load_state_dict({**part.state_dict(), "state": slots})
        else:
            part.load_state_dict(saved)


def rows_of(buffer: Any, start: int, stop: int) -> Tensor:
    """Additions ``start`` to ``stop`` of a replay buffer: (additions, worlds, width) float32."""
    positions = np.arange(start, stop) % buffer.buffer_size
    columns = [getattr(buffer, name)[positions] for name in BUFFER_COLUMNS]
    columns = [column if column.ndim == 3 else column[..., None] for column in columns]
    return torch.from_numpy(np.concatenate(columns, axis=-1, dtype=np.float32))


def refill(buffer: Any, rows: Tensor) -> None:
    """Write the last additions, (additions, worlds, width), back to their positions in the buffer."""
    count, size = len(rows), buffer.buffer_size
    kept = rows[max(0, count - size) :].numpy()
    positions = np.arange(count - len(kept), count) % size
    start = 0
    for name in BUFFER_COLUMNS:
        array = getattr(buffer, name)
        width = array.shape[2] if array.ndim == 3 else 1
        array[positions] = kept[..., start : start + width].reshape(len(kept), *array.shape[1:])
        start += width
    buffer.pos, buffer.full = count % size, count >= size
