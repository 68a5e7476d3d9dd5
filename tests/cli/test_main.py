"""The door of the command line: wrong words get a sentence, every end its exit code, our own bugs a traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from llmos import __version__
from llmos.cli.__main__ import run, wants_json
from tests.support.command_line import CommandLine
from tests.support.tapes import says

BUG = """
import sys
from functools import partial
from llmos.cli.__main__ import _our_bug
sys.excepthook = partial(_our_bug, True)
1 / 0
"""


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """`--version` names the program and ends with 0."""
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"llmos, version {__version__}\n"


@pytest.mark.parametrize("module", ["llmos", "llmos.cli"])
def test_the_package_runs_as_the_command(llmos: CommandLine, module: str) -> None:
    """`python -m llmos` is `llmos`, also where no script of that name was installed: same words, same exit code."""
    words = [sys.executable, "-m", module, "agent", "show", "wroker", "--json"]
    done = subprocess.run(words, env=dict(os.environ), cwd=llmos.place.workspace, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "")
    assert json.loads(done.stdout) == {"error": "There is no agent 'wroker'; did you mean 'worker'?"}


@pytest.mark.parametrize(
    ("words", "sentence", "command"),
    [
        ("agnet", "There is no command 'agnet'; did you mean 'agent'?", "llmos"),
        ("agent lits", "There is no command 'lits'; did you mean 'list'?", "llmos agent"),
        ("run go --worspace x", "No such option '--worspace'. Did you mean '--workspace'?", "llmos run"),
        ("agent run", "Missing argument 'NAME'", "llmos agent run"),
        ("run go --budget-usd no", "Invalid value for '--budget-usd': 'no' is not a valid float range", "llmos run"),
        ("trace list --limit 0", "Invalid value for '--limit': 0 is not in the range 1<=x<=100000", "llmos trace list"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(
    llmos: CommandLine, words: str, sentence: str, command: str
) -> None:
    """One sentence on stderr that says where to look further, nothing on stdout, exit code 2."""
    said = llmos(*words.split())
    look = " See" if sentence.endswith("?") else "; see"
    assert (said.code, said.out, said.err) == (2, "", f"llmos: {sentence}{look} `{command} --help`.\n")


def test_with_json_a_wrong_word_is_an_object(llmos: CommandLine) -> None:
    """A program reads the same sentence."""
    said = llmos("agent", "show", "wroker", "--json")
    assert (said.code, said.json, said.err) == (
        2,
        {"error": "There is no agent 'wroker'; did you mean 'worker'?"},
        "",
    )


def test_a_goal_that_looks_like_an_option_asks_for_no_json() -> None:
    """What stands behind `--` is a goal."""
    assert wants_json(["agent", "run", "x", "--json"])
    assert not wants_json(["agent", "run", "x", "--", "--json"])


def test_our_own_bug_is_a_traceback_and_70(tmp_path: Path) -> None:
    """Nobody's mistake but ours: nothing is hidden, and a program that reads JSON is told so too."""
    environment = {"PATH": os.defpath, "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", BUG], env=environment, capture_output=True, text=True)
    assert done.returncode == 70
    assert "Traceback" in done.stderr
    assert json.loads(done.stdout) == {"error": "LLMos itself failed with ZeroDivisionError: division by zero"}


def test_a_reader_that_leaves_is_no_mistake(tmp_path: Path) -> None:
    """`llmos ... | head` ends quietly, however much was still to be said."""
    done = subprocess.run(
        f"set -o pipefail; {sys.executable} -m llmos.cli kernel show | true",
        shell=True,
        executable="/bin/bash",
        env={"PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_result_that_nobody_reads_keeps_its_exit_code(llmos: CommandLine) -> None:
    """A run counts also when whoever asked for it has gone."""
    tape = llmos.tape({"reply": {"text": "no", "claim": "failed"}})
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-m", "llmos.cli", "agent", "run", "worker", "go", "--model", tape, "--json"],
        stdin=subprocess.DEVNULL,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_terminal_that_knows_few_letters_is_written_to(llmos: CommandLine) -> None:
    """What cannot be shown is escaped, on stdout, on stderr and in JSON."""
    tape = llmos.tape(says("grün 🌱"))
    words = [sys.executable, "-m", "llmos.cli", "agent", "run", "worker", "gieße", "--model", tape]
    environment = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    streams = {"stdin": subprocess.DEVNULL, "capture_output": True, "env": environment}
    done = subprocess.run(words, **streams)
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("latin-1").startswith("grün \\U0001f331\n")
    done = subprocess.run([*words, "--json"], **streams)
    assert json.loads(done.stdout.decode("latin-1"))["answer"] == "grün 🌱"


def test_no_color_is_heeded(llmos: CommandLine) -> None:
    """NO_COLOR turns colours off where a person would get them."""
    import click

    from llmos.settings import no_color

    assert not no_color({"NO_COLOR": "", "TERM": "xterm"})
    assert no_color({"NO_COLOR": "1"})
    assert no_color({"TERM": "dumb"})
    llmos.patch.setenv("NO_COLOR", "1")
    with click.Context(click.Command("llmos"), color=True):
        assert "\x1b" not in llmos("kernel", "show", "budget").out


@pytest.mark.parametrize("words", [[], ["agent"], ["volume"]])
def test_a_group_without_a_command_shows_its_help(llmos: CommandLine, words: list[str]) -> None:
    """Whoever types the name alone wants to know what there is, line by line."""
    bare, asked = llmos(*words), llmos(*words, "--help")
    assert (bare.code, bare.err) == (0, "")
    assert bare.out == asked.out
    assert "\nCommands:\n" in bare.out
