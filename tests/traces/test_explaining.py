"""Explaining an argument by the values of several goals."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import JSON
from llmos.traces.evidence import Evidence
from llmos.traces.explaining import explain
from llmos.traces.rows import explain_row, rows
from llmos.traces.taking import taken
from llmos.traces.templates import DOUBT, readings
from tests.support.traces import trace


def evidence(goals: Sequence[dict[str, JSON]], new: dict[str, JSON]) -> Evidence:
    """What runs of these goals show for a new one."""
    return Evidence.of([trace([], goal) for goal in goals], new)


def numbers(*values: float, new: float, name: str = "number1") -> Evidence:
    """Goals of one number."""
    return evidence([{name: value} for value in values], {name: new})


@pytest.mark.parametrize(
    ("values", "shown", "new", "expected"),
    [
        ([1, 2], [1.0, 2.0], 3, 3),
        ([1, 2], [1, 2], 2.5, 2.5),
        ([0.3, 0.5], [30, 50], 0.4, 40),
        ([1, 2, 4], [1.5, 2.5, 4.5], 3, 3.5),
        ([1, 2, 4], [9, 8, 6], 3, 7),
        ([1, 2, 4], [0.25, 0.5, 1.0], 3, 0.75),
        ([1, 2], [7, 7], 2, 7),
    ],
)
def test_numbers_are_copies_constants_or_computed(
    values: list[float], shown: list[float], new: float, expected: float
) -> None:
    """By sum, difference or product with a constant; a whole number stays one."""
    found = explain(shown, numbers(*values, new=new, name="length1"))
    assert found is not None
    assert found.value == expected
    assert type(found.value) is type(expected)


@pytest.mark.parametrize(
    ("values", "shown", "new"),
    [
        ([1], [7], 2),
        ([1, 1], [7, 7], 2),
        ([1, 2], [1.5, 2.5], 1),
        ([1, 2, 4], [1.5, 2.5, 4.5], 5),
        ([1, 2, 4], [1.5, 2.5, 4.5], 2.75),
        ([1, 2, 4], [1, 4, 16], 3),
        ([1, 1, 2], [1.5, 1.6, 2.5], 2),
        ([0.4, 1.4, 2.4], [0, 1, 2], 1.4),
        ([1, 2], [True, False], 1),
        ([1, 2], ["1", 2], 1),
    ],
)
def test_numbers_that_are_not_certain_are_not_explained(values: list[float], shown: list[JSON], new: float) -> None:
    """Too few runs, values beyond or finer than seen, squares, the same goal with two arguments, other kinds."""
    assert explain(shown, numbers(*values, new=new)) is None


def test_two_explanations_that_differ_are_none() -> None:
    """Both fit the runs: the first number, and the second less one."""
    goals: list[dict[str, JSON]] = [{"number1": 1, "number2": 2}, {"number1": 4, "number2": 5}]
    assert explain([1, 4], evidence(goals, {"number1": 7, "number2": 9})) is None
    found = explain([1, 4], evidence(goals, {"number1": 7, "number2": 8}))
    assert found is not None
    assert (found.value, found.uses) == (7, frozenset({"number1"}))


def test_a_distance_may_be_negative_where_its_direction_is_in_the_words() -> None:
    """As long as no goal said a negative one itself."""
    left = explain([-0.3], numbers(0.3, new=0.2, name="length1"))
    assert left is not None
    assert (left.value, left.source) == (-0.2, "slot length1 negative")
    assert explain([0.3], numbers(-0.3, new=0.2, name="length1")) is None
    assert explain([-0.3], evidence([{"point1": [0.3, 1, 2]}], {"point1": [0.2, 1, 2]})) is None


def test_rows_are_found_by_their_axes_and_places() -> None:
    """In any order of writing; `max` and a single axis are none."""
    assert rows(["y", "x", "z", "max", "goal_x", "goal_y", "at[1]", "at[0]", "b.dx"]) == [
        ("x", "y", "z"),
        ("goal_x", "goal_y"),
        ("at[0]", "at[1]"),
    ]


def test_a_row_is_a_point_even_where_its_axes_are_equal() -> None:
    """Three numbers in the order of a point are that point."""
    goals = evidence([{"point1": [1, 1, 0], "point2": [1, 0, 0]}], {"point1": [2, 3, 4], "point2": [5, 6, 7]})
    found = explain_row({"x": [1], "y": [1], "z": [0]}, goals)
    assert found is not None
    assert [each.value for each in found] == [2, 3, 4]
    assert explain_row({"x": [1], "y": [1], "z": [1]}, goals) is None
    assert explain_row({"x": [1], "y": [1]}, goals) is None


def test_a_row_that_may_be_two_points_is_neither() -> None:
    """Unless both are the same again."""
    goals: list[dict[str, JSON]] = [{"point1": [1, 2, 3], "point2": [1, 2, 3]}]
    columns = {"x": [1], "y": [2], "z": [3]}
    assert explain_row(columns, evidence(goals, {"point1": [2, 3, 4], "point2": [2, 3, 5]})) is None
    found = explain_row(columns, evidence(goals, {"point1": [2, 3, 4], "point2": [2, 3, 4]}))
    assert found is not None
    assert found[0].uses == {"point1.x", "point2.x"}


def test_a_text_with_more_around_a_value_is_not_called_the_value() -> None:
    """Whoever makes a program of it would leave out the line end."""
    known = evidence([{"text1": "hi"}], {"text1": "bye"})
    bare, ended = explain(["hi"], known), explain(["hi\n"], known)
    assert bare is not None
    assert ended is not None
    assert [(each.value, each.source) for each in (bare, ended)] == [
        ("bye", "slot text1"),
        ("bye\n", "text with slot text1"),
    ]


WORDS = st.text(alphabet="abc -.1", min_size=1, max_size=6)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=2, max_size=4), WORDS, WORDS)
def test_what_was_written_is_always_among_the_readings(texts: list[tuple[str, str]], first: str, second: str) -> None:
    """The template that made the texts is one way to read them, so no other one is believed without it."""
    goals: list[dict[str, JSON]] = [{"text1": one, "text2": other} for one, other in texts]
    found = readings([f"<{one}|{other}>" for one, other in texts], evidence(goals, {"text1": first, "text2": second}))
    assert f"<{first}|{second}>" in found or len(found) >= 4


def test_digits_that_may_be_a_value_are_doubted() -> None:
    """`0.8` was both values with one decimal, though letters stand right beside it."""
    goals: list[dict[str, JSON]] = [{"angle1": 0.8, "text1": "x1"}, {"angle1": 0.75, "text1": "y2"}]
    found = readings(["x10.8", "y20.8"], evidence(goals, {"angle1": 0.3, "text1": "z3"}))
    assert any(DOUBT in text for text in found)
    assert explain(["x10.8", "y20.8"], evidence(goals, {"angle1": 0.3, "text1": "z3"})) is None


def test_a_long_text_is_no_template() -> None:
    """It is a constant, or the whole of a value."""
    goals: list[dict[str, JSON]] = [{"text1": "a"}, {"text1": "b"}]
    known = evidence(goals, {"text1": "a"})
    assert readings(["a" * 4001, "b" * 4001], known) == {}
    found = explain(["c" * 9000] * 2, known)
    assert found is not None
    assert found.kind == "constant"


def test_a_text_of_one_letter_is_no_riddle() -> None:
    """There are millions of ways to read it, so there is none."""
    goals: list[dict[str, JSON]] = [{"text1": "a", "text2": "aa"}, {"text1": "aa", "text2": "a"}]
    assert readings(["a" * 3000, "a" * 2999], evidence(goals, {"text1": "b", "text2": "c"})) == {}


def test_numbers_that_cannot_be_reckoned_with_are_none() -> None:
    """Infinity, and a whole number of four hundred digits, are no constants either."""
    for odd in (float("inf"), 10**400):
        assert explain([odd, odd], numbers(1, 2, new=2)) is None
        assert taken([odd, 1], [["1", "2"]], "/w") is None


def test_what_changed_may_be_taken_from_an_answer() -> None:
    """At the same place in every run, in numbers, words, fields, or as the whole."""
    answers = [["cube at 0.25", "ball at 0.75"], ['{"id": "q7"}', '{"id": "k2"}'], ["all of it", "of it all"]]
    by_number = taken([0.25, 0.75], answers, "/w")
    assert by_number is not None
    assert (by_number.step, by_number.kind, by_number.at) == (0, "number", (0,))
    by_field = taken(["q7", "k2"], answers, "/w")
    assert by_field is not None
    assert (by_field.step, by_field.kind, by_field.at) == (1, "field", ("id",))
    whole = taken(["all of it", "of it all"], answers, "/w")
    assert whole is not None
    assert (whole.step, whole.kind) == (2, "whole")


def test_what_did_not_change_or_stood_elsewhere_is_not_taken() -> None:
    """It may as well be a constant, or there by chance."""
    assert taken([0.25, 0.25], [["at 0.25", "at 0.25"]], "/w") is None
    assert taken([0.25, 0.75], [["at 0.25, 1", "at 1, 0.75"]], "/w") is None


def test_what_stands_in_two_places_is_taken_from_both() -> None:
    """They must agree when it comes to it."""
    found = taken([0.25, 0.75], [["0.25 and 0.25", "0.75 and 0.75"]], "/w")
    assert found is not None
    assert [each.at for each in (found, *found.also)] == [(0,), (1,)]
