"""A tiny model's numbers must be the goal's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Request, Text, ToolResult
from llmos.models.grounding import ungrounded

STATE = {"objects": {"cube": [1.2, -0.4, 0.05]}, "places": {"shelf": [-1.5, 1.0, 1.2]}}


def request(goal: str, *later: Message) -> Request:
    """A request with this goal, in a world with a cube and a shelf."""
    return Request("", (Message("user", (Text(goal),)), *later), state=STATE)


def at(x: float, y: float, z: float) -> dict[str, float]:
    """The arguments of a move."""
    return {"x": x, "y": y, "z": z}


@pytest.mark.parametrize(
    ("goal", "arguments"),
    [
        ("Move to (1.5, 1.0, 0.5)", at(1.5, 1.0, 0.5)),
        ("Move to (1.5, 1, .5) please", at(1.5, 1.0, 0.5)),
        ("go to -1,0,+2", at(-1.0, 0.0, 2.0)),
        ("pick up the cube and place it at (0, 0, 1)", at(1.2, -0.4, 0.05)),
        ("take it from (0, 0, 1) to the shelf", at(-1.5, 1.0, 1.3)),
        ("go to x 1.1 y 2", at(1.1, 2.0, 1.0)),
        ("Drive to (1, 0.5)", {"x": 1.0, "y": 0.5}),
        ("Drive over (1, 0.5, 0)", {"x": 0.5, "y": 0.0}),
        ("Move 30cm to the right", {"dx": 0.3}),
        ("Move 0.5 meters to the left", {"dx": -0.5}),
        ("up 12 mm", {"dz": 0.012}),
        ("Move 30 to the right", {"dx": 0.3}),
        ("Move 0.5 Metres back", {"dy": -0.5}),
        ("Move 2 feet back", {"dy": -0.6096}),
        ("move 5 more to the right", {"dx": 0.05}),
        ("two inches, or 2 in, up", {"dz": 0.0508}),
        ("move slightly left", {"dx": -0.05}),
        ("1 m right and 2 m up", {"dx": 7.0}),
        ("turn 90 degrees", {"dtheta_deg": 90.0}),
        ("close the gripper", {"activate": True}),
    ],
)
def test_what_may_be_meant_passes(goal: str, arguments: dict[str, float]) -> None:
    """Only what is sure to be a slip is refused."""
    assert ungrounded(arguments, request(goal)) is None


@pytest.mark.parametrize(
    ("goal", "arguments", "sentence"),
    [
        (
            "Move to (12, 0, 1)",
            at(1.0, 0.0, 1.0),
            "The model wrote the position (1.0, 0.0, 1.0), which the goal does not name; nothing was moved.",
        ),
        (
            "pick up the cube and place it at (0, 0, 1)",
            at(0.0, 0.0, 0.1),
            "The model wrote the position (0.0, 0.0, 0.1), which the goal does not name; nothing was moved.",
        ),
        (
            "Move 120 cm to the right",
            {"dx": 0.2},
            "The model wrote a way of 0.2 m, which the goal does not name; nothing was moved.",
        ),
        (
            "Move 5 m to the right",
            {"dx": 0.05},
            "The model wrote a way of 0.05 m, which the goal does not name; nothing was moved.",
        ),
        (
            "go up 2 millimetres",
            {"dz": 0.02},
            "The model wrote a way of 0.02 m, which the goal does not name; nothing was moved.",
        ),
    ],
)
def test_a_slip_is_said(goal: str, arguments: dict[str, float], sentence: str) -> None:
    """The sentence says what was written."""
    assert ungrounded(arguments, request(goal)) == sentence


def test_the_goal_is_the_newest_text_of_a_person() -> None:
    """Tool results are no goals, and an older goal is done with."""
    done = Message("user", (ToolResult("1", (Text("At (0.00, 0.00, 1.00)."),)),))
    assert ungrounded(at(0.0, 0.0, 1.0), request("Move to (2, 2, 2)", done)) is not None
    again = Message("user", (Text("Now to (0, 0, 1)"),))
    assert ungrounded(at(0.0, 0.0, 1.0), request("Move to (2, 2, 2)", done, again)) is None


@given(st.tuples(*[st.decimals(-99, 99, places=2)] * 3), st.tuples(*[st.decimals(-99, 99, places=2)] * 3))
def test_of_positions_only_the_named_one_passes(named: tuple[object, ...], asked: tuple[object, ...]) -> None:
    """Whatever the numbers are."""
    goal = "go to ({}, {}, {})".format(*named)
    x, y, z = (float(str(each)) for each in asked)
    near_a_thing = (x, y) in {(1.2, -0.4), (-1.5, 1.0)}
    assert (ungrounded(at(x, y, z), request(goal)) is None) == (named == asked or near_a_thing)


def test_a_position_on_a_floor_is_held_too() -> None:
    """A rover has no z, and no other place than the one that was named."""
    said = ungrounded({"x": 1.0, "y": 0.505, "theta_deg": 1.0}, request("Drive to (1, 0.5)"))
    assert said == "The model wrote the position (1.0, 0.505), which the goal does not name; nothing was moved."
