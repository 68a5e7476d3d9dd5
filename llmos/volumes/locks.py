"""One writer, or one owner, at a time: a lock on a file that the system releases when its holder dies.

Does not know what is being guarded. POSIX locks through `fcntl`, Windows through `msvcrt`.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import BinaryIO, Final

from llmos.disk import disk_said

if sys.platform == "win32":
    import msvcrt

    def _take(held: BinaryIO, *, wait: bool) -> None:
        msvcrt.locking(held.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(held: BinaryIO, *, wait: bool) -> None:
        fcntl.flock(held, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)


LOOKS_PER_S: Final = 500
"""So often is a lock looked at that is not waited for without end: who writes one line after another lets others in."""


def wait_a_little() -> None:
    """What lies between two of these looks."""
    Event().wait(1 / LOOKS_PER_S)


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for whoever holds it now; raises StorageError where none can be made."""
    with _opened(path) as held:
        _take(held, wait=True)
        yield


@contextmanager
def sole_owner(path: Path, looks: int = 1, pause: Callable[[], object] = lambda: None) -> Iterator[bool]:
    """Hold the lock file at `path` and say True, or False where somebody else holds it; raises StorageError.

    It is tried so many times, with a `pause` in between.
    """
    with _opened(path) as held:
        yield _is_taken(held, looks, pause)


def _is_taken(held: BinaryIO, looks: int, pause: Callable[[], object]) -> bool:
    for look in range(looks):
        if look:
            pause()
        with suppress(OSError):
            _take(held, wait=False)
            return True
    return False


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("ab")
    except OSError as error:
        raise disk_said("lock", path, error) from error
