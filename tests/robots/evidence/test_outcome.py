"""What a run achieved, decided on measurements: a table of runs."""

from dataclasses import replace
from typing import Any

import pytest

from llmos.documents.scene import Point
from llmos.robots.base import Commanded, Measured, Pose, Velocity
from llmos.robots.evidence.outcome import physical_outcome
from llmos.robots.judgement.rules import CANCELLED
from llmos.robots.verdict import Motion, Refusal, Verdict

POSE = Pose(1.0, 1.0, 0.5, 0.0)
EMPTY = Measured(0.0, POSE, Velocity(), gripper_closed=False, holding=None, objects={"cube": Point(1.0, 1.0, 0.5)})
HOLDING = replace(EMPTY, gripper_closed=True, holding="cube")
CLOSED = replace(EMPTY, gripper_closed=True)
FALLEN = replace(EMPTY, objects={"cube": Point(1.0, 1.0, 0.05)})

OUTSIDE = Refusal("workspace", "X position 5.00m outside workspace [-2, 2]", "choose x between -2 and 2")
STOPPED = Refusal("emergency-stop", "The emergency stop is latched: smoke", "a person must rearm")

Step = tuple[str, dict[str, Any], Any]


def moved(before: Measured = EMPTY, after: Measured = EMPTY, *, reached: bool = True, verb: str = "move_to") -> Step:
    """A move that was carried out."""
    return verb, {}, (before, after, reached, None)


def halted(refusal: Refusal, verb: str = "move_to") -> Step:
    """A move that was cut short."""
    return verb, {}, (EMPTY, EMPTY, False, refusal)


def vetoed(verb: str = "move_to", refusal: Refusal = OUTSIDE) -> Step:
    """A command that was refused."""
    return verb, {}, refusal


def closed(after: Measured) -> Step:
    """The gripper closed, with or without success."""
    return "toggle_tool", {"activate": True}, (EMPTY, after, after.holding is not None, None)


def opened(before: Measured = HOLDING, after: Measured = EMPTY, *, reached: bool = True) -> Step:
    """The gripper opened."""
    return "toggle_tool", {"activate": False}, (before, after, reached, None)


def unfinished(verb: str = "move_to") -> Step:
    """A command that was allowed and of which nothing was heard again."""
    return verb, {}, None


def decide(steps: list[Step]) -> tuple[str, str] | None:
    """The outcome and its sentence."""
    verdicts, motions = [], []
    for number, (verb, args, ending) in enumerate(steps, 1):
        verdict = Verdict(number, verb, args, ending if isinstance(ending, Refusal) else None)
        verdicts.append(verdict)
        if isinstance(ending, tuple):
            before, after, reached, refusal = ending
            motions.append(Motion(verdict, Commanded(POSE, gripper_closed=False), before, after, reached, refusal))
    outcome = physical_outcome(verdicts, list(reversed(motions)))  # commands count in the order they were given
    return (outcome.outcome, outcome.sentence) if outcome else None


def test_run_without_commands_has_no_physical_outcome() -> None:
    """Looking at the robot achieves nothing and fails at nothing."""
    assert decide([]) is None


@pytest.mark.parametrize(
    ("steps", "outcome"),
    [
        ([moved()], "done"),
        ([moved(reached=False)], "failed"),
        ([moved(reached=False), moved()], "done"),
        ([unfinished()], "failed"),
        ([moved(), unfinished()], "failed"),
        # gripping
        ([moved(), closed(HOLDING)], "done"),
        ([moved(), closed(HOLDING), moved(HOLDING, HOLDING), opened()], "done"),
        ([moved(), closed(CLOSED)], "failed"),
        ([moved(), closed(CLOSED), opened(CLOSED, EMPTY), moved(verb="go_home")], "failed"),
        ([moved(), closed(CLOSED), opened(CLOSED, EMPTY), moved(), closed(HOLDING)], "done"),
        ([moved(), closed(HOLDING), moved(HOLDING, CLOSED, reached=False), moved()], "failed"),
        ([moved(), closed(HOLDING), moved(HOLDING, CLOSED, reached=False), opened(CLOSED), closed(HOLDING)], "done"),
        ([closed(HOLDING), opened(HOLDING, FALLEN, reached=False)], "failed"),
        ([closed(HOLDING), opened(HOLDING, FALLEN, reached=False), moved(verb="go_home")], "failed"),
        ([closed(HOLDING), opened(HOLDING, FALLEN, reached=False), closed(HOLDING), opened()], "done"),
        ([opened(EMPTY)], "done"),
        # vetoes
        ([vetoed()], "refused"),
        ([moved(), vetoed()], "refused"),
        ([vetoed(), moved()], "done"),
        ([vetoed(), moved(verb="move_relative")], "done"),
        ([vetoed("move_relative"), moved()], "done"),
        ([vetoed(), moved(reached=False)], "refused"),
        ([vetoed(), moved(verb="go_home")], "refused"),
        ([vetoed(), moved(), vetoed()], "refused"),
        ([vetoed("toggle_tool"), moved()], "refused"),
        ([vetoed("toggle_tool"), closed(HOLDING)], "done"),
        ([vetoed("go_home", STOPPED)], "refused"),
        # stops
        ([moved(verb="emergency_stop")], "done"),
        ([moved(verb="emergency_stop"), moved(verb="emergency_stop")], "done"),
        ([moved(), moved(verb="emergency_stop")], "refused"),
        ([moved(verb="emergency_stop"), moved(), moved(verb="emergency_stop")], "refused"),
        ([moved(), moved(verb="emergency_stop"), moved()], "done"),
        ([halted(STOPPED), moved(verb="emergency_stop")], "refused"),
        ([halted(STOPPED), moved()], "done"),
        ([halted(CANCELLED)], "failed"),
        ([halted(CANCELLED), moved()], "done"),
        ([closed(CLOSED), vetoed()], "refused"),
    ],
)
def test_outcome_follows_from_what_was_measured(steps: list[Step], outcome: str) -> None:
    """Done needs the last postcondition, a grip that took and kept something, and no refusal left standing."""
    decided = decide(steps)
    assert decided is not None
    assert decided[0] == outcome


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([moved()], "At (1.00, 1.00, 0.50) turned 0°, gripper open."),
        ([vetoed()], "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."),
        ([unfinished()], "move_to never came to an end, so nothing is measured."),
        ([closed(HOLDING), opened()],
         "At (1.00, 1.00, 0.50) turned 0°, gripper open. 'cube' lies at (1.00, 1.00, 0.50)."),
        ([opened(HOLDING, FALLEN, reached=False)],
         ("'cube' fell when it was let go. 'cube' lies at (1.00, 1.00, 0.05). "
          "At (1.00, 1.00, 0.50) turned 0°, gripper open.")),
        ([moved(HOLDING, CLOSED, reached=False)],
         ("'cube' was lost on the way. 'cube' lies at (1.00, 1.00, 0.50). "
          "At (1.00, 1.00, 0.50) turned 0°, gripper closed on nothing.")),
        ([moved(EMPTY, replace(EMPTY, pose=Pose(0, 0, 1, 0)), reached=False)],
         "Commanded to (1.00, 1.00, 0.50), but not there. At (0.00, 0.00, 1.00) turned 0°, gripper open."),
        ([closed(replace(CLOSED, objects={}))],
         "The gripper closed on nothing. No object is in sight of (1.00, 1.00, 0.50); open it again."),
        ([closed(replace(CLOSED, objects={"cube": Point(1.0, 1.0, 0.05)}))],
         ("The gripper closed on nothing. The nearest object to (1.00, 1.00, 0.50) is 'cube' at (1.00, 1.00, 0.05), "
          "0.45 m away; open it and go there first.")),
        ([moved(verb="emergency_stop")],
         "Stopped. At (1.00, 1.00, 0.50) turned 0°, gripper open. Nothing moves until a person rearms the robot."),
        ([halted(CANCELLED)],
         "The motion was cancelled before its end; ask for it again."),
    ],
)  # fmt: skip
def test_reason_is_told_from_the_measurement(steps: list[Step], sentence: str) -> None:
    """The sentence of an outcome says what was measured, or which rule stood against it."""
    decided = decide(steps)
    assert decided is not None
    assert decided[1] == sentence


def test_evidence_is_what_was_measured_last() -> None:
    """The outcome carries the facts that it rests on, as plain values."""
    verdicts = [Verdict(1, "toggle_tool", {"activate": True}), Verdict(2, "move_to", {}, OUTSIDE)]
    motion = Motion(verdicts[0], Commanded(POSE, gripper_closed=True), EMPTY, HOLDING, reached=True)
    outcome = physical_outcome(verdicts, [motion])
    assert outcome is not None
    assert outcome.evidence == {
        "commands": 2,
        "refused": 1,
        "gripped": "cube",
        "measured": {
            "x": 1.0, "y": 1.0, "z": 0.5, "theta_rad": 0.0, "speed_mps": 0.0, "gripper_closed": True,
            "holding": "cube", "objects": {"cube": [1.0, 1.0, 0.5]}, "timestamp_s": 0.0,
        },
    }  # fmt: skip
