"""Quick checks are one-sided: what they accept is accepted by jsonschema, with finite numbers."""

import json

import jsonschema
from hypothesis import example, given, settings
from hypothesis import strategies as st

from palaestra.envs.tools.fits import quick_check

SCHEMAS = st.recursive(
    st.one_of(
        st.sampled_from(["string", "integer", "number", "boolean", "null", "array", "object"]).map(
            lambda t: {"type": t}
        ),
        st.lists(st.sampled_from(["string", "integer", "null"]), min_size=1, unique=True).map(lambda t: {"type": t}),
        st.lists(st.sampled_from(["a", "b", 1, True, None]), min_size=1, unique_by=repr).map(lambda v: {"enum": v}),
        st.just({"type": "string", "enum": ["a"]}),
        st.just({"type": "string", "minLength": 2}),
        st.just({}),
    ),
    lambda inner: st.one_of(
        inner.map(lambda each: {"type": "array", "items": each}),
        st.lists(inner, min_size=1, max_size=2).map(lambda parts: {"anyOf": parts}),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda parts: (
                {"type": "array", "prefixItems": parts, "items": False}
                | {"minItems": len(parts), "maxItems": len(parts)}
            )
        ),
        st.tuples(st.dictionaries(st.sampled_from("ab"), inner), inner | st.just(False), st.booleans()).map(
            lambda parts: (
                {"type": "object", "properties": parts[0], "additionalProperties": parts[1]}
                | ({"required": list(parts[0])} if parts[2] else {})
            )
        ),
    ),
    max_leaves=5,
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.floats(), st.sampled_from(["a", "b", "ab"])),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abc"), inner, max_size=2)),
    max_leaves=4,
)


@given(SCHEMAS, VALUES)
@settings(max_examples=300, deadline=None)
@example({"type": "number"}, float("nan"))
@example({"type": "integer"}, True)
@example({"enum": [1]}, True)
@example({"type": "object", "required": ["a"], "properties": {}, "additionalProperties": {}}, {"b": 1})
def test_quick_checks_accept_only_what_jsonschema_accepts(schema, value):
    check = quick_check(schema)
    if check is not None and check(value):
        assert jsonschema.Draft202012Validator(schema).is_valid(value)
        json.dumps(value, allow_nan=False)
