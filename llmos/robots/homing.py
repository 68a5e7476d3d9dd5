"""A person's way home when the robot may not go there in one move: in several, each an order of its own.

Knows no rule but that on the length of one move. Every move is judged when it begins, and made as slowly and as far
from zones as the robot's caution demands by then; the first that is refused, halted or falls short ends the way, and so
does one after which the rest of it is hardly shorter, and a stop, also one that is rearmed before the next move begins.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, TypeAlias

from llmos.messages import JSON
from llmos.robots.judgement.asked import target_of
from llmos.robots.pilot import Pilot
from llmos.robots.verdict import Result, Way

_SHARE: Final = 0.96
"""Of the longest move allowed: a robot that rests a little off its setpoint has not gone too far with the next one."""
_LEAST_GAIN: Final = 0.5
"""Of that: by how much each move has to shorten the way, so that it ends."""
_Point: TypeAlias = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class _Rest:
    """What is left of a way that is too long for one move, and how long each move on it may be."""

    points: Sequence[_Point]
    limit_m: float

    @property
    def length_m(self) -> float:
        """How long it is."""
        return sum(math.dist(begin, end) for begin, end in pairwise(self.points))

    @property
    def move_m(self) -> float:
        """How far the next move goes."""
        return self.limit_m * _SHARE


async def perform(pilot: Pilot, verb: str, args: Mapping[str, JSON]) -> Result:
    """What came of a person's command; of a way home in several moves, what came of the last one, and the whole way."""
    if verb != "go_home":
        return await pilot.perform(verb, args)
    rearms, most_m, made = pilot.snapshot().rearms, math.inf, list[Result]()
    while (rest := await _rest(pilot, args)) is not None and rest.length_m <= most_m:
        most_m = rest.length_m - rest.move_m * _LEAST_GAIN
        made.append(await pilot.perform("move_to", _next(pilot, rest), rearms))
        if not made[-1].ok:
            return _told(made)
    last = await pilot.perform(verb, args, rearms)
    return _told([*made, last]) if made else last


async def foresee(pilot: Pilot) -> Way | None:
    """About how many moves the way home takes, how far they go and how long; None where one is enough, or none can."""
    rest = await _rest(pilot, {})
    if rest is None:
        return None
    first = await pilot.preview("move_to", _next(pilot, rest))
    if not first.verdict.allowed:
        return None
    moves = 1 + max(1, math.ceil((rest.length_m - rest.limit_m) / rest.move_m))
    return Way(moves, rest.length_m, first.duration_s * rest.length_m / rest.move_m)


async def _rest(pilot: Pilot, args: Mapping[str, JSON]) -> _Rest | None:
    """From where the robot is by what the order would propose to its home; None where length is not against it."""
    ruling = await pilot.preview("go_home", args)
    limit_m = ruling.order.caution.step_limit_m(pilot.profile)
    refusal = ruling.verdict.refusal
    if refusal is None or refusal.rule != "step" or limit_m is None:
        return None
    start = pilot.measure().pose
    home = target_of(ruling.order.verb, ruling.order.args, start, pilot.profile)
    return _Rest([pose.point for pose in (start, *ruling.order.via, home)], limit_m)


def _next(pilot: Pilot, rest: _Rest) -> dict[str, JSON]:
    """Where the next move goes, as its arguments."""
    axes, point = "xy" if pilot.profile.kind == "rover" else "xyz", _along(rest.points, rest.move_m)
    return {axis: round(value, 4) for axis, value in zip(axes, point, strict=False)}


def _told(made: Sequence[Result]) -> Result:
    """The last of several results, with the way that all of them went, as it was measured."""
    motions = [each.motion for each in made if each.motion]
    if not motions:
        return made[-1]
    length_m = sum(math.dist(each.before.pose.point, each.after.pose.point) for each in motions)
    duration_s = motions[-1].after.timestamp_s - motions[0].before.timestamp_s
    return replace(made[-1], way=Way(len(motions), length_m, duration_s))


def _along(way: Sequence[_Point], far_m: float) -> _Point:
    """The point so far along a way, or its end."""
    for (x, y, z), end in pairwise(way):
        piece_m = math.dist((x, y, z), end)
        if piece_m > far_m:
            share = far_m / piece_m
            return (x + (end[0] - x) * share, y + (end[1] - y) * share, z + (end[2] - z) * share)
        far_m -= piece_m
    return way[-1]
