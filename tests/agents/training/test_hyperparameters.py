import math
from dataclasses import dataclass, fields
from typing import Annotated, Literal, get_args, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palaestra.agents.training import registry
from palaestra.agents.training.hyperparameters import Count, Interval, Number, Range, Share, check
from palaestra.data.errors import InputError


def config_classes():
    for package in registry.PACKAGES:
        for command in registry.names(package):
            algorithm = registry.find(command)
            yield f"{command} hyperparameters", algorithm.config
        yield f"{package} options", algorithm.trainer.Options


def ranges(hint):
    """The ranges in an annotation; None for a number that has none."""
    if isinstance(hint, type(Number)):
        found = [extra for extra in hint.__metadata__ if isinstance(extra, Range)]
        return found or ranges(hint.__origin__)
    if hint in (int, float):
        return [None]
    return [each for option in get_args(hint) for each in ranges(option)]


CONFIGS = dict(config_classes())
RANGES = {
    name: {
        field: found for field, hint in get_type_hints(config, include_extras=True).items() if (found := ranges(hint))
    }
    for name, config in CONFIGS.items()
}
REQUIRED = {
    "offline_rl options": {"dataset": "hopper-medium-v2"},
    "agents.training.stable_baselines options": {"env": "palaestra/Hopper-v0"},
    "agents.training.language options": {"env": "palaestra/ToolArithmetic-v0"},
}


def outside(allowed):
    """Numbers that a range refuses."""
    parts = [st.sampled_from([math.nan, math.inf, -math.inf])]
    if math.isfinite(allowed.low):
        parts.append(st.floats(max_value=allowed.low, exclude_max=not allowed.above, allow_infinity=False))
    if math.isfinite(allowed.high):
        parts.append(st.floats(min_value=allowed.high, exclude_min=not allowed.below, allow_infinity=False))
    return st.one_of(parts)


def test_every_number_of_every_config_has_a_range():
    assert sum(map(len, RANGES.values())) > 150
    assert [(name, field) for name in RANGES for field, found in RANGES[name].items() if None in found] == []


@pytest.mark.parametrize("name", CONFIGS)
@settings(max_examples=10, deadline=None)
@given(data=st.data())
def test_a_number_out_of_its_range_is_refused_by_its_flags_name(name, data):
    defaults = {field.name: field.default for field in fields(CONFIGS[name])}
    for field, (allowed, *_) in RANGES[name].items():
        number = data.draw(outside(allowed), label=field)
        value = (number, *defaults[field][1:]) if isinstance(defaults[field], tuple) else number
        with pytest.raises(InputError) as error:
            CONFIGS[name](**REQUIRED.get(name, {}), **{field: value})
        assert str(error.value).startswith(f"--{field.replace('_', '-')} must be ")
        given_numbers = " ".join(map(str, value if isinstance(value, tuple) else [value]))
        assert str(error.value).endswith(f", got {given_numbers}")


@pytest.mark.parametrize(
    ("allowed", "words", "numbers", "refused"),
    [
        (Range(), "finite", [-1e300, 0, 1e300], [math.inf, -math.inf, math.nan]),
        (Range(0), "at least 0", [0, 1e300], [-1e-300, math.inf]),
        (Range(0, above=True), "above 0", [1e-300], [0, -1]),
        (Range(0, 1), "from 0 to 1", [0, 0.5, 1], [-0.1, 1.1]),
        (Range(0, 1, below=True), "at least 0 and below 1", [0, 0.999], [1]),
        (Range(0, 100, above=True), "above 0 and at most 100", [1, 100], [0, 101]),
        (Range(high=3), "at most 3", [-1e300, 3], [4]),
    ],
)
def test_ranges(allowed, words, numbers, refused):
    assert str(allowed) == words
    assert [number in allowed for number in numbers] == [True] * len(numbers)
    assert [number in allowed for number in refused] == [False] * len(refused)


@dataclass
class Example:
    share: Share | None = None
    widths: tuple[Count, ...] = ()
    interval: Interval = (0.0, 1.0)
    pair: Annotated[tuple[Number, Number], "further metadata"] = (1.0, 0.0)
    mode: Literal["a", "b"] = "a"
    switch: bool = False
    plain: float = 0.0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"share": 2}, "--share must be from 0 to 1, got 2"),
        ({"widths": (3, 0)}, "--widths must be at least 1, got 3 0"),
        ({"interval": (1.0, 1.0)}, "--interval must be a lower and a higher number, got 1.0 1.0"),
        ({"interval": (math.nan, 1.0)}, "--interval must be finite, got nan 1.0"),
        ({"pair": (0.0, math.inf)}, "--pair must be finite, got 0.0 inf"),
        ({"plain": math.nan}, "--plain must be finite, got nan"),
    ],
)
def test_annotations_are_read_wherever_they_stand(values, message):
    check(Example())
    with pytest.raises(InputError) as error:
        check(Example(**values))
    assert str(error.value) == message
