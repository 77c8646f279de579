"""stable-baselines3's agents in our worlds: K seeds side by side, one run directory, killed and resumed as if unbroken.

stable-baselines3 trains one seed at a time and draws from the global generators of NumPy and PyTorch. Here every seed
has its own state of both, put in place while it trains: a seed learns what it would learn alone, and a checkpoint can
hold all that the next step depends on. Its replay buffer is kept in a file that only grows.
"""

import contextlib
import copy
import random
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar, Literal

import gymnasium
import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.vec_env import VecEnv
from torch import Tensor

from palaestra.agents.rollouts.play import evaluate_and_log
from palaestra.agents.training.hyperparameters import Count, CountFromZero, check
from palaestra.agents.training.registry import TRAINERS, commands, named_after
from palaestra.data.errors import InputError
from palaestra.data.replay import RowFile
from palaestra.data.results.run import Run, open_run, versions
from palaestra.data.streams import child_seed
from palaestra.envs.vector import make_worlds
from palaestra.envs.world import World, pack_rng, unpack_rng

COUNTERS = ("num_timesteps", "_n_updates", "_episode_num")  # of a model
STORED = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")  # of a replay buffer


@dataclass(frozen=True)
class AgentConfig:
    """What every agent's configuration has."""

    seeds: Count = 1
    """How many seeds train, one after the other between evaluations."""
    first_seed: CountFromZero = 0
    """The seeds are first_seed, first_seed + 1, ..."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where to train; auto takes CUDA when there is one."""
    worlds: Count = 1
    """Worlds per seed."""
    hidden: tuple[Count, ...] = (64, 64)
    """Widths of the hidden layers."""

    def __post_init__(self):
        check(self)
        if self.device == "cuda" and not torch.cuda.is_available():
            raise InputError("--device cuda: torch sees no CUDA device here; use --device cpu or auto")


@dataclass(frozen=True)
class Options:
    """What a run is, besides the agent's hyperparameters."""

    env: str
    """Id of the world, as `palaestra envs` lists them, or any other of Gymnasium's with vectors of numbers."""
    steps: Count = 1_000_000
    """Steps in the worlds, per seed; rounded up to whole rollouts where an agent learns from those."""
    evaluate_every: Count = 10_000
    """Steps between evaluations; each writes a checkpoint. The end is always evaluated."""
    episodes: Count = 10
    """Episodes per seed and evaluation."""
    log_every: Count = 1_000
    """Steps between lines of metrics."""

    def __post_init__(self):
        check(self)


class Worlds(VecEnv):
    """Our worlds as stable-baselines3 wants them: float32, reset at once, the last observation in the info.

    Args:
        env_id: the world.
        count: how many.
        seed: of their first episodes.

    Attributes:
        worlds: the vector behind it.
        observations: (count, d_s) float32, what every world shows now.
        returns: (count,) undiscounted, of the running episodes.
        last_returns: (count,), of the last whole ones; NaN before.
    """

    def __init__(self, env_id: str, count: int, seed: int):
        self.worlds = make_worlds(env_id, count)
        box = self.worlds.single_observation_space
        space = gymnasium.spaces.Box(box.low.astype(np.float32), box.high.astype(np.float32), dtype=np.float32)
        super().__init__(count, space, copy.deepcopy(self.worlds.single_action_space))
        self.first_seeds = [child_seed(seed, "training", i) % 2**31 for i in range(count)]
        self.observations = np.zeros((count, *space.shape), np.float32)
        self.returns, self.last_returns = np.zeros(count), np.full(count, np.nan)

    def reset(self) -> np.ndarray:
        """Begin an episode in every world."""
        self.observations = self.worlds.reset(seed=self.first_seeds)[0].astype(np.float32)
        return self.observations

    def step_async(self, actions: np.ndarray) -> None:
        """See ``step_wait``."""
        self.actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Step every world; one whose episode ended shows the first observation of the next."""
        observations, rewards, terminated, truncated, _ = self.worlds.step(self.actions)
        self.returns += rewards
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        ended = terminated | truncated
        if ended.any():
            for i in np.flatnonzero(ended).tolist():
                infos[i] = {
                    "terminal_observation": observations[i].astype(np.float32),
                    "TimeLimit.truncated": bool(truncated[i] and not terminated[i]),
                }
            self.last_returns[ended] = self.returns[ended]
            self.returns[ended] = 0
            observations, _ = self.worlds.reset(options={"reset_mask": ended})
        self.observations = observations.astype(np.float32)
        return self.observations, rewards.astype(np.float32), ended, infos

    def close(self) -> None:
        """Close the worlds."""
        self.worlds.close()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """An attribute of the worlds."""
        return [getattr(self.worlds.worlds[i], attr_name) for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of the worlds."""
        for i in self._get_indices(indices):
            setattr(self.worlds.worlds[i], attr_name, value)

    def env_method(self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any) -> list[Any]:
        """Call a method of the worlds."""
        return [method(*method_args, **method_kwargs) for method in self.get_attr(method_name, indices)]

    def env_is_wrapped(self, wrapper_class: type[gymnasium.Wrapper], indices: Any = None) -> list[bool]:
        """Worlds are not wrapped."""
        return [isinstance(self.worlds.worlds[i], wrapper_class) for i in self._get_indices(indices)]


class Agents:
    """K agents of one kind, one per seed. A subclass names the ``algorithm`` and how it is set up.

    Args:
        config: hyperparameters.
        env_id: the world.

    Attributes:
        models: stable-baselines3's, one per seed.
        policy: acts with all of them.
        steps: in the worlds, per seed.
    """

    Config: ClassVar[type[AgentConfig]]
    algorithm: ClassVar[type[BaseAlgorithm]]

    def __init__(self, config: AgentConfig, env_id: str):
        self.config, self.env_id = config, env_id
        self.seeds = list(range(config.first_seed, config.first_seed + config.seeds))
        self.action_dim = check_world(env_id)
        self.models: list[Any] = []
        self.random: list[RandomState] = []
        for seed in self.seeds:
            numbers = RandomState()
            with numbers.in_place():
                worlds = Worlds(env_id, config.worlds, seed)
                model = self.algorithm("MlpPolicy", worlds, seed=seed, device=config.device, **self.settings())
            model.set_logger(Logger(None, []))
            self.models.append(model)
            self.random.append(numbers)
        self.policy = AgentsPolicy(self.models)

    def settings(self) -> dict[str, Any]:
        """Arguments of the algorithm: the configuration's own fields by their names."""
        common = {field.name for field in fields(AgentConfig)}
        own = {name: value for name, value in asdict(self.config).items() if name not in common}
        return own | {"policy_kwargs": {"net_arch": list(self.config.hidden)}}

    @property
    def steps(self) -> int:
        """In the worlds, per seed."""
        return self.models[0].num_timesteps

    def advance(self, steps: int) -> dict[str, list[float]]:
        """Train every seed until it has made ``steps`` steps; returns stable-baselines3's last metrics."""
        found = []
        for model, numbers in zip(self.models, self.random):
            model.logger.name_to_value.clear()
            with numbers.in_place():
                try:
                    model.learn(steps - model.num_timesteps, reset_num_timesteps=False, log_interval=None)
                except ValueError:
                    if _finite(model):
                        raise
                    raise DivergedError(model.seed, model.num_timesteps) from None
            values = {key.removeprefix("train/"): float(value) for key, value in model.logger.name_to_value.items()}
            with warnings.catch_warnings(action="ignore"):  # no whole episode yet
                found.append(values | {"episode_return": float(np.nanmean(model.env.last_returns))})
        return {name: [each[name] for each in found] for name in found[0] if all(name in each for each in found)}

    def rows(self, start: int) -> Tensor:
        """What the replay buffers took in from addition ``start`` on: (additions, K, worlds, width) float32."""
        return torch.stack([_rows(model.replay_buffer, start, self.additions) for model in self.models], dim=1)

    @property
    def additions(self) -> int:
        """How often each replay buffer was added to; 0 where there is none."""
        return self.steps // self.config.worlds if getattr(self.models[0], "replay_buffer", None) else 0

    def row_file(self, run: Run) -> RowFile:
        """Where the replay buffers' rows are kept."""
        buffer = getattr(self.models[0], "replay_buffer", None)
        width = 0 if buffer is None else _rows(buffer, 0, 0).shape[-1]
        return RowFile(run.path / "online.rows", (len(self.seeds), self.config.worlds, width), torch.float32)

    def state_dict(self) -> dict[str, Any]:
        """Everything but the replay buffers, flat: tensors, and plain JSON data."""
        state: dict[str, Any] = {}
        for seed, model, numbers in zip(self.seeds, self.models, self.random):
            mine = _model_state(model) | numbers.state_dict()
            mine |= {name.strip("_"): getattr(model, name) for name in COUNTERS}
            mine["action_space"] = _bytes(pack_rng(model.action_space.np_random))
            env = model.env
            mine |= {name: torch.from_numpy(getattr(env, name)) for name in ("observations", "returns", "last_returns")}
            mine["episode_starts"] = torch.from_numpy(np.array(model._last_episode_starts))
            for i, world in enumerate(env.worlds.worlds):
                if isinstance(world, World):
                    mine[f"world.{i}"] = _bytes(world.snapshot())
            state |= {f"{seed}.{name}": value for name, value in mine.items()}
        return state

    def load_models(self, state: Mapping[str, Any]) -> None:
        """Take the models of ``state_dict()``: enough to act."""
        for seed, model in zip(self.seeds, self.models):
            mine = _of(state, seed)
            _load_model(model, mine)
            for name in COUNTERS:
                setattr(model, name, mine[name.strip("_")])

    def load(self, state: Mapping[str, Any], file: RowFile) -> None:
        """Continue from ``state_dict()`` and the rows in a file.

        Raises:
            InputError: the worlds could not be saved.
        """
        self.load_models(state)
        file.cut(self.additions)
        for k, (seed, model, numbers) in enumerate(zip(self.seeds, self.models, self.random)):
            mine, env = _of(state, seed), model.env
            if "world.0" not in mine:
                raise InputError(f"{self.env_id}: has no snapshot(), so a run in it can't be resumed; train anew")
            numbers.load_state_dict(mine)
            model.action_space._np_random = unpack_rng(mine["action_space"].numpy().tobytes())
            env.reset()
            for name in ("observations", "returns", "last_returns"):
                setattr(env, name, mine[name].numpy().copy())
            for i, world in enumerate(env.worlds.worlds):
                world.restore(mine[f"world.{i}"].numpy().tobytes())
            model._last_obs, model._last_episode_starts = env.observations, mine["episode_starts"].numpy().copy()
            if self.additions:
                _refill(model.replay_buffer, file.read(self.additions)[:, k])

    def close(self) -> None:
        """Close the worlds."""
        for model in self.models:
            model.env.close()


class AgentsPolicy:
    """The policies of K models in a grid of worlds; see ``palaestra.agents.policy.Policy``."""

    def __init__(self, models: Sequence[Any]):
        self.models = models
        self.random = [RandomState() for _ in models]

    def reset(self, which: np.ndarray | None = None) -> None:
        """Set the random numbers back, if all worlds begin anew."""
        for model, numbers in zip(self.models, self.random) if which is None else ():
            with numbers.in_place():
                torch.manual_seed(child_seed(model.seed, "policy"))

    def act(
        self, observations: np.ndarray, rewards: np.ndarray | None = None, deterministic: bool = True
    ) -> np.ndarray:
        """(K, n, d_s) -> (K, n, d_a) float32."""
        actions = []
        for model, numbers, s in zip(self.models, self.random, observations.astype(np.float32)):
            with contextlib.nullcontext() if deterministic else numbers.in_place():
                actions.append(_predicted(model, s, deterministic))
        return np.stack(actions).astype(np.float32)


def _predicted(model: Any, s: np.ndarray, deterministic: bool) -> np.ndarray:
    """A model's actions; NaN if it diverged, for which PyTorch's distributions raise an error."""
    try:
        return model.predict(s, deterministic=deterministic)[0]
    except ValueError:
        if _finite(model):
            raise
        return np.full((len(s), *model.action_space.shape), np.nan)


def _finite(model: Any) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in model.policy.parameters())


class DivergedError(InputError):
    """A seed's weights are not finite any more, and stable-baselines3 can't go on with them."""

    def __init__(self, seed: int, step: int):
        super().__init__(f"seed {seed}: its weights are not finite after step {step}; try a smaller --learning-rate")
        self.seed = seed


class RandomState:
    """The state of the global generators that belongs to one seed, in place only while that seed is at work."""

    def __init__(self) -> None:
        self._take()

    def _take(self) -> None:
        self.python = random.getstate()  # they seed it and don't use it
        self.numpy, self.torch = np.random.get_state(), torch.get_rng_state()  # noqa: NPY002 (what they draw from)
        self.cuda = torch.cuda.get_rng_state() if torch.cuda.is_available() else None

    def _put(self) -> None:
        random.setstate(self.python)
        np.random.set_state(self.numpy)  # noqa: NPY002
        torch.set_rng_state(self.torch)
        if self.cuda is not None:
            torch.cuda.set_rng_state(self.cuda)

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """The generators go on from this state, which follows them; afterwards they are as they were."""
        outside = RandomState()
        self._put()
        try:
            yield
        finally:
            self._take()
            outside._put()

    def state_dict(self) -> dict[str, Any]:
        """Tensors and plain data."""
        _, key, position, has_gauss, cached = self.numpy
        state = {"random.numpy": torch.from_numpy(key.astype(np.int64)), "random.torch": self.torch}
        state |= {"random.position": position, "random.gauss": [has_gauss, cached]}
        return state | ({} if self.cuda is None else {"random.cuda": self.cuda})

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take what ``state_dict`` returned."""
        key = state["random.numpy"].numpy().astype(np.uint32)
        self.numpy = ("MT19937", key, state["random.position"], *state["random.gauss"])
        self.torch, self.cuda = state["random.torch"], state.get("random.cuda", self.cuda)


def train(
    algorithm: str,
    options: Options,
    config: AgentConfig,
    out: Path | str,
    *,
    resume: bool = False,
    threads: int = 1,
    progress: Callable[[int, dict[str, float]], None] | None = None,
) -> Run:
    """Train in a world, evaluate and record; the loop behind ``palaestra train sb3-...``.

    Args:
        algorithm: command name.
        options: in which world and for how long.
        config: the agent's configuration.
        out: run directory; what other runs call updates are steps in the worlds here.
        resume: continue the run in ``out`` from its last checkpoint, if there is one. The result is that of the
            unbroken run.
        threads: threads that step the worlds in evaluations.
        progress: called now and then with the steps and the latest metrics, means over seeds.

    Raises:
        InputError: ``out`` holds another run, or the world doesn't suit the agent.
    """
    agents = agents_class(algorithm)(config, options.env)
    with contextlib.closing(agents), open_run(out, run_config(algorithm, options, config), resume) as run:
        file = agents.row_file(run)
        if (checkpoint := run.load_checkpoint()) is not None:
            step, tensors, plain = checkpoint
            agents.load({**tensors, **plain}, file)
            run.rewind(step)
        else:
            file.cut(0)
            run.rewind(-1)
        if options.steps >= agents.steps:
            run.replan({"steps": options.steps, "options": asdict(options)})
        _train(agents, options, run, file, threads, progress)
    return run


def _train(agents: Agents, options: Options, run: Run, file: RowFile, threads: int, progress) -> None:
    on_disk = agents.additions
    while (before := agents.steps) < options.steps:
        clock = time.perf_counter()
        goals = [(before // every + 1) * every for every in (options.log_every, options.evaluate_every)]
        try:
            metrics = agents.advance(min(*goals, options.steps))
        except DivergedError as error:
            run.log_metrics(before, {"diverged": [float(seed == error.seed) for seed in agents.seeds]})
            raise
        done = agents.steps
        if done >= min(goals[0], options.steps):
            rate = (done - before) / (time.perf_counter() - clock)
            run.log_metrics(done, metrics | {"updates_per_second": [rate] * len(agents.seeds)})
            if progress:
                progress(done, {name: sum(values) / len(values) for name, values in metrics.items()})
        if done >= min(goals[1], options.steps):
            evaluate_and_log(agents.policy, run, done, options.episodes, threads)
            if agents.additions > on_disk:
                file.append(agents.rows(on_disk))
                on_disk = agents.additions
            state = agents.state_dict()
            tensors = {key: value for key, value in state.items() if isinstance(value, Tensor)}
            run.save_checkpoint(done, tensors, {key: value for key, value in state.items() if key not in tensors})


def agents_class(algorithm: str) -> type[Agents]:
    """The agents of a command name.

    Raises:
        InputError: there is no such command.
    """
    known = commands(TRAINERS)
    if algorithm not in known:
        raise InputError(f"{algorithm}: no such algorithm; there are {', '.join(sorted(known))}")
    return named_after(known[algorithm])


def restored(run: Run, device: str = "auto") -> Agents:
    """The agents of a run as of its last checkpoint: good for acting, not for training.

    Raises:
        InputError: the run has no checkpoint yet.
    """
    if (checkpoint := run.load_checkpoint()) is None:
        raise InputError(f"{run.path}: has no checkpoint yet; one is written at the first evaluation")
    _, tensors, plain = checkpoint
    kind = agents_class(run.config["algorithm"])
    asked = run.config["hyperparameters"]
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()}
    small = {"buffer_size": 1} if "buffer_size" in settings else {}
    agents = kind(kind.Config(**settings | small | {"device": device}), run.config["env_id"])
    agents.load_models({**tensors, **plain})
    return agents


def run_config(algorithm: str, options: Options, config: AgentConfig) -> dict[str, Any]:
    """What ``config.json`` says of a run; in the dataset's place stands the world."""
    return {
        "algorithm": algorithm,
        "dataset": options.env,
        "env_id": options.env,
        "seeds": list(range(config.first_seed, config.first_seed + config.seeds)),
        "steps": options.steps,
        "counted": "world steps",
        "hyperparameters": asdict(config),
        "evaluation": {"episodes": options.episodes, "every": options.evaluate_every},
        "options": asdict(options),
        "versions": versions(),
    }


def check_world(env_id: str) -> int:
    """Numbers in an action of a world that suits these agents.

    Raises:
        InputError: it doesn't, or there is no such world.
    """
    try:
        world = gymnasium.make(env_id)
    except gymnasium.error.Error as error:
        raise InputError(f"{env_id}: no such world ({error}); palaestra envs lists ours") from None
    world.close()
    for name, space in (("observations", world.observation_space), ("actions", world.action_space)):
        if not isinstance(space, gymnasium.spaces.Box) or len(space.shape) != 1:
            raise InputError(f"{env_id}: {name} are {space}, these agents need a Box with one dimension")
    return world.action_space.shape[0]


def _of(state: Mapping[str, Any], seed: int) -> dict[str, Any]:
    return {name.removeprefix(f"{seed}."): value for name, value in state.items() if name.startswith(f"{seed}.")}


def _bytes(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def _model_state(model: BaseAlgorithm) -> dict[str, Tensor]:
    """Weights, optimisers and single numbers of a model, as it names them itself for saving."""
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


def _load_model(model: BaseAlgorithm, state: Mapping[str, Any]) -> None:
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


def _rows(buffer: Any, start: int, stop: int) -> Tensor:
    """Additions ``start`` to ``stop`` of a replay buffer: (additions, worlds, width) float32."""
    which = np.arange(start, stop) % buffer.buffer_size
    columns = [getattr(buffer, name)[which] for name in STORED]
    columns = [column if column.ndim == 3 else column[..., None] for column in columns]
    return torch.from_numpy(np.concatenate(columns, axis=-1, dtype=np.float32))


def _refill(buffer: Any, rows: Tensor) -> None:
    """Put the last additions, (additions, worlds, width), where the buffer had them."""
    count, size = len(rows), buffer.buffer_size
    kept = rows[max(0, count - size) :].numpy()
    which = np.arange(count - len(kept), count) % size
    start = 0
    for name in STORED:
        array = getattr(buffer, name)
        width = array.shape[2] if array.ndim == 3 else 1
        array[which] = kept[..., start : start + width].reshape(len(kept), *array.shape[1:])
        start += width
    buffer.pos, buffer.full = count % size, count >= size
