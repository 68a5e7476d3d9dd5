"""What a planner proposes passes the gate, and a robot in a pilot's hands goes around what is in its way."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.clock import SimulatedClock
from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile, Workspace
from llmos.documents.scene import Point, Scene
from llmos.documents.zone import Sphere
from llmos.robots.base import Commanded, Measured, Pose, Velocity
from llmos.robots.caution import Caution
from llmos.robots.controls import Principal, Snapshot
from llmos.robots.gate import Gate
from llmos.robots.judgement.zones import Fence
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from llmos.robots.profile.limits import with_zones
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.hostile_worlds import worlds
from tests.support.robots import arm_profile, shipped_scene

ADA = Principal("person", "Ada")
DEMO = shipped_scene("pick-and-place")
ARM = replace(arm_profile(), zones=with_zones(arm_profile().zones, DEMO.zones))


def known(at: Pose, profile: RobotProfile = ARM, scene: Scene = DEMO, *, held: str | None = None) -> Snapshot:
    """What is known of a robot that rests at a pose."""
    measured = Measured(0.0, at, Velocity(), held is not None, held, scene.objects)
    return Snapshot(measured, Commanded(at, held is not None), None, None, 0, "a robot", profile)


def pilot(folder: Path, scene: Scene, caution: Caution | None = None) -> Pilot:
    """The arm in a scene, with a planner."""
    gate = Gate(
        arm_profile(), KinematicArm(arm_profile(), scene), SimulatedPace(SimulatedClock()),
        StopLatch(folder / "arm.json"), zones=scene.zones,
    )  # fmt: skip
    more = {} if caution is None else {"caution": lambda: caution}
    return Pilot(gate, ADA, plan=Planner(scene), **more)


@pytest.mark.anyio
async def test_demo_is_refused_by_the_straight_way_and_done_by_the_planned_one(tmp_path: Path) -> None:
    """The globe is exactly in between; the cube gets around it and rests where it should."""
    arm = pilot(tmp_path, DEMO)
    assert (await arm.move_to(1.5, 1.0, 0.5)).ok
    assert (await arm.toggle_tool(activate=True)).measured.holding == "cube"
    there = {"x": -1.0, "y": -1.0, "z": 0.7}
    refusal = (await Pilot(arm._controls, ADA).perform("move_to", there)).refusal
    assert refusal is not None
    assert "'glass globe'" in refusal.reason
    way = (await arm.preview("move_to", there)).path
    assert len(way) > 2
    assert (way[1].point[:2], way[-2].point[:2]) == ((1.5, 1.0), (-1.0, -1.0))
    assert (await arm.move_to(**there)).ok
    assert (await arm.toggle_tool(activate=False)).ok
    assert math.dist(arm.measure().objects["cube"], (-1.0, -1.0, 0.7)) <= 0.02


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ((1.0, -1.0, 1.0), "Position (1.00, -1.00, 1.00) puts the tool 0.59m into zone 'operator station'"),
        ((5.0, 0.0, 1.0), "X position 5.00m outside workspace [-2, 2]"),
    ],
)
async def test_target_that_is_illegal_is_refused_by_name(
    tmp_path: Path, target: tuple[float, float, float], reason: str
) -> None:
    """No way leads there, and the reason names the zone or the bound."""
    refusal = (await pilot(tmp_path, DEMO).move_to(*target)).refusal
    assert refusal is not None
    assert refusal.reason == reason


@pytest.mark.anyio
async def test_more_caution_leaves_more_room(tmp_path: Path) -> None:
    """A way that is planned with caution passes the gate that adds it."""
    calm, careful = pilot(tmp_path, DEMO), pilot(tmp_path, DEMO, Caution(extra_margin_m=0.1))
    args = {"x": 1.5, "y": 1.0, "z": 0.9}
    ways = [(await each.preview("move_to", args)) for each in (calm, careful)]
    assert all(each.verdict.allowed for each in ways)
    assert ways[1].duration_s > ways[0].duration_s


@pytest.mark.parametrize(
    ("verb", "args"),
    [
        ("move_to", {"x": math.nan, "y": 0, "z": 1}),
        ("move_to", {"x": True, "y": 0, "z": 1}),
        ("move_to", {"x": 1}),
        ("fly", {"x": 1, "y": 1, "z": 1}),
        ("toggle_tool", {"activate": True}),
        ("emergency_stop", {}),
        ("move_to", {"x": 1, "y": 1, "z": 1, "speed": 9}),
    ],
)
def test_what_moves_nothing_or_is_wrong_in_itself_has_no_way(verb: str, args: dict[str, Any]) -> None:
    """The gate says what is wrong; the planner says nothing and breaks on nothing."""
    assert Planner(DEMO)(verb, args, known(Pose(0, 0, 1, 0))) == ()


def test_rover_stays_on_its_floor() -> None:
    """Around a zone, never over it, and nothing is approached from above."""
    flat = Workspace(Range(-2, 2), Range(-2, 2), Range(0, 1))
    rover = replace(ARM, kind="rover", workspace=flat)
    way = Planner(DEMO)("move_to", {"x": 1.5, "y": 1.0}, known(Pose(-1.5, -1, 0.1, 0), rover))
    assert way
    assert {pose.z for pose in way} == {0.1}


corners = st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3))


@given(world=st.sampled_from(worlds()), start=corners, target=corners, theta=st.floats(0, 360), held=st.booleans())
def test_every_planned_way_passes_the_gates_own_check(
    world: Any, start: tuple[float, float, float], target: tuple[float, float, float], theta: float, held: bool
) -> None:
    """In every world, with and without a load: what is proposed is legal, and straight wherever straight is."""
    now = known(
        Pose(*start, 0.0), world.profile, replace(world.scene, objects={}, places={}), held="x" if held else None
    )
    args = {**dict(zip("xyz", target, strict=True)), "theta_deg": theta}
    via = Planner(replace(world.scene, objects={}, places={}))("move_to", args, now)
    fence, ends = Fence(world.profile), (Pose(*start, 0.0), Pose(*target, 0.0))
    straight = fence.check_path(ends, loaded=held) is None
    if via:
        way = (ends[0], *via, ends[1])
        assert fence.check_path(way, loaded=held) is None
        assert all(-2 <= each.x <= 2 and -2 <= each.y <= 2 and 0 <= each.z <= 3 for each in way)
        assert not straight
        assert all(math.dist(a.point, b.point) > 0 for a, b in pairwise(way))


@given(
    world=st.sampled_from(worlds()), start=corners, target=corners, away=corners, radius=st.floats(0.1, 0.6),
    held=st.booleans(),
)  # fmt: skip
def test_way_out_of_a_zone_that_came_over_the_tool_passes_too(
    world: Any,
    start: tuple[float, float, float],
    target: tuple[float, float, float],
    away: tuple[float, float, float],
    radius: float,
    held: bool,
) -> None:
    """A zone was put where the tool is: the planned way leads away from it all along, by the gate's own check."""
    center = Point(*(a + 0.2 * (b - a) for a, b in zip(start, away, strict=True)))
    profile = replace(world.profile, zones={**world.profile.zones, "new": Sphere(center, radius)})
    scene = replace(world.scene, objects={}, places={})
    now = known(Pose(*start, 0.0), profile, scene, held="x" if held else None)
    via = Planner(scene)("move_to", dict(zip("xyz", target, strict=True)), now)
    if via:
        assert Fence(profile).check_path((Pose(*start, 0.0), *via, Pose(*target, 0.0)), loaded=held) is None
