"""How near the tool comes to a zone, along a whole path and at one place; and whether a way out of a zone leads away.

Knows no order and no speed. The tool is an upright capsule, the payload a ball at its tip. The distance from an upright
line to a convex shape is a convex function of where the line stands and changes by at most a metre per metre, so its
least value on a segment is bracketed by golden sections, and what is returned is never more than it: exact for all four
shapes, but for at most `PRECISION_M` to the safe side.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from llmos.documents.robot_profile import RobotProfile, Tool
from llmos.documents.scene import Point
from llmos.documents.zone import Zone
from llmos.robots.base import Pose
from llmos.robots.verdict import Refusal

PRECISION_M: Final = 1e-6
"""By how much a clearance may be told smaller than it is."""

_GOLDEN: Final = (math.sqrt(5.0) - 1.0) / 2.0
_STEP_M: Final = 1e-3
_Gap: TypeAlias = Callable[[float, float, float], float]


def clearance(zone: Zone, start: Point, end: Point, tool: Tool, *, loaded: bool = False) -> float:
    """The least distance in metres between the zone and the tool on its straight way; negative when they overlap.

    `loaded`: something is held. With `start == end` it is the distance at that place.
    """
    return min(_least(gap, start, end) for gap in _gaps(zone, tool, loaded=loaded))


def keep_m(zone: Zone, profile: RobotProfile, extra_m: float = 0.0) -> float:
    """The clearance that the tool keeps: `stop_m` to people, a margin for the motion itself to everything."""
    return max(profile.human.stop_m if zone.kind == "human" else 0.0, profile.zone_margin_m) + extra_m


class _Body(NamedTuple):
    """One thing that moves (tool or payload) beside one zone: how near it comes and what it keeps.

    The corners are of a box around every place of the tool centre point at which it keeps less.
    """

    name: str
    human: bool
    gap: _Gap
    keep: float
    low: Point
    high: Point


class Fence:
    """The zones of a profile, ready to be asked many times; `loaded` says that something is held."""

    def __init__(self, profile: RobotProfile) -> None:
        self._bodies = {loaded: tuple(_bodies(profile, loaded=loaded)) for loaded in (False, True)}

    def check_path(self, path: Sequence[Pose], *, loaded: bool, extra_m: float = 0.0) -> Refusal | None:
        """Rule `zone`: the whole way keeps its distance, or where it begins too near, leads away all along."""
        points = [pose.point for pose in path]
        legs = list(pairwise(points))
        for body in self._near(points, loaded, extra_m):
            keep = body.keep + extra_m
            if body.gap(*points[0]) < keep:
                if not _leads_out(body, points, extra_m):
                    return _stuck(body, points[0], keep)
            elif not all(_keeps(body, a, b, extra_m) for a, b in legs):
                return _too_near(body, points, keep)
        return None

    def check_setpoint(self, last: Pose, setpoint: Pose, *, loaded: bool, extra_m: float = 0.0) -> Refusal | None:
        """Rule `zone` at one tick: the setpoint keeps its distance, or is no nearer than the last one."""
        points = (last.point, setpoint.point)
        for body in self._near(points, loaded, extra_m):
            keep = body.keep + extra_m - PRECISION_M
            if not body.gap(*points[1]) >= min(keep, body.gap(*points[0])):
                return _too_near(body, points, keep)
        return None

    def check_grip(self, at: Point) -> Refusal | None:
        """Rule `zone` for closing the gripper there: what may then be held keeps its distance."""
        already = {body.name for body in self._near((at,), False, 0.0) if body.gap(*at) < body.keep}
        for body in self._near((at,), True, 0.0):
            if body.gap(*at) < body.keep and body.name not in already:
                reach = _metres(body.gap(*at), body.keep)
                reason = f"What is gripped at {_told(at)} may reach {reach} zone '{body.name}'"
                return Refusal("zone", reason, "grip it further away")
        return None

    def is_inside(self, at: Point, *, loaded: bool) -> str | None:
        """The name of a zone that the tool overlaps there."""
        return next((body.name for body in self._near((at,), loaded, 0.0) if body.gap(*at) < 0.0), None)

    def check_measured(self, pose: Pose, *, loaded: bool) -> Refusal | None:
        """Rule `zone` for where the robot really is, however it came there."""
        name = self.is_inside(pose.point, loaded=loaded)
        if name is None:
            return None
        return Refusal("zone", f"The tool is measured inside zone '{name}'", "a person should look at the robot")

    def distances(self, at: Point, *, loaded: bool = False) -> dict[str, float]:
        """The clearance of the tool at one place to every zone, in metres."""
        found: dict[str, float] = {}
        for body in self._bodies[loaded]:
            found[body.name] = min(body.gap(*at), found.get(body.name, math.inf))
        return found

    def human_m(self, at: Point, *, loaded: bool) -> float:
        """The clearance to the nearest zone of people; infinite without one."""
        return min((body.gap(*at) for body in self._bodies[loaded] if body.human), default=math.inf)

    def _near(self, points: Sequence[Point], loaded: bool, extra_m: float) -> Iterator[_Body]:  # noqa: FBT001
        """The bodies whose box the way comes into: all others are far enough, whatever the shape of their zone."""
        xs, ys, zs = zip(*points, strict=True)
        west, east, south, north = min(xs) - extra_m, max(xs) + extra_m, min(ys) - extra_m, max(ys) + extra_m
        below, above = min(zs) - extra_m, max(zs) + extra_m
        for body in self._bodies[loaded]:
            low, high = body.low, body.high
            if (
                low[0] <= east and high[0] >= west and low[1] <= north and high[1] >= south
                and low[2] <= above and high[2] >= below
            ):  # fmt: skip
                yield body


def _bodies(profile: RobotProfile, *, loaded: bool) -> Iterator[_Body]:
    tool = profile.tool
    for name, zone in profile.zones.items():
        keep, (low, high) = keep_m(zone, profile), zone.box
        sizes = [(tool.radius_m, tool.length_m), (tool.payload_radius_m, 0.0)]
        for gap, (radius_m, length_m) in zip(_gaps(zone, tool, loaded=loaded), sizes, strict=False):
            m = radius_m + keep
            lowest = Point(low.x - m, low.y - m, low.z - m - length_m)
            yield _Body(name, zone.kind == "human", gap, keep, lowest, Point(high.x + m, high.y + m, high.z + m))


def _gaps(zone: Zone, tool: Tool, *, loaded: bool) -> Iterator[_Gap]:
    """The clearance of each body that moves, as a function of where the tool centre point is."""
    measure, radius_m, length_m, payload_m = zone.distance_m, tool.radius_m, tool.length_m, tool.payload_radius_m
    yield lambda x, y, z: measure(x, y, z, z + length_m) - radius_m
    if loaded:
        yield lambda x, y, z: measure(x, y, z, z) - payload_m


def _least(gap: _Gap, start: Point, end: Point, enough_m: float = math.inf) -> float:
    """The least gap on a segment, or any lower bound of it that is `enough_m`, or any gap that is below that."""
    (x, y, z), (dx, dy, dz) = start, (b - a for a, b in zip(start, end, strict=True))
    length_m = math.dist(start, end)
    low, high, left, right = 0.0, 1.0, 1.0 - _GOLDEN, _GOLDEN
    best = min(gap(*start), gap(*end))
    if length_m == 0.0 or best < enough_m < math.inf:
        return best
    at_left = gap(x + left * dx, y + left * dy, z + left * dz)
    at_right = gap(x + right * dx, y + right * dy, z + right * dz)
    while True:
        best = min(best, at_left, at_right)
        slack_m = (high - low) * length_m
        if slack_m <= PRECISION_M or best - slack_m >= enough_m or best < enough_m < math.inf:
            return best if best < enough_m < math.inf else best - slack_m
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = gap(x + left * dx, y + left * dy, z + left * dz)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = gap(x + right * dx, y + right * dy, z + right * dz)


def _keeps(body: _Body, start: Point, end: Point, extra_m: float) -> bool:
    """Whether a leg keeps its distance; only the part of it that is in the body's box needs to be looked at."""
    first, last = 0.0, 1.0
    for a, b, low, high in zip(start, end, body.low, body.high, strict=True):
        way = b - a
        if way == 0.0:
            if not low - extra_m <= a <= high + extra_m:
                return True
            continue
        enters, leaves = (low - extra_m - a) / way, (high + extra_m - a) / way
        if enters > leaves:
            enters, leaves = leaves, enters
        first, last = max(first, enters), min(last, leaves)
        if first > last:
            return True
    return _least(body.gap, _on(start, end, first), _on(start, end, last), body.keep + extra_m) >= body.keep + extra_m


def _on(start: Point, end: Point, share: float) -> Point:
    (ax, ay, az), (bx, by, bz) = start, end
    return Point(ax + share * (bx - ax), ay + share * (by - ay), az + share * (bz - az))


def _leads_out(body: _Body, points: Sequence[Point], extra_m: float) -> bool:
    """Whether the gap grows from the first step on until it is wide enough, and stays that.

    The gap is convex along a leg: where it grows at the beginning, it grows to its end.
    """
    gap, out = body.gap, False
    for a, b in pairwise(points):
        if out:
            if not _keeps(body, a, b, extra_m):
                return False
            continue
        length_m = math.dist(a, b)
        if length_m == 0.0:
            continue
        if not gap(*_on(a, b, min(_STEP_M / length_m, 1.0))) > gap(*a):
            return False
        out = gap(*b) >= body.keep + extra_m
    return out or math.dist(points[0], points[-1]) > 0.0


def _too_near(body: _Body, points: Sequence[Point], keep: float) -> Refusal:
    """The words for a way that comes too near: of its target, where that is what is wrong."""
    target, at_end = points[-1], body.gap(*points[-1])
    if at_end < keep:
        sentence = f"Position {_told(target)} puts the tool {_metres(at_end, keep)} zone '{body.name}'"
        return Refusal("zone", sentence, f"choose a position at least {keep - at_end + _STEP_M:.2f}m further away")
    least = min(_least(body.gap, a, b) for a, b in pairwise(points))
    reason = f"The way to {_told(target)} leads the tool {_metres(least, keep)} zone '{body.name}'"
    return Refusal("zone", reason, "choose a target that can be reached without coming near it")


def _stuck(body: _Body, at: Point, keep: float) -> Refusal:
    """The words for a way that begins too near and does not lead away."""
    gap, here = body.gap, body.gap(*at)
    reason = f"The tool is {_metres(here, keep)} zone '{body.name}', and this move does not lead away from it"
    slope = [gap(*(v + (_STEP_M if i == axis else 0.0) for i, v in enumerate(at))) - here for axis in range(3)]
    steepest = math.hypot(*slope)
    if not steepest:
        return Refusal("zone", reason, "move out of it by the shortest way")
    way = (keep - here + 0.01) / steepest
    moves = ", ".join(
        f"{axis} {round(way * each, 2) + 0.0:.2f}" for axis, each in zip(("dx", "dy", "dz"), slope, strict=True)
    )
    return Refusal("zone", reason, f"first move away from it, by {moves}")


def _metres(gap_m: float, keep: float) -> str:
    """Where the tool is: so far inside, or so far from, and what is required where that is not plain."""
    if gap_m < 0.0:
        return f"{-gap_m:.2f}m into"
    return f"{gap_m:.3f}m from" if keep - gap_m < 0.01 else f"{gap_m:.2f}m from"


def _told(point: Point) -> str:
    return f"({', '.join(f'{round(value, 2) + 0.0:.2f}' for value in point)})"
