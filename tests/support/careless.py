"""Gates with the mistakes that this project exists to avoid, so that a suite can show that they would be caught."""

import math
from collections.abc import Sequence
from typing import Any

from llmos.documents.robot_profile import RobotProfile
from llmos.robots.base import Pose, Robot
from llmos.robots.gate import Gate
from llmos.robots.judgement.zones import Fence
from llmos.robots.latch import StopLatch
from llmos.robots.pace import Pace
from llmos.robots.verdict import Refusal


class EndPoints(Fence):
    """Looks only at where a motion ends."""

    def check_path(self, path: Sequence[Pose], *, loaded: bool, extra_m: float = 0.0) -> Refusal | None:
        """The last pose, for itself."""
        if self.is_inside(path[-1].point, loaded=loaded) is None:
            return None
        return super().check_path((path[-1], path[-1]), loaded=loaded, extra_m=extra_m)

    def check_setpoint(self, *_: object, **__: object) -> Refusal | None:
        """Nothing on the way."""
        return None


class Unmindful(Fence):
    """Keeps out of zones, and sees nobody in them."""

    def human_m(self, *_: object, **__: object) -> float:
        """As far as can be."""
        return math.inf


def unmindful_gate(profile: RobotProfile, driver: Robot, pace: Pace, latch: StopLatch, **more: Any) -> Gate:
    """A gate that is as fast beside people as anywhere."""
    return Gate(profile, driver, pace, latch, fence=Unmindful, **more)


def careless_gate(profile: RobotProfile, driver: Robot, pace: Pace, latch: StopLatch, **more: Any) -> Gate:
    """A gate that checks end points only."""
    return Gate(profile, driver, pace, latch, fence=EndPoints, **more)
