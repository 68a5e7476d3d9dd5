"""A run interrupted at any of its waits: its journal is whole, its budget is back, and it can be gone on with."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

import anyio
import pytest

from llmos.boot import LLMOS
from llmos.messages import ToolResult
from llmos.models.cassette import CassetteModel
from llmos.traces.events import Entry, ModelReplied, MotionMeasured, PromptSet, RunFinished, ToolReturned
from llmos.traces.reading import read_history
from tests.support.homes import Place, make_place
from tests.support.runs import events, fit_for_a_provider, hire, journals, whole
from tests.support.stepping import interrupted
from tests.support.tapes import Line, asks, says, tape

pytestmark = pytest.mark.anyio

BOSS = "---\nname: boss\ndescription: Delegates.\ntools: Agent, Write\n---\n\nDelegate.\n"
PLAIN: list[Line] = [
    asks(("Glob", {"pattern": "*"}), ("Read", {"file_path": "a"}), text="I look."),
    asks(("Write", {"file_path": "x", "content": "y"})),
    says("Done."),
]
DELEGATING: list[Line] = [
    asks(("Agent", {"subagent_type": "worker", "prompt": "look"}), ("Write", {"file_path": "z", "content": "z"})),
    asks(("Glob", {"pattern": "*"})),
    says("I looked."),
    says("It is done."),
]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with two agents, and a workspace with a file."""
    place = make_place(tmp_path)
    hire(place)
    hire(place, BOSS, "boss")
    (place.workspace / "a").write_text("A")
    return place


async def until_done(
    place: Place, lines: Sequence[Line], agent: str, means: str, waits: range, **options: object
) -> list[tuple[str, list[Path]]]:
    """Interrupt the same goal at each of these waits, until one run gets through; outcomes with their new journals."""
    path = Path(tape(place, *lines).removeprefix("cassette:"))
    ends = []
    for at_wait in waits:
        before = set(journals(place))
        async with place.system(
            model="dev", api="http://127.0.0.1:1", budget_usd=1.0, mode="learner", **options
        ) as system:
            system.models.put("dev", CassetteModel(path))
            outcome = await _interrupt(system, agent, means, at_wait)
            left_usd = system.usd_left
        new = sorted(set(journals(place)) - before)
        replies = [reply for path in new for reply in events(whole(path), ModelReplied)]
        assert left_usd == pytest.approx(1.0 - sum(reply.cost_usd for reply in replies))
        ends.append((outcome, new))
        if outcome == "done":
            return ends
    return ends


async def _interrupt(system: LLMOS, agent: str, means: str, at_wait: int) -> str:
    scope, task = anyio.CancelScope(), asyncio.current_task()
    assert task is not None
    stop: Callable[[], object] = scope.cancel if means == "scope" else task.cancel
    try:
        outcome = await interrupted(system.execute("my goal", agent, scope=scope), at_wait, stop)
    except asyncio.CancelledError:
        assert means == "task"
        task.uncancel()
        return "cancelled"
    return outcome.outcome


def close_inspection(place: Place, entries: list[Entry]) -> None:
    """What an interrupted run leaves behind."""
    (end,) = events(entries, RunFinished)
    assert end.outcome in ("interrupted", "done")
    history = read_history(place.home, entries[0].run)
    assert history[0].text in ("my goal", "look")
    (prompt,) = events(entries, PromptSet)
    fit_for_a_provider(history, prompt.tools)


@pytest.mark.parametrize("means", ["scope", "task"])
@pytest.mark.parametrize(("lines", "agent"), [(PLAIN, "worker"), (DELEGATING, "boss")], ids=["plain", "delegating"])
async def test_a_run_may_be_interrupted_at_any_wait(place: Place, lines: list[Line], agent: str, means: str) -> None:
    """From its first wait to its last: nothing is torn, nothing stays reserved, and the history can be gone on with."""
    ends = await until_done(place, lines, agent, means, range(1, 200))
    assert ends[-1][0] == "done"
    assert len(ends) > 15
    for _, new in ends:
        for path in new:
            close_inspection(place, whole(path))
    if means == "scope":
        assert {outcome for outcome, _ in ends[:-1]} == {"interrupted"}
        assert all(new for _, new in ends)


@pytest.mark.parametrize("means", ["scope", "task"])
@pytest.mark.parametrize("at_wait", [30, 45, 60, 61, 75])
async def test_a_motion_may_be_interrupted_at_any_wait(place: Place, means: str, at_wait: int) -> None:
    """The arm brakes, the motion is journaled as cut short, and the robot can be driven again."""
    move = asks(("move_to", {"x": 0.1, "y": 0.0, "z": 1.0}))
    async with place.system(model=tape(place, move, move, says("There."))) as system:
        assert await _interrupt(system, "operator", means, at_wait) in ("interrupted", "cancelled")
        (path,) = journals(place)
        entries = whole(path)
        close_inspection(place, entries)
        assert [event.reached for event in events(entries, MotionMeasured)] == [False]
        told = "move_to was interrupted; whether it took effect is not known"
        assert [(event.ok, event.text) for event in events(entries, ToolReturned)] == [(False, told)]
        again = await system.execute("my goal", "operator")
    assert (again.outcome, again.answer) == ("done", "There.")


def _asked_for_tools(path: Path) -> bool:
    """Whether the run was cut off after a reply that asked for tools, and was not answered by them all."""
    entries = whole(path)
    replies = [event for event in events(entries, ModelReplied) if event.tool_calls]
    cut = [event for event in events(entries, ToolReturned) if "was interrupted" in event.text]
    return bool(replies) and (bool(cut) or not list(events(entries, ToolReturned)))


async def test_an_interrupted_run_is_gone_on_with(place: Place) -> None:
    """The next run has the whole history, every open call answered, and reaches the goal."""
    ends = await until_done(place, PLAIN, "worker", "scope", range(1, 200))
    path = next(path for _, new in ends for path in new if _asked_for_tools(path))
    async with place.system(model=tape(place, says("I go on."), name="again")) as system:
        again = await system.execute("go on", "worker", resume=path.stem)
    assert (again.outcome, again.answer) == ("done", "I go on.")
    history = read_history(place.home, again.run_id)
    assert [message.role for message in history] == ["user", "assistant", "user", "user", "assistant"]
    results = [part.text for part in history[2].parts if isinstance(part, ToolResult)]
    assert len(results) == 2
    assert all("was interrupted" in text or "The run was cut off before" in text for text in results)
