"""The control loop goes on asking why to halt while it brakes, and a motion inherits nothing from one that failed."""

from pathlib import Path

import anyio
import pytest

from llmos.clock import SimulatedClock
from llmos.robots.base import Pose, RobotError
from llmos.robots.moving.drive import Drive, Watch
from llmos.robots.moving.motion import PathMotion
from llmos.robots.pace import SimulatedPace
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import arm_profile, rig, shipped_scene, unsafe

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


class Lurching(PathMotion):
    """A motion of one step that was planned wrongly: from rest it asks for most of the speed at once."""

    lurched = False

    @property
    def arrived(self) -> bool:
        return self.lurched

    def step(self, period_s: float, throttle: float = 1.0) -> Pose:
        del throttle
        self.lurched = True
        return Pose(0.4 * period_s, 0.0, 1.0, 0.0)


async def test_a_setpoint_that_lurches_is_never_sent() -> None:
    """It is within the speed limit, and would speed up fifty times as hard as the arm may."""
    profile = arm_profile()
    drive = Drive(KinematicArm(profile, shipped_scene("empty")), SimulatedPace(SimulatedClock()))
    home = drive.sent
    free = Watch(lambda: None, lambda: None, lambda: 1.0, lambda last, setpoint, period_s: None)
    wrong = await drive.follow(Lurching((home.pose, Pose(1.0, 0.0, 1.0, 0.0)), profile), profile, free)
    assert wrong is not None
    assert wrong.rule == "acceleration"
    assert drive.sent == home
