"""Obstacles whose clearance is known from the textbook, or found by trial: no code of the planner or the zones."""

import math

from llmos.documents.scene import Point
from llmos.robots.route import Obstacle


def ball(x: float, y: float, z: float, radius: float) -> Obstacle:
    """A sphere, its clearance from the textbook."""
    center = Point(x, y, z)

    def clearance(a: Point, b: Point) -> float:
        along = [q - p for p, q in zip(a, b, strict=True)]
        squared = sum(each * each for each in along)
        share = sum((c - p) * each for c, p, each in zip(center, a, along, strict=True)) / squared if squared else 0.0
        share = min(1.0, max(0.0, share))
        return math.dist(center, [p + share * each for p, each in zip(a, along, strict=True)]) - radius

    return Obstacle(
        "ball", Point(x - radius, y - radius, z - radius), Point(x + radius, y + radius, z + radius), clearance
    )


def wall(low: Point, high: Point) -> Obstacle:
    """A box; its clearance is convex along a line, so that halving thirds finds the least."""

    def at(point: Point) -> float:
        out = [max(lo - v, v - hi) for lo, v, hi in zip(low, point, high, strict=True)]
        return max(out) if max(out) <= 0 else math.hypot(*(max(each, 0.0) for each in out))

    def clearance(a: Point, b: Point) -> float:
        def on_way(share: float) -> float:
            return at(Point(*(p + share * (q - p) for p, q in zip(a, b, strict=True))))

        left, right = 0.0, 1.0
        for _ in range(18):
            third = (right - left) / 3
            if on_way(left + third) < on_way(right - third):
                right -= third
            else:
                left += third
        return min(on_way(left), on_way(0.0), on_way(1.0))

    return Obstacle("wall", low, high, clearance)
