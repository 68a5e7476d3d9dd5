"""What departs from a schema is said in a clause; what fits is silent."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.models.schema import mismatch


class Point(msgspec.Struct):
    """A value whose schema msgspec writes."""

    x: float
    name: str = ""
    tags: list[str] = []
    parent: "Point | None" = None


@pytest.mark.parametrize(
    ("value", "schema", "sentence"),
    [
        ("a", {"type": "number"}, '"$" is "a", not number'),
        (True, {"type": "integer"}, '"$" is true, not integer'),
        (1.5, {"type": "integer"}, '"$" is 1.5, not integer'),
        (1, {"const": True}, '"$" is 1, not true'),
        ("c", {"enum": ["a", "b"]}, '"$" is "c", not one of "a", "b"'),
        (-1, {"minimum": 0}, '"$" is -1, not at least 0'),
        (0, {"exclusiveMinimum": 0}, '"$" is 0, not more than 0'),
        (2, {"maximum": 1}, '"$" is 2, not at most 1'),
        (1, {"exclusiveMaximum": 1}, '"$" is 1, not less than 1'),
        ("abc", {"maxLength": 2}, '"$" has 3 characters, more than 2'),
        ([], {"minItems": 1}, '"$" has 0 items, fewer than 1'),
        ("b", {"pattern": "^a"}, '"$" is "b", which does not match ^a'),
        ({}, {"required": ["x"]}, '"$.x" is missing'),
        ({"y": 1}, {"properties": {}, "additionalProperties": False}, '"$.y" is not allowed'),
        ([1, "a"], {"items": {"type": "integer"}}, '"$[1]" is "a", not integer'),
        (["a"], {"prefixItems": [{"type": "integer"}]}, '"$[0]" is "a", not integer'),
        ({"a": {"b": 1}}, {"properties": {"a": {"properties": {"b": {"type": "null"}}}}}, '"$.a.b" is 1, not null'),
        (1, {"anyOf": [{"type": "string"}, {"type": "null"}]}, '"$" is 1, which none of its 2 forms allows'),
        ("x" * 99, {"type": "null"}, f'"$" is "{"x" * 56}..., not null'),
    ],
)
def test_a_departure_is_said_in_full(value: Any, schema: dict[str, Any], sentence: str) -> None:
    """Where, what, and what would have been right."""
    assert mismatch(value, schema) == sentence


def test_a_recursive_schema_of_a_signature_fits_its_own_values() -> None:
    """References are followed as deep as the value goes."""
    (schema,), definitions = msgspec.json.schema_components([Point], ref_template="#/$defs/{name}")
    whole = {**schema, "$defs": definitions}
    assert mismatch({"x": 1, "parent": {"x": 2, "parent": None}}, whole) is None
    assert mismatch({"x": 1, "parent": {"x": "two"}}, whole) is not None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_an_empty_schema_takes_everything(value: Any) -> None:
    """Keywords that are not there are not judged."""
    assert mismatch(value, {}) is None
    assert mismatch(value, {"const": value}) is None
