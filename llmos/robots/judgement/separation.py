"""How fast the tool may be, the nearer it is to where people are: speed and separation monitoring.

Knows no zone, only a distance. After ISO 10218-2:2025 (which took over ISO/TS 15066) as in Marvel and Norcross,
"Implementing speed and separation monitoring in collaborative robot workcells", 2017 (PMC5117641):

    S = vh (Tr + Ts) + vr Tr + Ss + C + Zd + Zr

A person walks at vh towards a tool that moves at vr, Tr is the time until it begins to brake, Ts and Ss are time and
way of braking, C is kept free, Zd and Zr are what the places of both may be off. We claim no safety rating.
"""

import math
from typing import Final

from llmos.documents.robot_profile import RobotProfile

HUMAN_SPEED_MPS: Final = 1.6
"""vh where nobody measures it (ISO 13855:2010, 5.2: walking speed)."""

CREEP: Final = 0.05
"""The least share of the speed limit that is ever asked for, else a legal target beside a zone was never reached."""


def share_at(distance_m: float, profile: RobotProfile) -> float:
    """The share of `max_tcp_speed_mps` that is allowed at a distance from people; 1 from far away, CREEP beside them.

    The tighter of the formula, solved for vr, and of a ramp from `human.slow_m` down to `human.stop_m`. With braking at
    a and jerk j, Ts = v/a + a/j and Ss = v^2/2a + va/2j; C is `stop_m`; a zone's border is exact, so Zd = 0; Zr is
    `position_tolerance_m`; Tr is two control periods.
    """
    human, most_mps = profile.human, profile.max_tcp_speed_mps
    ramp = (distance_m - human.stop_m) / (human.slow_m - human.stop_m)
    share = min(1.0, ramp, allowed_mps(distance_m, profile) / most_mps)
    return max(share, CREEP)


def allowed_mps(distance_m: float, profile: RobotProfile) -> float:
    """The greatest vr for which S is the distance; infinite far away from everybody, 0 where there is none."""
    if distance_m == math.inf:
        return math.inf
    braking, jerk_s = profile.max_tcp_acceleration_mps2, profile.max_tcp_acceleration_mps2 / profile.max_tcp_jerk_mps3
    reaction_s = 2.0 * profile.control_period_s
    free_m = distance_m - profile.human.stop_m - profile.position_tolerance_m - HUMAN_SPEED_MPS * (reaction_s + jerk_s)
    if not free_m > 0.0:
        return 0.0
    per_speed_s = HUMAN_SPEED_MPS / braking + reaction_s + jerk_s / 2.0
    return braking * (math.sqrt(per_speed_s**2 + 2.0 * free_m / braking) - per_speed_s)
