"""Work under oversight: a veto before it keeps it from beginning, and nothing said after it makes an ending better."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from llmos.runtime.oversight import Oversight, Phase
from llmos.runtime.terms import Ending
from llmos.traces.events import Assessment, SafetyAssessed
from tests.support.journals import MemoryJournal

pytestmark = pytest.mark.anyio


@dataclass
class Watcher:
    """Says the same each time."""

    before: Assessment = "safe"
    after: Assessment = "safe"
    name: str = "watcher"
    asked: list[tuple[Phase, Ending | None]] = field(default_factory=list)

    async def look(self, phase: Phase, ending: Ending | None) -> Sequence[SafetyAssessed]:
        self.asked.append((phase, ending))
        verdict = self.before if phase == "before" else self.after
        return (
            SafetyAssessed(phase=phase, by=self.name, verdict=verdict, reason=f"it looks {verdict}", change="wait"),
        )


@dataclass
class Work:
    """Work that counts how often it was done."""

    outcome: Any = "done"
    done: int = 0

    async def __call__(self) -> Ending:
        self.done += 1
        return Ending(self.outcome, "There.", "Measured.", {"commands": 3})


async def test_work_without_overseers_is_done_as_it_is() -> None:
    """Nothing is added to its ending."""
    assert await Oversight((), MemoryJournal()).around(Work()) == Ending("done", "There.", "Measured.", {"commands": 3})


async def test_a_veto_before_the_work_keeps_it_from_beginning() -> None:
    """Not one step of it is made, and the outcome says who refused and what would have to change."""
    work, journal = Work(), MemoryJournal()
    ending = await Oversight((Watcher(before="veto", name="safety-officer"),), journal).around(work)
    assert work.done == 0
    assert ending.outcome == "refused"
    assert ending.reason == "safety-officer vetoed this: it looks veto; wait."
    assert journal.durable == [
        SafetyAssessed(phase="before", by="safety-officer", verdict="veto", reason="it looks veto", change="wait")
    ]


async def test_a_veto_ends_the_looking() -> None:
    """Whoever comes later is not asked, and could not take it back."""
    late = Watcher()
    await Oversight((Watcher(before="veto"), late), MemoryJournal()).around(Work())
    assert late.asked == []


async def test_a_warning_lets_the_work_go_on() -> None:
    """It stands in the evidence."""
    work = Work()
    ending = await Oversight((Watcher(before="warn"),), MemoryJournal()).around(work)
    assert (ending.outcome, work.done) == ("done", 1)
    assert ending.evidence["commands"] == 3
    assert [(each["phase"], each["verdict"]) for each in ending.evidence["safety"]] == [
        ("before", "warn"),
        ("after", "safe"),
    ]


async def test_a_veto_after_the_work_makes_it_failed() -> None:
    """What was done does not count as done."""
    ending = await Oversight((Watcher(after="veto"),), MemoryJournal()).around(Work())
    assert ending.outcome == "failed"
    assert ending.reason == "watcher does not accept the result: it looks veto; wait."


@pytest.mark.parametrize("outcome", ["failed", "refused", "budget"])
@pytest.mark.parametrize("after", ["safe", "warn", "veto"])
async def test_nothing_said_after_the_work_makes_an_ending_better(outcome: str, after: Assessment) -> None:
    """Failed stays failed, and its reason stays its own."""
    ending = await Oversight((Watcher(after=after),), MemoryJournal()).around(Work(outcome))
    assert (ending.outcome, ending.reason) == (outcome, "Measured.")


async def test_whoever_looks_after_the_work_is_told_how_it_ended() -> None:
    """The review is of what came out, not of what was meant."""
    watcher = Watcher()
    await Oversight((watcher,), MemoryJournal()).around(Work("failed"))
    assert [(phase, ending and ending.outcome) for phase, ending in watcher.asked] == [
        ("before", None),
        ("after", "failed"),
    ]
