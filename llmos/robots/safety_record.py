"""What the safety log keeps of an order and of a motion, as plain JSON values.

Knows no log. Enough to tell years later who asked for what, what was said, and where the robot went.
"""

import math

from llmos.messages import JSON
from llmos.robots.base import Pose
from llmos.robots.controls import Order
from llmos.robots.verdict import Motion, Verdict

_MOST_CORNERS = 50


def verdict_detail(order: Order, verdict: Verdict, path: tuple[Pose, ...]) -> dict[str, JSON]:
    """Who asked for what, and what was said; with the way when it was allowed."""
    principal, refusal = order.principal, verdict.refusal
    detail: dict[str, JSON] = {
        "number": verdict.number,
        "verb": verdict.verb,
        "args": dict(verdict.args),
        "by": f"{principal.kind}:{principal.name}"[:200],
        "document": principal.content_hash[:80],
        "allowed": verdict.allowed,
    }
    if refusal is not None:
        return {**detail, "rule": refusal.rule, "reason": refusal.reason}
    return {**detail, "path": [_place(pose) for pose in path[:_MOST_CORNERS]], "corners": len(path)}


def motion_detail(motion: Motion) -> dict[str, JSON]:
    """How a motion ended."""
    return {
        "number": motion.verdict.number,
        "verb": motion.verdict.verb,
        "from": _place(motion.before.pose),
        "to": _place(motion.after.pose),
        "reached": motion.reached,
        "halted": motion.halted.rule if motion.halted else "",
        "duration_s": _number(motion.duration_s, 3),
    }


def _place(pose: Pose) -> list[JSON]:
    return [_number(value, 4) for value in (pose.x, pose.y, pose.z, pose.theta_rad)]


def _number(value: float, digits: int) -> float | None:
    """Rounded; None for what a broken sensor measures and JSON cannot say."""
    return round(value, digits) if math.isfinite(value) else None
