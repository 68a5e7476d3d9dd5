"""A person's way home when the robot may not go there in one move: in several, each an order of its own.

Knows no rule but that on the length of one move. Every move is judged when it begins, and made as slowly and as far
from zones as the robot's caution demands by then; the first that is refused, halted or falls short ends the way.
"""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from llmos.messages import JSON
from llmos.robots.controls import Ruling
from llmos.robots.judgement.asked import target_of
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Result

_SHARE: Final = 0.96
"""Of the longest move allowed: a robot that rests a little off its setpoint has not gone too far with the next one."""
_MOST_MOVES: Final = 500


async def perform(pilot: Pilot, verb: str, args: Mapping[str, JSON]) -> Result:
    """What came of a person's command; of a way home in several moves, what came of the last one made."""
    for _ in range(_MOST_MOVES if verb == "go_home" else 0):
        ruling = await pilot.preview(verb, args)
        limit_m = ruling.order.caution.step_limit_m(pilot.profile)
        refusal = ruling.verdict.refusal
        if refusal is None or refusal.rule != "step" or limit_m is None:
            break
        moved = await pilot.perform("move_to", _next(pilot, ruling, limit_m * _SHARE))
        if not moved.ok:
            return moved
    return await pilot.perform(verb, args)


def _next(pilot: Pilot, ruling: Ruling, way_m: float) -> dict[str, JSON]:
    """The point so far along the way that the order proposed; the heading is for the last move."""
    start = pilot.measure().pose
    home = target_of(ruling.order.verb, ruling.order.args, start, pilot.profile).point
    points = [start.point, *(pose.point for pose in ruling.order.via), home]
    axes = "xy" if pilot.profile.kind == "rover" else "xyz"
    for begin, end in pairwise(points):
        piece_m = math.dist(begin, end)
        if piece_m > way_m:
            share = way_m / piece_m
            return {axis: round(a + (b - a) * share, 4) for axis, a, b in zip(axes, begin, end, strict=False)}
        way_m -= piece_m
    return dict(zip(axes, home, strict=False))
