"""For which values of its goals a program is meant: what it takes, what it requires, and what it is tried with."""

import random

import pytest

from llmos.evolution.domains import Domain, Level, NoTypeError
from llmos.messages import JSON
from llmos.programs.form import Act, CallTool, Done, Program, Text
from llmos.programs.parser import parse
from llmos.programs.printer import show, show_expression, show_type
from llmos.programs.verifier import verify
from llmos.runtime.retracing import made_calls
from tests.support.crystals import SPECS


def domain(**seen: list[JSON]) -> Domain:
    """The domain of goals that had these values, run by run."""
    return Domain.of(
        [{name: values[run] for name, values in seen.items()} for run in range(len(next(iter(seen.values()))))]
    )


def takes(found: Domain, **values: JSON) -> bool:
    """Whether a program for this domain begins with these values."""
    program = Program(tuple(found.parameters()), tuple(found.requires()), (Act(CallTool("go_home")), Done(Text("x"))))
    assert parse(show(program)) == program
    made, _ = made_calls(verify(program, SPECS), values, ["done"])
    return bool(made)


@pytest.mark.parametrize(
    ("name", "values", "written"),
    [
        ("length1", [0.1, 0.3, 0.2], "length in 0.1 m..0.3 m"),
        ("length1", [-0.5, -0.25], "length in -0.5 m..-0.25 m"),
        ("angle1", [-90.0, 45.0], "angle in -90 deg..45 deg"),
        ("duration1", [2, 2], "duration in 2 s..2 s"),
        ("number1", [1, 5, 3], "whole number in 1..5"),
        ("number1", [1, 2.5], "number in 1..2.5"),
        ("number1", [-3, -1], "whole number in -3..-1"),
        ("ordinal1", [1, 3], "whole number in 1..3"),
        ("percent1", [12.5, 50], "number in 12.5..50"),
        ("mass1", [0.5, 2.0], "number in 0.5..2"),
        ("point1", [[0.0, 1.0, 2.0]], "point"),
        ("pair1", [[1, 2], [3, 9]], "list of whole number in 1..9 up to 2"),
        ("list1", [[0.5, 1.5, 2.0]], "list of number in 0.5..2 up to 3"),
        ("list1", [["a", "b", "c"]], "list of text up to 3"),
        ("text1", ["a", "b"], "text"),
        ("path1", ["a", "b"], "path"),
        ("pattern1", ["*.md"], "text"),
        ("address1", ["https://x"], "text"),
    ],
)
def test_every_kind_of_slot_has_a_type(name: str, values: list[JSON], written: str) -> None:
    """With the range of what was seen, in its unit."""
    (parameter,) = domain(**{name: values}).parameters()
    assert show_type(parameter.type) == written


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("thing1", [1, 2]),
        ("length1", ["long", "short"]),
        ("length1", [True, False]),
        ("point1", [[1, 2]]),
        ("point1", [7]),
        ("text1", [1]),
        ("list1", [[]]),
        ("list1", [[1, "a"]]),
        ("list1", ["ab"]),
        ("end", [1]),
        ("given x", [1]),
        ("a\nb1", [1]),
        ("step1", [1]),
        ("none", ["a"]),
    ],
)
def test_what_has_no_type_is_refused(name: str, values: list[JSON]) -> None:
    """Names and values come from files of a volume, where anything may stand."""
    with pytest.raises(NoTypeError):
        domain(**{name: values})


def test_on_its_widest_level_a_point_or_a_text_may_be_any() -> None:
    """And a number lies between those that were seen."""
    found = domain(point1=[[0.0, 0.0, 0.0], [1.0, 1.0, 1.0]], text1=["a", "b"], length1=[0.1, 0.3])
    assert takes(found, point1=[9.0, -9.0, 0.0], text1="c", length1=0.2)
    assert not takes(found, point1=[9.0, -9.0, 0.0], text1="c", length1=0.31)


def test_between_what_was_seen() -> None:
    """Each axis of a point for itself; one that stood still stays there."""
    found = domain(point1=[[0.0, -1.0, 0.5], [1.0, 1.0, 0.5]]).at("point1", Level.BETWEEN)
    assert takes(found, point1=[0.5, 0.0, 0.5])
    assert not takes(found, point1=[0.5, 0.0, 0.51])
    assert not takes(found, point1=[1.5, 0.0, 0.5])
    (require,) = found.requires()
    assert show_expression(require.condition) == (
        "point1.x >= 0.0 and point1.x <= 1.0 and point1.y >= -1.0 and point1.y <= 1.0 and point1.z == 0.5"
    )


@pytest.mark.parametrize(
    ("name", "values", "other"),
    [
        ("length1", [0.1, 0.3], 0.2),
        ("number1", [4, 4], 5),
        ("point1", [[0, 0, 0], [1, 1, 1]], [0, 0, 1]),
        ("text1", ["a", "b"], "c"),
        ("list1", [[1, 2, 3], [4, 5, 6]], [1, 2, 4]),
        ("list1", [["a", "b", "c"]], ["a", "b", "b"]),
    ],
)
def test_only_what_was_seen(name: str, values: list[JSON], other: JSON) -> None:
    """Whatever lies between."""
    found = domain(**{name: values}).only_seen()
    assert all(takes(found, **{name: value}) for value in values)
    assert not takes(found, **{name: other})


def test_too_many_values_are_not_named_one_by_one() -> None:
    """A page that nobody reads is none."""
    found = domain(length1=[each / 10 for each in range(13)]).only_seen()
    with pytest.raises(NoTypeError, match="length1 had too many values to name them all"):
        list(found.requires())


def test_what_is_drawn_is_taken() -> None:
    """Probes ask for what the program would do, and for nothing else."""
    wide = domain(
        point1=[[0.0, 0.5, 1.0], [0.25, 0.5, 2.0]],
        number1=[1, 5],
        length1=[-0.5, 0.75],
        text1=["a", "b"],
        list1=[[1, 2, 3], [4, 5, 6]],
    )
    rng = random.Random(7)
    for found in (wide, wide.at("point1", Level.BETWEEN), wide.only_seen()):
        drawn = [found.draw(rng) for _ in range(30)]
        assert all(takes(found, **each) for each in drawn)
        assert len({str(each) for each in drawn}) > 10


def test_finer_lies_between_and_has_one_decimal_more() -> None:
    """Where there is room for such a value."""
    assert domain(length1=[0.1, 0.4]).finer("length1", None) == 0.25
    assert domain(point1=[[0, 0.25, 0], [0, 0.75, 0]]).finer("point1", 1) == 0.425
    assert domain(length1=[0.1, 0.1]).finer("length1", None) is None


def test_a_wrong_value_is_a_sentence_with_the_slot() -> None:
    """A person who runs the program reads it."""
    found = domain(point1=[[0.0, 0.0, 0.0]]).only_seen()
    program = Program(tuple(found.parameters()), tuple(found.requires()), (Done(Text("x")),))
    _, end = made_calls(verify(program, SPECS), {"point1": [1, 1, 1]}, [])
    assert "nothing is known of such a value of point1" in end.text
