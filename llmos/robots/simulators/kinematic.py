"""A simulated arm that goes where it is told, as fast as its drives can: no mass, no collision, no noise.

Knows no gate and no limit of the profile but its gripper; time comes in through `tick`, so it is deterministic.
"""

import math
from collections.abc import Callable

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Point, Scene
from llmos.robots.base import Commanded, Measured, Pose, Velocity, turn_between
from llmos.robots.scene import SimulatedObjects


class KinematicArm:
    """The arm of a profile in a scene, at home with an open gripper at time 0.

    `range_sensor` reads the distance in metres from a tool position to the nearest obstacle; by default there is none.
    """

    name = "kinematic arm (simulated)"
    drive_speed_mps = 2.0
    drive_rotation_radps = math.pi

    def __init__(
        self, profile: RobotProfile, scene: Scene, range_sensor: Callable[[Point], float] | None = None
    ) -> None:
        home = profile.home
        pose = Pose(home.x_m, home.y_m, home.z_m, math.radians(home.theta_deg))
        self._reach_m = profile.grip_reach_m
        self._grip_time_s = profile.grip_time_s
        self._range_sensor = range_sensor
        self._objects = SimulatedObjects(scene)
        self._setpoint = Commanded(pose, gripper_closed=False)
        self._jaws = 0.0  # 0 open, 1 closed
        self._measured = self._measure(0.0, pose, Velocity())

    def command(self, setpoint: Commanded) -> None:
        """Take the newest setpoint."""
        self._setpoint = setpoint

    def tick(self, now_s: float) -> Measured:
        """Move towards the setpoint for the time since the last tick, and measure."""
        elapsed_s = now_s - self._measured.timestamp_s
        if elapsed_s > 0.0:
            pose, velocity = self._move(elapsed_s)
            self._work_gripper(elapsed_s, pose.point)
            self._measured = self._measure(now_s, pose, velocity)
        return self._measured

    def close(self) -> None:
        """Stay where it is."""
        self._setpoint = Commanded(self._measured.pose, self._setpoint.gripper_closed)

    def _move(self, elapsed_s: float) -> tuple[Pose, Velocity]:
        """Straight to the setpoint, or as far on the way as the drives get in this time."""
        now, goal = self._measured.pose, self._setpoint.pose
        turn_rad = turn_between(now.theta_rad, goal.theta_rad)
        needed_s = max(
            math.dist(now.point, goal.point) / self.drive_speed_mps, abs(turn_rad) / self.drive_rotation_radps
        )
        share = min(1.0, elapsed_s / needed_s) if needed_s > 0.0 else 1.0
        reached = goal if share == 1.0 else Pose(*_between(now, goal, share), now.theta_rad + share * turn_rad)
        pose = Pose(reached.x, reached.y, reached.z, reached.theta_rad % math.tau)
        rates = (*(b - a for a, b in zip(now.point, pose.point, strict=True)), share * turn_rad)
        return pose, Velocity(*(rate / elapsed_s for rate in rates))

    def _work_gripper(self, elapsed_s: float, tool: Point) -> None:
        """Close or open the jaws; they grip when they meet, and let go as soon as they part."""
        self._objects.carry(tool)
        change = elapsed_s / self._grip_time_s
        was_closed = self._jaws == 1.0
        self._jaws = min(1.0, self._jaws + change) if self._setpoint.gripper_closed else max(0.0, self._jaws - change)
        if self._jaws == 1.0 and not was_closed:
            self._objects.grip(tool, self._reach_m)
        elif self._jaws < 1.0:
            self._objects.release()

    def _measure(self, now_s: float, pose: Pose, velocity: Velocity) -> Measured:
        return Measured(
            timestamp_s=now_s,
            pose=pose,
            velocity=velocity,
            gripper_closed=self._jaws == 1.0,
            holding=self._objects.held,
            objects=self._objects.positions,
            clearance_m=self._range_sensor(pose.point) if self._range_sensor else None,
        )


def _between(start: Pose, end: Pose, share: float) -> tuple[float, float, float]:
    return (
        start.x + share * (end.x - start.x),
        start.y + share * (end.y - start.y),
        start.z + share * (end.z - start.z),
    )
