"""A model writes one program instead of many calls: the robot does the same, and the model reads one line."""

from pathlib import Path

import pytest

from llmos.traces.events import GateVerdict, MessageAdded, ModelReplied, MotionMeasured, ToolCalled, ToolReturned
from llmos.traces.harvest import harvest
from llmos.traces.reading import read_journal
from llmos.traces.trace import Trace
from tests.support.homes import make_place
from tests.support.runs import all_whole, hire, journaled, play
from tests.support.tapes import asks, calls, says

pytestmark = pytest.mark.anyio

WRITER = """---
name: writer
description: Drives an arm by programs.
tools: RunProgram, move_to, move_relative, get_status
---

Write programs.
"""
ZIGZAG = """
for each way in [1, -1, 1, -1, 1, -1]
  call move_relative(dx=0.2 * way)
  let state = call get_status()
  expect state.text contains "gripper"
end
done "Went six times."
"""
GOAL = "Go 20 cm to the right and back, three times."


async def test_a_program_does_what_many_calls_do_and_tells_one_line(tmp_path: Path) -> None:
    """Gate, motions and journal see all twelve calls; the model sees the last word."""
    place = make_place(tmp_path)
    hire(place, WRITER, "writer")
    last = {"expect": "Went six times.", **says("Done.")}
    outcome = await play(place, calls("RunProgram", program=ZIGZAG), last, agent="writer", goal=GOAL, scene="empty")
    assert (outcome.outcome, outcome.answer) == ("done", "Done.")
    assert len(journaled(outcome, ToolCalled)) == 13
    assert len(journaled(outcome, GateVerdict)) == len(journaled(outcome, MotionMeasured)) == 6
    told = [event.message for event in journaled(outcome, MessageAdded)]
    results = [part.text for message in told for part in message.parts if type(part).__name__ == "ToolResult"]
    assert results == ["Went six times."]
    all_whole(place)


async def test_one_program_asks_the_model_twice_where_calls_ask_seven_times(tmp_path: Path) -> None:
    """What the tools answered on the way is never sent to a provider."""
    place = make_place(tmp_path)
    hire(place, WRITER, "writer")
    moves = [asks(("move_relative", {"dx": 0.2 * way}), "get_status") for way in (1, -1, 1, -1, 1, -1)]
    many = await play(place, *moves, says("Done."), agent="writer", goal=GOAL, scene="empty", mode="learner")
    one = await play(
        place,
        calls("RunProgram", program=ZIGZAG),
        says("Done."),
        agent="writer",
        goal=GOAL,
        scene="empty",
        mode="learner",
    )
    sizes = [
        sum(len(event.text) for event in journaled(run, ToolReturned) if event.call_id in asked(run))
        for run in (many, one)
    ]
    assert [len(journaled(run, ModelReplied)) for run in (many, one)] == [7, 2]
    assert sizes[1] < sizes[0] / 10


def asked(run: object) -> set[str]:
    """The calls that a model made itself."""
    entries = read_journal(run.journal)  # type: ignore[attr-defined]
    return {call.id for entry in entries if isinstance(entry.event, ModelReplied) for call in entry.event.tool_calls}


async def test_where_the_gate_refuses_a_program_stops_and_the_model_goes_on(tmp_path: Path) -> None:
    """It is told the line, how far it came, and the gate's sentence."""
    place = make_place(tmp_path)
    hire(place, WRITER, "writer")
    program = 'call move_relative(dx=0.2)\ncall move_relative(dx=9)\ncall move_relative(dx=0.1)\ndone "x"'
    last = {"expect": "The program stopped at line 2 after 2 calls: ", **says("It is too far.")}
    outcome = await play(place, calls("RunProgram", program=program), last, agent="writer", goal=GOAL, scene="empty")
    assert outcome.answer == "It is too far."
    assert [event.allowed for event in journaled(outcome, GateVerdict)] == [True, False]


async def test_a_trace_of_a_program_has_its_calls_as_steps(tmp_path: Path) -> None:
    """So that a replay guards and binds each of them; the program itself is not run again."""
    place = make_place(tmp_path)
    hire(place, WRITER, "writer")
    outcome = await play(
        place, calls("RunProgram", program=ZIGZAG), says("Done."), agent="writer", goal=GOAL, scene="empty"
    )
    entries = read_journal(outcome.journal)
    trace = harvest(entries, signature="sha256:0", skeleton="go", slots={})
    assert isinstance(trace, Trace)
    assert [step.tool for step in trace.steps] == ["move_relative", "get_status"] * 6
    assert all(step.tool_version for step in trace.steps)


async def test_a_program_that_stopped_leaves_what_it_did_in_the_trace(tmp_path: Path) -> None:
    """And no trace is made where one of its calls failed and may have had an effect."""
    place = make_place(tmp_path)
    hire(place, WRITER, "writer")
    stopped = 'call move_relative(dx=0.2)\nstop "enough"'
    lines = (calls("RunProgram", program=stopped), asks(("move_relative", {"dx": 0.1})), says("Done."))
    outcome = await play(place, *lines, agent="writer", goal=GOAL, scene="empty", mode="learner")
    trace = harvest(read_journal(outcome.journal), signature="sha256:0", skeleton="go", slots={})
    assert isinstance(trace, Trace)
    assert [step.args for step in trace.steps] == [{"dx": 0.2}, {"dx": 0.1}]
