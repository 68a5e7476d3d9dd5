"""Traces made of journals, and the journals of which none is made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from llmos.documents.document import hash_of
from llmos.messages import JSON, Effect, Image, Message, Reply, Text, ToolCall, ToolResult, Usage
from llmos.traces.events import (
    DocumentRef,
    Entry,
    Event,
    FileKept,
    GateVerdict,
    MessageAdded,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    RunFinished,
    ToolCalled,
    ToolReturned,
    UnknownEvent,
)
from llmos.traces.harvest import NotKept, harvest
from llmos.traces.reading import read_journal
from llmos.traces.trace import Trace
from tests.support.homes import Place, make_place
from tests.support.journals import finished, small_run, started
from tests.support.runs import play
from tests.support.tapes import asks, says

RUN = "20261120-095132-k3f9qz"
ROOT = "/home/ada/work"
DOCUMENTS = (
    DocumentRef("agents/operator.md", "sha256:agent", kind="agent"),
    DocumentRef("skills/grip/SKILL.md", "sha256:grip", kind="skill"),
    DocumentRef("robots/arm.md", "sha256:arm", kind="robot"),
    DocumentRef("scenes/bench.md", "sha256:bench", kind="scene"),
)


def entries(events: Sequence[Event]) -> list[Entry]:
    """The events as a journal holds them."""
    return [Entry(n, f"2026-11-20T09:51:{n:02d}.000Z", RUN, event) for n, event in enumerate(events, 1)]


def kept(events: Sequence[Event], **slots: JSON) -> Trace:
    """The trace of this journal; the test fails with the reason when there is none."""
    found = harvest(entries(events), signature="sha256:g", skeleton="go to {point}", slots=slots)
    assert isinstance(found, Trace), found
    return found


def why_not(events: Sequence[Event], **slots: JSON) -> str:
    """Why no trace is made of this journal."""
    found = harvest(entries(events), signature="sha256:g", skeleton="go to {point}", slots=slots)
    assert isinstance(found, NotKept), found
    return found.reason


def goal(text: str = "Pick up the cube") -> MessageAdded:
    """The goal as a message."""
    return MessageAdded.of(Message("user", (Text(text),)))


def asked(*calls: ToolCall, step: int = 1) -> ModelReplied:
    """A reply that asks for these."""
    return ModelReplied.of(step, Reply(calls, "tools", Usage(10, 5), "pocket"), 0.0, 0.1)


def made(
    call: ToolCall,
    answer: str = "done",
    effect: Effect = Effect.REVERSIBLE,
    *between: Event,
    ok: bool = True,
    files: dict[str, str | None] | None = None,
) -> list[Event]:
    """A call and what came of it."""
    result = ToolResult(call.id, (Text(answer),), is_error=not ok)
    return [
        ToolCalled(step=1, call_id=call.id, tool=call.name, args=dict(call.args), effect=effect, version="sha256:tool"),
        *between,
        ToolReturned.of(result, call.name, 0.1, 1, files or {}),
    ]


def run(*events: Event, **begin: Any) -> list[Event]:
    """A whole journal around these events."""
    return [started(RUN, **begin), goal(), *events, finished()]


GO = ToolCall("c1", "go", {"to": "there"})


def test_a_run_becomes_a_trace() -> None:
    """What was asked, done and answered, by whom and at what cost."""
    begin: dict[str, Any] = {"robot": "arm", "scene": "bench", "world": {"x": 0.0}, "documents": DOCUMENTS}
    trace = kept(run(asked(GO), *made(GO), **begin), point1=[1.0, 2.0, 3.0])
    (step,) = trace.steps
    assert (step.tool, step.args, step.effect, step.output) == ("go", {"to": "there"}, Effect.REVERSIBLE, "done")
    assert (step.tool_version, step.output_hash) == ("sha256:tool", hash_of(b"done"))
    assert (trace.goal, trace.skeleton, trace.signature) == ("Pick up the cube", "go to {point}", "sha256:g")
    assert (trace.agent, trace.agent_hash, trace.skill_hashes) == ("operator", "sha256:agent", {"grip": "sha256:grip"})
    assert trace.world == {
        "robot": "arm", "robot_hash": "sha256:arm", "scene": "bench", "scene_hash": "sha256:bench", "state": {"x": 0.0},
    }  # fmt: skip
    assert (trace.answer, trace.mode, trace.run_id) == ("The cube is placed.", "LEARNER", RUN)
    assert (trace.input_tokens, trace.output_tokens, trace.cost_usd, trace.duration_s) == (120, 30, 0.25, 1.5)
    assert (trace.created, trace.last_used, trace.uses) == ("2026-11-20T09:51:06.000Z", "2026-11-20T09:51:06.000Z", 1)


def test_a_refusal_of_the_gate_is_left_out() -> None:
    """Nothing moved, so nothing of it belongs to the way to the goal."""
    trace = kept(small_run(RUN), point1=[1.5, 1.0, 0.5])
    assert [(step.tool, step.args) for step in trace.steps] == [("move_to", {"x": 1.5, "y": 1.0, "z": 0.5})]
    assert trace.steps[0].sources == {"x": "slot point1.x", "y": "slot point1.y", "z": "slot point1.z"}


def test_calls_that_never_were_made_are_left_out() -> None:
    """A tool that is not there, arguments that do not fit, a permission that was not given."""
    stray = ToolCall("c2", "delete", {"all": True})
    refused = ToolResult("c2", (Text("not permitted"),), is_error=True)
    no = PermissionDecided(call_id="c2", tool="delete", question="delete?", allowed=False, by="person")
    trace = kept(run(asked(GO, stray), *made(GO), no, ToolReturned.of(refused, "delete", 0.0, 1)))
    assert [step.tool for step in trace.steps] == ["go"]


def test_a_failed_look_is_left_out() -> None:
    """It had no effect by its own word."""
    look = ToolCall("c2", "Read", {"file_path": "a"})
    trace = kept(run(asked(look), *made(look, "no such file", Effect.PURE, ok=False), asked(GO, step=2), *made(GO)))
    assert [step.tool for step in trace.steps] == ["go"]


def test_what_failed_after_it_began_makes_no_trace() -> None:
    """Nobody knows what it left behind, also when the gate let a first part of it through."""
    assert why_not(run(asked(GO), *made(GO, "failed", ok=False))) == "go failed in it and may have had an effect"
    halted = [
        GateVerdict(command={"verb": "move_to"}, allowed=True),
        MotionMeasured(command={"verb": "move_to"}, reached=False, halted="zone"),
        GateVerdict(command={"verb": "move_to"}, allowed=False, rule="zone"),
    ]
    assert why_not(run(asked(GO), *made(GO, "halted", Effect.IDEMPOTENT, *halted, ok=False))) == (
        "go failed in it and may have had an effect"
    )


def test_a_call_without_an_answer_makes_no_trace() -> None:
    """As when it was cut off, and the run went on."""
    assert why_not(run(asked(GO), made(GO)[0])) == "go never answered in it and may have had an effect"


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ([], "its journal is not whole"),
        ([started(RUN), goal()], "its journal is not whole"),
        ([goal(), finished()], "its journal is not whole"),
        ([started(RUN), goal(), finished("failed")], "its outcome was failed"),
        ([started(RUN, continues="20261120-095131-k3f9qz"), goal(), finished()],
         "it went on from run 20261120-095131-k3f9qz, whose history it rests on"),
        ([started(RUN), goal("Hello"), goal(), finished()], "something was said before its goal, which it may rest on"),
        ([started(RUN), goal(), finished()], "it called no tool"),
        (run(asked(GO, GO), *made(GO)), "two calls of one reply have the same id"),
    ],
)  # fmt: skip
def test_other_runs_make_no_trace(events: list[Event], reason: str) -> None:
    """Torn journals, failures, conversations, and runs in which nothing was done."""
    assert why_not(events) == reason


SECRET = "[secret removed]"


@pytest.mark.parametrize(
    "events",
    [
        run(asked(GO), *made(ToolCall("c1", "go", {"to": f"x{SECRET}"}))),
        run(asked(GO), *made(GO, f"the key is {SECRET}")),
        [*run(asked(GO), *made(GO))[:-1], finished(answer=f"It is {SECRET}.")],
        run(asked(GO), FileKept(call_id="c1", path="/a", before=b"x", scrubbed=True), *made(GO)),
        [started(RUN, goal=f"use {SECRET}"), goal(f"use {SECRET}"), asked(GO), *made(GO), finished()],
    ],
)
def test_what_a_secret_was_taken_from_makes_no_trace(events: list[Event]) -> None:
    """It would do something else than was done."""
    assert why_not(events) == "a secret stood in it"


def test_a_secret_of_the_goal_makes_no_trace() -> None:
    """Also when it stands in a slot alone."""
    assert why_not(run(asked(GO), *made(GO)), text1=SECRET) == "a secret stood in it"


def test_paths_are_those_of_any_workspace() -> None:
    """The root is taken out where a path begins with it, and nowhere else."""
    args: dict[str, JSON] = {
        "file_path": f"{ROOT}/a",
        "content": f"cd {ROOT} && ls {ROOT}2",
        "deep": [{"p": f"{ROOT}/b"}],
    }
    call = ToolCall("c1", "Write", args)
    kept_before = FileKept(call_id="c1", path=f"{ROOT}/a", before=b"old")
    events = run(
        asked(call),
        kept_before,
        *made(call, f"wrote {ROOT}/a.", files={f"{ROOT}/a": "sha256:new"}),
        workspace=ROOT,
    )
    trace = kept(events, path1=f"{ROOT}/a")
    (step,) = trace.steps
    assert step.args == {
        "file_path": "{workspace}/a", "content": f"cd {{workspace}} && ls {ROOT}2", "deep": [{"p": "{workspace}/b"}],
    }  # fmt: skip
    assert (step.output, step.before) == ("wrote {workspace}/a.", {"{workspace}/a": hash_of(b"old")})
    assert step.after == {"{workspace}/a": "sha256:new"}
    assert (trace.slots, step.sources["file_path"]) == ({"path1": "{workspace}/a"}, "slot path1")


def test_text_that_looks_like_the_mark_of_a_workspace_makes_no_trace() -> None:
    """It would come back as a path."""
    call = ToolCall("c1", "Write", {"content": "{workspace}/x"})
    assert why_not(run(asked(call), *made(call), workspace=ROOT)) == (
        "{workspace} stands in it, which in a trace is the workspace's folder"
    )


def test_long_answers_are_cut_and_known_by_their_hash() -> None:
    """All of it, and the pictures in it, are in the hash."""
    found = harvest(
        entries(run(asked(GO), *made(GO, "abcdef"))), signature="s", skeleton="k", slots={}, longest_output=3
    )
    assert isinstance(found, Trace)
    assert (found.steps[0].output, found.steps[0].output_hash) == ("abc", hash_of(b"abcdef"))
    pictures = []
    for picture in (b"one", b"two"):
        shown = ToolReturned.of(ToolResult("c1", (Text("see"), Image(picture))), "go", 0.1, 1)
        pictures.append(kept(run(asked(GO), made(GO)[0], shown)).steps[0].output_hash)
    assert len({*pictures, hash_of(b"see")}) == 3


def test_steps_stand_in_the_order_in_which_they_were_asked_for() -> None:
    """Looks that were made side by side may have begun in any order."""
    one, two = ToolCall("c1", "look", {"at": 1}), ToolCall("c2", "look", {"at": 2})
    first, second = made(one, "a", Effect.PURE), made(two, "b", Effect.PURE)
    trace = kept(run(asked(one, two), second[0], first[0], second[1], first[1]))
    assert [step.args for step in trace.steps] == [{"at": 1}, {"at": 2}]


def test_the_calls_of_a_program_stand_for_it() -> None:
    """Each is guarded by itself when it is made again; what another agent did is in a journal of its own."""
    program = ToolCall("c1", "RunProgram", {"program": "go"})
    inner = made(ToolCall("c1.1", "go", {}))
    trace = kept(run(asked(program), *made(program, "done", Effect.IRREVERSIBLE, *inner)))
    assert [step.tool for step in trace.steps] == ["go"]
    agent = ToolCall("c1", "Agent", {"prompt": "go"})
    assert [step.tool for step in kept(run(asked(agent), *made(agent))).steps] == ["Agent"]


def test_the_same_id_in_two_replies_is_two_calls() -> None:
    """Local models count from one each time."""
    again = ToolCall("c1", "go", {"to": "here"})
    trace = kept(run(asked(GO), *made(GO), asked(again, step=2), *made(again)))
    assert [step.args for step in trace.steps] == [{"to": "there"}, {"to": "here"}]


def test_lines_of_a_later_version_do_not_matter() -> None:
    """A journal of tomorrow is still one of what was done."""
    assert kept(run(UnknownEvent(name="hummed", fields={}), asked(GO), *made(GO))).steps


def test_two_runs_that_did_the_same_are_one_trace() -> None:
    """The id is of what was asked and done, not of when and by which model."""
    one = kept(run(asked(GO), *made(GO)))
    other = kept(run(asked(GO), *made(GO, "otherwise"), model="claude"))
    assert one.id == other.id
    assert one.id != kept(run(asked(GO), *made(GO)), number1=1).id


@pytest.mark.anyio
async def test_a_real_run_is_harvested(tmp_path: Path) -> None:
    """From the toolbox's own journal: what stood in the file, what stands there now, and which tool it was."""
    place: Place = make_place(tmp_path)
    outcome = await play(
        place,
        asks(("Write", {"file_path": "primes.py", "content": "print(2)"})),
        says("Written."),
        goal="Write primes.py",
    )
    assert outcome.outcome == "done", outcome.reason
    found = harvest(read_journal(outcome.journal), signature="s", skeleton="write {path}", slots={"path1": "primes.py"})
    assert isinstance(found, Trace), found
    (step,) = found.steps
    assert (step.before, step.after) == (
        {"{workspace}/primes.py": None}, {"{workspace}/primes.py": hash_of(b"print(2)")},
    )  # fmt: skip
    assert step.tool_version.startswith("sha256:")
    assert step.sources == {"file_path": "slot path1", "content": "literal"}
    assert isinstance(read_journal(outcome.journal)[-1].event, RunFinished)
