"""Setpoints along a path of straight legs: time-optimal within speed, acceleration and jerk, at rest at every corner.

Knows no robot, no gate and no obstacle. The way may be slowed or stopped within its limits at any moment (a category 1
stop of IEC 60204-1). Each leg is one axis, its share in [0, 1], whose limits are those of way and turn together; ruckig
finds the trajectory (Berscheid and Kroeger, "Jerk-limited real-time trajectory generation", RSS 2021).
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from ruckig import ControlInterface, InputParameter, Result, Ruckig, RuckigError, Trajectory  # type: ignore[import-not-found]

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Pose

_NO_WAY = 1e-9  # metres or degrees that are no motion at all; both lie below any tolerance a profile could ask for
_ROUNDING = 1e-7  # the share of a leg by which a trajectory may miss its end


class Stopping(NamedTuple):
    """How long a stop takes until the setpoints rest, and how far they go meanwhile."""

    time_s: float
    distance_m: float


class PathMotion:
    """A motion from the first pose of a path to its last, straight from each to the next.

    A heading may lie more than half a turn from the one before: the tool turns exactly the difference. `speed_factor`
    in (0, 1] lowers the speed limits for all of the way.
    """

    def __init__(self, path: Sequence[Pose], profile: RobotProfile, speed_factor: float = 1.0) -> None:
        self.start, self.target = path[0], path[-1]
        self._legs = [_Leg(a, b, profile, speed_factor) for a, b in pairwise(_corners(path))]
        self._passed = 0
        self._now = _REST
        self._course: Trajectory | None = None
        self._elapsed_s = 0.0
        self._throttle = 0.0
        self.duration_s = sum(leg.duration_s for leg in self._legs)

    @property
    def arrived(self) -> bool:
        """Whether the last setpoint is the target itself."""
        return self._passed == len(self._legs)

    @property
    def at_rest(self) -> bool:
        """Whether the setpoints stand still."""
        return self._course is None

    @property
    def ahead(self) -> tuple[Pose, ...]:
        """The rest of the way, from the newest setpoint on."""
        legs = self._legs[self._passed :]
        return (legs[0].at(self._now.share), *(leg.end for leg in legs)) if legs else (self.target,)

    @property
    def stopping(self) -> Stopping:
        """What a stop from now on would take."""
        return Stopping(0.0, 0.0) if self.at_rest else self._legs[self._passed].stopping(self._now)

    def step(self, period_s: float, throttle: float = 1.0) -> Pose:
        """The setpoint one period later; `throttle` scales the speed limit, and 0 decelerates to a halt.

        No sequence of throttles exceeds a limit. A throttle too small to plan with counts as 0.
        """
        if self.arrived:
            return self.target
        leg = self._legs[self._passed]
        self._steer(leg, min(throttle, 1.0) if throttle > 0.0 else 0.0)
        if self._course is not None:
            self._elapsed_s += period_s
            self._now = leg.state(self._course, self._elapsed_s, self._now.share)
            if self._elapsed_s >= self._course.duration * leg.unit_s:
                return self._come_to_rest(leg)
        return leg.at(self._now.share)

    def _steer(self, leg: "_Leg", throttle: float) -> None:
        """Plan anew from the present state when the throttle has changed; brake where no plan is found."""
        if throttle == self._throttle:
            return
        course = leg.course(self._now, throttle) if throttle else None
        self._throttle = throttle if course else 0.0
        if course is None and self._course is not None:
            course = leg.brake(self._now)
        self._course, self._elapsed_s = course, 0.0

    def _come_to_rest(self, leg: "_Leg") -> Pose:
        """At the end of a leg the next one begins, with a plan of its own; a halt on the way keeps its place."""
        self._course, self._throttle = None, 0.0
        ended = self._now.share >= 1.0 - _ROUNDING
        self._passed += ended
        self._now = _REST if ended else _State(self._now.share, 0.0, 0.0)
        return leg.end if ended else leg.at(self._now.share)


def stopping(profile: RobotProfile) -> Stopping:
    """The worst that any motion within a profile may need: full speed is just being reached with full acceleration.

    Taking back an acceleration a takes a/j, braking from v to rest v/a + a/j. Where way and turn share a leg the limits
    of either may bind, so the greater of each quotient counts.
    """
    braking_s = max(
        profile.max_tcp_speed_mps / profile.max_tcp_acceleration_mps2,
        profile.max_rotation_dps / profile.max_rotation_acceleration_dps2,
    )
    changing_s = max(
        profile.max_tcp_acceleration_mps2 / profile.max_tcp_jerk_mps3,
        profile.max_rotation_acceleration_dps2 / profile.max_rotation_jerk_dps3,
    )
    return Stopping(braking_s + 2.0 * changing_s, profile.max_tcp_speed_mps * (braking_s / 2.0 + 1.5 * changing_s))


class _State(NamedTuple):
    """How much of a leg has been gone, how fast that grows, and how fast the growth does, in the leg's own time."""

    share: float
    rate: float
    change: float


_REST = _State(0.0, 0.0, 0.0)


class _Leg:
    """A straight piece of a path as one axis from 0 to 1.

    Its time runs in units in which the jerk limit is 1, so that a micrometre is planned as exactly as four metres.
    """

    def __init__(self, start: Pose, end: Pose, profile: RobotProfile, speed_factor: float) -> None:
        self.start, self.end = start, end
        self._length_m = math.dist(start.point, end.point)
        ways = self._length_m, math.degrees(abs(end.theta_rad - start.theta_rad))
        jerk = _share_limit(ways, profile.max_tcp_jerk_mps3, profile.max_rotation_jerk_dps3)
        steepest = _share_limit(ways, profile.max_tcp_acceleration_mps2, profile.max_rotation_acceleration_dps2)
        fastest = _share_limit(ways, profile.max_tcp_speed_mps, profile.max_rotation_dps)
        self.unit_s = jerk ** (-1 / 3)
        self._fastest = fastest * speed_factor * self.unit_s
        self._steepest = steepest * self.unit_s**2
        self._planner = Ruckig(1)
        whole = self.course(_REST, 1.0)
        self.duration_s = whole.duration * self.unit_s if whole else math.inf

    def at(self, share: float) -> Pose:
        """The pose that lies so far along."""
        a, b = self.start, self.end
        return Pose(
            a.x + share * (b.x - a.x),
            a.y + share * (b.y - a.y),
            a.z + share * (b.z - a.z),
            a.theta_rad + share * (b.theta_rad - a.theta_rad),
        )

    def state(self, course: Trajectory, elapsed_s: float, least: float) -> _State:
        """Where a trajectory is after a time; it never goes back, and not beyond the end."""
        (share,), (rate,), (change,) = course.at_time(min(elapsed_s / self.unit_s, course.duration))
        return _State(min(max(share, least), 1.0), rate, change)

    def stopping(self, now: _State) -> Stopping:
        """What braking from this state takes."""
        brake = self.brake(now)
        way = self.state(brake, math.inf, now.share).share - now.share
        return Stopping(brake.duration * self.unit_s, way * self._length_m)

    def course(self, now: _State, throttle: float) -> Trajectory | None:
        """The fastest trajectory to the end at this share of the speed limit; None where there is none."""
        wanted = self._asked(now)
        wanted.target_position = [1.0]
        wanted.max_velocity = [self._fastest * throttle]
        return self._planned(wanted)

    def brake(self, now: _State) -> Trajectory:
        """The fastest trajectory to rest; there always is one."""
        wanted = self._asked(now)
        wanted.control_interface = ControlInterface.Velocity
        course = self._planned(wanted)
        assert course is not None, f"no way to rest from {now}"
        return course

    def _asked(self, now: _State) -> InputParameter:
        wanted = InputParameter(1)
        wanted.current_position, wanted.current_velocity, wanted.current_acceleration = ([each] for each in now)
        wanted.max_acceleration = [self._steepest]
        wanted.max_jerk = [1.0]
        return wanted

    def _planned(self, wanted: InputParameter) -> Trajectory | None:
        course = Trajectory(1)
        try:
            found = self._planner.calculate(wanted, course)
        except RuckigError:
            return None
        return course if found == Result.Working and _never_turns_back(course) else None


def _never_turns_back(course: Trajectory) -> bool:
    """Whether the rate stays positive; where it falls, ending the fall takes a*a / 2 of it (the jerk is 1)."""
    [[profile]] = course.profiles
    lowest = (v - a * a / 2.0 if a < 0.0 else v for v, a in zip(profile.v, profile.a, strict=True))
    return bool(min(lowest) >= -_ROUNDING)


def _share_limit(ways: tuple[float, float], *limits: float) -> float:
    """The greatest rate of the share at which neither way nor turn is too fast."""
    return min(limit / way for way, limit in zip(ways, limits, strict=True) if way > _NO_WAY)


def _corners(path: Sequence[Pose]) -> list[Pose]:
    """The poses of a path, without those to which there is no way from the one before."""
    kept = [path[0]]
    for pose in path[1:]:
        if _is_way(kept[-1], pose):
            kept.append(pose)
    while len(kept) > 1 and not _is_way(kept[-2], path[-1]):
        kept.pop()  # the end takes the place of the last corner, and may lie at the one before too
    return [*kept[:-1], path[-1]] if len(kept) > 1 else kept


def _is_way(start: Pose, end: Pose) -> bool:
    turn_deg = math.degrees(abs(end.theta_rad - start.theta_rad))
    return math.dist(start.point, end.point) > _NO_WAY or turn_deg > _NO_WAY
