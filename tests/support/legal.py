"""Commands that nothing should refuse: the judge sees room at both ends, and a planner may choose the way."""

import random
from pathlib import Path

from llmos.clock import SimulatedClock
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.planner import Planner
from tests.support.hostile import PERSON
from tests.support.hostile_worlds import World
from tests.support.oracle import Oracle, Place

_ROOM_M = 0.005


async def legal_targets(world: World, rng: random.Random, folder: Path, count: int) -> tuple[int, list[str]]:
    """Ask for so many legal moves one after another; how many were asked, and what was said against some."""
    oracle = world.oracle()
    gate = Gate(
        world.profile, world.driver(world.profile, world.scene), SimulatedPace(SimulatedClock()),
        StopLatch(folder / "arm.json"),
    )  # fmt: skip
    pilot = Pilot(gate, PERSON, plan=Planner(world.scene))
    asked, refused = 0, []
    while asked < count:
        low, high = oracle.workspace
        x, y, z = (rng.uniform(a, b) for a, b in zip(low, high, strict=True))
        target = (x, y, world.profile.home.z_m if world.drives else z)
        if not has_room(oracle, target, world.profile.zone_margin_m):
            continue
        asked += 1
        result = await pilot.perform("move_to", world.place(target))
        if not result.ok:
            refused.append(f"{pilot.measure().pose.point} -> {target}: {result.refusal}")
    return asked, refused


def has_room(oracle: Oracle, at: Place, margin_m: float) -> bool:
    """Whether an empty tool is half a centimetre further from every zone than it must be."""
    kept = {name: oracle.keep if zone.get("kind") == "human" else margin_m for name, zone in oracle.zones.items()}
    return all(oracle.distance(name, "the tool", at) >= keep + _ROOM_M for name, keep in kept.items())
