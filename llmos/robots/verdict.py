"""The gate's words: the verdict on a command, what a refusal says, and how a motion ended.

Knows no rule and no robot; these values go to the journal, to tools and to whoever decides what a run achieved.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from llmos.messages import JSON
from llmos.robots.base import Commanded, Measured


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that stands against a command: its id, the reason in one sentence, and what would be allowed."""

    rule: str
    reason: str
    suggestion: str

    def __str__(self) -> str:
        return f"{self.reason}; {self.suggestion}{'' if self.suggestion.endswith('?') else '.'}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of one command, before anything moves.

    `number` counts the verdicts of one gate from 1; a preview's is 0, because it counts for nothing.

    `args` is what was asked for, in metres, and degrees where a name says so; a value that no robot could take is
    replaced by a few words about it.
    """

    number: int
    verb: str
    args: Mapping[str, JSON]
    refusal: Refusal | None = None

    @property
    def allowed(self) -> bool:
        """Whether the command may be carried out."""
        return self.refusal is None


@dataclass(frozen=True, slots=True)
class Motion:
    """How an allowed command ended: what was commanded last, what was measured before and after.

    `reached` is decided on the measurement; `halted` says what cut the motion short, if anything did.
    """

    verdict: Verdict
    commanded: Commanded
    before: Measured
    after: Measured
    reached: bool
    halted: Refusal | None = None

    @property
    def duration_s(self) -> float:
        """Seconds on the robot's own clock."""
        return self.after.timestamp_s - self.before.timestamp_s


@dataclass(frozen=True, slots=True)
class Way:
    """Several moves for one command: how many, how far in all, and how long on the robot's own clock."""

    moves: int
    length_m: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class Result:
    """The answer to one command: its verdict, the motion if there was one, and the state measured last.

    `warning` says what could not be written down of something that happened all the same. Of a command that took more
    moves than one, verdict and motion are the last one's, and `way` is the whole.
    """

    verdict: Verdict
    measured: Measured
    motion: Motion | None = None
    warning: str = ""
    way: Way | None = None

    @property
    def duration_s(self) -> float:
        """Seconds on the robot's own clock from the first move's beginning to the last one's end."""
        known = self.way or self.motion
        return known.duration_s if known else 0.0

    @property
    def refusal(self) -> Refusal | None:
        """The rule that forbade the command or cut its motion short."""
        return self.verdict.refusal or (self.motion.halted if self.motion else None)

    @property
    def ok(self) -> bool:
        """Whether the command was allowed and its postcondition holds by measurement."""
        return self.motion is not None and self.motion.reached
