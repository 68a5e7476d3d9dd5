"""Laws of how the training data write numbers."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training import numbers

UNITS_MM = {"mm": 1, "millimeters": 1, "millimetres": 1, "cm": 10, "CM": 10, "centimeters": 10, "centimetres": 10}
UNITS_MM |= {"centimeter": 10, "m": 1000, "meters": 1000, "metres": 1000, "meter": 1000, "metre": 1000, "": 1000}


@pytest.mark.parametrize(
    ("thousandths", "text"), [(1500, "1.5"), (1000, "1.0"), (-50, "-0.05"), (0, "0.0"), (1, "0.001"), (90_000, "90.0")]
)
def test_a_number_has_one_canonical_form(thousandths: int, text: str) -> None:
    """A decimal with a point, without exponent and without leading or trailing zeros beyond one."""
    assert numbers.written(thousandths) == text


@given(st.integers(1, 400_000))
def test_a_number_is_held_out_whatever_its_sign(value: int) -> None:
    """A model that has seen -1.37 has seen the digits of 1.37."""
    assert numbers.is_held_out(value) == numbers.is_held_out(-value)


def test_about_one_number_in_eight_is_held_out() -> None:
    """Enough to measure, few enough to learn."""
    share = sum(map(numbers.is_held_out, range(10, 3000, 10))) / 299
    assert 0.08 < share < 0.17


@pytest.mark.parametrize("held_out", [False, True])
def test_a_drawn_number_belongs_to_its_split(held_out: bool) -> None:
    """Training never draws a number that the other split draws."""
    random = Random(5)
    drawn = [numbers.draw(random, numbers.distance, held_out=held_out) for _ in range(300)]
    assert {numbers.is_held_out(value) for value in drawn} == {held_out}


@given(st.integers(1, 3000), st.integers())
def test_a_length_means_the_same_in_every_unit(millimetres: int, seed: int) -> None:
    """However a length is written, number times unit gives it back."""
    text = numbers.length(millimetres, Random(seed))
    match = re.fullmatch(r"\+?([\d.]+) ?([a-zA-Z]*)", text)
    assert match is not None
    assert round(float(match[1]) * UNITS_MM[match[2]], 6) == millimetres


@given(st.tuples(*[st.integers(-3000, 3000)] * 3), st.integers())
def test_a_point_keeps_its_three_numbers(point: tuple[int, int, int], seed: int) -> None:
    """However a point is written, its three numbers stand in it in order."""
    text = re.sub(r"[a-zA-Z=:]", " ", numbers.triple(point, Random(seed)))
    assert [round(float(one) * 1000) for one in re.findall(r"[-+]?\d*\.?\d+", text)] == list(point)
