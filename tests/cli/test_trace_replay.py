"""`llmos trace replay`: a run is done again by the trace that it left; no model is asked, and none goes on."""

from pathlib import Path

import pytest

from llmos.messages import Text
from llmos.traces.events import MessageAdded, PromptSet, RunStarted
from llmos.traces.reading import read_journal
from llmos.traces.usage import read_usage
from tests.support.command_line import CommandLine
from tests.support.tapes import WORKER, Line, asks, calls, says

BOTH = asks(("Write", {"file_path": "a.txt", "content": "one"}), ("Write", {"file_path": "b.txt", "content": "two"}))
SENSITIVE = WORKER.replace("Works.\n", 'Works.\nmetadata:\n  llmos-sensitive: "true"\n')


@pytest.fixture
def worker(at_home: CommandLine) -> CommandLine:
    """A home with a worker, for whom no model can answer unless one is named."""
    at_home.place.write("user/agents/worker.md", WORKER)
    return at_home


def ran(llmos: CommandLine, *lines: Line, goal: str = "Write both", options: tuple[str, ...] = ()) -> str:
    """The id of a run that a model planned."""
    said = llmos("agent", "run", "worker", goal, "--model", llmos.tape(*lines), "--json", *options)
    return str(said.json["run_id"])


def wrote(llmos: CommandLine) -> str:
    """The id of a run that wrote two files, which are gone again."""
    run_id = ran(llmos, BOTH, says("both"))
    for name in ("a.txt", "b.txt"):
        (llmos.place.workspace / name).unlink()
    return run_id


def against(run_id: str, why: str) -> str:
    """What is said of a trace that does not fit."""
    return (
        f"llmos: run {run_id} is not replayed: a trace is there, but {why}; `llmos agent run worker` lets a model plan"
    )


def traces(llmos: CommandLine) -> list[Path]:
    """The files of the traces."""
    return sorted((llmos.place.home / "user" / "traces").glob("*.md"))


def test_a_replay_is_a_run_of_its_own_and_asks_no_model(worker: CommandLine) -> None:
    """Mode FOLLOWER with the trace as its reason, no token, no prompt, and one use of the trace more."""
    run_id = wrote(worker)
    said = worker("trace", "replay", run_id[:-2], "--json")
    again = said.json
    trace = traces(worker)[0].stem.rpartition("-")[2]
    assert (said.code, again["outcome"], again["answer"], again["model"]) == (0, "done", "both", "none")
    assert again["mode"] == "FOLLOWER"
    assert again["mode_reason"] == f"a person replays the trace {trace}: the same goal, as in run {run_id}"
    assert (again["agent"], again["goal"], again["usage"]["output_tokens"]) == ("worker", "Write both", 0)
    assert [(use["tool"], use["ok"]) for use in again["tool_calls"]] == [("Write", True), ("Write", True)]
    assert (worker.place.workspace / "b.txt").read_text() == "two"
    events = [entry.event for entry in read_journal(Path(again["journal"]))]
    assert isinstance(events[0], RunStarted)
    assert [each.path for each in events[0].documents if each.kind == "trace"] == [str(traces(worker)[0])]
    assert [event.system for event in events if isinstance(event, PromptSet)] == [""]
    uses = [(use.run_id, use.ok) for use in read_usage(worker.place.home / "user")]
    assert uses == [(run_id, True), (again["run_id"], True)]


def test_a_replay_is_told_as_any_run_is(worker: CommandLine) -> None:
    """Steps on stderr, the outcome on stdout."""
    said = worker("trace", "replay", wrote(worker))
    assert said.err.splitlines()[0] == "worker without a model"
    lines = said.out.splitlines()
    assert lines[0] == "both"
    assert [line.split()[0] for line in lines[1:]] == ["outcome", "mode", "model", "cost", "journal"]


def test_a_replay_works_in_another_workspace(worker: CommandLine) -> None:
    """Also where the goal named the old one by its whole path."""
    old, new = worker.place.workspace, worker.place.root / "elsewhere"
    new.mkdir()
    writes = calls("Write", file_path=str(old / "a.txt"), content="one")
    run_id = ran(worker, writes, says("written"), goal=f"Write {old}/a.txt")
    said = worker("trace", "replay", run_id, "--workspace", new, "--json").json
    assert (said["outcome"], said["goal"]) == ("done", f"Write {new}/a.txt")
    assert (new / "a.txt").read_text() == "one"


def test_a_replay_that_stops_says_where_and_why(worker: CommandLine) -> None:
    """Before the step that would not be the same; no model goes on, and what was done is taken back."""
    run_id = wrote(worker)
    theirs = worker.place.workspace / "b.txt"
    theirs.write_text("mine")
    said = worker("trace", "replay", run_id, "--json")
    trace = traces(worker)[0].stem.rpartition("-")[2]
    assert (said.code, said.json["outcome"]) == (1, "failed")
    assert said.json["reason"] == (
        f"trace:{trace} led no further: before step 2 (Write), {theirs} holds something else than it did. "
        "No model goes on in a replay; `llmos agent run worker` lets one; 1 step was taken back."
    )
    assert not (worker.place.workspace / "a.txt").exists()
    assert theirs.read_text() == "mine"
    assert [use.ok for use in read_usage(worker.place.home / "user")] == [True, False]


def test_what_cannot_be_undone_is_replayed_only_with_approval(worker: CommandLine) -> None:
    """A person's word beforehand, as for any replay; the permission is asked of the same pattern."""
    shell, approve = calls("Bash", command="echo hi"), ("--approve", "Bash(echo hi)")
    run_id = ran(worker, shell, says("said"), goal="Say hi", options=approve)
    refused = worker("trace", "replay", run_id)
    why = "Bash cannot be undone, and no --approve permits it beforehand"
    assert (refused.code, refused.last) == (2, against(run_id, why))
    assert worker("trace", "replay", run_id, *approve).code == 0


def test_a_trace_in_quarantine_is_not_replayed(worker: CommandLine) -> None:
    """Not even by name: what failed twice in a row is planned anew."""
    run_id = wrote(worker)
    (worker.place.workspace / "b.txt").write_text("mine")
    codes = [worker("trace", "replay", run_id).code for _ in range(3)]
    assert codes == [1, 1, 2]
    why = "in quarantine: it led no further 2 times in a row"
    assert worker("trace", "replay", run_id).last == against(run_id, why)


def test_a_run_whose_agent_was_edited_is_not_replayed(worker: CommandLine) -> None:
    """A replay is of that agent, as it was."""
    run_id = wrote(worker)
    worker.place.write("user/agents/worker.md", WORKER + "\nWork well.\n")
    why = "the agent worker has been edited since"
    assert worker("trace", "replay", run_id).last == against(run_id, why)


def test_a_run_that_worked_without_tools_left_no_trace(worker: CommandLine) -> None:
    """The reason is that for which nothing was kept."""
    run_id = ran(worker, says("four"), goal="What is two and two?")
    said = worker("trace", "replay", run_id)
    assert (said.code, said.last) == (2, f"llmos: run {run_id} left no trace: it called no tool")


def test_a_replay_left_no_trace_and_names_the_run_that_did(worker: CommandLine) -> None:
    """What to replay instead."""
    run_id = wrote(worker)
    again = worker("trace", "replay", run_id, "--json").json["run_id"]
    said = worker("trace", "replay", again)
    assert said.code == 2
    assert said.last == f"llmos: run {again} left no trace of its own: it replayed that of run {run_id}"


def test_a_run_that_did_the_same_once_more_has_the_same_trace(worker: CommandLine) -> None:
    """Two runs of a model that did the same are one trace, found by either."""
    first = wrote(worker)
    second = ran(worker, BOTH, says("both"), options=("--mode", "learner"))
    reasons = {worker("trace", "replay", each, "--json").json["mode_reason"] for each in (first, second)}
    assert len(reasons) == 1


def test_a_trace_that_is_gone_is_told_of(worker: CommandLine) -> None:
    """Where it was, git knows."""
    run_id = wrote(worker)
    traces(worker)[0].unlink()
    folder = worker.place.home / "user" / "traces"
    said = worker("trace", "replay", run_id)
    why = f"it was pruned, edited or taken back; `git log` in {folder} knows"
    assert (said.code, said.last) == (2, f"llmos: the trace that run {run_id} left is gone: {why}")


def test_an_encrypted_trace_is_replayed_by_who_has_the_words(worker: CommandLine) -> None:
    """Nobody else is told more than that it is there."""
    pytest.importorskip("cryptography")
    worker.place.write("user/agents/worker.md", SENSITIVE)
    unkept = wrote(worker)
    worker.patch.setenv("LLMOS_TRACE_PASSPHRASE", "correct horse battery")
    run_id = wrote(worker)
    assert worker("trace", "replay", run_id).code == 0
    worker.patch.delenv("LLMOS_TRACE_PASSPHRASE")
    said = worker("trace", "replay", run_id)
    advice = "set LLMOS_TRACE_PASSPHRASE to the words under which it was kept"
    assert (said.code, said.last) == (2, f"llmos: the trace of run {run_id} is encrypted; {advice}")
    assert worker("trace", "replay", unkept).last == (
        f"llmos: run {unkept} left no trace: when it ended, `learn` of kernel/dispatch.md was off, it worked on the "
        "volumes, or its agent is sensitive and LLMOS_TRACE_PASSPHRASE was not set"
    )


def test_an_unknown_run_is_one_sentence(worker: CommandLine) -> None:
    """As for `trace show`, and nothing is begun."""
    run_id = wrote(worker)
    said = worker("trace", "replay", "20200101-000000-abcdef", "--json")
    assert (said.code, said.json) == (
        2,
        {"error": f"there is no run 20200101-000000-abcdef in {worker.place.home}; known are: {run_id}"},
    )
    assert len(list(worker.place.home.glob("journals/*/*/*.jsonl"))) == 1


def test_robot_and_scene_are_those_of_the_run(worker: CommandLine) -> None:
    """Unless others are named, in which the trace is none; the motion is measured again."""
    moves = (calls("move_to", x=0.5, y=0.5, z=0.7), says("there"))
    there = ("--robot", "arm", "--scene", "blocks")
    run_id = ran(worker, *moves, goal="Move to (0.5, 0.5, 0.7)", options=there)
    again = worker("trace", "replay", run_id, "--json")
    assert (again.code, again.json["answer"], again.json["mode"]) == (0, "there", "FOLLOWER")
    start = read_journal(Path(again.json["journal"]))[0].event
    assert isinstance(start, RunStarted)
    assert (start.robot.partition(":")[0], start.scene) == ("arm", "blocks")
    other = worker("trace", "replay", run_id, "--scene", "pick-and-place")
    assert (other.code, other.last) == (2, against(run_id, "of another scene"))


def test_nobody_is_told_to_go_on_with_a_replay(worker: CommandLine) -> None:
    """The journal of one that stopped has the goal, what the tools answered, and what was taken back."""
    run_id = wrote(worker)
    (worker.place.workspace / "b.txt").write_text("mine")
    journal = Path(worker("trace", "replay", run_id, "--json").json["journal"])
    messages = [entry.event.message for entry in read_journal(journal) if isinstance(entry.event, MessageAdded)]
    texts = [part.text for message in messages for part in message.parts if isinstance(part, Text)]
    assert texts == ["Write both", "(1 step was taken back.)"]
