"""Tells whether a file or folder still is what it was when somebody looked, without reading it.

Knows no content. A stamp that was taken too soon after a change is empty, which equals nothing: one more change might
have left the same stamp, so whoever compares looks again.
"""

import os
from collections.abc import Callable
from pathlib import Path
from time import time_ns
from typing import Final, TypeAlias

Now: TypeAlias = Callable[[], int]
"""The clock that stamps files: nanoseconds since 1970."""

UNSETTLED: Final = ""
_TICK_NS = 50_000_000  # coarser than the clock of any file system in use but FAT's


def stamp_of(status: os.stat_result) -> str:
    """When the file was changed (content, then anything of it), its size and its number on the disk."""
    return f"{status.st_mtime_ns} {status.st_ctime_ns} {status.st_size} {status.st_ino}"


def settled(status: os.stat_result, looked_ns: int) -> str:
    """The stamp to compare with later, of what was looked at then."""
    newest = max(status.st_mtime_ns, status.st_ctime_ns)
    return stamp_of(status) if newest < looked_ns - _TICK_NS else UNSETTLED


def look(path: Path, now_ns: Now = time_ns) -> tuple[os.stat_result | None, int]:
    """What the disk says of the path itself, no link followed, None where there is nothing; and when it was asked."""
    looked_ns = now_ns()
    try:
        return path.lstat(), looked_ns
    except OSError:
        return None, looked_ns
