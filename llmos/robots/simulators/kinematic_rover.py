"""A simulated rover that is where it is told to be, as fast as its wheels can: no mass, no slip, no noise.

Knows no gate; time comes in through `tick`, so it is deterministic. It has neither sensors nor a battery.
"""

import math
from dataclasses import replace

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.base import Commanded, Measured, Pose, Velocity, turn_between


class KinematicRover:
    """The rover of a profile in a scene, at home at time 0; what the scene holds is scenery."""

    name = "kinematic rover (simulated)"
    drive_speed_mps = 1.0
    drive_rotation_radps = math.pi

    def __init__(self, profile: RobotProfile, scene: Scene) -> None:
        home = profile.home
        pose = Pose(home.x_m, home.y_m, home.z_m, math.radians(home.theta_deg))
        self._goal = pose
        self._measured = Measured(
            0.0, pose, Velocity(), gripper_closed=False, holding=None, objects=scene.objects, has_gripper=False
        )

    def command(self, setpoint: Commanded) -> None:
        """Take the newest setpoint."""
        self._goal = setpoint.pose

    def tick(self, now_s: float) -> Measured:
        """Move towards the setpoint for the time since the last tick, and measure."""
        elapsed_s = now_s - self._measured.timestamp_s
        if elapsed_s > 0.0:
            pose, velocity = self._moved(elapsed_s)
            self._measured = replace(self._measured, timestamp_s=now_s, pose=pose, velocity=velocity)
        return self._measured

    def close(self) -> None:
        """Stay where it is."""
        self._goal = self._measured.pose

    def _moved(self, elapsed_s: float) -> tuple[Pose, Velocity]:
        now, goal = self._measured.pose, self._goal
        turn_rad = turn_between(now.theta_rad, goal.theta_rad)
        way_m = math.dist(now.point, goal.point)
        needed_s = max(way_m / self.drive_speed_mps, abs(turn_rad) / self.drive_rotation_radps)
        share = min(1.0, elapsed_s / needed_s) if needed_s > 0.0 else 1.0
        x, y = now.x + share * (goal.x - now.x), now.y + share * (goal.y - now.y)
        pose = Pose(x, y, now.z, (now.theta_rad + share * turn_rad) % math.tau)
        return pose, Velocity((x - now.x) / elapsed_s, (y - now.y) / elapsed_s, 0.0, share * turn_rad / elapsed_s)
