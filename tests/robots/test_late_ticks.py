"""A control loop that is starved sends late setpoints, but none that is too fast, too sudden or off the way."""

import random
from itertools import pairwise
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest

from llmos.clock import SimulatedClock
from llmos.robots.controls import Principal
from llmos.robots.gate import Gate
from llmos.robots.latch import StopLatch
from llmos.robots.moving.motion import stopping
from llmos.robots.pace import SimulatedPace
from llmos.robots.pilot import Pilot
from llmos.robots.simulators.kinematic import KinematicArm
from tests.support.robots import WatchedRobot, arm_profile, shipped_scene, unsafe

pytestmark = pytest.mark.anyio
ARM = arm_profile()


class LatePace(SimulatedPace):
    """Each tick comes late by some share of a period, now and then by much more."""

    def __init__(self, clock: SimulatedClock, chance: random.Random) -> None:
        super().__init__(clock)
        self._chance = chance

    async def wait(self, period_s: float) -> None:
        much = 20.0 if self._chance.random() < 0.02 else 1.0
        await super().wait(period_s * (1.0 + self._chance.random() * much))


def starved(folder: Path, seed: int) -> tuple[Pilot, WatchedRobot, StopLatch]:
    """An arm whose control loop ticks late."""
    clock, scene = SimulatedClock(), shipped_scene("empty")
    robot, latch = WatchedRobot(KinematicArm(ARM, scene), clock), StopLatch(folder / "arm.json")
    gate = Gate(ARM, robot, LatePace(clock, random.Random(seed)), latch)
    return Pilot(gate, Principal("person", "Ada")), robot, latch


@pytest.mark.parametrize("seed", range(10))
async def test_late_setpoints_keep_the_limits_and_arrive(tmp_path: Path, seed: int) -> None:
    """Judged by the times at which they were really sent; after a long pause there is no leap."""
    pilot, robot, _ = starved(tmp_path, seed)
    result = await pilot.move_to(-1.5, 1.0, 2.0, 180.0)
    assert result.ok
    assert [fault for fault in unsafe(robot.sent) if "s^2" not in fault] == []


@pytest.mark.parametrize("seed", range(10))
async def test_a_stop_takes_no_longer_for_ticks_that_are_a_little_late(tmp_path: Path, seed: int) -> None:
    """Setpoints are where they must be at their moment, so the computed stop time holds on a busy machine too."""
    pilot, robot, _ = starved(tmp_path, seed)
    stopped: list[float] = []

    async def stop() -> None:
        await pilot.emergency_stop()

    async with anyio.create_task_group() as group:

        def at(number: int) -> None:
            if number == 120:
                stopped.append(robot.sent[-1][0])
                group.start_soon(stop)

        robot.on_command = at
        await pilot.move_to(-1.5, 1.0, 2.0)
    pairs = list(pairwise(robot.sent))
    last_s = max(b[0] for a, b in pairs if a[1].pose != b[1].pose)
    pauses_s = sum(max(0.0, b[0] - a[0] - 2 * ARM.control_period_s) for a, b in pairs)
    assert last_s - stopped[0] <= stopping(ARM).time_s + 4 * ARM.control_period_s + pauses_s


@pytest.mark.parametrize("seed", range(30))
async def test_a_motion_that_is_cancelled_after_a_late_tick_just_brakes(tmp_path: Path, seed: int) -> None:
    """The way before the cancellation counts for the first setpoint after it, with the time that it really took."""
    pilot, robot, _ = starved(tmp_path, seed)
    with anyio.CancelScope() as scope:
        robot.on_command = lambda number: scope.cancel() if number == 20 + seed else None
        await pilot.move_to(-1.5, 1.0, 2.0)
    ended = pilot.snapshot().ended
    assert ended is not None
    assert ended.halted is not None
    assert ended.halted.rule == "cancelled"
