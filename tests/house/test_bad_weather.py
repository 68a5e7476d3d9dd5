"""Runs at once on one home, a read-only home, a full disk: one sentence, the right exit code, whole journals."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmos.traces.events import RunFinished, RunStarted, ToolCalled
from llmos.traces.reading import read_journal
from tests.support.disks import remount_read_only, tmpfs
from tests.support.homes import Place, make_place
from tests.support.tapes import WORKER, calls, says

FILL = """
import os
from pathlib import Path
from llmos import tool

@tool
def fill_disk() -> str:
    "Write until nothing fits any more."
    file = os.open(Path(__file__).with_name("filling"), os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(file, bytes(256))
    except OSError:
        return "full"
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, with room for a home and little else."""
    with tmpfs(tmp_path / "disk", "size=4m") as folder:
        yield folder


def start(place: Place, lines: list[dict[str, Any]], *options: str) -> "subprocess.Popen[str]":
    """`llmos agent run worker go`, with a worker that does what the lines say."""
    return launch(place, *command(place, lines), *options)


def command(place: Place, lines: list[dict[str, Any]]) -> list[str]:
    """The same as words, with everything on disk that it needs."""
    place.write("user/agents/worker.md", WORKER)
    tape = place.root / f"tape-{os.urandom(4).hex()}.jsonl"
    tape.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return ["agent", "run", "worker", "go", "--model", f"cassette:{tape}"]


def launch(place: Place, *arguments: str) -> "subprocess.Popen[str]":
    """A command line without a terminal."""
    return subprocess.Popen(
        [sys.executable, "-m", "llmos.cli", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=place.workspace,
        env={"LLMOS_HOME": str(place.home), "HOME": str(place.root), "PATH": "/usr/bin:/bin"},
    )


def ended(process: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    out, err = process.communicate(timeout=60)
    assert "Traceback" not in err, err
    return process.returncode, out, err


def last_line(text: str) -> str:
    """What was said last."""
    return text.strip().rpartition("\n")[2]


def test_runs_at_once_on_one_home_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Four processes that run, remember and look into the index at the same time all end well, with four journals."""
    place = make_place(tmp_path)
    assert ended(start(place, [says()]))[0] == 0
    at_once = [
        start(place, [calls("Remember", text=f"Fact {number} is true."), says()], "--json") for number in range(4)
    ]
    results = [ended(process) for process in at_once]
    assert [code for code, _, _ in results] == [0] * 4, results
    outcomes = [json.loads(out) for _, out, _ in results]
    assert len({outcome["run_id"] for outcome in outcomes}) == 4
    for outcome in outcomes:
        events = [entry.event for entry in read_journal(Path(outcome["journal"]))]
        assert isinstance(events[0], RunStarted)
        assert isinstance(events[-1], RunFinished)
        assert [use["ok"] for use in outcome["tool_calls"]] == [True], outcome["tool_calls"]
    code, out, _ = ended(launch(place, "trace", "list", "--json"))
    assert code == 0
    assert {run["run_id"] for run in json.loads(out)["runs"]} > {outcome["run_id"] for outcome in outcomes}
    code, out, _ = ended(launch(place, "memory", "search", "fact", "--json"))
    assert (code, len(json.loads(out)["notes"])) == (0, 4)


def test_a_read_only_home_is_told_in_one_sentence(disk: Path, tmp_path: Path) -> None:
    """A run that could not be witnessed does not begin, so nothing is done."""
    place, deed = make_place(disk), tmp_path / "deed"
    assert ended(start(place, [says()]))[0] == 0
    words = command(place, [calls("Write", file_path=str(deed), content="x"), says()])
    remount_read_only(disk)
    code, out, err = ended(launch(place, *words, "--approve", "Write"))
    assert (code, out) == (1, "")
    assert last_line(err).startswith("llmos: cannot ")
    assert last_line(err).endswith("the file system is read-only; set LLMOS_HOME to a folder that can be written")
    assert not deed.exists()


@pytest.mark.parametrize(
    "looking", ["agent list", "skill list", "kernel show", "trace list", "usage", "memory search x"]
)
def test_a_read_only_home_can_be_looked_at(disk: Path, looking: str) -> None:
    """Who only looks needs no disk that can be written."""
    place = make_place(disk)
    assert ended(start(place, [says()]))[0] == 0
    remount_read_only(disk)
    assert ended(launch(place, *looking.split()))[0] == 0


def test_a_full_disk_is_told_in_one_sentence(disk: Path) -> None:
    """No run begins on a disk that cannot take its journal, and none is lost."""
    place = make_place(disk)
    assert ended(start(place, [says()]))[0] == 0
    words = command(place, [says()])
    fill(disk / "filling")
    code, out, err = ended(launch(place, *words))
    assert (code, out) == (1, "")
    assert last_line(err).startswith("llmos: cannot ")
    assert "the disk is full; free some space" in last_line(err)


def test_a_disk_that_fills_up_leaves_a_whole_journal(disk: Path) -> None:
    """The run ends where it can no longer be witnessed, and all that was witnessed before can be read."""
    place = make_place(disk)
    place.write("user/tools/fill.py", FILL)
    more_than_a_page = [calls("Glob", pattern=f"{number}-{'x' * 2000}") for number in range(10)]
    code, out, err = ended(start(place, [calls("fill_disk"), *more_than_a_page, says()]))
    assert (code, out) == (1, "")
    assert last_line(err).startswith("llmos: cannot write the journal ")
    journal = next(place.home.glob("journals/*/*/*.jsonl"))
    events = [entry.event for entry in read_journal(journal)]
    assert isinstance(events[0], RunStarted)
    assert any(isinstance(event, ToolCalled) for event in events)
    assert not any(isinstance(event, RunFinished) for event in events)
    (place.home / "user" / "tools" / "filling").unlink()
    code, out, _ = ended(launch(place, "trace", "show", journal.stem))
    assert code == 0
    assert "fill_disk" in out


def fill(path: Path) -> None:
    """Take every byte that is left."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(file, bytes(256))
    except OSError:
        os.close(file)
