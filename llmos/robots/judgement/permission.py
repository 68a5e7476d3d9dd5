"""Which grant of the profile permits an order, if any does; and how often its holder used it.

Knows no state of the robot. The first grant in the profile's order that permits it counts, with its limits.
"""

from collections import deque
from collections.abc import Sequence

from llmos.documents.grants import Grant
from llmos.documents.robot_profile import RobotProfile
from llmos.errors import counted
from llmos.robots.base import Pose
from llmos.robots.controls import Order, Principal
from llmos.robots.judgement.rules import metres
from llmos.robots.verdict import Refusal

WINDOW_S = 1.0
"""Over how long commands are counted; whoever waits for so long may be as quick as anybody."""


def permitting(order: Order, path: Sequence[Pose], profile: RobotProfile, *, limits_force: bool) -> Grant | Refusal:
    """Rule `granted`: the profile lets this person, agent or program do this, there, with this robot."""
    against = None
    for grant in profile.grants:
        if order.verb in grant.verbs and _is_given(grant, order.principal):
            refusal = _outside(grant, path) or _too_strong(grant, order, limits_force=limits_force)
            if refusal is None:
                return grant
            against = against or refusal
    return against or _no_grant(order, profile)


class CommandRate:
    """When orders were carried out, of the last second: all together and by principal."""

    def __init__(self) -> None:
        self._all: deque[float] = deque()
        self._by: dict[str, deque[float]] = {}

    def count(self, principal: Principal, now_s: float) -> None:
        """An order is being carried out."""
        self._all.append(now_s)
        self._by.setdefault(_key(principal), deque()).append(now_s)

    def check(self, principal: Principal, grant: Grant, profile: RobotProfile, now_s: float) -> Refusal | None:
        """Rule `rate`: not more orders within a second than the profile and the grant allow."""
        own = self._by.get(_key(principal), deque())
        for times, most_hz, key in (
            (self._all, profile.max_command_rate_hz, "max_command_rate_hz"),
            (own, grant.max_rate_hz, f"max_rate_hz of {grant.to}"),
        ):
            while times and not times[0] > now_s - WINDOW_S:
                times.popleft()
            if most_hz is not None and len(times) >= max(most_hz, 1.0):
                reason = f"{counted(len(times), 'command')} within a second: more is not allowed, {key} is {most_hz:g}"
                return Refusal("rate", reason, "wait a moment")
        return None


def _key(principal: Principal) -> str:
    return f"{principal.kind}:{principal.name}"


def _is_given(grant: Grant, principal: Principal) -> bool:
    return grant.names(principal.kind, principal.name, principal.content_hash)


def _outside(grant: Grant, path: Sequence[Pose]) -> Refusal | None:
    if grant.bounds is None:
        return None
    for axis in ("x", "y", "z"):
        allowed = getattr(grant.bounds, f"{axis}_m")
        for pose in path if allowed is not None else ():
            value = getattr(pose, axis)
            if value not in allowed:
                reason = (
                    f"{axis.upper()} position {metres(value, allowed)}m outside {allowed}, the bounds of {grant.to}"
                )
                return Refusal("granted", reason, f"choose {axis} between {allowed.low:g} and {allowed.high:g}")
    return None


def _too_strong(grant: Grant, order: Order, *, limits_force: bool) -> Refusal | None:
    if grant.max_force_n is None or limits_force or order.args.get("activate") is not True:
        return None
    reason = f"{grant.to} may grip with {grant.max_force_n:g} N at most, and this robot cannot limit its force"
    return Refusal("granted", reason, "let a person work the gripper")


def _no_grant(order: Order, profile: RobotProfile) -> Refusal:
    principal = order.principal
    named = [each for each in profile.grants if each.to.partition(":")[0] == principal.kind]
    changed = any(
        each.names(principal.kind, principal.name, each.content or "") and order.verb in each.verbs for each in named
    )
    if changed:
        reason = f"The document of {principal} is not the one that its grant for {order.verb} names"
        return Refusal("granted", reason, "a person must look at it and grant its new hash in the robot's profile")
    return Refusal(
        "granted",
        f"{principal} has no grant for {order.verb}",
        f"a person may add one to {profile.document.path.name}; without it one may look, and stop",
    )
