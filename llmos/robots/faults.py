"""Faults on purpose: what a robot with a broken part does, so that tests see that nobody is told it went well.

Knows no robot: it stands between a driver and its gate, and spoils setpoints or measurements on the way.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Literal

from llmos.documents.scene import Point
from llmos.robots.base import Commanded, Measured, Pose, Robot

Axis = Literal["x", "y", "z", "theta_rad"]


@dataclass(frozen=True, slots=True)
class Faults:
    """What is broken, from `from_s` on the robot's clock; by default nothing.

    `stuck_axis` no longer moves, `slipping_axis` goes half of every way. The gripper lets go once, `drops_after_s`
    after it took hold. Positions are measured with an error of `noise_m` (one standard deviation). Measurements arrive
    `delay_s` late, or, when `silent`, no more. Pads with `pad_friction` (rubber has 1.2) let things slip; only a
    simulation with physics can do that.
    """

    from_s: float = 0.0
    stuck_axis: Axis | None = None
    slipping_axis: Axis | None = None
    drops_after_s: float | None = None
    noise_m: float = 0.0
    delay_s: float = 0.0
    silent: bool = False
    pad_friction: float | None = None
    seed: int = 0


_LETS_GO_S = 0.5
_SLIP = 0.5


class FaultyRobot:
    """A robot with faults; the same seed makes the same errors."""

    def __init__(self, robot: Robot, faults: Faults) -> None:
        self._robot = robot
        self._faults = faults
        self._random = Random(faults.seed)  # noqa: S311 - noise, not a secret
        self._true: Measured | None = None
        self._told: deque[Measured] = deque()
        self._broke_at: Pose | None = None
        self._held_since_s: float | None = None

    @property
    def name(self) -> str:
        """What moves, and that it is broken on purpose."""
        return f"{self._robot.name} with faults"

    def command(self, setpoint: Commanded) -> None:
        """Pass a setpoint on as far as the robot still follows it."""
        self._robot.command(self._without_grip(self._without_axes(setpoint)))

    def tick(self, now_s: float) -> Measured:
        """Let the robot go on, and tell of it what a broken sensor tells."""
        measured = self._robot.tick(now_s)
        if self._true is None or measured.timestamp_s > self._true.timestamp_s:
            self._true = measured
            self._tell(measured)
        while len(self._told) > 1 and self._told[1].timestamp_s <= now_s - self._faults.delay_s:
            self._told.popleft()
        return self._told[0]

    def limit_force(self, most_n: float | None) -> None:
        """Pass a limit on to a robot that has one."""
        limit = getattr(self._robot, "limit_force", None)
        if limit is not None:
            limit(most_n)

    def close(self) -> None:
        """Bring the robot to rest."""
        self._robot.close()

    @property
    def _is_broken(self) -> bool:
        return self._true is not None and self._true.timestamp_s >= self._faults.from_s

    def _tell(self, measured: Measured) -> None:
        if self._faults.silent and self._is_broken and self._told:
            return
        spoiled = self._noisy(measured) if self._faults.noise_m and self._is_broken else measured
        self._told.append(spoiled)

    def _noisy(self, measured: Measured) -> Measured:
        pose = measured.pose
        x, y, z = self._moved(pose.point)
        objects: Mapping[str, Point] = {name: self._moved(point) for name, point in sorted(measured.objects.items())}
        return replace(measured, pose=Pose(x, y, z, pose.theta_rad), objects=MappingProxyType(objects))

    def _moved(self, point: Point) -> Point:
        return Point(*(value + self._random.gauss(0.0, self._faults.noise_m) for value in point))

    def _without_axes(self, setpoint: Commanded) -> Commanded:
        if not self._is_broken or self._true is None:
            return setpoint
        self._broke_at = self._broke_at or self._true.pose
        pose = setpoint.pose
        for axis, share in ((self._faults.stuck_axis, 0.0), (self._faults.slipping_axis, _SLIP)):
            if axis is not None:
                at = getattr(self._broke_at, axis)
                pose = replace(pose, **{axis: at + share * (getattr(pose, axis) - at)})
        return replace(setpoint, pose=pose)

    def _without_grip(self, setpoint: Commanded) -> Commanded:
        after_s, true = self._faults.drops_after_s, self._true
        if after_s is None or true is None:
            return setpoint
        if self._held_since_s is None and true.holding is not None:
            self._held_since_s = true.timestamp_s
        since_s = self._held_since_s
        lets_go = since_s is not None and after_s <= true.timestamp_s - since_s < after_s + _LETS_GO_S
        return replace(setpoint, gripper_closed=False) if lets_go else setpoint
