import shutil
import subprocess
import sys
import types
import urllib.request
import warnings
from dataclasses import replace
from importlib.metadata import version

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces, wrappers
from minari.data_collector import EpisodeBuffer
from minari.dataset.minari_storage import MinariStorage

from palaestra import data
from palaestra.agents.training.registry import find
from palaestra.data import catalogue, store
from palaestra.data.dataset import Dataset
from palaestra.data.errors import InputError
from palaestra.data.formats import d4rl, minari
from palaestra.data.formats.successors import next_observations
from palaestra.envs.d4rl.world import D4RLWorld
from palaestra.envs.vector import make_worlds
from palaestra.offline_rl.bc import BC
from palaestra.offline_rl.trainer import LearnerOptions, LearnerTrainer

GOAL_WORLD = '''
import gymnasium, numpy as np
from gymnasium import spaces

class GoalWorld(gymnasium.Env):
    """Walks on a line; a dictionary is observed, actions lie in [-2, 6]."""

    observation_space = spaces.Dict({
        "observation": spaces.Box(-9, 9, (2,), np.float64), "desired_goal": spaces.Box(-9, 9, (1,), np.float64),
    })
    action_space = spaces.Box(np.array([-2.0]), np.array([6.0]), dtype=np.float64)

    def __init__(self, goal=1.0):
        self.goal = goal

    def observe(self):
        return {"observation": np.array([self.x, -self.x]), "desired_goal": np.array([self.goal])}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.x = 0.0
        return self.observe(), {"count": np.int64(0)}

    def step(self, action):
        self.x += float(action[0])
        return self.observe(), self.x, self.x > 5, False, {"count": np.int64(1)}
'''


@pytest.fixture(autouse=True)
def own_minari(tmp_path, monkeypatch):
    """A root of Minari's of its own, and no way out of this machine."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "minari"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setattr(urllib.request, "_opener", None)  # which remembers the proxies
    worlds = set(gymnasium.registry)
    yield tmp_path / "minari"
    for name in set(gymnasium.registry) - worlds:
        del gymnasium.registry[name]


@pytest.fixture
def goal_world(tmp_path, monkeypatch):
    (tmp_path / "goal_world.py").write_text(GOAL_WORLD)
    monkeypatch.syspath_prepend(tmp_path)
    gymnasium.register("GoalWorld-v0", "goal_world:GoalWorld", max_episode_steps=4, kwargs={"goal": 3.0})
    yield gymnasium.spec("GoalWorld-v0")
    sys.modules.pop("goal_world", None)


def record(minari_id, episodes, spec, **options):
    """A dataset made by Minari itself; an episode is (observations, actions, rewards, terminations, truncations)."""
    from minari import create_dataset_from_buffers
    from minari.data_collector import EpisodeBuffer

    names = ("observations", "actions", "rewards", "terminations", "truncations", "infos")
    buffers = [EpisodeBuffer(**dict(zip(names, episode))) for episode in episodes]
    with pytest.warns(UserWarning, match="is set to None"):
        return create_dataset_from_buffers(minari_id, buffers, env=spec, **options)


def pendulum_episode(steps, truncated=True, terminated=False, seed=0):
    rng = np.random.default_rng(seed)
    ends = np.arange(steps) == steps - 1
    infos = {"angle": rng.normal(size=steps + 1), "deep": {"count": np.arange(steps)}, "note": ["a"] * (steps + 1)}
    return (
        rng.normal(size=(steps + 1, 3)).astype(np.float32),
        rng.uniform(-2, 2, size=(steps, 1)).astype(np.float32),
        rng.normal(size=steps),
        ends & terminated,
        ends & truncated,
        infos,
    )


def test_every_transition_is_exact():
    episodes = [pendulum_episode(4, seed=1), pendulum_episode(1, False, True, seed=2), pendulum_episode(3, seed=3)]
    record("swing/few-v0", episodes, gymnasium.spec("Pendulum-v1"))
    dataset = data.load("minari:swing/few-v0")
    assert (dataset.id, dataset.env_id, dataset.horizon) == ("minari:swing/few-v0", "minari/swing.few-v0", 200)
    assert dataset.episodes.tolist() == [[0, 4], [4, 5], [5, 8]]
    batch = dataset.transitions().batch(torch.arange(8)[None])
    np.testing.assert_array_equal(batch.observations[0], np.concatenate([e[0][:-1] for e in episodes]))
    np.testing.assert_array_equal(batch.next_observations[0], np.concatenate([e[0][1:] for e in episodes]))
    np.testing.assert_allclose(batch.rewards[0], np.concatenate([e[2] for e in episodes]), rtol=1e-6)
    assert batch.nonterminals[0].tolist() == [1, 1, 1, 1, 0, 1, 1, 1]
    np.testing.assert_allclose(batch.actions[0] * 2, np.concatenate([e[1] for e in episodes]), rtol=1e-6)


def test_the_registered_world_takes_actions_as_the_data_have_them():
    record("swing/few-v0", [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"))
    world = gymnasium.make(data.load("minari:swing/few-v0").env_id)
    plain = gymnasium.make("Pendulum-v1")
    assert np.array_equal(world.reset(seed=5)[0], plain.reset(seed=5)[0])
    ours, theirs = world.step(np.array([0.25], dtype=np.float32)), plain.step(np.array([0.5], dtype=np.float32))
    assert np.array_equal(ours[0], theirs[0])
    assert ours[1] == theirs[1]


def test_infos_are_read_when_asked_for():
    episodes = [pendulum_episode(4, seed=1), pendulum_episode(2, seed=2)]
    record("swing/few-v0", episodes, gymnasium.spec("Pendulum-v1"))
    assert "infos/angle" not in data.load("minari:swing/few-v0").columns
    assert list(data.load("minari:swing/few-v0", ["infos/angle"]).columns)[5:] == ["infos/angle"]
    dataset = data.load("minari:swing/few-v0", "all")
    assert sorted(dataset.columns)[2:4] == ["infos/deep/count", "observations"]
    angles = [e[5]["angle"] for e in episodes]
    assert np.array_equal(dataset.columns["infos/angle"], np.concatenate([angle[:-1] for angle in angles]))
    assert dataset.episode_columns["final_infos/angle"].tolist() == [angle[-1] for angle in angles]
    assert dataset.columns["infos/deep/count"].tolist() == [0, 1, 2, 3, 0, 1]
    with pytest.raises(InputError, match=r"has no column infos/speed$"):
        data.load("minari:swing/few-v0", ["infos/speed"])


def test_an_episode_that_just_stops_does_not_run_into_the_next():
    record("swing/few-v0", [pendulum_episode(3, False), pendulum_episode(2, False)], gymnasium.spec("Pendulum-v1"))
    dataset = data.load("minari:swing/few-v0")
    assert dataset.episodes.tolist() == [[0, 3], [3, 5]]
    assert dataset.columns["timeouts"].tolist() == [False, False, True, False, False]


def test_a_flag_in_the_middle_of_a_recording_ends_an_episode():
    episode = list(pendulum_episode(4))
    episode[3] = np.array([False, True, False, False])
    record("swing/few-v0", [episode], gymnasium.spec("Pendulum-v1"))
    dataset = data.load("minari:swing/few-v0")
    assert dataset.episodes.tolist() == [[0, 2], [2, 4]]
    assert np.array_equal(dataset.final_observations, episode[0][[2, 4]])


def test_dictionaries_are_flattened_like_the_worlds_observation(goal_world):
    world = gymnasium.make(goal_world)
    observations, actions = [world.reset()[0]], [[1.0], [3.0], [-2.0], [6.0]]
    rewards = []
    for action in actions:
        observation, reward, *_ = world.step(action)
        observations.append(observation)
        rewards.append(reward)
    stacked = {key: np.stack([observation[key] for observation in observations]) for key in observations[0]}
    episode = (stacked, np.array(actions), rewards, [False] * 3 + [True], [False] * 4)
    record("line/goal-v3", [episode], goal_world)
    dataset = data.load("minari:line/goal-v3")
    assert dataset.columns["observations"].dtype == np.float32
    assert dataset.columns["actions"][:, 0].tolist() == [-0.25, 0.25, -1, 1]  # [-2, 6] mapped to [-1, 1]

    replayed = gymnasium.make(dataset.env_id)
    assert dataset.env_id == "minari/line.goal-v3"
    assert replayed.spec.max_episode_steps == dataset.horizon == 4
    seen = [replayed.reset()[0]] + [replayed.step(action)[0] for action in dataset.columns["actions"]]
    stored = np.concatenate([dataset.columns["observations"], dataset.final_observations])
    np.testing.assert_allclose(seen, stored, atol=1e-6)
    assert sorted(seen[1].tolist()) == [-1, 1, 3]  # position, its negative, and the goal given when recording


def test_the_evaluation_world_goes_before_the_recorded_one(goal_world):
    record("swing/few-v0", [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"), eval_env="MountainCarContinuous-v0")
    spec = gymnasium.spec(data.load("minari:swing/few-v0").env_id)
    assert spec.entry_point == gymnasium.spec("MountainCarContinuous-v0").entry_point


def test_reference_scores_are_the_datasets():
    references = {"ref_min_score": -50.0, "ref_max_score": 150.0}
    record("swing/few-v0", [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"), **references)
    dataset = data.load("minari:swing/few-v0")
    for name in (dataset.id, dataset.env_id):
        assert d4rl.reference_score(name) == (-50, 150)
        assert d4rl.normalised_score(name, [-50, 0, 150]).tolist() == [0, 25, 100]
    assert dataset.metadata["ref_max_score"] == 150


def test_no_reference_scores():
    record("swing/few-v0", [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"))
    with pytest.raises(InputError, match="minari:swing/few-v0: this Minari dataset has no reference scores"):
        d4rl.reference_score("minari:swing/few-v0")


def hopper_dataset(tail=True):
    rng, rows = np.random.default_rng(0), 9
    columns = {
        "observations": rng.normal(size=(rows, 11)).astype(np.float32),
        "actions": rng.uniform(-1, 1, size=(rows, 3)).astype(np.float32),
        "rewards": rng.normal(size=rows).astype(np.float32),
        "terminals": np.array([0, 0, 1, 0, 0, 0, 0, 0, 0], dtype=bool),
        "timeouts": np.array([0, 0, 0, 0, 0, 1, 0, 0, not tail], dtype=bool),
        "infos/qpos": rng.normal(size=(rows, 6)),
        "infos/action_log_probs": rng.normal(size=rows).astype(np.float32),
    }
    episodes = {
        "final_observations": rng.normal(size=(3, 11)).astype(np.float32),
        "start_snapshots": rng.integers(0, 256, size=(3, 40), dtype=np.uint8),
    }
    recipe = "palaestra/hopper/medium-v0"
    return Dataset(recipe, "palaestra/Hopper-v0", columns, 1000, episodes, {"seed": 3, "cut_rows": [8]})


@pytest.mark.parametrize("tail", [True, False])
def test_saved_and_loaded_is_the_same(tail):
    dataset = hopper_dataset(tail)
    minari.save(dataset, "mine/hopper/medium-v0")
    loaded = data.load("minari:mine/hopper/medium-v0", "all")
    assert (loaded.env_id, loaded.horizon) == ("palaestra/Hopper-v0", 1000)
    assert loaded.fingerprint == dataset.fingerprint
    assert {**loaded.columns, **loaded.episode_columns}.keys() == {**dataset.columns, **dataset.episode_columns}.keys()
    for name, array in {**dataset.columns, **dataset.episode_columns}.items():
        other = {**loaded.columns, **loaded.episode_columns}[name]
        assert other.dtype == array.dtype
        assert np.array_equal(other, array)
    assert loaded.metadata["palaestra"]["id"] == "palaestra/hopper/medium-v0"
    assert loaded.metadata["palaestra"]["metadata"] == {"seed": 3, "cut_rows": [8]}
    assert d4rl.reference_score(loaded.id) == d4rl.reference_score("hopper-medium-v2")


@pytest.mark.parametrize(("options", "horizon"), [({}, 1000), ({"max_episode_steps": 7}, 7)])
def test_recordings_of_our_worlds_know_their_horizon(options, horizon):
    world = gymnasium.make("hopper-medium-v2", **options)
    observations = [world.reset(seed=0)[0]] + [world.step(np.zeros(3, np.float32))[0] for _ in range(5)]
    flags = [False] * 5
    episode = (np.stack(observations), np.zeros((5, 3), np.float32), [1.0] * 5, flags, flags)
    record("mine/hopper-v0", [episode], world)  # as Minari's DataCollector, which needs JAX, does it
    dataset = data.load("minari:mine/hopper-v0")
    assert dataset.horizon == horizon
    for world in (gymnasium.make(dataset.env_id), *make_worlds(dataset.env_id, 2).worlds):
        assert isinstance(world, D4RLWorld)
        assert world._max_episode_steps == horizon


def test_minari_itself_reads_what_we_save(own_minari):
    import minari as theirs

    dataset = hopper_dataset()
    minari.save(dataset, "mine/hopper/medium-v0")
    assert list(theirs.list_local_datasets()) == ["mine/hopper/medium-v0"]
    loaded = theirs.load_dataset("mine/hopper/medium-v0")
    assert (loaded.total_episodes, loaded.total_steps) == (3, 9)
    assert loaded.env_spec.id == "palaestra/Hopper-v0"
    assert loaded.observation_space == spaces.Box(-np.inf, np.inf, (11,), np.float32)
    for world in (loaded.recover_environment(), loaded.recover_environment(eval_env=True)):
        assert world.spec.id == "palaestra/Hopper-v0"
        assert world.reset(seed=0)[0].shape == (11,)
    episode = loaded[1]
    assert np.array_equal(episode.observations[:-1], dataset.columns["observations"][3:6])
    assert np.array_equal(episode.observations[-1], dataset.final_observations[1])
    assert episode.truncations.tolist() == [False, False, True]
    assert theirs.get_normalized_score(loaded, np.array([3234.3])) == 1
    assert "mine" in theirs.namespace.list_local_namespaces()
    assert [path.name for path in (own_minari / "mine/hopper").iterdir() if path.name.startswith(".")] == []


def test_d4rl_files_that_know_next_observations_can_be_saved():
    dataset = hopper_dataset()
    following = next_observations(dataset)
    columns = {**dataset.columns, "next_observations": following}
    minari.save(Dataset("hopper-medium-v2", "hopper-medium-v2", columns, 1000), "mine/hopper-v0")
    loaded = data.load("minari:mine/hopper-v0")
    assert np.array_equal(loaded.final_observations, dataset.final_observations)
    assert len(loaded) == 9


def test_d4rl_files_that_do_not_cannot(own_minari):
    columns = hopper_dataset().columns
    with pytest.raises(InputError, match="hopper-medium-v2: Minari keeps the observation after every episode's last"):
        minari.save(Dataset("hopper-medium-v2", "hopper-medium-v2", columns, 1000), "mine/hopper-v0")
    assert not own_minari.exists() or not list(own_minari.iterdir())


def test_taken_ids_are_left_alone(own_minari):
    minari.save(hopper_dataset(), "mine/hopper-v0")
    before = sorted(own_minari.rglob("*"))
    with pytest.raises(InputError, match="minari:mine/hopper-v0: exists already"):
        minari.save(hopper_dataset(), "mine/hopper-v0")
    assert sorted(own_minari.rglob("*")) == before


@pytest.mark.parametrize("when", ["before", "while"])
def test_nothing_is_left_of_a_dataset_that_could_not_be_written(own_minari, monkeypatch, when):
    def full(dataset):
        yield from []
        raise OSError(28, "No space left on device")

    if when == "before":
        monkeypatch.setattr(shutil, "disk_usage", lambda path: types.SimpleNamespace(free=5000))
    else:
        monkeypatch.setattr(minari, "_buffers", full)
    with pytest.raises(InputError, match="mine/hopper-v0: no space left on the disk"):
        minari.save(hopper_dataset(), "mine/hopper-v0")
    assert [path for path in own_minari.rglob("*") if path.is_file()] == []


def test_the_folders_above_a_dataset_may_be_unwritable(own_minari, monkeypatch):
    def refuse(*_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(minari, "_name_folders", refuse)
    with pytest.raises(InputError, match=r"mine/hopper-v0: cannot be written \(Read-only"):
        minari.save(hopper_dataset(), "mine/hopper-v0")


@pytest.mark.parametrize("minari_id", ["", "no-version", "a//b-v0", "../x-v0", "a b-v0"])
def test_malformed_ids(minari_id):
    with pytest.raises(InputError, match="not a Minari id"):
        data.load(f"minari:{minari_id}")
    with pytest.raises(InputError, match="not a Minari id"):
        minari.save(hopper_dataset(), minari_id)


def test_a_remote_id_without_a_network_is_one_line(own_minari, caplog):
    with pytest.raises(InputError, match=r"minari:D4RL/door/human-v2: not in .*Minari could not download it") as caught:
        data.load("minari:D4RL/door/human-v2")
    assert "\n" not in str(caught.value)
    assert not caplog.records


def test_a_remote_id_is_downloaded_by_minari(own_minari, monkeypatch):
    import minari as theirs

    def fetch(minari_id):
        record(minari_id, [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"))

    monkeypatch.setattr(store, "hub_is_reachable", lambda: True)
    monkeypatch.setattr(theirs, "download_dataset", fetch)
    assert len(data.load("minari:swing/far-v0")) == 4
    monkeypatch.setattr(theirs, "download_dataset", None)  # from now on it is here
    assert len(data.load("minari:swing/far-v0")) == 4


@pytest.mark.parametrize(
    ("observation_space", "action_space", "message"),
    [
        (spaces.Text(4), spaces.Box(-1, 1, (1,)), "observations are Text"),
        (spaces.Box(-1, 1, (2,)), spaces.MultiBinary(3), r"actions are MultiBinary\(3\)"),
        (spaces.Box(-1, 1, (2,)), spaces.Box(-np.inf, np.inf, (1,)), "actions have no bounds"),
    ],
)
def test_spaces_that_learners_cannot_use(observation_space, action_space, message):
    from minari.data_collector import EpisodeBuffer

    rng_space = spaces.Dict({"o": observation_space, "a": action_space})
    drawn = [rng_space.sample() for _ in range(3)]
    observations, actions = [d["o"] for d in drawn], [d["a"] for d in drawn[:2]]
    buffer = EpisodeBuffer(
        observations=observations, actions=actions, rewards=[0, 0], terminations=[0, 0], truncations=[0, 1], infos={}
    )
    from minari import create_dataset_from_buffers

    with pytest.warns(UserWarning, match="is set to None"):
        create_dataset_from_buffers("odd-v0", [buffer], observation_space=observation_space, action_space=action_space)
    with pytest.raises(InputError, match=f"minari:odd-v0: {message}"):
        data.load("minari:odd-v0")


FOUR_ROOMS = spaces.Dict(
    {
        "direction": spaces.Discrete(4),
        "image": spaces.Box(0, 255, (2, 2, 3), np.uint8),
        "mission": spaces.Text(9),
    }
)


def test_choices_and_pictures_are_read_and_the_learner_that_cannot_take_them_is_named(tmp_path):
    from minari import create_dataset_from_buffers

    random = np.random.default_rng(0)
    image = random.integers(0, 256, (4, 2, 2, 3), dtype=np.uint8)
    observations = {"direction": np.array([3, 0, 1, 3]), "image": image, "mission": ["go on"] * 4}
    buffer = EpisodeBuffer(
        observations=observations,
        actions=np.array([2, 0, 6]),
        rewards=[0, 0, 1],
        terminations=[0, 0, 1],
        truncations=[0, 0, 0],
        infos={},
    )
    with pytest.warns(UserWarning, match="is set to None"):
        create_dataset_from_buffers("rooms-v0", [buffer], observation_space=FOUR_ROOMS, action_space=spaces.Discrete(7))
    dataset = data.load("minari:rooms-v0")
    assert (dataset.discrete_actions, dataset.metadata["left_out"]) == (7, ["mission"])
    flat = spaces.Dict({name: FOUR_ROOMS[name] for name in ("direction", "image")})
    rows = [spaces.flatten(flat, {"direction": observations["direction"][k], "image": image[k]}) for k in range(4)]
    assert np.array_equal(dataset.columns["observations"], rows[:-1])
    assert np.array_equal(dataset.final_observations, rows[-1:])
    assert dataset.columns["actions"].argmax(axis=1).tolist() == [2, 0, 6]
    assert dataset.columns["actions"].sum() == 3
    message = r"BC: acts in \[-1, 1\], and the actions of minari:rooms-v0 are Discrete\(7\)"
    with pytest.raises(InputError, match=message):
        LearnerTrainer(find("bc"), LearnerOptions("minari:rooms-v0"), BC.Config())
    catalogue.convert("minari:rooms-v0", tmp_path / "rooms.hdf5")
    catalogue.convert(tmp_path / "rooms.hdf5", "minari:back-v0")
    again = data.load("minari:back-v0")
    assert again.discrete_actions == 7
    assert np.array_equal(again.columns["actions"], dataset.columns["actions"])


def test_a_dataset_that_names_no_world():
    from minari import create_dataset_from_buffers
    from minari.data_collector import EpisodeBuffer

    names = ("observations", "actions", "rewards", "terminations", "truncations")
    buffer = EpisodeBuffer(**dict(zip(names, pendulum_episode(2))))
    box = spaces.Box(-1, 1, (1,))
    with pytest.warns(UserWarning, match="is set to None"):
        create_dataset_from_buffers("odd-v0", [buffer], observation_space=spaces.Box(-9, 9, (3,)), action_space=box)
    dataset = data.load("minari:odd-v0")
    assert (dataset.env_id, len(dataset)) == (None, 2)
    assert data.load("minari:odd-v0", env_id="Pendulum-v1").env_id == "Pendulum-v1"
    with pytest.raises(InputError, match=r"minari:odd-v0: names no environment .*--as ENV_ID"):
        minari.register_world("minari/odd-v0")


class OwnWrapper(gymnasium.Wrapper):
    """Doesn't record its arguments, as Gymnasium's wrappers do."""


WRAPPERS = {
    "limit": lambda env: wrappers.TimeLimit(env, 50),
    "order": lambda env: wrappers.OrderEnforcing(wrappers.TimeLimit(env.unwrapped, 50)),
    "normal": lambda env: wrappers.NormalizeReward(wrappers.NormalizeObservation(env)),
    "function": lambda env: wrappers.TransformReward(env, lambda reward: -float(reward)),
    "array": lambda env: wrappers.RescaleAction(env, np.float32(-1), np.float32(1)),
    "own": OwnWrapper,
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_a_recording_behind_wrappers_loads_and_says_which_environment_it_lacks(name, own_minari):
    world = WRAPPERS[name](gymnasium.make("Pendulum-v1"))
    observations, actions, *rest = pendulum_episode(4)
    episode = observations, actions / 2 if name == "array" else actions, *rest
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Minari's, about what cannot be stored
        spec, spaces_of = world.spec, {"observation_space": world.observation_space, "action_space": world.action_space}
        storage = MinariStorage.new(made_folder(own_minari / f"behind/{name}-v0"), env_spec=spec, **spaces_of)
    names = ("observations", "actions", "rewards", "terminations", "truncations")
    storage.update_metadata({"dataset_id": f"behind/{name}-v0", "minari_version": version("minari")})
    storage.update_episodes([EpisodeBuffer(**dict(zip(names, episode)))])
    dataset = data.load(f"minari:behind/{name}-v0")
    assert len(dataset) == 4
    if name in ("limit", "order", "normal"):
        assert gymnasium.make(dataset.env_id).reset(seed=0)[0].shape == (3,)
        assert dataset.horizon == (200 if name == "normal" else 50)
        return
    assert dataset.env_id is None
    with pytest.warns(UserWarning, match=rf"minari:behind/{name}-v0: no environment is known.*--as"):
        LearnerTrainer(find("bc"), LearnerOptions(dataset.id), BC.Config(), dataset=dataset)
    target = own_minari / "named"
    catalogue.convert(dataset.id, target, "Pendulum-v1")
    assert data.load(target).env_id == "Pendulum-v1"


def made_folder(path):
    (path / "data").mkdir(parents=True)
    return path / "data"


@pytest.mark.parametrize("what", ["metadata", "hdf5", "version"])
def test_damaged_datasets_are_one_line(own_minari, what):
    record("swing/few-v0", [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"))
    folder = own_minari / "swing/few-v0/data"
    if what == "hdf5":
        (folder / "main_data.hdf5").write_bytes((folder / "main_data.hdf5").read_bytes()[:1000])
    else:
        text = (folder / "metadata.json").read_text()
        cut = text[: len(text) // 2] if what == "metadata" else text.replace('"0.5.', '"99.')
        (folder / "metadata.json").write_text(cut)
    with pytest.raises(InputError, match="minari:swing/few-v0: damaged, or from another version") as caught:
        data.load("minari:swing/few-v0")
    assert "\n" not in str(caught.value)


def test_a_dataset_open_for_writing_is_not_called_damaged(own_minari):
    record("swing/few-v0", [pendulum_episode(4)], gymnasium.spec("Pendulum-v1"))
    code = "import h5py, sys; file = h5py.File(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(own_minari / "swing/few-v0/data/main_data.hdf5")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout.readline() == b"open\n"
        with pytest.raises(InputError, match="minari:swing/few-v0: open for writing in another program"):
            data.load("minari:swing/few-v0")
        writer.stdin.close()
    assert len(data.load("minari:swing/few-v0")) == 4


def test_actions_of_another_range_are_not_written(own_minari):
    dataset = hopper_dataset()
    wide = replace(dataset, columns={**dataset.columns, "actions": 2 * np.ones_like(dataset.columns["actions"])})
    with pytest.raises(InputError, match=r"exceed \[-1, 1\].*--scale-actions"):
        minari.save(wide, "my/wide-v0")
    assert not own_minari.exists() or not list(own_minari.rglob("*.hdf5"))
