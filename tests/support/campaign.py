"""Many hostile sequences, each judged by the oracle, and what came of them in figures."""

import math
import os
import random
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import anyio

from llmos.robots.controls import Order
from llmos.robots.gate import Gate
from tests.support.hostile import Attacker
from tests.support.hostile_worlds import World, all_worlds
from tests.support.recorder import Deeds

_CHUNK = 250


@dataclass
class Tally:
    """What came of so many sequences; `unsafe` has one line for each that did what nothing may."""

    sequences: int = 0
    moved: int = 0
    verdicts: int = 0
    allowed: int = 0
    metres: float = 0.0
    seconds: float = 0.0
    rules: Counter[str] = field(default_factory=Counter)
    unsafe: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count another's as its own."""
        for name in ("sequences", "moved", "verdicts", "allowed", "metres", "seconds"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.rules += other.rules
        self.unsafe += other.unsafe

    @property
    def moving_share(self) -> float:
        """The share of sequences in which something was accepted and moved."""
        return self.moved / self.sequences


def attack(seeds: range, gate: Any = Gate, only: str = "", physical: bool = False) -> Tally:
    """Run these sequences one after another in this process; `only` names a world, `physical` is in MuJoCo."""
    return anyio.run(_attack, seeds, gate, [each for each in all_worlds(physical=physical) if only in each.name])


def attack_in_processes(count: int, first: int = 0, workers: int = 0) -> Tally:
    """Run so many sequences on all processors."""
    tally, began_s = Tally(), time.perf_counter()
    chunks = [range(at, min(at + _CHUNK, first + count)) for at in range(first, first + count, _CHUNK)]
    with ProcessPoolExecutor(workers or os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for part in pool.map(attack, chunks):
            tally.add(part)
    tally.seconds = time.perf_counter() - began_s
    return tally


async def _attack(seeds: range, gate: Any, chosen: Sequence[World]) -> Tally:
    tally, pool, began_s = Tally(), list[Order](), time.perf_counter()
    with TemporaryDirectory() as folder:
        for seed in seeds:
            (Path(folder) / "arm.json").unlink(missing_ok=True)
            world = chosen[seed % len(chosen)]
            attacker = Attacker(world, random.Random(seed), Path(folder), pool, gate)
            deeds = await attacker.run()
            _count(tally, deeds, [f"seed {seed} in '{world.name}': {each}" for each in faults(world, deeds)])
    tally.seconds = time.perf_counter() - began_s
    return tally


def faults(world: World, deeds: Deeds) -> list[str]:
    """Everything that the oracle, or a standstill that was none, says against what was executed."""
    said = [f"{fault.sentence} at {fault.at}" for fault in world.oracle().judge(deeds.track)]
    for since_s, judge in deeds.later:
        late = judge.judge(deeds.track, since_s)
        said += [f"{fault.sentence} at {fault.at}, long after that came to count" for fault in late]
    for first, last, why in deeds.still:
        stood = deeds.track[first].place
        if any(math.dist(each.place, stood) > world.still_m for each in deeds.track[first : last + 1]):
            said.append(f"moved while nothing may move ({why})")
    return said


def _count(tally: Tally, deeds: Deeds, unsafe: list[str]) -> None:
    places = [each.place for each in deeds.track]
    tally.sequences += 1
    tally.moved += deeds.moved
    tally.verdicts += deeds.verdicts
    tally.allowed += deeds.allowed
    tally.metres += sum(math.dist(a, b) for a, b in pairwise(places))
    tally.rules.update(why for _, _, why in deeds.still)
    tally.unsafe += unsafe[:1]
