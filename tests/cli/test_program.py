"""`llmos program`: a program is checked, run and compiled from the command line, and its run is one like any other."""

import json
from pathlib import Path

import pytest

from llmos.traces.events import GateVerdict, RunFinished, RunStarted, ToolCalled
from llmos.traces.reading import read_journal
from tests.support.command_line import CommandLine

SQUARE = """\
given start: point = (1, 1, 0.5)
given side: length in 5 cm..30 cm = 20 cm

call move_to(x=start.x, y=start.y, z=start.z)
for each way in [1, -1]
  call move_relative(dx=side * way)
  call move_relative(dy=side * way)
end
let state = call get_status()
expect state.text contains "(1.00, 1.00, 0.50)" else "it is not back: " + state.text
done "Drew a square of " + side + " m."
"""
GREET = """\
---
name: greet
description: Greets. Use to greet.
---

# Greet

```program
given name: text
call Write(file_path="hello.txt", content="Hello " + name)
done "Greeted " + name + "."
```
"""


@pytest.fixture
def square(tmp_path: Path) -> str:
    """A program of its own."""
    path = tmp_path / "square.prog"
    path.write_text(SQUARE)
    return str(path)


@pytest.fixture
def greet(tmp_path: Path) -> str:
    """A skill with a program."""
    path = tmp_path / "greet" / "SKILL.md"
    path.parent.mkdir()
    path.write_text(GREET)
    return str(path)


def test_a_sound_program_is_told_with_what_it_comes_to(at_home: CommandLine, square: str) -> None:
    """What it takes, calls, waits for and does; nothing is run."""
    said = at_home("program", "check", square)
    assert said.code == 0, said.err
    assert said.out.splitlines() == [
        "given    start: point = (1, 1, 0.5)",
        "given    side: length in 5 cm..30 cm = 20 cm",
        "calls    at most 6 times: get_status, move_relative, move_to",
        "waits    at most 0 s",
        "effect   reversible",
    ]
    assert list(at_home.place.home.glob("journals/*/*/*.jsonl")) == []
    told = json.loads(at_home("program", "check", square, "--json").out)
    assert (told["calls"], told["effect"], told["problems"]) == (6, "reversible", [])
    assert told["parameters"][1] == {"name": "side", "type": "length in 5 cm..30 cm", "default": "20 cm"}


@pytest.mark.parametrize("word", ["check", "compile"])
def test_a_program_is_verified_wherever_one_stands(at_home: CommandLine, greet: str, word: str) -> None:
    """Also in the home folder, which no run may have as its workspace: nothing is run. A project's own agents count."""
    own = at_home.place.workspace / ".claude/agents/hand.md"
    own.parent.mkdir(parents=True)
    own.write_text("---\nname: hand\ndescription: Writes.\ntools: Write\n---\n\nWrite.\n")
    assert at_home("volume", "trust", ".", "--yes").code == 0
    assert at_home("program", word, greet, "--agent", "hand").code == 0
    at_home.patch.chdir(at_home.place.root)
    assert at_home("program", word, greet).code == 0
    assert at_home("program", "run", greet, "name=Ada").last.endswith("choose a folder of its own with --workspace")


def test_what_is_wrong_is_told_with_file_and_line(at_home: CommandLine, greet: str) -> None:
    """All of it, with the lines of the file; exit code 2."""
    path = Path(greet)
    path.write_text(GREET.replace("name)", "nam)").replace('"Greeted " + name', "1 m + 1 s"))
    said = at_home("program", "check", greet)
    assert said.code == 2
    assert said.out.splitlines() == [
        f"{greet}:10: error: nothing is called 'nam' here; did you mean 'name'?",
        f"{greet}:11: error: a length and a duration cannot be added",
    ]
    path.write_text(GREET.replace("call ", "cal "))
    assert at_home("program", "check", greet).out == (
        f"{greet}:10: error: no statement begins with 'cal'; did you mean 'call'?\n"
    )
    assert at_home("program", "run", greet, "name=x").err.strip().endswith("did you mean 'call'?")
    path.write_text("# Nothing\n")
    said = at_home("program", "check", greet)
    assert said.err == (
        f"llmos: {greet}: there is no program in it; one stands in a block that begins with ```program\n"
    )


def test_a_run_of_a_program_is_a_run(at_home: CommandLine, square: str) -> None:
    """Gate and journal see every call; no model is asked, and nothing is spent."""
    said = at_home("program", "run", square, "side=25cm", "--json", "--scene", "empty")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert (told["outcome"], told["answer"], told["agent"]) == ("done", "Drew a square of 0.25 m.", "operator")
    assert (told["mode"], told["mode_reason"]) == ("CRYSTALLIZED", "a person runs the program square.prog")
    assert told["usage"]["cost_usd"] == told["usage"]["input_tokens"] == 0
    events = [entry.event for entry in read_journal(Path(told["journal"]))]
    assert [event.tool for event in events if isinstance(event, ToolCalled)] == [
        "move_to", *["move_relative"] * 4, "get_status",
    ]  # fmt: skip
    assert sum(isinstance(event, GateVerdict) for event in events) == 5
    start, end = events[0], events[-1]
    assert isinstance(start, RunStarted)
    assert isinstance(end, RunFinished)
    assert start.goal.startswith("Run the program square.prog:\n\nside = 0.25\n")
    assert end.outcome == "done"


def test_where_the_gate_refuses_the_program_has_failed(at_home: CommandLine, square: str) -> None:
    """With the gate's own sentence; nobody tries anything else."""
    said = at_home("program", "run", square, "start=9,1,0.5", "--json")
    told = json.loads(said.out)
    assert (said.code, told["outcome"]) == ((told["outcome"] == "refused" and 3) or 1, told["outcome"])
    assert told["outcome"] in ("failed", "refused")
    assert told["answer"].startswith("program:square.prog stopped in line 4: ")
    assert len(told["tool_calls"]) == 1


def test_a_rovers_program_runs_in_the_hands_of_the_driver(at_home: CommandLine, tmp_path: Path) -> None:
    """Whom it is given to goes by the robot, and so does what it may call."""
    path = tmp_path / "there.prog"
    path.write_text('repeat 14\n  call go_home()\nend\ncall move_to(x=0.3, y=0)\ndone "there"\n')
    rover = ("--robot", "rover")
    said = at_home("program", "run", str(path), "--json", *rover)
    told = json.loads(said.out)
    assert (said.code, told["outcome"], told["agent"]) == (0, "done", "driver"), said.err
    assert len(told["tool_calls"]) == 15  # more than ten commands a second wait for their turn
    assert at_home("program", "check", str(path), *rover).code == 0
    path.write_text('call toggle_tool(activate=true)\ndone "held"\n')
    checked = at_home("program", "check", str(path), *rover)
    assert checked.code == 2
    assert checked.out.startswith(f"{path}:1: error: there is no tool 'toggle_tool' here; known are: emergency_stop, ")


def test_a_program_without_a_robot_runs_in_the_hands_of_the_coder(at_home: CommandLine, greet: str) -> None:
    """In the workspace, and within its permissions."""
    said = at_home("program", "run", greet, "name=Ada")
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "Greeted Ada."
    assert (at_home.place.workspace / "hello.txt").read_text() == "Hello Ada"
    text = Path(greet).read_text().replace("hello.txt", "../out.txt")
    Path(greet).write_text(text)
    refused = at_home("program", "run", greet, "name=Ada")
    assert refused.code == 1
    assert "stopped in line 10: Write may not write ../out.txt" in refused.out


def test_an_agent_may_be_named(at_home: CommandLine, greet: str) -> None:
    """The program has that one's tools, and no others."""
    said = at_home("program", "run", greet, "name=Ada", "--agent", "critic")
    assert said.code == 2
    assert f"{greet}:10: there is no tool 'Write' here" in said.err


def test_a_shell_is_granted_by_a_person_only(at_home: CommandLine, tmp_path: Path) -> None:
    """A program may say what it likes: without `--approve` that names Bash it is not begun."""
    path = tmp_path / "shell.prog"
    path.write_text('let r = call Bash(command="echo hi")\ndone r.text\n')
    said = at_home("program", "run", str(path))
    assert (said.code, said.err.splitlines()[-1]) == (
        2, f"llmos: {path}:1: a program may call Bash only where that is granted by name",
    )  # fmt: skip
    allowed = at_home("program", "run", str(path), "--approve", "Bash(echo hi)")
    assert (allowed.code, allowed.out.splitlines()[0]) == (0, "hi")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["side"], "'side' is no NAME=VALUE; see `llmos program run --help`."),
        (["side=1", "side=2"], "'side' is given twice; see `llmos program run --help`."),
        (["sid=1"], "{path}: there is no parameter 'sid'; did you mean 'side'?"),
        (["side=1m"], "{path}: the parameter 'side' must be from 5 cm to 30 cm, not 1"),
        (["side=10s"], "{path}: the parameter 'side' cannot be '10s': 's' is no unit of a length in 5 cm..30 cm"),
        (
            ["start=1,2"],
            "{path}: the parameter 'start' cannot be '1,2': a point is (x, y, z), and this has 2 parts",
        ),
    ],
)
def test_what_is_given_is_checked_before_anything_is_done(
    at_home: CommandLine, square: str, values: list[str], sentence: str
) -> None:
    """One sentence, exit code 2, nothing moved."""
    said = at_home("program", "run", square, *values)
    assert (said.code, said.err.splitlines()[-1]) == (2, f"llmos: {sentence.format(path=square)}")


def test_a_program_is_compiled_to_python(at_home: CommandLine, greet: str) -> None:
    """The text of a function named after the skill, which nobody runs."""
    said = at_home("program", "compile", greet, "--to", "python")
    assert said.code == 0
    assert "async def greet(call, *, name):\n" in said.out
    compile(said.out, "greet", "exec")
    assert json.loads(at_home("program", "compile", greet, "--json").out)["text"] == said.out


def test_other_targets_are_not_offered(at_home: CommandLine, greet: str) -> None:
    """What cannot be done is not there."""
    assert at_home("program", "compile", greet, "--to", "bytecode").code == 2
