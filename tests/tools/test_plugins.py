"""The laws of tools in `tools/*.py`: loaded when trusted, again when changed, kept when broken."""

import os
import sys
from pathlib import Path

import pytest

from llmos.documents.document import Problem
from llmos.tools.plugins import TOOLS, Plugins

pytestmark = pytest.mark.anyio

GREET = '''
from dataclasses import dataclass

from llmos import Effect, tool


@dataclass
class Person:
    """Somebody."""

    name: str


@tool(effect=Effect.PURE)
def greet(name: str) -> str:
    """Greet somebody."""
    return f"{WORD}, {Person(name).name}!"


WORD = "Hello"
'''


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a trusted volume's tools."""
    (tmp_path / "tools").mkdir()
    return tmp_path / "tools"


def put(folder: Path, name: str, source: str) -> Path:
    """A plugin file."""
    path = folder / name
    path.write_text(source)
    return path


async def test_a_file_is_loaded(folder: Path) -> None:
    """Its tools can be called, and nothing is written beside it."""
    put(folder, "greet.py", GREET)
    tools, problems = Plugins(TOOLS).refresh([folder])
    assert problems == ()
    assert [tool.spec.name for tool in tools] == ["greet"]
    assert await tools[0].call({"name": "Ada"}) == "Hello, Ada!"
    assert not (folder / "__pycache__").exists()


async def test_a_changed_file_is_loaded_again(folder: Path) -> None:
    """Also when neither its time nor its length has changed; an unchanged one is not."""
    plugins = Plugins(TOOLS)
    path = put(folder, "greet.py", GREET)
    (before,), _ = plugins.refresh([folder])
    assert plugins.refresh([folder])[0][0] is before
    times = path.stat()
    path.write_text(GREET.replace("Hello", "Howdy"))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    (after,), _ = plugins.refresh([folder])
    assert await after.call({"name": "Ada"}) == "Howdy, Ada!"
    assert await before.call({"name": "Ada"}) == "Hello, Ada!"


def test_a_new_and_a_removed_file_are_noticed(folder: Path) -> None:
    """What is there now is what there is."""
    plugins = Plugins(TOOLS)
    assert plugins.refresh([folder]) == ((), ())
    path = put(folder, "greet.py", GREET)
    assert len(plugins.refresh([folder])[0]) == 1
    path.unlink()
    assert plugins.refresh([folder]) == ((), ())


BROKEN = [
    ("def f(:\n", 1, "the file cannot be loaded: SyntaxError: invalid syntax (FILE, line 1)"),
    ("x = 1\nraise KeyError('k')\n", 2, "the file cannot be loaded: KeyError: 'k'"),
    (
        "\n\nimport no_such_module\n",
        3,
        "the file cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'",
    ),
    ("import sys\nsys.exit(3)\n", 2, "the file cannot be loaded: SystemExit: 3"),
    ("class Odd(BaseException): pass\nraise Odd('odd')\n", 2, "the file cannot be loaded: Odd: odd"),
    (
        "from llmos import tool\n@tool\ndef f(x):\n    'Do it.'\n",
        2,
        "the tool 'f' does not say what type its argument 'x' has",
    ),
    ("\x00", 1, "the file cannot be loaded: SyntaxError: source code string cannot contain null bytes"),
]


@pytest.mark.parametrize(("source", "line", "sentence"), BROKEN)
def test_a_broken_file_is_a_problem(folder: Path, source: str, line: int, sentence: str) -> None:
    """Whatever it raises is one sentence with its line, and no module stays behind."""
    path, before = put(folder, "broken.py", source), set(sys.modules)
    tools, (problem,) = Plugins(TOOLS).refresh([folder])
    assert tools == ()
    told = problem.sentence.replace("broken.py", "FILE").replace("ValueError", "SyntaxError")
    assert (problem.path, problem.severity, told) == (str(path), "error", sentence)
    assert problem.line == (line if "null bytes" not in sentence else 1)
    assert not [name for name in set(sys.modules) - before if name.startswith("llmos_plugin_broken_")]


async def test_the_last_good_version_stays(folder: Path) -> None:
    """A file saved half-way does not take its tools away; mended, it counts again."""
    plugins = Plugins(TOOLS)
    path = put(folder, "greet.py", GREET)
    plugins.refresh([folder])
    path.write_text(GREET[:-40])
    for _ in range(2):
        (kept,), (problem,) = plugins.refresh([folder])
        assert problem.sentence.endswith("; the version before it stays in use")
        assert await kept.call({"name": "Ada"}) == "Hello, Ada!"
    path.write_text(GREET.replace("Hello", "Howdy"))
    (mended,), problems = plugins.refresh([folder])
    assert problems == ()
    assert await mended.call({"name": "Ada"}) == "Howdy, Ada!"


def test_of_two_tools_with_one_name_the_first_counts(folder: Path, tmp_path: Path) -> None:
    """Built-in tools before all, then the earlier folder; each loser is named."""
    other = tmp_path / "other"
    other.mkdir()
    first, second = put(folder, "a.py", GREET), put(other, "a.py", GREET)
    tools, problems = Plugins(TOOLS).refresh([folder, other])
    assert [tool.spec.name for tool in tools] == ["greet"]
    assert problems == (Problem(str(second), 1, "warning", f"the tool 'greet' is left out; {first} has it already"),)
    tools, problems = Plugins(TOOLS).refresh([folder], taken=["greet"])
    assert tools == ()
    assert problems[0].sentence == "the tool 'greet' is left out; LLMos itself has it already"


def test_only_public_python_files_are_loaded(folder: Path) -> None:
    """What begins with an underscore, and what is no file or no Python, is not imported."""
    put(folder, "_private.py", "raise SystemExit")
    put(folder, "notes.txt", "raise SystemExit")
    (folder / "sub").mkdir()
    put(folder / "sub", "deep.py", "raise SystemExit")
    assert Plugins(TOOLS).refresh([folder, folder / "missing"]) == ((), ())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
def test_what_is_no_file_of_this_folder_is_a_problem(folder: Path, tmp_path: Path) -> None:
    """Folders and pipes are not read; a link may not bring in what others can write."""
    evil = put(tmp_path, "evil.py", "raise SystemExit")
    (folder / "link.py").symlink_to(evil)
    (folder / "odd.py").mkdir()
    os.mkfifo(folder / "pipe.py")
    tools, problems = Plugins(TOOLS).refresh([folder])
    assert tools == ()
    assert [problem.sentence for problem in problems] == [
        f"this is a link to {evil}, outside of the folder; put the file itself here",
        f"cannot read {folder / 'odd.py'}: it is a folder",
        f"cannot open {folder / 'pipe.py'}: it is a device, a pipe or a socket, not a file",
    ]


def test_a_file_that_does_not_end_is_a_problem(folder: Path) -> None:
    """Importing may not hold a run for ever."""
    put(folder, "slow.py", "import threading\nthreading.Event().wait(2)\n")
    tools, (problem,) = Plugins(TOOLS, loading_s=0.05).refresh([folder])
    assert tools == ()
    assert problem.sentence == "the file cannot be loaded: TimeoutError: it did not end within 0.05 s"
