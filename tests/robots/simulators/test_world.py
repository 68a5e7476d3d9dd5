"""A scene becomes MJCF: every object and stand is in it, whatever its name, and zones are only to be seen."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from llmos.documents.range import Range
from llmos.documents.scene import Point, Scene
from llmos.documents.zone import Box, Corner, Cylinder, Prism, Sphere
from llmos.robots.simulators.world import world_xml
from tests.support.robots import shipped_scene


def bodies(scene: Scene) -> dict[str, ET.Element]:
    """The bodies of the world by name."""
    return {body.get("name", ""): body for body in ET.fromstring(world_xml(scene)).iter("body")}


@pytest.mark.parametrize("name", ["blocks", "empty", "microscope", "pick-and-place", "shelves"])
def test_every_object_and_raised_place_of_a_scene_is_built(name: str) -> None:
    """Nothing is left out, and places on the floor need no stand."""
    scene = shipped_scene(name)
    built = bodies(scene)
    assert {f"object {each}" for each in scene.objects} <= built.keys()
    assert {f"place {each}" for each in scene.pedestals} <= built.keys()


def test_stand_ends_half_an_object_below_its_place() -> None:
    """So an object's centre is exactly where the place says."""
    top = bodies(shipped_scene("pick-and-place"))["place pick pedestal"].find("geom")
    assert top is not None
    z, half = float(top.get("pos", "").split()[2]), float(top.get("size", "").split()[2])
    assert z + half == pytest.approx(0.45)


def test_stand_has_the_looks_that_the_scene_gives_it() -> None:
    """Bins have rims, shelves have sides."""
    built = bodies(shipped_scene("shelves"))
    assert len(built["place B7"].findall("geom")) == 6
    assert len(built["place A3"].findall("geom")) == 5


@pytest.mark.parametrize("name", ['"quoted" & <tagged>', "$name", "würfel", "a  b", "../x"])
def test_names_are_values_and_never_markup(name: str) -> None:
    """An object may be called anything."""
    scene = replace(shipped_scene("empty"), objects={name: Point(0, 0, 0.05)})
    assert f"object {name}" in bodies(scene)


def test_colours_follow_from_names() -> None:
    """A red block is red."""
    rgba = {
        name: body.find("geom").get("rgba") for name, body in bodies(shipped_scene("blocks")).items() if "block" in name
    }
    assert rgba["object red block"].startswith("0.83")
    assert rgba["object blue block"].startswith("0.15")


def test_zones_are_seen_and_touch_nothing() -> None:
    """All four shapes, each without contact, behind everything else in the numbering."""
    zones = {
        "ball": Sphere(Point(0, 0, 1), 0.5, "human"),
        "crate": Box(Point(0, 0, 0), Point(1, 2, 1)),
        "post": Cylinder(Corner(1, 1), 0.2, Range(0, 2)),
        "wedge": Prism((Corner(0, 0), Corner(1, 0), Corner(0, 1)), Range(0, 1)),
    }
    root = ET.fromstring(world_xml(shipped_scene("empty"), zones))
    geoms = [geom for geom in root.findall("worldbody/geom") if geom.get("class") == "zone"]
    assert [geom.get("name") for geom in geoms] == ["zone ball", "zone crate", "zone post", "zone wedge"]
    assert [geom.get("type") for geom in geoms] == ["sphere", "box", "cylinder", "mesh"]
    assert geoms[1].get("pos") == "0.5 1 0.5"
    assert geoms[1].get("size") == "0.5 1 0.5"
    silent = root.find("default/default[@class='zone']/geom")
    assert silent is not None
    assert (silent.get("contype"), silent.get("conaffinity")) == ("0", "0")
