"""A control loop comes first where the system lets it, and is told where not."""

import os
import subprocess
import sys

import pytest

from llmos.robots.host.priority import NICENESS

ASK = """
import os, sys
from llmos.robots.host.priority import come_first
if len(sys.argv) > 1:
    os.seteuid(65534)
print(come_first(), os.getpriority(os.PRIO_PROCESS, 0))
"""

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such priorities")


def asked(*words: str) -> str:
    """What a process of its own is told."""
    done = subprocess.run([sys.executable, "-c", ASK, *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _stayed() -> str:
    """What is told where nothing changed: a process begins as nice as the one that starts it."""
    return f"False {os.getpriority(os.PRIO_PROCESS, 0)}"


def test_it_is_told_whether_the_system_agreed() -> None:
    """Root gets it; whoever does not stays where he was."""
    assert asked() in (f"True {NICENESS}", _stayed())


def test_whoever_may_not_runs_like_any_other() -> None:
    """Nothing fails for want of a privilege."""
    try:
        assert asked("nobody") == _stayed()
    except subprocess.CalledProcessError:
        pytest.skip("only root can become nobody")
