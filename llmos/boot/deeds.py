"""What a run asked of the robot and what came of it: to its journal, and counted for its outcome.

Knows no robot; a run that has none loads nothing of one.
"""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from llmos.documents.verbs import command_kind
from llmos.traces.witness import Witness

if TYPE_CHECKING:
    from llmos.robots.evidence.outcome import PhysicalOutcome
    from llmos.robots.verdict import Motion, Verdict


@dataclass(slots=True)
class Deeds:
    """What one run asked of the robot and what came of it; the runs it delegated to count as its own."""

    journal: Witness
    parent: "Deeds | None" = None
    verdicts: "list[Verdict]" = field(default_factory=list)
    motions: "list[Motion]" = field(default_factory=list)
    held_back: dict[str, str] = field(default_factory=dict)
    """Kinds of commands that care kept from the gate and that nothing has made good since, and why."""

    def outcome(self) -> "PhysicalOutcome | None":
        """What the measurements are worth; None when nothing physical was asked for."""
        if not self.verdicts and not self.held_back:
            return None
        from llmos.robots.evidence.outcome import PhysicalOutcome, physical_outcome

        found = physical_outcome(self.verdicts, self.motions)
        if self.held_back and (found is None or found.outcome == "done"):
            return PhysicalOutcome("refused", list(self.held_back.values())[-1], found.evidence if found else {})
        return found

    def hold_back(self, verb: str, sentence: str) -> None:
        """A command that was not even given to the gate: it must be made good before the work counts as done."""
        self._count(lambda deeds: deeds.held_back.update({command_kind(verb): sentence}))

    def add_verdict(self, verdict: "Verdict") -> None:
        """Journal a verdict before anything moves."""
        from llmos.robots.evidence.record import verdict_event

        self.journal.write(verdict_event(verdict), durable=True)
        self._count(lambda deeds: deeds.verdicts.append(verdict))

    def add_motion(self, motion: "Motion") -> None:
        """Journal how a motion ended."""
        from llmos.robots.evidence.record import motion_event

        self.journal.write(motion_event(motion))
        self._count(lambda deeds: deeds.motions.append(motion))
        if motion.reached:
            self._count(lambda deeds: deeds.held_back.pop(command_kind(motion.verdict.verb), None))

    def _count(self, add: "Callable[[Deeds], object]") -> None:
        deeds: Deeds | None = self
        while deeds is not None:
            add(deeds)
            deeds = deeds.parent


CURRENT: ContextVar[Deeds | None] = ContextVar("CURRENT", default=None)
"""The deeds of the run that is calling a tool; a task inherits it from the run that started it."""
