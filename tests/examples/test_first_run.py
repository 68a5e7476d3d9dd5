"""The Python example does what its first line says."""

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "first_run.py"


def test_the_example_moves_the_arm(tmp_path: Path) -> None:
    """Without a key and in an empty home, by measured state."""
    (tmp_path / "work").mkdir()
    done = subprocess.run(
        [sys.executable, EXAMPLE],
        capture_output=True,
        text=True,
        timeout=120,
        cwd=tmp_path / "work",
        env={"LLMOS_HOME": str(tmp_path / "home"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("done At (0.20, 0.00, 1.00) turned 0°, gripper open.\nLEARNER local:pocket.gguf $0")
