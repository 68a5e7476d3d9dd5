"""Importing loads little and does nothing: no heavy library, no file, no thread, no variable, no word."""

import json
import os
import pkgutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import llmos

HEAVY = {
    "anthropic", "fastapi", "git", "gguf", "httpx", "httpx2", "jinja2", "llama_cpp", "markdown_it", "mujoco", "numpy",
    "openai", "PIL", "pydantic", "rich", "serial", "torch", "watchdog", "xllamacpp",
}  # fmt: skip
"""What no start should wait for, unless it is what was asked for."""

NATIVE = {
    "llmos.models.backend_llama_cpp",
    "llmos.models.backend_xllamacpp",
    "llmos.models.llama_cpp_prompt",
    "llmos.models.llama_cpp_sampler",
    "llmos.robots.simulators.grip",
    "llmos.robots.simulators.mujoco_arm",
    "llmos.robots.simulators.mujoco_camera",
    "llmos.robots.simulators.mujoco_rover",
}
"""What adapts a build of llama.cpp or MuJoCo is imported with it: when a local model is first asked, a robot opened."""

LOADED = """
import contextlib, io, json, sys
said = io.StringIO()
with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
    exec(sys.argv[1])
own = {name.partition(".")[0] for name in sys.modules}
print(json.dumps({"modules": sorted(own), "said": said.getvalue()}))
"""

WATCHED = """
import importlib, json, logging, os, sys, threading, warnings
deeds = []
def watch(event, args):
    writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
    if writes or event.split(".")[0] in {"socket", "subprocess", "shutil", "tempfile", "sqlite3"}:
        deeds.append(f"{module}: {event} {args[:1]}")
    if event in {"os.mkdir", "os.remove", "os.rename", "os.putenv", "os.unsetenv", "os.system", "os.fork", "os.chdir"}:
        deeds.append(f"{module}: {event} {args[:1]}")
module = ""
before = dict(os.environ), logging.getLogger().handlers[:], sys.excepthook
sys.addaudithook(watch)
for module in json.loads(sys.argv[1]):
    threads = threading.active_count()
    importlib.import_module(module)
    if threading.active_count() != threads:
        deeds.append(f"{module}: started a thread")
if before != (dict(os.environ), logging.getLogger().handlers, sys.excepthook):
    deeds.append("environment, logging or excepthook changed")
print(json.dumps(deeds))
"""


def python(code: str, argument: str, home: Path) -> "subprocess.CompletedProcess[str]":
    """A fresh interpreter that knows no home but this one and writes no bytecode."""
    return subprocess.run(
        [sys.executable, "-B", "-c", code, argument],
        env={"PATH": os.defpath, "HOME": str(home), "LLMOS_HOME": str(home / ".llmos")},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )


def loaded(statement: str, home: Path) -> tuple[set[str], str]:
    """The top-level modules in memory after the statement, and what it printed."""
    done = python(LOADED, statement, home)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return set(answer["modules"]), answer["said"]


def foreign(modules: set[str], home: Path) -> set[str]:
    """Those that belong neither to Python nor to the state of an empty interpreter."""
    return modules - loaded("", home)[0] - sys.stdlib_module_names


def test_importing_llmos_loads_nothing_else(tmp_path: Path) -> None:
    """`import llmos` costs no more than its own file."""
    assert foreign(loaded("import llmos", tmp_path)[0], tmp_path) == {"llmos"}


def test_the_command_line_starts_with_click_alone(tmp_path: Path) -> None:
    """What stands before every command is click and our own light modules."""
    assert foreign(loaded("import llmos.cli.__main__", tmp_path)[0], tmp_path) == {"llmos", "click"}


def test_help_loads_click_alone(tmp_path: Path) -> None:
    """`llmos --help` lists the commands without importing one of them."""
    modules, said = loaded("from llmos.cli.__main__ import run; assert run(['--help']) == 0", tmp_path)
    assert foreign(modules, tmp_path) == {"llmos", "click"}
    assert "agent" in said


@pytest.mark.parametrize("command", ["agent list", "agent show operator", "skill list", "kernel show budget"])
def test_looking_at_documents_loads_nothing_heavy(tmp_path: Path, command: str) -> None:
    """Who only lists or shows waits for no model, no git, no watcher and no terminal library."""
    modules, said = loaded(f"from llmos.cli.__main__ import run; assert run({command.split()!r}) == 0", tmp_path)
    assert modules & HEAVY == set()
    assert said


def test_booting_loads_nothing_heavy(tmp_path: Path) -> None:
    """The parts of a system are wired without the libraries that only some runs need."""
    assert loaded("import llmos.boot.system, llmos.runtime.session", tmp_path)[0] & HEAVY == set()


def test_public_names_are_exactly_those_declared() -> None:
    """`llmos` offers what it declares, each name can be had, and another is refused as Python refuses it."""
    assert set(llmos.__all__) == {
        "LLMOS", "Effect", "LLMosError", "LowBatteryError", "__version__", "device_driver", "llm_tool", "robot_driver",
        "sensor", "tool",
    }  # fmt: skip
    assert all(getattr(llmos, name) for name in llmos.__all__)
    assert llmos.llm_tool is llmos.tool
    with pytest.raises(AttributeError, match="module 'llmos' has no attribute 'Kernel'"):
        _ = llmos.Kernel


def test_importing_any_module_does_nothing(tmp_path: Path) -> None:
    """No file is written, no thread or process started, no variable set, nothing said."""
    found = sorted(each.name for each in pkgutil.walk_packages(llmos.__path__, "llmos."))
    names = [name for name in found if name not in NATIVE]
    done = python(WATCHED, json.dumps(names), tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert json.loads(done.stdout) == []
    assert list(tmp_path.iterdir()) == []
    assert set(found) > NATIVE
