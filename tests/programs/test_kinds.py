"""What is said of a value before a program runs is true when it runs: intervals are never too narrow."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmos.programs.evaluation import evaluate
from llmos.programs.form import Binary, Expression, Name, Negative, Number, Plain
from llmos.programs.inference import Inference
from llmos.programs.kinds import (
    ANYTHING,
    Known,
    bounds,
    dimension,
    joined,
    of_number,
    order,
    product,
    quotient,
    widened,
)
from llmos.programs.values import StoppedError

ENDS = st.integers(-20, 20) | st.floats(-1e6, 1e6) | st.sampled_from([0.1, 0.3, -0.7, 1e-9, 1e15])


@st.composite
def ranges(draw: st.DrawFn) -> tuple[Plain, float]:
    """A number's range, and a number in it."""
    low, high = sorted((draw(ENDS), draw(ENDS)))
    value = draw(st.floats(low, high) | st.sampled_from([low, high]))
    return Plain("number", Number(low), Number(high)), value


def trees(names: tuple[str, ...]) -> st.SearchStrategy[Expression]:
    """Arithmetic over these names."""
    leaves = st.sampled_from(names).map(Name) | st.integers(-3, 3).map(Number)
    return st.recursive(
        leaves,
        lambda inner: st.builds(Binary, st.sampled_from("+-*/"), inner, inner) | st.builds(Negative, inner),
        max_leaves=6,
    )


@given(ranges(), ranges(), trees(("a", "b")))
def test_a_value_lies_where_it_was_said_to_lie(
    first: tuple[Plain, float], second: tuple[Plain, float], tree: Expression
) -> None:
    """Whatever numbers are given, what is computed from them is within the bounds that were inferred."""
    told: list[str] = []
    inference = Inference(lambda sentence, _: told.append(sentence))
    names = {name: Known("number", of.least, of.most) for name, (of, _) in (("a", first), ("b", second))}
    known = inference.of(tree, names)
    assume(not told)
    try:
        value = evaluate(tree, {"a": first[1], "b": second[1]})
    except StoppedError:
        return
    assert known.low <= value <= known.high


@given(ranges(), ranges())
def test_what_is_decided_is_so(first: tuple[Plain, float], second: tuple[Plain, float]) -> None:
    """A comparison that is said to hold always, or never, does."""
    left, right = (Known("number", of.least, of.most) for of, _ in (first, second))
    below, at_most = order(left, right)
    assert below in (None, first[1] < second[1])
    assert at_most in (None, first[1] <= second[1])


@pytest.mark.parametrize(
    ("operator", "left", "right", "expected"),
    [
        ("+", (1, 2), (10, 20), (11, 22)),
        ("-", (1, 2), (10, 20), (-19, -8)),
        ("*", (-2, 3), (-5, 7), (-15, 21)),
        ("/", (1, 2), (4, 8), (0.125, 0.5)),
        ("/", (1, 2), (-1, 1), (-math.inf, math.inf)),
        ("*", (0, 0), (-math.inf, math.inf), (0, 0)),
        ("+", (0, math.inf), (1, 1), (1, math.inf)),
    ],
)
def test_bounds_are_those_of_interval_arithmetic(
    operator: str, left: tuple[float, float], right: tuple[float, float], expected: tuple[float, float]
) -> None:
    """Exact for whole numbers, a rounding wider for others."""
    low, high = bounds(operator, Known("number", *left), Known("number", *right))
    assert low <= expected[0] <= expected[1] <= high
    assert (low, high) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_kinds_go_together_or_do_not() -> None:
    """Lengths with lengths, bare numbers with anything, nothing else."""
    number, whole = Known("number"), Known("whole number")
    metre, second, bare = of_number(Number(1, "m")), of_number(Number(1, "s")), of_number(Number(2))
    assert [dimension(metre, metre), dimension(metre, bare), dimension(metre, number), dimension(metre, second)] == [
        "length", "length", None, None,
    ]  # fmt: skip
    assert [dimension(number, whole), dimension(bare, bare), dimension(ANYTHING, metre)] == [
        "number", "whole number", "anything",
    ]  # fmt: skip
    assert [product(metre, bare), product(metre, metre), product(bare, bare), product(ANYTHING, metre)] == [
        "length", None, "whole number", "anything",
    ]  # fmt: skip
    assert [quotient(metre, metre), quotient(metre, bare), quotient(bare, metre), quotient(whole, whole)] == [
        "number", "length", None, "number",
    ]  # fmt: skip


def test_what_is_joined_holds_of_both() -> None:
    """After an `if`, what is known is what both ways agree on."""
    assert joined(Known("length", 0, 1), Known("length", 3, 4)) == Known("length", 0, 4)
    assert joined(Known("number", 0, 1), Known("whole number", 3, 4)) == Known("number", 0, 4)
    assert joined(Known("text", choices=("a",)), Known("text", choices=("b", "a"))).choices == ("a", "b")
    assert joined(Known("text"), Known("path")) == Known("text")
    assert joined(Known("text"), Known("length")) == ANYTHING
    listed = joined(Known("list", 1, 1, of=Known("text")), Known("list", 3, 3, of=Known("text")))
    assert (listed.low, listed.high, listed.of) == (1, 3, Known("text"))


def test_a_loop_forgets_how_large_and_long_things_are() -> None:
    """And nothing else."""
    assert widened(Known("length", 1, 2, bare=True)) == Known("length", bare=True)
    assert widened(Known("list", 1, 2, of=Known("number", 1, 2))) == Known("list", 0, math.inf, of=Known("number"))
    assert widened(Known("text", choices=("a",))) == Known("text")
