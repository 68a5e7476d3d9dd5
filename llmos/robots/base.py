"""What a robot is to the rest of the house: poses, what is commanded, what is measured, and the driver's Protocol.

Knows no robot, no limit and no clock. Metres, radians and seconds; x right, y forward, z up.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from llmos.documents.scene import Point
from llmos.errors import LLMosError


class RobotError(LLMosError):
    """A driver cannot reach its robot."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the tool centre point is, in metres, and how far the tool is turned, in radians."""

    x: float
    y: float
    z: float
    theta_rad: float

    @property
    def point(self) -> Point:
        """The position alone."""
        return Point(self.x, self.y, self.z)

    @property
    def theta_deg(self) -> float:
        """The heading as the outside writes it: degrees in [0, 360)."""
        return math.degrees(self.theta_rad) % 360.0

    @property
    def is_finite(self) -> bool:
        """Whether all four values are numbers that mean something."""
        return all(map(math.isfinite, (self.x, self.y, self.z, self.theta_rad)))


@dataclass(frozen=True, slots=True)
class Velocity:
    """How fast the tool moves along each axis and turns."""

    x_mps: float = 0.0
    y_mps: float = 0.0
    z_mps: float = 0.0
    theta_radps: float = 0.0

    @property
    def speed_mps(self) -> float:
        """The speed along the path."""
        return math.hypot(self.x_mps, self.y_mps, self.z_mps)


@dataclass(frozen=True, slots=True)
class Commanded:
    """A setpoint: what the robot is told to be. Never evidence of anything."""

    pose: Pose
    gripper_closed: bool


@dataclass(frozen=True, slots=True)
class Imu:
    """What an inertial sensor feels: acceleration along its own axes, gravity included, and the turn about its z."""

    x_mps2: float
    y_mps2: float
    z_mps2: float
    turn_radps: float


@dataclass(frozen=True, slots=True)
class Measured:
    """What the robot's own sensors say, at `timestamp_s` on the clock that `tick` is given.

    `holding` names what the closed gripper feels, `objects` is where the camera sees things, `clearance_m` what a
    range sensor reads to the nearest obstacle; a robot without that sensor leaves it empty or None. `moving_objects`
    are those that nobody holds and that have not come to rest. `ranges_m` are the readings of range sensors by name,
    `battery` is the share that is left, in [0, 1]. Without `has_gripper` it never grips. `physics` are the positions
    of a simulation, from which a camera can draw it.
    """

    timestamp_s: float
    pose: Pose
    velocity: Velocity
    gripper_closed: bool
    holding: str | None
    objects: Mapping[str, Point]
    clearance_m: float | None = None
    moving_objects: tuple[str, ...] = ()
    ranges_m: Mapping[str, float] = field(default_factory=dict)
    battery: float | None = None
    has_gripper: bool = True
    imu: Imu | None = None
    physics: tuple[float, ...] = ()


class Robot(Protocol):
    """A driver. Only the gate may hold one; every method may raise RobotError."""

    @property
    def name(self) -> str:
        """What moves, and whether it is simulated."""
        ...

    def command(self, setpoint: Commanded) -> None:
        """Take the newest setpoint; the robot follows it from the next tick on."""
        ...

    def tick(self, now_s: float) -> Measured:
        """Go on to `now_s` and say what is measured then; the same `now_s` twice changes nothing."""
        ...

    def close(self) -> None:
        """Come to rest and let go of the hardware; safe to call twice."""
        ...


@runtime_checkable
class ForceLimited(Protocol):
    """A driver that can hold its gripper to a force."""

    def limit_force(self, most_n: float | None) -> None:
        """From the next setpoint on; None lifts the limit."""
        ...


def turn_between(start_rad: float, end_rad: float) -> float:
    """The shorter turn from one heading to another, in (-pi, pi]; counter-clockwise is positive, nan for no heading.

    >>> round(math.degrees(turn_between(math.radians(350), math.radians(10))))
    20
    >>> round(math.degrees(turn_between(0.0, math.radians(180))))
    180
    """
    turn_rad = end_rad - start_rad
    turn = math.remainder(turn_rad, math.tau) if math.isfinite(turn_rad) else math.nan
    return math.pi if turn == -math.pi else turn
