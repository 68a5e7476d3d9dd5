"""Devices are found, read and written under this side's watch, and what they claim is checked."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest

from llmos.errors import RefusedError
from llmos.messages import JSON
from llmos.robots.base import RobotError
from llmos.robots.devices.device import Channel, DeviceDriver, Health, Meta, SerialPort, device_driver, sensor
from llmos.robots.devices.gated_device import GatedDevice
from llmos.robots.devices.registry import Devices
from tests.support.robots import rig

pytestmark = pytest.mark.anyio


class OwnError(Exception):
    """What only one driver knows of."""


BOARD = SerialPort("/dev/ttyACM0", (0x303A, 0x1001), "board")
OTHER = SerialPort("/dev/ttyUSB0", (0x0403, 0x6001), "cable")
LEVEL, HEAT = Channel("level", "%", 0, 100, writable=True), Channel("t", "°C", 0, 90)
LAMP = Meta("lamp", "sensor", "test lamp", True, (LEVEL, HEAT))


@dataclass
class Lamp:
    """A device that does as it is told, or as badly as a test wants."""

    values: dict[str, JSON] = field(default_factory=lambda: {"level": 0.0, "t": 20.0})
    error: Exception | None = None
    hangs: bool = False
    stopped: bool = False
    meta: Meta = LAMP

    async def read(self) -> Mapping[str, JSON]:
        await self._answer()
        return self.values

    async def write(self, channel: str, value: JSON) -> Mapping[str, JSON]:
        await self._answer()
        self.values[channel] = value
        return self.values

    async def health(self) -> Health:
        await self._answer()
        return Health(ok=True)

    async def emergency_stop(self) -> None:
        await self._answer()
        self.stopped = True

    async def _answer(self) -> None:
        if self.error:
            raise self.error
        if self.hangs:
            await anyio.sleep_forever()


def attached(*devices: Lamp) -> Devices:
    """These devices, which need not be waited for long."""
    found = Devices(patience_s=0.05)
    for device in devices:
        found.attach(device)
    return found


async def test_a_driver_sees_the_ports_of_its_own_make() -> None:
    """By USB id; without one it sees them all."""
    seen: dict[str, list[str]] = {}

    def looking(name: str, usb: tuple[tuple[int, int], ...]) -> DeviceDriver:
        @device_driver(name, usb)
        def look(ports):
            seen[name] = [port.path for port in ports]
            return ()

        return look

    assert Devices().discover([looking("ours", ((0x303A, 0x1001),)), looking("any", ())], [BOARD, OTHER]) == []
    assert seen == {"ours": ["/dev/ttyACM0"], "any": ["/dev/ttyACM0", "/dev/ttyUSB0"]}


async def test_a_driver_that_breaks_is_reported_and_the_others_go_on() -> None:
    """In a sentence."""

    @device_driver("broken")
    def broken(_):
        raise OSError("no such bus")

    found = Devices()
    problems = found.discover([broken, DeviceDriver("lamps", lambda _: (Lamp(), Lamp()))], [])
    assert problems == [
        "the driver broken cannot look for its devices: OSError: no such bus",
        "a device named 'lamp' is attached already; detach it first or name the other one anew",
    ]
    assert [meta.name for meta in found.metas] == ["lamp"]


async def test_a_device_that_cannot_say_what_it_is_is_reported_too() -> None:
    """Its driver is told of, and the next driver is asked."""

    class Torn(Lamp):
        @property
        def meta(self) -> Meta:  # type: ignore[override]
            raise struct.error("unpack requires a buffer of 4 bytes")

        @meta.setter
        def meta(self, _: Meta) -> None: ...

    found = Devices()
    problems = found.discover(
        [DeviceDriver("torn", lambda _: (Torn(),)), DeviceDriver("lamps", lambda _: (Lamp(),))], []
    )
    assert problems == ["the driver torn cannot look for its devices: error: unpack requires a buffer of 4 bytes"]
    assert [meta.name for meta in found.metas] == ["lamp"]


async def test_a_sensor_is_one_function() -> None:
    """It may block."""

    @sensor("thermometer", "°C", -40, 85, model="test", simulated=True)
    def thermometer() -> float:
        return 21.5

    found = Devices()
    assert found.discover([thermometer], []) == []
    assert await found.read("thermometer") == {"value": 21.5}
    assert await found.health("thermometer") == Health(ok=True)
    with pytest.raises(RobotError) as refused:
        await found.write("thermometer", "value", 3.0)
    assert str(refused.value).startswith("the device thermometer has no channel 'value' to write; ")


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (91.0, "the device lamp reads t as 91, outside of 0 to 90 °C"),
        (math.nan, "the device lamp reads t as nan, which is no number"),
        (True, "the device lamp reads t as True, which is no number"),
        ("hot", "the device lamp reads t as 'hot', which is no number"),
        (None, "the device lamp reads t as None, which is no number"),
    ],
)
async def test_a_reading_that_cannot_be_is_a_fault(value: JSON, sentence: str) -> None:
    """However sure the device is of itself."""
    devices = attached(Lamp({"level": 0.0, "t": value}))
    with pytest.raises(RobotError) as fault:
        await devices.read("lamp")
    assert str(fault.value) == sentence
    assert await devices.health("lamp") == Health(ok=False, sentence=sentence)


@pytest.mark.parametrize("value", [101.0, -1, math.nan, math.inf, True, "50", None, [1]])
async def test_what_is_written_is_held_to_the_bounds(value: JSON) -> None:
    """On this side, before the device hears of it."""
    lamp = Lamp()
    with pytest.raises(RobotError) as refused:
        await attached(lamp).write("lamp", "level", value)
    assert str(refused.value).endswith("cannot be written to level of the device lamp; give 0 to 100 %")
    assert lamp.values["level"] == 0.0


async def test_a_channel_that_is_only_read_cannot_be_written() -> None:
    """Nor one that is not there."""
    with pytest.raises(RobotError) as refused:
        await attached(Lamp()).write("lamp", "t", 20.0)
    assert str(refused.value).startswith("the device lamp has no channel 't' to write; ")
    assert await attached(Lamp()).write("lamp", "level", 30) == {"level": 30, "t": 20.0}


async def test_a_device_that_hangs_or_fails_is_told_and_keeps_nobody() -> None:
    """Reading, health, stopping."""
    hanging, failing = attached(Lamp(hangs=True)), attached(Lamp(error=KeyError("x")))
    assert (await hanging.health("lamp")).sentence == "the device lamp did not answer within 0.05 s"
    assert (await failing.health("lamp")).sentence == "the device lamp failed: KeyError: 'x'"
    assert await hanging.emergency_stop() == ["the device lamp did not answer within 0.05 s"]


async def test_an_emergency_stop_reaches_every_device_though_one_hangs() -> None:
    """They are stopped at the same time."""
    good = Lamp(meta=Meta("good", "sensor", "", True, ()))
    devices = attached(Lamp(hangs=True), good)
    assert await devices.emergency_stop() == ["the device lamp did not answer within 0.05 s"]
    assert good.stopped


@pytest.mark.parametrize("error", [struct.error("torn"), EOFError("gone"), OwnError("mine"), RobotError("told")])
async def test_an_emergency_stop_reaches_every_device_whatever_one_raises(error: Exception) -> None:
    """Drivers are programs of other people, with errors of their own."""
    good = Lamp(meta=Meta("good", "sensor", "", True, ()))
    (told,) = await attached(Lamp(error=error), good).emergency_stop()
    assert str(error) in told
    assert good.stopped


@pytest.mark.parametrize("values", [None, [1.0], 5])
async def test_a_device_that_reads_no_values_is_at_fault(values: Any) -> None:
    """In a sentence, for its health as well."""
    devices = attached(Lamp(values))
    assert (await devices.health("lamp")).sentence == (
        f"the device lamp reads {values!r}, which holds no values by channel"
    )


async def test_a_detached_device_is_gone() -> None:
    """By its name."""
    devices = attached(Lamp())
    devices.detach("lamp")
    with pytest.raises(RobotError) as gone:
        await devices.read("lamp")
    assert str(gone.value).startswith("there is no device 'lamp'; ")


async def test_a_robot_as_a_device_is_judged_by_its_gate(tmp_path: Path) -> None:
    """What is written is an order like any other; reading gives what is measured."""
    arm = rig(tmp_path, "empty")
    devices = Devices()
    devices.attach(GatedDevice(arm.pilot, simulated=True))
    assert (await devices.write("arm", "move_to", {"x": 0.5, "y": 0.0, "z": 1.0}))["reached"] is True
    assert (await devices.read("arm"))["x"] == pytest.approx(0.5, abs=0.002)
    with pytest.raises(RefusedError) as refused:
        await devices.write("arm", "move_to", {"x": 5.0, "y": 0.0, "z": 1.0})
    assert str(refused.value) == "X position 5.00m outside workspace [-2, 2]; choose x between -2 and 2."
    with pytest.raises(RobotError):
        await devices.write("arm", "move_to", 5.0)
    assert await devices.emergency_stop() == []
    assert await devices.health("arm") == Health(ok=False, sentence="it is stopped: stopped as a device")
