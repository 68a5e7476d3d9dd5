"""What came of a command, in one sentence on the measured state.

Knows no gate: values in, a sentence out. What is merely commanded is never told as a fact.
"""

import math

from llmos.errors import counted
from llmos.robots.base import Measured
from llmos.robots.evidence.views import position
from llmos.robots.verdict import Motion, Result


def state_sentence(measured: Measured) -> str:
    """Where the tool is and what the gripper does.

    For example `At (1.50, 1.00, 0.50) turned 0°, gripper holding 'cube'.`
    """
    gripper = f", gripper {_gripper(measured)}" if measured.has_gripper else ""
    return f"At {position(measured.pose.point)} turned {measured.pose.theta_deg:.0f}°{gripper}."


def result_sentence(result: Result) -> str:
    """What came of a command, or why nothing did; of one that took several moves, what they were in all."""
    said = motion_sentence(result.motion) if result.motion else str(result.refusal)
    return with_way(said, result)


def with_way(said: str, result: Result) -> str:
    """A sentence on a command, and where it took several moves one on all of them, as they were measured."""
    way = result.way
    if way is None:
        return said
    return f"{said} {counted(way.moves, 'move')} in all: {way.length_m:.2f} m in {way.duration_s:.1f} s."


def motion_sentence(motion: Motion) -> str:
    """What the robot did, or why it did not do what was asked."""
    before, after, closing = motion.before, motion.after, motion.verdict.args.get("activate")
    if motion.halted is not None:
        return f"Halted. {state_sentence(after)} {motion.halted}"
    if motion.verdict.verb == "emergency_stop":
        return f"Stopped. {state_sentence(after)} Nothing moves until a person rearms the robot."
    if closing is True and after.holding is None:
        return f"The gripper closed on nothing. {_nearest_object(after)}"
    if closing is not True and before.holding is not None and after.holding != before.holding:
        return _let_go(motion, before.holding)
    if not motion.reached:
        return f"Commanded to {position(motion.commanded.pose.point)}, but not there. {state_sentence(after)}"
    return state_sentence(after)


def _gripper(measured: Measured) -> str:
    if measured.holding is not None:
        return f"holding '{measured.holding}'"
    return "closed on nothing" if measured.gripper_closed else "open"


def _let_go(motion: Motion, name: str) -> str:
    where = motion.after.objects.get(name)
    lies = f" '{name}' lies at {position(where)}." if where is not None else ""
    if motion.reached:
        return f"{state_sentence(motion.after)}{lies}"
    lost = "fell when it was let go" if motion.verdict.verb == "toggle_tool" else "was lost on the way"
    return f"'{name}' {lost}.{lies} {state_sentence(motion.after)}"


def _nearest_object(measured: Measured) -> str:
    """The way out for whoever missed: what there is to grip, or that the jaws must open first."""
    tool = measured.pose.point
    if not measured.objects:
        return f"No object is in sight of {position(tool)}; open it again."
    away_m, name = min((math.dist(point, tool), name) for name, point in measured.objects.items())
    at = position(measured.objects[name])
    return (
        f"The nearest object to {position(tool)} is '{name}' at {at}, {away_m:.2f} m away; open it and go there first."
    )
