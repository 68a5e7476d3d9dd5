"""How time passes between two control ticks: as fast as the machine can, or on the real clock.

Knows no robot. Waiting is also where the event loop gets its turn and where a motion can be cancelled.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol

import anyio
import anyio.lowlevel

from llmos.clock import Clock, SimulatedClock


class Pace(Protocol):
    """A clock that a control loop can wait on."""

    def now(self) -> datetime:
        """The wall time, in UTC."""
        ...

    def now_s(self) -> float:
        """Seconds that never run backwards; what drivers are ticked with."""
        ...

    async def wait(self, period_s: float) -> None:
        """Return when at least `period_s` have passed since the last return."""
        ...


class SimulatedPace:
    """Moves a simulated clock on and lets other tasks run once per period, without sleeping."""

    def __init__(self, clock: SimulatedClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        """The simulated wall time, in UTC."""
        return self._clock.now()

    def now_s(self) -> float:
        """Simulated seconds since the start."""
        return self._clock.monotonic_s()

    async def wait(self, period_s: float) -> None:
        """Let one period pass."""
        await anyio.lowlevel.checkpoint()
        self._clock.advance(period_s)


class SharedPace:
    """One tick for a control loop and all who follow it, on a real clock; `periods_s` says how long the newest took.

    A whole period passes between two ticks, so that no setpoint is ever hurried. One control loop at a time may `wait`;
    while nobody has begun `run`, it waits alone, and after a pause a whole period begins anew.
    """

    def __init__(self, clock: Clock, sleep: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._tick: anyio.Event | None = None
        self._last_s = clock.monotonic_s()
        self._ticks = 0
        self._owed = 0
        self.periods_s: deque[float] = deque(maxlen=1000)

    def now(self) -> datetime:
        """The wall time, in UTC."""
        return self._clock.now()

    def now_s(self) -> float:
        """Seconds that never run backwards."""
        return self._clock.monotonic_s()

    async def wait(self, period_s: float) -> None:
        """Return at the next tick; at once for a loop that was cancelled in the very moment of one."""
        if self._owed and self._owed == self._ticks:
            self._owed = 0
            return
        tick, seen = self._tick, self._ticks
        try:
            await anyio.lowlevel.checkpoint_if_cancelled()  # asyncio tells nobody whose wait is over by then
            if tick is not None:
                await tick.wait()
        except anyio.get_cancelled_exc_class():
            self._owed = self._ticks if self._ticks > seen else 0
            raise
        if self._ticks == seen:
            since_s = self.now_s() - self._last_s
            await self._sleep(period_s - since_s if since_s < period_s else period_s)
            self._last_s = self.now_s()

    async def follow(self) -> None:
        """Return at the next tick, whoever else waits for it."""
        if self._tick is not None:
            await self._tick.wait()

    async def run(self, period_s: Callable[[], float], on_tick: Callable[[], None]) -> None:
        """Tick for ever; `on_tick` comes last, so that what it cancels has had this tick."""
        self._last_s, self._tick = self.now_s(), anyio.Event()
        try:
            while True:
                await self._sleep(period_s())
                now_s = self.now_s()
                self.periods_s.append(now_s - self._last_s)
                self._last_s = now_s
                self._ticks += 1
                self._tick.set()
                self._tick = anyio.Event()
                on_tick()
        finally:
            self._tick.set()
            self._tick = None
