"""What every driver must do, asked of each of them; the gate relies on nothing else."""

import math
from collections.abc import Callable

import pytest

from llmos.boot.drivers import DRIVERS
from llmos.documents.scene import Point
from llmos.robots.base import Commanded, Pose, Robot
from llmos.robots.faults import Faults, FaultyRobot
from tests.support.drivers import PERIOD_S, Steps, require_physics
from tests.support.robots import arm_profile, shipped_scene

PICK, PLACE = Point(1.5, 1.0, 0.5), Point(-1.0, -1.0, 0.7)


def make(driver: str) -> Robot:
    """A driver beside a cube; `faultless` is a kinematic arm behind faults that are none."""
    if driver == "faultless":
        return FaultyRobot(make("kinematic"), Faults())
    return DRIVERS[driver].make(arm_profile(), shipped_scene("pick-and-place"), Faults())


@pytest.fixture(
    params=["kinematic", "faultless", pytest.param("mujoco-arm", marks=pytest.mark.system)],
)
def driver(request: pytest.FixtureRequest, require_system: Callable[[str], None]) -> str:
    """Each driver in turn."""
    if request.param.startswith("mujoco"):
        require_physics(require_system)
    return str(request.param)


@pytest.fixture
def robot(driver: str) -> Robot:
    """Each driver in turn, beside a cube."""
    return make(driver)


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
    steps.pick(PICK)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (True, "cube")
    assert math.dist(steps.measured.objects["cube"], steps.measured.pose.point) <= 0.005
    steps.place(PLACE)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (False, None)
    assert math.dist(steps.measured.objects["cube"], PLACE) <= arm_profile().place_tolerance_m
    assert steps.measured.moving_objects == ()


def test_nothing_moves_before_the_first_command(steps: Steps) -> None:
    """A scene begins at rest, and stays so."""
    before = steps.measured
    later = steps.robot.tick(30.0)
    assert (later.objects, later.pose, later.moving_objects) == (before.objects, before.pose, ())


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


def test_same_commands_measure_the_same(driver: str) -> None:
    """Two simulations that are told the same measure the same, to the last bit."""
    runs = [Steps(make(driver)) for _ in range(2)]
    for steps in runs:
        steps.pick(PICK, 0.5)
    assert runs[0].measured == runs[1].measured
    assert runs[0].measured.holding == "cube"
