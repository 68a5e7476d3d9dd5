"""What Ctrl-C, `kill` and a closed terminal do to a run: the first ends it in order, the second leaves at once.

Knows no run: it cancels a scope, and whoever stands in it writes down how it ended.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from anyio import CancelScope

from llmos.runtime.outcome import EXIT_CODES

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_SHOW_CURSOR = b"\x1b[?25h"


@contextmanager
def interruptible(scope: CancelScope, say: Callable[[str], None]) -> Iterator[None]:
    """Cancel the scope at the first signal; `say` tells the person. Enter it in the main thread, inside the loop.

    A second signal ends the process there and then: every line of the journal is on its way to the disk already.
    """
    loop = asyncio.get_running_loop()

    def end() -> None:
        scope.cancel()
        say("Ending the run; once more leaves at once.")

    def on_signal(_: int, __: FrameType | None) -> None:
        for each in heeded:
            signal.signal(each, _leave)
        loop.call_soon_threadsafe(end)

    heeded = [each for each in _SIGNALS if signal.getsignal(each) not in (signal.SIG_IGN, None)]  # not under nohup
    before = {each: signal.signal(each, on_signal) for each in heeded}
    try:
        yield
    finally:
        for each, what in before.items():
            signal.signal(each, what)


def _leave(_: int, __: FrameType | None) -> None:
    """End the process without waiting for anything: a stuck thread must not hold a person's terminal."""
    if sys.__stderr__ is not None and sys.__stderr__.isatty():
        os.write(sys.__stderr__.fileno(), _SHOW_CURSOR + b"\n")
    os._exit(EXIT_CODES["interrupted"])


@contextmanager
def on_interrupt(action: Callable[[int, FrameType | None], object]) -> Iterator[None]:
    """Let Ctrl-C do this and nothing else."""
    before = signal.signal(signal.SIGINT, action)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def nothing(_: int, __: FrameType | None) -> None:
    """What Ctrl-C does where a person aimed at something that has just ended."""
