"""Each fault does what it says, from when it says, and the same each time."""

import math
from dataclasses import replace

import pytest

from llmos.documents.scene import Point
from llmos.robots.base import Commanded, Pose
from llmos.robots.faults import Faults, FaultyRobot
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.drivers import Steps
from tests.support.robots import arm_profile, shipped_scene

PICK = Point(1.5, 1.0, 0.5)


def broken(**faults: object) -> Steps:
    """A kinematic arm with these faults, beside a cube."""
    return Steps(FaultyRobot(KinematicArm(arm_profile(), shipped_scene("pick-and-place")), Faults(**faults)))  # type: ignore[arg-type]


def test_broken_robot_says_that_it_is_broken() -> None:
    """Nobody takes its failures for those of a sound one."""
    assert broken().robot.name == "kinematic arm (simulated) with faults"


@pytest.mark.parametrize("axis", ["x", "y", "z", "theta_rad"])
def test_stuck_axis_stays_while_the_others_move(axis: str) -> None:
    """From the moment on at which it got stuck."""
    steps = broken(stuck_axis=axis, from_s=1.0)
    target = Pose(0.5, 0.6, 1.7, 0.8)
    steps.move(target)
    far = {
        name
        for name in ("x", "y", "z", "theta_rad")
        if abs(getattr(steps.measured.pose, name) - getattr(target, name)) > 0.01
    }
    assert far == {axis}


def test_gripper_lets_go_once_and_the_object_is_gone() -> None:
    """It closes again afterwards, on nothing."""
    steps = broken(drops_after_s=4.0)
    steps.pick(PICK)
    steps.move(Pose(0.0, 0.0, 0.8, 0.0), gripper_closed=True)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (True, None)
    assert steps.measured.objects["cube"].z == pytest.approx(0.05)


def test_noise_is_as_large_as_it_says_and_the_same_for_a_seed() -> None:
    """Measured positions scatter around the true ones; headings do not."""
    runs = [broken(noise_m=0.01, seed=seed) for seed in (1, 1, 2)]
    readings = []
    for steps in runs:
        seen = []
        for _ in range(300):
            steps.hold(Commanded(Pose(0, 0, 1, 0), gripper_closed=False), 0.01)
            seen.append(steps.measured.pose.x)
        readings.append(seen)
    assert readings[0] == readings[1] != readings[2]
    spread = math.sqrt(sum(each * each for each in readings[0]) / len(readings[0]))
    assert spread == pytest.approx(0.01, rel=0.2)


def test_same_moment_is_measured_once() -> None:
    """Asking twice does not shake the dice twice."""
    robot = broken(noise_m=0.01).robot
    assert robot.tick(0.5) == robot.tick(0.5)


def test_delayed_measurement_is_as_old_as_it_says() -> None:
    """It carries the time at which it was true."""
    steps = broken(delay_s=0.2)
    steps.hold(Commanded(Pose(0, 0, 1, 0), gripper_closed=False), 1.0)
    assert steps.measured.timestamp_s == pytest.approx(0.8)


def test_silent_robot_repeats_what_it_said_last() -> None:
    """Its measurement grows old."""
    steps = broken(silent=True, from_s=0.5)
    steps.hold(Commanded(Pose(0, 0, 1, 0), gripper_closed=False), 2.0)
    assert steps.measured.timestamp_s == pytest.approx(0.49)


def test_no_faults_change_nothing() -> None:
    """Behind faults that are none, a robot is itself."""
    robots = [KinematicArm(arm_profile(), shipped_scene("pick-and-place")) for _ in range(2)]
    runs = [Steps(robots[0]), Steps(FaultyRobot(robots[1], Faults()))]
    for steps in runs:
        steps.pick(PICK)
    assert runs[0].measured == runs[1].measured
    assert replace(runs[0].measured, timestamp_s=0.0) != runs[0].measured
