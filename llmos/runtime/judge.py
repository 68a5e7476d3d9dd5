"""Decide what a model's claim is worth: physical work by what was measured, all other work by the claim itself.

Knows no robot; evidence comes in as a value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from llmos.messages import JSON, Claim
from llmos.runtime.terms import Ending

PhysicalResult = Literal["done", "failed", "refused"]


class Physical(Protocol):
    """What the measurements of a run say of it."""

    @property
    def outcome(self) -> PhysicalResult:
        """What the last motions came to."""
        ...

    @property
    def sentence(self) -> str:
        """Why, in one sentence."""
        ...

    @property
    def evidence(self) -> Mapping[str, JSON]:
        """The measured values that this rests on."""
        ...


@dataclass(frozen=True, slots=True)
class ClaimJudge:
    """Judges a run; `physical` returns None when nothing physical was asked for."""

    physical: Callable[[], Physical | None]

    def decide(self, claim: Claim, answer: str) -> Ending:
        """The ending; a claim can make it worse than the measurements say, never better."""
        if claim == "abstained":
            return Ending("failed", answer, "The model did not understand the goal and did nothing more.")
        physical = self.physical()
        if physical is not None and physical.outcome != "done":
            return Ending(physical.outcome, answer, physical.sentence, physical.evidence)
        evidence = {} if physical is None else physical.evidence
        if claim == "failed":
            return Ending("failed", answer, "The agent reports that the goal was not reached.", evidence)
        reason = "The agent reports that the goal is reached." if physical is None else physical.sentence
        return Ending("done", answer, reason, evidence)
