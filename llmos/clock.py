"""Time as a parameter: a real clock, and one that only moves when told to.

Knows no calendar beyond UTC.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """The wall time, in UTC."""
        ...

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, from an arbitrary start."""
        ...


class RealClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The wall time, in UTC."""
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        """Seconds that never run backwards, from an arbitrary start."""
        return time.monotonic()


class SimulatedClock:
    """A clock that stands still until `advance` is called; for simulators and tests."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed_s = 0.0

    def now(self) -> datetime:
        """The simulated wall time, in UTC."""
        return self._start + timedelta(seconds=self._elapsed_s)

    def monotonic_s(self) -> float:
        """Simulated seconds since the start."""
        return self._elapsed_s

    def advance(self, seconds: float) -> None:
        """Move time forward; a negative step is a bug of the caller and raises ValueError."""
        if seconds < 0:
            raise ValueError(f"time cannot run backwards by {seconds} s")
        self._elapsed_s += seconds
