"""A program that has been verified, with what it may do and what it costs at most.

Only the verifier makes one; nothing else runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from llmos.messages import Effect
from llmos.programs.form import Program, ProgramError
from llmos.programs.kinds import Known

SEAL = object()
"""What the verifier shows when it makes a Verified."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """The most that a program may come to."""

    calls: int = 1_000
    waited_s: float = 3_600
    parts: int = 1_000_000
    """Expressions and statements that are evaluated: what keeps a program without calls from going on for hours."""


@dataclass(frozen=True, slots=True)
class Cost:
    """The most that this program comes to, however it goes; the time that calls take is not in it."""

    calls: int = 0
    waited_s: float = 0
    parts: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        """One after the other."""
        return Cost(self.calls + other.calls, self.waited_s + other.waited_s, self.parts + other.parts)

    def __or__(self, other: "Cost") -> "Cost":
        """One or the other."""
        return Cost(max(self.calls, other.calls), max(self.waited_s, other.waited_s), max(self.parts, other.parts))

    def times(self, number: int) -> "Cost":
        """So many times."""
        return Cost(self.calls * number, self.waited_s * number, self.parts * number)


@dataclass(frozen=True, slots=True)
class Verified:
    """A program that may run. `facts` is what is known of each expression, by its identity."""

    program: Program
    tools: tuple[str, ...]
    effects: frozenset[Effect]
    cost: Cost
    facts: Mapping[int, Known] = field(repr=False, compare=False)
    seal: object = field(repr=False, compare=False, default=None)

    def __post_init__(self) -> None:
        if self.seal is not SEAL:
            raise ProgramError("only the verifier makes a verified program")

    @property
    def effect(self) -> Effect:
        """The worst of what its calls do; PURE where it calls nothing."""
        return worst(self.effects)


def worst(effects: frozenset[Effect]) -> Effect:
    """The most final of these effects."""
    return max(effects, key=list(Effect).index, default=Effect.PURE)
