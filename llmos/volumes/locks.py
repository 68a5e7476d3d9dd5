"""One writer at a time: a lock on a file that the system releases when its holder dies.

Does not know what is being guarded. POSIX locks through `fcntl`, Windows through `msvcrt`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from llmos.disk import disk_said

if sys.platform == "win32":
    import msvcrt

    def _take(held: BinaryIO) -> None:
        msvcrt.locking(held.fileno(), msvcrt.LK_LOCK, 1)
else:
    import fcntl

    def _take(held: BinaryIO) -> None:
        fcntl.flock(held, fcntl.LOCK_EX)


@contextmanager
def only_writer(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, waiting for whoever holds it now; raises StorageError where none can be made."""
    try:
        held = path.open("ab")
    except OSError as error:
        raise disk_said("lock", path, error) from error
    with held:
        _take(held)
        yield
