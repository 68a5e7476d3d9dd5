"""Setpoints along a straight line: accelerate, cruise, decelerate, with all axes starting and ending together.

Knows no robot, no gate and no obstacle. A trapezoidal speed profile, made one control period at a time, so that a
motion can be slowed or stopped within its limits at any moment (category 1 stop of IEC 60204-1).
"""

import math

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Pose

_END = 1e-9  # the share of the path that counts as arrived
_NO_WAY = 1e-9  # metres or radians that are no motion at all; both lie below any tolerance a profile could ask for


class StraightMotion:
    """A motion from one pose to another, as a share of the path in [0, 1] that grows with time.

    `target.theta_rad` may lie more than half a turn from the start: the tool turns exactly the difference.
    """

    def __init__(self, start: Pose, target: Pose, profile: RobotProfile) -> None:
        self.start = start
        self.target = target
        self._share = 0.0
        self._speed = 0.0
        length_m = math.dist((start.x, start.y, start.z), (target.x, target.y, target.z))
        turn_rad = abs(target.theta_rad - start.theta_rad)
        turn_radps = math.radians(profile.max_rotation_dps)
        turn_radps2 = math.radians(profile.max_rotation_acceleration_dps2)
        self._fastest = _share_limit((length_m, profile.max_tcp_speed_mps), (turn_rad, turn_radps))
        self._steepest = _share_limit((length_m, profile.max_tcp_acceleration_mps2), (turn_rad, turn_radps2))
        if math.isinf(self._fastest):
            self._share = 1.0

    @property
    def arrived(self) -> bool:
        """Whether the last setpoint is the target itself."""
        return self._share >= 1.0

    @property
    def at_rest(self) -> bool:
        """Whether the setpoints stand still."""
        return self._speed == 0.0

    def step(self, period_s: float, throttle: float = 1.0) -> Pose:
        """The setpoint one period later; `throttle` scales the speed limit, and 0 decelerates to a halt.

        Neither speed nor acceleration limits are exceeded by any sequence of throttles.
        """
        if self.arrived:
            return self.target
        change = self._steepest * period_s
        rest = 1.0 - self._share
        # The greatest v with v*T + v^2/(2a) <= rest: after this period there is still room to brake.
        braking = math.sqrt(change * change + 2.0 * self._steepest * rest) - change
        wanted = max(self._fastest * throttle, self._speed - change)
        self._speed = max(0.0, min(wanted, self._speed + change, braking))
        self._share += self._speed * period_s
        if self._share >= 1.0 - _END:
            self._share, self._speed = 1.0, 0.0
            return self.target
        return self._at(self._share)

    def _at(self, share: float) -> Pose:
        a, b = self.start, self.target
        return Pose(
            a.x + share * (b.x - a.x),
            a.y + share * (b.y - a.y),
            a.z + share * (b.z - a.z),
            a.theta_rad + share * (b.theta_rad - a.theta_rad),
        )


def _share_limit(*axes: tuple[float, float]) -> float:
    """The greatest rate of the share at which no axis (way, limit of its rate) is too fast; infinite without a way."""
    return min((limit / way for way, limit in axes if way > _NO_WAY), default=math.inf)
