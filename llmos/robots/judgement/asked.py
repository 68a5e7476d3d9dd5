"""What was asked of a robot, looked at by itself: well-formed, a known verb, the right arguments; and where it leads.

Knows no limit of a profile and no state but the pose to start from. A value is accepted only by a comparison that
holds, so NaN never passes.
"""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from typing import Final

from llmos.documents.range import Range
from llmos.documents.robot_profile import RobotProfile
from llmos.documents.verbs import STOP, VERBS, RobotKind
from llmos.errors import nearest
from llmos.messages import JSON
from llmos.robots.base import Pose, turn_between
from llmos.robots.judgement.driving import in_workspace
from llmos.robots.verdict import Refusal

MOVES: Final = frozenset(("move_to", "move_relative", "go_home"))
"""The commands that change where the tool is."""

HUGE: Final = 1e6
"""No position, distance or angle of a robot is larger; such a number is a mistake, whatever the workspace."""

MOST_CORNERS: Final = 500
"""A way with more corners than this is no way but a flood."""

FULL_TURN: Final = Range(0.0, 360.0)


def check_finite(args: Mapping[str, JSON]) -> Refusal | None:
    """Rule `well-formed`: every value is true, false or a finite number of a sane size."""
    for name, value in args.items():
        if isinstance(value, bool) or (isinstance(value, int | float) and -HUGE <= value <= HUGE):
            continue
        return Refusal(
            "well-formed", f"{str(name)[:40]} is {shown(value)}", "give a finite number in metres or degrees"
        )
    return None


def check_way(via: Sequence[Pose]) -> Refusal | None:
    """Rule `well-formed` for the poses on the way: finite numbers, and not too many of them."""
    if len(via) > MOST_CORNERS:
        return Refusal("well-formed", f"The way has {len(via)} corners", f"give at most {MOST_CORNERS}")
    for number, pose in enumerate(via, 1):
        for name in ("x", "y", "z", "theta_rad"):
            value = getattr(pose, name)
            if isinstance(value, bool) or not (isinstance(value, int | float) and -HUGE <= value <= HUGE):
                return Refusal("well-formed", f"{name} of corner {number} is {shown(value)}", "give finite numbers")
    return None


def check_verb(verb: str, kind: RobotKind = "arm") -> Refusal | None:
    """Rule `known-verb`: the robot has this command."""
    if isinstance(verb, str) and verb in VERBS[kind]:
        return None
    return Refusal("known-verb", f"{shown(verb)} is no command of this robot", nearest(str(verb)[:40], VERBS[kind]))


def check_arguments(verb: str, args: Mapping[str, JSON], kind: RobotKind = "arm") -> Refusal | None:
    """Rule `arguments`: exactly the arguments of this verb, a switch where a switch belongs, a number elsewhere."""
    wanted = VERBS[kind][verb]
    for name, value in args.items():
        if name not in wanted:
            return Refusal("arguments", f"{verb} has no argument {shown(name)}", nearest(str(name)[:40], wanted))
        if wanted[name].is_switch is not isinstance(value, bool):
            needed = "true or false" if wanted[name].is_switch else "a number"
            return Refusal("arguments", f"{name} is {shown(value)}", f"{verb} needs {needed} there")
    missing = [name for name, argument in wanted.items() if argument.required and name not in args]
    if missing:
        return Refusal("arguments", f"{verb} lacks {', '.join(missing)}", f"give {', '.join(wanted)}")
    for name in ("theta_deg", "dtheta_deg"):
        allowed = Range(-360.0, 360.0) if name == "dtheta_deg" else FULL_TURN
        if name in args and args[name] not in allowed:
            within = f"choose {name} between {allowed.low:g} and {allowed.high:g}"
            return Refusal("arguments", f"Rotation {args[name]:.1f}° outside {allowed}", within)
    return None


def target_of(verb: str, args: Mapping[str, JSON], start: Pose, profile: RobotProfile) -> Pose:
    """Where a command ends; its heading is not wrapped, so that the difference from the start is the turn to make."""
    number = {name: float(value) for name, value in args.items()}
    if verb == "move_to":
        theta_rad = math.radians(number["theta_deg"]) if "theta_deg" in number else start.theta_rad
        x, y, z = number["x"], number["y"], number.get("z", start.z)
        turn = turn_between(start.theta_rad, theta_rad)
    elif verb == "move_relative":
        dx, dy, dz, turn_deg = (number.get(name, 0.0) for name in ("dx", "dy", "dz", "dtheta_deg"))
        if profile.kind == "rover":
            dx, dy = in_workspace(dx, dy, start)
        x, y, z, turn = start.x + dx, start.y + dy, start.z + dz, math.radians(turn_deg)
    elif verb == "go_home":
        home = profile.home
        x, y, z, turn = home.x_m, home.y_m, home.z_m, turn_between(start.theta_rad, math.radians(home.theta_deg))
    else:
        return start
    return Pose(x, y, z, start.theta_rad + turn)


def names_heading(verb: str, args: Mapping[str, JSON]) -> bool:
    """Whether the command says how the robot is to be turned in the end; a rover keeps the heading it arrives with."""
    return verb == "go_home" or "theta_deg" in args or "dtheta_deg" in args


def fingerprint(*parts: object) -> str:
    """One hash of what was asked, by whom and by which way: an approval is for this and nothing else."""
    return hashlib.sha256(json.dumps(parts, default=repr, sort_keys=True).encode()).hexdigest()


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


def is_stop(verb: str) -> bool:
    """Whether this is the command that nothing can refuse, whatever stands beside it."""
    return verb == STOP
