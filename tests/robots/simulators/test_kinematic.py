"""The simulated arm follows its setpoints, and no faster than its drives."""

import math

import pytest

from llmos.robots.base import Commanded, Pose
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import arm_profile, shipped_scene

HOME = Pose(0.0, 0.0, 1.0, 0.0)
CUBE = Pose(1.5, 1.0, 0.5, 0.0)


@pytest.fixture
def arm() -> KinematicArm:
    """The arm beside a cube."""
    return KinematicArm(arm_profile(), shipped_scene("pick-and-place"))


def settle(arm: KinematicArm, setpoint: Commanded, start_s: float, seconds: float = 3.0) -> None:
    """Give the arm time to get there."""
    arm.command(setpoint)
    for tick in range(1, round(seconds * 100) + 1):
        arm.tick(start_s + tick * 0.01)


def test_arm_says_that_it_is_simulated(arm: KinematicArm) -> None:
    """Nobody can take it for hardware."""
    assert arm.name == "kinematic arm (simulated)"


def test_arm_begins_at_home_and_stays_without_a_command(arm: KinematicArm) -> None:
    """Time alone moves nothing."""
    measured = arm.tick(1.0)
    assert (measured.pose, measured.gripper_closed, measured.holding) == (HOME, False, None)
    assert (measured.timestamp_s, measured.velocity.speed_mps) == (1.0, 0.0)


def test_arm_follows_a_near_setpoint_exactly(arm: KinematicArm) -> None:
    """What the drives can reach within a tick is reached, and the velocity is what was travelled."""
    arm.command(Commanded(Pose(0.005, 0.0, 1.0, 0.0), gripper_closed=False))
    measured = arm.tick(0.01)
    assert measured.pose == Pose(0.005, 0.0, 1.0, 0.0)
    assert measured.velocity.x_mps == pytest.approx(0.5)


def test_arm_does_not_jump(arm: KinematicArm) -> None:
    """A far setpoint is approached in a straight line at the speed of the drives."""
    arm.command(Commanded(Pose(2.0, 0.0, 1.0, 0.0), gripper_closed=False))
    measured = arm.tick(0.1)
    assert measured.pose.x == pytest.approx(0.1 * KinematicArm.drive_speed_mps)
    assert measured.velocity.speed_mps == pytest.approx(KinematicArm.drive_speed_mps)


def test_arm_turns_the_short_way_and_wraps(arm: KinematicArm) -> None:
    """From 10 to 350 degrees is 20 degrees back, and a heading is measured in [0, 360)."""
    settle(arm, Commanded(Pose(0, 0, 1, math.radians(10)), gripper_closed=False), 0.0)
    arm.command(Commanded(Pose(0, 0, 1, math.radians(350)), gripper_closed=False))
    measured = arm.tick(3.05)
    assert measured.velocity.theta_radps == pytest.approx(-math.pi)
    assert measured.pose.theta_deg == pytest.approx(1.0)
    assert arm.tick(4.0).pose.theta_deg == pytest.approx(350.0)


def test_same_moment_twice_changes_nothing(arm: KinematicArm) -> None:
    """Reading is no time."""
    arm.command(Commanded(Pose(2.0, 0.0, 1.0, 0.0), gripper_closed=True))
    assert arm.tick(0.5) is arm.tick(0.5)


def test_jaws_need_their_time_and_grip_when_they_meet(arm: KinematicArm) -> None:
    """Nothing is held before the gripper is closed."""
    settle(arm, Commanded(CUBE, gripper_closed=False), 0.0)
    arm.command(Commanded(CUBE, gripper_closed=True))
    half = arm.tick(3.1)
    assert (half.gripper_closed, half.holding) == (False, None)
    closed = arm.tick(3.25)
    assert (closed.gripper_closed, closed.holding) == (True, "cube")


def test_closed_gripper_takes_no_object_that_it_meets_later(arm: KinematicArm) -> None:
    """Jaws that are already closed cannot close around anything."""
    settle(arm, Commanded(HOME, gripper_closed=True), 0.0)
    settle(arm, Commanded(CUBE, gripper_closed=True), 3.0)
    assert arm.tick(6.0).holding is None


def test_opening_lets_go_at_once(arm: KinematicArm) -> None:
    """What is let go of in the air is on the floor in the same tick."""
    settle(arm, Commanded(CUBE, gripper_closed=False), 0.0)
    settle(arm, Commanded(CUBE, gripper_closed=True), 3.0)
    settle(arm, Commanded(HOME, gripper_closed=True), 6.0)
    assert arm.tick(9.0).objects["cube"] == (0, 0, 1)
    arm.command(Commanded(HOME, gripper_closed=False))
    measured = arm.tick(9.01)
    assert (measured.holding, measured.objects["cube"]) == (None, (0, 0, 0.05))


def test_close_holds_the_pose(arm: KinematicArm) -> None:
    """After closing the driver the arm stays where it is, also when closed twice."""
    arm.command(Commanded(Pose(2.0, 0.0, 1.0, 0.0), gripper_closed=False))
    pose = arm.tick(0.1).pose
    arm.close()
    arm.close()
    assert arm.tick(5.0).pose == pose


def test_range_sensor_reads_where_the_tool_is() -> None:
    """A robot with a range sensor reports its clearance, one without reports none."""
    profile, scene = arm_profile(), shipped_scene("empty")
    assert KinematicArm(profile, scene).tick(0.0).clearance_m is None
    arm = KinematicArm(profile, scene, range_sensor=lambda point: 2.0 - point.x)
    arm.command(Commanded(Pose(0.5, 0.0, 1.0, 0.0), gripper_closed=False))
    assert arm.tick(1.0).clearance_m == 1.5
