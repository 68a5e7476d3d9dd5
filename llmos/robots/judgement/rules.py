"""The gate's rules on state and motion as pure functions: each looks at one thing and returns a refusal, or None.

Knows no driver and no time of its own. A value is accepted only by a comparison that holds, so NaN never passes.
"""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from llmos.documents.robot_profile import Range, RobotProfile
from llmos.robots.base import Measured, Pose, Velocity
from llmos.robots.caution import CALM, Caution
from llmos.robots.latch import Stop
from llmos.robots.verdict import Refusal

CANCELLED: Final = Refusal("cancelled", "The motion was cancelled before its end", "ask for it again")

_ROUNDING_M = 1e-9
_ROUNDING = 1.0 + 1e-6
_ACCELERATION_ROUNDING = 1.01
_BUG = "report this, it is a bug"


def check_stop(stop: Stop | None) -> Refusal | None:
    """Rule `emergency-stop`: nothing moves while the stop is latched."""
    if stop is None:
        return None
    since = f" since {stop.since_second}" if stop.since else ""
    by = f" by {stop.by}" if stop.by else ""
    return Refusal(
        "emergency-stop",
        f"The emergency stop is latched{since}{by}: {stop.reason}",
        "a person must look at the robot and rearm it, no tool can",
    )


def check_idle(moving: str | None) -> Refusal | None:
    """Rule `one-motion`: nothing else moves this robot."""
    if moving is None:
        return None
    return Refusal(
        "one-motion", f"{moving} is still under way, and the robot makes one motion at a time", "wait for it"
    )


def check_fresh(measured: Measured, now_s: float, profile: RobotProfile) -> Refusal | None:
    """Rule `fresh-observation`: the robot says where it is, and said so a moment ago."""
    age_s = now_s - measured.timestamp_s
    if not measured.pose.is_finite:
        return Refusal("fresh-observation", "The robot's measured pose is not finite", "check its sensors")
    if -profile.max_observation_age_s <= age_s <= profile.max_observation_age_s:
        return None
    return Refusal(
        "fresh-observation",
        f"The last observation is {age_s:.2f} s old, more than {profile.max_observation_age_s:g} s",
        "check the connection to the robot",
    )


def check_clearance(measured: Measured, profile: RobotProfile) -> Refusal | None:
    """Rule `clearance`: a robot with a range sensor keeps its soft stop distance from whatever it sees."""
    clearance_m, limit_m = measured.clearance_m, profile.distances.soft_stop_m
    if clearance_m is None or clearance_m > limit_m:
        return None
    return Refusal(
        "clearance",
        f"An obstacle is {clearance_m:.2f}m away, within the soft stop distance of {limit_m:g}m",
        "clear the way first",
    )


def check_workspace(pose: Pose, profile: RobotProfile) -> Refusal | None:
    """Rule `workspace`: the position lies in the box."""
    box = profile.workspace
    for axis, value, allowed in (("x", pose.x, box.x_m), ("y", pose.y, box.y_m), ("z", pose.z, box.z_m)):
        if not allowed.low - _ROUNDING_M <= value <= allowed.high + _ROUNDING_M:
            return Refusal(
                "workspace",
                f"{axis.upper()} position {metres(value, allowed)}m outside workspace {allowed}",
                f"choose {axis} between {allowed.low:g} and {allowed.high:g}",
            )
    return None


def check_step(path: Sequence[Pose], profile: RobotProfile, caution: Caution = CALM) -> Refusal | None:
    """Rule `step`: where the profile, or caution, limits the length of one move, its whole way is no longer."""
    length_m = sum(math.dist(a.point, b.point) for a, b in pairwise(path))
    limit_m = caution.step_limit_m(profile)
    if limit_m is None or length_m <= limit_m:
        return None
    why = f" ({caution.reason})" if caution.max_step_m == limit_m and caution.reason else ""
    reason = f"The move of {length_m:.2f}m is longer than max_step_m {limit_m:g}{why}"
    return Refusal("step", reason, "go there in several moves")


def check_setpoint(
    last: Pose, setpoint: Pose, profile: RobotProfile, speed_factor: float = 1.0, period_s: float | None = None
) -> Refusal | None:
    """Rules `workspace` and `speed`, at every tick: the next setpoint is inside, and not too far from the last one.

    `period_s` is what lies between the two: a control period, or more after a late tick.
    """
    if refusal := check_workspace(setpoint, profile):
        return refusal
    period_s = max(period_s or 0.0, profile.control_period_s) * _ROUNDING
    speed_mps = math.dist(last.point, setpoint.point) / period_s
    if not speed_mps <= profile.max_tcp_speed_mps * speed_factor:
        limit = f"max_tcp_speed_mps {profile.max_tcp_speed_mps * speed_factor:g}"
        return Refusal("speed", f"A setpoint asks for {speed_mps:.3f} m/s, above {limit}", _BUG)
    turn_dps = math.degrees(abs(setpoint.theta_rad - last.theta_rad)) / period_s
    if not turn_dps <= profile.max_rotation_dps:
        limit = f"max_rotation_dps {profile.max_rotation_dps:g}"
        return Refusal("speed", f"A setpoint asks for {turn_dps:.2f} °/s, above {limit}", _BUG)
    return None


def velocity_of(last: Pose, setpoint: Pose, period_s: float) -> Velocity:
    """How fast the setpoints go from one to the next."""
    x, y, z = ((b - a) / period_s for a, b in zip(last.point, setpoint.point, strict=True))
    return Velocity(x, y, z, (setpoint.theta_rad - last.theta_rad) / period_s)


def check_acceleration(
    before: Velocity, now: Velocity, profile: RobotProfile, period_s: float | None = None
) -> Refusal | None:
    """Rule `acceleration`, at every tick: the setpoints become neither faster nor slower too suddenly.

    `period_s` lies between the middles of the two steps: a control period, or more around a late tick.
    """
    period_s = max(period_s or 0.0, profile.control_period_s) * _ACCELERATION_ROUNDING
    change = (now.x_mps - before.x_mps, now.y_mps - before.y_mps, now.z_mps - before.z_mps)
    steep_mps2 = math.hypot(*change) / period_s
    if not steep_mps2 <= profile.max_tcp_acceleration_mps2:
        limit = f"max_tcp_acceleration_mps2 {profile.max_tcp_acceleration_mps2:g}"
        return Refusal("acceleration", f"A setpoint asks for {steep_mps2:.3f} m/s², above {limit}", _BUG)
    steep_dps2 = math.degrees(abs(now.theta_radps - before.theta_radps)) / period_s
    if not steep_dps2 <= profile.max_rotation_acceleration_dps2:
        limit = f"max_rotation_acceleration_dps2 {profile.max_rotation_acceleration_dps2:g}"
        return Refusal("acceleration", f"A setpoint asks for {steep_dps2:.1f} °/s², above {limit}", _BUG)
    return None


def throttle_at(measured: Measured, profile: RobotProfile) -> float:
    """The share of the speed limit that the clearance allows: all of it from `slow_m` on, less the nearer it gets."""
    if measured.clearance_m is None:
        return 1.0
    share = measured.clearance_m / profile.distances.slow_m
    return min(share, 1.0) if share > 0.0 else 0.0


def metres(value: float, allowed: Range) -> str:
    """Two decimals, or more where two would look as if the value were allowed."""
    short = f"{value:.2f}"
    return repr(value) if float(short) in allowed else short
