"""What a bound run asks of whoever replays it."""

import pytest

from llmos.messages import JSON, Effect
from llmos.traces.bound import BoundStep, Start
from llmos.traces.expectation import Answer, Taken
from tests.support.traces import AT_HOME, HERE, NARROW


def test_arguments_are_filled_from_answers() -> None:
    """At any depth; the others stay, None included."""
    args: dict[str, JSON] = {"a": {"b": [Taken(0, "number", (0,)), None]}, "c": "x"}
    step = BoundStep("do", args, Effect.PURE, "sha256:v", Answer("", None, HERE))
    assert step.arguments(["it is 5"]) == {"a": {"b": [5, None]}, "c": "x"}


START = Start(({"x": 0.0, "y": 0.0, "z": 1.0, "theta_deg": 359.9},), {"gripper": "open", "holding": "nothing"})
ELSEWHERE = "the robot stands elsewhere than where this was learned: x 0, y 0, z 1, theta_deg 359.9"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({}, ""),
        ({"x": 0.009, "theta_deg": 0.5}, ""),
        ({"x": 0.011}, ELSEWHERE),
        *(({"theta_deg": turned}, ELSEWHERE) for turned in (2.0, 90.0, 179.9, 180.0, 270.0)),
        ({"x": None}, ELSEWHERE),
        ({"holding": "cube"}, "the robot's holding is cube, and was nothing"),
    ],
)
def test_the_robot_must_be_as_it_was(state: dict[str, JSON], sentence: str) -> None:
    """Where it depends on it, and within what may be noise; a full turn is none."""
    assert START.unlike({**AT_HOME, **state}, NARROW) == sentence


def test_nothing_need_hold() -> None:
    """As in a run without a robot."""
    assert not Start()
    assert Start().unlike({}, NARROW) == ""
    assert START
