"""Drives a robot without a gate, setpoint by setpoint, as the gate does."""

import math
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec

from llmos.documents.scene import Point
from llmos.robots.base import Commanded, Pose, Robot
from llmos.robots.moving.motion import PathMotion
from tests.support.robots import arm_profile

PERIOD_S = 0.01
ABOVE_M = 0.2


class Steps:
    """A driver with its clock, and what it measured last."""

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        self.ticks = 0
        self.measured = robot.tick(0.0)
        self.worst_lag_m = 0.0

    def hold(self, setpoint: Commanded, seconds: float) -> None:
        """Command one setpoint for a while."""
        for _ in range(round(seconds / PERIOD_S)):
            self.ticks += 1
            self.robot.command(setpoint)
            self.measured = self.robot.tick(self.ticks * PERIOD_S)
            self.worst_lag_m = max(self.worst_lag_m, math.dist(self.measured.pose.point, setpoint.pose.point))

    def move(self, target: Pose, *, gripper_closed: bool = False) -> None:
        """Follow a motion within the limits, then settle."""
        path = PathMotion((self.measured.pose, target), arm_profile())
        while not path.arrived:
            self.hold(Commanded(path.step(PERIOD_S), gripper_closed), PERIOD_S)
        self.hold(Commanded(target, gripper_closed), arm_profile().settle_time_s)

    def grip(self, target: Pose, *, gripper_closed: bool) -> None:
        """Work the gripper, as long as it may take."""
        self.hold(Commanded(target, gripper_closed), arm_profile().settle_time_s)

    def pick(self, at: Point, theta_rad: float = 0.0) -> None:
        """Come from above, grip, and lift."""
        target = Pose(*at, theta_rad)
        self.move(_above(target))
        self.move(target)
        self.grip(target, gripper_closed=True)
        self.move(_above(target), gripper_closed=True)

    def place(self, at: Point, theta_rad: float = 0.0) -> None:
        """Put down from above what is held, and back away."""
        target = Pose(*at, theta_rad)
        self.move(_above(target), gripper_closed=True)
        self.move(target, gripper_closed=True)
        self.grip(target, gripper_closed=False)
        self.move(_above(target))


def has_physics() -> bool:
    """Whether MuJoCo can be imported."""
    return find_spec("mujoco") is not None


USUAL_ARM = "gantry arm (simulated by MuJoCo)" if has_physics() else "kinematic arm (simulated)"
"""What the shipped profile `arm` is on this machine."""


def require_physics(require_system: Callable[[str], None]) -> None:
    """Skip, or fail where it must be there, without MuJoCo."""
    if not has_physics():
        require_system("MuJoCo (extra sim)")


def _above(pose: Pose) -> Pose:
    return replace(pose, z=pose.z + ABOVE_M)
