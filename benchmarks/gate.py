"""The gate's verdict among 200 zones: what one order costs before anything moves, straight and in four legs.

The zones are spheres, boxes, cylinders and prisms all over the workspace, a tenth of them for people. Each order is
judged five times and the fastest counts, so that what is measured is the gate and not its neighbours on the machine;
the target is for the slowest percentile of all orders, refused and allowed ones together.
"""

import asyncio
import math
import random
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.figures import Figure, report
from llmos.clock import RealClock, SimulatedClock
from llmos.documents.grants import Grant
from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile, Tool, read_robot_profile
from llmos.documents.scene import Point, read_scene
from llmos.documents.zone import Box, Corner, Cylinder, Prism, Sphere, Zone
from llmos.messages import JSON
from llmos.robots.base import Pose
from llmos.robots.controls import Order, Principal
from llmos.robots.gate import Gate
from llmos.robots.judgement.zones import Fence
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.safety_log import SafetyLog
from llmos.robots.simulators.kinematic import KinematicArm
from llmos.settings import system_root

_ZONES, _ORDERS, _REPEATS = 200, 1500, 5
_PERSON = Principal("person", "Ada")
_HOME = Point(0.0, 0.0, 1.0)


def zones(chance: random.Random, count: int) -> dict[str, Zone]:
    """So many zones of all four shapes, none of them near home."""
    found: dict[str, Zone] = {}
    while len(found) < count:
        zone = _zone(chance, len(found))
        if zone.distance_m(*_HOME[:2], _HOME.z, _HOME.z + 0.3) > 0.3:
            found[f"zone {len(found)}"] = zone
    return found


def _zone(chance: random.Random, number: int) -> Zone:
    x, y, z = chance.uniform(-2, 2), chance.uniform(-2, 2), chance.uniform(0, 3)
    size, height = chance.uniform(0.02, 0.12), chance.uniform(0.05, 0.3)
    kind = "human" if number % 10 == 0 else "keepout"
    match number % 4:
        case 0:
            return Sphere(Point(x, y, z), size, kind)  # type: ignore[arg-type]
        case 1:
            return Box(Point(x, y, z), Point(x + size, y + size, z + height), kind)  # type: ignore[arg-type]
        case 2:
            return Cylinder(Corner(x, y), size, Range(z, z + height), kind)  # type: ignore[arg-type]
        case _:
            turns = sorted(chance.uniform(0, math.tau) for _ in range(6))
            corners = tuple(Corner(x + size * math.cos(turn), y + size * math.sin(turn)) for turn in turns)
            return Prism(corners, Range(z, z + height), kind)  # type: ignore[arg-type]


def profile(chance: random.Random) -> RobotProfile:
    """The shipped arm among the zones, with a short tool, so that ways lead above and below them."""
    arm = read_robot_profile(system_root() / "volumes" / "system" / "robots" / "arm.md")
    grant = Grant("person", ("move_to", "toggle_tool"))
    return replace(
        arm, zones=zones(chance, _ZONES), grants=(grant,), tool=Tool(0.03, 0.3, 0.05), max_command_rate_hz=1e6
    )


def order(chance: random.Random, corners: int) -> Order:
    """A move to anywhere by so many corners."""
    via = tuple(Pose(*_place(chance), 0.0) for _ in range(corners))
    x, y, z = _place(chance)
    args: dict[str, JSON] = {"x": x, "y": y, "z": z}
    return Order("move_to", args, _PERSON, via)


def _place(chance: random.Random) -> tuple[float, float, float]:
    return chance.uniform(-2, 2), chance.uniform(-2, 2), chance.uniform(0, 3)


async def judged(gate: Gate, orders: list[Order]) -> tuple[list[float], float]:
    """The fastest verdict on each order in milliseconds, and the share of orders that were allowed."""
    times, allowed = [], 0
    for each in orders:
        best = math.inf
        for _ in range(_REPEATS):
            began = time.perf_counter()
            ruling = await gate.judge(each)
            best = min(best, time.perf_counter() - began)
        times.append(best * 1e3)
        allowed += ruling.verdict.allowed
    return times, allowed / len(orders)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def tick_us(limits: RobotProfile, chance: random.Random) -> float:
    """What the zones cost at one control tick, in microseconds, at the slowest percentile."""
    fence, times = Fence(limits), []
    for _ in range(2000):
        x, y, z = _place(chance)
        last, setpoint = Pose(x, y, z, 0.0), Pose(x + 0.005, y, z, 0.0)
        best = math.inf
        for _ in range(_REPEATS):
            began = time.perf_counter()
            fence.check_setpoint(last, setpoint, loaded=True)
            fence.check_measured(setpoint, loaded=True)
            fence.human_m(setpoint.point, loaded=True)
            best = min(best, time.perf_counter() - began)
        times.append(best * 1e6)
    return _p99(times)


def logged_ms(folder: Path) -> float:
    """What a line of the safety log costs, on disk, in milliseconds; the median."""
    log, times = SafetyLog(folder / "safety.jsonl", folder / "safety.lock", RealClock().now), []
    for _ in range(200):
        began = time.perf_counter()
        log.append("verdict", "arm", {"verb": "move_to", "allowed": True})
        times.append((time.perf_counter() - began) * 1e3)
    return statistics.median(times)


async def measure(folder: Path) -> list[Figure]:
    """All figures."""
    chance = random.Random(3)
    limits, clock = profile(chance), SimulatedClock()
    scene = read_scene(system_root() / "volumes" / "system" / "scenes" / "empty.md")
    gate = Gate(limits, KinematicArm(limits, scene), SimulatedPace(clock), StopLatch(folder / "arm.json"))
    straight, allowed = await judged(gate, [order(chance, 0) for _ in range(_ORDERS)])
    bent, bent_allowed = await judged(gate, [order(chance, 3) for _ in range(_ORDERS)])
    return [
        Figure("verdict on a straight move among 200 zones, median", statistics.median(straight), "ms"),
        Figure("the same, p99 of orders, best of 5 tries each", _p99(straight), "ms", 1.0),
        Figure("share of straight moves that are allowed", allowed, "of 1"),
        Figure("verdict on a move of four legs among 200 zones, median", statistics.median(bent), "ms"),
        Figure("the same, p99 of orders, best of 5 tries each", _p99(bent), "ms", 1.0),
        Figure("share of moves of four legs that are allowed", bent_allowed, "of 1"),
        Figure("zones at one control tick, p99", tick_us(limits, chance), "us", 0.1 * limits.control_period_s * 1e6),
        Figure("one line of the safety log, on disk, median", logged_ms(folder), "ms"),
    ]


def main() -> int:
    """Measure and report."""
    with tempfile.TemporaryDirectory() as folder:
        return report("gate", asyncio.run(measure(Path(folder))))


if __name__ == "__main__":
    sys.exit(main())
