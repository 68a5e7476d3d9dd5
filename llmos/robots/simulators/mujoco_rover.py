"""A simulated rover on two wheels with mass and slip, in MuJoCo: range sensors, an inertial sensor and a battery.

Knows no gate. Time comes in through `tick`, nothing is left to chance. Where it is, is what a tracker above the arena
would see, not a sum of wheel turns.
"""

import math
from dataclasses import replace
from typing import Final

import mujoco  # type: ignore[import-untyped]
import numpy as np

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.robots.base import Commanded, Imu, Measured, Pose, RobotError, Velocity, turn_between
from llmos.robots.simulators.free_objects import FreeObjects
from llmos.robots.simulators.pid import Gains, Pid
from llmos.robots.simulators.world import rover_world_xml

WHEEL_RADIUS_M: Final = 0.05
WHEEL_BASE_M: Final = 0.21
RANGES: Final = ("front", "front left", "front right", "left", "right", "back")
BATTERY_WH: Final = 20.0

_STEP_S = 0.002
_STEER_S = 0.02  # no wheel goes on longer without looking where it is, however late a tick comes
_SETTLING_S = 0.3
_STILL_S = 0.25
_STILL = 2e-3
_FASTEST_MPS, _FASTEST_RADPS = 1.0, 4.0
_LINE_PER_M2 = 30.0
"""Radians per metre of way and metre beside the line: how sharply it steers back onto the line while it drives."""
_IDLE_W, _DRIVE_W_PER_MPS = 2.0, 12.0
_NEAR_M, _NEAR_RAD = 1e-3, 2e-3
_DRIVING_MPS = 0.01
_BROKEN = [
    int(each)
    for each in (mujoco.mjtWarning.mjWARN_BADQPOS, mujoco.mjtWarning.mjWARN_BADQVEL, mujoco.mjtWarning.mjWARN_BADQACC)
]


class MujocoRover:
    """The rover of a profile in a scene, at home at time 0 with a full battery."""

    name = "rover (simulated by MuJoCo)"

    def __init__(self, profile: RobotProfile, scene: Scene) -> None:
        mujoco.set_mju_user_warning(_hush)
        self._model = mujoco.MjModel.from_xml_string(rover_world_xml(scene, profile.home))
        self._state = mujoco.MjData(self._model)
        self._height_m = profile.home.z_m
        home = profile.home
        self._goal = Pose(home.x_m, home.y_m, home.z_m, math.radians(home.theta_deg))
        self._before = self._goal
        self._objects = FreeObjects(self._model, self._state, sorted(scene.objects))
        self._along = Pid(Gains(5.0, 1.0, 0.0, -_FASTEST_MPS, _FASTEST_MPS))
        self._turning = Pid(Gains(8.0, 2.0, 0.0, -_FASTEST_RADPS, _FASTEST_RADPS), wraps=True)
        self._used_wh, self._is_on = 0.0, False
        self._still_s = 0.0
        body = self._model.body("rover")
        self._at, self._speed = int(body.jntadr[0]), 0.0
        self._qpos, self._qvel = int(self._model.jnt_qposadr[self._at]), int(self._model.jnt_dofadr[self._at])
        self._step(_SETTLING_S)
        self._rest()
        self._still_s = _STILL_S
        self._measured = self._measure(0.0)

    def command(self, setpoint: Commanded) -> None:
        """Take the newest setpoint."""
        if setpoint.pose != self._goal:
            self._goal = setpoint.pose
            self._still_s = 0.0

    def tick(self, now_s: float) -> Measured:
        """Let the world go on for the time since the last tick, and measure; a world at rest costs nothing."""
        elapsed_s = now_s - self._measured.timestamp_s
        if elapsed_s <= 0.0:
            return self._measured
        if self._is_on:  # the first tick comes when it is switched on, at whatever time the clock says
            self._used_wh += (_IDLE_W + _DRIVE_W_PER_MPS * abs(self._speed)) * elapsed_s / 3600.0
        self._is_on = True
        if self._still_s >= _STILL_S:
            self._measured = replace(self._measured, timestamp_s=now_s, battery=self._battery)
            return self._measured
        for _ in range(pieces := max(1, math.ceil(elapsed_s / _STEER_S - 1e-6))):
            self._steer(elapsed_s / pieces)
            self._step(elapsed_s / pieces)
            self._watch(elapsed_s / pieces)
        self._measured = self._measure(now_s)
        return self._measured

    def close(self) -> None:
        """Stay where it is."""
        self._goal = self._before = self._pose()
        self._state.ctrl[:] = 0.0

    @property
    def _battery(self) -> float:
        return max(0.0, 1.0 - self._used_wh / BATTERY_WH)

    def _steer(self, elapsed_s: float) -> None:
        """Wheel speeds that follow the setpoint: its own speed, and what brings the rover back to it."""
        now, goal, before = self._pose(), self._goal, self._before
        self._before = goal
        cos, sin = math.cos(now.theta_rad), math.sin(now.theta_rad)
        ahead_m = (goal.x - now.x) * cos + (goal.y - now.y) * sin
        beside_m = (goal.y - now.y) * cos - (goal.x - now.x) * sin
        turn_rad = turn_between(now.theta_rad, goal.theta_rad)
        way_m = (goal.x - before.x) * cos + (goal.y - before.y) * sin
        if goal == before and abs(ahead_m) < _NEAR_M and abs(turn_rad) < _NEAR_RAD:
            self._along.reset()
            self._turning.reset()
            self._speed, turning = 0.0, 0.0
        else:
            self._speed = way_m / elapsed_s + self._along.step(ahead_m, 0.0, elapsed_s)
            turning = turn_between(before.theta_rad, goal.theta_rad) / elapsed_s
            turning += self._turning.step(goal.theta_rad, now.theta_rad, elapsed_s)
            turning += _LINE_PER_M2 * beside_m * self._speed
        self._speed = min(max(self._speed, -_FASTEST_MPS), _FASTEST_MPS)
        turning = min(max(turning, -_FASTEST_RADPS), _FASTEST_RADPS)
        apart = turning * WHEEL_BASE_M / 2.0
        self._state.ctrl[:] = ((self._speed - apart) / WHEEL_RADIUS_M, (self._speed + apart) / WHEEL_RADIUS_M)

    def _step(self, elapsed_s: float) -> None:
        steps = max(1, math.ceil(elapsed_s / _STEP_S - 1e-6))
        self._model.opt.timestep = elapsed_s / steps
        for _ in range(steps):
            mujoco.mj_step(self._model, self._state)
        if any(int(self._state.warning[each].number) for each in _BROKEN) or not np.isfinite(self._state.qpos).all():
            raise RobotError(f"The {self.name} has become unstable; open it anew.")

    def _watch(self, elapsed_s: float) -> None:
        """Count for how long nothing has moved, or been about to."""
        still = not self._state.ctrl.any() and float(np.abs(self._state.qvel).max()) < _STILL
        self._still_s = self._still_s + elapsed_s if still else 0.0
        if self._still_s >= _STILL_S:
            self._rest()

    def _rest(self) -> None:
        """Take away the last micrometres per second."""
        self._state.qvel[:] = 0.0
        mujoco.mj_forward(self._model, self._state)

    def _pose(self) -> Pose:
        x, y, _, w, i, j, k = self._state.qpos[self._qpos : self._qpos + 7].tolist()
        heading = math.atan2(2.0 * (w * k + i * j), 1.0 - 2.0 * (j * j + k * k))
        return Pose(round(x, 5), round(y, 5), self._height_m, heading % math.tau)

    def _measure(self, now_s: float) -> Measured:
        x_mps, y_mps, _, _, _, turn_radps = self._state.qvel[self._qvel : self._qvel + 6].tolist()
        ranges = {name: self._range_m(name) for name in RANGES}
        ahead = ("front", "front left", "front right") if self._speed > 0.0 else ("back",)
        driving = abs(self._speed) > _DRIVING_MPS
        return Measured(
            timestamp_s=now_s,
            pose=self._pose(),
            velocity=Velocity(x_mps, y_mps, 0.0, turn_radps),
            gripper_closed=False,
            holding=None,
            objects=self._objects.positions(),
            clearance_m=min(ranges[name] for name in ahead) if driving else None,
            moving_objects=tuple(self._objects.moving()),
            ranges_m=ranges,
            battery=self._battery,
            has_gripper=False,
            imu=self._imu(),
            physics=tuple(self._state.qpos.tolist()),
        )

    def _imu(self) -> Imu:
        x, y, z = self._state.sensor("acceleration").data.tolist()
        return Imu(x, y, z, float(self._state.sensor("turn").data[2]))

    def _range_m(self, name: str) -> float:
        """Metres to what the sensor sees; its reach when it sees nothing."""
        seen = float(self._state.sensor(name).data[0])
        return round(seen, 3) if seen >= 0.0 else 3.0


def _hush(_warning: str) -> None:
    """Keep MuJoCo from writing its warnings into a file of the working folder; `_step` reads what they count."""
