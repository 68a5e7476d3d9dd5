"""A rover turns on the spot or goes straight, and the gate lets no other way through."""

import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmos.boot.body import simulated_body
from llmos.documents.robot_profile import RobotProfile, read_robot_profile
from llmos.documents.scene_zones import profile_in
from llmos.robots.base import Pose, turn_between
from llmos.robots.controls import Order, Principal
from llmos.robots.judgement.driving import check_driving, driven, in_workspace
from llmos.robots.verdict import Result
from tests.support.robots import SYSTEM, shipped_scene

PERSON = Principal("person", "a test")
FLOOR = st.tuples(st.floats(-2, 2), st.floats(-2, 2))


def rover() -> RobotProfile:
    """The shipped rover, by the driver that needs nothing."""
    return replace(read_robot_profile(SYSTEM / "robots" / "rover.md"), driver=("kinematic-rover",))


async def drive(folder: Path, *orders: tuple[str, dict[str, float]]) -> list[Result]:
    """The results of these orders, one after the other, in the arena."""
    scene = shipped_scene("arena")
    body = simulated_body(profile_in(scene, rover()), scene, folder)
    try:
        return [await body.pilot(PERSON).perform(verb, args) for verb, args in orders]
    finally:
        body.close()


@given(way=st.lists(FLOOR, min_size=2, max_size=6), theta=st.floats(0, math.tau), end=st.floats(0, math.tau))
def test_a_driven_way_can_be_driven_and_goes_where_the_way_goes(
    way: list[tuple[float, float]], theta: float, end: float
) -> None:
    """Through the same places, to the same end, with the heading that was asked for."""
    poses = [Pose(x, y, 0.05, theta) for x, y in way]
    path = driven(poses, end)
    assert check_driving(path) is None
    assert (path[-1].x, path[-1].y) == pytest.approx(way[-1], abs=1e-5)
    assert turn_between(path[-1].theta_rad, end) == pytest.approx(0, abs=1e-5)
    assert all(abs(b.theta_rad - a.theta_rad) <= math.pi + 1e-9 for a, b in pairwise(path))


@given(a=FLOOR, b=FLOOR, theta=st.floats(-7, 7), other=st.floats(-7, 7))
def test_what_the_gate_lets_through_is_a_turn_or_a_line(
    a: tuple[float, float], b: tuple[float, float], theta: float, other: float
) -> None:
    """Judged by the direction of the way, not by the rule's own formula."""
    path = (Pose(*a, 0.05, theta), Pose(*b, 0.05, other))
    if check_driving(path) is None and math.dist(a, b) > 1e-3:
        along = math.atan2(b[1] - a[1], b[0] - a[0])
        off = abs(math.remainder(along - theta, math.pi))
        assert math.dist(a, b) * math.sin(off) <= 2e-4
        assert abs(other - theta) * math.dist(a, b) <= 2e-4


def test_a_short_step_back_is_driven_backwards() -> None:
    """A longer one is turned around for, so that the sensors look ahead."""
    start = Pose(0, 0, 0.05, 0)
    assert [pose.theta_rad for pose in driven([start, Pose(-0.4, 0, 0.05, 0)], None)] == [0, 0]
    assert driven([start, Pose(-1.4, 0, 0.05, 0)], None)[-1].theta_rad == pytest.approx(math.pi)


@pytest.mark.parametrize(
    ("theta_deg", "step"), [(0, (1.0, 0.0)), (90, (0.0, 1.0)), (180, (-1.0, 0.0)), (270, (0.0, -1.0))]
)
def test_forward_is_where_the_heading_points(theta_deg: float, step: tuple[float, float]) -> None:
    """REP-103: x forward, y left, counter-clockwise positive."""
    assert in_workspace(1.0, 0.0, Pose(0, 0, 0, math.radians(theta_deg))) == pytest.approx(step)
    left = in_workspace(0.0, 1.0, Pose(0, 0, 0, math.radians(theta_deg)))
    assert left == pytest.approx((-step[1], step[0]))


@pytest.mark.anyio
async def test_a_rover_arrives_with_the_heading_it_drove_with(tmp_path: Path) -> None:
    """Unless it is told another; a relative step goes from where it stands."""
    results = await drive(
        tmp_path,
        ("move_to", {"x": 0.5, "y": 0.5}),
        ("move_relative", {"dx": 0.5}),
        ("move_to", {"x": 0.0, "y": 0.0, "theta_deg": 90}),
        ("move_relative", {"dtheta_deg": -90}),
        ("go_home", {}),
    )
    assert all(result.ok for result in results)
    found = [(result.measured.pose.x, result.measured.pose.y, result.measured.pose.theta_deg) for result in results]
    ahead = 0.5 + 0.5 / math.sqrt(2)
    wanted = [(0.5, 0.5, 45), (ahead, ahead, 45), (0, 0, 90), (0, 0, 0), (0, 0, 0)]
    for (x, y, theta_deg), (wanted_x, wanted_y, wanted_deg) in zip(found, wanted, strict=True):
        assert (x, y) == pytest.approx((wanted_x, wanted_y), abs=0.02)
        assert math.remainder(theta_deg - wanted_deg, 360) == pytest.approx(0, abs=2)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("verb", "args", "rule"),
    [
        ("move_to", {"x": 1.5, "y": 1.5}, "zone"),
        ("move_to", {"x": 2.5, "y": 0.0}, "workspace"),
        ("move_to", {"x": 1.0, "y": 0.0, "z": 1.0}, "arguments"),
        ("toggle_tool", {"activate": True}, "known-verb"),
        ("move_relative", {"dx": math.nan}, "well-formed"),
    ],
)
async def test_a_rover_is_refused_what_it_may_not_or_cannot(
    verb: str, args: dict[str, float], rule: str, tmp_path: Path
) -> None:
    """By the gate's rules, in sentences."""
    (result,) = await drive(tmp_path, (verb, args))
    assert result.refusal is not None
    assert result.refusal.rule == rule


@pytest.mark.anyio
async def test_an_order_that_goes_sideways_is_refused(tmp_path: Path) -> None:
    """Whoever leaves the planner out is told."""
    scene = shipped_scene("arena")
    body = simulated_body(profile_in(scene, rover()), scene, tmp_path)
    ruling = await body._controls.judge(Order("move_to", {"x": 0.0, "y": 1.0}, PERSON))
    body.close()
    assert str(ruling.verdict.refusal) == (
        "Piece 1 of the way cannot be driven: this robot turns on the spot or goes straight; let the planner find the "
        "way."
    )
