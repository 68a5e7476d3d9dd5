"""A robot as a device: what it reads is measured, and what is written goes through its gate like any other order.

Knows no driver. Whoever holds this can neither rearm nor pass the gate by.
"""

from collections.abc import Mapping

from llmos.errors import RefusedError
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.devices.device import Channel, Health, Meta
from llmos.robots.evidence.record import measured_json, motion_event
from llmos.robots.pilot import Pilot


class GatedDevice:
    """Implements Device for the robot of a pilot; `simulated` is what its driver says."""

    def __init__(self, pilot: Pilot, *, simulated: bool) -> None:
        self._pilot = pilot
        profile = pilot.profile
        box = profile.workspace
        reach = (("x", box.x_m), ("y", box.y_m), ("z", box.z_m))
        channels = tuple(Channel(name, "m", *allowed) for name, allowed in reach)
        self._meta = Meta(profile.name, "robot", pilot.robot_name, simulated, channels)

    @property
    def meta(self) -> Meta:
        """The profile's name and workspace."""
        return self._meta

    async def read(self) -> Mapping[str, JSON]:
        """The measured state."""
        return measured_json(self._pilot.measure())

    async def write(self, channel: str, value: JSON) -> Mapping[str, JSON]:
        """Perform the verb `channel` with the arguments `value`; RefusedError with the gate's reason."""
        if not isinstance(value, Mapping):
            raise RobotError(f"{channel} of the robot {self._meta.name} needs its arguments by name")
        result = await self._pilot.perform(channel, value)
        if result.refusal:
            raise RefusedError(str(result.refusal))
        return {"reached": result.ok, "measured": motion_event(result.motion).measured if result.motion else {}}

    async def health(self) -> Health:
        """Whether it may move."""
        stop = self._pilot.snapshot().stop
        return Health(ok=True) if stop is None else Health(ok=False, sentence=f"it is stopped: {stop.reason}")

    async def emergency_stop(self) -> None:
        """Latch."""
        await self._pilot.emergency_stop("stopped as a device")
