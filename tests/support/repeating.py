"""The same work again and again, as in the source document: an inspection, and things carried to many places.

Every run is a real one: the pocket model through llama.cpp where a model plans, toolbox, gate, journal, an arm that is
simulated without physics. Each begins in a world of its own, because a thing that was carried lies elsewhere.
"""

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random

from llmos.boot.crystallization import skills_step
from llmos.boot.evolving import Asked
from llmos.clock import RealClock
from llmos.settings import system_root
from llmos.volumes.home import init_home
from tests.support.homes import Place
from tests.support.runs import CHECKOUT

MODEL = "pocket"
LEARNED_AFTER = 5
"""Runs before `llmos evolve`."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is asked for, run after run."""

    name: str
    scene: str
    goal: Callable[[Random], str]


def _inspect(_: Random) -> str:
    return "Inspect widget at position (1.2, 0.8, 0.6) and report defects"


def _carry(chance: Random) -> str:
    x, y = chance.randrange(3, 10) / 10, chance.randrange(6, 15) / 10
    return f"Pick up the object at (1.5, 1.0, 0.5) and place it at ({x}, {y}, 0.05)"


INSPECTION = Work("inspection, always the same", "inspection", _inspect)
CARRYING = Work("pick and place, 63 places", "pick-and-place", _carry)


@dataclass(frozen=True, slots=True)
class Way:
    """How the runs are made: planned each time, by what was learned, or that and `llmos evolve` after a few."""

    name: str
    learn: bool
    evolve: bool = False


PLANNED = Way("a model plans each run", learn=False)
FOLLOWED = Way("traces are followed", learn=True)
SKILLED = Way("traces, then skills", learn=True, evolve=True)


@dataclass(frozen=True, slots=True)
class Ran:
    """What one run came to and spent."""

    mode: str
    outcome: str
    tokens: int
    """However they were billed: written, read, or read from a cache."""
    cost_usd: float
    wall_s: float
    processor_s: float


async def repeat(work: Work, way: Way, runs: int, root: Path, seed: int = 7) -> list[Ran]:
    """So many runs of this work in a home of its own below `root`."""
    place = Place(root)
    place.workspace.mkdir(parents=True)
    init_home(place.home, system_root(), RealClock())
    arm = (CHECKOUT / "volumes/system/robots/arm.md").read_text("utf-8")
    place.write("user/robots/arm.md", arm.replace("driver: [mujoco-arm, kinematic]", "driver: [kinematic]"))
    if not way.learn:
        place.write("kernel/dispatch.md", "---\nlearn: false\n---\n")
    chance, made = Random(seed), []
    for number in range(runs):
        if way.evolve and number == LEARNED_AFTER:
            await _evolve(place)
        made.append(await _run(place, work, work.goal(chance)))
    return made


async def _run(place: Place, work: Work, goal: str) -> Ran:
    wall_s, processor_s = time.perf_counter(), _processor_s()
    async with place.system(model=MODEL, robot="arm", scene=work.scene) as system:
        outcome = await system.execute(goal, "operator")
    spent = outcome.usage
    tokens = spent.input_tokens + spent.output_tokens + spent.cache_read_tokens + spent.cache_write_tokens
    return Ran(
        outcome.mode,
        outcome.outcome,
        tokens,
        outcome.cost_usd,
        time.perf_counter() - wall_s,
        _processor_s() - processor_s,
    )


def _processor_s() -> float:
    """What this process and those that it started (git) have used."""
    return sum(os.times()[:4])


async def _evolve(place: Place) -> None:
    async with place.system(model=MODEL) as system:
        with ExitStack() as stack:
            await skills_step(system, Asked(model=MODEL), stack).carry_out(lambda _: None)


@dataclass(frozen=True, slots=True)
class Share:
    """The runs of one mode."""

    mode: str
    runs: int
    done: int
    tokens: float
    """On average."""
    cost_usd: float
    wall_s: float
    """The median."""
    processor_s: float


def by_mode(ran: Sequence[Ran]) -> Iterator[Share]:
    """What the runs of each mode spent, modes in the order in which they came."""
    for mode in dict.fromkeys(each.mode for each in ran):
        those = [each for each in ran if each.mode == mode]
        yield Share(
            mode,
            len(those),
            sum(each.outcome == "done" for each in those),
            statistics.fmean(each.tokens for each in those),
            statistics.fmean(each.cost_usd for each in those),
            statistics.median(each.wall_s for each in those),
            statistics.median(each.processor_s for each in those),
        )
