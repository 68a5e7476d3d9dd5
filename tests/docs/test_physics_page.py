"""The page on physics tells what the model and the code have."""

from dataclasses import fields
from xml.etree import ElementTree as ET

from llmos.robots.faults import Faults
from llmos.robots.simulators.world import world_xml
from tests.support.pages import DOCS, table, word
from tests.support.robots import shipped_scene

PAGE = "docs/physics.md"


def test_every_fault_is_listed() -> None:
    """Each field but when it begins and the seed of its noise."""
    told = [word(row[0]) for row in table(PAGE, "fault", "what the robot does")]
    assert told == [field.name for field in fields(Faults) if field.name not in ("from_s", "seed")]


def test_figures_of_the_model_are_its_own() -> None:
    """Masses, opening, force, friction, density and step, as the XML has them."""
    told = dict(table(PAGE, "part", "how it is"))
    root = ET.fromstring(world_xml(shipped_scene("blocks")))

    def number(path: str, key: str, at: int = 0) -> float:
        element = root.find(path)
        assert element is not None
        return float(element.get(key, "").split()[at])

    names = ("left finger", "right finger", "wrist", "mast", "trolley", "bridge")
    mass = {name: number(f".//body[@name='{name}']/inertial", "mass") for name in names}
    moved = [sum(mass[name] for name in names[:last]) for last in (6, 5, 4, 3)]
    assert f"moving {moved[0]:g}, {moved[1]:g}, {moved[2]:g} and {moved[3]:g} kg" in told["arm"]
    for axis, kg in zip("xyz", moved, strict=False):
        assert number(f"actuator/position[@name='{axis}']", "kp") == kg * 100**2
        assert number(f"actuator/position[@name='{axis}']", "kv") == 2 * kg * 100
    opening_cm = -200 * number(".//body[@name='left finger']", "pos")
    squeeze_n = number("actuator/position[@name='jaws']", "forcerange", 1)
    assert f"{opening_cm:g} cm wide when open, that squeeze with {squeeze_n:g} N" in told["gripper"]
    friction = number("default//default[@class='pad']/geom", "friction")
    assert f"friction {friction:g};" in told["pads"]
    density = number(".//body[@name='object red block']/geom", "density")
    assert f"blocks of {density:g} kg/m³" in told["objects"]
    assert f"at most {1000 * number('option', 'timestep'):g} ms" in told["time"]


def test_picture_is_small() -> None:
    """A page loads fast."""
    assert (DOCS / "pictures" / "arm.png").stat().st_size <= 150_000
