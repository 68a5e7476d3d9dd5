"""Laws of the numbers of a call: what JSON can write is a number or nothing, and near is near on every axis."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.models.called_numbers import EXACT_M, is_near, numbers_of

AXES = st.lists(st.floats(-100, 100), min_size=1, max_size=3)


@given(st.dictionaries(st.text(), st.none() | st.booleans() | st.text() | st.integers() | st.floats()))
def test_exactly_the_numbers_are_kept(arguments: dict[str, bool | str | int | float | None]) -> None:
    """A truth value is none, although Python counts it as one."""
    kept = {name for name, value in arguments.items() if type(value) in (int, float)}
    assert set(numbers_of(arguments)) == kept


@pytest.mark.parametrize(("written", "number"), [(10**400, inf), (-(10**400), -inf), (3, 3.0)])
def test_a_number_beyond_every_float_is_infinite(written: int, number: float) -> None:
    """JSON has no bound for an integer."""
    assert numbers_of({"x": written}) == {"x": number}


@given(AXES, st.floats(-0.9 * EXACT_M, 0.9 * EXACT_M))
def test_what_rounds_to_one_reply_is_near(place: list[float], beside: float) -> None:
    """In each axis."""
    assert is_near(place, [axis + beside for axis in place])


@given(AXES, st.integers(0, 2), st.sampled_from([-1, 1]))
def test_one_axis_that_differs_is_enough_to_be_elsewhere(place: list[float], axis: int, way: int) -> None:
    """By a millimetre: more than a reply leaves open."""
    other = [*place]
    other[axis % len(place)] += way * 0.001
    assert not is_near(place, other)


def test_positions_of_different_axes_are_not_compared() -> None:
    """Whoever compares a place on the floor with one in space must say which axes count."""
    with pytest.raises(ValueError, match="zip"):
        is_near((1.0, 2.0), (1.0, 2.0, 3.0))
