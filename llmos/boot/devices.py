"""The drivers that trusted volumes add, and the devices that they find on this machine.

Knows no device in particular. A volume adds robots with `@robot_driver` and everything else with `@sensor` or
`@device_driver`, in the `drivers/*.py` files of its folder.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from llmos.boot.drivers import DRIVERS, Driver
from llmos.documents.document import Problem
from llmos.robots.devices.device import DeviceDriver, RobotDriver
from llmos.robots.devices.ports import serial_ports
from llmos.robots.devices.registry import Devices
from llmos.tools.plugins import Kind, Plugins
from llmos.volumes.lookups import Lookups

_log = logging.getLogger(__name__)

_ROBOTS: Kind[RobotDriver] = Kind("robot driver", (RobotDriver,), lambda driver: driver.name)
_DEVICES: Kind[DeviceDriver] = Kind("device driver", (DeviceDriver,), lambda driver: driver.name)


def drivers_of(documents: Lookups) -> Mapping[str, Driver]:
    """Every robot driver by the name that profiles use: the shipped ones, whose names are taken, and the volumes'."""
    folders = documents.code_folders("drivers")
    if not folders:
        return DRIVERS
    added, problems = Plugins(_ROBOTS).refresh(folders, DRIVERS)
    for problem in problems:
        _log.warning("%s:%d: %s", problem.path, problem.line, problem.sentence)
    return {**{driver.name: _driver(driver) for driver in added}, **DRIVERS}


def driver_problems(documents: Lookups) -> tuple[Problem, ...]:
    """What is wrong with the driver files of trusted volumes; they are loaded, and no device is looked for."""
    folders = documents.code_folders("drivers")
    robots, devices = Plugins(_ROBOTS).refresh(folders, DRIVERS)[1], Plugins(_DEVICES).refresh(folders)[1]
    return tuple(dict.fromkeys((*robots, *devices)))


def _driver(added: RobotDriver) -> Driver:
    return Driver(lambda profile, scene, _faults: added.make(profile, scene))


@dataclass(frozen=True, slots=True)
class Found:
    """The devices that are attached, and what is wrong with drivers."""

    devices: Devices
    problems: tuple[Problem, ...] = ()
    sentences: tuple[str, ...] = ()


class DeviceFinder:
    """Looks for devices once, and again when a driver file has changed."""

    def __init__(self) -> None:
        self._plugins = Plugins(_DEVICES)
        self._drivers: tuple[DeviceDriver, ...] = ()
        self._found = Found(Devices())

    def find(self, documents: Lookups) -> Found:
        """What the drivers of trusted volumes find now; blocks while files are loaded and ports are listed."""
        drivers, problems = self._plugins.refresh(documents.code_folders("drivers"))
        if drivers != self._drivers:
            devices = Devices()
            sentences = tuple(devices.discover(drivers, serial_ports()))
            self._drivers, self._found = drivers, Found(devices, (), sentences)
        return Found(self._found.devices, problems, self._found.sentences)
