"""Planned ways: straight where they may be, around zones, upright near things, and shortest out of a zone."""

import math
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from llmos.documents.scene import Point
from llmos.robots.base import Pose
from llmos.robots.path import LIFT_M, MARGIN_M, Surroundings, plan_path
from llmos.robots.route import Obstacle
from tests.support.obstacles import ball, wall

LOW, HIGH = Point(-2.0, -2.0, 0.0), Point(2.0, 2.0, 3.0)
PEDESTAL, CUBE = wall(Point(0.85, -0.15, 0), Point(1.15, 0.15, 0.5)), wall(Point(0.9, -0.1, 0.4), Point(1.1, 0.1, 0.6))
ON_IT = Pose(1, 0, 0.5, 0)


def among(*zones: Obstacle, things: tuple[Obstacle, ...] = ()) -> Surroundings:
    """The workspace of the arm with these zones and things in it."""
    return Surroundings(LOW, HIGH, zones, things)


def is_legal(way: tuple[Pose, ...], around: Surroundings) -> bool:
    """No piece enters a zone or leaves the workspace."""
    law = around.law
    return all(law.holds(each.point) for each in way) and all(law.is_free(a.point, b.point) for a, b in pairwise(way))


poses = st.builds(Pose, st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3), st.floats(-7, 7))
balls = st.builds(ball, st.floats(-2, 2), st.floats(-2, 2), st.floats(0, 3), st.floats(0.05, 0.7))


def test_tool_goes_straight_where_it_may() -> None:
    """Start and target and no more, whatever the headings."""
    way = plan_path(Pose(0, 0, 1, 0), Pose(1, 1, 1, 9), among(ball(-1, -1, 1, 0.5)))
    assert way == (Pose(0, 0, 1, 0), Pose(1, 1, 1, 9))


def test_tool_that_only_turns_stays() -> None:
    """Also among things, and touching one."""
    assert plan_path(ON_IT, Pose(1, 0, 0.5, 2), among(things=(CUBE,))) == (ON_IT, Pose(1, 0, 0.5, 2))


def test_tool_comes_to_a_thing_from_straight_above() -> None:
    """It ends its travel above the thing, clear of it, and only then goes down."""
    way = plan_path(Pose(-1, 0, 0.2, 0), ON_IT, among(things=(CUBE, PEDESTAL)))
    assert way is not None
    assert way[-2] == Pose(1, 0, 0.6 + LIFT_M, 0)
    assert all(PEDESTAL.clearance(a.point, b.point) >= 0 for a, b in pairwise(way[:-1]))


def test_tool_leaves_a_thing_straight_up_and_turns_on_the_way() -> None:
    """Lifting and lowering are without a turn, so that what is straddled is not twisted."""
    way = plan_path(ON_IT, Pose(-1, 0, 1, 2), among(things=(CUBE, PEDESTAL)))
    assert way is not None
    assert [pose.theta_rad for pose in way] == [0, 0, 2]
    assert way[1].point == Point(1, 0, 0.6 + LIFT_M)


def test_tool_passes_over_a_thing_in_between() -> None:
    """A pedestal across the way is no zone, and gone around all the same."""
    way = plan_path(Pose(0, 0, 0.3, 0), Pose(2, 0, 0.3, 0), among(things=(PEDESTAL,)))
    assert way is not None
    assert len(way) > 2
    assert all(PEDESTAL.clearance(a.point, b.point) >= 0 for a, b in pairwise(way))


def test_tool_moves_straight_up_and_down_at_a_thing() -> None:
    """Lifting a little needs no detour."""
    up = Pose(1, 0, 0.55, 0)
    assert plan_path(ON_IT, up, among(things=(CUBE, PEDESTAL))) == (ON_IT, up)


def test_things_never_forbid_a_way() -> None:
    """Where a zone leaves no room above a thing, the tool goes the way that is legal."""
    lid = ball(1, 0, 1, 0.45)
    around = among(lid, things=(PEDESTAL, CUBE))
    way = plan_path(Pose(0, 0, 0.5, 0), ON_IT, around)
    assert way == (Pose(0, 0, 0.5, 0), ON_IT)


def test_target_in_a_zone_or_outside_has_no_way() -> None:
    """Nobody gets there, from wherever."""
    assert plan_path(Pose(0, 0, 1, 0), Pose(1, 1, 1, 0), among(ball(1, 1, 1, 0.3))) is None
    assert plan_path(Pose(0, 0, 1, 0), Pose(1, 1, 3.1, 0), among()) is None
    assert plan_path(Pose(0, 0, 3.1, 0), Pose(1, 1, 1, 0), among()) is None


def test_tool_in_a_zone_goes_out_by_the_shortest_way_and_then_on() -> None:
    """Straight back would lead through the middle; the first piece leaves towards the nearest side."""
    one = ball(0, 0, 1, 0.5)
    way = plan_path(Pose(-0.4, 0, 1, 0), Pose(1.5, 0, 1, 0), among(one))
    assert way is not None
    assert math.isclose(way[1].x, -0.5 - MARGIN_M, abs_tol=1e-6)
    assert is_legal(way[1:], among(one))


def test_tool_in_a_zone_goes_straight_where_that_leads_away() -> None:
    """Also when it does not get out of it yet."""
    one = ball(0, 0, 1, 0.5)
    for x in (-0.45, -1.5):
        assert plan_path(Pose(-0.4, 0, 1, 0), Pose(x, 0, 1, 0), among(one)) == (Pose(-0.4, 0, 1, 0), Pose(x, 0, 1, 0))
    assert plan_path(Pose(-0.4, 0, 1, 0), Pose(-0.3, 0, 1, 0), among(one)) is None


@given(zones=st.lists(balls, max_size=4), things=st.lists(balls, max_size=4), start=poses, target=poses)
def test_every_planned_way_is_legal_straight_where_it_may_be_and_the_same_again(
    zones: list[Obstacle], things: list[Obstacle], start: Pose, target: Pose
) -> None:
    """From where no zone is; the headings begin and end as they should, and turn one way only."""
    around = among(*zones, things=tuple(things))
    assume(not any(around.law.inside(start.point)))
    way = plan_path(start, target, around)
    assert way == plan_path(start, target, around)
    if way is None:
        return
    assert (way[0], way[-1]) == (start, target)
    assert is_legal(way, around)
    turns = [b.theta_rad - a.theta_rad for a, b in pairwise(way)]
    assert all(turn * (target.theta_rad - start.theta_rad) >= -1e-9 for turn in turns)
    if not things:
        assert (len(way) == 2) is around.law.is_free(start.point, target.point)


@given(
    zones=st.lists(balls, min_size=1, max_size=4),
    share=st.floats(0, 0.99),
    toward=st.sampled_from([(1, 0, 0), (-0.6, 0.8, 0), (0, 0, 1), (0, -0.6, -0.8)]),
    target=poses,
)
def test_way_out_of_zones_leads_away_from_each_of_them_all_along(
    zones: list[Obstacle], share: float, toward: tuple[float, float, float], target: Pose
) -> None:
    """Measured in small steps: the distance to every zone that it begins in only grows, until it is out."""
    around = among(*zones)
    radius = (zones[0].high.x - zones[0].low.x) / 2
    center = [(low + high) / 2 for low, high in zip(zones[0].low, zones[0].high, strict=True)]
    start = Pose(*(value + share * radius * each for value, each in zip(center, toward, strict=True)), 0.0)
    assume(around.law.holds(start.point))
    inside = list(around.law.inside(start.point))
    way = plan_path(start, target, around)
    if way is None:
        return
    a, b = way[0].point, way[1].point
    steps = [Point(*(p + n / 20 * (q - p) for p, q in zip(a, b, strict=True))) for n in range(21)]
    for zone in inside:
        distances = [zone.clearance(each, each) for each in steps]
        assert all(later > earlier - 1e-12 for earlier, later in pairwise(distances))
    assert is_legal(way[1:], around)
