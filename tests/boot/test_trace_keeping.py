"""Traces of a real home: what their uses came to is written into them once, and pruned ones stay in git."""

from pathlib import Path

import pytest

from llmos.boot.evolving import Asked, steps
from llmos.boot.trace_keeping import OwnTraces
from llmos.clock import RealClock
from llmos.evolution.trace_tidying import TraceTidying
from llmos.settings import system_root
from llmos.traces.trace_text import read_trace
from llmos.volumes.history import History
from llmos.volumes.home import init_home
from tests.support.homes import Place
from tests.support.runs import hire, play
from tests.support.tapes import calls, says, tape

pytestmark = pytest.mark.anyio

MADE = "Create hello.txt that says 'Hello'"
WRITES = (calls("Write", file_path="hello.txt", content="Hello"), says("hello.txt says Hello."))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home whose volumes are git repositories, with a worker, and a workspace."""
    place = Place(tmp_path)
    place.workspace.mkdir()
    init_home(place.home, system_root(), RealClock())
    hire(place)
    return place


def trace_of(place: Place) -> Path:
    """The only trace."""
    (path,) = (place.home / "user/traces").glob("*.md")
    return path


async def test_what_uses_came_to_is_written_once(place: Place) -> None:
    """Rating, uses and the last of them, as one commit; all else stays, and the second time nothing is done."""
    await play(place, *WRITES, goal=MADE)
    before = read_trace(trace_of(place))
    await play(place, goal=MADE)
    (place.workspace / "hello.txt").write_text("mine")
    await play(place, says("no"), goal=MADE)
    async with place.system() as system:
        tidying = TraceTidying(OwnTraces(system))
        assert await tidying.foretell() == ["write the uses of 1 trace into them"]
        told: list[str] = []
        (change,) = await tidying.carry_out(told.append)
        assert await tidying.foretell() == await tidying.carry_out(told.append) == []
    after = read_trace(trace_of(place))
    assert (before.uses, before.rating) == (1, 1.0)
    assert (after.uses, after.rating, after.id, after.steps) == (3, 0.6667, before.id, before.steps)
    assert before.last_used < after.last_used
    assert told == [change.sentence] == ["The uses of 1 trace were written into them."]
    newest = History(place.home / "user").log()[0]
    assert (newest.id, newest.subject) == (change.commit, "Write into traces what their uses came to")


async def test_what_the_rules_do_not_keep_goes_and_stays_in_git(place: Place) -> None:
    """Foretold first; git has it as it was at last."""
    await play(place, *WRITES, goal=MADE)
    await play(place, *WRITES, goal="Create bye.txt that says 'Hello' as well")
    place.write("kernel/memory.md", "---\nmax_traces: 1\n---\n")
    async with place.system() as system:
        tidying = TraceTidying(OwnTraces(system))
        (foretold,) = await tidying.foretell()
        (change,) = await tidying.carry_out(lambda _: None)
    gone = foretold.removeprefix("prune a trace: ").partition(",")[0]
    assert change.sentence == f"A trace was pruned: {foretold.removeprefix('prune a trace: ')}."
    assert not (place.home / "user/traces" / gone).exists()
    assert trace_of(place).exists()
    assert History(place.home / "user").log()[0].subject == "Prune 1 trace"


async def test_it_is_a_step_of_evolution(place: Place) -> None:
    """`llmos evolve` tidies traces after all that reads them."""
    async with place.system(model=tape(place)) as system:
        with steps(system, Asked()) as every:
            assert [step.name for step in every][-1] == "traces"
