"""What `llmos evolve` does, as steps that can be foretold and carried out one after the other; each registers itself.

Knows no step. A step that needs a model says so when it is foretold, and does nothing where there is none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

Verdict: TypeAlias = Literal["kept", "discarded", "refused", "reverted", "nothing"]
"""`kept`: committed; `discarded`: tried and not good enough; `refused`: not even tried; `reverted`: taken back."""

Tell: TypeAlias = Callable[[str], None]
"""Called with a sentence on how far a step has come; must not block."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a step did, or why it did not: of `subject` (an agent, a skill, a note), in one sentence."""

    step: str
    subject: str
    verdict: Verdict
    sentence: str
    commit: str | None = None


class Step(Protocol):
    """One kind of learning."""

    @property
    def name(self) -> str:
        """One word, e.g. `agents`, `skills`, `memory`."""
        ...

    async def foretell(self) -> Sequence[str]:
        """What it would do now, a sentence each; empty where there is nothing to do. Asks no model, changes nothing."""
        ...

    async def carry_out(self, tell: Tell) -> Sequence[Change]:
        """Do it; each change is one commit. Raises LLMosError where it cannot go on; what was committed stays."""
        ...
