"""The world contract: a Gymnasium environment that can also be saved, restored, forked and fingerprinted."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar, Self, TypeVar

import gymnasium
import msgpack
import numpy as np

from palaestra.data.errors import InputError

RNG_BYTES = 16 + 16 + 1 + 4  # PCG64: state, increment, has_uint32, uinteger
SEED_BYTES = 17  # signed, for Gymnasium's -1 (seed unknown) and its 128-bit seeds


class World(gymnasium.Env):
    """A Gymnasium environment whose whole state is plain data.

    ``gym.make`` returns the world without a TimeLimit wrapper: it enforces its own horizon, ``_max_episode_steps``,
    and reports ``truncated``. The ``max_episode_steps`` of ``gym.make`` sets that horizon.

    A restored or forked world continues bit for bit like the original, in this process or another, on the same
    machine type and build of the engine. The generator behind ``np_random`` is part of the state, so that
    later unseeded resets agree too; ``action_space`` and its generator are not.

    An invalid action never raises: a neutral action is executed instead, and ``info["action_error"]``, which is
    absent otherwise, has the reason.

    A subclass implements ``identity``, ``_save`` and ``_load``, and passes its constructor's arguments to
    ``World.__init__``.
    """

    noun: ClassVar[str] = "world"
    """What messages call it."""
    _max_episode_steps: int
    reset_options: tuple[str, ...] = ()
    """Names of the options that ``reset`` accepts."""

    def __init__(self, **arguments: Any):
        self._arguments = arguments

    @property
    def horizon(self) -> int:
        """Steps of an episode; 0 or less: any number."""
        return self._max_episode_steps

    def set_horizon(self, steps: int) -> None:
        """Truncate episodes after ``steps`` steps, in later forks too; -1: never."""
        self._max_episode_steps = steps

    def check_options(self, options: Mapping[str, Any] | None) -> None:
        """Raise an ``InputError`` for options of ``reset`` that aren't among ``reset_options``."""
        if options is not None and not isinstance(options, Mapping):
            raise InputError(f"{self}: options of reset are {options!r}, expected a dictionary")
        unknown = [str(name) for name in options or {} if name not in self.reset_options]
        if unknown:
            there = f"there are {', '.join(self.reset_options)}" if self.reset_options else "there are none"
            raise InputError(f"{self}: reset has no option {', '.join(unknown)}; {there}")

    def check_render_mode(self, render_mode: str | None) -> None:
        """Raise an ``InputError`` for a render mode that ``metadata`` doesn't list."""
        modes = self.metadata["render_modes"]
        if render_mode is not None and render_mode not in modes:
            raise InputError(f"render_mode {render_mode!r}: there are None and {', '.join(map(repr, modes))}")

    @property
    def identity(self) -> Mapping[str, str]:
        """Properties by name that must equal those of a snapshot to restore it, such as the model or version."""
        raise NotImplementedError

    def _save(self) -> Mapping[str, Any]:
        """The state without the generator, as plain data for msgpack; arrays as bytes."""
        raise NotImplementedError

    def _load(self, state: Mapping[str, Any]) -> None:
        """Load a state returned by ``_save``, atomically.

        Raises:
            ValueError, TypeError, KeyError: the state does not fit; this world is unchanged.
        """
        raise NotImplementedError

    def snapshot(self) -> bytes:
        """The whole state as msgpack of plain data; without pickle, so it is safe to load from untrusted sources."""
        saved = dict(self.identity) | {"state": self._save(), "rng": pack_rng(self.np_random)}
        return msgpack.packb(saved | {"seed": pack_seed(self.np_random_seed)})

    def restore(self, snapshot: bytes) -> None:
        """Return to the state of a snapshot.

        Args:
            snapshot: returned by ``snapshot`` of the same class, possibly in another process.

        Raises:
            ValueError: not a snapshot, or one of another environment or model; this world is unchanged.
        """
        try:
            saved = msgpack.unpackb(snapshot)
            identity = {name: saved[name] for name in self.identity}
            state, generator, seed = saved["state"], unpack_rng(saved["rng"]), unpack_seed(saved["seed"])
        except (ValueError, TypeError, KeyError, msgpack.UnpackException) as error:
            raise ValueError(f"{self}: not a snapshot of a world ({type(error).__name__}: {error})") from None
        for name, expected in self.identity.items():
            if identity[name] != expected:
                raise ValueError(f"{self}: the snapshot is of {name} {identity[name]!r}, this world's is {expected!r}")
        try:
            self._load(state)
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{self}: the snapshot does not fit ({type(error).__name__}: {error})") from None
        self._np_random, self._np_random_seed = generator, seed

    def fork(self) -> Self:
        """A second world in the same state; afterwards the two are independent."""
        return _rebuild(type(self), self._arguments, self.snapshot(), self.spec)

    def __reduce__(self) -> tuple[Any, ...]:
        # Copying and pickling use the snapshot, so the engine's objects need not support them.
        return _rebuild, (type(self), self._arguments, self.snapshot(), self.spec)

    def fingerprint(self) -> str:
        """SHA-256 of the whole state: worlds with equal fingerprints behave identically, whatever their histories."""
        saved = dict(self.identity) | {"state": self._save(), "rng": pack_rng(self.np_random)}
        return hashlib.sha256(msgpack.packb(saved)).hexdigest()


def check_horizon(steps: object) -> None:
    """Refuse what is no ``max_episode_steps``.

    Raises:
        InputError: it is neither a positive integer nor -1.
    """
    if not isinstance(steps, int) or isinstance(steps, bool) or not (steps > 0 or steps == -1):
        raise InputError(f"max_episode_steps {steps!r}: a positive integer is wanted, or -1 for no horizon")


def name_horizon(world: str, steps: int) -> str:
    """The name of a kind of world with a horizon that isn't its usual one, for ``World.identity``."""
    return f"{world}, horizon {steps}" if steps > 0 else f"{world}, no horizon"


Kind = TypeVar("Kind", bound=World)


def _rebuild(kind: type[Kind], arguments: Mapping[str, Any], snapshot: bytes, spec: Any) -> Kind:
    world = kind(**arguments)
    world.spec = spec
    world.restore(snapshot)
    return world


def pack_rng(generator: np.random.Generator) -> bytes:
    """A PCG64 generator, the kind that Gymnasium creates, as ``RNG_BYTES`` bytes.

    Raises:
        ValueError: the generator is of another kind.
    """
    state = generator.bit_generator.state
    if state["bit_generator"] != "PCG64":
        raise ValueError(f"np_random is a {state['bit_generator']}; worlds save PCG64, the kind Gymnasium makes")
    words = state["state"]
    return b"".join(
        (
            words["state"].to_bytes(16, "little"),
            words["inc"].to_bytes(16, "little"),
            state["has_uint32"].to_bytes(1, "little"),
            state["uinteger"].to_bytes(4, "little"),
        )
    )


def unpack_rng(packed: bytes) -> np.random.Generator:
    """The generator that ``pack_rng`` packed."""
    if not isinstance(packed, bytes) or len(packed) != RNG_BYTES:
        raise ValueError(f"the generator's state is not {RNG_BYTES} bytes")
    state, increment = int.from_bytes(packed[:16], "little"), int.from_bytes(packed[16:32], "little")
    bits = np.random.PCG64(0)
    bits.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": increment},
        "has_uint32": packed[32],
        "uinteger": int.from_bytes(packed[33:], "little"),
    }
    return np.random.Generator(bits)


def pack_seed(seed: int) -> bytes:
    """Gymnasium's ``np_random_seed`` as bytes; -1 (unknown) if it does not fit."""
    return (seed if seed.bit_length() < 8 * SEED_BYTES else -1).to_bytes(SEED_BYTES, "little", signed=True)


def unpack_seed(packed: bytes) -> int:
    """The seed that ``pack_seed`` packed."""
    return int.from_bytes(packed, "little", signed=True)
