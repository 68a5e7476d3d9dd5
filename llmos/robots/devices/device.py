"""A device as any host sees it: what it is, what it reads, what it takes, how it is, and how it is stopped.

Knows no volume and no agent. Volumes add devices through `drivers/*.py` with the decorators below; a robot is moved
through its gate alone, also here. The shape (discover, meta, read, write, health, emergency stop) is the one that hosts
of the Model Hardware Standard expect.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from llmos.documents.robot_profile import RobotProfile
from llmos.documents.scene import Scene
from llmos.messages import JSON
from llmos.robots.base import Robot, RobotError

DeviceKind = Literal["sensor", "robot"]


@dataclass(frozen=True, slots=True)
class Channel:
    """One value of a device, in its unit; a reading outside of `low` to `high` is a fault of the device."""

    name: str
    unit: str
    low: float
    high: float
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Meta:
    """What a device says of itself. A simulated one says so."""

    name: str
    kind: DeviceKind
    model: str
    simulated: bool
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a device can be relied on, and why not."""

    ok: bool
    sentence: str = ""


class Device(Protocol):
    """Something that is attached. Every method may raise RobotError."""

    @property
    def meta(self) -> Meta:
        """What it is; the same for as long as it is attached."""
        ...

    async def read(self) -> Mapping[str, JSON]:
        """The value of every channel, now."""
        ...

    async def write(self, channel: str, value: JSON) -> Mapping[str, JSON]:
        """Set a writable channel, or give a robot a command (`channel` is its verb); what came of it."""
        ...

    async def health(self) -> Health:
        """Whether it answers and makes sense."""
        ...

    async def emergency_stop(self) -> None:
        """Bring everything it moves to rest; nothing for what moves nothing."""
        ...


@dataclass(frozen=True, slots=True)
class SerialPort:
    """A serial port of this machine; `usb` is vendor and product id where it is a USB device."""

    path: str
    usb: tuple[int, int] | None
    description: str


Discover: TypeAlias = Callable[[Sequence[SerialPort]], Iterable[Device]]


@dataclass(frozen=True, slots=True)
class DeviceDriver:
    """Finds devices of one make; `usb` are the ids of the ports that it is shown, all ports where it names none."""

    name: str
    discover: Discover
    usb: tuple[tuple[int, int], ...] = ()

    def devices(self, ports: Sequence[SerialPort]) -> tuple[Device, ...]:
        """The devices that are there now."""
        shown = [port for port in ports if not self.usb or port.usb in self.usb]
        return tuple(self.discover(shown))


@dataclass(frozen=True, slots=True)
class RobotDriver:
    """Makes the robot that profiles name under `driver`; only the gate will hold it."""

    name: str
    make: Callable[[RobotProfile, Scene], Robot]


def device_driver(name: str, usb: Sequence[tuple[int, int]] = ()) -> Callable[[Discover], DeviceDriver]:
    """Make a driver of a function that takes serial ports and gives devices."""
    return lambda discover: DeviceDriver(name, discover, tuple(usb))


def robot_driver(name: str) -> Callable[[Callable[[RobotProfile, Scene], Robot]], RobotDriver]:
    """Make a driver of a function that takes a profile and a scene and gives a robot."""
    return lambda make: RobotDriver(name, make)


def sensor(
    name: str, unit: str, low: float, high: float, *, model: str = "", simulated: bool = False
) -> Callable[[Callable[[], float]], DeviceDriver]:
    """Make a driver of a function that reads one value; it may block, and runs in a thread of its own."""

    def make(read: Callable[[], float]) -> DeviceDriver:
        meta = Meta(name, "sensor", model or name, simulated, (Channel("value", unit, low, high),))
        return DeviceDriver(name, lambda _: (_Sensor(meta, read),))

    return make


class _Sensor:
    """A device of one function."""

    def __init__(self, meta: Meta, read: Callable[[], float]) -> None:
        self._meta = meta
        self._read = read

    @property
    def meta(self) -> Meta:
        return self._meta

    async def read(self) -> Mapping[str, JSON]:
        import anyio.to_thread

        return {"value": await anyio.to_thread.run_sync(self._read, abandon_on_cancel=True)}

    async def write(self, channel: str, value: JSON) -> Mapping[str, JSON]:
        del value
        raise RobotError(f"the sensor {self._meta.name} takes nothing, so '{channel}' cannot be written")

    async def health(self) -> Health:
        return Health(ok=True)

    async def emergency_stop(self) -> None:
        """It moves nothing."""
