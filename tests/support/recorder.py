"""What a robot really did: its measurements in order, and which stretches of them are asked about."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from llmos.robots.base import Commanded, Measured, Robot
from tests.support.oracle import Moment, Oracle


class Recorder:
    """Passes everything on to a robot and keeps what it measured."""

    name = "recorded arm (simulated)"

    def __init__(self, robot: Robot) -> None:
        self._robot = robot
        self.track: list[Moment] = []
        self.on_command: Callable[[], None] = lambda: None

    def command(self, setpoint: Commanded) -> None:
        self._robot.command(setpoint)
        self.on_command()

    def tick(self, now_s: float) -> Measured:
        measured = self._robot.tick(now_s)
        last = self.track[-1] if self.track else None
        if last is None or measured.timestamp_s > last.at_s:
            pose, held = measured.pose, measured.holding is not None
            self.track.append(Moment(measured.timestamp_s, tuple(pose.point), held, pose.theta_rad))
        return measured

    def close(self) -> None:
        self._robot.close()


@dataclass
class Deeds:
    """What a sequence did: where the tool was, when it may not have moved, and what limits came to it, from when on."""

    track: list[Moment]
    still: list[tuple[int, int, str]] = field(default_factory=list)
    later: list[tuple[float, Oracle]] = field(default_factory=list)
    verdicts: int = 0
    allowed: int = 0

    @property
    def moved(self) -> bool:
        """Whether the tool was anywhere else than where it began."""
        return any(math.dist(each.place, self.track[0].place) > 1e-3 for each in self.track)
