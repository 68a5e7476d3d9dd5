"""A robot beside its setpoint is told to stay where it is, but to nowhere that no setpoint may be."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from llmos.robots.base import Measured, Pose, Velocity
from llmos.robots.latch import Stop
from tests.support.robots import Rig, rig, unsafe

pytestmark = pytest.mark.anyio
SMOKE, STILL = Stop("", "Ada", "smoke"), Velocity()
IN_ZONE, BEHIND_ZONE, FAR, OUTSIDE = (1.0, -1.0, 1.2), (1.9, -1.9, 1.0), (-1.5, 1.5, 2.0), (1.0, -1.0, -0.5)


def lying(*at: float, velocity: Velocity = STILL) -> Callable[[Measured], Measured]:
    """A sensor that says the robot rests there."""
    return lambda seen: replace(seen, pose=Pose(*at, 0.0), velocity=velocity)


async def lied_to(arm: Rig, sensor: Callable[[Measured], Measured], *, stopped: bool) -> int:
    """A move that is halted in its middle by a sensor that begins to lie; how many setpoints it took."""

    def lie(sent: int) -> None:
        if sent == 100:
            arm.robot.distort = sensor
            if stopped:
                arm.latch.trip(SMOKE)

    arm.robot.on_command = lie
    result = await arm.pilot.move_to(2.0, 1.0, 1.0)
    assert result.refusal is not None
    assert result.refusal.rule == ("emergency-stop" if stopped else "tracking")
    arm.robot.on_command = lambda _: None
    return len(arm.robot.sent)


@pytest.mark.parametrize(
    ("at", "stopped"),
    [
        pytest.param(OUTSIDE, True, id="outside, stopped"),
        pytest.param(OUTSIDE, False, id="outside"),
        pytest.param(IN_ZONE, True, id="in a zone, stopped"),
        pytest.param(IN_ZONE, False, id="in a zone"),
        pytest.param(BEHIND_ZONE, True, id="behind a zone, stopped"),
        pytest.param(BEHIND_ZONE, False, id="behind a zone"),
        pytest.param(FAR, True, id="farther off than braking explains, stopped"),
    ],
)
async def test_robot_gives_way_to_nowhere_that_it_may_not_be_sent(
    tmp_path: Path, at: tuple[float, float, float], *, stopped: bool
) -> None:
    """Beside its way it is told to stay only where a setpoint may be, and while stopped only as far as it brakes."""
    arm = rig(tmp_path, "empty")
    await lied_to(arm, lying(*at), stopped=stopped)
    assert unsafe(arm.robot.sent) == []
    assert 0.0 < arm.gate.snapshot().commanded.pose.x < 1.0


async def test_robot_that_turned_farther_than_braking_explains_is_not_turned_while_stopped(tmp_path: Path) -> None:
    """The way it may give counts for its heading as well."""
    arm = rig(tmp_path, "empty")

    def turned(seen: Measured) -> Measured:
        return replace(seen, pose=replace(seen.pose, theta_rad=3.0))

    await lied_to(arm, turned, stopped=True)
    assert arm.gate.snapshot().commanded.pose.theta_rad == 0.0


@pytest.mark.parametrize("velocity", [Velocity(y_mps=0.3), Velocity(theta_radps=0.3)])
async def test_robot_that_does_not_stand_still_is_not_told_to_stay(tmp_path: Path, velocity: Velocity) -> None:
    """Where it was measured it is no more by then."""
    arm = rig(tmp_path, "empty")
    await lied_to(arm, lying(0.5, 0.5, 1.0, velocity=velocity), stopped=False)
    assert unsafe(arm.robot.sent) == []


async def test_what_rolls_away_keeps_no_robot_from_giving_way(tmp_path: Path) -> None:
    """It is the robot that must stand still, not what it let go of."""
    arm = rig(tmp_path, "empty")
    there = lying(0.1, 0.3, 1.0)
    await lied_to(arm, lambda seen: replace(there(seen), moving_objects=("ball",)), stopped=False)
    assert arm.gate.snapshot().commanded.pose.point == (0.1, 0.3, 1.0)


@pytest.mark.parametrize(("at", "rule"), [(OUTSIDE, "workspace"), (IN_ZONE, "zone"), (BEHIND_ZONE, "zone")])
async def test_gripper_is_not_worked_where_no_setpoint_may_be(
    tmp_path: Path, at: tuple[float, float, float], rule: str
) -> None:
    """What moves no arm begins with a setpoint too, and one that breaks a rule is never sent."""
    arm = rig(tmp_path, "empty")
    count = await lied_to(arm, lying(*at), stopped=False)
    result = await arm.pilot.toggle_tool(False)
    assert not result.ok
    assert result.refusal is not None
    assert result.refusal.rule == rule
    assert len(arm.robot.sent) == count


async def test_way_out_of_a_zone_does_not_begin_with_a_leap_into_it(tmp_path: Path) -> None:
    """A sensor that says the robot is in a zone, where it was not sent, moves it there by no order."""
    arm = rig(tmp_path, "empty")
    arm.robot.distort = lying(1.3, -1.0, 1.0)
    result = await arm.pilot.move_to(1.9, -1.0, 1.0)
    assert result.refusal is not None
    assert result.refusal.rule == "zone"
    assert arm.robot.sent == []


async def test_gripper_opens_in_a_zone_that_was_put_around_the_robot(tmp_path: Path) -> None:
    """Saying the last setpoint again moves nothing nearer."""
    arm = rig(tmp_path, "empty")
    assert (await arm.pilot.move_to(0.3, 0.0, 1.0)).ok
    sphere = replace(arm.profile.zones["operator station"], center_m=arm.pilot.measure().pose.point)
    arm.gate._limits.offer(replace(arm.profile, zones={**arm.profile.zones, "new": sphere}))
    assert (await arm.pilot.toggle_tool(False)).ok
