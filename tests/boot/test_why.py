"""A run that followed a trace is explained by the trace's lines at their commit, by nothing of a model."""

from pathlib import Path

import pytest

from llmos.boot.why import why_of
from llmos.traces.why import Decision
from llmos.volumes.history import History
from tests.support.homes import Place, make_place
from tests.support.runs import hire
from tests.support.tapes import calls, says, tape

pytestmark = pytest.mark.anyio

WRITER = "---\nname: worker\ndescription: Writes.\ntools: Write\n---\n\nWrite what is asked for.\n"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home with a volume of its own, in git, and an agent that writes."""
    place = make_place(tmp_path)
    history = History(place.home / "user")
    history.init()
    history.commit([hire(place, WRITER)], "Add worker")
    return place


async def explained(place: Place) -> list[Decision]:
    """The decisions of a run that writes a file; each begins in an empty workspace."""
    for path in place.workspace.iterdir():
        path.unlink()
    model = tape(place, calls("Write", file_path="a.txt", content="one"), says("written"))
    async with place.system(model=model) as system:
        outcome = await system.execute("write 'one' to a.txt", "worker")
        assert outcome.outcome == "done", outcome
        return why_of(outcome.journal, system.library)


async def test_a_followed_trace_is_quoted_line_by_line(place: Place) -> None:
    """First a model decides, by the agent's sentence; the second time the trace does, and no model was asked."""
    [call] = [each for each in await explained(place) if each.kind == "call"]
    assert [basis.kind for basis in call.bases] == ["nearest sentence"]
    assert call.bases[0].passage is not None
    assert call.bases[0].passage.quote == "Write what is asked for."
    again = {each.kind: each for each in await explained(place)}
    assert (again["mode"].what, again["model"].what.endswith(", which was never asked")) == ("FOLLOWER", True)
    [basis] = again["call"].bases
    assert basis.passage is not None
    assert (basis.kind, basis.passage.quote) == ("trace", "1. `Write`, reversible")
    assert basis.passage.commit == History(place.home / "user").head(Path(basis.passage.path))


async def test_a_journal_that_breaks_off_has_no_end(place: Place) -> None:
    """Nobody decided how it ended, and the last line says so."""
    async with place.system(model=tape(place, says("ready"))) as system:
        outcome = await system.execute("say ready", "worker")
        assert (whole := why_of(outcome.journal, system.library))[-1].what == "done"
        *lines, _ = outcome.journal.read_bytes().splitlines(keepends=True)
        outcome.journal.write_bytes(b"".join(lines))
        *before, end = why_of(outcome.journal, system.library)
    assert before == whole[:-1]
    assert (end.kind, end.what, end.why) == ("end", "none", "the run is still at work, or was cut off here")
