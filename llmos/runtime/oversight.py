"""Work under oversight: looked at before it begins and after it ends, and kept from beginning by a veto.

Knows no officer and no robot; whoever oversees comes in as a Protocol. An assessment can make an ending worse, never
better, and whoever gives none is taken to have said veto.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from llmos.messages import JSON
from llmos.runtime.terms import Ending
from llmos.traces.events import SafetyAssessed
from llmos.traces.witness import Witness

Phase = Literal["before", "after"]


class Overseer(Protocol):
    """Looks at a piece of work; each of its findings is an assessment."""

    async def look(self, phase: Phase, ending: Ending | None) -> Sequence[SafetyAssessed]:
        """What there is to say before the work (no ending yet) or after it; a veto comes last."""
        ...


@dataclass(frozen=True, slots=True)
class Oversight:
    """Overseers in the order in which they look; without any, work is done as it is."""

    overseers: Sequence[Overseer]
    journal: Witness

    async def around(self, work: Callable[[], Awaitable[Ending]]) -> Ending:
        """Look, let the work be done, and look again; after a veto before it, the work is not done."""
        if not self.overseers:
            return await work()
        before = await self._look("before", None)
        if before[-1].verdict == "veto":
            return Ending("refused", "", _sentence(before[-1]), {"safety": _told(before)})
        ending = await work()
        after = await self._look("after", ending)
        found = replace(ending, evidence={**ending.evidence, "safety": _told((*before, *after))})
        if after[-1].verdict == "veto" and ending.outcome == "done":
            return replace(found, outcome="failed", reason=_sentence(after[-1]))
        return found

    async def _look(self, phase: Phase, ending: Ending | None) -> list[SafetyAssessed]:
        """All assessments up to the first veto, journaled; at least one."""
        assessed: list[SafetyAssessed] = []
        for overseer in self.overseers:
            for each in await overseer.look(phase, ending):
                await self.journal.write_durably(each)
                assessed.append(each)
                if each.verdict == "veto":
                    return assessed
        return assessed


def _sentence(veto: SafetyAssessed) -> str:
    """Why the work did not begin, or does not count."""
    change = f"; {veto.change.rstrip('.')}" if veto.change else ""
    verb = "vetoed this" if veto.phase == "before" else "does not accept the result"
    return f"{veto.by} {verb}: {veto.reason.rstrip('.')}{change}."


def _told(assessed: Sequence[SafetyAssessed]) -> list[JSON]:
    return [{"phase": each.phase, "by": each.by, "verdict": each.verdict, "reason": each.reason} for each in assessed]
