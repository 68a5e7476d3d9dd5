"""Asks the system to let this process run before others, as a control loop should.

Knows no robot. POSIX systems grant it to root and to whom `RLIMIT_NICE` allows it; anybody else, and Windows, runs the
process like any other, which is told by what this returns.
"""

import os
import sys
from typing import Final

NICENESS: Final = -10


def come_first() -> bool:
    """Whether the system agreed."""
    if sys.platform == "win32":
        return False
    try:
        os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
    except OSError:
        return False
    return True
