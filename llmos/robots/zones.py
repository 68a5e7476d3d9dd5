"""How near the tool comes to a zone, along a whole path and at one place; and whether a way out of a zone leads away.

Knows no order and no speed. The tool is an upright capsule, the payload a ball at its tip. The distance from an upright
line to a convex shape is a convex function of where the line stands and changes by at most a metre per metre, so its
least value on a segment is bracketed by golden sections, and what is returned is never more than it: exact for all four
shapes, but for at most `PRECISION_M` to the safe side.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from llmos.documents.robot_profile import RobotProfile, Tool
from llmos.documents.scene import Point
from llmos.documents.zone import MARGIN_M, Zone
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
    """The clearance that the tool keeps: `stop_m` to people, a margin for the motion itself to everything else."""
    return max(profile.human.stop_m if zone.kind == "human" else 0.0, MARGIN_M) + extra_m


class Fence:
    """The zones of a profile, ready to be asked many times."""

    def __init__(self, profile: RobotProfile) -> None:
        self._profile = profile
        self._zones = [(name, zone, *zone.box) for name, zone in profile.zones.items()]
        self._around_m = max(profile.tool.radius_m, profile.tool.payload_radius_m)

    def check_path(self, path: Sequence[Pose], *, loaded: bool, extra_m: float = 0.0) -> Refusal | None:
        """Rule `zone`: the whole way keeps its distance, or where it begins too near, leads away all along."""
        for name, zone in self._near(path, extra_m):
            keep = keep_m(zone, self._profile, extra_m)
            for gap in _gaps(zone, self._profile.tool, loaded=loaded):
                inside = gap(*path[0].point) < keep
                if inside and not _leads_out(gap, path, keep):
                    return _stuck(name, path[0].point, gap, keep)
                if not inside and not all(_keeps(gap, a.point, b.point, keep) for a, b in pairwise(path)):
                    return _too_near(name, path, gap, keep)
        return None

    def check_setpoint(self, last: Pose, setpoint: Pose, *, loaded: bool, extra_m: float = 0.0) -> Refusal | None:
        """Rule `zone` at one tick: the setpoint keeps its distance, or is no nearer than the last one."""
        for name, zone in self._near((last, setpoint), extra_m):
            keep = keep_m(zone, self._profile, extra_m) - PRECISION_M
            for gap in _gaps(zone, self._profile.tool, loaded=loaded):
                if not gap(*setpoint.point) >= min(keep, gap(*last.point)):
                    return _too_near(name, (last, setpoint), gap, keep)
        return None

    def check_grip(self, at: Point) -> Refusal | None:
        """Rule `zone` for closing the gripper there: what may then be held keeps its distance."""
        for name, zone in self._near((Pose(*at, 0.0),), 0.0):
            keep, (_, payload) = keep_m(zone, self._profile), _gaps(zone, self._profile.tool, loaded=True)
            if payload(*at) < keep:
                reason = f"What is gripped at {_told(at)} may reach {_metres(payload(*at), keep)} zone '{name}'"
                return Refusal("zone", reason, "grip it further away")
        return None

    def is_inside(self, at: Point, *, loaded: bool) -> str | None:
        """The name of a zone that the tool overlaps there."""
        for name, zone in self._near((Pose(*at, 0.0),), 0.0):
            if min(gap(*at) for gap in _gaps(zone, self._profile.tool, loaded=loaded)) < 0.0:
                return name
        return None

    def check_measured(self, pose: Pose, *, loaded: bool) -> Refusal | None:
        """Rule `zone` for where the robot really is, however it came there."""
        name = self.is_inside(pose.point, loaded=loaded)
        if name is None:
            return None
        return Refusal("zone", f"The tool is measured inside zone '{name}'", "a person should look at the robot")

    def distances(self, at: Point, *, loaded: bool = False) -> dict[str, float]:
        """The clearance of the tool at one place to every zone, in metres."""
        return {
            name: min(gap(*at) for gap in _gaps(zone, self._profile.tool, loaded=loaded))
            for name, zone, _, _ in self._zones
        }

    def human_m(self, at: Point, *, loaded: bool) -> float:
        """The clearance to the nearest zone of people; infinite without one."""
        zones = (zone for _, zone, _, _ in self._zones if zone.kind == "human")
        gaps = (gap(*at) for zone in zones for gap in _gaps(zone, self._profile.tool, loaded=loaded))
        return min(gaps, default=math.inf)

    def _near(self, path: Sequence[Pose], extra_m: float) -> Iterator[tuple[str, Zone]]:
        """The zones whose box comes near the box of the path: all others are far enough, whatever their shape."""
        profile = self._profile
        more = self._around_m + max(profile.human.stop_m, MARGIN_M) + extra_m
        xs, ys, zs = [each.x for each in path], [each.y for each in path], [each.z for each in path]
        west, east, south, north = min(xs) - more, max(xs) + more, min(ys) - more, max(ys) + more
        below, above = min(zs) - more, max(zs) + profile.tool.length_m + more
        for name, zone, low, high in self._zones:
            if (
                low.x <= east and high.x >= west and low.y <= north and high.y >= south
                and low.z <= above and high.z >= below
            ):  # fmt: skip
                yield name, zone


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


def _keeps(gap: _Gap, start: Point, end: Point, keep: float) -> bool:
    return _least(gap, start, end, keep) >= keep


def _leads_out(gap: _Gap, path: Sequence[Pose], keep: float) -> bool:
    """Whether the gap grows from the first step on until it is `keep`, and stays at least that.

    The gap is convex along a leg: where it grows at the beginning, it grows to its end.
    """
    out = False
    for a, b in pairwise(path):
        if out:
            if not _keeps(gap, a.point, b.point, keep):
                return False
            continue
        length_m = math.dist(a.point, b.point)
        if length_m == 0.0:
            continue
        share = min(_STEP_M / length_m, 1.0)
        ahead = (p + share * (q - p) for p, q in zip(a.point, b.point, strict=True))
        if not gap(*ahead) > gap(*a.point):
            return False
        out = gap(*b.point) >= keep
    return out or math.dist(path[0].point, path[-1].point) > 0.0


def _too_near(name: str, path: Sequence[Pose], gap: _Gap, keep: float) -> Refusal:
    """The words for a way that comes too near: of its target, where that is what is wrong."""
    target = path[-1].point
    at_end = gap(*target)
    if at_end < keep:
        here = _told(target)
        sentence = f"Position {here} puts the tool {_metres(at_end, keep)} zone '{name}'"
        return Refusal("zone", sentence, f"choose a position at least {keep - at_end + _STEP_M:.2f}m further away")
    least = min(_least(gap, a.point, b.point) for a, b in pairwise(path))
    reason = f"The way to {_told(target)} leads the tool {_metres(least, keep)} zone '{name}'"
    return Refusal("zone", reason, "go around it, in several moves")


def _stuck(name: str, at: Point, gap: _Gap, keep: float) -> Refusal:
    """The words for a way that begins too near and does not lead away."""
    here = gap(*at)
    reason = f"The tool is {_metres(here, keep)} zone '{name}', and this move does not lead away from it"
    slope = [gap(*(v + (_STEP_M if i == axis else 0.0) for i, v in enumerate(at))) - here for axis in range(3)]
    steepest = math.hypot(*slope) or 1.0
    way = keep - here + 0.01
    step = [way * each / steepest for each in slope]
    moves = ", ".join(f"{axis} {value:.2f}" for axis, value in zip(("dx", "dy", "dz"), step, strict=True))
    away = "move up and out of it" if not any(slope) else f"first move away from it, by {moves}"
    return Refusal("zone", reason, away)


def _metres(gap_m: float, keep: float) -> str:
    """Where the tool is: so far inside, or so far from, and what is required where that is not plain."""
    if gap_m < 0.0:
        return f"{-gap_m:.2f}m into"
    return f"{gap_m:.3f}m from" if keep - gap_m < 0.01 else f"{gap_m:.2f}m from"


def _told(point: Point) -> str:
    return f"({', '.join(f'{round(value, 2) + 0.0:.2f}' for value in point)})"
