"""Whoever holds a run's scope can end it: the outcome says so, and the conversation goes on from there."""

import json
from pathlib import Path

import anyio
import pytest

from llmos.traces.events import RunFinished, ToolCalled
from llmos.traces.reading import read_journal
from tests.support.homes import Place, make_place
from tests.support.tapes import WORKER, calls, says

SLEEPER = """
import anyio
from llmos import tool

@tool
async def rest() -> str:
    "Rest for ever."
    await anyio.sleep_forever()
    return "never"
"""

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with a worker and a tool that never answers."""
    place = make_place(tmp_path)
    place.write("user/agents/worker.md", WORKER)
    place.write("user/tools/rest.py", SLEEPER)
    return place


def tape(place: Place, *lines: object) -> str:
    """A model that says these lines."""
    path = place.root / "tape.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return f"cassette:{path}"


async def test_a_cancelled_scope_makes_an_outcome(place: Place) -> None:
    """Interrupted, with its journal whole; the next goal of the conversation is answered as if nothing had been."""
    async with place.system(model=tape(place, calls("rest"), says("here"))) as system:
        talk = system.conversation("worker")
        scope = anyio.CancelScope()
        system.bus.subscribe(lambda event, _: scope.cancel() if isinstance(event, ToolCalled) else None)
        outcome = await system.say(talk, "rest", scope=scope)
        assert (outcome.outcome, outcome.exit_code, outcome.steps) == ("interrupted", 130, 1)
        last = read_journal(outcome.journal)[-1].event
        assert isinstance(last, RunFinished)
        assert last.outcome == "interrupted"
        again = await system.say(talk, "and now?")
    assert (again.outcome, again.answer) == ("done", "here")


async def test_a_scope_that_was_cancelled_before_calls_nothing(place: Place) -> None:
    """Ctrl-C while a run still gets ready."""
    async with place.system(model=tape(place, says())) as system:
        scope = anyio.CancelScope()
        scope.cancel()
        outcome = await system.execute("go", "worker", scope=scope)
    assert (outcome.outcome, outcome.steps) == ("interrupted", 0)


async def test_runs_below_are_interrupted_with_the_run_that_asked(place: Place) -> None:
    """Both journals say so."""
    delegate = calls("Agent", subagent_type="worker", prompt="rest")
    async with place.system(model=tape(place, delegate, calls("rest"), says())) as system:
        scope = anyio.CancelScope()
        system.bus.subscribe(
            lambda event, _: scope.cancel() if isinstance(event, ToolCalled) and event.tool == "rest" else None
        )
        outcome = await system.execute("go", "system", scope=scope)
    assert outcome.outcome == "interrupted"
    journals = sorted(place.home.glob("journals/*/*/*.jsonl"))
    assert len(journals) == 2
    assert [read_journal(path)[-1].event.outcome for path in journals] == ["interrupted"] * 2  # type: ignore[union-attr]


async def test_cancelling_from_further_out_passes(place: Place) -> None:
    """A program's own time limit stays its own; the run is journaled as interrupted all the same."""
    async with place.system(model=tape(place, calls("rest"))) as system:
        with anyio.move_on_after(60) as outer:
            system.bus.subscribe(lambda event, _: outer.cancel() if isinstance(event, ToolCalled) else None)
            await system.execute("go", "worker")
    assert outer.cancelled_caught
    [path] = place.home.glob("journals/*/*/*.jsonl")
    assert read_journal(path)[-1].event.outcome == "interrupted"  # type: ignore[union-attr]
