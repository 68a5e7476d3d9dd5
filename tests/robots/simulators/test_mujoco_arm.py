"""The physical arm holds by friction alone, feels what it holds, and cannot be where something else is."""

import math
from collections.abc import Callable
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from llmos.documents.scene import Point
from llmos.robots.base import Commanded, Pose, RobotError
from llmos.robots.simulators.world import world_xml
from tests.support.drivers import PERIOD_S, Steps, require_physics
from tests.support.robots import arm_profile, shipped_scene

if TYPE_CHECKING:
    from llmos.robots.simulators.mujoco_arm import MujocoArm

pytestmark = pytest.mark.system

PICK = Point(1.5, 1.0, 0.5)
CM = 0.01

Make = Callable[..., "MujocoArm"]


@pytest.fixture
def make(require_system: Callable[[str], None]) -> Make:
    """Makes the arm in a shipped scene."""
    require_physics(require_system)
    from llmos.robots.simulators.mujoco_arm import MujocoArm

    def made(scene: str = "pick-and-place", pad_friction: float | None = None) -> "MujocoArm":
        return MujocoArm(arm_profile(), shipped_scene(scene), pad_friction=pad_friction)

    return made


def test_arm_says_that_it_is_simulated(make: Make) -> None:
    """Nobody can take it for hardware."""
    assert make().name == "gantry arm (simulated by MuJoCo)"


def test_arm_fits_in_the_capsule_of_its_profile(require_system: Callable[[str], None]) -> None:
    """What the gate keeps out of zones is at least as wide as the gripper with open jaws, and as long as the mast."""
    require_physics(require_system)
    import mujoco

    model = mujoco.MjModel.from_xml_string(world_xml(shipped_scene("empty")))
    state = mujoco.MjData(model)
    mujoco.mj_forward(model, state)
    tool, moving = arm_profile().tool, [g for g in range(model.ngeom) if model.geom_contype[g] == 4]
    for geom in moving:
        middle, half = model.geom_aabb[geom][:3], model.geom_aabb[geom][3:]
        turn = state.geom_xmat[geom].reshape(3, 3)
        for signs in product((-1, 1), repeat=3):
            x, y, z = state.geom_xpos[geom] + turn @ (middle + half * signs)
            assert math.hypot(x, y) <= tool.radius_m
            assert z >= 0.0
    assert len(moving) == 7
    assert tool.length_m > 3.5


@pytest.mark.parametrize("seed", range(3))
def test_rough_handling_breaks_nothing(make: Make, seed: int) -> None:
    """Far setpoints at random, through everything that stands about, keep the world whole and the arm near them."""
    dice = Random(seed)
    steps = Steps(make("blocks" if seed else "shelves"))
    for _ in range(60):
        at = Pose(dice.uniform(-2, 2), dice.uniform(-2, 2), dice.choice((0.0, 0.05, 1.0)), dice.uniform(0, 6))
        steps.hold(Commanded(at, gripper_closed=dice.random() < 0.5), dice.uniform(0.1, 1.5))
        assert steps.measured.velocity.speed_mps < 5.0
    for point in steps.measured.objects.values():
        assert point.z > 0.03


def test_world_that_came_apart_is_an_error(make: Make) -> None:
    """It says so, and does not begin again as if nothing had been."""
    arm = make()
    arm.command(Commanded(Pose(0.1, 0.0, 1.0, 0.0), gripper_closed=False))
    arm._state.qvel[0] = math.nan
    with pytest.raises(RobotError) as error:
        arm.tick(0.01)
    assert str(error.value) == "The gantry arm (simulated by MuJoCo) has become unstable; open it anew."


def test_measured_pose_lags_behind_the_commanded_one(make: Make) -> None:
    """Mass takes time to follow: more than nothing, and less than two centimetres at full speed."""
    steps = Steps(make())
    steps.move(Pose(1.0, -0.5, 0.4, 0.0))
    assert 0.005 < steps.worst_lag_m < 2 * CM


def test_straight_way_stays_straight_while_it_lags(make: Make) -> None:
    """All axes lag by the same time, so the tool leaves the line between two poses by no more than a millimetre."""
    steps = Steps(make())
    ends = (steps.measured.pose.point, Point(-1.5, 1.2, 2.0))
    off_m = []
    watched = steps.robot.tick

    def tick(now_s: float):
        measured = watched(now_s)
        off_m.append(_from_line(measured.pose.point, *ends))
        return measured

    steps.robot = _Watched(steps.robot, tick)
    steps.move(Pose(*ends[1], 0.0))
    assert max(off_m) < 0.001


def test_grip_needs_friction(make: Make) -> None:
    """Pads as slippery as ice close around the cube, and lift nothing."""
    steps = Steps(make(pad_friction=0.01))
    steps.pick(PICK)
    assert steps.measured.holding is None
    assert math.dist(steps.measured.objects["cube"], PICK) < 2 * CM


@pytest.mark.parametrize(("most_n", "held"), [(0.5, None), (5.0, "cube"), (None, "cube")])
def test_gripper_squeezes_no_harder_than_it_may(make: Make, most_n: float | None, held: str | None) -> None:
    """Half a newton does not lift a cube that weighs two."""
    arm = make()
    arm.limit_force(most_n)
    steps = Steps(arm)
    steps.pick(PICK)
    assert steps.measured.holding == held


def test_holding_follows_from_contact_and_not_from_the_command(make: Make) -> None:
    """A gripper that is closed a hand's breadth beside the cube holds nothing, and one that is half closed neither."""
    steps = Steps(make())
    steps.pick(PICK._replace(x=1.3))
    assert (steps.measured.gripper_closed, steps.measured.holding) == (True, None)
    steps = Steps(make())
    above = Pose(1.5, 1.0, 0.7, 0.0)
    steps.move(above)
    steps.move(Pose(*PICK, 0.0))
    steps.hold(Commanded(Pose(*PICK, 0.0), gripper_closed=True), 0.05)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (False, None)


def test_object_let_go_in_the_air_falls_and_is_seen_falling(make: Make) -> None:
    """It moves until it lies on the floor, and then it is at rest again."""
    steps = Steps(make())
    steps.pick(PICK)
    steps.move(Pose(0.0, 0.5, 0.8, 0.0), gripper_closed=True)
    held_at = Pose(0.0, 0.5, 0.8, 0.0)
    seen = set()
    for _ in range(200):
        steps.hold(Commanded(held_at, gripper_closed=False), PERIOD_S)
        seen.update(steps.measured.moving_objects)
    assert seen == {"cube"}
    assert steps.measured.moving_objects == ()
    assert steps.measured.objects["cube"].z == pytest.approx(0.05, abs=0.005)


def test_gripper_counts_as_open_only_when_it_is(make: Make) -> None:
    """While the jaws part it is not open yet, so nobody judges a fall before it is over."""
    steps = Steps(make())
    steps.pick(PICK)
    steps.hold(Commanded(steps.measured.pose, gripper_closed=False), 0.05)
    assert (steps.measured.gripper_closed, steps.measured.holding) == (True, None)


def test_arm_cannot_be_where_something_else_stands(make: Make) -> None:
    """Sent through a pedestal from the side it stops there, and its measured pose says so."""
    steps = Steps(make())
    steps.move(Pose(-1.4, -1.0, 0.5, 0.0))
    steps.move(Pose(-1.0, -1.0, 0.5, 0.0))
    assert steps.measured.pose.x < -1.1


def test_axes_turn_the_short_way_and_never_stop_turning(make: Make) -> None:
    """Around and around the heading is measured in [0, 360)."""
    steps = Steps(make())
    for degrees in (120, 240, 350, 10, 130):
        steps.hold(Commanded(Pose(0, 0, 1, math.radians(degrees)), gripper_closed=False), 2.0)
        assert steps.measured.pose.theta_deg == pytest.approx(degrees, abs=0.1)


def test_turned_gripper_takes_a_cube_and_turns_it(make: Make) -> None:
    """The cube aligns with the pads when they close on it askew."""
    steps = Steps(make())
    steps.pick(PICK, math.radians(20))
    assert steps.measured.holding == "cube"


def test_measurement_is_of_exactly_the_time_of_its_tick(make: Make) -> None:
    """However unevenly a real clock ticks."""
    arm = make()
    arm.command(Commanded(Pose(0.1, 0, 1, 0), gripper_closed=False))
    for now_s in (0.0101, 0.0199, 0.0323, 0.0327, 0.9, 0.9 + 1e-7):
        assert arm.tick(now_s).timestamp_s == now_s
    assert arm.tick(1.5).pose.x == pytest.approx(0.1, abs=1e-4)


def test_world_at_rest_is_not_computed(make: Make) -> None:
    """An idle robot costs nothing: not even its positions are read again."""
    arm = make()
    first = arm.tick(0.01)
    assert arm.tick(86_400.0).physics is first.physics


def test_held_object_does_not_creep(make: Make) -> None:
    """Ten minutes in the gripper leave the cube where it was."""
    steps = Steps(make())
    steps.pick(PICK)
    before = steps.measured.objects["cube"]
    for minute in range(10):
        steps.measured = steps.robot.tick(steps.ticks * PERIOD_S + 60.0 * (minute + 1))
    assert math.dist(steps.measured.objects["cube"], before) < 0.001
    assert steps.measured.holding == "cube"


@pytest.mark.parametrize(
    ("scene", "name", "start", "end"),
    [
        ("pick-and-place", "cube", PICK, Point(-1.0, -1.0, 0.7)),
        ("shelves", "item", Point(1.2, 1.5, 1.3), Point(-0.6, -1.2, 0.2)),
        ("microscope", "sample", Point(-0.8, 0.4, 0.6), Point(0.5, 0.5, 1.0)),
    ],
)
def test_shipped_scenes_can_be_done(make: Make, scene: str, name: str, start: Point, end: Point) -> None:
    """What each asks for is done by friction, and stays done."""
    steps = Steps(make(scene))
    steps.pick(start)
    assert steps.measured.holding == name
    steps.place(end)
    assert math.dist(steps.robot.tick(steps.ticks * PERIOD_S + 10.0).objects[name], end) < 2 * CM


def test_three_blocks_stay_stacked(make: Make) -> None:
    """A tower of three stands, and does not lean."""
    steps = Steps(make("blocks"))
    steps.pick(Point(-0.5, 0.6, 0.05))
    steps.place(Point(0.5, 0.5, 0.15))
    steps.pick(Point(0.2, -0.7, 0.05))
    steps.place(Point(0.5, 0.5, 0.25))
    tower = steps.robot.tick(steps.ticks * PERIOD_S + 30.0).objects
    for name, z in (("blue block", 0.05), ("green block", 0.15), ("red block", 0.25)):
        assert math.dist(tower[name], (0.5, 0.5, z)) < 0.005


class _Watched:
    """A robot whose measurements somebody looks at."""

    def __init__(self, robot, tick) -> None:
        self.command, self.close, self.tick = robot.command, robot.close, tick


def _from_line(point: Point, start: Point, end: Point) -> float:
    along = [b - a for a, b in zip(start, end, strict=True)]
    away = [p - a for a, p in zip(start, point, strict=True)]
    share = sum(a * b for a, b in zip(along, away, strict=True)) / sum(a * a for a in along)
    return math.dist(away, [share * a for a in along])
