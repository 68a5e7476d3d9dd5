"""Stops a robot from any process: at its host's stop door, and where nobody answers there, on disk.

Knows no gate: every gate of the home reads the latch file at every tick.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from llmos.clock import Clock
from llmos.errors import StorageError
from llmos.messages import valid_unicode
from llmos.robots.base import RobotError
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.stop_listener import call_stop
from llmos.robots.latch import UNSURE, Stop, StopLatch
from llmos.robots.safety_log import log_of

_PATIENCE_S = 1.0
_NOT_KEPT: Final = "the stop is in force, but could not be put on disk: it ends with the process that drives the robot"


@dataclass(frozen=True, slots=True)
class Stopped:
    """The stop that holds, whether the robot's host took it itself or will find it on disk, and whether it lasts."""

    stop: Stop
    by_host: bool
    saved: bool = True

    @property
    def warning(self) -> str:
        """What a person must know besides; empty where nothing is wrong."""
        if self.saved:
            return ""
        return _NOT_KEPT if self.by_host else UNSURE


def stop_robot(home: Path, robot: str, by: str, reason: str, clock: Clock) -> Stopped:
    """Stop a robot of this home, blocking until it is in force; StorageError when not even the disk takes it."""
    address = HostFiles(home, robot).read_address()
    if address is not None:
        try:
            answer = call_stop(address.stop, address.key, valid_unicode(by), valid_unicode(reason), _PATIENCE_S)
            return Stopped(answer.stop, by_host=True, saved=answer.saved)
        except RobotError:
            pass  # it may have ended since; the file stops the next one
    latch, stop = latch_of(robot, home), Stop(clock.now().isoformat(), by, reason)
    latch.trip(stop)
    saved = latch.save()
    return Stopped(latch.stop or stop, by_host=False, saved=saved)


def book_stop(home: Path, robot: str, stop: Stop, clock: Clock) -> str:
    """Write a stop in force that no gate took into the safety log; where that fails, what a person must know."""
    try:
        log_of(home, clock).append("stop", robot, {"by": stop.by, "reason": stop.reason[:200]})
    except StorageError as error:
        return f"not in the safety log: {error}"
    return ""


def latch_of(robot: str, home: Path) -> StopLatch:
    """The emergency stop of a robot, which needs no profile and no driver."""
    return StopLatch(home / "robots" / f"{robot}.json")
