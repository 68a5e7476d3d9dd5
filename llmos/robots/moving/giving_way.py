"""Whether a robot that is measured beside its setpoint may be sent to where it is measured.

Knows no driver and sends nothing. A sensor that lies says the same as a robot that is held, so the setpoint is judged.
"""

import math

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Pose, turn_between
from llmos.robots.judgement import rules
from llmos.robots.judgement.zones import Fence
from llmos.robots.moving.motion import stopping
from llmos.robots.verdict import Refusal


def check_leap(last: Pose, to: Pose, profile: RobotProfile, fence: Fence, *, loaded: bool) -> Refusal | None:
    """Rules `workspace` and `zone` for a setpoint that no way led up to: itself, and what lies straight before it.

    From too near to a zone it only must not come nearer. Saying the last setpoint again breaks no rule.
    """
    if to == last:
        return None
    begins_too_near = fence.check_path((last,), loaded=loaded)
    return (
        rules.check_workspace(to, profile)
        or fence.check_setpoint(last, to, loaded=loaded)
        or (None if begins_too_near else fence.check_path((last, to), loaded=loaded))
    )


def is_explained(last: Pose, measured: Pose, profile: RobotProfile) -> bool:
    """Whether a robot that was held back, halted for it and braked, can be so far beside its setpoint."""
    full_speed_s = profile.tracking.lag_s + stopping(profile).distance_m / profile.max_tcp_speed_mps
    way_m = profile.tracking.max_error_m + profile.max_tcp_speed_mps * full_speed_s
    turn_deg = profile.tracking.max_error_deg + profile.max_rotation_dps * full_speed_s
    turned_deg = math.degrees(abs(turn_between(last.theta_rad, measured.theta_rad)))
    return math.dist(last.point, measured.point) <= way_m and turned_deg <= turn_deg
