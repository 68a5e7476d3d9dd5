"""A simulated arm with mass, friction and force, in MuJoCo: it grips by squeezing, and what it does not hold falls.

Knows no gate. Time comes in through `tick`, nothing is left to chance, and drawing is left to a camera elsewhere.
"""

import math
from dataclasses import replace

import mujoco  # type: ignore[import-untyped]
import numpy as np

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.base import Commanded, Measured, Pose, RobotError, Velocity, turn_between
from llmos.robots.simulators.free_objects import FreeObjects
from llmos.robots.simulators.grip import Grip
from llmos.robots.simulators.world import world_xml

_STEP_S = 0.002
_SETTLING_S = 0.4
_STILL_S = 0.25
_STILL = 1e-3  # metres or radians per second: below it, for so long and without a new setpoint, nothing will move
_ENCODER_DIGITS = 5  # ten micrometres, ten microradians
_ARRIVED = 1e-9
_BROKEN = [
    int(each)
    for each in (mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADQVEL, mujoco.mjtWarning.mjWARN_BADQACC)
]


class MujocoArm:
    """The arm of a profile in a scene, at home with an open gripper at time 0, everything at rest.

    `pad_friction` replaces the coefficient of friction of the gripper's pads (rubber, 1.2).
    """

    name = "gantry arm (simulated by MuJoCo)"
    drive_speed_mps = 2.0
    drive_rotation_radps = math.pi

    def __init__(self, profile: RobotProfile, scene: Scene, *, pad_friction: float | None = None) -> None:
        mujoco.set_mju_user_warning(_hush)
        model = mujoco.MjModel.from_xml_string(world_xml(scene))
        self._model, self._state = model, mujoco.MjData(model)
        home = profile.home
        pose = Pose(home.x_m, home.y_m, home.z_m, math.radians(home.theta_deg))
        self._setpoint = Commanded(pose, gripper_closed=False)
        self._servo = [home.x_m, home.y_m, home.z_m, math.radians(home.theta_deg)]  # where the drives are sent now
        self._grip = Grip(model, self._state, sorted(scene.objects), profile.grip_time_s)
        if pad_friction is not None:
            self._grip.set_friction(pad_friction)
        self._objects = FreeObjects(model, self._state, sorted(scene.objects))
        self._still_s = 0.0
        self._settle()
        self._measured = self._measure(0.0)

    def command(self, setpoint: Commanded) -> None:
        """Take the newest setpoint."""
        if setpoint != self._setpoint:
            self._setpoint = setpoint
            self._still_s = 0.0

    def limit_force(self, most_n: float | None) -> None:
        """Squeeze with no more than so many newtons from now on; None lifts the limit."""
        self._grip.limit_force(most_n)

    def tick(self, now_s: float) -> Measured:
        """Let the world go on for the time since the last tick, and measure; a world at rest costs nothing."""
        elapsed_s = now_s - self._measured.timestamp_s
        if elapsed_s <= 0.0:
            return self._measured
        if self._advance(elapsed_s):
            self._measured = self._measure(now_s)
        else:
            self._measured = replace(self._measured, timestamp_s=now_s)
        return self._measured

    def close(self) -> None:
        """Stay where it is."""
        self.command(Commanded(self._measured.pose, self._setpoint.gripper_closed))

    def _settle(self) -> None:
        """Begin with everything at rest: what a scene puts down has sunk into its contacts by some micrometres."""
        self._state.qpos[:4] = self._servo
        self._advance(_SETTLING_S)
        self._rest()
        self._still_s = _STILL_S

    def _advance(self, elapsed_s: float) -> bool:
        """Whether anything could move: the whole time in equal steps, or until all is at rest."""
        if self._still_s >= _STILL_S:
            return False
        steps = max(1, math.ceil(elapsed_s / _STEP_S - 1e-6))
        step_s = self._model.opt.timestep = elapsed_s / steps
        for left in range(steps, 0, -1):
            self._drive(step_s, left)
            mujoco.mj_step(self._model, self._state)
            self._watch(step_s)
            if self._still_s >= _STILL_S:
                self._rest()
                break
        self._check()
        return True

    def _drive(self, step_s: float, left: int) -> None:
        """Send every servo on to the setpoint: there in the last step, unless that is too fast for the drives."""
        way = self._way()
        needed = max(
            left,
            math.hypot(*way[:3]) / (self.drive_speed_mps * step_s),
            abs(way[3]) / (self.drive_rotation_radps * step_s),
        )
        self._servo = [now + part / needed for now, part in zip(self._servo, way, strict=True)]
        self._state.ctrl[:4] = self._servo
        self._grip.drive(step_s, closed=self._setpoint.gripper_closed)

    def _way(self) -> tuple[float, float, float, float]:
        """What lies between the servos and the setpoint, turned the shorter way."""
        goal, (x, y, z, theta_rad) = self._setpoint.pose, self._servo
        return goal.x - x, goal.y - y, goal.z - z, turn_between(theta_rad, goal.theta_rad)

    def _watch(self, step_s: float) -> None:
        """Count for how long nothing has moved, or been about to."""
        self._grip.watch(step_s)
        driven = self._grip.is_driven or max(map(abs, self._way())) > _ARRIVED
        still = not driven and float(np.abs(self._state.qvel).max()) < _STILL
        self._still_s = self._still_s + step_s if still else 0.0

    def _check(self) -> None:
        """Raise RobotError for a world that has come apart; nothing that it says can be true."""
        if any(int(self._state.warning[each].number) for each in _BROKEN) or not np.isfinite(self._state.qpos).all():
            raise RobotError(f"The {self.name} has become unstable; open it anew.")

    def _rest(self) -> None:
        """Take away the last micrometres per second."""
        self._state.qvel[:] = 0.0
        mujoco.mj_forward(self._model, self._state)

    def _measure(self, now_s: float) -> Measured:
        x, y, z, theta_rad = map(_read, self._state.qpos[:4].tolist())
        held = self._grip.held
        return Measured(
            timestamp_s=now_s,
            pose=Pose(x, y, z, theta_rad % math.tau),
            velocity=Velocity(*self._state.qvel[:4].tolist()),
            gripper_closed=self._grip.is_closed,
            holding=held,
            objects=self._objects.positions(),
            moving_objects=tuple(name for name in self._objects.moving() if name != held),
            physics=tuple(self._state.qpos.tolist()),
        )


def _hush(_warning: str) -> None:
    """Keep MuJoCo from writing its warnings into a file of the working folder; `_check` reads what they count."""


def _read(value: float) -> float:
    """What an encoder reads, without a minus before zero."""
    return round(value, _ENCODER_DIGITS) + 0.0
