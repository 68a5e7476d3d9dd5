"""Many at once: processes on one home, runs in one process, and repositories that would run programs."""

import json
import subprocess
import sys
from pathlib import Path

import anyio
import pytest

from llmos.settings import system_root
from llmos.traces.events import RunFinished
from llmos.volumes.home import init_home
from tests.support.homes import Place, make_place
from tests.support.repositories import KINDS, repository, trap
from tests.support.runs import CHECKOUT, all_whole, events, hire, in_a_process, journals, play
from tests.support.tapes import asks, says, tape

pytestmark = pytest.mark.anyio

NOTE = asks(("Remember", {"text": "The gripper sticks when it is cold."}))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home and a workspace."""
    return make_place(tmp_path)


@pytest.mark.parametrize("count", [6, pytest.param(20, marks=pytest.mark.soak)])
def test_processes_begin_at_once_in_a_home_that_is_not_made_yet(place: Place, count: int) -> None:
    """Each finds or makes the home, runs to its end and writes one whole journal; the index finds all of them."""
    place.home.rmdir()
    model = tape(place, NOTE, says("noted"))
    command = [sys.executable, "-m", "llmos.cli", "agent", "run", "memory-keeper", "go", "--json", "--model", model]
    command += ["--mode", "learner"]  # whoever begins last would else replay what the first has kept
    surroundings = {"LLMOS_HOME": str(place.home), "HOME": str(place.root), "PATH": "/usr/bin:/bin"}
    processes = [
        subprocess.Popen(
            command,
            cwd=place.workspace,
            env={**surroundings, "PYTHONPATH": str(CHECKOUT)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(count)
    ]
    ends = [(process.communicate(), process.returncode) for process in processes]
    assert [code for _, code in ends] == [0] * count, [errors.decode()[-500:] for (_, errors), code in ends if code]
    outcomes = [json.loads(out) for (out, _), _ in ends]
    assert {outcome["outcome"] for outcome in outcomes} == {"done"}
    assert [[use["ok"] for use in outcome["tool_calls"]] for outcome in outcomes] == [[True]] * count
    assert len({outcome["run_id"] for outcome in outcomes}) == len(all_whole(place)) == count
    listed = json.loads(in_a_process(place, "trace", "list", "--json", "--limit", "100").stdout)
    assert {run["run_id"] for run in listed["runs"]} == {outcome["run_id"] for outcome in outcomes}
    assert {run["outcome"] for run in listed["runs"]} == {"done"}


async def test_a_hundred_runs_in_one_process_keep_their_journals_apart(place: Place) -> None:
    """Each journal tells of its own run alone, and the session adds up what all of them were."""
    for number in range(100):
        model = tape(place, asks(("Read", {"file_path": f"{number}"})), says(f"I am {number}."), name=f"tape{number}")
        keys = f"name: w{number}\ndescription: Works.\nmodel: {model}\n"
        hire(place, f"---\n{keys}---\n\nWork.\n", f"w{number}")
    answers: dict[int, str] = {}
    async with place.system() as system:

        async def run(number: int) -> None:
            answers[number] = (await system.execute(f"goal {number}", f"w{number}")).answer

        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(run, number)
        assert system.report.runs == 100
    assert answers == {number: f"I am {number}." for number in range(100)}
    for entries in all_whole(place):
        number = entries[0].event.agent.removeprefix("w")  # type: ignore[attr-defined]
        assert {entry.run for entry in entries} == {entries[0].run}
        assert [event.answer for event in events(entries, RunFinished)] == [f"I am {number}."]


async def test_a_repository_whose_settings_run_programs_runs_none(place: Place) -> None:
    """The user's volume and the workspace are full of traps: documents are read, files are written, nothing runs."""
    init_home(place.home, system_root())
    hire(place)
    place.workspace.rmdir()
    repository(place.workspace, {"a.txt": "a\n"})
    marks = [trap(root, kind) for root in (place.home / "user", place.workspace) for kind in KINDS]
    change = asks(("Grep", {"pattern": "a"}), ("Write", {"file_path": "a.txt", "content": "b"}))
    outcome = await play(place, NOTE, change, says("I tried."))
    assert (outcome.outcome, len(journals(place))) == ("done", 1)
    assert [mark.name for mark in marks if mark.exists()] == []
    refused, *others = [use.error for use in outcome.tool_calls]
    assert refused is not None
    assert refused.startswith(f"The git settings of {place.home / 'user'} hold 'core.sshcommand'")
    assert others == [None, None]
