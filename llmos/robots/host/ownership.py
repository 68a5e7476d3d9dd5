"""One owner for each robot of a home, and what it must know of the one before: whether that ended amid a motion.

Knows no gate and no socket. An owner that is just ending is waited for: it has a robot to bring to rest.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from llmos.clock import Clock
from llmos.disk import make_folder
from llmos.robots.base import RobotError
from llmos.robots.host.doors import HostFiles
from llmos.robots.host.stopping import book_stop
from llmos.robots.latch import Stop, StopLatch
from llmos.volumes.locks import sole_owner

_LOOK_S: Final = 0.05
_ENDING_S: Final = 10.0
_CLOSING_S: Final = 5.0


@contextmanager
def owning(files: HostFiles, latch: StopLatch, clock: Clock) -> Iterator[None]:
    """Be the one process that drives the robot; RobotError when another is, StorageError when the home takes no file.

    A robot whose last owner was killed while it moved stays stopped until a person has looked at it.
    """
    make_folder(files.lock.parent)
    _wait_while(lambda: files.read_address() is None and not _is_free(files), clock, _CLOSING_S)
    with sole_owner(files.lock) as owned:
        if not owned:
            address = files.read_address()
            process = f" (process {address.process})" if address else ""
            raise RobotError(
                f"The robot {files.robot} has a host for this home already{process}; use that one, or end it first."
            )
        _disarm(files, latch, clock)
        yield


def host_of(files: HostFiles) -> int | None:
    """The process that owns the robot and says where it is reached; None when there is none."""
    address = files.read_address()
    if address is None:
        return None
    return None if _is_free(files) else address.process


def has_ended(files: HostFiles, clock: Clock) -> bool:
    """Wait for a host that is just ending; whether it has, within the time that braking may take."""
    return _wait_while(lambda: host_of(files) is not None, clock, _ENDING_S)


def _wait_while(holds: Callable[[], bool], clock: Clock, most_s: float) -> bool:
    """Whether it has ceased to hold within the time."""
    until_s, pause = clock.monotonic_s() + most_s, threading.Event()
    while holds():
        if clock.monotonic_s() > until_s:
            return False
        pause.wait(_LOOK_S)
    return True


def _is_free(files: HostFiles) -> bool:
    with sole_owner(files.lock) as free:
        return free


def disarm_if_cut_short(files: HostFiles, latch: StopLatch, clock: Clock) -> None:
    """What is to be done before driving without a host: learn what became of the last one. StorageError."""
    if files.moving.exists():
        with sole_owner(files.lock) as free:
            if free:
                _disarm(files, latch, clock)


def _disarm(files: HostFiles, latch: StopLatch, clock: Clock) -> None:
    """Latch the stop if the last host was killed in the middle of a motion; only while there is none."""
    if files.moving.exists():
        stop = Stop(clock.now().isoformat(), "the robot host", "the last host ended while the robot was moving")
        latch.trip(stop)
        latch.save()
        book_stop(files.home, files.robot, stop, clock)
        files.moving.unlink(missing_ok=True)
