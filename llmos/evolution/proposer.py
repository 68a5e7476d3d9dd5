"""What a proposer of edits is asked, and the Protocol of whoever answers.

Knows no model. Of scenarios it holds nothing: what a proposer never hears of, it cannot fit an edit to.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from llmos.evolution.components import Component
from llmos.evolution.witnesses import Witness


@dataclass(frozen=True, slots=True)
class Lens:
    """A way of looking at failures, from another field; `text` is what its skill says."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Reflection:
    """A question: which one edit of this agent would have kept these runs from going wrong.

    `earlier` are sentences on edits of this version that were refused or discarded before.
    """

    agent: str
    components: Sequence[Component]
    tools: Sequence[str] | None
    faults: Sequence[Witness]
    fine: int
    """How many runs of this version went well."""
    earlier: Sequence[str]
    text_bytes: int
    lens: Lens | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a proposer said, and who it was: a model by its name, and the run whose journal holds the conversation."""

    text: str
    proposer: str
    run_id: str = ""
    cost_usd: float = 0.0


class Proposer(Protocol):
    """Proposes an edit: a model, or in tests a rule."""

    async def propose(self, asked: Reflection) -> Answer:
        """One answer, which should hold one JSON object; LLMosError when there is none to be had."""
        ...
