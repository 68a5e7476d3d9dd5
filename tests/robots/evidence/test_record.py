"""Verdicts and motions become journal events that anyone can read back."""

import math
from pathlib import Path

import msgspec
import pytest

from llmos.robots.evidence.record import motion_event, verdict_event
from llmos.traces.events import GateVerdict, MotionMeasured
from tests.support.robots import rig

pytestmark = pytest.mark.anyio


async def test_allowed_command_and_its_motion_are_told_in_metres_and_radians(tmp_path: Path) -> None:
    """The journal has the command, the last setpoint and the measurement, each under its own name."""
    arm = rig(tmp_path, zones={})
    await arm.pilot.move_to(1.5, 1.0, 0.5, 90)
    assert verdict_event(arm.verdicts[0]) == GateVerdict(
        command={"verb": "move_to", "x": 1.5, "y": 1.0, "z": 0.5, "theta_deg": 90}, allowed=True
    )
    event = motion_event(arm.motions[0])
    assert event.reached
    assert event.commanded == {"x": 1.5, "y": 1.0, "z": 0.5, "theta_rad": 1.570796, "gripper_closed": False}
    assert event.measured["objects"] == {"cube": [1.5, 1.0, 0.5]}
    assert event.duration_s == pytest.approx(math.dist((0, 0, 1), (1.5, 1, 0.5)) / 0.5 + 0.5 + 0.2, abs=0.1)


async def test_refusal_is_told_with_rule_reason_and_suggestion(tmp_path: Path) -> None:
    """What was refused is in the journal as it was asked for."""
    arm = rig(tmp_path)
    await arm.pilot.perform("move_to", {"x": 5, "y": 0, "z": 1})
    assert verdict_event(arm.verdicts[0]) == GateVerdict(
        command={"verb": "move_to", "x": 5, "y": 0, "z": 1},
        allowed=False,
        rule="workspace",
        reason="X position 5.00m outside workspace [-2, 2]",
        suggestion="choose x between -2 and 2",
    )


async def test_events_survive_the_journal_even_of_senseless_commands(tmp_path: Path) -> None:
    """NaN, numbers of a thousand digits and an argument called `verb` are written and read back whole."""
    arm = rig(tmp_path)
    await arm.pilot.perform("move_to", {"x": math.nan, "y": 10**1000, "z": "a" * 10_000, "verb": 1})
    await arm.pilot.toggle_tool(True)
    for event in (verdict_event(arm.verdicts[0]), motion_event(arm.motions[0])):
        line = msgspec.json.encode(event)
        assert len(line) < 1000
        assert msgspec.json.decode(line, type=GateVerdict | MotionMeasured) == event
    assert verdict_event(arm.verdicts[0]).command == {
        "verb": "move_to", "x": "not a finite number", "y": "too large to be meant", "z": f"'{'a' * 37}...'",
    }  # fmt: skip
