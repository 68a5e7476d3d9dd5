"""Periods pass: at once on a simulated clock, and never too early on a real one."""

import anyio
import pytest

from llmos.clock import SimulatedClock
from llmos.robots.pace import SharedPace, SimulatedPace


@pytest.mark.anyio
async def test_simulated_period_moves_the_clock_and_lets_others_run() -> None:
    """Another task gets its turn in every period."""
    clock = SimulatedClock()
    pace = SimulatedPace(clock)
    turns: list[float] = []

    async def other() -> None:
        while True:
            turns.append(pace.now_s())
            await anyio.lowlevel.checkpoint()

    async with anyio.create_task_group() as group:
        group.start_soon(other)
        for _ in range(10):
            await pace.wait(0.01)
        group.cancel_scope.cancel()
    assert pace.now_s() == pytest.approx(0.1)
    assert pace.now() == clock.now()
    assert len(set(turns)) >= 9


@pytest.mark.anyio
async def test_real_period_is_what_is_left_of_it() -> None:
    """Time spent between two waits is part of the period; after a pause a whole one begins."""
    clock, slept = SimulatedClock(), []

    async def sleep(seconds: float) -> None:
        slept.append(round(seconds, 6))
        clock.advance(seconds)

    pace = SharedPace(clock, sleep)
    await pace.wait(0.01)
    clock.advance(0.004)
    await pace.wait(0.01)
    clock.advance(0.5)
    await pace.wait(0.01)
    await pace.wait(0.01)
    assert slept == [0.01, 0.006, 0.01, 0.01]
    assert (pace.now_s(), pace.now()) == (clock.monotonic_s(), clock.now())
