"""What a person has set up on the machine changes no test."""

import os
import subprocess
import sys
from pathlib import Path

from llmos.settings import system_root

ASKS = """
import subprocess

def test_git_knows_nobody():
    found = subprocess.run(["git", "config", "--get", "merge.verifySignatures"], capture_output=True)
    assert (found.returncode, found.stdout) == (1, b"")
"""


def test_a_persons_git_settings_reach_no_test(tmp_path: Path) -> None:
    """Whoever asks git for signatures everywhere still runs tests whose commits have none."""
    (tmp_path / "test_it.py").write_text(ASKS)
    settings = tmp_path / ".gitconfig"
    settings.write_text("[merge]\n\tverifySignatures = true\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider", "test_it.py"]
    own = {"PYTHONPATH": str(system_root()), "HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": str(settings)}
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, **own}, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
