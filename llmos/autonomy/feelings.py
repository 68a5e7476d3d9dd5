"""What an event of the journal means to a robot's Sentience Layer: the name of an impulse, and how often it counts.

Knows no number; those stand in `kernel/valence.md`. Only what concerns the robot counts: its runs, and its motions
whoever ordered them.
"""

from collections import deque
from collections.abc import Iterator
from typing import TypeAlias

from llmos.documents.valence_checks import Feeling
from llmos.traces.events import (
    Event,
    GateVerdict,
    ModelFailed,
    ModelReplied,
    MotionMeasured,
    PermissionDecided,
    RunFinished,
    RunStarted,
    ToolCalled,
    ToolReturned,
)

Felt: TypeAlias = tuple[Feeling, float]

_CANCELLED = "cancelled"
_REMEMBERED_GOALS = 10
_ENDINGS: dict[str, Feeling] = {"done": "run_done", "failed": "run_failed", "interrupted": "run_interrupted"}
"""A run that was refused or too poor is not felt again: its refusals and dollars were."""


class Feelings:
    """Listens to the events of all runs and says what each is felt as."""

    def __init__(self) -> None:
        self._runs: dict[str, bool] = {}
        """The runs that have the robot, and whether each was begun by a person rather than by another run."""
        self._goals: deque[str] = deque(maxlen=_REMEMBERED_GOALS)
        self._felt_since_call: set[str] = set()

    def of(self, event: Event, run: str) -> Iterator[Felt]:
        """What the event is felt as; nothing when it does not concern the robot."""
        if isinstance(event, RunStarted) and event.robot:
            self._runs[event.run_id] = event.parent is None
            if event.parent is None:
                yield self._goal(event.goal), 1.0
        elif isinstance(event, GateVerdict | MotionMeasured):
            self._felt_since_call.add(run)
            yield from _of_the_robot(event)
        elif run in self._runs:
            yield from self._of_the_run(event, run)

    def _goal(self, goal: str) -> Feeling:
        plain = " ".join(goal.casefold().split())
        known = plain in self._goals
        self._goals.append(plain)
        return "goal_repeated" if known else "goal_new"

    def _of_the_run(self, event: Event, run: str) -> Iterator[Felt]:
        match event:
            case ToolCalled():
                self._felt_since_call.discard(run)
            case ToolReturned(ok=False) if run not in self._felt_since_call:
                yield "tool_failed", 1.0
            case ModelFailed():
                yield "model_failed", 1.0
                yield "dollar_spent", event.cost_usd
            case ModelReplied():
                yield "dollar_spent", event.cost_usd
            case PermissionDecided(allowed=False, by="person"):
                yield "person_refused", 1.0
            case RunFinished():
                begun_by_a_person = self._runs.pop(run)
                self._felt_since_call.discard(run)
                if begun_by_a_person and event.outcome in _ENDINGS:
                    yield _ENDINGS[event.outcome], 1.0


def _of_the_robot(event: GateVerdict | MotionMeasured) -> Iterator[Felt]:
    """A stop is felt when it is ordered; a cancelled motion is nobody's fault."""
    if event.command.get("verb") == "emergency_stop":
        if isinstance(event, GateVerdict):
            yield "stopped", 1.0
    elif isinstance(event, GateVerdict):
        if not event.allowed:
            yield "refused", 1.0
    elif event.reached:
        yield "motion_reached", 1.0
    elif event.halted != _CANCELLED:
        yield ("motion_halted" if event.halted else "motion_missed"), 1.0
