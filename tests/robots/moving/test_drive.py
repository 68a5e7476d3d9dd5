"""The control loop goes on asking why to halt while it brakes, and a motion inherits nothing from one that failed."""

from pathlib import Path

import anyio
import pytest

from llmos.robots.base import RobotError
from tests.support.robots import rig, unsafe

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("how", ["soft", "cancelled"])
async def test_obstacle_that_comes_too_near_while_braking_latches(tmp_path: Path, how: str) -> None:
    """What halted the robot first takes nothing from the hard stop distance."""
    clearance_m = 1.0
    arm = rig(tmp_path, "empty", range_sensor=lambda _: clearance_m)
    with anyio.CancelScope() as scope:

        def come_near(sent: int) -> None:
            nonlocal clearance_m
            if sent == 100 and how == "soft":
                clearance_m = 0.12
            elif sent == 100:
                scope.cancel()
            elif sent == 105:
                clearance_m = 0.05

        arm.robot.on_command = come_near
        await arm.pilot.move_to(2.0, 0.0, 1.0)
    ended = arm.gate.snapshot().ended
    assert ended is not None
    assert ended.halted is not None
    assert ended.halted.rule == ("clearance" if how == "soft" else "cancelled")
    assert unsafe(arm.robot.sent) == []
    stop = arm.gate.snapshot().stop
    assert stop is not None
    assert stop.reason == "an obstacle came within the hard stop distance of 0.08m"


@pytest.mark.parametrize("how", ["moving", "braking"])
async def test_a_motion_after_one_that_failed_begins_at_rest(tmp_path: Path, how: str) -> None:
    """A driver that failed in full swing, under way or while it braked, and recovered, is driven on after a rearm."""
    arm = rig(tmp_path, "empty")
    lost = RobotError("the cable is out")
    with anyio.CancelScope() as scope:

        def break_down(sent: int) -> None:
            if sent == 95 and how == "braking":
                scope.cancel()
            if sent == 100:
                arm.robot.broken = lost

        arm.robot.on_command = break_down
        with pytest.raises(RobotError) as caught:
            await arm.pilot.move_to(2.0, 0.0, 1.0)
    assert caught.value is lost
    arm.robot.broken = None
    await arm.gate.rearm("Ada")
    result = await arm.pilot.move_to(-1.0, 0.0, 1.0)
    assert result.ok, result.refusal
