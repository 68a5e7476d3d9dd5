"""Other places near one that the gate refuses: found by asking the gate, so that none is offered that it would refuse.

Knows no zone and no limit but the workspace's box.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TypeAlias

from llmos.documents.robot_profile import Range, RobotProfile
from llmos.documents.verbs import AXES
from llmos.messages import JSON
from llmos.robots.controls import Ruling

Preview: TypeAlias = Callable[[str, Mapping[str, JSON]], Awaitable[Ruling]]
"""The gate's verdict on a command that is not carried out."""

_STEPS_M = (0.0, 0.1, 0.2, 0.4, 0.8)


Place: TypeAlias = tuple[float, ...]
"""Where to: x, y and z of an arm, x and y of a rover."""


async def alternatives(target: Place, most: int, profile: RobotProfile, preview: Preview) -> list[Place]:
    """The nearest positions to `target`, at most so many, that the gate would let the robot go to now."""
    found: list[Place] = []
    for place in sorted(set(_candidates(target, profile)), key=lambda each: (round(math.dist(each, target), 6), each)):
        if len(found) == most:
            break
        ruling = await preview("move_to", dict(zip(AXES[profile.kind], place, strict=True)))
        if ruling.verdict.allowed:
            found.append(place)
    return found


def _candidates(target: Place, profile: RobotProfile) -> Iterator[Place]:
    """The target brought into the box, and steps along each axis from there."""
    allowed = [getattr(profile.workspace, f"{axis}_m") for axis in AXES[profile.kind]]
    for step_m in _STEPS_M:
        for axis in range(len(target)):
            for way_m in (step_m, -step_m):
                there = (value + way_m * (number == axis) for number, value in enumerate(target))
                yield tuple(map(_within, there, allowed))


def _within(value: float, allowed: Range) -> float:
    return round(min(max(value, allowed.low), allowed.high), 3) + 0.0
