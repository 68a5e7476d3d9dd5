"""The way of the tool from pose to pose: around zones, over what stands about, and upright onto and off things.

Knows no gate: what it finds is a proposal, and the gate judges every piece of it. Zones and workspace are laws here as
there; the things of a scene are only kept off while that leaves a way. Metres and radians.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Final

from llmos.documents.scene import Point
from llmos.robots.base import Pose
from llmos.robots.route import Obstacle, Room, find_route

MARGIN_M: Final = 0.02
"""How much further than it must a planned way keeps from everything, so that no rounding makes it illegal."""

LIFT_M: Final = 0.05
"""How far above a thing the tool is lifted before it travels, and lowered from when it comes."""

_UPRIGHT_M = 1e-3
_NEAR_M = 1e-4
_HALVINGS = 40
_MOST_WAYS_OUT = 6
_COMPASS: Final = tuple(step for step in product((-1.0, 0.0, 1.0), repeat=3) if any(step))


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The workspace, the zones that the tool must keep out of, and the things that it should not knock over."""

    low: Point
    high: Point
    zones: tuple[Obstacle, ...] = ()
    things: tuple[Obstacle, ...] = ()

    @property
    def law(self) -> Room:
        """What the gate will insist on."""
        return Room(self.low, self.high, self.zones)

    @property
    def wish(self) -> Room:
        """The same, and the things."""
        return Room(self.low, self.high, (*self.zones, *self.things))


def plan_path(start: Pose, target: Pose, around: Surroundings) -> tuple[Pose, ...] | None:
    """The poses from start to target; straight where that is legal and nothing has to be approached from above.

    None when there is no legal way, as far as a lattice of 1/32 of the workspace shows. The tool turns by the whole
    difference of the headings while it travels, and neither while it is lifted off a thing nor lowered onto one.
    """
    points, travel = _points(start.point, target.point, around)
    if not points:
        return None
    shares = _shares(points, travel)
    turn_rad = target.theta_rad - start.theta_rad
    turned = (start.theta_rad + share * turn_rad for share in shares[:-1])
    return (start, *(Pose(*p, theta) for p, theta in list(zip(points, turned, strict=False))[1:]), target)


def _points(start: Point, target: Point, around: Surroundings) -> tuple[tuple[Point, ...], tuple[int, int]]:
    """The corners of a way, none when there is none, and between which two of them the tool travels freely."""
    law, wish = around.law, around.wish
    if not (law.holds(start) and law.holds(target)):
        return (), (0, 0)
    if any(law.inside(start)):
        points = _out_and_on(start, target, law)
        return points, (0, len(points) - 1)
    if any(law.inside(target)):
        return (), (0, 0)
    upright = math.dist(start[:2], target[:2]) <= _UPRIGHT_M
    if law.is_free(start, target) and (upright or wish.is_free(start, target)):
        return (start, target), (0, 1)
    above, over = (_lifted(end, around) for end in (start, target))
    way = find_route(wish, above, over, MARGIN_M, thoroughly=False) if around.things else None
    if way is None:
        points = find_route(law, start, target, MARGIN_M) or ()
        way = find_route(wish, above, over, MARGIN_M) if around.things and points else None
        if way is None:
            return points, (0, len(points) - 1)
    before, after = (start,) if above != start else (), (target,) if over != target else ()
    return (*before, *way, *after), (len(before), len(before) + len(way) - 1)


def _lifted(end: Point, around: Surroundings) -> Point:
    """Straight above an end that touches things, clear of them; the end itself where that is illegal, or nothing is."""
    above = end
    while touched := [each for each in around.things if _touches(each, end, above)]:
        top = max(each.high.z for each in touched) + LIFT_M
        if top <= above.z or above.z == around.high.z:
            break
        above = above._replace(z=min(top, around.high.z))
    return above if around.law.is_free(end, above) else end


def _touches(thing: Obstacle, end: Point, above: Point) -> bool:
    return thing.gap(end, above) < 0.0 and thing.clearance(end, above) < 0.0


def _out_and_on(start: Point, target: Point, law: Room) -> tuple[Point, ...]:
    """From inside zones the shortest way out that leads away from them all along, and then on."""
    around = list(law.inside(start))
    others = Room(law.low, law.high, tuple(each for each in law.obstacles if each not in around))
    if others.is_free(start, target) and _leads_away(around, start, target):
        return (start, target)
    if any(law.inside(target)):
        return ()
    for out in sorted(_ways_out(start, law, around), key=lambda each: (math.dist(start, each), each))[:_MOST_WAYS_OUT]:
        if others.is_free(start, out) and (way := find_route(law, out, target, MARGIN_M)):
            return (start, *way)
    return ()


def _leads_away(zones: Sequence[Obstacle], start: Point, target: Point) -> bool:
    """Whether the distance to each grows at once; zones are convex, so that it then grows all along."""
    length_m = math.dist(start, target)
    if length_m < _NEAR_M:
        return False
    near = _on(start, [(b - a) / length_m for a, b in zip(start, target, strict=True)], _NEAR_M)
    return all(each.clearance(near, near) > each.clearance(start, start) for each in zones)


def _ways_out(start: Point, law: Room, zones: Sequence[Obstacle]) -> Iterator[Point]:
    """In each direction of the compass, and of the steepest ways out, the first point that keeps the margin."""
    for compass in (*_COMPASS, *(_steepest(each, start) for each in zones)):
        length_m = math.hypot(*compass)
        if length_m > 0.0:
            direction = [each / length_m for each in compass]
            far = _on(start, direction, _room_ahead(start, direction, law))
            if _leads_away(zones, start, far) and (out := _first_clear(start, far, zones)):
                yield out


def _steepest(zone: Obstacle, start: Point) -> tuple[float, ...]:
    """The direction in which the distance to a zone grows fastest."""
    rates = []
    for axis in range(3):
        step = [_NEAR_M if each == axis else 0.0 for each in range(3)]
        ahead, behind = _on(start, step, 1.0), _on(start, step, -1.0)
        rates.append(zone.clearance(ahead, ahead) - zone.clearance(behind, behind))
    return tuple(rates)


def _first_clear(start: Point, far: Point, zones: Sequence[Obstacle]) -> Point | None:
    """By halving; the clearances grow all along."""
    length_m = math.dist(start, far)
    direction = [(b - a) / length_m for a, b in zip(start, far, strict=True)]

    def is_clear(way_m: float) -> bool:
        point = _on(start, direction, way_m)
        return all(each.clearance(point, point) >= MARGIN_M for each in zones)

    if not is_clear(length_m):
        return None
    low, high = 0.0, length_m
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if is_clear(middle) else (middle, high)
    return _on(start, direction, high)


def _room_ahead(start: Point, direction: Sequence[float], law: Room) -> float:
    """How far it is to the wall of the workspace."""
    walls = zip(start, direction, law.low, law.high, strict=True)
    return min(((high if rate > 0 else low) - value) / rate for value, rate, low, high in walls if rate)


def _on(start: Point, direction: Sequence[float], way_m: float) -> Point:
    return Point(*(value + rate * way_m for value, rate in zip(start, direction, strict=True)))


def _shares(points: Sequence[Point], travel: tuple[int, int]) -> list[float]:
    """Which share of the turn is made at each point: by length while the tool travels, 0 before and 1 afterwards."""
    first, last = travel
    shares = [0.0] * (first + 1)
    for at, (a, b) in enumerate(pairwise(points)):
        if at >= first:
            shares.append(shares[-1] + (math.dist(a, b) if at < last else 0.0))
    whole = shares[-1]
    return [each / whole if whole else float(at >= last) for at, each in enumerate(shares)]
