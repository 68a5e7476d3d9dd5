"""The plan of the house: who may import whom is held by import-linter, and a planted violation breaks it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from llmos.settings import system_root

LINT = "import sys; sys.path.insert(0, ''); from importlinter.cli import lint_imports_command; lint_imports_command()"

PLANTED = [
    ("errors.py", "import llmos.cli", "Floors"),
    ("traces/bus.py", "import llmos.memory.notes", "Floors"),
    ("models/base.py", "import llmos.robots.base", "Floors"),
    ("shed.py", "", "Floors"),
    ("tools/editing.py", "import llmos.tools.files", "No rings"),
    ("tools/shell.py", "import git", "One door to each third party"),
    ("boot/system.py", "import anthropic", "One door to Anthropic"),
    ("tools/base.py", "import openai", "One door to OpenAI's protocol"),
    ("boot/models.py", "import xllamacpp", "One door to each build of llama.cpp"),
    ("boot/embeddings.py", "import onnxruntime", "One door to embeddings"),
    ("runtime/loop.py", "import rich", "Only the command line draws"),
    ("boot/body.py", "import mujoco", "One door to physics and trajectories"),
    ("cli/robot.py", "import fastapi", "One door to the web"),
    ("tools/robot.py", "import mcap", "One door to recordings"),
    ("cli/trace.py", "import zstandard", "One door to bundles, and one to encryption"),
    ("tools/robot.py", "import llmos.robots.simulators.kinematic", "Robots are made in one place"),
]


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    """Check the package `llmos` in this folder, by the contracts of the pyproject.toml beside it."""
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package and its contracts, to be spoiled."""
    root = system_root()
    shutil.copytree(root / "llmos", tmp_path / "llmos", ignore=shutil.ignore_patterns("__pycache__", "*.gguf"))
    shutil.copy(root / "pyproject.toml", tmp_path)
    return tmp_path


def broken(report: str) -> list[str]:
    """The names of the contracts that the report calls broken."""
    return [line.rpartition(" ")[0] for line in report.splitlines() if line.endswith(" BROKEN")]


def test_all_contracts_hold(copy: Path) -> None:
    """The code as it is keeps every contract."""
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("module", "line", "contract"), PLANTED, ids=[f"{name}: {line}" for name, line, _ in PLANTED])
def test_a_planted_violation_breaks_its_contract(copy: Path, module: str, line: str, contract: str) -> None:
    """One line in the wrong place, or a module without a floor, is found and named."""
    path = copy / "llmos" / module
    text = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{text}\n{line}\n", "utf-8")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert any(name.startswith(contract) for name in broken(done.stdout)), done.stdout
