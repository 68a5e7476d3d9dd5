"""Clearances of the swept tool, against an oracle that only knows which points lie in a shape."""

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile, Tool
from llmos.documents.scene import Point
from llmos.documents.zone import Box, Corner, Cylinder, Prism, Sphere, Zone
from llmos.robots.base import Pose
from llmos.robots.judgement.zones import PRECISION_M, Fence, clearance, keep_m
from llmos.robots.verdict import Refusal
from tests.support.robots import arm_profile

TOOL = Tool(0.05, 0.3, 0.1)
ARM = replace(arm_profile(), tool=TOOL)
SQUARE = tuple(Corner(*each) for each in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)))
SHAPES: dict[str, Zone] = {
    "sphere": Sphere(Point(0, 0, 1), 0.5),
    "box": Box(Point(-0.5, -0.5, 0.5), Point(0.5, 0.5, 1.5)),
    "cylinder": Cylinder(Corner(0, 0), 0.5, Range(0.5, 1.5)),
    "prism": Prism(SQUARE, Range(0.5, 1.5)),
}

# The oracle: membership of single points, and nothing else.


def holds(zone: Zone, x: float, y: float, z: float) -> bool:
    """Whether a point lies in a shape, by the definition of the shape."""
    if isinstance(zone, Sphere):
        return math.dist((x, y, z), zone.center_m) <= zone.radius_m
    if isinstance(zone, Box):
        return all(low <= value <= high for low, value, high in zip(zone.min_m, (x, y, z), zone.max_m, strict=True))
    if not zone.z_m.low <= z <= zone.z_m.high:
        return False
    if isinstance(zone, Cylinder):
        return math.dist((x, y), zone.center_m) <= zone.radius_m
    crossings = 0
    for (ax, ay), (bx, by) in zip(zone.corners_m, zone.corners_m[1:] + zone.corners_m[:1], strict=True):
        crossings += (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay)
    return crossings % 2 == 1


def points_of(zone: Zone, steps: int = 8) -> list[tuple[float, float, float]]:
    """A lattice of the points of a shape."""
    low, high = zone.box
    axes = [[a + (b - a) * i / steps for i in range(steps + 1)] for a, b in zip(low, high, strict=True)]
    return [point for point in itertools.product(*axes) if holds(zone, *point)]


def swept(start: Point, end: Point, tool: Tool, steps: int = 40) -> Iterator[tuple[float, float, float]]:
    """Points on the axis of the tool, all along its way."""
    for i in range(steps + 1):
        x, y, z = (a + (b - a) * i / steps for a, b in zip(start, end, strict=True))
        yield from ((x, y, z + tool.length_m * j / 5) for j in range(6))


def by_brute_force(zone: Zone, start: Point, end: Point, tool: Tool) -> float:
    """The least distance between sampled points: never less than the true one."""
    axis = list(swept(start, end, tool, 10))
    return min(math.dist(a, b) for b in points_of(zone) for a in axis) - tool.radius_m


coordinates = st.floats(-1.0, 1.0).map(lambda value: round(value, 3))
places = st.builds(Point, coordinates, coordinates, coordinates.map(lambda value: value + 1.0))
sizes = st.floats(0.1, 0.6)


@st.composite
def polygons(draw: st.DrawFn) -> tuple[Corner, ...]:
    """Convex polygons: corners on a circle."""
    x, y, radius = draw(coordinates), draw(coordinates), draw(sizes)
    shares = draw(st.lists(st.integers(1, 100), min_size=3, max_size=7))
    spare = math.tau - 0.21 * len(shares)  # corners stand at least 0.21 rad apart
    gaps = [0.21 + spare * share / sum(shares) for share in shares]
    turns = list(itertools.accumulate(gaps[:-1], initial=draw(st.floats(0, 6.28))))
    corners = tuple(Corner(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns)
    return corners if draw(st.booleans()) else corners[::-1]


heights = st.tuples(coordinates, sizes).map(lambda each: Range(each[0] + 1.0, each[0] + 1.0 + each[1]))
zones = st.one_of(
    st.builds(Sphere, places, sizes),
    st.builds(lambda at, a, b, c: Box(at, Point(at.x + a, at.y + b, at.z + c)), places, sizes, sizes, sizes),
    st.builds(lambda x, y, r, z: Cylinder(Corner(x, y), r, z), coordinates, coordinates, sizes, heights),
    st.builds(Prism, polygons(), heights),
)


@st.composite
def points_in(draw: st.DrawFn, zone: Zone) -> Point:
    """Any point of a shape."""
    share = st.floats(0, 1)
    if isinstance(zone, Box):
        return Point(*(low + (high - low) * draw(share) for low, high in zip(zone.min_m, zone.max_m, strict=True)))
    if isinstance(zone, Sphere):
        return _off(zone.center_m, draw(_directions), zone.radius_m * draw(share))
    z = zone.z_m.low + (zone.z_m.high - zone.z_m.low) * draw(share)
    if isinstance(zone, Cylinder):
        turn, away = draw(st.floats(0, 6.28)), zone.radius_m * draw(share)
        return Point(zone.center_m.x + away * math.cos(turn), zone.center_m.y + away * math.sin(turn), z)
    count = len(zone.corners_m)
    weights = draw(st.lists(st.integers(1, 100), min_size=count, max_size=count))
    x, y = (sum(w * at for w, at in zip(weights, axis, strict=True)) for axis in zip(*zone.corners_m, strict=True))
    return Point(x / sum(weights), y / sum(weights), z)


@st.composite
def zones_and_places_inside(draw: st.DrawFn) -> tuple[Zone, Point]:
    """A zone, and a place of the tool that is nearer to it than the margin: some point of its axis is."""
    zone = draw(zones)
    away = 0.98 * (TOOL.radius_m + ARM.zone_margin_m) * draw(st.floats(0, 1))
    near = _off(draw(points_in(zone)), draw(_directions), away)
    start = Point(near.x, near.y, near.z - TOOL.length_m * draw(st.floats(0, 1)))
    return zone, Point(*(round(value, 3) for value in start))


_directions = st.tuples(st.floats(0, 6.28), st.floats(-1, 1))
"""A turn about the vertical, and the height on a sphere of radius one."""


def _off(point: Point, direction: tuple[float, float], away: float) -> Point:
    """The point that lies so far from another in a direction."""
    turn, height = direction
    flat = away * math.sqrt(1 - height * height)
    return Point(point.x + flat * math.cos(turn), point.y + flat * math.sin(turn), point.z + away * height)


@settings(max_examples=60, deadline=None)
@given(zone=zones, start=places, end=places)
def test_clearance_agrees_with_sampled_points(zone: Zone, start: Point, end: Point) -> None:
    """Never more than what the samples show, and no less than they can miss by their spacing."""
    found, seen = clearance(zone, start, end, TOOL), by_brute_force(zone, start, end, TOOL)
    assert found <= seen + 1e-9
    low, high = zone.box
    missed = math.dist(low, high) / 8 + math.dist(start, end) / 20 + TOOL.length_m / 10
    if found > -TOOL.radius_m:  # apart, so that distances of points mean something
        assert seen - found <= missed + PRECISION_M


@settings(max_examples=300, deadline=None)
@given(zone=zones, start=places, end=places, share=st.floats(0, 1), loaded=st.booleans())
def test_no_place_on_the_way_is_nearer_than_the_clearance(
    zone: Zone, start: Point, end: Point, share: float, loaded: bool
) -> None:
    """What is told of a way is a lower bound of what is told of each of its places; the payload only comes nearer."""
    on = Point(*(a + share * (b - a) for a, b in zip(start, end, strict=True)))
    whole = clearance(zone, start, end, TOOL, loaded=loaded)
    assert whole <= clearance(zone, on, on, TOOL, loaded=loaded) + 1e-9
    assert clearance(zone, start, end, TOOL, loaded=True) <= clearance(zone, start, end, TOOL) + 1e-9
    assert clearance(zone, end, start, TOOL, loaded=loaded) == pytest.approx(whole, abs=2 * PRECISION_M)


@settings(max_examples=300, deadline=None)
@given(zone=zones, a=places, b=places)
def test_distance_is_convex_and_changes_by_no_more_than_the_way(zone: Zone, a: Point, b: Point) -> None:
    """The two properties that the search along a way rests on."""
    middle = Point(*((p + q) / 2 for p, q in zip(a, b, strict=True)))
    at_a, at_b, at_middle = (zone.distance_m(p.x, p.y, p.z, p.z + 0.3) for p in (a, b, middle))
    assert at_middle <= (at_a + at_b) / 2 + 1e-9
    assert abs(at_a - at_b) <= math.dist(a, b) + 1e-9


@settings(max_examples=200, deadline=None)
@given(zone=zones, at=places)
def test_sign_of_a_distance_says_inside_or_outside(zone: Zone, at: Point) -> None:
    """A line without length is a point, and the oracle knows whether that is inside."""
    distance = zone.distance_m(at.x, at.y, at.z, at.z)
    assume(abs(distance) > 1e-9)
    assert (distance < 0) == holds(zone, *at)


@pytest.mark.parametrize(
    ("shape", "start", "end", "metres"),
    [
        ("sphere", (1, 0, 1), (1, 0, 1), 0.5 - 0.05),
        ("sphere", (0, 0, 1.6), (0, 0, 1.6), 0.1 - 0.05),
        ("sphere", (0, 0, 0.1), (0, 0, 0.1), 0.1 - 0.05),  # the tool ends 0.3 above its centre point
        ("sphere", (-2, 0, 1), (2, 0, 1), -0.5 - 0.05),
        ("sphere", (-2, 0.8, 1), (2, 0.8, 1), 0.3 - 0.05),
        ("box", (-2, 0.7, 1), (2, 0.7, 1), 0.2 - 0.05),
        ("box", (0.8, 0.9, 1), (0.8, 0.9, 2), 0.5 - 0.05),
        ("box", (0, 0, 0), (0, 0, 0.15), 0.05 - 0.05),
        ("cylinder", (-2, 0.7, 1), (2, 0.7, 1), 0.2 - 0.05),
        ("cylinder", (0.8, 0, 1.9), (0.8, 0, 1.9), 0.5 - 0.05),
        ("prism", (-2, 0.7, 1), (2, 0.7, 1), 0.2 - 0.05),
        ("prism", (0.8, 0.9, 1), (0.8, 0.9, 2), 0.5 - 0.05),
        ("prism", (0, 0, 1), (0, 0, 1), -0.5 - 0.05),
    ],
)
def test_clearance_by_hand(shape: str, start: tuple[float, ...], end: tuple[float, ...], metres: float) -> None:
    """Cases that anyone can check on paper."""
    assert clearance(SHAPES[shape], Point(*start), Point(*end), TOOL) == pytest.approx(metres, abs=2 * PRECISION_M)


def test_payload_counts_while_something_is_held() -> None:
    """A ball around the tool centre point, not along the tool."""
    beside, above = Point(0.7, 0, 1), Point(0, 0, 1.8)
    assert clearance(SHAPES["sphere"], beside, beside, TOOL, loaded=True) == pytest.approx(0.2 - 0.1, abs=1e-6)
    assert clearance(SHAPES["sphere"], above, above, TOOL, loaded=True) == pytest.approx(0.3 - 0.1, abs=1e-6)


def fence(zone: Zone, **changes: Any) -> Fence:
    """A fence with one zone, named `it`."""
    return Fence(fenced(zone, **changes))


def fenced(zone: Zone, **changes: Any) -> RobotProfile:
    """The arm with one zone, named `it`."""
    return replace(ARM, zones={"it": zone}, **changes)


def way(*points: tuple[float, float, float]) -> tuple[Pose, ...]:
    """A path that does not turn the tool."""
    return tuple(Pose(*point, 0.0) for point in points)


HUMAN = replace(SHAPES["sphere"], kind="human")


@pytest.mark.parametrize(
    ("zone", "path", "sentence"),
    [
        (SHAPES["sphere"], way((-2, 0, 1), (2, 0, 1)),
         ("The way to (2.00, 0.00, 1.00) leads the tool 0.55m into zone 'it'; "
          "choose a target that can be reached without coming near it.")),
        (SHAPES["sphere"], way((-2, 0, 1), (0, 0, 1)),
         ("Position (0.00, 0.00, 1.00) puts the tool 0.55m into zone 'it'; "
         "choose a position at least 0.56m further away.")),
        (SHAPES["sphere"], way((-2, 0.553, 1), (2, 0.553, 1)),
         ("The way to (2.00, 0.55, 1.00) leads the tool 0.003m from zone 'it'; "
          "choose a target that can be reached without coming near it.")),
        (HUMAN, way((-2, 0.6, 1), (2, 0.6, 1)),
         ("The way to (2.00, 0.60, 1.00) leads the tool 0.05m from zone 'it'; "
          "choose a target that can be reached without coming near it.")),
        (HUMAN, way((-2, 0.6, 1), (0, 0.6, 1)),
         ("Position (0.00, 0.60, 1.00) puts the tool 0.05m from zone 'it'; "
         "choose a position at least 0.05m further away.")),
        (SHAPES["sphere"], way((0.3, 0, 1), (0.2, 0, 1)),
         ("The tool is 0.25m into zone 'it', and this move does not lead away from it; "
         "first move away from it, by dx 0.26, dy 0.00, dz 0.00.")),
        (SHAPES["sphere"], way((0.3, 0, 1), (-2, 0, 1)),
         ("The tool is 0.25m into zone 'it', and this move does not lead away from it; "
         "first move away from it, by dx 0.26, dy 0.00, dz 0.00.")),
        (SHAPES["sphere"], way((-2, 0, 1), (-2, 2, 1), (2, 2, 1), (2, 0, 1), (-2, 0, 1)),
         ("The way to (-2.00, 0.00, 1.00) leads the tool 0.55m into zone 'it'; "
          "choose a target that can be reached without coming near it.")),
    ],
)  # fmt: skip
def test_way_through_a_zone_is_refused_by_name_and_distance(zone: Zone, path: tuple[Pose, ...], sentence: str) -> None:
    """Each refusal names zone and distance, and what would be allowed."""
    refusal = fence(zone).check_path(path, loaded=False)
    assert refusal is not None
    assert (refusal.rule, str(refusal)) == ("zone", sentence)


@pytest.mark.parametrize(
    "path",
    [
        way((-2, 0, 1), (-2, 0, 2), (2, 0, 2)),
        way((-2, 0.56, 1), (2, 0.56, 1)),
        way((0.3, 0, 1), (2, 0, 1)),  # out of it, by the nearest side
        way((0.3, 0, 1), (0.4, 0, 1)),  # a little on the way out is allowed too
        way((0.3, 0, 1), (0.7, 0, 1), (0.7, 0.7, 1)),
        way((0.3, 0, 1), (0.3, 0.9, 1)),  # sideways, for a sphere, leads away as well
    ],
)
def test_way_that_keeps_its_distance_or_leads_out_passes(path: tuple[Pose, ...]) -> None:
    """Around, beside, and from inside outwards."""
    assert fence(SHAPES["sphere"]).check_path(path, loaded=False) is None


def test_way_out_that_comes_back_is_refused() -> None:
    """Once out, a way must stay out."""
    path = way((0.3, 0, 1), (0.9, 0, 1), (0.9, 0.3, 1), (-0.9, 0.3, 1))
    assert fence(SHAPES["sphere"]).check_path(path, loaded=False) is not None


def test_tool_that_stands_still_in_a_zone_is_not_leaving_it() -> None:
    """Turning on the spot is no way out."""
    assert fence(SHAPES["sphere"]).check_path(way((0.3, 0, 1), (0.3, 0, 1)), loaded=False) is not None


def test_caution_widens_every_zone() -> None:
    """What passes at its margin does not pass with more."""
    path = way((-2, 0.56, 1), (2, 0.56, 1))
    assert fence(SHAPES["sphere"]).check_path(path, loaded=False, extra_m=0.05) is not None
    assert fence(SHAPES["sphere"]).check_path(way((-2, 0.61, 1), (2, 0.61, 1)), loaded=False, extra_m=0.05) is None


@settings(max_examples=300, deadline=None)
@given(zone=zones, points=st.lists(places, min_size=2, max_size=4), loaded=st.booleans(), human=st.booleans())
def test_fence_lets_pass_exactly_what_keeps_its_distance(
    zone: Zone, points: list[Point], loaded: bool, human: bool
) -> None:
    """The quick checks by boxes change no verdict: it is that of the clearances of all legs."""
    zone = replace(zone, kind="human" if human else "keepout")
    profile = fenced(zone)
    keep = keep_m(zone, profile)
    assert keep == (ARM.human.stop_m if human else ARM.zone_margin_m)
    at_start = clearance(zone, points[0], points[0], TOOL, loaded=loaded)
    legs = [clearance(zone, a, b, TOOL, loaded=loaded) for a, b in itertools.pairwise(points)]
    assume(abs(min(legs) - keep) > 2 * PRECISION_M)
    assume(at_start >= keep)
    passes = fence(zone).check_path(way(*points), loaded=loaded) is None
    assert passes == (min(legs) >= keep)


@settings(max_examples=300, deadline=None)
@given(inside=zones_and_places_inside(), end=places)
def test_from_inside_only_ways_that_gain_distance_all_along_pass(inside: tuple[Zone, Point], end: Point) -> None:
    """Sampled along the way, the distance to the zone never falls while it is less than required."""
    zone, start = inside
    assert clearance(zone, start, start, TOOL) < ARM.zone_margin_m
    refusal = fence(zone).check_path(way(start, end), loaded=False)
    gaps = []
    for i in range(101):
        at = Point(*(a + (b - a) * i / 100 for a, b in zip(start, end, strict=True)))
        gaps.append(clearance(zone, at, at, TOOL))
    rises = all(b >= a - 1e-7 for a, b in itertools.pairwise(gaps) if a < ARM.zone_margin_m)
    if refusal is None:
        assert rises
        assert gaps[-1] > gaps[0] or math.dist(start, end) < 1e-9
    elif not rises:
        assert refusal.rule == "zone"


@settings(max_examples=200, deadline=None)
@given(zone=zones, start=places, end=places)
def test_setpoints_of_a_way_that_passed_pass_one_by_one(zone: Zone, start: Point, end: Point) -> None:
    """The check at every tick never halts what the check of the whole way has allowed."""
    it = fence(zone)
    assume(it.check_path(way(start, end), loaded=False) is None)
    last = Pose(*start, 0.0)
    for i in range(51):
        setpoint = Pose(*(a + (b - a) * i / 50 for a, b in zip(start, end, strict=True)), 0.0)
        assert it.check_setpoint(last, setpoint, loaded=False) is None
        last = setpoint


def test_setpoint_in_a_zone_is_refused_unless_it_leads_out() -> None:
    """At a tick the same law holds as for a way."""
    it = fence(SHAPES["box"])
    inside, deeper, out = (Pose(x, 0, 1, 0) for x in (0.4, 0.39, 0.41))
    assert it.check_setpoint(inside, out, loaded=False) is None
    assert it.check_setpoint(inside, inside, loaded=False) is None
    assert it.check_setpoint(inside, deeper, loaded=False) is not None
    assert it.check_setpoint(Pose(0.56, 0, 1, 0), Pose(0.551, 0, 1, 0), loaded=False) is not None


@pytest.mark.parametrize(
    ("kind", "extra_m", "gap_m", "rule"),
    [
        ("keepout", 0.0, 0.006, ""),
        ("keepout", 0.0, 0.004, "zone"),
        ("keepout", 0.2, 0.206, ""),
        ("keepout", 0.2, 0.204, "zone"),
        ("human", 0.0, 0.101, ""),
        ("human", 0.0, 0.099, "zone"),
        ("human", 0.2, 0.301, ""),
        ("human", 0.2, 0.299, "zone"),
    ],
)
def test_setpoint_keeps_what_people_and_caution_ask_for(kind: str, extra_m: float, gap_m: float, rule: str) -> None:
    """At a tick too: from things the margin, from people their distance, and as much more as caution says."""
    it = fence(replace(SHAPES["box"], kind=kind))
    last, setpoint = (Pose(0.5 + TOOL.radius_m + metres, 0, 1, 0) for metres in (0.4, gap_m))
    assert refusals(it.check_setpoint(last, setpoint, loaded=False, extra_m=extra_m)) == rule


def test_tool_that_is_measured_inside_is_told() -> None:
    """However the robot came there; at the margin it is not inside yet."""
    it = fence(SHAPES["box"])
    assert str(it.check_measured(Pose(0.5, 0, 1, 0), loaded=False)) == (
        "The tool is measured inside zone 'it'; a person should look at the robot."
    )
    assert it.check_measured(Pose(0.551, 0, 1, 0), loaded=False) is None


def test_what_is_carried_is_measured_inside_as_well() -> None:
    """The tool is beside the zone, what it holds reaches into it."""
    it, there = fence(SHAPES["box"]), Pose(0.59, 0, 1, 0)
    assert it.check_measured(there, loaded=False) is None
    assert it.check_measured(there, loaded=True) is not None
    assert it.check_measured(Pose(0.601, 0, 1, 0), loaded=True) is None


def test_gripping_is_judged_with_what_may_then_be_held() -> None:
    """Where the empty tool may be, what it takes up may be too large."""
    it = fence(SHAPES["box"])
    assert str(it.check_grip(Point(0.58, 0, 1))) == (
        "What is gripped at (0.58, 0.00, 1.00) may reach 0.02m into zone 'it'; grip it further away."
    )
    assert it.check_grip(Point(0.61, 0, 1)) is None
    assert it.check_grip(Point(0.3, 0, 1)) is None  # the tool itself is in there already; gripping makes nothing worse


def test_distances_are_told_for_every_zone() -> None:
    """For cockpits: by name, nearest body first counts; and the nearest people by themselves."""
    it = Fence(replace(ARM, zones={"ball": SHAPES["sphere"], "desk": HUMAN}))
    assert it.distances(Point(1, 0, 1)) == pytest.approx({"ball": 0.45, "desk": 0.45})
    assert it.distances(Point(1, 0, 1), loaded=True) == pytest.approx({"ball": 0.4, "desk": 0.4})
    assert it.human_m(Point(1, 0, 1), loaded=False) == pytest.approx(0.45)
    assert it.human_m(Point(1, 0, 1), loaded=True) == pytest.approx(0.4)
    assert fence(SHAPES["sphere"]).human_m(Point(1, 0, 1), loaded=False) == math.inf


def refusals(found: Refusal | None) -> str:
    """The rule, or nothing."""
    return found.rule if found else ""


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_way_that_misses_by_the_margin_and_no_more_passes(shape: str) -> None:
    """Just outside the margin passes, just inside does not, for every shape."""
    it = fence(SHAPES[shape])
    least = 0.5 + TOOL.radius_m + ARM.zone_margin_m
    passing, failing = (way((-2, y, 1), (2, y, 1)) for y in (least + 1e-5, least - 1e-5))
    assert (refusals(it.check_path(passing, loaded=False)), refusals(it.check_path(failing, loaded=False))) == (
        "",
        "zone",
    )
