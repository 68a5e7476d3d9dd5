"""The gate's rules as pure functions: each looks at one thing and returns a refusal, or None.

Knows no driver and no time of its own. A value is accepted only by a comparison that holds, so NaN never passes.
"""

import math
from collections.abc import Mapping
from typing import Final

from llmos.documents.robot_profile import Range, RobotProfile
from llmos.documents.verbs import VERBS as VERBS_OF
from llmos.errors import nearest
from llmos.messages import JSON
from llmos.robots.base import Measured, Pose, turn_between
from llmos.robots.latch import Stop
from llmos.robots.verdict import Refusal

MOVES: Final = frozenset(("move_to", "move_relative", "go_home"))
"""The commands that change where the tool is."""

CANCELLED: Final = Refusal("cancelled", "The motion was cancelled before its end", "ask for it again")

HUGE: Final = 1e6
"""No position, distance or angle of a robot is larger; such a number is a mistake, whatever the workspace."""

FULL_TURN: Final = Range(0.0, 360.0)
_ROUNDING_M = 1e-9
_ROUNDING = 1.0 + 1e-6


VERBS: Final = VERBS_OF["arm"]
"""Every command a robot takes; reading its state is no command."""


def check_stop(stop: Stop | None) -> Refusal | None:
    """Rule `emergency-stop`: nothing moves while the stop is latched."""
    if stop is None:
        return None
    since = f" since {stop.since}" if stop.since else ""
    by = f" by {stop.by}" if stop.by else ""
    return Refusal(
        "emergency-stop",
        f"The emergency stop is latched{since}{by}: {stop.reason}",
        "a person must look at the robot and rearm it, no tool can",
    )


def check_finite(args: Mapping[str, JSON]) -> Refusal | None:
    """Rule `well-formed`: every value is true, false or a finite number of a sane size."""
    for name, value in args.items():
        if isinstance(value, bool) or (isinstance(value, int | float) and -HUGE <= value <= HUGE):
            continue
        return Refusal(
            "well-formed", f"{str(name)[:40]} is {shown(value)}", "give a finite number in metres or degrees"
        )
    return None


def check_verb(verb: str) -> Refusal | None:
    """Rule `known-verb`: the robot has this command."""
    if verb in VERBS:
        return None
    return Refusal("known-verb", f"{shown(verb)} is no command of this robot", nearest(str(verb)[:40], VERBS))


def check_arguments(verb: str, args: Mapping[str, JSON]) -> Refusal | None:
    """Rule `arguments`: exactly the arguments of this verb, a switch where a switch belongs, a number elsewhere."""
    wanted = VERBS[verb]
    for name, value in args.items():
        if name not in wanted:
            return Refusal("arguments", f"{verb} has no argument {shown(name)}", nearest(str(name)[:40], wanted))
        if wanted[name].is_switch is not isinstance(value, bool):
            kind = "true or false" if wanted[name].is_switch else "a number"
            return Refusal("arguments", f"{name} is {shown(value)}", f"{verb} needs {kind} there")
    missing = [name for name, argument in wanted.items() if argument.required and name not in args]
    if missing:
        return Refusal("arguments", f"{verb} lacks {', '.join(missing)}", f"give {', '.join(wanted)}")
    for name in ("theta_deg", "dtheta_deg"):
        allowed = Range(-360.0, 360.0) if name == "dtheta_deg" else FULL_TURN
        if name in args and args[name] not in allowed:
            within = f"choose {name} between {allowed.low:g} and {allowed.high:g}"
            return Refusal("arguments", f"Rotation {args[name]:.1f}° outside {allowed}", within)
    return None


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
                f"{axis.upper()} position {_metres(value, allowed)}m outside workspace {allowed}",
                f"choose {axis} between {allowed.low:g} and {allowed.high:g}",
            )
    return None


def check_motion(verb: str, args: Mapping[str, JSON], measured: Measured, profile: RobotProfile) -> Refusal | None:
    """Rules `clearance`, `workspace` and `step` for a command whose arguments are right; only moves can break them."""
    if verb not in MOVES:
        return None
    start, target = measured.pose, target_of(verb, args, measured.pose, profile)
    # A straight line lies in a convex box when both its ends do.
    return (
        check_clearance(measured, profile)
        or check_workspace(target, profile)
        or check_workspace(start, profile)
        or check_step(start, target, profile)
    )


def check_step(start: Pose, target: Pose, profile: RobotProfile) -> Refusal | None:
    """Rule `step`: where the profile limits the length of one move, this one is no longer."""
    length_m, limit_m = math.dist(start.point, target.point), profile.max_step_m
    if limit_m is None or length_m <= limit_m:
        return None
    reason = f"The move of {length_m:.2f}m is longer than max_step_m {limit_m:g}"
    return Refusal("step", reason, "go there in several moves")


def check_setpoint(last: Pose, setpoint: Pose, profile: RobotProfile) -> Refusal | None:
    """Rules `workspace` and `speed`, at every tick: the next setpoint is inside, and not too far from the last one."""
    if refusal := check_workspace(setpoint, profile):
        return refusal
    period_s = profile.control_period_s * _ROUNDING
    speed_mps = math.dist(last.point, setpoint.point) / period_s
    if not speed_mps <= profile.max_tcp_speed_mps:
        limit = f"max_tcp_speed_mps {profile.max_tcp_speed_mps:g}"
        return Refusal("speed", f"A setpoint asks for {speed_mps:.3f} m/s, above {limit}", "report this, it is a bug")
    turn_dps = math.degrees(abs(setpoint.theta_rad - last.theta_rad)) / period_s
    if not turn_dps <= profile.max_rotation_dps:
        limit = f"max_rotation_dps {profile.max_rotation_dps:g}"
        return Refusal("speed", f"A setpoint asks for {turn_dps:.2f} °/s, above {limit}", "report this, it is a bug")
    return None


def target_of(verb: str, args: Mapping[str, JSON], start: Pose, profile: RobotProfile) -> Pose:
    """Where a command ends; its heading is not wrapped, so that the difference from the start is the turn to make."""
    number = {name: float(value) for name, value in args.items()}
    if verb == "move_to":
        theta_rad = math.radians(number["theta_deg"]) if "theta_deg" in number else start.theta_rad
        x, y, z, turn = number["x"], number["y"], number["z"], turn_between(start.theta_rad, theta_rad)
    elif verb == "move_relative":
        dx, dy, dz, turn_deg = (number.get(name, 0.0) for name in VERBS["move_relative"])
        x, y, z, turn = start.x + dx, start.y + dy, start.z + dz, math.radians(turn_deg)
    elif verb == "go_home":
        home = profile.home
        x, y, z, turn = home.x_m, home.y_m, home.z_m, turn_between(start.theta_rad, math.radians(home.theta_deg))
    else:
        return start
    return Pose(x, y, z, start.theta_rad + turn)


def grip_holds(args: Mapping[str, JSON], before: Measured, after: Measured, profile: RobotProfile) -> bool:
    """The gripper's share of a postcondition.

    Closing must end with something held, opening must leave what was held where it was let go (as far as the robot sees
    it), and anything else must neither lose nor take an object.
    """
    activate, held = args.get("activate"), before.holding
    if activate is None:
        return after.holding == held
    if activate:
        return after.holding is not None
    if after.holding is not None:
        return False
    if held is None or held not in before.objects or held not in after.objects:
        return True
    return math.dist(before.objects[held], after.objects[held]) <= profile.place_tolerance_m


def throttle_at(measured: Measured, profile: RobotProfile) -> float:
    """The share of the speed limit that the clearance allows: all of it from `slow_m` on, less the nearer it gets."""
    if measured.clearance_m is None:
        return 1.0
    share = measured.clearance_m / profile.distances.slow_m
    return min(share, 1.0) if share > 0.0 else 0.0


def shown(value: object) -> str:
    """A value as a person would say it, in a few words whatever was sent."""
    if value is None or isinstance(value, bool):
        return {None: "missing", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:37]}...")
    if not isinstance(value, int | float):
        return f"a {type(value).__name__}"
    if -HUGE <= value <= HUGE:
        return repr(value)
    return "too large to be meant" if abs(value) < math.inf else "not a finite number"


def plain(args: Mapping[str, JSON]) -> dict[str, JSON]:
    """Arguments as a journal can keep them: what is no switch and no sane number becomes a few words about it."""
    kept = list(args.items())[:16]
    return {str(name)[:40]: value if check_finite({name: value}) is None else shown(value) for name, value in kept}


def _metres(value: float, allowed: Range) -> str:
    """Two decimals, or more where two would look as if the value were allowed."""
    short = f"{value:.2f}"
    return repr(value) if float(short) in allowed else short
