"""Holds what a scene asks for against what was measured, one finding for each thing it asks.

Knows no gate and no command: measured states in the order of their times come in, sentences go out. Metres.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from llmos.documents.scene import Scene
from llmos.documents.scene_check import Displacement, ObjectAt, Point, Stack, Untouched, Visit
from llmos.errors import counted
from llmos.robots.base import Measured
from llmos.robots.evidence.views import position
from llmos.robots.verdict import Motion

_STILL_MPS = 0.01


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether one thing that a scene asks for holds, and the measurement that says so."""

    holds: bool
    sentence: str


def check_scene(scene: Scene, seen: Sequence[Measured]) -> tuple[Finding, ...]:
    """One finding for each thing that the scene's `check` asks for; raises ValueError when nothing was measured."""
    if not seen:
        raise ValueError("a scene is checked on what was measured, and nothing was")
    return tuple(_findings(scene, seen))


def measured_in(motions: Iterable[Motion]) -> list[Measured]:
    """What was measured before the first motion and after each, for callers that keep nothing finer."""
    ordered = sorted(motions, key=lambda motion: motion.verdict.number)
    return [*(motion.before for motion in ordered[:1]), *(motion.after for motion in ordered)]


def _findings(scene: Scene, seen: Sequence[Measured]) -> Iterator[Finding]:
    check = scene.check
    for name, at in check.object_at.items():
        yield _object_at(name, at, seen[-1])
    for name, untouched in check.untouched.items():
        yield _untouched(name, untouched, seen[0], seen[-1])
    for name, visit in check.visited.items():
        yield _visited(name, visit, seen)
    for name, displacement in check.displaced.items():
        yield _displaced(name, displacement, seen[0], seen[-1])
    for name, stack in check.stacked.items():
        yield _stacked(name, stack, scene.cube_edge_m, seen[-1])


def _object_at(name: str, wanted: ObjectAt, last: Measured) -> Finding:
    place = last.objects.get(name)
    if place is None:
        return Finding(holds=False, sentence=f"'{name}' is not seen.")
    if last.holding == name:
        return Finding(holds=False, sentence=f"'{name}' is still in the gripper.")
    away_m = math.dist(place, wanted.point)
    return Finding(
        away_m <= wanted.within_m,
        f"'{name}' lies {_metres(away_m)} from {position(wanted.point)}, {_metres(wanted.within_m)} allowed.",
    )


def _untouched(name: str, wanted: Untouched, first: Measured, last: Measured) -> Finding:
    if name not in first.objects or name not in last.objects:
        return Finding(holds=False, sentence=f"'{name}' is not seen.")
    away_m = math.dist(first.objects[name], last.objects[name])
    return Finding(
        away_m <= wanted.within_m, f"'{name}' has moved {_metres(away_m)}, {_metres(wanted.within_m)} allowed."
    )


def _visited(name: str, wanted: Visit, seen: Sequence[Measured]) -> Finding:
    """Each point is looked for from where the one before it was found."""
    origin = seen[0].pose.point if wanted.relative else Point(0.0, 0.0, 0.0)
    since = 0
    for number, offset in enumerate(wanted.points, start=1):
        point = Point(*(a + b for a, b in zip(origin, offset, strict=True)))
        near = (at for at in range(since, len(seen)) if math.dist(seen[at].pose.point, point) <= wanted.within_m)
        found = next(near, None)
        if found is None:
            where = f"point {number} of {len(wanted.points)} at {position(point)}"
            return Finding(holds=False, sentence=f"{name}: the tool never came to {where}.")
        since = found
    return Finding(holds=True, sentence=f"{name}: the tool came to {counted(len(wanted.points), 'point')} in order.")


def _displaced(name: str, wanted: Displacement, first: Measured, last: Measured) -> Finding:
    goal = Point(*(a + b for a, b in zip(first.pose.point, wanted.by_m, strict=True)))
    away_m = math.dist(last.pose.point, goal)
    still = last.velocity.speed_mps <= _STILL_MPS
    sentence = f"{name}: the tool {'rests' if still else 'moves'} {_metres(away_m)} from {position(goal)}, "
    return Finding(still and away_m <= wanted.within_m, f"{sentence}{_metres(wanted.within_m)} allowed.")


def _stacked(name: str, wanted: Stack, edge_m: float, last: Measured) -> Finding:
    missing = [each for each in wanted.objects if each not in last.objects or last.holding == each]
    if missing:
        return Finding(holds=False, sentence=f"{name}: '{missing[0]}' is not seen, or still in the gripper.")
    tower = sorted(wanted.objects, key=lambda each: (last.objects[each].z, each))
    for below, above in pairwise(tower):
        low, high = last.objects[below], last.objects[above]
        aside_m, step_m = math.dist(low[:2], high[:2]), high.z - low.z
        if aside_m > wanted.within_m or abs(step_m - edge_m) > wanted.within_m:
            where = f"{_metres(aside_m)} beside and {_metres(step_m)} above '{below}'"
            return Finding(holds=False, sentence=f"{name}: '{above}' lies {where}.")
    return Finding(holds=True, sentence=f"{name}: {' below '.join(repr(each) for each in tower)}.")


def _metres(length_m: float) -> str:
    return f"{length_m:.3f}m"
