"""What binding makes of traces: steps that may be replayed as they stand, what must hold before, and how to judge them.

Knows no tool and no robot; whoever replays calls the tools, asks these values, and stops at the first sentence.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmos.messages import JSON, Effect
from llmos.traces.expectation import Answer, Taken, Tolerance
from llmos.traces.trace import FileState

_FULL_TURN_DEG = 360.0


@dataclass(frozen=True, slots=True)
class BoundStep:
    """One call to make."""

    tool: str
    args: Mapping[str, JSON]
    """In this workspace; what an earlier step answers stands in it as `Taken`: use `arguments`."""
    effect: Effect
    tool_version: str
    """The tool must still be this one."""
    expect: Answer
    before: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    """What may stand in each file that it writes, by absolute path: as it was then, or as the run left it in the end.

    Of a file that is not named here nothing is required.
    """
    after: FileState = field(default_factory=dict)
    """What should stand in them afterwards, where that is known."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Where each argument comes from, for people."""

    def arguments(self, answers: Sequence[str]) -> dict[str, JSON]:
        """The arguments, given the texts of all answers so far; LLMosError for a value that none of them has."""
        return {name: _filled(value, answers) for name, value in self.args.items()}


@dataclass(frozen=True, slots=True)
class Start:
    """What must hold of the robot before the first step; empty when nothing does."""

    poses: tuple[Mapping[str, float], ...] = ()
    """It must be near one of them: `x`, `y`, `z`, `theta_deg`, or those of them that the robot has."""
    same: Mapping[str, JSON] = field(default_factory=dict)
    """Must be equal: `gripper`, `holding`, `stopped`."""

    def __bool__(self) -> bool:
        return bool(self.poses or self.same)

    def unlike(self, state: Mapping[str, JSON], tolerance: Tolerance) -> str:
        """Why it is another start, in one sentence; empty when it is not."""
        for name, value in self.same.items():
            if state.get(name) != value:
                return f"the robot's {name} is {state.get(name)}, and was {value}"
        if self.poses and not any(_near(pose, state, tolerance) for pose in self.poses):
            was = ", ".join(f"{name} {value:g}" for name, value in self.poses[0].items())
            return f"the robot stands elsewhere than where this was learned: {was}"
        return ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A run that can be made without a model."""

    steps: tuple[BoundStep, ...]
    answer: str | None
    """The recorded one when the goal is the same, good only if every answer was; None: say what was done."""
    note: str
    trace_ids: tuple[str, ...]
    start: Start
    exact: bool
    """The goal is the same, values included."""


@dataclass(frozen=True, slots=True)
class Unbound:
    """Why no run can be made of these traces, in one sentence."""

    reason: str


def _filled(value: JSON, answers: Sequence[str]) -> JSON:
    if isinstance(value, Taken):
        return value.value(answers)
    if isinstance(value, Mapping):
        return {key: _filled(item, answers) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, answers) for item in value]
    return value


def _near(pose: Mapping[str, float], state: Mapping[str, JSON], tolerance: Tolerance) -> bool:
    return all(_close(name, value, state.get(name), tolerance) for name, value in pose.items())


def _close(name: str, value: float, found: JSON, tolerance: Tolerance) -> bool:
    if not isinstance(found, int | float) or isinstance(found, bool):
        return False
    if name == "theta_deg":
        turn = abs(math.remainder(found - value, _FULL_TURN_DEG))
        return turn <= tolerance.angle_deg
    return abs(found - value) <= tolerance.position_m
