"""Ctrl-C, `kill` and a closed terminal end a run in order: exit code 130, a whole journal, one object of JSON."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from llmos.traces.events import RunFinished
from llmos.traces.reading import read_journal
from tests.support.command_line import CommandLine
from tests.support.llama import need_backend
from tests.support.tapes import calls, says

ENDLESS = calls("Bash", command="sleep 600")
STUCK = """
import time
from llmos import tool

@tool
async def hang() -> str:
    "Block everything."
    time.sleep(600)
    return "never"
"""


def start(llmos: CommandLine, *lines: dict[str, Any], json_wanted: bool = True) -> "subprocess.Popen[str]":
    """A run of the worker, up to the call of its first tool."""
    words = ["agent", "run", "worker", "go", "--model", llmos.tape(*lines), "--approve", "Bash(sleep *)"]
    process = subprocess.Popen(
        [sys.executable, "-m", "llmos.cli", *words, *(["--json"] if json_wanted else [])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    heard = ""
    while "mode LEARNER" not in heard:
        heard = process.stderr.readline()
        assert heard, "the run ended before it began"
    return process


def finished(llmos: CommandLine) -> RunFinished:
    """How the one journal of the home ends."""
    [path] = llmos.place.home.glob("journals/*/*/*.jsonl")
    last = read_journal(path)[-1].event
    assert isinstance(last, RunFinished)
    return last


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_as_interrupted(llmos: CommandLine, number: signal.Signals) -> None:
    """The same for each of them; what the run had started is gone, and it can be resumed."""
    process = start(llmos, ENDLESS, says())
    assert process.stderr is not None
    if "allowed by pattern" not in process.stderr.readline():
        process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    result = json.loads(out)
    assert (process.returncode, result["outcome"]) == (130, "interrupted")
    assert "Ending the run; once more leaves at once." in err
    assert "Traceback" not in err
    assert finished(llmos).outcome == "interrupted"
    assert Path(result["journal"]).is_file()
    again = llmos("agent", "run", "worker", "--resume", result["run_id"], "--model", llmos.tape(says()))
    assert again.code == 0, again.err


def test_a_second_signal_leaves_at_once(llmos: CommandLine) -> None:
    """Also where something blocks the whole loop; the journal holds every line up to there."""
    llmos.place.write("user/tools/hang.py", STUCK)
    process = start(llmos, calls("hang"), says(), json_wanted=False)
    [path] = llmos.place.home.glob("journals/*/*/*.jsonl")
    while b'"tool_called"' not in path.read_bytes():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert len(read_journal(path)) >= 4


def test_what_a_person_had_ignored_stays_ignored(llmos: CommandLine) -> None:
    """Under `nohup` a closed terminal ends nothing."""
    code = (
        "import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "os.execv(sys.executable, [sys.executable, '-m', 'llmos.cli', *sys.argv[1:]])"
    )
    words = ["agent", "run", "worker", "go", "--model", llmos.tape(calls("Bash", command="kill -HUP $PPID"), says())]
    done = subprocess.run(
        [sys.executable, "-c", code, *words, "--approve", "Bash(kill *)", "--json"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "done"), done.stderr


def test_no_run_under_way_means_no_handling_of_ours(llmos: CommandLine) -> None:
    """After a run, signals mean what they meant before."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert llmos("agent", "run", "worker", "go", "--model", llmos.tape(says())).code == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    assert os.getpid()


@pytest.mark.system
def test_a_demonstration_that_is_interrupted_says_so_and_nothing_else(llmos: CommandLine) -> None:
    """No library complains of what the motion that was cut off still held."""
    need_backend("xllamacpp")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "llmos.cli", "demo", "4"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    while " DONE " not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err.strip()) == (130, "llmos: Interrupted.")
