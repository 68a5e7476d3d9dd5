"""A session: what it adds up, how it shuts down, and what a delegated agent inherits."""

from pathlib import Path

import anyio
import pytest

from llmos.messages import Usage
from llmos.models.cassette import CassetteModel
from llmos.traces.events import RunStarted
from tests.support.homes import Place, make_place
from tests.support.runs import all_whole, hire, journals
from tests.support.tapes import asks, says, tape

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with an agent, and a workspace."""
    place = make_place(tmp_path)
    hire(place)
    return place


def caller(place: Place, model: str) -> None:
    """An agent that delegates to the worker, on this model."""
    hire(place, f"---\nname: boss\ndescription: Delegates.\ntools: Agent\nmodel: {model}\n---\n\nDelegate.\n", "boss")


async def test_an_interrupted_run_counts_and_is_gone_on_from(place: Place) -> None:
    """It was begun and paid for, and the next goal of the conversation continues it."""
    use = {"input_tokens": 1_000, "output_tokens": 100}
    tape(place, asks("Glob", usage=use), says(usage=use))
    async with place.system(model="dev", api="http://127.0.0.1:1", budget_usd=1.0) as system:
        system.models.put("dev", CassetteModel(place.root / "tape.jsonl"))
        talk, scope = system.conversation("worker"), anyio.CancelScope()
        stop = system.bus.subscribe(lambda event, _: scope.cancel() if type(event).__name__ == "ModelReplied" else None)
        first = await system.say(talk, "first", scope=scope)
        stop()
        assert (first.outcome, system.report.runs) == ("interrupted", 1)
        assert system.report.usage == Usage(1_000, 100)
        second = await system.say(talk, "second")
        report = system.report
    assert (second.outcome, report.runs, report.usage) == ("done", 2, Usage(2_000, 200))
    assert report.cost_usd == pytest.approx(1.0 - system.usd_left)
    starts = [entries[0].event for entries in all_whole(place)]
    continued = {start.run_id: start.continues for start in starts if isinstance(start, RunStarted)}
    assert continued == {first.run_id: None, second.run_id: first.run_id}


async def test_a_goal_that_cannot_begin_is_no_run(place: Place) -> None:
    """A mistake of the person leaves neither a journal nor a count."""
    async with place.system(model=tape(place, says())) as system:
        talk = system.conversation("worker")
        with pytest.raises(Exception, match="The goal is empty"):
            await system.say(talk, " ")
        assert system.report.runs == 0
        assert talk.last_run is None
    assert journals(place) == []


async def test_a_session_that_is_cancelled_is_shut_down_all_the_same(place: Place) -> None:
    """Models are closed and what was learned of documents is kept, although nothing may be waited for any more."""
    tape(place, says())
    closed = []

    class Closing(CassetteModel):
        async def aclose(self) -> None:
            await anyio.lowlevel.checkpoint()
            closed.append(self.name)

    with anyio.CancelScope() as scope:
        async with place.system(model="here") as system:
            system.models.put("here", Closing(place.root / "tape.jsonl"))
            scope.cancel()
            await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    assert len(closed) == 1


async def test_an_agent_that_asks_for_no_model_has_its_callers(place: Place) -> None:
    """`inherit` is the model of whoever runs the agent: here the agent that called it."""
    model = tape(place, asks(("Agent", {"subagent_type": "worker", "prompt": "look"})), says("looked"), says("done"))
    caller(place, model)
    async with place.system(api="http://127.0.0.1:1") as system:
        outcome = await system.execute("go", "boss")
    assert outcome.outcome == "done"
    reasons = {entries[0].event.agent: entries[0].event.model_reason for entries in all_whole(place)}  # type: ignore[attr-defined]
    assert reasons == {
        "boss": f"{model}: the agent boss asks for it",
        "worker": f"{model}: the agent that called this one has it",
    }
