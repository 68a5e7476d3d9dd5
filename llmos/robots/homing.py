"""A person's way home when the robot may not go there in one move: in several, each an order of its own.

Knows no rule but that on the length of one move. Every move is judged when it begins, and made as slowly and as far
from zones as the robot's caution demands by then; the first that is refused, halted or falls short ends the way, and so
does one after which the rest of it is hardly shorter, and a stop, also one that is rearmed before the next move begins.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, TypeAlias

from llmos.messages import JSON
from llmos.robots.controls import Ruling
from llmos.robots.judgement.asked import target_of
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Result

_SHARE: Final = 0.96
"""Of the longest move allowed: a robot that rests a little off its setpoint has not gone too far with the next one."""
_LEAST_GAIN: Final = 0.5
"""Of that: by how much each move has to shorten the way, so that it ends."""
_Point: TypeAlias = tuple[float, float, float]


async def perform(pilot: Pilot, verb: str, args: Mapping[str, JSON]) -> Result:
    """What came of a person's command; of a way home in several moves, what came of the last one made."""
    if verb != "go_home":
        return await pilot.perform(verb, args)
    rearms, most_m = pilot.snapshot().rearms, math.inf
    while True:
        ruling = await pilot.preview(verb, args)
        limit_m = ruling.order.caution.step_limit_m(pilot.profile)
        refusal = ruling.verdict.refusal
        if refusal is None or refusal.rule != "step" or limit_m is None:
            break
        move_m, way = limit_m * _SHARE, _way(pilot, ruling)
        way_m = sum(math.dist(begin, end) for begin, end in pairwise(way))
        if way_m > most_m:
            break
        most_m = way_m - move_m * _LEAST_GAIN
        axes, point = "xy" if pilot.profile.kind == "rover" else "xyz", _along(way, move_m)
        to = {axis: round(value, 4) for axis, value in zip(axes, point, strict=False)}
        moved = await pilot.perform("move_to", to, rearms)
        if not moved.ok:
            return moved
    return await pilot.perform(verb, args, rearms)


def _way(pilot: Pilot, ruling: Ruling) -> Sequence[_Point]:
    """From where the robot is by what the order proposed to its home."""
    start = pilot.measure().pose
    home = target_of(ruling.order.verb, ruling.order.args, start, pilot.profile)
    return [pose.point for pose in (start, *ruling.order.via, home)]


def _along(way: Sequence[_Point], far_m: float) -> _Point:
    """The point so far along a way, or its end."""
    for (x, y, z), end in pairwise(way):
        piece_m = math.dist((x, y, z), end)
        if piece_m > far_m:
            share = far_m / piece_m
            return (x + (end[0] - x) * share, y + (end[1] - y) * share, z + (end[2] - z) * share)
        far_m -= piece_m
    return way[-1]
