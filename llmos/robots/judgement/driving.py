"""How a robot on two wheels gets along a way: it turns on the spot, drives straight, and never goes sideways.

Knows no gate and no zone. Headings are counter-clockwise from x; REP-103: x forward, y left.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from llmos.robots.base import Pose, turn_between
from llmos.robots.verdict import Refusal

REVERSE_M: Final = 0.6
"""A single straight piece of at most this length is driven backwards when that needs the smaller turn."""

_NO_WAY_M: Final = 1e-6
_SIDEWAYS_M: Final = 1e-4


def driven(way: Sequence[Pose], heading_rad: float | None) -> tuple[Pose, ...]:
    """The same way for wheels: a turn before each straight piece, and at the end one to `heading_rad` if there is one.

    Headings are not wrapped: the robot turns exactly the differences.
    """
    poses = [way[0]]
    pieces = [(a, b) for a, b in pairwise(way) if math.dist(a.point, b.point) > _NO_WAY_M]
    for a, b in pieces:
        turn = _turn(poses[-1].theta_rad, a, b, may_reverse=len(pieces) == 1)
        _add(poses, Pose(a.x, a.y, a.z, poses[-1].theta_rad + turn))
        _add(poses, Pose(b.x, b.y, b.z, poses[-1].theta_rad))
    if heading_rad is not None:
        last = poses[-1]
        _add(poses, Pose(last.x, last.y, last.z, last.theta_rad + turn_between(last.theta_rad, heading_rad)))
    return tuple(poses)


def check_driving(path: Sequence[Pose]) -> Refusal | None:
    """Rule `driving`: every piece of the way is a turn on the spot or goes straight along the heading."""
    for number, (a, b) in enumerate(pairwise(path), 1):
        way_m = math.dist(a.point, b.point)
        if way_m <= _NO_WAY_M:
            continue
        sideways_m = abs((b.y - a.y) * math.cos(a.theta_rad) - (b.x - a.x) * math.sin(a.theta_rad))
        turns = abs(b.theta_rad - a.theta_rad) * way_m
        if not (sideways_m <= _SIDEWAYS_M and turns <= _SIDEWAYS_M and abs(b.z - a.z) <= _NO_WAY_M):
            reason = f"Piece {number} of the way cannot be driven: this robot turns on the spot or goes straight"
            return Refusal("driving", reason, "let the planner find the way")
    return None


def in_workspace(dx: float, dy: float, start: Pose) -> tuple[float, float]:
    """A step forward and to the left of a robot, as one along x and y."""
    cos, sin = math.cos(start.theta_rad), math.sin(start.theta_rad)
    return dx * cos - dy * sin, dx * sin + dy * cos


def _turn(theta_rad: float, a: Pose, b: Pose, *, may_reverse: bool) -> float:
    """How far to turn before going from a to b."""
    forward = turn_between(theta_rad, math.atan2(b.y - a.y, b.x - a.x))
    backward = turn_between(theta_rad, math.atan2(a.y - b.y, a.x - b.x))
    short = may_reverse and math.dist(a.point, b.point) <= REVERSE_M
    return backward if short and abs(backward) < abs(forward) else forward


def _add(poses: list[Pose], pose: Pose) -> None:
    last = poses[-1]
    if math.dist(last.point, pose.point) > _NO_WAY_M or abs(pose.theta_rad - last.theta_rad) > _NO_WAY_M:
        poses.append(pose)
