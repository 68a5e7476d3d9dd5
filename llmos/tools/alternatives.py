"""Other places near one that the gate refuses: found by asking the gate, so that none is offered that it would refuse.

Knows no zone and no limit but the workspace's box.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeAlias

from llmos.documents.robot_profile import Range, RobotProfile
from llmos.documents.scene import Point
from llmos.messages import JSON
from llmos.robots.controls import Ruling

Preview: TypeAlias = Callable[[str, Mapping[str, JSON]], Awaitable[Ruling]]
"""The gate's verdict on a command that is not carried out."""

_STEPS_M = (0.0, 0.1, 0.2, 0.4, 0.8)
_WAYS = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))


async def alternatives(target: Point, most: int, profile: RobotProfile, preview: Preview) -> list[Point]:
    """The nearest positions to `target`, at most so many, that the gate would let the robot go to now."""
    found: list[Point] = []
    for point in sorted(set(_candidates(target, profile)), key=lambda each: (round(math.dist(each, target), 6), each)):
        if len(found) == most:
            break
        ruling = await preview("move_to", {"x": point.x, "y": point.y, "z": point.z})
        if ruling.verdict.allowed:
            found.append(point)
    return found


def _candidates(target: Point, profile: RobotProfile) -> Iterator[Point]:
    """The target brought into the box, and steps along each axis from there."""
    box = profile.workspace
    for step_m in _STEPS_M:
        for way in _WAYS:
            x, y, z = (value + step_m * share for value, share in zip(target, way, strict=True))
            yield Point(_within(x, box.x_m), _within(y, box.y_m), _within(z, box.z_m))


def _within(value: float, allowed: Range) -> float:
    return round(min(max(value, allowed.low), allowed.high), 3) + 0.0
