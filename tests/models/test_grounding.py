"""A tiny model's numbers must be the goal's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.messages import Message, Request, Text, ToolResult
from llmos.models.grounding import ungrounded

STATE = {
    "x": 0.3,
    "y": 0.2,
    "z": 1.1,
    "theta_deg": 30.0,
    "objects": {"cube": [1.2, -0.4, 0.05]},
    "places": {"shelf": [-1.5, 1.0, 1.2]},
}


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
        ("Drive over (1, 0.5, 0)", {"x": 1.0, "y": 0.5}),
        ("Drive over (1, 0.5, 0), then to (2, 2)", {"x": 2.0, "y": 2.0}),
        ("pick it up at (1, 1, 0.5) and bring it to (2, 2)", at(2.0, 2.0, 0.5)),
        ("label it (1, 1, 0.5)", {"x": "a", "y": "b"}),
        ("label it (1, 1, 0.5)", {"x": None, "y": True, "z": [1]}),
        ("go to z=0.5, y=1, x=1.5", at(1.5, 1.0, 0.5)),
        ("go to z=0.5, y=1, x=1.5, no, z=0.8", at(1.5, 1.0, 0.8)),
        ("Drive to y=1, x=2", {"x": 2.0, "y": 1.0}),
        ("go to x=1 z=0.5", at(1.0, 0.2, 0.5)),
        ("go to x=1 z=0.5", {"x": 1.0, "y": 7.0}),
        ("go to y=1, x=2, then to x=1 z=0.5", at(2.0, 1.0, 1.1)),
        ("go to y=1, x=2, then to x=1 z=0.5", at(1.0, 1.0, 0.5)),
        ("go to (1, 1, 0.5), then to x=2 z=0.7", at(2.0, 1.0, 0.7)),
        ("pick up the cube at x=1.2, z=0.05", at(1.2, -0.4, 0.15)),
        ("move z +0.2 and x -0.1", at(0.2, 0.2, 1.3)),
        ("move z +0.2 and x -0.1", {"dx": -0.1, "dz": 0.2}),
        ("move to x=1, z=0.3 over the shelf", at(1.0, 1.0, 1.5)),
        ("10 cm above x=1 z=0.5", at(1.0, 1.0, 0.6)),
        ("30 cm up", {"dx": "far", "dz": None}),
        ("turn 90 degrees", {"theta_deg": "north", "dtheta_deg": {}}),
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
        ("turn 270 degrees to the left", {"dtheta_deg": -90.0}),
        ("turn left 30 degrees 15 minutes", {"dtheta_deg": 30.25}),
        ("turn left 30 degrees in 15 minutes", {"dtheta_deg": 30.0}),
        ("go up 10 cm and turn left 30 degrees 15'", {"dz": 0.1}),
        ("a quarter turn clockwise", {"dtheta_deg": -90.0}),
        ("turn around, then 30 degrees to the left", {"dtheta_deg": 180.0}),
        ("rotate to 90 degrees", {"dtheta_deg": 60.0}),
        ("go to (1, 1, 1) facing -90 degrees", {**at(1.0, 1.0, 1.0), "theta_deg": 270.0}),
        ("turn to 90 degrees, then go to (1, 1, 1)", {**at(0.3, 0.2, 0.8), "theta_deg": 90.0}),
        ("hover 20 cm above (1, 1, 0.3)", at(1.0, 1.0, 0.5)),
        ("x 0.3 y 0.4 z 0.5, correction, z 0.8", at(0.3, 0.4, 0.8)),
        ("slightly left, then 30 cm up", {"dx": -0.05}),
        ("go left and then 30 cm up", {"dx": -0.05}),
        ("scooch along the negative z axis and then 30 cm further out", {"dz": -0.05}),
        ("draw a square, then go up 30 cm", {"dx": 0.2}),
        ("up 2 or 3 cm", {"dz": 0.025}),
        ("go up 1-3 cm", {"dz": 0.02}),
        ("move 30 cm, no wait, 40 cm left", {"dx": -0.4}),
        ("move 30 cm, no wait, 40 cm left", {"dx": -0.3}),
        ("wait 2 s and then go 0.5 m up", {"dz": 0.5}),
        ("move by (0.1, 0, -0.2)", {"dx": 0.1, "dz": -0.2}),
        ("bring block 2 half a meter to the left", {"dx": -0.5}),
        ("0.2 starboard", {"dx": 0.2}),
        ("move up 0.3 mm", {"dz": 0.0003}),
        ("move up .3 mm", {"dz": 0.0003}),
        ("move 0.01 in x", {"dx": 0.01}),
        ('he said "move up 0.005"', {"dz": 0.005}),
        ("move 2 to 3.5 cm up", {"dz": 0.035}),
        ("turn left 0.0002 degrees", {"dtheta_deg": 0.0002}),
        ("go left at 0.2 m/s", {"dx": -0.05}),
        ("go left at 0.2 m per second", {"dx": -0.05}),
        ("go up 30cm/20 cm", {"dz": 0.2}),
        ("turn left at 10.5 deg/s", {"dtheta_deg": 90.0}),
        ("turn left 90 degrees at 10 degrees per second", {"dtheta_deg": 90.0}),
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
            "Move half a metre to the right",
            {"dx": 0.05},
            "The model wrote a way of 0.05 m, which the goal does not name; nothing was moved.",
        ),
        (
            "Move 20 cm forward and 10 cm up",
            {"dy": 0.2, "dz": 0.01},
            "The model wrote a way of 0.01 m, which the goal does not name; nothing was moved.",
        ),
        (
            "Move 30 cm, no wait, 40 cm left",
            {"dx": -0.04},
            "The model wrote a way of -0.04 m, which the goal does not name; nothing was moved.",
        ),
        (
            "turn 30 degrees to the left",
            {"dtheta_deg": 3.0},
            "The model wrote a turn of 3 degrees, which the goal does not name; nothing was moved.",
        ),
        (
            "go to (1, 1, 1) and turn to 45 degrees",
            {**at(1.0, 1.0, 1.0), "theta_deg": 90.0},
            "The model wrote the angle 90, which the goal does not name; nothing was moved.",
        ),
        (
            "go to x 1.1 y 2",
            at(1.1, 0.2, 1.0),
            "The model wrote the position (1.1, 0.2), which the goal does not name; nothing was moved.",
        ),
        (
            "go to z=0.5, y=1, x=1.5",
            {"x": 9, "y": 9, "z": 9},
            "The model wrote the position (9.0, 9.0, 9.0), which the goal does not name; nothing was moved.",
        ),
        (
            "drive to y=1, x=2",
            {"x": 9, "y": 9},
            "The model wrote the position (9.0, 9.0), which the goal does not name; nothing was moved.",
        ),
        (
            "drive to y=1, x=2",
            {"x": 1.0, "y": 2.0},
            "The model wrote the position (1.0, 2.0), which the goal does not name; nothing was moved.",
        ),
        (
            "go to x=1 z=0.5",
            at(1.0, 0.2, 1.1),
            "The model wrote the position (1.0, 0.2, 1.1), which the goal does not name; nothing was moved.",
        ),
        (
            "go to z 0.5, y 1",
            at(1.0, 1.5, 0.5),
            "The model wrote the position (1.0, 1.5, 0.5), which the goal does not name; nothing was moved.",
        ),
        (
            "go to (1.5, 1.0, 0.5)",
            {"x": 9, "y": 9},
            "The model wrote the position (9.0, 9.0), which the goal does not name; nothing was moved.",
        ),
        (
            "go to (1.5, 1.0, 0.5)",
            {"x": 10**400, "y": 1.0, "z": 0.5},
            "The model wrote the position (inf, 1.0, 0.5), which the goal does not name; nothing was moved.",
        ),
        (
            "go to (1.5, 1.0, 0.5)",
            {"x": 9.0, "y": 9.0, "z": "up"},
            "The model wrote the position (9.0, 9.0), which the goal does not name; nothing was moved.",
        ),
        (
            "go up 2 millimetres",
            {"dz": 0.02},
            "The model wrote a way of 0.02 m, which the goal does not name; nothing was moved.",
        ),
        (
            "move up 0.3 mm",
            {"dz": 0.3},
            "The model wrote a way of 0.3 m, which the goal does not name; nothing was moved.",
        ),
        (
            "move up 0,3mm",
            {"dz": 0.3},
            "The model wrote a way of 0.3 m, which the goal does not name; nothing was moved.",
        ),
        (
            "go up 10 cm at 0.5 m/s",
            {"dz": 1.0},
            "The model wrote a way of 1 m, which the goal does not name; nothing was moved.",
        ),
        (
            "go up 10 cm at 0.5 m/s",
            {"dz": 0.5},
            "The model wrote a way of 0.5 m, which the goal does not name; nothing was moved.",
        ),
        (
            "go up 10 cm at 5 cm / s",
            {"dz": 0.05},
            "The model wrote a way of 0.05 m, which the goal does not name; nothing was moved.",
        ),
        (
            "turn left 90 degrees at 10 degrees per second",
            {"dtheta_deg": 10.0},
            "The model wrote a turn of 10 degrees, which the goal does not name; nothing was moved.",
        ),
        *(
            (
                goal,
                {"dtheta_deg": 15.0},
                "The model wrote a turn of 15 degrees, which the goal does not name; nothing was moved.",
            )
            for goal in (
                "turn left 30 degrees 15'",
                "turn left 30.5 degrees and 15 minutes",
                "turn left 15 arcminutes",
                "turn left 15 minutes of arc",
            )
        ),
        (
            "turn left 0.0002 degrees",
            {"dtheta_deg": 2.0},
            "The model wrote a turn of 2 degrees, which the goal does not name; nothing was moved.",
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
    near_a_thing = (x, y) in {(1.2, -0.4), (-1.5, 1.0), (0.3, 0.2)}
    assert (ungrounded(at(x, y, z), request(goal)) is None) == (named == asked or near_a_thing)


def test_a_position_on_a_floor_is_held_too() -> None:
    """A rover has no z, and no other place than the one that was named."""
    said = ungrounded({"x": 1.0, "y": 0.505, "theta_deg": 1.0}, request("Drive to (1, 0.5)"))
    assert said == "The model wrote the position (1.0, 0.505), which the goal does not name; nothing was moved."
