"""What every driver must do, asked of each of them; the gate relies on nothing else."""

import math
from collections.abc import Callable

import pytest

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.base import Commanded, Pose, Robot
from llmos.robots.motion import StraightMotion
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import arm_profile, shipped_scene

Factory = Callable[[RobotProfile, Scene], Robot]
PERIOD_S = 0.01


@pytest.fixture(params=[KinematicArm], ids=["kinematic"])
def robot(request: pytest.FixtureRequest) -> Robot:
    """Each driver in turn, beside a cube."""
    factory: Factory = request.param
    return factory(arm_profile(), shipped_scene("pick-and-place"))


class Steps:
    """A driver with its clock, and the last setpoint."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.ticks = 0
        self.measured = robot.tick(0.0)

    def hold(self, setpoint: Commanded, seconds: float) -> None:
        """Command one setpoint for a while."""
        for _ in range(round(seconds / PERIOD_S)):
            self.ticks += 1
            self.robot.command(setpoint)
            self.measured = self.robot.tick(self.ticks * PERIOD_S)

    def move(self, target: Pose, *, gripper_closed: bool = False) -> None:
        """Follow a motion within the limits, then settle."""
        path = StraightMotion(self.measured.pose, target, arm_profile())
        while not path.arrived:
            self.hold(Commanded(path.step(PERIOD_S), gripper_closed), PERIOD_S)
        self.hold(Commanded(target, gripper_closed), arm_profile().settle_time_s)


@pytest.fixture
def steps(robot: Robot) -> Steps:
    """The driver at time 0."""
    return Steps(robot)


def test_robot_begins_at_rest_at_home_with_an_open_gripper(steps: Steps) -> None:
    """A simulation starts where its profile says, standing still."""
    home = arm_profile().home
    assert steps.measured.pose.point == pytest.approx((home.x_m, home.y_m, home.z_m), abs=0.002)
    assert steps.measured.velocity.speed_mps == pytest.approx(0, abs=1e-3)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (False, None)


def test_measurement_carries_the_time_of_its_tick(steps: Steps) -> None:
    """What is measured is as old as it says."""
    assert steps.measured.timestamp_s == 0.0
    steps.hold(Commanded(steps.measured.pose, gripper_closed=False), 0.5)
    assert steps.measured.timestamp_s == pytest.approx(0.5)


def test_same_time_twice_changes_nothing(steps: Steps) -> None:
    """Reading moves nothing, not even with a new setpoint waiting."""
    steps.robot.command(Commanded(Pose(1, 1, 1, 1), gripper_closed=True))
    assert steps.robot.tick(0.0) == steps.measured


def test_robot_arrives_within_the_profiles_tolerances(steps: Steps) -> None:
    """A motion within the limits is followed, in position and heading."""
    target = Pose(1.0, -0.5, 0.4, math.radians(120))
    steps.move(target)
    pose, profile = steps.measured.pose, arm_profile()
    assert math.dist(pose.point, target.point) <= profile.position_tolerance_m
    assert pose.theta_deg == pytest.approx(120, abs=profile.angle_tolerance_deg)


def test_robot_without_a_new_setpoint_holds(steps: Steps) -> None:
    """The last setpoint stays in force, and time alone moves nothing."""
    steps.move(Pose(0.5, 0.0, 1.0, 0.0))
    before = steps.measured.pose
    later = steps.robot.tick(steps.ticks * PERIOD_S + 2.0)
    assert math.dist(later.pose.point, before.point) <= arm_profile().position_tolerance_m


def test_object_is_gripped_carried_and_put_down(steps: Steps) -> None:
    """The cube is measured where it was put, and what is held is known by name."""
    steps.move(Pose(1.5, 1.0, 0.5, 0.0))
    steps.hold(Commanded(steps.measured.pose, gripper_closed=True), arm_profile().settle_time_s)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (True, "cube")
    steps.move(Pose(-1.0, -1.0, 0.7, 0.0), gripper_closed=True)
    assert steps.measured.holding == "cube"
    steps.hold(Commanded(steps.measured.pose, gripper_closed=False), arm_profile().settle_time_s)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (False, None)
    assert math.dist(steps.measured.objects["cube"], (-1.0, -1.0, 0.7)) <= arm_profile().place_tolerance_m


def test_closing_on_air_holds_nothing(steps: Steps) -> None:
    """The gripper closes all the same, and says that it is empty."""
    steps.hold(Commanded(steps.measured.pose, gripper_closed=True), arm_profile().settle_time_s)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (True, None)


def test_close_brings_it_to_rest_and_can_be_repeated(steps: Steps) -> None:
    """After the end nothing goes on moving."""
    steps.robot.command(Commanded(Pose(2.0, 0.0, 1.0, 0.0), gripper_closed=False))
    steps.robot.tick(0.05)
    steps.robot.close()
    steps.robot.close()
    first, second = steps.robot.tick(3.0), steps.robot.tick(6.0)
    assert math.dist(first.pose.point, second.pose.point) <= arm_profile().position_tolerance_m


def test_same_commands_measure_the_same() -> None:
    """Two simulations that are told the same measure the same, to the last bit."""
    runs = [Steps(KinematicArm(arm_profile(), shipped_scene("pick-and-place"))) for _ in range(2)]
    for steps in runs:
        steps.move(Pose(1.5, 1.0, 0.5, 2.0), gripper_closed=True)
    assert runs[0].measured == runs[1].measured
