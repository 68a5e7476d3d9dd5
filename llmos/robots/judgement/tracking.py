"""How far a robot is measured beside the way of its setpoints, allowing for a drive that follows a little later.

Knows no gate and no motion, only what was sent when. Time is the measurement's own, so that a late one is no error.
"""

import math
from collections import deque
from itertools import pairwise

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.robot_profile import Tracking as Limits
from llmos.robots.base import Measured, Pose, turn_between
from llmos.robots.verdict import Refusal


class Tracking:
    """The setpoints that a measurement may still be on its way to, oldest first."""

    def __init__(self, at_s: float, pose: Pose) -> None:
        self._sent = deque([(at_s, pose)])

    def sent(self, at_s: float, pose: Pose) -> None:
        """Remember a setpoint; one that only says the last one again changes nothing."""
        if pose != self._sent[-1][1]:
            self._sent.append((at_s, pose))

    def check(self, measured: Measured, profile: RobotProfile) -> Refusal | None:
        """Rule `tracking`: the robot is where it was sent within the last `lag_s`, or between two such places."""
        limits, until_s = profile.tracking, measured.timestamp_s
        self._forget(until_s - limits.lag_s)
        if self._is_at_newest(measured, limits):
            return None
        way = self._way(until_s)
        beside_m = min(_beside_m(measured.pose, a, b) for a, b in pairwise(way))
        turned_deg = math.degrees(min(_beside_rad(measured.pose, a, b) for a, b in pairwise(way)))
        if not beside_m <= limits.max_error_m:
            return _refusal(f"{beside_m:.3f}m beside its commanded way", f"max_error_m {limits.max_error_m:g}")
        if not turned_deg <= limits.max_error_deg:
            return _refusal(
                f"turned {turned_deg:.1f}° off its commanded way", f"max_error_deg {limits.max_error_deg:g}"
            )
        return None

    def _forget(self, since_s: float) -> None:
        """Keep the setpoints from then on, and the one that was in force then."""
        while len(self._sent) > 1 and self._sent[1][0] <= since_s:
            self._sent.popleft()

    def _is_at_newest(self, measured: Measured, limits: Limits) -> bool:
        """The quick answer for a robot that follows: its newest setpoint is near enough."""
        at_s, newest = self._sent[-1]
        turn_rad = turn_between(newest.theta_rad, measured.pose.theta_rad) if measured.pose.is_finite else math.nan
        return (
            at_s <= measured.timestamp_s
            and math.dist(measured.pose.point, newest.point) <= limits.max_error_m
            and abs(math.degrees(turn_rad)) <= limits.max_error_deg
        )

    def _way(self, until_s: float) -> list[Pose]:
        """The setpoints that may still count for a measurement of that moment, two at least."""
        first, *rest = self._sent
        return [first[1], first[1], *(pose for at_s, pose in rest if at_s <= until_s)]


def _refusal(what: str, limit: str) -> Refusal:
    advice = "look for what holds it back: an obstacle, or a drive that sticks or slips"
    return Refusal("tracking", f"The robot is measured {what}, more than {limit}", advice)


def _beside_m(pose: Pose, a: Pose, b: Pose) -> float:
    """Metres from a pose to the straight line between two others."""
    way = [q - p for p, q in zip(a.point, b.point, strict=True)]
    length2 = math.fsum(each * each for each in way)
    along = math.fsum(each * (v - p) for each, v, p in zip(way, pose.point, a.point, strict=True))
    share = min(max(along / length2, 0.0), 1.0) if length2 > 0.0 else 0.0
    return math.dist(pose.point, [p + share * each for p, each in zip(a.point, way, strict=True)])


def _beside_rad(pose: Pose, a: Pose, b: Pose) -> float:
    """The turn from a heading to the nearest of those between two others."""
    turn, way = turn_between(a.theta_rad, pose.theta_rad), b.theta_rad - a.theta_rad
    return abs(turn - min(max(turn, min(0.0, way)), max(0.0, way)))
