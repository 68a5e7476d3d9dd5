"""A zone: a shape that the whole tool stays out of, and how far an upright line is from it.

Knows no robot, no motion and no margin. Metres; every shape is convex, so every distance here is a convex function of
where the line stands, and changes by at most one metre per metre.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple, TypeAlias

from llmos.documents.document import Document
from llmos.documents.keys import Number, Positive, Text
from llmos.documents.range import Range
from llmos.documents.scene_check import Point
from llmos.errors import DocumentError

ZoneKind: TypeAlias = Literal["keepout", "human"]
"""A `human` zone is where people are: the robot is slower the nearer it is, and keeps a distance."""

_FLAT_M2 = 1e-9


class Corner(NamedTuple):
    """A position on the floor in metres; x right, y forward."""

    x: Number
    y: Number


@dataclass(frozen=True, slots=True)
class Sphere:
    """All points within a radius of the centre."""

    center_m: Point
    radius_m: Positive
    kind: ZoneKind = "keepout"
    note: Text | None = None
    shape: Literal["sphere"] = "sphere"

    def distance_m(self, x: float, y: float, low: float, high: float) -> float:
        """From the upright line at (x, y) between two heights; negative inside."""
        center = self.center_m
        beside = math.hypot(x - center.x, y - center.y)
        return math.hypot(beside, max(low - center.z, center.z - high, 0.0)) - self.radius_m

    @property
    def box(self) -> tuple[Point, Point]:
        """The lowest and the highest corner of the box around it."""
        (x, y, z), r = self.center_m, self.radius_m
        return Point(x - r, y - r, z - r), Point(x + r, y + r, z + r)


@dataclass(frozen=True, slots=True)
class Box:
    """All points between two corners, its faces parallel to the axes."""

    min_m: Point
    max_m: Point
    kind: ZoneKind = "keepout"
    note: Text | None = None
    shape: Literal["box"] = "box"

    def distance_m(self, x: float, y: float, low: float, high: float) -> float:
        """From the upright line at (x, y) between two heights; negative inside."""
        least, most = self.min_m, self.max_m
        across = _corner_distance(max(least.x - x, x - most.x), max(least.y - y, y - most.y))
        return _corner_distance(across, max(least.z - high, low - most.z))

    @property
    def box(self) -> tuple[Point, Point]:
        """Its own two corners."""
        return self.min_m, self.max_m


@dataclass(frozen=True, slots=True)
class Cylinder:
    """All points within a radius of an upright axis, between two heights."""

    center_m: Corner
    radius_m: Positive
    z_m: Range
    kind: ZoneKind = "keepout"
    note: Text | None = None
    shape: Literal["cylinder"] = "cylinder"

    def distance_m(self, x: float, y: float, low: float, high: float) -> float:
        """From the upright line at (x, y) between two heights; negative inside."""
        across = math.hypot(x - self.center_m.x, y - self.center_m.y) - self.radius_m
        return _corner_distance(across, max(self.z_m.low - high, low - self.z_m.high))

    @property
    def box(self) -> tuple[Point, Point]:
        """The lowest and the highest corner of the box around it."""
        (x, y), r, (low, high) = self.center_m, self.radius_m, self.z_m
        return Point(x - r, y - r, low), Point(x + r, y + r, high)


@dataclass(frozen=True, slots=True)
class Prism:
    """All points above a convex polygon on the floor, between two heights; its corners in either direction."""

    corners_m: tuple[Corner, ...]
    z_m: Range
    kind: ZoneKind = "keepout"
    note: Text | None = None
    shape: Literal["prism"] = "prism"

    def distance_m(self, x: float, y: float, low: float, high: float) -> float:
        """From the upright line at (x, y) between two heights; negative inside."""
        return _corner_distance(_polygon_distance(self.corners_m, x, y), max(self.z_m.low - high, low - self.z_m.high))

    @property
    def box(self) -> tuple[Point, Point]:
        """The lowest and the highest corner of the box around it."""
        xs, ys = [corner.x for corner in self.corners_m], [corner.y for corner in self.corners_m]
        return Point(min(xs), min(ys), self.z_m.low), Point(max(xs), max(ys), self.z_m.high)


Zone: TypeAlias = Sphere | Box | Cylinder | Prism
Zones: TypeAlias = Mapping[str, Zone]


def check_zones(zones: Zones, document: Document) -> None:
    """Raise DocumentError for the first zone that has no inside, or a shape that is not convex."""
    for name, zone in zones.items():
        key = f"zones.{name}"
        if isinstance(zone, Box):
            for axis, low, high in zip("xyz", zone.min_m, zone.max_m, strict=True):
                if low >= high:
                    sentence = f"has {axis} {low:g}, not below the {axis} {high:g} of max_m"
                    raise document.wrong(f"{key}.min_m", f"'{key}.min_m' {sentence}")
        elif not isinstance(zone, Sphere):
            _check_heights(zone.z_m, f"{key}.z_m", document)
            if isinstance(zone, Prism):
                _check_polygon(zone.corners_m, f"{key}.corners_m", document)


def _check_heights(heights: Range, key: str, document: Document) -> None:
    if heights.low >= heights.high:
        sentence = f"runs from {heights.low:g} to {heights.high:g}; the lower bound must come first"
        raise document.wrong(key, f"'{key}' {sentence}")


def _check_polygon(corners: tuple[Corner, ...], key: str, document: Document) -> None:
    """A convex polygon turns the same way at each corner, and once around in all."""
    if len(corners) < 3:
        raise document.wrong(key, f"'{key}' has {len(corners)} of the 3 corners that it needs at least")
    turns = [_turn(corners[i - 2], corners[i - 1], corners[i]) for i in range(len(corners))]
    side = 1.0 if sum(turns) > 0 else -1.0
    for i, turn in enumerate(turns):
        if turn * side <= _FLAT_M2:
            number = (i - 1) % len(corners) + 1
            raise _not_convex(corners[i - 1], number, flat=abs(turn) <= _FLAT_M2, key=key, document=document)
    if round(sum(_angles(corners)) / math.tau) not in (1, -1):
        raise document.wrong(key, f"'{key}' crosses itself; give the corners in the order in which one walks around")


def _not_convex(corner: Corner, number: int, *, flat: bool, key: str, document: Document) -> DocumentError:
    where = f"corner {number} ({corner.x:g}, {corner.y:g})"
    if flat:
        return document.wrong(key, f"'{key}' is degenerate: {where} lies on one line with its neighbours")
    return document.wrong(key, f"'{key}' is not convex at {where}; split it into zones that are")


def _turn(a: Corner, b: Corner, c: Corner) -> float:
    return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x)


def _angles(corners: tuple[Corner, ...]) -> list[float]:
    """By how much one turns at each corner, walking around."""
    found = []
    for i in range(len(corners)):
        a, b, c = corners[i - 2], corners[i - 1], corners[i]
        found.append(math.remainder(math.atan2(c.y - b.y, c.x - b.x) - math.atan2(b.y - a.y, b.x - a.x), math.tau))
    return found


def _corner_distance(a: float, b: float) -> float:
    """The distance from where two slabs meet, of which one is `a` and the other `b` away; negative inside both."""
    if a <= 0.0 or b <= 0.0:
        return max(a, b)
    return math.hypot(a, b)


def _polygon_distance(corners: tuple[Corner, ...], x: float, y: float) -> float:
    """From a point on the floor to a convex polygon; inside it is the distance to the nearest edge, negative."""
    inside, outside = -math.inf, math.inf
    for ax, ay, ux, uy, length in _edges(corners):
        along, across = (x - ax) * ux + (y - ay) * uy, (x - ax) * uy - (y - ay) * ux
        inside = max(inside, across)
        beyond = max(-along, along - length, 0.0)
        outside = min(outside, math.hypot(beyond, across))
    return inside if inside <= 0.0 else outside


@lru_cache(maxsize=1024)
def _edges(corners: tuple[Corner, ...]) -> tuple[tuple[float, float, float, float, float], ...]:
    """Start, unit direction and length of each edge, counter-clockwise, so that the outside is on the right."""
    turns = (_turn(corners[i - 2], corners[i - 1], corners[i]) for i in range(len(corners)))
    around = corners if sum(turns) > 0 else corners[::-1]
    found = []
    for i, b in enumerate(around):
        a = around[i - 1]
        length = math.hypot(b.x - a.x, b.y - a.y)
        found.append((a.x, a.y, (b.x - a.x) / length, (b.y - a.y) / length, length))
    return tuple(found)
