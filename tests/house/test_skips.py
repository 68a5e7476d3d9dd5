"""Where LLMOS_REQUIRE_SYSTEM=1 demands that everything is there, a test skipped for want of it is no success."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.settings import system_root

WANTING = """
import pytest
from tests.support.disks import tmpfs, unprivileged

def test_with_a_disk_of_its_own(tmp_path):
    with unprivileged(), tmpfs(tmp_path / "disk", "size=1m"):
        pass

def test_with_a_right():
    pytest.skip("mount refused: not permitted")

def test_of_another_system():
    pytest.skip("Windows has no such modes")
"""
ELSEWHERE = "import pytest\n\ndef test_of_another_system():\n    pytest.skip('only Linux shows this')\n"


def run_of(tests: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """How a run of these tests ends under our own conftest."""
    (folder / "test_it.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "test_it.py"]
    demand = {"PYTHONPATH": str(system_root()), "LLMOS_REQUIRE_SYSTEM": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env={**os.environ, **demand}, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux mounts a file system like this")
def test_a_run_without_root_is_no_success(tmp_path: Path) -> None:
    """Nobody's disks cannot be filled up, and CI says so instead of counting as green."""
    done = run_of(WANTING, tmp_path)
    assert re.findall("Skipped although LLMOS_REQUIRE_SYSTEM=1: (.*)", done.stdout) == [
        "mount refused: not permitted",
        "mounting a file system needs root",
    ]
    assert done.returncode == 1


def test_what_is_about_another_system_may_be_skipped(tmp_path: Path) -> None:
    """Nothing that could be installed or allowed would mend it."""
    assert run_of(ELSEWHERE, tmp_path).returncode == 0
