"""The devices that are attached: found, read, written and checked on this side, whatever they claim of themselves.

Knows no volume: drivers come in. A device that raises, hangs or answers nonsense is reported and stays attached.
"""

import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, TypeVar

import anyio

from llmos.errors import nearest
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.devices.device import Channel, Device, DeviceDriver, Health, Meta, SerialPort

PATIENCE_S: Final = 2.0
"""How long a device may take to answer."""

T = TypeVar("T")


class Devices:
    """What is attached, by name."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._attached: dict[str, Device] = {}

    @property
    def metas(self) -> tuple[Meta, ...]:
        """What every attached device is, by name."""
        return tuple(self._attached[name].meta for name in sorted(self._attached))

    def discover(self, drivers: Sequence[DeviceDriver], ports: Sequence[SerialPort]) -> list[str]:
        """Attach what the drivers find; a sentence for each driver that fails and each name that is taken."""
        problems = []
        for driver in drivers:
            try:
                with _in_a_sentence(f"the driver {driver.name} cannot look for its devices"):
                    for device in driver.devices(ports):
                        problems += self._attached_or_why(device)
            except RobotError as error:
                problems.append(str(error))
        return problems

    def _attached_or_why(self, device: Device) -> list[str]:
        """Attach a device that was found; a sentence where it cannot be."""
        try:
            self.attach(device)
        except RobotError as error:
            return [str(error)]
        return []

    def attach(self, device: Device) -> None:
        """Add a device; RobotError when another has its name."""
        name = device.meta.name
        if name in self._attached:
            raise RobotError(f"a device named '{name}' is attached already; detach it first or name the other one anew")
        self._attached[name] = device

    def detach(self, name: str) -> None:
        """Take a device away; RobotError when there is none of that name."""
        self._get(name)
        del self._attached[name]

    async def read(self, name: str) -> Mapping[str, JSON]:
        """All values of a device; RobotError when it does not answer or a value lies outside of its channel."""
        device = self._get(name)
        values = await self._patiently(name, device.read)
        if not isinstance(values, Mapping):
            raise RobotError(f"the device {name} reads {values!r:.40}, which holds no values by channel")
        for channel in device.meta.channels:
            _check_reading(name, channel, values.get(channel.name))
        return values

    async def write(self, name: str, channel: str, value: JSON) -> Mapping[str, JSON]:
        """Set a channel within its bounds, or command a robot; a robot's gate judges that, not this."""
        device = self._get(name)
        if device.meta.kind == "robot":
            return await device.write(channel, value)  # as long as the motion lasts
        _check_writing(device.meta, channel, value)
        return await self._patiently(name, lambda: device.write(channel, value))

    async def health(self, name: str) -> Health:
        """Whether the device answers, with values that can be."""
        try:
            said = await self._patiently(name, self._get(name).health)
            if said.ok:
                await self.read(name)
        except RobotError as error:
            return Health(ok=False, sentence=str(error))
        return said

    async def emergency_stop(self) -> list[str]:
        """Stop everything at the same time; a sentence for each device that did not say that it did."""
        failed: list[str] = []

        async def stop(name: str, device: Device) -> None:
            try:
                await self._patiently(name, device.emergency_stop)
            except RobotError as error:
                failed.append(str(error))

        async with anyio.create_task_group() as group:
            for name, device in self._attached.items():
                group.start_soon(stop, name, device)
        return failed

    def _get(self, name: str) -> Device:
        if name not in self._attached:
            raise RobotError(f"there is no device '{name}'; {nearest(name, self._attached)}")
        return self._attached[name]

    async def _patiently(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer of a device; RobotError when it raises anything or takes too long."""
        with _in_a_sentence(f"the device {name} failed"):
            with anyio.move_on_after(self._patience_s):
                return await ask()
            raise RobotError(f"the device {name} did not answer within {self._patience_s:g} s")


def _check_reading(name: str, channel: Channel, value: JSON) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise RobotError(f"the device {name} reads {channel.name} as {value!r:.40}, which is no number")
    if not channel.low <= value <= channel.high:
        within = f"{channel.low:g} to {channel.high:g} {channel.unit}"
        raise RobotError(f"the device {name} reads {channel.name} as {value:g}, outside of {within}")


def _check_writing(meta: Meta, channel: str, value: JSON) -> None:
    writable = {each.name: each for each in meta.channels if each.writable}
    if channel not in writable:
        raise RobotError(f"the device {meta.name} has no channel '{channel}' to write; {nearest(channel, writable)}")
    bounds = writable[channel]
    sane = not isinstance(value, bool) and isinstance(value, int | float) and bounds.low <= value <= bounds.high
    if not sane:
        within = f"{bounds.low:g} to {bounds.high:g} {bounds.unit}"
        raise RobotError(f"{value!r:.40} cannot be written to {channel} of the device {meta.name}; give {within}")


@contextmanager
def _in_a_sentence(what: str) -> Iterator[None]:
    """RobotError for whatever is raised in here: drivers are programs of other people, with errors of their own.

    One that is broken must not keep the others from being found, told of, and stopped.
    """
    try:
        yield
    except RobotError:
        raise
    except Exception as error:
        raise RobotError(f"{what}: {type(error).__name__}: {error}") from error
