"""Notes are summed up by the agent `archivist`, in a run like any other; without a model that reads prose never."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from llmos.boot.remembering import memory_step
from llmos.clock import SimulatedClock
from llmos.errors import ModelError
from llmos.memory.notes import Notes
from llmos.traces.events import MessageAdded
from llmos.traces.reading import find_journal, read_journal
from llmos.volumes.history import History
from tests.support.homes import Place, make_place
from tests.support.repositories import person
from tests.support.tapes import says, tape

pytestmark = pytest.mark.anyio

TEXTS = [f"{word} rack {n} of the laboratory holds samples that nobody may touch" for n, word in enumerate("abcdefghi")]
ANSWER = "- racks 0, 1, 2 and 3 of the laboratory hold samples that nobody may touch [1] [2] [3] [4]"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person asked of `llmos evolve`."""

    agent: str | None = None
    model: str | None = None


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A home whose user volume holds nine notes on one subject."""
    place = make_place(tmp_path)
    history = History(place.home / "user")
    history.init()
    notes = Notes(place.home / "user" / "memory", SimulatedClock(), lambda *_: None, lambda _: False)
    made = [notes.write(text, ["racks"], {"source": "r1"}).path for text in TEXTS]
    history.commit(made, "Remember")
    return place


def remembered(place: Place) -> list[str]:
    """The notes in use."""
    return sorted(path.stem for path in (place.home / "user" / "memory").glob("*.md"))


async def test_the_archivist_sums_up_in_a_run_of_its_own(place: Place) -> None:
    """The notes stand in its goal; the digest names its run; the commit has both."""
    model = tape(place, says(ANSWER))
    async with place.system(model=model) as system:
        step = memory_step(system, Asked(model=model), ExitStack())
        assert await step.foretell() == ["sum up 9 notes on 'racks'"]
        [change] = await step.carry_out(lambda _: None)
    assert change.verdict == "kept"
    assert change.sentence.startswith("sums up 4 notes on 'racks', by archivist on cassette:")
    assert len(remembered(place)) == 9 - 4 + 1
    digest = (place.home / "user" / "memory" / f"{change.subject}.md").read_text("utf-8")
    run_id = digest.partition('source: "')[2][:22]
    entries = read_journal(find_journal(place.home, run_id))
    goal = next(entry.event.message.text for entry in entries if isinstance(entry.event, MessageAdded))
    assert '<note number="9" written="2026-01-01T00:00:00Z">\ni rack 8 of the laboratory' in goal
    assert f"Run: {run_id}" in person(place.home / "user", "log", "-1", "--format=%B")


async def test_a_run_that_fails_is_said(place: Place) -> None:
    """The notes stay as they are."""
    model = tape(place)
    async with place.system(model=model) as system:
        step = memory_step(system, Asked(model=model), ExitStack())
        with pytest.raises(ModelError, match=r"Nothing was summed up: the run .* of archivist has failed"):
            await step.carry_out(lambda _: None)
    assert len(remembered(place)) == 9


async def test_without_a_model_that_reads_prose_nothing_is_summed_up(place: Place) -> None:
    """It is foretold so, with the reason; and where one agent is asked for, notes are left alone."""
    async with place.system() as system:
        step = memory_step(system, Asked(model="pocket"), ExitStack())
        assert await step.foretell() == [
            "sum up 9 notes on 'racks'; not without a model (the model 'pocket' reads no prose)"
        ]
        assert await step.carry_out(lambda _: None) == []
        idle = memory_step(system, Asked(agent="coder"), ExitStack())
        assert (await idle.foretell(), await idle.carry_out(lambda _: None)) == ([], ())
