"""Arguments of tool calls: objects are read, everything else is kept as it was written."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.models.arguments import tool_call

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_every_object_is_read(args: dict[str, object]) -> None:
    """What a model writes as an object arrives as that object."""
    call = tool_call("1", "look", json.dumps(args))
    assert (call.args, call.malformed) == (args, None)


@pytest.mark.parametrize("written", ["", "  \n"])
def test_nothing_written_means_no_arguments(written: str) -> None:
    """A tool without parameters is called with nothing at all."""
    assert tool_call("1", "look", written).args == {}
    assert tool_call("1", "look", written).malformed is None


@pytest.mark.parametrize(
    "written",
    [
        '{"x": 1.',
        "[1]",
        '"x"',
        "null",
        "x",
        '{"x": NaN}',
        '{"x": 1e999}',
        r'{"x": "\ud800"}',
        "[" * 100_000,
        '{"x": 1} {}',
    ],
)
def test_what_is_no_object_is_kept_as_written(written: str) -> None:
    """Broken, infinite, endless or doubled: never an exception, never a guess."""
    call = tool_call("1", "look", written)
    assert (call.args, call.malformed) == ({}, written)


@given(st.text())
def test_nothing_a_model_writes_raises(written: str) -> None:
    """Whatever comes, a call comes back, and its arguments are an object."""
    assert isinstance(tool_call("1", "look", written).args, dict)
