"""The gate's judgement of one order, in the order of the rules; the first that objects decides.

Knows no driver, changes nothing and takes nobody's word: it looks at an order and at what is known of the robot now.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from llmos.documents.grants import Grant
from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Measured, Pose, turn_between
from llmos.robots.caution import CALM, Caution
from llmos.robots.controls import Order
from llmos.robots.judgement import rules
from llmos.robots.judgement.asked import (
    MOVES,
    check_arguments,
    check_finite,
    check_verb,
    check_way,
    names_heading,
    target_of,
)
from llmos.robots.judgement.driving import check_driving
from llmos.robots.judgement.permission import CommandRate, permitting
from llmos.robots.judgement.zones import Fence
from llmos.robots.latch import Stop
from llmos.robots.verdict import Refusal

_TURN_RAD = math.tau * (1.0 + 1e-9)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the gate knows when it judges: the limits in force, where the robot is, and who moves it.

    `loaded` says that the payload counts, `undecided` why no limits can be trusted, if so.
    """

    profile: RobotProfile
    fence: Fence
    measured: Measured
    start: Pose
    loaded: bool
    now_s: float
    stop: Stop | None
    moving: str | None
    rate: CommandRate
    limits_force: bool
    undecided: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An order as it was judged: what stands against it, the way it takes, and the grant it rests on."""

    refusal: Refusal | None
    path: tuple[Pose, ...] = ()
    grant: Grant | None = None
    caution: Caution = CALM

    def speed_factor(self, profile: RobotProfile) -> float:
        """The share of the profile's speed that grant and caution allow."""
        cap_mps = self.grant.max_speed_mps if self.grant else None
        return min(self.caution.speed_factor, 1.0 if cap_mps is None else cap_mps / profile.max_tcp_speed_mps)


def assess(order: Order, sight: Sight, caution: Caution, approved: tuple[Pose, ...] | None = None) -> Case:
    """Judge an order; `caution` is the tighter of the order's own and the house's, `approved` the way approved before.

    Once approved, it is that way which is judged again, and no other.
    """
    refusal = (
        rules.check_stop(sight.stop)
        or check_finite(order.args)
        or check_way(order.via)
        or check_verb(order.verb, sight.profile.kind)
        or check_arguments(order.verb, order.args, sight.profile.kind)
    )
    if refusal:
        return Case(refusal)
    path = _way(order, sight) if approved is None else approved
    grant = permitting(order, path or (sight.start,), sight.profile, limits_force=sight.limits_force)
    if isinstance(grant, Refusal):
        return Case(grant)
    refusal = (
        sight.undecided
        or rules.check_fresh(sight.measured, sight.now_s, sight.profile)
        or (_check_path(path, sight, caution) if path else _check_grip(order, sight))
        or sight.rate.check(order.principal, grant, sight.profile, sight.now_s)
        or rules.check_idle(sight.moving)
    )
    return Case(refusal, path, grant, caution)


def check_ahead(
    path: Sequence[Pose],
    profile: RobotProfile,
    fence: Fence,
    *,
    loaded: bool,
    extra_m: float,
) -> Refusal | None:
    """Rules `workspace` and `zone` for a way, or for what is left of it; its target is named before the way to it."""
    outside = (rules.check_workspace(pose, profile) for pose in reversed(path))
    return next((each for each in outside if each), None) or fence.check_path(path, loaded=loaded, extra_m=extra_m)


def _check_path(path: Sequence[Pose], sight: Sight, caution: Caution) -> Refusal | None:
    """All rules for a way."""
    return (
        rules.check_clearance(sight.measured, sight.profile)
        or _check_turns(path)
        or _because(
            check_ahead(path, sight.profile, sight.fence, loaded=sight.loaded, extra_m=caution.extra_margin_m), caution
        )
        or (check_driving(path) if sight.profile.kind == "rover" else None)
        or rules.check_step(path, sight.profile, caution)
    )


def _because(refusal: Refusal | None, caution: Caution) -> Refusal | None:
    """A refusal for a zone, with why the zone was taken for wider than it is."""
    if refusal is None or refusal.rule != "zone" or not caution.extra_margin_m:
        return refusal
    why = f": {caution.reason}" if caution.reason else ""
    return replace(refusal, reason=f"{refusal.reason} (all zones are {caution.extra_margin_m:g}m wider{why})")


def _way(order: Order, sight: Sight) -> tuple[Pose, ...]:
    """From where the robot is, by the poses that were proposed, to the target; empty for what moves nothing."""
    if order.verb not in MOVES:
        return ()
    target = target_of(order.verb, order.args, sight.start, sight.profile)
    if sight.profile.kind == "rover":
        last = order.via[-1] if order.via else sight.start
        turn = turn_between(last.theta_rad, target.theta_rad) if names_heading(order.verb, order.args) else 0.0
        target = replace(target, theta_rad=last.theta_rad + turn)
    return (sight.start, *order.via, target)


def _check_turns(path: Sequence[Pose]) -> Refusal | None:
    """Rule `well-formed`: no piece of the way winds the tool up."""
    for number, (a, b) in enumerate(pairwise(path), 1):
        if not abs(b.theta_rad - a.theta_rad) <= _TURN_RAD:
            turns = abs(b.theta_rad - a.theta_rad) / math.tau
            return Refusal("well-formed", f"Piece {number} of the way makes {turns:.1f} turns", "make one turn at most")
    return None


def _check_grip(order: Order, sight: Sight) -> Refusal | None:
    """Rule `zone` for closing the gripper: what may then be held must not reach into a zone."""
    if order.args.get("activate") is not True:
        return None
    return sight.fence.check_grip(sight.start.point)
