"""Whether a robot did what it was told, decided on what is measured.

Knows no gate and no goal: one command, the state before and the state after.
"""

import math
from collections.abc import Mapping

from llmos.documents.robot_profile import RobotProfile
from llmos.messages import JSON
from llmos.robots.base import Measured, Pose, turn_between


def is_near(pose: Pose, target: Pose, profile: RobotProfile) -> bool:
    """Whether two poses are the same within the profile's tolerances."""
    return math.dist(pose.point, target.point) <= profile.position_tolerance_m and abs(
        turn_between(pose.theta_rad, target.theta_rad)
    ) <= math.radians(profile.angle_tolerance_deg)


def stands_still(measured: Measured, profile: RobotProfile) -> bool:
    """Whether the robot rests, and what it let go of, or knocked over, has come to rest as well."""
    return rests(measured, profile) and not measured.moving_objects


def rests(measured: Measured, profile: RobotProfile) -> bool:
    """Whether the robot, going on like this, would not leave its tolerances within the settling time."""
    velocity = measured.velocity
    way_m = velocity.speed_mps * profile.settle_time_s
    turn_deg = abs(math.degrees(velocity.theta_radps)) * profile.settle_time_s
    return way_m <= profile.position_tolerance_m and turn_deg <= profile.angle_tolerance_deg


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
