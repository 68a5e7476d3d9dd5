"""How long it takes to plan a way around zones, beside the judgement that every way gets, and how short the way is.

Random moves between places that are allowed, in the demo's scene and among 200 zones; and a target that is walled in.
Times are of the processor, not of the clock on the wall; the gate's own check of the way is measured beside them.
"""

import math
import random
import statistics
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from benchmarks.figures import Figure, report
from llmos.documents.robot_profile import RobotProfile, Tool
from llmos.documents.scene import Point
from llmos.documents.zone import Box, Sphere, Zone
from llmos.robots.base import Measured, Pose, Velocity
from llmos.robots.judgement.zones import Fence
from llmos.robots.path import plan_path
from llmos.robots.profile.limits import with_zones
from llmos.robots.surroundings import surroundings
from tests.support.robots import arm_profile, shipped_scene

_MOVES = 1000
_SLENDER = Tool(0.05, 0.3, 0.09)


def _plan(profile: RobotProfile, start: Pose, target: Pose) -> tuple[float, tuple[Pose, ...] | None]:
    """Seconds of the processor, and the way."""
    scene = shipped_scene("pick-and-place")
    seen = Measured(0.0, start, Velocity(), gripper_closed=False, holding=None, objects=scene.objects)
    began_s = time.process_time()
    way = plan_path(start, target, surroundings(profile, scene, seen))
    return time.process_time() - began_s, way


def _somewhere(rng: random.Random, fence: Fence) -> Pose:
    """A place where the tool may be."""
    while True:
        at = Pose(rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(0, 3), 0.0)
        if fence.is_inside(at.point, loaded=False) is None and min(fence.distances(at.point).values()) > 0.15:
            return at


def _moves(name: str, profile: RobotProfile) -> list[Figure]:
    """Random moves under a profile."""
    rng, fence, times, checks, stretch, none = random.Random(1), Fence(profile), [], [], [], 0
    for _ in range(_MOVES):
        start, target = _somewhere(rng, fence), _somewhere(rng, fence)
        seconds, way = _plan(profile, start, target)
        times.append(seconds)
        if way is None:
            none += 1
            continue
        began_s = time.process_time()
        assert fence.check_path(way, loaded=False) is None, (start, target, way)
        checks.append(time.process_time() - began_s)
        stretch.append(
            sum(math.dist(a.point, b.point) for a, b in pairwise(way)) / math.dist(start.point, target.point)
        )
    cuts = statistics.quantiles(times, n=100)
    return [
        Figure(f"{name}: planning, median", 1000 * cuts[49], "ms"),
        Figure(f"{name}: planning, p99", 1000 * cuts[98], "ms", 100.0),
        Figure(f"{name}: the gate's check of the way, median", 1000 * statistics.median(checks), "ms"),
        Figure(f"{name}: length of the way / straight line, mean", statistics.mean(stretch), "x"),
        Figure(f"{name}: moves without a way", 100 * none / _MOVES, "%", 1.0),
    ]


def _crowd() -> Mapping[str, Zone]:
    rng = random.Random(2)
    found: dict[str, Zone] = {}
    while len(found) < 200:
        at = Point(rng.uniform(-2, 2), rng.uniform(-2, 2), rng.uniform(0, 3))
        found[f"ball {len(found)}"] = Sphere(at, rng.uniform(0.03, 0.1))
    return found


def _walled_in() -> dict[str, Zone]:
    """Six walls around (1, 1, 1)."""
    walls: dict[str, Zone] = {}
    for axis in range(3):
        for side in (-1, 1):
            low, high = [0.4] * 3, [1.6] * 3
            low[axis], high[axis] = (0.4, 0.5) if side < 0 else (1.5, 1.6)
            walls[f"wall {axis}{side}"] = Box(Point(*low), Point(*high))
    return walls


def main() -> int:
    """Measure and print."""
    arm = arm_profile()
    demo = replace(arm, zones=with_zones(arm.zones, shipped_scene("pick-and-place").zones))
    figures = _moves("demo", demo) + _moves("200 zones", replace(arm, tool=_SLENDER, zones=_crowd()))
    walled = replace(arm, tool=_SLENDER, zones=_walled_in())
    seconds, way = _plan(walled, Pose(-1.0, -1.0, 1.0, 0.0), Pose(1.0, 1.0, 0.85, 0.0))
    assert way is None
    figures.append(Figure("walled in: until it is known that there is no way", 1000 * seconds, "ms"))
    return report("paths", figures)


if __name__ == "__main__":
    sys.exit(main())
