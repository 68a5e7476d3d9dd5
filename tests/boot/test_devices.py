"""A trusted volume's `drivers/*.py` add sensors and robots; one that is not trusted adds nothing."""

import shutil
from pathlib import Path

import pytest

from llmos.boot.devices import DeviceFinder, drivers_of
from llmos.boot.drivers import DRIVERS, make_robot
from llmos.robots.devices.device import Health
from llmos.volumes.registry import Registry
from llmos.volumes.volume import open_volume
from tests.support.command_line import CommandLine
from tests.support.robots import arm_profile, shipped_scene

WORKSHOP = Path(__file__).resolve().parents[2] / "examples" / "workshop"
TOY = """
from llmos import robot_driver
from llmos.robots.simulators.kinematic import KinematicArm

@robot_driver("toy")
def toy(profile, scene):
    return KinematicArm(profile, scene)

@robot_driver("kinematic")
def mine(profile, scene):
    raise SystemExit("never taken: the shipped name counts")
"""


def names_of(folder: Path, *, trusted: bool = True) -> Registry:
    """A registry of one volume."""
    return Registry([open_volume(folder, "added", trusted=trusted)], None)


@pytest.fixture
def toy(tmp_path: Path) -> Path:
    """A volume with a robot driver."""
    (tmp_path / "toys" / "drivers").mkdir(parents=True)
    (tmp_path / "toys" / "drivers" / "toy.py").write_text(TOY, "utf-8")
    return tmp_path / "toys"


def test_a_robot_driver_of_a_trusted_volume_makes_a_robot(toy: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Under the name that a profile uses; a shipped name is never taken over."""
    from dataclasses import replace

    drivers = drivers_of(names_of(toy))
    profile = replace(arm_profile(), driver=("toy",))
    assert make_robot(profile, shipped_scene("empty"), drivers=drivers).name == "kinematic arm (simulated)"
    assert drivers["kinematic"] is DRIVERS["kinematic"]
    assert "the robot driver 'kinematic' is left out; LLMos itself has it already" in caplog.text


def test_a_volume_that_is_not_trusted_adds_nothing(toy: Path) -> None:
    """Its files are not even loaded."""
    assert drivers_of(names_of(toy, trusted=False)) is DRIVERS


@pytest.mark.anyio
async def test_the_example_volume_has_a_thermometer() -> None:
    """It says that it is simulated."""
    found = DeviceFinder().find(names_of(WORKSHOP))
    assert (found.problems, found.sentences) == ((), ())
    assert [(meta.name, meta.simulated) for meta in found.devices.metas] == [("bench thermometer", True)]
    assert await found.devices.read("bench thermometer") == {"value": 21.5}
    assert await found.devices.health("bench thermometer") == Health(ok=True)


def test_devices_are_found_anew_only_when_a_driver_has_changed(tmp_path: Path) -> None:
    """An edited file counts at the next run."""
    shutil.copytree(WORKSHOP, tmp_path / "workshop")
    finder, names = DeviceFinder(), names_of(tmp_path / "workshop")
    first = finder.find(names).devices
    assert finder.find(names).devices is first
    path = tmp_path / "workshop" / "drivers" / "thermometer.py"
    path.write_text(path.read_text("utf-8").replace("bench thermometer", "oven"), "utf-8")
    assert [meta.name for meta in finder.find(names).devices.metas] == ["oven"]


def test_the_list_of_robots_shows_devices_and_how_they_are(llmos: CommandLine) -> None:
    """Of the user's own volume; a broken driver is a sentence."""
    source = (WORKSHOP / "drivers" / "thermometer.py").read_text("utf-8")
    llmos.place.write("user/drivers/thermometer.py", source)
    llmos.place.write("user/drivers/broken.py", "1 / 0\n")
    said = llmos("robot", "list", "--json")
    assert said.json["devices"] == [
        {
            "device": "bench thermometer",
            "kind": "sensor",
            "model": "a made-up one",
            "simulated": True,
            "well": True,
            "reads": "value 21.5 °C",
        }
    ]
    said = llmos("robot", "list")
    assert "bench thermometer" in said.out
    assert "broken.py:1: the file cannot be loaded: ZeroDivisionError: division by zero" in said.err


def test_an_agent_can_read_a_device(llmos: CommandLine) -> None:
    """With its name from the list; there are no such tools where nothing is attached."""
    from tests.support.tapes import asks, says

    source = (WORKSHOP / "drivers" / "thermometer.py").read_text("utf-8")
    llmos.place.write("user/drivers/thermometer.py", source)
    model = llmos.tape(asks(("list_devices", {})), asks(("read_device", {"name": "bench thermometer"})), says())
    said = llmos("agent", "run", "worker", "how warm is it?", "--model", model, "--json")
    assert [call["ok"] for call in said.json["tool_calls"]] == [True, True]
