"""Whatever a person, a file or a model gets wrong: one sentence or a result, the right exit code, a whole journal."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.traces.events import RunFinished
from llmos.traces.reading import read_journal
from tests.support.homes import Place, make_place
from tests.support.messages_api import MessagesAPI
from tests.support.tapes import WORKER, calls, says

RAISES = """
from llmos import tool

@tool
def trip() -> str:
    "Fall."
    raise ZeroDivisionError("over a stone")

@tool
def leave() -> str:
    "Try to end everything."
    raise SystemExit(3)
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with a worker, and a workspace."""
    place = make_place(tmp_path)
    place.write("user/agents/worker.md", WORKER)
    return place


def variables(place: Place) -> dict[str, str]:
    """The environment of a person who has nothing but a home."""
    return {"LLMOS_HOME": str(place.home), "HOME": str(place.root / "person"), "PATH": os.defpath}


def llmos(place: Place, *words: str, typed: str = "") -> "subprocess.CompletedProcess[str]":
    """A command line without a terminal; a traceback is a bug."""
    done = subprocess.run(
        [sys.executable, "-m", "llmos.cli", *words],
        input=typed,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        cwd=place.workspace,
        env=variables(place),
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def tape(place: Place, *lines: dict[str, Any]) -> str:
    """A model that says these lines."""
    path = place.root / "tape.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return f"cassette:{path}"


def journals(place: Place) -> list[Path]:
    """The journals of the home."""
    return sorted(place.home.glob("journals/*/*/*.jsonl"))


def nothing(_: Place) -> None:
    """The home is as it should be."""


def broken_rule(place: Place) -> None:
    """A key of the kernel is misspelled."""
    place.write("kernel/budget.md", "---\nbudget_use: 3\n---\n")


def mistyped_rule(place: Place) -> None:
    """A key of the kernel has a word where a number belongs."""
    place.write("kernel/budget.md", "---\nbudget_usd: much\n---\n")


def looser_rule(place: Place) -> None:
    """A home tries to loosen safety."""
    place.write("kernel/safety.md", "---\ntool_timeout_s: 3000\n---\n")


def strange_setting(place: Place) -> None:
    """The settings page has a key that is none."""
    place.write("settings.md", "---\nmodle: pocket\n---\n")


def unreadable_agent(place: Place) -> None:
    """The worker is no text."""
    place.write("user/agents/worker.md", "").write_bytes(b"\xff\xfe\x00w")


def no_gguf(place: Place) -> None:
    """A web page was saved as a model."""
    (place.workspace / "model.gguf").write_text("<!doctype html>")


def home_is_a_file(place: Place) -> None:
    """Something else stands where the journals belong."""
    place.write("journals", "")


RUN = "agent run worker go --model cassette:tape"
MISTAKES: list[tuple[Callable[[Place], None], str, int, str]] = [
    (nothing, "agent run wroker go", 2, "did you mean 'worker'?"),
    (nothing, "agent run worker go --modle pocket", 2, "--model"),
    (nothing, "agent rnu worker go", 2, "did you mean 'run'?"),
    (nothing, "agnet list", 2, "did you mean 'agent'?"),
    (nothing, "agent run worker go --model pocktt", 2, "did you mean 'pocket'?"),
    (nothing, "agent run worker go --model cassette:missing", 2, "missing"),
    (nothing, "agent run worker go --model dev", 2, "needs a key: set ANTHROPIC_API_KEY"),
    (nothing, "agent run worker go", 2, "No model can serve the agent worker"),
    (nothing, f"{RUN} --robot amr", 2, "did you mean 'arm'?"),
    (nothing, f"{RUN} --robot arm --scene pick", 2, "pick-and-place"),
    (nothing, f"{RUN} --approve Bash(", 2, "is no tool pattern"),
    (nothing, f"{RUN} --workspace nowhere", 2, "nowhere"),
    (nothing, f"{RUN} --workspace /", 3, "the whole disk"),
    (nothing, f"{RUN} --resume 20260101-000000-abcdef", 2, "there is no run 20260101-000000-abcdef"),
    (nothing, f"{RUN} --resume yesterday", 2, "is not a run id"),
    (nothing, f"{RUN} --each missing.csv", 2, "missing.csv"),
    (broken_rule, RUN, 2, "kernel/budget.md:2: 'budget_use' is no key that is read here; did you mean 'budget_usd'?"),
    (mistyped_rule, RUN, 2, "kernel/budget.md:2: 'budget_usd' must be a number"),
    (looser_rule, RUN, 2, "kernel/safety.md:2: 'tool_timeout_s' tightens only"),
    (strange_setting, RUN, 2, "settings.md:2: 'modle' is no key that is read here; did you mean 'model'?"),
    (unreadable_agent, RUN, 2, "user/agents/worker.md:1: the file is UTF-16; save it as UTF-8"),
    (no_gguf, "agent run worker go --model local:model.gguf", 2, "is not a GGUF model file"),
    (home_is_a_file, RUN, 1, "a part of this path is a file where a folder must be"),
    (nothing, "trace show 20260101-000000-abcdef", 2, "there is no run 20260101-000000-abcdef"),
    (nothing, "kernel show budget.usd", 2, "there is no rule 'budget.usd'"),
    (nothing, "skill show pick-and-plaec", 2, "did you mean 'pick-and-place'?"),
    (nothing, "memory show ../../etc/passwd", 2, "is no id of a note"),
    (nothing, "agent check nowhere", 2, "there is no such file or folder"),
    (nothing, "volume add nowhere", 1, "nowhere"),
    (nothing, "volume trust nowhere", 2, "nowhere"),
]


@pytest.mark.parametrize(
    ("spoil", "line", "code", "sentence"), MISTAKES, ids=[f"{spoil.__name__}: {line}" for spoil, line, *_ in MISTAKES]
)
def test_a_mistake_is_one_sentence(
    place: Place, spoil: Callable[[Place], None], line: str, code: int, sentence: str
) -> None:
    """The last line on stderr says what is wrong, stdout stays empty, and no run has begun."""
    model = tape(place, says())
    spoil(place)
    done = llmos(place, *(model if word == "cassette:tape" else word for word in line.split()))
    told = done.stderr.strip().rpartition("\n")[2]
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    assert told.startswith("llmos: ")
    assert sentence in told
    assert journals(place) == []


@pytest.mark.parametrize(
    ("goal", "sentence"),
    [
        ("", "The goal is empty;"),
        (" \n\t", "The goal is empty;"),
        ("x" * 1_000_000, "The goal is 1000000 bytes long and orchestration.max_goal_bytes allows 100000;"),
        ("\udcff\udcfe", "The goal holds bytes that are not text at character 0; use UTF-8."),
    ],
    ids=["empty", "blank", "a megabyte", "no text"],
)
def test_a_goal_that_is_none_is_told_before_anything_is_called(place: Place, goal: str, sentence: str) -> None:
    """From standard input, too, a goal has to be one."""
    done = llmos(place, "agent", "run", "worker", "-", "--model", tape(place, says()), typed=goal)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip().rpartition("\n")[2].startswith(f"llmos: {sentence}")
    assert journals(place) == []


def run(place: Place, *lines: dict[str, Any], **options: str) -> Any:
    """The JSON of a run on these lines, whose journal is whole."""
    flags = [word for name, value in options.items() for word in (f"--{name}", value)]
    done = llmos(place, "agent", "run", "worker", "go", "--model", tape(place, *lines), "--json", *flags)
    result = json.loads(done.stdout)
    assert isinstance(read_journal(Path(result["journal"]))[-1].event, RunFinished)
    codes = {"done": 0, "failed": 1, "refused": 3, "budget": 4}
    assert done.returncode == codes[result["outcome"]]
    return result


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (calls("Raed", file_path="x"), "there is no tool named 'Raed'; did you mean 'Read'?"),
        (calls("Read"), "Read needs the argument 'file_path'"),
        (calls("Read", file_path=7), "Read: argument 'file_path' must be text"),
        (calls("Read", path="x"), "Read has no argument 'path'; did you mean 'file_path'?"),
        (calls("trip"), "trip failed with ZeroDivisionError: over a stone"),
        (calls("leave"), "leave failed with SystemExit: 3"),
        (calls("Bash", command="true"), "Bash may not run true: nobody can be asked here;"),
        (
            calls("Write", file_path="/etc/motd", content="x"),
            "Write may not write /etc/motd: nobody can be asked here;",
        ),
        (
            {"reply": {"tool_calls": [{"name": "Read", "malformed": '{"file_path": '}]}},
            'the arguments of Read must be one JSON object, not: {"file_path": ',
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_model_gets_wrong_is_a_result(place: Place, call: dict[str, Any], error: str) -> None:
    """The model reads the sentence and goes on; the run is not over for it."""
    place.write("user/tools/stones.py", RAISES)
    result = run(place, call, says("I see."))
    assert (result["outcome"], result["answer"]) == ("done", "I see.")
    assert result["tool_calls"][0]["error"].startswith(error)


@pytest.mark.parametrize("text", ["", "   "])
def test_a_model_that_says_nothing_has_failed(place: Place, text: str) -> None:
    """Silence is no answer, even twice."""
    result = run(place, says(text), says(text))
    assert result["outcome"] == "failed"
    assert result["reason"]


def test_a_gate_veto_is_refused(place: Place) -> None:
    """What the gate forbids does not happen, and the exit code says that safety said no."""
    result = run(place, calls("move_to", x=9.0, y=0.0, z=0.5), says("There."), robot="arm")
    assert (result["outcome"], result["tool_calls"][0]["ok"]) == ("refused", False)
    assert result["tool_calls"][0]["error"].startswith("X position 9.00m outside workspace [-2, 2];")


def test_gripping_nothing_has_failed(place: Place) -> None:
    """A model that closes the gripper on air and reports success is not believed."""
    result = run(place, calls("toggle_tool", activate=True), says("I hold it."), robot="arm")
    assert (result["outcome"], result["answer"]) == ("failed", "I hold it.")


@pytest.mark.anyio
async def test_a_budget_that_cannot_pay_calls_nobody(place: Place) -> None:
    """Exit 4, and not one request."""
    async with MessagesAPI() as api:
        environment = variables(place) | {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": api.url}
        words = ["agent", "run", "worker", "go", "--budget-usd", "0.0001"]
        done = await anyio.run_process(
            [sys.executable, "-m", "llmos.cli", *words], env=environment, cwd=place.workspace, check=False
        )
        assert (done.returncode, api.requests) == (4, [])
    assert b"The next call may cost $" in done.stdout


def test_one_broken_document_does_not_hide_the_others(place: Place) -> None:
    """The rest is listed and runs; the broken one is told by `agent check`."""
    place.write("user/agents/broken.md", "").write_bytes(b"\xff\xff")
    listed = json.loads(llmos(place, "agent", "list", "--json").stdout)["agents"]
    assert {"worker", "operator"} <= {agent["name"] for agent in listed}
    assert run(place, says("ready"))["answer"] == "ready"
    assert llmos(place, "agent", "check", str(place.home / "user")).returncode == 2
