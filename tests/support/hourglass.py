"""Time that runs out when a tool says so, and not when a busy machine comes to it."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from llmos.clock import RealClock

WAIT = """
import threading
from llmos import tool
from tests.support.hourglass import turn

@tool
def wait() -> str:
    '''Wait until the time has run out, and for ever after.'''
    turn()
    threading.Event().wait()
"""
"""A tool whose call is where the time of its run ends."""


class Hourglass(RealClock):
    """The clock of a system and of the event loop that it runs in; `turn` moves both past what `seconds` allow."""

    def __init__(self, seconds: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._ahead_s = 0.0

    def monotonic_s(self) -> float:
        """As the machine counts them, and those that were skipped."""
        return time.monotonic() + self._ahead_s

    def turn(self) -> None:
        """Skip the seconds, from any thread."""
        self._ahead_s += self._seconds
        self._loop.call_soon_threadsafe(lambda: None)  # wakes the loop, which looks at its timers then


_GLASS: ContextVar[Hourglass] = ContextVar("_GLASS")


def turn() -> None:
    """Let the time run out in which the caller, a tool in whatever thread, was called."""
    _GLASS.get().turn()


@contextmanager
def hourglass(seconds: float) -> Iterator[Hourglass]:
    """A clock for a system whose runs may take so many seconds; the timers of this loop go by it meanwhile."""
    glass, loop = Hourglass(seconds), asyncio.get_running_loop()
    token, loop.time = _GLASS.set(glass), glass.monotonic_s  # type: ignore[method-assign]
    try:
        yield glass
    finally:
        del loop.time
        _GLASS.reset(token)
