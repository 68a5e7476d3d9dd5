"""The words of the loop: what it is given, what it asks of others, and how it ends.

Knows no step; concrete models, tools and robots come in as values and Protocols.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from llmos.documents.kernel import BudgetRules, Orchestration, Price
from llmos.messages import JSON, Claim, Reply, ToolCall, ToolResult, ToolSpec
from llmos.models.base import Model, OnText
from llmos.traces.events import Outcome


class Actions(Protocol):
    """What carries out tool calls: the toolbox."""

    async def call(self, call: ToolCall, step: int = 0) -> ToolResult:
        """Check, call and journal one tool call; a mistake comes back as an error result."""
        ...


class Standing(Protocol):
    """What can be asked of the toolbox before a call is made."""

    async def standing(self, call: ToolCall) -> dict[str, str | None]:
        """What stands in each file that the call would write."""
        ...


class Judge(Protocol):
    """Decides what a claim is worth, by evidence."""

    def decide(self, claim: Claim, answer: str) -> "Ending":
        """The ending of a run whose model made this claim."""
        ...


class Lead(Protocol):
    """What works before the model is asked: a trace that is replayed, a program. Its replies cost nothing."""

    @property
    def name(self) -> str:
        """What its replies are signed with in the journal, e.g. `trace:1f0c9a2b3d4e`."""
        ...

    @property
    def reached(self) -> bool:
        """Whether it led to the end."""
        ...

    @property
    def aside(self) -> bool:
        """Whether it stepped aside before a call, for what stands there now; what it had done came out as it should."""
        ...

    async def step(self, results: Sequence[ToolResult]) -> Reply | str:
        """The next reply, after what came of the calls of the last one.

        A text instead says why it leads no further: from then on the model is asked, and finds in the history all that
        has been done so far.
        """
        ...


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended: the outcome, the answer for the person, why, and what that rests on."""

    outcome: Outcome
    answer: str
    reason: str
    evidence: Mapping[str, JSON] = field(default_factory=dict)


def _nothing_new() -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Voice:
    """The model that answers, what it is told first, and what its replies cost."""

    model: Model
    price: Price
    """The dearest that a reply may cost, whichever model gives it."""
    price_of: Callable[[str], Price]
    """The price of the model that answered, by the name in its reply."""
    system: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What stays the same for the whole run."""

    voice: Callable[[], Voice]
    """Makes the model ready at the first call; LLMosError where that cannot be. A run that is led may never call it."""
    tools: tuple[ToolSpec, ...]
    orchestration: Orchestration
    budget: BudgetRules
    state: Callable[[], Mapping[str, JSON]]
    notice: Callable[[str, Mapping[str, object]], str]
    """Renders a message of the house for the model, e.g. `final-turn`; empty when this model is told nothing."""
    on_text: OnText
    bulletin: Callable[[], str] = _nothing_new
    """What the model is told before its next step because it has changed since; mostly empty."""
    lead: Lead | None = None
