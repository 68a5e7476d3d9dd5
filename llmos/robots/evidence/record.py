"""Verdicts and motions as journal events, in plain JSON values; metres, radians and seconds.

Knows no journal: whoever built the gate writes these where they belong.
"""

from llmos.messages import JSON
from llmos.robots.base import Commanded, Measured, Pose
from llmos.robots.verdict import Motion, Verdict
from llmos.traces.events import GateVerdict, MotionMeasured


def verdict_event(verdict: Verdict) -> GateVerdict:
    """What the gate said, for the journal."""
    if verdict.refusal is None:
        return GateVerdict(command=command_json(verdict), allowed=True)
    refusal = verdict.refusal
    return GateVerdict(
        command=command_json(verdict),
        allowed=False,
        rule=refusal.rule,
        reason=refusal.reason,
        suggestion=refusal.suggestion,
    )


def motion_event(motion: Motion) -> MotionMeasured:
    """How a motion ended, for the journal."""
    return MotionMeasured(
        command=command_json(motion.verdict),
        commanded=commanded_json(motion.commanded),
        measured=measured_json(motion.after),
        reached=motion.reached,
        halted=motion.halted.rule if motion.halted else "",
        duration_s=round(motion.duration_s, 6),
    )


def command_json(verdict: Verdict) -> dict[str, JSON]:
    """The verb and its arguments, as they were asked for."""
    return {**verdict.args, "verb": verdict.verb}


def commanded_json(commanded: Commanded) -> dict[str, JSON]:
    """The last setpoint."""
    return {**pose_json(commanded.pose), "gripper_closed": commanded.gripper_closed}


def measured_json(measured: Measured) -> dict[str, JSON]:
    """The measured state, with every object the robot sees."""
    return {
        **pose_json(measured.pose),
        "speed_mps": round(measured.velocity.speed_mps, 6),
        "gripper_closed": measured.gripper_closed,
        "holding": measured.holding,
        "objects": {name: [round(each, 6) for each in point] for name, point in sorted(measured.objects.items())},
        "timestamp_s": round(measured.timestamp_s, 6),
    }


def pose_json(pose: Pose) -> dict[str, float]:
    """The four values of a pose."""
    return {name: round(getattr(pose, name), 6) for name in ("x", "y", "z", "theta_rad")}
