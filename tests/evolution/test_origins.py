"""Where arguments come from, as expressions of a program; and what a program cannot say."""

import math

import pytest

from llmos.evolution.origins import component, expression, literal
from llmos.messages import JSON
from llmos.programs.printer import show_expression

KNOWN: dict[str, JSON] = {"path1": "a.txt", "text1": "Hello", "text2": "{workspace}/b", "point1.x": 1.0}


@pytest.mark.parametrize(
    ("argument", "source", "value", "written"),
    [
        ("x", "slot point1.x", 1.0, "point1.x"),
        ("at", "slot list1[0]", 3, "list1[0]"),
        ("n", "slot ordinal1", 2, "ordinal1"),
        ("p", "slot percent1", 50, "percent1"),
        ("dx", "slot length1 negative", -0.1, "-length1"),
        ("x", "slot point1.x in mm", 1000, "point1.x * 1000.0"),
        ("x", "slot length1 in cm", 10, "length1 * 100.0"),
        ("by", "slot angle1 negative in radians", -math.pi, f"-(angle1 * {math.pi} / 180.0)"),
        ("ms", "slot duration1 in ms", 2000, "duration1 * 1000.0"),
        ("min", "slot duration1 in minutes", 2, "duration1 / 60.0"),
        ("z", "slot point1.z + 0.1", 0.6, "point1.z + 0.1"),
        ("z", "slot point1.z + -0.1", 0.4, "point1.z - 0.1"),
        ("z", "1.5 - slot point1.z", 1.0, "1.5 - point1.z"),
        ("z", "-1.5 - slot point1.z", -2.0, "-1.5 - point1.z"),
        ("n", "2 * slot number1", 4, "2.0 * number1"),
        ("n", "1e-05 * slot number1", 4e-5, "1e-05 * number1"),
        ("file_path", "slot path1", "a.txt", "path1"),
        ("file_path", "slot path1", "./a.txt", '"./" + path1'),
        ("file_path", "slot path1", "{workspace}/a.txt", "path1"),
        ("content", "slot text1", "Hello\n", 'text1 + "\\n"'),
        ("content", "text with slot text1", "Hello\n", 'text1 + "\\n"'),
        ("content", "slot text2", "{workspace}/b", "text2"),
        ("content", "text with slot text1", "Say: Hello!", '"Say: " + text1 + "!"'),
        ("content", "text with slot path1 and slot text1", "Hello to a.txt", 'text1 + " to " + path1'),
        ("file_path", "literal", "{workspace}/notes.txt", '"notes.txt"'),
        ("path", "literal", "{workspace}", '"."'),
        ("x", "literal", -0.5, "-0.5"),
        ("more", "literal", {"a": [1, None, True]}, '{"a": [1, none, true]}'),
    ],
)
def test_what_a_program_can_say(argument: str, source: str, value: JSON, written: str) -> None:
    """As a person reads it."""
    found = expression(argument, source, value, KNOWN)
    assert found is not None
    assert show_expression(found) == written


@pytest.mark.parametrize(
    ("argument", "source", "value"),
    [
        ("x", "step 1", 1.0),
        ("content", "text with slot text1 and slot length1", "Hello 0.30"),
        ("content", "text with slot text1", "hello, you"),
        ("content", "text with slot text1", "Hello in {workspace}/x"),
        ("content", "literal", "in {workspace}/notes.txt"),
        ("content", "literal", {"deep": ["{workspace}"]}),
        ("content", "slot path1", "{workspace}/a.txt"),
        ("content", "slot text9", "Hello"),
        ("x", "slot point1.x in furlongs", 1.0),
        ("x", "slot point1.x + lots", 1.0),
        ("x", "slot ; call Bash(command=1)", 1.0),
        ("x", "whatever", 1.0),
        ("x", "", 1.0),
    ],
)
def test_what_a_program_cannot_say(argument: str, source: str, value: JSON) -> None:
    """Then no skill is made, rather than one that says something else."""
    assert expression(argument, source, value, KNOWN) is None


@pytest.mark.parametrize("name", ["", "point", "point1.w", "point1.x.y", "list1[-1]", "a b1", "1", "Point1"])
def test_what_is_no_part_of_a_goal_is_none(name: str) -> None:
    """Names come from the files of a volume, where anything may stand."""
    assert component(name) is None


def test_a_value_of_no_kind_is_none() -> None:
    """Nor does it become a text."""
    assert literal(object()) is None
