"""What several goals show of their values."""

import pytest

from llmos.messages import JSON
from llmos.traces.components import components, equal, leaves, refilled, scales
from llmos.traces.evidence import Evidence
from tests.support.traces import trace


def texts(*values: JSON, new: JSON, name: str = "text1") -> Evidence:
    """Goals of one value."""
    return Evidence.of([trace([], {name: value}) for value in values], {name: new})


@pytest.mark.parametrize(
    ("seen", "new", "within"),
    [
        ([1, 3], 2, True),
        ([1, 3], 3, True),
        ([1, 3], 4, False),
        ([1, 3], 2.5, False),
        ([1, 2.5], 1.7, True),
        ([2], 2, True),
        ([2, 2], 1, False),
        (["cube", "box"], "ball", True),
        (["cube", "box"], "Ball", False),
        (["cube", "box"], "a ball", False),
        (["a b", "B9"], "A 7z", True),
        (["cube", "box"], "bäll", False),
        ([True, False], True, True),
        ([None, 1], None, True),
    ],
)
def test_a_value_lies_within_those_that_were_seen(seen: list[JSON], new: JSON, *, within: bool) -> None:
    """Between them, no finer, and in letters of the same kinds."""
    assert texts(*seen, new=new).within("text1") is within


def test_a_value_matters_until_three_show_that_it_does_not() -> None:
    """And then within those; one that was seen is no question."""
    assert not texts(1, 3, new=2).irrelevant("text1")
    assert texts(1, 3, 4, new=2).irrelevant("text1")
    assert not texts(1, 3, 4, new=5).irrelevant("text1")
    assert texts(1, new=1).irrelevant("text1")


def test_a_value_that_stood_still_leaps() -> None:
    """Then nothing is settled that does not name it."""
    still, moving = texts(1, 1, new=2), texts(1, 3, new=9)
    assert (still.leaps("text1"), still.settled, still.goals) == (True, False, 1)
    assert (moving.leaps("text1"), moving.settled, moving.goals) == (False, True, 2)


def test_goals_are_comparable_when_their_values_are_of_the_same_kinds() -> None:
    """A number is no text, and true is no number."""
    assert texts(1, 2.5, new=3).comparable
    assert not texts(1, "2", new=3).comparable
    assert not texts(1, new=True).comparable
    assert not texts([1, 2], new=[1, 2, 3]).comparable


def test_values_are_taken_apart() -> None:
    """Points into axes, lists into items."""
    slots: dict[str, JSON] = {
        "point1": [1, 2, 3],
        "pair1": [1, 2],
        "list1": [[1, 2], [3, 4]],
        "text1": "a",
        "number1": 5,
    }
    assert list(components(slots)) == [
        "point1.x", "point1.y", "point1.z", "pair1.x", "pair1.y",
        "list1[0][0]", "list1[0][1]", "list1[1][0]", "list1[1][1]", "text1", "number1",
    ]  # fmt: skip


def test_arguments_are_taken_apart_and_put_together() -> None:
    """Empty lists and mappings are single values."""
    args: dict[str, JSON] = {"a": {"b": [1, {"c": None}], "d": []}, "e": {}}
    assert leaves(args) == {"a.b[0]": 1, "a.b[1].c": None, "a.d": [], "e": {}}
    assert refilled(args, leaves(args)) == args


def test_equal_values_are_of_the_same_kind() -> None:
    """1 is 1.0 and is not true; lists keep their order."""
    assert equal({"a": [1, "x", None]}, {"a": [1.0, "x", None]})
    for one, other in ((1, True), ([1, 2], [2, 1]), ("1", 1), ({"a": 1}, {"b": 1}), (None, 0), ([1], [1, 1])):
        assert not equal(one, other)


@pytest.mark.parametrize(
    ("component", "names"),
    [
        ("point1.x", ["", "in mm", "in cm"]),
        ("length1", ["", "in mm", "in cm", "negative", "negative in mm", "negative in cm"]),
        ("angle2", ["", "in radians", "negative", "negative in radians"]),
        ("duration1", ["", "in ms", "in minutes"]),
        ("number1", ["", "negative"]),
        ("ordinal1", [""]),
        ("list1[0]", [""]),
    ],
)
def test_units_belong_to_kinds(component: str, names: list[str]) -> None:
    """A length may be millimetres, an angle radians, a count neither."""
    assert [scale.name for scale in scales(component)] == names
